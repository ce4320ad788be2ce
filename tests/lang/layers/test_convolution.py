"""Convolutions and pooling against windows picked by index arrays; drawn ones: test_drawn.py."""

from __future__ import annotations

import itertools

import autograd.numpy as anp
import numpy as np
import pytest

from symbp.errors import LanguageError, ShapeError
from symbp.lang import (
    avg_pool1d,
    avg_pool2d,
    conv1d,
    conv2d,
    conv_transpose1d,
    conv_transpose2d,
    global_avg_pool,
    global_max_pool,
    input,
    max_pool1d,
    max_pool2d,
    param,
)
from tests.codegen import built
from tests.lang.layers.held import hold, of_layer

LAYERS = {
    ("conv", 1): conv1d, ("conv", 2): conv2d,
    ("transpose", 1): conv_transpose1d, ("transpose", 2): conv_transpose2d,
    ("max", 1): max_pool1d, ("max", 2): max_pool2d, ("avg", 1): avg_pool1d, ("avg", 2): avg_pool2d,
}  # fmt: skip


def places(size, kernel, stride, dilation):
    """Return the index of each element of each window along one axis, (places, kernel)."""
    count = (size - dilation * (kernel - 1) - 1) // stride + 1
    return stride * np.arange(count)[:, None] + dilation * np.arange(kernel)


def padded(x, padding, value=0.0):
    around = ((0, 0), (0, 0), *((p, p) for p in padding))
    return anp.pad(x, around, "constant", constant_values=value)


def windows(x, kernel, stride, padding, dilation, value=0.0):
    """Return x (n, c, ...) as (n, c, places..., kernel...)."""
    x = padded(x, padding, value)
    by_axis = [places(*s) for s in zip(x.shape[2:], kernel, stride, dilation, strict=True)]
    if len(kernel) == 1:
        return x[:, :, by_axis[0]]
    rows, columns = by_axis
    return x[:, :, rows[:, None, :, None], columns[None, :, None, :]]


def convolved(x, K, b, stride, padding, dilation, groups):
    found = windows(x, K.shape[2:], stride, padding, dilation)
    word = "ncpu,ocu->nop" if K.ndim == 3 else "ncpquv,ocuv->nopq"
    ins, outs = K.shape[1], K.shape[0] // groups
    parts = [
        anp.einsum(word, found[:, g * ins : (g + 1) * ins], K[g * outs : (g + 1) * outs])
        for g in range(groups)
    ]
    return anp.concatenate(parts, axis=1) + b.reshape(-1, *[1] * (K.ndim - 2))


def transposed(x, K, b, stride, padding, dilation, groups):
    """The transposed convolution as a sum over its kernel of x, spread out and moved."""
    kernel, ins, outs = K.shape[2:], x.shape[1] // groups, K.shape[1]
    size = [s * (n - 1) + d * (k - 1) + 1 for s, n, d, k in
            zip(stride, x.shape[2:], dilation, kernel, strict=True)]  # fmt: skip
    total = 0.0
    for offsets in itertools.product(*map(range, kernel)):
        spread = x
        for axis, (u, s, d, n) in enumerate(zip(offsets, stride, dilation, size, strict=True), 2):
            matrix = np.zeros((n, x.shape[axis]))
            matrix[s * np.arange(x.shape[axis]) + d * u, np.arange(x.shape[axis])] = 1
            spread = anp.moveaxis(anp.tensordot(matrix, spread, (1, axis)), 0, axis)
        part = [
            anp.einsum("nc...,co->no...", spread[:, g * ins : (g + 1) * ins],
                       K[(slice(g * ins, (g + 1) * ins), slice(None), *offsets)])
            for g in range(groups)
        ]  # fmt: skip
        total = total + anp.concatenate(part, axis=1)
    inner = (slice(p, n - p) for p, n in zip(padding, size, strict=True))
    assert total.shape[1] == groups * outs
    return total[(slice(None), slice(None), *inner)] + b.reshape(-1, *[1] * len(kernel))


