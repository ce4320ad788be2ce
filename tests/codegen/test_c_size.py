"""Generated C is small, does not grow with the network's width, and compiles without a warning."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from symbp import compiler
from tests.codegen.built import net
from tests.specs import SPECS, stem

STRICT = (
    "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow",
    "-Wstrict-prototypes", "-Werror",
)  # fmt: skip
OPTIMISED = {
    "float64": ("-O3", "-march=native", "-ffp-contract=fast"),
    "float32": ("-fsyntax-only",),
}
"""One of them is enough to see what a compiler finds only when it looks closely."""
PERCEPTRON = """
    network perceptron
    input x[N, {width}]
    label t[N] in 10
    h = dense(x, {width}, relu)
    {more}
    logits = dense(h, 10)
    output logits
    loss cross_entropy(logits, t)
    optimizer sgd(learning_rate=0.1)
"""
DEEPER = PERCEPTRON.replace("{more}", "g = dense(h, {width}, relu)").replace("(h, 10)", "(g, 10)")
PERCEPTRON = PERCEPTRON.replace("    {more}\n", "")
LIMIT = 10_000
"""Bytes that the formulas of a perceptron may take."""


def own_lines(code: str) -> str:
    """Return what was written for the network: no helpers, no comments, no header."""
    begin = re.search(r"^(SHARED void compute_|static void predict\()", code, re.M)
    assert begin is not None
    text = re.sub(r" ?/\*.*?\*/", "", code[begin.start() :], flags=re.DOTALL)
    end = re.search(r"^int \w+_predict\(", text, re.M)
    assert end is not None
    return re.sub(r"\n\s*\n", "\n", text[: end.start()])


@pytest.mark.parametrize("dtype", OPTIMISED)
@pytest.mark.parametrize("spec", SPECS, ids=stem)
def test_an_example_is_compiled_without_a_warning(spec: str, dtype: str, tmp_path: Path):
    network = compiler.load(spec)
    for name, text in compiler.emit(network, "c", dtype).items():
        (tmp_path / name).write_text(text)
    before = time.monotonic()
    build = ["cc", *STRICT, *OPTIMISED[dtype], "-c", f"{network.name}.c"]
    done = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, check=False)
    print(f"{network.name} {dtype}: {time.monotonic() - before:.2f} s")  # shown by -rP
    assert (done.returncode, done.stderr) == (0, "")


def written(width: int, text: str = PERCEPTRON, **options) -> str:
    network = net(text.format(width=width))
    return own_lines(compiler.emit(network, "c", "float32", **options)["perceptron.c"])


@pytest.mark.parametrize("threads", [1, 2])
def test_a_wider_network_differs_in_numbers_only(threads: int):
    options = {"threads": threads, "sizes": {"N": 64}}
    texts = [written(width, DEEPER, **options) for width in (2048, 4096)]
    words = [re.sub(r"\s+", " ", re.sub(r"\b\d+\b", "0", text)) for text in texts]
    assert words[0] == words[1]


@pytest.mark.parametrize("text", [PERCEPTRON, DEEPER, DEEPER.replace("x[N, {width}]", "x[N, 784]")])
def test_a_perceptron_is_small_however_wide(text: str):
    assert max(len(written(width, text)) for width in (32, 256, 4096)) <= LIMIT


def test_a_deeper_network_grows_with_its_depth_alone():
    sizes = []
    for depth in (4, 8, 12):
        layers = "\n".join(f"h{k + 1} = dense(h{k}, 64, tanh)" for k in range(depth))
        text = f"input h0[N, 64]\n{layers}\noutput h{depth}\nloss mean[n,j](h{depth}[n,j]**2)"
        sizes.append(len(own_lines(compiler.emit(net(text), "c")["drawn.c"])))
    assert sizes[2] - sizes[1] == pytest.approx(sizes[1] - sizes[0], rel=0.1)
