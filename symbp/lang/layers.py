"""Layers: functions that write equations, the forward formula and nothing else.

>>> from symbp.lang.tensors import input
>>> h = dense(input("x", "N", 64), 32)
>>> h, h.part("W"), h.part("b")
(value dense[N,32], param dense_W[64,32], param dense_b[32])

A layer that ends up with the name h calls its tensors h_W, h_b, ...; one without a name is
called by the layer: dense, dense_2, ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from symbp.errors import ShapeError
from symbp.ir.program import index
from symbp.ir.syntax import Reduction
from symbp.lang.functions import activation as activated
from symbp.lang.handles import Handle, Naming, Rule, axes, exact
from symbp.lang.initializers import Initial
from symbp.lang.naming import valid_name
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
    naming = _naming("dense", name)
    x = _with_axis(x, "dense")
    out, f = extent(naming.hint(), units), activated(activation)
    inner, loops = axes(x.rank, "i"), axes(x.rank)
    i, j = index("i"), index("j")
    if x.rank == 1:  # no samples: x (in)
        inner, loops = (i,), (j,)
    W = parameter(naming.part("W"), (x.shape[-1], out), init)
    rules = [Rule(loops, Reduction("sum", x[inner] * W[i, j], i))]
    if bias:
        rules.append(Rule(loops, parameter(naming.part("b"), (out,))[j]))
    shape = (*x.shape[:-1], out)
    if f is None:
        return Handle("value", shape, naming, rules)
    z = Handle("value", shape, naming.part("z"), rules)
    return Handle("value", shape, naming, [Rule(loops, exact(f(z[loops])))])


def softmax(z: Handle, name: str | None = None) -> Handle:
    """Return exp(z) / sum exp(z) along the last axis; the sum is a tensor of its own, p_Z.

    >>> from symbp.lang.tensors import input
    >>> softmax(input("z", "N", 3), name="p")
    value p[N,3]

    Raises:
        ShapeError: z has no axis.
    """
    naming = _naming("softmax", name)
    z = _with_axis(z, "softmax")
    loops = axes(z.rank)
    Z = partition(z, naming)
    return Handle("value", z.shape, naming, [Rule(loops, sympy.exp(z[loops]) / Z[loops[:-1]])])


def log_softmax(z: Handle, name: str | None = None) -> Handle:
    """Return z - log(sum exp(z)) along the last axis.

    Raises:
        ShapeError: z has no axis.
    """
    naming = _naming("log_softmax", name)
    z = _with_axis(z, "log_softmax")
    loops = axes(z.rank)
    Z = partition(z, naming)
    return Handle("value", z.shape, naming, [Rule(loops, z[loops] - sympy.log(Z[loops[:-1]]))])


def partition(z: Handle, naming: Naming) -> Handle:
    """Return the sum of exp(z) along the last axis, as the part Z of a layer."""
    loops = axes(z.rank)
    rule = Rule(loops[:-1], Reduction("sum", sympy.exp(z[loops]), loops[-1]))
    return Handle("value", z.shape[:-1], naming.part("Z"), [rule])


def _naming(word: str, name: str | None) -> Naming:
    return Naming(word, None if name is None else valid_name(name))


def _with_axis(x: Any, layer: str) -> Handle:
    if not isinstance(x, Handle) or x.rank == 0:
        raise ShapeError(
            f"{layer} works along the last axis of a tensor, and {x!r} has none",
            remedy=f"Give it a tensor such as x[N, 4]: {layer}(x, ...)",
        )
    return x


LAYERS: dict[str, Callable[..., Handle]] = {
    "dense": dense,
    "softmax": softmax,
    "log_softmax": log_softmax,
}
"""Every layer by its name in the text form."""
