"""The table of identities, line by line: what each makes of a body, and what it leaves alone."""

from __future__ import annotations

import pytest

from symbp.ir.program import Equation
from symbp.ir.text import text
from symbp.ir.trace import recording
from symbp.ir.visit import DEAD
from symbp.rewrite import algebra
from symbp.rewrite.algebra import RULES
from tests.rewrite.test_passes import assert_same, program

SIGMOID = "1 / (1 + exp(-u)) = sigmoid(u)"
SOFTPLUS = "log(1 + exp(u)) = softplus(u)"
LOG_SIGMOID = "log sigmoid(u) = -softplus(-u)"
LOG_PRODUCT = "log(a exp(u) / b) = log a + u - log b"
LOG1P = "log(1 + u) = log1p(u)"
EXPM1 = "exp(u) - 1 = expm1(u)"
EXP_SIGMOID = "exp(u) sigmoid(-u) = sigmoid(u)"
RELU = "relu(u) > 0 where u > 0"
EXP_PRODUCT = "exp(a) exp(b) = exp(a + b)"
WHERE_PRODUCT = "a where(c, b, 0) = where(c, a b, 0)"
WHERE_TWICE = "where(c, where(c, a, b), d) = where(c, a, d)"
OPPOSITE = "sigmoid(-u) = 1 - sigmoid(u)"
DISTRIBUTED = "a (b / a + c) = b + a c"
COMMON = "a b + a c = a (b + c)"
POSITIVE = "-(a - b) = b - a"
CONTENT = "(2 a - 2 b) c = 2 c (a - b)"
EVEN = "(b - a)^2 = (a - b)^2"

