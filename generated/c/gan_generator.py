"""gan_generator: forward pass, gradients and training step, computed in C (float64).

    input z[N,8]
    target x[N,2]
    noise blur_u[2,2,N,2]
    param g1_W[8,64]
    param g1_b[64]
    param g2_W[64,64]
    param g2_b[64]
    param fake_W[64,2]
    param fake_b[2]
    hyper blurred = 0.1
    param c1_W[2,64] frozen
    param c1_b[64] frozen
    param c2_W[64,64] frozen
    param c2_b[64] frozen
    param score_W[64,1] frozen
    param score_b[1] frozen
    g1_z[n,j] = sum[i](z[n,i] * g1_W[i,j])
    g1_z[n,j] += g1_b[j]
    g1[n,j] = relu(g1_z[n,j])
    g2_z[n,j] = sum[i](g1[n,i] * g2_W[i,j])
    g2_z[n,j] += g2_b[j]
    g2[n,j] = relu(g2_z[n,j])
    fake[n,j] = sum[i](g2[n,i] * fake_W[i,j])
    fake[n,j] += fake_b[j]
    blur[n,k,j] = sqrt(2) * sqrt(-log(1 - blur_u[0,n,k,j])) * cos(2 * pi * blur_u[1,n,k,j])
    value points[2,N,2]
    points[0,n,i] = blur[0,n,i] * blurred + x[n,i]
    points[1,n,i] += blur[1,n,i] * blurred + fake[n,i]
    c1_z[n,k,j] = sum[i](points[n,k,i] * c1_W[i,j])
    c1_z[n,k,j] += c1_b[j]
    c1[n,k,j] = relu(c1_z[n,k,j])
    c2_z[n,k,j] = sum[i](c1[n,k,i] * c2_W[i,j])
    c2_z[n,k,j] += c2_b[j]
    c2[n,k,j] = relu(c2_z[n,k,j])
    score[n,k,j] = sum[i](c2[n,k,i] * score_W[i,j])
    score[n,k,j] += score_b[j]
    loss_sum = sum[n](softplus(-score[1,n,0]))
    loss = loss_sum / N

dV stands for d loss / d V. Rows are samples.

Made by symbp 0.1.0 from gan.bp:generator (network bbcf1684304447ad):
    symbp build gan.bp:generator --target c --dtype float64
Do not edit: change the description and build again.
This file is yours to use as you like. SPDX-License-Identifier: MIT-0
"""

import ctypes
import math
import sys
from pathlib import Path

import numpy as np

NAME = "gan_generator"
TARGET = "c"
DTYPE = "float64"
NETWORK = "bbcf1684304447ad"  # hash of the description
LOSS = "loss"
PARAMETERS = {  # name -> shape
    "g1_W": (8, 64),
    "g1_b": (64,),
    "g2_W": (64, 64),
    "g2_b": (64,),
    "fake_W": (64, 2),
    "fake_b": (2,),
    "c1_W": (2, 64),
    "c1_b": (64,),
    "c2_W": (64, 64),
    "c2_b": (64,),
    "score_W": (64, 1),
    "score_b": (1,),
}
# The parameters that have gradients; the others are frozen.
TRAINED = ("g1_W", "g1_b", "g2_W", "g2_b", "fake_W", "fake_b")
INPUTS = {  # name -> role, shape, number of classes
    "z": ("input", ("N", 8), None),
    "x": ("target", ("N", 2), None),
}
OUTPUTS = {  # name -> shape
    "fake": ("N", 2),
}
HYPERPARAMETERS = {  # name -> default
    "blurred": 0.1,
    "learning_rate": 0.001,
    "beta1": 0.5,
    "beta2": 0.999,
    "epsilon": 1e-08,
}

_DTYPE = np.dtype(DTYPE)
_STATE = {  # name -> shape
    "t": (),
    "g1_W_m": (8, 64),
    "g1_W_v": (8, 64),
    "g1_b_m": (64,),
    "g1_b_v": (64,),
    "g2_W_m": (64, 64),
    "g2_W_v": (64, 64),
    "g2_b_m": (64,),
    "g2_b_v": (64,),
    "fake_W_m": (64, 2),
    "fake_W_v": (64, 2),
    "fake_b_m": (2,),
    "fake_b_v": (2,),
    "noise_seed": (),
    "noise_step": (),
}


