"""A kink is told, stepped off or bracketed; it is never an error, and it never hides one."""

import numpy as np
import pytest

from symbp.compiler import gradient_program
from symbp.ir.text import parse as program_of
from symbp.lang.parser import parse
from symbp.verify import agrees, judge, table
from symbp.verify.differences import slope
from symbp.verify.kinks import kinks, on
from symbp.verify.samples import Sample
from tests.system.support import built


def found(source: str, **values: object):
    program = program_of(source)
    arrays = {n: np.asarray(v, float) for n, v in values.items()}
    names = [t.name for t in program.having("param")]
    sizes = {str(s): 2 for s in program.sizes()}
    return kinks(program, Sample(arrays, {}, sizes, {}), names)


CASES = {
    "relu(u)": (0.0, "relu"), "abs(u)": (0.0, "Abs"), "maximum(u, 2)": (2.0, "maximum"),
    "minimum(u, 2*u)": (0.0, "minimum"), "sqrt(u)": (0.0, "Pow"), "1 + sign(u)": (0.0, "sign"),
    "floor(u)": (3.0, "floor"), "where(u > 1, u, 1)": (1.0, "comparison"),
    "maximum(minimum(u, 1), -1)": (1.0, "minimum"), "u**(1/3)": (0.0, "Pow"),
}  # fmt: skip


@pytest.mark.parametrize("formula", CASES)
def test_every_kink_is_known_where_it_is_and_only_there(formula):
    at, kind = CASES[formula]
    assert kind in on(found(f"param u\nloss = {formula}", u=at))
    assert not on(found(f"param u\nloss = {formula}", u=at + 0.37))


def test_a_tie_of_a_maximum_is_a_kink():
    source = "param u[3]\nloss = max[i](u[i])"
    assert on(found(source, u=[1, 2, 2])) == {"max": 1}
    assert not on(found(source, u=[2, 2, 3]))


@pytest.mark.parametrize("formula", ["relu(0*u + u - u)", "abs(stop_gradient(u))", "relu(relu(u))"])
def test_an_argument_that_does_not_move_is_no_kink(formula):
    at = -1.0 if formula == "relu(relu(u))" else 0.0
    assert not on(found(f"param u\nloss = {formula} + u", u=at))


def test_a_guard_on_indices_or_labels_is_no_kink():
    source = "param u[3]\nloss = sum[i](where(i > 0, u[i], 0))"
    assert found(source, u=[1, 2, 3]) == []


def test_the_chosen_slope_is_told():
    (kink,) = found("param u\nloss = relu(u)", u=0.0)
    assert str(kink) == "relu(u) in loss: 1 of 1 on it; symbp takes the slope 0 at 0"


def test_differences_bracket_a_kink_from_both_sides():
    corner = slope(lambda s: 3 * s + 2 * abs(s) + s * s, 1e-3, 1e-15, 1e-9)
    assert corner.kink
    assert (corner.low, corner.high) == (pytest.approx(1, abs=1e-6), pytest.approx(5, abs=1e-6))


@pytest.mark.parametrize("wrong", [0.0, 0.5, 1.5])
def test_a_kink_at_every_point_is_bracketed_and_judged_by_its_promise(wrong):
    """relu(w - w0) with w0 drawn at w: every point that is drawn lies on the kink."""
    network = parse("network corner\nparam w\np = abs(w)\noutput p\nloss p")
    module = built(network)
    module.init_params = lambda seed=0: {"w": np.array(-0.1 * _normal(seed))}
    whole = module.value_and_grad
    module.value_and_grad = lambda params: (
        whole(params)[0], {"w": whole(params)[1]["w"] + wrong},
    )  # fmt: skip
    program, names = gradient_program(network)
    verdict = judge(module, program, names, network.loss)
    assert on(verdict.kinks) == {"Abs": 1}
    rows = {row.method: row for row in verdict.rows if row.parameter == "w"}
    assert rows["differences"].kinks == 1
    assert rows["differences"].verdict.startswith("ok" if wrong <= 1 else "DIFFERS")
    assert (rows["complex"].verdict == "ok") == (wrong == 0), table(verdict.rows)


def _normal(seed: int) -> float:
    """Return what is added to the only parameter, so that their sum is 0."""
    return float(np.random.default_rng(seed).standard_normal())


def test_a_point_on_a_kink_is_left_for_another_one():
    network = parse("network corner\nparam w\np = abs(w)\noutput p\nloss p")
    module = built(network)
    first = {0: -0.1 * _normal(0)}
    module.init_params = lambda seed=0: {"w": np.array(first.get(seed, 1.0))}
    verdict = judge(module, *gradient_program(network), network.loss)
    assert (verdict.seed, on(verdict.kinks), agrees(verdict.rows)) == (1, {}, True)
