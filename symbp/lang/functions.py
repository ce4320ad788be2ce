"""Activations: each a scalar formula, used on handles element by element and on expressions.

>>> from sympy import Symbol
>>> silu(Symbol("u", real=True))
u*sigmoid(u)

No slope is written here; it is derived from the formula. At a kink the slope is that of the
branch which the formula names (see `symbp.ir.functions`):

    relu'(0) = 0    leaky_relu'(0) = alpha    elu'(0) = alpha    selu'(0) = scale alpha
    hard_tanh'(-1) = hard_tanh'(1) = 0

Every formula is finite, with its slope, for arguments of +-1e4.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import sympy
from sympy import Abs, Expr, Rational

from symbp.errors import LanguageError
from symbp.ir import functions as primitive
from symbp.ir.functions import Where, expm1, maximum, minimum
from symbp.ir.syntax import is_condition
from symbp.lang.handles import Handle, Value, apply, exact, scalar
from symbp.lang.naming import RESERVED_HERE

Activation = Callable[[Any], Any]


def _activation(formula: Callable[..., Any]) -> Callable[..., Any]:
    """Let a scalar formula take a handle, and enter it among the activations."""

    @wraps(formula)
    def function(u: Value, *settings: Value, **named: Value) -> Any:
        return apply(lambda *a: formula(*a, **named), u, *settings, word=formula.__name__)

    ACTIVATIONS[formula.__name__] = function
    RESERVED_HERE.add(formula.__name__)
    return function


ACTIVATIONS: dict[str, Callable[..., Any]] = {}
"""Every activation by its name in the text form."""


@_activation
def linear(u: Any) -> Any:
    """u"""
    return u


@_activation
def sigmoid(u: Any) -> Any:
    """1 / (1 + exp(-u))"""
    return primitive.sigmoid(u)


@_activation
def tanh(u: Any) -> Any:
    """The hyperbolic tangent."""
    return sympy.tanh(u)


@_activation
def relu(u: Any) -> Any:
    """u where u > 0, else 0."""
    return primitive.relu(u)


@_activation
def leaky_relu(u: Any, alpha: Any = 0.01) -> Any:
    """u where u > 0, else alpha u. Source: Maas, Hannun and Ng 2013."""
    return Where(u > 0, u, scalar(alpha) * u)


@_activation
def elu(u: Any, alpha: Any = 1) -> Any:
    """u where u > 0, else alpha (exp(u) - 1). Source: Clevert, Unterthiner, Hochreiter 2015."""
    # The minimum keeps exp from overflowing where an array is computed on both sides.
    return Where(u > 0, u, scalar(alpha) * expm1(minimum(u, 0)))


SELU_ALPHA = Rational("1.6732632423543772")
SELU_SCALE = Rational("1.0507009873554805")


@_activation
def selu(u: Any) -> Any:
    """scale u where u > 0, else scale alpha (exp(u) - 1). Source: Klambauer et al. 2017."""
    return SELU_SCALE * Where(u > 0, u, SELU_ALPHA * expm1(minimum(u, 0)))


@_activation
def softplus(u: Any) -> Any:
    """log(1 + exp(u))"""
    return primitive.softplus(u)


@_activation
def gelu(u: Any) -> Any:
    """u times the normal distribution function at u. Source: Hendrycks and Gimpel 2016."""
    return u * primitive.normal_cdf(u)


@_activation
def gelu_tanh(u: Any) -> Any:
    """The gelu by a tanh in place of the erf. Source: Hendrycks and Gimpel 2016."""
    return u * (1 + sympy.tanh(sympy.sqrt(2 / sympy.pi) * (u + Rational("0.044715") * u**3))) / 2


@_activation
def silu(u: Any) -> Any:
    """u sigmoid(u). Source: Hendrycks and Gimpel 2016; Ramachandran et al. 2017 (swish)."""
    return u * primitive.sigmoid(u)


@_activation
def mish(u: Any) -> Any:
    """u tanh(softplus(u)). Source: Misra 2019."""
    return u * sympy.tanh(primitive.softplus(u))


@_activation
def softsign(u: Any) -> Any:
    """u / (1 + |u|)"""
    return u / (1 + Abs(u))


@_activation
def hard_tanh(u: Any) -> Any:
    """u, cut off at -1 and 1."""
    return maximum(-1, minimum(1, u))


def stop_gradient(u: Any) -> Any:
    """Return u, element by element, as a constant to whatever is differentiated."""
    return apply(primitive.stop_gradient, u, word="stop_gradient")


def _applied(function: Callable[..., Any], u: Any) -> Any:
    """Return f(u), or say that f takes no formulas, as np.tanh does not."""
    try:
        value = exact(function(u))
    except (TypeError, AttributeError, ValueError) as error:
        word = getattr(function, "__name__", repr(function))
        raise LanguageError(
            f"{word} is no activation: it takes numbers, not formulas ({error})",
            remedy=f"Use {', '.join(ACTIVATIONS)}, or functions of symbp and SymPy.",
        ) from error
    if is_condition(value):
        raise LanguageError(
            f"{value} is a condition, not a number", remedy="Write where(condition, 1, 0)."
        )
    return value


def activation(given: Any) -> Activation | None:
    """Return what is applied to one value: a function, or a formula in one symbol.

    >>> u = sympy.Symbol("u")
    >>> activation(u / (1 + u**2))(sympy.Symbol("z"))
    z/(z**2 + 1)

    Raises:
        LanguageError: it is neither.
    """
    if given is None or given is linear:
        return None
    if isinstance(given, Expr):
        given = exact(given)
        symbols = sorted(given.free_symbols, key=str)
        if len(symbols) == 1:
            return lambda u: apply(lambda value: given.xreplace({symbols[0]: value}), u)
    elif callable(given) and not isinstance(given, Handle | type):
        return lambda u: _applied(given, u)
    raise LanguageError(
        f"{given} is no activation",
        remedy=f"Use {', '.join(ACTIVATIONS)}, or a formula in one free name: u/(1 + abs(u))",
    )
