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
from symbp.verify.differences import slope

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


def gradients(source: str) -> list[str]:
    return [t.name for t in parse(source).having("param")]


def rows(module: ModuleType, source: str, seed: int = 0):
    program = parse(source)
    wrt = gradients(source)
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
    """Return, for each parameter, the first verdict that is not ok, and which method's it is."""
    first = {row.parameter: "ok" for row in found}
    for row in found:
        if row.verdict != "ok" and first[row.parameter] == "ok":
            first[row.parameter] = f"{row.verdict} from {row.method}"
    return first


def of(found, parameter, method):
    (row,) = (r for r in found if (r.parameter, r.method) == (parameter, method))
    return row


@pytest.mark.parametrize("seed", range(5))
def test_a_right_gradient_passes(classifier, regression, seed):
    for module, source in ((classifier, CLASSIFIER), (regression, REGRESSION)):
        found = rows(module, source, seed)
        assert agrees(found), table(found)
        assert all(r.ulps < 30 for r in found if r.method != "differences")
        assert all(r.ulps < r.doubt for r in found if r.method == "differences")
        assert not any(r.undecided for r in found)


def test_scalar_parameters_are_differenced_too(regression):
    found = [r for r in rows(regression, REGRESSION) if r.method == "differences"]
    assert [(r.parameter, r.shape, r.elements) for r in found] == [("a", (), 1), ("b", (), 1)]


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


def test_an_error_below_the_differences_is_caught_by_the_others(classifier):
    def nudge(grads):
        grads["b"][1] += 1e-9

    found = rows(spoilt(classifier, nudge), CLASSIFIER)
    wrong = [r.method for r in found if r.verdict != "ok"]
    assert wrong == ["complex", "digits", "directions", "symbolic", "interpreter", "backward"]
    assert of(found, "b", "complex").place == "[1]"
    assert of(found, "b", "complex").got - of(found, "b", "complex").wanted == pytest.approx(1e-9)


def test_a_transposed_gradient_is_caught(classifier):
    def transpose(grads):
        grads["W"] = grads["W"].T

    assert verdicts(rows(spoilt(classifier, transpose), CLASSIFIER))["W"].startswith(
        "WRONG SHAPE (3, 4)"
    )


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
        name: f"DIFFERS at [{shown}] from backward",
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
    assert verdicts(rows(classifier, CLASSIFIER))["loss"].startswith("DIFFERS")


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


def test_a_smaller_step_does_not_reach_a_kink_nearby():
    near = slope(lambda s: abs(s + 4e-4), 1e-3, 1e-16, 1e-8)
    assert (near.kink, near.low, near.error < 1e-6) == (False, pytest.approx(1.0, abs=1e-9), True)


def test_single_precision_has_tolerances_of_its_own(classifier, regression):
    for module, source in ((classifier, CLASSIFIER), (regression, REGRESSION)):
        module.DTYPE = "float32"
        found = rows(module, source)
        assert agrees(found), table(found)
        assert max(of(found, p, "complex").ulps for p in gradients(source)) < 100


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
    assert of(found, "w", "differences").elements == 200
    assert of(found, "w", "interpreter").elements == 400
