"""lenet: forward pass, gradients and training step in NumPy (float64).

    input x[N,64]
    label t[N] in 10
    param c1_K[16,1,3,3]
    param c1_b[16]
    param c2_K[32,16,3,3]
    param c2_b[32]
    param h_W[128,32]
    param h_b[32]
    param logits_W[32,10]
    param logits_b[10]
    image[n,0,i0,i1] = x[n,i1 + 8 * i0] for n in N, i0 in 8, i1 in 8
    value c1_padded[N,1,10,10]
    c1_padded[n,c,h_2 + 1,w + 1] = image[n,c,h_2,w]
    c1_z[n,o,p,q] = sum[c,u,v](c1_padded[n,c,p + u,q + v] * c1_K[o,c,u,v])
    c1_z[n,o,p,q] += c1_b[o]
    c1[n,o,p,q] = relu(c1_z[n,o,p,q])
    s1[n,c,p,q] = max[u,v](c1[n,c,u + 2 * p,v + 2 * q]) for n in N, c in 16, p in 4, q in 4, u in 2,
        v in 2
    value c2_padded[N,16,6,6]
    c2_padded[n,c,h_2 + 1,w + 1] = s1[n,c,h_2,w]
    c2_z[n,o,p,q] = sum[c,u,v](c2_padded[n,c,p + u,q + v] * c2_K[o,c,u,v])
    c2_z[n,o,p,q] += c2_b[o]
    c2[n,o,p,q] = relu(c2_z[n,o,p,q])
    s2[n,c,p,q] = max[u,v](c2[n,c,u + 2 * p,v + 2 * q]) for n in N, c in 32, p in 2, q in 2, u in 2,
        v in 2
    flatten[n,i2 + 2 * i1 + 4 * i0] = s2[n,i0,i1,i2]
    h_z[n,j] = sum[i](flatten[n,i] * h_W[i,j])
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

Made by symbp 0.1.0 from lenet.bp (network cc517f205c0db5c2):
    symbp build lenet.bp --target numpy --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import threading

import numpy as np

NAME = "lenet"
TARGET = "numpy"
DTYPE = "float64"
NETWORK = "cc517f205c0db5c2"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "c1_K": (16, 1, 3, 3),
    "c1_b": (16,),
    "c2_K": (32, 16, 3, 3),
    "c2_b": (32,),
    "h_W": (128, 32),
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
    "learning_rate": 0.003,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-08,
}

_DTYPE = np.dtype(DTYPE)
_STATE = {  # name -> shape
    "step": (),
    "c1_K_m": (16, 1, 3, 3),
    "c1_K_v": (16, 1, 3, 3),
    "c1_b_m": (16,),
    "c1_b_v": (16,),
    "c2_K_m": (32, 16, 3, 3),
    "c2_K_v": (32, 16, 3, 3),
    "c2_b_m": (32,),
    "c2_b_v": (32,),
    "h_W_m": (128, 32),
    "h_W_v": (128, 32),
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
        "c1_K": np.asarray(rng.normal(0.0, 0.4714045207910317, (16, 1, 3, 3)), dtype=_DTYPE),
        "c1_b": np.zeros((16,), dtype=_DTYPE),
        "c2_K": np.asarray(rng.normal(0.0, 0.11785113019775792, (32, 16, 3, 3)), dtype=_DTYPE),
        "c2_b": np.zeros((32,), dtype=_DTYPE),
        "h_W": np.asarray(rng.normal(0.0, 0.125, (128, 32)), dtype=_DTYPE),
        "h_b": np.zeros((32,), dtype=_DTYPE),
        "logits_W": np.asarray(
            rng.uniform(-0.3779644730092272, 0.3779644730092272, (32, 10)), dtype=_DTYPE
        ),
        "logits_b": np.zeros((10,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return output (N, 10) for x (N, 64)."""
    c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b = _parameters(params)
    N, x = _inputs(x)
    if check_finite:
        _finite({**params, "x": x})
    outputs = _predict(
        _buffers_of_predict(N), N, x, c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b
    )
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, t, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 64), t (N,)
    """
    c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite({**params, "x": x})
    work = _buffers(N)
    (
        loss, c1_padded, s1, c2_padded, s2, flatten, h, s2_z_winner, s1_z_winner, output_Z_shifted,
        v1
    ) = _forward(work, N, x, t, c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b)
    return (
        float(loss), {"t": t, "c1_padded": c1_padded, "s1": s1, "c2_padded": c2_padded, "s2": s2,
        "flatten": flatten, "h": h, "s2_z_winner": s2_z_winner, "s1_z_winner": s1_z_winner,
        "output_Z_shifted": output_Z_shifted, "v1": v1}
    )


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    _, _, c2_K, _, h_W, _, logits_W, _ = _parameters(params)
    t = tape["t"]
    c1_padded = tape["c1_padded"]
    s1 = tape["s1"]
    c2_padded = tape["c2_padded"]
    s2 = tape["s2"]
    flatten = tape["flatten"]
    h = tape["h"]
    s2_z_winner = tape["s2_z_winner"]
    s1_z_winner = tape["s1_z_winner"]
    output_Z_shifted = tape["output_Z_shifted"]
    v1 = tape["v1"]
    N = t.shape[0]
    work = _buffers(N)
    grads = _gradients()
    _backward(
        work, N, t, c2_K, h_W, logits_W, c1_padded, s1, c2_padded, s2, flatten, h, s2_z_winner,
        s1_z_winner, output_Z_shifted, v1, *grads
    )
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, t, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite({**params, "x": x})
    work = _buffers(N)
    grads = _gradients()
    (
        loss, c1_padded, s1, c2_padded, s2, flatten, h, s2_z_winner, s1_z_winner, output_Z_shifted,
        v1
    ) = _forward(work, N, x, t, c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b)
    _backward(
        work, N, t, c2_K, h_W, logits_W, c1_padded, s1, c2_padded, s2, flatten, h, s2_z_winner,
        s1_z_winner, output_Z_shifted, v1, *grads
    )
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {
        "step": np.zeros((), dtype=_DTYPE),
        "c1_K_m": np.zeros((16, 1, 3, 3), dtype=_DTYPE),
        "c1_K_v": np.zeros((16, 1, 3, 3), dtype=_DTYPE),
        "c1_b_m": np.zeros((16,), dtype=_DTYPE),
        "c1_b_v": np.zeros((16,), dtype=_DTYPE),
        "c2_K_m": np.zeros((32, 16, 3, 3), dtype=_DTYPE),
        "c2_K_v": np.zeros((32, 16, 3, 3), dtype=_DTYPE),
        "c2_b_m": np.zeros((32,), dtype=_DTYPE),
        "c2_b_v": np.zeros((32,), dtype=_DTYPE),
        "h_W_m": np.zeros((128, 32), dtype=_DTYPE),
        "h_W_v": np.zeros((128, 32), dtype=_DTYPE),
        "h_b_m": np.zeros((32,), dtype=_DTYPE),
        "h_b_v": np.zeros((32,), dtype=_DTYPE),
        "logits_W_m": np.zeros((32, 10), dtype=_DTYPE),
        "logits_W_v": np.zeros((32, 10), dtype=_DTYPE),
        "logits_b_m": np.zeros((10,), dtype=_DTYPE),
        "logits_b_v": np.zeros((10,), dtype=_DTYPE),
    }


def train_step(
    params, state, x, t, *, learning_rate=0.003, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite({**params, "x": x})
    (
        step_, c1_K_m, c1_K_v, c1_b_m, c1_b_v, c2_K_m, c2_K_v, c2_b_m, c2_b_v, h_W_m, h_W_v, h_b_m,
        h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v
    ) = _state(state)
    if (
        not (c1_K.flags.writeable and c1_b.flags.writeable and c2_K.flags.writeable and
        c2_b.flags.writeable and h_W.flags.writeable and h_b.flags.writeable and
        logits_W.flags.writeable and logits_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _workspace(N)
    (
        loss, c1_padded, s1, c2_padded, s2, flatten, h, s2_z_winner, s1_z_winner, output_Z_shifted,
        v1
    ) = _forward(work, N, x, t, c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b)
    _backward(
        work, N, t, c2_K, h_W, logits_W, c1_padded, s1, c2_padded, s2, flatten, h, s2_z_winner,
        s1_z_winner, output_Z_shifted, v1, *grads
    )
    _update(
        work, N, c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b, grads[0], grads[1], grads[2],
        grads[3], grads[4], grads[5], grads[6], grads[7], step_, c1_K_m, c1_K_v, c1_b_m, c1_b_v,
        c2_K_m, c2_K_v, c2_b_m, c2_b_v, h_W_m, h_W_v, h_b_m, h_b_v, logits_W_m, logits_W_v,
        logits_b_m, logits_b_v, learning_rate, beta1, beta2, epsilon
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
    c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite({**params, "x": x})
    (
        step_, c1_K_m, c1_K_v, c1_b_m, c1_b_v, c2_K_m, c2_K_v, c2_b_m, c2_b_v, h_W_m, h_W_v, h_b_m,
        h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v
    ) = _state(state)
    if (
        not (c1_K.flags.writeable and c1_b.flags.writeable and c2_K.flags.writeable and
        c2_b.flags.writeable and h_W.flags.writeable and h_b.flags.writeable and
        logits_W.flags.writeable and logits_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _buffers(N), _gradients()

    def step():
        (
            loss, c1_padded, s1, c2_padded, s2, flatten, h, s2_z_winner, s1_z_winner,
            output_Z_shifted, v1
        ) = _forward(work, N, x, t, c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b)
        _backward(
            work, N, t, c2_K, h_W, logits_W, c1_padded, s1, c2_padded, s2, flatten, h, s2_z_winner,
            s1_z_winner, output_Z_shifted, v1, *grads
        )
        _update(
            work, N, c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b, grads[0], grads[1],
            grads[2], grads[3], grads[4], grads[5], grads[6], grads[7], step_, c1_K_m, c1_K_v,
            c1_b_m, c1_b_v, c2_K_m, c2_K_v, c2_b_m, c2_b_v, h_W_m, h_W_v, h_b_m, h_b_v, logits_W_m,
            logits_W_v, logits_b_m, logits_b_v, learning_rate, beta1, beta2, epsilon
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


def _predict(work, N, x, c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b):
    """Return the outputs."""
    image = work[0]
    c1_padded = work[1]
    c1_z = work[2]
    s22 = work[3]
    s1_z_rows = work[4]
    s1_z = work[5]
    c2_padded = work[6]
    c2_z = work[7]
    s23 = work[8]
    s2_z_rows = work[9]
    s2_z = work[10]
    s24 = work[11]
    flatten = work[12]
    h_z = work[13]
    logits = work[14]
    output_Z_max = work[15]
    # image[n,0,i0,i1] = x[n,i1 + 8 * i0]
    np.copyto(image[:, 0], x.reshape(N, 8, 8))
    # c1_padded[n,c,h_2 + 1,w + 1] = image[n,c,h_2,w]
    c1_padded.fill(0.0)
    np.copyto(c1_padded[:, :, 1:9, 1:9], image)
    # c1_z[n,o,p,q] = sum[c,u,v](c1_padded[n,c,p + u,q + v] * c1_K[o,c,u,v]) + c1_b[o]
    np.copyto(
        s22, _strided(c1_padded, (N, 1, 3, 3, 8, 8), (0, 1), (1, 1), (2, 1), (3, 1), (2, 1), (3, 1))
    )
    np.matmul(c1_K.reshape(16, 9), s22.reshape(N, 9, 64), out=c1_z.reshape(N, 16, 64))
    c1_z += c1_b[:, None, None]
    # s1_z_rows[i0,i1,p,i3] = max[u](c1_z[i0,i1,u + 2 * p,i3])
    np.maximum(c1_z[:, :, :7:2, :], c1_z[:, :, 1::2, :], out=s1_z_rows)
    # s1_z[n,c,p,q] = max[v](s1_z_rows[n,c,p,v + 2 * q])
    np.maximum(s1_z_rows[:, :, :, :7:2], s1_z_rows[:, :, :, 1::2], out=s1_z)
    # c2_padded[n,c,h_2 + 1,w + 1] = relu(s1_z[n,c,h_2,w])
    c2_padded.fill(0.0)
    np.maximum(s1_z, 0.0, out=c2_padded[:, :, 1:5, 1:5])
    # c2_z[n,o,p,q] = sum[c,u,v](c2_padded[n,c,p + u,q + v] * c2_K[o,c,u,v]) + c2_b[o]
    np.copyto(
        s23, _strided(c2_padded, (N, 16, 3, 3, 4, 4), (0, 1), (1, 1), (2, 1), (3, 1), (2, 1), (3,
        1))
    )
    np.matmul(c2_K.reshape(32, 144), s23.reshape(N, 144, 16), out=c2_z.reshape(N, 32, 16))
    c2_z += c2_b[:, None, None]
    # s2_z_rows[i0,i1,p,i3] = max[u](c2_z[i0,i1,u + 2 * p,i3])
    np.maximum(c2_z[:, :, :3:2, :], c2_z[:, :, 1::2, :], out=s2_z_rows)
    # s2_z[n,c,p,q] = max[v](s2_z_rows[n,c,p,v + 2 * q])
    np.maximum(s2_z_rows[:, :, :, :3:2], s2_z_rows[:, :, :, 1::2], out=s2_z)
    # flatten[n,i2 + 2 * i1 + 4 * i0] = relu(s2_z[n,i0,i1,i2])
    np.maximum(s2_z, 0.0, out=s24)
    np.copyto(flatten.reshape(N, 32, 2, 2), s24)
    # h_z[n,j] = sum[i](flatten[n,i] * h_W[i,j]) + h_b[j]
    np.dot(flatten, h_W, out=h_z)
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


def _forward(work, N, x, t, c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b):
    """Return the loss, and the values that the gradients need."""
    x_turned = work[0]
    image = work[1]
    c1_padded = work[2]
    c1_z = work[3]
    s3 = work[4]
    s1_z_rows = work[5]
    s1_z = work[6]
    s1_z_winner = work[7]
    s4 = work[8]
    c2_padded = work[9]
    c2_z = work[10]
    s5 = work[11]
    s2_z_rows = work[12]
    s2_z = work[13]
    s2_z_winner = work[14]
    s6 = work[15]
    flatten = work[16]
    h_z = work[17]
    logits = work[18]
    output_Z_max = work[19]
    v1 = work[20]
    s7 = work[21]
    # x_turned[i1,n] = x[n,i1]
    np.copyto(x_turned, x.T)
    # image[0,i0,i1,n] = x_turned[i1 + 8 * i0,n]
    np.copyto(image[0], x_turned.reshape(8, 8, N))
    # c1_padded[c,h_2 + 1,w + 1,n] = image[c,h_2,w,n]
    c1_padded.fill(0.0)
    np.copyto(c1_padded[:, 1:9, 1:9], image)
    # c1_z[o,p,q,n] = sum[c,u,v](c1_K[o,c,u,v] * c1_padded[c,p + u,q + v,n]) + c1_b[o]
    np.copyto(
        s3, _strided(c1_padded, (1, 3, 3, 8, 8, N), (0, 1), (1, 1), (2, 1), (1, 1), (2, 1), (3, 1))
    )
    np.matmul(c1_K.reshape(16, 9), s3.reshape(9, 64 * N), out=c1_z.reshape(16, 64 * N))
    c1_z += c1_b[:, None, None, None]
    # s1_z_rows[i0,p,i2,i3] = max[u](c1_z[i0,u + 2 * p,i2,i3])
    np.maximum(c1_z[:, :7:2, :, :], c1_z[:, 1::2, :, :], out=s1_z_rows)
    # s1_z[c,p,q,n] = max[v](s1_z_rows[c,p,v + 2 * q,n])
    np.maximum(s1_z_rows[:, :, :7:2, :], s1_z_rows[:, :, 1::2, :], out=s1_z)
    # s1_z_winner[c,p,q,n] = min[u,v](where(c1_z[c,u + 2 * p,v + 2 * q,n] == s1_z[c,p,q,n], v + 2 *
    #     u, 3))  (of s1_z)
    s1_z_winner.fill(127)
    for u in range(2):
        for v in range(2):
            np.equal(c1_z[:, u:u + 7:2, v:v + 7:2, :], s1_z, out=s4)
            s4 *= v + 2 * u - 3
            s4 += 3
            np.minimum(s1_z_winner, s4, out=s1_z_winner)
    # s1[c,p,q,n] = relu(s1_z[c,p,q,n])
    s1 = np.maximum(s1_z, 0.0, out=s1_z)
    # c2_padded[c,h_2 + 1,w + 1,n] = s1[c,h_2,w,n]
    c2_padded.fill(0.0)
    np.copyto(c2_padded[:, 1:5, 1:5], s1)
    # c2_z[o,p,q,n] = sum[c,u,v](c2_K[o,c,u,v] * c2_padded[c,p + u,q + v,n]) + c2_b[o]
    np.copyto(
        s5, _strided(c2_padded, (16, 3, 3, 4, 4, N), (0, 1), (1, 1), (2, 1), (1, 1), (2, 1), (3, 1))
    )
    np.matmul(c2_K.reshape(32, 144), s5.reshape(144, 16 * N), out=c2_z.reshape(32, 16 * N))
    c2_z += c2_b[:, None, None, None]
    # s2_z_rows[i0,p,i2,i3] = max[u](c2_z[i0,u + 2 * p,i2,i3])
    np.maximum(c2_z[:, :3:2, :, :], c2_z[:, 1::2, :, :], out=s2_z_rows)
    # s2_z[c,p,q,n] = max[v](s2_z_rows[c,p,v + 2 * q,n])
    np.maximum(s2_z_rows[:, :, :3:2, :], s2_z_rows[:, :, 1::2, :], out=s2_z)
    # s2_z_winner[c,p,q,n] = min[u,v](where(c2_z[c,u + 2 * p,v + 2 * q,n] == s2_z[c,p,q,n], v + 2 *
    #     u, 3))  (of s2_z)
    s2_z_winner.fill(127)
    for u in range(2):
        for v in range(2):
            np.equal(c2_z[:, u:u + 3:2, v:v + 3:2, :], s2_z, out=s6)
            s6 *= v + 2 * u - 3
            s6 += 3
            np.minimum(s2_z_winner, s6, out=s2_z_winner)
    # s2[c,p,q,n] = relu(s2_z[c,p,q,n])
    s2 = np.maximum(s2_z, 0.0, out=s2_z)
    # flatten[i2 + 2 * i1 + 4 * i0,n] = s2[i0,i1,i2,n]
    np.copyto(flatten.reshape(32, 2, 2, N), s2)
    # h_z[j,n] = sum[i](h_W[i,j] * flatten[i,n]) + h_b[j]
    np.dot(h_W.T, flatten, out=h_z)
    h_z += h_b[:, None]
    # h[j,n] = relu(h_z[j,n])
    h = np.maximum(h_z, 0.0, out=h_z)
    # logits[j,n] = sum[i](logits_W[i,j] * h[i,n]) + logits_b[j]
    np.dot(logits_W.T, h, out=logits)
    logits += logits_b[:, None]
    # output_Z_max[n] = max[j](logits[j,n])
    np.maximum.reduce(logits, axis=0, out=output_Z_max)
    # logits_shifted[j,n] = logits[j,n] - output_Z_max[n]
    logits_shifted = np.subtract(logits, output_Z_max, out=logits)
    # v1[j,n] = exp(logits_shifted[j,n])
    np.exp(logits_shifted, out=v1)
    # output_Z_shifted[n] = sum[j](v1[j,n])
    output_Z_shifted = np.add.reduce(v1, axis=0, out=output_Z_max)
    # loss_sum = sum[n](log(output_Z_shifted[n]) - logits_shifted[t[n],n])
    np.log(output_Z_shifted, out=s7)
    s7 -= logits_shifted[t, np.arange(N)]
    loss_sum = np.add.reduce(s7, axis=None)
    # loss = loss_sum / N
    loss = loss_sum / N
    return (
        loss, c1_padded, s1, c2_padded, s2, flatten, h, s2_z_winner, s1_z_winner, output_Z_shifted,
        v1
    )


def _backward(
    work, N, t, c2_K, h_W, logits_W, c1_padded, s1, c2_padded, s2, flatten, h, s2_z_winner,
    s1_z_winner, output_Z_shifted, v1, dc1_K, dc1_b, dc2_K, dc2_b, dh_W, dh_b, dlogits_W, dlogits_b
):
    """Compute the gradients into the arrays at the end."""
    c1_z = work[3]
    s3 = work[4]
    c2_z = work[10]
    s5 = work[11]
    logits = work[18]
    dh = work[22]
    dflatten = work[23]
    ds2_z = work[24]
    dc2_padded = work[25]
    ds1_z = work[26]
    # dlogits_terms[j,n] = v1[j,n] / output_Z_shifted[n]  (of loss_Z)
    # dlogits_terms[t[n],n] += -1
    dlogits_terms = np.divide(v1, output_Z_shifted, out=logits)
    dlogits_terms[t, np.arange(N)] += -1
    # dlogits[j,n] = dlogits_terms[j,n] / N  (of loss_Z)
    dlogits = np.multiply(1 / N, dlogits_terms, out=dlogits_terms)
    # dlogits_b[j] = sum[n](dlogits[j,n])  (of logits)
    np.add.reduce(dlogits, axis=1, out=dlogits_b)
    # dh[i,n] = sum[j](logits_W[i,j] * dlogits[j,n])  (of logits)
    np.dot(logits_W, dlogits, out=dh)
    # dlogits_W[i,j] = sum[n](h[i,n] * dlogits[j,n])  (of logits)
    np.dot(h, dlogits.T, out=dlogits_W)
    # dh_z[j,n] = where(h[j,n] > 0, dh[j,n], 0)  (of h)
    dh_z = np.multiply(dh, h > 0, out=dh)
    # dh_b[j] = sum[n](dh_z[j,n])  (of h_z)
    np.add.reduce(dh_z, axis=1, out=dh_b)
    # dflatten[i,n] = sum[j](h_W[i,j] * dh_z[j,n])  (of h_z)
    np.dot(h_W, dh_z, out=dflatten)
    # dh_W[i,j] = sum[n](flatten[i,n] * dh_z[j,n])  (of h_z)
    np.dot(flatten, dh_z.T, out=dh_W)
    # ds2_z[c,p,q,n] = where(s2[c,p,q,n] > 0, dflatten[q + 2 * p + 4 * c,n], 0)  (of s2)
    np.multiply(dflatten.reshape(32, 2, 2, N), s2 > 0, out=ds2_z)
    # dc2_z[c,u + 2 * p,v + 2 * q,n] = where(v + 2 * u == s2_z_winner[c,p,q,n], ds2_z[c,p,q,n], 0)
    #     (of s2_z)
    dc2_z = c2_z
    for u in range(2):
        for v in range(2):
            np.multiply(ds2_z, v + 2 * u == s2_z_winner, out=dc2_z[:, u:u + 3:2, v:v + 3:2, :])
    # dc2_b[o] = sum[n,p,q](dc2_z[o,p,q,n])  (of c2_z)
    np.add.reduce(dc2_z, axis=(3, 1, 2), out=dc2_b)
    # dc2_K[o,c,u,v] = sum[n,p,q](dc2_z[o,p,q,n] * c2_padded[c,p + u,q + v,n])  (of c2_z)
    np.copyto(
        s5, _strided(c2_padded, (16, 3, 3, 4, 4, N), (0, 1), (1, 1), (2, 1), (1, 1), (2, 1), (3, 1))
    )
    np.matmul(dc2_z.reshape(32, 16 * N), s5.reshape(144, 16 * N).T, out=dc2_K.reshape(32, 144))
    # dc2_padded_terms[c,u,v,p,q,n] = sum[o](c2_K[o,c,u,v] * dc2_z[o,p,q,n])  (of c2_z)
    dc2_padded_terms = s5
    np.matmul(
        c2_K.reshape(32, 144).T, dc2_z.reshape(32, 16 * N), out=dc2_padded_terms.reshape(144, 16 *
        N)
    )
    # dc2_padded[c,p + u,q + v,n] = dc2_padded_terms[c,u,v,p,q,n]  (of c2_z)
    dc2_padded.fill(0.0)
    for u in range(3):
        for v in range(3):
            np.add(
                dc2_padded[:, u:u + 4, v:v + 4, :], dc2_padded_terms[:, u, v, :, :, :],
                out=dc2_padded[:, u:u + 4, v:v + 4, :]
            )
    # ds1_z[c,p,q,n] = where(s1[c,p,q,n] > 0, dc2_padded[c,p + 1,q + 1,n], 0)  (of s1)
    np.multiply(dc2_padded[:, 1:5, 1:5], s1 > 0, out=ds1_z)
    # dc1_z[c,u + 2 * p,v + 2 * q,n] = where(v + 2 * u == s1_z_winner[c,p,q,n], ds1_z[c,p,q,n], 0)
    #     (of s1_z)
    dc1_z = c1_z
    for u in range(2):
        for v in range(2):
            np.multiply(ds1_z, v + 2 * u == s1_z_winner, out=dc1_z[:, u:u + 7:2, v:v + 7:2, :])
    # dc1_b[o] = sum[n,p,q](dc1_z[o,p,q,n])  (of c1_z)
    np.add.reduce(dc1_z, axis=(3, 1, 2), out=dc1_b)
    # dc1_K[o,c,u,v] = sum[n,p,q](dc1_z[o,p,q,n] * c1_padded[c,p + u,q + v,n])  (of c1_z)
    np.copyto(
        s3, _strided(c1_padded, (1, 3, 3, 8, 8, N), (0, 1), (1, 1), (2, 1), (1, 1), (2, 1), (3, 1))
    )
    np.matmul(dc1_z.reshape(16, 64 * N), s3.reshape(9, 64 * N).T, out=dc1_K.reshape(16, 9))


def _update(
    work, N, c1_K, c1_b, c2_K, c2_b, h_W, h_b, logits_W, logits_b, dc1_K, dc1_b, dc2_K, dc2_b, dh_W,
    dh_b, dlogits_W, dlogits_b, step_, c1_K_m, c1_K_v, c1_b_m, c1_b_v, c2_K_m, c2_K_v, c2_b_m,
    c2_b_v, h_W_m, h_W_v, h_b_m, h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v,
    learning_rate, beta1, beta2, epsilon
):
    """Update parameters and state in place; the gradients are used up."""
    s8 = work[27]
    s9 = work[28]
    s10 = work[29]
    s11 = work[30]
    s12 = work[31]
    s13 = work[32]
    s14 = work[33]
    s15 = work[34]
    s16 = work[35]
    s17 = work[36]
    s18 = work[37]
    s19 = work[38]
    s20 = work[39]
    s21 = work[40]
    # step_next = step + 1
    step_next = step_ + 1
    # v1 = 1 - beta1
    v1 = 1 - beta1
    # c1_K_m_next[i,j,k0,k1] = c1_K_m[i,j,k0,k1] * beta1 + dc1_K[i,j,k0,k1] * v1
    np.multiply(beta1, c1_K_m, out=s8)
    np.multiply(v1, dc1_K, out=s9)
    np.add(s8, s9, out=c1_K_m)
    # v2 = 1 - beta2
    v2 = 1 - beta2
    # c1_K_v_next[i,j,k0,k1] = dc1_K[i,j,k0,k1]**2 * v2 + c1_K_v[i,j,k0,k1] * beta2
    np.multiply(v2, dc1_K, out=s9)
    s9 *= dc1_K
    np.multiply(beta2, c1_K_v, out=dc1_K)
    np.add(s9, dc1_K, out=c1_K_v)
    # v3 = 1 / (1 - beta1**step_next)
    v3 = 1 / (1 - beta1**step_next)
    # v4 = 1 / (1 - beta2**step_next)
    v4 = 1 / (1 - beta2**step_next)
    # c1_K_next[i,j,k0,k1] = c1_K[i,j,k0,k1] - c1_K_m_next[i,j,k0,k1] * learning_rate * v3 /
    #     (sqrt(c1_K_v_next[i,j,k0,k1] * v4) + epsilon)
    np.multiply(v4, c1_K_v, out=dc1_K)
    np.sqrt(dc1_K, out=dc1_K)
    dc1_K += epsilon
    np.multiply(learning_rate * v3, c1_K_m, out=s9)
    s9 /= dc1_K
    c1_K -= s9
    # c1_b_m_next[j] = c1_b_m[j] * beta1 + dc1_b[j] * v1
    np.multiply(beta1, c1_b_m, out=s10)
    np.multiply(v1, dc1_b, out=s11)
    np.add(s10, s11, out=c1_b_m)
    # c1_b_v_next[j] = dc1_b[j]**2 * v2 + c1_b_v[j] * beta2
    np.multiply(v2, dc1_b, out=s11)
    s11 *= dc1_b
    np.multiply(beta2, c1_b_v, out=dc1_b)
    np.add(s11, dc1_b, out=c1_b_v)
    # c1_b_next[j] = c1_b[j] - c1_b_m_next[j] * learning_rate * v3 / (sqrt(c1_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, c1_b_v, out=dc1_b)
    np.sqrt(dc1_b, out=dc1_b)
    dc1_b += epsilon
    np.multiply(learning_rate * v3, c1_b_m, out=s11)
    s11 /= dc1_b
    c1_b -= s11
    # c2_K_m_next[i,j,k0,k1] = c2_K_m[i,j,k0,k1] * beta1 + dc2_K[i,j,k0,k1] * v1
    np.multiply(beta1, c2_K_m, out=s12)
    np.multiply(v1, dc2_K, out=s13)
    np.add(s12, s13, out=c2_K_m)
    # c2_K_v_next[i,j,k0,k1] = dc2_K[i,j,k0,k1]**2 * v2 + c2_K_v[i,j,k0,k1] * beta2
    np.multiply(v2, dc2_K, out=s13)
    s13 *= dc2_K
    np.multiply(beta2, c2_K_v, out=dc2_K)
    np.add(s13, dc2_K, out=c2_K_v)
    # c2_K_next[i,j,k0,k1] = c2_K[i,j,k0,k1] - c2_K_m_next[i,j,k0,k1] * learning_rate * v3 /
    #     (sqrt(c2_K_v_next[i,j,k0,k1] * v4) + epsilon)
    np.multiply(v4, c2_K_v, out=dc2_K)
    np.sqrt(dc2_K, out=dc2_K)
    dc2_K += epsilon
    np.multiply(learning_rate * v3, c2_K_m, out=s13)
    s13 /= dc2_K
    c2_K -= s13
    # c2_b_m_next[j] = c2_b_m[j] * beta1 + dc2_b[j] * v1
    np.multiply(beta1, c2_b_m, out=s14)
    np.multiply(v1, dc2_b, out=s15)
    np.add(s14, s15, out=c2_b_m)
    # c2_b_v_next[j] = dc2_b[j]**2 * v2 + c2_b_v[j] * beta2
    np.multiply(v2, dc2_b, out=s15)
    s15 *= dc2_b
    np.multiply(beta2, c2_b_v, out=dc2_b)
    np.add(s15, dc2_b, out=c2_b_v)
    # c2_b_next[j] = c2_b[j] - c2_b_m_next[j] * learning_rate * v3 / (sqrt(c2_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, c2_b_v, out=dc2_b)
    np.sqrt(dc2_b, out=dc2_b)
    dc2_b += epsilon
    np.multiply(learning_rate * v3, c2_b_m, out=s15)
    s15 /= dc2_b
    c2_b -= s15
    # h_W_m_next[i,j] = h_W_m[i,j] * beta1 + dh_W[i,j] * v1
    np.multiply(beta1, h_W_m, out=s16)
    np.multiply(v1, dh_W, out=s17)
    np.add(s16, s17, out=h_W_m)
    # h_W_v_next[i,j] = dh_W[i,j]**2 * v2 + h_W_v[i,j] * beta2
    np.multiply(v2, dh_W, out=s17)
    s17 *= dh_W
    np.multiply(beta2, h_W_v, out=dh_W)
    np.add(s17, dh_W, out=h_W_v)
    # h_W_next[i,j] = h_W[i,j] - h_W_m_next[i,j] * learning_rate * v3 / (sqrt(h_W_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, h_W_v, out=dh_W)
    np.sqrt(dh_W, out=dh_W)
    dh_W += epsilon
    np.multiply(learning_rate * v3, h_W_m, out=s17)
    s17 /= dh_W
    h_W -= s17
    # h_b_m_next[j] = h_b_m[j] * beta1 + dh_b[j] * v1
    np.multiply(beta1, h_b_m, out=s15)
    np.multiply(v1, dh_b, out=dc2_b)
    np.add(s15, dc2_b, out=h_b_m)
    # h_b_v_next[j] = dh_b[j]**2 * v2 + h_b_v[j] * beta2
    np.multiply(v2, dh_b, out=dc2_b)
    dc2_b *= dh_b
    np.multiply(beta2, h_b_v, out=dh_b)
    np.add(dc2_b, dh_b, out=h_b_v)
    # h_b_next[j] = h_b[j] - h_b_m_next[j] * learning_rate * v3 / (sqrt(h_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, h_b_v, out=dh_b)
    np.sqrt(dh_b, out=dh_b)
    dh_b += epsilon
    np.multiply(learning_rate * v3, h_b_m, out=dc2_b)
    dc2_b /= dh_b
    h_b -= dc2_b
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
    step_[()] = step_next


def _buffers(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((64, N), dtype=_DTYPE),  # x_turned
        np.empty((1, 8, 8, N), dtype=_DTYPE),  # image
        np.empty((1, 10, 10, N), dtype=_DTYPE),  # c1_padded
        np.empty((16, 8, 8, N), dtype=_DTYPE),  # c1_z
        np.empty((1, 3, 3, 8, 8, N), dtype=_DTYPE),  # s3
        np.empty((16, 4, 8, N), dtype=_DTYPE),  # s1_z_rows
        np.empty((16, 4, 4, N), dtype=_DTYPE),  # s1_z
        np.empty((16, 4, 4, N), dtype=np.int8),  # s1_z_winner
        np.empty((16, 4, 4, N), dtype=np.int8),  # s4
        np.empty((16, 6, 6, N), dtype=_DTYPE),  # c2_padded
        np.empty((32, 4, 4, N), dtype=_DTYPE),  # c2_z
        np.empty((16, 3, 3, 4, 4, N), dtype=_DTYPE),  # s5
        np.empty((32, 2, 4, N), dtype=_DTYPE),  # s2_z_rows
        np.empty((32, 2, 2, N), dtype=_DTYPE),  # s2_z
        np.empty((32, 2, 2, N), dtype=np.int8),  # s2_z_winner
        np.empty((32, 2, 2, N), dtype=np.int8),  # s6
        np.empty((128, N), dtype=_DTYPE),  # flatten
        np.empty((32, N), dtype=_DTYPE),  # h_z
        np.empty((10, N), dtype=_DTYPE),  # logits
        np.empty((N,), dtype=_DTYPE),  # output_Z_max
        np.empty((10, N), dtype=_DTYPE),  # v1
        np.empty((N,), dtype=_DTYPE),  # s7
        np.empty((32, N), dtype=_DTYPE),  # dh
        np.empty((128, N), dtype=_DTYPE),  # dflatten
        np.empty((32, 2, 2, N), dtype=_DTYPE),  # ds2_z
        np.empty((16, 6, 6, N), dtype=_DTYPE),  # dc2_padded
        np.empty((16, 4, 4, N), dtype=_DTYPE),  # ds1_z
        np.empty((16, 1, 3, 3), dtype=_DTYPE),  # s8
        np.empty((16, 1, 3, 3), dtype=_DTYPE),  # s9
        np.empty((16,), dtype=_DTYPE),  # s10
        np.empty((16,), dtype=_DTYPE),  # s11
        np.empty((32, 16, 3, 3), dtype=_DTYPE),  # s12
        np.empty((32, 16, 3, 3), dtype=_DTYPE),  # s13
        np.empty((32,), dtype=_DTYPE),  # s14
        np.empty((32,), dtype=_DTYPE),  # s15
        np.empty((128, 32), dtype=_DTYPE),  # s16
        np.empty((128, 32), dtype=_DTYPE),  # s17
        np.empty((32, 10), dtype=_DTYPE),  # s18
        np.empty((32, 10), dtype=_DTYPE),  # s19
        np.empty((10,), dtype=_DTYPE),  # s20
        np.empty((10,), dtype=_DTYPE),  # s21
    )


def _buffers_of_predict(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 1, 8, 8), dtype=_DTYPE),  # image
        np.empty((N, 1, 10, 10), dtype=_DTYPE),  # c1_padded
        np.empty((N, 16, 8, 8), dtype=_DTYPE),  # c1_z
        np.empty((N, 1, 3, 3, 8, 8), dtype=_DTYPE),  # s22
        np.empty((N, 16, 4, 8), dtype=_DTYPE),  # s1_z_rows
        np.empty((N, 16, 4, 4), dtype=_DTYPE),  # s1_z
        np.empty((N, 16, 6, 6), dtype=_DTYPE),  # c2_padded
        np.empty((N, 32, 4, 4), dtype=_DTYPE),  # c2_z
        np.empty((N, 16, 3, 3, 4, 4), dtype=_DTYPE),  # s23
        np.empty((N, 32, 2, 4), dtype=_DTYPE),  # s2_z_rows
        np.empty((N, 32, 2, 2), dtype=_DTYPE),  # s2_z
        np.empty((N, 32, 2, 2), dtype=_DTYPE),  # s24
        np.empty((N, 128), dtype=_DTYPE),  # flatten
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


def _strided(x, shape, *moves):
    """Return a view of x: moves tell along which axis each index goes, and how far."""
    strides = [step * x.strides[axis] for axis, step in moves]
    return np.lib.stride_tricks.as_strided(x, shape, strides)


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
