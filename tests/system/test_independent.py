"""Gradients of generated modules against central differences and against the autograd package.

Each case is a network and the same loss written as plain mathematics for autograd.
"""

import math
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from autograd.extend import defvjp, primitive
from sympy import Max, Piecewise, Symbol, exp, sin

import symbp as bp
from tests.system.support import TARGETS, built, distance, drawn

Loss = Callable[..., Any]
Case = tuple[bp.Network, Loss]
CASES: dict[str, Case] = {}
SAMPLES, FEATURES, WIDTH, CLASSES = 6, 3, 4, 3

erf = primitive(np.vectorize(math.erf))
defvjp(erf, lambda _, u: lambda g: g * 2 / np.sqrt(np.pi) * np.exp(-(u**2)))


def sigmoid(u: Any) -> Any:
    return 1 / (1 + anp.exp(-u))


def log_softmax(z: Any) -> Any:
    return z - anp.log(anp.sum(anp.exp(z), axis=1, keepdims=True))


def affine(q: dict[str, Any], layer: str, x: Any) -> Any:
    return x @ q[f"{layer}_W"] + q[f"{layer}_b"]


# Activations, between two hidden layers of one width --------------------------------------------

u = Symbol("u", real=True)
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
ACTIVATIONS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "linear": (bp.linear, lambda u: u),
    "sigmoid": (bp.sigmoid, sigmoid),
    "tanh": (bp.tanh, anp.tanh),
    "relu": (bp.relu, lambda u: anp.where(u > 0, u, 0)),
    "leaky_relu": (bp.leaky_relu, lambda u: anp.where(u > 0, u, 0.01 * u)),
    "elu": (bp.elu, lambda u: anp.where(u > 0, u, anp.exp(u) - 1)),
    "selu": (
        bp.selu,
        lambda u: SELU_SCALE * anp.where(u > 0, u, SELU_ALPHA * (anp.exp(u) - 1)),
    ),
    "softplus": (bp.softplus, lambda u: anp.log(1 + anp.exp(u))),
    "gelu": (bp.gelu, lambda u: u * (1 + erf(u / math.sqrt(2))) / 2),
    "gelu_tanh": (
        bp.gelu_tanh,
        lambda u: u * (1 + anp.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u**3))) / 2,
    ),
    "silu": (bp.silu, lambda u: u * sigmoid(u)),
    "mish": (bp.mish, lambda u: u * anp.tanh(anp.log(1 + anp.exp(u)))),
    "softsign": (bp.softsign, lambda u: u / (1 + anp.abs(u))),
    "hard_tanh": (bp.hard_tanh, lambda u: anp.clip(u, -1, 1)),
    "a SymPy expression": (sin(u) * exp(-(u**2)), lambda u: anp.sin(u) * anp.exp(-(u**2))),
    "a Piecewise": (
        Piecewise((u**2, u < -1), (u / (3 + u), u < 1), (exp(-u), True)),
        lambda u: anp.where(u < -1, u**2, anp.where(u < 1, u / (3 + u), anp.exp(-u))),
    ),
    "a Max": (Max(u, u**3, -1), lambda u: anp.maximum(anp.maximum(u, u**3), -1)),
}


def with_activation(formula: Any, plain: Callable[[Any], Any]) -> Case:
    x, y = bp.input("x", "N", FEATURES), bp.target("y", "N", CLASSES)
    h1 = bp.dense(x, WIDTH, formula)
    h2 = bp.dense(h1, WIDTH, formula)
    p = bp.dense(h2, CLASSES)
    net = bp.network("case", loss=bp.mse(p, y), output=p)

    def loss(q: dict[str, Any], x: Any, y: Any) -> Any:
        h = plain(affine(q, "h2", plain(affine(q, "h1", x))))
        return anp.mean((affine(q, "p", h) - y) ** 2)

    return net, loss


CASES |= {name: with_activation(*pair) for name, pair in ACTIVATIONS.items()}


