"""Losses of single elements: a formula of a prediction and a target, averaged over all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Abs, Expr

from symbp.errors import ShapeError
from symbp.ir.functions import Where, relu, softplus
from symbp.ir.syntax import Reduction
from symbp.lang.handles import Handle, axes
from symbp.lang.losses.common import Weights, averaged, named, one, positive

Formula = Callable[[Any, Any], Any]


def alike(word: str, *tensors: Any) -> None:
    """Raise where some are no tensors of one shape."""
    shapes = {t.shape if isinstance(t, Handle) else None for t in tensors}
    if len(shapes) > 1 or None in shapes:
        shown = " and ".join(map(repr, tensors))
        raise ShapeError(
            f"{word} compares {'two ' * (len(tensors) == 2)}tensors of one shape, not {shown}",
            remedy=f"Write {word}(prediction, target) with equal shapes.",
        )


def _over_elements(
    word: str, formula: Formula, p: Handle, y: Handle, weights: Weights, name: str | None
) -> Handle:
    """Return the mean of a formula over all elements of two tensors of one shape."""
    alike(word, p, y)
    loops = axes(p.rank)
    return averaged(named(word, name), formula(p[loops], y[loops]), loops, p.shape, weights)


def mse(
    p: Handle, y: Handle, *, mask: Handle | None = None, weights: Handle | None = None,
    name: str | None = None,
) -> Handle:  # fmt: skip
    """Return mean((p - y)^2).

    Args:
        mask, weights: what each element counts, with the first axes of p: w[N] or w[N, T]. The
            weighted mean is sum(w l) / sum(w); what is masked by 0 counts for nothing.

    Raises:
        ShapeError: p and y differ in shape, or mask and weights do not suit them.
    """
    return _over_elements("mse", lambda a, b: (a - b) ** 2, p, y, Weights(mask, weights), name)


def sse(
    p: Handle, y: Handle, *, mask: Handle | None = None, weights: Handle | None = None,
    name: str | None = None,
) -> Handle:  # fmt: skip
    """Return sum((p - y)^2) / 2, each term times its weight; see `mse`."""
    alike("sse", p, y)
    counted, loops = Weights(mask, weights), axes(p.rank)
    counted.check(p.shape)
    body = counted.over((p[loops] - y[loops]) ** 2, loops)
    return one(named("sse", name), (Reduction("sum", body, *loops) if loops else body) / 2)


def mae(
    p: Handle, y: Handle, *, mask: Handle | None = None, weights: Handle | None = None,
    name: str | None = None,
) -> Handle:  # fmt: skip
    """Return mean(|p - y|); the slope where p = y is 0. Weights: see `mse`."""
    return _over_elements("mae", lambda a, b: Abs(a - b), p, y, Weights(mask, weights), name)


def huber(
    p: Handle, y: Handle, delta: Any = 1, *, mask: Handle | None = None,
    weights: Handle | None = None, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the mean of r^2/2 where |r| <= delta, else delta (|r| - delta/2). Huber 1964.

    Weights: see `mse`.
    """
    d = positive("delta", delta)

    def formula(a: Expr, b: Expr) -> Expr:
        r = a - b
        return Where(Abs(r) <= d, r**2 / 2, d * (Abs(r) - d / 2))

    return _over_elements("huber", formula, p, y, Weights(mask, weights), name)


def binary_cross_entropy(
    p: Handle, y: Handle, *, mask: Handle | None = None, weights: Handle | None = None,
    name: str | None = None,
) -> Handle:  # fmt: skip
    """Return mean(-(y log p + (1 - y) log(1 - p))) of probabilities p. Weights: see `mse`."""

    def formula(a: Expr, b: Expr) -> Expr:
        return -(b * sympy.log(a) + (1 - b) * sympy.log(1 - a))

    return _over_elements("binary_cross_entropy", formula, p, y, Weights(mask, weights), name)


def binary_cross_entropy_with_logits(
    z: Handle, y: Handle, *, mask: Handle | None = None, weights: Handle | None = None,
    name: str | None = None,
) -> Handle:  # fmt: skip
    """Return mean(softplus(z) - y z): the binary cross-entropy of sigmoid(z).

    Weights: see `mse`.
    """
    word = "binary_cross_entropy_with_logits"
    counted = Weights(mask, weights)
    return _over_elements(word, lambda a, b: softplus(a) - b * a, z, y, counted, name)


def hinge(
    z: Handle, y: Handle, *, mask: Handle | None = None, weights: Handle | None = None,
    name: str | None = None,
) -> Handle:  # fmt: skip
    """Return mean(max(0, 1 - y z)) for y = +-1; the slope at the kink is 0. Weights: see `mse`."""
    return _over_elements("hinge", lambda a, b: relu(1 - b * a), z, y, Weights(mask, weights), name)


def gaussian_nll(
    p: Handle, y: Handle, log_variance: Handle, *, mask: Handle | None = None,
    weights: Handle | None = None, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the mean of ((y - p)^2 / exp(s) + s + log(2 pi)) / 2, with exp(s) the variance.

    The negative log-likelihood of y under normal distributions around p. Weights: see `mse`.
    Source: Nix and Weigend 1994.

    >>> from symbp.lang.tensors import input, target
    >>> gaussian_nll(input("p", "N", 1), target("y", "N", 1), input("s", "N", 1))
    value gaussian_nll
    """
    alike("gaussian_nll", p, y, log_variance)
    loops = axes(p.rank)
    s = log_variance[loops]
    body = ((y[loops] - p[loops]) ** 2 * sympy.exp(-s) + s + sympy.log(2 * sympy.pi)) / 2
    return averaged(named("gaussian_nll", name), body, loops, p.shape, Weights(mask, weights))
