"""What leaves a recurrence whole, and which factors leave its steps."""

from __future__ import annotations

from textwrap import indent

import pytest

from symbp.rewrite import distribute, lift
from tests.rewrite.test_passes import assert_becomes, told

BEGIN = "value h[N + 1]\nh[0] = c\n"


def scan(*steps: str, before: str = "", after: str = "") -> str:
    lines = "".join(f"{step}\n" for step in steps)
    return f"{BEGIN}{before}scan n in N\n{indent(lines, '    ')}end\n{after}"


def test_what_a_recurrence_reads_runs_before_it_and_what_reads_it_after() -> None:
    assert_becomes(
        distribute,
        scan("g[n] = 2 * h[n]", "p[n] = 2 * a[n]", "h[n+1] = h[n] * p[n]", "q[n] = g[n] + p[n]"),
        scan(
            "h[n + 1] += h[n] * p[n]",
            before="p[n] = 2 * a[n]\n",
            after="g[n] = 2 * h[n] for n in N\nq[n] = g[n] + p[n]\n",
        ),
        "h", "q",
    )  # fmt: skip


def test_a_cycle_of_several_equations_stays_together_in_order() -> None:
    assert_becomes(
        distribute,
        scan("g[n] = 2 * h[n]", "k[n] = g[n] + 1", "h[n+1] = exp(k[n])", "q[n] = g[n]**2"),
        scan("g[n] = 2 * h[n]", "k[n] = g[n] + 1", "h[n+1] += exp(k[n])", after="q[n] = g[n]**2\n"),
        "h", "q",
    )  # fmt: skip


def test_terms_of_one_target_leave_together() -> None:
    assert_becomes(
        distribute,
        scan("g[n] = a[n]", "g[n] += c", "h[n+1] = h[n] * a[n]"),
        scan("h[n+1] += h[n] * a[n]", before="g[n] = a[n]\ng[n] += c\n"),
        "h", "g",
    )  # fmt: skip


def test_a_sum_over_all_steps_leaves() -> None:
    assert_becomes(
        distribute,
        scan("s += h[n]", "h[n+1] = exp(h[n])"),
        scan("h[n+1] += exp(h[n])", after="s = sum[n](h[n]) for n in N\n"),
        "h", "s",
    )  # fmt: skip


def test_what_leaves_is_told() -> None:
    assert told(distribute, scan("p[n] = 2 * a[n]", "h[n+1] = h[n] * p[n]"), "h") == [
        "all steps of a recurrence at once: p[n] = 2 * a[n] -> p[n] = 2 * a[n]"
    ]


# Factors ----------------------------------------------------------------------------------------

LIFTED = [
    ("h[n] * exp(a[n]) * c", "exp(a[n]) * c for n in N", "h[n] * h_step[n]"),
    ("h[n] * a[n] * c * w[0]", "a[n] * c * w[0]", "h[n] * h_step[n]"),
    ("h[n] + a[n] + c", "a[n] + c", "h[n] + h_step[n]"),
    ("h[n] * exp(a[n]) + tanh(exp(a[n]) * h[n])", "exp(a[n])",
     "h[n] * h_step[n] + tanh(h_step[n] * h[n])"),
    ("h[n]**(a[n] * c)", "a[n] * c", "h[n]**h_step[n]"),
    ("h[n] * a[n] * tanh(a[n] * c) + h[n]", "a[n] * tanh(a[n] * c)", "h[n] * h_step[n] + h[n]"),
    ("h[n] * a[n] * c + tanh(h[n]**2 * a[n] * c)", "a[n] * c",
     "h[n] * h_step[n] + tanh(h[n]**2 * h_step[n])"),
    ("(h[n] + a[n] * c) * a[n] * c", "a[n] * c", "(h[n] + h_step[n]) * h_step[n]"),
    ("tanh(h[n]) * where(h[n] > 0, 1, 2) * exp(a[n])", "exp(a[n])",
     "tanh(h[n]) * where(h[n] > 0, 1, 2) * h_step[n]"),
]  # fmt: skip
STEADY = [
    "h[n] * a[n]",
    "2 * h[n] + 1",
    "where(a[n] > 0, h[n] * exp(a[n]), exp(c))",
    "where(a[n] * c > 0, h[n], c)",
]


@pytest.mark.parametrize(("body", "before", "inside"), LIFTED)
def test_what_no_step_changes_is_computed_for_all_of_them_before(
    body: str, before: str, inside: str
) -> None:
    assert_becomes(
        lift,
        scan(f"h[n + 1] += {body}"),
        scan(f"h[n + 1] += {inside}", before=f"h_step[n] = {before}\n"),
        "h",
    )


def test_what_is_the_same_in_all_steps_has_no_axis_for_them() -> None:
    assert_becomes(
        lift,
        scan("h[n + 1] += h[n] * exp(c)"),
        scan("h[n + 1] += h[n] * h_step", before="h_step = exp(c)\n"),
        "h",
    )


def test_each_factor_has_its_own_axes_and_its_own_name() -> None:
    begin = "h_step = c\nvalue g[N + 1,3]\ng[0,j] = b[j]\n"
    assert_becomes(
        lift,
        f"{begin}scan n in N\n    g[n+1,j] = g[n,j] * z[n,j] * a[n] + exp(b[j]) * h_step\nend\n",
        f"""\
        {begin.replace(chr(10), chr(10) + "        ")}
        g_step[j] = exp(b[j]) * h_step
        g_step_2[n,j] = z[n,j] * a[n]
        scan n in N
            g[n+1,j] += g[n,j] * g_step_2[n,j] + g_step[j]
        end
        """,
        "g",
    )


@pytest.mark.parametrize("body", STEADY)
def test_a_step_of_which_nothing_can_be_computed_before_stays(body: str) -> None:
    assert_becomes(lift, scan(f"h[n + 1] += {body}"), scan(f"h[n + 1] += {body}"), "h")


def test_a_sum_within_a_step_stays() -> None:
    same = scan("s[n] = sum[i](x[n,i] * w[i] * h[n])", "h[n + 1] += s[n]")
    assert_becomes(lift, same, same, "h")


def test_outside_of_a_scan_nothing_is_lifted() -> None:
    same = "q[n] = a[n] * c * exp(a[n])\n"
    assert_becomes(lift, same, same, "q")
