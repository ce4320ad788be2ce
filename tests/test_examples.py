"""The examples' scripts train on real data, and reach on unseen data what the comments say."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import symbp
from symbp.compiler import load
from symbp.ir.program import size
from symbp.lang.network import Network
from symbp.verify.samples import drawn
from tests.codegen import built

EXAMPLES = Path(symbp.__file__).parents[1] / "examples"
TRAINED = [
    "sunspots", "autoencoder", "char_gru", "char_transformer", "char_tied", "vae", "gan.bp:critic",
    "gan.bp:generator",
]  # fmt: skip


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what imports a script of examples/, as running it does."""
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module


def test_the_lstm_forecasts_sunspots_better_than_persistence(script: Any) -> None:
    errors = script("train_sunspots").run("numpy")
    assert errors["the LSTM"] < 25 < 33 < errors["persistence"]


def test_the_autoencoder_beats_principal_components_of_its_width(script: Any) -> None:
    errors = script("train_autoencoder").run("numpy")
    assert errors["autoencoder"] < 0.7 * errors["principal components"]


@pytest.mark.parametrize(
    ("name", "loss"), [("char_gru", 2.1), ("char_transformer", 2.35), ("char_tied", 2.35)]
)
def test_characters_are_foretold_better_than_by_pairs(script: Any, name: str, loss: float) -> None:
    losses = script("train_characters").run(name, "c")
    assert losses[name] < loss < losses["bigram"]


def test_the_variational_autoencoder_beats_a_mixture_of_ten(script: Any) -> None:
    nats = script("train_vae").run("c")
    assert nats["autoencoder, at least"] > -19.3 > -20 > nats["mixture of ten"]


def test_the_generator_finds_all_eight_clouds(script: Any) -> None:
    found = script("train_gan").run("c")
    assert found["clouds hit"] == 8
    assert found["share of the points"] > 0.88


def test_the_lenet_reads_98_of_100_digits_that_no_choice_has_seen(script: Any) -> None:
    assert script("train_lenet").run("c")["accuracy"] >= 0.98


def noise(net: Network) -> dict[str, Any]:
    """Return what the first step of two samples draws."""
    sources = enumerate(net.program.having("noise"))
    shapes = {(t.name, k): tuple(int(n.subs(size("N"), 2)) for n in t.shape) for k, t in sources}
    return {name: drawn(shape, "float64", k) for (name, k), shape in shapes.items()}


@pytest.mark.parametrize("name", TRAINED)
def test_numpy_and_c_agree_with_the_interpreter(script: Any, name: str) -> None:
    net = load(str(EXAMPLES / (name if ":" in name else f"{name}.bp")))
    given = built.arrays(net, seed=2, scale=0.5, N=2, T=2)
    loss, grads, _ = built.meant(net, given | noise(net))
    compiled = script("training").module(name, "c")
    single = {n: a.astype("float32") if a.dtype == float else a for n, a in given.items()}
    for module, arrays, near in ((built.module(net), given, 1e-12), (compiled, single, 1e-4)):
        params, data = built.parted(net, arrays)
        found, slopes = module.value_and_grad(params, *data)
        assert built.distance(found, loss) < near
        for word, grad in grads.items():
            assert built.distance(slopes[word], grad) < near, word


@pytest.mark.parametrize("name", ["char_gru", "char_transformer"])
def test_no_character_is_told_what_follows_it(script: Any, name: str) -> None:
    net: ModuleType = script("training").module(name)
    x = np.random.default_rng(0).integers(0, 76, (2, 32))
    other = x.copy()
    other[:, 20:] = (x[:, 20:] + 1) % 76
    before, after = (net.predict(net.init_params(), a).copy() for a in (x, other))
    assert np.array_equal(before[:, :20], after[:, :20])
    assert not np.array_equal(before[:, 20:], after[:, 20:])
