"""A perceptron of any depth."""

from __future__ import annotations

from functools import partial

import numpy as np

from symbp.bench.handwritten.common import Step, descend, softmax_slope
from symbp.bench.workloads import Array, Perceptron


def perceptron(workload: Perceptron) -> Step:
    """Return the step of a perceptron, by its activation."""
    step = {"sigmoid": sigmoid_step, "tanh": tanh_step, "relu": relu_step}[workload.activation]
    return partial(step, learning_rate=workload.rate, layers=len(workload.layers()))


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
        descend(params, f"h{k}", activations[k - 1], delta, learning_rate)
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
        descend(params, f"h{k}", activations[k - 1], delta, learning_rate)
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
    loss, delta = softmax_slope(activations[-1], t)
    for k in range(layers, 0, -1):
        if k > 1:
            error = delta @ params[f"h{k}_W"].T
            error *= activations[k - 1] > 0
        descend(params, f"h{k}", activations[k - 1], delta, learning_rate)
        if k > 1:
            delta = error
    return loss
