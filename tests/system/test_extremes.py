"""Values and gradients at logits of +-1e4, and in between, against mpmath.

The exact values are those of the raw program, before any rewriting, run by the interpreter.

"Right" is meant relative to the value itself where the formula adds no terms of opposite signs.
Where it does (1 - h**2, p - onehot, log(Z) - z), nothing that is computed in floating point from
rounded terms is better than their rounding: there it is relative to the largest of the terms.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

import symbp as bp
from symbp.ir.interpret import high_precision, interpret
from symbp.lang.functions import ACTIVATIONS
from tests.system.support import TARGETS, built

TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
EXACT = high_precision(60)
DEEP = high_precision(4600)
"""So many digits that 1 - sigmoid(1e4) is not 0."""

MAGNITUDES = (1e4, 3e3, 745, 709, 104, 88, 41, 37, 20, 9, 5, 1.3, 0.1, 1e-3, 1e-9)
SWEEP = np.array([*MAGNITUDES, *(-m for m in MAGNITUDES)])
DTYPES = ("float64", "float32")


def exact(net: bp.Network, values: Mapping[str, Any], arithmetic: Any = EXACT) -> dict[str, Any]:
    """Return every tensor of the raw program as an array of floats, gradients under d + name."""
    program, gradients = bp.gradient_program(net)
    found = interpret(program, values, arithmetic)
    named = {**found, **{f"d{p}": found[g] for p, g in gradients.items()}}
    return {name: np.array(array, float) for name, array in named.items()}


def right(
    found: Any, expected: np.ndarray, dtype: str, scale: Any = 0.0, slack: float = 1.0
) -> None:
    """Hold numbers against exact ones, relative to these or to a scale of terms.

    Below the smallest normal number no relative precision is left; `slack` is what multiplies it.
    """
    found = np.asarray(found, float)
    assert np.all(np.isfinite(found))
    tiny = slack * float(np.finfo(dtype).smallest_normal)
    allowed = TOLERANCE[dtype] * np.maximum(np.abs(expected), scale) + tiny
    assert np.all(np.abs(found - expected) <= allowed), (found - expected) / allowed


# Activations ------------------------------------------------------------------------------------

CANCELLING_VALUES = {"gelu_tanh"}
CANCELLING_SLOPES = {"sigmoid", "tanh", "gelu_tanh", "silu", "mish", "softsign"}


@cache
def activated() -> bp.Network:
    """Return all activations in one network, each of a parameter of its own."""
    s, (i,) = bp.input("s", len(SWEEP)), bp.indices("i")
    us = {name: bp.param(f"u_{name}", len(SWEEP)) for name in ACTIVATIONS}
    hs = [bp.define(i, ACTIVATIONS[k](u[i]), name=f"h_{k}") for k, u in us.items()]
    return bp.network("extreme", loss=bp.sum(i, s[i] * sum(h[i] for h in hs)), output=hs)


@cache
def everywhere(dtype: str) -> tuple[dict[str, np.ndarray], np.ndarray, dict[str, Any]]:
    """Return parameters, data and the exact values."""
    params = {f"u_{name}": SWEEP.astype(dtype) for name in ACTIVATIONS}
    ones = np.ones(len(SWEEP), dtype)
    values = {name: array.astype(float) for name, array in params.items()}
    return params, ones, exact(activated(), {**values, "s": ones})


@cache
def found_everywhere(dtype: str, target: str) -> dict[str, Any]:
    params, ones, _ = everywhere(dtype)
    module = built(activated(), target, dtype)
    _, grads = module.value_and_grad(params, ones)
    return module.predict(params, ones) | {f"d{name}": g for name, g in grads.items()}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_slopes(name: str, dtype: str, target: str):
    _, _, expected = everywhere(dtype)
    found = found_everywhere(dtype, target)
    slack = 1e4  # u * sigmoid(u): the small factor has underflowed
    for kind, cancelling in (("h", CANCELLING_VALUES), ("du", CANCELLING_SLOPES)):
        scale = 1.0 if name in cancelling else 0.0
        right(found[f"{kind}_{name}"], expected[f"{kind}_{name}"], dtype, scale, slack)


# Losses and softmax: of z = x + a, so that a's gradient is that of the logits of one sample -------

ROWS = np.array(
    [
        [1e4, -1e4, 0], [-1e4, 1e4, 1e4], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4],
        [9999.5, 1e4, -1e4], [-9999.5, -1e4, -1e4], [745, 709, -745], [104, 88, -104], [40, 0, -3],
        [-1e4, -40, -37], [5, 1.3, 0.1], [1e-3, -1e-3, 1e-9], [0, 0, 0],
    ]
)  # fmt: skip
UNSURE, SURE, SIGNS = (0.2, 0.5, 0.3), (0.0, 1.0, 0.0), (-1.0, 1.0, 1.0)
Build = Callable[[Any, Any], Any]
LOSSES: dict[str, tuple[Build, tuple[Any, ...], Any]] = {
    "mse": (bp.mse, (UNSURE,), EXACT),
    "sse": (bp.sse, (UNSURE,), EXACT),
    "mae": (bp.mae, (UNSURE,), EXACT),
    "huber": (bp.huber, (UNSURE,), EXACT),
    "hinge": (bp.hinge, (SIGNS,), EXACT),
    "cross_entropy of labels": (bp.cross_entropy, (0, 1, 2), EXACT),
    "cross_entropy of a distribution": (bp.cross_entropy, (UNSURE, SURE), EXACT),
    "binary_cross_entropy_with_logits": (
        bp.binary_cross_entropy_with_logits, (UNSURE, SURE, (0, 0, 0), (1, 1, 1)), EXACT,
    ),
    "binary_cross_entropy of a sigmoid": (
        lambda z, y: bp.binary_cross_entropy(bp.sigmoid(z), y), ((0.2, 1.0, 0.0),), DEEP,
    ),
    "softmax": (lambda z, y: weighted(bp.softmax(z, name="p"), y), (UNSURE, SURE), EXACT),
    "log_softmax": (lambda z, y: weighted(bp.log_softmax(z, name="p"), y), (UNSURE, SURE), EXACT),
}  # fmt: skip


def weighted(p: Any, y: Any) -> Any:
    n, j = bp.indices("n j")
    return bp.mean(n, bp.sum(j, y[n, j] * p[n, j]))


@cache
def judged(name: str) -> bp.Network:
    formula, targets, _ = LOSSES[name]
    x, a = bp.input("x", "N", 3), bp.param("a", 3)
    y = bp.target("y", "N", 3) if np.ndim(targets[0]) else bp.label("y", "N", classes=3)
    n, j = bp.indices("n j")
    z = bp.define((n, j), x[n, j] + a[j])
    return bp.network("extreme", loss=formula(z, y), output=z)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_their_gradients(name: str, dtype: str, target: str):
    module = built(judged(name), target, dtype)
    for x, y, expected in cases(name, dtype):
        loss, grads = module.value_and_grad({"a": np.zeros(3, dtype)}, x, y)
        right(loss, expected["loss"], dtype, np.max(np.abs(x)))  # log(Z) - z, softplus(z) - y z
        right(grads["a"], expected["da"], dtype, 1.0)  # p - onehot


@cache
def cases(name: str, dtype: str) -> list[tuple[np.ndarray, np.ndarray, dict[str, Any]]]:
    """Return each row with each target, and the exact values."""
    found = []
    for row in ROWS[:, None, :].astype(dtype):
        for given in LOSSES[name][1]:
            y = np.array([given]) if np.ndim(given) == 0 else np.array([given], dtype)
            values = {"x": row.astype(float), "y": y, "a": np.zeros(3)}
            found.append((row, y, exact(judged(name), values, LOSSES[name][2])))
    return found


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layer", [bp.softmax, bp.log_softmax], ids=lambda f: f.__name__)
def test_softmax_itself(layer: Callable[..., Any], dtype: str, target: str):
    z, y = bp.input("z", "N", 3), bp.target("y", "N", 3)
    w = bp.param("w")
    p = layer(z)
    net = bp.network("extreme", loss=bp.mse(w * p, y), output=p)
    module = built(net, target, dtype)
    logits = ROWS.astype(dtype)
    values = {"z": logits.astype(float), "y": np.zeros_like(logits), "w": 1}
    expected = exact(net, values)["p"]
    scale = 0.0 if layer is bp.softmax else np.max(np.abs(logits), axis=1, keepdims=True)
    right(module.predict({"w": np.ones((), dtype)}, logits), expected, dtype, scale)
