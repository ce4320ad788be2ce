"""What every workload gives, whatever its network is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from symbp import lang
from symbp.lang import Handle, Network

Array = np.ndarray[Any, np.dtype[Any]]

FUNCTION = 20
"""Multiplications and additions of one exp or tanh: range reduction and a polynomial in float32."""


@dataclass(frozen=True, slots=True)
class Workload(ABC):
    """A network, a batch, a type of numbers, a learning rate and a loss."""

    name: str
    batch: int
    dtype: Literal["float32", "float64"]
    rate: float
    loss: Literal["mse", "cross_entropy"]

    @abstractmethod
    def network(self) -> Network:
        """Describe the network in the language of symbp."""

    @abstractmethod
    def parameters(self) -> dict[str, Array]:
        """Return new initial parameters, the same each time."""

    @abstractmethod
    def data(self) -> tuple[Array, Array]:
        """Return synthetic inputs and targets, the same each time."""

    @abstractmethod
    def operations(self) -> int:
        """Count the multiplications and additions of a step that no schedule can leave out."""

    @abstractmethod
    def words(self) -> str:
        """Say in a few words what it is."""

    def ended(self, output: Handle) -> Network:
        """Return the network that ends in an output (N, out), with the loss and its descent."""
        out = int(output.shape[1])
        if self.loss == "cross_entropy":
            loss = lang.cross_entropy(output, lang.label("y", "N", classes=out))
        else:
            loss = lang.mse(output, lang.target("y", "N", out))
        name = self.name.replace("-", "_")
        optimizer = lang.sgd(learning_rate=self.rate)
        return lang.network(name, loss=loss, output=output, optimizer=optimizer)

    def drawn(self, shape: tuple[int, ...], out: int) -> tuple[Array, Array]:
        """Return x (N, *shape) and y: labels (N,), or (N, out)."""
        rng = np.random.default_rng(0)
        x = rng.normal(size=(self.batch, *shape)).astype(self.dtype)
        if self.loss == "cross_entropy":
            return x, rng.integers(0, out, self.batch)
        return x, rng.uniform(size=(self.batch, out)).astype(self.dtype)

    def ending(self) -> str:
        """Say what all workloads say at the end of their words."""
        return f"{self.loss.replace('_', '-')}, batch {self.batch}, {self.dtype}"


def uniform(
    shapes: dict[str, tuple[int, ...]], inputs: dict[str, int], dtype: str
) -> dict[str, Array]:
    """Return arrays uniform within 1 / sqrt(inputs), and within 0.1 where no inputs are told."""
    rng = np.random.default_rng(1)
    found = {}
    for name, shape in shapes.items():
        bound = inputs[name] ** -0.5 if name in inputs else 0.1
        found[name] = rng.uniform(-bound, bound, shape).astype(dtype)
    return found
