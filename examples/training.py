"""What the training scripts share: a module from its description, and fitting that keeps the best.

The best epoch is told by data for validation, which is neither trained on nor reported.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import symbp as bp
from symbp.artifact import load

FOLDER = Path(__file__).parent
Array = np.ndarray[Any, np.dtype[Any]]
Params = dict[str, Array]


@cache
def module(name: str, target: str = "numpy") -> ModuleType:
    """Return the module of NAME.bp or FILE.bp:LOSS, built in float32 for a target: numpy or c."""
    net = bp.load(str(FOLDER / (name if ":" in name else f"{name}.bp")))
    with tempfile.TemporaryDirectory() as folder:
        return load(bp.build(net, target, "float32", folder))


def fit_best(
    net: ModuleType, training: tuple[Array, ...], validation: tuple[Array, ...], *,
    epochs: int, batch_size: int = 32, seed: int = 0, **hyper: float,
) -> Params:  # fmt: skip
    """Return the parameters after the epoch with the least loss on the validation data."""
    params = net.init_params(seed=seed)
    best: tuple[float, Params] = np.inf, params

    def keep(_epoch: int, _loss: float) -> None:
        nonlocal best
        loss = float(net.forward(params, *validation)[0])
        if loss < best[0]:
            best = loss, {name: array.copy() for name, array in params.items()}

    net.fit(
        params, net.init_state(params), *training,
        epochs=epochs, batch_size=batch_size, seed=seed, callback=keep, **hyper,
    )  # fmt: skip
    return best[1]
