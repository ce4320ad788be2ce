"""Are two formulas the same function? Asked at random points of a prime field.

Numbers are whole numbers modulo p = 2^61 - 1, so nothing rounds. Parameters and data are drawn at
random. A function that is not rational, such as tanh, is a symbol of its own for each argument: a
number that a hash draws from its name and its argument's value. What is then equal is equal
whatever these functions are, but for chance: two different polynomials of degree d meet at a
random point with a probability of at most d / p (Schwartz and Zippel). exp(a + b) is
exp(a) exp(b), and a square root is a number whose square is its argument.

>>> from sympy import exp, symbols, tanh
>>> x, y = symbols("x y", real=True)
>>> same(exp(x + y) * (1 + tanh(x)) - exp(x) * exp(y) - exp(y) * exp(x) * tanh(x), {}) is None
False
>>> same(x**2 - x*y, {}) is None
True

Source: Schwartz, Fast probabilistic algorithms for verification of polynomial identities, J. ACM
27 (1980), 701-717; Gonnet, Determining equivalence of expressions in random polynomial time, 1984.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Expr, Piecewise, Symbol

P = 2**61 - 1
POINTS = 2
FINEST = 48
"""exp(u/48) is the symbol that exp(u/2), exp(u/3), exp(3 u/4) are powers of."""

ODD = ("tanh", "sin", "tan", "sinh", "asin", "atan", "erf")
EVEN = ("cos", "cosh")


class _UnluckyError(Exception):
    """A denominator vanishes or a root does not exist at this point; another one is drawn."""


class UnknownError(Exception):
    """A formula holds what the field knows nothing of."""


def same(difference: Expr, at: Mapping[Symbol, float], seed: int = 0) -> float | None:
    """Return the probability that a difference is not zero though it seems so; None if it is not.

    Args:
        at: real values; they choose the branch of each Piecewise.

    Raises:
        UnknownError: the difference holds what has no meaning here, or no point suits it.
    """
    chance, done = 1.0, 0
    for attempt in range(40):
        point = _Point(f"{seed}/{attempt}", at)
        try:
            value, degree = point.value(difference)
        except _UnluckyError:
            continue
        if value:
            return None
        chance, done = chance * min(1.0, max(degree, 1) / P), done + 1
        if done == POINTS:
            return chance
    raise UnknownError("no point of the field suits it")


@dataclass(slots=True)
class _Point:
    """One random point: values modulo p, each with a bound of its degree."""

    salt: str
    at: Mapping[Symbol, float]
    known: dict[Expr, tuple[int, int]] = field(default_factory=dict)

    def value(self, e: Expr) -> tuple[int, int]:
        if e not in self.known:
            self.known[e] = self._value(e)
        return self.known[e]

    def _value(self, e: Expr) -> tuple[int, int]:
        if e.is_Rational:
            return int(e.p) * pow(int(e.q), -1, P) % P, 0
        if e.is_Symbol or e.is_NumberSymbol:
            return self._drawn(str(e)), 1
        if e.is_Add:
            parts = [self.value(a) for a in e.args]
            return sum(v for v, _ in parts) % P, sum(d for _, d in parts)
        if e.is_Mul:
            value, degree = 1, 0
            for factor, more in map(self.value, e.args):
                value, degree = value * factor % P, degree + more
            return value, degree
        if isinstance(e, sympy.exp):
            return self._exponential(e.args[0])
        if e.is_Pow:
            return self._power(e.base, e.exp)
        if isinstance(e, Piecewise):
            return self.value(next(v for v, c in e.args if self._holds(c)))
        if isinstance(e, sympy.Abs | sympy.sign | sympy.Max | sympy.Min):
            return self._sided(e)
        if e.is_Function:
            name = e.func.__name__
            parts = [self.value(a) for a in e.args]
            flips = len(parts) == 1 and name in (*ODD, *EVEN) and parts[0][0] > P // 2
            if flips:
                parts = [(P - parts[0][0], parts[0][1])]
            words = f"{name}({','.join(str(v) for v, _ in parts)})"
            value = self._drawn(words)
            sign = -1 if flips and name in ODD else 1
            return sign * value % P, 1 + sum(d for _, d in parts)
        raise UnknownError(f"{e.func.__name__} has no meaning in a field")

    def _exponential(self, argument: Expr) -> tuple[int, int]:
        """exp(sum of c m) is the product of exp(m / 48)^(48 c)."""
        value, degree = 1, 0
        for term in sympy.Add.make_args(sympy.expand(argument)):
            c, m = term.as_coeff_Mul()
            power = c * FINEST
            if not power.is_Integer:
                c, m, power = sympy.Integer(1), term, sympy.Integer(FINEST)
            inner, more = self.value(m)
            if inner > P // 2:  # exp(-m) is 1 / exp(m), however -m is written
                inner, power = P - inner, -power
            base = self._drawn(f"exp({inner})")
            value = value * pow(base, int(power), P) % P
            degree += abs(int(power)) + more
        return value, degree

    def _power(self, base: Expr, exponent: Expr) -> tuple[int, int]:
        value, degree = self.value(base)
        if exponent.is_Rational and exponent.q == 2:
            value = self._root(value)
            exponent = 2 * exponent
        if not exponent.is_Integer:
            if not base.is_positive:
                raise UnknownError("a power that is neither whole nor half")
            return self._exponential(exponent * sympy.log(base))
        if not value and exponent < 0:
            raise _UnluckyError
        return pow(value, int(exponent), P), degree * abs(int(exponent))

    def _root(self, value: int) -> int:
        """P is 3 modulo 4: value^((P+1)/4), the one of the two roots that is a square itself."""
        root = pow(value, (P + 1) // 4, P)
        if root * root % P != value:
            raise _UnluckyError
        return root

    def _sided(self, e: Expr) -> tuple[int, int]:
        if isinstance(e, sympy.Max | sympy.Min):
            chosen = (max if isinstance(e, sympy.Max) else min)(e.args, key=self._real)
            return self.value(chosen)
        sign = -1 if self._real(e.args[0]) < 0 else 1
        if isinstance(e, sympy.sign):
            return sign % P, 0
        value, degree = self.value(e.args[0])
        return sign * value % P, degree

    def _holds(self, condition: Any) -> bool:
        return bool(condition.xreplace({k: sympy.Float(v, 30) for k, v in self.at.items()}))

    def _real(self, e: Expr) -> Any:
        return e.xreplace({k: sympy.Float(v, 30) for k, v in self.at.items()}).evalf(20)

    def _drawn(self, words: str) -> int:
        digest = hashlib.sha256(f"{self.salt}:{words}".encode()).digest()
        return int.from_bytes(digest[:16], "big") % (P - 2) + 1
