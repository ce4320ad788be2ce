"""Recurrences as modules: NumPy and C agree with the interpreter, and grow with nothing."""

from __future__ import annotations

import hashlib  # noqa: F401
import itertools
import os
import re
import subprocess
import sys

import pytest
from hypothesis import Phase, assume, given, settings

import symbp as bp
from symbp import artifact, compiler
from tests.codegen.built import arrays, assert_agrees, meant, net, source
from tests.codegen.test_numpy_random import as_network
from tests.drawn_scans import recurrences

LAYERS = {"rnn": bp.rnn, "lstm": bp.lstm, "gru": bp.gru, "both": bp.bidirectional}

NESTED = """
input  x[N, T, 3], m[N, T]
target y[N, 1]
value  g[T + 1, N, 3]
g[T, n, j] = 1
scan t in T reversed
    g[t, n, j] = where(m[n, t] > 0, tanh(x[n, t, j] + g[t + 1, n, j]), g[t + 1, n, j])
end
a = lstm(x, 4, sequence=true, mask=m)
b = gru(a, 3)
q[n, j] = b[n, j] + g[0, n, j]
s[n, u, j] = sum[t](a[n, t, j] * a[n, u, j])
r[n] = mean[u, j](s[n, u, j])
p = dense(q, 1)
z[n, k] = p[n, k] + r[n]
output z
loss   mse(z, y)
"""


def layered(layer: str, steps: int | str, sequence: bool = False):
    x = bp.input("x", "N", steps, 3)
    y = bp.target("y", "N", *([steps] if sequence else []), 1)
    p = bp.dense(LAYERS[layer](x, 4, sequence=sequence, name="h"), 1)
    return bp.network("net", loss=bp.mse(p, y), output=p)


@pytest.fixture
def in_c(tmp_path):
    """Return what builds, compiles and loads a C module."""
    numbers = itertools.count()

    def make(network, dtype="float64"):
        return artifact.load(bp.build(network, "c", dtype, tmp_path / str(next(numbers))))

    return make


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("sequence", [False, True])
def test_layers_mean_the_same_in_numpy(layer, sequence):
    network = layered(layer, "T", sequence)
    for batch, steps in ((1, 1), (3, 2)):
        assert_agrees(network, arrays(network, N=batch, T=steps))


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_mean_the_same_in_c(layer, in_c):
    network = layered(layer, "T", layer == "gru")
    for batch, steps in ((1, 1), (3, 2)):
        assert_agrees(network, arrays(network, N=batch, T=steps), make=in_c)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_recurrences_nested_in_a_network_mean_the_same(dtype, in_c):
    network = net(NESTED)
    values = arrays(network, N=2, T=3)
    assert_agrees(network, values, dtype)
    assert_agrees(network, values, dtype, make=in_c)


@settings(max_examples=settings.default.max_examples // 4, phases=[Phase.generate])
@given(recurrences())
def test_a_drawn_recurrence_means_the_same_in_numpy(program):
    network = as_network(program)
    values = arrays(network, 1)
    loss, gradients, _ = meant(network, values)
    assume(all(abs(float(v)) < 1e6 for a in (loss, *gradients.values()) for v in _flat(a)))
    assert_agrees(network, values)


def _flat(array):
    return array.flat if hasattr(array, "flat") else [array]


@settings(max_examples=4, phases=[Phase.generate])
@given(recurrences())
def test_a_drawn_recurrence_means_the_same_in_c(tmp_path_factory, program):
    network = as_network(program)
    values = arrays(network, 1)
    loss, gradients, _ = meant(network, values)
    assume(all(abs(float(v)) < 1e6 for a in (loss, *gradients.values()) for v in _flat(a)))
    folder = tmp_path_factory.mktemp("drawn")
    assert_agrees(network, values, make=lambda n, d: artifact.load(bp.build(n, "c", d, folder)))


def test_a_thousand_steps_are_as_much_code_as_ten():
    few, many = (layered("lstm", steps) for steps in (10, 1000))
    for target in ("numpy", "c"):
        a, b = (compiler.emit(each, target) for each in (few, many))
        for name, code in a.items():  # lines are wrapped where a size has more digits
            assert abs(len(code.splitlines()) - len(b[name].splitlines())) < 10
    count = len(compiler.plan(few).backward.program.equations)
    assert count == len(compiler.plan(many).backward.program.equations)


def test_products_over_all_steps_stand_outside_of_the_loop():
    """The only product of matrices in a step is that of the state."""
    text = source(layered("lstm", "T"))
    loops = re.findall(r"^    for t\w* in .*\n((?:        .*\n)+)", text, re.M)
    assert [len(re.findall(r"np\.(?:dot|matmul)", loop)) for loop in loops] == [1, 1, 1]
    assert "einsum" not in text


def test_no_step_allocates():
    text = source(layered("lstm", "T"))
    loops = re.findall(r"^    for t\w* in .*\n((?:        .*\n)+)", text, re.M)
    calls = [line for loop in loops for line in loop.splitlines() if "np." in line]
    assert calls
    assert all("out=" in line for line in calls)


def test_hash_seeds_change_nothing():
    program = (
        "from tests.codegen.test_scans import layered, NESTED, net, compiler, hashlib\n"
        "texts = [compiler.emit(n, t) for n in (layered('gru', 'T'), net(NESTED))"
        " for t in ('numpy', 'c')]\n"
        "print(hashlib.sha256(repr(texts).encode()).hexdigest())\n"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1
