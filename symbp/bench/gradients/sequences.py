"""Recurrent layers, embeddings and attention.

torch has its gates in another order and its matrices transposed; the functions here rearrange
ours, and autograd leads the gradients back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from symbp import lang
from symbp.bench.gradients.case import Case, mask
from symbp.lang import Handle

N, T, D, H = 3, 5, 4, 6
LENGTHS = [5, 2, 3]
GATES = {"rnn": [0], "lstm": [0, 1, 3, 2], "gru": [0, 1, 2]}
"""Which of our gates is torch's first, second, ..."""


def _weights(kind: str, q: Any, name: str, suffix: str = "") -> dict[str, Any]:
    """Return the weights of one direction as `torch.nn` names and arranges them."""
    order = GATES[kind]

    def matrix(W: Any) -> Any:
        gates = W.reshape(W.shape[0], len(order), H)[:, order]
        return gates.reshape(W.shape[0], -1).T

    def vector(b: Any) -> Any:
        return b.reshape(len(order), H)[order].reshape(-1)

    b = vector(q[f"{name}_b"])
    return {
        f"weight_ih_l0{suffix}": matrix(q[f"{name}_W"]),
        f"weight_hh_l0{suffix}": matrix(q[f"{name}_U"]),
        f"bias_ih_l0{suffix}": b,
        f"bias_hh_l0{suffix}": vector(q[f"{name}_d"]) if kind == "gru" else 0 * b,
    }


def _run(torch: Any, kind: str, weights: dict[str, Any], x: Any) -> Any:
    """Return all states and the last ones (directions, N, H)."""
    module = getattr(torch.nn, kind.upper())(D, H, batch_first=True, bidirectional=len(weights) > 4)
    states, last = torch.func.functional_call(module.double(), weights, (x,))
    return states, last[0] if kind == "lstm" else last


def _recurrent(kind: str, *, sequence: bool = False, reverse: bool = False) -> Case:
    layer = getattr(lang, kind)

    def theirs(torch: Any, q: Any) -> Any:
        x = q["x"].flip(1) if reverse else q["x"]
        states, last = _run(torch, kind, _weights(kind, q, "h"), x)
        if not sequence:
            return last[0]
        return states.flip(1) if reverse else states

    def ours(h: dict[str, Handle]) -> Handle:
        made: Handle = layer(h["x"], H, sequence=sequence, reverse=reverse, name="h")
        return made

    words = f"{'all states' if sequence else 'last state'}{', reversed' * reverse}"
    return Case(kind, words, ours, theirs, {"x": (N, T, D)})


def _ragged(kind: str) -> Case:
    layer = getattr(lang, kind)
    present = (np.arange(T) < np.array(LENGTHS)[:, None]).astype(float)

    def theirs(torch: Any, q: Any) -> Any:
        pack = torch.nn.utils.rnn.pack_padded_sequence
        packed = pack(q["x"], LENGTHS, batch_first=True, enforce_sorted=False)
        return _run(torch, kind, _weights(kind, q, "h"), packed)[1][0]

    def ours(h: dict[str, Handle]) -> Handle:
        made: Handle = layer(h["x"], H, mask=h["present"], name="h")
        return made

    return Case(kind, "ragged", ours, theirs, {"x": (N, T, D)}, fixed={"present": present})


def _both_ways(kind: str, sequence: bool) -> Case:
    def theirs(torch: Any, q: Any) -> Any:
        weights = _weights(kind, q, "h_along") | _weights(kind, q, "h_against", "_reverse")
        states, last = _run(torch, kind, weights, q["x"])
        return states if sequence else torch.cat((last[0], last[1]), 1)

    def ours(h: dict[str, Handle]) -> Handle:
        layer: Callable[..., Handle] = getattr(lang, kind)
        return lang.bidirectional(h["x"], H, layer, sequence=sequence, name="h")

    words = f"{kind}, {'all states' if sequence else 'last states'}"
    return Case("bidirectional", words, ours, theirs, {"x": (N, T, D)})


