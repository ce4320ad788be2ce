"""Identities: shown by expand or at random points of a field, and refuted where they are none."""

import numpy as np
import pytest
import sympy
from sympy import Abs, Max, Piecewise, exp, log, sqrt, symbols, tanh

from symbp.autodiff import adjoint
from symbp.compiler import gradient_program
from symbp.ir.text import parse as program_of
from symbp.lang.parser import parse
from symbp.verify import judge
from symbp.verify.field import P, UnknownError, same
from symbp.verify.report import agrees
from tests.system.support import built

x, y, z = symbols("x y z", real=True)
AT = {x: 0.5, y: -1.5, z: 2.0}

TRUE = [
    (x + y) ** 3 - x**3 - 3 * x**2 * y - 3 * x * y**2 - y**3,
    exp(x + y) / exp(y) - exp(x), exp(x / 2) ** 2 - exp(x), 1 / (1 / x + 1 / y) - x * y / (x + y),
    exp(-x) / (1 + exp(-x)) - 1 / (1 + exp(x)), tanh(x * (y + 1)) - tanh(x * y + x),
    sqrt(x**2 + 1) ** 3 - (x**2 + 1) * sqrt(x**2 + 1), log(x + y) * 0 + Abs(y) + y, Max(x, z) - z,
    Piecewise((x, x > y), (y, True)) - x, sympy.sign(y) + 1,
]  # fmt: skip
FALSE = [
    (x + y) ** 2 - x**2 - y**2, exp(x) - exp(-x), exp(x * y) - exp(x) * exp(y),
    tanh(x) - tanh(2 * x),
    sqrt(x**2 + 1) - x, Abs(x) + x, Max(x, z) - x, Piecewise((x, x > y), (y, True)) - y,
    x / 3 - x / 3.0000001, 1 - tanh(x) ** 2 - (1 - x**2),
]  # fmt: skip


@pytest.mark.parametrize("difference", TRUE, ids=str)
def test_what_is_the_same_is_shown_with_a_tiny_chance_of_error(difference):
    assert (same(sympy.nsimplify(difference), AT) or 0.0) < 1e-25
    assert same(sympy.nsimplify(difference), AT) is not None


@pytest.mark.parametrize("difference", FALSE, ids=str)
def test_what_is_not_the_same_is_refuted(difference):
    assert same(sympy.nsimplify(difference), AT) is None


def test_what_has_no_meaning_in_a_field_is_said():
    with pytest.raises(UnknownError):
        same(x ** sympy.Rational(1, 3) - sympy.Integral(x, x), AT)
    assert P % 4 == 3


NETWORKS = {
    "polynomial": "p[n] = a * x[n]**2 + b",
    "sigmoid": "p[n] = sigmoid(a * x[n]) * softplus(b * x[n])",
    "nested": "p[n] = tanh(a * tanh(b * x[n]))",
    "root": "p[n] = a / sqrt(1 + (b * x[n])**2)",
    "branches": "p[n] = relu(a * x[n]) + maximum(b, x[n]) * where(x[n] > a, b, a**2)",
    "shared": "p[n] = exp(a * x[n]) / (exp(a * x[n]) + exp(b))",
    "circle": "p[n] = sin(a * x[n])**2 + cos(b * x[n])**2 + exp(-abs(a))",
    "functions": "p[n] = log(1 + x[n]**2 * exp(b)) * sin(a) + erf(a * b)",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_adjoint_is_identical_with_sympys_derivative(name):
    network = parse(
        f"network held\ninput x[N]\ntarget y[N]\nparam a, b\n{NETWORKS[name]}\noutput p\n"
        "loss mse(p, y)"
    )
    verdict = judge(built(network), *gradient_program(network), network.loss, methods=["symbolic"])
    assert agrees(verdict.rows)
    notes = {row.note for row in verdict.rows}
    assert all(note.startswith("identical") for note in notes), notes
    assert (notes == {"identical by expand"}) == (name == "polynomial")


def test_an_adjoint_that_is_another_function_is_refuted_though_its_value_is_near():
    """The same equations, but one slope is off by 1e-13: below every tolerance on numbers."""
    source = "input x[N]\nparam a\nt = sum[n]((a * x[n])**3)\nloss = t / N"
    right, names = adjoint(program_of(source), "loss", ["a"])
    off = sympy.Rational(1, 10**13)
    wrong = right.but(
        equations=tuple(
            e if e.target.name != names["a"] else _scaled(e, 1 + off) for e in right.equations
        )
    )
    module = built(
        parse("network held\n" + source.replace("loss = t / N", "p = t / N\noutput p\nloss p"))
    )
    for program, verdict in ((right, "ok"), (wrong, "DIFFERS as a formula")):
        rows = judge(module, program, names, "loss", methods=["symbolic"]).rows
        assert [row.verdict for row in rows] == [verdict]
    assert np.isfinite(rows[0].ulps)


def _scaled(equation, factor):
    from dataclasses import replace

    return replace(equation, body=equation.body * factor)
