"""Activations: values by plain mathematics, slopes at kinks, both uses of one formula."""

from __future__ import annotations

import math

import pytest
import sympy

from symbp.autodiff import adjoint
from symbp.errors import LanguageError
from symbp.ir.interpret import interpret
from symbp.lang import define, indices, input, mse, network, param, sum, target
from symbp.lang.functions import ACTIVATIONS, activation, elu, leaky_relu
from symbp.lang.layers import dense

PHI = {x: (1 + math.erf(x / math.sqrt(2))) / 2 for x in (-3.0, -1.0, -0.25, 0.0, 0.5, 2.0)}
PLAIN = {
    "linear": lambda x: x,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
    "relu": lambda x: max(x, 0),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "gelu": lambda x: x * PHI[x],
    "gelu_tanh": lambda x: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    "silu": lambda x: x / (1 + math.exp(-x)),
    "mish": lambda x: x * math.tanh(math.log(1 + math.exp(x))),
    "softsign": lambda x: x / (1 + abs(x)),
    "hard_tanh": lambda x: max(-1, min(1, x)),
}


def values(name, points):
    """Return an activation's values and slopes, both by the interpreter."""
    x = input("x", "N")
    n, *_ = indices("n i")
    y = ACTIVATIONS[name](x)
    program = network("net", loss=sum(n, y[n]), output=y).program
    both, gradients = adjoint(program, "loss", ["x"])
    memory = interpret(both, {"x": points})
    return memory["y"].tolist(), memory[gradients["x"]].tolist()


def test_every_activation_has_its_plain_formula():
    assert list(PLAIN) == list(ACTIVATIONS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_are_those_of_plain_mathematics(name):
    found, _ = values(name, list(PHI))
    assert found == pytest.approx([PLAIN[name](x) for x in PHI], rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_and_slopes_are_finite_far_out(name):
    found, slopes = values(name, [-1e4, -40.0, 40.0, 1e4])
    assert all(map(math.isfinite, found + slopes))


@pytest.mark.parametrize(
    ("name", "point", "slope"),
    [("relu", 0, 0), ("leaky_relu", 0, 0.01), ("elu", 0, 1), ("selu", 0, 1.7580993408473766),
     ("hard_tanh", 1, 0), ("hard_tanh", -1, 0), ("softsign", 0, 1)],
)  # fmt: skip
def test_slopes_at_kinks_are_those_of_the_docstring(name, point, slope):
    assert values(name, [float(point)])[1] == pytest.approx([slope], rel=1e-15)


def test_an_activation_takes_expressions_too():
    u = sympy.Symbol("u", real=True)
    assert str(leaky_relu(u, 0.2)) == "where(u > 0, u, u/5)"
    assert str(elu(u, alpha=2)) == "where(u > 0, u, 2*expm1(minimum(u, 0)))"


def test_any_sympy_expression_in_one_variable_is_an_activation():
    u = sympy.Symbol("u")
    x = input("x", "N", 3)
    h = dense(x, 2, u / (1 + sympy.Abs(u)), name="h")
    assert str(h.rules[0].body) == "h_z[n,j]/(Abs(h_z[n,j]) + 1)"


def test_corners_of_sympy_become_those_of_the_house():
    u = sympy.Symbol("u", real=True)
    assert str(activation(sympy.Max(u, 0))(u)) == "relu(u)"


@pytest.mark.parametrize("bad", [3, "relu", sympy.Symbol("u") + sympy.Symbol("v"), sympy.pi])
def test_what_is_no_activation_is_refused(bad):
    with pytest.raises(LanguageError, match="is no activation"):
        dense(input("x", "N", 3), 2, bad)


def test_a_scalar_tensor_may_be_a_setting():
    x, y, a = input("x", "N"), target("y", "N"), param("a")
    h = leaky_relu(x, a)
    program = network("net", loss=mse(h, y), output=h).program
    memory = interpret(program, {"x": [-2.0], "y": [0.0], "a": 0.5})
    assert memory["h"].tolist() == [-1.0]


def test_define_takes_handles_without_axes():
    x, a = input("x", "N"), param("a")
    n, *_ = indices("n i")
    assert define((n,), a * x[n] + a).shape == x.shape