# Losses, of one hidden layer --------------------------------------------------------------------


def bernoulli(p: Any, y: Any) -> Any:
    return -anp.mean(y * anp.log(p) + (1 - y) * anp.log(1 - p))


def huber(r: Any, delta: float) -> Any:
    return anp.where(anp.abs(r) <= delta, r**2 / 2, delta * (anp.abs(r) - delta / 2))


LOSSES: dict[str, tuple[Any, Loss]] = {
    "mse": (bp.mse, lambda z, y: anp.mean((z - y) ** 2)),
    "sse": (bp.sse, lambda z, y: anp.sum((z - y) ** 2) / 2),
    "mae": (bp.mae, lambda z, y: anp.mean(anp.abs(z - y))),
    "huber": (bp.huber, lambda z, y: anp.mean(huber(z - y, 1))),
    "huber, narrow": (
        lambda z, y: bp.huber(z, y, delta=0.3),
        lambda z, y: anp.mean(huber(z - y, 0.3)),
    ),
    "binary_cross_entropy": (
        lambda z, y: bp.binary_cross_entropy(bp.sigmoid(z), y),
        lambda z, y: bernoulli(sigmoid(z), y),
    ),
    "binary_cross_entropy of what is no sigmoid": (
        lambda z, y: bp.binary_cross_entropy(bp.apply(lambda v: 1 / (1 + v**2), z), y),
        lambda z, y: bernoulli(1 / (1 + z**2), y),
    ),
    "binary_cross_entropy_with_logits": (
        bp.binary_cross_entropy_with_logits,
        lambda z, y: bernoulli(sigmoid(z), y),
    ),
    "cross_entropy of a distribution": (
        bp.cross_entropy,
        lambda z, y: -anp.mean(anp.sum(y * log_softmax(z), axis=1)),
    ),
    "hinge": (
        lambda z, y: bp.hinge(z, 2 * y - 1),
        lambda z, y: anp.mean(anp.maximum(0, 1 - (2 * y - 1) * z)),
    ),
    "softmax": (
        lambda z, y: bp.mse(bp.softmax(z), y),
        lambda z, y: anp.mean((anp.exp(log_softmax(z)) - y) ** 2),
    ),
    "log_softmax": (
        lambda z, y: bp.mse(bp.log_softmax(z), y),
        lambda z, y: anp.mean((log_softmax(z) - y) ** 2),
    ),
}


def with_loss(formula: Any, plain: Loss, penalty: Any = ()) -> Case:
    x, y = bp.input("x", "N", FEATURES), bp.target("y", "N", CLASSES)
    h = bp.dense(x, WIDTH, bp.tanh)
    z = bp.dense(h, CLASSES)
    net = bp.network("case", loss=formula(z, y), output=z, penalty=penalty)

    def loss(q: dict[str, Any], x: Any, y: Any) -> Any:
        return plain(affine(q, "z", anp.tanh(affine(q, "h", x))), y)

    return net, loss


CASES |= {name: with_loss(*pair) for name, pair in LOSSES.items()}


# What is built otherwise ------------------------------------------------------------------------


def labelled() -> Case:
    x, t = bp.input("x", "N", FEATURES), bp.label("t", "N", classes=CLASSES)
    h = bp.dense(x, WIDTH, bp.tanh)
    z = bp.dense(h, CLASSES)
    net = bp.network("case", loss=bp.cross_entropy(z, t), output=bp.softmax(z))

    def loss(q: dict[str, Any], x: Any, t: Any) -> Any:
        z = affine(q, "z", anp.tanh(affine(q, "h", x)))
        return -anp.mean(log_softmax(z)[anp.arange(SAMPLES), t])

    return net, loss


