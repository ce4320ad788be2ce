"""digits: forward pass, gradients and training step, computed in C (float64).

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
    symbp build digits.bp --target c --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import ctypes
import threading
from pathlib import Path

import numpy as np

NAME = "digits"
TARGET = "c"
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
    loss = _value_and_grad(work, N, x, t, h_W, h_b, logits_W, logits_b, *grads)
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
    step, h_W_m, h_W_v, h_b_m, h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v = _state(state)
    work = _workspace(N)
    loss = _step(
        work, N, x, t, h_W, h_b, logits_W, logits_b, learning_rate, beta1, beta2, epsilon, step,
        h_W_m, h_W_v, h_b_m, h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v
    )
    return float(loss)


def fit(
    params, state, x, t, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone. callback(epoch, loss) is called after each; if it returns true, no
    more are run.
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
        work = store[(N,)] = _buffers(N)
    return work


def _predict(work, N, x, h_W, h_b, logits_W, logits_b):
    output = np.empty((N, 10), dtype=_DTYPE)
    _ran(
        _C.digits_predict(N, _pack(_Params, h_W, h_b, logits_W, logits_b), _pack(_Data, x, None),
        _pack(_Outputs, output), _address(work))
    )
    return (output,)


def _forward(work, N, x, t, h_W, h_b, logits_W, logits_b):
    h = np.empty((N, 32), dtype=_DTYPE)
    output_Z_shifted = np.empty((N,), dtype=_DTYPE)
    v1 = np.empty((N, 10), dtype=_DTYPE)
    value = ctypes.c_double()
    _ran(
        _C.digits_forward(N, _pack(_Params, h_W, h_b, logits_W, logits_b), _pack(_Data, x, t),
        _pack(_Tape, h, output_Z_shifted, v1), _address(work), value)
    )
    return (value.value, h, output_Z_shifted, v1)


def _backward(work, N, x, t, logits_W, h, output_Z_shifted, v1, *grads):
    x = _taped("x", x, (N, 64), _DTYPE)
    t = _taped("t", t, (N,), np.intp)
    h = _taped("h", h, (N, 32), _DTYPE)
    output_Z_shifted = _taped("output_Z_shifted", output_Z_shifted, (N,), _DTYPE)
    v1 = _taped("v1", v1, (N, 10), _DTYPE)
    _ran(
        _C.digits_backward(N, _pack(_Params, None, None, logits_W, None), _pack(_Data, x, t),
        _pack(_Tape, h, output_Z_shifted, v1), _pack(_Params, *grads), _address(work))
    )


def _value_and_grad(work, N, x, t, h_W, h_b, logits_W, logits_b, *grads):
    value = ctypes.c_double()
    _ran(
        _C.digits_value_and_grad(N, _pack(_Params, h_W, h_b, logits_W, logits_b), _pack(_Data, x,
        t), _pack(_Params, *grads), _address(work), value)
    )
    return value.value


def _step(
    work, N, x, t, h_W, h_b, logits_W, logits_b, learning_rate, beta1, beta2, epsilon, step, h_W_m,
    h_W_v, h_b_m, h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v
):
    value = ctypes.c_double()
    _ran(
        _C.digits_train_step(N, _pack(_Params, h_W, h_b, logits_W, logits_b), _pack(_State, step,
        h_W_m, h_W_v, h_b_m, h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v), _pack(_Data, x,
        t), _Hyper(learning_rate, beta1, beta2, epsilon), _address(work), value)
    )
    return value.value


def _buffers(N):
    """Return a workspace for C."""
    return np.empty(86 * N + 6506, dtype=_DTYPE)


def _buffers_of_predict(N):
    """Return a workspace for C."""
    return np.empty(33 * N + 4096, dtype=_DTYPE)


def _parameters(params):
    try:
        h_W = params["h_W"]
        h_b = params["h_b"]
        logits_W = params["logits_W"]
        logits_b = params["logits_b"]
    except (KeyError, TypeError, IndexError):
        _refuse_parameters(params)
    if (
        type(h_W) is not np.ndarray or h_W.dtype is not _DTYPE or h_W.shape != (64, 32) or not
        h_W.flags.carray
    ):
        _refuse_parameters(params)
    if (
        type(h_b) is not np.ndarray or h_b.dtype is not _DTYPE or h_b.shape != (32,) or not
        h_b.flags.carray
    ):
        _refuse_parameters(params)
    if (
        type(logits_W) is not np.ndarray or logits_W.dtype is not _DTYPE or logits_W.shape != (32,
        10) or not logits_W.flags.carray
    ):
        _refuse_parameters(params)
    if (
        type(logits_b) is not np.ndarray or logits_b.dtype is not _DTYPE or logits_b.shape != (10,)
        or not logits_b.flags.carray
    ):
        _refuse_parameters(params)
    return (h_W, h_b, logits_W, logits_b)


def _inputs(x):
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if not (x.flags.c_contiguous and x.flags.aligned):
        x = np.require(x, requirements="CA")
    if x.ndim != 2 or not x.shape[0] or x.shape[1] != 64:
        _refuse({"x": x})
    N = x.shape[0]
    return (N, x)


def _data(x, t):
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if not (x.flags.c_contiguous and x.flags.aligned):
        x = np.require(x, requirements="CA")
    t = _convert("t", t)
    if x.ndim != 2 or t.ndim != 1 or not x.shape[0] or x.shape[1] != 64 or t.shape[0] != x.shape[0]:
        _refuse({"x": x, "t": t})
    N = x.shape[0]
    return (N, x, t)


def _state(state):
    try:
        step = state["step"]
        h_W_m = state["h_W_m"]
        h_W_v = state["h_W_v"]
        h_b_m = state["h_b_m"]
        h_b_v = state["h_b_v"]
        logits_W_m = state["logits_W_m"]
        logits_W_v = state["logits_W_v"]
        logits_b_m = state["logits_b_m"]
        logits_b_v = state["logits_b_v"]
    except (KeyError, TypeError, IndexError):
        raise TypeError("state must be what init_state(params) returns") from None
    if (
        type(step) is not np.ndarray or step.dtype is not _DTYPE or step.shape != () or not
        step.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    if (
        type(h_W_m) is not np.ndarray or h_W_m.dtype is not _DTYPE or h_W_m.shape != (64, 32) or not
        h_W_m.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    if (
        type(h_W_v) is not np.ndarray or h_W_v.dtype is not _DTYPE or h_W_v.shape != (64, 32) or not
        h_W_v.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    if (
        type(h_b_m) is not np.ndarray or h_b_m.dtype is not _DTYPE or h_b_m.shape != (32,) or not
        h_b_m.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    if (
        type(h_b_v) is not np.ndarray or h_b_v.dtype is not _DTYPE or h_b_v.shape != (32,) or not
        h_b_v.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    if (
        type(logits_W_m) is not np.ndarray or logits_W_m.dtype is not _DTYPE or logits_W_m.shape !=
        (32, 10) or not logits_W_m.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    if (
        type(logits_W_v) is not np.ndarray or logits_W_v.dtype is not _DTYPE or logits_W_v.shape !=
        (32, 10) or not logits_W_v.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    if (
        type(logits_b_m) is not np.ndarray or logits_b_m.dtype is not _DTYPE or logits_b_m.shape !=
        (10,) or not logits_b_m.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    if (
        type(logits_b_v) is not np.ndarray or logits_b_v.dtype is not _DTYPE or logits_b_v.shape !=
        (10,) or not logits_b_v.flags.carray
    ):
        raise TypeError("state must be what init_state(params) returns")
    return (step, h_W_m, h_W_v, h_b_m, h_b_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v)


class _Params(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("h_W", "h_b", "logits_W", "logits_b")]


class _State(ctypes.Structure):
    _fields_ = (
        [(name, ctypes.c_void_p) for name in ("step", "h_W_m", "h_W_v", "h_b_m", "h_b_v",
        "logits_W_m", "logits_W_v", "logits_b_m", "logits_b_v")]
    )


class _Data(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("x", "t")]


class _Hyper(ctypes.Structure):
    _fields_ = [(name, ctypes.c_double) for name in ("learning_rate", "beta1", "beta2", "epsilon")]


class _Tape(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("h", "output_Z_shifted", "v1")]


class _Outputs(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("output",)]


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
    path = Path(__file__).with_name("libdigits.so")
    command = "cc -std=c99 -O3 -fPIC -shared digits.c -o libdigits.so -lm"
    remedy = f"Build it beside this module and start Python anew: {command}"
    try:
        library = ctypes.CDLL(str(path))
        library.digits_build.restype = ctypes.c_char_p
        build = library.digits_build()
    except (OSError, AttributeError) as error:
        raise ImportError(f"{path.name}: {error}. {remedy}") from None
    if build != b"9427af4f4e549049":
        raise ImportError(f"{path.name} is of another build. {remedy}")
    library.digits_predict.argtypes = (
        [ctypes.c_ssize_t, ctypes.POINTER(_Params), ctypes.POINTER(_Data), ctypes.POINTER(_Outputs),
        ctypes.c_void_p]
    )
    library.digits_forward.argtypes = (
        [ctypes.c_ssize_t, ctypes.POINTER(_Params), ctypes.POINTER(_Data), ctypes.POINTER(_Tape),
        ctypes.c_void_p, ctypes.POINTER(ctypes.c_double)]
    )
    library.digits_backward.argtypes = (
        [ctypes.c_ssize_t, ctypes.POINTER(_Params), ctypes.POINTER(_Data), ctypes.POINTER(_Tape),
        ctypes.POINTER(_Params), ctypes.c_void_p]
    )
    library.digits_value_and_grad.argtypes = (
        [ctypes.c_ssize_t, ctypes.POINTER(_Params), ctypes.POINTER(_Data), ctypes.POINTER(_Params),
        ctypes.c_void_p, ctypes.POINTER(ctypes.c_double)]
    )
    library.digits_train_step.argtypes = (
        [ctypes.c_ssize_t, ctypes.POINTER(_Params), ctypes.POINTER(_State), ctypes.POINTER(_Data),
        ctypes.POINTER(_Hyper), ctypes.c_void_p, ctypes.POINTER(ctypes.c_double)]
    )
    return library


_C = _library()
