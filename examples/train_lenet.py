"""Read handwritten digits with the network of lenet.bp, its learning rate chosen on unseen ones.

    python examples/train_lenet.py           in NumPy
    python examples/train_lenet.py c         in C

Seven tenths of the digits are trained on; a tenth chooses among learning rates and epochs; the
last fifth, which no choice has seen, judges.
"""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
from training import Array, Params, fit_best, module

from symbp.data import digits

RATES = (0.001, 0.003, 0.01)


def parts(dtype: str) -> list[tuple[Array, Array]]:
    """Return images and labels: to train on, to choose with, to judge with."""
    x, t = digits()
    order = np.random.default_rng(0).permutation(len(x))
    cuts = [len(x) * 7 // 10, len(x) * 8 // 10]
    images, labels = (np.split(a[order], cuts) for a in (x.astype(dtype), t))
    return list(zip(images, labels, strict=True))


def accuracy(net: ModuleType, params: Params, x: Array, t: Array) -> float:
    """Return the share of images that are read right."""
    return float(np.mean(net.predict(params, x).argmax(axis=1) == t))


def run(target: str = "numpy", seed: int = 0) -> dict[str, float]:
    """Train with each learning rate; return that with the least validation loss, and its share."""
    net = module("lenet", target)
    training, validation, test = parts(net.DTYPE)

    def loss(candidate: tuple[float, Params]) -> float:
        return float(net.forward(candidate[1], *validation)[0])

    candidates = [
        (rate, fit_best(net, training, validation, epochs=30, seed=seed, learning_rate=rate))
        for rate in RATES
    ]
    rate, params = min(candidates, key=loss)
    return {"learning rate": rate, "accuracy": accuracy(net, params, *test)}


if __name__ == "__main__":
    for what, number in run(*sys.argv[1:2]).items():
        print(f"{what:14} {number:.4g}")
