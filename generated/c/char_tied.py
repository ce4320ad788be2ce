"""char_tied: forward pass, gradients and training step, computed in C (float64).

    input x[N,8] in 76
    label t[N] in 76
    param c[76]
    param e_E[76,24]
    param h_W[192,64]
    param h_b[64]
    param z_W[64,24]
    param z_b[24]
    e[n,k,d] = e_E[x[n,k],d]
    flatten[n,i1 + 24 * i0] = e[n,i0,i1]
    h_z[n,j] = sum[i](flatten[n,i] * h_W[i,j])
    h_z[n,j] += h_b[j]
    h[n,j] = tanh(h_z[n,j])
    z[n,j] = sum[i](h[n,i] * z_W[i,j])
    z[n,j] += z_b[j]
    logits[n,k] = sum[d](z[n,d] * e_E[k,d])
    logits[n,k] += c[k]
    loss_Z[n] = sum[j](exp(logits[n,j]))
    loss_sum = sum[n](log(loss_Z[n]) - logits[n,t[n]])
    loss = loss_sum / N

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from char_tied.bp (network 27bdb9e33e25213b):
    symbp build char_tied.bp --target c --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import ctypes
import sys
from pathlib import Path

import numpy as np

NAME = "char_tied"
TARGET = "c"
DTYPE = "float64"
NETWORK = "27bdb9e33e25213b"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "c": (76,),
    "e_E": (76, 24),
    "h_W": (192, 64),
    "h_b": (64,),
    "z_W": (64, 24),
    "z_b": (24,),
}
INPUTS = {  # name -> role, shape, number of classes
    "x": ("input", ("N", 8), 76),
    "t": ("label", ("N",), 76),
}
OUTPUTS = {  # name -> shape
    "logits": ("N", 76),
}
HYPERPARAMETERS = {  # name -> default
    "learning_rate": 0.001,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-08,
}

_DTYPE = np.dtype(DTYPE)
_STATE = {  # name -> shape
    "step": (),
    "c_m": (76,),
    "c_v": (76,),
    "e_E_m": (76, 24),
    "e_E_v": (76, 24),
    "h_W_m": (192, 64),
    "h_W_v": (192, 64),
    "h_b_m": (64,),
    "h_b_v": (64,),
    "z_W_m": (64, 24),
    "z_W_v": (64, 24),
    "z_b_m": (24,),
    "z_b_v": (24,),
}


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "c": np.zeros((76,), dtype=_DTYPE),
        "e_E": np.asarray(rng.normal(0.0, 0.2, (76, 24)), dtype=_DTYPE),
        "h_W": np.asarray(
            rng.uniform(-0.15309310892394862, 0.15309310892394862, (192, 64)), dtype=_DTYPE
        ),
        "h_b": np.zeros((64,), dtype=_DTYPE),
        "z_W": np.asarray(
            rng.uniform(-0.26111648393354675, 0.26111648393354675, (64, 24)), dtype=_DTYPE
        ),
        "z_b": np.zeros((24,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return logits (N, 76) for x (N, 8)."""
    c, e_E, h_W, h_b, z_W, z_b = _parameters(params)
    N, x = _inputs(x)
    if check_finite:
        _finite(params)
    outputs = (np.empty((N, 76), dtype=_DTYPE),)
    _C_predict(N, c, e_E, h_W, h_b, z_W, z_b, x, None, *outputs)
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, t, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 8), t (N,)
    """
    c, e_E, h_W, h_b, z_W, z_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    flatten = np.empty((N, 192), dtype=_DTYPE)
    h = np.empty((N, 64), dtype=_DTYPE)
    z = np.empty((N, 24), dtype=_DTYPE)
    loss_Z_shifted = np.empty((N,), dtype=_DTYPE)
    v1 = np.empty((N, 76), dtype=_DTYPE)
    loss = _C_forward(N, c, e_E, h_W, h_b, z_W, z_b, x, t, flatten, h, z, loss_Z_shifted, v1)
    return (
        float(loss), {"x": x, "t": t, "flatten": flatten, "h": h, "z": z, "loss_Z_shifted":
        loss_Z_shifted, "v1": v1}
    )


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    _, e_E, h_W, _, z_W, _ = _parameters(params)
    x = tape["x"]
    t = tape["t"]
    flatten = tape["flatten"]
    h = tape["h"]
    z = tape["z"]
    loss_Z_shifted = tape["loss_Z_shifted"]
    v1 = tape["v1"]
    N = x.shape[0]
    grads = _gradients()
    x = _taped("x", x, (N, 8), np.intp)
    t = _taped("t", t, (N,), np.intp)
    flatten = _taped("flatten", flatten, (N, 192), _DTYPE)
    h = _taped("h", h, (N, 64), _DTYPE)
    z = _taped("z", z, (N, 24), _DTYPE)
    loss_Z_shifted = _taped("loss_Z_shifted", loss_Z_shifted, (N,), _DTYPE)
    v1 = _taped("v1", v1, (N, 76), _DTYPE)
    _C_backward(N, None, e_E, h_W, None, z_W, None, x, t, flatten, h, z, loss_Z_shifted, v1, *grads)
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, t, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    c, e_E, h_W, h_b, z_W, z_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    grads = _gradients()
    loss = _C_value_and_grad(N, c, e_E, h_W, h_b, z_W, z_b, x, t, *grads)
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {
        "step": np.zeros((), dtype=_DTYPE),
        "c_m": np.zeros((76,), dtype=_DTYPE),
        "c_v": np.zeros((76,), dtype=_DTYPE),
        "e_E_m": np.zeros((76, 24), dtype=_DTYPE),
        "e_E_v": np.zeros((76, 24), dtype=_DTYPE),
        "h_W_m": np.zeros((192, 64), dtype=_DTYPE),
        "h_W_v": np.zeros((192, 64), dtype=_DTYPE),
        "h_b_m": np.zeros((64,), dtype=_DTYPE),
        "h_b_v": np.zeros((64,), dtype=_DTYPE),
        "z_W_m": np.zeros((64, 24), dtype=_DTYPE),
        "z_W_v": np.zeros((64, 24), dtype=_DTYPE),
        "z_b_m": np.zeros((24,), dtype=_DTYPE),
        "z_b_v": np.zeros((24,), dtype=_DTYPE),
    }


def train_step(
    params, state, x, t, *, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    value = None if check_finite else _C_train_step(
        params, state, x, t, learning_rate, beta1, beta2, epsilon
    )
    if value is not None:  # else something needs conversion, or is refused
        return value
    c, e_E, h_W, h_b, z_W, z_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    step_, c_m, c_v, e_E_m, e_E_v, h_W_m, h_W_v, h_b_m, h_b_v, z_W_m, z_W_v, z_b_m, z_b_v = _state(
        state
    )
    return _C_step(
        N, c, e_E, h_W, h_b, z_W, z_b, step_, c_m, c_v, e_E_m, e_E_v, h_W_m, h_W_v, h_b_m, h_b_v,
        z_W_m, z_W_v, z_b_m, z_b_v, x, t, learning_rate, beta1, beta2, epsilon
    )


def bind(
    params, state, x, t, *, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    c, e_E, h_W, h_b, z_W, z_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    step_, c_m, c_v, e_E_m, e_E_v, h_W_m, h_W_v, h_b_m, h_b_v, z_W_m, z_W_v, z_b_m, z_b_v = _state(
        state
    )
    return _C_bind(
        N, c, e_E, h_W, h_b, z_W, z_b, step_, c_m, c_v, e_E_m, e_E_v, h_W_m, h_W_v, h_b_m, h_b_v,
        z_W_m, z_W_v, z_b_m, z_b_v, x, t, learning_rate, beta1, beta2, epsilon
    )


def fit(
    params, state, x, t, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    c, e_E, h_W, h_b, z_W, z_b = _parameters(params)
    N, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    step_, c_m, c_v, e_E_m, e_E_v, h_W_m, h_W_v, h_b_m, h_b_v, z_W_m, z_W_v, z_b_m, z_b_v = _state(
        state
    )
    batch_size = N if batch_size is None else min(int(batch_size), N)
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    epochs = max(0, epochs)
    losses = np.empty(epochs)
    done = _C_fit(
        N, c, e_E, h_W, h_b, z_W, z_b, step_, c_m, c_v, e_E_m, e_E_v, h_W_m, h_W_v, h_b_m, h_b_v,
        z_W_m, z_W_v, z_b_m, z_b_v, x, t, learning_rate, beta1, beta2, epsilon, batch_size, start,
        epochs, seed, shuffle, callback, losses
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
    x = _convert("x", x)
    if x.ndim != 2 or not x.shape[0] or x.shape[1] != 8:
        _refuse({"x": x})
    N = x.shape[0]
    return (N, x)


def _data(x, t):
    x = _convert("x", x)
    t = _convert("t", t)
    if x.ndim != 2 or t.ndim != 1 or not x.shape[0] or x.shape[1] != 8 or t.shape[0] != x.shape[0]:
        _refuse({"x": x, "t": t})
    N = x.shape[0]
    return (N, x, t)


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
        functions, build = library.char_tied_functions, library.char_tied_build
    except (OSError, AttributeError) as error:
        raise ImportError(f"{path.name}: {error}. {remedy}") from None
    build.restype = ctypes.c_char_p
    if build() != b"42a958f2d7ab6171":
        raise ImportError(f"{path.name} is of another build. {remedy}")
    # A call through ctypes takes microseconds: this is the only one.
    functions.restype = ctypes.py_object
    functions.argtypes = [*[ctypes.py_object] * 5, ctypes.c_ssize_t]
    header = object.__basicsize__
    return functions(None, dict, np.ndarray, _DTYPE, np.dtype(np.intp), header)


(
    _C_predict, _C_forward, _C_backward, _C_value_and_grad, _C_step, _C_train_step, _C_bind, _C_fit
) = _functions()
