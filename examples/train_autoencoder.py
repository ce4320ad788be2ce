"""Squeeze digits of 64 pixels through 8 numbers, with the network of autoencoder.bp.

    python examples/train_autoencoder.py           in NumPy
    python examples/train_autoencoder.py c         in C

Principal components do the same with the best linear map; the network is to do better on digits
that neither has seen. Three fifths are trained on, a fifth chooses the epoch, a fifth judges.
"""

from __future__ import annotations

import sys

import numpy as np
from training import Array, fit_best, module

from symbp.data import digits

WIDTH = 8


def parts() -> list[Array]:
    """Return digits to train on, to choose the epoch with, and to judge with."""
    x = digits()[0].astype("float32")
    order = np.random.default_rng(0).permutation(len(x))
    return np.split(x[order], [len(x) * 3 // 5, len(x) * 4 // 5])


def components(seen: Array, x: Array) -> Array:
    """Return x, led through the first principal components of what was seen."""
    mean = seen.mean(axis=0)
    V = np.linalg.svd(seen - mean, full_matrices=False)[2][:WIDTH]
    return mean + (x - mean) @ V.T @ V


def run(target: str = "numpy", seed: int = 0) -> dict[str, float]:
    """Train, and return the mean squared errors of two reconstructions of unseen digits."""
    net = module("autoencoder", target)
    training, validation, test = parts()
    params = fit_best(net, (training,), (validation,), epochs=100, seed=seed)
    return {
        "autoencoder": float(np.mean((net.predict(params, test)["p"] - test) ** 2)),
        "principal components": float(np.mean((components(training, test) - test) ** 2)),
    }


if __name__ == "__main__":
    for way, error in run(*sys.argv[1:2]).items():
        print(f"{way:20} mean squared error {error:.4f}")
