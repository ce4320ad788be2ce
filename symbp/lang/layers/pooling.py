"""Pooling: the greatest or the mean value of each window; channels come second.

    y[n,c,p,q] = max[u,v](x[n, c, s p + d u, s q + d v])        the first winner has the slope
    y[n,c,p,q] = sum[u,v](x[n, c, s p + d u, s q + d v]) / k

>>> from symbp.lang.tensors import input
>>> max_pool2d(input("x", "N", 8, 24, 24), 2)
value max_pool2d[N,8,12,12]
"""

from __future__ import annotations

from typing import Any

from sympy import Mul

from symbp.errors import LanguageError
from symbp.ir.program import Operation
from symbp.ir.syntax import Reduction
from symbp.lang.handles import Handle, Rule
from symbp.lang.layers.common import naming, symbols, with_rank
from symbp.lang.layers.convolution import Sizes, Window


def _pool(op: Operation, rank: int, x: Any, window: tuple[Any, ...], name: str | None) -> Handle:
    word = f"{'max' if op == 'max' else 'avg'}_pool{rank}d"
    layer = naming(word, name)
    x = with_rank(x, word, 2 + rank, "x[N, 8, 28, 28]" if rank == 2 else "x[N, 8, 100]")
    kernel, stride, padding, dilation = window
    moved = Window.of(rank, kernel, kernel if stride is None else stride, padding, dilation)
    if any(2 * p > k for p, k in zip(moved.padding, moved.kernel, strict=True)):
        raise LanguageError(
            f"with padding={padding} a window of {kernel} may hold no element",
            remedy="Let the padding be at most one half of the kernel.",
        )
    n, c = symbols("nc")
    shape = (*x.shape[:2], *moved.size(x, word))
    field = moved.padded(x, layer, lowest=op == "max")
    element = field[n, c, *moved.inside()]
    body = Reduction(op, element, *moved.offsets)
    if op == "sum":
        body = body / Mul(*moved.kernel)
    given = {**moved.extents(), **dict(zip(moved.places, shape[2:], strict=True))}
    return Handle("value", shape, layer, [Rule((n, c, *moved.places), body, given=given)])


def max_pool1d(
    x: Handle, kernel: Sizes, *, stride: Sizes | None = None, padding: Sizes = 0,
    dilation: Sizes = 1, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the greatest value of each window of sequences x (N, C, T); see `max_pool2d`."""
    return _pool("max", 1, x, (kernel, stride, padding, dilation), name)


def max_pool2d(
    x: Handle, kernel: Sizes, *, stride: Sizes | None = None, padding: Sizes = 0,
    dilation: Sizes = 1, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the greatest value of each window of images x (N, C, H, W).

    The stride is the kernel's size when left out. Padding never wins. Where several are
    greatest, the first one (by rows) has the slope.

    >>> from symbp.lang.tensors import input
    >>> max_pool2d(input("x", "N", 8, 7, 7), 3, stride=2, padding=1)
    value max_pool2d[N,8,4,4]

    Raises:
        ShapeError: x is no image, or the window does not fit.
        LanguageError: a setting is no whole number, or the padding is too large.
    """
    return _pool("max", 2, x, (kernel, stride, padding, dilation), name)


def avg_pool1d(
    x: Handle, kernel: Sizes, *, stride: Sizes | None = None, padding: Sizes = 0,
    name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the mean of each window of sequences x (N, C, T); see `avg_pool2d`."""
    return _pool("sum", 1, x, (kernel, stride, padding, 1), name)


def avg_pool2d(
    x: Handle, kernel: Sizes, *, stride: Sizes | None = None, padding: Sizes = 0,
    name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the mean of each window of images x (N, C, H, W); the padding counts as zeros.

    >>> from symbp.lang.tensors import input
    >>> avg_pool2d(input("x", "N", 8, 8, 8), (2, 4))
    value avg_pool2d[N,8,4,2]

    Raises:
        ShapeError: x is no image, or the window does not fit.
        LanguageError: a setting is no whole number, or the padding is too large.
    """
    return _pool("sum", 2, x, (kernel, stride, padding, 1), name)


def _global(op: str, word: str, x: Any, name: str | None) -> Handle:
    layer = naming(word, name)
    x = with_rank(x, word, 3, "x[N, 8, 28, 28]", least=True)
    n, c, *inner = symbols(("n", "c", *(f"i{k}" for k in range(x.rank - 2))))
    body = Reduction(op, x[n, c, *inner], *inner)
    return Handle("value", x.shape[:2], layer, [Rule((n, c), body)])


def global_max_pool(x: Handle, name: str | None = None) -> Handle:
    """Return the greatest value of each channel: x (N, C, ...) -> (N, C).

    Raises:
        ShapeError: x has no axes after its channels.
    """
    return _global("max", "global_max_pool", x, name)


def global_avg_pool(x: Handle, name: str | None = None) -> Handle:
    """Return the mean of each channel: x (N, C, ...) -> (N, C).

    >>> from symbp.lang.tensors import input
    >>> global_avg_pool(input("x", "N", 8, 7, 7))
    value global_avg_pool[N,8]

    Raises:
        ShapeError: x has no axes after its channels.
    """
    return _global("mean", "global_avg_pool", x, name)
