"""Affine accesses as views: slices, reshaped axes and strided windows, without a copy.

    x[n, 2*p + 1]        x[:, 1:9:2]
    q[n, t, h*D + d]     q.reshape(N, T, H, D)
    x[n, p + u]          _strided(x, (N, P, 3), (0, 1), (1, 1), (1, 1))

An access is affine here when each index stands in one axis, alone or in a sum with whole numbers
as positive factors. It is whole when it meets every element of its tensor exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sympy
from sympy import Expr, Integer, Symbol

from symbp.ir.program import Access, accesses
from symbp.ir.ranges import bounds

Axes = tuple[Symbol, ...]
Groups = tuple[Axes, ...]
Print = Callable[[Expr], str]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of an access: offset + the sum of step * index, the widest step first."""

    offset: Expr
    steps: tuple[tuple[Symbol, Expr], ...]
    extent: Expr
    """How many elements the tensor has along it."""
    whole: bool
    runs: Mapping[Symbol, Expr]
    """How far the indices run."""

    @property
    def indices(self) -> Axes:
        return tuple(i for i, _ in self.steps)


@dataclass(frozen=True, slots=True)
class View:
    """An affine access of a tensor, and how far its indices run."""

    name: str
    axes: tuple[Axis, ...]
    extents: Mapping[Symbol, Expr]

    @property
    def order(self) -> Axes:
        """The indices as they lie in memory, the slowest first."""
        return tuple(i for axis in self.axes for i in axis.indices)

    @property
    def fastest(self) -> Symbol | None:
        """The index that runs farthest along the last axis."""
        last = [i for axis in self.axes[-1:] for i in axis.indices]
        return max(last, key=lambda i: guess(self.extents[i]), default=None)

    @property
    def whole(self) -> bool:
        return all(axis.whole for axis in self.axes)

    @property
    def windows(self) -> bool:
        """Tell whether an element may be met more than once."""
        return any(len(axis.steps) > 1 and not _injective(axis, self.extents) for axis in self.axes)

    def joins(self, groups: Groups) -> bool:
        """Tell whether each group is an axis of a view: single indices, or runs in memory."""
        if all(len(g) == 1 for g in groups):
            return True
        left = list(self.order)
        for start, group in sorted((left.index(g[0]), g) for g in groups if g):
            if tuple(left[start : start + len(group)]) != group:
                return False
        return self.whole

    def text(self, groups: Groups, show: Print) -> str:
        """Return the view with one axis for each group; `joins` has to hold."""
        if self.whole and not all(len(g) == 1 for g in groups):
            return self._reshaped(groups, show)
        return self.single(tuple(g[0] for g in groups), show)

    def single(self, order: Axes, show: Print) -> str:
        """Return the view with an axis for each index, in this order."""
        if any(len(axis.steps) > 1 for axis in self.axes):
            if self.whole:
                return self._reshaped(tuple((i,) for i in order), show)
            return self._strided(order, show)
        marks = [_slice(axis, self.extents, show) for axis in self.axes]
        cut = "" if set(marks) <= {":"} else f"[{', '.join(marks)}]"
        return _transposed(f"{self.name}{cut}", self.order, order)

    def _reshaped(self, groups: Groups, show: Print) -> str:
        """Return the view in one reshape of the whole tensor, and a transposition."""
        stored = sorted((self.order.index(g[0]), g) for g in groups)
        runs = tuple(g for _, g in stored)
        shape = ", ".join(show(sympy.Mul(*(self.extents[i] for i in g))) for g in runs)
        text = self.name
        if runs != tuple(axis.indices for axis in self.axes):
            text = f"{text}.reshape({shape})"
        return _transposed(text, tuple(g[0] for g in runs), tuple(g[0] for g in groups))

    def _strided(self, order: Axes, show: Print) -> str:
        marks = [
            show(a.offset) if not a.steps else ":" if a.offset == 0 else f"{show(a.offset)}:"
            for a in self.axes
        ]
        cut = "" if set(marks) <= {":"} else f"[{', '.join(marks)}]"
        place, moves = 0, {}
        for axis in self.axes:
            for i, step in axis.steps:
                moves[i] = f"({place}, {show(step)})"
            place += bool(axis.steps)
        shape = ", ".join(show(self.extents[i]) for i in order)
        return f"_strided({self.name}{cut}, ({shape}), {', '.join(moves[i] for i in order)})"


