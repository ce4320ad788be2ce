"""char_transformer: forward pass, gradients and training step, computed in C (float64).

    input x[N,T] in 76
    label t[N,T] in 76
    param e_E[76,32]
    param n1_g[32]
    param a_Wq[32,32]
    param a_Wk[32,32]
    param a_Wv[32,32]
    param a_Wo[32,32]
    param n2_g[32]
    param f_W[32,64]
    param f_b[64]
    param m_W[64,32]
    param m_b[32]
    param n3_g[32]
    param logits_W[32,76]
    param logits_b[76]
    e[n,k,d] = e_E[x[n,k],d]
    h_waves[t_2,d] = where(d % 2 == 0, sin(t_2 * exp(-0.0625 * floor(0.5 * d) * log(10000))),
        cos(t_2 * exp(-0.0625 * floor(0.5 * d) * log(10000)))) for t_2 in T, d in 32
    h[n,t_2,d] = h_waves[t_2,d] + e[n,t_2,d]
    n1_mean_square_sum[n,k] = sum[j](h[n,k,j]**2)
    n1_mean_square[n,k] = 0.03125 * n1_mean_square_sum[n,k]
    n1[n,k,j] = h[n,k,j] * n1_g[j] / sqrt(n1_mean_square[n,k] + 1e-05)
    a_q[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wq[i,j])
    a_k[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wk[i,j])
    a_v[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wv[i,j])
    a_s_sum[n,h_2,t_2,u_2] = sum[d](a_k[n,u_2,d + 16 * h_2] * a_q[n,t_2,d + 16 * h_2]) for n in N,
        h_2 in 2, t_2 in T, u_2 in T, d in 16
    a_s[n,h_2,t_2,u_2] = 0.25 * a_s_sum[n,h_2,t_2,u_2]
    a_seen[n,h_2,t_2,u_2] = where(u_2 <= t_2, a_s[n,h_2,t_2,u_2], -1000000000)
    a_Z[n,k,l] = sum[j](exp(a_seen[n,k,l,j]))
    a_p[n,h_2,t_2,u_2] = exp(a_seen[n,h_2,t_2,u_2]) / a_Z[n,h_2,t_2]
    a_heads[n,t_2,e_2 + 16 * h_2] = sum[u_2](a_v[n,u_2,e_2 + 16 * h_2] * a_p[n,h_2,t_2,u_2])
    a[n,t_2,j] = sum[i](a_heads[n,t_2,i] * a_Wo[i,j])
    r[n,k,j] = a[n,k,j] + h[n,k,j]
    n2_mean_square_sum[n,k] = sum[j](r[n,k,j]**2)
    n2_mean_square[n,k] = 0.03125 * n2_mean_square_sum[n,k]
    n2[n,k,j] = r[n,k,j] * n2_g[j] / sqrt(n2_mean_square[n,k] + 1e-05)
    f_z[n,k,j] = sum[i](n2[n,k,i] * f_W[i,j])
    f_z[n,k,j] += f_b[j]
    f[n,k,j] = f_z[n,k,j] * normal_cdf(f_z[n,k,j])
    m[n,k,j] = sum[i](f[n,k,i] * m_W[i,j])
    m[n,k,j] += m_b[j]
    u[n,k,j] = m[n,k,j] + r[n,k,j]
    n3_mean_square_sum[n,k] = sum[j](u[n,k,j]**2)
    n3_mean_square[n,k] = 0.03125 * n3_mean_square_sum[n,k]
    n3[n,k,j] = u[n,k,j] * n3_g[j] / sqrt(n3_mean_square[n,k] + 1e-05)
    logits[n,k,j] = sum[i](n3[n,k,i] * logits_W[i,j])
    logits[n,k,j] += logits_b[j]
    loss_Z[n,k] = sum[j](exp(logits[n,k,j]))
    loss_sum = sum[n,k](log(loss_Z[n,k]) - logits[n,k,t[n,k]])
    loss = loss_sum / (N * T)

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from char_transformer.bp (network b331bfed12fe83c9):
    symbp build char_transformer.bp --target c --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import ctypes
import sys
from pathlib import Path

import numpy as np

NAME = "char_transformer"
TARGET = "c"
DTYPE = "float64"
NETWORK = "b331bfed12fe83c9"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "e_E": (76, 32),
    "n1_g": (32,),
    "a_Wq": (32, 32),
    "a_Wk": (32, 32),
    "a_Wv": (32, 32),
    "a_Wo": (32, 32),
    "n2_g": (32,),
    "f_W": (32, 64),
    "f_b": (64,),
    "m_W": (64, 32),
    "m_b": (32,),
    "n3_g": (32,),
    "logits_W": (32, 76),
    "logits_b": (76,),
}
INPUTS = {  # name -> role, shape, number of classes
    "x": ("input", ("N", "T"), 76),
    "t": ("label", ("N", "T"), 76),
}
OUTPUTS = {  # name -> shape
    "logits": ("N", "T", 76),
}
HYPERPARAMETERS = {  # name -> default
    "learning_rate": 0.003,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-08,
}

_DTYPE = np.dtype(DTYPE)
_STATE = {  # name -> shape
    "step": (),
    "e_E_m": (76, 32),
    "e_E_v": (76, 32),
    "n1_g_m": (32,),
    "n1_g_v": (32,),
    "a_Wq_m": (32, 32),
    "a_Wq_v": (32, 32),
    "a_Wk_m": (32, 32),
    "a_Wk_v": (32, 32),
    "a_Wv_m": (32, 32),
    "a_Wv_v": (32, 32),
    "a_Wo_m": (32, 32),
    "a_Wo_v": (32, 32),
    "n2_g_m": (32,),
    "n2_g_v": (32,),
    "f_W_m": (32, 64),
    "f_W_v": (32, 64),
    "f_b_m": (64,),
    "f_b_v": (64,),
    "m_W_m": (64, 32),
    "m_W_v": (64, 32),
    "m_b_m": (32,),
    "m_b_v": (32,),
    "n3_g_m": (32,),
    "n3_g_v": (32,),
    "logits_W_m": (32, 76),
    "logits_W_v": (32, 76),
    "logits_b_m": (76,),
    "logits_b_v": (76,),
}


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "e_E": np.asarray(rng.normal(0.0, 0.5, (76, 32)), dtype=_DTYPE),
        "n1_g": np.full((32,), 1.0, dtype=_DTYPE),
        "a_Wq": np.asarray(
            rng.uniform(-0.30618621784789724, 0.30618621784789724, (32, 32)), dtype=_DTYPE
        ),
        "a_Wk": np.asarray(
            rng.uniform(-0.30618621784789724, 0.30618621784789724, (32, 32)), dtype=_DTYPE
        ),
        "a_Wv": np.asarray(
            rng.uniform(-0.30618621784789724, 0.30618621784789724, (32, 32)), dtype=_DTYPE
        ),
        "a_Wo": np.asarray(
            rng.uniform(-0.30618621784789724, 0.30618621784789724, (32, 32)), dtype=_DTYPE
        ),
        "n2_g": np.full((32,), 1.0, dtype=_DTYPE),
        "f_W": np.asarray(rng.uniform(-0.25, 0.25, (32, 64)), dtype=_DTYPE),
        "f_b": np.zeros((64,), dtype=_DTYPE),
        "m_W": np.asarray(rng.uniform(-0.25, 0.25, (64, 32)), dtype=_DTYPE),
        "m_b": np.zeros((32,), dtype=_DTYPE),
        "n3_g": np.full((32,), 1.0, dtype=_DTYPE),
        "logits_W": np.asarray(
            rng.uniform(-0.23570226039551584, 0.23570226039551584, (32, 76)), dtype=_DTYPE
        ),
        "logits_b": np.zeros((76,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return logits (N, T, 76) for x (N, T)."""
    (
        e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W, logits_b
    ) = _parameters(params)
    N, T, x = _inputs(x)
    if check_finite:
        _finite(params)
    outputs = (np.empty((N, T, 76), dtype=_DTYPE),)
    _C_predict(
        N, T, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W, logits_b,
        x, None, *outputs
    )
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, t, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, T), t (N, T)
    """
    (
        e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W, logits_b
    ) = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    h = np.empty((N, T, 32), dtype=_DTYPE)
    n1 = np.empty((N, T, 32), dtype=_DTYPE)
    a_q = np.empty((N, T, 32), dtype=_DTYPE)
    a_k = np.empty((N, T, 32), dtype=_DTYPE)
    a_v = np.empty((N, T, 32), dtype=_DTYPE)
    a_p = np.empty((N, 2, T, T), dtype=_DTYPE)
    a_heads = np.empty((N, T, 32), dtype=_DTYPE)
    r = np.empty((N, T, 32), dtype=_DTYPE)
    n2 = np.empty((N, T, 32), dtype=_DTYPE)
    f_z = np.empty((N, T, 64), dtype=_DTYPE)
    f = np.empty((N, T, 64), dtype=_DTYPE)
    u = np.empty((N, T, 32), dtype=_DTYPE)
    n3 = np.empty((N, T, 32), dtype=_DTYPE)
    loss_Z_shifted = np.empty((N, T), dtype=_DTYPE)
    v7 = np.empty((N, T), dtype=_DTYPE)
    v9 = np.empty((N, T), dtype=_DTYPE)
    v10 = np.empty((N, T, 64), dtype=_DTYPE)
    v11 = np.empty((N, T), dtype=_DTYPE)
    v12 = np.empty((N, T, 76), dtype=_DTYPE)
    v13 = np.empty((N, T), dtype=_DTYPE)
    v14 = np.empty((N, T), dtype=_DTYPE)
    v15 = np.empty((N, T), dtype=_DTYPE)
    loss = _C_forward(
        N, T, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W, logits_b,
        x, t, h, n1, a_q, a_k, a_v, a_p, a_heads, r, n2, f_z, f, u, n3, loss_Z_shifted, v7, v9, v10,
        v11, v12, v13, v14, v15
    )
    return (
        float(loss), {"x": x, "t": t, "h": h, "n1": n1, "a_q": a_q, "a_k": a_k, "a_v": a_v, "a_p":
        a_p, "a_heads": a_heads, "r": r, "n2": n2, "f_z": f_z, "f": f, "u": u, "n3": n3,
        "loss_Z_shifted": loss_Z_shifted, "v7": v7, "v9": v9, "v10": v10, "v11": v11, "v12": v12,
        "v13": v13, "v14": v14, "v15": v15}
    )


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    _, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, _, m_W, _, n3_g, logits_W, _ = _parameters(params)
    x = tape["x"]
    t = tape["t"]
    h = tape["h"]
    n1 = tape["n1"]
    a_q = tape["a_q"]
    a_k = tape["a_k"]
    a_v = tape["a_v"]
    a_p = tape["a_p"]
    a_heads = tape["a_heads"]
    r = tape["r"]
    n2 = tape["n2"]
    f_z = tape["f_z"]
    f = tape["f"]
    u = tape["u"]
    n3 = tape["n3"]
    loss_Z_shifted = tape["loss_Z_shifted"]
    v7 = tape["v7"]
    v9 = tape["v9"]
    v10 = tape["v10"]
    v11 = tape["v11"]
    v12 = tape["v12"]
    v13 = tape["v13"]
    v14 = tape["v14"]
    v15 = tape["v15"]
    N = x.shape[0]
    T = x.shape[1]
    grads = _gradients()
    x = _taped("x", x, (N, T), np.intp)
    t = _taped("t", t, (N, T), np.intp)
    h = _taped("h", h, (N, T, 32), _DTYPE)
    n1 = _taped("n1", n1, (N, T, 32), _DTYPE)
    a_q = _taped("a_q", a_q, (N, T, 32), _DTYPE)
    a_k = _taped("a_k", a_k, (N, T, 32), _DTYPE)
    a_v = _taped("a_v", a_v, (N, T, 32), _DTYPE)
    a_p = _taped("a_p", a_p, (N, 2, T, T), _DTYPE)
    a_heads = _taped("a_heads", a_heads, (N, T, 32), _DTYPE)
    r = _taped("r", r, (N, T, 32), _DTYPE)
    n2 = _taped("n2", n2, (N, T, 32), _DTYPE)
    f_z = _taped("f_z", f_z, (N, T, 64), _DTYPE)
    f = _taped("f", f, (N, T, 64), _DTYPE)
    u = _taped("u", u, (N, T, 32), _DTYPE)
    n3 = _taped("n3", n3, (N, T, 32), _DTYPE)
    loss_Z_shifted = _taped("loss_Z_shifted", loss_Z_shifted, (N, T), _DTYPE)
    v7 = _taped("v7", v7, (N, T), _DTYPE)
    v9 = _taped("v9", v9, (N, T), _DTYPE)
    v10 = _taped("v10", v10, (N, T, 64), _DTYPE)
    v11 = _taped("v11", v11, (N, T), _DTYPE)
    v12 = _taped("v12", v12, (N, T, 76), _DTYPE)
    v13 = _taped("v13", v13, (N, T), _DTYPE)
    v14 = _taped("v14", v14, (N, T), _DTYPE)
    v15 = _taped("v15", v15, (N, T), _DTYPE)
    _C_backward(
        N, T, None, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, None, m_W, None, n3_g, logits_W, None,
        x, t, h, n1, a_q, a_k, a_v, a_p, a_heads, r, n2, f_z, f, u, n3, loss_Z_shifted, v7, v9, v10,
        v11, v12, v13, v14, v15, *grads
    )
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, t, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    (
        e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W, logits_b
    ) = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    grads = _gradients()
    loss = _C_value_and_grad(
        N, T, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W, logits_b,
        x, t, *grads
    )
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {
        "step": np.zeros((), dtype=_DTYPE),
        "e_E_m": np.zeros((76, 32), dtype=_DTYPE),
        "e_E_v": np.zeros((76, 32), dtype=_DTYPE),
        "n1_g_m": np.zeros((32,), dtype=_DTYPE),
        "n1_g_v": np.zeros((32,), dtype=_DTYPE),
        "a_Wq_m": np.zeros((32, 32), dtype=_DTYPE),
        "a_Wq_v": np.zeros((32, 32), dtype=_DTYPE),
        "a_Wk_m": np.zeros((32, 32), dtype=_DTYPE),
        "a_Wk_v": np.zeros((32, 32), dtype=_DTYPE),
        "a_Wv_m": np.zeros((32, 32), dtype=_DTYPE),
        "a_Wv_v": np.zeros((32, 32), dtype=_DTYPE),
        "a_Wo_m": np.zeros((32, 32), dtype=_DTYPE),
        "a_Wo_v": np.zeros((32, 32), dtype=_DTYPE),
        "n2_g_m": np.zeros((32,), dtype=_DTYPE),
        "n2_g_v": np.zeros((32,), dtype=_DTYPE),
        "f_W_m": np.zeros((32, 64), dtype=_DTYPE),
        "f_W_v": np.zeros((32, 64), dtype=_DTYPE),
        "f_b_m": np.zeros((64,), dtype=_DTYPE),
        "f_b_v": np.zeros((64,), dtype=_DTYPE),
        "m_W_m": np.zeros((64, 32), dtype=_DTYPE),
        "m_W_v": np.zeros((64, 32), dtype=_DTYPE),
        "m_b_m": np.zeros((32,), dtype=_DTYPE),
        "m_b_v": np.zeros((32,), dtype=_DTYPE),
        "n3_g_m": np.zeros((32,), dtype=_DTYPE),
        "n3_g_v": np.zeros((32,), dtype=_DTYPE),
        "logits_W_m": np.zeros((32, 76), dtype=_DTYPE),
        "logits_W_v": np.zeros((32, 76), dtype=_DTYPE),
        "logits_b_m": np.zeros((76,), dtype=_DTYPE),
        "logits_b_v": np.zeros((76,), dtype=_DTYPE),
    }


def train_step(
    params, state, x, t, *, learning_rate=0.003, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    value = None if check_finite else _C_train_step(
        params, state, x, t, learning_rate, beta1, beta2, epsilon
    )
    if value is not None:  # else something needs conversion, or is refused
        return value
    (
        e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W, logits_b
    ) = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    (
        step_, e_E_m, e_E_v, n1_g_m, n1_g_v, a_Wq_m, a_Wq_v, a_Wk_m, a_Wk_v, a_Wv_m, a_Wv_v, a_Wo_m,
        a_Wo_v, n2_g_m, n2_g_v, f_W_m, f_W_v, f_b_m, f_b_v, m_W_m, m_W_v, m_b_m, m_b_v, n3_g_m,
        n3_g_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v
    ) = _state(state)
    return _C_step(
        N, T, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W, logits_b,
        step_, e_E_m, e_E_v, n1_g_m, n1_g_v, a_Wq_m, a_Wq_v, a_Wk_m, a_Wk_v, a_Wv_m, a_Wv_v, a_Wo_m,
        a_Wo_v, n2_g_m, n2_g_v, f_W_m, f_W_v, f_b_m, f_b_v, m_W_m, m_W_v, m_b_m, m_b_v, n3_g_m,
        n3_g_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v, x, t, learning_rate, beta1, beta2,
        epsilon
    )


def bind(
    params, state, x, t, *, learning_rate=0.003, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    (
        e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W, logits_b
    ) = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    (
        step_, e_E_m, e_E_v, n1_g_m, n1_g_v, a_Wq_m, a_Wq_v, a_Wk_m, a_Wk_v, a_Wv_m, a_Wv_v, a_Wo_m,
        a_Wo_v, n2_g_m, n2_g_v, f_W_m, f_W_v, f_b_m, f_b_v, m_W_m, m_W_v, m_b_m, m_b_v, n3_g_m,
        n3_g_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v
    ) = _state(state)
    return _C_bind(
        N, T, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W, logits_b,
        step_, e_E_m, e_E_v, n1_g_m, n1_g_v, a_Wq_m, a_Wq_v, a_Wk_m, a_Wk_v, a_Wv_m, a_Wv_v, a_Wo_m,
        a_Wo_v, n2_g_m, n2_g_v, f_W_m, f_W_v, f_b_m, f_b_v, m_W_m, m_W_v, m_b_m, m_b_v, n3_g_m,
        n3_g_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v, x, t, learning_rate, beta1, beta2,
        epsilon
    )


def fit(
    params, state, x, t, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.003, beta1=0.9, beta2=0.999, epsilon=1e-08, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    (
        e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W, logits_b
    ) = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    (
        step_, e_E_m, e_E_v, n1_g_m, n1_g_v, a_Wq_m, a_Wq_v, a_Wk_m, a_Wk_v, a_Wv_m, a_Wv_v, a_Wo_m,
        a_Wo_v, n2_g_m, n2_g_v, f_W_m, f_W_v, f_b_m, f_b_v, m_W_m, m_W_v, m_b_m, m_b_v, n3_g_m,
        n3_g_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v
    ) = _state(state)
    batch_size = N if batch_size is None else min(int(batch_size), N)
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    epochs = max(0, epochs)
    losses = np.empty(epochs)
    done = _C_fit(
        N, T, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W, logits_b,
        step_, e_E_m, e_E_v, n1_g_m, n1_g_v, a_Wq_m, a_Wq_v, a_Wk_m, a_Wk_v, a_Wv_m, a_Wv_v, a_Wo_m,
        a_Wo_v, n2_g_m, n2_g_v, f_W_m, f_W_v, f_b_m, f_b_v, m_W_m, m_W_v, m_b_m, m_b_v, n3_g_m,
        n3_g_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v, x, t, learning_rate, beta1, beta2,
        epsilon, batch_size, start, epochs, seed, shuffle, callback, losses
    )
    return losses[:done]


def _gradients():
    """Return new arrays for the gradients, in the order of PARAMETERS."""
    return tuple(np.empty(shape, dtype=_DTYPE) for shape in PARAMETERS.values())


def _parameters(params):
    arrays = _arrays(params, PARAMETERS)
    if arrays is None or not all(array.flags.carray for array in arrays):
        _refuse_parameters(params)
    return arrays


def _inputs(x):
    x = _convert("x", x)
    if x.ndim != 2 or not x.shape[0] or not x.shape[1]:
        _refuse({"x": x})
    N = x.shape[0]
    T = x.shape[1]
    return (N, T, x)


def _data(x, t):
    x = _convert("x", x)
    t = _convert("t", t)
    if (
        x.ndim != 2 or t.ndim != 2 or not x.shape[0] or not x.shape[1] or t.shape[0] != x.shape[0]
        or t.shape[1] != x.shape[1]
    ):
        _refuse({"x": x, "t": t})
    N = x.shape[0]
    T = x.shape[1]
    return (N, T, x, t)


def _state(state):
    arrays = _arrays(state, _STATE)
    if arrays is None or not all(array.flags.carray for array in arrays):
        raise TypeError("state must be what init_state(params) returns")
    return arrays


def _convert(name, value):
    """Return an input as an array of the module's dtype, or labels as integers."""
    role, _, classes = INPUTS[name]
    array = np.asarray(value)
    if classes is None:
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{name} ({role}) must hold real numbers, not {array.dtype}")
        return np.ascontiguousarray(array, dtype=_DTYPE).reshape(array.shape)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} (label) must hold whole numbers, not {array.dtype}")
    if array.size and not 0 <= array.min() <= array.max() < classes:
        raise ValueError(
            f"{name} (label) must lie in 0..{classes - 1}, not in {array.min()}..{array.max()}"
        )
    return np.ascontiguousarray(array, dtype=np.intp).reshape(array.shape)


