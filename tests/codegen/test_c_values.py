"""What C computes is what the interpreter means and what NumPy computes."""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbp import artifact, compiler
from symbp.lang.network import Network
from tests.codegen.built import arrays, assert_agrees, module, net, parted
from tests.codegen.networks import NETWORKS

STRICT = (
    "-std=c99", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion",
    "-Wshadow", "-Wstrict-prototypes", "-Werror",
)  # fmt: skip


def c_module(network: Network, dtype: str = "float64", *, threads: int = 1, **sizes: int) -> Any:
    """Return a C module, compiled without a warning."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = compiler.emit(network, "c", dtype, threads=threads, sizes=sizes)
        for file, text in files.items():
            (folder / file).write_text(text)
        library = artifact.library_name(network.name)
        sources = sorted(p.name for p in folder.glob("*.c"))
        team = ["-fopenmp"] if threads > 1 else []
        command = ["cc", *STRICT, *team, *sources, "-o", library]
        done = subprocess.run([*command, "-lm"], cwd=folder, capture_output=True, text=True)
        assert done.stderr == ""
        return artifact.load(folder / f"{network.name}.py")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("text", NETWORKS.values(), ids=NETWORKS)
def test_c_means_what_the_interpreter_means(text: str, dtype: str):
    network = net(text)
    assert_agrees(network, arrays(network, 1, N=3, T=2), dtype, c_module)


@pytest.mark.parametrize("text", [t for t in NETWORKS.values() if "optimizer" in t])
def test_training_in_c_and_in_numpy_is_the_same(text: str):
    network = net(text)
    params, data = parted(network, arrays(network, 2, N=6, T=3))
    results = []
    for made in (c_module(network), module(network)):
        own = {n: v.copy() for n, v in params.items()}
        state = made.init_state(own)
        losses = made.fit(own, state, *data, epochs=20, batch_size=4)
        results.append({**own, **{f"state {n}": v for n, v in state.items()}, "losses": losses})
    for name, expected in results[1].items():
        np.testing.assert_allclose(results[0][name], expected, rtol=1e-11, atol=1e-13)


def test_the_tape_of_one_target_serves_the_other():
    network = net(NETWORKS["labels"])
    params, data = parted(network, arrays(network, 3, N=4))
    made = [c_module(network), module(network)]
    tapes = [m.forward(params, *data)[1] for m in made]
    assert list(tapes[0]) == list(tapes[1])
    for one, other in zip(made, reversed(tapes), strict=True):
        for name, gradient in one.backward(params, other).items():
            expected = made[1].value_and_grad(params, *data)[1][name]
            np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-15)
