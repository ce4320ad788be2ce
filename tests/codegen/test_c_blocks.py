"""A gradient that only changes its weight is computed some rows at a time, and never stored."""

import re

import numpy as np
import pytest

from symbp import compiler
from symbp.codegen.c_target import bands
from symbp.codegen.c_target.bands import BLOCK
from tests.codegen.built import arrays, module, net, parted
from tests.codegen.test_c_values import c_module

WIDE = """
    network wide
    input x[N, 300]
    target y[N, 200]
    p = dense(x, 200, tanh)
    output p
    loss mse(p, y)
    optimizer {optimizer}(learning_rate=0.05)
"""
FOLLOWERS = {"sgd": 2, "momentum": 2, "nesterov": 2, "rmsprop": 2, "adagrad": 2, "adam": 3}
"""So many equations use up a weight's gradient, one with what the other makes of it. The product
itself does for sgd, and for the bias too."""
TIED = """
    network tied
    input x[N, 64]
    param W[64, 48]
    h[n,j] = tanh(sum[i](x[n,i] * W[i,j]))
    y[n,i] = sum[j](h[n,j] * W[i,j])
    output y
    loss mean[n,i]((y[n,i] - x[n,i])**2)
    {more}
"""
AWKWARD = {
    "tied weights": TIED.format(more="optimizer sgd(learning_rate=0.5)"),
    "a penalty": TIED.format(more="penalty l2(0.1)\noptimizer momentum(learning_rate=0.1)"),
    "clipped by norm": TIED.format(more="clip norm(0.01)\noptimizer sgd(learning_rate=0.1)"),
    "clipped by value": TIED.format(more="clip value(0.0001)\noptimizer sgd(learning_rate=0.1)"),
    "decay": TIED.format(more="optimizer adamw(learning_rate=0.01)"),
    "two layers": """
        network two
        input x[N, 70]
        label t[N] in 33
        h = dense(x, 65, relu)
        g = dense(h, 66, tanh)
        logits = dense(g, 33)
        output logits
        loss cross_entropy(logits, t)
        optimizer momentum(learning_rate=0.1)
    """,
    "weights of rank 3": """
        network cube
        input x[N, 40]
        input u[N, 8, 9]
        param W[40, 8, 9], V[8, 9, 40], c[8, 9]
        h[n,g,j] = tanh(sum[i](x[n,i] * W[i,g,j]) + c[g,j])
        y[n,k] = sum[g,j](u[n,g,j] * h[n,g,j] * V[g,j,k])
        output y
        loss mean[n,k]((y[n,k] - x[n,k])**2)
        optimizer momentum(learning_rate=0.1)
    """,
    "sums that begin with samples": """
        network residual
        input x[N, 120]
        param W[120, 120], V[120, 120]
        y[n,j] = x[n,j] + sum[i](x[n,i] * W[i,j])
        z[n,j] = sum[i](y[n,i] * V[i,j]) + sum[i](x[n,i] * V[j,i])
        output z
        loss mean[n,j](z[n,j]**2)
        optimizer sgd(learning_rate=0.1)
    """,
    "products with a factor": """
        network scaled
        input x[N, 70]
        param s, W[70, 48]
        y[n,j] = sum[i](s * x[n,i] * W[i,j] / 4)
        output y
        loss mean[n,j](y[n,j]**2)
        optimizer sgd(learning_rate=0.5)
    """,
    "weights that a function makes": """
        network made
        input x[N, 90]
        param W[90, 48]
        V[i,j] = exp(W[i,j])
        y[n,j] = sum[i](x[n,i] * V[i,j])
        output y
        loss mean[n,j](y[n,j]**2)
        optimizer sgd(learning_rate=0.01)
    """,
    "rows at an offset": """
        network offset
        input x[N, 64]
        param W[70, 48]
        y[n,j] = sum[i](x[n,i] * W[i+3,j])
        output y
        loss mean[n,j](y[n,j]**2)
        optimizer sgd(learning_rate=0.5)
    """,
}


def trained(made, network, dtype: str, rows: int, steps: int = 3) -> dict[str, np.ndarray]:
    """Return everything that some steps change, and their losses."""
    params, data = parted(network, arrays(network, 3, scale=0.1, N=rows))
    own = {n: np.array(v, dtype) for n, v in params.items()}
    data = [np.array(v, dtype) if v.dtype.kind == "f" else v for v in data]
    state = made.init_state(own)
    losses = [float(made.train_step(own, state, *data)) for _ in range(steps)]
    return {**own, **state, "losses": np.array(losses)}


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray], bound: float):
    for name, value in expected.items():
        scale = np.max(np.abs(value), initial=1e-6)
        np.testing.assert_allclose(found[name], value, rtol=0, atol=bound * scale, err_msg=name)


@pytest.mark.parametrize("optimizer", FOLLOWERS)
def test_a_wide_layer_learns_as_in_numpy(optimizer: str):
    network = net(WIDE.format(optimizer=optimizer))
    assert BLOCK < 300 * 200
    sizes = {"N": 5} if optimizer == "adam" else {}
    found = trained(c_module(network, **sizes), network, "float64", 5)
    assert_same(found, trained(module(network), network, "float64", 5), 1e-10)


def test_a_batch_of_any_size_learns_as_in_numpy():
    network = net(WIDE.format(optimizer="momentum"))
    made, reference = c_module(network, "float32"), module(network)
    for rows in (1, 40, 400):
        found = trained(made, network, "float32", rows)
        assert_same(found, trained(reference, network, "float64", rows), 1e-5)


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD)
def test_an_awkward_network_learns_as_in_numpy(text: str):
    network = net(text)
    found = trained(c_module(network), network, "float64", 7)
    assert_same(found, trained(module(network), network, "float64", 7), 1e-10)


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD)
def test_an_awkward_network_has_the_gradients_of_numpy(text: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bands, "BLOCK", 1024)
    network = net(text)
    params, data = parted(network, arrays(network, 3, scale=0.1, N=7))
    _, found = c_module(network).value_and_grad(params, *data)
    _, expected = module(network).value_and_grad(params, *data)
    assert_same(found, expected, 1e-10)


def test_blocks_may_be_small(monkeypatch: pytest.MonkeyPatch):
    for most, text in ((1024, AWKWARD["two layers"]), (3000, WIDE.format(optimizer="adam"))):
        monkeypatch.setattr(bands, "BLOCK", most)
        network = net(text)
        found = trained(c_module(network), network, "float64", 30)
        assert_same(found, trained(module(network), network, "float64", 30), 1e-10)


@pytest.mark.parametrize("optimizer", FOLLOWERS)
def test_the_gradient_is_used_up_by_what_follows(optimizer: str):
    told = compiler.explain(net(WIDE.format(optimizer=optimizer)))
    assert told.count("with the product before") == FOLLOWERS[optimizer]


@pytest.mark.parametrize("optimizer", FOLLOWERS)
def test_the_workspace_is_smaller_than_the_gradient(optimizer: str):
    header = compiler.emit(net(WIDE.format(optimizer=optimizer)), "c", sizes={"N": 16})["wide.h"]
    found = re.search(r"WIDE_WORKSPACE \((\d+)\)", header)
    assert found is not None
    assert int(found[1]) < 300 * 200


def test_a_clipped_gradient_is_stored_whole():
    told = compiler.explain(net(AWKWARD["clipped by norm"]))
    assert "with the product before" not in told