def init_params(seed=0):
    """Return new parameters, a dict of arrays; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return {
        "g1_W": np.asarray(rng.normal(0.0, 0.5, (8, 64)), dtype=_DTYPE),
        "g1_b": np.zeros((64,), dtype=_DTYPE),
        "g2_W": np.asarray(rng.normal(0.0, 0.1767766952966369, (64, 64)), dtype=_DTYPE),
        "g2_b": np.zeros((64,), dtype=_DTYPE),
        "fake_W": np.asarray(
            rng.uniform(-0.30151134457776363, 0.30151134457776363, (64, 2)), dtype=_DTYPE
        ),
        "fake_b": np.zeros((2,), dtype=_DTYPE),
        "c1_W": np.asarray(rng.normal(0.0, 1.0, (2, 64)), dtype=_DTYPE),
        "c1_b": np.zeros((64,), dtype=_DTYPE),
        "c2_W": np.asarray(rng.normal(0.0, 0.1767766952966369, (64, 64)), dtype=_DTYPE),
        "c2_b": np.zeros((64,), dtype=_DTYPE),
        "score_W": np.asarray(
            rng.uniform(-0.3038218101251, 0.3038218101251, (64, 1)), dtype=_DTYPE
        ),
        "score_b": np.zeros((1,), dtype=_DTYPE),
    }


def predict(params, z, *, check_finite=False):
    """Return fake (N, 2) for z (N, 8)."""
    g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, _, _, _, _, _, _ = _parameters(params)
    N, z = _inputs(z)
    if check_finite:
        _finite({**params, "z": z})
    outputs = (np.empty((N, 2), dtype=_DTYPE),)
    _C_predict(
        N, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, None, None, None, None, None, None, z, None,
        *outputs
    )
    return np.asarray(outputs[0], dtype=_DTYPE)


def forward(params, z, x, *, blurred=0.1, noise_seed=0, check_finite=False):
    """Return the loss, and the tape: the values that `backward` reads.

    z (N, 8), x (N, 2)
    """
    g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b = _parameters(
        params
    )
    N, z, x = _data(z, x)
    if check_finite:
        _finite({**params, "z": z, "x": x})
    blur_u = _noise((2, 2, N, 2), noise_seed, 0, 0)
    g1 = np.empty((N, 64), dtype=_DTYPE)
    g2 = np.empty((N, 64), dtype=_DTYPE)
    c1 = np.empty((2, N, 64), dtype=_DTYPE)
    c2 = np.empty((2, N, 64), dtype=_DTYPE)
    score = np.empty((2, N, 1), dtype=_DTYPE)
    loss = _C_forward(
        N, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b, z, x,
        blur_u, blurred, 0.0, 0.0, 0.0, 0.0, g1, g2, c1, c2, score
    )
    return float(loss), {"z": z, "g1": g1, "g2": g2, "c1": c1, "c2": c2, "score": score}


def backward(params, tape):
    """Return the gradient of the loss by each parameter in TRAINED, a dict of arrays."""
    _, _, g2_W, _, fake_W, _, c1_W, _, c2_W, _, score_W, _ = _parameters(params)
    z = tape["z"]
    g1 = tape["g1"]
    g2 = tape["g2"]
    c1 = tape["c1"]
    c2 = tape["c2"]
    score = tape["score"]
    N = z.shape[0]
    grads = _gradients()
    z = _taped("z", z, (N, 8), _DTYPE)
    g1 = _taped("g1", g1, (N, 64), _DTYPE)
    g2 = _taped("g2", g2, (N, 64), _DTYPE)
    c1 = _taped("c1", c1, (2, N, 64), _DTYPE)
    c2 = _taped("c2", c2, (2, N, 64), _DTYPE)
    score = _taped("score", score, (2, N, 1), _DTYPE)
    _C_backward(
        N, None, None, g2_W, None, fake_W, None, c1_W, None, c2_W, None, score_W, None, z, None, g1,
        g2, c1, c2, score, *grads
    )
    return dict(zip(TRAINED, grads, strict=True))


def value_and_grad(params, z, x, *, blurred=0.1, noise_seed=0, check_finite=False):
    """Return the loss and its gradient by each parameter in TRAINED, a dict of arrays."""
    g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b = _parameters(
        params
    )
    N, z, x = _data(z, x)
    if check_finite:
        _finite({**params, "z": z, "x": x})
    blur_u = _noise((2, 2, N, 2), noise_seed, 0, 0)
    grads = _gradients()
    loss = _C_value_and_grad(
        N, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b, z, x,
        blur_u, blurred, 0.0, 0.0, 0.0, 0.0, *grads
    )
    return float(loss), dict(zip(TRAINED, grads, strict=True))


def init_state(params, seed=0):
    """Return the state of the optimizer before the first step.

    The seed (modulo 16777216) tells which random numbers the steps draw.
    """
    _parameters(params)
    return {
        "t": np.zeros((), dtype=_DTYPE),
        "g1_W_m": np.zeros((8, 64), dtype=_DTYPE),
        "g1_W_v": np.zeros((8, 64), dtype=_DTYPE),
        "g1_b_m": np.zeros((64,), dtype=_DTYPE),
        "g1_b_v": np.zeros((64,), dtype=_DTYPE),
        "g2_W_m": np.zeros((64, 64), dtype=_DTYPE),
        "g2_W_v": np.zeros((64, 64), dtype=_DTYPE),
        "g2_b_m": np.zeros((64,), dtype=_DTYPE),
        "g2_b_v": np.zeros((64,), dtype=_DTYPE),
        "fake_W_m": np.zeros((64, 2), dtype=_DTYPE),
        "fake_W_v": np.zeros((64, 2), dtype=_DTYPE),
        "fake_b_m": np.zeros((2,), dtype=_DTYPE),
        "fake_b_v": np.zeros((2,), dtype=_DTYPE),
        "noise_seed": np.array(seed % 16777216, dtype=_DTYPE),
        "noise_step": np.zeros((), dtype=_DTYPE),
    }


def train_step(
    params, state, z, x, *, blurred=0.1, learning_rate=0.001, beta1=0.5, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Update params and state in place by one step; return the loss before it."""
    value = None if check_finite else _C_train_step(
        params, state, z, x, blurred, learning_rate, beta1, beta2, epsilon
    )
    if value is not None:  # else something needs conversion, or is refused
        return value
    g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b = _parameters(
        params
    )
    N, z, x = _data(z, x)
    if check_finite:
        _finite({**params, "z": z, "x": x})
    (
        t, g1_W_m, g1_W_v, g1_b_m, g1_b_v, g2_W_m, g2_W_v, g2_b_m, g2_b_v, fake_W_m, fake_W_v,
        fake_b_m, fake_b_v, noise_seed, noise_step
    ) = _state(state)
    return _C_step(
        N, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b, t,
        g1_W_m, g1_W_v, g1_b_m, g1_b_v, g2_W_m, g2_W_v, g2_b_m, g2_b_v, fake_W_m, fake_W_v,
        fake_b_m, fake_b_v, noise_seed, noise_step, z, x, blurred, learning_rate, beta1, beta2,
        epsilon
    )


