"""vae: forward pass, gradients and training step, computed in C (float64).

    input x[N,64]
    noise e_u[2,N,8]
    param a_W[64,128]
    param a_b[128]
    param mean_z_W[128,8]
    param mean_z_b[8]
    param log_v_W[128,8]
    param log_v_b[8]
    param b_W[8,128]
    param b_b[128]
    param logits_W[128,64]
    param logits_b[64]
    e[n,j] = sqrt(2) * sqrt(-log(1 - e_u[0,n,j])) * cos(2 * pi * e_u[1,n,j])
    a_z[n,j] = sum[i](x[n,i] * a_W[i,j])
    a_z[n,j] += a_b[j]
    a[n,j] = relu(a_z[n,j])
    mean_z[n,j] = sum[i](a[n,i] * mean_z_W[i,j])
    mean_z[n,j] += mean_z_b[j]
    log_v[n,j] = sum[i](a[n,i] * log_v_W[i,j])
    log_v[n,j] += log_v_b[j]
    z[n,j] = e[n,j] * exp(0.5 * log_v[n,j]) + mean_z[n,j]
    b_z[n,j] = sum[i](z[n,i] * b_W[i,j])
    b_z[n,j] += b_b[j]
    b[n,j] = relu(b_z[n,j])
    logits[n,j] = sum[i](b[n,i] * logits_W[i,j])
    logits[n,j] += logits_b[j]
    p[n,j] = sigmoid(logits[n,j])
    loss_sum = sum[n,j](softplus(logits[n,j]) - logits[n,j] * x[n,j])
    loss_sum_2 = sum[n,j](0.5 * (mean_z[n,j]**2 + exp(log_v[n,j]) - log_v[n,j] - 1))
    loss = loss_sum / N + loss_sum_2 / N

In a prediction:
    z[n,j] = mean_z[n,j]

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from vae.bp (network 05da02787e585dfa):
    symbp build vae.bp --target c --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import ctypes
import math
import sys
from pathlib import Path

import numpy as np

NAME = "vae"
TARGET = "c"
DTYPE = "float64"
NETWORK = "05da02787e585dfa"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "a_W": (64, 128),
    "a_b": (128,),
    "mean_z_W": (128, 8),
    "mean_z_b": (8,),
    "log_v_W": (128, 8),
    "log_v_b": (8,),
    "b_W": (8, 128),
    "b_b": (128,),
    "logits_W": (128, 64),
    "logits_b": (64,),
}
INPUTS = {  # name -> role, shape, number of classes
    "x": ("input", ("N", 64), None),
}
OUTPUTS = {  # name -> shape
    "p": ("N", 64),
    "mean_z": ("N", 8),
}
HYPERPARAMETERS = {  # name -> default
    "learning_rate": 0.002,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-08,
}

_DTYPE = np.dtype(DTYPE)
_STATE = {  # name -> shape
    "t": (),
    "a_W_m": (64, 128),
    "a_W_v": (64, 128),
    "a_b_m": (128,),
    "a_b_v": (128,),
    "mean_z_W_m": (128, 8),
    "mean_z_W_v": (128, 8),
    "mean_z_b_m": (8,),
    "mean_z_b_v": (8,),
    "log_v_W_m": (128, 8),
    "log_v_W_v": (128, 8),
    "log_v_b_m": (8,),
    "log_v_b_v": (8,),
    "b_W_m": (8, 128),
    "b_W_v": (8, 128),
    "b_b_m": (128,),
    "b_b_v": (128,),
    "logits_W_m": (128, 64),
    "logits_W_v": (128, 64),
    "logits_b_m": (64,),
    "logits_b_v": (64,),
    "noise_seed": (),
    "noise_step": (),
}


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "a_W": np.asarray(
            rng.uniform(-0.30618621784789724, 0.30618621784789724, (64, 128)), dtype=_DTYPE
        ),
        "a_b": np.zeros((128,), dtype=_DTYPE),
        "mean_z_W": np.asarray(
            rng.uniform(-0.21004201260420147, 0.21004201260420147, (128, 8)), dtype=_DTYPE
        ),
        "mean_z_b": np.zeros((8,), dtype=_DTYPE),
        "log_v_W": np.asarray(
            rng.uniform(-0.21004201260420147, 0.21004201260420147, (128, 8)), dtype=_DTYPE
        ),
        "log_v_b": np.zeros((8,), dtype=_DTYPE),
        "b_W": np.asarray(
            rng.uniform(-0.8660254037844386, 0.8660254037844386, (8, 128)), dtype=_DTYPE
        ),
        "b_b": np.zeros((128,), dtype=_DTYPE),
        "logits_W": np.asarray(
            rng.uniform(-0.1767766952966369, 0.1767766952966369, (128, 64)), dtype=_DTYPE
        ),
        "logits_b": np.zeros((64,), dtype=_DTYPE),
    }


def predict(params, x, *, check_finite=False):
    """Return p (N, 64), mean_z (N, 8) for x (N, 64)."""
    a_W, a_b, mean_z_W, mean_z_b, _, _, b_W, b_b, logits_W, logits_b = _parameters(params)
    N, x = _inputs(x)
    if check_finite:
        _finite({**params, "x": x})
    outputs = (np.empty((N, 64), dtype=_DTYPE), np.empty((N, 8), dtype=_DTYPE))
    _C_predict(
        N, a_W, a_b, mean_z_W, mean_z_b, None, None, b_W, b_b, logits_W, logits_b, x, *outputs
    )
    return (
        {"p": np.asarray(outputs[0], dtype=_DTYPE), "mean_z": np.asarray(outputs[1], dtype=_DTYPE)}
    )


def forward(params, x, *, noise_seed=0, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    x (N, 64)
    """
    a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b = _parameters(
        params
    )
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    e_u = _noise((2, N, 8), noise_seed, 0, 0)
    e = np.empty((N, 8), dtype=_DTYPE)
    a = np.empty((N, 128), dtype=_DTYPE)
    mean_z = np.empty((N, 8), dtype=_DTYPE)
    log_v = np.empty((N, 8), dtype=_DTYPE)
    z = np.empty((N, 8), dtype=_DTYPE)
    b = np.empty((N, 128), dtype=_DTYPE)
    logits = np.empty((N, 64), dtype=_DTYPE)
    v1 = np.empty((N, 8), dtype=_DTYPE)
    loss = _C_forward(
        N, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b, x, e_u, e,
        a, mean_z, log_v, z, b, logits, v1
    )
    return (
        float(loss), {"x": x, "e": e, "a": a, "mean_z": mean_z, "log_v": log_v, "z": z, "b": b,
        "logits": logits, "v1": v1}
    )


