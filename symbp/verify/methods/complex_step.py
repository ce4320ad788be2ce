"""Complex steps through the forward equations: the slope without a difference that could cancel.

At a kink the real part chooses the branch, so the slope is the one that the formula promises.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from symbp.verify.evaluate import STEP, evaluate
from symbp.verify.subject import Array, Estimate, Subject, exact

AFFORDABLE = 3_000_000
"""So many bodies are evaluated for one parameter, by fewer elements where they are many."""

LEAST = 8


def complex_step(subject: Subject) -> Mapping[str, Estimate]:
    """Return the slopes at elements of every parameter."""
    limit = max(LEAST, AFFORDABLE // subject.bodies)
    found = {}
    for name, array in subject.sample.params.items():
        if name in subject.gradients:
            places = subject.places(name, limit)
            found[name] = exact(
                [along(subject, name, _unit(array, k)) for k in places], places=tuple(places)
            )
    return found


def along(subject: Subject, name: str, direction: Array) -> float:
    """Return the slope of the loss as one parameter moves along a direction of its shape."""
    given = subject.given()
    given[name] = given[name].astype(complex) + 1j * STEP * direction
    value = evaluate(subject.forward, given, subject.sample.sizes)[subject.loss]
    return float(value.imag) / STEP


def _unit(array: Array, place: int) -> Array:
    direction = np.zeros(array.shape)
    direction.reshape(-1)[place] = 1.0
    return direction
