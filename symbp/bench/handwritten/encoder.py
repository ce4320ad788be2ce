"""An encoder block: its places are rows of matrices, except between queries and keys."""

from __future__ import annotations

import numpy as np

from symbp.bench.handwritten.common import Params, Step, softmax_slope
from symbp.bench.workloads import Array, Encoder

EPS = 1e-5
SCALE, CUBE = (2 / np.pi) ** 0.5, 0.044715
"""gelu(z) = z (1 + tanh(SCALE (z + CUBE z^3))) / 2"""


def encoder(workload: Encoder) -> Step:
    """Return the step of an encoder block."""
    heads, rate = workload.heads, workload.rate

    def step(params: Params, x: Array, t: Array) -> float:
        N, T, D = x.shape
        rows = x.reshape(N * T, D)
        n1, unit1, _ = _normed(rows, params, "n1")
        q, k, v = (_split(_affine(n1, params, f"a_W{w}", f"a_b{w}"), N, heads) for w in "qkv")
        p, read = _attended(q, k, v)
        h = _affine(read, params, "a_Wo", "a_bo")
        h += rows
        n2, unit2, root2 = _normed(h, params, "n2")
        z = _affine(n2, params, "m1_W", "m1_b")
        g, tanh_z = _gelu(z)
        last = _affine(g, params, "m2_W", "m2_b")
        last += h
        pooled = last.reshape(N, T, D).mean(axis=1)
        loss, delta = softmax_slope(_affine(pooled, params, "z_W", "z_b"), t)
        grads: Params = {}
        dpooled = _back(pooled, delta, params, grads, "z_W", "z_b")
        dpooled *= 1 / T
        dlast = np.repeat(dpooled, T, axis=0)
        dz = _back(g, dlast, params, grads, "m2_W", "m2_b")
        dz *= _gelu_slope(z, tanh_z)
        dn2 = _back(n2, dz, params, grads, "m1_W", "m1_b")
        dlast += _norm_back(dn2, unit2, root2, params, grads, "n2")
        dread = _split(_back(read, dlast, params, grads, "a_Wo", "a_bo"), N, heads)
        dq, dk, dv = _attention_back(dread, p, q, k, v)
        dn1 = _back(n1, dq, params, grads, "a_Wq", "a_bq")
        dn1 += _back(n1, dk, params, grads, "a_Wk", "a_bk")
        dn1 += _back(n1, dv, params, grads, "a_Wv", "a_bv")
        _gains(dn1, unit1, grads, "n1")
        for name, gradient in grads.items():
            gradient *= rate
            params[name] -= gradient
        return loss

    return step


def _affine(a: Array, params: Params, W: str, b: str) -> Array:
    z = a @ params[W]
    z += params[b]
    return z


def _back(a: Array, d: Array, params: Params, grads: Params, W: str, b: str) -> Array:
    """Keep the gradients of a W + b; return the slope by a."""
    grads[W], grads[b] = a.T @ d, d.sum(axis=0)
    return d @ params[W].T


def _normed(a: Array, params: Params, name: str) -> tuple[Array, Array, Array]:
    """Return the normalised rows, the same before gain and bias, and 1 / sqrt(var + eps)."""
    unit = a - a.mean(axis=1, keepdims=True)
    root = np.einsum("ij,ij->i", unit, unit)[:, None]
    root /= a.shape[1]
    root += EPS
    np.sqrt(root, out=root)
    np.reciprocal(root, out=root)
    unit *= root
    n = unit * params[f"{name}_g"]
    n += params[f"{name}_b"]
    return n, unit, root


def _gains(d: Array, unit: Array, grads: Params, name: str) -> None:
    grads[f"{name}_g"] = np.einsum("ij,ij->j", d, unit)
    grads[f"{name}_b"] = d.sum(axis=0)


def _norm_back(
    d: Array, unit: Array, root: Array, params: Params, grads: Params, name: str
) -> Array:
    _gains(d, unit, grads, name)
    d *= params[f"{name}_g"]
    along = np.einsum("ij,ij->i", d, unit)[:, None]
    along /= d.shape[1]
    d -= d.mean(axis=1, keepdims=True)
    d -= unit * along
    d *= root
    return d


def _split(a: Array, N: int, heads: int) -> Array:
    """Return rows (N T, D) as (N, heads, T, D / heads)."""
    return a.reshape(N, -1, heads, a.shape[1] // heads).transpose(0, 2, 1, 3)


def _joined(a: Array) -> Array:
    N, heads, T, d = a.shape
    return a.transpose(0, 2, 1, 3).reshape(N * T, heads * d)


def _attended(q: Array, k: Array, v: Array) -> tuple[Array, Array]:
    """Return the weights (N, heads, T, U), and what is read as rows."""
    p = q @ k.swapaxes(2, 3)
    p *= q.shape[3] ** -0.5
    p -= p.max(axis=3, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=3, keepdims=True)
    return p, _joined(p @ v)


def _attention_back(d: Array, p: Array, q: Array, k: Array, v: Array) -> tuple[Array, Array, Array]:
    ds = d @ v.swapaxes(2, 3)
    ds *= p
    ds -= p * ds.sum(axis=3, keepdims=True)
    ds *= q.shape[3] ** -0.5
    dv = p.swapaxes(2, 3) @ d
    return _joined(ds @ k), _joined(ds.swapaxes(2, 3) @ q), _joined(dv)


def _gelu(z: Array) -> tuple[Array, Array]:
    tanh_z = z * z
    tanh_z *= SCALE * CUBE
    tanh_z += SCALE
    tanh_z *= z
    np.tanh(tanh_z, out=tanh_z)
    g = tanh_z + 1.0
    g *= z
    g *= 0.5
    return g, tanh_z


def _gelu_slope(z: Array, tanh_z: Array) -> Array:
    """Return (1 + tanh)/2 + z/2 (1 - tanh^2) SCALE (1 + 3 CUBE z^2)."""
    inner = z * z
    inner *= 1.5 * SCALE * CUBE
    inner += 0.5 * SCALE
    inner *= z
    square = tanh_z * tanh_z
    inner -= inner * square
    inner += 0.5 * tanh_z
    inner += 0.5
    return inner
