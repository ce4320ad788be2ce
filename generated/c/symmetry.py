"""symmetry: forward pass, gradients and training step, computed in C (float64).

    input x[N,6]
    target y[N,1]
    param W1[6,2]
    param b1[2]
    param W2[2,1]
    param b2[1]
    h_z[n,j] = sum[i](x[n,i] * W1[i,j])
    h_z[n,j] += b1[j]
    h[n,j] = sigmoid(h_z[n,j])
    p_z[n,k] = sum[j](h[n,j] * W2[j,k])
    p_z[n,k] += b2[k]
    p[n,k] = sigmoid(p_z[n,k])
    loss_sum = sum[n,j]((p[n,j] - y[n,j])**2)
    loss = 0.5 * loss_sum

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from symmetry.bp (network b773ec2b993e13ca):
    symbp build symmetry.bp --target c --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import ctypes
import threading
from pathlib import Path

import numpy as np

NAME = "symmetry"
TARGET = "c"
DTYPE = "float64"
NETWORK = "b773ec2b993e13ca"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "W1": (6, 2),
    "b1": (2,),
    "W2": (2, 1),
    "b2": (1,),
}
INPUTS = {  # name -> role, shape, number of classes
    "x": ("input", ("N", 6), None),
    "y": ("target", ("N", 1), None),
}
OUTPUTS = {  # name -> shape
    "p": ("N", 1),
}
HYPERPARAMETERS = {  # name -> default
    "learning_rate": 0.05,
    "momentum": 0.9,
}

_DTYPE = np.dtype(DTYPE)


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "W1": np.asarray(rng.uniform(-0.3, 0.3, (6, 2)), dtype=_DTYPE),
        "b1": np.asarray(rng.uniform(-0.3, 0.3, (2,)), dtype=_DTYPE),
        "W2": np.asarray(rng.uniform(-0.3, 0.3, (2, 1)), dtype=_DTYPE),
        "b2": np.asarray(rng.uniform(-0.3, 0.3, (1,)), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return p (N, 1) for x (N, 6)."""
    W1, b1, W2, b2 = _parameters(params)
    N, x = _inputs(x)
    if check_finite:
        _finite({**params, "x": x})
    outputs = _predict(_buffers_of_predict(N), N, x, W1, b1, W2, b2)
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, y, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 6), y (N, 1)
    """
    W1, b1, W2, b2 = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    work = _buffers(N)
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
    loss = _value_and_grad(work, N, x, y, W1, b1, W2, b2, *grads)
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {
        "W1_v": np.zeros((6, 2), dtype=_DTYPE),
        "b1_v": np.zeros((2,), dtype=_DTYPE),
        "W2_v": np.zeros((2, 1), dtype=_DTYPE),
        "b2_v": np.zeros((1,), dtype=_DTYPE),
    }


def train_step(params, state, x, y, *, learning_rate=0.05, momentum=0.9, check_finite=False):
    """Update params and state in place by one step; return the loss before it."""
    W1, b1, W2, b2 = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    W1_v, b1_v, W2_v, b2_v = _state(state)
    work = _workspace(N)
    loss = _step(work, N, x, y, W1, b1, W2, b2, learning_rate, momentum, W1_v, b1_v, W2_v, b2_v)
    return float(loss)


def fit(
    params, state, x, y, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.05, momentum=0.9, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone. callback(epoch, loss) is called after each; if it returns true, no
    more are run.
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
                params, state, x[rows], y[rows], learning_rate=learning_rate, momentum=momentum
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
        work = store[(N,)] = _buffers(N)
    return work


def _predict(work, N, x, W1, b1, W2, b2):
    p = np.empty((N, 1), dtype=_DTYPE)
    _ran(
        _C.symmetry_predict(N, _pack(_Params, W1, b1, W2, b2), _pack(_Data, x, None),
        _pack(_Outputs, p), _address(work))
    )
    return (p,)


def _forward(work, N, x, y, W1, b1, W2, b2):
    h = np.empty((N, 2), dtype=_DTYPE)
    p = np.empty((N, 1), dtype=_DTYPE)
    v1 = np.empty((N, 1), dtype=_DTYPE)
    value = ctypes.c_double()
    _ran(
        _C.symmetry_forward(N, _pack(_Params, W1, b1, W2, b2), _pack(_Data, x, y), _pack(_Tape, h,
        p, v1), _address(work), value)
    )
    return (value.value, h, p, v1)


def _backward(work, N, x, W2, h, p, v1, *grads):
    x = _taped("x", x, (N, 6), _DTYPE)
    h = _taped("h", h, (N, 2), _DTYPE)
    p = _taped("p", p, (N, 1), _DTYPE)
    v1 = _taped("v1", v1, (N, 1), _DTYPE)
    _ran(
        _C.symmetry_backward(N, _pack(_Params, None, None, W2, None), _pack(_Data, x, None),
        _pack(_Tape, h, p, v1), _pack(_Params, *grads), _address(work))
    )


def _value_and_grad(work, N, x, y, W1, b1, W2, b2, *grads):
    value = ctypes.c_double()
    _ran(
        _C.symmetry_value_and_grad(N, _pack(_Params, W1, b1, W2, b2), _pack(_Data, x, y),
        _pack(_Params, *grads), _address(work), value)
    )
    return value.value


def _step(work, N, x, y, W1, b1, W2, b2, learning_rate, momentum, W1_v, b1_v, W2_v, b2_v):
    value = ctypes.c_double()
    _ran(
        _C.symmetry_train_step(N, _pack(_Params, W1, b1, W2, b2), _pack(_State, W1_v, b1_v, W2_v,
        b2_v), _pack(_Data, x, y), _Hyper(learning_rate, momentum), _address(work), value)
    )
    return value.value


def _buffers(N):
    """Return a workspace for C."""
    return np.empty(7 * N + 17, dtype=_DTYPE)


def _buffers_of_predict(N):
    """Return a workspace for C."""
    return np.empty(2 * N, dtype=_DTYPE)


def _parameters(params):
    try:
        W1 = params["W1"]
        b1 = params["b1"]
        W2 = params["W2"]
        b2 = params["b2"]
    except (KeyError, TypeError, IndexError):
        _refuse_parameters(params)
    if (
        type(W1) is not np.ndarray or W1.dtype is not _DTYPE or W1.shape != (6, 2) or not
        W1.flags.carray
    ):
        _refuse_parameters(params)
    if (
        type(b1) is not np.ndarray or b1.dtype is not _DTYPE or b1.shape != (2,) or not
        b1.flags.carray
    ):
        _refuse_parameters(params)
    if (
        type(W2) is not np.ndarray or W2.dtype is not _DTYPE or W2.shape != (2, 1) or not
        W2.flags.carray
    ):
        _refuse_parameters(params)
    if (
        type(b2) is not np.ndarray or b2.dtype is not _DTYPE or b2.shape != (1,) or not
        b2.flags.carray
    ):
        _refuse_parameters(params)
    return (W1, b1, W2, b2)


def _inputs(x):
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if not (x.flags.c_contiguous and x.flags.aligned):
        x = np.require(x, requirements="CA")
    if x.ndim != 2 or not x.shape[0] or x.shape[1] != 6:
        _refuse({"x": x})
    N = x.shape[0]
    return (N, x)


def _data(x, y):
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if not (x.flags.c_contiguous and x.flags.aligned):
        x = np.require(x, requirements="CA")
    if type(y) is not np.ndarray or y.dtype is not _DTYPE:
        y = _convert("y", y)
    if not (y.flags.c_contiguous and y.flags.aligned):
        y = np.require(y, requirements="CA")
    if (
        x.ndim != 2 or y.ndim != 2 or not x.shape[0] or x.shape[1] != 6 or y.shape[0] != x.shape[0]
        or y.shape[1] != 1
    ):
        _refuse({"x": x, "y": y})
    N = x.shape[0]
    return (N, x, y)


def _state(state):
    try:
        W1_v = state["W1_v"]
        b1_v = state["b1_v"]
        W2_v = state["W2_v"]
        b2_v = state["b2_v"]
    except (KeyError, TypeError, IndexError):
        raise TypeError("state must be what init_state(params) returns") from None
    if (
        type(W1_v) is not np.ndarray or W1_v.dtype is not _DTYPE or W1_v.shape != (6, 2) or not
        W1_v.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    if (
        type(b1_v) is not np.ndarray or b1_v.dtype is not _DTYPE or b1_v.shape != (2,) or not
        b1_v.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    if (
        type(W2_v) is not np.ndarray or W2_v.dtype is not _DTYPE or W2_v.shape != (2, 1) or not
        W2_v.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    if (
        type(b2_v) is not np.ndarray or b2_v.dtype is not _DTYPE or b2_v.shape != (1,) or not
        b2_v.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    return (W1_v, b1_v, W2_v, b2_v)


class _Params(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("W1", "b1", "W2", "b2")]


class _State(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("W1_v", "b1_v", "W2_v", "b2_v")]


class _Data(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("x", "y")]


class _Hyper(ctypes.Structure):
    _fields_ = [(name, ctypes.c_double) for name in ("learning_rate", "momentum")]


class _Tape(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("h", "p", "v1")]


class _Outputs(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("p",)]


def _batches(count, batch_size, seed, epoch, shuffle):
    """Yield the rows of each batch of an epoch; the order depends on seed and epoch alone."""
    order = np.random.default_rng([seed, epoch]).permutation(count) if shuffle else None
    for begin in range(0, count, batch_size):
        rows = slice(begin, min(begin + batch_size, count))
        yield rows if order is None else order[rows]


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


def _address(array):
    """Return where an array begins."""
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # array.ctypes is slower
    except (TypeError, ValueError):  # the array is read-only or empty
        return array.ctypes.data


def _pack(struct, *arrays):
    """Return a struct of pointers to arrays."""
    return struct(*[None if a is None else _address(a) for a in arrays])


def _ran(status):
    """Raise where C refused to compute."""
    if status:
        raise ValueError("a size is too small, or a label is out of range")


def _taped(name, array, shape, dtype):
    """Return an array of the tape; refuse one that C would misread."""
    array = np.require(array, requirements="CA")
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(
            f"tape[{name!r}] must be an array {dtype} {shape}, not {array.dtype} {array.shape}"
        )
    return array


def _library():
    """Load the library, which must be of the C file beside this module."""
    path = Path(__file__).with_name("libsymmetry.so")
    command = "cc -std=c99 -O3 -fPIC -shared symmetry.c -o libsymmetry.so -lm"
    remedy = f"Build it beside this module and start Python anew: {command}"
    try:
        library = ctypes.CDLL(str(path))
        library.symmetry_build.restype = ctypes.c_char_p
        build = library.symmetry_build()
    except (OSError, AttributeError) as error:
        raise ImportError(f"{path.name}: {error}. {remedy}") from None
    if build != b"40c854f005f9d514":
        raise ImportError(f"{path.name} is of another build. {remedy}")
    library.symmetry_predict.argtypes = (
        [ctypes.c_ssize_t, ctypes.POINTER(_Params), ctypes.POINTER(_Data), ctypes.POINTER(_Outputs),
        ctypes.c_void_p]
    )
    library.symmetry_forward.argtypes = (
        [ctypes.c_ssize_t, ctypes.POINTER(_Params), ctypes.POINTER(_Data), ctypes.POINTER(_Tape),
        ctypes.c_void_p, ctypes.POINTER(ctypes.c_double)]
    )
    library.symmetry_backward.argtypes = (
        [ctypes.c_ssize_t, ctypes.POINTER(_Params), ctypes.POINTER(_Data), ctypes.POINTER(_Tape),
        ctypes.POINTER(_Params), ctypes.c_void_p]
    )
    library.symmetry_value_and_grad.argtypes = (
        [ctypes.c_ssize_t, ctypes.POINTER(_Params), ctypes.POINTER(_Data), ctypes.POINTER(_Params),
        ctypes.c_void_p, ctypes.POINTER(ctypes.c_double)]
    )
    library.symmetry_train_step.argtypes = (
        [ctypes.c_ssize_t, ctypes.POINTER(_Params), ctypes.POINTER(_State), ctypes.POINTER(_Data),
        ctypes.POINTER(_Hyper), ctypes.c_void_p, ctypes.POINTER(ctypes.c_double)]
    )
    return library


_C = _library()
