"""A run reports, saves, stops, and goes on with the same numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from symbp.artifact import load
from symbp.errors import DataError
from symbp.train import DivergenceError, chart, from_arrays, prepare, summary, train
from symbp.train.checkpoint import Settings
from symbp.train.report import measure
from symbp.train.session import split

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.fixture
def classifier():
    return load(FIXTURES / "classifier.py")


@pytest.fixture
def regression():
    return load(FIXTURES / "regression.py")


@pytest.fixture
def blobs(classifier):
    """Three clouds of points: 120 samples."""
    rng = np.random.default_rng(0)
    t = np.arange(120) % 3
    x = rng.standard_normal((120, 4)) + 3 * np.eye(3, 4)[t]
    return from_arrays({"x": x, "t": t}, classifier.INPUTS)


@pytest.fixture
def line(regression):
    x = np.array([1.0, 2.0, 3.0, 4.0])
    return from_arrays({"x": x, "y": x - 1}, regression.INPUTS)


def trained(module, data, folder, resume=None, **given):
    return train(module, data, prepare(module, data, given, resume), folder)


def test_a_classifier_is_trained_and_judged_by_its_accuracy(classifier, blobs, tmp_path):
    outcome = trained(classifier, blobs, tmp_path, epochs=30)
    assert (outcome.training.samples, outcome.held_out.samples) == (96, 24)
    assert outcome.held_out.accuracy > 0.9
    assert "Held out (24 samples): loss" in summary(outcome)
    with np.load(tmp_path / "classifier.params.npz") as saved:
        assert saved["W"].tobytes() == outcome.run.params["W"].tobytes()
    history = (tmp_path / "classifier.history.csv").read_text().splitlines()
    assert history[0] == "epoch,loss"
    assert [float(row.split(",")[1]) for row in history[1:]] == outcome.run.losses


def test_named_classes_are_reported_with_their_numbers(classifier, blobs, tmp_path):
    names = np.array(["cat", "ant", "bee"])[blobs.arrays["t"]]
    data = from_arrays({"x": blobs.arrays["x"], "t": names}, classifier.INPUTS)
    outcome = trained(classifier, data, tmp_path, epochs=1)
    assert "Classes: 0 ant, 1 bee, 2 cat" in summary(outcome)


def test_a_line_is_judged_by_r2_and_four_samples_are_not_split(regression, line, tmp_path):
    outcome = trained(regression, line, tmp_path, epochs=201)
    assert outcome.held_out is None
    assert outcome.training.r2 > 0.999
    assert float(outcome.run.params["a"]) == pytest.approx(1, abs=0.01)


def test_divergence_is_told_in_plain_words(regression, line, tmp_path):
    with pytest.raises(DivergenceError) as caught:
        trained(regression, line, tmp_path, epochs=201, hyper={"learning_rate": 0.5})
    assert "Training diverged" in str(caught.value)
    assert "Try a smaller learning rate: --learning-rate 0.05" in str(caught.value)
    assert not (tmp_path / "regression.params.npz").exists()


@pytest.mark.parametrize("cut", [1, 7, 19])
def test_a_resumed_run_gives_the_bytes_of_an_unbroken_one(classifier, blobs, tmp_path, cut):
    options = {"seed": 3, "batch_size": 7, "standardize": True, "hyper": {"momentum": 0.5}}
    trained(classifier, blobs, tmp_path / "whole", epochs=20, **options)
    trained(classifier, blobs, tmp_path / "broken", epochs=cut, **options)
    state = tmp_path / "broken" / "classifier.state.npz"
    trained(classifier, blobs, tmp_path / "broken", state, epochs=20)
    for name in ("classifier.params.npz", "classifier.state.npz", "classifier.history.csv"):
        whole, broken = (tmp_path / part / name for part in ("whole", "broken"))
        assert whole.read_bytes() == broken.read_bytes(), name


def test_a_killed_run_goes_on_from_its_last_checkpoint(classifier, blobs, tmp_path):
    trained(classifier, blobs, tmp_path / "whole", epochs=20, checkpoint_every=4)

    def killed(epoch, loss):
        if epoch == 11:
            raise KeyboardInterrupt

    run = prepare(classifier, blobs, {"epochs": 20, "checkpoint_every": 4})
    with pytest.raises(KeyboardInterrupt):
        train(classifier, blobs, run, tmp_path / "killed", killed)
    state = tmp_path / "killed" / "classifier.state.npz"
    resumed = prepare(classifier, blobs, {}, state)
    assert len(resumed.losses) == 8
    train(classifier, blobs, resumed, tmp_path / "killed")
    whole = tmp_path / "whole" / "classifier.state.npz"
    assert state.read_bytes() == whole.read_bytes()


def test_a_target_loss_ends_the_training(classifier, blobs, tmp_path):
    outcome = trained(classifier, blobs, tmp_path, epochs=500, target_loss=0.3)
    assert outcome.reached
    assert outcome.run.losses[-1] <= 0.3 < outcome.run.losses[-2]
    assert f"reached after {len(outcome.run.losses)} epochs" in summary(outcome)


def test_a_saved_run_is_refused_by_other_networks_data_and_splits(
    classifier, regression, blobs, line, tmp_path
):
    trained(classifier, blobs, tmp_path, epochs=2)
    state = tmp_path / "classifier.state.npz"
    with pytest.raises(DataError, match="training on another network"):
        prepare(regression, line, {}, state)
    with pytest.raises(DataError, match="training on another data"):
        prepare(classifier, blobs.rows(np.arange(60)), {}, state)
    with pytest.raises(DataError, match="saved with seed 0, not 1"):
        prepare(classifier, blobs, {"seed": 1}, state)
    with pytest.raises(DataError, match="is no saved run"):
        prepare(classifier, blobs, {}, tmp_path / "classifier.params.npz")
    state.write_bytes(state.read_bytes()[:300])
    with pytest.raises(DataError, match="can't be read"):
        prepare(classifier, blobs, {}, state)


def test_a_run_that_is_further_than_asked_for_is_refused(classifier, blobs, tmp_path):
    trained(classifier, blobs, tmp_path, epochs=5)
    state = tmp_path / "classifier.state.npz"
    with pytest.raises(DataError, match=r"has 5 epochs behind it, more than the 3"):
        prepare(classifier, blobs, {"epochs": 3}, state)
    assert len(prepare(classifier, blobs, {"epochs": 5}, state).losses) == 5


def test_a_resumed_run_knows_what_changes_its_course(classifier, blobs, tmp_path):
    trained(classifier, blobs, tmp_path, epochs=5, batch_size=16)
    state = tmp_path / "classifier.state.npz"
    given = {"epochs": 9, "batch_size": 8, "hyper": {"momentum": 0.5}}
    assert prepare(classifier, blobs, given, state).changes == (
        "batch_size 8, not 16", "momentum 0.5, not 0.9",
    )  # fmt: skip
    assert prepare(classifier, blobs, {"epochs": 9, "batch_size": 16}, state).changes == ()
    classifier.HYPERPARAMETERS = {"learning_rate": 0.2, "momentum": 0.9}
    assert prepare(classifier, blobs, {}, state).changes == ("learning_rate 0.2, not 0.1",)


@pytest.mark.parametrize(
    ("name", "value"),
    [("learning_rate", np.nan), ("learning_rate", -0.1), ("momentum", np.inf)],
)
def test_a_hyper_parameter_that_can_not_be_is_refused(classifier, blobs, name, value):
    with pytest.raises(DataError, match=f"{name} can't be {value:g}"):
        prepare(classifier, blobs, {"hyper": {name: value}})


def test_an_unknown_hyper_parameter_is_named(classifier, blobs):
    with pytest.raises(DataError, match="has no hyper-parameter rate") as caught:
        prepare(classifier, blobs, {"hyper": {"rate": 0.1}})
    assert "It has learning_rate, momentum." in str(caught.value)


def test_a_network_without_an_optimizer_is_refused(classifier, blobs):
    del classifier.fit
    with pytest.raises(DataError, match="has no optimizer to train with"):
        prepare(classifier, blobs, {})


def test_the_split_is_seeded_and_complete(blobs):
    parts = split(blobs, Settings(validation=0.25))
    again = split(blobs, Settings(validation=0.25))
    other = split(blobs, Settings(validation=0.25, seed=1))
    rows = [{tuple(r) for r in part.arrays["x"]} for part in (*parts, again[1], other[1])]
    assert (len(rows[0]), len(rows[1])) == (90, 30)
    assert not rows[0] & rows[1]
    assert rows[1] == rows[2] != rows[3]


def test_nothing_left_to_train_on_is_refused(line):
    with pytest.raises(DataError, match="of 4 samples 4 would be held out"):
        split(line, Settings(validation=0.95))


def test_standardised_inputs_are_saved_with_their_scale(classifier, blobs, tmp_path):
    shifted = from_arrays(
        {"x": blobs.arrays["x"] * 100 + 7, "t": blobs.arrays["t"]}, classifier.INPUTS
    )
    outcome = trained(classifier, shifted, tmp_path, epochs=30, standardize=True, validation=0.0)
    assert outcome.training.accuracy > 0.9
    with np.load(tmp_path / "classifier.params.npz") as saved:
        x = (shifted.arrays["x"] - saved["x.mean"]) / saved["x.spread"]
        right = classifier.predict(saved, x).argmax(1) == shifted.arrays["t"]
    assert right.mean() == outcome.training.accuracy


@pytest.mark.parametrize(
    ("wanted", "output", "accuracy"),
    [
        ([0, 1, 1], [0.2, 0.9, 0.4], 2 / 3),
        ([-1, 1, 1], [-3, 2, -1], 2 / 3),
        ([0, 1, 1], [-2, 3, 0.1], 1),
    ],
)
def test_two_classes_have_an_accuracy(regression, wanted, output, accuracy):
    data = from_arrays({"x": [1.0, 2, 3], "y": wanted}, regression.INPUTS)
    regression.predict = lambda params, x: np.array(output, dtype=float)
    assert measure(regression, regression.init_params(), data).accuracy == pytest.approx(accuracy)


def test_constant_targets_have_no_r2(regression, line):
    flat = replace(line, arrays={**line.arrays, "y": np.full(4, 5.0)})
    quality = measure(regression, regression.init_params(), flat)
    assert (quality.r2, quality.accuracy) == (None, None)


@pytest.mark.parametrize(
    "losses", [[1.0], [2.0, 2.0], [0.0, -1.0, 3.0], [5 / k for k in range(1, 999)]]
)
def test_any_losses_can_be_drawn(losses):
    lines = chart.text(losses).splitlines()
    assert len(lines) == 9
    assert max(map(len, lines)) <= 72
    assert lines[0].isascii()


def test_a_picture_is_made_where_matplotlib_is():
    pytest.importorskip("matplotlib")
    assert chart.png([3.0, 2.0, 1.0], "net").startswith(b"\x89PNG")
