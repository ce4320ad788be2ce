"""vae: forward pass, gradients and training step in NumPy (float64).

    input x[N,64]
    noise e_u[2,N,8]
    param a_W[64,128]
    param a_b[128]
    param mean_z_W[128,8]
    param mean_z_b[8]
    param log_v_W[128,8]
    param log_v_b[8]
    param b_W[8,128]
    param b_b[128]
    param logits_W[128,64]
    param logits_b[64]
    e[n,j] = sqrt(2) * sqrt(-log(1 - e_u[0,n,j])) * cos(2 * pi * e_u[1,n,j])
    a_z[n,j] = sum[i](x[n,i] * a_W[i,j])
    a_z[n,j] += a_b[j]
    a[n,j] = relu(a_z[n,j])
    mean_z[n,j] = sum[i](a[n,i] * mean_z_W[i,j])
    mean_z[n,j] += mean_z_b[j]
    log_v[n,j] = sum[i](a[n,i] * log_v_W[i,j])
    log_v[n,j] += log_v_b[j]
    z[n,j] = e[n,j] * exp(0.5 * log_v[n,j]) + mean_z[n,j]
    b_z[n,j] = sum[i](z[n,i] * b_W[i,j])
    b_z[n,j] += b_b[j]
    b[n,j] = relu(b_z[n,j])
    logits[n,j] = sum[i](b[n,i] * logits_W[i,j])
    logits[n,j] += logits_b[j]
    p[n,j] = sigmoid(logits[n,j])
    loss_sum = sum[n,j](softplus(logits[n,j]) - logits[n,j] * x[n,j])
    loss_sum_2 = sum[n,j](0.5 * (mean_z[n,j]**2 + exp(log_v[n,j]) - log_v[n,j] - 1))
    loss = loss_sum / N + loss_sum_2 / N

In a prediction:
    z[n,j] = mean_z[n,j]

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from vae.bp (network 05da02787e585dfa):
    symbp build vae.bp --target numpy --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import math
import threading

import numpy as np

NAME = "vae"
TARGET = "numpy"
DTYPE = "float64"
NETWORK = "05da02787e585dfa"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "a_W": (64, 128),
    "a_b": (128,),
    "mean_z_W": (128, 8),
    "mean_z_b": (8,),
    "log_v_W": (128, 8),
    "log_v_b": (8,),
    "b_W": (8, 128),
    "b_b": (128,),
    "logits_W": (128, 64),
    "logits_b": (64,),
}
INPUTS = {  # name -> role, shape, number of classes
    "x": ("input", ("N", 64), None),
}
OUTPUTS = {  # name -> shape
    "p": ("N", 64),
    "mean_z": ("N", 8),
}
HYPERPARAMETERS = {  # name -> default
    "learning_rate": 0.002,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-08,
}

_DTYPE = np.dtype(DTYPE)
_STATE = {  # name -> shape
    "t": (),
    "a_W_m": (64, 128),
    "a_W_v": (64, 128),
    "a_b_m": (128,),
    "a_b_v": (128,),
    "mean_z_W_m": (128, 8),
    "mean_z_W_v": (128, 8),
    "mean_z_b_m": (8,),
    "mean_z_b_v": (8,),
    "log_v_W_m": (128, 8),
    "log_v_W_v": (128, 8),
    "log_v_b_m": (8,),
    "log_v_b_v": (8,),
    "b_W_m": (8, 128),
    "b_W_v": (8, 128),
    "b_b_m": (128,),
    "b_b_v": (128,),
    "logits_W_m": (128, 64),
    "logits_W_v": (128, 64),
    "logits_b_m": (64,),
    "logits_b_v": (64,),
    "noise_seed": (),
    "noise_step": (),
}
_ONE = np.ones((), dtype=_DTYPE)


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "a_W": np.asarray(
            rng.uniform(-0.30618621784789724, 0.30618621784789724, (64, 128)), dtype=_DTYPE
        ),
        "a_b": np.zeros((128,), dtype=_DTYPE),
        "mean_z_W": np.asarray(
            rng.uniform(-0.21004201260420147, 0.21004201260420147, (128, 8)), dtype=_DTYPE
        ),
        "mean_z_b": np.zeros((8,), dtype=_DTYPE),
        "log_v_W": np.asarray(
            rng.uniform(-0.21004201260420147, 0.21004201260420147, (128, 8)), dtype=_DTYPE
        ),
        "log_v_b": np.zeros((8,), dtype=_DTYPE),
        "b_W": np.asarray(
            rng.uniform(-0.8660254037844386, 0.8660254037844386, (8, 128)), dtype=_DTYPE
        ),
        "b_b": np.zeros((128,), dtype=_DTYPE),
        "logits_W": np.asarray(
            rng.uniform(-0.1767766952966369, 0.1767766952966369, (128, 64)), dtype=_DTYPE
        ),
        "logits_b": np.zeros((64,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return p (N, 64), mean_z (N, 8) for x (N, 64)."""
    a_W, a_b, mean_z_W, mean_z_b, _, _, b_W, b_b, logits_W, logits_b = _parameters(params)
    N, x = _inputs(x)
    if check_finite:
        _finite({**params, "x": x})
    with np.errstate(over="ignore"):
        outputs = _predict(
            _buffers_of_predict(N), N, x, a_W, a_b, mean_z_W, mean_z_b, b_W, b_b, logits_W, logits_b
        )
    return (
        {"p": np.asarray(outputs[0], dtype=_DTYPE), "mean_z": np.asarray(outputs[1], dtype=_DTYPE)}
    )


