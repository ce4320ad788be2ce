"""A layer held against the same mathematics in autograd, and every way to compute it against all.

The input of a layer is a parameter here: its gradient is one among the others then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np

from symbp import compiler
from symbp.ir.interpret import interpret
from symbp.lang import Handle, Network, mse, network, target
from tests.codegen import built
from tests.system.support import built as compiled

Arrays = dict[str, Any]
Reference = Callable[[Any], Any]
"""The loss, or the value of a layer, from all arrays by name."""


def of_layer(y: Handle) -> Network:
    """Return a network whose output is a layer's value and whose loss sees each element of it."""
    return network("held", output=y, loss=mse(y, target("wanted", *y.shape)))


def hold(
    net: Network, reference: Reference, values: Mapping[str, Any] | None = None, *,
    by_value: bool = True, target: str = "numpy", seed: int = 0, **sizes: int,
) -> None:  # fmt: skip
    """Hold gradients against autograd (1e-10) and differences (1e-7), and the target (1e-12)."""
    arrays = {**built.arrays(net, seed, **sizes), **(values or {})}
    params = {t.name: arrays[t.name] for t in net.program.having("param")}

    def loss(chosen: Arrays) -> Any:
        found = reference({**arrays, **chosen})
        return anp.mean((found - arrays["wanted"]) ** 2) if by_value else found

    program, names = compiler.gradient_program(net)
    got = interpret(program, arrays)
    trained = {t.name: arrays[t.name] for t in net.program.trained()}
    value, slopes = autograd.value_and_grad(loss)(trained)
    assert built.distance(got[net.loss][()], value) < 1e-12
    grads = {name: np.asarray(got[gradient], float) for name, gradient in names.items()}
    # Some gradients are zero, as that of the keys' bias is: the largest of all is the measure.
    scale = max(1e-3, *(float(np.max(np.abs(g))) for g in grads.values()))
    for name, slope in slopes.items():
        assert np.max(np.abs(grads[name] - slope)) < 1e-10 * scale, f"d{name} and autograd's"
    module = built.module(net) if target == "numpy" else compiled(net, target)
    _, data = built.parted(net, arrays)
    found_loss, found = module.value_and_grad(params, *data)
    assert built.distance(found_loss, got[net.loss][()]) < 1e-12
    for name, grad in grads.items():
        assert np.max(np.abs(found[name] - grad)) < 1e-12 * scale, f"d{name} of the target"
        assert_slope(module, params, data, name, grad)


def assert_slope(module: Any, params: Arrays, data: list[Any], name: str, grad: Any) -> None:
    """Hold a gradient against a central difference in a random direction."""
    rng = np.random.default_rng(7)
    direction = rng.normal(size=grad.shape) / np.sqrt(max(1, grad.size))

    def at(step: float) -> float:
        moved = {**params, name: np.asarray(params[name] + step * direction)}
        return float(module.forward(moved, *data)[0])

    step = 2e-4
    slope = (8 * (at(step) - at(-step)) - at(2 * step) + at(-2 * step)) / (12 * step)
    wanted = float(np.sum(grad * direction))
    assert abs(slope - wanted) < 1e-7 * max(1.0, abs(wanted)), f"d{name} and differences"
