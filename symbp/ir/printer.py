"""Infix notation: precedence and the order of terms, in one place for every target.

A printer decides nothing but spelling. Text, NumPy, C and LaTeX override the leaves.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy
from sympy import Expr, Integer, Mul, Pow, Rational, Symbol

from symbp.ir.functions import Where
from symbp.ir.program import Access

LOOSE, OR, AND, NOT, COMPARE, ADD, MULTIPLY, UNARY, POWER, ATOM = range(10)

_COMPARISONS = {
    sympy.Lt: "<", sympy.Le: "<=", sympy.Gt: ">", sympy.Ge: ">=", sympy.Eq: "==", sympy.Ne: "!=",
}  # fmt: skip


def decimal(number: Rational) -> str | None:
    """Return a rational as a finite decimal if it has a short one, else None.

    >>> decimal(Rational(1, 10)), decimal(Rational(1, 3)), decimal(Rational(1, 10**8))
    ('0.1', None, '1e-08')
    """
    if number.q == 1:
        return str(number.p) if abs(number.p) < 10**16 else None
    text = repr(float(Fraction(number.p, number.q)))
    return text if Rational(text) == number else None


def terms(expression: Expr) -> list[Expr]:
    """Return the terms of a sum, one with a plus sign first where there is one."""
    found = list(sympy.Add.make_args(expression))
    # A constant is shown last, except before a minus: x + 1, but 1 - x.
    found.sort(key=lambda t: t.is_number)
    found.sort(key=lambda t: bool(t.could_extract_minus_sign()))
    return found


def quotient(expression: Expr, order: Sequence[Expr] = ()) -> tuple[list[Expr], list[Expr]]:
    """Return the factors above and below the fraction bar, numbers first.

    Factors that carry an index of `order` come in that order, so that x[n,i] stands before
    W[i,j] in the equation of z[n,j].
    """
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in Mul.make_args(expression):
        if factor.is_Rational and not factor.is_Integer and decimal(factor) is None:
            above += [Integer(factor.p)] if factor.p != 1 else []
            below.append(Integer(factor.q))
        elif factor.is_Pow and factor.exp.could_extract_minus_sign() and factor.base != sympy.E:
            below.append(Pow(factor.base, -factor.exp))
        else:
            above.append(factor)

    def rank(factor: Expr) -> tuple[int, int]:
        if factor.is_number or not factor.has(Access):
            return (0, 0)
        free = factor.free_symbols
        places = [k for k, g in enumerate(order) if g.free_symbols & free]
        return (1, min(places, default=len(order)))

    return sorted(above, key=rank), sorted(below, key=rank)


class Printer:
    """Prints a scalar expression; `order` is the target's indices (see `quotient`)."""

    power_operator: str | None = "**"
    times = "*"
    over = "/"
    spelling: dict[str, str] = {}

    def __init__(self, order: Sequence[Expr] = ()) -> None:
        self.order = order

    def __call__(self, expression: Any, level: int = LOOSE) -> str:
        text, own = self.visit(sympy.sympify(expression))
        return f"({text})" if own < level else text

    def visit(self, e: Any) -> tuple[str, int]:
        """Return the text of an expression and how tightly it holds together."""
        for kind, method in (
            (Access, self.access), (Symbol, self.symbol), (sympy.Number, self.number),
            (sympy.Add, self.sum), (Mul, self.product), (sympy.exp, self.function),
            (Pow, self.power), (Where, self.where), (sympy.Mod, self.modulo),
            (sympy.core.relational.Relational, self.comparison),
            (sympy.And, self.conjunction), (sympy.Or, self.disjunction),
            (sympy.Not, self.negation), (sympy.NumberSymbol, self.constant),
            (sympy.Function, self.function),
        ):  # fmt: skip
            if isinstance(e, kind):
                return method(e)
        return self.other(e)

    def other(self, e: Any) -> tuple[str, int]:
        raise TypeError(f"no notation for {type(e).__name__}: {e}")

    def access(self, e: Access) -> tuple[str, int]:
        indices = ",".join(Printer.__call__(self, g) for g in e.indices)
        return (f"{e.name}[{indices}]" if e.indices else e.name), ATOM

    def symbol(self, e: Symbol) -> tuple[str, int]:
        return str(e), ATOM

    def constant(self, e: Expr) -> tuple[str, int]:
        return ("exp(1)" if e == sympy.E else str(e)), ATOM

    def number(self, e: Any) -> tuple[str, int]:
        if e.is_Rational:
            text = decimal(e)
            if text is None:
                text = f"{e.p}{self.over}{e.q}" if e.q != 1 else str(e.p)
                return text, (UNARY if e.p < 0 else MULTIPLY if e.q != 1 else ATOM)
            return text, (UNARY if e.is_negative else ATOM)
        return repr(float(e)), (UNARY if e.is_negative else ATOM)

    def sum(self, e: Expr) -> tuple[str, int]:
        content, inner = e.primitive()
        if content != 1 and all(abs(t.as_coeff_Mul()[0]) == 1 for t in inner.args):
            # A sum all the same: SymPy tells (2*(a + b))*c from 2*(a + b)*c.
            return self.product(Mul(content, inner, evaluate=False))[0], ADD
        text = ""
        for term in terms(e):
            minus = bool(term.could_extract_minus_sign())
            shown = self(-term if minus else term, MULTIPLY if minus else ADD)
            text += (" - " if minus else " + ") + shown if text else ("-" * minus) + shown
        return text, ADD

    def product(self, e: Expr) -> tuple[str, int]:
        if e.args[0].is_negative and e.args[0].is_Number:
            factors = e.args[1:] if e.args[0] == -1 else (-e.args[0], *e.args[1:])
            rest = Mul(*factors, evaluate=len(factors) == 1)
            return f"-{self(rest, UNARY if rest.is_Add else MULTIPLY)}", UNARY
        above, below = quotient(e, self.order)
        return self.fraction(above, below)

    def fraction(self, above: list[Expr], below: list[Expr]) -> tuple[str, int]:
        top = self.times.join(self(f, MULTIPLY if k == 0 else UNARY) for k, f in enumerate(above))
        if not below:
            return top, MULTIPLY if len(above) > 1 else UNARY
        under = self.times.join(self(f, UNARY) for f in below)
        under = f"({under})" if len(below) > 1 else under
        return f"{top or self.one()}{self.over}{under}", MULTIPLY

    def one(self) -> str:
        return "1"

    def power(self, e: Expr) -> tuple[str, int]:
        base, exponent = e.args
        if exponent == sympy.Rational(1, 2):
            return f"{self.spelling.get('sqrt', 'sqrt')}({self(base)})", ATOM
        if exponent.could_extract_minus_sign():
            return self.fraction([], [Pow(base, -exponent)])
        return self.raised(base, exponent)

    def raised(self, base: Expr, exponent: Expr) -> tuple[str, int]:
        return f"{self(base, ATOM)}{self.power_operator}{self(exponent, POWER)}", POWER

    def function(self, e: Expr) -> tuple[str, int]:
        name = {"Abs": "abs"}.get(e.func.__name__, e.func.__name__)
        arguments = ", ".join(self(a) for a in e.args)
        return f"{self.spelling.get(name, name)}({arguments})", ATOM

    def where(self, e: Expr) -> tuple[str, int]:
        return f"where({', '.join(self(a) for a in e.args)})", ATOM

    def modulo(self, e: Expr) -> tuple[str, int]:
        return f"{self(e.args[0], UNARY)} % {self(e.args[1], UNARY)}", MULTIPLY

    def comparison(self, e: Any) -> tuple[str, int]:
        a, b = e.args
        return f"{self(a, ADD)} {_COMPARISONS[e.func]} {self(b, ADD)}", COMPARE

    def conjunction(self, e: Any) -> tuple[str, int]:
        return " and ".join(self(a, NOT) for a in e.args), AND

    def disjunction(self, e: Any) -> tuple[str, int]:
        return " or ".join(self(a, AND) for a in e.args), OR

    def negation(self, e: Any) -> tuple[str, int]:
        return f"not {self(e.args[0], COMPARE)}", NOT


GREEK = {
    letter: unicodedata.name(letter).split()[-1].lower()
    for letter in "αβγδεζηθικλμνξπρστυφχψω"
} | {
    letter: unicodedata.name(letter).split()[-1].capitalize()
    for letter in "ΓΔΘΛΞΠΣΦΨΩ"
}  # fmt: skip
"""Greek letters and their names: what a printer without unicode writes, and LaTeX spells."""
