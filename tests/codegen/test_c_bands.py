"""A tiny network is one loop over samples, and means what it meant."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp import compiler
from symbp.lang.network import Network
from tests.codegen.built import arrays, assert_agrees, distance, module, net, parted
from tests.codegen.test_c_values import c_module

TINY = {
    "two terms in the loss": """
        input x[N, 3]
        target y[N, 2]
        h = dense(x, 4, tanh)
        p = dense(h, 2)
        output p
        loss mse(p, y) + 0.5 * mean[n](maximum(p[n,0], p[n,1])) + mae(p, y)
        optimizer nesterov(learning_rate=0.05)
    """,
    "a largest feature": """
        input x[N, 3]
        h = dense(x, 4)
        m[n] = max[j](h[n,j])
        low[n] = min[j](h[n,j])
        output m
        loss mean[n]((m[n] - 2 * low[n])**2)
        optimizer sgd(learning_rate=0.1)
    """,
    "a largest sample": """
        input x[N, 2]
        param w[2]
        p[n] = sum[i](x[n,i] * w[i])
        top = max[n](p[n])
        output p
        loss mean[n](p[n]**2) + top**2
        optimizer sgd(learning_rate=0.1)
    """,
    "labels": """
        input x[N, 3]
        label t[N] in 4
        logits = dense(x, 4)
        output softmax(logits)
        loss cross_entropy(logits, t)
        optimizer momentum(learning_rate=0.1)
    """,
    "a penalty": """
        input x[N, 2]
        target y[N, 1]
        h = dense(x, 3, tanh)
        p = dense(h, 1)
        output p
        loss mse(p, y)
        penalty l2(0.1)
        optimizer adamw(learning_rate=0.01)
    """,
    "clipped by norm": """
        input x[N, 2]
        target y[N, 1]
        h = dense(x, 3, tanh)
        p = dense(h, 1)
        output p
        loss mse(p, y)
        optimizer momentum(learning_rate=0.1)
        clip norm(0.05)
    """,
    "clipped by norm, with moments": """
        input x[N, 2]
        target y[N]
        param w[2], b
        p[n] = sigmoid(sum[i](x[n,i] * w[i]) + b)
        output p
        loss mean[n]((p[n] - y[n])**2)
        penalty l1(0.01, w)
        optimizer adam(learning_rate=0.05)
        clip norm(0.05)
    """,
    "a scalar output": """
        input x[N]
        param a, b
        y[n] = tanh(a * x[n]) + b
        total = sum[n](y[n])
        output total
        loss mean[n](y[n]**2) + total * a
        optimizer rmsprop(learning_rate=0.01)
    """,
    "tied weights": """
        input x[N, 3]
        param W[3, 2]
        h[n,j] = tanh(sum[i](x[n,i] * W[i,j]))
        y[n,i] = sum[j](h[n,j] * W[i,j])
        output y
        loss mean[n,i]((y[n,i] - x[n,i])**2)
        optimizer adagrad(learning_rate=0.1)
    """,
    "several inputs": """
        input x[N, 2]
        input u[N], shift[2]
        target y[N, 2]
        param W[2, 2], c[2]
        z[n,j] = sum[i]((x[n,i] + shift[i]) * W[i,j]) + c[j] * u[n]
        output z
        loss mse(z, y)
        optimizer momentum(learning_rate=0.1)
    """,
    "a layer without parameters": """
        input x[N, 3]
        param w[3]
        s[n,i] = sin(x[n,i])
        q[n,i] = s[n,i] * s[n,(i + 1) % 3]
        y[n] = sum[i](q[n,i] * w[i])
        output y
        loss mean[n](y[n]**2)
        optimizer sgd(learning_rate=0.1)
    """,
    "samples that see each other": """
        input x[N, 2]
        param w[2]
        p[n] = tanh(sum[i](x[n,i] * w[i]))
        m = mean[n](p[n])
        c[n] = p[n] - m
        output c
        loss mean[n](c[n]**2) + m
        optimizer sgd(learning_rate=0.1)
    """,
    "one row more than there are samples": """
        input x[N]
        param w
        value y[N+1]
        z[n] = tanh(w * x[n])
        q[n] = z[n] + x[n]
        y[n] += q[n]**2 for n in N
        y[N] += w**2
        output y
        loss sum[k](y[k]**2) + sum[n](z[n])
        optimizer sgd(learning_rate=0.01)
    """,
    "a value with no sample in it": """
        input x[N, 4]
        param W[4, 2]
        V[i,j] = tanh(W[i,j])
        y[n,j] = sin(sum[i](x[n,i] * V[i,j]))
        s[i] = V[i,0] * V[i,1]
        output y
        loss mean[n,j](y[n,j]**2) + sum[i](s[i]**2)
        optimizer momentum(learning_rate=0.1)
    """,
    "a scatter after the samples": """
        input x[N]
        label t[N] in 3
        param w, v[3]
        z[n] = tanh(w * x[n])
        q[n] = z[n] * v[t[n]]
        value h[3]
        h[t[n]] += q[n]
        output z
        loss sum[k](h[k]**2) + mean[n](q[n])
        optimizer momentum(learning_rate=0.01)
    """,
    "a weight whose gradient reads another": """
        input x[N]
        param a, b[2]
        y[n] = a * x[n] * b[0] + b[1]
        output y
        loss mean[n](y[n]**2) + a * b[0] * b[1]
        optimizer sgd(learning_rate=0.1)
    """,
}


def assert_trains_alike(network: Network, made: Any, rows: int, steps: int = 20) -> None:
    """Hold single steps and `fit` against those of the NumPy module."""
    params, data = parted(network, arrays(network, 2, N=rows))
    results = []
    for each in (made, module(network)):
        own = {n: v.copy() for n, v in params.items()}
        state = each.init_state(own)
        losses = [float(each.train_step(own, state, *data)) for _ in range(steps)]
        epochs = each.fit(own, state, *data, epochs=steps, batch_size=rows)
        results.append({**own, **{f"state {n}": v for n, v in state.items()}, "epochs": epochs})
        results[-1]["losses"] = np.array(losses)
    for name, expected in results[1].items():
        np.testing.assert_allclose(results[0][name], expected, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("text", TINY.values(), ids=TINY)
def test_a_tiny_network_means_and_trains_as_it_should(text: str):
    network = net(text)
    made = assert_agrees(network, arrays(network, 1, N=5), "float64", c_module)
    assert_trains_alike(network, made, 6)


@pytest.mark.parametrize("name", ["a largest sample", "labels", "clipped by norm, with moments"])
def test_a_tiny_network_means_the_same_in_single_precision(name: str):
    network = net(TINY[name])
    assert_agrees(network, arrays(network, 1, N=5), "float32", c_module)


SQUARE = {"labels": 4, "tied weights": 3, "a penalty": 3, "a value with no sample in it": 4}
"""Networks, and how many features or units one of their tensors has."""


@pytest.mark.parametrize("name", SQUARE)
def test_as_many_samples_as_units_do_not_get_mixed_up(name: str):
    network, rows = net(TINY[name]), SQUARE[name]
    fixed = c_module(network, N=rows)
    assert_agrees(network, arrays(network, 1, N=rows), make=lambda *_: fixed)
    assert_trains_alike(network, fixed, rows, steps=3)


def test_each_of_these_networks_has_a_loop_over_samples():
    one = [n for n, text in TINY.items() if "one loop over samples" in compiler.explain(net(text))]
    assert one == list(TINY)


SIZES = st.integers(1, 6)
ACTIVATIONS = ("tanh", "sigmoid", "relu", "softplus")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")


@st.composite
def perceptrons(draw: st.DrawFn) -> str:
    """Draw a perceptron of one to three layers."""
    widths = draw(st.lists(SIZES, min_size=1, max_size=3))
    lines, last = [f"input x[N, {draw(SIZES)}]"], "x"
    activation = draw(st.sampled_from(ACTIVATIONS))
    for number, width in enumerate(widths):
        lines.append(f"h{number} = dense({last}, {width}, {activation})")
        last = f"h{number}"
    losses = ("mse", "sse", "mae", "huber", "cross_entropy")
    loss = draw(st.sampled_from(losses if widths[-1] > 1 else losses[:-1]))
    labels = loss == "cross_entropy"
    lines.append(f"label t[N] in {widths[-1]}" if labels else f"target t[N, {widths[-1]}]")
    lines += [f"output {last}", f"loss {loss}({last}, t)"]
    lines.append(f"optimizer {draw(st.sampled_from(OPTIMIZERS))}(learning_rate=0.01)")
    lines += draw(st.sampled_from(([], ["clip norm(0.1)"], ["penalty l2(0.01)"])))
    return "\n".join(lines)


@settings(max_examples=settings.default.max_examples // 12)
@given(text=perceptrons(), rows=st.integers(1, 5), fixed=st.booleans(), seed=st.integers(0, 99))
def test_drawn_perceptrons_train_as_in_numpy(text: str, rows: int, fixed: bool, seed: int):
    network = net(text)
    made = c_module(network, **({"N": rows} if fixed else {}))
    params, data = parted(network, arrays(network, seed, N=rows))
    found = []
    for each in (made, module(network)):
        own = {n: v.copy() for n, v in params.items()}
        state = each.init_state(own)
        losses = [float(each.train_step(own, state, *data)) for _ in range(3)]
        found.append({**own, **state, "losses": losses, "outputs": each.predict(own, data[0])})
    for name, expected in found[1].items():
        assert distance(found[0][name], expected) < 1e-9, name
