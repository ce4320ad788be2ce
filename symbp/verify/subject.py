"""What is judged: a module at one point, and what its description says.

A method is a function from a Subject to one Estimate for each parameter that it can say something
about. It may run the module's loss and the network's equations, never what the compiler made of
them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from symbp.ir.program import Program
from symbp.ir.text import text
from symbp.verify.samples import Sample, work

Array = np.ndarray[Any, np.dtype[Any]]

ALL = 300
"""A parameter of up to this many elements is looked at element by element."""

SOME = 200
"""So many elements of a larger one are drawn."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A module, the equations of its network, and a point."""

    module: ModuleType
    program: Program
    """Forward and raw adjoint equations."""
    forward: Program
    gradients: Mapping[str, str]
    """Parameter -> the tensor that holds its gradient in `program`."""
    loss: str
    sample: Sample
    got: Mapping[str, Array]
    """The module's gradients, which are judged."""
    noise: float
    """How far rounding may move the module's loss."""
    seed: int = 0
    bodies: int = field(init=False)
    """How many bodies the forward pass evaluates."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "bodies", max(1, work(self.forward, self.sample.sizes)))

    @property
    def eps(self) -> float:
        return float(np.finfo(self.module.DTYPE).eps)

    @property
    def stopped(self) -> bool:
        """Tell whether values are taken for constants, though they move with a parameter."""
        return "stop_gradient(" in text(self.forward, declarations=False)

    def given(self) -> dict[str, Array]:
        return {**self.sample.params, **self.sample.data, **self.sample.noise}

    def places(self, name: str, limit: int = SOME) -> list[int]:
        """Return the elements of a parameter to look at: all, or some that the seed draws."""
        count = int(self.sample.params[name].size)
        if count <= min(limit, SOME) or (count <= ALL and limit >= ALL):
            return list(range(count))
        rng = np.random.default_rng([self.seed, len(name), count])
        return sorted(int(k) for k in rng.choice(count, min(limit, SOME), replace=False))


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a method says of one parameter: bounds of some elements, or of slopes along directions.

    low and high are one number but at a kink, where any slope between is one.
    """

    low: Array
    high: Array
    error: Array
    """Estimated by the method itself, absolute."""
    places: tuple[int, ...] | None = None
    """Elements in the flat parameter; all when None."""
    directions: Array | None = None
    """Or directions (K, size): slopes along them."""
    kinks: int = 0
    note: str = ""
    seconds: float = 0.0

    def of(self, gradient: Array) -> Array:
        """Return of a gradient what the method speaks of."""
        flat = gradient.reshape(-1).astype(float)
        if self.directions is not None:
            return np.asarray(self.directions @ flat)
        return flat if self.places is None else flat[list(self.places)]

    def shown(self, k: int, shape: tuple[int, ...]) -> str:
        """Return where the k-th number is taken: [2,1], or along a direction."""
        if self.directions is not None:
            return f"direction {k + 1}"
        place = k if self.places is None else self.places[k]
        return f"[{','.join(str(int(i)) for i in np.unravel_index(place, shape))}]"


Method = Callable[[Subject], Mapping[str, Estimate]]


def exact(values: Any, **more: Any) -> Estimate:
    """Return an estimate of smooth slopes that are right but for their last digits."""
    array = np.asarray(values, float).reshape(-1)
    error = more.pop("error", 1e-15) * np.max(np.abs(array), initial=0.0)
    return Estimate(array, array, np.full(array.shape, error), **more)
