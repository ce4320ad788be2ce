"""What occurs twice is computed once: which parts, under which names, in front of what."""

from __future__ import annotations

import pytest

from symbp.rewrite import share
from tests.rewrite.test_passes import assert_becomes


def test_the_whole_of_an_equation_is_read_from_its_target() -> None:
    assert_becomes(
        share,
        "p[n] = exp(a[n] + c)\nq[n] = exp(a[n] + c) * a[n]\n",
        "p[n] = exp(c + a[n])\nq[n] = a[n] * p[n]\n",
        "p", "q",
    )  # fmt: skip


def test_the_largest_part_is_shared_first_and_then_what_is_left_of_it() -> None:
    assert_becomes(
        share,
        "p[n] = 2**exp(a[n])\nq[n] = tanh(2**exp(a[n]))\nr[n] = exp(a[n])\n",
        "v1[n] = exp(a[n])\np[n] = 2**v1[n]\nq[n] = tanh(p[n])\nr[n] = v1[n]\n",
        "p", "q", "r",
    )  # fmt: skip


def test_indices_and_their_order_make_no_difference() -> None:
    assert_becomes(
        share,
        "p[n,j] = 2 * exp(a[n] * b[j])\nq[k,m] = 3 * exp(a[m] * b[k])\n",
        "v1[n,j] = exp(a[n] * b[j])\np[n,j] = 2 * v1[n,j]\nq[k,m] = 3 * v1[m,k]\n",
        "p", "q",
    )  # fmt: skip


def test_a_part_is_a_tensor_over_its_own_indices_only() -> None:
    assert_becomes(
        share,
        "p[n,j] = exp(a[n]) * z[n,j]\nq[j,n] = exp(a[n]) + z[n,j]\n",
        "v1[n] = exp(a[n])\np[n,j] = v1[n] * z[n,j]\nq[j,n] = v1[n] + z[n,j]\n",
        "p", "q",
    )  # fmt: skip


def test_an_index_that_is_a_number_counts_as_well() -> None:
    assert_becomes(
        share,
        "p[n,j] = (j + 1) * exp(z[n,0] * j) for j in 3\n"
        "q[n,j] = a[n] * exp(z[n,0] * j) for j in 3\n",
        "v1[n,j] = exp(j * z[n,0]) for n in N, j in 3\n"
        "p[n,j] = (j + 1) * v1[n,j]\nq[n,j] = a[n] * v1[n,j]\n",
        "p", "q",
    )  # fmt: skip


def test_parts_over_different_extents_are_different() -> None:
    assert_becomes(
        share,
        """\
        p[i] = 2 * exp(w[i]) for i in 2
        q[k] = 3 * exp(w[k]) for k in 2
        r[k] = 5 * exp(w[k])
        """,
        """\
        v1[i] = exp(w[i]) for i in 2
        p[i] = 2 * v1[i]
        q[k] = 3 * v1[k]
        r[k] = 5 * exp(w[k])
        """,
        "p", "q", "r",
    )  # fmt: skip


def test_a_label_inside_an_index_is_no_part() -> None:
    assert_becomes(
        share,
        "p[n] = z[n,t[n]] * c\nq[n] = z[n,t[n]] * c + 1\n",
        "p[n] = z[n,t[n]] * c\nq[n] = p[n] + 1\n",
        "p", "q",
    )  # fmt: skip


def test_a_condition_is_no_part() -> None:
    same = "p[n] = where(a[n] > c + 1, a[n], 0)\nq[n] = where(a[n] > c + 1, 1, a[n])\n"
    assert_becomes(share, same, same, "p", "q")


def test_a_whole_choice_is_shared() -> None:
    assert_becomes(
        share,
        "p[n] = 2 * where(a[n] > c, a[n], c)\nq[n] = 3 * where(a[n] > c, a[n], c)\n",
        "v1[n] = where(a[n] > c, a[n], c)\np[n] = 2 * v1[n]\nq[n] = 3 * v1[n]\n",
        "p", "q",
    )  # fmt: skip


def test_a_part_of_a_sum_over_a_smaller_box_is_not_the_target() -> None:
    assert_becomes(
        share,
        "value p[4]\np[i] = exp(w[i]) for i in 3\nq[i] = 2 * exp(w[i]) for i in 3\n",
        "v1[i] = exp(w[i]) for i in 3\nvalue p[4]\np[i] = v1[i] for i in 3\nq[i] = 2 * v1[i]\n",
        "p", "q",
    )  # fmt: skip


# Contractions -----------------------------------------------------------------------------------


def test_factors_with_the_same_indices_are_one_operand() -> None:
    assert_becomes(
        share,
        "p[j] = sum[n](a[n]**2 * z[n,j] * exp(z[n,j]) * tanh(b[j]))\n",
        """\
        v1[n] = a[n]**2
        v2[n,j] = exp(z[n,j]) * z[n,j]
        v3[j] = tanh(b[j])
        p[j] = sum[n](v1[n] * v2[n,j] * v3[j])
        """,
        "p",
    )


