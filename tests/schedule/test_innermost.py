"""Where samples lie side by side."""

from __future__ import annotations

import pytest

from symbp.compiler import Choices, plan
from symbp.ir.text import parse
from symbp.schedule.innermost import convolves
from tests.codegen.built import net

CONVOLUTION = """
input x[N,2,5,5]
param K[3,2,3,3]
y[n,o,p,q] = sum[c,u,v](x[n,c,p+u,q+v]*K[o,c,u,v]) for p in 3, q in 3
z[n] = sum[o,p,q](y[n,o,p,q]**2)
output z
loss mean[n](z[n]**2)
"""


@pytest.mark.parametrize(
    ("equation", "does"),
    [
        ("y[n,p] = sum[u](x[n,p + u] * K[u]) for p in 7, u in 3", True),
        ("y[n,p] = sum[u](x[n,2*p + u] * K[u]) for p in 7, u in 3", True),
        ("y[n,h] = sum[d](q[n,h*4 + d] * K[d]) for h in 2, d in 4", False),  # groups, all apart
        ("y[n,p] = sum[u](x[n,p + u]) for p in 7, u in 3", False),
        ("y[n,j] = sum[i](x[n,i] * W[i,j]) for i in 3, j in 2", False),
    ],
)
def test_a_network_convolves_where_products_read_windows_that_overlap(equation: str, does: bool):
    given = "input x[N,20]\ninput q[N,8]\ninput K[20]\ninput W[20,20]\n"
    assert convolves(parse(given + equation)) is does


def order(text: str, target: str, **sizes: int) -> str:
    network = net(text)
    choices = Choices(target, sizes=sizes)  # type: ignore[arg-type]
    return ",".join(map(str, plan(network, choices.batches(network)).forward.program["y"].shape))


def test_samples_are_innermost_in_a_network_that_convolves_but_where_they_are_few():
    for target in ("numpy", "c"):
        assert order(CONVOLUTION, target) == "3,3,3,N"
        assert order(CONVOLUTION, target, N=32) == "3,3,3,N"
        assert order(CONVOLUTION, target, N=4) == "N,3,3,3"


def test_what_does_not_convolve_keeps_its_order():
    heads = """
        input x[N,8]
        param K[4]
        y[n,h] = sum[d](x[n,h*4+d]*K[d]) for h in 2, d in 4
        z[n] = sum[h](y[n,h]**2)
        output z
        loss mean[n](z[n]**2)
    """
    assert [order(heads, target) for target in ("numpy", "c")] == ["N,2", "N,2"]
