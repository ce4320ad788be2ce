"""Partial sums come first, and nothing is computed for an index that it lacks."""

from __future__ import annotations

import pytest

from symbp.rewrite import narrow
from tests.rewrite.test_passes import assert_becomes


def test_an_index_that_only_some_factors_have_is_summed_first() -> None:
    assert_becomes(
        narrow,
        "y[j] = sum[n,i](x[n,i] * z[n,j])\n",
        "y_inner[n] = sum[i](x[n,i])\ny[j] = sum[n](y_inner[n] * z[n,j])\n",
        "y",
    )


def test_all_factors_with_the_index_are_summed_together() -> None:
    assert_becomes(
        narrow,
        "y[j] = sum[n,i](x[n,i] * w[i]**2 * z[n,j] * a[n])\n",
        "y_inner[n] = sum[i](x[n,i] * w[i]**2)\ny[j] = sum[n](y_inner[n] * z[n,j] * a[n])\n",
        "y",
    )


def test_an_element_of_another_axis_is_a_factor_like_any_other() -> None:
    assert_becomes(
        narrow,
        "y[j] = sum[n,i](x[n,i] * W[i,0] * z[n,j])\n",
        "y_inner[n] = sum[i](W[i,0] * x[n,i])\ny[j] = sum[n](z[n,j] * y_inner[n])\n",
        "y",
    )


def test_indices_that_go_together_are_summed_together() -> None:
    assert_becomes(
        narrow,
        "y[j] = sum[n,i](x[n,i] * b[j])\n",
        "y_inner = sum[n,i](x[n,i])\ny[j] = b[j] * y_inner\n",
        "y",
    )


def test_a_partial_sum_has_its_indices_as_they_lie_in_memory() -> None:
    assert_becomes(
        narrow,
        "y[j,m] = sum[i,n](x[n,i] * W[i,j] * z[n,j] * a[m])\n",
        """\
        y_inner[j,n] = sum[i](W[i,j] * x[n,i])
        y_inner_2[j] = sum[n](y_inner[j,n] * z[n,j])
        y[j,m] = y_inner_2[j] * a[m]
        """,
        "y",
    )


def test_one_sum_after_the_other() -> None:
    assert_becomes(
        narrow,
        "y[m] = sum[n,i,j](x[n,i] * a[m] * b[j])\n",
        "y_inner = sum[n,i](x[n,i])\ny_inner_2 = sum[j](b[j])\ny[m] = a[m] * y_inner * y_inner_2\n",
        "y",
    )


def test_what_does_not_depend_on_an_index_is_computed_once_for_it() -> None:
    assert_becomes(
        narrow,
        "y[n,i] = 2 * a[n] for i in 4\n",
        "y_once[n] = 2 * a[n]\ny[n,i] = y_once[n] for n in N, i in 4\n",
        "y",
    )
    assert_becomes(
        narrow,
        "y[i,n] = sum[j](z[n,j]) for i in 4\n",
        "y_once[n] = sum[j](z[n,j])\ny[i,n] = y_once[n] for i in 4, n in N\n",
        "y",
    )


def test_a_sum_that_is_one_of_several_terms_is_computed_once_too() -> None:
    assert_becomes(
        narrow,
        "y[n,i] = x[n,i]\ny[n,i] += sum[j](z[n,j]) for i in 4\n",
        "y[n,i] = x[n,i]\ny_once[n] = sum[j](z[n,j])\ny[n,i] += y_once[n]\n",
        "y",
    )


@pytest.mark.parametrize(
    "equation",
    [
        "y[n,j] = sum[i](x[n,i] * W[i,j])",
        "y[n] = sum[i](x[n,i] * a[n])",
        "y[n,i] = a[n] for i in 4",
        "y[n,i] = 2 * a[n] for i in 1",
        "y[n,i] = exp(a[n]) for i in 4\ny[n,i] += x[n,i]",
        "y[j] = max[n,i](x[n,i] * z[n,j])",
        "y[n,i] = max[j](z[n,j]) for i in 4",
        "value y[6]\ny[i + j] = sum[n](x[n,i] * b[j]) for n in N",
        "value y[N + 1,3]\ny[0,j] = b[j]\n"
        "scan n in N\n    y[n + 1,j] += sum[i](x[n,i] * y[n,j] * w[i])\nend",
    ],
)
def test_what_has_nothing_to_leave_out_stays(equation: str) -> None:
    assert_becomes(narrow, f"{equation}\n", f"{equation}\n", "y")


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert_becomes(
        narrow,
        "y_inner = c\ny[j] = sum[n,i](x[n,i] * z[n,j] * y_inner)\n",
        """\
        y_inner = c
        y_inner_2[n] = sum[i](x[n,i])
        y[j] = sum[n](z[n,j] * y_inner * y_inner_2[n])
        """,
        "y",
    )
