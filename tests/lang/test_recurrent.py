"""Recurrent layers: their values and gradients by autograd, their text form, their errors."""

from __future__ import annotations

import autograd
import autograd.numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbp as bp
from symbp.compiler import gradient_program
from symbp.errors import LanguageError, OrderError, ShapeError
from symbp.ir.interpret import interpret
from symbp.ir.text import text
from symbp.lang.parser import parse
from tests.codegen.built import arrays, meant

LAYERS = {"rnn": bp.rnn, "lstm": bp.lstm, "gru": bp.gru}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def step_rnn(p, x, state):
    return (np.tanh(x @ p["W"] + p["b"] + state[0] @ p["U"]),)


def step_lstm(p, x, state):
    h, c = state
    z = np.einsum("ni,igj->ngj", x, p["W"]) + p["b"] + np.einsum("nk,kgj->ngj", h, p["U"])
    i, f, o, a = (sigmoid(z[:, g]) if g < 3 else np.tanh(z[:, g]) for g in range(4))
    c = f * c + i * a
    return o * np.tanh(c), c


def step_gru(p, x, state):
    z = np.einsum("ni,igj->ngj", x, p["W"]) + p["b"]
    y = np.einsum("nk,kgj->ngj", state[0], p["U"]) + p["d"]
    r, u = sigmoid(z[:, 0] + y[:, 0]), sigmoid(z[:, 1] + y[:, 1])
    return ((1 - u) * np.tanh(z[:, 2] + r * y[:, 2]) + u * state[0],)


STEPS = {"rnn": (step_rnn, 1), "lstm": (step_lstm, 2), "gru": (step_gru, 1)}


def by_hand(layer, p, x, units, mask=None, reverse=False, sequence=False):
    """Return what a layer gives, one step after the other."""
    step, count = STEPS[layer]
    state = (np.zeros((x.shape[0], units)),) * count
    every = []
    for t in reversed(range(x.shape[1])) if reverse else range(x.shape[1]):
        new = step(p, x[:, t], state)
        if mask is not None:
            new = [np.where(mask[:, t, None] > 0, a, b) for a, b in zip(new, state)]  # noqa: B905
        state = tuple(new)
        every.append(state[0])
    every = every[::-1] if reverse else every
    return np.stack(every, axis=1) if sequence else state[0]


def assert_equal(net, values, loss, parameters):
    """Hold the loss and the gradient by each parameter and by x against autograd's."""
    program, names = gradient_program(net, ["x"])
    got = interpret(program, values)
    assert float(got[net.loss][()]) == pytest.approx(loss(values), rel=1e-12)
    for name in (*parameters, "x"):
        want = autograd.grad(lambda v, n=name: loss({**values, n: v}))(values[name])
        error = abs(got[names[name]].astype(float) - want).max()
        assert error <= 1e-10 * (1 + abs(want).max()), name


