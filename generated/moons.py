"""moons: forward pass, gradients and training step in NumPy (float64).

    input x[N,2]
    target y[N,1]
    param h1_W[2,16]
    param h1_b[16]
    param h2_W[16,16]
    param h2_b[16]
    param p_W[16,1]
    param p_b[1]
    h1_z[n,j] = sum[i](x[n,i] * h1_W[i,j])
    h1_z[n,j] += h1_b[j]
    h1[n,j] = relu(h1_z[n,j])
    h2_z[n,j] = sum[i](h1[n,i] * h2_W[i,j])
    h2_z[n,j] += h2_b[j]
    h2[n,j] = relu(h2_z[n,j])
    p[n,j] = sum[i](h2[n,i] * p_W[i,j])
    p[n,j] += p_b[j]
    l2 = sum[n,j](h1_W[n,j]**2)
    l2 += sum[n,j](h2_W[n,j]**2)
    l2 += sum[n,j](p_W[n,j]**2)
    loss_sum = sum[n,j](relu(1 - p[n,j] * y[n,j]))
    loss = 0.0001 * l2 + loss_sum / N

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from moons.bp (network dbd387fe6e13bd31):
    symbp build moons.bp --target numpy --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import threading

import numpy as np

NAME = "moons"
TARGET = "numpy"
DTYPE = "float64"
NETWORK = "dbd387fe6e13bd31"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "h1_W": (2, 16),
    "h1_b": (16,),
    "h2_W": (16, 16),
    "h2_b": (16,),
    "p_W": (16, 1),
    "p_b": (1,),
}
INPUTS = {  # name -> role, shape, number of classes
    "x": ("input", ("N", 2), None),
    "y": ("target", ("N", 1), None),
}
OUTPUTS = {  # name -> shape
    "p": ("N", 1),
}
HYPERPARAMETERS = {  # name -> default
    "learning_rate": 0.2,
}

_DTYPE = np.dtype(DTYPE)
_ONE = np.ones((), dtype=_DTYPE)


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "h1_W": np.asarray(
            rng.uniform(-1.7320508075688772, 1.7320508075688772, (2, 16)), dtype=_DTYPE
        ),
        "h1_b": np.zeros((16,), dtype=_DTYPE),
        "h2_W": np.asarray(
            rng.uniform(-0.6123724356957945, 0.6123724356957945, (16, 16)), dtype=_DTYPE
        ),
        "h2_b": np.zeros((16,), dtype=_DTYPE),
        "p_W": np.asarray(
            rng.uniform(-0.5940885257860046, 0.5940885257860046, (16, 1)), dtype=_DTYPE
        ),
        "p_b": np.zeros((1,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return p (N, 1) for x (N, 2)."""
    h1_W, h1_b, h2_W, h2_b, p_W, p_b = _parameters(params)
    N, x = _inputs(x)
    if check_finite:
        _finite({**params, "x": x})
    outputs = _predict(_buffers_of_predict(N), N, x, h1_W, h1_b, h2_W, h2_b, p_W, p_b)
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, y, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 2), y (N, 1)
    """
    h1_W, h1_b, h2_W, h2_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    work = _buffers(N)
    loss, h1, h2, p = _forward(work, N, x, y, h1_W, h1_b, h2_W, h2_b, p_W, p_b)
    return float(loss), {"x": x, "y": y, "h1": h1, "h2": h2, "p": p}


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    h1_W, _, h2_W, _, p_W, _ = _parameters(params)
    x = tape["x"]
    y = tape["y"]
    h1 = tape["h1"]
    h2 = tape["h2"]
    p = tape["p"]
    N = x.shape[0]
    work = _buffers(N)
    grads = _gradients()
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        _backward(work, N, x, y, h1_W, h2_W, p_W, h1, h2, p, *grads)
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, y, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    h1_W, h1_b, h2_W, h2_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    work = _buffers(N)
    grads = _gradients()
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        loss, h1, h2, p = _forward(work, N, x, y, h1_W, h1_b, h2_W, h2_b, p_W, p_b)
        _backward(work, N, x, y, h1_W, h2_W, p_W, h1, h2, p, *grads)
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {}


def train_step(params, state, x, y, *, learning_rate=0.2, check_finite=False):
    """Update params and state in place by one step; return the loss before it."""
    h1_W, h1_b, h2_W, h2_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    if (
        not (h1_W.flags.writeable and h1_b.flags.writeable and h2_W.flags.writeable and
        h2_b.flags.writeable and p_W.flags.writeable and p_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _workspace(N)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        loss, h1, h2, p = _forward(work, N, x, y, h1_W, h1_b, h2_W, h2_b, p_W, p_b)
        _backward(work, N, x, y, h1_W, h2_W, p_W, h1, h2, p, *grads)
        _update(
            work, N, h1_W, h1_b, h2_W, h2_b, p_W, p_b, grads[0], grads[1], grads[2], grads[3],
            grads[4], grads[5], learning_rate
        )
    return float(loss)


def bind(params, state, x, y, *, learning_rate=0.2, check_finite=False):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    h1_W, h1_b, h2_W, h2_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    if (
        not (h1_W.flags.writeable and h1_b.flags.writeable and h2_W.flags.writeable and
        h2_b.flags.writeable and p_W.flags.writeable and p_b.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _buffers(N), _gradients()

    def step():
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            loss, h1, h2, p = _forward(work, N, x, y, h1_W, h1_b, h2_W, h2_b, p_W, p_b)
            _backward(work, N, x, y, h1_W, h2_W, p_W, h1, h2, p, *grads)
            _update(
                work, N, h1_W, h1_b, h2_W, h2_b, p_W, p_b, grads[0], grads[1], grads[2], grads[3],
                grads[4], grads[5], learning_rate
            )
        return float(loss)

    return step


def fit(
    params, state, x, y, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.2, check_finite=False,
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
            value = train_step(params, state, x[rows], y[rows], learning_rate=learning_rate)
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


def _predict(work, N, x, h1_W, h1_b, h2_W, h2_b, p_W, p_b):
    """Return the outputs."""
    h1_z = work[0]
    h2_z = work[1]
    p = work[2]
    # h1_z[n,j] = sum[i](x[n,i] * h1_W[i,j]) + h1_b[j]
    np.dot(x, h1_W, out=h1_z)
    h1_z += h1_b
    # h1[n,j] = relu(h1_z[n,j])
    h1 = np.maximum(h1_z, 0.0, out=h1_z)
    # h2_z[n,j] = sum[i](h1[n,i] * h2_W[i,j]) + h2_b[j]
    np.dot(h1, h2_W, out=h2_z)
    h2_z += h2_b
    # h2[n,j] = relu(h2_z[n,j])
    h2 = np.maximum(h2_z, 0.0, out=h2_z)
    # p[n,j] = sum[i](h2[n,i] * p_W[i,j]) + p_b[j]
    np.dot(h2, p_W, out=p)
    p += p_b
    return p,


def _forward(work, N, x, y, h1_W, h1_b, h2_W, h2_b, p_W, p_b):
    """Return the loss, and the values that the gradients need."""
    h1_z = work[0]
    h2_z = work[1]
    p = work[2]
    s1 = work[3]
    # h1_z[n,j] = sum[i](x[n,i] * h1_W[i,j]) + h1_b[j]
    np.dot(x, h1_W, out=h1_z)
    h1_z += h1_b
    # h1[n,j] = relu(h1_z[n,j])
    h1 = np.maximum(h1_z, 0.0, out=h1_z)
    # h2_z[n,j] = sum[i](h1[n,i] * h2_W[i,j]) + h2_b[j]
    np.dot(h1, h2_W, out=h2_z)
    h2_z += h2_b
    # h2[n,j] = relu(h2_z[n,j])
    h2 = np.maximum(h2_z, 0.0, out=h2_z)
    # p[n,j] = sum[i](h2[n,i] * p_W[i,j]) + p_b[j]
    np.dot(h2, p_W, out=p)
    p += p_b
    # l2 = sum[n,j](h1_W[n,j]**2) + sum[n,j](h2_W[n,j]**2) + sum[n,j](p_W[n,j]**2)
    l2 = np.vdot(h1_W, h1_W)
    l2 += np.vdot(h2_W, h2_W)
    l2 += np.vdot(p_W, p_W)
    # loss_sum = sum[n,j](relu(1 - p[n,j] * y[n,j]))
    np.multiply(p, y, out=s1)
    np.subtract(_ONE, s1, out=s1)
    np.maximum(s1, 0.0, out=s1)
    loss_sum = np.add.reduce(s1, axis=None)
    # loss = 0.0001 * l2 + loss_sum / N
    loss = 0.0001 * l2 + loss_sum / N
    return loss, h1, h2, p


def _backward(work, N, x, y, h1_W, h2_W, p_W, h1, h2, p, dh1_W, dh1_b, dh2_W, dh2_b, dp_W, dp_b):
    """Compute the gradients into the arrays at the end."""
    s1 = work[3]
    s2 = work[4]
    dh2 = work[5]
    s3 = work[6]
    dh1 = work[7]
    s4 = work[8]
    s5 = work[9]
    # dp[n,j] = where(1 - p[n,j] * y[n,j] > 0, -y[n,j] / N, 0)  (of loss_sum)
    dp = np.multiply(p, y, out=s1)
    np.subtract(_ONE, dp, out=dp)
    np.multiply(-1 / N, y, out=s2)
    np.copyto(dp, np.where(dp > 0, s2, 0))
    # dp_b[j] = sum[n](dp[n,j])  (of p)
    np.add.reduce(dp, axis=0, out=dp_b)
    # dh2[n,i] = sum[j](dp[n,j] * p_W[i,j])  (of p)
    np.dot(dp, p_W.T, out=dh2)
    # dp_W[i,j] = sum[n](h2[n,i] * dp[n,j])  (of p)
    # dp_W[n,j] += 0.0002 * p_W[n,j]
    np.dot(h2.T, dp, out=dp_W)
    np.multiply(0.0002, p_W, out=s3)
    dp_W += s3
    # dh2_z[n,j] = where(h2[n,j] > 0, dh2[n,j], 0)  (of h2)
    dh2_z = np.multiply(dh2, h2 > 0, out=dh2)
    # dh2_b[j] = sum[n](dh2_z[n,j])  (of h2_z)
    np.add.reduce(dh2_z, axis=0, out=dh2_b)
    # dh1[n,i] = sum[j](dh2_z[n,j] * h2_W[i,j])  (of h2_z)
    np.dot(dh2_z, h2_W.T, out=dh1)
    # dh2_W[i,j] = sum[n](h1[n,i] * dh2_z[n,j])  (of h2_z)
    # dh2_W[n,j] += 0.0002 * h2_W[n,j]
    np.dot(h1.T, dh2_z, out=dh2_W)
    np.multiply(0.0002, h2_W, out=s4)
    dh2_W += s4
    # dh1_z[n,j] = where(h1[n,j] > 0, dh1[n,j], 0)  (of h1)
    dh1_z = np.multiply(dh1, h1 > 0, out=dh1)
    # dh1_b[j] = sum[n](dh1_z[n,j])  (of h1_z)
    np.add.reduce(dh1_z, axis=0, out=dh1_b)
    # dh1_W[i,j] = sum[n](x[n,i] * dh1_z[n,j])  (of h1_z)
    # dh1_W[n,j] += 0.0002 * h1_W[n,j]
    np.dot(x.T, dh1_z, out=dh1_W)
    np.multiply(0.0002, h1_W, out=s5)
    dh1_W += s5


def _update(
    work, N, h1_W, h1_b, h2_W, h2_b, p_W, p_b, dh1_W, dh1_b, dh2_W, dh2_b, dp_W, dp_b, learning_rate
):
    """Update parameters and state in place; the gradients are used up."""
    # h1_W_next[i,j] = h1_W[i,j] - dh1_W[i,j] * learning_rate
    dh1_W *= learning_rate
    h1_W -= dh1_W
    # h1_b_next[j] = h1_b[j] - dh1_b[j] * learning_rate
    dh1_b *= learning_rate
    h1_b -= dh1_b
    # h2_W_next[i,j] = h2_W[i,j] - dh2_W[i,j] * learning_rate
    dh2_W *= learning_rate
    h2_W -= dh2_W
    # h2_b_next[j] = h2_b[j] - dh2_b[j] * learning_rate
    dh2_b *= learning_rate
    h2_b -= dh2_b
    # p_W_next[i,j] = p_W[i,j] - dp_W[i,j] * learning_rate
    dp_W *= learning_rate
    p_W -= dp_W
    # p_b_next[j] = p_b[j] - dp_b[j] * learning_rate
    dp_b *= learning_rate
    p_b -= dp_b


def _buffers(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 16), dtype=_DTYPE),  # h1_z
        np.empty((N, 16), dtype=_DTYPE),  # h2_z
        np.empty((N, 1), dtype=_DTYPE),  # p
        np.empty((N, 1), dtype=_DTYPE),  # s1
        np.empty((N, 1), dtype=_DTYPE),  # s2
        np.empty((N, 16), dtype=_DTYPE),  # dh2
        np.empty((16, 1), dtype=_DTYPE),  # s3
        np.empty((N, 16), dtype=_DTYPE),  # dh1
        np.empty((16, 16), dtype=_DTYPE),  # s4
        np.empty((2, 16), dtype=_DTYPE),  # s5
    )


def _buffers_of_predict(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 16), dtype=_DTYPE),  # h1_z
        np.empty((N, 16), dtype=_DTYPE),  # h2_z
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
    if x.ndim != 2 or not x.shape[0] or x.shape[1] != 2:
        _refuse({"x": x})
    N = x.shape[0]
    return (N, x)


def _data(x, y):
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if type(y) is not np.ndarray or y.dtype is not _DTYPE:
        y = _convert("y", y)
    if (
        x.ndim != 2 or y.ndim != 2 or not x.shape[0] or x.shape[1] != 2 or y.shape[0] != x.shape[0]
        or y.shape[1] != 1
    ):
        _refuse({"x": x, "y": y})
    N = x.shape[0]
    return (N, x, y)


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
