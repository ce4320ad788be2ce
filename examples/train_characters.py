"""Predict the next character of Python's licence, with char_gru, char_transformer or char_tied.

    python examples/train_characters.py char_gru           in NumPy
    python examples/train_characters.py char_gru c         in C

Trained on the first eight tenths of 13,936 characters; the last tenth chooses the epoch, the
ninth judges. The measure is a bigram model: how often one character follows another in the same
eight tenths, smoothed as suits the last tenth best. Losses are means of -log p, in nats.
"""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
from training import FOLDER, Array, fit_best, module

TEXT = (FOLDER / "data" / "python_licence.txt").read_text(encoding="ascii")
ALPHABET = sorted(set(TEXT))
PLANS = {"char_gru": (10, 32, 8), "char_transformer": (12, 32, 8), "char_tied": (10, 8, 1)}
"""How long each network is trained, in epochs; how long its pieces of text are; how far apart."""


def parts() -> list[Array]:
    """Return the text as numbers: to train on, to judge with, to choose with."""
    codes = np.searchsorted(ALPHABET, list(TEXT))
    return np.split(codes, [len(codes) * 8 // 10, len(codes) * 9 // 10])


def pieces(net: ModuleType, codes: Array) -> tuple[Array, Array]:
    """Return pieces of a text as a network reads them, and the characters that follow."""
    _, length, step = PLANS[net.NAME]
    places = np.arange(0, len(codes) - length, step)[:, None] + np.arange(length)
    following = codes[places + 1]
    all_places = len(net.INPUTS["t"][1]) == 2
    return codes[places], following if all_places else following[:, -1]


def bigram(seen: Array, smoothing: float, codes: Array) -> float:
    """Return the loss of what followed each character in the text seen, each count raised."""
    counts = np.full((len(ALPHABET), len(ALPHABET)), smoothing)
    np.add.at(counts, (seen[:-1], seen[1:]), 1)
    shares = counts / counts.sum(axis=1, keepdims=True)
    return float(-np.log(shares[codes[:-1], codes[1:]]).mean())


def run(name: str, target: str = "numpy", seed: int = 0) -> dict[str, float]:
    """Train, and return the losses of a network and of the bigram model on unseen text."""
    net = module(name, target)
    training, test, validation = parts()
    params = fit_best(
        net, pieces(net, training), pieces(net, validation), epochs=PLANS[name][0], seed=seed
    )
    smoothing = min((1, 0.3, 0.1, 0.03, 0.01), key=lambda s: bigram(training, s, validation))
    return {
        name: float(net.forward(params, *pieces(net, test))[0]),
        "bigram": bigram(training, smoothing, test),
    }


if __name__ == "__main__":
    for model, loss in run(*sys.argv[1:3]).items():
        print(f"{model:16} loss {loss:.2f}")
