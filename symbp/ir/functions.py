"""Scalar functions that SymPy lacks, or whose corners it sets otherwise than this field does.

>>> from sympy import symbols
>>> x = symbols("x", real=True)
>>> sigmoid(x).diff(x)
(1 - sigmoid(x))*sigmoid(x)
>>> relu(x).diff(x)
where(relu(x) > 0, 1, 0)

Slopes are written in terms of the value, so that the backward pass can use what the forward
pass holds. At a kink the slope is that of the branch which the formula names:

    relu'(0) = 0      |x|' = sign(x), 0 at 0      sign' = 0      maximum(a, b): a where a >= b
    where(c, a, b)' = where(c, a', b'): a comparison has no slope
    stop_gradient(x)' = 0
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from mpmath.libmp import prec_to_dps
from sympy import (
    Abs,
    DiracDelta,
    Expr,
    Function,
    Heaviside,
    Integer,
    Max,
    Min,
    Piecewise,
    Pow,
    Symbol,
)
from sympy.codegen import cfunctions
from sympy.codegen.cfunctions import expm1, log1p
from sympy.core.logic import fuzzy_and
from sympy.logic.boolalg import true

from symbp.errors import LanguageError

__all__ = [
    "FUNCTIONS", "Where", "canonical", "expm1", "log1p", "maximum", "minimum",
    "normal_cdf", "relu", "sigmoid", "slope", "softplus", "stop_gradient",
]  # fmt: skip


class Where(Expr):  # type: ignore[misc]
    """where(condition, a, b): a where the condition holds, else b; the other is never looked at."""

    is_commutative = True

    def __new__(cls, condition: Any, a: Any, b: Any) -> Expr:
        condition, a, b = sympy.sympify(condition), sympy.sympify(a), sympy.sympify(b)
        if condition == true or a == b:
            return a
        if condition == sympy.false:
            return b
        return super().__new__(cls, condition, a, b)

    def _eval_derivative(self, symbol: Expr) -> Expr:
        condition, a, b = self.args
        return Where(condition, a.diff(symbol), b.diff(symbol))

    def _eval_is_extended_real(self) -> Any:
        return fuzzy_and((self.args[1].is_extended_real, self.args[2].is_extended_real))

    def _eval_is_real(self) -> Any:
        return fuzzy_and((self.args[1].is_real, self.args[2].is_real))

    def _sympystr(self, printer: Any) -> str:
        return f"where({', '.join(printer.doprint(a) for a in self.args)})"


class _Real(Function):  # type: ignore[misc]
    """A real function of real arguments."""

    is_real = True


class _Formula(_Real):
    """A function that is written in others."""

    def formula(self) -> Expr:
        raise NotImplementedError

    def _eval_evalf(self, prec: int) -> Expr | None:
        return self.formula().evalf(prec_to_dps(prec)) if self.is_number else None


class sigmoid(_Formula):
    """The logistic function 1 / (1 + exp(-x)); its slope is s (1 - s)."""

    nargs = 1
    is_positive = True

    def fdiff(self, argindex: int = 1) -> Expr:
        return self * (1 - self)

    def formula(self) -> Expr:
        return 1 / (1 + sympy.exp(-self.args[0]))


class softplus(_Formula):
    """log(1 + exp(x)), without overflow; its slope is the sigmoid."""

    nargs = 1
    is_positive = True

    def fdiff(self, argindex: int = 1) -> Expr:
        return sigmoid(self.args[0])

    def formula(self) -> Expr:
        return maximum(self.args[0], 0) + log1p(sympy.exp(-Abs(self.args[0])))


class normal_cdf(_Formula):
    """The normal distribution function (1 + erf(x / sqrt 2)) / 2, which keeps its left tail."""

    nargs = 1
    is_positive = True

    def fdiff(self, argindex: int = 1) -> Expr:
        return sympy.exp(-(self.args[0] ** 2) / 2) / sympy.sqrt(2 * sympy.pi)

    def formula(self) -> Expr:
        return sympy.erfc(-self.args[0] / sympy.sqrt(2)) / 2


class relu(_Formula):
    """x where x > 0, else 0; the slope at 0 is 0."""

    nargs = 1
    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> Expr:
        return Where(self > 0, 1, 0)

    def formula(self) -> Expr:
        return Where(self.args[0] > 0, self.args[0], 0)


class maximum(_Formula):
    """The larger of two; where they tie, the first has the whole slope."""

    nargs = 2

    def fdiff(self, argindex: int = 1) -> Expr:
        a, b = self.args
        return Where(a >= b, 1, 0) if argindex == 1 else Where(a >= b, 0, 1)

    def formula(self) -> Expr:
        a, b = self.args
        return Where(a >= b, a, b)


class minimum(_Formula):
    """The smaller of two; where they tie, the first has the whole slope."""

    nargs = 2

    def fdiff(self, argindex: int = 1) -> Expr:
        a, b = self.args
        return Where(a <= b, 1, 0) if argindex == 1 else Where(a <= b, 0, 1)

    def formula(self) -> Expr:
        a, b = self.args
        return Where(a <= b, a, b)


class stop_gradient(_Formula):
    """Its argument, taken for a constant where anything is differentiated."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        return Integer(0)

    def formula(self) -> Expr:
        return self.args[0]


FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    "exp": (sympy.exp, 1),
    "log": (sympy.log, 1),
    "log1p": (log1p, 1),
    "expm1": (expm1, 1),
    "sqrt": (sympy.sqrt, 1),
    "sin": (sympy.sin, 1),
    "cos": (sympy.cos, 1),
    "tan": (sympy.tan, 1),
    "asin": (sympy.asin, 1),
    "acos": (sympy.acos, 1),
    "atan": (sympy.atan, 1),
    "sinh": (sympy.sinh, 1),
    "cosh": (sympy.cosh, 1),
    "tanh": (sympy.tanh, 1),
    "erf": (sympy.erf, 1),
    "abs": (Abs, 1),
    "sign": (sympy.sign, 1),
    "floor": (sympy.floor, 1),
    "sigmoid": (sigmoid, 1),
    "softplus": (softplus, 1),
    "normal_cdf": (normal_cdf, 1),
    "relu": (relu, 1),
    "maximum": (maximum, 2),
    "minimum": (minimum, 2),
    "where": (Where, 3),
    "stop_gradient": (stop_gradient, 1),
}
"""The scalar functions of the text form: name -> (constructor, number of arguments)."""


def _fold(function: Callable[..., Expr]) -> Callable[..., Expr]:
    def folded(*arguments: Expr) -> Expr:
        result = arguments[0]
        for argument in arguments[1:]:
            result = function(result, argument)
        return result

    return folded


def _cases(*pairs: Any) -> Expr:
    if pairs[-1][1] != true:
        raise LanguageError(
            "a Piecewise needs a last case for all that is left", remedy="Add: (0, True)"
        )
    result: Expr = pairs[-1][0]
    for value, condition in reversed(pairs[:-1]):
        result = Where(condition, value, result)
    return result


def _asinh(x: Expr) -> Expr:
    """Two halves, each without cancellation, each finite where the other one holds."""

    def half(t: Expr) -> Expr:
        return log1p(t + t**2 / (1 + sympy.sqrt(1 + t**2)))

    return Where(x >= 0, half(maximum(x, 0)), -half(maximum(-x, 0)))


def _sinc(x: Expr) -> Expr:
    """sin(x)/x, and near 0, where its slope would cancel, the series up to x^8."""
    series = sum((-1) ** k * x ** (2 * k) / sympy.factorial(2 * k + 1) for k in range(5))
    return Where(Abs(x) > sympy.Rational(1, 8), sympy.sin(x) / x, series)


def _sech(x: Expr) -> Expr:
    """1/cosh(x), without overflow."""
    return 2 * sympy.exp(-Abs(x)) / (1 + sympy.exp(-2 * Abs(x)))


