"""The same input gives the same bytes, whatever the order of Python's sets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ADJOINT = """
from symbp.autodiff import adjoint
from symbp.ir.text import parse, text
from tests.autodiff.test_networks import NETWORKS
for source in NETWORKS.values():
    print(text(adjoint(parse(source), "loss")[0]))
"""
EXAMPLES = """
from hashlib import sha256
from symbp.codegen import TARGETS
from symbp.compiler import derivation, derive, emit, load
from symbp.derivation.documents import DOCUMENTS, Shown
from tests.specs import SPECS
for spec in SPECS:
    network, formulas = load(spec), derive(load(spec))
    texts = {f: getattr(formulas, f)() for f in ("text", "latex", "markdown", "html")}
    steps = derivation(network)
    texts |= {f"steps as {f}": write(steps, Shown()) for f, write in DOCUMENTS.items()}
    for target in TARGETS:
        for dtype in ("float64", "float32"):
            files = emit(network, target, dtype)
            texts |= {f"{name} {target} {dtype}": text for name, text in files.items()}
    for name, text in texts.items():
        print(network.name, name, sha256(text.encode()).hexdigest())
"""
CASES = {
    "the adjoints of five networks": ("-c", ADJOINT),
    "every example, target and format": ("-c", EXAMPLES),
}
"""What is run: the arguments of Python, in a directory of its own; add a line for each output."""


def output(arguments: tuple[str, ...], seed: str, directory: Path) -> dict[str, bytes]:
    """Run Python with one hash seed; return what it prints and every file that it writes."""
    directory.mkdir()
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=directory,
        capture_output=True,
        check=True,
    )
    files = sorted(p for p in directory.rglob("*") if p.is_file())
    return {"stdout": done.stdout} | {str(p.relative_to(directory)): p.read_bytes() for p in files}


@pytest.mark.parametrize("arguments", CASES.values(), ids=CASES)
def test_the_same_bytes_for_every_hash_seed(arguments: tuple[str, ...], tmp_path: Path):
    expected = output(arguments, "0", tmp_path / "0")
    assert expected != {"stdout": b""}
    for seed in "12":
        assert output(arguments, seed, tmp_path / seed) == expected
