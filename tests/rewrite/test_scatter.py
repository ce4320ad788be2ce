"""What is done to each element of a scattered tensor is done where it is scattered."""

from __future__ import annotations

import pytest

from symbp.rewrite import scatter
from tests.rewrite.test_passes import assert_becomes

PAIRS = "value y[N,6]\ny[n,u + 2 * k] = x[n,u] * b[k] for n in N, u in 2, k in 3\n"


def test_the_reader_takes_the_places_of_the_scatter() -> None:
    assert_becomes(
        scatter,
        PAIRS + "z_[n,j] = tanh(y[n,j]) * a[n]\n",
        "value z_[N,6]\nz_[n,u + 2 * k] = tanh(x[n,u] * b[k]) * a[n] for n in N, u in 2, k in 3\n",
        "z_",
    )


def test_what_else_is_read_is_read_at_the_same_places() -> None:
    assert_becomes(
        scatter,
        "value v[N,4]\nv[n,k + 2 * u] = x[n,u] * b[k] for n in N, k in 2, u in 2\n"
        "d[k,n] = v[n,k] * x[n,k]\n",
        "value d[4,N]\n"
        "d[k + 2 * u,n] = x[n,u] * b[k] * x[n,k + 2 * u] for k in 2, u in 2, n in N\n",
        "d",
    )


STAYS = {
    "a reader of other places": PAIRS + "d[n] = tanh(y[n,0])\n",
    "a sum over the places": PAIRS + "d[n] = sum[j](y[n,j])\n",
    "a reader of two places": PAIRS + "d[n,j] = y[n,j] * y[n,0]\n",
    "places that are left out":
        "value y[N,7]\ny[n,u + 2 * k] = x[n,u] * b[k] for n in N, u in 2, k in 3\n"
        "d[n,j] = tanh(y[n,j])\n",
    "places that two meet in":
        "value y[N,4]\ny[n,u + k] += x[n,u] * b[k] for n in N, u in 2, k in 3\n"
        "d[n,j] = tanh(y[n,j])\n",
    "a second term": PAIRS + "y[n,0] += a[n]\nd[n,j] = tanh(y[n,j])\n",
}  # fmt: skip


@pytest.mark.parametrize("equations", STAYS.values(), ids=STAYS)
def test_what_needs_the_tensor_itself_keeps_it(equations: str) -> None:
    assert_becomes(scatter, equations, equations, "d")


def test_two_readers_keep_it() -> None:
    equations = PAIRS + "d[n,j] = tanh(y[n,j])\ne[n,j] = exp(y[n,j])\n"
    assert_becomes(scatter, equations, equations, "d", "e")


def test_an_output_stays() -> None:
    equations = PAIRS + "d[n,j] = tanh(y[n,j])\n"
    assert_becomes(scatter, equations, equations, "y", "d")
