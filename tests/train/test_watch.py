"""What is seen of a network while it trains: numbers, words, tables and pictures."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from symbp import artifact, compiler
from symbp.cli import main
from symbp.lang.parser import parse
from symbp.train import DivergenceError, from_arrays, pictures, prepare, watched
from symbp.train.confusion import Confusion, confusion
from symbp.train.diagnosis import diagnosis
from symbp.train.statistics import LayerState, Lens, Snapshot

ROOT = Path(__file__).parents[2]
CLASSES = """network clouds
input x[N, 4]
label t[N] in 3
h = dense(x, 8, relu)
logits = dense(h, 3)
output softmax(logits)
loss cross_entropy(logits, t)
optimizer sgd(learning_rate=0.1)"""


def built(words: str, folder: Path):
    network = parse(words)
    return network, artifact.load(compiler.build(network, directory=folder))


@pytest.fixture(scope="module")
def clouds(tmp_path_factory):
    """A network, its module, and 120 points of three classes."""
    network, module = built(CLASSES, tmp_path_factory.mktemp("clouds"))
    rng = np.random.default_rng(0)
    t = np.arange(120) % 3
    x = rng.standard_normal((120, 4)) + 3 * np.eye(3, 4)[t]
    return network, module, from_arrays({"x": x, "t": t}, module.INPUTS)


def layer(snapshot: Snapshot, name: str) -> LayerState:
    return next(row for row in snapshot.layers if row.name == name)


# Numbers ----------------------------------------------------------------------------------


def test_norms_are_those_of_the_gradients_that_the_module_gives(clouds):
    network, module, data = clouds
    params = module.init_params(seed=0)
    found = Lens(network, module, data).look(params, 0)
    loss, grads = module.value_and_grad(params, data.arrays["x"], data.arrays["t"])
    want = math.sqrt(np.sum(grads["h_W"] ** 2) + np.sum(grads["h_b"] ** 2))
    assert found.loss == loss
    assert layer(found, "h").gradient == pytest.approx(want, rel=1e-12)
    assert layer(found, "h").count == 4 * 8 + 8
    weights = np.concatenate([params["logits_W"].ravel(), params["logits_b"]])
    assert layer(found, "logits").weight == pytest.approx(np.linalg.norm(weights), rel=1e-12)


def test_a_unit_is_dead_where_it_is_the_same_for_every_sample(clouds):
    network, module, data = clouds
    params = module.init_params(seed=0)
    assert layer(Lens(network, module, data).look(params, 0), "h").dead == 0
    params["h_b"][:3] = -1000.0
    found = layer(Lens(network, module, data).look(params, 0), "h")
    assert (found.units, found.dead) == (8, 3)


def test_a_saturated_sigmoid_is_dead_too(tmp_path):
    network, module = built(CLASSES.replace("relu", "sigmoid"), tmp_path)
    data = from_arrays({"x": np.eye(6, 4), "t": np.arange(6) % 3}, module.INPUTS)
    params = module.init_params(seed=0)
    params["h_b"][:] = [1000.0, -1000.0, 0, 0, 0, 0, 0, 0]
    assert layer(Lens(network, module, data).look(params, 0), "h").dead == 2


def test_what_only_arranges_the_input_is_no_layer(tmp_path):
    words = CLASSES.replace("h = dense(x,", "image = reshape(x, 2, 2)\nh = dense(flatten(image),")
    network, module = built(words, tmp_path)
    data = from_arrays({"x": np.eye(6, 4), "t": np.arange(6) % 3}, module.INPUTS)
    found = Lens(network, module, data).look(module.init_params(seed=0), 0)
    assert [row.name for row in found.layers] == ["h", "logits"]


# Words ------------------------------------------------------------------------------------


def told(*layers: LayerState) -> str:
    return "\n".join(diagnosis([Snapshot(3, 1.0, layers)]))


def test_a_gradient_that_vanishes_explodes_or_breaks_is_said_so():
    end = LayerState("p", gradient=1.0, count=4)
    assert "vanishes on its way back" in told(LayerState("a", gradient=1e-4, count=4), end)
    assert "explodes on its way back" in told(LayerState("a", gradient=1e4, count=4), end)
    broken = told(LayerState("a", gradient=math.nan, count=4), end)
    assert broken == "The gradient is no finite number in a after epoch 3."


def test_the_width_of_a_layer_does_not_make_its_gradient_vanish():
    wide = LayerState("p", gradient=1e3, count=10**8)
    assert "reaches every layer" in told(LayerState("a", gradient=0.1, count=1), wide)


def test_dead_units_are_worth_a_word_from_a_tenth_on():
    assert "5 of 40 units of h are dead" in told(LayerState("h", units=40, dead=5))
    assert told(LayerState("h", units=40, dead=3)).endswith("3 of 40 units are dead.")
    assert told(LayerState("h", units=40, dead=0)).endswith("No unit is dead.")


def test_a_deep_sigmoid_network_is_diagnosed(tmp_path):
    layers = "\n".join(f"h{k} = dense(h{k - 1}, 6, sigmoid)" for k in range(1, 9))
    words = CLASSES.replace("h = dense(x, 8, relu)", f"h0 = dense(x, 6)\n{layers}")
    network, module = built(words.replace("dense(h, 3)", "dense(h8, 3)"), tmp_path)
    data = from_arrays({"x": np.eye(6, 4), "t": np.arange(6) % 3}, module.INPUTS)
    snapshot = Lens(network, module, data).look(module.init_params(seed=0), 0)
    assert "vanishes on its way back" in diagnosis([snapshot])[0]


# Confusion --------------------------------------------------------------------------------


def test_confusion_counts_true_classes_by_row(clouds):
    _, module, data = clouds
    params = module.init_params(seed=1)
    found = confusion(module, params, data)
    read = module.predict(params, data.arrays["x"]).argmax(1)
    for a in range(3):
        for b in range(3):
            assert found.counts[a, b] == np.sum((data.arrays["t"] == a) & (read == b))


def test_two_classes_of_a_target_are_confused_by_the_middle(tmp_path):
    _, module = built(
        "network b\ninput x[N]\ntarget y[N]\nparam w\np = sigmoid(w * x)\noutput p\nloss mse(p, y)",
        tmp_path,
    )
    data = from_arrays({"x": np.array([-1.0, 1, 2, -2]), "y": np.array([0.0, 0, 1, 1])},
                       module.INPUTS)  # fmt: skip
    found = confusion(module, {"w": np.array(1.0)}, data)
    assert found.counts.tolist() == [[1, 1], [1, 1]]


def test_a_network_of_real_targets_has_no_confusion(tmp_path):
    _, module = built(
        "network b\ninput x[N]\ntarget y[N]\nparam w\np = w * x\noutput p\nloss mse(p, y)", tmp_path
    )
    data = from_arrays({"x": np.ones(3), "y": np.array([0.1, 2, 3])}, module.INPUTS)
    assert confusion(module, {"w": np.array(1.0)}, data) is None


def test_many_classes_are_told_by_their_worst_pairs_alone():
    counts = np.diag(np.full(30, 5))
    counts[7, 9] = 2
    assert Confusion(tuple(map(str, range(30))), counts).text() == "7 is read as 9 twice of 7."


# The whole --------------------------------------------------------------------------------


def test_a_watched_run_says_writes_and_draws_the_same_each_time(clouds, tmp_path):
    network, module, data = clouds
    said = []
    for name in ("a", "b"):
        lines: list[str] = []
        run = prepare(module, data, {"epochs": 30})
        outcome = watched(network, module, data, run, tmp_path / name, lines.append)
        said.append([line.replace(str(tmp_path / name), "") for line in lines])
    assert said[0] == said[1]
    assert outcome.held_out.accuracy > 0.9
    assert "The gradient reaches every layer" in said[0][-1]
    assert "true \\ read" in said[0][-1]
    with (tmp_path / "a" / "clouds.watch.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {row["layer"] for row in rows} == {"h", "logits"}
    assert [row["epoch"] for row in rows if row["layer"] == "h"] == [str(k) for k in range(31)]
    names = {p.name for p in (tmp_path / "a").iterdir()}
    assert {"clouds.watch.svg", "clouds.confusion.svg"} <= names or not pictures.available()
    for name in names:
        if name.endswith(".svg"):
            a, b = ((tmp_path / x / name).read_bytes() for x in "ab")
            assert a == b
            assert a.startswith(b"<?xml")


def test_a_watched_run_ends_with_the_same_parameters_as_one_that_is_not(clouds, tmp_path):
    network, module, data = clouds
    from symbp.train import train

    free = prepare(module, data, {"epochs": 4})
    train(module, data, free, tmp_path)
    run = prepare(module, data, {"epochs": 4})
    watched(network, module, data, run, tmp_path, lambda line: None)
    assert run.losses == free.losses
    assert all(run.params[n].tobytes() == free.params[n].tobytes() for n in run.params)


def test_what_was_seen_is_said_where_training_diverges(tmp_path):
    network, module = built(
        "network line\ninput x[N]\ntarget y[N]\nparam a, b\np = a*x + b\noutput p\n"
        "loss mse(p, y)\noptimizer sgd(learning_rate=5)",
        tmp_path,
    )
    data = from_arrays({"x": np.arange(4.0), "y": np.arange(4.0)}, module.INPUTS)
    said: list[str] = []
    with pytest.raises(DivergenceError):
        watched(network, module, data, prepare(module, data, {"epochs": 50}), tmp_path, said.append)
    assert "gradient" in said[-1]


def test_the_command_watches(tmp_path):
    spec, data = ROOT / "examples" / "xor.bp", ROOT / "examples" / "data" / "xor.csv"
    result = CliRunner().invoke(
        main, ["train", str(spec), str(data), "--epochs", "20", "--watch", "-o", str(tmp_path)]
    )
    assert result.exit_code == 0, result.output
    assert "norm of the gradient" in result.output
    assert (tmp_path / "xor.watch.csv").is_file()
    assert (tmp_path / "xor.params.npz").is_file()
