"""Factors leave the sums that they do not depend on, and indices that nothing depends on go."""

from __future__ import annotations

import pytest

from symbp.rewrite import hoist
from tests.rewrite.test_passes import assert_becomes, told


def test_a_sign_is_a_factor() -> None:
    assert_becomes(
        hoist, "p[n] = sum[i](-x[n,i])\n", "p_sum[n] = sum[i](x[n,i])\np[n] = -p_sum[n]\n", "p"
    )


def test_sizes_and_scalars_are_factors() -> None:
    assert_becomes(
        hoist,
        "p = sum[n,i](a[n] * x[n,i] * c / N)\n",
        "p_sum = sum[n,i](a[n] * x[n,i])\np = c * p_sum / N\n",
        "p",
    )


def test_an_index_without_a_factor_leaves_with_the_others() -> None:
    assert_becomes(
        hoist,
        "p[n] = sum[i,k](x[n,i] * a[n]) for k in 5\n",
        "p_sum[n] = sum[i](x[n,i])\np[n] = 5 * a[n] * p_sum[n]\n",
        "p",
    )


def test_a_sum_of_equal_terms_is_a_product() -> None:
    assert_becomes(
        hoist, "p[n] = sum[i](a[n] * c) for i in 4\n", "p[n] = 4 * a[n] * c\n", "p"
    )  # fmt: skip


def test_what_stays_has_the_axes_of_the_target() -> None:
    assert_becomes(
        hoist,
        "p[j,n] = sum[i](c * x[n,i] * b[j])\n",
        """\
        p_sum[j,n] = sum[i](x[n,i]) for j in 3, n in N
        p[j,n] = c * b[j] * p_sum[j,n]
        """,
        "p",
    )


def test_a_sum_into_a_part_of_a_tensor_is_hoisted_within_that_part() -> None:
    assert_becomes(
        hoist,
        "value p[6]\np[k] = sum[i](c * w[i] * W[i,k]) for k in 3\n",
        """\
        p_sum[k] = sum[i](w[i] * W[i,k])
        value p[6]
        p[k] = c * p_sum[k] for k in 3
        """,
        "p",
    )


def test_one_of_several_terms_is_hoisted_by_itself() -> None:
    assert_becomes(
        hoist,
        "p[n] = a[n]\np[n] += sum[i](a[n] * x[n,i])\n",
        "p[n] = a[n]\np_sum[n] = sum[i](x[n,i])\np[n] += a[n] * p_sum[n]\n",
        "p",
    )


@pytest.mark.parametrize(
    "equation",
    [
        "p[n] = x[n,0] * c",
        "p[n] = max[i](x[n,i] * c)",
        "p[n] = sum[i](a[n] + x[n,i])",
        "p[n] = sum[i](x[n,i] * w[i])",
        "value p[7]\np[i + j] = sum[n](x[n,i] * c) for i in 4, j in 3, n in N",
        "value p[N + 1]\np[0] = c\nscan n in N\n    s = sum[n](2 * p[n])\n"
        "    p[n + 1] = p[n] * a[n]\nend",
    ],
)
def test_what_has_no_factor_to_leave_stays(equation: str) -> None:
    assert_becomes(hoist, f"{equation}\n", f"{equation}\n", "p")


def test_a_step_of_a_scan_is_hoisted_within_its_scan() -> None:
    assert_becomes(
        hoist,
        """\
        value h[N + 1]
        h[0] = c
        scan n in N
            h[n + 1] = h[n]
            s[n] = sum[i](h[n] * x[n,i])
        end
        """,
        """\
        value h[N + 1]
        h[0] = c
        scan n in N
            h[n + 1] += h[n]
            s_sum[n] = sum[i](x[n,i])
            s[n] = h[n] * s_sum[n]
        end
        """,
        "s",
    )


def test_both_ways_are_told() -> None:
    assert told(hoist, "p[n] = sum[i](x[n,i] * c)\n", "p") == [
        "constant out of a sum: p[n] = sum[i](x[n,i] * c)"
        " -> p_sum[n] = sum[i](x[n,i]); p[n] = p_sum[n] * c"
    ]
    assert told(hoist, "p = sum[n](c) for n in N\n", "p") == [
        "a sum of equal terms: p = sum[n](c) -> p = N * c"
    ]
