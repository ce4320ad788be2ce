"""Equations that share a loop.

Rows: where a network is tiny, all that happens to one sample is one pass of a loop over samples,
and what no other loop reads is a variable in it. Blocks: a gradient that is only needed to change
its weight is computed some rows at a time, and the weight is changed before the next.

>>> from symbp.ir.text import parse, text
>>> program = parse('''input x[N,2], y[N]
... param w[2]
... p[n] = sum[i](x[n,i] * w[i])
... loss = sum[m]((p[m] - y[m])**2)
... dw[i] = sum[n](2 * (p[n] - y[n]) * x[n,i])
... w_next[i] = w[i] - dw[i]
... ''')
>>> band = rows(program, frozenset(["w_next"]), frozenset(["w_next"]))
>>> [e.target.name for e in band.equations], [e.target.name for e in band.after], band.local
(['p', 'loss', 'dw'], ['w_next'], frozenset({'p'}))
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sympy import Expr, Integer, Mul, Symbol

from symbp.codegen.c_target.products import product, without_trivial_loops
from symbp.ir.program import Access, Equation, Program, Tensor, index
from symbp.ir.regions import covers
from symbp.ir.visit import reindexed

FEW = 256
"""So many elements of all equations together make a sample's work small."""
BLOCK = 32768
"""How many numbers of a gradient are held at once: what a second cache holds easily."""
LEAST = 2048
"""From so many numbers on a gradient is cut into blocks."""
BEGIN, PART = index("@begin"), index("@part")
"""The first row of a block, and how many it has."""


@dataclass(slots=True)
class Rows:
    """What happens before, in and after a loop over samples."""

    index: Symbol
    extent: Expr
    before: list[Equation] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)
    given: list[Equation] = field(default_factory=list)
    """The same with the indices that they came with."""
    after: list[Equation] = field(default_factory=list)
    local: frozenset[str] = frozenset()
    """Values that live for one pass."""

    @property
    def sums(self) -> tuple[str, ...]:
        """Return what all passes add to."""
        names = (e.target.name for e in self.equations if self.index not in e.target.indices[:1])
        return tuple(dict.fromkeys(names))

    @property
    def order(self) -> tuple[Equation, ...]:
        return (*self.before, *self.equations, *self.after)

    @property
    def elements(self) -> int:
        """Return the elements of one pass; -1 if they can't be counted."""
        counts = [Mul(*(n for i, n in e.ranges if i != self.index)) for e in self.equations]
        return int(sum(counts)) if all(c.is_Integer for c in counts) else -1


def rows(
    program: Program, results: Collection[str], overwriting: Collection[str] = ()
) -> Rows | None:
    """Return the loop over samples of a tiny network; None if it is not one.

    Args:
        results: tensors that the caller wants, which therefore stay whole.
        overwriting: results that take the place of what other equations read.
    """
    table, equations = program.table(), program.equations
    if any(e.scan or product(without_trivial_loops(e), table) for e in equations):
        return None
    data = program.having("input", "target", "label", "value")
    for extent in dict.fromkeys(t.shape[0] for t in data if t.shape):
        band = _gathered(equations, table, extent, results, overwriting)
        if len(band.equations) > 1 and 0 < band.elements <= FEW:
            return band
    return None


def _gathered(
    equations: Sequence[Equation], table: Mapping[str, Tensor], extent: Expr,
    results: Collection[str], overwriting: Collection[str],
) -> Rows:  # fmt: skip
    sampled = _sampled(equations, table, extent)
    band = Rows(_free(equations, sampled, extent), extent)
    inside: dict[str, bool] = {}
    """What the loop writes: row by row, or all rows together."""
    late: set[str] = set()
    for equation in equations:
        name, reads = equation.target.name, equation.reads()
        row = _row(equation, sampled, extent)
        by_row = equation.target.indices[:1] == (row,)
        if (
            row is not None
            and name not in overwriting
            and (not by_row or table[name].shape[0] == extent)
            and late.isdisjoint(a.name for a in (*reads, equation.target))
            and all(inside.get(a.name, True) for a in reads)
            and all(a.indices[:1] == (row,) for a in reads if a.name in inside)
            and inside.get(name, by_row) == by_row
        ):
            inside[name] = by_row
            band.equations.append(reindexed(equation, {row: band.index}))
            band.given.append(equation)
        elif name in overwriting or not (late | set(inside)).isdisjoint(
            a.name for a in (*reads, equation.target)
        ):
            late.add(name)
            band.after.append(equation)
        else:
            band.before.append(equation)
    outside = {a.name for e in (*band.before, *band.after) for a in (*e.reads(), e.target)}
    local = (n for n, by_row in inside.items() if by_row and table[n].role == "value")
    band.local = frozenset(n for n in local if n not in outside and n not in results)
    return band


