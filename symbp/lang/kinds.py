"""What a formula may be made of: numbers where numbers are wanted, and functions with a formula.

>>> from sympy import Symbol, gamma
>>> check_formula(gamma(Symbol("u")))
Traceback (most recent call last):
symbp.errors.LanguageError: gamma(u) has no formula here
  Known are abs, acos, asin, atan, cos, cosh, erf, exp, expm1, floor, log, log1p, maximum, \
minimum, normal_cdf, relu, sigmoid, sign, sin, sinh, softplus, sqrt, stop_gradient, tan, tanh, \
where.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr
from sympy.core.relational import Relational
from sympy.core.symbol import Str
from sympy.logic.boolalg import And, BooleanAtom, Not, Or

from symbp.errors import LanguageError
from symbp.ir.functions import FUNCTIONS, Where
from symbp.ir.program import Access
from symbp.ir.syntax import Reduction, is_condition
from symbp.lang.modes import training

_FUNCTIONS = tuple(f for f, _ in FUNCTIONS.values() if isinstance(f, type))
_KNOWN = (
    sympy.Add, sympy.Mul, sympy.Pow, sympy.Mod, sympy.Symbol, sympy.Rational,
    sympy.core.numbers.NumberSymbol, Access, Reduction, Where, Str, training, *_FUNCTIONS,
    Relational, And, Or, Not, BooleanAtom,
)  # fmt: skip
_NO_NUMBERS = (sympy.I, sympy.zoo, sympy.oo, -sympy.oo, sympy.nan)


def check_formula(expression: Any) -> None:
    """Raise where a formula holds something that no target can compute.

    Raises:
        LanguageError: a function without a formula, no real number, or a condition where a
            number is wanted, or the reverse.
    """
    for node in sympy.preorder_traversal(expression):
        if node in _NO_NUMBERS:
            raise LanguageError(
                f"{expression} is no finite real number",
                remedy="Every number in a formula is real and finite.",
            )
        if not isinstance(node, _KNOWN):
            raise LanguageError(
                f"{node} has no formula here", remedy=f"Known are {', '.join(sorted(FUNCTIONS))}."
            )
        for argument, wants_condition in zip(node.args, _wanted(node), strict=True):
            _check_kind(node, argument, wants_condition)


def _wanted(node: Any) -> list[bool]:
    """Tell of each argument whether a condition is wanted there."""
    if isinstance(node, Where):
        return [True, False, False]
    return [isinstance(node, And | Or | Not)] * len(node.args)


def _check_kind(node: Any, argument: Any, wants_condition: bool) -> None:
    if wants_condition and not is_condition(argument):
        raise LanguageError(
            f"{argument} in {node} is a number, and a condition is wanted",
            remedy="Compare it with another number: x[n] > 0",
        )
    if not wants_condition and not isinstance(argument, Expr | Str):
        raise LanguageError(
            f"{argument} in {node} is a condition, and a number is wanted",
            remedy="Write where(condition, 1, 0).",
        )
