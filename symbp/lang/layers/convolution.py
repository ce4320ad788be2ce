"""Convolutions and their transposes, of sequences and of images; channels come second.

    y[n,o,p,q] = sum[c,u,v](x[n, c, s p + d u, s q + d v] K[o,c,u,v]) + b[o]

with stride s and dilation d. Zero padding is a larger tensor with x in its middle. In a grouped
convolution each group of outputs reads its own group of inputs. The transposed convolution sends
each value to where the convolution would have read it, and cuts the padding off.

>>> from symbp.lang.tensors import input
>>> y = conv2d(input("x", "N", 3, 28, 28), 8, 5, stride=2, padding=2, name="y")
>>> y, y.part("K"), y.part("padded")
(value y[N,8,14,14], param y_K[8,3,5,5], value y_padded[N,3,32,32])

Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer, Symbol, floor

from symbp.errors import LanguageError, ShapeError
from symbp.ir.syntax import Reduction
from symbp.lang.handles import Handle, Naming, Rule, Shape
from symbp.lang.initializers import Initial, initial
from symbp.lang.layers.common import (
    divided,
    naming,
    sizes,
    symbols,
    whole,
    with_activation,
    with_rank,
)
from symbp.lang.tensors import parameter

Init = Initial | Callable[[], Initial] | None
Sizes = int | tuple[int, ...]
PLACES, OFFSETS = "pq", "uv"
"""The indices of places in the result, and of those in the kernel."""


@dataclass(frozen=True, slots=True)
class Window:
    """How a kernel moves along the axes of an image."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]

    @classmethod
    def of(cls, rank: int, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Window:
        """Return a window whose settings are numbers for all axes, or one for each."""
        k, s = sizes("kernel", kernel, rank), sizes("stride", stride, rank)
        d = sizes("dilation", dilation, rank)
        if padding == "same":
            if any(n != 1 for n in s) or any(a * (n - 1) % 2 for a, n in zip(d, k, strict=True)):
                raise LanguageError(
                    "padding=same keeps the size, for a stride of 1 and an odd kernel only",
                    remedy="Give a number: padding=1",
                )
            padding = tuple(a * (n - 1) // 2 for a, n in zip(d, k, strict=True))
        return cls(k, s, sizes("padding", padding, rank, least=0), d)

    @property
    def reach(self) -> tuple[int, ...]:
        """How many elements a kernel spans along each axis."""
        return tuple(d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel, strict=True))

    @property
    def places(self) -> tuple[Symbol, ...]:
        return symbols(PLACES[: len(self.kernel)])

    @property
    def offsets(self) -> tuple[Symbol, ...]:
        return symbols(OFFSETS[: len(self.kernel)])

    def inside(self) -> tuple[Expr, ...]:
        """Return where, in the padded tensor, an offset of the kernel meets a place."""
        return tuple(
            s * p + d * u
            for s, p, d, u in zip(
                self.stride, self.places, self.dilation, self.offsets, strict=True
            )
        )

    def extents(self) -> dict[Symbol, Expr]:
        """Return how far the offsets run."""
        return dict(zip(self.offsets, map(Integer, self.kernel), strict=True))

    def size(self, x: Handle, layer: str) -> Shape:
        """Return how often the window fits along each axis of an image; raise where it doesn't."""
        found = []
        for n, reach, stride, pad in zip(
            x.shape[2:], self.reach, self.stride, self.padding, strict=True
        ):
            room = n + 2 * pad - reach
            if room.is_negative:
                raise ShapeError(
                    f"a window of {reach} elements does not fit into {n + 2 * pad}: {layer} of"
                    f" {x!r}",
                    remedy="Take a smaller kernel or dilation, or more padding.",
                )
            found.append(floor(room / stride) + 1)
        return tuple(found)

    def padded(self, x: Handle, layer: Naming, lowest: bool = False) -> Handle:
        """Return x with a border of zeros, or of what is lower than any number."""
        if not any(self.padding):
            return x
        shape = (*x.shape[:2], *(n + 2 * p for n, p in zip(x.shape[2:], self.padding, strict=True)))
        n, c, *inner = symbols(("n", "c", *"hw"[: len(self.kernel)]))
        target = (n, c, *(i + p for i, p in zip(inner, self.padding, strict=True)))
        rule = Rule(target, x[n, c, *inner], "max" if lowest else "sum")
        return Handle("value", shape, layer.part("padded"), [rule])


def _conv(
    rank: int, x: Handle, channels: Any, window: Window, activation: Any, groups: Any,
    bias: bool, init: Init, name: str | None,
) -> Handle:  # fmt: skip
    word = f"conv{rank}d"
    layer = naming(word, name)
    n, o, c, g = symbols("nocg")
    out, groups = whole("channels", channels), whole("groups", groups)
    ins, outs = divided("groups", x.shape[1], groups, x), divided("groups", Integer(out), groups, x)
    shape = (x.shape[0], Integer(out), *window.size(x, word))
    K = kernel(layer, (out, ins), window, init, ins, outs)
    field = window.padded(x, layer)
    sample = field[n, g * ins + c if groups > 1 else c, *window.inside()]
    maps = g * outs + o if groups > 1 else o
    body = Reduction("sum", sample * K[maps, c, *window.offsets], c, *window.offsets)
    extents = {o: Integer(outs), c: Integer(ins), **window.extents()}
    extents |= dict(zip(window.places, shape[2:], strict=True))
    extents |= {g: Integer(groups)} if groups > 1 else {}
    rules = [Rule((n, maps, *window.places), body, given=extents)]
    loops = (n, o, *window.places)
    if bias:
        rules.append(Rule(loops, parameter(layer.part("b"), (Integer(out),))[o]))
    return with_activation(activation, shape, layer, loops, rules)


def _transposed(
    rank: int, x: Handle, channels: Any, window: Window, activation: Any, groups: Any,
    bias: bool, init: Init, name: str | None,
) -> Handle:  # fmt: skip
    word = f"conv_transpose{rank}d"
    layer = naming(word, name)
    n, o, c, g = symbols("nocg")
    out, groups = whole("channels", channels), whole("groups", groups)
    ins, outs = divided("groups", x.shape[1], groups, x), divided("groups", Integer(out), groups, x)
    whole_size = tuple(
        s * (m - 1) + r for s, m, r in zip(window.stride, x.shape[2:], window.reach, strict=True)
    )
    sizes_left = tuple(m - 2 * p for m, p in zip(whole_size, window.padding, strict=True))
    if any(m.is_nonpositive for m in sizes_left):
        raise ShapeError(f"nothing is left of {x!r} after padding", remedy="Take less padding.")
    shape = (x.shape[0], Integer(out), *sizes_left)
    K = kernel(layer, (int(x.shape[1]), outs), window, init, ins, outs)
    maps, sources = (g * outs + o, g * ins + c) if groups > 1 else (o, c)
    term = x[n, sources, *window.places] * K[sources, o, *window.offsets]
    extents = {o: Integer(outs), c: Integer(ins), **window.extents()}
    extents |= dict(zip(window.places, x.shape[2:], strict=True))
    extents |= {g: Integer(groups)} if groups > 1 else {}
    sent = Rule(
        (n, maps, *window.inside()),
        Reduction("sum", term, c), bound=(*window.places, *window.offsets), given=extents,
    )  # fmt: skip
    b = [Rule((n, o, *window.places), parameter(layer.part("b"), (Integer(out),))[o])]
    loops = (n, o, *window.places)
    if not any(window.padding):
        return with_activation(activation, shape, layer, loops, [sent, *(b if bias else [])])
    full = Handle("value", (*shape[:2], *whole_size), layer.part("full"), [sent])
    inner = (i + p for i, p in zip(window.places, window.padding, strict=True))
    cut = Rule(loops, full[n, o, *inner], given=dict(zip(window.places, sizes_left, strict=True)))
    return with_activation(activation, shape, layer, loops, [cut, *(b if bias else [])])


def kernel(
    layer: Naming, maps: tuple[int, int], window: Window, init: Init, ins: int, outs: int
) -> Handle:
    """Return the kernel K of a layer; what goes in and out is counted over the window."""
    area = 1
    for k in window.kernel:
        area *= k
    shape = tuple(map(Integer, (*maps, *window.kernel)))
    found = initial(init, f"{layer.hint()}_K", len(shape))
    return parameter(layer.part("K"), shape, found.of_kernel(ins * area, outs * area))


def conv1d(
    x: Handle, channels: int, kernel: Sizes, activation: Any = None, *, stride: Sizes = 1,
    padding: Sizes | str = 0, dilation: Sizes = 1, groups: int = 1, bias: bool = True,
    init: Init = None, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the convolution of sequences x (N, C, T) with K (out, C/groups, k); see `conv2d`.

    >>> from symbp.lang.tensors import input
    >>> conv1d(input("x", "N", 4, "T"), 8, 3, padding="same")
    value conv1d[N,8,T]
    """
    x = with_rank(x, "conv1d", 3, "x[N, 4, 100]: samples, channels, time")
    window = Window.of(1, kernel, stride, padding, dilation)
    return _conv(1, x, channels, window, activation, groups, bias, init, name)


def conv2d(
    x: Handle, channels: int, kernel: Sizes, activation: Any = None, *, stride: Sizes = 1,
    padding: Sizes | str = 0, dilation: Sizes = 1, groups: int = 1, bias: bool = True,
    init: Init = None, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return f(x * K + b) for images x (N, C, H, W) with K (out, C/groups, kh, kw).

    kernel, stride, padding and dilation are numbers, or one for each axis: (3, 5); padding may be
    "same". Each axis of the result has floor((H + 2 padding - dilation (k - 1) - 1) / stride) + 1
    elements. Nothing is flipped: it is a correlation, as in all frameworks.

    >>> from symbp.lang.tensors import input
    >>> conv2d(input("x", "N", 3, 8, 8), 6, (3, 1), stride=2, groups=3)
    value conv2d[N,6,3,4]

    Raises:
        ShapeError: x is no image, the window does not fit, or groups do not divide the channels.
        LanguageError: a setting is no whole number.
    """
    x = with_rank(x, "conv2d", 4, "x[N, 3, 28, 28]: samples, channels, height, width")
    window = Window.of(2, kernel, stride, padding, dilation)
    return _conv(2, x, channels, window, activation, groups, bias, init, name)


def conv_transpose1d(
    x: Handle, channels: int, kernel: Sizes, activation: Any = None, *, stride: Sizes = 1,
    padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1, bias: bool = True,
    init: Init = None, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the transposed convolution of sequences x (N, C, T) with K (C, out/groups, k).

    >>> from symbp.lang.tensors import input
    >>> conv_transpose1d(input("x", "N", 4, 10), 8, 3, stride=2)
    value conv_transpose1d[N,8,21]
    """
    x = with_rank(x, "conv_transpose1d", 3, "x[N, 4, 100]: samples, channels, time")
    window = Window.of(1, kernel, stride, padding, dilation)
    return _transposed(1, x, channels, window, activation, groups, bias, init, name)


def conv_transpose2d(
    x: Handle, channels: int, kernel: Sizes, activation: Any = None, *, stride: Sizes = 1,
    padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1, bias: bool = True,
    init: Init = None, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the transposed convolution of images x (N, C, H, W) with K (C, out/groups, kh, kw).

    Each axis of the result has stride (H - 1) + dilation (k - 1) + 1 - 2 padding elements.

    >>> from symbp.lang.tensors import input
    >>> conv_transpose2d(input("x", "N", 4, 7, 7), 2, 4, stride=2, padding=1)
    value conv_transpose2d[N,2,14,14]

    Raises:
        ShapeError: x is no image, nothing is left, or groups do not divide the channels.
    """
    x = with_rank(x, "conv_transpose2d", 4, "x[N, 3, 7, 7]: samples, channels, height, width")
    window = Window.of(2, kernel, stride, padding, dilation)
    return _transposed(2, x, channels, window, activation, groups, bias, init, name)
