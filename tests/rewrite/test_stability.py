"""Losses of logits and their gradients, at the extremes: right to 1e-12 against many digits."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from symbp.compiler import finish, gradient_program, tidy
from symbp.ir.interpret import high_precision, interpret
from tests.codegen.built import meant, module, net, parted

CLASSES = "input x[N,3]\nlabel t[N] in 3\nparam b[3]\nz[n,j] = x[n,j] + b[j]\noutput {0}\nloss {1}"
SHARES = CLASSES.replace("label t[N] in 3", "target t[N,3]")
BINARY = "input x[N]\ntarget y[N]\nparam b\nz[n] = x[n] + b\noutput {0}\nloss {1}"

LOGITS = [
    [1e4, 0.0, -1e4], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4], [700.0, 0.0, -700.0],
    [-700.0, 700.0, 0.0], [0.0, 0.0, 0.0], [1e4, 1e4 - 1, 0.0],
]  # fmt: skip
FLAT = [1e4, -1e4, 700.0, -700.0, 0.0, 1.0, -1.0]
TINY = 1e-300  # below it, numbers of 64 bits lose digits
DIGITS = high_precision(5000)  # so that exp(-1e4) is seen beside 1

CASES = {
    "cross entropy": (CLASSES, "softmax(z)", "cross_entropy(z, t)"),
    "cross entropy of shares": (SHARES, "softmax(z)", "cross_entropy(z, t)"),
    "log of a sum by hand": (
        CLASSES, "log_softmax(z)", "mean[n](log(sum[j](exp(z[n,j]))) - z[n,t[n]])",
    ),
    "softmax by hand": (
        CLASSES, "softmax(z)", "mean[n](-log(exp(z[n,t[n]]) / sum[j](exp(z[n,j]))))",
    ),
    "logits": (BINARY, "sigmoid(z)", "binary_cross_entropy_with_logits(z, y)"),
    "probabilities": (BINARY, "sigmoid(z)", "binary_cross_entropy(sigmoid(z), y)"),
    "log sigmoid": (BINARY, "log(sigmoid(z))", "mean[n](-log(sigmoid(z[n])) * y[n])"),
    "softplus": (BINARY, "softplus(z)", "mean[n](softplus(z[n]) * y[n])"),
    "log of 1 + exp": (BINARY, "log(1 + exp(z))", "mean[n](log(1 + exp(z[n])) * y[n])"),
}  # fmt: skip


def values_of(text: str) -> dict[str, np.ndarray]:
    if "input x[N]\n" in text:
        return {"x": np.array(FLAT), "y": np.array([1.0, 0, 0, 1, 1, 0, 1]), "b": np.array(0.0)}
    count = len(LOGITS)
    labels = np.arange(count) % 3
    return {
        "x": np.array(LOGITS), "b": np.zeros(3),
        "t": labels if "label" in text else np.eye(3)[labels],
    }  # fmt: skip


def assert_close(got: object, want: object, name: str) -> None:
    for a, b in zip(np.ravel(got), np.ravel(want), strict=True):
        assert abs(a - b) <= 1e-12 * abs(b) + TINY, f"{name}: {a!r} is not {b}"


@pytest.mark.parametrize("case", CASES)
def test_losses_are_right_at_the_extremes(case: str):
    form, output, loss = CASES[case]
    network = net(form.format(output, loss))
    values = values_of(form)
    right, gradients, outputs = meant(network, values, DIGITS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = module(network)
        params, data = parted(network, values)
        got, found = made.value_and_grad(params, *data)
        predicted = made.predict(params, data[0])
    assert_close(got, right, "loss")
    assert_close(predicted, outputs[network.outputs[0]], "output")
    assert_close(found["b"], gradients["b"], "db")

    raw, names = gradient_program(network)
    rewritten = interpret(finish(tidy(raw)), values)
    assert_close(rewritten[network.loss], right, "the interpreter's loss")
    assert_close(rewritten[names["b"]], gradients["b"], "the interpreter's db")


@pytest.mark.parametrize("case", [c for c in CASES if CASES[c][0] is not BINARY])
def test_each_sample_has_its_own_gradient_at_the_extremes(case: str):
    """One sample at a time, so that no larger neighbour hides the digits of a small one."""
    form, output, loss = CASES[case]
    network = net(form.format(output, loss))
    made = module(network)
    values = values_of(form)
    for k in range(len(LOGITS)):
        sample = {**values, "x": values["x"][k : k + 1], "t": values["t"][k : k + 1]}
        params, data = parted(network, sample)
        right, gradients, _ = meant(network, sample, DIGITS)
        got, found = made.value_and_grad(params, *data)
        assert_close(got, right, f"loss of {LOGITS[k]}")
        assert_close(found["b"], gradients["b"], f"db of {LOGITS[k]}")
