"""autoencoder: forward pass, gradients and training step, computed in C (float64).

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
    symbp build autoencoder.bp --target c --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import ctypes
import sys
from pathlib import Path

import numpy as np

NAME = "autoencoder"
TARGET = "c"
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
    outputs = (np.empty((N, 64), dtype=_DTYPE), np.empty((N, 8), dtype=_DTYPE))
    _C_predict(N, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b, x, *outputs)
    return {"p": np.asarray(outputs[0], dtype=_DTYPE), "code": np.asarray(outputs[1], dtype=_DTYPE)}


def forward(params, x, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 64)
    """
    a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b = _parameters(params)
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    a = np.empty((N, 64), dtype=_DTYPE)
    code = np.empty((N, 8), dtype=_DTYPE)
    b = np.empty((N, 64), dtype=_DTYPE)
    v1 = np.empty((N, 64), dtype=_DTYPE)
    loss = _C_forward(N, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b, x, a, code, b, v1)
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
    grads = _gradients()
    x = _taped("x", x, (N, 64), _DTYPE)
    a = _taped("a", a, (N, 64), _DTYPE)
    code = _taped("code", code, (N, 8), _DTYPE)
    b = _taped("b", b, (N, 64), _DTYPE)
    v1 = _taped("v1", v1, (N, 64), _DTYPE)
    _C_backward(N, None, None, code_W, None, b_W, None, p_W, None, x, a, code, b, v1, *grads)
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b = _parameters(params)
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    grads = _gradients()
    loss = _C_value_and_grad(N, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b, x, *grads)
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
    value = None if check_finite else _C_train_step(
        params, state, x, learning_rate, beta1, beta2, epsilon
    )
    if value is not None:  # else something needs conversion, or is refused
        return value
    a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b = _parameters(params)
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    (
        t, a_W_m, a_W_v, a_b_m, a_b_v, code_W_m, code_W_v, code_b_m, code_b_v, b_W_m, b_W_v, b_b_m,
        b_b_v, p_W_m, p_W_v, p_b_m, p_b_v
    ) = _state(state)
    return _C_step(
        N, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b, t, a_W_m, a_W_v, a_b_m, a_b_v, code_W_m,
        code_W_v, code_b_m, code_b_v, b_W_m, b_W_v, b_b_m, b_b_v, p_W_m, p_W_v, p_b_m, p_b_v, x,
        learning_rate, beta1, beta2, epsilon
    )


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
    return _C_bind(
        N, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b, t, a_W_m, a_W_v, a_b_m, a_b_v, code_W_m,
        code_W_v, code_b_m, code_b_v, b_W_m, b_W_v, b_b_m, b_b_v, p_W_m, p_W_v, p_b_m, p_b_v, x,
        learning_rate, beta1, beta2, epsilon
    )


def fit(
    params, state, x, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.003, beta1=0.9, beta2=0.999, epsilon=1e-08, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b = _parameters(params)
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    (
        t, a_W_m, a_W_v, a_b_m, a_b_v, code_W_m, code_W_v, code_b_m, code_b_v, b_W_m, b_W_v, b_b_m,
        b_b_v, p_W_m, p_W_v, p_b_m, p_b_v
    ) = _state(state)
    batch_size = N if batch_size is None else min(int(batch_size), N)
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    epochs = max(0, epochs)
    losses = np.empty(epochs)
    done = _C_fit(
        N, a_W, a_b, code_W, code_b, b_W, b_b, p_W, p_b, t, a_W_m, a_W_v, a_b_m, a_b_v, code_W_m,
        code_W_v, code_b_m, code_b_v, b_W_m, b_W_v, b_b_m, b_b_v, p_W_m, p_W_v, p_b_m, p_b_v, x,
        learning_rate, beta1, beta2, epsilon, batch_size, start, epochs, seed, shuffle, callback,
        losses
    )
    return losses[:done]


def _gradients():
    """Return new arrays for the gradients, in the order of PARAMETERS."""
    return tuple(np.empty(shape, dtype=_DTYPE) for shape in PARAMETERS.values())


def _parameters(params):
    arrays = _arrays(params, PARAMETERS)
    if arrays is None or not all(array.flags.carray for array in arrays):
        _refuse_parameters(params)
    return arrays


def _inputs(x):
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if not (x.flags.c_contiguous and x.flags.aligned):
        x = np.require(x, requirements="CA")
    if x.ndim != 2 or not x.shape[0] or x.shape[1] != 64:
        _refuse({"x": x})
    N = x.shape[0]
    return (N, x)


def _data(x):
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if not (x.flags.c_contiguous and x.flags.aligned):
        x = np.require(x, requirements="CA")
    if x.ndim != 2 or not x.shape[0] or x.shape[1] != 64:
        _refuse({"x": x})
    N = x.shape[0]
    return (N, x)


def _state(state):
    arrays = _arrays(state, _STATE)
    if arrays is None or not all(array.flags.carray for array in arrays):
        raise TypeError("state must be what init_state(params) returns")
    return arrays


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


def _taped(name, array, shape, dtype):
    """Return an array of the tape; refuse one that C would misread."""
    array = np.require(np.asarray(array), requirements="CA")
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(
            f"tape[{name!r}] must be an array {dtype} {shape}, not {array.dtype} {array.shape}"
        )
    return array


def _functions():
    """Return the functions of the library, which must be made of the C files that are here."""
    if sys.implementation.name != "cpython" or "t" in getattr(sys, "abiflags", ""):
        raise ImportError(
            "the C target calls CPython with its global lock, which this is not."
            " Build the network with --target numpy: the functions are the same"
        )
    path = Path(__file__).with_name(f"lib{NAME}.so")
    more = " -undefined dynamic_lookup" if sys.platform == "darwin" else ""
    files = f"{NAME}.c {NAME}.python.c -o {path.name}"
    command = f"cc -std=c99 -O3 -fPIC -shared {files} -lm{more}"
    remedy = f"Build it beside this module and start Python anew: {command}"
    try:
        library = ctypes.PyDLL(str(path))
        functions, build = library.autoencoder_functions, library.autoencoder_build
    except (OSError, AttributeError) as error:
        raise ImportError(f"{path.name}: {error}. {remedy}") from None
    build.restype = ctypes.c_char_p
    if build() != b"2973920e483b3a5d":
        raise ImportError(f"{path.name} is of another build. {remedy}")
    # A call through ctypes takes microseconds: this is the only one.
    functions.restype = ctypes.py_object
    functions.argtypes = [*[ctypes.py_object] * 5, ctypes.c_ssize_t]
    header = object.__basicsize__
    return functions(None, dict, np.ndarray, _DTYPE, np.dtype(np.intp), header)


(
    _C_predict, _C_forward, _C_backward, _C_value_and_grad, _C_step, _C_train_step, _C_bind, _C_fit
) = _functions()
