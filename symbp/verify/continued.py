"""The scalar functions of the language on complex arrays, as continued from the real line.

A branch is chosen by the real part, as the formula names it: relu is x where x > 0, else 0, so
its imaginary part is the slope that symbp promises at the kink.

>>> complex(FUNCTIONS["relu"](np.array(2 + 1e-20j))), complex(FUNCTIONS["relu"](np.array(1e-20j)))
((2+1e-20j), 0j)
>>> round(float(FUNCTIONS["erf"](np.array(0.5 + 1e-20j)).imag / 1e-20), 10)  # 2/sqrt(pi) e^(-1/4)
0.8787825789
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np


def _real(x: Any) -> Any:
    return np.real(x)


def _series(z: Any) -> Any:
    """erf(z) = 2/sqrt(pi) exp(-z^2) (z + 2 z^3/3 + 4 z^5/15 + ...), all terms of one sign."""
    term = total = np.asarray(z, complex)
    for k in range(1, 60):
        term = term * (2 * z * z / (2 * k + 1))
        total = total + term
    return 2 / np.sqrt(np.pi) * np.exp(-z * z) * total


def _tail(z: Any) -> Any:
    """erfc(z) = exp(-z^2)/sqrt(pi) / (z + (1/2)/(z + 1/(z + (3/2)/(z + ...)))), from the end."""
    fraction = np.asarray(z, complex)
    for k in range(120, 0, -1):
        fraction = z + (k / 2) / fraction
    return np.exp(-z * z) / np.sqrt(np.pi) / fraction


def _erf(z: Any) -> Any:
    """Of a real part that is not negative."""
    small = _real(z) < 2
    return np.where(small, _series(np.where(small, z, 1)), 1 - _tail(np.where(small, 2, z)))


def _normal_cdf(x: Any) -> Any:
    z = np.where(_real(x) < 0, -x, x) / np.sqrt(2)
    small = _real(z) < 2
    upper = np.where(small, 1 - _series(np.where(small, z, 1)), _tail(np.where(small, 2, z))) / 2
    return np.where(_real(x) < 0, upper, 1 - upper)


def _power(a: Any, b: Any) -> Any:
    if np.ndim(b) == 0 and np.isreal(b):
        exponent = Fraction(float(np.real(b)))
        if exponent.denominator == 1 and abs(exponent) <= 64:
            whole = reduce(lambda p, _: p * a, range(abs(int(exponent))), np.ones_like(a, complex))
            return whole if exponent >= 0 else 1 / whole
        if exponent.denominator == 2 and abs(exponent) <= 8:
            return _power(np.sqrt(np.asarray(a, complex)), 2 * exponent)
    return np.power(np.asarray(a, complex), b)


def _sigmoid(x: Any) -> Any:
    e = np.exp(np.where(_real(x) >= 0, -x, x))
    return np.where(_real(x) >= 0, 1, e) / (1 + e)


def _softplus(x: Any) -> Any:
    positive = _real(x) > 0
    return np.where(positive, x, 0) + np.log1p(np.exp(np.where(positive, -x, x)))


_SHARED: dict[str, Callable[..., Any]] = {
    "StrictLessThan": lambda a, b: _real(a) < _real(b),
    "LessThan": lambda a, b: _real(a) <= _real(b),
    "StrictGreaterThan": lambda a, b: _real(a) > _real(b),
    "GreaterThan": lambda a, b: _real(a) >= _real(b),
    "Equality": lambda a, b: _real(a) == _real(b),
    "Unequality": lambda a, b: _real(a) != _real(b),
    "And": lambda *a: reduce(np.logical_and, a),
    "Or": lambda *a: reduce(np.logical_or, a),
    "Not": np.logical_not,
    "Add": lambda *a: reduce(lambda x, y: x + y, a),
    "Mul": lambda *a: reduce(lambda x, y: x * y, a),
}

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **_SHARED,
    **{name: getattr(np, name) for name in (
        "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh",
    )},
    "number": float,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "erf": lambda x: np.where(_real(x) < 0, -1, 1) * _erf(np.where(_real(x) < 0, -x, x)),
    "normal_cdf": _normal_cdf,
    "Pow": _power,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "relu": lambda x: np.where(_real(x) > 0, x, 0),
    "maximum": lambda a, b: np.where(_real(a) >= _real(b), a, b),
    "minimum": lambda a, b: np.where(_real(a) <= _real(b), a, b),
    "Abs": lambda x: np.sign(_real(x)) * x,
    "sign": lambda x: np.sign(_real(x)) + 0j,
    "floor": lambda x: np.floor(_real(x)) + 0j,
    "Mod": lambda a, b: a - b * np.floor(_real(a) / _real(b)),
    "stop_gradient": lambda x: _real(x) + 0j,
}  # fmt: skip
"""By the names of the classes in a body."""

INTEGERS: Mapping[str, Callable[..., Any]] = {
    **_SHARED,
    "number": lambda e: Fraction(int(e.p), int(e.q)),
    "floor": lambda x: np.frompyfunc(lambda a: a.__floor__(), 1, 1)(x),
    "Mod": lambda a, b: a % b,
    "Pow": lambda a, b: a**b,
}
"""Of indices: whole numbers, and fractions of them under a floor."""
