"""Central differences of the forward equations in 50 digits, run literally by the interpreter.

With h = 2^-40, (4 C(h/2) - C(h)) / 3 errs by h^4 = 1e-48 and by 1e-50 / h = 1e-38 of rounding: 35
digits and more are right, which no other method here reaches without an adjoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np

from symbp.ir.interpret import high_precision, interpret
from symbp.verify.subject import Estimate, Subject

DIGITS = 50
STEP = mpmath.mpf(2) ** -40
AFFORDABLE = 40_000
"""So many bodies are evaluated for one parameter; nothing is done where four runs need more."""


def digits(subject: Subject) -> Mapping[str, Estimate]:
    """Return the slopes at some elements of every parameter; none where they take too long."""
    limit = AFFORDABLE // (5 * subject.bodies)
    if not limit or subject.stopped:
        return {}
    middle = _loss(subject, {})
    return {name: _of(subject, name, limit, middle) for name in subject.gradients}


def _of(subject: Subject, name: str, limit: int, middle: Any) -> Estimate:
    places = subject.places(name, limit)
    found = np.array([_sides(subject, name, k, middle) for k in places], float).reshape(-1, 2)
    low, high = found.min(axis=1), found.max(axis=1)
    kinks = high - low > 1e-9 * np.maximum(np.abs(high), np.abs(low))
    error = 1e-15 * np.max(np.abs(found), initial=0.0)
    return Estimate(low, high, np.full(low.shape, error), tuple(places), kinks=int(kinks.sum()))


def _sides(subject: Subject, name: str, place: int, middle: Any) -> tuple[float, float]:
    """Return the slopes before and after the point; they are the same where it is no kink."""
    f = {s: _loss(subject, {(name, place): s * STEP / 2}) for s in (-2, -1, 1, 2)}
    central = (8 * (f[1] - f[-1]) - (f[2] - f[-2])) / (6 * STEP)
    after = (4 * f[1] - f[2] - 3 * middle) / STEP
    before = -(4 * f[-1] - f[-2] - 3 * middle) / STEP
    if abs(after - before) <= 1e-9 * max(abs(after), abs(before)):
        return float(central), float(central)
    return float(before), float(after)


def _loss(subject: Subject, moved: Mapping[tuple[str, int], Any]) -> Any:
    given: dict[str, Any] = subject.given()
    arithmetic = high_precision(DIGITS)
    for (name, place), distance in moved.items():
        array = given[name].astype(object)
        array = np.array(array, object)
        flat = array.reshape(-1)
        flat[place] = arithmetic.number(float(flat[place])) + distance
        given[name] = flat.reshape(given[name].shape)
    found = interpret(subject.forward, given, arithmetic, subject.sample.sizes)
    return found[subject.loss][()]
