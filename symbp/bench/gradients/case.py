"""A case: the same mathematics in symbp and in torch.

What a layer reads is a parameter here, so that its gradient is one among the others. Labels, masks
and the like are inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symbp import lang
from symbp.bench.workloads import Array
from symbp.lang import Handle, Network

WANTED = "wanted"


@dataclass(frozen=True, slots=True)
class Case:
    """A layer or a loss with its settings.

    `ours` takes handles by name, `theirs` tensors of torch by name, layers' parameters among them.
    """

    covers: str
    """The function of `symbp.lang` that it is about."""
    words: str
    """Its settings, as one reads them."""
    ours: Callable[[dict[str, Handle]], Handle]
    theirs: Callable[[Any, Any], Any]
    """Takes `torch` and the tensors."""
    shapes: Mapping[str, tuple[int, ...]]
    """What is differentiated by, beside the layer's own parameters."""
    labels: Mapping[str, tuple[tuple[int, ...], int]] = field(default_factory=dict)
    """Whole numbers from 0: shapes, and how many there are."""
    fixed: Mapping[str, Array] = field(default_factory=dict)
    """Masks, weights, targets."""
    is_loss: bool = False

    def network(self) -> Network:
        """Describe it; a layer is led to a loss that sees each element of its value."""
        handles = {name: lang.param(name, *shape) for name, shape in self.shapes.items()}
        for name, (shape, classes) in self.labels.items():
            handles[name] = lang.input(name, *shape, classes=classes)
        for name, array in self.fixed.items():
            handles[name] = lang.input(name, *array.shape)
        y = self.ours(handles)
        loss = y if self.is_loss else lang.mse(y, lang.target(WANTED, *y.shape))
        return lang.network("held", loss=loss, output=y)

    def data(self, network: Network) -> dict[str, Array]:
        """Return inputs and targets, the same each time."""
        rng = np.random.default_rng(2)
        found = {name: rng.integers(0, n, shape) for name, (shape, n) in self.labels.items()}
        wanted = [t for t in network.program.tensors if t.name == WANTED]
        drawn = {t.name: rng.normal(size=tuple(map(int, t.shape))) for t in wanted}
        return {**found, **self.fixed, **drawn}

    def parameters(self, network: Network) -> dict[str, Array]:
        """Return parameters that are nowhere zero, the same each time."""
        rng = np.random.default_rng(1)
        return {
            t.name: rng.normal(0.0, 0.7, tuple(map(int, t.shape)))
            for t in network.program.trained()
        }


def mask(*shape: int) -> Array:
    """Return ones and zeros, a one first in each row."""
    found = (np.random.default_rng(3).uniform(size=shape) > 0.4).astype(float)
    found[..., 0] = 1.0
    return found


def weights(*shape: int) -> Array:
    """Return positive numbers."""
    return np.random.default_rng(4).uniform(0.2, 2.0, shape)