def backward(params, tape):
    """Return the gradient of the loss by each parameter, a dict of arrays."""
    _, _, mean_z_W, _, log_v_W, _, b_W, _, logits_W, _ = _parameters(params)
    x = tape["x"]
    e = tape["e"]
    a = tape["a"]
    mean_z = tape["mean_z"]
    log_v = tape["log_v"]
    z = tape["z"]
    b = tape["b"]
    logits = tape["logits"]
    v1 = tape["v1"]
    N = x.shape[0]
    grads = _gradients()
    x = _taped("x", x, (N, 64), _DTYPE)
    e = _taped("e", e, (N, 8), _DTYPE)
    a = _taped("a", a, (N, 128), _DTYPE)
    mean_z = _taped("mean_z", mean_z, (N, 8), _DTYPE)
    log_v = _taped("log_v", log_v, (N, 8), _DTYPE)
    z = _taped("z", z, (N, 8), _DTYPE)
    b = _taped("b", b, (N, 128), _DTYPE)
    logits = _taped("logits", logits, (N, 64), _DTYPE)
    v1 = _taped("v1", v1, (N, 8), _DTYPE)
    _C_backward(
        N, None, None, mean_z_W, None, log_v_W, None, b_W, None, logits_W, None, x, e, a, mean_z,
        log_v, z, b, logits, v1, *grads
    )
    return dict(zip(PARAMETERS, grads, strict=True))


def value_and_grad(params, x, *, noise_seed=0, check_finite=False):
    """Return the loss and its gradient by each parameter, a dict of arrays."""
    a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b = _parameters(
        params
    )
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    e_u = _noise((2, N, 8), noise_seed, 0, 0)
    grads = _gradients()
    loss = _C_value_and_grad(
        N, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b, x, e_u,
        *grads
    )
    return float(loss), dict(zip(PARAMETERS, grads, strict=True))


def init_state(params, seed=0):
    """Return the state of the optimizer before the first step.

    The seed (modulo 16777216) tells which random numbers the steps draw.
    """
    _parameters(params)
    return {
        "t": np.zeros((), dtype=_DTYPE),
        "a_W_m": np.zeros((64, 128), dtype=_DTYPE),
        "a_W_v": np.zeros((64, 128), dtype=_DTYPE),
        "a_b_m": np.zeros((128,), dtype=_DTYPE),
        "a_b_v": np.zeros((128,), dtype=_DTYPE),
        "mean_z_W_m": np.zeros((128, 8), dtype=_DTYPE),
        "mean_z_W_v": np.zeros((128, 8), dtype=_DTYPE),
        "mean_z_b_m": np.zeros((8,), dtype=_DTYPE),
        "mean_z_b_v": np.zeros((8,), dtype=_DTYPE),
        "log_v_W_m": np.zeros((128, 8), dtype=_DTYPE),
        "log_v_W_v": np.zeros((128, 8), dtype=_DTYPE),
        "log_v_b_m": np.zeros((8,), dtype=_DTYPE),
        "log_v_b_v": np.zeros((8,), dtype=_DTYPE),
        "b_W_m": np.zeros((8, 128), dtype=_DTYPE),
        "b_W_v": np.zeros((8, 128), dtype=_DTYPE),
        "b_b_m": np.zeros((128,), dtype=_DTYPE),
        "b_b_v": np.zeros((128,), dtype=_DTYPE),
        "logits_W_m": np.zeros((128, 64), dtype=_DTYPE),
        "logits_W_v": np.zeros((128, 64), dtype=_DTYPE),
        "logits_b_m": np.zeros((64,), dtype=_DTYPE),
        "logits_b_v": np.zeros((64,), dtype=_DTYPE),
        "noise_seed": np.array(seed % 16777216, dtype=_DTYPE),
        "noise_step": np.zeros((), dtype=_DTYPE),
    }


