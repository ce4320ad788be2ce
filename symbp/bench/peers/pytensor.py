"""PyTensor: data and parameters are shared variables, the step a function without arguments."""

from __future__ import annotations

from typing import Any

from symbp.bench.peers.peer import Array, Peer, Prepared
from symbp.bench.workloads import Perceptron


def perceptron(workload: Perceptron, threads: int) -> Prepared:
    """Compile with the backend that PyTensor chooses, which is Numba where it is installed."""
    import pytensor
    import pytensor.tensor as pt

    pytensor.config.floatX = workload.dtype
    acts = {"sigmoid": pt.sigmoid, "tanh": pt.tanh, None: lambda z: z}
    x, y = (pytensor.shared(value, borrow=True) for value in workload.data())
    params = {
        name: pytensor.shared(value, name=name, borrow=True)
        for name, value in workload.parameters().items()
    }
    h: Any = x
    for weight, bias, act in workload.layers():
        z = pt.dot(h, params[weight]) + params[bias]
        h = pt.switch(z > 0, z, 0) if act == "relu" else acts[act](z)
    if workload.loss == "mse":
        loss = pt.mean((h - y) ** 2)
    else:
        loss = -pt.mean(pt.special.log_softmax(h, axis=1)[pt.arange(workload.batch), y])
    rate = pt.constant(workload.rate, dtype=workload.dtype)
    variables = list(params.values())
    grads = pytensor.grad(loss, variables)
    updates = [(p, p - rate * grad) for p, grad in zip(variables, grads, strict=True)]
    step = pytensor.function([], loss, updates=updates)
    step.trust_input = True

    def parameters() -> dict[str, Array]:
        return {name: p.get_value() for name, p in params.items()}

    return Prepared(step, parameters)


PEER = Peer(
    "pytensor", {"PyTensor": {Perceptron: perceptron}}, needs="pytensor", pip="pytensor numba"
)
