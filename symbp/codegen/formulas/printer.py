"""Notation that text and LaTeX share: Iverson brackets, and terms under a reduction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Expr, Integer, Not, Symbol

from symbp.codegen.formulas.formula import Formula, Term
from symbp.ir.functions import Where
from symbp.ir.printer import (
    ADD,
    AND,
    ATOM,
    COMPARE,
    LOOSE,
    MULTIPLY,
    NOT,
    OR,
    Printer,
    decimal,
)  # fmt: skip
from symbp.ir.program import Access

ONE = Integer(1)


class FormulaPrinter(Printer):
    """What text and LaTeX for people share: Iverson brackets, and terms under a reduction."""

    signs = {sympy.Lt: "<", sympy.Le: "≤", sympy.Gt: ">", sympy.Ge: "≥", sympy.Eq: "=",
             sympy.Ne: "≠"}  # fmt: skip
    words = {"and": " ∧ ", "or": " ∨ ", "not": "¬"}

    def __call__(self, expression: Any, level: int = LOOSE) -> str:
        return self.enclosed(*self.visit(sympy.sympify(expression)), level)

    def enclosed(self, text: str, own: int, level: int) -> str:
        """Return the text in brackets where it holds together less than is asked for."""
        return f"({text})" if own < level else text

    def fraction(self, above: list[Expr], below: list[Expr]) -> tuple[str, int]:
        return self.quotient(*tidied(above, below))

    def quotient(self, above: list[Expr], below: list[Expr]) -> tuple[str, int]:
        """Return tidied factors above and below the fraction bar."""
        return super().fraction(above, below)

    def formula(self, formula: Formula) -> str:
        """Return one line: target = all of its terms."""
        return f"{self(formula.target)} = {self.right(formula)}"

    def right(self, formula: Formula) -> str:
        if formula.op != "sum":
            return self.choice(formula)
        level = LOOSE if len(formula.terms) == 1 else ADD
        found = sorted((self.term(term, level) for term in formula.terms), key=lambda t: t[0])
        text = ""
        for minus, shown in found:
            text += (" - " if minus else " + ") + shown if text else "-" * minus + shown
        return text

    def term(self, term: Term, level: int) -> tuple[bool, str]:
        """Return a term without its sign, and whether that is a minus."""
        body = bracketed(term.guarded)
        minus = bool(body.could_extract_minus_sign()) and not (body.is_Add and not term.reduced)
        body = -body if minus else body
        if not term.reduced:
            return minus, self(body, MULTIPLY if minus else level)
        return minus, self.reduction("sum", [i for i, _ in term.reduced], (), body)

    def choice(self, formula: Formula) -> str:
        """Return the largest or smallest of all terms."""
        shown = [
            self.reduction(formula.op, [i for i, _ in t.reduced], t.places, bracketed(t.body))
            if t.reduced or t.places
            else self(bracketed(t.body))
            for t in formula.terms
        ]
        return shown[0] if len(shown) == 1 else self.call(formula.op, ", ".join(shown))

    def reduction(
        self, op: str, indices: Sequence[Symbol], places: Sequence[Any], body: Expr
    ) -> str:
        under = ",".join(map(self, indices))
        under += (": " if indices and places else "") + ", ".join(map(self, places))
        return f"{op}[{under}]({self(body)})"

    def call(self, name: str, arguments: str) -> str:
        return f"{name}({arguments})"

    def bracket(self, condition: Any) -> str:
        return f"[{self(condition)}]"

    def where(self, e: Expr) -> tuple[str, int]:
        condition, a, b = e.args
        if (a, b) == (1, 0):
            return self.bracket(condition), ATOM
        return self.cases(condition, a, b)

    def cases(self, condition: Any, a: Expr, b: Expr) -> tuple[str, int]:
        return f"where({self(condition)}, {self(a)}, {self(b)})", ATOM

    def comparison(self, e: Any) -> tuple[str, int]:
        a, b = e.args
        return f"{self(a, ADD)} {self.signs[e.func]} {self(b, ADD)}", COMPARE

    def conjunction(self, e: Any) -> tuple[str, int]:
        return self.words["and"].join(self(a, NOT) for a in e.args), AND

    def disjunction(self, e: Any) -> tuple[str, int]:
        return self.words["or"].join(self(a, AND) for a in e.args), OR

    def negation(self, e: Any) -> tuple[str, int]:
        return f"{self.words['not']}{self(e.args[0], ATOM)}", NOT


def bracketed(expression: Expr) -> Expr:
    """Return the expression with where(c, a, 0) written as a factor: where(c, 1, 0) * a."""

    def factored(condition: Any, a: Expr, b: Expr) -> Expr:
        if a == 0:
            condition, a, b = Not(condition), b, a
        return Where(condition, 1, 0) * a if b == 0 else Where(condition, a, b)

    return expression.replace(Where, factored) if expression.has(Where) else expression


def tidied(above: list[Expr], below: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """Take numbers out of sums, 2a - 2b; put brackets first, and sums and slopes last if free."""
    number, found = ONE, []
    for factor in above:
        content, rest = factor.primitive() if factor.is_Add else (ONE, factor)
        content, rest = (factor, ONE) if factor.is_Rational else (content, rest)
        number *= content
        found += [rest] if rest != 1 else []
    free = len({frozenset(f.free_symbols) for f in found if f.has(Access)}) == 1
    found.sort(key=lambda f: 0 if isinstance(f, Where) else 2 if free and f.is_Add else 1)
    found = sorted(found, key=lambda f: free and 1 - f in found)  # a slope h (1 - h) comes last
    if decimal(number) is not None:
        return [*([number] if number != 1 else []), *found], below
    over = [Integer(number.p)] if number.p != 1 else []
    return [*over, *found], [Integer(number.q), *below]
