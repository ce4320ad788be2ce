"""How good a trained network is, in plain words: loss, and accuracy or R2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from symbp.train.data import Array, Data


@dataclass(frozen=True, slots=True)
class Quality:
    """What a network reaches on some samples."""

    samples: int
    loss: float
    accuracy: float | None = None
    r2: float | None = None

    def __str__(self) -> str:
        parts = [f"loss {self.loss:.6g}"]
        if self.accuracy is not None:
            right = round(self.accuracy * self.samples)
            parts.append(f"accuracy {self.accuracy:.2%} ({right} of {self.samples})")
        if self.r2 is not None:
            parts.append(f"R2 {self.r2:.6g}")
        return ", ".join(parts)


def measure(module: ModuleType, params: Mapping[str, Array], data: Data) -> Quality:
    """Return how good a network is on these samples."""
    loss = float(module.forward(params, *data.arrays.values())[0])
    pair = compared(module, params, data)
    if pair is None:
        return Quality(data.samples, loss)
    output, wanted = pair
    if output.ndim == wanted.ndim + 1:
        return Quality(data.samples, loss, accuracy=_share(output.argmax(-1) == wanted))
    hits = _hits(output, wanted)
    if hits is not None:
        return Quality(data.samples, loss, accuracy=_share(hits))
    return Quality(data.samples, loss, r2=r2(output, wanted))


def r2(output: Array, wanted: Array) -> float | None:
    """Return the share of the variance that is explained: 1 - sum (y-p)^2 / sum (y-mean y)^2.

    >>> r2(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    0.7857142857142857
    """
    total = float(np.sum((wanted - wanted.mean(axis=0)) ** 2))
    return 1 - float(np.sum((wanted - output) ** 2)) / total if total > 0 else None


def compared(
    module: ModuleType, params: Mapping[str, Array], data: Data
) -> tuple[Array, Array] | None:
    """Return the first output that has a target or label of its shape, and that."""
    inputs = [data.arrays[n] for n, (role, *_) in module.INPUTS.items() if role == "input"]
    found = module.predict(params, *inputs)
    outputs = found if isinstance(found, dict) else dict.fromkeys(module.OUTPUTS, found)
    for name, (role, shape, classes) in module.INPUTS.items():
        wanted_shape = {"target": tuple(shape), "label": (*shape, classes)}.get(role)
        for output, array in outputs.items():
            if tuple(module.OUTPUTS[output]) == wanted_shape:
                return np.asarray(array), data.arrays[name]
    return None


def _hits(output: Array, wanted: Array) -> Array | None:
    """Return which predictions are right, where the targets are classes: one-hot, 0/1 or -1/1."""
    values = set(np.unique(wanted).tolist())
    if values <= {0.0, 1.0} and wanted.ndim > 1 and wanted.shape[-1] > 1:
        one_hot = np.all(wanted.sum(-1) == 1)
        return np.equal(output.argmax(-1), wanted.argmax(-1)) if one_hot else None
    if values <= {0.0, 1.0} or values == {-1.0, 1.0}:
        return np.equal(output > middle(output, wanted), wanted > 0)
    return None


def middle(output: Array, wanted: Array) -> float:
    """Return the value that parts two classes; outputs beyond 0..1 are logits, parted by 0."""
    probabilities = wanted.min() >= 0 and output.min() >= 0 and output.max() <= 1
    return 0.5 if probabilities else 0.0


def _share(hits: Array) -> float:
    return float(np.mean(hits))
