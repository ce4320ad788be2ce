"""The scalar functions: their slopes away from kinks, and what the house says at kinks."""

import numpy as np
import pytest
from sympy import Abs, Heaviside, Max, Min, Mod, Piecewise, Rational, floor, log, sign, sqrt, tanh

from symbp.errors import LanguageError
from symbp.ir.functions import (
    FUNCTIONS,
    Where,
    canonical,
    maximum,
    minimum,
    relu,
    sigmoid,
    slope,
    softplus,
)
from symbp.ir.interpret import FLOATS, high_precision, interpret
from symbp.ir.program import Access, Program, index
from symbp.ir.text import parse
from symbp.ir.visit import map_bodies

x, y, a = Access("x", index("i")), Access("y", index("i")), Access("a")
INSIDE = {"log": (0.3, 4.0), "log1p": (-0.7, 4.0), "sqrt": (0.3, 4.0), "asin": (-0.9, 0.9),
          "acos": (-0.9, 0.9)}  # fmt: skip
"""Where a function is defined, if not everywhere."""


@pytest.mark.parametrize(
    "name", [n for n, (_, count) in FUNCTIONS.items() if count == 1 and n != "stop_gradient"]
)
def test_the_slope_is_the_limit_of_differences(name: str):
    program = parse(f"input x[N]\ny[i] = {name}(x[i])")
    derived = map_bodies(program, lambda equation: slope(equation.body, x))
    points = [Rational(float(p)) for p in np.linspace(*INSIDE.get(name, (-1.3, 1.45)), 7)]
    step = Rational(1, 10**20)

    def run(program: Program, shift: Rational) -> np.ndarray:
        return interpret(program, {"x": [p + shift for p in points]}, high_precision(60))["y"]

    differences = (run(program, step) - run(program, -step)) * 10**20 / 2
    assert (abs(run(derived, 0) - differences) < 1e-30).all()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (relu(x), Where(relu(x) > 0, 1, 0)),
        (Max(x, 0), Where(x > 0, 1, 0)),
        (Abs(x), sign(x)),
        (sign(x), 0),
        (floor(x), 0),
        (Mod(x, 2), 1),
        (Heaviside(x), 0),
        (maximum(x, y), Where(x >= y, 1, 0)),
        (maximum(y, x), Where(y >= x, 0, 1)),
        (minimum(x, y), Where(x <= y, 1, 0)),
        (minimum(y, x), Where(y <= x, 0, 1)),
        (Where(x > 1, x**2, y), Where(x > 1, 2 * x, 0)),
        (Abs(log(x)), sign(log(x)) / x),
        (sign(log(x)) * x, sign(log(x))),
        (tanh(x), 1 - tanh(x) ** 2),
        (sigmoid(x), sigmoid(x) * (1 - sigmoid(x))),
        (softplus(x), sigmoid(x)),
        (x**a, a * x ** (a - 1)),
        (sqrt(x**2 + 1), x / sqrt(x**2 + 1)),
        (sqrt(x * y), y / (2 * sqrt(x * y))),
        (1 / x, -(x**-2)),
        (Rational(2) ** x, log(2) * 2**x),
        (y, 0),
    ],
    ids=str,
)
def test_slopes_are_those_of_the_house(expression, expected):
    assert slope(expression, x) == expected


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (Max(x, 0), relu(x)),
        (Min(x, y), minimum(x, y)),
        (Heaviside(x), Where(x > 0, 1, 0)),
        (Piecewise((x, x > 1), (y, x > 0), (a, True)), Where(x > 1, x, Where(x > 0, y, a))),
    ],
    ids=str,
)
def test_functions_with_corners_of_their_own_are_replaced(theirs, ours):
    assert canonical(theirs) == ours


def test_a_piecewise_without_a_last_case_is_refused():
    with pytest.raises(LanguageError, match="last case"):
        canonical(Piecewise((x, x > 1)))


STABLE = ("sigmoid", "softplus", "tanh", "exp", "expm1", "relu", "abs", "erf", "normal_cdf", "atan")


@pytest.mark.parametrize("name", STABLE)
@pytest.mark.parametrize("value", [-1e4, -800.0, -40.0, -1e-9, 0.0, 1e-9, 40.0, 700.0, 1e4])
def test_stable_functions_are_right_far_out(name: str, value: float):
    program = parse(f"input x\ny = {name}(x)")
    got = interpret(program, {"x": value}, FLOATS)["y"][()]
    exact = float(interpret(program, {"x": value}, high_precision(60))["y"][()])
    assert got == pytest.approx(exact, rel=1e-15, abs=0)


@pytest.mark.parametrize(
    ("formula", "value", "expected"),
    [
        ("log(x)", 0.0, -np.inf), ("log(x)", -1.0, np.nan), ("sqrt(x)", -1.0, np.nan),
        ("1 / x", 0.0, np.inf), ("x**3", -1e200, -np.inf), ("cosh(x)", -1e4, np.inf),
        ("sinh(x)", -1e4, -np.inf), ("sin(x)", np.inf, np.nan), ("log1p(x)", -1.0, -np.inf),
        ("sign(x)", np.inf, 1.0), ("asin(x)", 2.0, np.nan),
    ],
)  # fmt: skip
def test_floats_go_to_infinity_and_nan_as_arrays_do(formula: str, value: float, expected: float):
    program = parse(f"input x\ny = {formula}")
    got = interpret(program, {"x": value})["y"][()]
    assert got == expected or np.isnan([got, expected]).all()
