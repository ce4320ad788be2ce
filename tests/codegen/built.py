"""Modules built in memory from a description, and the interpreter's word on what they compute."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from symbp import compiler
from symbp.ir.interpret import FLOATS, Arithmetic, interpret
from symbp.ir.program import size
from symbp.lang.network import Network
from symbp.lang.parser import parse

Arrays = dict[str, Any]
Choices = dict[str, list[tuple[str, str, str]]]
HOW = (
    "one loop over samples", "loops", "a variable", "matrix product", "with the product before",
    "with the product behind", "with the loops before",
)  # fmt: skip


def net(text: str, name: str = "drawn") -> Network:
    """Return the network of a description; `network`, `output` and `loss` may be left out.

    Without an output and a loss, the last tensor y is the output and sum (y - 1/3)^2 the loss.
    """
    return parse(text if re.search(r"^\s*network", text, re.M) else f"network {name}\n{text}")


def told(network: Network, **options) -> Choices:
    """Return what is told of each function: equation, how, why."""
    found: Choices = {}
    for line in compiler.explain(network, **options).splitlines():
        if line and not line.startswith(" "):
            name = line
            found[name] = []
        elif line:
            how = next(h for h in sorted(HOW, key=len, reverse=True) if f"  {h}  " in line)
            equation, _, why = line.partition(f"  {how}  ")
            found[name].append((equation.strip(), how, why.strip()))
    return found


def source(network: Network, dtype: str = "float64") -> str:
    return compiler.emit(network, "numpy", dtype)[f"{network.name}.py"]


def module(network: Network, dtype: str = "float64") -> Any:
    """Return a generated NumPy module, run in memory."""
    made = ModuleType(network.name)
    exec(compile(source(network, dtype), network.name, "exec"), made.__dict__)
    return made


def arrays(network: Network, seed: int = 0, scale: float = 1.0, **sizes: int) -> Arrays:
    """Return random values of everything that is given but the hyper-parameters."""
    rng = np.random.default_rng(seed)
    extents = {size(name): value for name, value in sizes.items()}
    found: Arrays = {}
    for tensor in network.program.having("param", "input", "target", "label"):
        shape = [int(n.xreplace(extents)) for n in tensor.shape]
        if tensor.bound is not None:
            found[tensor.name] = rng.integers(0, int(tensor.bound.xreplace(extents)), shape)
        else:
            found[tensor.name] = np.asarray(rng.normal(size=shape) * scale)
    return found


def parted(network: Network, values: Mapping[str, Any]) -> tuple[Arrays, list[Any]]:
    """Return parameters, and data in the order of their declaration."""
    params = [t.name for t in network.program.having("param")]
    data = [t.name for t in network.program.having("input", "target", "label")]
    return {n: values[n] for n in params}, [values[n] for n in data]


def meant(
    network: Network, values: Mapping[str, Any], arithmetic: Arithmetic = FLOATS
) -> tuple[Any, Arrays, Arrays]:
    """Return loss, gradients and outputs as the interpreter has them, from the raw adjoints."""
    program, names = compiler.gradient_program(network)
    got = interpret(program, values, arithmetic)
    predicted = interpret(network.prediction or network.program, values, arithmetic)
    grads = {parameter: got[name] for parameter, name in names.items()}
    return got[network.loss][()], grads, {n: predicted[n] for n in network.outputs}


def distance(got: Any, want: Any) -> float:
    """Return the largest difference, relative to the largest wanted value (or to 1e-3)."""
    want = np.asarray(want, dtype=float)
    got = np.asarray(got, dtype=float)
    assert got.shape == want.shape
    if not want.size:
        return 0.0
    return float(np.max(np.abs(got - want)) / max(1e-3, float(np.max(np.abs(want)))))


def assert_agrees(
    network: Network,
    values: Mapping[str, Any],
    dtype: str = "float64",
    make: Callable[[Network, str], Any] = module,
    **hyper: float,
) -> Any:
    """Hold a built module against the interpreter: loss, every gradient, every output."""
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    made = make(network, dtype)
    params, data = parted(network, values)
    params = {n: np.asarray(v, dtype=dtype) for n, v in params.items()}
    data = [np.asarray(v, dtype=dtype) if np.asarray(v).dtype.kind == "f" else v for v in data]
    loss, grads, outputs = meant(network, {**values, **hyper})
    used = {k: v for k, v in hyper.items() if k in made.HYPERPARAMETERS}
    got, found = made.value_and_grad(params, *data, **used)
    assert distance(got, loss) < tolerance, "loss"
    assert list(found) == list(grads)
    for name, want in grads.items():
        assert found[name].dtype == dtype
        assert distance(found[name], want) < tolerance, f"d{name}"
    again, tape = made.forward(params, *data, **used)
    assert again == got
    for name, gradient in made.backward(params, tape).items():
        np.testing.assert_array_equal(gradient, found[name], f"backward: d{name}")
    inputs = [v for v, r in zip(data, made.INPUTS.values(), strict=True) if r[0] == "input"]
    predicted = made.predict(params, *inputs)
    predicted = predicted if isinstance(predicted, dict) else {network.outputs[0]: predicted}
    for name, want in outputs.items():
        assert distance(predicted[name], want) < tolerance, name
    return made