def _refuse(data):
    """Say which input has the wrong shape, and what it should be."""
    sizes = {}
    for name, array in data.items():
        role, shape, _ = INPUTS[name]
        wanted = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        told = ", ".join(f"{k} = {v}" for k, v in sizes.items())
        message = f"{name} ({role}) has shape {array.shape}, not ({wanted})"
        if array.ndim != len(shape) or 0 in array.shape:
            raise ValueError(message + (": it is empty" if 0 in array.shape else ""))
        for given, size in zip(array.shape, shape, strict=True):
            if isinstance(size, str):
                size = sizes.setdefault(size, given) if size.isidentifier() else given
            if given != size:
                raise ValueError(message + (f" with {told}" if told else ""))
    raise ValueError("the shapes of the inputs do not fit together")


def _arrays(source, shapes):
    """Return the arrays of these names, or None where one is missing or does not fit."""
    arrays = []
    for name, shape in shapes.items():
        try:
            array = source[name]
        except (KeyError, TypeError, IndexError):
            return None
        if shape == () and isinstance(array, np.floating):  # so arithmetic leaves a single number
            array = source[name] = np.array(array, dtype=_DTYPE)
        if type(array) is not np.ndarray or array.dtype != _DTYPE or array.shape != shape:
            return None
        arrays.append(array)
    return arrays


