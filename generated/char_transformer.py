"""char_transformer: forward pass, gradients and training step in NumPy (float64).

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
    symbp build char_transformer.bp --target numpy --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import threading

import numpy as np

NAME = "char_transformer"
TARGET = "numpy"
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
_ONE = np.ones((), dtype=_DTYPE)


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
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        outputs = _predict(
            _buffers_of_predict(N, T), N, T, x, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b,
            m_W, m_b, n3_g, logits_W, logits_b
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
    work = _buffers(N, T)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        (
            loss, h, n1, a_q, a_k, a_v, a_p, a_heads, r, n2, f_z, f, u, n3, loss_Z_shifted, v7, v9,
            v10, v11, v12, v13, v14, v15
        ) = _forward(
            work, N, T, x, t, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g,
            logits_W, logits_b
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
    work = _buffers(N, T)
    grads = _gradients()
    _backward(
        work, N, T, x, t, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, m_W, n3_g, logits_W, h, n1, a_q,
        a_k, a_v, a_p, a_heads, r, n2, f_z, f, u, n3, loss_Z_shifted, v7, v9, v10, v11, v12, v13,
        v14, v15, *grads
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
    work = _buffers(N, T)
    grads = _gradients()
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        (
            loss, h, n1, a_q, a_k, a_v, a_p, a_heads, r, n2, f_z, f, u, n3, loss_Z_shifted, v7, v9,
            v10, v11, v12, v13, v14, v15
        ) = _forward(
            work, N, T, x, t, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g,
            logits_W, logits_b
        )
        _backward(
            work, N, T, x, t, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, m_W, n3_g, logits_W, h, n1,
            a_q, a_k, a_v, a_p, a_heads, r, n2, f_z, f, u, n3, loss_Z_shifted, v7, v9, v10, v11,
            v12, v13, v14, v15, *grads
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
    if (
        not (e_E.flags.writeable and n1_g.flags.writeable and a_Wq.flags.writeable and
        a_Wk.flags.writeable and a_Wv.flags.writeable and a_Wo.flags.writeable and
        n2_g.flags.writeable and f_W.flags.writeable and f_b.flags.writeable and m_W.flags.writeable
        and m_b.flags.writeable and n3_g.flags.writeable and logits_W.flags.writeable and
        logits_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _workspace(N, T)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        (
            loss, h, n1, a_q, a_k, a_v, a_p, a_heads, r, n2, f_z, f, u, n3, loss_Z_shifted, v7, v9,
            v10, v11, v12, v13, v14, v15
        ) = _forward(
            work, N, T, x, t, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g,
            logits_W, logits_b
        )
        _backward(
            work, N, T, x, t, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, m_W, n3_g, logits_W, h, n1,
            a_q, a_k, a_v, a_p, a_heads, r, n2, f_z, f, u, n3, loss_Z_shifted, v7, v9, v10, v11,
            v12, v13, v14, v15, *grads
        )
        _update(
            work, N, T, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W,
            logits_b, grads[0], grads[1], grads[2], grads[3], grads[4], grads[5], grads[6],
            grads[7], grads[8], grads[9], grads[10], grads[11], grads[12], grads[13], step_, e_E_m,
            e_E_v, n1_g_m, n1_g_v, a_Wq_m, a_Wq_v, a_Wk_m, a_Wk_v, a_Wv_m, a_Wv_v, a_Wo_m, a_Wo_v,
            n2_g_m, n2_g_v, f_W_m, f_W_v, f_b_m, f_b_v, m_W_m, m_W_v, m_b_m, m_b_v, n3_g_m, n3_g_v,
            logits_W_m, logits_W_v, logits_b_m, logits_b_v, learning_rate, beta1, beta2, epsilon
        )
    return float(loss)


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
    if (
        not (e_E.flags.writeable and n1_g.flags.writeable and a_Wq.flags.writeable and
        a_Wk.flags.writeable and a_Wv.flags.writeable and a_Wo.flags.writeable and
        n2_g.flags.writeable and f_W.flags.writeable and f_b.flags.writeable and m_W.flags.writeable
        and m_b.flags.writeable and n3_g.flags.writeable and logits_W.flags.writeable and
        logits_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _buffers(N, T), _gradients()

    def step():
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            (
                loss, h, n1, a_q, a_k, a_v, a_p, a_heads, r, n2, f_z, f, u, n3, loss_Z_shifted, v7,
                v9, v10, v11, v12, v13, v14, v15
            ) = _forward(
                work, N, T, x, t, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g,
                logits_W, logits_b
            )
            _backward(
                work, N, T, x, t, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, m_W, n3_g, logits_W, h,
                n1, a_q, a_k, a_v, a_p, a_heads, r, n2, f_z, f, u, n3, loss_Z_shifted, v7, v9, v10,
                v11, v12, v13, v14, v15, *grads
            )
            _update(
                work, N, T, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g,
                logits_W, logits_b, grads[0], grads[1], grads[2], grads[3], grads[4], grads[5],
                grads[6], grads[7], grads[8], grads[9], grads[10], grads[11], grads[12], grads[13],
                step_, e_E_m, e_E_v, n1_g_m, n1_g_v, a_Wq_m, a_Wq_v, a_Wk_m, a_Wk_v, a_Wv_m, a_Wv_v,
                a_Wo_m, a_Wo_v, n2_g_m, n2_g_v, f_W_m, f_W_v, f_b_m, f_b_v, m_W_m, m_W_v, m_b_m,
                m_b_v, n3_g_m, n3_g_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v,
                learning_rate, beta1, beta2, epsilon
            )
        return float(loss)

    return step


def fit(
    params, state, x, t, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.003, beta1=0.9, beta2=0.999, epsilon=1e-08, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    N, _, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    batch_size = N if batch_size is None else min(int(batch_size), N)
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    losses = []
    for epoch in range(start, start + epochs):
        total = 0.0
        for rows in _batches(N, batch_size, seed, epoch, shuffle):
            value = train_step(
                params, state, x[rows], t[rows], learning_rate=learning_rate, beta1=beta1,
                beta2=beta2, epsilon=epsilon
            )
            total += value * (len(rows) if isinstance(rows, np.ndarray) else rows.stop - rows.start)
        losses.append(total / N)
        if callback is not None and callback(epoch, losses[-1]):
            break
    return np.array(losses)


def _gradients():
    """Return new arrays for the gradients, in the order of PARAMETERS."""
    return tuple(np.empty(shape, dtype=_DTYPE) for shape in PARAMETERS.values())


_LOCAL = threading.local()


def _workspace(N, T):
    """Return buffers and gradients that the steps of this thread share."""
    store = _LOCAL.__dict__.setdefault("store", {})
    work = store.get((N, T))
    if work is None:
        if len(store) >= 4:
            store.clear()
        work = store[(N, T)] = (_buffers(N, T), _gradients())
    return work


def _predict(
    work, N, T, x, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W,
    logits_b
):
    """Return the outputs."""
    h = work[0]
    s28 = work[1]
    s29 = work[2]
    s30 = work[3]
    n1_mean_square_sum = work[4]
    n1 = work[5]
    s31 = work[6]
    a_q = work[7]
    a_k = work[8]
    a_v = work[9]
    a_s_sum = work[10]
    s32 = work[11]
    a_Z_max = work[12]
    f_z = work[13]
    s33 = work[14]
    logits = work[15]
    # h[n,t_2,d] = e_E[x[n,t_2],d] + where(d % 2 == 0, sin(t_2 * exp(-0.0625 * floor(0.5 * d) *
    #     log(10000))), cos(t_2 * exp(-0.0625 * floor(0.5 * d) * log(10000))))
    np.multiply(0.5, np.arange(32), out=s28)
    np.floor(s28, out=s28)
    s28 *= -0.0625 * np.log(10000)
    np.exp(s28, out=s28)
    np.multiply(np.arange(T)[:, None], s28, out=s29)
    np.sin(s29, out=s29)
    np.multiply(0.5, np.arange(32), out=s28)
    np.floor(s28, out=s28)
    s28 *= -0.0625 * np.log(10000)
    np.exp(s28, out=s28)
    np.multiply(np.arange(T)[:, None], s28, out=s30)
    np.cos(s30, out=s30)
    np.copyto(s29, np.where(np.arange(32) % 2 == 0, s29, s30))
    np.add(s29, e_E[x], out=h)
    # n1_mean_square_sum[n,k] = sum[j](h[n,k,j]**2)
    np.einsum("abc,abc->ab", h, h, out=n1_mean_square_sum)
    # n1_mean_square[n,k] = 0.03125 * n1_mean_square_sum[n,k]
    n1_mean_square = np.multiply(0.03125, n1_mean_square_sum, out=n1_mean_square_sum)
    # n1[n,k,j] = h[n,k,j] * n1_g[j] / sqrt(n1_mean_square[n,k] + 1e-05)
    np.add(1e-05, n1_mean_square, out=s31)
    np.sqrt(s31, out=s31)
    np.multiply(n1_g, h, out=n1)
    n1 /= s31[:, :, None]
    # a_q[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wq[i,j])
    np.matmul(n1.reshape(N * T, 32), a_Wq, out=a_q.reshape(N * T, 32))
    # a_k[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wk[i,j])
    np.matmul(n1.reshape(N * T, 32), a_Wk, out=a_k.reshape(N * T, 32))
    # a_v[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wv[i,j])
    np.matmul(n1.reshape(N * T, 32), a_Wv, out=a_v.reshape(N * T, 32))
    # a_s_sum[n,h_2,t_2,u_2] = sum[d](a_k[n,u_2,d + 16 * h_2] * a_q[n,t_2,d + 16 * h_2])
    np.matmul(
        a_q.reshape(N, T, 2, 16).transpose(0, 2, 1, 3), a_k.reshape(N, T, 2, 16).transpose(0, 2, 3,
        1), out=a_s_sum
    )
    # a_seen[n,h_2,t_2,u_2] = where(u_2 <= t_2, 0.25 * a_s_sum[n,h_2,t_2,u_2], -1000000000)
    np.multiply(0.25, a_s_sum, out=s32)
    np.copyto(a_s_sum, np.where(np.arange(T) <= np.arange(T)[:, None], s32, -1000000000))
    a_seen = a_s_sum
    # a_Z_max[n,k,l] = max[j](a_seen[n,k,l,j])
    np.maximum.reduce(a_seen, axis=3, out=a_Z_max)
    # a_seen_shifted[n,k,l,j] = a_seen[n,k,l,j] - a_Z_max[n,k,l]
    a_seen_shifted = np.subtract(a_seen, a_Z_max[:, :, :, None], out=a_seen)
    # v1[n,k,l,j] = exp(a_seen_shifted[n,k,l,j])
    v1 = np.exp(a_seen_shifted, out=a_seen_shifted)
    # a_Z_shifted[n,k,l] = sum[j](v1[n,k,l,j])
    a_Z_shifted = np.add.reduce(v1, axis=3, out=a_Z_max)
    # a_p[n,h_2,t_2,u_2] = v1[n,h_2,t_2,u_2] / a_Z_shifted[n,h_2,t_2]
    a_p = np.divide(v1, a_Z_shifted[:, :, :, None], out=v1)
    # a_heads[n,t_2,e_2 + 16 * h_2] = sum[u_2](a_v[n,u_2,e_2 + 16 * h_2] * a_p[n,h_2,t_2,u_2])
    a_heads = a_k
    np.matmul(
        a_p, a_v.reshape(N, T, 2, 16).transpose(0, 2, 1, 3), out=a_heads.reshape(N, T, 2,
        16).transpose(0, 2, 1, 3)
    )
    # a[n,t_2,j] = sum[i](a_heads[n,t_2,i] * a_Wo[i,j])
    a = a_v
    np.matmul(a_heads.reshape(N * T, 32), a_Wo, out=a.reshape(N * T, 32))
    # r[n,k,j] = a[n,k,j] + h[n,k,j]
    r = np.add(a, h, out=a)
    # n2_mean_square_sum[n,k] = sum[j](r[n,k,j]**2)
    n2_mean_square_sum = np.einsum("abc,abc->ab", r, r, out=n1_mean_square)
    # n2_mean_square[n,k] = 0.03125 * n2_mean_square_sum[n,k]
    n2_mean_square = np.multiply(0.03125, n2_mean_square_sum, out=n2_mean_square_sum)
    # n2[n,k,j] = r[n,k,j] * n2_g[j] / sqrt(n2_mean_square[n,k] + 1e-05)
    np.add(1e-05, n2_mean_square, out=s31)
    np.sqrt(s31, out=s31)
    n2 = np.multiply(n2_g, r, out=h)
    n2 /= s31[:, :, None]
    # f_z[n,k,j] = sum[i](n2[n,k,i] * f_W[i,j]) + f_b[j]
    np.matmul(n2.reshape(N * T, 32), f_W, out=f_z.reshape(N * T, 64))
    f_z += f_b
    # f[n,k,j] = f_z[n,k,j] * normal_cdf(f_z[n,k,j])
    _normal_cdf(f_z, out=s33)
    f = np.multiply(f_z, s33, out=f_z)
    # m[n,k,j] = sum[i](f[n,k,i] * m_W[i,j]) + m_b[j]
    m = n2
    np.matmul(f.reshape(N * T, 64), m_W, out=m.reshape(N * T, 32))
    m += m_b
    # u[n,k,j] = m[n,k,j] + r[n,k,j]
    u = np.add(m, r, out=m)
    # n3_mean_square_sum[n,k] = sum[j](u[n,k,j]**2)
    n3_mean_square_sum = np.einsum("abc,abc->ab", u, u, out=n2_mean_square)
    # n3_mean_square[n,k] = 0.03125 * n3_mean_square_sum[n,k]
    n3_mean_square = np.multiply(0.03125, n3_mean_square_sum, out=n3_mean_square_sum)
    # n3[n,k,j] = u[n,k,j] * n3_g[j] / sqrt(n3_mean_square[n,k] + 1e-05)
    np.add(1e-05, n3_mean_square, out=s31)
    np.sqrt(s31, out=s31)
    np.multiply(n3_g, u, out=r)
    n3 = np.divide(r, s31[:, :, None], out=u)
    # logits[n,k,j] = sum[i](n3[n,k,i] * logits_W[i,j]) + logits_b[j]
    np.matmul(n3.reshape(N * T, 32), logits_W, out=logits.reshape(N * T, 76))
    logits += logits_b
    return logits,


def _forward(
    work, N, T, x, t, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W,
    logits_b
):
    """Return the loss, and the values that the gradients need."""
    h = work[0]
    s1 = work[1]
    s2 = work[2]
    s3 = work[3]
    n1_mean_square_sum = work[4]
    v7 = work[5]
    n1 = work[6]
    a_q = work[7]
    a_k = work[8]
    a_v = work[9]
    a_s_sum = work[10]
    s4 = work[11]
    a_Z_max = work[12]
    a_heads = work[13]
    a = work[14]
    n2_mean_square_sum = work[15]
    v9 = work[16]
    n2 = work[17]
    f_z = work[18]
    v10 = work[19]
    f = work[20]
    m = work[21]
    n3_mean_square_sum = work[22]
    v11 = work[23]
    n3 = work[24]
    logits = work[25]
    loss_Z_max = work[26]
    v12 = work[27]
    s5 = work[28]
    # h[n,t_2,d] = e_E[x[n,t_2],d] + where(d % 2 == 0, sin(t_2 * exp(-0.0625 * floor(0.5 * d) *
    #     log(10000))), cos(t_2 * exp(-0.0625 * floor(0.5 * d) * log(10000))))
    np.multiply(0.5, np.arange(32), out=s1)
    np.floor(s1, out=s1)
    s1 *= -0.0625 * np.log(10000)
    np.exp(s1, out=s1)
    np.multiply(np.arange(T)[:, None], s1, out=s2)
    np.sin(s2, out=s2)
    np.multiply(0.5, np.arange(32), out=s1)
    np.floor(s1, out=s1)
    s1 *= -0.0625 * np.log(10000)
    np.exp(s1, out=s1)
    np.multiply(np.arange(T)[:, None], s1, out=s3)
    np.cos(s3, out=s3)
    np.copyto(s2, np.where(np.arange(32) % 2 == 0, s2, s3))
    np.add(s2, e_E[x], out=h)
    # n1_mean_square_sum[n,k] = sum[j](h[n,k,j]**2)
    np.einsum("abc,abc->ab", h, h, out=n1_mean_square_sum)
    # n1_mean_square[n,k] = 0.03125 * n1_mean_square_sum[n,k]
    n1_mean_square = np.multiply(0.03125, n1_mean_square_sum, out=n1_mean_square_sum)
    # v13[n,k] = n1_mean_square[n,k] + 1e-05
    v13 = np.add(1e-05, n1_mean_square, out=n1_mean_square)
    # v7[n,k] = 1 / sqrt(v13[n,k])
    np.sqrt(v13, out=v7)
    np.divide(_ONE, v7, out=v7)
    # n1[n,k,j] = v7[n,k] * h[n,k,j] * n1_g[j]
    np.multiply(n1_g, v7[:, :, None], out=n1)
    n1 *= h
    # a_q[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wq[i,j])
    np.matmul(n1.reshape(N * T, 32), a_Wq, out=a_q.reshape(N * T, 32))
    # a_k[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wk[i,j])
    np.matmul(n1.reshape(N * T, 32), a_Wk, out=a_k.reshape(N * T, 32))
    # a_v[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wv[i,j])
    np.matmul(n1.reshape(N * T, 32), a_Wv, out=a_v.reshape(N * T, 32))
    # a_s_sum[n,h_2,t_2,u_2] = sum[d](a_k[n,u_2,d + 16 * h_2] * a_q[n,t_2,d + 16 * h_2])
    np.matmul(
        a_q.reshape(N, T, 2, 16).transpose(0, 2, 1, 3), a_k.reshape(N, T, 2, 16).transpose(0, 2, 3,
        1), out=a_s_sum
    )
    # a_seen[n,h_2,t_2,u_2] = where(u_2 <= t_2, 0.25 * a_s_sum[n,h_2,t_2,u_2], -1000000000)
    np.multiply(0.25, a_s_sum, out=s4)
    np.copyto(a_s_sum, np.where(np.arange(T) <= np.arange(T)[:, None], s4, -1000000000))
    a_seen = a_s_sum
    # a_Z_max[n,k,l] = max[j](a_seen[n,k,l,j])
    np.maximum.reduce(a_seen, axis=3, out=a_Z_max)
    # a_seen_shifted[n,k,l,j] = a_seen[n,k,l,j] - a_Z_max[n,k,l]
    a_seen_shifted = np.subtract(a_seen, a_Z_max[:, :, :, None], out=a_seen)
    # v8[n,k,l,j] = exp(a_seen_shifted[n,k,l,j])
    v8 = np.exp(a_seen_shifted, out=a_seen_shifted)
    # a_Z_shifted[n,k,l] = sum[j](v8[n,k,l,j])
    a_Z_shifted = np.add.reduce(v8, axis=3, out=a_Z_max)
    # a_p[n,h_2,t_2,u_2] = v8[n,h_2,t_2,u_2] / a_Z_shifted[n,h_2,t_2]
    a_p = np.divide(v8, a_Z_shifted[:, :, :, None], out=v8)
    # a_heads[n,t_2,e_2 + 16 * h_2] = sum[u_2](a_v[n,u_2,e_2 + 16 * h_2] * a_p[n,h_2,t_2,u_2])
    np.matmul(
        a_p, a_v.reshape(N, T, 2, 16).transpose(0, 2, 1, 3), out=a_heads.reshape(N, T, 2,
        16).transpose(0, 2, 1, 3)
    )
    # a[n,t_2,j] = sum[i](a_heads[n,t_2,i] * a_Wo[i,j])
    np.matmul(a_heads.reshape(N * T, 32), a_Wo, out=a.reshape(N * T, 32))
    # r[n,k,j] = a[n,k,j] + h[n,k,j]
    r = np.add(a, h, out=a)
    # n2_mean_square_sum[n,k] = sum[j](r[n,k,j]**2)
    np.einsum("abc,abc->ab", r, r, out=n2_mean_square_sum)
    # n2_mean_square[n,k] = 0.03125 * n2_mean_square_sum[n,k]
    n2_mean_square = np.multiply(0.03125, n2_mean_square_sum, out=n2_mean_square_sum)
    # v14[n,k] = n2_mean_square[n,k] + 1e-05
    v14 = np.add(1e-05, n2_mean_square, out=n2_mean_square)
    # v9[n,k] = 1 / sqrt(v14[n,k])
    np.sqrt(v14, out=v9)
    np.divide(_ONE, v9, out=v9)
    # n2[n,k,j] = v9[n,k] * r[n,k,j] * n2_g[j]
    np.multiply(n2_g, v9[:, :, None], out=n2)
    n2 *= r
    # f_z[n,k,j] = sum[i](n2[n,k,i] * f_W[i,j]) + f_b[j]
    np.matmul(n2.reshape(N * T, 32), f_W, out=f_z.reshape(N * T, 64))
    f_z += f_b
    # v10[n,k,j] = normal_cdf(f_z[n,k,j])
    _normal_cdf(f_z, out=v10)
    # f[n,k,j] = f_z[n,k,j] * v10[n,k,j]
    np.multiply(f_z, v10, out=f)
    # m[n,k,j] = sum[i](f[n,k,i] * m_W[i,j]) + m_b[j]
    np.matmul(f.reshape(N * T, 64), m_W, out=m.reshape(N * T, 32))
    m += m_b
    # u[n,k,j] = m[n,k,j] + r[n,k,j]
    u = np.add(m, r, out=m)
    # n3_mean_square_sum[n,k] = sum[j](u[n,k,j]**2)
    np.einsum("abc,abc->ab", u, u, out=n3_mean_square_sum)
    # n3_mean_square[n,k] = 0.03125 * n3_mean_square_sum[n,k]
    n3_mean_square = np.multiply(0.03125, n3_mean_square_sum, out=n3_mean_square_sum)
    # v15[n,k] = n3_mean_square[n,k] + 1e-05
    v15 = np.add(1e-05, n3_mean_square, out=n3_mean_square)
    # v11[n,k] = 1 / sqrt(v15[n,k])
    np.sqrt(v15, out=v11)
    np.divide(_ONE, v11, out=v11)
    # n3[n,k,j] = v11[n,k] * u[n,k,j] * n3_g[j]
    np.multiply(n3_g, v11[:, :, None], out=n3)
    n3 *= u
    # logits[n,k,j] = sum[i](n3[n,k,i] * logits_W[i,j]) + logits_b[j]
    np.matmul(n3.reshape(N * T, 32), logits_W, out=logits.reshape(N * T, 76))
    logits += logits_b
    # loss_Z_max[n,k] = max[j](logits[n,k,j])
    np.maximum.reduce(logits, axis=2, out=loss_Z_max)
    # logits_shifted[n,k,j] = logits[n,k,j] - loss_Z_max[n,k]
    logits_shifted = np.subtract(logits, loss_Z_max[:, :, None], out=logits)
    # v12[n,k,j] = exp(logits_shifted[n,k,j])
    np.exp(logits_shifted, out=v12)
    # loss_Z_shifted[n,k] = sum[j](v12[n,k,j])
    loss_Z_shifted = np.add.reduce(v12, axis=2, out=loss_Z_max)
    # loss_sum = sum[n,k](log(loss_Z_shifted[n,k]) - logits_shifted[n,k,t[n,k]])
    np.log(loss_Z_shifted, out=s5)
    s5 -= logits_shifted[np.arange(N)[:, None], np.arange(T), t]
    loss_sum = np.add.reduce(s5, axis=None)
    # loss = loss_sum / (N * T)
    loss = loss_sum / (N * T)
    return (
        loss, h, n1, a_q, a_k, a_v, a_p, a_heads, r, n2, f_z, f, u, n3, loss_Z_shifted, v7, v9, v10,
        v11, v12, v13, v14, v15
    )


def _backward(
    work, N, T, x, t, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, m_W, n3_g, logits_W, h, n1, a_q, a_k,
    a_v, a_p, a_heads, r, n2, f_z, f, u, n3, loss_Z_shifted, v7, v9, v10, v11, v12, v13, v14, v15,
    de_E, dn1_g, da_Wq, da_Wk, da_Wv, da_Wo, dn2_g, df_W, df_b, dm_W, dm_b, dn3_g, dlogits_W,
    dlogits_b
):
    """Compute the gradients into the arrays at the end."""
    s4 = work[11]
    a_Z_max = work[12]
    logits = work[25]
    s5 = work[28]
    dn3 = work[29]
    v1 = work[30]
    v2 = work[31]
    s6 = work[32]
    df = work[33]
    s7 = work[34]
    s8 = work[35]
    s9 = work[36]
    da_q = work[37]
    dn1 = work[38]
    s10 = work[39]
    s11 = work[40]
    s12 = work[41]
    # dlogits_terms[n,k,j] = v12[n,k,j] / loss_Z_shifted[n,k]  (of loss_Z)
    # dlogits_terms[n,k,t[n,k]] += -1
    dlogits_terms = np.divide(v12, loss_Z_shifted[:, :, None], out=logits)
    dlogits_terms[np.arange(N)[:, None], np.arange(T), t] += -1
    # dlogits[n,k,j] = dlogits_terms[n,k,j] / (N * T)  (of loss_Z)
    dlogits = np.multiply(1 / (N * T), dlogits_terms, out=dlogits_terms)
    # dlogits_b[j] = sum[n,k](dlogits[n,k,j])  (of logits)
    np.add.reduce(dlogits, axis=(0, 1), out=dlogits_b)
    # dlogits_W[i,j] = sum[n,k](n3[n,k,i] * dlogits[n,k,j])  (of logits)
    np.dot(n3.reshape(N * T, 32).T, dlogits.reshape(N * T, 76), out=dlogits_W)
    # dn3[n,k,i] = sum[j](dlogits[n,k,j] * logits_W[i,j])  (of logits)
    np.matmul(dlogits.reshape(N * T, 76), logits_W.T, out=dn3.reshape(N * T, 32))
    # dn3_mean_square_sum_2[n,k] = sum[j](dn3[n,k,j] * n3[n,k,j])  (of n3)
    dn3_mean_square_sum_2 = np.einsum("abc,abc->ab", dn3, n3, out=s5)
    # v1[n,k] = v11[n,k]  (of n3)
    np.copyto(v1, v11)
    # v2[n,k,j] = dn3[n,k,j] * u[n,k,j]  (of n3)
    np.multiply(dn3, u, out=v2)
    # dn3_g[j] = sum[n,k](v2[n,k,j] * v1[n,k])  (of n3)
    np.dot(v1.reshape(N * T)[None, :], v2.reshape(N * T, 32), out=dn3_g[..., None, :])
    # dn3_mean_square_sum[n,k] = -0.015625 * dn3_mean_square_sum_2[n,k] / v15[n,k]  (of
    #     n3_mean_square)
    np.multiply(-0.015625, dn3_mean_square_sum_2, out=v1)
    dn3_mean_square_sum = np.divide(v1, v15, out=dn3_mean_square_sum_2)
    # du[n,k,j] = 2 * dn3_mean_square_sum[n,k] * u[n,k,j] + v11[n,k] * dn3[n,k,j] * n3_g[j]  (of n3)
    np.multiply(2, dn3_mean_square_sum, out=v1)
    np.multiply(v1[:, :, None], u, out=v2)
    np.multiply(n3_g, v11[:, :, None], out=s6)
    s6 *= dn3
    du = np.add(v2, s6, out=dn3)
    # dm_b[j] = sum[n,k](du[n,k,j])  (of m)
    np.add.reduce(du, axis=(0, 1), out=dm_b)
    # dm_W[i,j] = sum[n,k](f[n,k,i] * du[n,k,j])  (of m)
    np.dot(f.reshape(N * T, 64).T, du.reshape(N * T, 32), out=dm_W)
    # df[n,k,i] = sum[j](du[n,k,j] * m_W[i,j])  (of m)
    np.matmul(du.reshape(N * T, 32), m_W.T, out=df.reshape(N * T, 64))
    # df_z[n,k,j] = (0.5 * sqrt(2) * f_z[n,k,j] * exp(-0.5 * f_z[n,k,j]**2) / sqrt(pi) + v10[n,k,j])
    #     * df[n,k,j]  (of f)
    np.multiply(-0.5, f_z, out=s7)
    s7 *= f_z
    np.exp(s7, out=s7)
    np.multiply(0.5 * np.sqrt(2) / np.sqrt(np.pi), f_z, out=s8)
    s8 *= s7
    s8 += v10
    df_z = np.multiply(s8, df, out=df)
    # df_b[j] = sum[n,k](df_z[n,k,j])  (of f_z)
    np.add.reduce(df_z, axis=(0, 1), out=df_b)
    # df_W[i,j] = sum[n,k](n2[n,k,i] * df_z[n,k,j])  (of f_z)
    np.dot(n2.reshape(N * T, 32).T, df_z.reshape(N * T, 64), out=df_W)
    # dn2[n,k,i] = sum[j](df_z[n,k,j] * f_W[i,j])  (of f_z)
    dn2 = s6
    np.matmul(df_z.reshape(N * T, 64), f_W.T, out=dn2.reshape(N * T, 32))
    # dn2_mean_square_sum_2[n,k] = sum[j](dn2[n,k,j] * n2[n,k,j])  (of n2)
    dn2_mean_square_sum_2 = np.einsum("abc,abc->ab", dn2, n2, out=dn3_mean_square_sum)
    # v3[n,k] = v9[n,k]  (of n2)
    np.copyto(v1, v9)
    v3 = v1
    # v4[n,k,j] = dn2[n,k,j] * r[n,k,j]  (of n2)
    v4 = np.multiply(dn2, r, out=v2)
    # dn2_g[j] = sum[n,k](v4[n,k,j] * v3[n,k])  (of n2)
    np.dot(v3.reshape(N * T)[None, :], v4.reshape(N * T, 32), out=dn2_g[..., None, :])
    # dn2_mean_square_sum[n,k] = -0.015625 * dn2_mean_square_sum_2[n,k] / v14[n,k]  (of
    #     n2_mean_square)
    np.multiply(-0.015625, dn2_mean_square_sum_2, out=v3)
    dn2_mean_square_sum = np.divide(v3, v14, out=dn2_mean_square_sum_2)
    # dr[n,k,j] = 2 * dn2_mean_square_sum[n,k] * r[n,k,j] + v9[n,k] * dn2[n,k,j] * n2_g[j] +
    #     du[n,k,j]  (of u)
    np.multiply(2, dn2_mean_square_sum, out=v3)
    np.multiply(v3[:, :, None], r, out=v4)
    du += v4
    np.multiply(n2_g, v9[:, :, None], out=v4)
    v4 *= dn2
    dr = np.add(du, v4, out=dn2)
    # da_Wo[i,j] = sum[n,t_2](a_heads[n,t_2,i] * dr[n,t_2,j])  (of a)
    np.dot(a_heads.reshape(N * T, 32).T, dr.reshape(N * T, 32), out=da_Wo)
    # da_heads[n,t_2,i] = sum[j](dr[n,t_2,j] * a_Wo[i,j])  (of a)
    da_heads = v4
    np.matmul(dr.reshape(N * T, 32), a_Wo.T, out=da_heads.reshape(N * T, 32))
    # da_v[n,u_2,e_2 + 16 * h_2] = sum[t_2](da_heads[n,t_2,e_2 + 16 * h_2] * a_p[n,h_2,t_2,u_2])
    #     (of a_heads)
    da_v = du
    np.matmul(
        a_p.transpose(0, 1, 3, 2), da_heads.reshape(N, T, 2, 16).transpose(0, 2, 1, 3),
        out=da_v.reshape(N, T, 2, 16).transpose(0, 2, 1, 3)
    )
    # da_p[n,h_2,t_2,u_2] = sum[e_2](a_v[n,u_2,e_2 + 16 * h_2] * da_heads[n,t_2,e_2 + 16 * h_2])
    #     (of a_heads)
    da_p = s4
    np.matmul(
        da_heads.reshape(N, T, 2, 16).transpose(0, 2, 1, 3), a_v.reshape(N, T, 2, 16).transpose(0,
        2, 3, 1), out=da_p
    )
    # da_Z_sum[n,h_2,t_2] = sum[u_2](a_p[n,h_2,t_2,u_2] * da_p[n,h_2,t_2,u_2])  (of a_p)
    da_Z_sum = np.einsum("abcd,abcd->abc", a_p, da_p, out=a_Z_max)
    # da_s_sum[n,h_2,t_2,u_2] = where(u_2 <= t_2, 0.25 * (da_p[n,h_2,t_2,u_2] - da_Z_sum[n,h_2,t_2])
    #     * a_p[n,h_2,t_2,u_2], 0)  (of a_s)
    np.subtract(da_p, da_Z_sum[:, :, :, None], out=s9)
    s9 *= 0.25
    s9 *= a_p
    da_s_sum = np.multiply(s9, np.arange(T) <= np.arange(T)[:, None], out=da_p)
    # da_k[n,u_2,d + 16 * h_2] = sum[t_2](a_q[n,t_2,d + 16 * h_2] * da_s_sum[n,h_2,t_2,u_2])  (of
    #     a_s_sum)
    da_k = da_heads
    np.matmul(
        da_s_sum.transpose(0, 1, 3, 2), a_q.reshape(N, T, 2, 16).transpose(0, 2, 1, 3),
        out=da_k.reshape(N, T, 2, 16).transpose(0, 2, 1, 3)
    )
    # da_q[n,t_2,d + 16 * h_2] = sum[u_2](a_k[n,u_2,d + 16 * h_2] * da_s_sum[n,h_2,t_2,u_2])  (of
    #     a_s_sum)
    np.matmul(
        da_s_sum, a_k.reshape(N, T, 2, 16).transpose(0, 2, 1, 3), out=da_q.reshape(N, T, 2,
        16).transpose(0, 2, 1, 3)
    )
    # da_Wv[i,j] = sum[n,t_2](n1[n,t_2,i] * da_v[n,t_2,j])  (of a_v)
    np.dot(n1.reshape(N * T, 32).T, da_v.reshape(N * T, 32), out=da_Wv)
    # da_Wk[i,j] = sum[n,t_2](n1[n,t_2,i] * da_k[n,t_2,j])  (of a_k)
    np.dot(n1.reshape(N * T, 32).T, da_k.reshape(N * T, 32), out=da_Wk)
    # da_Wq[i,j] = sum[n,t_2](n1[n,t_2,i] * da_q[n,t_2,j])  (of a_q)
    np.dot(n1.reshape(N * T, 32).T, da_q.reshape(N * T, 32), out=da_Wq)
    # dn1[n,t_2,i] = sum[j](da_v[n,t_2,j] * a_Wv[i,j]) + sum[j](da_k[n,t_2,j] * a_Wk[i,j]) +
    #     sum[j](da_q[n,t_2,j] * a_Wq[i,j])  (of a_v)
    np.matmul(da_v.reshape(N * T, 32), a_Wv.T, out=dn1.reshape(N * T, 32))
    np.matmul(da_k.reshape(N * T, 32), a_Wk.T, out=da_v.reshape(N * T, 32))
    dn1 += da_v
    np.matmul(da_q.reshape(N * T, 32), a_Wq.T, out=da_k.reshape(N * T, 32))
    dn1 += da_k
    # dn1_mean_square_sum_2[n,k] = sum[j](dn1[n,k,j] * n1[n,k,j])  (of n1)
    dn1_mean_square_sum_2 = np.einsum("abc,abc->ab", dn1, n1, out=dn2_mean_square_sum)
    # v5[n,k] = v7[n,k]  (of n1)
    np.copyto(v3, v7)
    v5 = v3
    # v6[n,k,j] = dn1[n,k,j] * h[n,k,j]  (of n1)
    v6 = np.multiply(dn1, h, out=da_q)
    # dn1_g[j] = sum[n,k](v6[n,k,j] * v5[n,k])  (of n1)
    np.dot(v5.reshape(N * T)[None, :], v6.reshape(N * T, 32), out=dn1_g[..., None, :])
    # dn1_mean_square_sum[n,k] = -0.015625 * dn1_mean_square_sum_2[n,k] / v13[n,k]  (of
    #     n1_mean_square)
    np.multiply(-0.015625, dn1_mean_square_sum_2, out=v5)
    dn1_mean_square_sum = np.divide(v5, v13, out=dn1_mean_square_sum_2)
    # de_E[x[n,k],d] = 2 * dn1_mean_square_sum[n,k] * h[n,k,d] + v7[n,k] * dn1[n,k,d] * n1_g[d] +
    #     dr[n,k,d]  (of e)
    np.multiply(2, dn1_mean_square_sum.T, out=s10)
    np.multiply(s10[:, :, None], h.transpose(1, 0, 2), out=s11)
    s11 += dr.transpose(1, 0, 2)
    np.multiply(n1_g, v7.T[:, :, None], out=s12)
    s12 *= dn1.transpose(1, 0, 2)
    s11 += s12
    de_E.fill(0.0)
    np.add.at(de_E, (x.T,), s11)


def _update(
    work, N, T, e_E, n1_g, a_Wq, a_Wk, a_Wv, a_Wo, n2_g, f_W, f_b, m_W, m_b, n3_g, logits_W,
    logits_b, de_E, dn1_g, da_Wq, da_Wk, da_Wv, da_Wo, dn2_g, df_W, df_b, dm_W, dm_b, dn3_g,
    dlogits_W, dlogits_b, step_, e_E_m, e_E_v, n1_g_m, n1_g_v, a_Wq_m, a_Wq_v, a_Wk_m, a_Wk_v,
    a_Wv_m, a_Wv_v, a_Wo_m, a_Wo_v, n2_g_m, n2_g_v, f_W_m, f_W_v, f_b_m, f_b_v, m_W_m, m_W_v, m_b_m,
    m_b_v, n3_g_m, n3_g_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v, learning_rate, beta1,
    beta2, epsilon
):
    """Update parameters and state in place; the gradients are used up."""
    s1 = work[1]
    s13 = work[42]
    s14 = work[43]
    s15 = work[44]
    s16 = work[45]
    s17 = work[46]
    s18 = work[47]
    s19 = work[48]
    s20 = work[49]
    s21 = work[50]
    s22 = work[51]
    s23 = work[52]
    s24 = work[53]
    s25 = work[54]
    s26 = work[55]
    s27 = work[56]
    # step_next = step + 1
    step_next = step_ + 1
    # v1 = 1 - beta1
    v1 = 1 - beta1
    # e_E_m_next[i,j] = e_E_m[i,j] * beta1 + de_E[i,j] * v1
    np.multiply(beta1, e_E_m, out=s13)
    np.multiply(v1, de_E, out=s14)
    np.add(s13, s14, out=e_E_m)
    # v2 = 1 - beta2
    v2 = 1 - beta2
    # e_E_v_next[i,j] = de_E[i,j]**2 * v2 + e_E_v[i,j] * beta2
    np.multiply(v2, de_E, out=s14)
    s14 *= de_E
    np.multiply(beta2, e_E_v, out=de_E)
    np.add(s14, de_E, out=e_E_v)
    # v3 = 1 / (1 - beta1**step_next)
    v3 = 1 / (1 - beta1**step_next)
    # v4 = 1 / (1 - beta2**step_next)
    v4 = 1 / (1 - beta2**step_next)
    # e_E_next[i,j] = e_E[i,j] - e_E_m_next[i,j] * learning_rate * v3 / (sqrt(e_E_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, e_E_v, out=de_E)
    np.sqrt(de_E, out=de_E)
    de_E += epsilon
    np.multiply(learning_rate * v3, e_E_m, out=s14)
    s14 /= de_E
    e_E -= s14
    # n1_g_m_next[j] = n1_g_m[j] * beta1 + dn1_g[j] * v1
    np.multiply(beta1, n1_g_m, out=s1)
    np.multiply(v1, dn1_g, out=s15)
    np.add(s1, s15, out=n1_g_m)
    # n1_g_v_next[j] = dn1_g[j]**2 * v2 + n1_g_v[j] * beta2
    np.multiply(v2, dn1_g, out=s15)
    s15 *= dn1_g
    np.multiply(beta2, n1_g_v, out=dn1_g)
    np.add(s15, dn1_g, out=n1_g_v)
    # n1_g_next[j] = n1_g[j] - n1_g_m_next[j] * learning_rate * v3 / (sqrt(n1_g_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, n1_g_v, out=dn1_g)
    np.sqrt(dn1_g, out=dn1_g)
    dn1_g += epsilon
    np.multiply(learning_rate * v3, n1_g_m, out=s15)
    s15 /= dn1_g
    n1_g -= s15
    # a_Wq_m_next[i,j] = a_Wq_m[i,j] * beta1 + da_Wq[i,j] * v1
    np.multiply(beta1, a_Wq_m, out=s16)
    np.multiply(v1, da_Wq, out=s17)
    np.add(s16, s17, out=a_Wq_m)
    # a_Wq_v_next[i,j] = da_Wq[i,j]**2 * v2 + a_Wq_v[i,j] * beta2
    np.multiply(v2, da_Wq, out=s17)
    s17 *= da_Wq
    np.multiply(beta2, a_Wq_v, out=da_Wq)
    np.add(s17, da_Wq, out=a_Wq_v)
    # a_Wq_next[i,j] = a_Wq[i,j] - a_Wq_m_next[i,j] * learning_rate * v3 / (sqrt(a_Wq_v_next[i,j] *
    #     v4) + epsilon)
    np.multiply(v4, a_Wq_v, out=da_Wq)
    np.sqrt(da_Wq, out=da_Wq)
    da_Wq += epsilon
    np.multiply(learning_rate * v3, a_Wq_m, out=s17)
    s17 /= da_Wq
    a_Wq -= s17
    # a_Wk_m_next[i,j] = a_Wk_m[i,j] * beta1 + da_Wk[i,j] * v1
    np.multiply(beta1, a_Wk_m, out=s17)
    np.multiply(v1, da_Wk, out=da_Wq)
    np.add(s17, da_Wq, out=a_Wk_m)
    # a_Wk_v_next[i,j] = da_Wk[i,j]**2 * v2 + a_Wk_v[i,j] * beta2
    np.multiply(v2, da_Wk, out=da_Wq)
    da_Wq *= da_Wk
    np.multiply(beta2, a_Wk_v, out=da_Wk)
    np.add(da_Wq, da_Wk, out=a_Wk_v)
    # a_Wk_next[i,j] = a_Wk[i,j] - a_Wk_m_next[i,j] * learning_rate * v3 / (sqrt(a_Wk_v_next[i,j] *
    #     v4) + epsilon)
    np.multiply(v4, a_Wk_v, out=da_Wk)
    np.sqrt(da_Wk, out=da_Wk)
    da_Wk += epsilon
    np.multiply(learning_rate * v3, a_Wk_m, out=da_Wq)
    da_Wq /= da_Wk
    a_Wk -= da_Wq
    # a_Wv_m_next[i,j] = a_Wv_m[i,j] * beta1 + da_Wv[i,j] * v1
    np.multiply(beta1, a_Wv_m, out=da_Wq)
    np.multiply(v1, da_Wv, out=da_Wk)
    np.add(da_Wq, da_Wk, out=a_Wv_m)
    # a_Wv_v_next[i,j] = da_Wv[i,j]**2 * v2 + a_Wv_v[i,j] * beta2
    np.multiply(v2, da_Wv, out=da_Wk)
    da_Wk *= da_Wv
    np.multiply(beta2, a_Wv_v, out=da_Wv)
    np.add(da_Wk, da_Wv, out=a_Wv_v)
    # a_Wv_next[i,j] = a_Wv[i,j] - a_Wv_m_next[i,j] * learning_rate * v3 / (sqrt(a_Wv_v_next[i,j] *
    #     v4) + epsilon)
    np.multiply(v4, a_Wv_v, out=da_Wv)
    np.sqrt(da_Wv, out=da_Wv)
    da_Wv += epsilon
    np.multiply(learning_rate * v3, a_Wv_m, out=da_Wk)
    da_Wk /= da_Wv
    a_Wv -= da_Wk
    # a_Wo_m_next[i,j] = a_Wo_m[i,j] * beta1 + da_Wo[i,j] * v1
    np.multiply(beta1, a_Wo_m, out=da_Wk)
    np.multiply(v1, da_Wo, out=da_Wv)
    np.add(da_Wk, da_Wv, out=a_Wo_m)
    # a_Wo_v_next[i,j] = da_Wo[i,j]**2 * v2 + a_Wo_v[i,j] * beta2
    np.multiply(v2, da_Wo, out=da_Wv)
    da_Wv *= da_Wo
    np.multiply(beta2, a_Wo_v, out=da_Wo)
    np.add(da_Wv, da_Wo, out=a_Wo_v)
    # a_Wo_next[i,j] = a_Wo[i,j] - a_Wo_m_next[i,j] * learning_rate * v3 / (sqrt(a_Wo_v_next[i,j] *
    #     v4) + epsilon)
    np.multiply(v4, a_Wo_v, out=da_Wo)
    np.sqrt(da_Wo, out=da_Wo)
    da_Wo += epsilon
    np.multiply(learning_rate * v3, a_Wo_m, out=da_Wv)
    da_Wv /= da_Wo
    a_Wo -= da_Wv
    # n2_g_m_next[j] = n2_g_m[j] * beta1 + dn2_g[j] * v1
    np.multiply(beta1, n2_g_m, out=s15)
    np.multiply(v1, dn2_g, out=dn1_g)
    np.add(s15, dn1_g, out=n2_g_m)
    # n2_g_v_next[j] = dn2_g[j]**2 * v2 + n2_g_v[j] * beta2
    np.multiply(v2, dn2_g, out=dn1_g)
    dn1_g *= dn2_g
    np.multiply(beta2, n2_g_v, out=dn2_g)
    np.add(dn1_g, dn2_g, out=n2_g_v)
    # n2_g_next[j] = n2_g[j] - n2_g_m_next[j] * learning_rate * v3 / (sqrt(n2_g_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, n2_g_v, out=dn2_g)
    np.sqrt(dn2_g, out=dn2_g)
    dn2_g += epsilon
    np.multiply(learning_rate * v3, n2_g_m, out=dn1_g)
    dn1_g /= dn2_g
    n2_g -= dn1_g
    # f_W_m_next[i,j] = f_W_m[i,j] * beta1 + df_W[i,j] * v1
    np.multiply(beta1, f_W_m, out=s18)
    np.multiply(v1, df_W, out=s19)
    np.add(s18, s19, out=f_W_m)
    # f_W_v_next[i,j] = df_W[i,j]**2 * v2 + f_W_v[i,j] * beta2
    np.multiply(v2, df_W, out=s19)
    s19 *= df_W
    np.multiply(beta2, f_W_v, out=df_W)
    np.add(s19, df_W, out=f_W_v)
    # f_W_next[i,j] = f_W[i,j] - f_W_m_next[i,j] * learning_rate * v3 / (sqrt(f_W_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, f_W_v, out=df_W)
    np.sqrt(df_W, out=df_W)
    df_W += epsilon
    np.multiply(learning_rate * v3, f_W_m, out=s19)
    s19 /= df_W
    f_W -= s19
    # f_b_m_next[j] = f_b_m[j] * beta1 + df_b[j] * v1
    np.multiply(beta1, f_b_m, out=s20)
    np.multiply(v1, df_b, out=s21)
    np.add(s20, s21, out=f_b_m)
    # f_b_v_next[j] = df_b[j]**2 * v2 + f_b_v[j] * beta2
    np.multiply(v2, df_b, out=s21)
    s21 *= df_b
    np.multiply(beta2, f_b_v, out=df_b)
    np.add(s21, df_b, out=f_b_v)
    # f_b_next[j] = f_b[j] - f_b_m_next[j] * learning_rate * v3 / (sqrt(f_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, f_b_v, out=df_b)
    np.sqrt(df_b, out=df_b)
    df_b += epsilon
    np.multiply(learning_rate * v3, f_b_m, out=s21)
    s21 /= df_b
    f_b -= s21
    # m_W_m_next[i,j] = m_W_m[i,j] * beta1 + dm_W[i,j] * v1
    np.multiply(beta1, m_W_m, out=s22)
    np.multiply(v1, dm_W, out=s23)
    np.add(s22, s23, out=m_W_m)
    # m_W_v_next[i,j] = dm_W[i,j]**2 * v2 + m_W_v[i,j] * beta2
    np.multiply(v2, dm_W, out=s23)
    s23 *= dm_W
    np.multiply(beta2, m_W_v, out=dm_W)
    np.add(s23, dm_W, out=m_W_v)
    # m_W_next[i,j] = m_W[i,j] - m_W_m_next[i,j] * learning_rate * v3 / (sqrt(m_W_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, m_W_v, out=dm_W)
    np.sqrt(dm_W, out=dm_W)
    dm_W += epsilon
    np.multiply(learning_rate * v3, m_W_m, out=s23)
    s23 /= dm_W
    m_W -= s23
    # m_b_m_next[j] = m_b_m[j] * beta1 + dm_b[j] * v1
    np.multiply(beta1, m_b_m, out=dn1_g)
    np.multiply(v1, dm_b, out=dn2_g)
    np.add(dn1_g, dn2_g, out=m_b_m)
    # m_b_v_next[j] = dm_b[j]**2 * v2 + m_b_v[j] * beta2
    np.multiply(v2, dm_b, out=dn2_g)
    dn2_g *= dm_b
    np.multiply(beta2, m_b_v, out=dm_b)
    np.add(dn2_g, dm_b, out=m_b_v)
    # m_b_next[j] = m_b[j] - m_b_m_next[j] * learning_rate * v3 / (sqrt(m_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, m_b_v, out=dm_b)
    np.sqrt(dm_b, out=dm_b)
    dm_b += epsilon
    np.multiply(learning_rate * v3, m_b_m, out=dn2_g)
    dn2_g /= dm_b
    m_b -= dn2_g
    # n3_g_m_next[j] = n3_g_m[j] * beta1 + dn3_g[j] * v1
    np.multiply(beta1, n3_g_m, out=dn2_g)
    np.multiply(v1, dn3_g, out=dm_b)
    np.add(dn2_g, dm_b, out=n3_g_m)
    # n3_g_v_next[j] = dn3_g[j]**2 * v2 + n3_g_v[j] * beta2
    np.multiply(v2, dn3_g, out=dm_b)
    dm_b *= dn3_g
    np.multiply(beta2, n3_g_v, out=dn3_g)
    np.add(dm_b, dn3_g, out=n3_g_v)
    # n3_g_next[j] = n3_g[j] - n3_g_m_next[j] * learning_rate * v3 / (sqrt(n3_g_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, n3_g_v, out=dn3_g)
    np.sqrt(dn3_g, out=dn3_g)
    dn3_g += epsilon
    np.multiply(learning_rate * v3, n3_g_m, out=dm_b)
    dm_b /= dn3_g
    n3_g -= dm_b
    # logits_W_m_next[i,j] = logits_W_m[i,j] * beta1 + dlogits_W[i,j] * v1
    np.multiply(beta1, logits_W_m, out=s24)
    np.multiply(v1, dlogits_W, out=s25)
    np.add(s24, s25, out=logits_W_m)
    # logits_W_v_next[i,j] = dlogits_W[i,j]**2 * v2 + logits_W_v[i,j] * beta2
    np.multiply(v2, dlogits_W, out=s25)
    s25 *= dlogits_W
    np.multiply(beta2, logits_W_v, out=dlogits_W)
    np.add(s25, dlogits_W, out=logits_W_v)
    # logits_W_next[i,j] = logits_W[i,j] - logits_W_m_next[i,j] * learning_rate * v3 /
    #     (sqrt(logits_W_v_next[i,j] * v4) + epsilon)
    np.multiply(v4, logits_W_v, out=dlogits_W)
    np.sqrt(dlogits_W, out=dlogits_W)
    dlogits_W += epsilon
    np.multiply(learning_rate * v3, logits_W_m, out=s25)
    s25 /= dlogits_W
    logits_W -= s25
    # logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1
    np.multiply(beta1, logits_b_m, out=s26)
    np.multiply(v1, dlogits_b, out=s27)
    np.add(s26, s27, out=logits_b_m)
    # logits_b_v_next[j] = dlogits_b[j]**2 * v2 + logits_b_v[j] * beta2
    np.multiply(v2, dlogits_b, out=s27)
    s27 *= dlogits_b
    np.multiply(beta2, logits_b_v, out=dlogits_b)
    np.add(s27, dlogits_b, out=logits_b_v)
    # logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3 /
    #     (sqrt(logits_b_v_next[j] * v4) + epsilon)
    np.multiply(v4, logits_b_v, out=dlogits_b)
    np.sqrt(dlogits_b, out=dlogits_b)
    dlogits_b += epsilon
    np.multiply(learning_rate * v3, logits_b_m, out=s27)
    s27 /= dlogits_b
    logits_b -= s27
    step_[()] = step_next


def _buffers(N, T):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, T, 32), dtype=_DTYPE),  # h
        np.empty((32,), dtype=_DTYPE),  # s1
        np.empty((T, 32), dtype=_DTYPE),  # s2
        np.empty((T, 32), dtype=_DTYPE),  # s3
        np.empty((N, T), dtype=_DTYPE),  # n1_mean_square_sum
        np.empty((N, T), dtype=_DTYPE),  # v7
        np.empty((N, T, 32), dtype=_DTYPE),  # n1
        np.empty((N, T, 32), dtype=_DTYPE),  # a_q
        np.empty((N, T, 32), dtype=_DTYPE),  # a_k
        np.empty((N, T, 32), dtype=_DTYPE),  # a_v
        np.empty((N, 2, T, T), dtype=_DTYPE),  # a_s_sum
        np.empty((N, 2, T, T), dtype=_DTYPE),  # s4
        np.empty((N, 2, T), dtype=_DTYPE),  # a_Z_max
        np.empty((N, T, 32), dtype=_DTYPE),  # a_heads
        np.empty((N, T, 32), dtype=_DTYPE),  # a
        np.empty((N, T), dtype=_DTYPE),  # n2_mean_square_sum
        np.empty((N, T), dtype=_DTYPE),  # v9
        np.empty((N, T, 32), dtype=_DTYPE),  # n2
        np.empty((N, T, 64), dtype=_DTYPE),  # f_z
        np.empty((N, T, 64), dtype=_DTYPE),  # v10
        np.empty((N, T, 64), dtype=_DTYPE),  # f
        np.empty((N, T, 32), dtype=_DTYPE),  # m
        np.empty((N, T), dtype=_DTYPE),  # n3_mean_square_sum
        np.empty((N, T), dtype=_DTYPE),  # v11
        np.empty((N, T, 32), dtype=_DTYPE),  # n3
        np.empty((N, T, 76), dtype=_DTYPE),  # logits
        np.empty((N, T), dtype=_DTYPE),  # loss_Z_max
        np.empty((N, T, 76), dtype=_DTYPE),  # v12
        np.empty((N, T), dtype=_DTYPE),  # s5
        np.empty((N, T, 32), dtype=_DTYPE),  # dn3
        np.empty((N, T), dtype=_DTYPE),  # v1
        np.empty((N, T, 32), dtype=_DTYPE),  # v2
        np.empty((N, T, 32), dtype=_DTYPE),  # s6
        np.empty((N, T, 64), dtype=_DTYPE),  # df
        np.empty((N, T, 64), dtype=_DTYPE),  # s7
        np.empty((N, T, 64), dtype=_DTYPE),  # s8
        np.empty((N, 2, T, T), dtype=_DTYPE),  # s9
        np.empty((N, T, 32), dtype=_DTYPE),  # da_q
        np.empty((N, T, 32), dtype=_DTYPE),  # dn1
        np.empty((T, N), dtype=_DTYPE),  # s10
        np.empty((T, N, 32), dtype=_DTYPE),  # s11
        np.empty((T, N, 32), dtype=_DTYPE),  # s12
        np.empty((76, 32), dtype=_DTYPE),  # s13
        np.empty((76, 32), dtype=_DTYPE),  # s14
        np.empty((32,), dtype=_DTYPE),  # s15
        np.empty((32, 32), dtype=_DTYPE),  # s16
        np.empty((32, 32), dtype=_DTYPE),  # s17
        np.empty((32, 64), dtype=_DTYPE),  # s18
        np.empty((32, 64), dtype=_DTYPE),  # s19
        np.empty((64,), dtype=_DTYPE),  # s20
        np.empty((64,), dtype=_DTYPE),  # s21
        np.empty((64, 32), dtype=_DTYPE),  # s22
        np.empty((64, 32), dtype=_DTYPE),  # s23
        np.empty((32, 76), dtype=_DTYPE),  # s24
        np.empty((32, 76), dtype=_DTYPE),  # s25
        np.empty((76,), dtype=_DTYPE),  # s26
        np.empty((76,), dtype=_DTYPE),  # s27
    )


def _buffers_of_predict(N, T):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, T, 32), dtype=_DTYPE),  # h
        np.empty((32,), dtype=_DTYPE),  # s28
        np.empty((T, 32), dtype=_DTYPE),  # s29
        np.empty((T, 32), dtype=_DTYPE),  # s30
        np.empty((N, T), dtype=_DTYPE),  # n1_mean_square_sum
        np.empty((N, T, 32), dtype=_DTYPE),  # n1
        np.empty((N, T), dtype=_DTYPE),  # s31
        np.empty((N, T, 32), dtype=_DTYPE),  # a_q
        np.empty((N, T, 32), dtype=_DTYPE),  # a_k
        np.empty((N, T, 32), dtype=_DTYPE),  # a_v
        np.empty((N, 2, T, T), dtype=_DTYPE),  # a_s_sum
        np.empty((N, 2, T, T), dtype=_DTYPE),  # s32
        np.empty((N, 2, T), dtype=_DTYPE),  # a_Z_max
        np.empty((N, T, 64), dtype=_DTYPE),  # f_z
        np.empty((N, T, 64), dtype=_DTYPE),  # s33
        np.empty((N, T, 76), dtype=_DTYPE),  # logits
    )


def _parameters(params):
    arrays = _arrays(params, PARAMETERS)
    if arrays is None:
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
    if arrays is None:
        raise TypeError("state must be what init_state(params) returns")
    return arrays


def _normal_cdf(x, out=None):
    """The normal distribution function, within 4 units in the last place, in its left tail too.

    Below 0 it is exp(-a^2/2) / (sqrt(2 pi) a + p / q) with a = |x|, after Cody (1969); `out` may be
    `x`. The square of a is that of its first half, which is exact, and a small rest.
    """
    a = np.minimum(np.abs(np.asarray(x, dtype="float64")), 39.0)
    head = a.astype("float32").astype("float64")
    p = _polynomial(
        a, 2.0, 2.477341689507422, 1.5691384640903858, 0.6452038338078293, 0.18704789079085837,
        0.039354430282953295, 0.0059930928956346986, 0.0006377647189796889, 4.3271776145421356e-05,
        1.4432655485572596e-06,
    )  # fmt: skip
    q = _polynomial(
        a, 1.0, 1.694100421266345, 1.4194928971048502, 0.761607305034744, 0.28729766770353027,
        0.07929949545196598, 0.016205555478204816, 0.002425423989613155, 0.00025558287140054766,
        1.7262941043675014e-05, 5.75779649212954e-07,
    )  # fmt: skip
    tail = np.exp(-0.5 * head * head) * np.exp(-0.5 * (a - head) * (a + head))
    tail /= 2.5066282746310007 * a + p / q
    result = np.where(np.less(x, 0.0), tail, 1.0 - tail)
    return np.positive(result, out=out, casting="same_kind")


def _polynomial(x, *coefficients):
    """c0 + c1 x + c2 x^2 + ... by Horner's rule."""
    result = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        result = result * x + c
    return result