_HOUSE: tuple[tuple[type, Callable[..., Expr]], ...] = (
    (Max, _fold(lambda a, b: relu(a) if b == 0 else relu(b) if a == 0 else maximum(a, b))),
    (Min, _fold(minimum)),
    (Heaviside, lambda x, *_: Where(x > 0, Integer(1), Integer(0))),
    (DiracDelta, lambda x, *_: Integer(0)),
    (Piecewise, _cases),
    (sympy.acoth, lambda x: sympy.atanh(1 / x)),
    (sympy.asech, lambda x: sympy.acosh(1 / x)),
    (sympy.acsch, lambda x: sympy.asinh(1 / x)),
    (sympy.asinh, _asinh),
    (sympy.acosh, lambda x: log1p(x - 1 + sympy.sqrt((x - 1) * (x + 1)))),
    (sympy.atanh, lambda x: (log1p(x) - log1p(-x)) / 2),
    (sympy.acot, lambda x: sympy.atan(1 / x)),
    (sympy.asec, lambda x: sympy.acos(1 / x)),
    (sympy.acsc, lambda x: sympy.asin(1 / x)),
    (sympy.sec, lambda x: 1 / sympy.cos(x)),
    (sympy.csc, lambda x: 1 / sympy.sin(x)),
    (sympy.cot, lambda x: 1 / sympy.tan(x)),
    (sympy.sech, _sech),
    (sympy.csch, lambda x: 1 / sympy.sinh(x)),
    (sympy.coth, lambda x: 1 / sympy.tanh(x)),
    (sympy.sinc, _sinc),
    (sympy.erfc, lambda x: 2 * normal_cdf(-sympy.sqrt(2) * x)),
    (sympy.ceiling, lambda x: -sympy.floor(-x)),
    (sympy.frac, lambda x: x - sympy.floor(x)),
    (cfunctions.exp2, lambda x: Pow(2, x)),
    (cfunctions.log2, lambda x: sympy.log(x) / sympy.log(2)),
    (cfunctions.log10, lambda x: sympy.log(x) / sympy.log(10)),
)


_THEIRS = tuple(theirs for theirs, _ in _HOUSE)


def canonical(expression: Expr) -> Expr:
    """Replace the SymPy functions that have corners of their own by the field's.

    Elementary functions that the targets lack are written in those that they have.

    >>> from sympy import Max, Piecewise, symbols
    >>> x = symbols("x", real=True)
    >>> canonical(Max(x, 0)), canonical(Piecewise((x, x > 1), (1, True)))
    (relu(x), where(x > 1, x, 1))
    """
    if not expression.has(*_THEIRS):
        return expression
    for theirs, ours in _HOUSE:
        if expression.has(theirs):
            expression = expression.replace(theirs, ours)
    return expression


class _abs(_Real):
    def fdiff(self, argindex: int = 1) -> Expr:
        return sympy.sign(self.args[0])


class _Flat(_Real):
    def fdiff(self, argindex: int = 1) -> Expr:
        return Integer(0)


class _sign(_Flat):
    pass


class _floor(_Flat):
    pass


class _mod(_Real):
    def fdiff(self, argindex: int = 1) -> Expr:
        a, b = self.args
        return Integer(1) if argindex == 1 else -sympy.floor(a / b)


class _power(_Real):
    """a**b, whose slope b a**(b-1) is finite at a = 0 where SymPy's a**b b/a is 0/0."""

    def fdiff(self, argindex: int = 1) -> Expr:
        a, b = self.args
        return b * a ** (b - 1) if argindex == 1 else sympy.log(a) * a**b


_STAND_INS: tuple[tuple[type, type], ...] = (
    (Abs, _abs), (sympy.sign, _sign), (sympy.floor, _floor), (sympy.Mod, _mod), (Pow, _power),
)  # fmt: skip
"""Functions whose slope SymPy can't tell, or not in the form that this field wants."""

_U = Symbol("_u", real=True)


def slope(expression: Expr, access: Expr) -> Expr:
    """Return the derivative of a scalar expression by one access, with the house's corners.

    The access is replaced by a symbol, so that SymPy sees a function of one variable.
    """
    function = expression.xreplace({access: _U})
    for theirs, ours in _STAND_INS:
        function = function.replace(theirs, ours)
    derivative = canonical(function.diff(_U))
    for theirs, ours in _STAND_INS:
        derivative = derivative.replace(ours, theirs)
    return derivative.xreplace({_U: access})
