"""xor: forward pass, gradients and training step, computed in C (float64).

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
    symbp build xor.bp --target c --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import ctypes
import sys
from pathlib import Path

import numpy as np

NAME = "xor"
TARGET = "c"
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
    outputs = (np.empty((N, 1), dtype=_DTYPE),)
    _C_predict(N, W1, b1, W2, b2, x, None, *outputs)
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, y, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 2), y (N, 1)
    """
    W1, b1, W2, b2 = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    h = np.empty((N, 4), dtype=_DTYPE)
    p = np.empty((N, 1), dtype=_DTYPE)
    v1 = np.empty((N, 1), dtype=_DTYPE)
    loss = _C_forward(N, W1, b1, W2, b2, x, y, h, p, v1)
    return float(loss), {"x": x, "h": h, "p": p, "v1": v1}


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    _, _, W2, _ = _parameters(params)
    x = tape["x"]
    h = tape["h"]
    p = tape["p"]
    v1 = tape["v1"]
    N = x.shape[0]
    grads = _gradients()
    x = _taped("x", x, (N, 2), _DTYPE)
    h = _taped("h", h, (N, 4), _DTYPE)
    p = _taped("p", p, (N, 1), _DTYPE)
    v1 = _taped("v1", v1, (N, 1), _DTYPE)
    _C_backward(N, None, None, W2, None, x, None, h, p, v1, *grads)
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, y, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    W1, b1, W2, b2 = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    grads = _gradients()
    loss = _C_value_and_grad(N, W1, b1, W2, b2, x, y, *grads)
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {}


def train_step(params, state, x, y, *, learning_rate=4.0, check_finite=False):
    """Update params and state in place by one step; return the loss before it."""
    value = None if check_finite else _C_train_step(params, state, x, y, learning_rate)
    if value is not None:  # else something needs conversion, or is refused
        return value
    W1, b1, W2, b2 = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    return _C_step(N, W1, b1, W2, b2, x, y, learning_rate)


def bind(params, state, x, y, *, learning_rate=4.0, check_finite=False):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    W1, b1, W2, b2 = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    return _C_bind(N, W1, b1, W2, b2, x, y, learning_rate)


def fit(
    params, state, x, y, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=4.0, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    W1, b1, W2, b2 = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    batch_size = N if batch_size is None else min(int(batch_size), N)
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    epochs = max(0, epochs)
    losses = np.empty(epochs)
    done = _C_fit(
        N, W1, b1, W2, b2, x, y, learning_rate, batch_size, start, epochs, seed, shuffle, callback,
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
    if x.ndim != 2 or not x.shape[0] or x.shape[1] != 2:
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
        x.ndim != 2 or y.ndim != 2 or not x.shape[0] or x.shape[1] != 2 or y.shape[0] != x.shape[0]
        or y.shape[1] != 1
    ):
        _refuse({"x": x, "y": y})
    N = x.shape[0]
    return (N, x, y)


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
        functions, build = library.xor_functions, library.xor_build
    except (OSError, AttributeError) as error:
        raise ImportError(f"{path.name}: {error}. {remedy}") from None
    build.restype = ctypes.c_char_p
    if build() != b"e8ebfc6f22ba599c":
        raise ImportError(f"{path.name} is of another build. {remedy}")
    # A call through ctypes takes microseconds: this is the only one.
    functions.restype = ctypes.py_object
    functions.argtypes = [*[ctypes.py_object] * 5, ctypes.c_ssize_t]
    header = object.__basicsize__
    return functions(None, dict, np.ndarray, _DTYPE, np.dtype(np.intp), header)


(
    _C_predict, _C_forward, _C_backward, _C_value_and_grad, _C_step, _C_train_step, _C_bind, _C_fit
) = _functions()
