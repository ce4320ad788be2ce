"""micrograd: one Python object for each scalar; for the smallest workloads only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symbp.bench.peers.peer import Array, Peer, Prepared
from symbp.bench.workloads import Perceptron


def perceptron(workload: Perceptron, threads: int) -> Prepared:
    """Write the sigmoid, which micrograd lacks, as its own functions are written."""
    from micrograd.engine import Value

    def sigmoid(z: Any) -> Any:
        out = Value(1.0 / (1.0 + math.exp(-z.data)), (z,), "sigmoid")

        def backward() -> None:
            z.grad += out.data * (1.0 - out.data) * out.grad

        out._backward = backward
        return out

    def values(array: Array) -> Array:
        made = [Value(v) for v in array.ravel().tolist()]
        return np.array(made, dtype=object).reshape(array.shape)

    params = {name: values(array) for name, array in workload.parameters().items()}
    flat = [p for array in params.values() for p in array.ravel()]
    x, y = (array.tolist() for array in workload.data())

    def output(row: list[Any]) -> list[Any]:
        for weight, bias, _ in workload.layers():
            columns = zip(params[weight].T, params[bias], strict=True)
            row = [sigmoid(sum(map(_times, row, w), b)) for w, b in columns]
        return row

    def step() -> float:
        errors = [
            (p - t) ** 2
            for row, wanted in zip(x, y, strict=True)
            for p, t in zip(output(row), wanted, strict=True)
        ]
        loss = sum(errors[1:], errors[0]) * (1.0 / len(errors))
        for p in flat:
            p.grad = 0.0
        loss.backward()
        for p in flat:
            p.data -= workload.rate * p.grad
        return float(loss.data)

    def parameters() -> dict[str, Array]:
        read = np.vectorize(lambda value: value.data, otypes=[float])
        return {name: read(array) for name, array in params.items()}

    return Prepared(step, parameters)


def _times(a: Any, b: Any) -> Any:
    return b * a


PEER = Peer(
    "micrograd",
    {"micrograd": {Perceptron: perceptron}},
    needs="micrograd",
    pip="micrograd",
    most=1000,
)