def _split(a: Any, heads: int) -> Any:
    return a.view(*a.shape[:2], heads, -1).transpose(1, 2)


def _attend(torch: Any, q: Any, k: Any, v: Any, heads: int, causal: bool, seen: Any) -> Any:
    where = None if seen is None else seen.bool()[:, None, None]
    read = torch.nn.functional.scaled_dot_product_attention(
        *(_split(a, heads) for a in (q, k, v)), attn_mask=where, is_causal=causal
    )
    return read.transpose(1, 2).flatten(2)


def _attention(words: str, heads: int = 1, causal: bool = False, masked: bool = False) -> Case:
    def ours(h: dict[str, Handle]) -> Handle:
        return lang.attention(
            h["q"], h["k"], h["v"], heads=heads, causal=causal, mask=h.get("seen")
        )

    def theirs(torch: Any, q: Any) -> Any:
        return _attend(torch, q["q"], q["k"], q["v"], heads, causal, q.get("seen"))

    keys = T if causal else T + 2
    shapes = {"q": (N, T, D), "k": (N, keys, D), "v": (N, keys, 6)}
    fixed = {"seen": mask(N, keys)} if masked else {}
    return Case("attention", words, ours, theirs, shapes, fixed=fixed)


def _multi_head(
    words: str, heads: int, causal: bool = False, context: bool = False, masked: bool = False
) -> Case:
    def ours(h: dict[str, Handle]) -> Handle:
        return lang.multi_head_attention(
            h["x"], heads, context=h.get("c"), causal=causal, mask=h.get("seen"), name="h"
        )

    def theirs(torch: Any, q: Any) -> Any:
        source = q.get("c", q["x"])
        query = q["x"] @ q["h_Wq"] + q["h_bq"]
        key, value = (source @ q[f"h_W{w}"] + q[f"h_b{w}"] for w in "kv")
        read = _attend(torch, query, key, value, heads, causal, q.get("seen"))
        return read @ q["h_Wo"] + q["h_bo"]

    shapes = {"x": (N, T, D)} | ({"c": (N, T + 2, D)} if context else {})
    fixed = {"seen": mask(N, T)} if masked else {}
    return Case("multi_head_attention", words, ours, theirs, shapes, fixed=fixed)


def _waves() -> Any:
    angle = np.arange(T)[:, None] / 10000.0 ** (2 * (np.arange(D) // 2) / D)
    return np.where(np.arange(D) % 2 == 0, np.sin(angle), np.cos(angle))


SEQUENCES = [
    *(
        make(kind)
        for kind in GATES
        for make in (
            _recurrent,
            partial(_recurrent, sequence=True),
            partial(_recurrent, sequence=True, reverse=True),
            _ragged,
        )
    ),
    *(_both_ways(kind, sequence) for kind in GATES for sequence in (False, True)),
    Case(
        "embedding", "7 tokens", lambda h: lang.embedding(h["tok"], D, name="h"),
        lambda torch, q: torch.nn.functional.embedding(q["tok"], q["h_E"]), {},
        labels={"tok": ((N, T), 7)},
    ),
    Case(
        "learned_positions", "5 x 4", lambda h: lang.learned_positions(h["x"], name="h"),
        lambda torch, q: q["x"] + q["h_P"], {"x": (N, T, D)},
    ),
    Case(
        "sinusoidal_positions", "5 x 4", lambda h: lang.sinusoidal_positions(h["x"]),
        lambda torch, q: q["x"] + torch.tensor(_waves()), {"x": (N, T, D)},
    ),
    _attention("1 head"),
    _attention("2 heads, causal", heads=2, causal=True),
    _attention("2 heads, masked", heads=2, masked=True),
    _multi_head("2 heads", 2),
    _multi_head("2 heads, causal", 2, causal=True),
    _multi_head("4 heads, masked", 4, masked=True),
    _multi_head("2 heads, of a context", 2, context=True),
]  # fmt: skip
