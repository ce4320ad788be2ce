"""The steps that a careful person would write in NumPy: what ours are held against.

Forward, loss, every gradient and plain gradient descent in place; arrays that are needed anyway
are written over, and nothing is computed twice. In float64 they are also the bench's reference.

>>> from symbp.bench.workloads import WORKLOADS
>>> xor = WORKLOADS["xor"]
>>> step = step_of(xor)
>>> params, (x, y) = xor.parameters(), xor.data()
>>> step(params, x, y) > step(params, x, y)
True
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symbp.bench.handwritten.common import Step
from symbp.bench.handwritten.convolutional import convolutional
from symbp.bench.handwritten.encoder import encoder
from symbp.bench.handwritten.perceptron import perceptron
from symbp.bench.handwritten.recurrent import recurrent
from symbp.bench.workloads import Convolutional, Encoder, Perceptron, Recurrent, Workload

STEPS: dict[type[Workload], Callable[[Any], Step]] = {
    Perceptron: perceptron,
    Convolutional: convolutional,
    Recurrent: recurrent,
    Encoder: encoder,
}


def step_of(workload: Workload) -> Step:
    """Return a workload's step: from params, which it trains in place, x and y to the loss."""
    return STEPS[type(workload)](workload)