def _refuse_parameters(params):
    """Say which parameter is missing or does not fit."""
    if not hasattr(params, "keys"):
        raise TypeError("params must be a dict of arrays as init_params() returns it")
    for name, shape in PARAMETERS.items():
        if name not in params:
            raise KeyError(f"params lacks {name!r}; init_params() returns all of them")
        array = params[name]
        if not isinstance(array, np.ndarray) or array.dtype != _DTYPE or array.shape != shape:
            found = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array)
            raise TypeError(f"params[{name!r}] must be an array {_DTYPE} {shape}, not {found}")
        if not array.flags.c_contiguous or not array.flags.writeable:
            raise TypeError(f"params[{name!r}] must be C-contiguous and writeable")
    raise TypeError("params must be a dict of arrays as init_params() returns it")


def _finite(arrays):
    """Refuse NaN and infinity."""
    for name, array in arrays.items():
        bad = np.argwhere(~np.isfinite(array))
        if len(bad):
            place = tuple(map(int, bad[0]))
            raise ValueError(f"{name} has {len(bad)} values that are not finite, first at {place}")


def _taped(name, array, shape, dtype):
    """Return an array of the tape; refuse one that C would misread."""
    array = np.require(np.asarray(array), requirements="CA")
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(
            f"tape[{name!r}] must be an array {dtype} {shape}, not {array.dtype} {array.shape}"
        )
    return array


