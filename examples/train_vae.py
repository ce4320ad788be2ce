"""Learn the distribution of black and white digits, with the variational autoencoder of vae.bp.

    python examples/train_vae.py           in NumPy
    python examples/train_vae.py c         in C, faster

The measure is log p(x) of digits that nothing has seen, in nats. Of the autoencoder it is a lower
bound, averaged over draws of its noise; of the two models that it is held against it is exact: each
pixel by itself, and a mixture in which each pixel goes by itself once the digit's name is drawn.
Three fifths are trained on, a fifth chooses the epoch, a fifth judges.
"""

from __future__ import annotations

import sys

import numpy as np
from training import Array, fit_best, module

from symbp.data import digits


def parts() -> list[tuple[Array, Array]]:
    """Return pixels of 0 or 1 and names: to train on, to choose the epoch with, to judge with."""
    x, t = digits()
    order = np.random.default_rng(0).permutation(len(x))
    cuts = [len(x) * 3 // 5, len(x) * 4 // 5]
    pixels, names = np.split((x[order] >= 0.5).astype("float32"), cuts), np.split(t[order], cuts)
    return list(zip(pixels, names, strict=True))


def of_pixels(seen: Array, x: Array) -> Array:
    """Return log p of each x (n,), each pixel by itself, its odds those of the pixels seen."""
    p = (seen.sum(axis=0) + 0.5) / (len(seen) + 1)
    return x @ np.log(p) + (1 - x) @ np.log(1 - p)


def of_mixture(seen: Array, names: Array, x: Array) -> Array:
    """Return log p of each x (n,) where the odds are those of one of ten digits."""
    each = [np.log(np.mean(names == k)) + of_pixels(seen[names == k], x) for k in range(10)]
    return np.logaddexp.reduce(each)


def run(target: str = "numpy", seed: int = 0, epochs: int = 100) -> dict[str, float]:
    """Train, and return the mean of log p of unseen digits by three models."""
    net = module("vae", target)
    (seen, names), (validation, _), (test, _) = parts()
    params = fit_best(net, (seen,), (validation,), epochs=epochs, seed=seed)
    bounds = [-net.forward(params, test, noise_seed=draw)[0] for draw in range(100)]
    return {
        "autoencoder, at least": float(np.mean(bounds)),
        "mixture of ten": float(of_mixture(seen, names, test).mean()),
        "pixels by themselves": float(of_pixels(seen, test).mean()),
    }


if __name__ == "__main__":
    for model, nats in run(*sys.argv[1:2]).items():
        print(f"{model:22} {nats:.2f} nats")
