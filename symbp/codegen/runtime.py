"""Functions that are copied into generated modules as they stand here: they need numpy only.

Each is one that a person would have written into the module; `source` returns its text. They are
tested where they stand, so that what is copied has been tested.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

INPUTS: dict[str, tuple[str, tuple[Any, ...], int | None]] = {}
PARAMETERS: dict[str, tuple[int, ...]] = {}
_DTYPE = np.dtype("float64")
_ONE = np.ones((), dtype=_DTYPE)


def _sigmoid(x, out=None):
    """1 / (1 + exp(-x)); exp may overflow to infinity, whose reciprocal is the right 0."""
    out = np.empty(np.shape(x), dtype=_DTYPE) if out is None else out
    np.negative(x, out=out)
    np.exp(out, out=out)
    out += _ONE
    return np.reciprocal(out, out=out)


def _strided(x, shape, *moves):
    """Return a view of x: moves tell along which axis each index goes, and how far."""
    strides = [step * x.strides[axis] for axis, step in moves]
    return np.lib.stride_tricks.as_strided(x, shape, strides)


def _softplus(x, out=None):
    """log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)); `out` may be `x`."""
    out = np.empty(np.shape(x), dtype=_DTYPE) if out is None else out
    above = np.maximum(x, 0.0)
    np.abs(x, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.log1p(out, out=out)
    out += above
    return out


def _polynomial(x, *coefficients):
    """c0 + c1 x + c2 x^2 + ... by Horner's rule."""
    result = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        result = result * x + c
    return result


def _erf(x, out=None):
    """The error function, within 1 unit in the last place.

    Rational approximations of Sun's fdlibm, s_erf.c (1993), one for each of four ranges of |x|.
    """
    a = np.abs(np.asarray(x, dtype="float64"))
    result = np.ones_like(a)  # |x| >= 6
    part = a < 0.84375
    t = a[part]
    s = t * t
    p = _polynomial(
        s, 1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02,
        -5.77027029648944159157e-03, -2.37630166566501626084e-05,
    )  # fmt: skip
    q = _polynomial(
        s, 1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02,
        5.08130628187576562776e-03, 1.32494738004321644526e-04, -3.96022827877536812320e-06,
    )  # fmt: skip
    result[part] = t + t * (p / q)
    part = (a >= 0.84375) & (a < 1.25)
    s = a[part] - 1.0
    p = _polynomial(
        s, -2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01,
        3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02,
        -2.16637559486879084300e-03,
    )  # fmt: skip
    q = _polynomial(
        s, 1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01,
        7.18286544141962662868e-02, 1.26171219808761642112e-01, 1.36370839120290507362e-02,
        1.19844998467991074170e-02,
    )  # fmt: skip
    result[part] = 8.45062911510467529297e-01 + p / q
    part = (a >= 1.25) & (a < 1.0 / 0.35)
    t = a[part]
    s = 1.0 / (t * t)
    p = _polynomial(
        s, -9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e01,
        -6.23753324503260060396e01, -1.62396669462573470355e02, -1.84605092906711035994e02,
        -8.12874355063065934246e01, -9.81432934416914548592e00,
    )  # fmt: skip
    q = _polynomial(
        s, 1.0, 1.96512716674392571292e01, 1.37657754143519042600e02, 4.34565877475229228821e02,
        6.45387271733267880336e02, 4.29008140027567833386e02, 1.08635005541779435134e02,
        6.57024977031928170135e00, -6.04244152148580987438e-02,
    )  # fmt: skip
    result[part] = 1.0 - np.exp(-t * t - 0.5625 + p / q) / t
    part = (a >= 1.0 / 0.35) & (a < 6.0)
    t = a[part]
    s = 1.0 / (t * t)
    p = _polynomial(
        s, -9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e01,
        -1.60636384855821916062e02, -6.37566443368389627722e02, -1.02509513161107724954e03,
        -4.83519191608651397019e02,
    )  # fmt: skip
    q = _polynomial(
        s, 1.0, 3.03380607434824582924e01, 3.25792512996573918826e02, 1.53672958608443695994e03,
        3.19985821950859553908e03, 2.55305040643316442583e03, 4.74528541206955367215e02,
        -2.24409524465858183362e01,
    )  # fmt: skip
    result[part] = 1.0 - np.exp(-t * t - 0.5625 + p / q) / t
    result[np.isnan(a)] = np.nan
    return np.copysign(result, x, out=out, casting="same_kind")


def _normal_cdf(x, out=None):
    """The normal distribution function, within 4 units in the last place, in its left tail too.

    Below 0 it is exp(-a^2/2) / (sqrt(2 pi) a + p / q) with a = |x|, after Cody (1969); `out` may be
    `x`. The square of a is that of its first half, which is exact, and a small rest.
    """
    a = np.minimum(np.abs(np.asarray(x, dtype="float64")), 39.0)
    head = a.astype("float32").astype("float64")
    p = _polynomial(
        a, 2.0, 2.477341689507422, 1.5691384640903858, 0.6452038338078293, 0.18704789079085837,
        0.039354430282953295, 0.0059930928956346986, 0.0006377647189796889, 4.3271776145421356e-05,
        1.4432655485572596e-06,
    )  # fmt: skip
    q = _polynomial(
        a, 1.0, 1.694100421266345, 1.4194928971048502, 0.761607305034744, 0.28729766770353027,
        0.07929949545196598, 0.016205555478204816, 0.002425423989613155, 0.00025558287140054766,
        1.7262941043675014e-05, 5.75779649212954e-07,
    )  # fmt: skip
    tail = np.exp(-0.5 * head * head) * np.exp(-0.5 * (a - head) * (a + head))
    tail /= 2.5066282746310007 * a + p / q
    result = np.where(np.less(x, 0.0), tail, 1.0 - tail)
    return np.positive(result, out=out, casting="same_kind")


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


def _mixed(z):
    """Mix 64 bits: the generator splitmix64 (Steele, Lea and Flood 2014)."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
    return z ^ (z >> 31)


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


def _batches(count, batch_size, seed, epoch, shuffle):
    """Yield the rows of each batch of an epoch; the order depends on seed and epoch alone."""
    order = _order(count, seed, epoch) if shuffle and batch_size < count else None
    for begin in range(0, count, batch_size):
        rows = slice(begin, min(begin + batch_size, count))
        yield rows if order is None else order[rows]


def _orthogonal(rng, shape, gain):
    """A matrix with orthonormal rows or columns (Saxe, McClelland and Ganguli 2014)."""
    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return np.ascontiguousarray(gain * (q if rows >= columns else q.T)).reshape(shape)


def source(function: Callable[..., Any]) -> str:
    """Return the text of a function for a generated module."""
    return inspect.getsource(function)
