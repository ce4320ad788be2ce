"""`symbp audit` from the command line: verdicts, exit codes, and code that can't be called."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from symbp.cli import main

HERE = Path(__file__).parent
RIDGE = str(HERE / "nets" / "ridge.bp")


def audit(*words: str) -> Result:
    return CliRunner().invoke(main, ["audit", *words])


def written(folder: Path, text: str) -> str:
    file = folder / "code.py"
    file.write_text(text, "utf-8")
    return f"{file}:f"


def test_a_wrong_gradient_is_told_with_its_line_and_the_right_formula():
    wrong = HERE / "wrong" / "01_deriv_missing_hidden.py"
    result = audit(f"{wrong}:NeuralNetwork.backward", str(HERE / "nets" / "two.bp"))
    assert result.exit_code == 1
    assert "W1: WRONG: the derivative of sigmoid at h is missing" in result.output
    assert f"{wrong.name}:31: delta1 = delta2.dot(self.W2.T)" in result.output
    assert f"{wrong.name}:34: self.W1 += self.learning_rate * X.T.dot(delta1)" in result.output
    assert "right: dh_z[n,j] = (1 - h[n,j]) * dh[n,j] * h[n,j]" in result.output
    assert "W2: right" in result.output


def test_a_loss_that_is_a_multiple_is_told_and_is_no_fault():
    result = audit(f"{HERE / 'right' / 'h_half.py'}:step", str(HERE / "nets" / "deep.bp"))
    assert result.exit_code == 0
    assert "All gradients are 3/2 N times those of the description" in result.output


def test_parameters_are_matched_as_the_user_says(tmp_path):
    code = "def f(x, y, slope, start):\n    e = x @ slope + start - y\n"
    code += "    return 2*x.T@e/len(y) + 0.2*slope, 2*e.mean(0)\n"
    subject = written(tmp_path, code)
    refused = audit(subject, RIDGE)
    assert refused.exit_code == 2
    assert "--map slope=NAME" in refused.output
    assert audit(subject, RIDGE, "--map", "slope=w", "--map", "start=b").exit_code == 0


def test_a_number_that_is_not_known_is_asked_for(tmp_path):
    code = "def f(x, y, w, b, decay):\n    e = x @ w + b - y\n"
    subject = written(tmp_path, code + "    return 2*x.T@e/len(y) + decay*w, 2*e.mean(0)\n")
    refused = audit(subject, RIDGE)
    assert refused.exit_code == 2
    assert "--set decay=NUMBER" in refused.output
    assert audit(subject, RIDGE, "--set", "decay=0.2").exit_code == 0
    assert audit(subject, RIDGE, "--set", "decay=0.1").exit_code == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("sum(range(10**12))", "computed for more than 1 s"),
        ("bytearray(10**11)", "MemoryError"),
        ("raise KeyError('z')", "KeyError: 'z'"),
        ("import os; os._exit(3)", "ended without an answer: its exit code is 3"),
        ("pass", "no gradient was found for w, b\n  Return it as dw"),
        ("return (", "this is no Python: '(' was never closed"),
    ],
)
def test_code_that_goes_wrong_is_one_clear_error(tmp_path, body, message):
    result = audit(written(tmp_path, f"def f(x, y, w, b):\n    {body}\n"), RIDGE, "--seconds", "1")
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


TWO_LAYERS = """
import numpy as np

def forward(X, p):
    a = 1 / (1 + np.exp(-(X @ p["W1"] + p["b1"])))
    return a, 1 / (1 + np.exp(-(a @ p["W2"] + p["b2"])))

def gradients(X, y, W1, b1, W2, b2):
    a, out = forward(X, {"W1": W1, "b1": b1, "W2": W2, "b2": b2})
    d2 = (out - y) * out * (1 - out)
    d1 = d2 @ W2.T * a * (1 - a)
    return X.T @ d1, d1.sum(0), a.T @ d2, d2.sum(0)

def f(X, y, W1, b1, W2, b2):
    return gradients(X, y, W1, b1, W2, b2)

def model(X, y, hidden=4, learning_rate=0.1, epochs=100):
    p = {"W1": np.ones((3, hidden)), "b1": np.zeros(hidden),
         "W2": np.ones((hidden, 2)), "b2": np.zeros(2)}
    for _ in range(epochs):
        found = gradients(X, y, p["W1"], p["b1"], p["W2"], p["b2"])
        for name, d in zip(("W1", "b1", "W2", "b2"), found):
            p[name] = p[name] - learning_rate * d
    return p
"""


@pytest.mark.parametrize("function", ["f", "gradients", "model"])
def test_gradients_without_names_are_in_the_order_of_the_parameters(tmp_path, function):
    """And what makes its parameters, and runs the forward pass itself, is given ours."""
    subject = written(tmp_path, TWO_LAYERS).removesuffix("f") + function
    result = audit(subject, str(HERE / "nets" / "two.bp"))
    assert "All gradients are right." in result.output


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        ("nowhere.py:f", "nowhere.py can't be read"),
        ("words", "words names no function"),
        (f"{HERE / 'right' / 'g_ridge.py'}:other", "there is no other"),
    ],
)
def test_what_is_not_there_is_told(subject, message):
    result = audit(subject, RIDGE)
    assert result.exit_code == 2
    assert message in result.output
