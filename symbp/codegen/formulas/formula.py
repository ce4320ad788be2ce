"""Formulas: all that is written into one tensor, put together.

>>> from symbp.ir.text import parse
>>> program = parse('''input x[N,2]
... param W[2,4], b[4]
... z[n,j] = sum[i](x[n,i] * W[i,j])
... z[n,j] += b[j]
... ''')
>>> (z,) = formulas(program)
>>> z.target, [term.body for term in z.terms]
(z[n,j], [W[i,j]*x[n,i], b[j]])

A place that is no plain index becomes a condition of its term: `y[t[n]] += x[n]` reads
y[i] = sum[n]([i = t[n]] * x[n]), where the bracket is 1 if it holds and else 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Eq, Expr, Lt, Mul, Symbol

from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Operation, Program, Range, Tensor, fresh, index

LETTERS = "ijklmabcdefgh"


@dataclass(frozen=True, slots=True)
class Term:
    """What one equation contributes to a place: its body, over `reduced`, where `places` hold."""

    body: Expr
    reduced: tuple[Range, ...]
    places: tuple[Any, ...] = ()

    @property
    def guarded(self) -> Expr:
        """The body times an indicator of each place."""
        return Mul(self.body, *(Where(place, 1, 0) for place in self.places))


@dataclass(frozen=True, slots=True)
class Formula:
    """All that is written into one tensor: tensor[indices] = op of the terms."""

    tensor: Tensor
    indices: tuple[Symbol, ...]
    op: Operation
    terms: tuple[Term, ...]

    @property
    def target(self) -> Access:
        return Access(self.tensor.name, *self.indices)


def formulas(program: Program) -> tuple[Formula, ...]:
    """Return one formula for each computed tensor, in the order in which they are complete."""
    last = {e.target.name: k for k, e in enumerate(program.equations)}
    found = (formula_of(program[name], group) for name, group in program.writers().items())
    return tuple(sorted(found, key=lambda f: last[f.tensor.name]))


def formula_of(tensor: Tensor, equations: tuple[Equation, ...]) -> Formula:
    """Return all that some equations write into one tensor."""
    indices = _axes(tensor, equations)
    found = tuple(_term(e, tensor, indices) for e in equations)
    return Formula(tensor, indices, equations[0].op, found)


def _axes(tensor: Tensor, equations: tuple[Equation, ...]) -> tuple[Symbol, ...]:
    """Return an index for each axis, as the equations call it where one does."""
    for equation in equations:
        if equation.plain:
            return tuple(equation.target.indices)
    taken = {str(i) for e in equations for i, _ in e.ranges}
    chosen: list[Symbol] = []
    for axis in range(len(tensor.shape)):
        used = (e.target.indices[axis] for e in equations)
        plain = [g for g in used if g.is_Symbol and g.is_nonnegative and g not in chosen]
        letter = next((c for c in LETTERS if c not in taken), fresh("i", taken))
        chosen.append(plain[0] if plain else index(letter))
        taken.add(str(chosen[-1]))
    return tuple(chosen)


def _term(equation: Equation, tensor: Tensor, indices: tuple[Symbol, ...]) -> Term:
    """Rename an equation's indices to the formula's; what does not fit becomes a condition."""
    extents = equation.extent
    renamed: dict[Symbol, Symbol] = {}
    for i, g in zip(indices, equation.target.indices, strict=True):
        if g in extents and g not in renamed:
            renamed[g] = i
    reduced = [r for r in equation.ranges if r[0] not in renamed]
    taken = {str(i) for i in (*indices, *extents)}
    for i, _ in reduced:
        renamed[i] = index(fresh(str(i), taken)) if i in indices else i
        taken.add(str(renamed[i]))
    places: list[Any] = []
    for i, g, extent in zip(indices, equation.target.indices, tensor.shape, strict=True):
        if renamed.get(g) != i:
            places.append(Eq(i, g.xreplace(renamed), evaluate=False))
        elif extents[g] != extent:
            places.append(Lt(i, extents[g], evaluate=False))
    ranges = tuple((renamed[i], extent) for i, extent in reduced)
    return Term(equation.body.xreplace(renamed), ranges, tuple(places))
