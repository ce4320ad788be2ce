"""gan_generator: forward pass, gradients and training step in NumPy (float64).

    input z[N,8]
    target x[N,2]
    noise blur_u[2,2,N,2]
    param g1_W[8,64]
    param g1_b[64]
    param g2_W[64,64]
    param g2_b[64]
    param fake_W[64,2]
    param fake_b[2]
    hyper blurred = 0.1
    param c1_W[2,64] frozen
    param c1_b[64] frozen
    param c2_W[64,64] frozen
    param c2_b[64] frozen
    param score_W[64,1] frozen
    param score_b[1] frozen
    g1_z[n,j] = sum[i](z[n,i] * g1_W[i,j])
    g1_z[n,j] += g1_b[j]
    g1[n,j] = relu(g1_z[n,j])
    g2_z[n,j] = sum[i](g1[n,i] * g2_W[i,j])
    g2_z[n,j] += g2_b[j]
    g2[n,j] = relu(g2_z[n,j])
    fake[n,j] = sum[i](g2[n,i] * fake_W[i,j])
    fake[n,j] += fake_b[j]
    blur[n,k,j] = sqrt(2) * sqrt(-log(1 - blur_u[0,n,k,j])) * cos(2 * pi * blur_u[1,n,k,j])
    value points[2,N,2]
    points[0,n,i] = blur[0,n,i] * blurred + x[n,i]
    points[1,n,i] += blur[1,n,i] * blurred + fake[n,i]
    c1_z[n,k,j] = sum[i](points[n,k,i] * c1_W[i,j])
    c1_z[n,k,j] += c1_b[j]
    c1[n,k,j] = relu(c1_z[n,k,j])
    c2_z[n,k,j] = sum[i](c1[n,k,i] * c2_W[i,j])
    c2_z[n,k,j] += c2_b[j]
    c2[n,k,j] = relu(c2_z[n,k,j])
    score[n,k,j] = sum[i](c2[n,k,i] * score_W[i,j])
    score[n,k,j] += score_b[j]
    loss_sum = sum[n](softplus(-score[1,n,0]))
    loss = loss_sum / N

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from gan.bp:generator (network bbcf1684304447ad):
    symbp build gan.bp:generator --target numpy --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import math
import threading

import numpy as np

NAME = "gan_generator"
TARGET = "numpy"
DTYPE = "float64"
NETWORK = "bbcf1684304447ad"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "g1_W": (8, 64),
    "g1_b": (64,),
    "g2_W": (64, 64),
    "g2_b": (64,),
    "fake_W": (64, 2),
    "fake_b": (2,),
    "c1_W": (2, 64),
    "c1_b": (64,),
    "c2_W": (64, 64),
    "c2_b": (64,),
    "score_W": (64, 1),
    "score_b": (1,),
}
# The parameters that have gradients; the others are frozen.
TRAINED = ("g1_W", "g1_b", "g2_W", "g2_b", "fake_W", "fake_b")
INPUTS = {  # name -> role, shape, number of classes
    "z": ("input", ("N", 8), None),
    "x": ("target", ("N", 2), None),
}
OUTPUTS = {  # name -> shape
    "fake": ("N", 2),
}
HYPERPARAMETERS = {  # name -> default
    "blurred": 0.1,
    "learning_rate": 0.001,
    "beta1": 0.5,
    "beta2": 0.999,
    "epsilon": 1e-08,
}

_DTYPE = np.dtype(DTYPE)
_STATE = {  # name -> shape
    "t": (),
    "g1_W_m": (8, 64),
    "g1_W_v": (8, 64),
    "g1_b_m": (64,),
    "g1_b_v": (64,),
    "g2_W_m": (64, 64),
    "g2_W_v": (64, 64),
    "g2_b_m": (64,),
    "g2_b_v": (64,),
    "fake_W_m": (64, 2),
    "fake_W_v": (64, 2),
    "fake_b_m": (2,),
    "fake_b_v": (2,),
    "noise_seed": (),
    "noise_step": (),
}
_ONE = np.ones((), dtype=_DTYPE)


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "g1_W": np.asarray(rng.normal(0.0, 0.5, (8, 64)), dtype=_DTYPE),
        "g1_b": np.zeros((64,), dtype=_DTYPE),
        "g2_W": np.asarray(rng.normal(0.0, 0.1767766952966369, (64, 64)), dtype=_DTYPE),
        "g2_b": np.zeros((64,), dtype=_DTYPE),
        "fake_W": np.asarray(
            rng.uniform(-0.30151134457776363, 0.30151134457776363, (64, 2)), dtype=_DTYPE
        ),
        "fake_b": np.zeros((2,), dtype=_DTYPE),
        "c1_W": np.asarray(rng.normal(0.0, 1.0, (2, 64)), dtype=_DTYPE),
        "c1_b": np.zeros((64,), dtype=_DTYPE),
        "c2_W": np.asarray(rng.normal(0.0, 0.1767766952966369, (64, 64)), dtype=_DTYPE),
        "c2_b": np.zeros((64,), dtype=_DTYPE),
        "score_W": np.asarray(
            rng.uniform(-0.3038218101251, 0.3038218101251, (64, 1)), dtype=_DTYPE
        ),
        "score_b": np.zeros((1,), dtype=_DTYPE),
    }


def predict(params, z, *, check_finite=False):
    """Return fake (N, 2) for z (N, 8)."""
    g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, _, _, _, _, _, _ = _parameters(params)
    N, z = _inputs(z)
    if check_finite:
        _finite({**params, "z": z})
    outputs = _predict(_buffers_of_predict(N), N, z, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b)
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, z, x, *, blurred=0.1, noise_seed=0, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    z (N, 8), x (N, 2)
    """
    g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b = _parameters(
        params
    )
    N, z, x = _data(z, x)
    if check_finite:
        _finite({**params, "z": z, "x": x})
    blur_u = _noise((2, 2, N, 2), noise_seed, 0, 0)
    work = _buffers(N)
    loss, g1, g2, c1, c2, score = _forward(
        work, N, z, x, blur_u, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, blurred, c1_W, c1_b, c2_W,
        c2_b, score_W, score_b
    )
    return float(loss), {"z": z, "g1": g1, "g2": g2, "c1": c1, "c2": c2, "score": score}


