"""What is derived and emitted grows linearly in depth, not at all in width: counts, no seconds."""

from functools import cache

import numpy as np
import pytest

import symbp as bp
from symbp import codegen

DEPTHS = (10, 20, 40)


def perceptron(depth: int, width: int) -> bp.Network:
    x, y = bp.input("x", "N", width), bp.target("y", "N", 1)
    h = x
    for layer in range(depth):
        h = bp.dense(h, width, bp.tanh, name=f"h{100 + layer}")
    p = bp.dense(h, 1)
    return bp.network("deep", loss=bp.mse(p, y), output=p, optimizer=bp.momentum())


@cache
def counts(depth: int, width: int, target: str = "numpy") -> dict[str, int]:
    """Return sizes of what is made of a network: equations, gradients as text, module."""
    net = perceptron(depth, width)
    raw, _ = bp.gradient_program(net)
    files = bp.emit(net, target)
    return {
        "equations of the raw adjoint": len(raw.equations),
        "equations of the derived program": len(bp.derive(net).program.equations),
        **{f"lines of {name}": text.count("\n") for name, text in files.items()},
        **{f"characters of {name}": len(text) for name, text in files.items()},
    }


@pytest.mark.parametrize("target", codegen.TARGETS)
def test_everything_grows_linearly_in_depth(target: str):
    small, middle, large = (counts(depth, 8, target) for depth in DEPTHS)
    for what in small:
        first, second = middle[what] - small[what], large[what] - middle[what]
        assert first > 0
        # Long lists wrap and numbers get digits: within 5 % of a straight line.
        assert second == pytest.approx(2 * first, rel=0.05), what


@pytest.mark.parametrize("target", codegen.TARGETS)
def test_nothing_grows_in_width(target: str):
    narrow, wide = counts(10, 1000, target), counts(10, 8192, target)
    assert narrow.keys() == wide.keys()
    for what in narrow:
        if what.startswith("characters"):  # initial values have more or fewer digits
            assert wide[what] == pytest.approx(narrow[what], rel=0.01), what
        else:
            assert wide[what] == narrow[what], what


def test_the_buffers_of_a_step_are_those_of_the_forward_values():
    """A 40-layer tape holds 40 layers; the backward pass adds a fixed number of buffers."""
    found = []
    for depth in DEPTHS:
        text = bp.emit(perceptron(depth, 8))["deep.py"]
        body = text.partition("def _buffers(")[2].partition("\n\n\n")[0]
        found.append(body.count("np.empty("))
    assert np.diff(found).tolist() == np.diff(DEPTHS).tolist()
