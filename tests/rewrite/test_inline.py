"""What moves into its consumer, and what its consumer looks into."""

from __future__ import annotations

import pytest

from symbp.autodiff import adjoint
from symbp.ir.text import show
from symbp.ir.trace import recording
from symbp.rewrite import expose, inline
from tests.rewrite.test_passes import assert_becomes, program, told

MOVES = [
    ("p[n] = a[n] - 1\nq[n] = p[n] + exp(p[n])", "q[n] = a[n] + exp(a[n] - 1) - 1"),
    ("p[n,j] = exp(z[n,j])\nq[n] = sum[j](p[n,j] * b[j])", "q[n] = sum[j](exp(z[n,j]) * b[j])"),
    ("p[n] = a[n] + 1\nr[n] = 2 * p[n]\nq[n] = exp(r[n])", "q[n] = exp(2 * (a[n] + 1))"),
    ("p[i] = 2 * w[i]\nq[i] = p[i] + 1 for i in 3", "q[i] = 2 * w[i] + 1 for i in 3"),
]
TRIVIAL = [
    ("p = 2 * c + 1\nq[n] = p * a[n] + exp(p)", "q[n] = (2 * c + 1) * a[n] + exp(2 * c + 1)"),
    ("p = abs(c) * c**7\nq[n] = a[n] * p", "q[n] = a[n] * abs(c) * c**7"),
    ("p[n] = a[n]\nq[n] = p[n]**2 + exp(p[n]) * p[n]", "q[n] = a[n]**2 + exp(a[n]) * a[n]"),
    ("p[n,j] = a[n] for j in 3\nq[n] = p[n,0] + p[n,1] * z[n,2]", "q[n] = a[n] + a[n] * z[n,2]"),
    ("p[n] = 3 for n in N\nq[n] = p[n] * a[n] + exp(p[n])", "q[n] = 3 * a[n] + exp(3)"),
    ("p[n] = N for n in N\nq[n] = p[n] * a[n] + exp(p[n])", "q[n] = N * a[n] + exp(N)"),
]  # fmt: skip
STAYS = [
    "p = exp(c)\nq[n] = p * a[n]",
    "p = abs(c) * c**7 * w[0]**2\nq[n] = p * a[n]",
    "p[n] = n for n in N\nr[n] = p[n] * a[n]\nr[n] += p[n]\nq[n] = r[n]**2 + p[n]",
    "p[n] = a[n]\nq = max[n](p[n])",
    "p[n] = a[n] + exp(a[n])\np[n] += a[n]\nq[n] = p[n]**2",
    "p[n] = exp(tanh(a[n]))\nq[n] = exp(p[n])",
    "p[j] = 2 * b[j]\nq[n] = p[t[n]] + a[n]",
    "value p[4]\np[i] = 2 * w[i] for i in 3\nq[i] = p[i] + 1",
]


@pytest.mark.parametrize(("before", "after"), MOVES)
def test_what_is_used_once_in_all_its_elements_moves(before: str, after: str) -> None:
    assert_becomes(inline, f"{before}\n", f"{after}\n", "q")


@pytest.mark.parametrize(("before", "after"), TRIVIAL)
def test_numbers_copies_and_cheap_scalars_move_to_all_who_read_them(
    before: str, after: str
) -> None:
    assert_becomes(inline, f"{before}\n", f"{after}\n", "q")


@pytest.mark.parametrize("equations", STAYS)
def test_what_is_dear_or_read_in_parts_stays(equations: str) -> None:
    assert_becomes(inline, f"{equations}\n", f"{equations}\n", "q")


def test_what_is_used_in_two_equations_stays_for_both() -> None:
    same = "p[n] = a[n] - 1\nq[n] = p[n]**2\nr[n] = exp(p[n])\n"
    assert_becomes(inline, same, same, "q", "r")


SCAN = """\
{}
value h[N + 1]
h[0] = c
scan n in N
    {}
    h[n + 1] += {}
end
"""


