"""Intervals of floats, rounded outwards: where a scalar expression can end up.

>>> Interval(-1.0, 2.0) * Interval(3.0, 4.0)
Interval(low=-4.000000000000001, high=8.000000000000002)
>>> FUNCTIONS["exp"](Interval(0.0, 1000.0)).high
inf
>>> power(Interval(-2.0, 1.0), 2).low
0.0

Source: Moore, Kearfott and Cloud, Introduction to Interval Analysis, SIAM 2009.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """All numbers from low to high."""

    low: float
    high: float

    def __add__(self, other: Interval) -> Interval:
        return outwards(self.low + other.low, self.high + other.high)

    def __mul__(self, other: Interval) -> Interval:
        found = [_product(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return outwards(min(found), max(found))

    def hull(self, other: Interval) -> Interval:
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def has(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def size(self) -> float:
        return max(abs(self.low), abs(self.high))

    def __str__(self) -> str:
        return f"{self.low:.3g} .. {self.high:.3g}"


ALL = Interval(-math.inf, math.inf)
ONE = Interval(1.0, 1.0)


def _product(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b


def outwards(low: float, high: float) -> Interval:
    """Return an interval that holds what rounding took away; zero is exact."""
    low = low if low == 0 or math.isnan(low) else math.nextafter(low, -math.inf)
    high = high if high == 0 or math.isnan(high) else math.nextafter(high, math.inf)
    return Interval(-math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high)


def _exp(x: float) -> float:
    return math.exp(x) if x < 709.78 else math.inf


def _log(x: float) -> float:
    return -math.inf if x <= 0 else math.log(x) if x < math.inf else math.inf


def _sigmoid(x: float) -> float:
    return 1 / (1 + _exp(-x)) if x >= 0 else _exp(x) / (1 + _exp(x))


def _sinh(x: float) -> float:
    return math.copysign(math.inf, x) if abs(x) > 710 else math.sinh(x)


def _rising(f: Callable[[float], float]) -> Callable[[Interval], Interval]:
    return lambda x: outwards(f(x.low), f(x.high))


def _even(f: Callable[[float], float]) -> Callable[[Interval], Interval]:
    """Of a function that rises with |x|."""

    def apply(x: Interval) -> Interval:
        near = 0.0 if x.has(0.0) else min(abs(x.low), abs(x.high))
        return outwards(f(near), f(x.size))

    return apply


def _bounded(low: float, high: float) -> Callable[..., Interval]:
    return lambda *x: Interval(low, high)


def _maximum(a: Interval, b: Interval) -> Interval:
    return Interval(max(a.low, b.low), max(a.high, b.high))


def _minimum(a: Interval, b: Interval) -> Interval:
    return Interval(min(a.low, b.low), min(a.high, b.high))


FUNCTIONS: Mapping[str, Callable[..., Interval]] = {
    "exp": _rising(_exp),
    "expm1": _rising(lambda x: _exp(x) - 1),
    "log": _rising(_log),
    "log1p": _rising(lambda x: _log(1 + x)),
    "sin": _bounded(-1, 1),
    "cos": _bounded(-1, 1),
    "tan": lambda x: ALL,
    "asin": _bounded(-math.pi / 2, math.pi / 2),
    "acos": _bounded(0, math.pi),
    "atan": _rising(math.atan),
    "sinh": _rising(_sinh),
    "cosh": _even(lambda x: math.inf if abs(x) > 710 else math.cosh(x)),
    "tanh": _rising(math.tanh),
    "erf": _rising(math.erf),
    "normal_cdf": _rising(lambda x: math.erfc(-x / math.sqrt(2)) / 2),
    "sigmoid": _rising(_sigmoid),
    "softplus": _rising(lambda x: max(x, 0.0) + math.log1p(_exp(-abs(x)))),
    "relu": lambda x: _maximum(x, Interval(0.0, 0.0)),
    "maximum": _maximum,
    "minimum": _minimum,
    "Abs": _even(abs),
    "sign": _bounded(-1, 1),
    "floor": lambda x: Interval(x.low - 1, x.high),
    "Mod": lambda a, b: Interval(min(b.low, 0.0), max(b.high, 0.0)),
    "stop_gradient": lambda x: x,
}


def power(base: Interval, exponent: float) -> Interval:
    """Return base^exponent; a negative one of an interval with 0 is unbounded."""
    if exponent < 0:
        return _reciprocal(power(base, -exponent))
    if exponent % 2 == 0:
        return _even(lambda x: _raised(x, exponent))(base)
    if exponent % 1:
        base = _maximum(base, Interval(0.0, 0.0))
    return _rising(lambda x: _raised(x, exponent))(base)


def _reciprocal(x: Interval) -> Interval:
    if x.low < 0 < x.high or x.low == x.high == 0:
        return ALL
    ends = sorted(1 / e if e else math.copysign(math.inf, x.low + x.high) for e in (x.low, x.high))
    return outwards(*ends)


def _raised(x: float, exponent: float) -> float:
    try:
        return math.pow(x, exponent)
    except OverflowError:
        return math.copysign(math.inf, x) if exponent % 2 == 1 else math.inf
