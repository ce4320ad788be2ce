"""char_tied: forward pass, gradients and training step in NumPy (float64).

    input x[N,8] in 76
    label t[N] in 76
    param c[76]
    param e_E[76,24]
    param h_W[192,64]
    param h_b[64]
    param z_W[64,24]
    param z_b[24]
    e[n,k,d] = e_E[x[n,k],d]
    flatten[n,i1 + 24 * i0] = e[n,i0,i1]
    h_z[n,j] = sum[i](flatten[n,i] * h_W[i,j])
    h_z[n,j] += h_b[j]
    h[n,j] = tanh(h_z[n,j])
    z[n,j] = sum[i](h[n,i] * z_W[i,j])
    z[n,j] += z_b[j]
    logits[n,k] = sum[d](z[n,d] * e_E[k,d])
    logits[n,k] += c[k]
    loss_Z[n] = sum[j](exp(logits[n,j]))
    loss_sum = sum[n](log(loss_Z[n]) - logits[n,t[n]])
    loss = loss_sum / N

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from char_tied.bp (network 27bdb9e33e25213b):
    symbp build char_tied.bp --target numpy --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import threading

import numpy as np

NAME = "char_tied"
TARGET = "numpy"
DTYPE = "float64"
NETWORK = "27bdb9e33e25213b"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "c": (76,),
    "e_E": (76, 24),
    "h_W": (192, 64),
    "h_b": (64,),
    "z_W": (64, 24),
    "z_b": (24,),
}
INPUTS = {  # name -> role, shape, number of classes
    "x": ("input", ("N", 8), 76),
    "t": ("label", ("N",), 76),
}
OUTPUTS = {  # name -> shape
    "logits": ("N", 76),
}
HYPERPARAMETERS = {  # name -> default
    "learning_rate": 0.001,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-08,
}

_DTYPE = np.dtype(DTYPE)
_STATE = {  # name -> shape
    "step": (),
    "c_m": (76,),
    "c_v": (76,),
    "e_E_m": (76, 24),
    "e_E_v": (76, 24),
    "h_W_m": (192, 64),
    "h_W_v": (192, 64),
    "h_b_m": (64,),
    "h_b_v": (64,),
    "z_W_m": (64, 24),
    "z_W_v": (64, 24),
    "z_b_m": (24,),
    "z_b_v": (24,),
}
_ONE = np.ones((), dtype=_DTYPE)


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "c": np.zeros((76,), dtype=_DTYPE),
        "e_E": np.asarray(rng.normal(0.0, 0.2, (76, 24)), dtype=_DTYPE),
        "h_W": np.asarray(
            rng.uniform(-0.15309310892394862, 0.15309310892394862, (192, 64)), dtype=_DTYPE
        ),
        "h_b": np.zeros((64,), dtype=_DTYPE),
        "z_W": np.asarray(
            rng.uniform(-0.26111648393354675, 0.26111648393354675, (64, 24)), dtype=_DTYPE
        ),
        "z_b": np.zeros((24,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return logits (N, 76) for x (N, 8)."""
    c, e_E, h_W, h_b, z_W, z_b = _parameters(params)
    N, x = _inputs(x)
    if check_finite:
        _finite(params)
    outputs = _predict(_buffers_of_predict(N), N, x, c, e_E, h_W, h_b, z_W, z_b)
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, t, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 8), t (N,)
    """
    c, e_E, h_W, h_b, z_W, z_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    work = _buffers(N)
    loss, flatten, h, z, loss_Z_shifted, v1 = _forward(work, N, x, t, c, e_E, h_W, h_b, z_W, z_b)
    return (
        float(loss), {"x": x, "t": t, "flatten": flatten, "h": h, "z": z, "loss_Z_shifted":
        loss_Z_shifted, "v1": v1}
    )


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    _, e_E, h_W, _, z_W, _ = _parameters(params)
    x = tape["x"]
    t = tape["t"]
    flatten = tape["flatten"]
    h = tape["h"]
    z = tape["z"]
    loss_Z_shifted = tape["loss_Z_shifted"]
    v1 = tape["v1"]
    N = x.shape[0]
    work = _buffers(N)
    grads = _gradients()
    _backward(work, N, x, t, e_E, h_W, z_W, flatten, h, z, loss_Z_shifted, v1, *grads)
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, t, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    c, e_E, h_W, h_b, z_W, z_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    work = _buffers(N)
    grads = _gradients()
    loss, flatten, h, z, loss_Z_shifted, v1 = _forward(work, N, x, t, c, e_E, h_W, h_b, z_W, z_b)
    _backward(work, N, x, t, e_E, h_W, z_W, flatten, h, z, loss_Z_shifted, v1, *grads)
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {
        "step": np.zeros((), dtype=_DTYPE),
        "c_m": np.zeros((76,), dtype=_DTYPE),
        "c_v": np.zeros((76,), dtype=_DTYPE),
        "e_E_m": np.zeros((76, 24), dtype=_DTYPE),
        "e_E_v": np.zeros((76, 24), dtype=_DTYPE),
        "h_W_m": np.zeros((192, 64), dtype=_DTYPE),
        "h_W_v": np.zeros((192, 64), dtype=_DTYPE),
        "h_b_m": np.zeros((64,), dtype=_DTYPE),
        "h_b_v": np.zeros((64,), dtype=_DTYPE),
        "z_W_m": np.zeros((64, 24), dtype=_DTYPE),
        "z_W_v": np.zeros((64, 24), dtype=_DTYPE),
        "z_b_m": np.zeros((24,), dtype=_DTYPE),
        "z_b_v": np.zeros((24,), dtype=_DTYPE),
    }


def train_step(
    params, state, x, t, *, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    c, e_E, h_W, h_b, z_W, z_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    step_, c_m, c_v, e_E_m, e_E_v, h_W_m, h_W_v, h_b_m, h_b_v, z_W_m, z_W_v, z_b_m, z_b_v = _state(
        state
    )
    if (
        not (c.flags.writeable and e_E.flags.writeable and h_W.flags.writeable and
        h_b.flags.writeable and z_W.flags.writeable and z_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _workspace(N)
    loss, flatten, h, z, loss_Z_shifted, v1 = _forward(work, N, x, t, c, e_E, h_W, h_b, z_W, z_b)
    _backward(work, N, x, t, e_E, h_W, z_W, flatten, h, z, loss_Z_shifted, v1, *grads)
    _update(
        work, N, c, e_E, h_W, h_b, z_W, z_b, grads[0], grads[1], grads[2], grads[3], grads[4],
        grads[5], step_, c_m, c_v, e_E_m, e_E_v, h_W_m, h_W_v, h_b_m, h_b_v, z_W_m, z_W_v, z_b_m,
        z_b_v, learning_rate, beta1, beta2, epsilon
    )
    return float(loss)


def bind(
    params, state, x, t, *, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    c, e_E, h_W, h_b, z_W, z_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    step_, c_m, c_v, e_E_m, e_E_v, h_W_m, h_W_v, h_b_m, h_b_v, z_W_m, z_W_v, z_b_m, z_b_v = _state(
        state
    )
    if (
        not (c.flags.writeable and e_E.flags.writeable and h_W.flags.writeable and
        h_b.flags.writeable and z_W.flags.writeable and z_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _buffers(N), _gradients()

    def step():
        loss, flatten, h, z, loss_Z_shifted, v1 = _forward(
            work, N, x, t, c, e_E, h_W, h_b, z_W, z_b
        )
        _backward(work, N, x, t, e_E, h_W, z_W, flatten, h, z, loss_Z_shifted, v1, *grads)
        _update(
            work, N, c, e_E, h_W, h_b, z_W, z_b, grads[0], grads[1], grads[2], grads[3], grads[4],
            grads[5], step_, c_m, c_v, e_E_m, e_E_v, h_W_m, h_W_v, h_b_m, h_b_v, z_W_m, z_W_v,
            z_b_m, z_b_v, learning_rate, beta1, beta2, epsilon
        )
        return float(loss)

    return step


def fit(
    params, state, x, t, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    N, x, t = _data(x, t)
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


def _workspace(N):
    """Return buffers and gradients that the steps of this thread share."""
    store = _LOCAL.__dict__.setdefault("store", {})
    work = store.get((N,))
    if work is None:
        if len(store) >= 4:
            store.clear()
        work = store[(N,)] = (_buffers(N), _gradients())
    return work


def _predict(work, N, x, c, e_E, h_W, h_b, z_W, z_b):
    """Return the outputs."""
    flatten = work[0]
    h_z = work[1]
    z = work[2]
    logits = work[3]
    # flatten[n,i1 + 24 * i0] = e_E[x[n,i0],i1]
    np.copyto(flatten.reshape(N, 8, 24), e_E[x])
    # h_z[n,j] = sum[i](flatten[n,i] * h_W[i,j]) + h_b[j]
    np.dot(flatten, h_W, out=h_z)
    h_z += h_b
    # h[n,j] = tanh(h_z[n,j])
    h = np.tanh(h_z, out=h_z)
    # z[n,j] = sum[i](h[n,i] * z_W[i,j]) + z_b[j]
    np.dot(h, z_W, out=z)
    z += z_b
    # logits[n,k] = sum[d](z[n,d] * e_E[k,d]) + c[k]
    np.dot(z, e_E.T, out=logits)
    logits += c
    return logits,


def _forward(work, N, x, t, c, e_E, h_W, h_b, z_W, z_b):
    """Return the loss, and the values that the gradients need."""
    flatten = work[0]
    h_z = work[1]
    z = work[2]
    logits = work[3]
    loss_Z_max = work[4]
    v1 = work[5]
    s1 = work[6]
    # flatten[n,i1 + 24 * i0] = e_E[x[n,i0],i1]
    np.copyto(flatten.reshape(N, 8, 24), e_E[x])
    # h_z[n,j] = sum[i](flatten[n,i] * h_W[i,j]) + h_b[j]
    np.dot(flatten, h_W, out=h_z)
    h_z += h_b
    # h[n,j] = tanh(h_z[n,j])
    h = np.tanh(h_z, out=h_z)
    # z[n,j] = sum[i](h[n,i] * z_W[i,j]) + z_b[j]
    np.dot(h, z_W, out=z)
    z += z_b
    # logits[n,k] = sum[d](z[n,d] * e_E[k,d]) + c[k]
    np.dot(z, e_E.T, out=logits)
    logits += c
    # loss_Z_max[n] = max[j](logits[n,j])
    np.maximum.reduce(logits, axis=1, out=loss_Z_max)
    # logits_shifted[n,j] = logits[n,j] - loss_Z_max[n]
    logits_shifted = np.subtract(logits, loss_Z_max[:, None], out=logits)
    # v1[n,j] = exp(logits_shifted[n,j])
    np.exp(logits_shifted, out=v1)
    # loss_Z_shifted[n] = sum[j](v1[n,j])
    loss_Z_shifted = np.add.reduce(v1, axis=1, out=loss_Z_max)
    # loss_sum = sum[n](log(loss_Z_shifted[n]) - logits_shifted[n,t[n]])
    np.log(loss_Z_shifted, out=s1)
    s1 -= logits_shifted[np.arange(N), t]
    loss_sum = np.add.reduce(s1, axis=None)
    # loss = loss_sum / N
    loss = loss_sum / N
    return loss, flatten, h, z, loss_Z_shifted, v1


def _backward(
    work, N, x, t, e_E, h_W, z_W, flatten, h, z, loss_Z_shifted, v1, dc, de_E, dh_W, dh_b, dz_W,
    dz_b
):
    """Compute the gradients into the arrays at the end."""
    logits = work[3]
    dz = work[7]
    dh = work[8]
    s2 = work[9]
    dflatten = work[10]
    # dlogits_terms[n,j] = v1[n,j] / loss_Z_shifted[n]  (of loss_Z)
    # dlogits_terms[n,t[n]] += -1
    dlogits_terms = np.divide(v1, loss_Z_shifted[:, None], out=logits)
    dlogits_terms[np.arange(N), t] += -1
    # dlogits[n,j] = dlogits_terms[n,j] / N  (of loss_Z)
    dlogits = np.multiply(1 / N, dlogits_terms, out=dlogits_terms)
    # dc[k] = sum[n](dlogits[n,k])  (of logits)
    np.add.reduce(dlogits, axis=0, out=dc)
    # dz[n,d] = sum[k](dlogits[n,k] * e_E[k,d])  (of logits)
    np.dot(dlogits, e_E, out=dz)
    # dz_b[j] = sum[n](dz[n,j])  (of z)
    np.add.reduce(dz, axis=0, out=dz_b)
    # dh[n,i] = sum[j](dz[n,j] * z_W[i,j])  (of z)
    np.dot(dz, z_W.T, out=dh)
    # dz_W[i,j] = sum[n](h[n,i] * dz[n,j])  (of z)
    np.dot(h.T, dz, out=dz_W)
    # dh_z[n,j] = (1 - h[n,j]**2) * dh[n,j]  (of h)
    np.multiply(h, h, out=s2)
    np.subtract(_ONE, s2, out=s2)
    dh_z = np.multiply(s2, dh, out=dh)
    # dh_b[j] = sum[n](dh_z[n,j])  (of h_z)
    np.add.reduce(dh_z, axis=0, out=dh_b)
    # dflatten[n,i] = sum[j](dh_z[n,j] * h_W[i,j])  (of h_z)
    np.dot(dh_z, h_W.T, out=dflatten)
    # dh_W[i,j] = sum[n](flatten[n,i] * dh_z[n,j])  (of h_z)
    np.dot(flatten.T, dh_z, out=dh_W)
    # de_E[k,d] = sum[n](dlogits[n,k] * z[n,d])  (of logits)
    # de_E[x[n,k],d] += dflatten[n,d + 24 * k]
    np.dot(dlogits.T, z, out=de_E)
    np.add.at(de_E, (x.T,), dflatten.reshape(N, 8, 24).transpose(1, 0, 2))


def _update(
    work, N, c, e_E, h_W, h_b, z_W, z_b, dc, de_E, dh_W, dh_b, dz_W, dz_b, step_, c_m, c_v, e_E_m,
    e_E_v, h_W_m, h_W_v, h_b_m, h_b_v, z_W_m, z_W_v, z_b_m, z_b_v, learning_rate, beta1, beta2,
    epsilon
):
    """Update parameters and state in place; the gradients are used up."""
    s3 = work[11]
    s4 = work[12]
    s5 = work[13]
    s6 = work[14]
    s7 = work[15]
    s8 = work[16]
    s9 = work[17]
    s10 = work[18]
    s11 = work[19]
    s12 = work[20]
    s13 = work[21]
    s14 = work[22]
    # step_next = step + 1
    step_next = step_ + 1
    # v1 = 1 - beta1
    v1 = 1 - beta1
    # c_m_next[j] = c_m[j] * beta1 + dc[j] * v1
    np.multiply(beta1, c_m, out=s3)
    np.multiply(v1, dc, out=s4)
    np.add(s3, s4, out=c_m)
    # v2 = 1 - beta2
    v2 = 1 - beta2
    # c_v_next[j] = dc[j]**2 * v2 + c_v[j] * beta2
    np.multiply(v2, dc, out=s4)
    s4 *= dc
    np.multiply(beta2, c_v, out=dc)
    np.add(s4, dc, out=c_v)
    # v3 = 1 / (1 - beta1**step_next)
    v3 = 1 / (1 - beta1**step_next)
    # v4 = 1 / (1 - beta2**step_next)
    v4 = 1 / (1 - beta2**step_next)
    # c_next[j] = c[j] - c_m_next[j] * learning_rate * v3 / (sqrt(c_v_next[j] * v4) + epsilon)
    np.multiply(v4, c_v, out=dc)
    np.sqrt(dc, out=dc)
    dc += epsilon
    np.multiply(learning_rate * v3, c_m, out=s4)
    s4 /= dc
    c -= s4
    # e_E_m_next[i,j] = e_E_m[i,j] * beta1 + de_E[i,j] * v1
    np.multiply(beta1, e_E_m, out=s5)
    np.multiply(v1, de_E, out=s6)
    np.add(s5, s6, out=e_E_m)
    # e_E_v_next[i,j] = de_E[i,j]**2 * v2 + e_E_v[i,j] * beta2
    np.multiply(v2, de_E, out=s6)
    s6 *= de_E
    np.multiply(beta2, e_E_v, out=de_E)
    np.add(s6, de_E, out=e_E_v)
    # e_E_next[i,j] = e_E[i,j] - e_E_m_next[i,j] * learning_rate * v3 / (sqrt(e_E_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, e_E_v, out=de_E)
    np.sqrt(de_E, out=de_E)
    de_E += epsilon
    np.multiply(learning_rate * v3, e_E_m, out=s6)
    s6 /= de_E
    e_E -= s6
    # h_W_m_next[i,j] = h_W_m[i,j] * beta1 + dh_W[i,j] * v1
    np.multiply(beta1, h_W_m, out=s7)
    np.multiply(v1, dh_W, out=s8)
    np.add(s7, s8, out=h_W_m)
    # h_W_v_next[i,j] = dh_W[i,j]**2 * v2 + h_W_v[i,j] * beta2
    np.multiply(v2, dh_W, out=s8)
    s8 *= dh_W
    np.multiply(beta2, h_W_v, out=dh_W)
    np.add(s8, dh_W, out=h_W_v)
    # h_W_next[i,j] = h_W[i,j] - h_W_m_next[i,j] * learning_rate * v3 / (sqrt(h_W_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, h_W_v, out=dh_W)
    np.sqrt(dh_W, out=dh_W)
    dh_W += epsilon
    np.multiply(learning_rate * v3, h_W_m, out=s8)
    s8 /= dh_W
    h_W -= s8
    # h_b_m_next[j] = h_b_m[j] * beta1 + dh_b[j] * v1
    np.multiply(beta1, h_b_m, out=s9)
    np.multiply(v1, dh_b, out=s10)
    np.add(s9, s10, out=h_b_m)
    # h_b_v_next[j] = dh_b[j]**2 * v2 + h_b_v[j] * beta2
    np.multiply(v2, dh_b, out=s10)
    s10 *= dh_b
    np.multiply(beta2, h_b_v, out=dh_b)
    np.add(s10, dh_b, out=h_b_v)
    # h_b_next[j] = h_b[j] - h_b_m_next[j] * learning_rate * v3 / (sqrt(h_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, h_b_v, out=dh_b)
    np.sqrt(dh_b, out=dh_b)
    dh_b += epsilon
    np.multiply(learning_rate * v3, h_b_m, out=s10)
    s10 /= dh_b
    h_b -= s10
    # z_W_m_next[i,j] = z_W_m[i,j] * beta1 + dz_W[i,j] * v1
    np.multiply(beta1, z_W_m, out=s11)
    np.multiply(v1, dz_W, out=s12)
    np.add(s11, s12, out=z_W_m)
    # z_W_v_next[i,j] = dz_W[i,j]**2 * v2 + z_W_v[i,j] * beta2
    np.multiply(v2, dz_W, out=s12)
    s12 *= dz_W
    np.multiply(beta2, z_W_v, out=dz_W)
    np.add(s12, dz_W, out=z_W_v)
    # z_W_next[i,j] = z_W[i,j] - z_W_m_next[i,j] * learning_rate * v3 / (sqrt(z_W_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, z_W_v, out=dz_W)
    np.sqrt(dz_W, out=dz_W)
    dz_W += epsilon
    np.multiply(learning_rate * v3, z_W_m, out=s12)
    s12 /= dz_W
    z_W -= s12
    # z_b_m_next[j] = z_b_m[j] * beta1 + dz_b[j] * v1
    np.multiply(beta1, z_b_m, out=s13)
    np.multiply(v1, dz_b, out=s14)
    np.add(s13, s14, out=z_b_m)
    # z_b_v_next[j] = dz_b[j]**2 * v2 + z_b_v[j] * beta2
    np.multiply(v2, dz_b, out=s14)
    s14 *= dz_b
    np.multiply(beta2, z_b_v, out=dz_b)
    np.add(s14, dz_b, out=z_b_v)
    # z_b_next[j] = z_b[j] - z_b_m_next[j] * learning_rate * v3 / (sqrt(z_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, z_b_v, out=dz_b)
    np.sqrt(dz_b, out=dz_b)
    dz_b += epsilon
    np.multiply(learning_rate * v3, z_b_m, out=s14)
    s14 /= dz_b
    z_b -= s14
    step_[()] = step_next


def _buffers(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 192), dtype=_DTYPE),  # flatten
        np.empty((N, 64), dtype=_DTYPE),  # h_z
        np.empty((N, 24), dtype=_DTYPE),  # z
        np.empty((N, 76), dtype=_DTYPE),  # logits
        np.empty((N,), dtype=_DTYPE),  # loss_Z_max
        np.empty((N, 76), dtype=_DTYPE),  # v1
        np.empty((N,), dtype=_DTYPE),  # s1
        np.empty((N, 24), dtype=_DTYPE),  # dz
        np.empty((N, 64), dtype=_DTYPE),  # dh
        np.empty((N, 64), dtype=_DTYPE),  # s2
        np.empty((N, 192), dtype=_DTYPE),  # dflatten
        np.empty((76,), dtype=_DTYPE),  # s3
        np.empty((76,), dtype=_DTYPE),  # s4
        np.empty((76, 24), dtype=_DTYPE),  # s5
        np.empty((76, 24), dtype=_DTYPE),  # s6
        np.empty((192, 64), dtype=_DTYPE),  # s7
        np.empty((192, 64), dtype=_DTYPE),  # s8
        np.empty((64,), dtype=_DTYPE),  # s9
        np.empty((64,), dtype=_DTYPE),  # s10
        np.empty((64, 24), dtype=_DTYPE),  # s11
        np.empty((64, 24), dtype=_DTYPE),  # s12
        np.empty((24,), dtype=_DTYPE),  # s13
        np.empty((24,), dtype=_DTYPE),  # s14
    )


def _buffers_of_predict(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 192), dtype=_DTYPE),  # flatten
        np.empty((N, 64), dtype=_DTYPE),  # h_z
        np.empty((N, 24), dtype=_DTYPE),  # z
        np.empty((N, 76), dtype=_DTYPE),  # logits
    )


def _parameters(params):
    arrays = _arrays(params, PARAMETERS)
    if arrays is None:
        _refuse_parameters(params)
    return arrays


def _inputs(x):
    x = _convert("x", x)
    if x.ndim != 2 or not x.shape[0] or x.shape[1] != 8:
        _refuse({"x": x})
    N = x.shape[0]
    return (N, x)


def _data(x, t):
    x = _convert("x", x)
    t = _convert("t", t)
    if x.ndim != 2 or t.ndim != 1 or not x.shape[0] or x.shape[1] != 8 or t.shape[0] != x.shape[0]:
        _refuse({"x": x, "t": t})
    N = x.shape[0]
    return (N, x, t)


def _state(state):
    arrays = _arrays(state, _STATE)
    if arrays is None:
        raise TypeError("state must be what init_state(params) returns")
    return arrays


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
