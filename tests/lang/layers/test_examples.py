"""Whole networks of layers: the LeNet on held-out digits, and a deep one."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from symbp import compiler
from symbp import lang as bp
from symbp.data import digits
from tests.codegen import built

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("dtype", ["float64"])
def test_the_lenet_is_as_the_interpreter_has_it(dtype):
    net = bp.load(str(ROOT / "examples" / "lenet.bp"))
    arrays = built.arrays(net, seed=2, scale=0.5, N=1)
    params, data = built.parted(net, arrays)
    loss, grads, _ = built.meant(net, arrays)
    got, found = built.module(net, dtype).value_and_grad(params, *data)
    assert built.distance(got, loss) < 1e-12
    for name, grad in grads.items():
        assert built.distance(found[name], grad) < 1e-12, name


def test_the_lenet_tells_held_out_digits():
    net = bp.load(str(ROOT / "examples" / "lenet.bp"))
    module = built.module(net, "float32")
    x, t = digits()
    order = np.random.default_rng(0).permutation(len(x))
    x, t = x[order].astype("float32"), t[order]
    kept = len(x) * 4 // 5
    params = module.init_params(seed=0)
    state = module.init_state(params)
    module.fit(params, state, x[:kept], t[:kept], epochs=30, batch_size=32, seed=0)
    assert (module.predict(params, x[kept:]).argmax(axis=1) == t[kept:]).mean() >= 0.98


def residual(depth: int) -> bp.Network:
    """Return a residual network of so many convolutions."""
    h = bp.conv2d(bp.input("x", "N", 3, 16, 16), 8, 3, bp.relu, padding=1, name="stem")
    for k in range(depth // 2):
        a = bp.conv2d(h, 8, 3, bp.relu, padding=1, name=f"a{k}")
        h = bp.relu(h + bp.conv2d(a, 8, 3, padding=1, name=f"b{k}"))
    z = bp.dense(bp.global_avg_pool(h), 10, name="z")
    t = bp.label("t", "N", classes=10)
    return bp.network("residual", loss=bp.cross_entropy(z, t), output=bp.softmax(z))


def test_fifty_layers_are_emitted_in_a_time_linear_in_depth():
    def seconds(depth: int) -> float:
        start = time.process_time()
        net = residual(depth)
        for target in ("numpy", "c"):
            compiler.emit(net, target)
        return time.process_time() - start

    seconds(4)  # what is done once
    half, whole = seconds(25), seconds(50)
    assert whole < 60
    assert whole < 3 * half, "twice the depth, about twice the time"
