"""Losses: scalar formulas of predictions and targets; means, as in the frameworks.

>>> from symbp.lang.tensors import input, target
>>> mse(input("p", "N", 1), target("y", "N", 1))
value mse

`mse`, `mae`, `huber`, `hinge` and the binary cross-entropies are means over all elements,
`cross_entropy` is the mean over the samples, `sse` is one half of the squared sum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Abs, Expr, Mul

from symbp.errors import LanguageError, ShapeError
from symbp.ir.functions import Where, relu, softplus
from symbp.ir.syntax import Reduction
from symbp.lang.handles import Handle, Naming, Rule, axes, scalar
from symbp.lang.layers import partition
from symbp.lang.naming import valid_name


def _over_elements(
    word: str, formula: Callable[[Any, Any], Any], p: Handle, y: Handle, name: str | None,
    op: str = "mean",
) -> Handle:  # fmt: skip
    """Return the mean (or sum) of a formula over all elements of two tensors of one shape."""
    if not (isinstance(p, Handle) and isinstance(y, Handle)) or p.shape != y.shape:
        raise ShapeError(
            f"{word} compares two tensors of one shape, not {p!r} and {y!r}",
            remedy=f"Write {word}(prediction, target) with equal shapes.",
        )
    loops = axes(p.rank)
    body = formula(p[loops], y[loops])
    return _scalar(word, Reduction(op, body, *loops) if loops else body, name)


def _scalar(word: str, body: Expr, name: str | None, naming: Naming | None = None) -> Handle:
    naming = naming or Naming(word, None if name is None else valid_name(name))
    return Handle("value", (), naming, [Rule((), body)], inline=True)


def mse(p: Handle, y: Handle, name: str | None = None) -> Handle:
    """Return mean((p - y)^2)."""
    return _over_elements("mse", lambda a, b: (a - b) ** 2, p, y, name)


def sse(p: Handle, y: Handle, name: str | None = None) -> Handle:
    """Return sum((p - y)^2) / 2."""
    total = _over_elements("sse", lambda a, b: (a - b) ** 2, p, y, name, "sum")
    return _scalar("sse", total.rules[0].body / 2, name)


def mae(p: Handle, y: Handle, name: str | None = None) -> Handle:
    """Return mean(|p - y|); the slope where p = y is 0."""
    return _over_elements("mae", lambda a, b: Abs(a - b), p, y, name)


def huber(p: Handle, y: Handle, delta: Any = 1, name: str | None = None) -> Handle:
    """Return the mean of r^2/2 where |r| <= delta, else delta (|r| - delta/2). Huber 1964."""
    d = scalar(delta)
    if d.is_number and not d.is_positive:
        raise LanguageError(f"delta is {delta}", remedy="Give huber a number above 0: delta=1")

    def formula(a: Expr, b: Expr) -> Expr:
        r = a - b
        return Where(Abs(r) <= d, r**2 / 2, d * (Abs(r) - d / 2))

    return _over_elements("huber", formula, p, y, name)


def binary_cross_entropy(p: Handle, y: Handle, name: str | None = None) -> Handle:
    """Return mean(-(y log p + (1 - y) log(1 - p))) of probabilities p."""

    def formula(a: Expr, b: Expr) -> Expr:
        return -(b * sympy.log(a) + (1 - b) * sympy.log(1 - a))

    return _over_elements("binary_cross_entropy", formula, p, y, name)


def binary_cross_entropy_with_logits(z: Handle, y: Handle, name: str | None = None) -> Handle:
    """Return mean(softplus(z) - y z): the binary cross-entropy of sigmoid(z)."""
    word = "binary_cross_entropy_with_logits"
    return _over_elements(word, lambda a, b: softplus(a) - b * a, z, y, name)


def hinge(z: Handle, y: Handle, name: str | None = None) -> Handle:
    """Return mean(max(0, 1 - y z)) for y = +-1; the slope at the kink is 0."""
    return _over_elements("hinge", lambda a, b: relu(1 - b * a), z, y, name)


def cross_entropy(logits: Handle, t: Handle, name: str | None = None) -> Handle:
    """Return the mean over the samples of log(sum exp(z)) - z[t], softmax included.

    `t` are class labels, one for each sample, or a distribution of the logits' shape.

    >>> from symbp.lang.tensors import input, label
    >>> cross_entropy(input("z", "N", 3), label("t", "N", classes=3))
    value cross_entropy

    Raises:
        ShapeError: the labels do not suit the logits.
    """
    if not (isinstance(logits, Handle) and isinstance(t, Handle)) or not _suits(logits, t):
        raise ShapeError(
            f"cross_entropy compares logits with labels or with a distribution,"
            f" not {logits!r} with {t!r}",
            remedy="Write logits z[N, 10] with label t[N] in 10, or with target y[N, 10].",
        )
    naming = Naming("cross_entropy", None if name is None else valid_name(name))
    loops = axes(logits.rank)
    samples, j = loops[:-1], loops[-1]
    log_sum = sympy.log(partition(logits, naming)[samples])
    if t.bound is not None:
        body = log_sum - logits[(*samples, t[samples])]
        over = Reduction("mean", body, *samples) if samples else body
    else:
        body = t[loops] * (log_sum - logits[loops])
        count = Mul(*logits.shape[:-1])
        over = Reduction("sum", body, *samples, j) / count
    return _scalar("cross_entropy", over, name, naming)


def _suits(logits: Handle, t: Handle) -> bool:
    if logits.rank == 0 or logits.bound is not None:
        return False
    if t.bound is None:
        return t.shape == logits.shape
    return t.shape == logits.shape[:-1] and t.bound == logits.shape[-1]


LOSSES: dict[str, Callable[..., Handle]] = {
    "mse": mse,
    "sse": sse,
    "mae": mae,
    "huber": huber,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "cross_entropy": cross_entropy,
    "hinge": hinge,
}
"""Every loss by its name in the text form."""
