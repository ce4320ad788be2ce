"""char_gru: forward pass, gradients and training step, computed in C (float64).

    input x[N,T] in 76
    label t[N,T] in 76
    param e_E[76,16]
    param h_W[16,3,64]
    param h_U[64,3,64]
    param h_b[3,64]
    param h_d[3,64]
    param logits_W[64,76]
    param logits_b[76]
    e[n,k,d] = e_E[x[n,k],d]
    value h_h[T + 1,N,64]
    h_h[0,n,j] = 0
    scan t_2 in T
        h_z[t_2,n,g,j] = sum[i](e[n,t_2,i] * h_W[i,g,j])
        h_z[t_2,n,g,j] += h_b[g,j]
        h_y[t_2,n,g,j] = sum[k](h_h[t_2,n,k] * h_U[k,g,j])
        h_y[t_2,n,g,j] += h_d[g,j]
        h_s[t_2,n,g,j] = sigmoid(h_y[t_2,n,g,j] + h_z[t_2,n,g,j]) for t_2 in T, n in N, g in 2, j in
        64
        h_a[t_2,n,j] = tanh(h_s[t_2,n,0,j] * h_y[t_2,n,2,j] + h_z[t_2,n,2,j])
        h_h[t_2 + 1,n,j] += (1 - h_s[t_2,n,1,j]) * h_a[t_2,n,j] + h_h[t_2,n,j] * h_s[t_2,n,1,j]
    end
    h[n,t_2,j] = h_h[t_2 + 1,n,j]
    logits[n,k,j] = sum[i](h[n,k,i] * logits_W[i,j])
    logits[n,k,j] += logits_b[j]
    loss_Z[n,k] = sum[j](exp(logits[n,k,j]))
    loss_sum = sum[n,k](log(loss_Z[n,k]) - logits[n,k,t[n,k]])
    loss = loss_sum / (N * T)

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from char_gru.bp (network 5667b39f7c403b16):
    symbp build char_gru.bp --target c --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import ctypes
import sys
from pathlib import Path

import numpy as np

NAME = "char_gru"
TARGET = "c"
DTYPE = "float64"
NETWORK = "5667b39f7c403b16"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "e_E": (76, 16),
    "h_W": (16, 3, 64),
    "h_U": (64, 3, 64),
    "h_b": (3, 64),
    "h_d": (3, 64),
    "logits_W": (64, 76),
    "logits_b": (76,),
}
INPUTS = {  # name -> role, shape, number of classes
    "x": ("input", ("N", "T"), 76),
    "t": ("label", ("N", "T"), 76),
}
OUTPUTS = {  # name -> shape
    "logits": ("N", "T", 76),
}
HYPERPARAMETERS = {  # name -> default
    "learning_rate": 0.005,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-08,
}

_DTYPE = np.dtype(DTYPE)
_STATE = {  # name -> shape
    "step": (),
    "e_E_m": (76, 16),
    "e_E_v": (76, 16),
    "h_W_m": (16, 3, 64),
    "h_W_v": (16, 3, 64),
    "h_U_m": (64, 3, 64),
    "h_U_v": (64, 3, 64),
    "h_b_m": (3, 64),
    "h_b_v": (3, 64),
    "h_d_m": (3, 64),
    "h_d_v": (3, 64),
    "logits_W_m": (64, 76),
    "logits_W_v": (64, 76),
    "logits_b_m": (76,),
    "logits_b_v": (76,),
}


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "e_E": np.asarray(rng.normal(0.0, 0.3, (76, 16)), dtype=_DTYPE),
        "h_W": np.asarray(rng.uniform(-0.125, 0.125, (16, 3, 64)), dtype=_DTYPE),
        "h_U": np.asarray(rng.uniform(-0.125, 0.125, (64, 3, 64)), dtype=_DTYPE),
        "h_b": np.zeros((3, 64), dtype=_DTYPE),
        "h_d": np.zeros((3, 64), dtype=_DTYPE),
        "logits_W": np.asarray(
            rng.uniform(-0.20701966780270625, 0.20701966780270625, (64, 76)), dtype=_DTYPE
        ),
        "logits_b": np.zeros((76,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return logits (N, T, 76) for x (N, T)."""
    e_E, h_W, h_U, h_b, h_d, logits_W, logits_b = _parameters(params)
    N, T, x = _inputs(x)
    if check_finite:
        _finite(params)
    outputs = (np.empty((N, T, 76), dtype=_DTYPE),)
    _C_predict(N, T, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b, x, None, *outputs)
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, x, t, *, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, T), t (N, T)
    """
    e_E, h_W, h_U, h_b, h_d, logits_W, logits_b = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    h_h = np.empty((T + 1, N, 64), dtype=_DTYPE)
    h_y = np.empty((T, N, 3, 64), dtype=_DTYPE)
    h_s = np.empty((T, N, 2, 64), dtype=_DTYPE)
    h_a = np.empty((T, N, 64), dtype=_DTYPE)
    h = np.empty((N, T, 64), dtype=_DTYPE)
    loss_Z_shifted = np.empty((N, T), dtype=_DTYPE)
    v1 = np.empty((N, T, 76), dtype=_DTYPE)
    loss = _C_forward(
        N, T, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b, x, t, h_h, h_y, h_s, h_a, h,
        loss_Z_shifted, v1
    )
    return (
        float(loss), {"x": x, "t": t, "h_h": h_h, "h_y": h_y, "h_s": h_s, "h_a": h_a, "h": h,
        "loss_Z_shifted": loss_Z_shifted, "v1": v1}
    )


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    e_E, h_W, h_U, _, _, logits_W, _ = _parameters(params)
    x = tape["x"]
    t = tape["t"]
    h_h = tape["h_h"]
    h_y = tape["h_y"]
    h_s = tape["h_s"]
    h_a = tape["h_a"]
    h = tape["h"]
    loss_Z_shifted = tape["loss_Z_shifted"]
    v1 = tape["v1"]
    N = x.shape[0]
    T = x.shape[1]
    grads = _gradients()
    x = _taped("x", x, (N, T), np.intp)
    t = _taped("t", t, (N, T), np.intp)
    h_h = _taped("h_h", h_h, (T + 1, N, 64), _DTYPE)
    h_y = _taped("h_y", h_y, (T, N, 3, 64), _DTYPE)
    h_s = _taped("h_s", h_s, (T, N, 2, 64), _DTYPE)
    h_a = _taped("h_a", h_a, (T, N, 64), _DTYPE)
    h = _taped("h", h, (N, T, 64), _DTYPE)
    loss_Z_shifted = _taped("loss_Z_shifted", loss_Z_shifted, (N, T), _DTYPE)
    v1 = _taped("v1", v1, (N, T, 76), _DTYPE)
    _C_backward(
        N, T, e_E, h_W, h_U, None, None, logits_W, None, x, t, h_h, h_y, h_s, h_a, h,
        loss_Z_shifted, v1, *grads
    )
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, t, *, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    e_E, h_W, h_U, h_b, h_d, logits_W, logits_b = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    grads = _gradients()
    loss = _C_value_and_grad(N, T, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b, x, t, *grads)
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params):
    """Return the state of the optimizer before the first step."""
    _parameters(params)
    return {
        "step": np.zeros((), dtype=_DTYPE),
        "e_E_m": np.zeros((76, 16), dtype=_DTYPE),
        "e_E_v": np.zeros((76, 16), dtype=_DTYPE),
        "h_W_m": np.zeros((16, 3, 64), dtype=_DTYPE),
        "h_W_v": np.zeros((16, 3, 64), dtype=_DTYPE),
        "h_U_m": np.zeros((64, 3, 64), dtype=_DTYPE),
        "h_U_v": np.zeros((64, 3, 64), dtype=_DTYPE),
        "h_b_m": np.zeros((3, 64), dtype=_DTYPE),
        "h_b_v": np.zeros((3, 64), dtype=_DTYPE),
        "h_d_m": np.zeros((3, 64), dtype=_DTYPE),
        "h_d_v": np.zeros((3, 64), dtype=_DTYPE),
        "logits_W_m": np.zeros((64, 76), dtype=_DTYPE),
        "logits_W_v": np.zeros((64, 76), dtype=_DTYPE),
        "logits_b_m": np.zeros((76,), dtype=_DTYPE),
        "logits_b_v": np.zeros((76,), dtype=_DTYPE),
    }


def train_step(
    params, state, x, t, *, learning_rate=0.005, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    value = None if check_finite else _C_train_step(
        params, state, x, t, learning_rate, beta1, beta2, epsilon
    )
    if value is not None:  # else something needs conversion, or is refused
        return value
    e_E, h_W, h_U, h_b, h_d, logits_W, logits_b = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    (
        step_, e_E_m, e_E_v, h_W_m, h_W_v, h_U_m, h_U_v, h_b_m, h_b_v, h_d_m, h_d_v, logits_W_m,
        logits_W_v, logits_b_m, logits_b_v
    ) = _state(state)
    return _C_step(
        N, T, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b, step_, e_E_m, e_E_v, h_W_m, h_W_v, h_U_m,
        h_U_v, h_b_m, h_b_v, h_d_m, h_d_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v, x, t,
        learning_rate, beta1, beta2, epsilon
    )


def bind(
    params, state, x, t, *, learning_rate=0.005, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    e_E, h_W, h_U, h_b, h_d, logits_W, logits_b = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    (
        step_, e_E_m, e_E_v, h_W_m, h_W_v, h_U_m, h_U_v, h_b_m, h_b_v, h_d_m, h_d_v, logits_W_m,
        logits_W_v, logits_b_m, logits_b_v
    ) = _state(state)
    return _C_bind(
        N, T, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b, step_, e_E_m, e_E_v, h_W_m, h_W_v, h_U_m,
        h_U_v, h_b_m, h_b_v, h_d_m, h_d_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v, x, t,
        learning_rate, beta1, beta2, epsilon
    )


def fit(
    params, state, x, t, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.005, beta1=0.9, beta2=0.999, epsilon=1e-08, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    e_E, h_W, h_U, h_b, h_d, logits_W, logits_b = _parameters(params)
    N, T, x, t = _data(x, t)
    if check_finite:
        _finite(params)
    (
        step_, e_E_m, e_E_v, h_W_m, h_W_v, h_U_m, h_U_v, h_b_m, h_b_v, h_d_m, h_d_v, logits_W_m,
        logits_W_v, logits_b_m, logits_b_v
    ) = _state(state)
    batch_size = N if batch_size is None else min(int(batch_size), N)
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    epochs = max(0, epochs)
    losses = np.empty(epochs)
    done = _C_fit(
        N, T, e_E, h_W, h_U, h_b, h_d, logits_W, logits_b, step_, e_E_m, e_E_v, h_W_m, h_W_v, h_U_m,
        h_U_v, h_b_m, h_b_v, h_d_m, h_d_v, logits_W_m, logits_W_v, logits_b_m, logits_b_v, x, t,
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
    x = _convert("x", x)
    if x.ndim != 2 or not x.shape[0] or not x.shape[1]:
        _refuse({"x": x})
    N = x.shape[0]
    T = x.shape[1]
    return (N, T, x)


def _data(x, t):
    x = _convert("x", x)
    t = _convert("t", t)
    if (
        x.ndim != 2 or t.ndim != 2 or not x.shape[0] or not x.shape[1] or t.shape[0] != x.shape[0]
        or t.shape[1] != x.shape[1]
    ):
        _refuse({"x": x, "t": t})
    N = x.shape[0]
    T = x.shape[1]
    return (N, T, x, t)


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
        functions, build = library.char_gru_functions, library.char_gru_build
    except (OSError, AttributeError) as error:
        raise ImportError(f"{path.name}: {error}. {remedy}") from None
    build.restype = ctypes.c_char_p
    if build() != b"7aa833f0a1f45743":
        raise ImportError(f"{path.name} is of another build. {remedy}")
    # A call through ctypes takes microseconds: this is the only one.
    functions.restype = ctypes.py_object
    functions.argtypes = [*[ctypes.py_object] * 5, ctypes.c_ssize_t]
    header = object.__basicsize__
    return functions(None, dict, np.ndarray, _DTYPE, np.dtype(np.intp), header)


(
    _C_predict, _C_forward, _C_backward, _C_value_and_grad, _C_step, _C_train_step, _C_bind, _C_fit
) = _functions()
