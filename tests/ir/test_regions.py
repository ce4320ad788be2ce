"""Which equations set each of their elements once."""

import pytest

from symbp.ir.regions import single
from symbp.ir.text import parse

GIVEN = "input x[N,4], w[4], a[N]\nlabel t[N] in 9\nvalue y[9], q[N,9]\n"

SINGLE = [
    "y[i] = w[i] for i in 4",
    "y[i + 5] = w[i]",
    "y[2 * i] = w[i]",
    "y[u + 2 * i] = w[i] for i in 4, u in 2",
    "y[3 * u + v] = w[0] for u in 3, v in 3",
    "y[i] = sum[n](x[n,i]) for i in 4",
    "q[n,u + 3 * v] = a[n] for n in N, u in 3, v in 3",
]
NOT_SINGLE = [
    "y[i + j] = w[i] * w[j]",
    "y[t[n]] += a[n]",
    "y[u + 2 * i] = w[i] for i in 3, u in 3",
    "q[n,t[n]] = a[n]",
    "y[i + 6] = w[i]",
]


@pytest.mark.parametrize("line", SINGLE)
def test_different_indices_reach_different_elements(line: str) -> None:
    program = parse(f"{GIVEN}{line}")
    assert single(program.equations[0], program.table())


@pytest.mark.parametrize("line", NOT_SINGLE)
def test_two_may_meet_or_leave_the_tensor(line: str) -> None:
    program = parse(f"{GIVEN}{line}")
    assert not single(program.equations[0], program.table())
