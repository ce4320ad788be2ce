"""Equations that share their loops, so that what they read and write passes the caches once.

Each has the elements of the others, and reads there alone what the others write: a max pool, its
winners and the relu behind it; the moments of Adam and the weights that they move.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbp.codegen.c_target.expressions import Scope
from symbp.codegen.c_target.nests import Nest, few, loop_order
from symbp.codegen.c_target.products import without_trivial_loops
from symbp.codegen.c_target.writer import Places
from symbp.ir.program import Access, Equation, Tensor
from symbp.ir.regions import covers
from symbp.ir.visit import reindexed

Lines = list[str]
PAIRS = 10
"""So many pairs of arrays are told apart by gcc before a loop of vectors, if need be."""


class Fusion(Places):
    """Writes equations that share their loops."""

    def fusible(self, position: int) -> list[Equation]:
        """Return the equations from a position on that share loops, in the indices of the first."""
        found: list[Equation] = []
        written: set[str] = set()
        start = len(self.band.before) if self.band is not None else -1
        for k in range(position, len(self.equations)):
            equation = self.equations[k]
            if k == start or not self.by_element(equation):
                break
            if found:
                equation = in_terms_of(found[0], equation)
            names = {equation.target.name, self.heir(k) or equation.target.name}
            written |= {self.scope.name(name) for name in names}
            if not self.fits([*found, equation], written):
                break
            found.append(equation)
        return found

    def by_element(self, equation: Equation) -> bool:
        """Tell whether an equation sets each element of its target by itself."""
        name = equation.target.name
        if equation.scan is not None or not self.table[name].shape or len(self.groups[name]) > 1:
            return False
        if not covers(equation, self.table[name]):
            return False
        if not equation.reduced:
            return not isinstance(equation.body, Access)
        plain = without_trivial_loops(equation)
        kept, inner = loop_order(plain, self.table)
        ordered = kept == [i for i in plain.target.indices if i in kept]
        return few(plain) and ordered and set(inner) == set(plain.reduced)

    def fits(self, equations: list[Equation], written: set[str]) -> bool:
        """Tell whether the last of some equations may share the loops of the others."""
        *others, last = equations
        if not others:
            return True
        if last.target.indices != others[0].target.indices or any(
            last.extent[i] != others[0].extent[i] for i in last.target.indices
        ):
            return False
        own, reads = last.target.indices, [a for e in equations for a in e.reads()]
        names = {self.scope.name(a.name) for a in reads if a.indices} - written
        near = {a for e in others for a in (*e.reads(), e.target) if a.indices}
        return (
            not near.isdisjoint(last.reads())
            and all(a.indices == own for a in reads if self.scope.name(a.name) in written)
            and len(written) * (len(written) - 1) // 2 + len(written) * len(names) <= PAIRS
        )

    def fuse(self, equations: list[Equation], position: int) -> Lines:
        """Write equations that share loops."""
        lines: Lines = [""]
        for k, equation in enumerate(equations, position):
            name = equation.target.name
            lines += [*self.comment(name), *self.begin(name, self.heir(k))]
            self.started.add(name)
        nests, loops = fused(equations, self.scope, self.table)
        for k, nest in enumerate(nests):
            how = "with the loops before" if k else "loops"
            self.chosen(self.equations[position + k], how, nest.why())
        return [*lines, *loops]


def fused(
    equations: Sequence[Equation], scope: Scope, table: Mapping[str, Tensor]
) -> tuple[list[Nest], Lines]:
    """Return what equations are within their loops, and the loops around all of them."""
    nests = [Nest(e, scope, table) for e in equations]
    if len({(*n.order, *n.scope.extents.values()) for n in nests}) > 1:
        nests = [Nest(e, scope, table, one=False) for e in equations]
    return nests, nests[0].loops(nests[0].kept, [x for n in nests for x in n.element()])


def in_terms_of(first: Equation, equation: Equation) -> Equation:
    """Return an equation whose target has the indices of another's, if its own are free for it."""
    old, new = equation.target.indices, first.target.indices
    if len(old) != len(new) or not set(new).isdisjoint({*equation.extent} - set(old)):
        return equation
    return reindexed(equation, dict(zip(old, new, strict=True)))


__all__ = ["Fusion", "fused", "in_terms_of"]