def forward(params, x, *, noise_seed=0, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 64)
    """
    a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b = _parameters(
        params
    )
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    e_u = _noise((2, N, 8), noise_seed, 0, 0)
    work = _buffers(N)
    loss, e, a, mean_z, log_v, z, b, logits, v1 = _forward(
        work, N, x, e_u, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W,
        logits_b
    )
    return (
        float(loss), {"x": x, "e": e, "a": a, "mean_z": mean_z, "log_v": log_v, "z": z, "b": b,
        "logits": logits, "v1": v1}
    )


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    _, _, mean_z_W, _, log_v_W, _, b_W, _, logits_W, _ = _parameters(params)
    x = tape["x"]
    e = tape["e"]
    a = tape["a"]
    mean_z = tape["mean_z"]
    log_v = tape["log_v"]
    z = tape["z"]
    b = tape["b"]
    logits = tape["logits"]
    v1 = tape["v1"]
    N = x.shape[0]
    work = _buffers(N)
    grads = _gradients()
    with np.errstate(over="ignore"):
        _backward(
            work, N, x, mean_z_W, log_v_W, b_W, logits_W, e, a, mean_z, log_v, z, b, logits, v1,
            *grads
        )
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, *, noise_seed=0, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b = _parameters(
        params
    )
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    e_u = _noise((2, N, 8), noise_seed, 0, 0)
    work = _buffers(N)
    grads = _gradients()
    with np.errstate(over="ignore"):
        loss, e, a, mean_z, log_v, z, b, logits, v1 = _forward(
            work, N, x, e_u, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W,
            logits_b
        )
        _backward(
            work, N, x, mean_z_W, log_v_W, b_W, logits_W, e, a, mean_z, log_v, z, b, logits, v1,
            *grads
        )
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params, seed=0):
    """Return the state of the optimizer before the first step.

    The seed (modulo 16777216) tells which random numbers the steps draw.
    """
    _parameters(params)
    return {
        "t": np.zeros((), dtype=_DTYPE),
        "a_W_m": np.zeros((64, 128), dtype=_DTYPE),
        "a_W_v": np.zeros((64, 128), dtype=_DTYPE),
        "a_b_m": np.zeros((128,), dtype=_DTYPE),
        "a_b_v": np.zeros((128,), dtype=_DTYPE),
        "mean_z_W_m": np.zeros((128, 8), dtype=_DTYPE),
        "mean_z_W_v": np.zeros((128, 8), dtype=_DTYPE),
        "mean_z_b_m": np.zeros((8,), dtype=_DTYPE),
        "mean_z_b_v": np.zeros((8,), dtype=_DTYPE),
        "log_v_W_m": np.zeros((128, 8), dtype=_DTYPE),
        "log_v_W_v": np.zeros((128, 8), dtype=_DTYPE),
        "log_v_b_m": np.zeros((8,), dtype=_DTYPE),
        "log_v_b_v": np.zeros((8,), dtype=_DTYPE),
        "b_W_m": np.zeros((8, 128), dtype=_DTYPE),
        "b_W_v": np.zeros((8, 128), dtype=_DTYPE),
        "b_b_m": np.zeros((128,), dtype=_DTYPE),
        "b_b_v": np.zeros((128,), dtype=_DTYPE),
        "logits_W_m": np.zeros((128, 64), dtype=_DTYPE),
        "logits_W_v": np.zeros((128, 64), dtype=_DTYPE),
        "logits_b_m": np.zeros((64,), dtype=_DTYPE),
        "logits_b_v": np.zeros((64,), dtype=_DTYPE),
        "noise_seed": np.array(seed % 16777216, dtype=_DTYPE),
        "noise_step": np.zeros((), dtype=_DTYPE),
    }


def train_step(
    params, state, x, *, learning_rate=0.002, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b = _parameters(
        params
    )
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    (
        t, a_W_m, a_W_v, a_b_m, a_b_v, mean_z_W_m, mean_z_W_v, mean_z_b_m, mean_z_b_v, log_v_W_m,
        log_v_W_v, log_v_b_m, log_v_b_v, b_W_m, b_W_v, b_b_m, b_b_v, logits_W_m, logits_W_v,
        logits_b_m, logits_b_v, noise_seed, noise_step
    ) = _state(state)
    if (
        not (a_W.flags.writeable and a_b.flags.writeable and mean_z_W.flags.writeable and
        mean_z_b.flags.writeable and log_v_W.flags.writeable and log_v_b.flags.writeable and
        b_W.flags.writeable and b_b.flags.writeable and logits_W.flags.writeable and
        logits_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _workspace(N)
    with np.errstate(over="ignore"):
        e_u = _noise((2, N, 8), noise_seed, noise_step, 0)
        loss, e, a, mean_z, log_v, z, b, logits, v1 = _forward(
            work, N, x, e_u, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W,
            logits_b
        )
        _backward(
            work, N, x, mean_z_W, log_v_W, b_W, logits_W, e, a, mean_z, log_v, z, b, logits, v1,
            *grads
        )
        _update(
            work, N, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b,
            grads[0], grads[1], grads[2], grads[3], grads[4], grads[5], grads[6], grads[7],
            grads[8], grads[9], t, a_W_m, a_W_v, a_b_m, a_b_v, mean_z_W_m, mean_z_W_v, mean_z_b_m,
            mean_z_b_v, log_v_W_m, log_v_W_v, log_v_b_m, log_v_b_v, b_W_m, b_W_v, b_b_m, b_b_v,
            logits_W_m, logits_W_v, logits_b_m, logits_b_v, noise_step, learning_rate, beta1, beta2,
            epsilon
        )
    return float(loss)


def bind(
    params, state, x, *, learning_rate=0.002, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b = _parameters(
        params
    )
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    (
        t, a_W_m, a_W_v, a_b_m, a_b_v, mean_z_W_m, mean_z_W_v, mean_z_b_m, mean_z_b_v, log_v_W_m,
        log_v_W_v, log_v_b_m, log_v_b_v, b_W_m, b_W_v, b_b_m, b_b_v, logits_W_m, logits_W_v,
        logits_b_m, logits_b_v, noise_seed, noise_step
    ) = _state(state)
    if (
        not (a_W.flags.writeable and a_b.flags.writeable and mean_z_W.flags.writeable and
        mean_z_b.flags.writeable and log_v_W.flags.writeable and log_v_b.flags.writeable and
        b_W.flags.writeable and b_b.flags.writeable and logits_W.flags.writeable and
        logits_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _buffers(N), _gradients()

    def step():
        with np.errstate(over="ignore"):
            e_u = _noise((2, N, 8), noise_seed, noise_step, 0)
            loss, e, a, mean_z, log_v, z, b, logits, v1 = _forward(
                work, N, x, e_u, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W,
                logits_b
            )
            _backward(
                work, N, x, mean_z_W, log_v_W, b_W, logits_W, e, a, mean_z, log_v, z, b, logits, v1,
                *grads
            )
            _update(
                work, N, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W,
                logits_b, grads[0], grads[1], grads[2], grads[3], grads[4], grads[5], grads[6],
                grads[7], grads[8], grads[9], t, a_W_m, a_W_v, a_b_m, a_b_v, mean_z_W_m, mean_z_W_v,
                mean_z_b_m, mean_z_b_v, log_v_W_m, log_v_W_v, log_v_b_m, log_v_b_v, b_W_m, b_W_v,
                b_b_m, b_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v, noise_step,
                learning_rate, beta1, beta2, epsilon
            )
        return float(loss)

    return step


def fit(
    params, state, x, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.002, beta1=0.9, beta2=0.999, epsilon=1e-08, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    N, x = _data(x)
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
                params, state, x[rows], learning_rate=learning_rate, beta1=beta1, beta2=beta2,
                epsilon=epsilon
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


def _predict(work, N, x, a_W, a_b, mean_z_W, mean_z_b, b_W, b_b, logits_W, logits_b):
    """Return the outputs."""
    a_z = work[0]
    mean_z = work[1]
    logits = work[2]
    # a_z[n,j] = sum[i](x[n,i] * a_W[i,j]) + a_b[j]
    np.dot(x, a_W, out=a_z)
    a_z += a_b
    # a[n,j] = relu(a_z[n,j])
    a = np.maximum(a_z, 0.0, out=a_z)
    # mean_z[n,j] = sum[i](a[n,i] * mean_z_W[i,j]) + mean_z_b[j]
    np.dot(a, mean_z_W, out=mean_z)
    mean_z += mean_z_b
    # b_z[n,j] = sum[i](mean_z[n,i] * b_W[i,j]) + b_b[j]
    b_z = np.dot(mean_z, b_W, out=a)
    b_z += b_b
    # b[n,j] = relu(b_z[n,j])
    b = np.maximum(b_z, 0.0, out=b_z)
    # logits[n,j] = sum[i](b[n,i] * logits_W[i,j]) + logits_b[j]
    np.dot(b, logits_W, out=logits)
    logits += logits_b
    # p[n,j] = sigmoid(logits[n,j])
    p = _sigmoid(logits, out=logits)
    return p, mean_z


def _forward(
    work, N, x, e_u, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b
):
    """Return the loss, and the values that the gradients need."""
    e = work[0]
    s1 = work[1]
    a_z = work[2]
    log_v = work[3]
    v1 = work[4]
    z = work[5]
    b_z = work[6]
    logits = work[7]
    s2 = work[8]
    s3 = work[9]
    s4 = work[10]
    s5 = work[11]
    # e[n,j] = sqrt(2) * sqrt(-log1p(-e_u[0,n,j])) * cos(2 * pi * e_u[1,n,j])
    np.negative(e_u[0], out=e)
    np.log1p(e, out=e)
    np.negative(e, out=e)
    np.sqrt(e, out=e)
    np.multiply(2 * np.pi, e_u[1], out=s1)
    np.cos(s1, out=s1)
    e *= np.sqrt(2)
    e *= s1
    # a_z[n,j] = sum[i](x[n,i] * a_W[i,j]) + a_b[j]
    np.dot(x, a_W, out=a_z)
    a_z += a_b
    # a[n,j] = relu(a_z[n,j])
    a = np.maximum(a_z, 0.0, out=a_z)
    # mean_z[n,j] = sum[i](a[n,i] * mean_z_W[i,j]) + mean_z_b[j]
    mean_z = np.dot(a, mean_z_W, out=s1)
    mean_z += mean_z_b
    # log_v[n,j] = sum[i](a[n,i] * log_v_W[i,j]) + log_v_b[j]
    np.dot(a, log_v_W, out=log_v)
    log_v += log_v_b
    # v1[n,j] = exp(0.5 * log_v[n,j])
    np.multiply(0.5, log_v, out=v1)
    np.exp(v1, out=v1)
    # z[n,j] = e[n,j] * v1[n,j] + mean_z[n,j]
    np.multiply(e, v1, out=z)
    z += mean_z
    # b_z[n,j] = sum[i](z[n,i] * b_W[i,j]) + b_b[j]
    np.dot(z, b_W, out=b_z)
    b_z += b_b
    # b[n,j] = relu(b_z[n,j])
    b = np.maximum(b_z, 0.0, out=b_z)
    # logits[n,j] = sum[i](b[n,i] * logits_W[i,j]) + logits_b[j]
    np.dot(b, logits_W, out=logits)
    logits += logits_b
    # loss_sum = sum[n,j](softplus(logits[n,j]) - logits[n,j] * x[n,j])
    _softplus(logits, out=s2)
    np.multiply(logits, x, out=s3)
    s2 -= s3
    loss_sum = np.add.reduce(s2, axis=None)
    # loss_sum_2 = sum[n,j](0.5 * (mean_z[n,j]**2 + exp(log_v[n,j]) - log_v[n,j] - 1))
    np.multiply(mean_z, mean_z, out=s4)
    s4 -= _ONE
    s4 -= log_v
    np.exp(log_v, out=s5)
    s4 += s5
    s4 *= 0.5
    loss_sum_2 = np.add.reduce(s4, axis=None)
    # loss = (loss_sum + loss_sum_2) / N
    loss = (loss_sum + loss_sum_2) / N
    return loss, e, a, mean_z, log_v, z, b, logits, v1


def _backward(
    work, N, x, mean_z_W, log_v_W, b_W, logits_W, e, a, mean_z, log_v, z, b, logits, v1, da_W, da_b,
    dmean_z_W, dmean_z_b, dlog_v_W, dlog_v_b, db_W, db_b, dlogits_W, dlogits_b
):
    """Compute the gradients into the arrays at the end."""
    s2 = work[8]
    s4 = work[10]
    s5 = work[11]
    db = work[12]
    s6 = work[13]
    s7 = work[14]
    # dlogits[n,j] = (sigmoid(logits[n,j]) - x[n,j]) / N  (of loss_sum)
    dlogits = _sigmoid(logits, out=s2)
    dlogits -= x
    dlogits *= 1 / N
    # dlogits_b[j] = sum[n](dlogits[n,j])  (of logits)
    np.add.reduce(dlogits, axis=0, out=dlogits_b)
    # db[n,i] = sum[j](dlogits[n,j] * logits_W[i,j])  (of logits)
    np.dot(dlogits, logits_W.T, out=db)
    # dlogits_W[i,j] = sum[n](b[n,i] * dlogits[n,j])  (of logits)
    np.dot(b.T, dlogits, out=dlogits_W)
    # db_z[n,j] = where(b[n,j] > 0, db[n,j], 0)  (of b)
    db_z = np.multiply(db, b > 0, out=db)
    # db_b[j] = sum[n](db_z[n,j])  (of b_z)
    np.add.reduce(db_z, axis=0, out=db_b)
    # db_W[i,j] = sum[n](z[n,i] * db_z[n,j])  (of b_z)
    np.dot(z.T, db_z, out=db_W)
    # dz[n,i] = sum[j](db_z[n,j] * b_W[i,j])  (of b_z)
    dz = np.dot(db_z, b_W.T, out=s4)
    # dlog_v[n,j] = 0.5 * (expm1(log_v[n,j]) / N + dz[n,j] * e[n,j] * v1[n,j])  (of loss_sum_2)
    dlog_v = np.expm1(log_v, out=s5)
    dlog_v *= 1 / N
    np.multiply(dz, e, out=s6)
    s6 *= v1
    dlog_v += s6
    dlog_v *= 0.5
    # dmean_z[n,j] = mean_z[n,j] / N + dz[n,j]  (of loss_sum_2)
    np.multiply(1 / N, mean_z, out=s6)
    dmean_z = np.add(dz, s6, out=dz)
    # dlog_v_b[j] = sum[n](dlog_v[n,j])  (of log_v)
    np.add.reduce(dlog_v, axis=0, out=dlog_v_b)
    # dlog_v_W[i,j] = sum[n](a[n,i] * dlog_v[n,j])  (of log_v)
    np.dot(a.T, dlog_v, out=dlog_v_W)
    # dmean_z_b[j] = sum[n](dmean_z[n,j])  (of mean_z)
    np.add.reduce(dmean_z, axis=0, out=dmean_z_b)
    # da[n,i] = sum[j](dlog_v[n,j] * log_v_W[i,j]) + sum[j](dmean_z[n,j] * mean_z_W[i,j])  (of
    #     log_v)
    da = np.dot(dlog_v, log_v_W.T, out=db_z)
    np.dot(dmean_z, mean_z_W.T, out=s7)
    da += s7
    # dmean_z_W[i,j] = sum[n](a[n,i] * dmean_z[n,j])  (of mean_z)
    np.dot(a.T, dmean_z, out=dmean_z_W)
    # da_z[n,j] = where(a[n,j] > 0, da[n,j], 0)  (of a)
    da_z = np.multiply(da, a > 0, out=da)
    # da_b[j] = sum[n](da_z[n,j])  (of a_z)
    np.add.reduce(da_z, axis=0, out=da_b)
    # da_W[i,j] = sum[n](x[n,i] * da_z[n,j])  (of a_z)
    np.dot(x.T, da_z, out=da_W)


def _update(
    work, N, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b, da_W,
    da_b, dmean_z_W, dmean_z_b, dlog_v_W, dlog_v_b, db_W, db_b, dlogits_W, dlogits_b, t, a_W_m,
    a_W_v, a_b_m, a_b_v, mean_z_W_m, mean_z_W_v, mean_z_b_m, mean_z_b_v, log_v_W_m, log_v_W_v,
    log_v_b_m, log_v_b_v, b_W_m, b_W_v, b_b_m, b_b_v, logits_W_m, logits_W_v, logits_b_m,
    logits_b_v, noise_step, learning_rate, beta1, beta2, epsilon
):
    """Update parameters and state in place; the gradients are used up."""
    s8 = work[15]
    s9 = work[16]
    s10 = work[17]
    s11 = work[18]
    s12 = work[19]
    s13 = work[20]
    s14 = work[21]
    s15 = work[22]
    s16 = work[23]
    s17 = work[24]
    s18 = work[25]
    s19 = work[26]
    s20 = work[27]
    s21 = work[28]
    # t_next = t + 1
    t_next = t + 1
    # v1 = 1 - beta1
    v1 = 1 - beta1
    # a_W_m_next[i,j] = a_W_m[i,j] * beta1 + da_W[i,j] * v1
    np.multiply(beta1, a_W_m, out=s8)
    np.multiply(v1, da_W, out=s9)
    np.add(s8, s9, out=a_W_m)
    # v2 = 1 - beta2
    v2 = 1 - beta2
    # a_W_v_next[i,j] = da_W[i,j]**2 * v2 + a_W_v[i,j] * beta2
    np.multiply(v2, da_W, out=s9)
    s9 *= da_W
    np.multiply(beta2, a_W_v, out=da_W)
    np.add(s9, da_W, out=a_W_v)
    # v3 = 1 / (1 - beta1**t_next)
    v3 = 1 / (1 - beta1**t_next)
    # v4 = 1 / (1 - beta2**t_next)
    v4 = 1 / (1 - beta2**t_next)
    # a_W_next[i,j] = a_W[i,j] - a_W_m_next[i,j] * learning_rate * v3 / (sqrt(a_W_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, a_W_v, out=da_W)
    np.sqrt(da_W, out=da_W)
    da_W += epsilon
    np.multiply(learning_rate * v3, a_W_m, out=s9)
    s9 /= da_W
    a_W -= s9
    # a_b_m_next[j] = a_b_m[j] * beta1 + da_b[j] * v1
    np.multiply(beta1, a_b_m, out=s10)
    np.multiply(v1, da_b, out=s11)
    np.add(s10, s11, out=a_b_m)
    # a_b_v_next[j] = da_b[j]**2 * v2 + a_b_v[j] * beta2
    np.multiply(v2, da_b, out=s11)
    s11 *= da_b
    np.multiply(beta2, a_b_v, out=da_b)
    np.add(s11, da_b, out=a_b_v)
    # a_b_next[j] = a_b[j] - a_b_m_next[j] * learning_rate * v3 / (sqrt(a_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, a_b_v, out=da_b)
    np.sqrt(da_b, out=da_b)
    da_b += epsilon
    np.multiply(learning_rate * v3, a_b_m, out=s11)
    s11 /= da_b
    a_b -= s11
    # mean_z_W_m_next[i,j] = mean_z_W_m[i,j] * beta1 + dmean_z_W[i,j] * v1
    np.multiply(beta1, mean_z_W_m, out=s12)
    np.multiply(v1, dmean_z_W, out=s13)
    np.add(s12, s13, out=mean_z_W_m)
    # mean_z_W_v_next[i,j] = dmean_z_W[i,j]**2 * v2 + mean_z_W_v[i,j] * beta2
    np.multiply(v2, dmean_z_W, out=s13)
    s13 *= dmean_z_W
    np.multiply(beta2, mean_z_W_v, out=dmean_z_W)
    np.add(s13, dmean_z_W, out=mean_z_W_v)
    # mean_z_W_next[i,j] = mean_z_W[i,j] - mean_z_W_m_next[i,j] * learning_rate * v3 /
    #     (sqrt(mean_z_W_v_next[i,j] * v4) + epsilon)
    np.multiply(v4, mean_z_W_v, out=dmean_z_W)
    np.sqrt(dmean_z_W, out=dmean_z_W)
    dmean_z_W += epsilon
    np.multiply(learning_rate * v3, mean_z_W_m, out=s13)
    s13 /= dmean_z_W
    mean_z_W -= s13
    # mean_z_b_m_next[j] = mean_z_b_m[j] * beta1 + dmean_z_b[j] * v1
    np.multiply(beta1, mean_z_b_m, out=s14)
    np.multiply(v1, dmean_z_b, out=s15)
    np.add(s14, s15, out=mean_z_b_m)
    # mean_z_b_v_next[j] = dmean_z_b[j]**2 * v2 + mean_z_b_v[j] * beta2
    np.multiply(v2, dmean_z_b, out=s15)
    s15 *= dmean_z_b
    np.multiply(beta2, mean_z_b_v, out=dmean_z_b)
    np.add(s15, dmean_z_b, out=mean_z_b_v)
    # mean_z_b_next[j] = mean_z_b[j] - mean_z_b_m_next[j] * learning_rate * v3 /
    #     (sqrt(mean_z_b_v_next[j] * v4) + epsilon)
    np.multiply(v4, mean_z_b_v, out=dmean_z_b)
    np.sqrt(dmean_z_b, out=dmean_z_b)
    dmean_z_b += epsilon
    np.multiply(learning_rate * v3, mean_z_b_m, out=s15)
    s15 /= dmean_z_b
    mean_z_b -= s15
    # log_v_W_m_next[i,j] = log_v_W_m[i,j] * beta1 + dlog_v_W[i,j] * v1
    np.multiply(beta1, log_v_W_m, out=s13)
    np.multiply(v1, dlog_v_W, out=dmean_z_W)
    np.add(s13, dmean_z_W, out=log_v_W_m)
    # log_v_W_v_next[i,j] = dlog_v_W[i,j]**2 * v2 + log_v_W_v[i,j] * beta2
    np.multiply(v2, dlog_v_W, out=dmean_z_W)
    dmean_z_W *= dlog_v_W
    np.multiply(beta2, log_v_W_v, out=dlog_v_W)
    np.add(dmean_z_W, dlog_v_W, out=log_v_W_v)
    # log_v_W_next[i,j] = log_v_W[i,j] - log_v_W_m_next[i,j] * learning_rate * v3 /
    #     (sqrt(log_v_W_v_next[i,j] * v4) + epsilon)
    np.multiply(v4, log_v_W_v, out=dlog_v_W)
    np.sqrt(dlog_v_W, out=dlog_v_W)
    dlog_v_W += epsilon
    np.multiply(learning_rate * v3, log_v_W_m, out=dmean_z_W)
    dmean_z_W /= dlog_v_W
    log_v_W -= dmean_z_W
    # log_v_b_m_next[j] = log_v_b_m[j] * beta1 + dlog_v_b[j] * v1
    np.multiply(beta1, log_v_b_m, out=s15)
    np.multiply(v1, dlog_v_b, out=dmean_z_b)
    np.add(s15, dmean_z_b, out=log_v_b_m)
    # log_v_b_v_next[j] = dlog_v_b[j]**2 * v2 + log_v_b_v[j] * beta2
    np.multiply(v2, dlog_v_b, out=dmean_z_b)
    dmean_z_b *= dlog_v_b
    np.multiply(beta2, log_v_b_v, out=dlog_v_b)
    np.add(dmean_z_b, dlog_v_b, out=log_v_b_v)
    # log_v_b_next[j] = log_v_b[j] - log_v_b_m_next[j] * learning_rate * v3 /
    #     (sqrt(log_v_b_v_next[j] * v4) + epsilon)
    np.multiply(v4, log_v_b_v, out=dlog_v_b)
    np.sqrt(dlog_v_b, out=dlog_v_b)
    dlog_v_b += epsilon
    np.multiply(learning_rate * v3, log_v_b_m, out=dmean_z_b)
    dmean_z_b /= dlog_v_b
    log_v_b -= dmean_z_b
    # b_W_m_next[i,j] = b_W_m[i,j] * beta1 + db_W[i,j] * v1
    np.multiply(beta1, b_W_m, out=s16)
    np.multiply(v1, db_W, out=s17)
    np.add(s16, s17, out=b_W_m)
    # b_W_v_next[i,j] = db_W[i,j]**2 * v2 + b_W_v[i,j] * beta2
    np.multiply(v2, db_W, out=s17)
    s17 *= db_W
    np.multiply(beta2, b_W_v, out=db_W)
    np.add(s17, db_W, out=b_W_v)
    # b_W_next[i,j] = b_W[i,j] - b_W_m_next[i,j] * learning_rate * v3 / (sqrt(b_W_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, b_W_v, out=db_W)
    np.sqrt(db_W, out=db_W)
    db_W += epsilon
    np.multiply(learning_rate * v3, b_W_m, out=s17)
    s17 /= db_W
    b_W -= s17
    # b_b_m_next[j] = b_b_m[j] * beta1 + db_b[j] * v1
    np.multiply(beta1, b_b_m, out=s11)
    np.multiply(v1, db_b, out=da_b)
    np.add(s11, da_b, out=b_b_m)
    # b_b_v_next[j] = db_b[j]**2 * v2 + b_b_v[j] * beta2
    np.multiply(v2, db_b, out=da_b)
    da_b *= db_b
    np.multiply(beta2, b_b_v, out=db_b)
    np.add(da_b, db_b, out=b_b_v)
    # b_b_next[j] = b_b[j] - b_b_m_next[j] * learning_rate * v3 / (sqrt(b_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, b_b_v, out=db_b)
    np.sqrt(db_b, out=db_b)
    db_b += epsilon
    np.multiply(learning_rate * v3, b_b_m, out=da_b)
    da_b /= db_b
    b_b -= da_b
    # logits_W_m_next[i,j] = logits_W_m[i,j] * beta1 + dlogits_W[i,j] * v1
    np.multiply(beta1, logits_W_m, out=s18)
    np.multiply(v1, dlogits_W, out=s19)
    np.add(s18, s19, out=logits_W_m)
    # logits_W_v_next[i,j] = dlogits_W[i,j]**2 * v2 + logits_W_v[i,j] * beta2
    np.multiply(v2, dlogits_W, out=s19)
    s19 *= dlogits_W
    np.multiply(beta2, logits_W_v, out=dlogits_W)
    np.add(s19, dlogits_W, out=logits_W_v)
    # logits_W_next[i,j] = logits_W[i,j] - logits_W_m_next[i,j] * learning_rate * v3 /
    #     (sqrt(logits_W_v_next[i,j] * v4) + epsilon)
    np.multiply(v4, logits_W_v, out=dlogits_W)
    np.sqrt(dlogits_W, out=dlogits_W)
    dlogits_W += epsilon
    np.multiply(learning_rate * v3, logits_W_m, out=s19)
    s19 /= dlogits_W
    logits_W -= s19
    # logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1
    np.multiply(beta1, logits_b_m, out=s20)
    np.multiply(v1, dlogits_b, out=s21)
    np.add(s20, s21, out=logits_b_m)
    # logits_b_v_next[j] = dlogits_b[j]**2 * v2 + logits_b_v[j] * beta2
    np.multiply(v2, dlogits_b, out=s21)
    s21 *= dlogits_b
    np.multiply(beta2, logits_b_v, out=dlogits_b)
    np.add(s21, dlogits_b, out=logits_b_v)
    # logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3 /
    #     (sqrt(logits_b_v_next[j] * v4) + epsilon)
    np.multiply(v4, logits_b_v, out=dlogits_b)
    np.sqrt(dlogits_b, out=dlogits_b)
    dlogits_b += epsilon
    np.multiply(learning_rate * v3, logits_b_m, out=s21)
    s21 /= dlogits_b
    logits_b -= s21
    # noise_step_next = where(noise_step + 1 < 16777216, noise_step + 1, 0)
    noise_step_next = (noise_step + 1 if noise_step + 1 < 16777216 else 0)
    t[()] = t_next
    noise_step[()] = noise_step_next


def _buffers(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 8), dtype=_DTYPE),  # e
        np.empty((N, 8), dtype=_DTYPE),  # s1
        np.empty((N, 128), dtype=_DTYPE),  # a_z
        np.empty((N, 8), dtype=_DTYPE),  # log_v
        np.empty((N, 8), dtype=_DTYPE),  # v1
        np.empty((N, 8), dtype=_DTYPE),  # z
        np.empty((N, 128), dtype=_DTYPE),  # b_z
        np.empty((N, 64), dtype=_DTYPE),  # logits
        np.empty((N, 64), dtype=_DTYPE),  # s2
        np.empty((N, 64), dtype=_DTYPE),  # s3
        np.empty((N, 8), dtype=_DTYPE),  # s4
        np.empty((N, 8), dtype=_DTYPE),  # s5
        np.empty((N, 128), dtype=_DTYPE),  # db
        np.empty((N, 8), dtype=_DTYPE),  # s6
        np.empty((N, 128), dtype=_DTYPE),  # s7
        np.empty((64, 128), dtype=_DTYPE),  # s8
        np.empty((64, 128), dtype=_DTYPE),  # s9
        np.empty((128,), dtype=_DTYPE),  # s10
        np.empty((128,), dtype=_DTYPE),  # s11
        np.empty((128, 8), dtype=_DTYPE),  # s12
        np.empty((128, 8), dtype=_DTYPE),  # s13
        np.empty((8,), dtype=_DTYPE),  # s14
        np.empty((8,), dtype=_DTYPE),  # s15
        np.empty((8, 128), dtype=_DTYPE),  # s16
        np.empty((8, 128), dtype=_DTYPE),  # s17
        np.empty((128, 64), dtype=_DTYPE),  # s18
        np.empty((128, 64), dtype=_DTYPE),  # s19
        np.empty((64,), dtype=_DTYPE),  # s20
        np.empty((64,), dtype=_DTYPE),  # s21
    )


def _buffers_of_predict(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 128), dtype=_DTYPE),  # a_z
        np.empty((N, 8), dtype=_DTYPE),  # mean_z
        np.empty((N, 64), dtype=_DTYPE),  # logits
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


def _data(x):
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if x.ndim != 2 or not x.shape[0] or x.shape[1] != 64:
        _refuse({"x": x})
    N = x.shape[0]
    return (N, x)


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


def _softplus(x, out=None):
    """log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)); `out` may be `x`."""
    out = np.empty(np.shape(x), dtype=_DTYPE) if out is None else out
    above = np.maximum(x, 0.0)
    np.abs(x, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.log1p(out, out=out)
    out += above
    return out


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


def _noise(shape, seed, step, which):
    """Uniform numbers in [0, 1) that seed, step and `which` tell; C has the same.

    They are a stream of splitmix64 (Steele, Lea and Flood 2014), cut to as many bits as fit.
    """
    key = _mixed((_mixed((_mixed(int(seed) % 2**64) + int(step)) % 2**64) + which) % 2**64)
    z = np.arange(1, math.prod(shape) + 1, dtype="uint64")
    z *= np.uint64(0x9E3779B97F4A7C15)
    z += np.uint64(key)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits = np.finfo(_DTYPE).nmant + 1
    z = (z ^ (z >> np.uint64(31))) >> np.uint64(64 - bits)
    return np.multiply(z, 2.0**-bits, dtype="float64").astype(_DTYPE).reshape(shape)


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