def backward(params, tape):
    """Return the gradient of the loss by each parameter in TRAINED, a dict of arrays."""
    _, _, g2_W, _, fake_W, _, c1_W, _, c2_W, _, score_W, _ = _parameters(params)
    z = tape["z"]
    g1 = tape["g1"]
    g2 = tape["g2"]
    c1 = tape["c1"]
    c2 = tape["c2"]
    score = tape["score"]
    N = z.shape[0]
    work = _buffers(N)
    grads = _gradients()
    with np.errstate(over="ignore"):
        _backward(work, N, z, g2_W, fake_W, c1_W, c2_W, score_W, g1, g2, c1, c2, score, *grads)
    return dict(zip(TRAINED, grads, strict=True))


def value_and_grad(params, z, x, *, blurred=0.1, noise_seed=0, check_finite=False):
    """Return the loss and its gradient by each parameter in TRAINED, a dict of arrays."""
    g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b = _parameters(
        params
    )
    N, z, x = _data(z, x)
    if check_finite:
        _finite({**params, "z": z, "x": x})
    blur_u = _noise((2, 2, N, 2), noise_seed, 0, 0)
    work = _buffers(N)
    grads = _gradients()
    with np.errstate(over="ignore"):
        loss, g1, g2, c1, c2, score = _forward(
            work, N, z, x, blur_u, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, blurred, c1_W, c1_b,
            c2_W, c2_b, score_W, score_b
        )
        _backward(work, N, z, g2_W, fake_W, c1_W, c2_W, score_W, g1, g2, c1, c2, score, *grads)
    return float(loss), dict(zip(TRAINED, grads, strict=True))


