"""A right gradient passes; a wrong one is caught, and named by its place."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from symbp.artifact import load
from symbp.autodiff import adjoint
from symbp.errors import DataError
from symbp.ir.text import parse
from symbp.verify import agrees, check, table

FIXTURES = Path(__file__).parents[1] / "fixtures"

CLASSIFIER = """\
input x[N,4]
label t[N] in 3
param W[4,3], b[3]
z[n,j] = sum[i](x[n,i] * W[i,j])
z[n,j] += b[j]
Z[n] = sum[j](exp(z[n,j]))
total = sum[n](log(Z[n]) - z[n,t[n]])
loss = total / N
"""

REGRESSION = """\
input x[N]
target y[N]
param a, b
p[n] = a * relu(x[n]) + b
total = sum[n]((p[n] - y[n])**2)
loss = total / N
"""


def rows(module: ModuleType, source: str, seed: int = 0):
    program = parse(source)
    wrt = [t.name for t in program.having("param")]
    return check(module, *adjoint(program, "loss", wrt), "loss", seed)


@pytest.fixture
def classifier():
    return load(FIXTURES / "classifier.py")


@pytest.fixture
def regression():
    return load(FIXTURES / "regression.py")


def spoilt(module, change):
    """Plant an error in what the module calls its gradient."""
    right = module.value_and_grad

    def wrong(params, *data):
        loss, grads = right(params, *data)
        change(grads)
        return loss, grads

    module.value_and_grad = wrong
    return module


def verdicts(found):
    return {row.parameter: row.verdict for row in found}


@pytest.mark.parametrize("seed", range(5))
def test_a_right_gradient_passes(classifier, regression, seed):
    for module, source in ((classifier, CLASSIFIER), (regression, REGRESSION)):
        found = rows(module, source, seed)
        assert agrees(found), table(found)
        assert all(r.by_differences is None or r.by_differences < 1e-8 for r in found)
        assert all(r.by_reference < 1e-13 for r in found)


def test_scalar_parameters_are_differenced_too(regression):
    assert [(r.parameter, r.shape, r.differenced) for r in rows(regression, REGRESSION)] == [
        ("loss", (), 0), ("a", (), 1), ("b", (), 1),
    ]  # fmt: skip


def test_a_planted_factor_is_caught(classifier):
    def twice(grads):
        grads["W"] *= 2

    found = rows(spoilt(classifier, twice), CLASSIFIER)
    assert not agrees(found)
    assert "DIFFERS at" in verdicts(found)["W"]
    assert verdicts(found)["b"] == "ok"


def test_one_wrong_element_is_named(classifier):
    def nudge(grads):
        grads["W"][2, 1] += 1e-6

    assert "DIFFERS at [2,1]" in verdicts(rows(spoilt(classifier, nudge), CLASSIFIER))["W"]


def test_an_error_below_the_differences_is_caught_by_the_reference(classifier):
    def nudge(grads):
        grads["b"][1] += 1e-9

    found = rows(spoilt(classifier, nudge), CLASSIFIER)
    assert verdicts(found)["b"] == "DIFFERS at [1] from the reference"


def test_a_transposed_gradient_is_caught(classifier):
    def transpose(grads):
        grads["W"] = grads["W"].T

    assert verdicts(rows(spoilt(classifier, transpose), CLASSIFIER))["W"] == "WRONG SHAPE (3, 4)"


@pytest.mark.parametrize(("name", "place"), [("W", (2, 1)), ("b", (0,))])
def test_backward_is_held_against_value_and_grad(classifier, name, place):
    right = classifier.backward
    classifier.value_and_grad = lambda params, *data: (
        (done := classifier.forward(params, *data))[0], right(params, done[1]),
    )  # fmt: skip

    def nudged(params, tape):
        grads = right(params, tape)
        grads[name][place] *= 1 + 1e-6
        return grads

    classifier.backward = nudged
    shown = ",".join(map(str, place))
    assert verdicts(rows(classifier, CLASSIFIER)) == {
        "loss": "ok", "W": "ok", "b": "ok",
        name: f"DIFFERS at [{shown}] from what backward gives",
    }  # fmt: skip


def test_a_gradient_that_backward_leaves_out_is_named(classifier):
    right = classifier.backward
    classifier.value_and_grad = lambda params, *data: (
        (done := classifier.forward(params, *data))[0], right(params, done[1]),
    )  # fmt: skip
    classifier.backward = lambda params, tape: {"W": right(params, tape)["W"]}
    with pytest.raises(DataError, match="no gradient for b"):
        rows(classifier, CLASSIFIER)


def test_a_missing_slope_of_an_activation_is_caught(regression):
    def backward(params, tape):
        x, error = tape
        dp = 2 * error / len(error)
        return {"a": np.array(np.sum(dp * x)), "b": np.array(dp.sum())}

    regression.backward = backward
    assert verdicts(rows(regression, REGRESSION))["a"].startswith("DIFFERS")


def test_not_a_number_is_caught(classifier):
    def spoil(grads):
        grads["b"][0] = np.nan

    assert "DIFFERS at [0]" in verdicts(rows(spoilt(classifier, spoil), CLASSIFIER))["b"]


def test_a_loss_that_is_not_the_networks_is_caught(classifier):
    right = classifier.forward
    classifier.forward = lambda *a: (2 * right(*a)[0], right(*a)[1])
    assert verdicts(rows(classifier, CLASSIFIER))["loss"] == "DIFFERS from the reference"


def test_a_missing_gradient_is_named(classifier):
    with pytest.raises(DataError, match="no gradient for b"):
        rows(spoilt(classifier, lambda grads: grads.pop("b")), CLASSIFIER)


def test_a_kink_is_reported_and_judged_by_the_reference(regression):
    """d |c| / dc has no difference at 0; the reference says 0."""
    source = "input x[N]\ntarget y[N]\nparam a, b\nloss = abs(a) + 0*b"
    regression.init_params = lambda seed=0: {"a": np.array(0.0), "b": np.array(0.0)}
    regression.forward = lambda params, *data: (abs(params["a"]), None)
    regression.backward = lambda params, tape: {"a": np.sign(params["a"]), "b": np.array(0.0)}
    regression.value_and_grad = lambda params, *data: (
        abs(params["a"]), {"a": np.sign(params["a"]), "b": np.array(0.0)},
    )  # fmt: skip
    found = rows(regression, source)
    assert agrees(found), table(found)

    from symbp.verify.differences import slope

    assert slope(abs, (1e-3, 1e-4, 1e-5), 1e-15, 1e-8) is None
    near = slope(lambda s: abs(s + 4e-4), (1e-3, 1e-4, 1e-5), 1e-16, 1e-8)
    assert near == pytest.approx(1.0, abs=1e-9), "a smaller step does not reach the kink"


def test_single_precision_has_tolerances_of_its_own(classifier, regression):
    for module, source in ((classifier, CLASSIFIER), (regression, REGRESSION)):
        module.DTYPE = "float32"
        found = rows(module, source)
        assert agrees(found), table(found)
        assert found[1].by_reference > 1e-12


def test_a_large_parameter_is_sampled():
    module = ModuleType("large")
    module.NAME, module.DTYPE = "large", "float64"
    module.init_params = lambda seed=0: {"w": np.zeros(400)}
    module.forward = lambda params, x: (0.5 * np.sum(params["w"] ** 2) * x, x)
    module.backward = lambda params, x: {"w": params["w"] * x}
    module.value_and_grad = lambda params, x: (
        0.5 * np.sum(params["w"] ** 2) * x, {"w": params["w"] * x},
    )  # fmt: skip
    source = "input x\nparam w[400]\ns = sum[i](w[i]**2)\nloss = s * x / 2"
    found = rows(module, source)
    assert agrees(found), table(found)
    assert found[1].differenced == 200