def train_step(
    params, state, x, *, learning_rate=0.002, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    value = None if check_finite else _C_train_step(
        params, state, x, learning_rate, beta1, beta2, epsilon
    )
    if value is not None:  # else something needs conversion, or is refused
        return value
    a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b = _parameters(
        params
    )
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    (
        t, a_W_m, a_W_v, a_b_m, a_b_v, mean_z_W_m, mean_z_W_v, mean_z_b_m, mean_z_b_v, log_v_W_m,
        log_v_W_v, log_v_b_m, log_v_b_v, b_W_m, b_W_v, b_b_m, b_b_v, logits_W_m, logits_W_v,
        logits_b_m, logits_b_v, noise_seed, noise_step
    ) = _state(state)
    return _C_step(
        N, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b, t, a_W_m,
        a_W_v, a_b_m, a_b_v, mean_z_W_m, mean_z_W_v, mean_z_b_m, mean_z_b_v, log_v_W_m, log_v_W_v,
        log_v_b_m, log_v_b_v, b_W_m, b_W_v, b_b_m, b_b_v, logits_W_m, logits_W_v, logits_b_m,
        logits_b_v, noise_seed, noise_step, x, learning_rate, beta1, beta2, epsilon
    )


def bind(
    params, state, x, *, learning_rate=0.002, beta1=0.9, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b = _parameters(
        params
    )
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    (
        t, a_W_m, a_W_v, a_b_m, a_b_v, mean_z_W_m, mean_z_W_v, mean_z_b_m, mean_z_b_v, log_v_W_m,
        log_v_W_v, log_v_b_m, log_v_b_v, b_W_m, b_W_v, b_b_m, b_b_v, logits_W_m, logits_W_v,
        logits_b_m, logits_b_v, noise_seed, noise_step
    ) = _state(state)
    return _C_bind(
        N, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b, t, a_W_m,
        a_W_v, a_b_m, a_b_v, mean_z_W_m, mean_z_W_v, mean_z_b_m, mean_z_b_v, log_v_W_m, log_v_W_v,
        log_v_b_m, log_v_b_v, b_W_m, b_W_v, b_b_m, b_b_v, logits_W_m, logits_W_v, logits_b_m,
        logits_b_v, noise_seed, noise_step, x, learning_rate, beta1, beta2, epsilon
    )


def fit(
    params, state, x, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    learning_rate=0.002, beta1=0.9, beta2=0.999, epsilon=1e-08, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b = _parameters(
        params
    )
    N, x = _data(x)
    if check_finite:
        _finite({**params, "x": x})
    (
        t, a_W_m, a_W_v, a_b_m, a_b_v, mean_z_W_m, mean_z_W_v, mean_z_b_m, mean_z_b_v, log_v_W_m,
        log_v_W_v, log_v_b_m, log_v_b_v, b_W_m, b_W_v, b_b_m, b_b_v, logits_W_m, logits_W_v,
        logits_b_m, logits_b_v, noise_seed, noise_step
    ) = _state(state)
    batch_size = N if batch_size is None else min(int(batch_size), N)
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    epochs = max(0, epochs)
    losses = np.empty(epochs)
    done = _C_fit(
        N, a_W, a_b, mean_z_W, mean_z_b, log_v_W, log_v_b, b_W, b_b, logits_W, logits_b, t, a_W_m,
        a_W_v, a_b_m, a_b_v, mean_z_W_m, mean_z_W_v, mean_z_b_m, mean_z_b_v, log_v_W_m, log_v_W_v,
        log_v_b_m, log_v_b_v, b_W_m, b_W_v, b_b_m, b_b_v, logits_W_m, logits_W_v, logits_b_m,
        logits_b_v, noise_seed, noise_step, x, learning_rate, beta1, beta2, epsilon, batch_size,
        start, epochs, seed, shuffle, callback, losses
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
        functions, build = library.vae_functions, library.vae_build
    except (OSError, AttributeError) as error:
        raise ImportError(f"{path.name}: {error}. {remedy}") from None
    build.restype = ctypes.c_char_p
    if build() != b"10b51f29592a8b4a":
        raise ImportError(f"{path.name} is of another build. {remedy}")
    # A call through ctypes takes microseconds: this is the only one.
    functions.restype = ctypes.py_object
    functions.argtypes = [*[ctypes.py_object] * 5, ctypes.c_ssize_t]
    header = object.__basicsize__
    return functions(None, dict, np.ndarray, _DTYPE, np.dtype(np.intp), header)


(
    _C_predict, _C_forward, _C_backward, _C_value_and_grad, _C_step, _C_train_step, _C_bind, _C_fit
) = _functions()
