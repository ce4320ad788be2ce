"""autoencoder: forward pass, gradients and training step in NumPy (float64).

    input x[N,64]
    param a_W[64,64]
    param a_b[64]
    param code_W[64,8]
    param code_b[8]
    param b_W[8,64]
    param b_b[64]
    param p_W[64,64]
    param p_b[64]
    a_z[n,j] = sum[i](x[n,i] * a_W[i,j])
    a_z[n,j] += a_b[j]
    a[n,j] = relu(a_z[n,j])
    code[n,j] = sum[i](a[n,i] * code_W[i,j])
    code[n,j] += code_b[j]
    b_z[n,j] = sum[i](code[n,i] * b_W[i,j])
    b_z[n,j] += b_b[j]
    b[n,j] = relu(b_z[n,j])
    p[n,j] = sum[i](b[n,i] * p_W[i,j])
    p[n,j] += p_b[j]
    loss_sum = sum[n,j]((p[n,j] - x[n,j])**2)
    loss = 0.015625 * loss_sum / N

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from autoencoder.bp (network 0a3423ec979d4e29):
    symbp build autoencoder.bp --target numpy --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import threading

import numpy as np

NAME = "autoencoder"
TARGET = "numpy"
DTYPE = "float64"
NETWORK = "0a3423ec979d4e29"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "a_W": (64, 64),
    "a_b": (64,),
    "code_W": (64, 8),
    "code_b": (8,),
    "b_W": (8, 64),
    "b_b": (64,),
    "p_W": (64, 64),
    "p_b": (64,),
}
INPUTS = {  # name -> role, shape, number of classes
    "x": ("input", ("N", 64), None),
}
OUTPUTS = {  # name -> shape
    "p": ("N", 64),
    "code": ("N", 8),
}
HYPERPARAMETERS = {  # name -> default
    "learning_rate": 0.003,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-08,
}

_DTYPE = np.dtype(DTYPE)
_STATE = {  # name -> shape
    "t": (),
    "a_W_m": (64, 64),
    "a_W_v": (64, 64),
    "a_b_m": (64,),
    "a_b_v": (64,),
    "code_W_m": (64, 8),
    "code_W_v": (64, 8),
    "code_b_m": (8,),
    "code_b_v": (8,),
    "b_W_m": (8, 64),
    "b_W_v": (8, 64),
    "b_b_m": (64,),
    "b_b_v": (64,),
    "p_W_m": (64, 64),
    "p_W_v": (64, 64),
    "p_b_m": (64,),
    "p_b_v": (64,),
}


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "a_W": np.asarray(
            rng.uniform(-0.30618621784789724, 0.30618621784789724, (64, 64)), dtype=_DTYPE
        ),
        "a_b": np.zeros((64,), dtype=_DTYPE),
        "code_W": np.asarray(
            rng.uniform(-0.28867513459481287, 0.28867513459481287, (64, 8)), dtype=_DTYPE
        ),
        "code_b": np.zeros((8,), dtype=_DTYPE),
        "b_W": np.asarray(
            rng.uniform(-0.8660254037844386, 0.8660254037844386, (8, 64)), dtype=_DTYPE
        ),
        "b_b": np.zeros((64,), dtype=_DTYPE),
        "p_W": np.asarray(
            rng.uniform(-0.21650635094610965, 0.21650635094610965, (64, 64)), dtype=_DTYPE
        ),
        "p_b": np.zeros((64,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return p (N, 64), code (N, 8) for x (N, 64)."""
    a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b = _parameters(params)
    N, x = _inputs(x)
    if check_finite:
        _finite({**params, "x": x})
    outputs = _predict(_buffers_of_predict(N), N, x, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b)
    return {"p": np.asarray(outputs[0], dtype=_DTYPE), "code": np.asarray(outputs[1], dtype=_DTYPE)}


