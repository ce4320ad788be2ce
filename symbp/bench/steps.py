"""A training step of the generated module against one written by hand, in one interleaved run."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symbp import lang
from symbp.artifact import load
from symbp.bench import handwritten
from symbp.compiler import Target, build
from symbp.lang import Network

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Workload:
    """A perceptron, its batch, and the step by hand."""

    name: str
    sizes: tuple[int, ...]
    activation: Any
    by_hand: Callable[..., float]
    batch: int
    dtype: str
    labels: bool = False

    def network(self) -> Network:
        """Describe the perceptron with layers h1, h2, ..."""
        h = lang.input("x", "N", self.sizes[0])
        for k, width in enumerate(self.sizes[1:], 1):
            last = k == len(self.sizes) - 1
            linear = last and self.activation is not lang.sigmoid
            h = lang.dense(h, width, None if linear else self.activation, name=f"h{k}")
        if self.labels:
            loss = lang.cross_entropy(h, lang.label("t", "N", classes=self.sizes[-1]))
        else:
            loss = lang.mse(h, lang.target("y", "N", self.sizes[-1]))
        optimizer = lang.sgd(learning_rate=0.01)
        name = "perceptron_" + "_".join(map(str, self.sizes))
        return lang.network(name, loss=loss, output=h, optimizer=optimizer)

    def data(self) -> tuple[Array, Array]:
        """Return synthetic inputs and targets, the same each time."""
        rng = np.random.default_rng(0)
        x = rng.normal(size=(self.batch, self.sizes[0])).astype(self.dtype)
        if self.labels:
            return x, rng.integers(0, self.sizes[-1], self.batch)
        return x, rng.normal(size=(self.batch, self.sizes[-1])).astype(self.dtype)


WORKLOADS = (
    Workload("2-4-1", (2, 4, 1), lang.sigmoid, handwritten.sigmoid_step, 4, "float64"),
    Workload("8-64-64-2", (8, 64, 64, 2), lang.tanh, handwritten.tanh_step, 32, "float32"),
    Workload(
        "784-256-128-10",
        (784, 256, 128, 10),
        lang.relu,
        handwritten.relu_step,
        128,
        "float32",
        True,
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """Microseconds a step, medians, and the median of the ratios of neighbouring runs."""

    workload: str
    generated: float
    by_hand: float
    ratio: float
    spread: tuple[float, float]


def steps(target: Target = "numpy", rounds: int = 41) -> list[Row]:
    """Time all workloads; raise AssertionError where the two steps do not agree."""
    return [_measure(w, target, rounds) for w in WORKLOADS]


def _measure(workload: Workload, target: Target, rounds: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        module = load(build(workload.network(), target, workload.dtype, folder))
    x, y = workload.data()
    layers = len(workload.sizes) - 1
    ours, theirs = module.init_params(0), module.init_params(0)
    state = module.init_state(ours)

    def generated() -> float:
        return float(module.train_step(ours, state, x, y))

    def by_hand() -> float:
        return workload.by_hand(theirs, x, y, 0.01, layers)

    tolerance = 1e-12 if workload.dtype == "float64" else 1e-5
    for _ in range(3):
        np.testing.assert_allclose(generated(), by_hand(), rtol=tolerance)
    for name in ours:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-3, atol=tolerance)
    count = max(3, int(0.004 / _time(by_hand, 5)))
    pairs = [(_time(generated, count), _time(by_hand, count)) for _ in range(rounds)]
    ratios = sorted(a / b for a, b in pairs)
    quarter = len(ratios) // 4
    return Row(
        workload.name,
        statistics.median(a for a, _ in pairs) * 1e6,
        statistics.median(b for _, b in pairs) * 1e6,
        statistics.median(ratios),
        (ratios[quarter], ratios[-1 - quarter]),
    )


def _time(step: Callable[[], float], count: int) -> float:
    begin = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - begin) / count
