"""Infix notation: the fewest brackets that give the same expression back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Expr, Integer, Mul, Rational, exp, log, sqrt, tanh

from symbp.ir.functions import Where, maximum, relu, sigmoid
from symbp.ir.printer import decimal
from symbp.ir.program import Access, index
from symbp.ir.text import parse, scalar

n, i, j = index("n"), index("i"), index("j")
x, W, a, b = Access("x", n, i), Access("W", i, j), Access("a"), Access("b")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (a - b, "a - b"),
        (a - (b - 1), "a + 1 - b"),
        (1 - a, "1 - a"),
        (-a, "-a"),
        (-a - b, "-a - b"),
        (a * (b + 1), "(b + 1) * a"),
        (Mul(-1, 1 - a, a), "-(1 - a) * a"),
        (Mul(-2, a + 1, b), "-2 * (a + 1) * b"),
        (2 * (a + b), "2 * (a + b)"),
        (Mul(2, a + b, x), "2 * x[n,i] * (a + b)"),
        (2 * (a + b) * x, "x[n,i] * (2 * (a + b))"),
        (a / b, "a / b"),
        (a / (b * 3), "a / (3 * b)"),
        (1 / a, "1 / a"),
        (a / (b + 1) ** 2, "a / (b + 1)**2"),
        (a / 3, "a / 3"),
        (Rational(2, 3) * a, "2 * a / 3"),
        (a / 4, "0.25 * a"),
        (a**2, "a**2"),
        (a**-2, "1 / a**2"),
        ((-a) ** 3, "-a**3"),
        ((a + b) ** 2, "(a + b)**2"),
        (a**-b, "1 / a**b"),
        (a ** (b**2), "a**b**2"),
        (a ** (b + 1), "a**(b + 1)"),
        (2**a, "2**a"),
        ((-2) ** a, "(-2)**a"),
        (sqrt(a), "sqrt(a)"),
        (1 / sqrt(a), "1 / sqrt(a)"),
        (exp(-a), "exp(-a)"),
        (abs(a), "abs(a)"),
        (maximum(a, b + 1), "maximum(a, b + 1)"),
        (Where((a > 0) & (b < 1), a, 0), "where(a > 0 and b < 1, a, 0)"),
        (Where((a > 0) | (b < 1), a, 0), "where(a > 0 or b < 1, a, 0)"),
        (x * W, "x[n,i] * W[i,j]"),
        (Access("y", 2 * i + 1), "y[2 * i + 1]"),
    ],
    ids=str,
)
def test_formulas_are_written_with_few_brackets(expression: Expr, expected: str):
    assert scalar(expression, (n, j)) == expected


def test_factors_come_in_the_order_of_the_targets_indices():
    assert scalar(x * W, (n, j)) == "x[n,i] * W[i,j]"
    assert scalar(x * W, (j, n)) == "W[i,j] * x[n,i]"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (Rational(1, 10), "0.1"), (Rational(1, 3), None), (Rational(1, 10**8), "1e-08"),
        (Integer(7), "7"), (Integer(10**20), None), (Rational(-5, 2), "-2.5"),
    ],
)  # fmt: skip
def test_decimals_are_exact_or_left_alone(number: Rational, expected: str | None):
    assert decimal(number) == expected


numbers = st.fractions(-5, 5, max_denominator=12).map(
    lambda q: Rational(q.numerator, q.denominator)
)
leaves = numbers | st.sampled_from((a, b, Access("x", Integer(0), i), Access("x", i, 2 * i + 1)))


def composed(parts: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    """Draw an expression of smaller ones."""
    pairs = st.tuples(parts, parts)
    return st.one_of(
        pairs.map(lambda p: p[0] + p[1]),
        pairs.map(lambda p: p[0] - p[1]),
        pairs.map(lambda p: p[0] * p[1]),
        pairs.map(lambda p: p[0] / (p[1] ** 2 + 1)),
        parts.map(lambda p: -p),
        parts.map(lambda p: p**2),
        parts.map(lambda p: sqrt(p**2 + 1)),
        parts.map(lambda p: 1 / (p**2 + 2)),
        parts.map(exp),
        parts.map(tanh),
        parts.map(sigmoid),
        parts.map(lambda p: log(p**2 + 3)),
        parts.map(relu),
        parts.map(abs),
        pairs.map(lambda p: maximum(*p)),
        pairs.map(lambda p: (a**2 + 1) ** p[0]),
        pairs.map(lambda p: Where(p[0] > p[1], p[0], p[1] * b)),
        pairs.map(lambda p: Where((a < p[0]) | ((b >= p[1]) & (a > 1)), p[0], 2)),
    )


@given(st.recursive(leaves, composed, max_leaves=8))
def test_parsing_what_is_printed_gives_the_same_expression(expression: Expr):
    source = f"param a, b, x[4,4]\nvalue y[1]\ny[0] += {scalar(expression)} for i in 1"
    assert parse(source).equations[0].body == expression
