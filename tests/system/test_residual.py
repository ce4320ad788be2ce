"""Deep residual convolutional networks: what is made grows linearly; the gradients are right."""

from __future__ import annotations

import os

import numpy as np
import pytest

from symbp import codegen
from symbp.bench.scaling import residual
from symbp.compiler import Choices, plan
from tests.system.support import built, drawn

DEPTHS = (4, 6, 10)
DEPTH = int(os.environ.get("SYMBP_RESIDUAL", "8"))
"""So deep is the network whose gradients are held; 50 take a minute."""


def counts(depth: int) -> dict[str, int]:
    """Return sizes of what is made of a network: equations of its functions, characters."""
    net = residual(depth)
    made = plan(net)
    phases = {"forward": made.forward, "backward": made.backward, "step": made.step}
    files = {
        f"{target} {name}": text
        for target, emit in codegen.TARGETS.items()
        for name, text in emit(made, Choices(target, "float32").options(net)).items()  # type: ignore[arg-type]
    }
    return {
        **{word: len(phase.program.equations) for word, phase in phases.items() if phase},
        **{name: len(text) for name, text in files.items()},
    }


def test_equations_and_code_grow_linearly_in_depth() -> None:
    small, middle, large = map(counts, DEPTHS)
    for what in small:
        first, second = middle[what] - small[what], large[what] - middle[what]
        assert first > 0
        assert second < 2 * 1.06 * first, what


def test_gradients_are_differences_and_the_same_in_both_targets() -> None:
    numpy, c = (built(residual(DEPTH), target) for target in ("numpy", "c"))
    rng = np.random.default_rng(0)
    params = {n: 0.3 * v + ("_g" in n) for n, v in drawn(numpy).items()}
    data = [rng.normal(size=(3, 1, 8, 8)), rng.integers(0, 10, 3)]
    loss, grads = numpy.value_and_grad(params, *data)
    again, others = c.value_and_grad(params, *data)
    assert again == pytest.approx(loss, rel=1e-12)
    for name, grad in grads.items():
        # The biases before a normalisation have no effect: the largest kernel's is the measure.
        scale = max(float(np.max(np.abs(grad))), float(np.max(np.abs(grads["stem_K"]))))
        assert np.max(np.abs(others[name] - grad)) < 1e-11 * scale, name
        direction = rng.normal(size=grad.shape) / np.sqrt(max(1, grad.size))
        # A small step, since the kinks that it crosses cost accuracy.
        ends = [
            numpy.forward({**params, name: params[name] + h * direction}, *data)[0]
            for h in (1e-6, -1e-6)
        ]
        slope = (ends[0] - ends[1]) / 2e-6
        assert abs(slope - np.sum(grad * direction)) < 1e-7 * max(1, scale), name
