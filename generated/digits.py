"""digits: forward pass, gradients and training step in NumPy (float64).

    input x[N,64]
    label t[N] in 10
    param h_W[64,32]
    param h_b[32]
    param logits_W[32,10]
    param logits_b[10]
    h_z[n,j] = sum[i](x[n,i] * h_W[i,j])
    h_z[n,j] += h_b[j]
    h[n,j] = relu(h_z[n,j])
    logits[n,j] = sum[i](h[n,i] * logits_W[i,j])
    logits[n,j] += logits_b[j]
    output_Z[n] = sum[j](exp(logits[n,j]))
    output[n,j] = exp(logits[n,j]) / output_Z[n]
    loss_Z[n] = sum[j](exp(logits[n,j]))
    loss_sum = sum[n](log(loss_Z[n]) - logits[n,t[n]])
    loss = loss_sum / N

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from digits.bp (network 7a816f8e5d602fc2):
    symbp build digits.bp --target numpy --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import threading

import numpy as np

NAME = "digits"
TARGET = "numpy"
DTYPE = "float64"
NETWORK = "7a816f8e5d602fc2"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "h_W": (64, 32),
    "h_b": (32,),
    "logits_W": (32, 10),
    "logits_b": (10,),
}
INPUTS = {  # name -> role, shape, number of classes
    "x": ("input", ("N", 64), None),
    "t": ("label", ("N",), 10),
}
OUTPUTS = {  # name -> shape
    "output": ("N", 10),
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
    "h_W_m": (64, 32),
    "h_W_v": (64, 32),
    "h_b_m": (32,),
    "h_b_v": (32,),
    "logits_W_m": (32, 10),
    "logits_W_v": (32, 10),
    "logits_b_m": (10,),
    "logits_b_v": (10,),
}


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "h_W": np.asarray(rng.uniform(-0.25, 0.25, (64, 32)), dtype=_DTYPE),
        "h_b": np.zeros((32,), dtype=_DTYPE),
        "logits_W": np.asarray(
            rng.uniform(-0.3779644730092272, 0.3779644730092272, (32, 10)), dtype=_DTYPE
        ),
        "logits_b": np.zeros((10,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return output (N, 10) for x (N, 64)."""
    h_W, h_b, logits_W, logits_b = _parameters(params)
    N, x = _inputs(x)
    if check_finite:
        _finite({**params, "x": x})
    outputs = _predict(_buffers_of_predict(N), N, x, h_W, h_b, logits_W, logits_b)
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, t, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 64), t (N,)
    """
    h_W, h_b, logits_W, logits_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite({**params, "x": x})
    work = _buffers(N)
    loss, h, output_Z_shifted, v1 = _forward(work, N, x, t, h_W, h_b, logits_W, logits_b)
    return float(loss), {"x": x, "t": t, "h": h, "output_Z_shifted": output_Z_shifted, "v1": v1}


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    _, _, logits_W, _ = _parameters(params)
    x = tape["x"]
    t = tape["t"]
    h = tape["h"]
    output_Z_shifted = tape["output_Z_shifted"]
    v1 = tape["v1"]
    N = x.shape[0]
    work = _buffers(N)
    grads = _gradients()
    _backward(work, N, x, t, logits_W, h, output_Z_shifted, v1, *grads)
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, t, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    h_W, h_b, logits_W, logits_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite({**params, "x": x})
    work = _buffers(N)
    grads = _gradients()
    loss, h, output_Z_shifted, v1 = _forward(work, N, x, t, h_W, h_b, logits_W, logits_b)
    _backward(work, N, x, t, logits_W, h, output_Z_shifted, v1, *grads)
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {
        "step": np.zeros((), dtype=_DTYPE),
        "h_W_m": np.zeros((64, 32), dtype=_DTYPE),
        "h_W_v": np.zeros((64, 32), dtype=_DTYPE),
        "h_b_m": np.zeros((32,), dtype=_DTYPE),
        "h_b_v": np.zeros((32,), dtype=_DTYPE),
        "logits_W_m": np.zeros((32, 10), dtype=_DTYPE),
        "logits_W_v": np.zeros((32, 10), dtype=_DTYPE),
        "logits_b_m": np.zeros((10,), dtype=_DTYPE),
        "logits_b_v": np.zeros((10,), dtype=_DTYPE),
    }


def train_step(
    params, state, x, t, *, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    h_W, h_b, logits_W, logits_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite({**params, "x": x})
    step_, h_W_m, h_W_v, h_b_m, h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v = _state(
        state
    )
    if (
        not (h_W.flags.writeable and h_b.flags.writeable and logits_W.flags.writeable and
        logits_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _workspace(N)
    loss, h, output_Z_shifted, v1 = _forward(work, N, x, t, h_W, h_b, logits_W, logits_b)
    _backward(work, N, x, t, logits_W, h, output_Z_shifted, v1, *grads)
    _update(
        work, N, h_W, h_b, logits_W, logits_b, grads[0], grads[1], grads[2], grads[3], step_, h_W_m,
        h_W_v, h_b_m, h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v, learning_rate, beta1,
        beta2, epsilon
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
    h_W, h_b, logits_W, logits_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite({**params, "x": x})
    step_, h_W_m, h_W_v, h_b_m, h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v = _state(
        state
    )
    if (
        not (h_W.flags.writeable and h_b.flags.writeable and logits_W.flags.writeable and
        logits_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _buffers(N), _gradients()

    def step():
        loss, h, output_Z_shifted, v1 = _forward(work, N, x, t, h_W, h_b, logits_W, logits_b)
        _backward(work, N, x, t, logits_W, h, output_Z_shifted, v1, *grads)
        _update(
            work, N, h_W, h_b, logits_W, logits_b, grads[0], grads[1], grads[2], grads[3], step_,
            h_W_m, h_W_v, h_b_m, h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v,
            learning_rate, beta1, beta2, epsilon
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
        _finite({**params, "x": x})
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


def _predict(work, N, x, h_W, h_b, logits_W, logits_b):
    """Return the outputs."""
    h_z = work[0]
    logits = work[1]
    output_Z_max = work[2]
    # h_z[n,j] = sum[i](x[n,i] * h_W[i,j]) + h_b[j]
    np.dot(x, h_W, out=h_z)
    h_z += h_b
    # h[n,j] = relu(h_z[n,j])
    h = np.maximum(h_z, 0.0, out=h_z)
    # logits[n,j] = sum[i](h[n,i] * logits_W[i,j]) + logits_b[j]
    np.dot(h, logits_W, out=logits)
    logits += logits_b
    # output_Z_max[n] = max[j](logits[n,j])
    np.maximum.reduce(logits, axis=1, out=output_Z_max)
    # logits_shifted[n,j] = logits[n,j] - output_Z_max[n]
    logits_shifted = np.subtract(logits, output_Z_max[:, None], out=logits)
    # v1[n,j] = exp(logits_shifted[n,j])
    v1 = np.exp(logits_shifted, out=logits_shifted)
    # output_Z_shifted[n] = sum[j](v1[n,j])
    output_Z_shifted = np.add.reduce(v1, axis=1, out=output_Z_max)
    # output[n,j] = v1[n,j] / output_Z_shifted[n]
    output = np.divide(v1, output_Z_shifted[:, None], out=v1)
    return output,


def _forward(work, N, x, t, h_W, h_b, logits_W, logits_b):
    """Return the loss, and the values that the gradients need."""
    h_z = work[0]
    logits = work[1]
    output_Z_max = work[2]
    v1 = work[3]
    s1 = work[4]
    # h_z[n,j] = sum[i](x[n,i] * h_W[i,j]) + h_b[j]
    np.dot(x, h_W, out=h_z)
    h_z += h_b
    # h[n,j] = relu(h_z[n,j])
    h = np.maximum(h_z, 0.0, out=h_z)
    # logits[n,j] = sum[i](h[n,i] * logits_W[i,j]) + logits_b[j]
    np.dot(h, logits_W, out=logits)
    logits += logits_b
    # output_Z_max[n] = max[j](logits[n,j])
    np.maximum.reduce(logits, axis=1, out=output_Z_max)
    # logits_shifted[n,j] = logits[n,j] - output_Z_max[n]
    logits_shifted = np.subtract(logits, output_Z_max[:, None], out=logits)
    # v1[n,j] = exp(logits_shifted[n,j])
    np.exp(logits_shifted, out=v1)
    # output_Z_shifted[n] = sum[j](v1[n,j])
    output_Z_shifted = np.add.reduce(v1, axis=1, out=output_Z_max)
    # loss_sum = sum[n](log(output_Z_shifted[n]) - logits_shifted[n,t[n]])
    np.log(output_Z_shifted, out=s1)
    s1 -= logits_shifted[np.arange(N), t]
    loss_sum = np.add.reduce(s1, axis=None)
    # loss = loss_sum / N
    loss = loss_sum / N
    return loss, h, output_Z_shifted, v1


def _backward(work, N, x, t, logits_W, h, output_Z_shifted, v1, dh_W, dh_b, dlogits_W, dlogits_b):
    """Compute the gradients into the arrays at the end."""
    logits = work[1]
    dh = work[5]
    # dlogits_terms[n,j] = v1[n,j] / output_Z_shifted[n]  (of loss_Z)
    # dlogits_terms[n,t[n]] += -1
    dlogits_terms = np.divide(v1, output_Z_shifted[:, None], out=logits)
    dlogits_terms[np.arange(N), t] += -1
    # dlogits[n,j] = dlogits_terms[n,j] / N  (of loss_Z)
    dlogits = np.multiply(1 / N, dlogits_terms, out=dlogits_terms)
    # dlogits_b[j] = sum[n](dlogits[n,j])  (of logits)
    np.add.reduce(dlogits, axis=0, out=dlogits_b)
    # dh[n,i] = sum[j](dlogits[n,j] * logits_W[i,j])  (of logits)
    np.dot(dlogits, logits_W.T, out=dh)
    # dlogits_W[i,j] = sum[n](h[n,i] * dlogits[n,j])  (of logits)
    np.dot(h.T, dlogits, out=dlogits_W)
    # dh_z[n,j] = where(h[n,j] > 0, dh[n,j], 0)  (of h)
    dh_z = np.multiply(dh, h > 0, out=dh)
    # dh_b[j] = sum[n](dh_z[n,j])  (of h_z)
    np.add.reduce(dh_z, axis=0, out=dh_b)
    # dh_W[i,j] = sum[n](x[n,i] * dh_z[n,j])  (of h_z)
    np.dot(x.T, dh_z, out=dh_W)


def _update(
    work, N, h_W, h_b, logits_W, logits_b, dh_W, dh_b, dlogits_W, dlogits_b, step_, h_W_m, h_W_v,
    h_b_m, h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v, learning_rate, beta1, beta2,
    epsilon
):
    """Update parameters and state in place; the gradients are used up."""
    s2 = work[6]
    s3 = work[7]
    s4 = work[8]
    s5 = work[9]
    s6 = work[10]
    s7 = work[11]
    s8 = work[12]
    s9 = work[13]
    # step_next = step + 1
    step_next = step_ + 1
    # v1 = 1 - beta1
    v1 = 1 - beta1
    # h_W_m_next[i,j] = h_W_m[i,j] * beta1 + dh_W[i,j] * v1
    np.multiply(beta1, h_W_m, out=s2)
    np.multiply(v1, dh_W, out=s3)
    np.add(s2, s3, out=h_W_m)
    # v2 = 1 - beta2
    v2 = 1 - beta2
    # h_W_v_next[i,j] = dh_W[i,j]**2 * v2 + h_W_v[i,j] * beta2
    np.multiply(v2, dh_W, out=s3)
    s3 *= dh_W
    np.multiply(beta2, h_W_v, out=dh_W)
    np.add(s3, dh_W, out=h_W_v)
    # v3 = 1 / (1 - beta1**step_next)
    v3 = 1 / (1 - beta1**step_next)
    # v4 = 1 / (1 - beta2**step_next)
    v4 = 1 / (1 - beta2**step_next)
    # h_W_next[i,j] = h_W[i,j] - h_W_m_next[i,j] * learning_rate * v3 / (sqrt(h_W_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, h_W_v, out=dh_W)
    np.sqrt(dh_W, out=dh_W)
    dh_W += epsilon
    np.multiply(learning_rate * v3, h_W_m, out=s3)
    s3 /= dh_W
    h_W -= s3
    # h_b_m_next[j] = h_b_m[j] * beta1 + dh_b[j] * v1
    np.multiply(beta1, h_b_m, out=s4)
    np.multiply(v1, dh_b, out=s5)
    np.add(s4, s5, out=h_b_m)
    # h_b_v_next[j] = dh_b[j]**2 * v2 + h_b_v[j] * beta2
    np.multiply(v2, dh_b, out=s5)
    s5 *= dh_b
    np.multiply(beta2, h_b_v, out=dh_b)
    np.add(s5, dh_b, out=h_b_v)
    # h_b_next[j] = h_b[j] - h_b_m_next[j] * learning_rate * v3 / (sqrt(h_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, h_b_v, out=dh_b)
    np.sqrt(dh_b, out=dh_b)
    dh_b += epsilon
    np.multiply(learning_rate * v3, h_b_m, out=s5)
    s5 /= dh_b
    h_b -= s5
    # logits_W_m_next[i,j] = logits_W_m[i,j] * beta1 + dlogits_W[i,j] * v1
    np.multiply(beta1, logits_W_m, out=s6)
    np.multiply(v1, dlogits_W, out=s7)
    np.add(s6, s7, out=logits_W_m)
    # logits_W_v_next[i,j] = dlogits_W[i,j]**2 * v2 + logits_W_v[i,j] * beta2
    np.multiply(v2, dlogits_W, out=s7)
    s7 *= dlogits_W
    np.multiply(beta2, logits_W_v, out=dlogits_W)
    np.add(s7, dlogits_W, out=logits_W_v)
    # logits_W_next[i,j] = logits_W[i,j] - logits_W_m_next[i,j] * learning_rate * v3 /
    #     (sqrt(logits_W_v_next[i,j] * v4) + epsilon)
    np.multiply(v4, logits_W_v, out=dlogits_W)
    np.sqrt(dlogits_W, out=dlogits_W)
    dlogits_W += epsilon
    np.multiply(learning_rate * v3, logits_W_m, out=s7)
    s7 /= dlogits_W
    logits_W -= s7
    # logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1
    np.multiply(beta1, logits_b_m, out=s8)
    np.multiply(v1, dlogits_b, out=s9)
    np.add(s8, s9, out=logits_b_m)
    # logits_b_v_next[j] = dlogits_b[j]**2 * v2 + logits_b_v[j] * beta2
    np.multiply(v2, dlogits_b, out=s9)
    s9 *= dlogits_b
    np.multiply(beta2, logits_b_v, out=dlogits_b)
    np.add(s9, dlogits_b, out=logits_b_v)
    # logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3 /
    #     (sqrt(logits_b_v_next[j] * v4) + epsilon)
    np.multiply(v4, logits_b_v, out=dlogits_b)
    np.sqrt(dlogits_b, out=dlogits_b)
    dlogits_b += epsilon
    np.multiply(learning_rate * v3, logits_b_m, out=s9)
    s9 /= dlogits_b
    logits_b -= s9
    step_[()] = step_next


def _buffers(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 32), dtype=_DTYPE),  # h_z
        np.empty((N, 10), dtype=_DTYPE),  # logits
        np.empty((N,), dtype=_DTYPE),  # output_Z_max
        np.empty((N, 10), dtype=_DTYPE),  # v1
        np.empty((N,), dtype=_DTYPE),  # s1
        np.empty((N, 32), dtype=_DTYPE),  # dh
        np.empty((64, 32), dtype=_DTYPE),  # s2
        np.empty((64, 32), dtype=_DTYPE),  # s3
        np.empty((32,), dtype=_DTYPE),  # s4
        np.empty((32,), dtype=_DTYPE),  # s5
        np.empty((32, 10), dtype=_DTYPE),  # s6
        np.empty((32, 10), dtype=_DTYPE),  # s7
        np.empty((10,), dtype=_DTYPE),  # s8
        np.empty((10,), dtype=_DTYPE),  # s9
    )


def _buffers_of_predict(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 32), dtype=_DTYPE),  # h_z
        np.empty((N, 10), dtype=_DTYPE),  # logits
        np.empty((N,), dtype=_DTYPE),  # output_Z_max
    )


def _parameters(params):
    arrays = _arrays(params, PARAMETERS)
    if arrays is None:
        _refuse_parameters(params)
    return arrays


def _inputs(x):
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if x.ndim != 2 or not x.shape[0] or x.shape[1] != 64:
        _refuse({"x": x})
    N = x.shape[0]
    return (N, x)


def _data(x, t):
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    t = _convert("t", t)
    if x.ndim != 2 or t.ndim != 1 or not x.shape[0] or x.shape[1] != 64 or t.shape[0] != x.shape[0]:
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
