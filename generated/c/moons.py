"""moons: forward pass, gradients and training step, computed in C (float64).

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
    symbp build moons.bp --target c --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import ctypes
import sys
from pathlib import Path

import numpy as np

NAME = "moons"
TARGET = "c"
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
    outputs = (np.empty((N, 1), dtype=_DTYPE),)
    _C_predict(N, h1_W, h1_b, h2_W, h2_b, p_W, p_b, x, None, *outputs)
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, y, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 2), y (N, 1)
    """
    h1_W, h1_b, h2_W, h2_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    h1 = np.empty((N, 16), dtype=_DTYPE)
    h2 = np.empty((N, 16), dtype=_DTYPE)
    p = np.empty((N, 1), dtype=_DTYPE)
    loss = _C_forward(N, h1_W, h1_b, h2_W, h2_b, p_W, p_b, x, y, h1, h2, p)
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
    grads = _gradients()
    x = _taped("x", x, (N, 2), _DTYPE)
    y = _taped("y", y, (N, 1), _DTYPE)
    h1 = _taped("h1", h1, (N, 16), _DTYPE)
    h2 = _taped("h2", h2, (N, 16), _DTYPE)
    p = _taped("p", p, (N, 1), _DTYPE)
    _C_backward(N, h1_W, None, h2_W, None, p_W, None, x, y, h1, h2, p, *grads)
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, y, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    h1_W, h1_b, h2_W, h2_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    grads = _gradients()
    loss = _C_value_and_grad(N, h1_W, h1_b, h2_W, h2_b, p_W, p_b, x, y, *grads)
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {}


def train_step(params, state, x, y, *, learning_rate=0.2, check_finite=False):
    """Update params and state in place by one step; return the loss before it."""
    value = None if check_finite else _C_train_step(params, state, x, y, learning_rate)
    if value is not None:  # else something needs conversion, or is refused
        return value
    h1_W, h1_b, h2_W, h2_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    return _C_step(N, h1_W, h1_b, h2_W, h2_b, p_W, p_b, x, y, learning_rate)


def bind(params, state, x, y, *, learning_rate=0.2, check_finite=False):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    h1_W, h1_b, h2_W, h2_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    return _C_bind(N, h1_W, h1_b, h2_W, h2_b, p_W, p_b, x, y, learning_rate)


def fit(
    params, state, x, y, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.2, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    h1_W, h1_b, h2_W, h2_b, p_W, p_b = _parameters(params)
    N, x, y = _data(x, y)
    if check_finite:
        _finite({**params, "x": x, "y": y})
    batch_size = N if batch_size is None else min(int(batch_size), N)
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    epochs = max(0, epochs)
    losses = np.empty(epochs)
    done = _C_fit(
        N, h1_W, h1_b, h2_W, h2_b, p_W, p_b, x, y, learning_rate, batch_size, start, epochs, seed,
        shuffle, callback, losses
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
        functions, build = library.moons_functions, library.moons_build
    except (OSError, AttributeError) as error:
        raise ImportError(f"{path.name}: {error}. {remedy}") from None
    build.restype = ctypes.c_char_p
    if build() != b"fe8a702d60e55199":
        raise ImportError(f"{path.name} is of another build. {remedy}")
    # A call through ctypes takes microseconds: this is the only one.
    functions.restype = ctypes.py_object
    functions.argtypes = [*[ctypes.py_object] * 5, ctypes.c_ssize_t]
    header = object.__basicsize__
    return functions(None, dict, np.ndarray, _DTYPE, np.dtype(np.intp), header)


(
    _C_predict, _C_forward, _C_backward, _C_value_and_grad, _C_step, _C_train_step, _C_bind, _C_fit
) = _functions()