def view(
    access: Access, name: str, shape: tuple[Expr, ...], extents: Mapping[Symbol, Expr],
    fixed: Mapping[Symbol, Expr] | None = None,
) -> View | None:  # fmt: skip
    """Return an access as a view, or None where it is not affine or leaves its tensor.

    `fixed` are indices of loops around it: they are numbers here.
    """
    axes: list[Axis] = []
    seen: set[Symbol] = set()
    for g, extent in zip(access.indices, shape, strict=True):
        axis = _axis(g, extent, extents, fixed or {})
        if axis is None or seen & set(axis.indices):
            return None
        seen |= set(axis.indices)
        axes.append(axis)
    return View(name, tuple(axes), extents)


def _axis(
    g: Expr, extent: Expr, extents: Mapping[Symbol, Expr], fixed: Mapping[Symbol, Expr]
) -> Axis | None:
    if accesses(g) or g.has(sympy.floor, sympy.Mod):
        return None
    steps, offset = [], sympy.expand(g)
    for i in extents:
        step = offset.coeff(i)
        if step == 0:
            continue
        offset = sympy.expand(offset - step * i)
        if not step.is_positive or step.free_symbols & set(extents):
            return None
        steps.append((i, step))
    last = offset + sum((s * (extents[i] - 1) for i, s in steps), Integer(0))
    if offset.free_symbols & set(extents) or not _inside(offset, last, extent, fixed):
        return None
    steps.sort(key=lambda pair: (-guess(pair[1]), -guess(extents[pair[0]])))
    return Axis(offset, tuple(steps), extent, _is_whole(offset, steps, extent, extents), extents)


def _inside(first: Expr, last: Expr, extent: Expr, fixed: Mapping[Symbol, Expr]) -> bool:
    """Tell whether an access stays inside, wherever the loops around it stand."""
    low, high = bounds(first, fixed, {}), bounds(sympy.expand(extent - 1 - last), fixed, {})
    return all(b is not None and bool(sympy.expand(b[0]).is_nonnegative) for b in (low, high))


def _is_whole(
    offset: Expr, steps: list[tuple[Symbol, Expr]], extent: Expr, extents: Mapping[Symbol, Expr]
) -> bool:
    below: Expr = Integer(1)
    for i, step in reversed(steps):
        if step != below:
            return False
        below = below * extents[i]
    return bool(offset == 0 and sympy.expand(below - extent) == 0)


def _injective(axis: Axis, extents: Mapping[Symbol, Expr]) -> bool:
    """Tell whether the sum meets no element twice: each step is beyond all narrower ones."""
    reach: Expr = Integer(0)
    for i, step in reversed(axis.steps):
        if not sympy.expand(step - reach - 1).is_nonnegative:
            return False
        reach = reach + step * (extents[i] - 1)
    return True


def _slice(axis: Axis, extents: Mapping[Symbol, Expr], show: Print) -> str:
    if not axis.steps:
        return show(axis.offset)
    ((i, step),) = axis.steps
    if axis.whole:
        return ":"
    stop = sympy.expand(axis.offset + step * (extents[i] - 1) + 1)
    start = "" if axis.offset == 0 else show(axis.offset)
    end = "" if sympy.expand(axis.extent - stop) == 0 else show(stop)
    return f"{start}:{end}" + ("" if step == 1 else f":{show(step)}")


def _transposed(text: str, stored: Axes, wanted: Axes) -> str:
    """Return a view with its axes in another order."""
    places = [stored.index(i) for i in wanted]
    if places == sorted(places):
        return text
    if len(places) == 2:
        return f"{text}.T"
    return f"{text}.transpose({', '.join(map(str, places))})"


UNKNOWN = 64


def packed(name: str, order: Axes, extents: Mapping[Symbol, Expr]) -> View:
    """Return the view of a buffer of its own, with an axis for each index."""
    one = Integer(1)
    axes = (Axis(Integer(0), ((i, one),), extents[i], True, extents) for i in order)
    return View(name, tuple(axes), extents)


def guess(size: Expr) -> int:
    """Return a size, or what it may be: to compare layouts by."""
    return int(size.xreplace({s: Integer(UNKNOWN) for s in size.free_symbols}))


__all__ = ["Axes", "Axis", "Groups", "Print", "View", "guess", "packed", "view"]