def _batches(count, batch_size, seed, epoch, shuffle):
    """Yield the rows of each batch of an epoch; the order depends on seed and epoch alone."""
    order = _order(count, seed, epoch) if shuffle and batch_size < count else None
    for begin in range(0, count, batch_size):
        rows = slice(begin, min(begin + batch_size, count))
        yield rows if order is None else order[rows]


def _order(count, seed, epoch):
    """Return the rows 0..count-1 in the order of an epoch; C has the same.

    A permutation of 0 .. 2^k - 1, of which what is no row is left out; its rounds can be undone: an
    odd factor, something added, the upper bits mixed into the lower (Kensler, Correlated
    multi-jittered sampling, 2013).
    """
    bits = (count - 1).bit_length()
    rows = np.arange(2**bits, dtype="uint64")
    mask, half = np.uint64(2**bits - 1), np.uint64((bits + 1) // 2)
    state = _mixed((_mixed(int(seed) % 2**64) + epoch) % 2**64)
    for _ in range(6):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        key = _mixed(state)
        rows = (rows * np.uint64(key | 1) + np.uint64(key >> 32)) & mask
        rows ^= rows >> half
    return rows[rows < count].astype(np.intp)


def _mixed(z):
    """Mix 64 bits: the generator splitmix64 (Steele, Lea and Flood 2014)."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
    return z ^ (z >> 31)


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
