"""What the proofs of the whole share: networks built and loaded, arrays drawn and compared."""

import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from symbp import artifact, codegen
from symbp.compiler import emit
from symbp.lang import Network

TARGETS = [
    "numpy",
    pytest.param(
        "c", marks=pytest.mark.skipif("c" not in codegen.TARGETS, reason="there is no C target")
    ),
]


def built(network: Network, target: str = "numpy", dtype: str = "float64") -> ModuleType:
    """Return the generated module, imported.

    Its C is compiled with -O1, four times faster; what `build` compiles is in test_isolation.
    """
    files = emit(network, target, dtype)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        artifact.write({folder / file: text for file, text in files.items()})
        if target == "c":
            library = folder / artifact.library_name(network.name)
            artifact.compile_c(sorted(folder.glob("*.c")), library, flags=("-O1",))
        return artifact.load(folder / f"{network.name}.py")


def drawn(module: ModuleType, seed: int = 1) -> dict[str, np.ndarray]:
    """Return parameters none of which is at a special value, biases included."""
    rng = np.random.default_rng(seed)
    shapes = module.PARAMETERS.items()
    return {name: np.asarray(rng.normal(size=shape), module.DTYPE) for name, shape in shapes}


def distance(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest error, relative to the largest element that is expected."""
    error = np.max(np.abs(np.asarray(found) - expected), initial=0.0)
    return float(error / (np.max(np.abs(expected), initial=0.0) or 1.0))