def init_state(params, seed=0):
    """Return the state of the optimizer before the first step.

    The seed (modulo 16777216) tells which random numbers the steps draw.
    """
    _parameters(params)
    return {
        "t": np.zeros((), dtype=_DTYPE),
        "g1_W_m": np.zeros((8, 64), dtype=_DTYPE),
        "g1_W_v": np.zeros((8, 64), dtype=_DTYPE),
        "g1_b_m": np.zeros((64,), dtype=_DTYPE),
        "g1_b_v": np.zeros((64,), dtype=_DTYPE),
        "g2_W_m": np.zeros((64, 64), dtype=_DTYPE),
        "g2_W_v": np.zeros((64, 64), dtype=_DTYPE),
        "g2_b_m": np.zeros((64,), dtype=_DTYPE),
        "g2_b_v": np.zeros((64,), dtype=_DTYPE),
        "fake_W_m": np.zeros((64, 2), dtype=_DTYPE),
        "fake_W_v": np.zeros((64, 2), dtype=_DTYPE),
        "fake_b_m": np.zeros((2,), dtype=_DTYPE),
        "fake_b_v": np.zeros((2,), dtype=_DTYPE),
        "noise_seed": np.array(seed % 16777216, dtype=_DTYPE),
        "noise_step": np.zeros((), dtype=_DTYPE),
    }


