"""What a scalar expression costs, in multiplications; the measure by which rewrites are chosen.

>>> from symbp.ir.program import Access, index
>>> x = Access("x", index("n"))
>>> cost(x), cost(2 * x + 1), cost(x**2), cost(1 / x)
(0, 2, 1, 3)
"""

from __future__ import annotations

from functools import lru_cache

import sympy
from sympy import Expr, Mul

from symbp.ir.functions import Where, maximum, minimum, relu
from symbp.ir.program import Access

KEPT = 2**16
"""So many costs are remembered: more than the passes ask for in one round over a large network."""
DIVISION = 3
FUNCTION = 20
CHEAP = (relu, maximum, minimum, sympy.Abs, sympy.sign, sympy.floor)


@lru_cache(maxsize=KEPT)
def cost(expression: Expr) -> int:
    """Return the cost of evaluating an expression once; reading an element costs nothing."""
    if isinstance(expression, Access) or not expression.args:
        return 0
    inner = sum(cost(a) for a in expression.args)
    if not expression.has(Access):
        return 0  # sizes and numbers: once for the whole tensor
    if expression.is_Mul:
        return inner + _product(expression)
    if expression.is_Pow:
        return inner + _power(expression)
    if expression.is_Add:
        content, _ = expression.primitive()
        scaled = sum(1 for a in expression.args if _is_scaled(a))
        return inner + len(expression.args) - 1 - (max(0, scaled - 1) if content != 1 else 0)
    if isinstance(expression, (*CHEAP, Where)) or expression.is_Relational:
        return inner + 1
    return inner + (1 if expression.is_Boolean else FUNCTION)


def _is_scaled(term: Expr) -> bool:
    """Tell whether a term is a number times something that holds no other constant."""
    number, rest = term.as_coeff_Mul()
    return number not in (1, -1) and all(f.has(Access) for f in Mul.make_args(rest))


def _product(expression: Expr) -> int:
    """All factors below the bar are one division."""
    constants = sum(1 for a in expression.args if not a.has(Access))
    above = [a for a in expression.args if not _below(a) and a.has(Access)]
    below = [a for a in expression.args if _below(a) and a.has(Access)]
    sign = expression.args[0] == -1 and constants == 1
    count = len(above) + (1 if constants and not sign else 0)
    already = DIVISION * sum(1 for a in below if a.exp == -1)
    return max(0, count - 1) + (max(0, len(below) - 1) + DIVISION - already if below else 0)


def _below(factor: Expr) -> bool:
    return bool(factor.is_Pow and factor.exp.is_number and factor.exp.is_negative)


def _power(expression: Expr) -> int:
    exponent = expression.exp
    if not exponent.is_number:
        return FUNCTION
    division = DIVISION if exponent.is_negative else 0
    exponent = abs(exponent)
    if exponent.is_Integer and exponent <= 8:
        return division + int(exponent) - 1
    return division + (DIVISION if exponent == sympy.Rational(1, 2) else FUNCTION)


def cheapest(*candidates: Expr) -> Expr:
    """Return the cheapest; the first of those that cost the same."""
    return min(candidates, key=cost)
