"""sunspots: forward pass, gradients and training step in NumPy (float64).

    input x[N,24]
    target y[N,1]
    param h_W[1,4,16]
    param h_U[16,4,16]
    param h_b[4,16]
    param p_W[16,1]
    param p_b[1]
    years[n,i0,0] = x[n,i0]
    value h_c[25,N,16]
    h_c[0,n,j] = 0
    value h_h[25,N,16]
    h_h[0,n,j] = 0
    scan t in 24
        h_z[t,n,g,j] = sum[i](years[n,t,i] * h_W[i,g,j])
        h_z[t,n,g,j] += h_b[g,j]
        h_z[t,n,g,j] += sum[k](h_h[t,n,k] * h_U[k,g,j])
        h_s[t,n,g,j] = sigmoid(h_z[t,n,g,j]) for t in 24, n in N, g in 3, j in 16
        h_a[t,n,j] = tanh(h_z[t,n,3,j])
        h_c[t + 1,n,j] += h_a[t,n,j] * h_s[t,n,0,j] + h_c[t,n,j] * h_s[t,n,1,j]
        h_tanh_c[t,n,j] = tanh(h_c[t + 1,n,j])
        h_h[t + 1,n,j] += h_tanh_c[t,n,j] * h_s[t,n,2,j]
    end
    h[n,j] = h_h[24,n,j]
    p[n,j] = sum[i](h[n,i] * p_W[i,j])
    p[n,j] += p_b[j]
    loss_sum = sum[n,j]((p[n,j] - y[n,j])**2)
    loss = loss_sum / N

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from sunspots.bp (network 1bc95c58cda59bc0):
    symbp build sunspots.bp --target numpy --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import threading

import numpy as np

NAME = "sunspots"
TARGET = "numpy"
DTYPE = "float64"
NETWORK = "1bc95c58cda59bc0"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "h_W": (1, 4, 16),
    "h_U": (16, 4, 16),
    "h_b": (4, 16),
    "p_W": (16, 1),
    "p_b": (1,),
}
INPUTS = {  # name -> role, shape, number of classes
    "x": ("input", ("N", 24), None),
    "y": ("target", ("N", 1), None),
}
OUTPUTS = {  # name -> shape
    "p": ("N", 1),
}
HYPERPARAMETERS = {  # name -> default
    "learning_rate": 0.005,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-08,
}

_DTYPE = np.dtype(DTYPE)
_STATE = {  # name -> shape
    "t": (),
    "h_W_m": (1, 4, 16),
    "h_W_v": (1, 4, 16),
    "h_U_m": (16, 4, 16),
    "h_U_v": (16, 4, 16),
    "h_b_m": (4, 16),
    "h_b_v": (4, 16),
    "p_W_m": (16, 1),
    "p_W_v": (16, 1),
    "p_b_m": (1,),
    "p_b_v": (1,),
}
_ONE = np.ones((), dtype=_DTYPE)


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "h_W": np.asarray(rng.uniform(-0.25, 0.25, (1, 4, 16)), dtype=_DTYPE),
        "h_U": np.asarray(rng.uniform(-0.25, 0.25, (16, 4, 16)), dtype=_DTYPE),
        "h_b": np.zeros((4, 16), dtype=_DTYPE),
        "p_W": np.asarray(
            rng.uniform(-0.5940885257860046, 0.5940885257860046, (16, 1)), dtype=_DTYPE
        ),
        "p_b": np.zeros((1,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return p (N, 1) for x (N, 24)."""
    h_W, h_U, h_b, p_W, p_b = _parameters(params)
    N, x = _inputs(x)
    if check_finite:
        _finite({**params, "x": x})
    with np.errstate(over="ignore"):
        outputs = _predict(_buffers_of_predict(N), N, x, h_W, h_U, h_b, p_W, p_b)
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, y, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 24), y (N, 1)
    """
    h_W, h_U, h_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    work = _buffers(N)
    with np.errstate(over="ignore"):
        loss, years, h_c, h_h, h_s, h_a, h_tanh_c, v1 = _forward(
            work, N, x, y, h_W, h_U, h_b, p_W, p_b
        )
    return (
        float(loss), {"years": years, "h_c": h_c, "h_h": h_h, "h_s": h_s, "h_a": h_a, "h_tanh_c":
        h_tanh_c, "v1": v1}
    )


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    _, h_U, _, p_W, _ = _parameters(params)
    years = tape["years"]
    h_c = tape["h_c"]
    h_h = tape["h_h"]
    h_s = tape["h_s"]
    h_a = tape["h_a"]
    h_tanh_c = tape["h_tanh_c"]
    v1 = tape["v1"]
    N = years.shape[0]
    work = _buffers(N)
    grads = _gradients()
    _backward(work, N, h_U, p_W, years, h_c, h_h, h_s, h_a, h_tanh_c, v1, *grads)
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, y, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    h_W, h_U, h_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    work = _buffers(N)
    grads = _gradients()
    with np.errstate(over="ignore"):
        loss, years, h_c, h_h, h_s, h_a, h_tanh_c, v1 = _forward(
            work, N, x, y, h_W, h_U, h_b, p_W, p_b
        )
        _backward(work, N, h_U, p_W, years, h_c, h_h, h_s, h_a, h_tanh_c, v1, *grads)
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {
        "t": np.zeros((), dtype=_DTYPE),
        "h_W_m": np.zeros((1, 4, 16), dtype=_DTYPE),
        "h_W_v": np.zeros((1, 4, 16), dtype=_DTYPE),
        "h_U_m": np.zeros((16, 4, 16), dtype=_DTYPE),
        "h_U_v": np.zeros((16, 4, 16), dtype=_DTYPE),
        "h_b_m": np.zeros((4, 16), dtype=_DTYPE),
        "h_b_v": np.zeros((4, 16), dtype=_DTYPE),
        "p_W_m": np.zeros((16, 1), dtype=_DTYPE),
        "p_W_v": np.zeros((16, 1), dtype=_DTYPE),
        "p_b_m": np.zeros((1,), dtype=_DTYPE),
        "p_b_v": np.zeros((1,), dtype=_DTYPE),
    }


def train_step(
    params, state, x, y, *, learning_rate=0.005, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    h_W, h_U, h_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    t, h_W_m, h_W_v, h_U_m, h_U_v, h_b_m, h_b_v, p_W_m, p_W_v, p_b_m, p_b_v = _state(state)
    if (
        not (h_W.flags.writeable and h_U.flags.writeable and h_b.flags.writeable and
        p_W.flags.writeable and p_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _workspace(N)
    with np.errstate(over="ignore"):
        loss, years, h_c, h_h, h_s, h_a, h_tanh_c, v1 = _forward(
            work, N, x, y, h_W, h_U, h_b, p_W, p_b
        )
        _backward(work, N, h_U, p_W, years, h_c, h_h, h_s, h_a, h_tanh_c, v1, *grads)
        _update(
            work, N, h_W, h_U, h_b, p_W, p_b, grads[0], grads[1], grads[2], grads[3], grads[4], t,
            h_W_m, h_W_v, h_U_m, h_U_v, h_b_m, h_b_v, p_W_m, p_W_v, p_b_m, p_b_v, learning_rate,
            beta1, beta2, epsilon
        )
    return float(loss)


def bind(
    params, state, x, y, *, learning_rate=0.005, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    h_W, h_U, h_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    t, h_W_m, h_W_v, h_U_m, h_U_v, h_b_m, h_b_v, p_W_m, p_W_v, p_b_m, p_b_v = _state(state)
    if (
        not (h_W.flags.writeable and h_U.flags.writeable and h_b.flags.writeable and
        p_W.flags.writeable and p_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _buffers(N), _gradients()

    def step():
        with np.errstate(over="ignore"):
            loss, years, h_c, h_h, h_s, h_a, h_tanh_c, v1 = _forward(
                work, N, x, y, h_W, h_U, h_b, p_W, p_b
            )
            _backward(work, N, h_U, p_W, years, h_c, h_h, h_s, h_a, h_tanh_c, v1, *grads)
            _update(
                work, N, h_W, h_U, h_b, p_W, p_b, grads[0], grads[1], grads[2], grads[3], grads[4],
                t, h_W_m, h_W_v, h_U_m, h_U_v, h_b_m, h_b_v, p_W_m, p_W_v, p_b_m, p_b_v,
                learning_rate, beta1, beta2, epsilon
            )
        return float(loss)

    return step


def fit(
    params, state, x, y, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.005, beta1=0.9, beta2=0.999, epsilon=1e-08, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    batch_size = N if batch_size is None else min(int(batch_size), N)
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    losses = []
    for epoch in range(start, start + epochs):
        total = 0.0
        for rows in _batches(N, batch_size, seed, epoch, shuffle):
            value = train_step(
                params, state, x[rows], y[rows], learning_rate=learning_rate, beta1=beta1,
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


def _predict(work, N, x, h_W, h_U, h_b, p_W, p_b):
    """Return the outputs."""
    years = work[0]
    h_z = work[1]
    s14 = work[2]
    h_s = work[3]
    h_c = work[4]
    h_h = work[5]
    s15 = work[6]
    s16 = work[7]
    p = work[8]
    # years[n,i0,0] = x[n,i0]
    np.copyto(years[:, :, 0], x)
    # h_z[t,n,g,j] = sum[i](years[n,t,i] * h_W[i,g,j]) + h_b[g,j]
    np.copyto(s14, years.transpose(1, 0, 2))
    np.matmul(s14.reshape(24 * N, 1), h_W.reshape(1, 64), out=h_z.reshape(24 * N, 64))
    h_z += h_b
    h_c[0] = 0.0
    h_h[0] = 0.0
    for t in range(24):
        # h_z[t,n,g,j] += sum[k](h_h[t,n,k] * h_U[k,g,j])
        np.matmul(h_h[t], h_U.reshape(16, 64), out=s15.reshape(N, 64))
        np.add(h_z[t], s15, out=h_z[t])
        # h_s[t,n,g,j] = sigmoid(h_z[t,n,g,j])
        _sigmoid(h_z[t, :, :3], out=h_s[t])
        # h_c[t + 1,n,j] = h_c[t,n,j] * h_s[t,n,1,j] + h_s[t,n,0,j] * tanh(h_z[t,n,3,j])
        np.multiply(h_c[t], h_s[t, :, 1], out=h_c[t + 1])
        np.tanh(h_z[t, :, 3], out=s16)
        s16 *= h_s[t, :, 0]
        np.add(h_c[t + 1], s16, out=h_c[t + 1])
        # h_h[t + 1,n,j] = h_s[t,n,2,j] * tanh(h_c[t + 1,n,j])
        np.tanh(h_c[t + 1], out=h_h[t + 1])
        np.multiply(h_s[t, :, 2], h_h[t + 1], out=h_h[t + 1])
    # p[n,j] = sum[i](h_h[24,n,i] * p_W[i,j]) + p_b[j]
    np.dot(h_h[24], p_W, out=p)
    p += p_b
    return p,


def _forward(work, N, x, y, h_W, h_U, h_b, p_W, p_b):
    """Return the loss, and the values that the gradients need."""
    years = work[0]
    h_z = work[1]
    s1 = work[2]
    h_s = work[3]
    h_a = work[4]
    h_c = work[5]
    h_tanh_c = work[6]
    h_h = work[7]
    s2 = work[8]
    s3 = work[9]
    p = work[10]
    # years[n,i0,0] = x[n,i0]
    np.copyto(years[:, :, 0], x)
    # h_z[t,n,g,j] = sum[i](years[n,t,i] * h_W[i,g,j]) + h_b[g,j]
    np.copyto(s1, years.transpose(1, 0, 2))
    np.matmul(s1.reshape(24 * N, 1), h_W.reshape(1, 64), out=h_z.reshape(24 * N, 64))
    h_z += h_b
    h_c[0] = 0.0
    h_h[0] = 0.0
    for t in range(24):
        # h_z[t,n,g,j] += sum[k](h_h[t,n,k] * h_U[k,g,j])
        np.matmul(h_h[t], h_U.reshape(16, 64), out=s2.reshape(N, 64))
        np.add(h_z[t], s2, out=h_z[t])
        # h_s[t,n,g,j] = sigmoid(h_z[t,n,g,j])
        _sigmoid(h_z[t, :, :3], out=h_s[t])
        # h_a[t,n,j] = tanh(h_z[t,n,3,j])
        np.tanh(h_z[t, :, 3], out=h_a[t])
        # h_c[t + 1,n,j] = h_a[t,n,j] * h_s[t,n,0,j] + h_c[t,n,j] * h_s[t,n,1,j]
        np.multiply(h_a[t], h_s[t, :, 0], out=h_c[t + 1])
        np.multiply(h_c[t], h_s[t, :, 1], out=s3)
        np.add(h_c[t + 1], s3, out=h_c[t + 1])
        # h_tanh_c[t,n,j] = tanh(h_c[t + 1,n,j])
        np.tanh(h_c[t + 1], out=h_tanh_c[t])
        # h_h[t + 1,n,j] = h_tanh_c[t,n,j] * h_s[t,n,2,j]
        np.multiply(h_s[t, :, 2], h_tanh_c[t], out=h_h[t + 1])
    # p[n,j] = sum[i](h_h[24,n,i] * p_W[i,j]) + p_b[j]
    np.dot(h_h[24], p_W, out=p)
    p += p_b
    # v1[n,j] = p[n,j] - y[n,j]
    v1 = np.subtract(p, y, out=p)
    # loss_sum = sum[n,j](v1[n,j]**2)
    loss_sum = np.vdot(v1, v1)
    # loss = loss_sum / N
    loss = loss_sum / N
    return loss, years, h_c, h_h, h_s, h_a, h_tanh_c, v1


def _backward(
    work, N, h_U, p_W, years, h_c, h_h, h_s, h_a, h_tanh_c, v1, dh_W, dh_U, dh_b, dp_W, dp_b
):
    """Compute the gradients into the arrays at the end."""
    h_z = work[1]
    s1 = work[2]
    s3 = work[9]
    dp = work[11]
    dh_h = work[12]
    dh_c_step = work[13]
    dh_z_step = work[14]
    dh_z_step_2 = work[15]
    dh_s = work[16]
    dh_c = work[17]
    # dp[n,j] = 2 * v1[n,j] / N  (of loss_sum)
    np.multiply(2 / N, v1, out=dp)
    # dp_b[j] = sum[n](dp[n,j])  (of p)
    np.add.reduce(dp, axis=0, out=dp_b)
    # dh[n,i] = sum[j](dp[n,j] * p_W[i,j])  (of p)
    dh = np.dot(dp, p_W.T, out=s3)
    # dp_W[i,j] = sum[n](h_h[24,n,i] * dp[n,j])  (of p)
    np.dot(h_h[24].T, dp, out=dp_W)
    # dh_h[24,n,j] = dh[n,j]  (of h)
    np.copyto(dh_h[24], dh)
    # dh_c_step[t,n,j] = (1 - h_tanh_c[t,n,j]**2) * h_s[t,n,2,j]  (of h_tanh_c)
    np.multiply(h_tanh_c, h_tanh_c, out=dh_c_step)
    np.subtract(_ONE, dh_c_step, out=dh_c_step)
    dh_c_step *= h_s[:, :, 2]
    # dh_z_step[t,n,j] = (1 - h_a[t,n,j]**2) * h_s[t,n,0,j]  (of h_a)
    np.multiply(h_a, h_a, out=dh_z_step)
    np.subtract(_ONE, dh_z_step, out=dh_z_step)
    dh_z_step *= h_s[:, :, 0]
    # dh_z_step_2[t,n,g,j] = (1 - h_s[t,n,g,j]) * h_s[t,n,g,j]  (of h_s)
    np.subtract(_ONE, h_s, out=dh_z_step_2)
    dh_z_step_2 *= h_s
    dh_c[24] = 0.0
    dh_z = h_z
    for t in reversed(range(24)):
        # dh_s[t,n,2,j] = dh_h[t + 1,n,j] * h_tanh_c[t,n,j]  (of h_h)
        np.multiply(dh_h[t + 1], h_tanh_c[t], out=dh_s[t, :, 2])
        # dh_c[t + 1,n,j] += dh_c_step[t,n,j] * dh_h[t + 1,n,j]  (of h_tanh_c)
        np.multiply(dh_c_step[t], dh_h[t + 1], out=dh)
        np.add(dh_c[t + 1], dh, out=dh_c[t + 1])
        # dh_s[t,n,0,j] = dh_c[t + 1,n,j] * h_a[t,n,j]  (of h_c)
        np.multiply(dh_c[t + 1], h_a[t], out=dh_s[t, :, 0])
        # dh_c[t,n,j] = dh_c[t + 1,n,j] * h_s[t,n,1,j]  (of h_c)
        np.multiply(dh_c[t + 1], h_s[t, :, 1], out=dh_c[t])
        # dh_s[t,n,1,j] = dh_c[t + 1,n,j] * h_c[t,n,j]  (of h_c)
        np.multiply(dh_c[t + 1], h_c[t], out=dh_s[t, :, 1])
        # dh_z[t,n,3,j] = dh_c[t + 1,n,j] * dh_z_step[t,n,j]  (of h_a)
        np.multiply(dh_c[t + 1], dh_z_step[t], out=dh_z[t, :, 3])
        # dh_z[t,n,g,j] = dh_s[t,n,g,j] * dh_z_step_2[t,n,g,j]  (of h_s)
        np.multiply(dh_s[t], dh_z_step_2[t], out=dh_z[t, :, :3])
        # dh_h[t,n,k] = sum[g,j](dh_z[t,n,g,j] * h_U[k,g,j])  (of h_z)
        np.dot(dh_z[t].reshape(N, 64), h_U.reshape(16, 64).T, out=dh_h[t])
    # dh_U[k,g,j] = sum[t,n](h_h[t,n,k] * dh_z[t,n,g,j])  (of h_z)
    np.matmul(h_h[:24].reshape(24 * N, 16).T, dh_z.reshape(24 * N, 64), out=dh_U.reshape(16, 64))
    # dh_b[g,j] = sum[t,n](dh_z[t,n,g,j])  (of h_z)
    np.add.reduce(dh_z, axis=(0, 1), out=dh_b)
    # dh_W[i,g,j] = sum[t,n](years[n,t,i] * dh_z[t,n,g,j])  (of h_z)
    np.copyto(s1, years.transpose(1, 0, 2))
    np.matmul(s1.reshape(24 * N, 1).T, dh_z.reshape(24 * N, 64), out=dh_W.reshape(1, 64))


def _update(
    work, N, h_W, h_U, h_b, p_W, p_b, dh_W, dh_U, dh_b, dp_W, dp_b, t, h_W_m, h_W_v, h_U_m, h_U_v,
    h_b_m, h_b_v, p_W_m, p_W_v, p_b_m, p_b_v, learning_rate, beta1, beta2, epsilon
):
    """Update parameters and state in place; the gradients are used up."""
    s4 = work[18]
    s5 = work[19]
    s6 = work[20]
    s7 = work[21]
    s8 = work[22]
    s9 = work[23]
    s10 = work[24]
    s11 = work[25]
    s12 = work[26]
    s13 = work[27]
    # t_next = t + 1
    t_next = t + 1
    # v1 = 1 - beta1
    v1 = 1 - beta1
    # h_W_m_next[i,j,k0] = h_W_m[i,j,k0] * beta1 + dh_W[i,j,k0] * v1
    np.multiply(beta1, h_W_m, out=s4)
    np.multiply(v1, dh_W, out=s5)
    np.add(s4, s5, out=h_W_m)
    # v2 = 1 - beta2
    v2 = 1 - beta2
    # h_W_v_next[i,j,k0] = dh_W[i,j,k0]**2 * v2 + h_W_v[i,j,k0] * beta2
    np.multiply(v2, dh_W, out=s5)
    s5 *= dh_W
    np.multiply(beta2, h_W_v, out=dh_W)
    np.add(s5, dh_W, out=h_W_v)
    # v3 = 1 / (1 - beta1**t_next)
    v3 = 1 / (1 - beta1**t_next)
    # v4 = 1 / (1 - beta2**t_next)
    v4 = 1 / (1 - beta2**t_next)
    # h_W_next[i,j,k0] = h_W[i,j,k0] - h_W_m_next[i,j,k0] * learning_rate * v3 /
    #     (sqrt(h_W_v_next[i,j,k0] * v4) + epsilon)
    np.multiply(v4, h_W_v, out=dh_W)
    np.sqrt(dh_W, out=dh_W)
    dh_W += epsilon
    np.multiply(learning_rate * v3, h_W_m, out=s5)
    s5 /= dh_W
    h_W -= s5
    # h_U_m_next[i,j,k0] = h_U_m[i,j,k0] * beta1 + dh_U[i,j,k0] * v1
    np.multiply(beta1, h_U_m, out=s6)
    np.multiply(v1, dh_U, out=s7)
    np.add(s6, s7, out=h_U_m)
    # h_U_v_next[i,j,k0] = dh_U[i,j,k0]**2 * v2 + h_U_v[i,j,k0] * beta2
    np.multiply(v2, dh_U, out=s7)
    s7 *= dh_U
    np.multiply(beta2, h_U_v, out=dh_U)
    np.add(s7, dh_U, out=h_U_v)
    # h_U_next[i,j,k0] = h_U[i,j,k0] - h_U_m_next[i,j,k0] * learning_rate * v3 /
    #     (sqrt(h_U_v_next[i,j,k0] * v4) + epsilon)
    np.multiply(v4, h_U_v, out=dh_U)
    np.sqrt(dh_U, out=dh_U)
    dh_U += epsilon
    np.multiply(learning_rate * v3, h_U_m, out=s7)
    s7 /= dh_U
    h_U -= s7
    # h_b_m_next[i,j] = h_b_m[i,j] * beta1 + dh_b[i,j] * v1
    np.multiply(beta1, h_b_m, out=s8)
    np.multiply(v1, dh_b, out=s9)
    np.add(s8, s9, out=h_b_m)
    # h_b_v_next[i,j] = dh_b[i,j]**2 * v2 + h_b_v[i,j] * beta2
    np.multiply(v2, dh_b, out=s9)
    s9 *= dh_b
    np.multiply(beta2, h_b_v, out=dh_b)
    np.add(s9, dh_b, out=h_b_v)
    # h_b_next[i,j] = h_b[i,j] - h_b_m_next[i,j] * learning_rate * v3 / (sqrt(h_b_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, h_b_v, out=dh_b)
    np.sqrt(dh_b, out=dh_b)
    dh_b += epsilon
    np.multiply(learning_rate * v3, h_b_m, out=s9)
    s9 /= dh_b
    h_b -= s9
    # p_W_m_next[i,j] = p_W_m[i,j] * beta1 + dp_W[i,j] * v1
    np.multiply(beta1, p_W_m, out=s10)
    np.multiply(v1, dp_W, out=s11)
    np.add(s10, s11, out=p_W_m)
    # p_W_v_next[i,j] = dp_W[i,j]**2 * v2 + p_W_v[i,j] * beta2
    np.multiply(v2, dp_W, out=s11)
    s11 *= dp_W
    np.multiply(beta2, p_W_v, out=dp_W)
    np.add(s11, dp_W, out=p_W_v)
    # p_W_next[i,j] = p_W[i,j] - p_W_m_next[i,j] * learning_rate * v3 / (sqrt(p_W_v_next[i,j] * v4)
    #     + epsilon)
    np.multiply(v4, p_W_v, out=dp_W)
    np.sqrt(dp_W, out=dp_W)
    dp_W += epsilon
    np.multiply(learning_rate * v3, p_W_m, out=s11)
    s11 /= dp_W
    p_W -= s11
    # p_b_m_next[j] = p_b_m[j] * beta1 + dp_b[j] * v1
    np.multiply(beta1, p_b_m, out=s12)
    np.multiply(v1, dp_b, out=s13)
    np.add(s12, s13, out=p_b_m)
    # p_b_v_next[j] = dp_b[j]**2 * v2 + p_b_v[j] * beta2
    np.multiply(v2, dp_b, out=s13)
    s13 *= dp_b
    np.multiply(beta2, p_b_v, out=dp_b)
    np.add(s13, dp_b, out=p_b_v)
    # p_b_next[j] = p_b[j] - p_b_m_next[j] * learning_rate * v3 / (sqrt(p_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, p_b_v, out=dp_b)
    np.sqrt(dp_b, out=dp_b)
    dp_b += epsilon
    np.multiply(learning_rate * v3, p_b_m, out=s13)
    s13 /= dp_b
    p_b -= s13
    t[()] = t_next


def _buffers(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 24, 1), dtype=_DTYPE),  # years
        np.empty((24, N, 4, 16), dtype=_DTYPE),  # h_z
        np.empty((24, N, 1), dtype=_DTYPE),  # s1
        np.empty((24, N, 3, 16), dtype=_DTYPE),  # h_s
        np.empty((24, N, 16), dtype=_DTYPE),  # h_a
        np.empty((25, N, 16), dtype=_DTYPE),  # h_c
        np.empty((24, N, 16), dtype=_DTYPE),  # h_tanh_c
        np.empty((25, N, 16), dtype=_DTYPE),  # h_h
        np.empty((N, 4, 16), dtype=_DTYPE),  # s2
        np.empty((N, 16), dtype=_DTYPE),  # s3
        np.empty((N, 1), dtype=_DTYPE),  # p
        np.empty((N, 1), dtype=_DTYPE),  # dp
        np.empty((25, N, 16), dtype=_DTYPE),  # dh_h
        np.empty((24, N, 16), dtype=_DTYPE),  # dh_c_step
        np.empty((24, N, 16), dtype=_DTYPE),  # dh_z_step
        np.empty((24, N, 3, 16), dtype=_DTYPE),  # dh_z_step_2
        np.empty((24, N, 3, 16), dtype=_DTYPE),  # dh_s
        np.empty((25, N, 16), dtype=_DTYPE),  # dh_c
        np.empty((1, 4, 16), dtype=_DTYPE),  # s4
        np.empty((1, 4, 16), dtype=_DTYPE),  # s5
        np.empty((16, 4, 16), dtype=_DTYPE),  # s6
        np.empty((16, 4, 16), dtype=_DTYPE),  # s7
        np.empty((4, 16), dtype=_DTYPE),  # s8
        np.empty((4, 16), dtype=_DTYPE),  # s9
        np.empty((16, 1), dtype=_DTYPE),  # s10
        np.empty((16, 1), dtype=_DTYPE),  # s11
        np.empty((1,), dtype=_DTYPE),  # s12
        np.empty((1,), dtype=_DTYPE),  # s13
    )


def _buffers_of_predict(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 24, 1), dtype=_DTYPE),  # years
        np.empty((24, N, 4, 16), dtype=_DTYPE),  # h_z
        np.empty((24, N, 1), dtype=_DTYPE),  # s14
        np.empty((24, N, 3, 16), dtype=_DTYPE),  # h_s
        np.empty((25, N, 16), dtype=_DTYPE),  # h_c
        np.empty((25, N, 16), dtype=_DTYPE),  # h_h
        np.empty((N, 4, 16), dtype=_DTYPE),  # s15
        np.empty((N, 16), dtype=_DTYPE),  # s16
        np.empty((N, 1), dtype=_DTYPE),  # p
    )


def _parameters(params):
    arrays = _arrays(params, PARAMETERS)
    if arrays is None:
        _refuse_parameters(params)
    return arrays


def _inputs(x):
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if x.ndim != 2 or not x.shape[0] or x.shape[1] != 24:
        _refuse({"x": x})
    N = x.shape[0]
    return (N, x)


def _data(x, y):
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if type(y) is not np.ndarray or y.dtype is not _DTYPE:
        y = _convert("y", y)
    if (
        x.ndim != 2 or y.ndim != 2 or not x.shape[0] or x.shape[1] != 24 or y.shape[0] != x.shape[0]
        or y.shape[1] != 1
    ):
        _refuse({"x": x, "y": y})
    N = x.shape[0]
    return (N, x, y)


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
