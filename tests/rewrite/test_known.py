"""What a tensor holds is read from it, in every form in which it can be told that it does."""

from __future__ import annotations

import re

import pytest

from symbp.autodiff import adjoint
from symbp.ir.trace import recording
from symbp.rewrite import known
from tests.rewrite.test_passes import assert_becomes, program, told

READ = [
    ("h[n] = exp(a[n])", "d[n] = c * exp(a[n]) + tanh(exp(a[n]))", "d[n] = c * h[n] + tanh(h[n])"),
    ("h[n] = exp(a[n])", "d[n] = max[i](exp(a[n]) * x[n,i])", "d[n] = max[i](h[n] * x[n,i])"),
    ("h[n] = a[n] + c", "d[n] = exp(-a[n] - c)", "d[n] = exp(-h[n])"),
    ("h[n] = -a[n] * c", "d[n] = exp(a[n] * c)", "d[n] = exp(-h[n])"),
    ("h[n,j] = exp(z[n,j])", "d[n] = exp(z[n,0]) * exp(z[n,t[n]])", "d[n] = h[n,0] * h[n,t[n]]"),
    ("h[n,j] = exp(z[n,j])", "d = sum[n](exp(z[n,1]))", "d = sum[n](h[n,1])"),
    ("h[i] = exp(w[i])", "d[i] = exp(w[i + 1])", "d[i] = h[i + 1]"),
    ("h[i] = exp(w[i])", "d[i] = where(i >= 1, exp(w[i - 1]), 0) for i in 5",
     "d[i] = where(i >= 1, h[i - 1], 0) for i in 5"),
    ("h[i] = exp(w[i + 1])", "d[i] = exp(w[i + 2])", "d[i] = h[i + 1]"),
    ("h[i] = exp(w[i]) for i in 3", "d[i] = exp(w[i]) for i in 2", "d[i] = h[i] for i in 2"),
    ("h[n] = where(a[n] > 0, exp(a[n]), 0)", "d[n] = 2 * where(a[n] > 0, exp(a[n]), 0)",
     "d[n] = 2 * h[n]"),
    ("value h[N + 2]\nh[n + 1] = exp(a[n])", "d[n] = a[n] * exp(a[n])", "d[n] = a[n] * h[n + 1]"),
    ("h[n,j] = exp(z[n,j]) * b[j]", "d[n] = sum[j](exp(z[n,j]) * b[j] * tanh(b[j]))",
     "d[n] = sum[j](h[n,j] * tanh(b[j]))"),
    ("value h[4]\nh[i] = exp(w[i]) for i in 2\nh[i + 2] += tanh(w[i]) for i in 2",
     "d[i] = exp(w[i]) * tanh(w[i]) for i in 2", "d[i] = h[i] * h[i + 2] for i in 2"),
    ("value h[9]\nh[2 * i] = exp(w[i])", "d[i] = exp(w[i])", "d[i] = h[2 * i] for i in 4"),
]  # fmt: skip

DIVIDED = [
    ("h[n] = a[n] * c", "a[n]**2 * c", "a[n] * h[n]"),
    ("h[n] = a[n] * c", "a[n]**2 * c**3 / w[0]", "a[n] * h[n] * c**2 / w[0]"),
    ("h[n] = a[n] * c", "a[n] * c * exp(a[n])", "h[n] * exp(a[n])"),
    ("h[n] = a[n] / c", "a[n]**2 / c", "a[n] * h[n]"),
    ("h[n] = a[n] / c", "a[n] / c**2", "h[n] / c"),
    ("h[n] = 2 * a[n] * c", "exp(2 * a[n] * c)", "exp(h[n])"),
    ("h[n] = exp(a[n]) / c", "exp(a[n]) * b[0] / c", "b[0] * h[n]"),
]

