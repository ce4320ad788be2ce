"""The step that a careful person would write in NumPy, for a perceptron of any depth.

Forward, loss, every gradient and plain gradient descent in place; arrays that are needed anyway
are written over, and nothing is computed twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def sigmoid_step(
    params: dict[str, Array], x: Array, y: Array, learning_rate: float, layers: int
) -> float:
    """Sigmoid layers, mean squared error."""
    activations = [x]
    for k in range(1, layers + 1):
        z = activations[-1] @ params[f"h{k}_W"]
        z += params[f"h{k}_b"]
        np.negative(z, out=z)
        np.exp(z, out=z)
        z += 1.0
        activations.append(np.reciprocal(z, out=z))
    error = activations[-1] - y
    loss = float(np.vdot(error, error) / error.size)
    error *= 2.0 / error.size
    for k in range(layers, 0, -1):
        a = activations[k]
        delta = 1.0 - a
        delta *= a
        delta *= error
        if k > 1:
            error = delta @ params[f"h{k}_W"].T
        _descend(params, k, activations[k - 1], delta, learning_rate)
    return loss


def tanh_step(
    params: dict[str, Array], x: Array, y: Array, learning_rate: float, layers: int
) -> float:
    """Tanh layers and a linear output, mean squared error."""
    activations = [x]
    for k in range(1, layers + 1):
        z = activations[-1] @ params[f"h{k}_W"]
        z += params[f"h{k}_b"]
        activations.append(np.tanh(z, out=z) if k < layers else z)
    delta = activations[-1] - y
    loss = float(np.vdot(delta, delta) / delta.size)
    delta *= 2.0 / delta.size
    for k in range(layers, 0, -1):
        if k > 1:
            a = activations[k - 1]
            error = delta @ params[f"h{k}_W"].T
        _descend(params, k, activations[k - 1], delta, learning_rate)
        if k > 1:
            delta = a * a
            np.subtract(1.0, delta, out=delta)
            delta *= error
    return loss


def relu_step(
    params: dict[str, Array], x: Array, t: Array, learning_rate: float, layers: int
) -> float:
    """Relu layers and softmax cross-entropy on labels."""
    activations = [x]
    for k in range(1, layers + 1):
        z = activations[-1] @ params[f"h{k}_W"]
        z += params[f"h{k}_b"]
        activations.append(np.maximum(z, 0.0, out=z) if k < layers else z)
    rows = np.arange(len(x))
    z = activations[-1]
    z -= z.max(axis=1, keepdims=True)
    correct = z[rows, t]
    delta = np.exp(z, out=z)
    total = delta.sum(axis=1)
    loss = float((np.log(total) - correct).mean())
    delta /= (total * len(x))[:, None]
    delta[rows, t] -= 1.0 / len(x)
    for k in range(layers, 0, -1):
        if k > 1:
            error = delta @ params[f"h{k}_W"].T
            error *= activations[k - 1] > 0
        _descend(params, k, activations[k - 1], delta, learning_rate)
        if k > 1:
            delta = error
    return loss


def _descend(
    params: dict[str, Array], k: int, a: Array, delta: Array, learning_rate: float
) -> None:
    gradient = a.T @ delta
    gradient *= learning_rate
    params[f"h{k}_W"] -= gradient
    gradient = delta.sum(axis=0)
    gradient *= learning_rate
    params[f"h{k}_b"] -= gradient
