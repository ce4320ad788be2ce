"""What a notebook shows for what a user holds."""

import numpy as np
import pytest

import __main__
import symbp as bp
from symbp import compiler
from symbp.compare import compare
from symbp.train import from_arrays, prepare, train

LINE = """network line
input x[N]
target y[N]
param a, b
p = a * x + b
output p
loss mse(p, y)
optimizer sgd(learning_rate=0.1)"""


@pytest.fixture
def line():
    return bp.parse(LINE)


def test_a_network_shows_what_is_given_and_its_equations(line):
    shown = line._repr_markdown_()
    assert shown.startswith("**line**: input `x` (N,), target `y` (N,), param `a` (), param `b` ()")
    assert "p_{n} &= x_{n} a + b" in shown
    assert shown.count("$$") == 2
    assert shown.endswith("Output `p`, loss `loss`.")


def test_a_derivation_shows_its_formulas_and_each_step(line):
    derivation = compiler.derivation(line)
    shown = derivation._repr_markdown_()
    assert "```math" not in shown
    assert shown.count("$$") >= 2 * len(derivation.steps)
    assert "chain rule" in shown


def test_a_program_and_an_equation_show_their_formulas(line):
    (first, *_) = line.program.equations
    assert "p_{n} &= x_{n} a + b" in first._repr_markdown_()
    update = line.update.program._repr_markdown_()
    assert update.count("&=") == len(line.update.program.equations)


def test_a_tensor_shows_how_it_is_computed_by_the_names_that_a_notebook_has(monkeypatch):
    x = bp.input("x", "N", 2)
    h = bp.dense(x, 3, bp.tanh)
    monkeypatch.setattr(__main__, "hidden", h, raising=False)
    assert r"\mathrm{hidden}_{n,j} &= \tanh(" in h._repr_markdown_()
    assert x._repr_markdown_() == "input `x` (N, 2)"


def test_formulas_are_mathematics_in_a_notebook_and_not_code(line):
    shown = bp.derive(line)._repr_markdown_()
    assert "```" not in shown
    assert shown.count("$$") == 2 * bp.derive(line).markdown().count("```math")


def test_the_gradient_by_a_value_in_between_can_be_read_too(line):
    gradients = bp.derive(line)
    assert gradients["p"].text() == "dp[n] = 2 * (p[n] - y[n]) / N"
    assert list(gradients) == ["a", "b"]


def test_a_comparison_and_a_run_are_shown_as_text(line, tmp_path):
    from symbp import artifact

    other = bp.parse(LINE.replace("0.1", "0.2"))
    assert compare(line, other)._repr_markdown_().startswith("```diff\ndeclarations\n- hyper")
    module = artifact.load(bp.build(line, directory=tmp_path))
    data = from_arrays({"x": np.arange(4.0), "y": np.arange(4.0)}, module.INPUTS)
    outcome = train(module, data, prepare(module, data, {"epochs": 2}), tmp_path)
    assert "Training (4 samples): loss" in outcome._repr_markdown_()