def test_what_is_known_before_a_scan_is_not_computed_in_its_steps() -> None:
    same = SCAN.format("p[n] = 2 * a[n]", "g[n] = exp(h[n])", "g[n] * exp(g[n]) * p[n]")
    assert_becomes(inline, same, same, "h", "g")


def test_a_copy_moves_into_the_steps_of_a_scan() -> None:
    step = "g[n] = exp(h[n])"
    assert_becomes(
        inline,
        SCAN.format("p[n] = a[n]", step, "g[n] * p[n]"),
        SCAN.format("", step, "g[n] * a[n]"),
        "h", "g",
    )  # fmt: skip


def test_a_step_moves_within_its_scan() -> None:
    assert_becomes(
        inline,
        SCAN.format("", "p[n] = 2 * h[n]", "exp(p[n])"),
        SCAN.format("", "", "exp(2 * h[n])"),
        "h",
    )


def test_what_moves_is_told_with_its_definition() -> None:
    assert told(inline, "p[n] = a[n] - 1\nq[n] = 3 * p[n]**2\n", "q") == [
        "substitution: q[n] = 3 * p[n]**2 -> q[n] = 3 * (a[n] - 1)**2 by p[n] = a[n] - 1",
        "dead term removed: p[n] = a[n] - 1 -> ",
    ]


# Expose -----------------------------------------------------------------------------------------

OPENED = [
    ("p[n] = exp(a[n])", "p[n] * exp(-a[n])", "1"),
    ("p[n] = c - a[n]", "p[n] + a[n]", "c"),
    ("p[n] = 2 * a[n]", "p[n] + a[n]", "3 * a[n]"),
    ("p[n] = 2 for n in N", "p[n] * a[n] + 2 * c", "2 * (a[n] + c)"),
    ("p[n] = exp(a[n])", "log(p[n] * c)", "a[n] + log(c)"),
    ("p[n] = sigmoid(a[n])\nr[n] = p[n] * c", "log(r[n] / c)", "log(p[n])"),
    ("p[n] = sigmoid(a[n])\nr[n] = 1 - p[n]", "log(r[n])", "log1p(-p[n])"),
    ("p[n] = exp(a[n])\nr[n] = p[n] / (1 + p[n])", "r[n] + r[n] / p[n]", "1"),
]
CLOSED = [
    ("p[n] = c * exp(a[n])", "2 * p[n]"),
    ("p[n] = sum[j](z[n,j])", "2 * p[n]"),
    ("p[n] = c * tanh(a[n]) / (a[n]**2 + 1)", "(a[n]**2 + 1) * p[n]"),
    ("p[n] = 1 / a[n]", "a[n] * p[n] * exp(p[n])"),
    ("p[n] = a[n]\np[n] += c", "p[n] - a[n]"),
    ("p[n] = -a[n]", "p[n] * c"),
    ("p[n] = exp(a[n])\nr[n] = c * p[n]", "r[n] * exp(-a[n])"),
]


@pytest.mark.parametrize(("definitions", "before", "after"), OPENED)
def test_a_definition_that_makes_its_consumer_cheaper_is_opened(
    definitions: str, before: str, after: str
) -> None:
    names = ("p", "r", "q") if "r[n]" in definitions else ("p", "q")
    assert_becomes(
        expose,
        f"{definitions}\nq[n] = {before}\n",
        f"{definitions}\nq[n] = {after} for n in N\n",
        *names,
    )


@pytest.mark.parametrize(("definitions", "body"), CLOSED)
def test_a_definition_that_cancels_nothing_stays_closed(definitions: str, body: str) -> None:
    same = f"{definitions}\nq[n] = {body}\n"
    assert_becomes(expose, same, same, "p", "q")


POWERS = "p[n] = exp(a[n])\nq[n] = p[n]**5\nr[n] = q[n]**5\n"


