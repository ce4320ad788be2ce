"""One block of a causal transformer with two heads and RMS norms before the sublayers."""

from __future__ import annotations

import math

import numpy as np

from symbp.evidence.byhand.common import Array, Arrays, cross_entropy_slope, dense

HEADS = 2


def char_transformer(q: Arrays, x: Array, t: Array) -> Arrays:
    E = q["e_E"]
    h = E[x] + _waves(x.shape[1], E.shape[1]).astype(E.dtype)
    n1, i1 = _norm(h, q["n1_g"])
    mixed, kept = _attention(n1, q)
    r = h + mixed
    n2, i2 = _norm(r, q["n2_g"])
    z = n2 @ q["f_W"] + q["f_b"]
    cdf = (0.5 * np.vectorize(math.erfc)(-z / math.sqrt(2))).astype(E.dtype)
    f = z * cdf
    u = r + f @ q["m_W"] + q["m_b"]
    n3, i3 = _norm(u, q["n3_g"])
    dlogits = cross_entropy_slope(n3 @ q["logits_W"] + q["logits_b"], t)
    du, dg3 = _norm_back(u, q["n3_g"], i3, dlogits @ q["logits_W"].T)
    slope = cdf + z * np.exp(-z * z / 2) * E.dtype.type(1 / math.sqrt(2 * math.pi))
    dz = (du @ q["m_W"].T) * slope
    dr, dg2 = _norm_back(r, q["n2_g"], i2, dz @ q["f_W"].T)
    dr = dr + du
    dn1, grads = _attention_back(n1, dr, q, kept)
    dh, dg1 = _norm_back(h, q["n1_g"], i1, dn1)
    dE = np.zeros_like(E)
    np.add.at(dE, x, dh + dr)
    return {
        "e_E": dE, "n1_g": dg1, "n2_g": dg2, "n3_g": dg3, **grads, **dense("f", n2, dz),
        **dense("m", f, du), **dense("logits", n3, dlogits),
    }  # fmt: skip


def _waves(steps: int, width: int) -> Array:
    """sin(t / 10000^(d/width)) for even d, the cosine of the one before for odd d."""
    t, d = np.arange(steps)[:, None], np.arange(width)
    angle = t * np.exp(-(d // 2) * 2 / width * math.log(10000))
    return np.asarray(np.where(d % 2 == 0, np.sin(angle), np.cos(angle)))


def _norm(x: Array, g: Array) -> tuple[Array, Array]:
    inverse = 1 / np.sqrt((x * x).mean(axis=-1, keepdims=True) + x.dtype.type(1e-5))
    return x * inverse * g, inverse


def _norm_back(x: Array, g: Array, inverse: Array, d: Array) -> tuple[Array, Array]:
    unit = x * inverse
    dunit = d * g
    dx = inverse * (dunit - unit * (dunit * unit).mean(axis=-1, keepdims=True))
    return dx, (d * unit).sum(axis=(0, 1))


def _heads(a: Array) -> Array:
    return a.reshape(*a.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)


def _joined(a: Array) -> Array:
    N, H, T, D = a.shape
    return a.transpose(0, 2, 1, 3).reshape(N, T, H * D)


def _attention(n1: Array, q: Arrays) -> tuple[Array, tuple[Array, ...]]:
    query, key, value = (_heads(n1 @ q[f"a_W{k}"]) for k in "qkv")
    s = query @ key.transpose(0, 1, 3, 2) * n1.dtype.type(1 / math.sqrt(query.shape[-1]))
    s = np.where(np.tril(np.ones(s.shape[-2:], bool)), s, -np.inf)
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    heads = _joined(p @ value)
    return heads @ q["a_Wo"], (query, key, value, p, heads)


def _attention_back(
    n1: Array, d: Array, q: Arrays, kept: tuple[Array, ...]
) -> tuple[Array, Arrays]:
    query, key, value, p, heads = kept
    dheads = _heads(d @ q["a_Wo"].T)
    dp = dheads @ value.transpose(0, 1, 3, 2)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    ds = ds * n1.dtype.type(1 / math.sqrt(query.shape[-1]))
    slopes = {
        "q": _joined(ds @ key), "k": _joined(ds.transpose(0, 1, 3, 2) @ query),
        "v": _joined(p.transpose(0, 1, 3, 2) @ dheads),
    }  # fmt: skip
    grads = {f"a_W{k}": dense("", n1, s)["_W"] for k, s in slopes.items()}
    grads["a_Wo"] = dense("", heads, d)["_W"]
    back = [slopes[k] @ q[f"a_W{k}"].T for k in "qkv"]
    return back[0] + back[1] + back[2], grads