ONE_STEP = [
    ("1 / (1 + exp(-a[n]))", SIGMOID, "sigmoid(a[n])"),
    ("1 / (1 + exp(2 * a[n]))", SIGMOID, "sigmoid(-2 * a[n])"),
    ("log(1 + exp(-a[n])) + a[n]", SOFTPLUS, "a[n] + softplus(-a[n])"),
    ("log1p(exp(a[n]))", SOFTPLUS, "softplus(a[n])"),
    ("log(sigmoid(-a[n]))", LOG_SIGMOID, "-softplus(a[n])"),
    ("log(1 - sigmoid(a[n]))", LOG_SIGMOID, "-softplus(a[n])"),
    ("log1p(-sigmoid(a[n]))", LOG_SIGMOID, "-softplus(a[n])"),
    ("log(exp(a[n]) * c)", LOG_PRODUCT, "a[n] + log(c)"),
    ("log(exp(c) / softplus(a[n]))", LOG_PRODUCT, "c - log(softplus(a[n]))"),
    ("log(exp(c) / softplus(a[n])**3)", LOG_PRODUCT, "c - 3 * log(softplus(a[n]))"),
    ("log(c / exp(a[n])**2)", LOG_PRODUCT, "log(c) - 2 * a[n]"),
    ("log(1 + 2 * exp(a[n]))", LOG1P, "log1p(2 * exp(a[n]))"),
    ("log(1 + exp(a[n]) + c)", LOG1P, "log1p(c + exp(a[n]))"),
    ("log(1 - a[n])", LOG1P, "log1p(-a[n])"),
    ("exp(a[n]) + c - 1", EXPM1, "c + expm1(a[n])"),
    ("exp(a[n]) + exp(c) - 1", EXPM1, "exp(a[n]) + expm1(c)"),
    ("exp(a[n]) * exp(c) * exp(w[0]) * b[1]", EXP_PRODUCT, "exp(c + a[n] + w[0]) * b[1]"),
    ("exp(a[n] - c) * exp(c - a[n])", EXP_PRODUCT, "1"),
    ("exp(a[n]) * sigmoid(-a[n]) * c", EXP_SIGMOID, "sigmoid(a[n]) * c"),
    ("exp(-a[n]) * sigmoid(a[n])**2", EXP_SIGMOID, "sigmoid(-a[n]) * sigmoid(a[n])"),
    ("where(relu(a[n]) > 0, 1, 0)", RELU, "where(a[n] > 0, 1, 0)"),
    ("where(a[n] > 0, 0, c) * a[n] * 2", WHERE_PRODUCT, "where(a[n] > 0, 0, 2 * a[n] * c)"),
    ("where(a[n] > 0, where(a[n] > 0, c, 1), 2)", WHERE_TWICE, "where(a[n] > 0, c, 2)"),
    ("sigmoid(-a[n]) + sigmoid(a[n])", OPPOSITE, "1"),
    ("sigmoid(-a[n]) * a[n] + sigmoid(a[n]) * a[n]", OPPOSITE, "a[n]"),
    ("a[n] * (1 / a[n] + c)", DISTRIBUTED, "a[n] * c + 1"),
    ("a[n] * c + a[n] * b[0]", COMMON, "(c + b[0]) * a[n]"),
    ("a[n] * (c + b[0]) - a[n] * c", COMMON, "a[n] * b[0]"),
    ("-(a[n] - c) * b[0]", POSITIVE, "(c - a[n]) * b[0]"),
    ("-(a[n] + b[1] + c) * (b[0] - b[1])", POSITIVE, "(c + a[n] + b[1]) * (b[1] - b[0])"),
    ("log(softplus(a[n]) / softplus(c))", LOG_PRODUCT, "log(softplus(a[n])) - log(softplus(c))"),
    ("log(softplus(a[n])**2 / exp(c))", LOG_PRODUCT, "log(softplus(a[n])**2) - c"),
    ("exp(a[n]) * exp(-c) / exp(2 * w[0])", EXP_PRODUCT, "exp(a[n] - c - 2 * w[0])"),
    ("sigmoid(c - a[n]) * (1 - sigmoid(a[n] - c))", OPPOSITE, "sigmoid(c - a[n])**2"),
    ("sigmoid(-a[n]) / (1 - sigmoid(a[n]))", OPPOSITE, "1"),
    ("(1 + a[n]) * (c + 1 / (1 + a[n]))", DISTRIBUTED, "(a[n] + 1) * c + 1"),
    ("(b[0] / a[n] + b[1] / c) * a[n] * c", DISTRIBUTED, "c * b[0] + a[n] * b[1]"),
    ("a[n] * exp(c) + a[n] * exp(c)**2", COMMON, "a[n] * (exp(c) + 1) * exp(c)"),
    ("(a[n] + c) * b[0] + (a[n] + c) * b[1]", COMMON, "(c + a[n]) * (b[0] + b[1])"),
    ("(a[n] + c) * (a[n] - c) + c**2", COMMON, "a[n]**2"),
    ("N * a[n] + N * c", COMMON, "N * (c + a[n])"),
    ("(2 * a[n] - 2 * c) * (2 * b[0] - 2 * b[1])", CONTENT, "4 * (a[n] - c) * (b[0] - b[1])"),
    ("3 * (2 * a[n] - 2 * c) * b[0]", CONTENT, "6 * (a[n] - c) * b[0]"),
    ("b[0] * (a[n] + exp(a[n] + c)) - a[n] * b[0]", COMMON, "b[0] * exp(a[n] + c)"),
    ("sigmoid(-a[n]) * exp(b[0] + c) + sigmoid(a[n]) * exp(b[0] + c)", OPPOSITE, "exp(b[0] + c)"),
    ("log(softplus(a[n]) / c)", LOG_PRODUCT, "log(softplus(a[n])) - log(c)"),
    ("(-a[n] - c)**4", EVEN, "(c + a[n])**4"),
    ("1 / (-a[n] - c)**2", EVEN, "1 / (c + a[n])**2"),
]