NOT_READ = [
    ("h[n] = a[n] * c", "d[n] = a[n] / c"),
    ("h[n] = a[n] * c", "d[n] = 1 / (a[n] * c)"),
    ("h[n] = a[n] * c", "d[n] = a[n] * sqrt(c)"),
    ("h[n] = a[n] / c", "d[n] = c / a[n]"),
    ("h[n] = a[n] * c**2", "d[n] = a[n] * c"),
    ("h[n] = 2 * a[n] * c", "d[n] = a[n] * c * w[0]"),
    ("h[n] = a[n] + c", "d[n] = a[n] + c + w[0]"),
    ("h[n] = -a[n]", "d[n] = exp(-a[n])"),
    ("h[n] = a[n] * c", "d[n] = a[n] * b[0]"),
    ("h[i] = exp(w[2 * i]) for i in 2", "d[i] = exp(w[i])"),
    ("h[i,j] = exp(w[i + j]) for i in 2, j in 2", "d[i] = exp(w[i])"),
    ("h[i] = exp(w[i]) for i in 3", "d[i] = exp(w[i])"),
    ("h[i] = exp(w[i + 1])", "d[i] = exp(w[i])"),
    ("h[n] = where(a[n] > 0, exp(a[n]), 0)", "d[n] = where(a[n] > 0, exp(a[n]), 1)"),
    ("h[n] = exp(a[n])\nh[n] += a[n]", "d[n] = exp(a[n])"),
    ("h = sum[n](exp(a[n]))", "d[n] = exp(a[n])"),
    ("h = max[n](exp(a[n]))", "d[n] = exp(a[n])"),
    ("h[n,j] = exp(a[n] * b[j])", "d[j,n] = exp(a[n] * b[j])"),
    ("h[n,i,j] = exp(x[n,i] * W[i,j])", "d[n,i,j] = tanh(exp(x[n,i] * W[i,j]))"),
    ("value h[4]\nh[i] = exp(w[i]) for i in 3\nh[i + 2] += tanh(w[i]) for i in 2",
     "d[i] = exp(w[i]) * tanh(w[i]) for i in 2"),
]  # fmt: skip


def assert_read(definition: str, reader: str, expected: str) -> None:
    names = dict.fromkeys(re.findall(r"^(\w+)(?:\[.*?\])? \+?=", f"{definition}\n{reader}", re.M))
    assert_becomes(known, f"{definition}\n{reader}\n", f"{definition}\n{expected}\n", *names)


@pytest.mark.parametrize(("definition", "reader", "expected"), READ)
def test_a_held_value_is_read(definition: str, reader: str, expected: str) -> None:
    assert_read(definition, reader, expected)


def test_what_is_held_is_itself_read_from_what_it_reads() -> None:
    assert_becomes(
        known,
        "h[n] = exp(a[n])\ng[n] = c * exp(a[n]) + 1\nd[n] = tanh(c * exp(a[n]) + 1) * exp(a[n])\n",
        "h[n] = exp(a[n])\ng[n] = c * h[n] + 1\nd[n] = tanh(c * h[n] + 1) * h[n]\n",
        "g", "d",
    )  # fmt: skip


@pytest.mark.parametrize(("definition", "body", "expected"), DIVIDED)
def test_a_held_product_is_read_as_a_part_of_a_larger_one(
    definition: str, body: str, expected: str
) -> None:
    assert_read(definition, f"d[n] = {body}", f"d[n] = {expected}")


@pytest.mark.parametrize(("definition", "reader"), NOT_READ)
def test_what_is_not_held_is_computed(definition: str, reader: str) -> None:
    assert_read(definition, reader, reader)


def test_the_dearest_value_is_read_first() -> None:
    assert_read(
        "g[n] = x[n,0] * exp(a[n]) + z[n,0]\nh[n] = exp(a[n])",
        "d[n] = tanh(x[n,0] * exp(a[n]) + z[n,0]) * exp(a[n])",
        "d[n] = tanh(g[n]) * h[n]",
    )


def test_a_guard_that_keeps_the_target_inside_stays_around_what_is_read() -> None:
    assert_read(
        "h[i] = exp(b[i])",
        "value q[2]\nq[i - 1] = where(i >= 1, exp(b[i]) * c, 0)",
        "value q[2]\nq[i - 1] = where(i >= 1, h[i] * c, 0)",
    )


def test_the_same_step_is_read_inside_of_a_scan_and_any_step_after_it() -> None:
    scan = """\
value h[N + 1]
h[0] = c
scan n in N
    g[n] = exp(h[n])
    s[n] = {} + a[n]
    h[n + 1] += g[n]
end
r[n] = {} * a[n] for n in N
"""
    assert_becomes(
        known,
        scan.format("exp(h[n])", "exp(h[N - 1 - n])"),
        scan.format("g[n]", "g[N - 1 - n]"),
        "s", "r", "h",
    )  # fmt: skip


def test_what_is_read_is_told_with_its_definition() -> None:
    assert told(known, "h[n] = exp(a[n])\nd[n] = 2 * exp(a[n])\n") == [
        "a value that is held is read: d[n] = 2 * exp(a[n]) -> d[n] = 2 * h[n] by h[n] = exp(a[n])"
    ]


def test_a_slope_in_terms_of_its_own_value_is_told_as_such() -> None:
    joint, _ = adjoint(program("h[n] = sigmoid(a[n])\ny = sum[n](h[n])\n"), "y", ["a"])
    with recording() as trace:
        known(joint)
    assert {step.rule for step in trace.steps} == {"derivative of sigmoid in its own value"}
