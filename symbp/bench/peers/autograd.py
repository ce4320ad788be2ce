"""HIPS autograd: NumPy traced at every step."""

from __future__ import annotations

from typing import Any

from symbp.bench.peers.peer import Peer, Prepared
from symbp.bench.workloads import Perceptron


def perceptron(workload: Perceptron, threads: int) -> Prepared:
    """BLAS takes its threads from the environment."""
    import autograd.numpy as np
    from autograd import value_and_grad

    acts = {
        "sigmoid": lambda z: 1.0 / (1.0 + np.exp(-z)),
        "tanh": np.tanh,
        "relu": lambda z: np.maximum(z, 0.0),
        None: lambda z: z,
    }
    params = workload.parameters()
    x, y = workload.data()
    rows = np.arange(len(x))

    def loss(params: Any) -> Any:
        h = x
        for weight, bias, act in workload.layers():
            h = acts[act](np.dot(h, params[weight]) + params[bias])
        if workload.loss == "mse":
            return np.mean((h - y) ** 2)
        z = h - np.max(h, axis=1, keepdims=True)
        return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[rows, y])

    slope = value_and_grad(loss)

    def step() -> Any:
        value, grads = slope(params)
        for name, grad in grads.items():
            params[name] -= workload.rate * grad
        return value

    return Prepared(step, lambda: params)


PEER = Peer("autograd", {"autograd": {Perceptron: perceptron}}, needs="autograd", pip="autograd")