@settings(max_examples=settings.default.max_examples // 4)
@given(
    layer=st.sampled_from(sorted(LAYERS)),
    extents=st.tuples(*[st.integers(1, 3)] * 4),
    sequence=st.booleans(), reverse=st.booleans(), masked=st.booleans(),
)  # fmt: skip
def test_a_layer_and_its_gradients_are_those_of_autograd(layer, extents, sequence, reverse, masked):
    batch, steps, features, units = extents
    x, m = bp.input("x", "N", "T", features), bp.input("m", "N", "T")
    mask = m if masked else None
    h = LAYERS[layer](x, units, sequence=sequence, reverse=reverse, mask=mask, name="h")
    n, t, j = bp.indices("n t j")
    inner = (n, t, j) if sequence else (n, j)
    loss = bp.sum(inner, bp.apply(lambda u: u**3 + u, h[inner]))
    net = bp.network("net", loss=loss, output=h)
    values = arrays(net, seed=sum(extents), N=batch, T=steps)
    values["m"] = np.random.default_rng(7).integers(0, 2, (batch, steps)).astype(float)

    def by_autograd(v):
        own = {k.removeprefix("h_"): a for k, a in v.items()}
        u = by_hand(layer, own, v["x"], units, v["m"] if masked else None, reverse, sequence)
        return np.sum(u**3 + u)

    assert_equal(net, values, by_autograd, [t.name for t in net.program.having("param")])


@pytest.mark.parametrize("layer", sorted(LAYERS))
@pytest.mark.parametrize("sequence", [False, True])
def test_both_directions_are_those_of_autograd(layer, sequence):
    x = bp.input("x", "N", "T", 2)
    h = bp.bidirectional(x, 3, LAYERS[layer], sequence=sequence, name="h")
    inner = bp.indices("n t j") if sequence else bp.indices("n j")
    net = bp.network("net", loss=bp.sum(tuple(inner), bp.sigmoid(h[tuple(inner)])), output=h)
    values = arrays(net, N=2, T=3)

    def by_autograd(v):
        sides = []
        for word in ("along", "against"):
            own = {k.removeprefix(f"h_{word}_"): a for k, a in v.items()}
            sides.append(by_hand(layer, own, v["x"], 3, None, word == "against", sequence))
        return np.sum(sigmoid(np.concatenate(sides, axis=-1)))

    assert_equal(net, values, by_autograd, [t.name for t in net.program.having("param")])


def test_gradients_are_central_differences():
    net = parse(STACK)
    values = arrays(net, seed=3, N=2, T=2)
    _, gradients, _ = meant(net, values)
    for name, gradient in gradients.items():
        for place in {(0,) * values[name].ndim, tuple(n - 1 for n in values[name].shape)}:
            ends = []
            for sign in (1, -1):
                moved = {**values, name: values[name].copy()}
                moved[name][place] += sign * 1e-6
                ends.append(float(interpret(net.program, moved)[net.loss][()]))
            slope = (ends[0] - ends[1]) / 2e-6
            assert abs(slope - gradient[place]) <= 1e-7 * (1 + abs(slope)), name


STACK = """
network stack
input  tokens[N, T, 2], m[N, T]
target y[N, 1]
a = lstm(tokens, 3, sequence=true, mask=m)
b = gru(a, 2, sequence=true, reverse=true)
c = bidirectional(b, 2, layer=rnn)
p = dense(c, 1)
output p
loss mse(p, y)
"""

EQUATIONS = """
network own
input   x[N, T, 3]
target  y[N, 4]
param   W[3, 4], U[4, 4]
value   h[N, T + 1, 4]

h[n, 0, j] = 0
scan t in T
    h[n, t + 1, j] = tanh(sum[i](x[n, t, i] * W[i, j]) + sum[k](h[n, t, k] * U[k, j]))
end
p[n, j] = h[n, T, j]
output p
loss   sum[n, j]((p[n, j] - y[n, j])**2)
"""


def test_a_scan_in_a_file_is_the_one_in_python():
    x, y = bp.input("x", "N", "T", 3), bp.target("y", "N", 4)
    W, U = bp.param("W", 3, 4), bp.param("U", 4, 4)
    n, t, i, j, k = bp.indices("n t i j k")
    h = bp.value("h", "N", x.shape[1] + 1, 4)
    bp.accumulate(h, (n, 0, j), 0)
    step = bp.sum(i, x[n, t, i] * W[i, j]) + bp.sum(k, h[n, t, k] * U[k, j])
    bp.accumulate(h, (n, t + 1, j), bp.tanh(step), scan=bp.scan(t, "T"))
    p = bp.define((n, j), h[n, x.shape[1], j], "p")
    net = bp.network("own", loss=bp.sum((n, j), (p[n, j] - y[n, j]) ** 2), output=p)
    assert text(net.program) == text(parse(EQUATIONS).program)


def test_equations_of_a_scan_stand_together_whatever_is_written_between_them():
    x, w = bp.input("x", "T"), bp.param("w")
    t, s = bp.indices("t s")
    h, steps = bp.value("h", x.shape[0] + 1), bp.scan(t, "T")
    a = bp.define(t, h[t] * w[()], "a", scan=steps)
    total = bp.define((), bp.sum(s, x[s]), "total")
    bp.accumulate(h, (t + 1,), a[t] + x[t] * total[()] + bp.sigmoid(w[()]), scan=steps)
    net = bp.network("net", loss=bp.define((), h[x.shape[0]]), output=total)
    shown = text(net.program, declarations=False)
    assert shown.index("total") < shown.index("scan") < shown.index("a[t]")
    assert shown.count("scan") == 1


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (EQUATIONS.replace("scan t in T", "scan t in T reversed"), OrderError, "read in a step"),
        (EQUATIONS.replace("h[n, 0, j]", "h[n, 1, j]"), LanguageError, "defined twice"),
        (EQUATIONS.replace("scan t in T", "scan t in K"), LanguageError, "K is no size"),
        (EQUATIONS.replace("end\n", "\n", 1), LanguageError, "not expected"),
        (EQUATIONS.replace("h[n, t, k]", "g[n, t, k]"), LanguageError, "g is not known"),
        (STACK.replace("mask=m", "mask=y"), ShapeError, "the mask of lstm"),
        (STACK.replace("layer=rnn", "layer=dense"), LanguageError, "no recurrent layer"),
        (STACK.replace("dense(c, 1)", "lstm(c, 1)"), ShapeError, "sequences of vectors"),
    ],
)
def test_mistakes_are_named(wrong, error, message):
    with pytest.raises(error, match=message):
        parse(wrong)
