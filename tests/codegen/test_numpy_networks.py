"""Networks of every activation and loss, drawn ones too, against the interpreter."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.lang.functions import ACTIVATIONS
from tests.codegen.built import arrays, assert_agrees, module, net, source

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
CLASSES = {"cross_entropy": "label t[N] in 2"}


def perceptron(*activations: str, loss: str = "mse", extra: str = "") -> str:
    """Return the description of a perceptron 3-4-...-2."""
    lines = ["input x[N,3]", CLASSES.get(loss, "target t[N,2]")]
    before = "x"
    for k, activation in enumerate(activations, 1):
        lines.append(f"h{k} = dense({before}, 4, {activation})")
        before = f"h{k}"
    last = "sigmoid" if loss == "binary_cross_entropy" else "linear"
    lines += [f"p = dense({before}, 2, {last})", "output p", f"loss {loss}(p, t)", extra]
    return "\n".join(lines)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation: str):
    network = net(perceptron(activation, activation))
    assert_agrees(network, arrays(network, 3, N=5))
    assert_agrees(network, arrays(network, 4, N=5), "float32")


OF_ELEMENTS = ("mse", "sse", "mae", "huber", "binary_cross_entropy",
               "binary_cross_entropy_with_logits", "cross_entropy", "hinge")  # fmt: skip
"""The losses of a prediction and a target of one shape."""


@pytest.mark.parametrize("loss", OF_ELEMENTS)
def test_every_loss(loss: str):
    network = net(perceptron("tanh", loss=loss))
    for seed, dtype in ((1, "float64"), (2, "float32")):
        values = arrays(network, seed, N=5)
        if loss == "binary_cross_entropy":
            values["t"] = abs(values["t"]) % 1
        assert_agrees(network, values, dtype)


def test_cross_entropy_of_a_distribution():
    network = net(
        perceptron("tanh", loss="cross_entropy").replace("label t[N] in 2", "target t[N,2]")
    )
    values = arrays(network, 1, N=5)
    values["t"] = abs(values["t"]) / abs(values["t"]).sum(axis=1, keepdims=True)
    assert_agrees(network, values)


@given(
    st.lists(st.sampled_from(sorted(ACTIVATIONS)), max_size=3),
    st.sampled_from(sorted(set(OF_ELEMENTS) - {"binary_cross_entropy"})),
    st.sampled_from(["", "penalty l2(0.01)", "penalty l1(0.1), l2(0.2, p_W)"]),
    st.integers(1, 6), st.integers(0, 10**6),
)  # fmt: skip
@settings(max_examples=20)
def test_drawn_networks(activations: list[str], loss: str, extra: str, rows: int, seed: int):
    network = net(perceptron(*activations, loss=loss, extra=extra))
    assert_agrees(network, arrays(network, seed, N=rows))


# Not a flop more than by hand -------------------------------------------------------------------


def calls(text: str, name: str) -> dict[str, int]:
    """Count the array operations of one function: matrix products, and all others."""
    body = text[text.index(f"def {name}(") :].split("\n\n\n")[0]
    lines = [line.split("#")[0] for line in body.splitlines()[2:]]
    found = "\n".join(lines)
    products = len(re.findall(r"np\.(?:dot|matmul|einsum|vdot)\(", found))
    functions = len(re.findall(r"np\.[\w.]+\(|_(?:sigmoid|softplus|erf)\(", found)) - products
    operators = len(re.findall(r" [-+*/]= ", found))
    return {"products": products, "others": functions + operators}


def test_a_perceptron_does_no_more_than_a_careful_person():
    """2-4-1 with sigmoids and mean squared error: by hand

    forward    x W1, + b1, sigmoid, h W2, + b2, sigmoid, p - y, sum of squares
    backward   1 - p, * 1/N, * p, * (p - y); h' du; sum; du W2'; 1 - h, * dh, * h; x' dz; sum
    """
    text = source(net(perceptron("sigmoid").replace(", linear", ", sigmoid")))
    assert calls(text, "_forward") == {"products": 3, "others": 5}
    assert calls(text, "_backward") == {"products": 3, "others": 9}


def test_a_classifier_does_no_more_than_a_careful_person():
    """Relu and softmax with cross-entropy: by hand

    forward    x W1, + b1, relu, h W2, + b2, max, - max, exp, sum, log, - z[t], sum; arange
    backward   p / N in two steps, - 1/N at t with its arange; h' dz; sum; dz W2'; * (h > 0);
               x' dh; sum
    """
    text = source(net(perceptron("relu", loss="cross_entropy")))
    assert calls(text, "_forward") == {"products": 2, "others": 11}
    assert calls(text, "_backward") == {"products": 3, "others": 7}


def test_each_layer_more_costs_the_same():
    counts = [calls(source(net(perceptron(*["tanh"] * k))), "_backward") for k in (1, 2, 3, 4)]
    steps = [{k: b[k] - a[k] for k in a} for a, b in pairwise(counts)]
    assert steps == [{"products": 2, "others": 4}] * 3


def test_the_gradient_by_an_input_is_not_computed():
    text = source(net(perceptron("tanh", "tanh")))
    assert "dx" not in text


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_step_uses_each_gradient_once(optimizer: str):
    network = net(perceptron("tanh", extra=f"optimizer {optimizer}()"))
    made = module(network)
    params = made.init_params(0)
    state = made.init_state(params)
    values = arrays(network, 1, N=5)
    first = made.train_step(params, state, values["x"], values["t"])
    for _ in range(20):
        last = made.train_step(params, state, values["x"], values["t"])
    assert last < first
