"""Seconds to derive and emit a perceptron, over depth and width, and a residual network."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from symbp import lang
from symbp.artifact import compile_c, write
from symbp.compiler import Target, emit
from symbp.lang import Network

DEPTHS = (10, 20, 50, 100, 200)
WIDTHS = (8, 64, 512, 8192)
DEEP = (10, 26, 50)
TARGETS: tuple[Target, ...] = ("numpy", "c")


@dataclass(frozen=True, slots=True)
class Row:
    """One perceptron: its layers, their width, and what it took."""

    depth: int
    width: int
    seconds: float
    characters: int


def scaling() -> list[Row]:
    """Time depths at width 16, and widths at depth 10."""
    shapes = [(d, 16) for d in DEPTHS] + [(10, w) for w in WIDTHS]
    _row(2, 4)  # imports and caches
    return [_row(depth, width) for depth, width in shapes]


@dataclass(frozen=True, slots=True)
class Deep:
    """One residual network: seconds to derive and emit it, and to compile the C; characters."""

    depth: int
    seconds: float
    compiling: float
    numpy: int
    c: int


def deep(depth: int) -> Deep:
    """Time a residual network of so many layers."""
    begin = time.perf_counter()
    net = residual(depth)
    files = [emit(net, target, "float32") for target in TARGETS]
    seconds = time.perf_counter() - begin
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        write({Path(folder, name): text for name, text in files[1].items()})
        sources = [Path(folder, name) for name in files[1] if name.endswith(".c")]
        compile_c(sources, Path(folder, "deep.so"))
        compiling = time.perf_counter() - begin
    return Deep(depth, seconds, compiling, *(sum(map(len, each.values())) for each in files))


def residual(depth: int) -> Network:
    """Describe a residual network of so many convolutions and dense layers, normalised by batches.

    The first convolution widens images to 8 channels; each block adds two more to what it is
    given; the last layer is dense. Source: He et al. 2016.
    """
    h = lang.conv2d(lang.input("x", "N", 1, 8, 8), 8, 3, padding="same", name="stem")
    for k in range(1, depth // 2):
        first = lang.conv2d(h, 8, 3, padding="same", name=f"a{k}")
        second = lang.conv2d(
            lang.relu(lang.batch_norm(first, name=f"an{k}")), 8, 3, padding="same", name=f"b{k}"
        )
        h = lang.relu(h + lang.batch_norm(second, name=f"bn{k}"))
    logits = lang.dense(lang.global_avg_pool(h), 10, name="logits")
    return lang.network(
        "residual", loss=lang.cross_entropy(logits, lang.label("t", "N", classes=10)),
        output=logits, optimizer=lang.momentum(learning_rate=0.1),
    )  # fmt: skip


def _row(depth: int, width: int) -> Row:
    begin = time.perf_counter()
    files = emit(perceptron(depth, width), "numpy")
    seconds = time.perf_counter() - begin
    return Row(depth, width, seconds, sum(map(len, files.values())))


def perceptron(depth: int, width: int) -> Network:
    """Describe a tanh perceptron of equal layers with a linear output."""
    h = lang.input("x", "N", width)
    for k in range(1, depth + 1):
        h = lang.dense(h, width, lang.tanh, name=f"h{k}")
    p = lang.dense(h, 1, name="p")
    loss = lang.mse(p, lang.target("y", "N", 1))
    return lang.network("perceptron", loss=loss, output=p, optimizer=lang.sgd(learning_rate=0.01))
