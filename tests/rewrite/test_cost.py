"""What expressions cost: the measure by which rewrites are chosen, in multiplications."""

from __future__ import annotations

import pytest
from sympy import Expr

from symbp.ir.text import parse
from symbp.rewrite.cost import cheapest, cost


def body(text: str) -> Expr:
    return parse(f"input a[N], b[N], c[N]\ny[n] = {text} for n in N").equations[0].body


FREE = ["a[n]", "7", "N + 1", "2 * exp(-N)", "-a[n]"]
PRODUCTS = {
    "2 * a[n]": 1, "-2 * a[n]": 1, "N * a[n]": 1, "2 * N * a[n]": 1, "-N * a[n]": 1,
    "a[n] * b[n]": 1, "-a[n] * b[n]": 1, "a[n] * b[n] * c[n]": 2, "3 * a[n] * b[n]": 2,
}  # fmt: skip
DIVISIONS = {
    "1 / a[n]": 3, "2 / a[n]": 3, "a[n] / b[n]": 3, "-a[n] / b[n]": 3, "2 * a[n] / b[n]": 4,
    "1 / (a[n] * b[n])": 4, "a[n] / (b[n] * c[n])": 4, "a[n]**(-2)": 4, "a[n]**(-9)": 23,
    "1 / sqrt(a[n])": 6, "a[n] / N": 1,
}  # fmt: skip
POWERS = {
    "a[n]**2": 1, "a[n]**8": 7, "a[n]**9": 20, "sqrt(a[n])": 3, "a[n]**(1/3)": 20,
    "a[n]**N": 20, "2**a[n]": 20,
}  # fmt: skip
SUMS = {
    "a[n] + 1": 1, "a[n] - b[n]": 1, "a[n] + b[n] + c[n]": 2, "-a[n] - b[n]": 1,
    "2 * a[n] + 3 * b[n]": 3, "(a[n] + b[n])**2": 2,
}  # fmt: skip
SHARED_NUMBERS = {
    "2 * a[n] + 2 * b[n]": 2, "2 * a[n] + 4 * b[n] + 6": 3, "2 * N * a[n] + 2 * b[n]": 3,
    "2 * a[n] + 2 * b[n] + 2 * c[n]": 3, "-2 * a[n] - 2 * b[n]": 2,
}  # fmt: skip
CHOICES = {
    "relu(a[n])": 1, "abs(a[n])": 1, "sign(a[n])": 1, "floor(a[n])": 1, "maximum(a[n], b[n])": 1,
    "minimum(a[n], b[n])": 1, "where(a[n] > 0, b[n], 0)": 2,
    "where(a[n] > 0 and b[n] > 0, c[n], 0)": 4,
}  # fmt: skip
FUNCTIONS = {"exp(a[n])": 20, "tanh(a[n])": 20, "2 * exp(a[n] * b[n])": 22, "a[n] * exp(b[n])": 21}


@pytest.mark.parametrize("text", FREE)
def test_elements_signs_and_what_is_computed_once_for_a_tensor_are_free(text: str) -> None:
    assert cost(body(text)) == 0


@pytest.mark.parametrize(("text", "expected"), PRODUCTS.items())
def test_a_product_costs_one_for_each_factor_but_the_first(text: str, expected: int) -> None:
    """The constants are one factor together; a sign alone is none."""
    assert cost(body(text)) == expected


@pytest.mark.parametrize(("text", "expected"), DIVISIONS.items())
def test_a_division_costs_three_and_all_that_is_below_is_one(text: str, expected: int) -> None:
    assert cost(body(text)) == expected


@pytest.mark.parametrize(("text", "expected"), POWERS.items())
def test_small_powers_are_products_and_others_functions(text: str, expected: int) -> None:
    assert cost(body(text)) == expected


@pytest.mark.parametrize(("text", "expected"), SUMS.items())
def test_a_sum_costs_one_for_each_term_but_the_first(text: str, expected: int) -> None:
    assert cost(body(text)) == expected


@pytest.mark.parametrize(("text", "expected"), SHARED_NUMBERS.items())
def test_a_number_that_all_terms_share_is_multiplied_once(text: str, expected: int) -> None:
    assert cost(body(text)) == expected


@pytest.mark.parametrize(("text", "expected"), CHOICES.items())
def test_comparing_and_choosing_cost_one_each(text: str, expected: int) -> None:
    assert cost(body(text)) == expected


@pytest.mark.parametrize(("text", "expected"), FUNCTIONS.items())
def test_a_function_costs_twenty(text: str, expected: int) -> None:
    assert cost(body(text)) == expected


def test_the_first_of_the_cheapest_is_chosen() -> None:
    dear, one, other = (body(text) for text in ("exp(a[n])", "a[n] + 1", "b[n] + 1"))
    assert cheapest(dear, one, other) == one
    assert cheapest(dear, other, one) == other
