"""Equations that share their loops in C: where it is, and where it would be wrong."""

import pytest

from symbp import compiler
from tests.codegen.built import arrays, assert_agrees, net
from tests.codegen.test_c_values import c_module

BEFORE = "with the loops before"
POOL = """
    input x[N, 3, 8, 8]
    label t[N] in 4
    h = max_pool2d(conv2d(x, 4, 3, relu, padding=same), 2)
    logits = dense(flatten(h), 4)
    output logits
    loss cross_entropy(logits, t)
    optimizer adam()
"""
PAIR = """
    input x[N, 300]
    param w[300]
    y[n, i] = tanh(w[i] * x[n, i])
    u[n, i] = {u}
    v[n, i] = {v}
    output u, v
    loss sum[n, i](u[n, i] * v[n, i])
"""


def shares(network, function: str) -> list[str]:
    """Return the equations of a function whose loops are those of the equation before."""
    block = compiler.explain(network).split(f"\n{function}")[-1].split("\n\n")[0]
    return [line.split(" = ")[0].strip() for line in block.splitlines() if BEFORE in line]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_pool_its_winners_and_relu_share_loops(dtype: str):
    network = net(POOL)
    shared = shares(network, "forward")
    assert [name.partition("[")[0] for name in shared][:2] == ["h_z_winner", "h"]
    for size in (1, 5, 33):
        assert_agrees(network, arrays(network, 1, N=size), dtype, make=c_module)


def test_moments_and_weights_share_loops():
    shared = shares(net(POOL), "descend")
    for name in ("logits_b", "conv2d_b"):
        assert {f"{name}_v_next", f"{name}_next"} <= {s.partition("[")[0] for s in shared}


@pytest.mark.parametrize(
    ("u", "v"),
    [
        ("y[n, i] * x[n, i]", "exp(u[n, 299 - i]) + x[n, i]"),
        ("y[n, 299 - i] * x[n, i]", "y[n, i] + x[n, i]"),
        ("y[n, i] * x[n, i]", "y[n, 299 - i] + x[n, i]"),
    ],
    ids=["a neighbour is read", "a neighbour is overwritten", "read after it is overwritten"],
)
def test_what_is_read_elsewhere_is_written_in_loops_of_its_own(u: str, v: str):
    network = net(PAIR.format(u=u, v=v))
    assert not any(s.startswith("v[") for s in shares(network, "predict"))
    for size in (1, 5):
        assert_agrees(network, arrays(network, 1, N=size), make=c_module)