def test_a_logarithm_looks_three_definitions_deep() -> None:
    before = f"{POWERS}s[n] = log(r[n])\n"
    assert_becomes(expose, before, f"{POWERS}s[n] = 25 * a[n]\n", "p", "q", "r", "s")
    same = f"{POWERS}s[n] = r[n]**5\nu[n] = log(s[n])\n"
    assert_becomes(expose, same, same, "p", "q", "r", "s", "u")


def test_a_logarithm_may_cost_a_little_more_but_no_function() -> None:
    given = "Z[n] = sum[j](exp(z[n,j]))\np[n] = exp({} * a[n]) / Z[n]\n"
    product = given.format("2 * c")
    assert_becomes(
        expose,
        f"{product}y[n] = log(p[n])\n",
        f"{product}y[n] = 2 * c * a[n] - log(Z[n])\n",
        "p", "y",
    )  # fmt: skip
    assert_becomes(
        expose,
        f"{product}y[n] = log(p[n]) * log1p(p[n])\n",
        f"{product}y[n] = (2 * c * a[n] - log(Z[n])) * log1p(p[n])\n",
        "p", "y",
    )  # fmt: skip
    same = f"{given.format('2 * c * w[0]')}y[n] = log(p[n])\n"
    assert_becomes(expose, same, same, "p", "y")


def test_a_maximum_looks_into_nothing() -> None:
    same = "p[n] = -1 / a[n]\nm = max[n](p[n] * a[n])\n"
    assert_becomes(expose, same, same, "p", "m")


def test_a_sum_looks_into_its_terms() -> None:
    assert_becomes(
        expose,
        "p[n,j] = -1 / z[n,j]\nq[n] = sum[j](p[n,j] * z[n,j])\n",
        "p[n,j] = -1 / z[n,j]\nq[n] = sum[j](-1) for n in N, j in 3\n",
        "p", "q",
    )  # fmt: skip


def test_what_a_logarithm_opens_is_read_from_its_tensor_where_it_is_left() -> None:
    same = "p[n] = exp(a[n])\nr[n] = c * p[n]\nq[n] = log(r[n] / (1 + p[n]))\n"
    assert_becomes(expose, same, same, "p", "r", "q")


def test_what_is_opened_is_told_with_its_definition() -> None:
    assert told(expose, "p[n] = c - a[n]\nq[n] = p[n] + a[n]\n", "p", "q") == [
        "a definition opened, and simplified: q[n] = a[n] + p[n] -> q[n] = c by p[n] = c - a[n]"
    ]


def test_softmax_with_cross_entropy_is_told_as_such() -> None:
    forward = """\
        Z[n] = sum[j](exp(z[n,j]))
        p[n,j] = exp(z[n,j]) / Z[n]
        y = sum[n](log(Z[n]) - z[n,t[n]])
        """
    joint, _ = adjoint(program(forward), "y", ["z"])
    with recording() as trace:
        expose(joint)
    found = [(s.rule, *map(show, s.after), *map(show, s.using)) for s in trace.steps]
    opened = "a definition opened, and simplified"
    assert found == [
        (opened, "dz[n,t[n]] = -1", "dy = 1"),
        (opened, "dZ[n] = 1 / Z[n]", "dy = 1"),
        ("softmax with cross-entropy collapses", "dz[n,j] = p[n,j] * dy", "dZ[n] = dy / Z[n]"),
    ]


def test_a_softmax_of_the_forward_pass_is_a_definition_like_any_other() -> None:
    forward = """\
        Z[n] = sum[j](exp(z[n,j]))
        p[n,j] = exp(z[n,j]) / Z[n]
        r[n] = c / Z[n]
        q[n,j] = exp(z[n,j]) * r[n]
        """
    assert told(expose, forward, "p", "q") == [
        "a definition opened, and simplified: q[n,j] = r[n] * exp(z[n,j]) -> q[n,j] = p[n,j] * c"
        " by r[n] = c / Z[n]"
    ]
