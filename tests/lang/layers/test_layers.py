"""Every layer but the windows against its formula in autograd, in both targets."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbp import lang as bp
from symbp.errors import ShapeError
from tests.lang.layers.held import hold, of_layer

SLOW = settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))


def softmax(s):
    e = anp.exp(s - anp.max(s, axis=-1, keepdims=True))
    return e / anp.sum(e, axis=-1, keepdims=True)


def attended(q, k, v, heads, causal=False, mask=None):
    def split(x):
        return anp.transpose(x.reshape(x.shape[0], x.shape[1], heads, -1), (0, 2, 1, 3))

    s = anp.einsum("nhtd,nhud->nhtu", split(q), split(k)) / np.sqrt(q.shape[2] // heads)
    if causal:
        s = anp.where(np.tril(np.ones(s.shape[2:])) > 0, s, -1e9)
    if mask is not None:
        s = anp.where(mask[:, None, None, :] > 0, s, -1e9)
    y = anp.einsum("nhtu,nhue->nthe", softmax(s), split(v))
    return y.reshape(q.shape[0], q.shape[1], -1)


def multi_head(v, heads, x, context, **more):
    q, k, w = (a @ v[f"y_W{s}"] + v[f"y_b{s}"] for s, a in zip("qkv", (x, context, context),
                                                               strict=True))  # fmt: skip
    return attended(q, k, w, heads, **more) @ v["y_Wo"] + v["y_bo"]


def normal(x, axes, eps=1e-5):
    mean = anp.mean(x, axis=axes, keepdims=True)
    return (x - mean) / anp.sqrt(anp.mean((x - mean) ** 2, axis=axes, keepdims=True) + eps)


def grouped(x, groups, eps=1e-5):
    parts = x.reshape(x.shape[0], groups, -1)
    return normal(parts, (2,), eps).reshape(x.shape)


def waves(t, d):
    angle = np.arange(t)[:, None] / 10000 ** (2 * (np.arange(d) // 2) / d)
    return np.where(np.arange(d) % 2, np.cos(angle), np.sin(angle))


def given_x(*shape):
    return bp.param("x", *shape)


def a_mask(samples, keys):
    mask = (np.random.default_rng(3).random((samples, keys)) < 0.6).astype(float)
    mask[:, 0] = 1
    return mask


MASK = a_mask(2, 4)
TOKENS = np.array([[0, 3, 3], [1, 0, 3]])
CASES = {
    "dense": (lambda: bp.dense(given_x(2, 3, 4), 5, bp.tanh, name="y"),
              lambda v: anp.tanh(v["x"] @ v["y_W"] + v["y_b"])),
    "bilinear": (lambda: bp.bilinear(given_x(3, 4), bp.param("z", 3, 2), 5, name="y"),
                 lambda v: anp.einsum("ni,oij,nj->no", v["x"], v["y_W"], v["z"]) + v["y_b"]),
    "flatten": (lambda: bp.flatten(given_x(2, 3, 4, 2), name="y"),
                lambda v: v["x"].reshape(2, 24)),
    "reshape by factors": (lambda: bp.reshape(given_x(2, 6, 4), 3, 8, name="y"),
                           lambda v: v["x"].reshape(2, 3, 8)),
    "reshape by remainders": (lambda: bp.reshape(given_x(2, 6, 4), 4, 3, 2, name="y"),
                              lambda v: v["x"].reshape(2, 4, 3, 2)),
    "transpose": (lambda: bp.transpose(given_x(2, 3, 4), 1, 2, 0, name="y"),
                  lambda v: anp.transpose(v["x"], (1, 2, 0))),
    "slice": (lambda: bp.slice(given_x(2, 7, 3), 1, 6, axis=1, step=2, name="y"),
              lambda v: v["x"][:, 1:6:2]),
    "concat": (lambda: bp.concat(given_x(2, 3), bp.param("z", 2, 1), bp.param("w", 2, 2), name="y"),
               lambda v: anp.concatenate([v["x"], v["z"], v["w"]], axis=1)),
    "concat along time": (lambda: bp.concat(given_x(2, 3, 2), bp.param("z", 2, 1, 2), axis=1,
                                            name="y"),
                          lambda v: anp.concatenate([v["x"], v["z"]], axis=1)),
    "residual": (lambda: bp.relu(given_x(2, 3) + bp.dense(bp.param("z", 2, 3), 3, name="h")),
                 lambda v: anp.maximum(v["x"] + v["z"] @ v["h_W"] + v["h_b"], 0)),
    "layer norm": (lambda: bp.layer_norm(given_x(2, 3, 5), name="y"),
                   lambda v: normal(v["x"], (2,)) * v["y_g"] + v["y_b"]),
    "layer norm, bare": (lambda: bp.layer_norm(given_x(2, 5), affine=0, eps=0.1, name="y"),
                         lambda v: normal(v["x"], (1,), 0.1)),
    "RMS norm": (lambda: bp.rms_norm(given_x(2, 3, 5), name="y"),
                 lambda v: v["x"] / anp.sqrt(anp.mean(v["x"]**2, axis=2, keepdims=True) + 1e-5)
                 * v["y_g"]),
    "group norm": (lambda: bp.group_norm(given_x(2, 6, 3, 2), 3, name="y"),
                   lambda v: grouped(v["x"], 3) * v["y_g"][:, None, None]
                   + v["y_b"][:, None, None]),
    "instance norm": (lambda: bp.group_norm(given_x(2, 3, 4), 3, affine=0, name="y"),
                      lambda v: grouped(v["x"], 3)),
    "learned positions": (lambda: bp.learned_positions(given_x(2, 3, 4), name="y"),
                          lambda v: v["x"] + v["y_P"]),
    "sinusoidal positions": (lambda: bp.sinusoidal_positions(given_x(2, 5, 6), name="y"),
                             lambda v: v["x"] + waves(5, 6)),
    "softmax": (lambda: bp.softmax(given_x(2, 3, 4), name="y"), lambda v: softmax(v["x"])),
    "log softmax": (lambda: bp.log_softmax(given_x(2, 4), name="y"),
                    lambda v: anp.log(softmax(v["x"]))),
    "attention": (lambda: bp.attention(given_x(2, 3, 4), bp.param("k", 2, 5, 4),
                                       bp.param("w", 2, 5, 6), name="y"),
                  lambda v: attended(v["x"], v["k"], v["w"], 1)),
    "causal heads": (lambda: bp.multi_head_attention(given_x(2, 4, 6), 3, causal=True, name="y"),
                     lambda v: multi_head(v, 3, v["x"], v["x"], causal=True)),
    "heads on a context": (lambda: bp.multi_head_attention(
                               given_x(2, 3, 4), 2, context=bp.param("c", 2, 5, 3), units=6,
                               name="y"),
                           lambda v: multi_head(v, 2, v["x"], v["c"])),
}  # fmt: skip
"""A layer of the parameter x and others, and the same from their arrays."""


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("name", CASES)
def test_a_layer_is_its_formula(name, target):
    build, reference = CASES[name]
    hold(of_layer(build()), reference, target=target)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_an_embedding_reads_rows(target):
    y = bp.embedding(bp.input("tok", "N", "T", classes=4), 3, name="y")
    values = {"tok": TOKENS}
    hold(of_layer(y), lambda v: v["y_E"][TOKENS], values, target=target, N=2, T=3)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_what_is_masked_is_not_read(target):
    x = bp.param("x", 2, 4, 6)
    y = bp.multi_head_attention(x, 2, mask=bp.input("mask", 2, 4), causal=True, name="y")
    reference = lambda v: multi_head(v, 2, v["x"], v["x"], causal=True, mask=MASK)  # noqa: E731
    hold(of_layer(y), reference, {"mask": MASK}, target=target)


def test_a_table_is_tied_to_the_output():
    tok = bp.input("tok", "N", "T", classes=4)
    h = bp.embedding(tok, 3, name="h")
    n, t, d, k = bp.indices("n t d k")
    z = bp.define((n, t, k), bp.sum(d, bp.tanh(h[n, t, d]) * h.part("E")[k, d]), name="z")
    reference = lambda v: anp.tanh(v["h_E"][TOKENS]) @ v["h_E"].T  # noqa: E731
    hold(of_layer(z), reference, {"tok": TOKENS}, N=2, T=3)


@SLOW
@given(old=st.permutations((1, 2, 3, 4)), new=st.permutations((2, 12, 1)))
def test_reshapes_of_any_kind(old, new):
    y = bp.reshape(bp.param("x", 2, *old), *new, name="y")
    hold(of_layer(y), lambda v: v["x"].reshape(2, *new))


REFUSED = {
    "reshape": (lambda x: bp.reshape(x, 5), "can't be reshaped"),
    "slice": (lambda x: bp.slice(x, 2, 9), "is not inside axis 2"),
    "transpose": (lambda x: bp.transpose(x, 0, 0, 1), "each axis"),
    "concat": (lambda x: bp.concat(x, bp.input("z", "N", 3, 5), axis=1), "alike in all others"),
    "axis": (lambda x: bp.concat(x, x, axis=3), "no axis 3"),
    "embedding": (lambda x: bp.embedding(x, 3), "whole numbers with a bound"),
    "attention": (lambda x: bp.attention(x, bp.input("k", "N", 3, 5), x), "do not fit"),
    "heads": (lambda x: bp.multi_head_attention(x, 3), "can't be divided into 3 heads"),
    "mask": (lambda x: bp.multi_head_attention(x, 2, mask=bp.input("m", "N")), "does not suit"),
    "bilinear": (lambda x: bp.bilinear(x, x, 3), "rank 2"),
    "groups": (lambda x: bp.group_norm(x, 2), "can't be divided into 2 groups"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(name):
    build, message = REFUSED[name]
    with pytest.raises(ShapeError, match=message) as caught:
        build(bp.input("x", "N", 3, 4))
    assert caught.value.remedy