def _functions():
    """Return the functions of the library, which must be made of the C files that are here."""
    if sys.implementation.name != "cpython" or "t" in getattr(sys, "abiflags", ""):
        raise ImportError(
            "the C target calls CPython with its global lock, which this is not."
            " Build the network with --target numpy: the functions are the same"
        )
    path = Path(__file__).with_name(f"lib{NAME}.so")
    more = " -undefined dynamic_lookup" if sys.platform == "darwin" else ""
    files = f"{NAME}.c {NAME}.python.c -o {path.name}"
    command = f"cc -std=c99 -O3 -fPIC -shared {files} -lm{more}"
    remedy = f"Build it beside this module and start Python anew: {command}"
    try:
        library = ctypes.PyDLL(str(path))
        functions, build = library.char_transformer_functions, library.char_transformer_build
    except (OSError, AttributeError) as error:
        raise ImportError(f"{path.name}: {error}. {remedy}") from None
    build.restype = ctypes.c_char_p
    if build() != b"15b4ecbc00fb2a53":
        raise ImportError(f"{path.name} is of another build. {remedy}")
    # A call through ctypes takes microseconds: this is the only one.
    functions.restype = ctypes.py_object
    functions.argtypes = [*[ctypes.py_object] * 5, ctypes.c_ssize_t]
    header = object.__basicsize__
    return functions(None, dict, np.ndarray, _DTYPE, np.dtype(np.intp), header)


(
    _C_predict, _C_forward, _C_backward, _C_value_and_grad, _C_step, _C_train_step, _C_bind, _C_fit
) = _functions()
