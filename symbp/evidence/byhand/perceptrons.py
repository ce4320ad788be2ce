"""Layers of dense units, and what stands at their ends."""

from __future__ import annotations

import numpy as np

from symbp.evidence.byhand.common import Array, Arrays, cross_entropy_slope, dense, sigmoid


def linear_regression(q: Arrays, x: Array, y: Array) -> Arrays:
    error = q["a"] * x + q["b"] - y
    dp = error * x.dtype.type(2 / len(x))
    return {"a": np.sum(dp * x), "b": np.sum(dp)}


def _sigmoids(q: Arrays, x: Array, y: Array, factor: float) -> Arrays:
    """Two sigmoid layers; the loss is factor/2 times the squared error."""
    h = sigmoid(x @ q["W1"] + q["b1"])
    p = sigmoid(h @ q["W2"] + q["b2"])
    d2 = x.dtype.type(factor) * (p - y) * p * (1 - p)
    d1 = (d2 @ q["W2"].T) * h * (1 - h)
    return {"W1": x.T @ d1, "b1": d1.sum(axis=0), "W2": h.T @ d2, "b2": d2.sum(axis=0)}


def xor(q: Arrays, x: Array, y: Array) -> Arrays:
    return _sigmoids(q, x, y, 2 / y.size)


def symmetry(q: Arrays, x: Array, y: Array) -> Arrays:
    return _sigmoids(q, x, y, 1.0)


def moons(q: Arrays, x: Array, y: Array) -> Arrays:
    h1 = np.maximum(x @ q["h1_W"] + q["h1_b"], 0)
    h2 = np.maximum(h1 @ q["h2_W"] + q["h2_b"], 0)
    p = h2 @ q["p_W"] + q["p_b"]
    dp = np.where(1 - y * p > 0, -y, 0) / x.dtype.type(y.size)
    d2 = (dp @ q["p_W"].T) * (h2 > 0)
    d1 = (d2 @ q["h2_W"].T) * (h1 > 0)
    grads = {**dense("h1", x, d1), **dense("h2", h1, d2), **dense("p", h2, dp)}
    for name in ("h1_W", "h2_W", "p_W"):
        grads[name] = grads[name] + x.dtype.type(2e-4) * q[name]
    return grads


def digits(q: Arrays, x: Array, t: Array) -> Arrays:
    h = np.maximum(x @ q["h_W"] + q["h_b"], 0)
    dz = cross_entropy_slope(h @ q["logits_W"] + q["logits_b"], t)
    dh = (dz @ q["logits_W"].T) * (h > 0)
    return {**dense("h", x, dh), **dense("logits", h, dz)}


def autoencoder(q: Arrays, x: Array) -> Arrays:
    a = np.maximum(x @ q["a_W"] + q["a_b"], 0)
    code = a @ q["code_W"] + q["code_b"]
    b = np.maximum(code @ q["b_W"] + q["b_b"], 0)
    dp = (b @ q["p_W"] + q["p_b"] - x) * x.dtype.type(2 / x.size)
    db = (dp @ q["p_W"].T) * (b > 0)
    dcode = db @ q["b_W"].T
    da = (dcode @ q["code_W"].T) * (a > 0)
    return {**dense("a", x, da), **dense("code", a, dcode), **dense("b", code, db),
            **dense("p", b, dp)}  # fmt: skip


def char_tied(q: Arrays, x: Array, t: Array) -> Arrays:
    E = q["e_E"]
    e = E[x].reshape(len(x), -1)
    h = np.tanh(e @ q["h_W"] + q["h_b"])
    z = h @ q["z_W"] + q["z_b"]
    dlogits = cross_entropy_slope(z @ E.T + q["c"], t)
    dz = dlogits @ E
    dh = (dz @ q["z_W"].T) * (1 - h * h)
    dE = dlogits.T @ z
    np.add.at(dE, x, (dh @ q["h_W"].T).reshape(*x.shape, -1))
    return {"c": dlogits.sum(axis=0), "e_E": dE, **dense("h", e, dh), **dense("z", h, dz)}