LEFT_ALONE = [
    "1 / (1 + exp(a[n]))**2", "1 / (2 + exp(a[n]))", "1 / (1 + exp(a[n]) + exp(c))",
    "1 / (1 + a[n])", "log(2 + exp(a[n]))", "log1p(c)",
    "log(a[n] / c)", "log(1 / a[n])", "log(a[n] * c)", "log(a[n]**2 * c)",
    "exp(a[n]) * c", "exp(a[n]) + 1", "a[n] - 1", "sigmoid(a[n]) - 1", "1 - sigmoid(a[n])",
    "exp(a[n]) * sigmoid(c)", "exp(a[n]) * sigmoid(a[n])",
    "where(relu(a[n]) > 1, 1, 0)", "where(tanh(a[n]) > 0, 1, 0)",
    "a[n] * where(a[n] > 0, c, 1)", "where(a[n] > 0, where(c > 0, c, 1), 2)",
    "where(a[n] > 0, 2, where(a[n] > 0, c, 1))",
    "sigmoid(-a[n]) * sigmoid(a[n])", "sigmoid(-a[n]) * c", "sigmoid(-a[n]) + sigmoid(c)",
    "a[n] * (b[0] / c + 1)", "a[n] * c + a[n] * b[0] + b[1]",
    "(c + a[n])**2", "-a[n] * c", "-(a[n] - c - b[1]) * b[0]", "-2 * (a[n] - c) * b[0]",
    "log(1 / softplus(a[n]))", "log(a[n] * c / softplus(b[0]))",
    "log(exp(c) + a[n])", "log(a[n]**2 / b[0])", "log(softplus(a[n]) / b[0]**2)",
    "(2 * a[n] - 2 * c) * b[0]", "(2 * a[n] - 4 * c) * (3 * b[0] + 3 * b[1])",
    "(-a[n] - c)**3", "(-a[n] - c)**N", "(1 / (a[n] + 1) + c) * a[n]",
    "exp(2 * a[n]) * sigmoid(-a[n])",
    "a[n] * c + c * b[0] + a[n] * b[1] + b[0] * b[1]",
]  # fmt: skip


@pytest.mark.parametrize(("before", "rule", "after"), ONE_STEP)
def test_an_identity_is_one_step(before: str, rule: str, after: str) -> None:
    old = program(f"y[n] = {before} for n in N\n", "y")
    with recording() as trace:
        new = algebra(old)
    assert text(new) == text(program(f"y[n] = {after} for n in N\n", "y"))
    assert [step.rule for step in trace.steps] == [rule]
    assert trace.steps[0].after == new.equations
    assert_same(old, new)


@pytest.mark.parametrize("body", LEFT_ALONE)
def test_what_no_identity_makes_better_stays(body: str) -> None:
    old = program(f"y[n] = {body} for n in N\n", "y")
    assert algebra(old) == old


def test_several_identities_are_told_one_after_the_other() -> None:
    with recording() as trace:
        algebra(program("y[n] = c * exp(a[n]) / (1 + exp(a[n]))\n", "y"))
    assert [step.rule for step in trace.steps] == [SIGMOID, EXP_SIGMOID]
    assert text_of(trace.steps[0].after[0]) == "exp(a[n])*sigmoid(-a[n])*c"
    assert text_of(trace.steps[1].before[0]) == "exp(a[n])*sigmoid(-a[n])*c"


def test_every_identity_has_a_row_here() -> None:
    assert {name for name, _ in RULES} == {rule for _, rule, _ in ONE_STEP}


def text_of(equation: Equation) -> str:
    return str(equation.body)


def test_where_all_terms_add_nothing_one_equation_says_zero() -> None:
    with recording() as trace:
        new = algebra(program("p[n] = a[n] - a[n] for n in N\np[n] += c - c for n in N\n", "p"))
    assert text(new, declarations=False) == "p[i0] = 0 for i0 in N\n"
    assert [(step.rule, len(step.after)) for step in trace.steps] == [("zero", 1), (DEAD, 0)]


def test_a_term_that_adds_nothing_goes_wherever_it_stands() -> None:
    nothing = "p[n] += c - c for n in N\n"
    with recording() as trace:
        new = algebra(program(f"{nothing}p[n] += a[n]\n{nothing}", "p"))
    assert text(new, declarations=False) == "p[n] = a[n]\n"
    assert [(step.rule, step.target) for step in trace.steps] == [(DEAD, "p")] * 2


def test_a_maximum_of_zeros_stays() -> None:
    old = program("m[n] = max[j](z[n,j] - z[n,j]) for n in N, j in 3\n", "m")
    assert text(algebra(old), declarations=False) == "m[n] = max[j](0) for n in N, j in 3\n"


def test_a_step_of_zeros_stays_in_its_scan() -> None:
    scan = "value h[N + 1]\nscan n in N\n    h[n + 1] = 0 * h[n] for n in N\nend\n"
    old = program(scan, "h")
    assert algebra(old).equations == old.equations


def large(term: str) -> str:
    return " + ".join(term.format(k) for k in range(2, 14))


@pytest.mark.parametrize(
    "body", [large("a[n] * tanh({} * a[n])"), f"a[n] * (c / a[n] + {large('tanh({} * a[n])')})"]
)
def test_a_large_body_is_not_multiplied_out(body: str) -> None:
    old = program(f"y[n] = {body}\n", "y")
    assert algebra(old) == old
