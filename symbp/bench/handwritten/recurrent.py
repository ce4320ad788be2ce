"""An LSTM: what does not depend on the step is one product for all steps."""

from __future__ import annotations

import numpy as np

from symbp.bench.handwritten.common import Params, Step, descend
from symbp.bench.workloads import Array, Recurrent


def recurrent(workload: Recurrent) -> Step:
    """Return the step of an LSTM; all arrays have the step of the sequence first."""
    H, rate = workload.units, workload.rate

    def step(params: Params, x: Array, y: Array) -> float:
        N, T, D = x.shape
        W, U = params["h_W"].reshape(D, 4 * H), params["h_U"].reshape(H, 4 * H)
        rows = x.transpose(1, 0, 2).reshape(T * N, D)
        gates = rows @ W
        gates += params["h_b"].reshape(4 * H)
        gates = gates.reshape(T, N, 4 * H)
        h, c, tanh_c = _forward(gates, U)
        error = h[T] @ params["p_W"]
        error += params["p_b"]
        error -= y
        loss = float(np.vdot(error, error) / error.size)
        error *= 2.0 / error.size
        dh = error @ params["p_W"].T
        descend(params, "p", h[T], error, rate)
        dz = _backward(gates, c, tanh_c, U, dh).reshape(T * N, 4 * H)
        dW = rows.T @ dz
        dW *= rate
        W -= dW
        dU = h[1:T].reshape(-1, H).T @ dz[N:]
        dU *= rate
        U -= dU
        params["h_b"] -= rate * dz.sum(axis=0).reshape(4, H)
        return loss

    return step


def _forward(z: Array, U: Array) -> tuple[Array, Array, Array]:
    """Write the gates over z; return h and c (T + 1, N, H) and tanh c."""
    T, N, _ = z.shape
    H = len(U)
    h, c = np.zeros((T + 1, N, H), z.dtype), np.zeros((T + 1, N, H), z.dtype)
    tanh_c = np.empty((T, N, H), z.dtype)
    for t in range(T):
        if t:
            z[t] += h[t] @ U
        s, a = z[t, :, : 3 * H], z[t, :, 3 * H :]
        np.negative(s, out=s)
        np.exp(s, out=s)
        s += 1.0
        np.reciprocal(s, out=s)
        np.tanh(a, out=a)
        np.multiply(s[:, H : 2 * H], c[t], out=c[t + 1])
        c[t + 1] += s[:, :H] * a
        np.tanh(c[t + 1], out=tanh_c[t])
        np.multiply(s[:, 2 * H :], tanh_c[t], out=h[t + 1])
    return h, c, tanh_c


def _backward(gates: Array, c: Array, tanh_c: Array, U: Array, dh: Array) -> Array:
    """Return the slope by what the gates are applied to."""
    H = len(U)
    s, a = gates[:, :, : 3 * H], gates[:, :, 3 * H :]
    i, f, o = s[:, :, :H], s[:, :, H : 2 * H], s[:, :, 2 * H :]
    slope = np.empty_like(gates)
    np.subtract(1.0, s, out=slope[:, :, : 3 * H])
    slope[:, :, : 3 * H] *= s
    np.subtract(1.0, a * a, out=slope[:, :, 3 * H :])
    slope[:, :, :H] *= a
    slope[:, :, H : 2 * H] *= c[:-1]
    slope[:, :, 2 * H : 3 * H] *= tanh_c
    slope[:, :, 3 * H :] *= i
    by_c = o * (1.0 - tanh_c * tanh_c)
    dc = np.zeros_like(dh)
    transposed = U.T
    for t in reversed(range(len(gates))):
        dc += dh * by_c[t]
        d = slope[t]
        d[:, : 2 * H] *= np.concatenate((dc, dc), axis=1)
        d[:, 2 * H : 3 * H] *= dh
        d[:, 3 * H :] *= dc
        if t:
            dh = d @ transposed
            dc *= f[t]
    return slope
