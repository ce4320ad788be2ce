"""An LSTM and a GRU, step by step, with the arrays of the steps first."""

from __future__ import annotations

import numpy as np

from symbp.evidence.byhand.common import Array, Arrays, cross_entropy_slope, dense, sigmoid


def sunspots(q: Arrays, x: Array, y: Array) -> Arrays:
    """An LSTM with gates (input, forget, output, new), a dense unit, mean squared error."""
    H = q["p_W"].shape[0]
    W, U, b = q["h_W"].reshape(1, -1), q["h_U"].reshape(H, -1), q["h_b"].reshape(-1)
    N, T = x.shape
    h, c = [np.zeros((N, H), x.dtype)], [np.zeros((N, H), x.dtype)]
    gates = []
    for t in range(T):
        z = (x[:, t : t + 1] @ W + b + h[t] @ U).reshape(N, 4, H)
        s, a = sigmoid(z[:, :3]), np.tanh(z[:, 3])
        c.append(s[:, 0] * a + s[:, 1] * c[t])
        h.append(s[:, 2] * np.tanh(c[-1]))
        gates.append((s, a))
    dp = (h[T] @ q["p_W"] + q["p_b"] - y) * x.dtype.type(2 / y.size)
    grads = dense("p", h[T], dp)
    dh, dc = dp @ q["p_W"].T, np.zeros_like(c[0])
    dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
    for t in reversed(range(T)):
        s, a = gates[t]
        wave = np.tanh(c[t + 1])
        dc = dc + dh * s[:, 2] * (1 - wave * wave)
        slopes = np.stack([dc * a, dc * c[t], dh * wave], axis=1) * s * (1 - s)
        new = dc * s[:, 0] * (1 - a * a)
        dz = np.concatenate([slopes, new[:, None]], axis=1).reshape(N, -1)
        dW, dU, db = dW + x[:, t : t + 1].T @ dz, dU + h[t].T @ dz, db + dz.sum(axis=0)
        dh, dc = dz @ U.T, dc * s[:, 1]
    return {"h_W": dW.reshape(q["h_W"].shape), "h_U": dU.reshape(q["h_U"].shape),
            "h_b": db.reshape(q["h_b"].shape), **grads}  # fmt: skip


def char_gru(q: Arrays, x: Array, t: Array) -> Arrays:
    """A GRU with gates (reset, keep, new) that resets what the recurrence gave; classes."""
    H = q["h_U"].shape[0]
    W, U = q["h_W"].reshape(-1, 3 * H), q["h_U"].reshape(H, -1)
    e = q["e_E"][x]
    N, T, D = e.shape
    h = [np.zeros((N, H), e.dtype)]
    kept = []
    for k in range(T):
        z = (e[:, k] @ W).reshape(N, 3, H) + q["h_b"]
        y = (h[k] @ U).reshape(N, 3, H) + q["h_d"]
        s = sigmoid(z[:, :2] + y[:, :2])
        a = np.tanh(z[:, 2] + s[:, 0] * y[:, 2])
        h.append((1 - s[:, 1]) * a + s[:, 1] * h[k])
        kept.append((s, a, y[:, 2]))
    states = np.stack(h[1:], axis=1)
    dlogits = cross_entropy_slope(states @ q["logits_W"] + q["logits_b"], t)
    dstates = dlogits @ q["logits_W"].T
    grads = dense("logits", states, dlogits)
    dW, dU = np.zeros_like(W), np.zeros_like(U)
    db, dd, dE = np.zeros_like(q["h_b"]), np.zeros_like(q["h_d"]), np.zeros_like(q["e_E"])
    dh = np.zeros_like(h[0])
    for k in reversed(range(T)):
        s, a, y = kept[k]
        dh = dh + dstates[:, k]
        da = dh * (1 - s[:, 1]) * (1 - a * a)
        dr, du = da * y * s[:, 0] * (1 - s[:, 0]), dh * (h[k] - a) * s[:, 1] * (1 - s[:, 1])
        dz = np.stack([dr, du, da], axis=1)
        dy = np.stack([dr, du, da * s[:, 0]], axis=1)
        db, dd = db + dz.sum(axis=0), dd + dy.sum(axis=0)
        flat, back = dz.reshape(N, -1), dy.reshape(N, -1)
        dW, dU = dW + e[:, k].T @ flat, dU + h[k].T @ back
        np.add.at(dE, x[:, k], flat @ W.T)
        dh = dh * s[:, 1] + back @ U.T
    return {"e_E": dE, "h_W": dW.reshape(D, 3, H), "h_U": dU.reshape(H, 3, H), "h_b": db,
            "h_d": dd, **grads}  # fmt: skip