def _sampled(
    equations: Sequence[Equation], table: Mapping[str, Tensor], extent: Expr
) -> frozenset[str]:
    """Return the tensors whose first axis counts samples: the data, and what follows from it."""
    computed = {e.target.name for e in equations}
    found = {
        t.name for t in table.values()
        if t.role in ("input", "target", "label", "value") and t.shape[:1] == (extent,)
    } - computed  # fmt: skip
    for equation in equations:
        row = _row(equation, found, extent)
        if row is not None and equation.target.indices[:1] == (row,):
            found.add(equation.target.name)
    return frozenset(found)


def _free(equations: Sequence[Equation], sampled: Collection[str], extent: Expr) -> Symbol:
    """Return an index for the samples: the usual one, if it counts nothing else."""
    rows = [_row(e, sampled, extent) for e in equations]
    usual = next((r for r in rows if r is not None), None)
    others = {i for e, r in zip(equations, rows, strict=True) for i in e.extent if i != r}
    return usual if usual is not None and usual not in others else index("@row")


def _row(equation: Equation, sampled: Collection[str], extent: Expr) -> Symbol | None:
    """Return the index that counts the samples in an equation."""
    first = equation.target.indices[:1]
    for access in (equation.target, *equation.reads()):
        i = access.indices[0] if access.indices else None
        known = access.name in sampled and equation.extent.get(i) == extent
        if known and (i in equation.reduced or first == (i,)):
            return i
    return None


def within(equation: Equation, row: Symbol, local: Collection[str]) -> Equation:
    """Return what an equation does in one pass: local values have no axis for the samples."""

    def shorter(expression: Expr) -> Expr:
        return expression.replace(
            lambda node: isinstance(node, Access) and node.name in local,
            lambda node: Access(node.name, *node.indices[1:]),
        )

    return replace(
        equation,
        target=shorter(equation.target),
        body=shorter(equation.body),
        ranges=tuple(r for r in equation.ranges if r[0] != row),
    )


def whole(equation: Equation, tensor: Tensor, band: Rows) -> bool:
    """Tell whether one pass sets all that a target has of a sample, each element once."""
    if tensor.name in band.local:
        return covers(equation, tensor)
    indices = equation.target.indices[1:]
    if not all(isinstance(g, Symbol) for g in indices) or len(set(indices)) < len(indices):
        return False
    return tensor.shape[1:] == tuple(equation.extent.get(g) for g in indices)


def elementwise(equations: Sequence[Equation], position: int, program: Program) -> list[Equation]:
    """Return the equations behind one that go on with its elements, each by itself."""
    name, table = equations[position].target.name, program.table()
    shape, written = table[name].shape, {name}
    found: list[Equation] = []
    for equation in equations[position + 1 :]:
        target, reads = equation.target, equation.reads()
        if (
            equation.scan is not None
            or not equation.pointwise
            or not covers(equation, table[target.name])
            or table[target.name].shape != shape
            or written.isdisjoint(a.name for a in reads)
            or any(a.indices != target.indices for a in reads if table[a.name].shape == shape)
        ):
            break
        found.append(equation)
        written.add(target.name)
    return found


def followers(
    equations: Sequence[Equation], position: int, program: Program, results: Collection[str]
) -> list[Equation]:
    """Return the equations behind a gradient that alone read it, element by element."""
    gradient = equations[position]
    name, table = gradient.target.name, program.table()
    found = elementwise(equations, position, program)
    written = {e.target.name for e in found}
    alone = name not in results and table[name].role == "value" and written <= set(results)
    # What the gradient reads must not be changed before its last rows.
    alone = alone and all(table[a.name].role not in ("param", "state") for a in gradient.reads())
    readers = [e for e in equations if any(a.name == name for a in e.reads())]
    writers = [e for e in equations if e.target.name == name]
    if not alone or len(writers) != 1 or not readers or any(e not in found for e in readers):
        return []
    return found


def block(equation: Equation, row: Symbol, local: Collection[str]) -> Equation:
    """Return what an equation does with rows BEGIN .. BEGIN + PART - 1; local values hold these."""

    def moved(expression: Expr) -> Expr:
        return expression.replace(
            lambda node: isinstance(node, Access) and node.name in local,
            lambda node: Access(
                node.name, *(g.xreplace({BEGIN: Integer(0)}) for g in node.indices)
            ),
        )

    shift = {row: BEGIN + row}
    return replace(
        equation,
        target=moved(equation.target.xreplace(shift)),
        body=moved(equation.body.xreplace(shift)),
        ranges=tuple((i, PART if i == row else n) for i, n in equation.ranges),
    )


__all__ = [
    "BEGIN", "BLOCK", "FEW", "PART", "Rows", "block", "elementwise", "followers", "rows", "whole",
    "within",
]  # fmt: skip
