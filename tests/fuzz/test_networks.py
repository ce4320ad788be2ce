"""Networks drawn by chance: whole, different, the same again; and faults that are planted show."""

import numpy as np
import pytest
from click.testing import CliRunner

from symbp.cli import main
from symbp.compiler import gradient_program
from symbp.fuzz import trial as trials
from symbp.fuzz.networks import _CLASSES, ACTIVATIONS, describe
from symbp.fuzz.trial import judged, trial
from symbp.ir.interpret import interpret
from symbp.lang.parser import parse
from symbp.verify.evaluate import forward
from symbp.verify.samples import draw

TEXTS = [describe(5, k) for k in range(400)]


def test_a_network_is_drawn_again_by_seed_and_number():
    assert describe(5, 17) == TEXTS[17]
    assert len(set(TEXTS)) == 400


@pytest.mark.parametrize(
    "word",
    [*ACTIVATIONS, "conv2d", "conv_transpose2d", "max_pool2d", "lstm", "gru", "rnn(", "embedding",
     "multi_head_attention", "batch_norm", "layer_norm", "dropout", "bilinear", "max[i]",
     "cross_entropy", "hinge", "focal", "penalty", "clip", _CLASSES[:5], "adam("],
)  # fmt: skip
def test_every_kind_of_layer_activation_and_loss_is_drawn(word):
    assert any(word in text for text in TEXTS)


@pytest.mark.parametrize("number", range(0, 24, 4))
def test_drawn_networks_have_right_gradients(number):
    outcome = trial(5, number, c=number % 8 == 0)
    assert not outcome.faults, (outcome.text, outcome.faults)


@pytest.fixture
def small():
    return parse(
        "network small\ninput x[N,2]\ntarget y[N,1]\np = dense(x, 1, tanh)\noutput p\n"
        "loss mse(p, y)\noptimizer sgd(learning_rate=0.1)"
    )


@pytest.mark.parametrize("name", ["p_W", "p_b"])
def test_a_wrong_gradient_is_found(small, monkeypatch, name):
    right = trials.built

    def spoilt(network, target, folder):
        module = right(network, target, folder)
        whole = module.value_and_grad

        def wrong(params, *data):
            loss, grads = whole(params, *data)
            grads[name] = grads[name] * (1 + 1e-7)
            return loss, grads

        module.value_and_grad = wrong
        return module

    assert not list(judged(small, c=False))
    monkeypatch.setattr(trials, "built", spoilt)
    assert [f[:22] for f in judged(small, c=False)] == [f"d{name} by value_and_grad"[:22]]


def test_a_wrong_adjoint_is_found_by_the_complex_step(small):
    program, names = gradient_program(small)
    sample = draw(program, {"p_W": np.ones((2, 1)), "p_b": np.ones(1)}, "float64", 0)
    found = interpret(program, {**sample.params, **sample.data}, sizes=sample.sizes)
    right = {n: found[g].astype(float) for n, g in names.items()}
    for name in names:
        spoilt = {**right, name: right[name] * (1 + 1e-6)}
        for gradients, count in ((right, 0), (spoilt, trials.DIRECTIONS)):
            wanted = trials.Wanted(float(found["loss"][()]), gradients, 0.01)
            slopes = wanted.slopes(forward(program, "loss"), "loss", sample)
            assert [f[: len(name) + 1] for f in slopes] == [f"d{name}"] * count


def test_the_command_counts_and_names_its_seed():
    result = CliRunner().invoke(main, ["fuzz", "networks", "--count", "1", "--target", "numpy"])
    assert result.exit_code == 0
    assert result.output.startswith("1 networks (seed 0, from 0): 0 with a fault, ")


def test_a_crash_is_a_fault_with_its_text(monkeypatch):
    monkeypatch.setattr(trials, "describe", lambda seed, number: "network 1\n")
    assert trial(0, 0).faults[0].startswith("refused: ")


def test_a_value_of_the_update_may_be_called_as_a_buffer_of_the_gradients():
    """Found by drawing: adam's v4, a number, stood in the place of an array of that name."""
    assert not trial(0, 202, c=False).faults
