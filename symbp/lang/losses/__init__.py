"""Losses: scalar formulas of predictions and targets; means, as in the frameworks.

>>> from symbp.lang.tensors import input, target
>>> mse(input("p", "N", 1), target("y", "N", 1))
value mse

    elements.py   means over all elements: mse, mae, huber, hinge, binary cross-entropies,
                  the Gaussian's; sse is one half of the squared sum
    classes.py    means over the samples: cross_entropy, focal, KL
    pairs.py      triplets and pairs of samples
    common.py     weights and masks, which every loss takes: sum(w l) / sum(w)
"""

from collections.abc import Callable

from symbp.lang.handles import Handle
from symbp.lang.losses.classes import cross_entropy, focal, gaussian_kl, kl
from symbp.lang.losses.elements import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    gaussian_nll,
    hinge,
    huber,
    mae,
    mse,
    sse,
)
from symbp.lang.losses.pairs import contrastive, triplet

LOSSES: dict[str, Callable[..., Handle]] = {
    loss.__name__: loss
    for loss in (
        mse, sse, mae, huber, binary_cross_entropy, binary_cross_entropy_with_logits,
        cross_entropy, hinge, focal, kl, gaussian_kl, gaussian_nll, triplet, contrastive,
    )
}  # fmt: skip
"""Every loss by its name in the text form."""

__all__ = [
    "LOSSES", "binary_cross_entropy", "binary_cross_entropy_with_logits", "contrastive",
    "cross_entropy", "focal", "gaussian_kl", "gaussian_nll", "hinge", "huber", "kl", "mae", "mse",
    "sse", "triplet",
]  # fmt: skip
