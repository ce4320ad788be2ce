"""Normalisation by statistics of each sample, or of each channel of a batch.

    layer norm    g (x - mean x) / sqrt(var x + eps) + b        over the features
    group norm    the same over each group of channels and all places
    RMS norm      g x / sqrt(mean x^2 + eps)
    batch norm    layer norm's formula for each channel, over all samples and places; in a
                  prediction with running statistics, which every training step brings up to date

Sources: Ba, Kiros and Hinton 2016; Wu and He 2018; Zhang and Sennrich 2019; Ioffe and Szegedy 2015.
"""

from __future__ import annotations

from typing import Any

from sympy import Expr, Integer, Symbol, sqrt

from symbp.ir.syntax import Reduction
from symbp.lang.handles import Handle, Naming, Rule, axes
from symbp.lang.initializers import constant, zeros
from symbp.lang.layers.common import (
    divided,
    gain,
    naming,
    positive,
    share,
    symbols,
    whole,
    with_axis,
    with_rank,
)
from symbp.lang.modes import training
from symbp.lang.tensors import parameter, renew

Indices = tuple[Symbol, ...]


def layer_norm(
    x: Handle, *, eps: Any = 1e-5, affine: bool = True, name: str | None = None
) -> Handle:
    """Return x, centred and scaled along its last axis, times g plus b.

    >>> from symbp.lang.tensors import input
    >>> y = layer_norm(input("x", "N", "T", 8), name="y")
    >>> y, y.part("g"), y.part("b"), y.part("mean"), y.part("var")
    (value y[N,T,8], param y_g[8], param y_b[8], value y_mean[N,T], value y_var[N,T])

    Raises:
        ShapeError: x has no axis.
    """
    layer = naming("layer_norm", name)
    x = with_axis(x, "layer_norm")
    loops = axes(x.rank) if x.rank > 1 else symbols("j")
    kept, j = loops[:-1], loops[-1]
    mean, var = _moments(x, x[loops], kept, (j,), layer, {})
    body = (x[loops] - mean[kept]) / sqrt(var[kept] + positive("eps", eps))
    if affine:
        body = body * gain(layer, "g", x.shape[-1])[j]
    return Handle("value", x.shape, layer, _shifted(loops, body, affine, layer, j, x.shape[-1]))


def rms_norm(x: Handle, *, eps: Any = 1e-5, affine: bool = True, name: str | None = None) -> Handle:
    """Return x over the root of its mean square along the last axis, times g.

    >>> from symbp.lang.tensors import input
    >>> rms_norm(input("x", "N", 8), name="y").part("g")
    param y_g[8]

    Raises:
        ShapeError: x has no axis.
    """
    layer = naming("rms_norm", name)
    x = with_axis(x, "rms_norm")
    loops = axes(x.rank) if x.rank > 1 else symbols("j")
    kept, j = loops[:-1], loops[-1]
    square = Rule(kept, Reduction("mean", x[loops] ** 2, j))
    mean = Handle("value", x.shape[:-1], layer.part("mean_square"), [square])
    body = x[loops] / sqrt(mean[kept] + positive("eps", eps))
    if affine:
        body = body * gain(layer, "g", x.shape[-1])[j]
    return Handle("value", x.shape, layer, [Rule(loops, body)])


