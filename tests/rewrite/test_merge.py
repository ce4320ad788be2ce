"""What is alike becomes one: tensors that are defined alike, and terms of one target."""

from __future__ import annotations

import pytest

from symbp.autodiff import adjoint
from symbp.ir.trace import recording
from symbp.rewrite import combine, merge
from tests.rewrite.test_passes import assert_becomes, program, told


def test_what_reads_tensors_that_are_one_may_be_alike_then() -> None:
    assert_becomes(
        merge,
        """\
        p[n] = exp(a[n])
        q[n] = exp(a[n])
        u[n] = p[n] + 1
        v[n] = q[n] + 1
        r[n] = u[n] * v[n]
        """,
        "p[n] = exp(a[n])\nu[n] = p[n] + 1\nr[n] = u[n]**2\n",
        "r",
    )


def test_tensors_of_several_terms_are_alike_when_all_terms_are() -> None:
    assert_becomes(
        merge,
        """\
        p[n] = exp(a[n])
        p[n] += a[n]
        q[n] = exp(a[n])
        q[n] += a[n]
        u[n] = exp(a[n])
        u[n] += a[n] / 2
        r[n] = p[n] + 2 * q[n] + u[n]
        """,
        """\
        p[n] = exp(a[n])
        p[n] += a[n]
        u[n] = exp(a[n])
        u[n] += a[n] / 2
        r[n] = 3 * p[n] + u[n]
        """,
        "r",
    )


def test_an_output_takes_the_place_of_what_came_before_it() -> None:
    same = "p[n] = exp(a[n])\nq[n] = exp(a[n])\nr[n] = p[n] * q[n]\n"
    assert_becomes(merge, same, same, "q", "r")


@pytest.mark.parametrize(
    "equations",
    [
        "p[n] = max[i](x[n,i])\nq[n] = sum[i](x[n,i])\nr[n] = p[n] * q[n]\n",
        "p[n,i] = 2 * x[n,i]\nq[i,n] = 2 * x[n,i]\nr[n] = sum[i](p[n,i] * q[i,n])\n",
        "p[n] = sum[i](x[n,i])\nq[n] = sum[i](x[n,i]) for i in 3\nr[n] = p[n] * q[n]\n",
        "value p[4]\np[i] = b[i] for i in 3\nvalue q[4]\nq[i + 1] = b[i] for i in 3\n"
        "r[i] = p[i] * q[i]\n",
        """\
        value h[N + 1]
        h[0] = c
        scan n in N
            h[n + 1] += h[n] * a[n]
            p[n] = exp(a[n])
        end
        q[n] = exp(a[n])
        r[n] = p[n] * q[n] + h[n + 1] for n in N
        """,
    ],
)
def test_what_differs_in_anything_is_not_alike(equations: str) -> None:
    assert_becomes(merge, equations, equations, "r")


def test_steps_of_one_scan_can_be_alike() -> None:
    assert_becomes(
        merge,
        """\
        value h[N + 1]
        h[0] = c
        scan n in N
            p[n] = h[n] * a[n]
            q[n] = h[n] * a[n]
            h[n + 1] = p[n] + q[n]
        end
        """,
        """\
        value h[N + 1]
        h[0] = c
        scan n in N
            p[n] = h[n] * a[n]
            h[n + 1] += 2 * p[n]
        end
        """,
        "h",
    )


def test_scans_in_opposite_directions_are_not_alike() -> None:
    scans = """\
        scan n in N
            p[n] = a[n]
            s += p[n]
        end
        scan n in N reversed
            q[n] = a[n]
            u += q[n] / 2
        end
        r[n] = p[n] * q[n] + s * u
        """
    assert_becomes(merge, scans, scans, "r")


def test_who_reads_and_who_goes_is_told() -> None:
    equations = "p[n] = exp(a[n])\nq[k] = exp(a[k])\nr[n] = q[n] + a[n]\ns[n] = p[n] + c\n"
    assert told(merge, equations, "r", "s") == [
        "the same value under one name: r[n] = a[n] + q[n] -> r[n] = a[n] + p[n]"
        " by p[n] = exp(a[n])",
        "dead term removed: q[k] = exp(a[k]) -> ",
    ]


# Terms of one target ----------------------------------------------------------------------------


def test_terms_are_added_up_where_the_last_of_them_stands() -> None:
    assert_becomes(
        combine,
        "p[n] = a[n]\nq[n] = c for n in N\np[k] += 2 * a[k]**2\np[m] += 1 for m in N\n",
        "q[n] = c for n in N\np[n] = 2 * a[n]**2 + a[n] + 1\n",
        "p", "q",
    )  # fmt: skip


def test_each_box_has_a_sum_of_its_own() -> None:
    assert_becomes(
        combine,
        """\
        value p[4]
        p[i] = w[i]
        p[i] += b[i] for i in 3
        p[k] += 2 * w[k]
        p[i] += b[i]**2 for i in 3
        """,
        "p[i] = 3 * w[i]\np[i] += b[i]**2 + b[i] for i in 3\n",
        "p",
    )


def test_each_target_has_a_sum_of_its_own() -> None:
    assert_becomes(
        combine,
        "p[n,i] = x[n,i]\nq[n] = a[n]\np[m,k] += a[m] * w[k]\nq[n] += a[n] * c\n",
        "p[n,i] = a[n] * w[i] + x[n,i]\nq[n] = a[n] * c + a[n]\n",
        "p", "q",
    )  # fmt: skip


def test_sums_over_other_indices_stay_apart() -> None:
    same = "p[n] = sum[i](x[n,i])\np[n] += sum[i](x[n,i] * c)\np[n] += a[n]\n"
    assert_becomes(combine, same, same, "p")


def test_what_a_scan_adds_stays_in_it() -> None:
    assert_becomes(
        combine,
        """\
        scan n in N
            h[n] = a[n]
            g[n,i] = x[n,i]
            h[n] += c
            g[n,i] += w[i]
        end
        h[n] += 2 * a[n]
        """,
        """\
        scan n in N
            h[n] = c + a[n]
            g[n,i] = w[i] + x[n,i]
        end
        h[n] += 2 * a[n]
        """,
        "h", "g",
    )  # fmt: skip


def test_terms_in_different_scans_stay_apart() -> None:
    same = """\
        scan n in N
            h[n] = a[n]
        end
        r = c
        scan n in N
            h[n] += r
        end
        """
    assert_becomes(combine, same, same, "h")


def test_the_sum_of_terms_is_told() -> None:
    assert told(combine, "p[n] = a[n]\np[k] += c * a[k]\n", "p") == [
        "sum of its terms: p[n] = a[n]; p[k] = a[k] * c -> p[n] = a[n] * c + a[n]"
    ]


def test_adjoints_that_meet_are_a_sum_over_uses() -> None:
    joint, _ = adjoint(program("h[n] = exp(a[n])\ny = sum[n](a[n] * h[n])\n"), "y", ["a"])
    with recording() as trace:
        combine(joint)
    assert [(step.rule, step.target) for step in trace.steps] == [("sum over uses", "da")]
