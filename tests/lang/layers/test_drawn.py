"""Layers over drawn shapes and settings, in both targets, against autograd and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbp import lang as bp
from tests.lang.layers.pieces import ONES, Draw, Piece, few, hold_together, moved
from tests.lang.layers.test_convolution import LAYERS, convolved, pooled, transposed
from tests.lang.layers.test_layers import grouped, multi_head, normal, softmax
from tests.lang.test_recurrent import by_hand

TARGETS = [("numpy", 8), ("c", 4)]
"""How often is drawn: a compilation takes long."""


@st.composite
def convolution(draw: Draw, how: str, rank: int) -> Piece:
    w, groups, word = draw(moved(rank, how)), draw(ONES), f"{how}{rank}"
    x = bp.param(f"{word}_x", draw(st.integers(1, 2)), groups * draw(st.integers(1, 2)), *w.size)
    y = LAYERS[how, rank](
        x, groups * draw(st.integers(1, 2)), w.kernel, stride=w.stride, padding=w.padding,
        dilation=w.dilation, groups=groups, name=word,
    )  # fmt: skip
    plain = convolved if how == "conv" else transposed
    return Piece(
        y, lambda v: plain(v[f"{word}_x"], v[f"{word}_K"], v[f"{word}_b"], w.stride, w.padding,
                           w.dilation, groups),
    )  # fmt: skip


@st.composite
def pool(draw: Draw, how: str, rank: int) -> Piece:
    w, word = draw(moved(rank, how)), f"{how}{rank}"
    more = {"dilation": w.dilation} if how == "max" else {}
    x = bp.param(f"{word}_x", draw(st.integers(1, 2)), draw(st.integers(1, 2)), *w.size)
    y = LAYERS[how, rank](x, w.kernel, stride=w.stride, padding=w.padding, name=word, **more)
    return Piece(
        y, lambda v: pooled(v[f"{word}_x"], how, w.kernel, w.stride, w.padding, w.dilation)
    )


WINDOWS = [
    *(convolution(how, rank) for how in ("conv", "transpose") for rank in (1, 2)),
    *(pool(how, rank) for how in ("max", "avg") for rank in (1, 2)),
]


@st.composite
def shaped(draw: Draw, word: str, least: int = 1, most: int = 4) -> bp.Handle:
    """Return a parameter whose shape is drawn."""
    return bp.param(f"{word}_x", *draw(st.lists(ONES, min_size=least, max_size=most)))


@st.composite
def dense(draw: Draw) -> Piece:
    y = bp.dense(draw(shaped("d", 2, 3)), draw(ONES), bp.tanh, name="d")
    return Piece(y, lambda v: anp.tanh(v["d_x"] @ v["d_W"] + v["d_b"]))


@st.composite
def bilinear(draw: Draw) -> Piece:
    n = draw(ONES)
    x, z = bp.param("bi_x", n, draw(ONES)), bp.param("bi_z", n, draw(ONES))
    y = bp.bilinear(x, z, draw(ONES), name="bi")
    return Piece(
        y, lambda v: anp.einsum("ni,oij,nj->no", v["bi_x"], v["bi_W"], v["bi_z"]) + v["bi_b"]
    )


@st.composite
def embedding(draw: Draw) -> Piece:
    classes, shape = draw(st.integers(1, 4)), (draw(ONES), draw(ONES))
    y = bp.embedding(bp.input("e_t", *shape, classes=classes), draw(ONES), name="e")
    tokens = np.array(draw(st.lists(
        st.integers(0, classes - 1), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]
    ))).reshape(shape)  # fmt: skip
    return Piece(y, lambda v: v["e_E"][tokens], {"e_t": tokens})


@st.composite
def reshaped(draw: Draw) -> Piece:
    x = draw(shaped("r", 3))
    sizes = [int(n) for n in x.shape]
    order = draw(st.permutations(range(len(sizes))))
    cut = draw(st.integers(0, sizes[0] - 1))
    turned = bp.transpose(bp.slice(x, cut, sizes[0], axis=0, name="cut"), *order, name="turned")
    y = bp.flatten(bp.concat(turned, turned, axis=1, name="twice"), name="r")

    def reference(v: Any) -> Any:
        half = anp.transpose(v["r_x"][cut:], order)
        whole = anp.concatenate([half, half], axis=1)
        return whole.reshape(whole.shape[0], -1)

    return Piece(y, reference)


@st.composite
def normed(draw: Draw, how: str) -> Piece:
    x = draw(shaped(how, 3, 4) if how in ("gn", "bn") else shaped(how, 2, 3))
    channels = int(x.shape[1])
    groups = draw(st.sampled_from([k for k in (1, 2, 3) if channels % k == 0]))
    wide = (slice(None), *[None] * (x.rank - 2))
    batch = (0, *range(2, x.rank))
    make: dict[str, tuple[Callable[[], bp.Handle], Callable[[Any], Any]]] = {
        "ln": (lambda: bp.layer_norm(x, eps=0.1, name="ln"),
               lambda v: normal(v["ln_x"], (-1,), 0.1) * v["ln_g"] + v["ln_b"]),
        "rms": (lambda: bp.rms_norm(x, eps=0.1, name="rms"),
                lambda v: v["rms_x"] * v["rms_g"] / anp.sqrt(
                    anp.mean(v["rms_x"] ** 2, axis=-1, keepdims=True) + 0.1)),
        "gn": (lambda: bp.group_norm(x, groups, eps=0.1, name="gn"),
               lambda v: grouped(v["gn_x"], groups, 0.1) * v["gn_g"][wide] + v["gn_b"][wide]),
        "bn": (lambda: bp.batch_norm(x, eps=0.1, name="bn"),
               lambda v: normal(v["bn_x"], batch, 0.1) * v["bn_g"][wide] + v["bn_b"][wide]),
        "sm": (lambda: bp.softmax(x, name="sm"), lambda v: softmax(v["sm_x"])),
    }  # fmt: skip
    build, reference = make[how]
    return Piece(build(), reference)


@st.composite
def heads(draw: Draw) -> Piece:
    count, causal = draw(ONES), draw(st.booleans())
    x = bp.param("y_x", draw(ONES), draw(ONES), count * draw(st.integers(1, 2)))
    y = bp.multi_head_attention(x, count, causal=causal, name="y")
    return Piece(y, lambda v: multi_head(v, count, v["y_x"], v["y_x"], causal=causal))


@st.composite
def recurrent(draw: Draw, word: str) -> Piece:
    units, (reverse, sequence) = draw(ONES), draw(st.tuples(st.booleans(), st.booleans()))
    x = bp.param(f"{word}_x", draw(ONES), draw(ONES), draw(ONES))
    y = getattr(bp, word)(x, units, reverse=reverse, sequence=sequence, name=word)

    def reference(v: Any) -> Any:
        own = {k.removeprefix(f"{word}_"): a for k, a in v.items() if k.startswith(f"{word}_")}
        return by_hand(word, own, own["x"], units, None, reverse, sequence)

    return Piece(y, reference)


ROWS = [dense(), bilinear(), embedding(), reshaped(), *map(normed, ("ln", "rms", "gn", "bn", "sm"))]
SEQUENCES = [heads(), *map(recurrent, ("rnn", "lstm", "gru"))]
GROUPS = {"windows": WINDOWS, "rows": ROWS, "sequences": SEQUENCES}


@pytest.mark.parametrize(("target", "count"), TARGETS, ids=[t for t, _ in TARGETS])
@pytest.mark.parametrize("group", GROUPS)
def test_layers_of_any_size_and_setting(group: str, target: str, count: int) -> None:
    @few(count)
    @given(st.tuples(*GROUPS[group]))
    def held(pieces: tuple[Piece, ...]) -> None:
        hold_together(pieces, target)

    held()
