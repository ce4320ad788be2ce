"""What the proofs of the whole share: networks built and loaded, arrays drawn and compared."""

import tempfile
from types import ModuleType

import numpy as np
import pytest

from symbp import artifact, codegen
from symbp.compiler import build
from symbp.lang import Network

TARGETS = [
    "numpy",
    pytest.param(
        "c", marks=pytest.mark.skipif("c" not in codegen.TARGETS, reason="there is no C target")
    ),
]


def built(network: Network, target: str = "numpy", dtype: str = "float64") -> ModuleType:
    """Return the generated module, built and imported as a user would."""
    with tempfile.TemporaryDirectory() as folder:
        return artifact.load(build(network, target, dtype, folder))


def drawn(module: ModuleType, seed: int = 1) -> dict[str, np.ndarray]:
    """Return parameters none of which is at a special value, biases included."""
    rng = np.random.default_rng(seed)
    shapes = module.PARAMETERS.items()
    return {name: np.asarray(rng.normal(size=shape), module.DTYPE) for name, shape in shapes}


def distance(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest error, relative to the largest element that is expected."""
    error = np.max(np.abs(np.asarray(found) - expected), initial=0.0)
    return float(error / (np.max(np.abs(expected), initial=0.0) or 1.0))
