"""Formulas of one's own whose parts compete for buffers and for rules of algebra."""

import numpy as np
import pytest
from sympy import Abs, Expr, Min, Piecewise, Rational, Symbol, cos, exp, pi, sin, sqrt, tanh

import symbp as bp
from symbp.ir.interpret import interpret
from tests.system.support import TARGETS, built, distance, drawn

u = Symbol("u", real=True)
FORMULAS: tuple[Expr, ...] = (
    exp(-exp(-2 * (u - 2) ** 2)),
    exp(-4) * exp(-(u**2)) * Min(u, pi),
    exp(-(sin(u) ** 2)) / (tanh(u + cos(u) - 2) + 2),
    pi * u**2 / (tanh(u) + 2) - 7 * u / 3 - Rational(7, 9),
    Abs((Rational(1, 3) - pi) * (u - pi) - tanh(u + pi) + u * exp(-(u**2))),
    Piecewise((5 - u - Abs(u), exp(-(u**4)) > 2 * u), (sqrt(4 * u**2 * (u**2 + 1) + 1), True)),
    Piecewise((u**2, u < -1), (Piecewise((u, u < 0), (sin(u), True)), u < 1), (1 / u, True)),
)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("first", FORMULAS, ids=str)
def test_two_layers_of_two_formulas(first: Expr, target: str):
    second = FORMULAS[FORMULAS.index(first) - 1]
    x, y = bp.input("x", "N", 3), bp.target("y", "N", 2)
    h = bp.dense(x, 4, first)
    g = bp.dense(h, 4, second)
    p = bp.dense(g, 2)
    net = bp.network("formulas", loss=bp.mse(p, y), output=p)
    module, rng = built(net, target), np.random.default_rng(1)
    params, arrays = drawn(module), (rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))
    program, gradients = bp.gradient_program(net)
    expected = interpret(program, {**params, "x": arrays[0], "y": arrays[1]})
    loss, grads = module.value_and_grad(params, *arrays)
    assert loss == pytest.approx(float(expected["loss"][()]), rel=1e-12)
    assert distance(module.predict(params, arrays[0]), expected["p"].astype(float)) <= 1e-12
    for name, gradient in gradients.items():
        assert distance(grads[name], expected[gradient].astype(float)) <= 1e-11, name
