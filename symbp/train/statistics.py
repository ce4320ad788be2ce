"""What happens inside of a network while it trains: one snapshot of all layers.

A generated module hands over all that is needed: the tape of `forward` holds the activations that
the backward pass reads, and `backward` gives the gradients. Both are taken on a probe, the same few
samples each time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from symbp.ir.program import Program
from symbp.lang.network import Network
from symbp.summary.layers import layers, parameters
from symbp.train.data import Array, Data

PROBE = 256
"""So many samples are looked at."""
STILL = 1e-6
"""A unit whose values differ by less than this part of the layer's largest does not move."""


@dataclass(frozen=True, slots=True)
class LayerState:
    """One layer at one time; None where the layer has no parameters, or is not on the tape."""

    name: str
    gradient: float | None = None
    """The norm of the gradient by all of its parameters."""
    weight: float | None = None
    """The norm of its parameters."""
    count: int = 0
    """How many parameters are trained."""
    mean: float | None = None
    deviation: float | None = None
    units: int = 0
    """The elements of its output for one sample."""
    dead: int | None = None
    """Those that have the same value for every sample of the probe."""

    @property
    def slope(self) -> float:
        """The root mean square of the gradient's elements; NaN where there are none."""
        return self.gradient / math.sqrt(self.count) if self.gradient is not None else math.nan


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All layers after an epoch."""

    epoch: int
    loss: float
    layers: tuple[LayerState, ...]


class Lens:
    """Looks into a module that is being trained."""

    def __init__(self, network: Network, module: ModuleType, data: Data) -> None:
        self.module, program = module, network.program
        rows = np.arange(min(PROBE, data.samples))
        self.probe = data.rows(rows) if data.batched else data
        own = layers(program)
        self.owners = parameters(program, own)
        moved = _moved(program)
        self.names = tuple(dict.fromkeys(layer for n, layer in own.items() if n in moved))
        """The layers that training changes: not those that only arrange the input."""
        batch = {e for n in data.batched for e in program[n].shape[:1]}
        self.samples = {
            t.name: tuple(k for k, n in enumerate(t.shape) if n in batch)
            for t in program.having("value")
        }
        """The axes of each tensor that run over samples."""

    def look(self, params: Mapping[str, Array], epoch: int) -> Snapshot:
        """Return what the layers are like with these parameters."""
        with np.errstate(all="ignore"):
            loss, tape = self.module.forward(params, *self.probe.arrays.values())
            grads = self.module.backward(params, tape)
            states = (self._state(name, params, grads, tape) for name in self.names)
            found = tuple(s for s in states if s.count or s.units)
        return Snapshot(epoch, float(loss), found)

    def _state(
        self, name: str, params: Mapping[str, Array], grads: Mapping[str, Array],
        tape: Mapping[str, Array],
    ) -> LayerState:  # fmt: skip
        own = [p for p in grads if self.owners[p] == name]
        state: dict[str, float | int] = {}
        if own:
            state = {
                "gradient": norm([grads[p] for p in own]),
                "weight": norm([params[p] for p in own]),
                "count": sum(grads[p].size for p in own),
            }
        values, axes = tape.get(name), self.samples.get(name)
        if values is not None and axes:
            still = np.ptp(values, axis=axes) <= STILL * float(np.max(np.abs(values)))
            state |= {
                "mean": float(values.mean()), "deviation": float(values.std()),
                "units": still.size, "dead": int(still.sum()),
            }  # fmt: skip
        return LayerState(name, **state)  # type: ignore[arg-type]


def _moved(program: Program) -> set[str]:
    """Return what depends on a parameter."""
    found = {t.name for t in program.having("param")}
    for equation in program.equations:
        if any(access.name in found for access in equation.reads()):
            found.add(equation.target.name)
    return found


def norm(arrays: list[Array]) -> float:
    """Return the Euclidean norm of all elements.

    >>> norm([np.array([3.0]), np.array([[4.0]])])
    5.0
    """
    return math.sqrt(sum(float(np.sum(np.square(a, dtype=np.float64))) for a in arrays))


__all__ = ["LayerState", "Lens", "Snapshot", "norm"]
