"""The gradients of the examples as a careful person writes them in NumPy.

What the accuracy of generated code is held against: plain formulas, in the module's float type,
with the usual care (softmax shifted by its maximum, slopes written in values). Each takes params
and the arrays of the data, and of the noise where there is some, and returns the gradients by name.

>>> import numpy as np
>>> params = {"a": np.array(2.0), "b": np.array(0.0)}
>>> {n: float(g) for n, g in GRADIENTS["linear_regression"](params, np.ones(2), np.ones(2)).items()}
{'a': 2.0, 'b': 2.0}
"""

from __future__ import annotations

from collections.abc import Callable

from symbp.evidence.byhand.common import Arrays
from symbp.evidence.byhand.lenet import lenet
from symbp.evidence.byhand.noisy import gan_critic, gan_generator, vae
from symbp.evidence.byhand.perceptrons import (
    autoencoder,
    char_tied,
    digits,
    linear_regression,
    moons,
    symmetry,
    xor,
)
from symbp.evidence.byhand.recurrent import char_gru, sunspots
from symbp.evidence.byhand.transformer import char_transformer

GRADIENTS: dict[str, Callable[..., Arrays]] = {
    f.__name__: f
    for f in (
        autoencoder, char_gru, char_tied, char_transformer, digits, gan_critic,
        gan_generator, lenet, linear_regression, moons, sunspots, symmetry, vae, xor,
    )
}  # fmt: skip
"""By the name of the example."""

__all__ = ["GRADIENTS"]