def test_scalars_are_no_operand() -> None:
    assert_becomes(
        share,
        "p[j] = sum[n](z[n,j] * exp(a[n]) * exp(c))\n",
        "v1[n] = exp(a[n])\np[j] = sum[n](z[n,j] * v1[n] * exp(c))\n",
        "p",
    )


@pytest.mark.parametrize("scalar", ["", " * c"])
def test_a_sum_over_one_operand_stays(scalar: str) -> None:
    same = f"p[n] = sum[j](exp(z[n,j]) * z[n,j]{scalar})\n"
    assert_becomes(share, same, same, "p")


def test_what_is_not_summed_stays() -> None:
    same = "p[n,j] = exp(a[n]) * tanh(b[j])\n"
    assert_becomes(share, same, same, "p")


def test_a_maximum_of_products_stays() -> None:
    same = "p[j] = max[n](exp(a[n]) * z[n,j])\n"
    assert_becomes(share, same, same, "p")


def test_a_choice_is_chosen_where_it_is_summed() -> None:
    same = "p[j] = sum[n](where(a[n] > 0, a[n], 2) * z[n,j])\n"
    assert_becomes(share, same, same, "p")


# Scans ------------------------------------------------------------------------------------------

SCAN = """\
value h[N + 1,3]
h[0,j] = b[j]
"""


def test_what_no_step_changes_stands_above_the_scan_in_order() -> None:
    assert_becomes(
        share,
        f"""{SCAN}
scan n in N
    h[n+1,j] = tanh(h[n,j]) * exp(c)
    g[n,j] = tanh(h[n,j]) + exp(c) + tanh(c)
    u[n,j] = tanh(c) * h[n,j] + sigmoid(c)
    q[n,j] = sigmoid(c) * h[n,j]
end
""",
        """\
        value h[N + 1,3]
        h[0,j] = b[j]
        v1 = exp(c)
        v3 = tanh(c)
        v4 = sigmoid(c)
        scan n in N
            v2[n,j] = tanh(h[n,j])
            h[n + 1,j] += v1 * v2[n,j]
            g[n,j] = v2[n,j] + v1 + v3
            u[n,j] = v3 * h[n,j] + v4
            q[n,j] = v4 * h[n,j]
        end
        """,
        "h", "g", "u", "q",
    )  # fmt: skip


def test_the_operands_of_a_step_are_in_the_step_or_above_it() -> None:
    assert_becomes(
        share,
        f"""{SCAN}
scan n in N
    h[n+1,k] = sum[i](h[n,k] * exp(W[i,k]) * tanh(x[n,i]))
end
""",
        """\
        value h[N + 1,3]
        h[0,j] = b[j]
        v1[i,k] = exp(W[i,k])
        scan n in N
            v2[n,i] = tanh(x[n,i])
            h[n + 1,k] += sum[i](h[n,k] * v2[n,i] * v1[i,k])
        end
        """,
        "h",
    )


def test_a_value_of_a_step_is_shared_within_its_scan_only() -> None:
    assert_becomes(
        share,
        f"""{SCAN}
scan n in N
    h[n+1,j] = tanh(h[n,j] * b[j])
    g[n,j] = a[n] + tanh(h[n,j] * b[j])
end
q[n,j] = a[n] * tanh(h[n,j] * b[j]) for n in N
""",
        """\
        value h[N + 1,3]
        h[0,j] = b[j]
        scan n in N
            v1[j,n] = tanh(b[j] * h[n,j])
            h[n + 1,j] += v1[j,n]
            g[n,j] = a[n] + v1[j,n]
        end
        q[n,j] = a[n] * tanh(h[n,j] * b[j]) for n in N
        """,
        "h", "g", "q",
    )  # fmt: skip


def test_what_is_written_in_a_scan_is_not_read_above_it() -> None:
    same = f"""{SCAN}
scan n in N
    h[n+1,k] = sum[i](tanh(h[0,i]) * h[n,k] * a[n]) for i in 3
    g[n,j] = exp(h[0,j]) * h[n,j]
    u[n,j] = exp(h[0,j]) + h[n,j]
end
"""
    assert_becomes(share, same, same, "h", "g", "u")


def test_each_scan_has_what_it_needs_above_itself() -> None:
    assert_becomes(
        share,
        f"""{SCAN}
scan n in N
    h[n+1,j] = h[n,j] * exp(b[j]) + exp(b[j])
end
value g[N + 1]
g[0] = c
scan m in N
    g[m+1] = g[m] * exp(w[0]) * tanh(exp(w[0])) + tanh(c)
    u[m] = tanh(c)
end
""",
        """\
        value h[N + 1,3]
        h[0,j] = b[j]
        v1[j] = exp(b[j])
        scan n in N
            h[n + 1,j] += h[n,j] * v1[j] + v1[j]
        end
        value g[N + 1]
        g[0] = c
        v2 = exp(w[0])
        v3 = tanh(c)
        scan m in N
            g[m + 1] += g[m] * v2 * tanh(v2) + v3
            u[m] = v3
        end
        """,
        "h", "g", "u",
    )  # fmt: skip
