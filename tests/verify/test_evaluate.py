"""The evaluator of whole boxes means what the interpreter means, and its slopes are slopes."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.errors import DataError, ShapeError
from symbp.ir.functions import FUNCTIONS
from symbp.ir.interpret import high_precision, interpret
from symbp.ir.text import parse
from symbp.verify.continued import FUNCTIONS as CONTINUED
from symbp.verify.evaluate import STEP, evaluate, forward
from tests.drawn import LABEL_BOUND, LABELS, SHAPES, programs


@settings(max_examples=60, deadline=None)
@given(program=programs(), seed=st.integers(0, 1000))
def test_it_means_what_the_interpreter_means(program, seed):
    rng = np.random.default_rng(seed)
    values = {n: rng.normal(size=s) for n, s in SHAPES.items()}
    values["t"] = rng.integers(0, LABEL_BOUND, LABELS)
    want, got = interpret(program, values), evaluate(program, values)
    for name, array in want.items():
        found = got[name]
        np.testing.assert_allclose(found.real.astype(float), array.astype(float), 1e-9, 1e-12)


def test_a_scan_runs_step_by_step_in_both_directions():
    for order in ("", " reversed"):
        start, at, to = ("h[0]", "h[t]", "h[t+1]") if not order else ("h[3]", "h[t+1]", "h[t]")
        source = (
            f"param a\ninput x[3]\nvalue h[4]\n{start} = 1\nscan t in 3{order}\n"
            f"    {to} = a * {at} + x[t]\nend"
        )
        values = {"a": 0.5, "x": [1.0, 2.0, 3.0]}
        want = interpret(parse(source), values)["h"].astype(float)
        np.testing.assert_array_equal(evaluate(parse(source), values)["h"].real, want)


ARGUMENTS = {"asin": 0.3, "acos": 0.3, "log": 2.5, "log1p": 2.5, "sqrt": 2.5}


@pytest.mark.parametrize(
    "name", [n for n, (_, count) in FUNCTIONS.items() if count == 1 and n != "stop_gradient"]
)
@pytest.mark.parametrize("at", [0.37, -1.3, 3.1])
def test_an_imaginary_step_shows_the_slope(name, at):
    at = ARGUMENTS.get(name, at)
    program = parse(f"param u\ny = {name}(u)")
    found = evaluate(program, {"u": at + 1j * STEP})["y"]
    digits = high_precision(40)

    def f(u):
        return interpret(program, {"u": u}, digits)["y"][()]

    step = mpmath.mpf(2) ** -40
    want = float((f(at + step) - f(at - step)) / (2 * step))
    assert found.real == pytest.approx(float(f(at)), rel=1e-14)
    assert found.imag / STEP == pytest.approx(want, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize(
    ("formula", "slope"),
    [("relu(u)", 0), ("abs(u)", 0), ("maximum(u, 0)", 1), ("minimum(u, 0)", 1), ("sign(u)", 0),
     ("where(u > 0, u, 3*u)", 3), ("stop_gradient(u)*u", 0), ("floor(u)", 0)],
)  # fmt: skip
def test_at_a_kink_the_slope_is_that_of_the_branch_which_the_formula_names(formula, slope):
    found = evaluate(parse(f"param u\ny = {formula}"), {"u": 1j * STEP})["y"]
    assert found.imag / STEP == slope


def test_stop_gradient_is_a_constant_whose_value_counts():
    found = evaluate(parse("param u\ny = stop_gradient(u) * u"), {"u": 3 + 1j * STEP})["y"]
    assert (found.real, found.imag / STEP) == (9, pytest.approx(3))


def test_the_first_of_equal_maxima_has_the_slope():
    program = parse("param u[3]\nm = max[i](u[i])")
    slopes = []
    for k in range(3):
        u = np.array([2.0, 2.0, 1.0], complex)
        u[k] += 1j * STEP
        slopes.append(evaluate(program, {"u": u})["m"].imag / STEP)
    assert slopes == [1, 0, 0]


def test_what_is_outside_of_a_tensor_is_refused_and_a_guard_keeps_inside():
    with pytest.raises(ShapeError, match="outside"):
        evaluate(parse("input x[3]\ny[i] = x[i+1] for i in 3"), {"x": [1.0, 2, 3]})
    guarded = parse("input x[3]\ny[i] = where(i < 2, x[i+1], 0) for i in 3")
    assert evaluate(guarded, {"x": [1.0, 2, 3]})["y"].real.tolist() == [2, 3, 0]


def test_a_missing_value_is_named():
    with pytest.raises(DataError, match="input x"):
        evaluate(parse("input x\ny = x"), {})


def test_the_forward_pass_is_what_the_loss_needs():
    program = parse("param a, b\nloss = a**2\nother = b\nda = 2*a")
    assert [e.target.name for e in forward(program, "loss").equations] == ["loss"]
    assert evaluate(forward(program, "loss"), {"a": 3.0, "b": 0.0})["loss"] == 9
    assert math.isclose(abs(CONTINUED["Pow"](np.array(2 + 0j), -0.5)), 2**-0.5)