def pooled(x, how, kernel, stride, padding, dilation):
    found = windows(x, kernel, stride, padding, dilation, -np.inf if how == "max" else 0.0)
    axes = tuple(range(2 + len(kernel), 2 + 2 * len(kernel)))
    if how == "avg":
        return anp.mean(found, axis=axes)
    return anp.max(found.reshape(*found.shape[: 2 + len(kernel)], -1), axis=-1)


def cut(rank, *settings):
    return [s[:rank] for s in settings]


def hold_convolution(rank, samples, ins, outs, groups, size, kernel, stride, padding, dilation,
                     how="conv", target="numpy"):  # fmt: skip
    size, kernel, stride, padding, dilation = cut(rank, size, kernel, stride, padding, dilation)
    x = param("x", samples, ins * groups, *size)
    y = LAYERS[how, rank](
        x, outs * groups, kernel, stride=stride, padding=padding, dilation=dilation,
        groups=groups, name="y",
    )  # fmt: skip
    plain = convolved if how == "conv" else transposed
    hold(
        of_layer(y),
        lambda v: plain(v["x"], v["y_K"], v["y_b"], stride, padding, dilation, groups),
        target=target,
    )


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("how", ["conv", "transpose"])
def test_a_convolution_with_every_setting(how, target):
    hold_convolution(2, 2, 2, 3, 2, (5, 4), (3, 2), (2, 1), (1, 2), (1, 2), how, target)


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("how", ["max", "avg"])
def test_pooling_with_every_setting(how, target):
    x = param("x", 2, 3, 6, 5)
    y = LAYERS[how, 2](x, (3, 2), stride=(2, 1), padding=1, name="y")
    reference = lambda v: pooled(v["x"], how, (3, 2), (2, 1), (1, 1), (1, 1))  # noqa: E731
    hold(of_layer(y), reference, target=target)


@pytest.mark.parametrize(
    ("layer", "plain"), [(global_max_pool, anp.max), (global_avg_pool, anp.mean)]
)
def test_global_pooling(layer, plain):
    y = layer(param("x", 2, 3, 2, 4), name="y")
    hold(of_layer(y), lambda v: plain(v["x"].reshape(2, 3, 8), axis=2))


def test_the_first_of_equal_values_has_the_slope():
    y = max_pool2d(param("x", 1, 1, 2, 2), 2, name="y")
    x = np.array([[[[3.0, 3.0], [1.0, 3.0]]]])
    _, grads = built.module(of_layer(y)).value_and_grad({"x": x}, np.zeros((1, 1, 1, 1)))
    np.testing.assert_array_equal(grads["x"], [[[[6.0, 0.0], [0.0, 0.0]]]])


@pytest.mark.parametrize("pool", [max_pool2d, avg_pool2d])
def test_padding_keeps_the_size_with_same(pool):
    x = input("x", "N", 3, 7, 6)
    assert conv2d(x, 4, (5, 3), padding="same").shape[2:] == (7, 6)
    assert pool(x, 2).shape[2:] == (3, 3)


REFUSED = {
    "a window that does not fit": (lambda x: conv2d(x, 4, 9), ShapeError, "does not fit"),
    "a sequence": (lambda x: conv1d(x, 4, 3), ShapeError, "rank 3"),
    "groups that do not divide": (lambda x: conv2d(x, 4, 3, groups=2), ShapeError, "be divided"),
    "half a stride": (lambda x: conv2d(x, 4, 3, stride=0.5), LanguageError, "stride is 0.5"),
    "three numbers": (lambda x: conv2d(x, 4, (3, 3, 3)), LanguageError, "kernel has 3 numbers"),
    "an even kernel": (lambda x: conv2d(x, 4, 2, padding="same"), LanguageError, "keeps the size"),
    "much padding": (lambda x: max_pool2d(x, 2, padding=2), LanguageError, "hold no element"),
    "nothing left": (lambda x: conv_transpose2d(x, 2, 1, padding=4), ShapeError, "nothing is left"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(name):
    build, error, message = REFUSED[name]
    with pytest.raises(error, match=message) as caught:
        build(input("x", "N", 3, 7, 6))
    assert caught.value.remedy