def train_step(
    params, state, z, x, *, blurred=0.1, learning_rate=0.001, beta1=0.5, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b = _parameters(
        params
    )
    N, z, x = _data(z, x)
    if check_finite:
        _finite({**params, "z": z, "x": x})
    (
        t, g1_W_m, g1_W_v, g1_b_m, g1_b_v, g2_W_m, g2_W_v, g2_b_m, g2_b_v, fake_W_m, fake_W_v,
        fake_b_m, fake_b_v, noise_seed, noise_step
    ) = _state(state)
    if (
        not (g1_W.flags.writeable and g1_b.flags.writeable and g2_W.flags.writeable and
        g2_b.flags.writeable and fake_W.flags.writeable and fake_b.flags.writeable and
        c1_W.flags.writeable and c1_b.flags.writeable and c2_W.flags.writeable and
        c2_b.flags.writeable and score_W.flags.writeable and score_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _workspace(N)
    with np.errstate(over="ignore"):
        blur_u = _noise((2, 2, N, 2), noise_seed, noise_step, 0)
        loss, g1, g2, c1, c2, score = _forward(
            work, N, z, x, blur_u, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, blurred, c1_W, c1_b,
            c2_W, c2_b, score_W, score_b
        )
        _backward(work, N, z, g2_W, fake_W, c1_W, c2_W, score_W, g1, g2, c1, c2, score, *grads)
        _update(
            work, N, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, grads[0], grads[1], grads[2], grads[3],
            grads[4], grads[5], t, g1_W_m, g1_W_v, g1_b_m, g1_b_v, g2_W_m, g2_W_v, g2_b_m, g2_b_v,
            fake_W_m, fake_W_v, fake_b_m, fake_b_v, noise_step, learning_rate, beta1, beta2, epsilon
        )
    return float(loss)


def bind(
    params, state, z, x, *, blurred=0.1, learning_rate=0.001, beta1=0.5, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b = _parameters(
        params
    )
    N, z, x = _data(z, x)
    if check_finite:
        _finite({**params, "z": z, "x": x})
    (
        t, g1_W_m, g1_W_v, g1_b_m, g1_b_v, g2_W_m, g2_W_v, g2_b_m, g2_b_v, fake_W_m, fake_W_v,
        fake_b_m, fake_b_v, noise_seed, noise_step
    ) = _state(state)
    if (
        not (g1_W.flags.writeable and g1_b.flags.writeable and g2_W.flags.writeable and
        g2_b.flags.writeable and fake_W.flags.writeable and fake_b.flags.writeable and
        c1_W.flags.writeable and c1_b.flags.writeable and c2_W.flags.writeable and
        c2_b.flags.writeable and score_W.flags.writeable and score_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _buffers(N), _gradients()

    def step():
        with np.errstate(over="ignore"):
            blur_u = _noise((2, 2, N, 2), noise_seed, noise_step, 0)
            loss, g1, g2, c1, c2, score = _forward(
                work, N, z, x, blur_u, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, blurred, c1_W, c1_b,
                c2_W, c2_b, score_W, score_b
            )
            _backward(work, N, z, g2_W, fake_W, c1_W, c2_W, score_W, g1, g2, c1, c2, score, *grads)
            _update(
                work, N, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, grads[0], grads[1], grads[2],
                grads[3], grads[4], grads[5], t, g1_W_m, g1_W_v, g1_b_m, g1_b_v, g2_W_m, g2_W_v,
                g2_b_m, g2_b_v, fake_W_m, fake_W_v, fake_b_m, fake_b_v, noise_step, learning_rate,
                beta1, beta2, epsilon
            )
        return float(loss)

    return step


def fit(
    params, state, z, x, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    blurred=0.1, learning_rate=0.001, beta1=0.5, beta2=0.999, epsilon=1e-08, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    N, z, x = _data(z, x)
    if check_finite:
        _finite({**params, "z": z, "x": x})
    batch_size = N if batch_size is None else min(int(batch_size), N)
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    losses = []
    for epoch in range(start, start + epochs):
        total = 0.0
        for rows in _batches(N, batch_size, seed, epoch, shuffle):
            value = train_step(
                params, state, z[rows], x[rows], blurred=blurred, learning_rate=learning_rate,
                beta1=beta1, beta2=beta2, epsilon=epsilon
            )
            total += value * (len(rows) if isinstance(rows, np.ndarray) else rows.stop - rows.start)
        losses.append(total / N)
        if callback is not None and callback(epoch, losses[-1]):
            break
    return np.array(losses)


def _gradients():
    """Return new arrays for the gradients, in the order of TRAINED."""
    return tuple(np.empty(shape, dtype=_DTYPE) for shape in map(PARAMETERS.__getitem__, TRAINED))


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


def _predict(work, N, z, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b):
    """Return the outputs."""
    g1_z = work[0]
    g2_z = work[1]
    fake = work[2]
    # g1_z[n,j] = sum[i](z[n,i] * g1_W[i,j]) + g1_b[j]
    np.dot(z, g1_W, out=g1_z)
    g1_z += g1_b
    # g1[n,j] = relu(g1_z[n,j])
    g1 = np.maximum(g1_z, 0.0, out=g1_z)
    # g2_z[n,j] = sum[i](g1[n,i] * g2_W[i,j]) + g2_b[j]
    np.dot(g1, g2_W, out=g2_z)
    g2_z += g2_b
    # g2[n,j] = relu(g2_z[n,j])
    g2 = np.maximum(g2_z, 0.0, out=g2_z)
    # fake[n,j] = sum[i](g2[n,i] * fake_W[i,j]) + fake_b[j]
    np.dot(g2, fake_W, out=fake)
    fake += fake_b
    return fake,


def _forward(
    work, N, z, x, blur_u, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, blurred, c1_W, c1_b, c2_W, c2_b,
    score_W, score_b
):
    """Return the loss, and the values that the gradients need."""
    g1_z = work[0]
    g2_z = work[1]
    fake = work[2]
    blur = work[3]
    s1 = work[4]
    c1_z = work[5]
    c2_z = work[6]
    score = work[7]
    s2 = work[8]
    # g1_z[n,j] = sum[i](z[n,i] * g1_W[i,j]) + g1_b[j]
    np.dot(z, g1_W, out=g1_z)
    g1_z += g1_b
    # g1[n,j] = relu(g1_z[n,j])
    g1 = np.maximum(g1_z, 0.0, out=g1_z)
    # g2_z[n,j] = sum[i](g1[n,i] * g2_W[i,j]) + g2_b[j]
    np.dot(g1, g2_W, out=g2_z)
    g2_z += g2_b
    # g2[n,j] = relu(g2_z[n,j])
    g2 = np.maximum(g2_z, 0.0, out=g2_z)
    # fake[n,j] = sum[i](g2[n,i] * fake_W[i,j]) + fake_b[j]
    np.dot(g2, fake_W, out=fake)
    fake += fake_b
    # blur[n,k,j] = sqrt(2) * sqrt(-log1p(-blur_u[0,n,k,j])) * cos(2 * pi * blur_u[1,n,k,j])
    np.negative(blur_u[0], out=blur)
    np.log1p(blur, out=blur)
    np.negative(blur, out=blur)
    np.sqrt(blur, out=blur)
    np.multiply(2 * np.pi, blur_u[1], out=s1)
    np.cos(s1, out=s1)
    blur *= np.sqrt(2)
    blur *= s1
    # points[0,n,i] = blur[0,n,i] * blurred + x[n,i]
    # points[1,n,i] += blur[1,n,i] * blurred + fake[n,i]
    points = s1
    np.multiply(blurred, blur[0], out=points[0])
    np.add(x, points[0], out=points[0])
    np.multiply(blurred, blur[1], out=points[1])
    np.add(fake, points[1], out=points[1])
    # c1_z[n,k,j] = sum[i](points[n,k,i] * c1_W[i,j]) + c1_b[j]
    np.matmul(points.reshape(2 * N, 2), c1_W, out=c1_z.reshape(2 * N, 64))
    c1_z += c1_b
    # c1[n,k,j] = relu(c1_z[n,k,j])
    c1 = np.maximum(c1_z, 0.0, out=c1_z)
    # c2_z[n,k,j] = sum[i](c1[n,k,i] * c2_W[i,j]) + c2_b[j]
    np.matmul(c1.reshape(2 * N, 64), c2_W, out=c2_z.reshape(2 * N, 64))
    c2_z += c2_b
    # c2[n,k,j] = relu(c2_z[n,k,j])
    c2 = np.maximum(c2_z, 0.0, out=c2_z)
    # score[n,k,j] = sum[i](c2[n,k,i] * score_W[i,j]) + score_b[j]
    np.matmul(c2.reshape(2 * N, 64), score_W, out=score.reshape(2 * N, 1))
    score += score_b
    # loss_sum = sum[n](softplus(-score[1,n,0]))
    np.negative(score[1, :, 0], out=s2)
    _softplus(s2, out=s2)
    loss_sum = np.add.reduce(s2, axis=None)
    # loss = loss_sum / N
    loss = loss_sum / N
    return loss, g1, g2, c1, c2, score


def _backward(
    work, N, z, g2_W, fake_W, c1_W, c2_W, score_W, g1, g2, c1, c2, score, dg1_W, dg1_b, dg2_W,
    dg2_b, dfake_W, dfake_b
):
    """Compute the gradients into the arrays at the end."""
    s1 = work[4]
    dscore = work[9]
    dc2 = work[10]
    dc1 = work[11]
    dg2 = work[12]
    dg1 = work[13]
    # dscore[1,n,0] = -sigmoid(-score[1,n,0]) / N  (of loss_sum)
    dscore.fill(0.0)
    np.negative(score[1, :, 0], out=dscore[1, :, 0])
    _sigmoid(dscore[1, :, 0], out=dscore[1, :, 0])
    np.multiply(-1 / N, dscore[1, :, 0], out=dscore[1, :, 0])
    # dc2[n,k,i] = sum[j](dscore[n,k,j] * score_W[i,j])  (of score)
    np.matmul(dscore.reshape(2 * N, 1), score_W.T, out=dc2.reshape(2 * N, 64))
    # dc2_z[n,k,j] = where(c2[n,k,j] > 0, dc2[n,k,j], 0)  (of c2)
    dc2_z = np.multiply(dc2, c2 > 0, out=dc2)
    # dc1[n,k,i] = sum[j](dc2_z[n,k,j] * c2_W[i,j])  (of c2_z)
    np.matmul(dc2_z.reshape(2 * N, 64), c2_W.T, out=dc1.reshape(2 * N, 64))
    # dc1_z[n,k,j] = where(c1[n,k,j] > 0, dc1[n,k,j], 0)  (of c1)
    dc1_z = np.multiply(dc1, c1 > 0, out=dc1)
    # dpoints[n,k,i] = sum[j](dc1_z[n,k,j] * c1_W[i,j])  (of c1_z)
    dpoints = s1
    np.matmul(dc1_z.reshape(2 * N, 64), c1_W.T, out=dpoints.reshape(2 * N, 2))
    # dfake_b[j] = sum[n](dpoints[1,n,j])  (of fake)
    np.add.reduce(dpoints[1], axis=0, out=dfake_b)
    # dfake_W[i,j] = sum[n](g2[n,i] * dpoints[1,n,j])  (of fake)
    np.dot(g2.T, dpoints[1], out=dfake_W)
    # dg2[n,i] = sum[j](dpoints[1,n,j] * fake_W[i,j])  (of fake)
    np.dot(dpoints[1], fake_W.T, out=dg2)
    # dg2_z[n,j] = where(g2[n,j] > 0, dg2[n,j], 0)  (of g2)
    dg2_z = np.multiply(dg2, g2 > 0, out=dg2)
    # dg2_b[j] = sum[n](dg2_z[n,j])  (of g2_z)
    np.add.reduce(dg2_z, axis=0, out=dg2_b)
    # dg1[n,i] = sum[j](dg2_z[n,j] * g2_W[i,j])  (of g2_z)
    np.dot(dg2_z, g2_W.T, out=dg1)
    # dg2_W[i,j] = sum[n](g1[n,i] * dg2_z[n,j])  (of g2_z)
    np.dot(g1.T, dg2_z, out=dg2_W)
    # dg1_z[n,j] = where(g1[n,j] > 0, dg1[n,j], 0)  (of g1)
    dg1_z = np.multiply(dg1, g1 > 0, out=dg1)
    # dg1_b[j] = sum[n](dg1_z[n,j])  (of g1_z)
    np.add.reduce(dg1_z, axis=0, out=dg1_b)
    # dg1_W[i,j] = sum[n](z[n,i] * dg1_z[n,j])  (of g1_z)
    np.dot(z.T, dg1_z, out=dg1_W)


def _update(
    work, N, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, dg1_W, dg1_b, dg2_W, dg2_b, dfake_W, dfake_b,
    t, g1_W_m, g1_W_v, g1_b_m, g1_b_v, g2_W_m, g2_W_v, g2_b_m, g2_b_v, fake_W_m, fake_W_v, fake_b_m,
    fake_b_v, noise_step, learning_rate, beta1, beta2, epsilon
):
    """Update parameters and state in place; the gradients are used up."""
    s3 = work[14]
    s4 = work[15]
    s5 = work[16]
    s6 = work[17]
    s7 = work[18]
    s8 = work[19]
    s9 = work[20]
    s10 = work[21]
    s11 = work[22]
    s12 = work[23]
    # t_next = t + 1
    t_next = t + 1
    # v1 = 1 - beta1
    v1 = 1 - beta1
    # g1_W_m_next[i,j] = g1_W_m[i,j] * beta1 + dg1_W[i,j] * v1
    np.multiply(beta1, g1_W_m, out=s3)
    np.multiply(v1, dg1_W, out=s4)
    np.add(s3, s4, out=g1_W_m)
    # v2 = 1 - beta2
    v2 = 1 - beta2
    # g1_W_v_next[i,j] = dg1_W[i,j]**2 * v2 + g1_W_v[i,j] * beta2
    np.multiply(v2, dg1_W, out=s4)
    s4 *= dg1_W
    np.multiply(beta2, g1_W_v, out=dg1_W)
    np.add(s4, dg1_W, out=g1_W_v)
    # v3 = 1 / (1 - beta1**t_next)
    v3 = 1 / (1 - beta1**t_next)
    # v4 = 1 / (1 - beta2**t_next)
    v4 = 1 / (1 - beta2**t_next)
    # g1_W_next[i,j] = g1_W[i,j] - g1_W_m_next[i,j] * learning_rate * v3 / (sqrt(g1_W_v_next[i,j] *
    #     v4) + epsilon)
    np.multiply(v4, g1_W_v, out=dg1_W)
    np.sqrt(dg1_W, out=dg1_W)
    dg1_W += epsilon
    np.multiply(learning_rate * v3, g1_W_m, out=s4)
    s4 /= dg1_W
    g1_W -= s4
    # g1_b_m_next[j] = g1_b_m[j] * beta1 + dg1_b[j] * v1
    np.multiply(beta1, g1_b_m, out=s5)
    np.multiply(v1, dg1_b, out=s6)
    np.add(s5, s6, out=g1_b_m)
    # g1_b_v_next[j] = dg1_b[j]**2 * v2 + g1_b_v[j] * beta2
    np.multiply(v2, dg1_b, out=s6)
    s6 *= dg1_b
    np.multiply(beta2, g1_b_v, out=dg1_b)
    np.add(s6, dg1_b, out=g1_b_v)
    # g1_b_next[j] = g1_b[j] - g1_b_m_next[j] * learning_rate * v3 / (sqrt(g1_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, g1_b_v, out=dg1_b)
    np.sqrt(dg1_b, out=dg1_b)
    dg1_b += epsilon
    np.multiply(learning_rate * v3, g1_b_m, out=s6)
    s6 /= dg1_b
    g1_b -= s6
    # g2_W_m_next[i,j] = g2_W_m[i,j] * beta1 + dg2_W[i,j] * v1
    np.multiply(beta1, g2_W_m, out=s7)
    np.multiply(v1, dg2_W, out=s8)
    np.add(s7, s8, out=g2_W_m)
    # g2_W_v_next[i,j] = dg2_W[i,j]**2 * v2 + g2_W_v[i,j] * beta2
    np.multiply(v2, dg2_W, out=s8)
    s8 *= dg2_W
    np.multiply(beta2, g2_W_v, out=dg2_W)
    np.add(s8, dg2_W, out=g2_W_v)
    # g2_W_next[i,j] = g2_W[i,j] - g2_W_m_next[i,j] * learning_rate * v3 / (sqrt(g2_W_v_next[i,j] *
    #     v4) + epsilon)
    np.multiply(v4, g2_W_v, out=dg2_W)
    np.sqrt(dg2_W, out=dg2_W)
    dg2_W += epsilon
    np.multiply(learning_rate * v3, g2_W_m, out=s8)
    s8 /= dg2_W
    g2_W -= s8
    # g2_b_m_next[j] = g2_b_m[j] * beta1 + dg2_b[j] * v1
    np.multiply(beta1, g2_b_m, out=s6)
    np.multiply(v1, dg2_b, out=dg1_b)
    np.add(s6, dg1_b, out=g2_b_m)
    # g2_b_v_next[j] = dg2_b[j]**2 * v2 + g2_b_v[j] * beta2
    np.multiply(v2, dg2_b, out=dg1_b)
    dg1_b *= dg2_b
    np.multiply(beta2, g2_b_v, out=dg2_b)
    np.add(dg1_b, dg2_b, out=g2_b_v)
    # g2_b_next[j] = g2_b[j] - g2_b_m_next[j] * learning_rate * v3 / (sqrt(g2_b_v_next[j] * v4) +
    #     epsilon)
    np.multiply(v4, g2_b_v, out=dg2_b)
    np.sqrt(dg2_b, out=dg2_b)
    dg2_b += epsilon
    np.multiply(learning_rate * v3, g2_b_m, out=dg1_b)
    dg1_b /= dg2_b
    g2_b -= dg1_b
    # fake_W_m_next[i,j] = fake_W_m[i,j] * beta1 + dfake_W[i,j] * v1
    np.multiply(beta1, fake_W_m, out=s9)
    np.multiply(v1, dfake_W, out=s10)
    np.add(s9, s10, out=fake_W_m)
    # fake_W_v_next[i,j] = dfake_W[i,j]**2 * v2 + fake_W_v[i,j] * beta2
    np.multiply(v2, dfake_W, out=s10)
    s10 *= dfake_W
    np.multiply(beta2, fake_W_v, out=dfake_W)
    np.add(s10, dfake_W, out=fake_W_v)
    # fake_W_next[i,j] = fake_W[i,j] - fake_W_m_next[i,j] * learning_rate * v3 /
    #     (sqrt(fake_W_v_next[i,j] * v4) + epsilon)
    np.multiply(v4, fake_W_v, out=dfake_W)
    np.sqrt(dfake_W, out=dfake_W)
    dfake_W += epsilon
    np.multiply(learning_rate * v3, fake_W_m, out=s10)
    s10 /= dfake_W
    fake_W -= s10
    # fake_b_m_next[j] = fake_b_m[j] * beta1 + dfake_b[j] * v1
    np.multiply(beta1, fake_b_m, out=s11)
    np.multiply(v1, dfake_b, out=s12)
    np.add(s11, s12, out=fake_b_m)
    # fake_b_v_next[j] = dfake_b[j]**2 * v2 + fake_b_v[j] * beta2
    np.multiply(v2, dfake_b, out=s12)
    s12 *= dfake_b
    np.multiply(beta2, fake_b_v, out=dfake_b)
    np.add(s12, dfake_b, out=fake_b_v)
    # fake_b_next[j] = fake_b[j] - fake_b_m_next[j] * learning_rate * v3 / (sqrt(fake_b_v_next[j] *
    #     v4) + epsilon)
    np.multiply(v4, fake_b_v, out=dfake_b)
    np.sqrt(dfake_b, out=dfake_b)
    dfake_b += epsilon
    np.multiply(learning_rate * v3, fake_b_m, out=s12)
    s12 /= dfake_b
    fake_b -= s12
    # noise_step_next = where(noise_step + 1 < 16777216, noise_step + 1, 0)
    noise_step_next = (noise_step + 1 if noise_step + 1 < 16777216 else 0)
    t[()] = t_next
    noise_step[()] = noise_step_next


def _buffers(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 64), dtype=_DTYPE),  # g1_z
        np.empty((N, 64), dtype=_DTYPE),  # g2_z
        np.empty((N, 2), dtype=_DTYPE),  # fake
        np.empty((2, N, 2), dtype=_DTYPE),  # blur
        np.empty((2, N, 2), dtype=_DTYPE),  # s1
        np.empty((2, N, 64), dtype=_DTYPE),  # c1_z
        np.empty((2, N, 64), dtype=_DTYPE),  # c2_z
        np.empty((2, N, 1), dtype=_DTYPE),  # score
        np.empty((N,), dtype=_DTYPE),  # s2
        np.empty((2, N, 1), dtype=_DTYPE),  # dscore
        np.empty((2, N, 64), dtype=_DTYPE),  # dc2
        np.empty((2, N, 64), dtype=_DTYPE),  # dc1
        np.empty((N, 64), dtype=_DTYPE),  # dg2
        np.empty((N, 64), dtype=_DTYPE),  # dg1
        np.empty((8, 64), dtype=_DTYPE),  # s3
        np.empty((8, 64), dtype=_DTYPE),  # s4
        np.empty((64,), dtype=_DTYPE),  # s5
        np.empty((64,), dtype=_DTYPE),  # s6
        np.empty((64, 64), dtype=_DTYPE),  # s7
        np.empty((64, 64), dtype=_DTYPE),  # s8
        np.empty((64, 2), dtype=_DTYPE),  # s9
        np.empty((64, 2), dtype=_DTYPE),  # s10
        np.empty((2,), dtype=_DTYPE),  # s11
        np.empty((2,), dtype=_DTYPE),  # s12
    )


def _buffers_of_predict(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 64), dtype=_DTYPE),  # g1_z
        np.empty((N, 64), dtype=_DTYPE),  # g2_z
        np.empty((N, 2), dtype=_DTYPE),  # fake
    )


def _parameters(params):
    arrays = _arrays(params, PARAMETERS)
    if arrays is None:
        _refuse_parameters(params)
    return arrays


def _inputs(z):
    if type(z) is not np.ndarray or z.dtype is not _DTYPE:
        z = _convert("z", z)
    if z.ndim != 2 or not z.shape[0] or z.shape[1] != 8:
        _refuse({"z": z})
    N = z.shape[0]
    return (N, z)


def _data(z, x):
    if type(z) is not np.ndarray or z.dtype is not _DTYPE:
        z = _convert("z", z)
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if (
        z.ndim != 2 or x.ndim != 2 or not z.shape[0] or z.shape[1] != 8 or x.shape[0] != z.shape[0]
        or x.shape[1] != 2
    ):
        _refuse({"z": z, "x": x})
    N = z.shape[0]
    return (N, z, x)


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
