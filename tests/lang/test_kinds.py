"""What formulas in Python may be made of, and the mistakes that are named."""

from __future__ import annotations

import fractions
import math

import numpy as np
import pytest
import sympy
from sympy import Rational

import symbp.lang as bp
from symbp.errors import LanguageError, ShapeError, SymbpError
from symbp.ir.functions import Where, canonical, slope

U = sympy.Symbol("u", real=True)
n, j = bp.indices("n j")

ELEMENTARY = [
    sympy.sec, sympy.csc, sympy.cot, sympy.asinh, sympy.sech, sympy.csch, sympy.coth, sympy.sinc,
    sympy.acot, sympy.erfc, sympy.frac, sympy.ceiling, sympy.acsch, sympy.atanh, sympy.acosh,
    sympy.asech, sympy.acoth, sympy.asec, sympy.acsc,
]  # fmt: skip


@pytest.mark.parametrize("function", ELEMENTARY, ids=lambda f: f.__name__)
def test_an_elementary_function_has_a_formula_of_the_same_value_and_slope(function):
    at = {"acosh": 1.7, "acoth": 1.7, "asec": 1.7, "acsc": 1.7}.get(function.__name__, 0.3)
    formula = canonical(function(U))
    bp.dense(bp.input("x", "N", 3), 2, function(U))
    assert not formula.has(function)
    assert _value(formula, at) == pytest.approx(float(function(at)), rel=1e-13)
    step = 1e-6
    expected = (float(function(at + step)) - float(function(at - step))) / (2 * step)
    assert _value(slope(formula, U), at) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def _value(formula, at):
    """Return a formula's value; of where(c, a, b) only what holds."""
    value = formula.xreplace({U: sympy.Float(at, 30)})
    return float(value.doit().evalf(25))


@pytest.mark.parametrize("at", [0, -3, 5, 1e-9])
def test_asinh_and_sinc_are_right_at_their_seams(at):
    assert _value(canonical(sympy.asinh(U)), at) == pytest.approx(math.asinh(at), rel=1e-13)
    assert _value(slope(canonical(sympy.asinh(U)), U), at) == pytest.approx((1 + at**2) ** -0.5)
    assert _value(canonical(sympy.sinc(U)), at) == pytest.approx(float(sympy.sinc(at)), rel=1e-13)


@pytest.mark.parametrize(
    ("formula", "named"),
    [
        (sympy.gamma(U), r"gamma\(u\)"),
        (sympy.LambertW(U), "LambertW"),
        (sympy.besselj(0, U), "besselj"),
        (sympy.Sum(U * n, (n, 0, 3)), "Sum"),
        (
            sympy.Integral(sympy.exp(U**2) * sympy.Symbol("t"), (sympy.Symbol("t"), 0, 1)),
            "Integral",
        ),
        (sympy.Derivative(sympy.Function("f")(U), U), "Derivative"),
        (sympy.Function("f")(U), r"f\(u\)"),
        (sympy.I * U, "no finite real number"),
        (U + sympy.zoo, "no finite real number"),
        (sympy.Piecewise((U, U > 0)), "Piecewise"),
        (Where(U > 0, U, 0) * sympy.atan2(1, U), "atan2"),
    ],
    ids=str,
)
def test_a_function_without_a_formula_is_named(formula, named):
    with pytest.raises(LanguageError, match=named):
        bp.dense(bp.input("x", "N", 3), 2, formula)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: bp.define((n, j), x[n, j] > 0),
        lambda x: bp.define((n, j), bp.sigmoid(x[n, j] > 0)),
        lambda x: bp.define((n, j), Where(x[n, j], 1, 0)),
        lambda x: bp.define((n,), bp.sum(j, x[n, j] > 0)),
        lambda x: x + (x[n, 0] > 0),
        lambda x: x > 0,
        lambda x: bp.dense(x, 2, lambda u: u > 0),
        lambda x: bp.network("net", loss=x[0, 0] > 0, output=x + 1),
    ],
)
def test_a_condition_where_a_number_is_wanted_is_named(make):
    with pytest.raises(LanguageError, match=r"condition|compared"):
        make(bp.input("x", "N", 3))


@pytest.mark.parametrize(
    "make",
    [
        lambda x: bp.network("net", loss=1, output=x + 1, optimizer="sgd"),
        lambda x: bp.network("net", loss=1, output=x + 1, optimizer=bp.sgd),
        lambda x: bp.network("net", loss=1, output=x + 1, penalty="l2"),
        lambda x: bp.network("net", loss=1, output=x + 1, clip=5),
        lambda x: bp.dense(x, 4, np.tanh),
        lambda x: bp.dense(x, 4, math.tanh),
        lambda x: bp.dense(x, 4, "tanh"),
        lambda x: bp.dense(x, 4, lambda u: None),
        lambda x: bp.sgd(learning_rate=float("inf")),
        lambda x: bp.sgd(learning_rate=float("nan")),
        lambda x: bp.sgd(learning_rate=-1),
        lambda x: bp.cosine(0.1, steps=0),
        lambda x: bp.l1(bp.hyper("strength", -1)),
        lambda x: bp.define((n, j), x[n, j] * np.inf),
    ],
)
def test_what_is_given_for_something_else_is_named(make):
    with pytest.raises(LanguageError):
        make(bp.input("x", "N", 3))


def test_numbers_of_numpy_are_numbers():
    x = bp.input("x", "N", np.int64(3))
    h = bp.dense(x, np.int32(4))
    assert repr(h) == "value dense[N,4]"
    for half in (np.float32(0.5), np.float64(0.5), np.float16(0.5), fractions.Fraction(1, 2)):
        assert (half * x).rules[0].body == x[n, j] / 2
        assert (x * half).shape == x.shape
    assert bp.sgd(learning_rate=np.float32(0.1)).hyper == {"learning_rate": Rational(1, 10)}
    assert bp.constant(np.float32(0.5)) == bp.constant(0.5)
    assert repr(x[np.int64(0), j]) == "x[0,j]"
    with pytest.raises(ShapeError):
        bp.input("x", np.float64(2.5))


def test_a_parameter_has_whole_sizes():
    with pytest.raises(SymbpError, match="whole number"):
        bp.param("W", "M", 2)
