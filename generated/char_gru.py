"""char_gru: forward pass, gradients and training step in NumPy (float64).

    input x[N,T] in 76
    label t[N,T] in 76
    param e_E[76,16]
    param h_W[16,3,64]
    param h_U[64,3,64]
    param h_b[3,64]
    param h_d[3,64]
    param logits_W[64,76]
    param logits_b[76]
    e[n,k,d] = e_E[x[n,k],d]
    value h_h[T + 1,N,64]
    h_h[0,n,j] = 0
    scan t_2 in T
        h_z[t_2,n,g,j] = sum[i](e[n,t_2,i] * h_W[i,g,j])
        h_z[t_2,n,g,j] += h_b[g,j]
        h_y[t_2,n,g,j] = sum[k](h_h[t_2,n,k] * h_U[k,g,j])
        h_y[t_2,n,g,j] += h_d[g,j]
        h_s[t_2,n,g,j] = sigmoid(h_y[t_2,n,g,j] + h_z[t_2,n,g,j]) for t_2 in T, n in N, g in 2, j in
        64
        h_a[t_2,n,j] = tanh(h_s[t_2,n,0,j] * h_y[t_2,n,2,j] + h_z[t_2,n,2,j])
        h_h[t_2 + 1,n,j] += (1 - h_s[t_2,n,1,j]) * h_a[t_2,n,j] + h_h[t_2,n,j] * h_s[t_2,n,1,j]
    end
    h[n,t_2,j] = h_h[t_2 + 1,n,j]
    logits[n,k,j] = sum[i](h[n,k,i] * logits_W[i,j])
    logits[n,k,j] += logits_b[j]
    loss_Z[n,k] = sum[j](exp(logits[n,k,j]))
    loss_sum = sum[n,k](log(loss_Z[n,k]) - logits[n,k,t[n,k]])
    loss = loss_sum / (N * T)

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from char_gru.bp (network 5667b39f7c403b16):
    symbp build char_gru.bp --target numpy --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import threading

import numpy as np

NAME = "char_gru"
TARGET = "numpy"
DTYPE = "float64"
NETWORK = "5667b39f7c403b16"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "e_E": (76, 16),
    "h_W": (16, 3, 64),
    "h_U": (64, 3, 64),
    "h_b": (3, 64),
    "h_d": (3, 64),
    "logits_W": (64, 76),
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
    "learning_rate": 0.005,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-08,
}

_DTYPE = np.dtype(DTYPE)
_STATE = {  # name -> shape
    "step": (),
    "e_E_m": (76, 16),
    "e_E_v": (76, 16),
    "h_W_m": (16, 3, 64),
    "h_W_v": (16, 3, 64),
    "h_U_m": (64, 3, 64),
    "h_U_v": (64, 3, 64),
    "h_b_m": (3, 64),
    "h_b_v": (3, 64),
    "h_d_m": (3, 64),
    "h_d_v": (3, 64),
    "logits_W_m": (64, 76),
    "logits_W_v": (64, 76),
    "logits_b_m": (76,),
    "logits_b_v": (76,),
}
_ONE = np.ones((), dtype=_DTYPE)


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "e_E": np.asarray(rng.normal(0.0, 0.3, (76, 16)), dtype=_DTYPE),
        "h_W": np.asarray(rng.uniform(-0.125, 0.125, (16, 3, 64)), dtype=_DTYPE),
        "h_U": np.asarray(rng.uniform(-0.125, 0.125, (64, 3, 64)), dtype=_DTYPE),
        "h_b": np.zeros((3, 64), dtype=_DTYPE),
        "h_d": np.zeros((3, 64), dtype=_DTYPE),
        "logits_W": np.asarray(
            rng.uniform(-0.20701966780270625, 0.20701966780270625, (64, 76)), dtype=_DTYPE
        ),
        "logits_b": np.zeros((76,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return logits (N, T, 76) for x (N, T)."""
    e_E, h_W, h_U, h_b, h_d, logits_W, logits_b = _parameters(params)
    N, T, x = _inputs(x)
    if check_finite:
        _finite(params)
    with np.errstate(over="ignore"):
        outputs = _predict(
            _buffers_of_predict(N, T), N, T, x, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b
        )
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, t, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, T), t (N, T)
    """
    e_E, h_W, h_U, h_b, h_d, logits_W, logits_b = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    work = _buffers(N, T)
    with np.errstate(over="ignore"):
        loss, h_h, h_y, h_s, h_a, h, loss_Z_shifted, v1 = _forward(
            work, N, T, x, t, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b
        )
    return (
        float(loss), {"x": x, "t": t, "h_h": h_h, "h_y": h_y, "h_s": h_s, "h_a": h_a, "h": h,
        "loss_Z_shifted": loss_Z_shifted, "v1": v1}
    )


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    e_E, h_W, h_U, _, _, logits_W, _ = _parameters(params)
    x = tape["x"]
    t = tape["t"]
    h_h = tape["h_h"]
    h_y = tape["h_y"]
    h_s = tape["h_s"]
    h_a = tape["h_a"]
    h = tape["h"]
    loss_Z_shifted = tape["loss_Z_shifted"]
    v1 = tape["v1"]
    N = x.shape[0]
    T = x.shape[1]
    work = _buffers(N, T)
    grads = _gradients()
    _backward(
        work, N, T, x, t, e_E, h_W, h_U, logits_W, h_h, h_y, h_s, h_a, h, loss_Z_shifted, v1, *grads
    )
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, t, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    e_E, h_W, h_U, h_b, h_d, logits_W, logits_b = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    work = _buffers(N, T)
    grads = _gradients()
    with np.errstate(over="ignore"):
        loss, h_h, h_y, h_s, h_a, h, loss_Z_shifted, v1 = _forward(
            work, N, T, x, t, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b
        )
        _backward(
            work, N, T, x, t, e_E, h_W, h_U, logits_W, h_h, h_y, h_s, h_a, h, loss_Z_shifted, v1,
            *grads
        )
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {
        "step": np.zeros((), dtype=_DTYPE),
        "e_E_m": np.zeros((76, 16), dtype=_DTYPE),
        "e_E_v": np.zeros((76, 16), dtype=_DTYPE),
        "h_W_m": np.zeros((16, 3, 64), dtype=_DTYPE),
        "h_W_v": np.zeros((16, 3, 64), dtype=_DTYPE),
        "h_U_m": np.zeros((64, 3, 64), dtype=_DTYPE),
        "h_U_v": np.zeros((64, 3, 64), dtype=_DTYPE),
        "h_b_m": np.zeros((3, 64), dtype=_DTYPE),
        "h_b_v": np.zeros((3, 64), dtype=_DTYPE),
        "h_d_m": np.zeros((3, 64), dtype=_DTYPE),
        "h_d_v": np.zeros((3, 64), dtype=_DTYPE),
        "logits_W_m": np.zeros((64, 76), dtype=_DTYPE),
        "logits_W_v": np.zeros((64, 76), dtype=_DTYPE),
        "logits_b_m": np.zeros((76,), dtype=_DTYPE),
        "logits_b_v": np.zeros((76,), dtype=_DTYPE),
    }


def train_step(
    params, state, x, t, *, learning_rate=0.005, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    e_E, h_W, h_U, h_b, h_d, logits_W, logits_b = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    (
        step_, e_E_m, e_E_v, h_W_m, h_W_v, h_U_m, h_U_v, h_b_m, h_b_v, h_d_m, h_d_v, logits_W_m,
        logits_W_v, logits_b_m, logits_b_v
    ) = _state(state)
    if (
        not (e_E.flags.writeable and h_W.flags.writeable and h_U.flags.writeable and
        h_b.flags.writeable and h_d.flags.writeable and logits_W.flags.writeable and
        logits_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _workspace(N, T)
    with np.errstate(over="ignore"):
        loss, h_h, h_y, h_s, h_a, h, loss_Z_shifted, v1 = _forward(
            work, N, T, x, t, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b
        )
        _backward(
            work, N, T, x, t, e_E, h_W, h_U, logits_W, h_h, h_y, h_s, h_a, h, loss_Z_shifted, v1,
            *grads
        )
        _update(
            work, N, T, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b, grads[0], grads[1], grads[2],
            grads[3], grads[4], grads[5], grads[6], step_, e_E_m, e_E_v, h_W_m, h_W_v, h_U_m, h_U_v,
            h_b_m, h_b_v, h_d_m, h_d_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v,
            learning_rate, beta1, beta2, epsilon
        )
    return float(loss)


def bind(
    params, state, x, t, *, learning_rate=0.005, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    e_E, h_W, h_U, h_b, h_d, logits_W, logits_b = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    (
        step_, e_E_m, e_E_v, h_W_m, h_W_v, h_U_m, h_U_v, h_b_m, h_b_v, h_d_m, h_d_v, logits_W_m,
        logits_W_v, logits_b_m, logits_b_v
    ) = _state(state)
    if (
        not (e_E.flags.writeable and h_W.flags.writeable and h_U.flags.writeable and
        h_b.flags.writeable and h_d.flags.writeable and logits_W.flags.writeable and
        logits_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _buffers(N, T), _gradients()

    def step():
        with np.errstate(over="ignore"):
            loss, h_h, h_y, h_s, h_a, h, loss_Z_shifted, v1 = _forward(
                work, N, T, x, t, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b
            )
            _backward(
                work, N, T, x, t, e_E, h_W, h_U, logits_W, h_h, h_y, h_s, h_a, h, loss_Z_shifted,
                v1, *grads
            )
            _update(
                work, N, T, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b, grads[0], grads[1],
                grads[2], grads[3], grads[4], grads[5], grads[6], step_, e_E_m, e_E_v, h_W_m, h_W_v,
                h_U_m, h_U_v, h_b_m, h_b_v, h_d_m, h_d_v, logits_W_m, logits_W_v, logits_b_m,
                logits_b_v, learning_rate, beta1, beta2, epsilon
            )
        return float(loss)

    return step


def fit(
    params, state, x, t, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.005, beta1=0.9, beta2=0.999, epsilon=1e-08, check_finite=False,
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


def _predict(work, N, T, x, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b):
    """Return the outputs."""
    s19 = work[0]
    h_z = work[1]
    h_y = work[2]
    h_s = work[3]
    h_h = work[4]
    s20 = work[5]
    s21 = work[6]
    h = work[7]
    logits = work[8]
    # h_z[t_2,n,g,j] = sum[i](e_E[x[n,t_2],i] * h_W[i,g,j]) + h_b[g,j]
    np.multiply(e_E[x.T][:, :, None, None, :], h_W.transpose(1, 2, 0), out=s19)
    np.add.reduce(s19, axis=4, out=h_z)
    h_z += h_b
    # h_y[t_2,n,g,j] = h_d[g,j]
    np.copyto(h_y, h_d)
    h_h[0] = 0.0
    for t_2 in range(T):
        # h_y[t_2,n,g,j] += sum[k](h_h[t_2,n,k] * h_U[k,g,j])
        np.matmul(h_h[t_2], h_U.reshape(64, 192), out=s20.reshape(N, 192))
        np.add(h_y[t_2], s20, out=h_y[t_2])
        # h_s[t_2,n,g,j] = sigmoid(h_y[t_2,n,g,j] + h_z[t_2,n,g,j])
        np.add(h_y[t_2, :, :2], h_z[t_2, :, :2], out=h_s[t_2])
        _sigmoid(h_s[t_2], out=h_s[t_2])
        # h_h[t_2 + 1,n,j] = (1 - h_s[t_2,n,1,j]) * tanh(h_s[t_2,n,0,j] * h_y[t_2,n,2,j] +
        #     h_z[t_2,n,2,j]) + h_h[t_2,n,j] * h_s[t_2,n,1,j]
        np.subtract(_ONE, h_s[t_2, :, 1], out=h_h[t_2 + 1])
        np.multiply(h_s[t_2, :, 0], h_y[t_2, :, 2], out=s21)
        s21 += h_z[t_2, :, 2]
        np.tanh(s21, out=s21)
        np.multiply(h_h[t_2 + 1], s21, out=h_h[t_2 + 1])
        np.multiply(h_h[t_2], h_s[t_2, :, 1], out=s21)
        np.add(h_h[t_2 + 1], s21, out=h_h[t_2 + 1])
    # h[n,t_2,j] = h_h[t_2 + 1,n,j]
    np.copyto(h, h_h[1:].transpose(1, 0, 2))
    # logits[n,k,j] = sum[i](h[n,k,i] * logits_W[i,j]) + logits_b[j]
    np.matmul(h.reshape(N * T, 64), logits_W, out=logits.reshape(N * T, 76))
    logits += logits_b
    return logits,


def _forward(work, N, T, x, t, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b):
    """Return the loss, and the values that the gradients need."""
    s1 = work[0]
    h_z = work[1]
    h_y = work[2]
    h_s = work[3]
    h_a = work[4]
    h_h = work[5]
    s2 = work[6]
    s3 = work[7]
    h = work[8]
    logits = work[9]
    loss_Z_max = work[10]
    v1 = work[11]
    s4 = work[12]
    # h_z[t_2,n,g,j] = sum[i](e_E[x[n,t_2],i] * h_W[i,g,j]) + h_b[g,j]
    np.multiply(e_E[x.T][:, :, None, None, :], h_W.transpose(1, 2, 0), out=s1)
    np.add.reduce(s1, axis=4, out=h_z)
    h_z += h_b
    # h_y[t_2,n,g,j] = h_d[g,j]
    np.copyto(h_y, h_d)
    h_h[0] = 0.0
    for t_2 in range(T):
        # h_y[t_2,n,g,j] += sum[k](h_h[t_2,n,k] * h_U[k,g,j])
        np.matmul(h_h[t_2], h_U.reshape(64, 192), out=s2.reshape(N, 192))
        np.add(h_y[t_2], s2, out=h_y[t_2])
        # h_s[t_2,n,g,j] = sigmoid(h_y[t_2,n,g,j] + h_z[t_2,n,g,j])
        np.add(h_y[t_2, :, :2], h_z[t_2, :, :2], out=h_s[t_2])
        _sigmoid(h_s[t_2], out=h_s[t_2])
        # h_a[t_2,n,j] = tanh(h_s[t_2,n,0,j] * h_y[t_2,n,2,j] + h_z[t_2,n,2,j])
        np.multiply(h_s[t_2, :, 0], h_y[t_2, :, 2], out=h_a[t_2])
        np.add(h_z[t_2, :, 2], h_a[t_2], out=h_a[t_2])
        np.tanh(h_a[t_2], out=h_a[t_2])
        # h_h[t_2 + 1,n,j] = (1 - h_s[t_2,n,1,j]) * h_a[t_2,n,j] + h_h[t_2,n,j] * h_s[t_2,n,1,j]
        np.subtract(_ONE, h_s[t_2, :, 1], out=h_h[t_2 + 1])
        np.multiply(h_h[t_2 + 1], h_a[t_2], out=h_h[t_2 + 1])
        np.multiply(h_h[t_2], h_s[t_2, :, 1], out=s3)
        np.add(h_h[t_2 + 1], s3, out=h_h[t_2 + 1])
    # h[n,t_2,j] = h_h[t_2 + 1,n,j]
    np.copyto(h, h_h[1:].transpose(1, 0, 2))
    # logits[n,k,j] = sum[i](h[n,k,i] * logits_W[i,j]) + logits_b[j]
    np.matmul(h.reshape(N * T, 64), logits_W, out=logits.reshape(N * T, 76))
    logits += logits_b
    # loss_Z_max[n,k] = max[j](logits[n,k,j])
    np.maximum.reduce(logits, axis=2, out=loss_Z_max)
    # logits_shifted[n,k,j] = logits[n,k,j] - loss_Z_max[n,k]
    logits_shifted = np.subtract(logits, loss_Z_max[:, :, None], out=logits)
    # v1[n,k,j] = exp(logits_shifted[n,k,j])
    np.exp(logits_shifted, out=v1)
    # loss_Z_shifted[n,k] = sum[j](v1[n,k,j])
    loss_Z_shifted = np.add.reduce(v1, axis=2, out=loss_Z_max)
    # loss_sum = sum[n,k](log(loss_Z_shifted[n,k]) - logits_shifted[n,k,t[n,k]])
    np.log(loss_Z_shifted, out=s4)
    s4 -= logits_shifted[np.arange(N)[:, None], np.arange(T), t]
    loss_sum = np.add.reduce(s4, axis=None)
    # loss = loss_sum / (N * T)
    loss = loss_sum / (N * T)
    return loss, h_h, h_y, h_s, h_a, h, loss_Z_shifted, v1


def _backward(
    work, N, T, x, t, e_E, h_W, h_U, logits_W, h_h, h_y, h_s, h_a, h, loss_Z_shifted, v1, de_E,
    dh_W, dh_U, dh_b, dh_d, dlogits_W, dlogits_b
):
    """Compute the gradients into the arrays at the end."""
    h_z = work[1]
    s3 = work[7]
    logits = work[9]
    dh = work[13]
    dh_h = work[14]
    v2 = work[15]
    dh_s_step = work[16]
    dh_a_step = work[17]
    dh_s_step_2 = work[18]
    dh_y_step = work[19]
    dh_y_step_2 = work[20]
    dh_s = work[21]
    dh_a = work[22]
    dh_z = work[23]
    de = work[24]
    s5 = work[25]
    s6 = work[26]
    # dlogits_terms[n,k,j] = v1[n,k,j] / loss_Z_shifted[n,k]  (of loss_Z)
    # dlogits_terms[n,k,t[n,k]] += -1
    dlogits_terms = np.divide(v1, loss_Z_shifted[:, :, None], out=logits)
    dlogits_terms[np.arange(N)[:, None], np.arange(T), t] += -1
    # dlogits[n,k,j] = dlogits_terms[n,k,j] / (N * T)  (of loss_Z)
    dlogits = np.multiply(1 / (N * T), dlogits_terms, out=dlogits_terms)
    # dlogits_b[j] = sum[n,k](dlogits[n,k,j])  (of logits)
    np.add.reduce(dlogits, axis=(0, 1), out=dlogits_b)
    # dlogits_W[i,j] = sum[n,k](h[n,k,i] * dlogits[n,k,j])  (of logits)
    np.dot(h.reshape(N * T, 64).T, dlogits.reshape(N * T, 76), out=dlogits_W)
    # dh[n,k,i] = sum[j](dlogits[n,k,j] * logits_W[i,j])  (of logits)
    np.matmul(dlogits.reshape(N * T, 76), logits_W.T, out=dh.reshape(N * T, 64))
    # dh_h[t_2 + 1,n,j] = dh[n,t_2,j]  (of h)
    dh_h[0] = 0.0
    np.copyto(dh_h[1:], dh.transpose(1, 0, 2))
    # v2[t_2,n,j] = 1 - h_a[t_2,n,j]**2  (of h_a)
    np.multiply(h_a, h_a, out=v2)
    np.subtract(_ONE, v2, out=v2)
    # dh_s_step[t_2,n,j] = h_h[t_2,n,j] - h_a[t_2,n,j]  (of h_h)
    np.subtract(h_h[:T], h_a, out=dh_s_step)
    # dh_a_step[t_2,n,j] = 1 - h_s[t_2,n,1,j]  (of h_h)
    np.subtract(_ONE, h_s[:, :, 1], out=dh_a_step)
    # dh_s_step_2[t_2,n,j] = v2[t_2,n,j] * h_y[t_2,n,2,j]  (of h_a)
    np.multiply(h_y[:, :, 2], v2, out=dh_s_step_2)
    # dh_y_step[t_2,n,j] = v2[t_2,n,j] * h_s[t_2,n,0,j]  (of h_a)
    np.multiply(h_s[:, :, 0], v2, out=dh_y_step)
    # dh_y_step_2[t_2,n,g,j] = (1 - h_s[t_2,n,g,j]) * h_s[t_2,n,g,j]  (of h_s)
    np.subtract(_ONE, h_s, out=dh_y_step_2)
    dh_y_step_2 *= h_s
    dh_y = h_z
    for t_2 in reversed(range(T)):
        # dh_s[t_2,n,1,j] = dh_h[t_2 + 1,n,j] * dh_s_step[t_2,n,j]  (of h_h)
        np.multiply(dh_h[t_2 + 1], dh_s_step[t_2], out=dh_s[t_2, :, 1])
        # dh_a[t_2,n,j] = dh_a_step[t_2,n,j] * dh_h[t_2 + 1,n,j]  (of h_h)
        np.multiply(dh_a_step[t_2], dh_h[t_2 + 1], out=dh_a[t_2])
        # dh_h[t_2,n,j] += dh_h[t_2 + 1,n,j] * h_s[t_2,n,1,j]  (of h_h)
        np.multiply(dh_h[t_2 + 1], h_s[t_2, :, 1], out=s3)
        np.add(dh_h[t_2], s3, out=dh_h[t_2])
        # dh_s[t_2,n,0,j] = dh_a[t_2,n,j] * dh_s_step_2[t_2,n,j]  (of h_a)
        np.multiply(dh_a[t_2], dh_s_step_2[t_2], out=dh_s[t_2, :, 0])
        # dh_y[t_2,n,2,j] = dh_a[t_2,n,j] * dh_y_step[t_2,n,j]  (of h_a)
        np.multiply(dh_a[t_2], dh_y_step[t_2], out=dh_y[t_2, :, 2])
        # dh_y[t_2,n,g,j] = dh_s[t_2,n,g,j] * dh_y_step_2[t_2,n,g,j]  (of h_s)
        np.multiply(dh_s[t_2], dh_y_step_2[t_2], out=dh_y[t_2, :, :2])
        # dh_h[t_2,n,k] += sum[g,j](dh_y[t_2,n,g,j] * h_U[k,g,j])  (of h_y)
        np.dot(dh_y[t_2].reshape(N, 192), h_U.reshape(64, 192).T, out=s3)
        np.add(dh_h[t_2], s3, out=dh_h[t_2])
    # dh_z[t_2,n,g,j] = dh_y[t_2,n,g,j]  (of h_s)
    # dh_z[t_2,n,2,j] += dh_a[t_2,n,j] * v2[t_2,n,j]
    np.copyto(dh_z[:, :, :2], dh_y[:, :, :2])
    np.multiply(dh_a, v2, out=dh_z[:, :, 2])
    # dh_d[g,j] = sum[t_2,n](dh_y[t_2,n,g,j])  (of h_y)
    np.add.reduce(dh_y, axis=(0, 1), out=dh_d)
    # dh_U[k,g,j] = sum[t_2,n](h_h[t_2,n,k] * dh_y[t_2,n,g,j])  (of h_y)
    np.matmul(h_h[:T].reshape(N * T, 64).T, dh_y.reshape(N * T, 192), out=dh_U.reshape(64, 192))
    # dh_b[g,j] = sum[t_2,n](dh_z[t_2,n,g,j])  (of h_z)
    np.add.reduce(dh_z, axis=(0, 1), out=dh_b)
    # de[n,t_2,i] = sum[g,j](dh_z[t_2,n,g,j] * h_W[i,g,j])  (of h_z)
    np.copyto(s5, dh_z.transpose(1, 0, 2, 3))
    np.matmul(s5.reshape(N * T, 192), h_W.reshape(16, 192).T, out=de.reshape(N * T, 16))
    # dh_W[i,g,j] = sum[t_2,n](e_E[x[n,t_2],i] * dh_z[t_2,n,g,j])  (of h_z)
    np.multiply(
        e_E[x.T, np.arange(16)[:, None, None]][:, None, None, :, :], dh_z.transpose(2, 3, 0, 1),
        out=s6
    )
    np.add.reduce(s6, axis=(3, 4), out=dh_W)
    # de_E[x[n,k],d] = de[n,k,d]  (of e)
    de_E.fill(0.0)
    np.add.at(de_E, (x.T,), de.transpose(1, 0, 2))


def _update(
    work, N, T, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b, de_E, dh_W, dh_U, dh_b, dh_d,
    dlogits_W, dlogits_b, step_, e_E_m, e_E_v, h_W_m, h_W_v, h_U_m, h_U_v, h_b_m, h_b_v, h_d_m,
    h_d_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v, learning_rate, beta1, beta2, epsilon
):
    """Update parameters and state in place; the gradients are used up."""
    s7 = work[27]
    s8 = work[28]
    s9 = work[29]
    s10 = work[30]
    s11 = work[31]
    s12 = work[32]
    s13 = work[33]
    s14 = work[34]
    s15 = work[35]
    s16 = work[36]
    s17 = work[37]
    s18 = work[38]
    # step_next = step + 1
    step_next = step_ + 1
    # v1 = 1 - beta1
    v1 = 1 - beta1
    # e_E_m_next[i,j] = e_E_m[i,j] * beta1 + de_E[i,j] * v1
    np.multiply(beta1, e_E_m, out=s7)
    np.multiply(v1, de_E, out=s8)
    np.add(s7, s8, out=e_E_m)
    # v2 = 1 - beta2
    v2 = 1 - beta2
    # e_E_v_next[i,j] = de_E[i,j]**2 * v2 + e_E_v[i,j] * beta2
    np.multiply(v2, de_E, out=s8)
    s8 *= de_E
    np.multiply(beta2, e_E_v, out=de_E)
    np.add(s8, de_E, out=e_E_v)
    # v3 = 1 / (1 - beta1**step_next)
    v3 = 1 / (1 - beta1**step_next)
    # v4 = 1 / (1 - beta2**step_next)
    v4 = 1 / (1 - beta2**step_next)
    # e_E_next[i,j] = e_E[i,j] - e_E_m_next[i,j] * learning_rate * v3 / (sqrt(e_E_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, e_E_v, out=de_E)
    np.sqrt(de_E, out=de_E)
    de_E += epsilon
    np.multiply(learning_rate * v3, e_E_m, out=s8)
    s8 /= de_E
    e_E -= s8
    # h_W_m_next[i,j,k0] = h_W_m[i,j,k0] * beta1 + dh_W[i,j,k0] * v1
    np.multiply(beta1, h_W_m, out=s9)
    np.multiply(v1, dh_W, out=s10)
    np.add(s9, s10, out=h_W_m)
    # h_W_v_next[i,j,k0] = dh_W[i,j,k0]**2 * v2 + h_W_v[i,j,k0] * beta2
    np.multiply(v2, dh_W, out=s10)
    s10 *= dh_W
    np.multiply(beta2, h_W_v, out=dh_W)
    np.add(s10, dh_W, out=h_W_v)
    # h_W_next[i,j,k0] = h_W[i,j,k0] - h_W_m_next[i,j,k0] * learning_rate * v3 /
    #     (sqrt(h_W_v_next[i,j,k0] * v4) + epsilon)
    np.multiply(v4, h_W_v, out=dh_W)
    np.sqrt(dh_W, out=dh_W)
    dh_W += epsilon
    np.multiply(learning_rate * v3, h_W_m, out=s10)
    s10 /= dh_W
    h_W -= s10
    # h_U_m_next[i,j,k0] = h_U_m[i,j,k0] * beta1 + dh_U[i,j,k0] * v1
    np.multiply(beta1, h_U_m, out=s11)
    np.multiply(v1, dh_U, out=s12)
    np.add(s11, s12, out=h_U_m)
    # h_U_v_next[i,j,k0] = dh_U[i,j,k0]**2 * v2 + h_U_v[i,j,k0] * beta2
    np.multiply(v2, dh_U, out=s12)
    s12 *= dh_U
    np.multiply(beta2, h_U_v, out=dh_U)
    np.add(s12, dh_U, out=h_U_v)
    # h_U_next[i,j,k0] = h_U[i,j,k0] - h_U_m_next[i,j,k0] * learning_rate * v3 /
    #     (sqrt(h_U_v_next[i,j,k0] * v4) + epsilon)
    np.multiply(v4, h_U_v, out=dh_U)
    np.sqrt(dh_U, out=dh_U)
    dh_U += epsilon
    np.multiply(learning_rate * v3, h_U_m, out=s12)
    s12 /= dh_U
    h_U -= s12
    # h_b_m_next[i,j] = h_b_m[i,j] * beta1 + dh_b[i,j] * v1
    np.multiply(beta1, h_b_m, out=s13)
    np.multiply(v1, dh_b, out=s14)
    np.add(s13, s14, out=h_b_m)
    # h_b_v_next[i,j] = dh_b[i,j]**2 * v2 + h_b_v[i,j] * beta2
    np.multiply(v2, dh_b, out=s14)
    s14 *= dh_b
    np.multiply(beta2, h_b_v, out=dh_b)
    np.add(s14, dh_b, out=h_b_v)
    # h_b_next[i,j] = h_b[i,j] - h_b_m_next[i,j] * learning_rate * v3 / (sqrt(h_b_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, h_b_v, out=dh_b)
    np.sqrt(dh_b, out=dh_b)
    dh_b += epsilon
    np.multiply(learning_rate * v3, h_b_m, out=s14)
    s14 /= dh_b
    h_b -= s14
    # h_d_m_next[i,j] = h_d_m[i,j] * beta1 + dh_d[i,j] * v1
    np.multiply(beta1, h_d_m, out=s14)
    np.multiply(v1, dh_d, out=dh_b)
    np.add(s14, dh_b, out=h_d_m)
    # h_d_v_next[i,j] = dh_d[i,j]**2 * v2 + h_d_v[i,j] * beta2
    np.multiply(v2, dh_d, out=dh_b)
    dh_b *= dh_d
    np.multiply(beta2, h_d_v, out=dh_d)
    np.add(dh_b, dh_d, out=h_d_v)
    # h_d_next[i,j] = h_d[i,j] - h_d_m_next[i,j] * learning_rate * v3 / (sqrt(h_d_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, h_d_v, out=dh_d)
    np.sqrt(dh_d, out=dh_d)
    dh_d += epsilon
    np.multiply(learning_rate * v3, h_d_m, out=dh_b)
    dh_b /= dh_d
    h_d -= dh_b
    # logits_W_m_next[i,j] = logits_W_m[i,j] * beta1 + dlogits_W[i,j] * v1
    np.multiply(beta1, logits_W_m, out=s15)
    np.multiply(v1, dlogits_W, out=s16)
    np.add(s15, s16, out=logits_W_m)
    # logits_W_v_next[i,j] = dlogits_W[i,j]**2 * v2 + logits_W_v[i,j] * beta2
    np.multiply(v2, dlogits_W, out=s16)
    s16 *= dlogits_W
    np.multiply(beta2, logits_W_v, out=dlogits_W)
    np.add(s16, dlogits_W, out=logits_W_v)
    # logits_W_next[i,j] = logits_W[i,j] - logits_W_m_next[i,j] * learning_rate * v3 /
    #     (sqrt(logits_W_v_next[i,j] * v4) + epsilon)
    np.multiply(v4, logits_W_v, out=dlogits_W)
    np.sqrt(dlogits_W, out=dlogits_W)
    dlogits_W += epsilon
    np.multiply(learning_rate * v3, logits_W_m, out=s16)
    s16 /= dlogits_W
    logits_W -= s16
    # logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1
    np.multiply(beta1, logits_b_m, out=s17)
    np.multiply(v1, dlogits_b, out=s18)
    np.add(s17, s18, out=logits_b_m)
    # logits_b_v_next[j] = dlogits_b[j]**2 * v2 + logits_b_v[j] * beta2
    np.multiply(v2, dlogits_b, out=s18)
    s18 *= dlogits_b
    np.multiply(beta2, logits_b_v, out=dlogits_b)
    np.add(s18, dlogits_b, out=logits_b_v)
    # logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3 /
    #     (sqrt(logits_b_v_next[j] * v4) + epsilon)
    np.multiply(v4, logits_b_v, out=dlogits_b)
    np.sqrt(dlogits_b, out=dlogits_b)
    dlogits_b += epsilon
    np.multiply(learning_rate * v3, logits_b_m, out=s18)
    s18 /= dlogits_b
    logits_b -= s18
    step_[()] = step_next


def _buffers(N, T):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((T, N, 3, 64, 16), dtype=_DTYPE),  # s1
        np.empty((T, N, 3, 64), dtype=_DTYPE),  # h_z
        np.empty((T, N, 3, 64), dtype=_DTYPE),  # h_y
        np.empty((T, N, 2, 64), dtype=_DTYPE),  # h_s
        np.empty((T, N, 64), dtype=_DTYPE),  # h_a
        np.empty((T + 1, N, 64), dtype=_DTYPE),  # h_h
        np.empty((N, 3, 64), dtype=_DTYPE),  # s2
        np.empty((N, 64), dtype=_DTYPE),  # s3
        np.empty((N, T, 64), dtype=_DTYPE),  # h
        np.empty((N, T, 76), dtype=_DTYPE),  # logits
        np.empty((N, T), dtype=_DTYPE),  # loss_Z_max
        np.empty((N, T, 76), dtype=_DTYPE),  # v1
        np.empty((N, T), dtype=_DTYPE),  # s4
        np.empty((N, T, 64), dtype=_DTYPE),  # dh
        np.empty((T + 1, N, 64), dtype=_DTYPE),  # dh_h
        np.empty((T, N, 64), dtype=_DTYPE),  # v2
        np.empty((T, N, 64), dtype=_DTYPE),  # dh_s_step
        np.empty((T, N, 64), dtype=_DTYPE),  # dh_a_step
        np.empty((T, N, 64), dtype=_DTYPE),  # dh_s_step_2
        np.empty((T, N, 64), dtype=_DTYPE),  # dh_y_step
        np.empty((T, N, 2, 64), dtype=_DTYPE),  # dh_y_step_2
        np.empty((T, N, 2, 64), dtype=_DTYPE),  # dh_s
        np.empty((T, N, 64), dtype=_DTYPE),  # dh_a
        np.empty((T, N, 3, 64), dtype=_DTYPE),  # dh_z
        np.empty((N, T, 16), dtype=_DTYPE),  # de
        np.empty((N, T, 3, 64), dtype=_DTYPE),  # s5
        np.empty((16, 3, 64, T, N), dtype=_DTYPE),  # s6
        np.empty((76, 16), dtype=_DTYPE),  # s7
        np.empty((76, 16), dtype=_DTYPE),  # s8
        np.empty((16, 3, 64), dtype=_DTYPE),  # s9
        np.empty((16, 3, 64), dtype=_DTYPE),  # s10
        np.empty((64, 3, 64), dtype=_DTYPE),  # s11
        np.empty((64, 3, 64), dtype=_DTYPE),  # s12
        np.empty((3, 64), dtype=_DTYPE),  # s13
        np.empty((3, 64), dtype=_DTYPE),  # s14
        np.empty((64, 76), dtype=_DTYPE),  # s15
        np.empty((64, 76), dtype=_DTYPE),  # s16
        np.empty((76,), dtype=_DTYPE),  # s17
        np.empty((76,), dtype=_DTYPE),  # s18
    )


def _buffers_of_predict(N, T):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((T, N, 3, 64, 16), dtype=_DTYPE),  # s19
        np.empty((T, N, 3, 64), dtype=_DTYPE),  # h_z
        np.empty((T, N, 3, 64), dtype=_DTYPE),  # h_y
        np.empty((T, N, 2, 64), dtype=_DTYPE),  # h_s
        np.empty((T + 1, N, 64), dtype=_DTYPE),  # h_h
        np.empty((N, 3, 64), dtype=_DTYPE),  # s20
        np.empty((N, 64), dtype=_DTYPE),  # s21
        np.empty((N, T, 64), dtype=_DTYPE),  # h
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


def _sigmoid(x, out=None):
    """1 / (1 + exp(-x)); exp may overflow to infinity, whose reciprocal is the right 0."""
    out = np.empty(np.shape(x), dtype=_DTYPE) if out is None else out
    np.negative(x, out=out)
    np.exp(out, out=out)
    out += _ONE
    return np.reciprocal(out, out=out)


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