def forward(params, x, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 64)
    """
    a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b = _parameters(params)
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    work = _buffers(N)
    loss, a, code, b, v1 = _forward(work, N, x, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b)
    return float(loss), {"x": x, "a": a, "code": code, "b": b, "v1": v1}


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    _, _, code_W, _, b_W, _, p_W, _ = _parameters(params)
    x = tape["x"]
    a = tape["a"]
    code = tape["code"]
    b = tape["b"]
    v1 = tape["v1"]
    N = x.shape[0]
    work = _buffers(N)
    grads = _gradients()
    _backward(work, N, x, code_W, b_W, p_W, a, code, b, v1, *grads)
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b = _parameters(params)
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    work = _buffers(N)
    grads = _gradients()
    loss, a, code, b, v1 = _forward(work, N, x, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b)
    _backward(work, N, x, code_W, b_W, p_W, a, code, b, v1, *grads)
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {
        "t": np.zeros((), dtype=_DTYPE),
        "a_W_m": np.zeros((64, 64), dtype=_DTYPE),
        "a_W_v": np.zeros((64, 64), dtype=_DTYPE),
        "a_b_m": np.zeros((64,), dtype=_DTYPE),
        "a_b_v": np.zeros((64,), dtype=_DTYPE),
        "code_W_m": np.zeros((64, 8), dtype=_DTYPE),
        "code_W_v": np.zeros((64, 8), dtype=_DTYPE),
        "code_b_m": np.zeros((8,), dtype=_DTYPE),
        "code_b_v": np.zeros((8,), dtype=_DTYPE),
        "b_W_m": np.zeros((8, 64), dtype=_DTYPE),
        "b_W_v": np.zeros((8, 64), dtype=_DTYPE),
        "b_b_m": np.zeros((64,), dtype=_DTYPE),
        "b_b_v": np.zeros((64,), dtype=_DTYPE),
        "p_W_m": np.zeros((64, 64), dtype=_DTYPE),
        "p_W_v": np.zeros((64, 64), dtype=_DTYPE),
        "p_b_m": np.zeros((64,), dtype=_DTYPE),
        "p_b_v": np.zeros((64,), dtype=_DTYPE),
    }


def train_step(
    params, state, x, *, learning_rate=0.003, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b = _parameters(params)
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    (
        t, a_W_m, a_W_v, a_b_m, a_b_v, code_W_m, code_W_v, code_b_m, code_b_v, b_W_m, b_W_v, b_b_m,
        b_b_v, p_W_m, p_W_v, p_b_m, p_b_v
    ) = _state(state)
    if (
        not (a_W.flags.writeable and a_b.flags.writeable and code_W.flags.writeable and
        code_b.flags.writeable and b_W.flags.writeable and b_b.flags.writeable and
        p_W.flags.writeable and p_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _workspace(N)
    loss, a, code, b, v1 = _forward(work, N, x, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b)
    _backward(work, N, x, code_W, b_W, p_W, a, code, b, v1, *grads)
    _update(
        work, N, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b, grads[0], grads[1], grads[2],
        grads[3], grads[4], grads[5], grads[6], grads[7], t, a_W_m, a_W_v, a_b_m, a_b_v, code_W_m,
        code_W_v, code_b_m, code_b_v, b_W_m, b_W_v, b_b_m, b_b_v, p_W_m, p_W_v, p_b_m, p_b_v,
        learning_rate, beta1, beta2, epsilon
    )
    return float(loss)


def bind(
    params, state, x, *, learning_rate=0.003, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b = _parameters(params)
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    (
        t, a_W_m, a_W_v, a_b_m, a_b_v, code_W_m, code_W_v, code_b_m, code_b_v, b_W_m, b_W_v, b_b_m,
        b_b_v, p_W_m, p_W_v, p_b_m, p_b_v
    ) = _state(state)
    if (
        not (a_W.flags.writeable and a_b.flags.writeable and code_W.flags.writeable and
        code_b.flags.writeable and b_W.flags.writeable and b_b.flags.writeable and
        p_W.flags.writeable and p_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _buffers(N), _gradients()

    def step():
        loss, a, code, b, v1 = _forward(work, N, x, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b)
        _backward(work, N, x, code_W, b_W, p_W, a, code, b, v1, *grads)
        _update(
            work, N, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b, grads[0], grads[1], grads[2],
            grads[3], grads[4], grads[5], grads[6], grads[7], t, a_W_m, a_W_v, a_b_m, a_b_v,
            code_W_m, code_W_v, code_b_m, code_b_v, b_W_m, b_W_v, b_b_m, b_b_v, p_W_m, p_W_v, p_b_m,
            p_b_v, learning_rate, beta1, beta2, epsilon
        )
        return float(loss)

    return step


def fit(
    params, state, x, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.003, beta1=0.9, beta2=0.999, epsilon=1e-08, check_finite=False,
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


def _predict(work, N, x, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b):
    """Return the outputs."""
    a_z = work[0]
    code = work[1]
    p = work[2]
    # a_z[n,j] = sum[i](x[n,i] * a_W[i,j]) + a_b[j]
    np.dot(x, a_W, out=a_z)
    a_z += a_b
    # a[n,j] = relu(a_z[n,j])
    a = np.maximum(a_z, 0.0, out=a_z)
    # code[n,j] = sum[i](a[n,i] * code_W[i,j]) + code_b[j]
    np.dot(a, code_W, out=code)
    code += code_b
    # b_z[n,j] = sum[i](code[n,i] * b_W[i,j]) + b_b[j]
    b_z = np.dot(code, b_W, out=a)
    b_z += b_b
    # b[n,j] = relu(b_z[n,j])
    b = np.maximum(b_z, 0.0, out=b_z)
    # p[n,j] = sum[i](b[n,i] * p_W[i,j]) + p_b[j]
    np.dot(b, p_W, out=p)
    p += p_b
    return p, code


def _forward(work, N, x, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b):
    """Return the loss, and the values that the gradients need."""
    a_z = work[0]
    code = work[1]
    b_z = work[2]
    p = work[3]
    # a_z[n,j] = sum[i](x[n,i] * a_W[i,j]) + a_b[j]
    np.dot(x, a_W, out=a_z)
    a_z += a_b
    # a[n,j] = relu(a_z[n,j])
    a = np.maximum(a_z, 0.0, out=a_z)
    # code[n,j] = sum[i](a[n,i] * code_W[i,j]) + code_b[j]
    np.dot(a, code_W, out=code)
    code += code_b
    # b_z[n,j] = sum[i](code[n,i] * b_W[i,j]) + b_b[j]
    np.dot(code, b_W, out=b_z)
    b_z += b_b
    # b[n,j] = relu(b_z[n,j])
    b = np.maximum(b_z, 0.0, out=b_z)
    # p[n,j] = sum[i](b[n,i] * p_W[i,j]) + p_b[j]
    np.dot(b, p_W, out=p)
    p += p_b
    # v1[n,j] = p[n,j] - x[n,j]
    v1 = np.subtract(p, x, out=p)
    # loss_sum = sum[n,j](v1[n,j]**2)
    loss_sum = np.vdot(v1, v1)
    # loss = 0.015625 * loss_sum / N
    loss = 0.015625 * loss_sum / N
    return loss, a, code, b, v1


def _backward(
    work, N, x, code_W, b_W, p_W, a, code, b, v1, da_W, da_b, dcode_W, dcode_b, db_W, db_b, dp_W,
    dp_b
):
    """Compute the gradients into the arrays at the end."""
    dp = work[4]
    db = work[5]
    dcode = work[6]
    # dp[n,j] = 0.03125 * v1[n,j] / N  (of loss_sum)
    np.multiply(0.03125 / N, v1, out=dp)
    # dp_b[j] = sum[n](dp[n,j])  (of p)
    np.add.reduce(dp, axis=0, out=dp_b)
    # db[n,i] = sum[j](dp[n,j] * p_W[i,j])  (of p)
    np.dot(dp, p_W.T, out=db)
    # dp_W[i,j] = sum[n](b[n,i] * dp[n,j])  (of p)
    np.dot(b.T, dp, out=dp_W)
    # db_z[n,j] = where(b[n,j] > 0, db[n,j], 0)  (of b)
    db_z = np.multiply(db, b > 0, out=db)
    # db_b[j] = sum[n](db_z[n,j])  (of b_z)
    np.add.reduce(db_z, axis=0, out=db_b)
    # db_W[i,j] = sum[n](code[n,i] * db_z[n,j])  (of b_z)
    np.dot(code.T, db_z, out=db_W)
    # dcode[n,i] = sum[j](db_z[n,j] * b_W[i,j])  (of b_z)
    np.dot(db_z, b_W.T, out=dcode)
    # dcode_b[j] = sum[n](dcode[n,j])  (of code)
    np.add.reduce(dcode, axis=0, out=dcode_b)
    # da[n,i] = sum[j](dcode[n,j] * code_W[i,j])  (of code)
    da = np.dot(dcode, code_W.T, out=db_z)
    # dcode_W[i,j] = sum[n](a[n,i] * dcode[n,j])  (of code)
    np.dot(a.T, dcode, out=dcode_W)
    # da_z[n,j] = where(a[n,j] > 0, da[n,j], 0)  (of a)
    da_z = np.multiply(da, a > 0, out=da)
    # da_b[j] = sum[n](da_z[n,j])  (of a_z)
    np.add.reduce(da_z, axis=0, out=da_b)
    # da_W[i,j] = sum[n](x[n,i] * da_z[n,j])  (of a_z)
    np.dot(x.T, da_z, out=da_W)


def _update(
    work, N, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b, da_W, da_b, dcode_W, dcode_b, db_W, db_b,
    dp_W, dp_b, t, a_W_m, a_W_v, a_b_m, a_b_v, code_W_m, code_W_v, code_b_m, code_b_v, b_W_m, b_W_v,
    b_b_m, b_b_v, p_W_m, p_W_v, p_b_m, p_b_v, learning_rate, beta1, beta2, epsilon
):
    """Update parameters and state in place; the gradients are used up."""
    s1 = work[7]
    s2 = work[8]
    s3 = work[9]
    s4 = work[10]
    s5 = work[11]
    s6 = work[12]
    s7 = work[13]
    s8 = work[14]
    s9 = work[15]
    s10 = work[16]
    # t_next = t + 1
    t_next = t + 1
    # v1 = 1 - beta1
    v1 = 1 - beta1
    # a_W_m_next[i,j] = a_W_m[i,j] * beta1 + da_W[i,j] * v1
    np.multiply(beta1, a_W_m, out=s1)
    np.multiply(v1, da_W, out=s2)
    np.add(s1, s2, out=a_W_m)
    # v2 = 1 - beta2
    v2 = 1 - beta2
    # a_W_v_next[i,j] = da_W[i,j]**2 * v2 + a_W_v[i,j] * beta2
    np.multiply(v2, da_W, out=s2)
    s2 *= da_W
    np.multiply(beta2, a_W_v, out=da_W)
    np.add(s2, da_W, out=a_W_v)
    # v3 = 1 / (1 - beta1**t_next)
    v3 = 1 / (1 - beta1**t_next)
    # v4 = 1 / (1 - beta2**t_next)
    v4 = 1 / (1 - beta2**t_next)
    # a_W_next[i,j] = a_W[i,j] - a_W_m_next[i,j] * learning_rate * v3 / (sqrt(a_W_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, a_W_v, out=da_W)
    np.sqrt(da_W, out=da_W)
    da_W += epsilon
    np.multiply(learning_rate * v3, a_W_m, out=s2)
    s2 /= da_W
    a_W -= s2
    # a_b_m_next[j] = a_b_m[j] * beta1 + da_b[j] * v1
    np.multiply(beta1, a_b_m, out=s3)
    np.multiply(v1, da_b, out=s4)
    np.add(s3, s4, out=a_b_m)
    # a_b_v_next[j] = da_b[j]**2 * v2 + a_b_v[j] * beta2
    np.multiply(v2, da_b, out=s4)
    s4 *= da_b
    np.multiply(beta2, a_b_v, out=da_b)
    np.add(s4, da_b, out=a_b_v)
    # a_b_next[j] = a_b[j] - a_b_m_next[j] * learning_rate * v3 / (sqrt(a_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, a_b_v, out=da_b)
    np.sqrt(da_b, out=da_b)
    da_b += epsilon
    np.multiply(learning_rate * v3, a_b_m, out=s4)
    s4 /= da_b
    a_b -= s4
    # code_W_m_next[i,j] = code_W_m[i,j] * beta1 + dcode_W[i,j] * v1
    np.multiply(beta1, code_W_m, out=s5)
    np.multiply(v1, dcode_W, out=s6)
    np.add(s5, s6, out=code_W_m)
    # code_W_v_next[i,j] = dcode_W[i,j]**2 * v2 + code_W_v[i,j] * beta2
    np.multiply(v2, dcode_W, out=s6)
    s6 *= dcode_W
    np.multiply(beta2, code_W_v, out=dcode_W)
    np.add(s6, dcode_W, out=code_W_v)
    # code_W_next[i,j] = code_W[i,j] - code_W_m_next[i,j] * learning_rate * v3 /
    #     (sqrt(code_W_v_next[i,j] * v4) + epsilon)
    np.multiply(v4, code_W_v, out=dcode_W)
    np.sqrt(dcode_W, out=dcode_W)
    dcode_W += epsilon
    np.multiply(learning_rate * v3, code_W_m, out=s6)
    s6 /= dcode_W
    code_W -= s6
    # code_b_m_next[j] = code_b_m[j] * beta1 + dcode_b[j] * v1
    np.multiply(beta1, code_b_m, out=s7)
    np.multiply(v1, dcode_b, out=s8)
    np.add(s7, s8, out=code_b_m)
    # code_b_v_next[j] = dcode_b[j]**2 * v2 + code_b_v[j] * beta2
    np.multiply(v2, dcode_b, out=s8)
    s8 *= dcode_b
    np.multiply(beta2, code_b_v, out=dcode_b)
    np.add(s8, dcode_b, out=code_b_v)
    # code_b_next[j] = code_b[j] - code_b_m_next[j] * learning_rate * v3 / (sqrt(code_b_v_next[j] *
    #     v4) + epsilon)
    np.multiply(v4, code_b_v, out=dcode_b)
    np.sqrt(dcode_b, out=dcode_b)
    dcode_b += epsilon
    np.multiply(learning_rate * v3, code_b_m, out=s8)
    s8 /= dcode_b
    code_b -= s8
    # b_W_m_next[i,j] = b_W_m[i,j] * beta1 + db_W[i,j] * v1
    np.multiply(beta1, b_W_m, out=s9)
    np.multiply(v1, db_W, out=s10)
    np.add(s9, s10, out=b_W_m)
    # b_W_v_next[i,j] = db_W[i,j]**2 * v2 + b_W_v[i,j] * beta2
    np.multiply(v2, db_W, out=s10)
    s10 *= db_W
    np.multiply(beta2, b_W_v, out=db_W)
    np.add(s10, db_W, out=b_W_v)
    # b_W_next[i,j] = b_W[i,j] - b_W_m_next[i,j] * learning_rate * v3 / (sqrt(b_W_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, b_W_v, out=db_W)
    np.sqrt(db_W, out=db_W)
    db_W += epsilon
    np.multiply(learning_rate * v3, b_W_m, out=s10)
    s10 /= db_W
    b_W -= s10
    # b_b_m_next[j] = b_b_m[j] * beta1 + db_b[j] * v1
    np.multiply(beta1, b_b_m, out=s4)
    np.multiply(v1, db_b, out=da_b)
    np.add(s4, da_b, out=b_b_m)
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
    # p_W_m_next[i,j] = p_W_m[i,j] * beta1 + dp_W[i,j] * v1
    np.multiply(beta1, p_W_m, out=s2)
    np.multiply(v1, dp_W, out=da_W)
    np.add(s2, da_W, out=p_W_m)
    # p_W_v_next[i,j] = dp_W[i,j]**2 * v2 + p_W_v[i,j] * beta2
    np.multiply(v2, dp_W, out=da_W)
    da_W *= dp_W
    np.multiply(beta2, p_W_v, out=dp_W)
    np.add(da_W, dp_W, out=p_W_v)
    # p_W_next[i,j] = p_W[i,j] - p_W_m_next[i,j] * learning_rate * v3 / (sqrt(p_W_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, p_W_v, out=dp_W)
    np.sqrt(dp_W, out=dp_W)
    dp_W += epsilon
    np.multiply(learning_rate * v3, p_W_m, out=da_W)
    da_W /= dp_W
    p_W -= da_W
    # p_b_m_next[j] = p_b_m[j] * beta1 + dp_b[j] * v1
    np.multiply(beta1, p_b_m, out=da_b)
    np.multiply(v1, dp_b, out=db_b)
    np.add(da_b, db_b, out=p_b_m)
    # p_b_v_next[j] = dp_b[j]**2 * v2 + p_b_v[j] * beta2
    np.multiply(v2, dp_b, out=db_b)
    db_b *= dp_b
    np.multiply(beta2, p_b_v, out=dp_b)
    np.add(db_b, dp_b, out=p_b_v)
    # p_b_next[j] = p_b[j] - p_b_m_next[j] * learning_rate * v3 / (sqrt(p_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, p_b_v, out=dp_b)
    np.sqrt(dp_b, out=dp_b)
    dp_b += epsilon
    np.multiply(learning_rate * v3, p_b_m, out=db_b)
    db_b /= dp_b
    p_b -= db_b
    t[()] = t_next


def _buffers(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 64), dtype=_DTYPE),  # a_z
        np.empty((N, 8), dtype=_DTYPE),  # code
        np.empty((N, 64), dtype=_DTYPE),  # b_z
        np.empty((N, 64), dtype=_DTYPE),  # p
        np.empty((N, 64), dtype=_DTYPE),  # dp
        np.empty((N, 64), dtype=_DTYPE),  # db
        np.empty((N, 8), dtype=_DTYPE),  # dcode
        np.empty((64, 64), dtype=_DTYPE),  # s1
        np.empty((64, 64), dtype=_DTYPE),  # s2
        np.empty((64,), dtype=_DTYPE),  # s3
        np.empty((64,), dtype=_DTYPE),  # s4
        np.empty((64, 8), dtype=_DTYPE),  # s5
        np.empty((64, 8), dtype=_DTYPE),  # s6
        np.empty((8,), dtype=_DTYPE),  # s7
        np.empty((8,), dtype=_DTYPE),  # s8
        np.empty((8, 64), dtype=_DTYPE),  # s9
        np.empty((8, 64), dtype=_DTYPE),  # s10
    )


def _buffers_of_predict(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 64), dtype=_DTYPE),  # a_z
        np.empty((N, 8), dtype=_DTYPE),  # code
        np.empty((N, 64), dtype=_DTYPE),  # p
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
