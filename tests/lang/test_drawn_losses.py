"""Losses over drawn shapes, weighted and masked or not, in both targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbp import lang as bp
from tests.lang.layers.held import hold
from tests.lang.layers.pieces import ONES, few
from tests.lang.test_weighted_losses import huber, log_softmax, relu, softmax

Values = dict[str, Any]
ELEMENTS: dict[str, tuple[Callable[..., bp.Handle], Callable[[Any, Any], Any]]] = {
    "mse": (bp.mse, lambda p, y: (p - y) ** 2),
    "mae": (bp.mae, lambda p, y: anp.abs(p - y)),
    "huber": (bp.huber, lambda p, y: huber(p - y, 1)),
    "hinge": (bp.hinge, lambda p, y: relu(1 - p * y)),
    "logits": (bp.binary_cross_entropy_with_logits, lambda p, y: anp.logaddexp(0, p) - y * p),
}
ROWS: dict[str, tuple[Callable[..., bp.Handle], Callable[[Any, Any], Any]]] = {
    "cross_entropy": (bp.cross_entropy, lambda p, y: -anp.sum(y * log_softmax(p), axis=-1)),
    "kl": (
        lambda p, y, **w: bp.kl(bp.softmax(p), bp.softmax(y), **w),
        lambda p, y: anp.sum(softmax(y) * (log_softmax(y) - log_softmax(p)), axis=-1),
    ),
    "gaussian_kl": (
        bp.gaussian_kl, lambda p, y: anp.sum(p**2 + anp.exp(y) - y - 1, axis=-1) / 2,
    ),
    "focal": (
        lambda p, y, **w: bp.focal(p, y, **w),
        lambda p, y: -((1 - anp.exp(picked(p, y))) ** 2) * picked(p, y),
    ),
    "labels": (bp.cross_entropy, lambda p, y: -picked(p, y)),
}  # fmt: skip
"""Losses of samples: means over all axes but the last."""
OF_LABELS = ("focal", "labels")


def picked(z: Any, t: Any) -> Any:
    """Return log p of each label t (...) for logits z (..., classes)."""
    chosen = np.arange(z.shape[-1]) == np.asarray(t)[..., None]
    return anp.sum(log_softmax(z) * chosen, axis=-1)


def mean(found: Any, counted: Any) -> Any:
    """Return the mean, weighted along the first axes."""
    w = counted.reshape(*counted.shape, *[1] * (found.ndim - counted.ndim)) * np.ones(found.shape)
    return anp.sum(found * w) / np.sum(w)


@st.composite
def losses(draw: Any, name: str) -> tuple[bp.Handle, Callable[[Values], Any], Values]:
    """Return a loss of parameters, the same from all arrays, and what is not drawn as normal."""
    loss, each = {**ELEMENTS, **ROWS}[name]
    shape = draw(st.lists(ONES, min_size=2, max_size=3))
    averaged = shape if name in ELEMENTS else shape[:-1]
    counts = tuple(averaged[: draw(st.integers(1, len(averaged)))])
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    p, y = bp.param(f"{name}_p", *shape), bp.param(f"{name}_y", *shape)
    values: Values = {}
    if name in OF_LABELS:
        y = bp.label(f"{name}_y", *shape[:-1], classes=shape[-1])
        values[f"{name}_y"] = rng.integers(0, shape[-1], shape[:-1])
    words = draw(st.lists(st.sampled_from(("mask", "weights")), unique=True))
    arrays = {"mask": (rng.random(counts) < 0.7).astype(float), "weights": rng.random(counts) + 0.1}
    arrays["mask"].flat[0] = 1
    values |= {f"{name}_{word}": arrays[word] for word in words}
    given = {word: bp.input(f"{name}_{word}", *counts) for word in words}
    weight = np.prod([np.ones(counts), *(arrays[word] for word in words)], axis=0)
    reference = lambda v: mean(each(v[f"{name}_p"], v[f"{name}_y"]), weight)  # noqa: E731
    return loss(p, y, **given), reference, values


@pytest.mark.parametrize(("target", "count"), [("numpy", 8), ("c", 4)])
def test_losses_of_any_shape_weight_and_mask(target: str, count: int) -> None:
    @few(count)
    @given(st.tuples(*map(losses, [*ELEMENTS, *ROWS])))
    def held(pieces: tuple[tuple[bp.Handle, Callable[[Values], Any], Values], ...]) -> None:
        total = bp.apply(lambda *a: sum(a), *(loss for loss, _, _ in pieces))
        net = bp.network("pieces", loss=total, output=bp.param("o", 2) + 0)
        values = {name: array for _, _, own in pieces for name, array in own.items()}
        reference = lambda v: sum(each(v) for _, each, _ in pieces)  # noqa: E731
        hold(net, reference, values, by_value=False, target=target)

    held()