def penalised() -> Case:
    """l1 on all weights, l2 on a chosen bias and weight."""
    x, y = bp.input("x", "N", FEATURES), bp.target("y", "N", CLASSES)
    W, b = bp.param("W", FEATURES, CLASSES), bp.param("b", CLASSES)
    n, i, j = bp.indices("n i j")
    p = bp.define((n, j), bp.tanh(bp.sum(i, x[n, i] * W[i, j]) + b[j]))
    net = bp.network("case", loss=bp.mse(p, y), output=p, penalty=(bp.l1(0.3), bp.l2(0.05, W, b)))

    def loss(q: dict[str, Any], x: Any, y: Any) -> Any:
        W, b = q["W"], q["b"]
        kept = 0.3 * anp.sum(anp.abs(W)) + 0.05 * (anp.sum(W**2) + anp.sum(b**2))
        return anp.mean((anp.tanh(x @ W + b) - y) ** 2) + kept

    return net, loss


def tied() -> Case:
    """One matrix, used twice and once more transposed; one scalar, used in both layers."""
    x, y = bp.input("x", "N", FEATURES), bp.target("y", "N", CLASSES)
    W, c = bp.param("W", FEATURES, FEATURES), bp.param("c")
    n, i, j = bp.indices("n i j")
    g = bp.define((n, j), bp.tanh(bp.sum(i, x[n, i] * W[i, j]) + c))
    h = bp.define((n, j), bp.tanh(bp.sum(i, g[n, i] * W[i, j]) + c))
    p = bp.define((n, j), bp.sum(i, h[n, i] * W[j, i]))
    net = bp.network("case", loss=bp.mse(p, y), output=p)

    def loss(q: dict[str, Any], x: Any, y: Any) -> Any:
        g = anp.tanh(x @ q["W"] + q["c"])
        return anp.mean((anp.tanh(g @ q["W"] + q["c"]) @ q["W"].T - y) ** 2)

    return net, loss


CASES |= {"cross_entropy of labels": labelled(), "penalties": penalised(), "tied": tied()}


# The proofs -------------------------------------------------------------------------------------


@cache
def generated(name: str, target: str) -> ModuleType:
    return built(CASES[name][0], target)


def data(module: ModuleType) -> list[np.ndarray]:
    """Return inputs, and targets that are distributions: they suit every loss."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(SAMPLES, FEATURES))
    if "t" in module.INPUTS:
        return [x, rng.integers(0, CLASSES, SAMPLES)]
    y = rng.uniform(0.1, 1, size=(SAMPLES, CLASSES))
    return [x, y / y.sum(axis=1, keepdims=True)]


def differences(loss: Callable[[], float], element: np.ndarray, step: float = 2e-3) -> float:
    """Return the slope by central differences, extrapolated twice: the error is of order h^6."""
    middle = element.copy()

    def slope(h: float) -> float:
        element[...] = middle + h
        above = loss()
        element[...] = middle - h
        below = loss()
        element[...] = middle
        return float((above - below) / (2 * h))

    coarse, fine, finest = slope(step), slope(step / 2), slope(step / 4)
    return (64 * finest - 20 * fine + coarse) / 45


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CASES)
def test_gradients_equal_autograd(name: str, target: str):
    module, arrays = generated(name, target), data(generated(name, target))
    params = drawn(module)
    loss, grads = module.value_and_grad(params, *arrays)
    expected, slopes = autograd.value_and_grad(CASES[name][1])(params, *arrays)
    assert loss == pytest.approx(expected, rel=1e-12)
    assert list(grads) == list(slopes)
    for parameter, slope in slopes.items():
        assert distance(grads[parameter], slope) <= 1e-12, parameter


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CASES)
def test_gradients_equal_central_differences(name: str, target: str):
    module, arrays = generated(name, target), data(generated(name, target))
    params = drawn(module)
    _, grads = module.value_and_grad(params, *arrays)
    for parameter, array in params.items():
        slopes = np.empty_like(array)
        for place in np.ndindex(array.shape):
            element = array[(*place, None)][0:1]  # a view of this one
            slopes[place] = differences(lambda: module.forward(params, *arrays)[0], element)
        assert distance(grads[parameter], slopes) <= 1e-7, parameter
