"""The largest of relus is the relu of the largest."""

from __future__ import annotations

import numpy as np
import pytest

from symbp import compiler
from symbp.lang.parser import parse
from symbp.rewrite import increasing
from tests.codegen.built import arrays, assert_agrees, net
from tests.codegen.test_c_values import c_module
from tests.rewrite.test_passes import assert_becomes, told

NETWORK = """
    network pooled
    input x[N, 2, 6, 6]
    label t[N] in 3
    z = dense(flatten(max_pool2d(conv2d(x, 3, 3, {f}), 2)), 3)
    output z
    loss cross_entropy(z, t)
    optimizer sgd(learning_rate=0.1)
"""


@pytest.mark.parametrize("f", ["relu", "tanh", "sigmoid", "softplus", "exp", "erf"])
@pytest.mark.parametrize("op", ["max", "min"])
def test_an_increasing_function_is_applied_to_what_won(op: str, f: str) -> None:
    assert_becomes(
        increasing,
        f"h[n,j] = {f}(x[n,j])\np[n] = {op}[j](h[n,j])\n",
        f"p_z[n] = {op}[j](x[n,j])\np[n] = {f}(p_z[n])\n",
        "p",
    )


def test_the_window_moves_with_it() -> None:
    assert_becomes(
        increasing,
        "h[n,j] = relu(x[n,j])\np[n,k] = max[u](h[n,u + 2 * k]) for k in 2, u in 2\n",
        "p_z[n,k] = max[u](x[n,u + 2 * k]) for n in N, k in 2, u in 2\np[n,k] = relu(p_z[n,k])\n",
        "p",
    )


STAYS = {
    "a function that is not increasing": "h[n,j] = cos(x[n,j])\np[n] = max[j](h[n,j])\n",
    "a function of more than a tensor": "h[n,j] = relu(x[n,j] + c)\np[n] = max[j](h[n,j])\n",
    "another reader": "h[n,j] = relu(x[n,j])\np[n] = max[j](h[n,j])\nd[n] = h[n,0]\n",
    "a sum": "h[n,j] = relu(x[n,j])\np[n] = sum[j](h[n,j])\n",
    "a guard": "h[n,j] = relu(x[n,j])\np[n] = max[j](where(j > 0, h[n,j], 0))\n",
}


@pytest.mark.parametrize("equations", STAYS.values(), ids=STAYS)
def test_nothing_else_moves(equations: str) -> None:
    outputs = ("p", "d") if "\nd[" in equations else ("p",)
    assert_becomes(increasing, equations, equations, *outputs)


def test_the_step_is_told() -> None:
    assert told(increasing, "h[n,j] = relu(x[n,j])\np[n] = max[j](h[n,j])\n", "p") == [
        "an increasing function out of a maximum: p[n] = max[j](h[n,j])"
        " -> p_z[n] = max[j](x[n,j]); p[n] = relu(p_z[n]) by h[n,j] = relu(x[n,j])",
        "dead term removed: h[n,j] = relu(x[n,j]) -> ",
    ]


def test_relu_has_as_many_arguments_as_there_are_winners() -> None:
    formulas = compiler.derive(parse(NETWORK.format(f="relu")))
    table = formulas.program.table()
    (pooled,) = [e.target.name for e in formulas.program.equations if "relu(" in str(e.body)][:1]
    assert [str(n) for n in table[pooled].shape] == ["N", "3", "2", "2"]


@pytest.mark.parametrize("f", ["relu", "tanh"])
def test_ties_lead_the_slope_to_the_first(f: str) -> None:
    network = net(NETWORK.format(f=f))
    values = arrays(network, 2, N=4)
    values["x"] = np.round(values["x"])  # many windows alike, many below 0
    assert_agrees(network, values)
    assert_agrees(network, values, make=c_module)
