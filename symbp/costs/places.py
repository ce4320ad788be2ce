"""Which elements of a tensor an equation reaches, and for how many points of its box.

The loops of a box fall into groups that no index and no condition ties together; each group is
enumerated by itself, so that a convolution over (n, o, p, q, u, v) takes its p + u and its q + v
apart. What a label is can't be known: labels count as spread evenly, t[n] = n mod classes.

>>> from symbp.ir.text import parse
>>> program = parse("input x[8]\\ny[p] = sum[u](where(p + u >= 1 and p + u < 9, x[p+u-1], 0)) "
...                 "for p in 8, u in 3")
>>> space = Space.of(program.equations[0], program.table(), {})
>>> guard = program.equations[0].body.args[0]
>>> space.points((guard,)), space.reached(program.equations[0].target)
(22, 8)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Symbol

from symbp.ir.program import Access, Equation, Tensor, accesses

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Sizes = Mapping[Symbol, Expr]
Conditions = Sequence[Expr]
_QUOTIENT = sympy.Function("quotient")


@dataclass(frozen=True, slots=True)
class Space:
    """The loops of an equation, how often each runs, and the tensors that it reaches."""

    box: Mapping[Symbol, int]
    tensors: Mapping[str, Tensor]
    sizes: Sizes

    @classmethod
    def of(cls, equation: Equation, tensors: Mapping[str, Tensor], sizes: Sizes) -> Space:
        """Return the space of an equation; `sizes` says what every symbolic size is."""
        return cls({i: int(n.xreplace(sizes)) for i, n in equation.ranges}, tensors, sizes)

    def varies(self, expression: Expr) -> bool:
        """Tell whether an expression holds one of the indices."""
        return any(i in self.box for i in expression.free_symbols)

    def points(self, conditions: Conditions = ()) -> int:
        """Return for how many points of the box all conditions hold."""
        return prod(int(g.holds(self).sum()) if g.conditions else g.count(self)
                    for g in _groups(self.box, (), conditions))  # fmt: skip

    def reached(self, access: Access, conditions: Conditions = ()) -> int:
        """Return how many elements an access reaches; what lies outside of the tensor is none."""
        return prod(int(part.sum()) for _, part in self._parts(access, conditions))

    def mask(self, access: Access, conditions: Conditions = ()) -> Mask:
        """Return which elements an access reaches."""
        shape = self.shape(access.name)
        found = np.ones(shape, dtype=bool)
        for axes, part in self._parts(access, conditions):
            found &= part.reshape([n if k in axes else 1 for k, n in enumerate(shape)])
        return found

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(int(n.xreplace(self.sizes)) for n in self.tensors[name].shape)

    def at(self, expression: Expr, loops: tuple[Symbol, ...]) -> Any:
        """Return an expression of indices at all points of some loops, as an array."""
        counts = tuple(self.box[i] for i in loops)
        found = _function(self._spread(expression).xreplace(self.sizes), loops)
        return np.broadcast_to(np.asarray(found(*np.ix_(*map(np.arange, counts)))), counts)

    def _spread(self, expression: Expr) -> Expr:
        """Return an expression in which labels are spread evenly and no longer read."""
        swaps: dict[Expr, Expr] = {}
        for access in reversed(accesses(expression)):  # inner ones first
            tensor, place = self.tensors[access.name], sympy.Integer(0)
            for g, n in zip(access.indices, tensor.shape, strict=True):
                place = place * n + g.xreplace(swaps)
            swaps[access] = sympy.Mod(place, 1 if tensor.bound is None else tensor.bound)
        return expression.xreplace(swaps)

    def _parts(
        self, access: Access, conditions: Conditions
    ) -> Iterator[tuple[tuple[int, ...], Mask]]:
        """Yield for each group of loops the axes that it moves, and its places on them."""
        extents = self.shape(access.name)
        for group in _groups(self.box, access.indices, conditions):
            shape = tuple(extents[k] for k in group.axes)
            where = [self.at(access.indices[k], group.loops) for k in group.axes]
            holds = group.holds(self)
            for w, n in zip(where, shape, strict=True):
                holds = holds & (w >= 0) & (w < n)
            part = np.zeros(shape, dtype=bool)
            part[tuple(w[holds] for w in where)] = bool(holds.any())
            yield group.axes, part


@dataclass(frozen=True, slots=True)
class Group:
    """Loops that are tied together, the axes that they move, and the conditions on them."""

    loops: tuple[Symbol, ...]
    axes: tuple[int, ...]
    conditions: tuple[Expr, ...]

    def count(self, space: Space) -> int:
        return prod(space.box[i] for i in self.loops)

    def holds(self, space: Space) -> Mask:
        """Return for which points of the group's own box all conditions hold."""
        found = np.ones(tuple(space.box[i] for i in self.loops), dtype=bool)
        for condition in self.conditions:
            found = found & space.at(condition, self.loops)
        return found


def _groups(
    box: Mapping[Symbol, int], indices: Sequence[Expr], conditions: Conditions
) -> list[Group]:
    """Return the loops in groups; an axis without a loop is a group of its own."""
    parts = [c for condition in conditions for c in sympy.And.make_args(condition)]
    groups: list[tuple[set[Symbol], set[int]]] = [({i}, set()) for i in box]
    for number, expression in enumerate((*indices, *parts)):
        loops = {i for i in expression.free_symbols if i in box}
        met = [g for g in groups if g[0] & loops]
        groups = [g for g in groups if not g[0] & loops]
        groups.append((loops.union(*(g[0] for g in met)), {number}.union(*(g[1] for g in met))))
    axes = len(indices)
    return [
        Group(
            tuple(i for i in box if i in loops),
            tuple(k for k in sorted(numbers) if k < axes),
            tuple(parts[k - axes] for k in sorted(numbers) if k >= axes),
        )
        for loops, numbers in groups
    ]


@cache
def _function(expression: Expr, loops: tuple[Symbol, ...]) -> Any:
    # In whole numbers: as floats, 49 * (1 / 49) is less than 1.
    whole = expression.replace(sympy.floor, lambda e: _QUOTIENT(*e.as_numer_denom()))
    return sympy.lambdify(loops, whole, [{"quotient": np.floor_divide}, "numpy"])


__all__ = ["Mask", "Sizes", "Space"]