def bind(
    params, state, z, x, *, blurred=0.1, learning_rate=0.001, beta1=0.5, beta2=0.999, epsilon=1e-08,
    check_finite=False
):
    """Return a function that does one step on these arrays and returns the loss before it.

    They are checked here, and never again: fill them anew between steps to train on other
    data. Those that need conversion (lists, other types) are copied, once.
    """
    g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b = _parameters(
        params
    )
    N, z, x = _data(z, x)
    if check_finite:
        _finite({**params, "z": z, "x": x})
    (
        t, g1_W_m, g1_W_v, g1_b_m, g1_b_v, g2_W_m, g2_W_v, g2_b_m, g2_b_v, fake_W_m, fake_W_v,
        fake_b_m, fake_b_v, noise_seed, noise_step
    ) = _state(state)
    return _C_bind(
        N, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b, t,
        g1_W_m, g1_W_v, g1_b_m, g1_b_v, g2_W_m, g2_W_v, g2_b_m, g2_b_v, fake_W_m, fake_W_v,
        fake_b_m, fake_b_v, noise_seed, noise_step, z, x, blurred, learning_rate, beta1, beta2,
        epsilon
    )


def fit(
    params, state, z, x, *, epochs=1, batch_size=None, seed=0, start=0, shuffle=True, callback=None,
    blurred=0.1, learning_rate=0.001, beta1=0.5, beta2=0.999, epsilon=1e-08, check_finite=False,
):  # fmt: skip
    """Train; return the mean loss of each epoch.

    Epochs start..start+epochs-1 are run; the order of the rows depends on seed and
    epoch alone, and without a batch_size it is theirs: all rows are one batch.
    callback(epoch, loss) is called after each; if it returns true, no more are run.
    """
    g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b = _parameters(
        params
    )
    N, z, x = _data(z, x)
    if check_finite:
        _finite({**params, "z": z, "x": x})
    (
        t, g1_W_m, g1_W_v, g1_b_m, g1_b_v, g2_W_m, g2_W_v, g2_b_m, g2_b_v, fake_W_m, fake_W_v,
        fake_b_m, fake_b_v, noise_seed, noise_step
    ) = _state(state)
    batch_size = N if batch_size is None else min(int(batch_size), N)
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    epochs = max(0, epochs)
    losses = np.empty(epochs)
    done = _C_fit(
        N, g1_W, g1_b, g2_W, g2_b, fake_W, fake_b, c1_W, c1_b, c2_W, c2_b, score_W, score_b, t,
        g1_W_m, g1_W_v, g1_b_m, g1_b_v, g2_W_m, g2_W_v, g2_b_m, g2_b_v, fake_W_m, fake_W_v,
        fake_b_m, fake_b_v, noise_seed, noise_step, z, x, blurred, learning_rate, beta1, beta2,
        epsilon, batch_size, start, epochs, seed, shuffle, callback, losses
    )
    return losses[:done]


