"""Two convolutions with pools, as products of windows, and two dense layers."""

from __future__ import annotations

import numpy as np

from symbp.evidence.byhand.common import Array, Arrays, cross_entropy_slope, dense


def lenet(q: Arrays, x: Array, t: Array) -> Arrays:
    image = x.reshape(-1, 1, 8, 8)
    w1, c1 = _convolved(image, q["c1_K"], q["c1_b"])
    s1 = _pooled(c1)
    w2, c2 = _convolved(s1, q["c2_K"], q["c2_b"])
    s2 = _pooled(c2)
    flat = s2.reshape(len(x), -1)
    h = np.maximum(flat @ q["h_W"] + q["h_b"], 0)
    dz = cross_entropy_slope(h @ q["logits_W"] + q["logits_b"], t)
    dh = (dz @ q["logits_W"].T) * (h > 0)
    d2 = _unpooled(c2, (dh @ q["h_W"].T).reshape(s2.shape)) * (c2 > 0)
    d1 = _unpooled(c1, _back(d2, q["c2_K"])) * (c1 > 0)
    return {
        **_gradients("c1", w1, d1, q["c1_K"]), **_gradients("c2", w2, d2, q["c2_K"]),
        **dense("h", flat, dh), **dense("logits", h, dz),
    }  # fmt: skip


def _convolved(x: Array, K: Array, b: Array) -> tuple[Array, Array]:
    """Return the windows (N, P, Q, C k k) of the padded x, and relu of their products."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    windows = seen.transpose(0, 2, 3, 1, 4, 5).reshape(*x.shape[:1], *x.shape[2:], -1)
    z = windows @ K.reshape(len(K), -1).T + b
    return windows, np.maximum(z, 0).transpose(0, 3, 1, 2)


def _gradients(name: str, windows: Array, d: Array, K: Array) -> Arrays:
    rows = d.transpose(0, 2, 3, 1).reshape(-1, len(K))
    dK = rows.T @ windows.reshape(len(rows), -1)
    return {f"{name}_K": dK.reshape(K.shape), f"{name}_b": rows.sum(axis=0)}


def _back(d: Array, K: Array) -> Array:
    """Return the slope by what was convolved: each window's, added where it came from."""
    N, O, P, Q = d.shape
    rows = d.transpose(0, 2, 3, 1) @ K.reshape(O, -1)
    windows = rows.reshape(N, P, Q, K.shape[1], 3, 3)
    out = np.zeros((N, K.shape[1], P + 2, Q + 2), d.dtype)
    for u in range(3):
        for v in range(3):
            out[:, :, u : u + P, v : v + Q] += windows[..., u, v].transpose(0, 3, 1, 2)
    return out[:, :, 1:-1, 1:-1]


def _corners(c: Array) -> Array:
    """Return the four elements of each pool side by side, in order (..., 4)."""
    return np.stack([c[:, :, a::2, b::2] for a in (0, 1) for b in (0, 1)], axis=-1)


def _pooled(c: Array) -> Array:
    return np.asarray(_corners(c).max(axis=-1))


def _unpooled(c: Array, d: Array) -> Array:
    """Lead each slope to the first of the greatest."""
    first = _corners(c).argmax(axis=-1)
    out = np.zeros_like(c)
    for k, (a, b) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        out[:, :, a::2, b::2] = d * (first == k)
    return out
