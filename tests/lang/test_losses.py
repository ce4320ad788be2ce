"""Losses and penalties, by hand."""

from __future__ import annotations

import math

import pytest

from symbp.errors import LanguageError, ShapeError
from symbp.ir.interpret import interpret
from symbp.ir.text import text
from symbp.lang import (
    Handle,
    cross_entropy,
    huber,
    input,
    l1,
    l2,
    label,
    log_softmax,
    mse,
    network,
    param,
    softmax,
    target,
)  # fmt: skip
from symbp.lang.losses import LOSSES

P = [[0.2, 0.9], [0.6, 0.7], [0.5, 0.1]]
Y = [[0.0, 1.0], [1.0, 0.25], [0.5, 0.75]]
PAIRS = [(p, y) for a, b in zip(P, Y, strict=True) for p, y in zip(a, b, strict=True)]


def mean(values):
    values = list(values)
    return math.fsum(values) / len(values)


BY_HAND = {
    "mse": mean((p - y) ** 2 for p, y in PAIRS),
    "sse": math.fsum((p - y) ** 2 for p, y in PAIRS) / 2,
    "mae": mean(abs(p - y) for p, y in PAIRS),
    "huber": mean((p - y) ** 2 / 2 for p, y in PAIRS),
    "binary_cross_entropy": mean(-(y * math.log(p) + (1 - y) * math.log(1 - p)) for p, y in PAIRS),
    "binary_cross_entropy_with_logits": mean(math.log(1 + math.exp(p)) - y * p for p, y in PAIRS),
    "hinge": mean(max(0, 1 - y * p) for p, y in PAIRS),
    "cross_entropy": mean(
        sum(y * (math.log(sum(map(math.exp, a))) - p) for p, y in zip(a, b, strict=True))
        for a, b in zip(P, Y, strict=True)
    ),
}


def loss_of(loss, **values):
    """Return a loss of p (N, 2) and y (N, 2)."""
    p, y = input("p", "N", 2), target("y", "N", 2)
    net = network("net", loss=loss(p, y), output=p + 0)
    return interpret(net.program, {"p": P, "y": Y, **values})[net.loss].item()


@pytest.mark.parametrize("name", BY_HAND)
def test_losses_are_those_by_hand(name):
    assert loss_of(LOSSES[name]) == pytest.approx(BY_HAND[name], rel=1e-14)


def test_huber_is_linear_far_out():
    expected = mean(
        r * r / 2 if abs(r) <= 0.3 else 0.3 * (abs(r) - 0.15) for r in (p - y for p, y in PAIRS)
    )
    assert loss_of(lambda p, y: huber(p, y, delta=0.3)) == pytest.approx(expected, rel=1e-14)


def test_cross_entropy_of_labels_picks_the_logit():
    z, t = input("z", "N", 2), label("t", "N", classes=2)
    net = network("net", loss=cross_entropy(z, t), output=softmax(z))
    assert text(net.program, declarations=False) == (
        "output_Z[n] = sum[j](exp(z[n,j]))\n"
        "output[n,j] = exp(z[n,j]) / output_Z[n]\n"
        "loss_Z[n] = sum[j](exp(z[n,j]))\n"
        "loss_sum = sum[n](log(loss_Z[n]) - z[n,t[n]])\n"
        "loss = loss_sum / N\n"
    )
    memory = interpret(net.program, {"z": P, "t": [0, 1, 1]})
    expected = mean(
        math.log(math.exp(a) + math.exp(b)) - (a, b)[k]
        for (a, b), k in zip(P, (0, 1, 1), strict=True)
    )
    assert memory["loss"].item() == pytest.approx(expected, rel=1e-14)


def test_log_softmax_is_the_logarithm_of_softmax():
    z = input("z", "N", 2)
    net = network("net", loss=mse(softmax(z, name="p"), softmax(z)), output=log_softmax(z))
    memory = interpret(net.program, {"z": P})
    for p, q in zip(memory["p"].flat, memory["output"].flat, strict=True):
        assert q == pytest.approx(math.log(p), rel=1e-13)


def test_penalties_are_on_weights_unless_they_are_named():
    x, y = input("x", "N", 2), target("y", "N", 2)
    W, b = param("W", 2, 2), param("b", 2)
    p = x * 1.0
    with pytest.raises(LanguageError, match="finds no parameter"):  # the network has none
        network("net", loss=mse(p, y), output=p, penalty=l2(0.1))
    net = network("net", loss=mse(p, y), output=p, penalty=[l2(0.1, W), l1(0.5, b)])
    values = {"x": P, "y": Y, "W": [[1.0, -2.0], [0.5, 0.0]], "b": [-3.0, 1.0]}
    expected = BY_HAND["mse"] + 0.1 * 5.25 + 0.5 * 4
    assert interpret(net.program, values)["loss"].item() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("loss", [LOSSES[name] for name in BY_HAND], ids=BY_HAND)
def test_shapes_that_differ_are_refused(loss):
    with pytest.raises(ShapeError, match="compares"):
        loss(input("p", "N", 2), target("y", "N", 3))


def test_a_penalty_is_on_parameters():
    with pytest.raises(LanguageError, match="is a penalty on parameters"):
        l2(0.1, input("x", "N", 2))


def test_losses_can_be_added_and_weighted():
    p, y = input("p", "N", 2), target("y", "N", 2)
    loss = 2 * LOSSES["mse"](p, y) - LOSSES["mae"](p, y) / 4
    assert isinstance(loss, Handle)
    assert loss_of(lambda p, y: 2 * LOSSES["mse"](p, y) - LOSSES["mae"](p, y) / 4) == pytest.approx(
        2 * BY_HAND["mse"] - BY_HAND["mae"] / 4, rel=1e-14
    )
