"""What the steps share: the end of a classifier, and the descent of a dense layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symbp.bench.workloads import Array

Params = dict[str, Array]
Step = Callable[[Params, Array, Array], float]


def softmax_slope(z: Array, t: Array) -> tuple[float, Array]:
    """Return the mean cross-entropy of logits z (N, C), and its slope, written over z."""
    rows = np.arange(len(z))
    z -= z.max(axis=1, keepdims=True)
    correct = z[rows, t]
    delta = np.exp(z, out=z)
    total = delta.sum(axis=1)
    loss = float((np.log(total) - correct).mean())
    delta /= (total * len(z))[:, None]
    delta[rows, t] -= 1.0 / len(z)
    return loss, delta


def descend(params: Params, name: str, a: Array, delta: Array, learning_rate: float) -> None:
    """Train W and b of a dense layer that reads a (N, in)."""
    gradient = a.T @ delta
    gradient *= learning_rate
    params[f"{name}_W"] -= gradient
    gradient = delta.sum(axis=0)
    gradient *= learning_rate
    params[f"{name}_b"] -= gradient