def _gradients():
    """Return new arrays for the gradients, in the order of TRAINED."""
    return tuple(np.empty(shape, dtype=_DTYPE) for shape in map(PARAMETERS.__getitem__, TRAINED))


def _parameters(params):
    arrays = _arrays(params, PARAMETERS)
    if arrays is None or not all(array.flags.carray for array in arrays):
        _refuse_parameters(params)
    return arrays


def _inputs(z):
    if type(z) is not np.ndarray or z.dtype is not _DTYPE:
        z = _convert("z", z)
    if not (z.flags.c_contiguous and z.flags.aligned):
        z = np.require(z, requirements="CA")
    if z.ndim != 2 or not z.shape[0] or z.shape[1] != 8:
        _refuse({"z": z})
    N = z.shape[0]
    return (N, z)


def _data(z, x):
    if type(z) is not np.ndarray or z.dtype is not _DTYPE:
        z = _convert("z", z)
    if not (z.flags.c_contiguous and z.flags.aligned):
        z = np.require(z, requirements="CA")
    if type(x) is not np.ndarray or x.dtype is not _DTYPE:
        x = _convert("x", x)
    if not (x.flags.c_contiguous and x.flags.aligned):
        x = np.require(x, requirements="CA")
    if (
        z.ndim != 2 or x.ndim != 2 or not z.shape[0] or z.shape[1] != 8 or x.shape[0] != z.shape[0]
        or x.shape[1] != 2
    ):
        _refuse({"z": z, "x": x})
    N = z.shape[0]
    return (N, z, x)


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
        functions, build = library.gan_generator_functions, library.gan_generator_build
    except (OSError, AttributeError) as error:
        raise ImportError(f"{path.name}: {error}. {remedy}") from None
    build.restype = ctypes.c_char_p
    if build() != b"c1f900cbb7fed7bf":
        raise ImportError(f"{path.name} is of another build. {remedy}")
    # A call through ctypes takes microseconds: this is the only one.
    functions.restype = ctypes.py_object
    functions.argtypes = [*[ctypes.py_object] * 5, ctypes.c_ssize_t]
    header = object.__basicsize__
    return functions(None, dict, np.ndarray, _DTYPE, np.dtype(np.intp), header)


(
    _C_predict, _C_forward, _C_backward, _C_value_and_grad, _C_step, _C_train_step, _C_bind, _C_fit
) = _functions()
