"""What lies between the passes: a value, or what it is computed from, whichever is much smaller."""

import pytest

from symbp import compiler
from symbp.ir.text import parse, text
from symbp.schedule.keep import keep
from tests.specs import EXAMPLES

POOL = """
input x[4, {size}]
z[n, i] = x[n, i]**2
m[n] = max[i](z[n, i])
loss = sum[n](m[n])
{between}
best[n] = min[i](where(z[n, i] == {largest}, i, {size}))
dx[n, i] = {dx}
"""


def kept(
    results: list[str], *, size: int = 3, between: str = "", largest: str = "m[n]",
    dx: str = "where(best[n] == i, x[n, i], 0)",
) -> tuple[str, str, tuple[str, ...]]:  # fmt: skip
    """Return a program before and after, and what is kept."""
    before = parse(POOL.format(size=size, between=between, largest=largest, dx=dx))
    after, names = keep(before, ["loss"], results)
    return *(text(p, declarations=False) for p in (before, after)), names


def test_the_number_of_the_largest_is_kept_instead_of_all_of_a_window():
    _, after, names = kept(["dx"])
    assert names == ("best",)
    assert after.index("m[n] =") < after.index("best[n] =") < after.index("loss =")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"size": 1}, id="half of it is not worth it"),
        pytest.param({"dx": "where(best[n] == i, z[n, i], 0)"}, id="it is needed all the same"),
        pytest.param({"between": "g = 2", "largest": "g * m[n]"}, id="it waits for an adjoint"),
    ],
)
def test_all_is_kept_where_that_is_no_more(change: dict):
    before, after, names = kept(["dx"], **change)
    assert names == ()
    assert before == after


def test_a_result_is_not_kept():
    assert kept(["best"])[2] == ()


def test_one_follows_the_other():
    described = """
input x[4, 5, 6]
z[n, i, j] = x[n, i, j]**2
loss = sum[n, i, j](z[n, i, j])
rows[n, i] = sum[j](z[n, i, j] * x[n, i, j])
d[n] = sum[i](rows[n, i]**2)
dx[n, j] = sum[i](d[n] * x[n, i, j])
"""
    program, names = keep(parse(described), ["loss"], ["dx"])
    assert names == ("rows", "d")
    assert [e.target.name for e in program.equations] == ["z", "rows", "d", "loss", "dx"]


def test_no_window_of_an_example_is_on_the_tape():
    plan = compiler.plan(compiler.load(str(EXAMPLES / "lenet.bp")))
    windows = {a.name for e in plan.forward.program.equations if e.op == "max" for a in e.reads()}
    assert windows
    assert not windows & {*plan.tape}
