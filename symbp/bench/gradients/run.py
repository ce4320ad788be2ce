"""Differentiate cases with symbp's NumPy module and with torch, and compare."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from symbp.artifact import load
from symbp.bench.gradients.case import WANTED, Case
from symbp.bench.workloads import Array
from symbp.compiler import build
from symbp.errors import DataError

TOLERANCE = 1e-10
"""How far a gradient may be from torch's, in units of the largest of its case."""


@dataclass(frozen=True, slots=True)
class Row:
    """The largest differences of a case: of the loss, and of the gradients."""

    case: Case
    gradients: int
    """How many tensors are differentiated by."""
    loss: float
    off: float

    def agrees(self) -> bool:
        """Tell whether both are within the tolerance."""
        return max(self.loss, self.off) <= TOLERANCE


def compare_all(cases: Iterable[Case]) -> Iterator[Row]:
    """Yield a row for each case.

    Raises:
        DataError: torch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise DataError(
            "torch is not installed, and gradients are held against it",
            remedy="Make an environment of its own: python -m venv peers; "
            'peers/bin/pip install "symbp[bench]" torch==2.13.0; peers/bin/symbp bench gradients',
        )
    for case in cases:
        yield compare(case)


def compare(case: Case) -> Row:
    """Differentiate one case twice."""
    network = case.network()
    params, data = case.parameters(network), case.data(network)
    with tempfile.TemporaryDirectory() as folder:
        module = load(build(network, "numpy", "float64", folder))
    loss, grads = module.value_and_grad(module.init_params() | params, **data)
    wanted, slopes = _torch(case, params, data)
    scale = max(float(np.max(np.abs(slope))) for slope in slopes.values())
    off = max(float(np.max(np.abs(grads[name] - slope))) for name, slope in slopes.items())
    return Row(case, len(slopes), abs(float(loss) - wanted) / max(abs(wanted), 1.0), off / scale)


def _torch(
    case: Case, params: dict[str, Array], data: dict[str, Array]
) -> tuple[float, dict[str, Array]]:
    import torch

    tensors: dict[str, Any] = {
        name: torch.tensor(array, requires_grad=True) for name, array in params.items()
    }
    given = {name: torch.tensor(array) for name, array in data.items()}
    value = case.theirs(torch, tensors | given)
    loss = value if case.is_loss else torch.nn.functional.mse_loss(value, given[WANTED])
    loss.backward()
    return loss.item(), {name: tensor.grad.numpy() for name, tensor in tensors.items()}
