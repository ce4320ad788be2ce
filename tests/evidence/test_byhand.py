"""The gradients by hand are right, and the measure of errors measures."""

import numpy as np
import pytest

from symbp import compiler
from symbp.evidence.accuracy import accuracies, table, worst
from symbp.evidence.byhand import GRADIENTS
from symbp.verify.evaluate import evaluate
from symbp.verify.samples import draw
from tests.specs import SPECS, stem

NAMES = {stem(spec): spec for spec in SPECS}


def test_every_example_is_written_by_hand():
    assert set(GRADIENTS) == set(NAMES)


@pytest.mark.parametrize("name", GRADIENTS)
def test_what_is_written_by_hand_is_right(name):
    network = compiler.load(NAMES[name])
    program, names = compiler.gradient_program(network)
    rng = np.random.default_rng(0)
    initial = {
        t.name: 0.3 * rng.normal(size=tuple(map(int, t.shape)))
        for t in network.program.having("param")
    }
    sample = draw(program, initial, "float64", 0)
    found = evaluate(program, {**sample.params, **sample.data, **sample.noise}, sample.sizes)
    by_hand = GRADIENTS[name](sample.params, *sample.data.values(), *sample.noise.values())
    assert set(by_hand) == set(names)
    for parameter, gradient in names.items():
        want = found[gradient].real
        assert np.shape(by_hand[parameter]) == want.shape
        np.testing.assert_allclose(by_hand[parameter], want, 0, 1e-13 * np.max(np.abs(want)))


def test_generated_gradients_are_as_accurate_as_those_by_hand():
    for name in ("xor", "linear_regression", "moons"):
        network = compiler.load(NAMES[name])
        rows = list(accuracies(network, ["numpy"], seeds=(0,)))
        assert [row.dtype for row in rows] == ["float64", "float32"]
        for row in rows:
            assert 0 < row.median("numpy") <= max(2 * row.median("by hand"), 2), table(rows)


def test_errors_count_in_units_of_the_largest_element():
    exact = {"w": np.array([4, 0.5], object)}
    assert worst({"w": [4, 0.5 + 2**-20]}, exact, "float64") == 2**30
    assert worst({"w": [4, 0.5 + 2**-20]}, exact, "float32") == 2.0