def group_norm(
    x: Handle, groups: int, *, eps: Any = 1e-5, affine: bool = True, name: str | None = None
) -> Handle:
    """Return x (N, C, ...), centred and scaled in each group of channels, times g plus b.

    One group is layer norm over a whole image, C groups are instance norm.

    >>> from symbp.lang.tensors import input
    >>> y = group_norm(input("x", "N", 8, 5, 5), 4, name="y")
    >>> y, y.part("mean"), y.part("g")
    (value y[N,8,5,5], value y_mean[N,4], param y_g[8])

    Raises:
        ShapeError: x has no channels, or they can't be divided into the groups.
    """
    layer = naming("group_norm", name)
    x = with_rank(x, "group_norm", 2, "x[N, 8, 28, 28]", least=True)
    count = whole("groups", groups)
    each = divided("groups", x.shape[1], count, x)
    n, k, c, *places = symbols(("n", "k", "c", *(f"i{k}" for k in range(x.rank - 2))))
    channel = k * each + c
    given: dict[Symbol, Expr] = {k: Integer(count), c: Integer(each)}
    element = x[n, channel, *places]
    mean, var = _moments(x, element, (n, k), (c, *places), layer, given)
    body = (element - mean[n, k]) / sqrt(var[n, k] + positive("eps", eps))
    if not affine:
        return Handle("value", x.shape, layer, [Rule((n, channel, *places), body, given=given)])
    normal = Handle(
        "value", x.shape, layer.part("normal"),
        [Rule((n, channel, *places), body, given=given)],
    )  # fmt: skip
    loops = (n, c, *places)
    scaled = normal[loops] * gain(layer, "g", x.shape[1])[c]
    return Handle("value", x.shape, layer, _shifted(loops, scaled, True, layer, c, x.shape[1]))


def batch_norm(
    x: Handle, *, momentum: Any = 0.9, eps: Any = 1e-5, affine: bool = True,
    name: str | None = None,
) -> Handle:  # fmt: skip
    """Return x (N, C, ...), centred and scaled in each channel over the batch, times g plus b.

    A prediction takes the running statistics, frozen parameters that each training step moves:
    running = momentum * running + (1 - momentum) * that of the batch, var divided by its count.

    >>> from symbp.lang.tensors import input
    >>> y = batch_norm(input("x", "N", 8, 5, 5), name="y")
    >>> y, y.part("mean"), y.part("running_mean"), y.part("g")
    (value y[N,8,5,5], value y_mean[8], param y_running_mean[8], param y_g[8])

    Raises:
        ShapeError: x has no channels.
        LanguageError: the momentum is not from 0 on and below 1.
    """
    layer = naming("batch_norm", name)
    x = with_rank(x, "batch_norm", 2, "x[N, 8, 28, 28]", least=True)
    keep = share("momentum", momentum)
    n, c, *places = loops = symbols(("n", "c", *(f"i{k}" for k in range(x.rank - 2))))
    mean, var = _moments(x, x[loops], (c,), (n, *places), layer, {c: x.shape[1]})
    running = {
        word: parameter(layer.part(f"running_{word}"), (x.shape[1],), begin, frozen=True)
        for word, begin in (("mean", zeros), ("var", constant(1)))
    }
    for old, new in zip(running.values(), (mean, var), strict=True):
        renew(old, Rule((c,), keep * old[c] + (1 - keep) * new[c]))

    def scaled(mean: Handle, var: Handle) -> Expr:
        return (x[loops] - mean[c]) / sqrt(var[c] + positive("eps", eps))

    body: Expr = training(scaled(mean, var), scaled(*running.values()))
    if affine:
        body = body * gain(layer, "g", x.shape[1])[c]
    return Handle("value", x.shape, layer, _shifted(loops, body, affine, layer, c, x.shape[1]))


def _moments(
    x: Handle, element: Expr, kept: Indices, over: Indices, layer: Naming,
    given: dict[Symbol, Expr],
) -> tuple[Handle, Handle]:  # fmt: skip
    """Return mean and variance of an element over some indices."""
    shape = tuple(given.get(i, x.shape[k]) for k, i in enumerate(kept))
    mean = Handle(
        "value", shape, layer.part("mean"),
        [Rule(kept, Reduction("mean", element, *over), given=given)],
    )  # fmt: skip
    square = Reduction("mean", (element - mean[kept]) ** 2, *over)
    var = Handle("value", shape, layer.part("var"), [Rule(kept, square, given=given)])
    return mean, var


def _shifted(
    loops: Indices, body: Expr, affine: bool, layer: Naming, j: Symbol, features: Expr
) -> list[Rule]:
    """Return the rule of a body, plus b where there is one."""
    if affine:
        body = body + parameter(layer.part("b"), (features,))[j]
    return [Rule(loops, body)]
