"""CasADi: the step's expression graph as generated C, which computes in float64 always."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from symbp.artifact import compile_c
from symbp.bench.peers.peer import Array, Peer, Prepared
from symbp.bench.workloads import Perceptron

SCALAR = 2000
"""Up to so many operations each scalar has an expression of its own; beyond, each matrix has."""


def perceptron(workload: Perceptron, threads: int) -> Prepared:
    """Call the library through buffers, which are bound once.

    Its arguments and results may not overlap, so steps go to and fro between two sets.
    """
    import casadi

    with tempfile.TemporaryDirectory() as folder:
        generator = casadi.CodeGenerator("net.c")
        generator.add(_train(workload, casadi))
        generator.generate(f"{folder}/")
        compile_c(Path(folder, "net.c"), Path(folder, "net.so"))
        function = casadi.external("train", f"{folder}/net.so")
    x, y = workload.data()
    if workload.loss == "cross_entropy":
        y = np.eye(workload.sizes[-1])[y]
    data = [_flat(x), _flat(y)]
    initial = workload.parameters()
    ways = [[_flat(array) for array in initial.values()] for _ in range(2)]
    loss = np.zeros(1)
    calls = [
        _bound(function, [*ways[0], *data], [*ways[1], loss]),
        _bound(function, [*ways[1], *data], [*ways[0], loss]),
    ]
    done = 0

    def step() -> Array:
        nonlocal done
        calls[done & 1][0]()
        done += 1
        return loss

    def parameters() -> dict[str, Array]:
        now = zip(initial.items(), ways[done & 1], strict=True)
        return {name: flat.reshape(like.shape, order="F") for (name, like), flat in now}

    return Prepared(step, parameters)


def _train(workload: Perceptron, casadi: Any) -> Any:
    symbol = (casadi.SX if workload.operations() < SCALAR else casadi.MX).sym
    acts = {
        "sigmoid": lambda z: 1.0 / (1.0 + casadi.exp(-z)),
        "tanh": casadi.tanh,
        "relu": lambda z: casadi.fmax(z, 0.0),
        None: lambda z: z,
    }
    params = {
        name: symbol(name, *(array.shape if array.ndim == 2 else (1, *array.shape)))
        for name, array in workload.parameters().items()
    }
    x = symbol("x", workload.batch, workload.sizes[0])
    y = symbol("y", workload.batch, workload.sizes[-1])
    h = x
    for weight, bias, act in workload.layers():
        h = acts[act](h @ params[weight] + casadi.repmat(params[bias], workload.batch, 1))
    if workload.loss == "mse":
        loss = casadi.sumsqr(h - y) / h.numel()
    else:
        logs = casadi.log(casadi.sum2(casadi.exp(h))) - casadi.sum2(h * y)
        loss = casadi.sum1(logs) / workload.batch
    new = [p - workload.rate * casadi.gradient(loss, p) for p in params.values()]
    return casadi.Function("train", [*params.values(), x, y], [*new, loss])


def _flat(array: Array) -> Array:
    """Return the numbers column by column, as CasADi has them."""
    return np.array(array, dtype=np.float64).ravel(order="F").copy()


def _bound(function: Any, given: list[Array], results: list[Array]) -> tuple[Any, ...]:
    """Return what runs the function, and what must live as long: only addresses are kept."""
    buffer, trigger = function.buffer()
    for k, array in enumerate(given):
        buffer.set_arg(k, array.data)
    for k, array in enumerate(results):
        buffer.set_res(k, array.data)
    return trigger, buffer, given, results


PEER = Peer("casadi", {"CasADi C": {Perceptron: perceptron}}, needs="casadi", pip="casadi")
