"""Central differences of the module's own loss, element by element, in its own float type."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from symbp.verify.differences import slope
from symbp.verify.subject import ALL, Array, Estimate, Subject

STEPS = {"float64": 1e-3, "float32": 5e-2}
"""The first step, times the element where that is larger than 1."""

TOLERANCE = {"float64": 1e-8, "float32": 1e-3}
"""Ten times closer than the verdict asks for: what is in doubt then is the gradient."""


def differences(subject: Subject) -> Mapping[str, Estimate]:
    """Return the slopes of the loss at all elements of small parameters, some of large ones.

    Nothing where values are taken for constants: they move when a parameter is moved.
    """
    if subject.stopped:
        return {}
    largest = max((float(np.max(np.abs(g), initial=0)) for g in subject.got.values()), default=0.0)
    return {name: _of(subject, name, largest) for name in subject.gradients}


def _of(subject: Subject, name: str, largest: float) -> Estimate:
    module, sample = subject.module, subject.sample
    flat = sample.params[name].reshape(-1)

    def evaluate() -> float:
        return float(module.forward(sample.params, *sample.data.values())[0])

    own = float(np.max(np.abs(subject.got[name]), initial=0.0))
    scale = max(own, 1e-3 * largest, subject.noise)
    scale = scale if np.isfinite(scale) else 1.0
    places = subject.places(name, ALL)
    found = []
    for k in places:
        step = STEPS[module.DTYPE] * max(abs(float(flat[k])), 1.0)
        tolerance = TOLERANCE[module.DTYPE] * scale
        found.append(slope(_along(evaluate, flat, k), step, subject.noise, tolerance))
    return Estimate(
        np.array([s.low for s in found]), np.array([s.high for s in found]),
        np.array([s.error for s in found]), tuple(places), kinks=sum(s.kink for s in found),
    )  # fmt: skip


def _along(evaluate: Callable[[], float], flat: Array, k: int) -> Callable[[float], float]:
    """Return the loss as a function of how far one element is moved."""
    at = float(flat[k])

    def moved(s: float) -> float:
        flat[k] = at + s
        try:
            return evaluate()
        finally:
            flat[k] = at

    return moved
