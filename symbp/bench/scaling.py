"""Seconds to derive and emit a perceptron, over depth and over width."""

from __future__ import annotations

import time
from dataclasses import dataclass

from symbp import lang
from symbp.compiler import emit
from symbp.lang import Network

DEPTHS = (10, 20, 50, 100, 200)
WIDTHS = (8, 64, 512, 8192)


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
