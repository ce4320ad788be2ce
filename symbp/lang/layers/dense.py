"""Dense layers: sums over the features of one tensor, or over those of two.

>>> from symbp.lang.tensors import input
>>> h = dense(input("x", "N", 64), 32)
>>> h, h.part("W"), h.part("b")
(value dense[N,32], param dense_W[64,32], param dense_b[32])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symbp.errors import ShapeError
from symbp.ir.program import index
from symbp.ir.syntax import Reduction
from symbp.lang.handles import Handle, Rule, axes
from symbp.lang.initializers import Initial
from symbp.lang.layers.common import naming as named
from symbp.lang.layers.common import with_activation, with_axis, with_rank
from symbp.lang.tensors import extent, parameter


def dense(
    x: Handle,
    units: int | str,
    activation: Any = None,
    *,
    bias: bool = True,
    init: Initial | Callable[[], Initial] | None = None,
    name: str | None = None,
) -> Handle:
    """Return f(x W + b) along the last axis of x, with W (in, out) and b (out).

    The pre-activation is h_z; without an activation h itself is the affine value.

    >>> from symbp.lang.functions import relu
    >>> from symbp.lang.tensors import input
    >>> dense(input("x", "N", 4), 8, relu, name="h").part("z")
    value h_z[N,8]

    Raises:
        ShapeError: x has no axis.
    """
    naming = named("dense", name)
    x = with_axis(x, "dense")
    out = extent(naming.hint(), units)
    inner, loops = axes(x.rank, "i"), axes(x.rank)
    i, j = index("i"), index("j")
    if x.rank == 1:  # no samples: x (in)
        inner, loops = (i,), (j,)
    W = parameter(naming.part("W"), (x.shape[-1], out), init)
    rules = [Rule(loops, Reduction("sum", x[inner] * W[i, j], i))]
    if bias:
        rules.append(Rule(loops, parameter(naming.part("b"), (out,))[j]))
    return with_activation(activation, (*x.shape[:-1], out), naming, loops, rules)


def bilinear(
    x: Handle,
    y: Handle,
    units: int | str,
    activation: Any = None,
    *,
    bias: bool = True,
    init: Initial | Callable[[], Initial] | None = None,
    name: str | None = None,
) -> Handle:
    """Return sum x[n,i] W[o,i,j] y[n,j] + b[o], with W (out, in of x, in of y).

    >>> from symbp.lang.tensors import input
    >>> bilinear(input("x", "N", 4), input("y", "N", 3), 8)
    value bilinear[N,8]

    Raises:
        ShapeError: the two have not the same samples.
    """
    naming = named("bilinear", name)
    x, y = (with_rank(v, "bilinear", 2, "x[N, 4]") for v in (x, y))
    if x.shape[0] != y.shape[0]:
        raise ShapeError(
            f"bilinear takes two tensors with the same samples, not {x!r} and {y!r}",
            remedy="Let their first axes have one size: x[N, 4] and y[N, 3].",
        )
    out = extent(naming.hint(), units)
    n, o, i, j = map(index, "noij")
    W = parameter(naming.part("W"), (out, x.shape[1], y.shape[1]), init)
    half = Reduction("sum", x[n, i] * W[o, i, j], i)
    inner = Handle(
        "value", (x.shape[0], out, y.shape[1]), naming.part("inner"), [Rule((n, o, j), half)]
    )
    rules = [Rule((n, o), Reduction("sum", inner[n, o, j] * y[n, j], j))]
    if bias:
        rules.append(Rule((n, o), parameter(naming.part("b"), (out,))[o]))
    return with_activation(activation, (x.shape[0], out), naming, (n, o), rules)
