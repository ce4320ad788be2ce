"""Shapes: the same values at other places. All of these are index maps and nothing else.

>>> from symbp.lang.tensors import input
>>> x = input("x", "N", 2, 3, 4)
>>> flatten(x), transpose(x, 0, 2, 3, 1), reshape(x, 6, 4)
(value flatten[N,24], value transpose[N,3,4,2], value reshape[N,6,4])
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer, Mod, Mul, Symbol, floor

from symbp.errors import LanguageError, ShapeError
from symbp.lang.handles import Handle, Naming, Rule, Shape, axes, plain
from symbp.lang.layers.common import naming, symbols, with_axis, with_rank
from symbp.lang.tensors import extents


def flatten(x: Handle, name: str | None = None) -> Handle:
    """Return x (N, A, B, ...) as (N, A B ...), the last axis running fastest.

    >>> from symbp.lang.tensors import input
    >>> flatten(input("x", "N", 16, 4, 4))
    value flatten[N,256]

    Raises:
        ShapeError: x has rank below 2.
    """
    x = with_rank(x, "flatten", 2, "x[N, 16, 4, 4]", least=True)
    return _reshaped(x, (Mul(*x.shape[1:]),), naming("flatten", name))


def reshape(x: Handle, *shape: int | str, name: str | None = None) -> Handle:
    """Return x (N, ...) as (N, *shape), the last axis running fastest; N stays.

    >>> from symbp.lang.tensors import input
    >>> reshape(input("x", "N", 64), 1, 8, 8)
    value reshape[N,1,8,8]

    Raises:
        ShapeError: the two shapes have not the same number of elements.
    """
    x = with_axis(x, "reshape")
    return _reshaped(x, extents("reshape", shape), naming("reshape", name))


def _reshaped(x: Handle, shape: Shape, layer: Naming) -> Handle:
    old = x.shape[1:]
    if Mul(*old) != Mul(*shape):
        shown = ", ".join(map(str, shape))
        raise ShapeError(
            f"{x!r} can't be reshaped to [{x.shape[0]}, {shown}]: {Mul(*old)} elements of a sample"
            f" are not {Mul(*shape)}",
            remedy="Give the axes after the first one; their product stays the same.",
        )
    n, *places = axes(1 + len(shape))
    factors = _factors(old, shape)
    if factors is None:
        flat = _flat(places, shape)
        rule = Rule((n, *places), x[n, *_parted(flat, old)], given=_runs(places, shape))
    else:
        loops = symbols(f"i{k}" for k in range(len(factors)))
        sizes = dict(zip(loops, factors, strict=True))
        target, source = (_grouped(loops, factors, s) for s in (shape, old))
        rule = Rule((n, *target), x[n, *source], given=sizes)
    return Handle("value", (x.shape[0], *shape), layer, [rule])


def _runs(loops: Sequence[Symbol], shape: Shape) -> dict[Symbol, Expr]:
    return dict(zip(loops, shape, strict=True))


def _factors(old: Shape, new: Shape) -> Shape | None:
    """Return the coarsest shape of which both are joined: (6,4) and (3,8) are made of (3,2,4)."""
    cuts = {1}
    for shape in (old, new):
        if not all(n.is_Integer for n in shape):
            return old if old == new else None
        cuts.update(itertools.accumulate(map(int, reversed(shape)), lambda a, b: a * b))
    steps = sorted(cuts)
    if any(b % a for a, b in itertools.pairwise(steps)):
        return None
    return tuple(Integer(b // a) for a, b in itertools.pairwise(steps))[::-1]


def _grouped(loops: Sequence[Symbol], factors: Shape, shape: Shape) -> tuple[Expr, ...]:
    """Return the index of each axis in terms of the factors that it joins."""
    left = list(zip(loops, factors, strict=True))
    found: list[Expr] = []
    for extent in shape:
        index, size = Integer(0), Integer(1)
        while size != extent:
            i, n = left.pop(0)
            index, size = index * n + i, size * n
        found.append(index)
    return tuple(found)


def _flat(places: Sequence[Symbol], shape: Shape) -> Expr:
    flat: Expr = Integer(0)
    for i, n in zip(places, shape, strict=True):
        flat = flat * n + i
    return flat


def _parted(flat: Expr, shape: Shape) -> tuple[Expr, ...]:
    """Return the index of each axis for a position in the order of a shape."""
    found = []
    for axis, extent in enumerate(shape):
        below = Mul(*shape[axis + 1 :])
        found.append(floor(flat / below) if axis == 0 else Mod(floor(flat / below), extent))
    return tuple(found)


def _axis(axis: Any, x: Handle, word: str) -> int:
    """Return an axis of x, counted from its end where negative; raise where there is none."""
    k = plain(axis)
    if not isinstance(k, Integer) or not -x.rank <= k < x.rank:
        raise ShapeError(
            f"{word} has no axis {axis}: {x!r}",
            remedy=f"The axes are 0 to {x.rank - 1}; -1 is the last.",
        )
    return int(k) % x.rank


def transpose(x: Handle, *axes: int, name: str | None = None) -> Handle:
    """Return x with its axes in another order; without one, with the last two swapped.

    >>> from symbp.lang.tensors import input
    >>> transpose(input("x", "N", 5, 3))
    value transpose[N,3,5]

    Raises:
        ShapeError: the axes are not all of x, each once.
    """
    x = with_rank(x, "transpose", 2, "x[N, 5, 3]", least=True)
    order = [_axis(a, x, "transpose") for a in axes]
    order = order or [*range(x.rank - 2), x.rank - 1, x.rank - 2]
    if sorted(order) != list(range(x.rank)):
        raise ShapeError(
            f"{axes} does not name each axis of {x!r} once",
            remedy=f"Write: transpose(x, {', '.join(map(str, reversed(range(x.rank))))})",
        )
    loops = _loops(x)
    rule = Rule(tuple(loops[a] for a in order), x[loops])
    return Handle("value", tuple(x.shape[a] for a in order), naming("transpose", name), [rule])


def _loops(x: Handle) -> tuple[Symbol, ...]:
    return symbols(("n", *(f"i{k}" for k in range(1, x.rank))))


def slice(
    x: Handle, start: int, stop: int, *, axis: int = -1, step: int = 1, name: str | None = None
) -> Handle:
    """Return the elements start, start + step, ... before stop of an axis.

    >>> from symbp.lang.tensors import input
    >>> slice(input("x", "N", 10), 2, 8, step=2)
    value slice[N,3]

    Raises:
        ShapeError: they are not all inside.
    """
    x = with_axis(x, "slice")
    k = _axis(axis, x, "slice")
    first, last, by = (plain(v) for v in (start, stop, step))
    fits = all(isinstance(v, Expr) and v.is_integer for v in (first, last, by))
    if (
        not fits
        or first.is_negative
        or not by.is_positive
        or not (last - first).is_positive
        or (x.shape[k] - last).is_negative
    ):
        raise ShapeError(
            f"slice from {start} to {stop} by {step} is not inside axis {k} of {x!r}",
            remedy="Write slice(x, start, stop, axis=1) with 0 <= start < stop <= size.",
        )
    loops = _loops(x)
    i = loops[k]
    count = floor((last - first - 1) / by) + 1
    source = (*loops[:k], first + by * i, *loops[k + 1 :])
    shape = (*x.shape[:k], count, *x.shape[k + 1 :])
    rule = Rule(loops, x[source], given={i: count})
    return Handle("value", shape, naming("slice", name), [rule])


def concat(*tensors: Handle, axis: int = -1, name: str | None = None) -> Handle:
    """Return tensors one after the other along an axis.

    >>> from symbp.lang.tensors import input
    >>> concat(input("x", "N", 3), input("y", "N", 4))
    value concat[N,7]

    Raises:
        ShapeError: they differ in another axis, or there is none.
    """
    if not tensors:
        raise LanguageError("concat takes tensors", remedy="Write: concat(x, y)")
    first = with_axis(tensors[0], "concat")
    k = _axis(axis, first, "concat")
    loops = _loops(first)
    rules, done = [], Integer(0)
    for x in tensors:
        others = x.shape[:k] + x.shape[k + 1 :] if isinstance(x, Handle) else None
        if others != first.shape[:k] + first.shape[k + 1 :]:
            raise ShapeError(
                f"concat along axis {k} takes tensors that are alike in all others, not {first!r}"
                f" and {x!r}",
                remedy="Name the axis in which they differ: concat(x, y, axis=1)",
            )
        target = (*loops[:k], loops[k] + done, *loops[k + 1 :])
        rules.append(Rule(target, x[loops], given={loops[k]: x.shape[k]}))
        done += x.shape[k]
    shape = (*first.shape[:k], done, *first.shape[k + 1 :])
    return Handle("value", shape, naming("concat", name), rules)
