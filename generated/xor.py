"""xor: forward pass, gradients and training step in NumPy (float64).

    input x[N,2]
    target y[N,1]
    param W1[2,4]
    param b1[4]
    param W2[4,1]
    param b2[1]
    h_z[n,j] = sum[i](x[n,i] * W1[i,j])
    h_z[n,j] += b1[j]
    h[n,j] = sigmoid(h_z[n,j])
    p_z[n,k] = sum[j](h[n,j] * W2[j,k])
    p_z[n,k] += b2[k]
    p[n,k] = sigmoid(p_z[n,k])
    loss_sum = sum[n,k]((p[n,k] - y[n,k])**2)
    loss = loss_sum / N

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from xor.bp (network 9467f7ddbf9cc7a9):
    symbp build xor.bp --target numpy --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import threading

import numpy as np

NAME = "xor"
TARGET = "numpy"
DTYPE = "float64"
NETWORK = "9467f7ddbf9cc7a9"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "W1": (2, 4),
    "b1": (4,),
    "W2": (4, 1),
    "b2": (1,),
}
INPUTS = {  # name -> role, shape, number of classes
    "x": ("input", ("N", 2), None),
    "y": ("target", ("N", 1), None),
}
OUTPUTS = {  # name -> shape
    "p": ("N", 1),
}
HYPERPARAMETERS = {  # name -> default
    "learning_rate": 4.0,
}

_DTYPE = np.dtype(DTYPE)
_ONE = np.ones((), dtype=_DTYPE)


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "W1": np.asarray(rng.normal(0.0, 1.0, (2, 4)), dtype=_DTYPE),
        "b1": np.zeros((4,), dtype=_DTYPE),
        "W2": np.asarray(rng.normal(0.0, 1.0, (4, 1)), dtype=_DTYPE),
        "b2": np.zeros((1,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return p (N, 1) for x (N, 2)."""
    W1, b1, W2, b2 = _parameters(params)
    N, x = _inputs(x)
    if check_finite:
        _finite({**params, "x": x})
    with np.errstate(over="ignore"):
        outputs = _predict(_buffers_of_predict(N), N, x, W1, b1, W2, b2)
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, y, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 2), y (N, 1)
    """
    W1, b1, W2, b2 = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    work = _buffers(N)
    with np.errstate(over="ignore"):
        loss, h, p, v1 = _forward(work, N, x, y, W1, b1, W2, b2)
    return float(loss), {"x": x, "h": h, "p": p, "v1": v1}


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    _, _, W2, _ = _parameters(params)
    x = tape["x"]
    h = tape["h"]
    p = tape["p"]
    v1 = tape["v1"]
    N = x.shape[0]
    work = _buffers(N)
    grads = _gradients()
    _backward(work, N, x, W2, h, p, v1, *grads)
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, y, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    W1, b1, W2, b2 = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    work = _buffers(N)
    grads = _gradients()
    with np.errstate(over="ignore"):
        loss, h, p, v1 = _forward(work, N, x, y, W1, b1, W2, b2)
        _backward(work, N, x, W2, h, p, v1, *grads)
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {}


def train_step(params, state, x, y, *, learning_rate=4.0, check_finite=False):
    """Update params and state in place by one step; return the loss before it."""
    W1, b1, W2, b2 = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    if (
        not (W1.flags.writeable and b1.flags.writeable and W2.flags.writeable and
        b2.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _workspace(N)
    with np.errstate(over="ignore"):
        loss, h, p, v1 = _forward(work, N, x, y, W1, b1, W2, b2)
        _backward(work, N, x, W2, h, p, v1, *grads)
        _update(work, N, W1, b1, W2, b2, grads[0], grads[1], grads[2], grads[3], learning_rate)
    return float(loss)


def bind(params, state, x, y, *, learning_rate=4.0, check_finite=False):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    W1, b1, W2, b2 = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    if (
        not (W1.flags.writeable and b1.flags.writeable and W2.flags.writeable and
        b2.flags.writeable)
    ):
        _refuse_parameters(params)
    work, grads = _buffers(N), _gradients()

    def step():
        with np.errstate(over="ignore"):
            loss, h, p, v1 = _forward(work, N, x, y, W1, b1, W2, b2)
            _backward(work, N, x, W2, h, p, v1, *grads)
            _update(work, N, W1, b1, W2, b2, grads[0], grads[1], grads[2], grads[3], learning_rate)
        return float(loss)

    return step


def fit(
    params, state, x, y, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=4.0, check_finite=False,
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


def _predict(work, N, x, W1, b1, W2, b2):
    """Return the outputs."""
    h_z = work[0]
    p_z = work[1]
    # h_z[n,j] = sum[i](x[n,i] * W1[i,j]) + b1[j]
    np.dot(x, W1, out=h_z)
    h_z += b1
    # h[n,j] = sigmoid(h_z[n,j])
    h = _sigmoid(h_z, out=h_z)
    # p_z[n,k] = sum[j](h[n,j] * W2[j,k]) + b2[k]
    np.dot(h, W2, out=p_z)
    p_z += b2
    # p[n,k] = sigmoid(p_z[n,k])
    p = _sigmoid(p_z, out=p_z)
    return p,


def _forward(work, N, x, y, W1, b1, W2, b2):
    """Return the loss, and the values that the gradients need."""
    h_z = work[0]
    p_z = work[1]
    v1 = work[2]
    # h_z[n,j] = sum[i](x[n,i] * W1[i,j]) + b1[j]
    np.dot(x, W1, out=h_z)
    h_z += b1
    # h[n,j] = sigmoid(h_z[n,j])
    h = _sigmoid(h_z, out=h_z)
    # p_z[n,k] = sum[j](h[n,j] * W2[j,k]) + b2[k]
    np.dot(h, W2, out=p_z)
    p_z += b2
    # p[n,k] = sigmoid(p_z[n,k])
    p = _sigmoid(p_z, out=p_z)
    # v1[n,k] = p[n,k] - y[n,k]
    np.subtract(p, y, out=v1)
    # loss_sum = sum[n,k](v1[n,k]**2)
    loss_sum = np.vdot(v1, v1)
    # loss = loss_sum / N
    loss = loss_sum / N
    return loss, h, p, v1


def _backward(work, N, x, W2, h, p, v1, dW1, db1, dW2, db2):
    """Compute the gradients into the arrays at the end."""
    dp_z = work[3]
    dh = work[4]
    s1 = work[5]
    # dp_z[n,k] = 2 * (1 - p[n,k]) * p[n,k] * v1[n,k] / N  (of p)
    np.subtract(_ONE, p, out=dp_z)
    dp_z *= 2 / N
    dp_z *= p
    dp_z *= v1
    # db2[k] = sum[n](dp_z[n,k])  (of p_z)
    np.add.reduce(dp_z, axis=0, out=db2)
    # dW2[j,k] = sum[n](h[n,j] * dp_z[n,k])  (of p_z)
    np.dot(h.T, dp_z, out=dW2)
    # dh[n,j] = sum[k](dp_z[n,k] * W2[j,k])  (of p_z)
    np.dot(dp_z, W2.T, out=dh)
    # dh_z[n,j] = (1 - h[n,j]) * dh[n,j] * h[n,j]  (of h)
    np.subtract(_ONE, h, out=s1)
    s1 *= dh
    dh_z = np.multiply(s1, h, out=dh)
    # db1[j] = sum[n](dh_z[n,j])  (of h_z)
    np.add.reduce(dh_z, axis=0, out=db1)
    # dW1[i,j] = sum[n](x[n,i] * dh_z[n,j])  (of h_z)
    np.dot(x.T, dh_z, out=dW1)


def _update(work, N, W1, b1, W2, b2, dW1, db1, dW2, db2, learning_rate):
    """Update parameters and state in place; the gradients are used up."""
    # W1_next[i,j] = W1[i,j] - dW1[i,j] * learning_rate
    dW1 *= learning_rate
    W1 -= dW1
    # b1_next[j] = b1[j] - db1[j] * learning_rate
    db1 *= learning_rate
    b1 -= db1
    # W2_next[i,j] = W2[i,j] - dW2[i,j] * learning_rate
    dW2 *= learning_rate
    W2 -= dW2
    # b2_next[j] = b2[j] - db2[j] * learning_rate
    db2 *= learning_rate
    b2 -= db2


def _buffers(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 4), dtype=_DTYPE),  # h_z
        np.empty((N, 1), dtype=_DTYPE),  # p_z
        np.empty((N, 1), dtype=_DTYPE),  # v1
        np.empty((N, 1), dtype=_DTYPE),  # dp_z
        np.empty((N, 4), dtype=_DTYPE),  # dh
        np.empty((N, 4), dtype=_DTYPE),  # s1
    )


def _buffers_of_predict(N):
    """Return the arrays in which intermediate values are kept."""
    return (
        np.empty((N, 4), dtype=_DTYPE),  # h_z
        np.empty((N, 1), dtype=_DTYPE),  # p_z
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
