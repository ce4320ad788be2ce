"""What an operation is, for the whole of symbp.

Each addition, subtraction, multiplication, division, comparison and function of real numbers is
one operation. In particular:

- n values that meet in one place are n - 1 additions (or comparisons, where the largest or smallest
  is wanted), in whatever order and groups they are added: a dense layer x W + b of N samples is
  N in out multiplications and as many additions, 2 N in out operations;
- a change of sign is none, nor is arithmetic of indices, sizes and labels;
- x**2, x**3 and x**4 are 1, 2 and 2 multiplications; every other power is a function;
- factors and terms that no index changes (2 / N, a learning rate) are put together once for the
  whole equation, before its loops;
- where(c, a, b) computes c, a and b, as vector code does (code that branches at a mask does less);
  where c depends on indices and labels alone, a and b count for as many points as they are looked
  at: zero padding costs nothing;
- an equation in a scan counts for all of its steps; labels count as spread evenly;
- logical and, or, not are none.

Functions are counted apart too where they are transcendental: exp, log, tanh, sigmoid and powers,
but not sqrt, abs, relu, sign, floor, maximum, minimum and the remainder. Reading and writing are
no operations; they are counted in bytes (equations.py).

This measures what an equation asks for. What is weighed when a rewrite chooses between two forms of
a body is `symbp.rewrite.cost`, in which functions are dearer than sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

import sympy
from sympy import Expr, Mul

from symbp.costs.places import Space
from symbp.ir.functions import Where, maximum, minimum, relu, stop_gradient
from symbp.ir.printer import quotient
from symbp.ir.program import Access, accesses

ALGEBRAIC = (relu, maximum, minimum, sympy.Abs, sympy.sign, sympy.floor, sympy.Mod)
POWERS: Mapping[int, int] = {2: 1, 3: 2, 4: 2}
"""Exponents, and how many multiplications they take."""

Guards = tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Operations:
    """Counts of operations by their kind.

    >>> both = Operations(additions=3) + Operations(functions=2, transcendental=1)
    >>> both.additions, both.functions, both.transcendental, both.total
    (3, 2, 1, 5)
    """

    additions: int = 0
    multiplications: int = 0
    divisions: int = 0
    comparisons: int = 0
    functions: int = 0
    transcendental: int = 0
    """Those of the functions that are no algebraic ones."""

    @property
    def total(self) -> int:
        """All operations; a transcendental function is one of the functions."""
        sums = self.additions + self.multiplications + self.divisions
        return sums + self.comparisons + self.functions

    def __add__(self, other: Operations) -> Operations:
        return Operations(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


NONE = Operations()


def of_body(body: Expr, space: Space, guards: Guards = ()) -> Operations:
    """Return what it takes to evaluate a body for all points of its box.

    >>> from symbp.ir.text import parse
    >>> program = parse("input x[10]\\ny[n] = 2 * exp(x[n]) + x[n]**2")
    >>> of_body(program.equations[0].body, Space.of(program.equations[0], program.table(), {}))
    Operations(additions=10, multiplications=20, divisions=0, comparisons=0, functions=10, \
transcendental=10)

    Args:
        guards: conditions on the indices; only points for which they hold count.
    """
    return _Counter(space).visit(body, guards)


def on_indices(condition: Expr, space: Space) -> bool:
    """Tell whether a condition is one on indices, sizes and given labels alone."""
    tensors = (space.tensors[a.name] for a in accesses(condition))
    return all(t.bound is not None and t.role != "value" for t in tensors)


class _Counter:
    """Counts the operations of one body."""

    def __init__(self, space: Space) -> None:
        self.space = space

    def visit(self, e: Expr, guards: Guards) -> Operations:
        if isinstance(e, Access) or not e.args or e.is_number or self.is_index(e):
            return NONE
        if isinstance(e, Where):
            return self.choice(e, guards)
        if e.is_Add:
            return self.sum(e, guards)
        if e.is_Mul or (e.is_Pow and e.exp.could_extract_minus_sign()):
            return self.product(e, guards)
        return self.every(e.args, guards) + self.sign(e, self.times(e, guards))

    def every(self, parts: Iterable[Expr], guards: Guards) -> Operations:
        return sum((self.visit(part, guards) for part in parts), NONE)

    def times(self, e: Expr, guards: Guards) -> int:
        """Return how often an expression is evaluated: once where no index changes it."""
        return self.space.points(guards) if self.space.varies(e) else 1

    def is_index(self, e: Expr) -> bool:
        """Tell whether an expression is whole numbers made of indices, sizes and labels."""
        if not on_indices(e, self.space):
            return False
        labels = {a: sympy.Symbol(f"_{k}", integer=True) for k, a in enumerate(accesses(e))}
        return bool(e.is_Boolean or e.xreplace(labels).is_integer)

    def sign(self, e: Expr, times: int) -> Operations:
        """Return what the outermost sign of an expression takes."""
        if e.is_Relational:
            return Operations(comparisons=times)
        if e.is_Boolean or isinstance(e, stop_gradient):
            return NONE
        if e.is_Pow and e.exp in POWERS:
            return Operations(multiplications=POWERS[int(e.exp)] * times)
        algebraic = isinstance(e, ALGEBRAIC) or (e.is_Pow and e.exp == sympy.S.Half)
        return Operations(functions=times, transcendental=0 if algebraic else times)

    def choice(self, e: Expr, guards: Guards) -> Operations:
        condition, a, b = e.args
        if not on_indices(condition, self.space):
            return self.every(e.args, guards)
        there, else_where = (*guards, condition), (*guards, sympy.Not(condition))
        return self.visit(a, there) + self.visit(b, else_where)

    def sum(self, e: Expr, guards: Guards) -> Operations:
        content, inner = e.primitive()
        if content != 1 and all(abs(t.as_coeff_Mul()[0]) == 1 for t in inner.args):
            return self.product(Mul(content, inner, evaluate=False), guards)
        fixed, moving = self.parted(e.args)
        once = max(0, len(fixed) - 1)
        each = max(0, len(moving) + bool(fixed) - 1)
        signs = Operations(additions=once + each * self.space.points(guards))
        return self.every(e.args, guards) + signs

    def product(self, e: Expr, guards: Guards) -> Operations:
        number, rest = e.as_coeff_Mul()
        if number.is_negative:
            parts = Mul.make_args(rest) if number == -1 else (-number, *Mul.make_args(rest))
            return self.visit(Mul(*parts, evaluate=len(parts) == 1), guards)
        fixed, moving = self.parted(Mul.make_args(e))
        if not fixed or not moving:
            return self.fraction(e, False, self.times(e, guards), guards)
        once = self.fraction(Mul(*fixed), False, 1, guards)
        return once + self.fraction(Mul(*moving), True, self.space.points(guards), guards)

    def fraction(self, e: Expr, more: bool, times: int, guards: Guards) -> Operations:
        """Return what factors take; all below the bar are one division.

        Args:
            more: whether one more factor stands above.
        """
        if e.is_number:
            return NONE
        above, below = quotient(e)
        signs = Operations(
            multiplications=times * (max(0, len(above) + more - 1) + max(0, len(below) - 1)),
            divisions=times * bool(below),
        )
        return self.every((*above, *below), guards) + signs

    def parted(self, parts: Sequence[Expr]) -> tuple[list[Expr], list[Expr]]:
        """Return what no index changes, and the rest."""
        varies = self.space.varies
        return [p for p in parts if not varies(p)], [p for p in parts if varies(p)]


__all__ = ["NONE", "Guards", "Operations", "of_body", "on_indices"]
