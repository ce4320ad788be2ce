"""Slopes along random directions: all elements of a parameter at once, however many there are.

A wrong element k shifts the slope along v by its error times v[k], which is 1 or -1: an error of
one element shows in every direction, and errors of several cancel in all K with a chance of at
most 2^-K.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from symbp.verify.methods.complex_step import along
from symbp.verify.subject import Estimate, Subject, exact

COUNT = 4


def directions(subject: Subject) -> Mapping[str, Estimate]:
    """Return the slopes of the loss along a few directions of each parameter."""
    rng = np.random.default_rng(subject.seed)
    found = {}
    for name in subject.gradients:
        array = subject.sample.params[name]
        signs = rng.choice([-1.0, 1.0], (COUNT, *array.shape))
        slopes = [along(subject, name, v) for v in signs]
        found[name] = exact(slopes, directions=signs.reshape(COUNT, -1))
    return found
