"""From characters to a syntax tree, and from its expressions to SymPy; nothing is evaluated.

>>> tree = read("z[n,j] = sum[i](x[n,i] * W[i,j])")
>>> [str(t) for t in tree.children[0].children[0].children[:1]]
['z']
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from typing import Any

import sympy
from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput
from sympy import Expr, Rational, Symbol
from sympy.core.symbol import Str

from symbp.errors import LanguageError, Source
from symbp.ir.functions import FUNCTIONS, canonical
from symbp.ir.program import Access, index

REDUCTIONS = ("sum", "mean", "max", "min")
RESERVED = frozenset(
    {*FUNCTIONS, *REDUCTIONS, "pi", "and", "or", "not", "in", "for", "if", "else", "true", "false"}
)
Node = Any
"""A lark tree or token: its `data` names the rule, its `children` follow the grammar."""
MAX_CHARACTERS = 2_000_000
MAX_NAME = 64
MAX_DIGITS = 40


class Reduction(Expr):  # type: ignore[misc]
    """sum[i,j](e), mean, max or min: written in a body, taken apart before it is an equation."""

    is_commutative = True
    is_real = True

    def __new__(cls, op: str, body: Any, *indices: Any) -> Reduction:
        return super().__new__(cls, Str(str(op)), sympy.sympify(body), *indices)  # type: ignore[no-any-return]

    @property
    def op(self) -> str:
        return str(self.args[0].name)

    @property
    def body(self) -> Expr:
        return self.args[1]

    @property
    def indices(self) -> tuple[Symbol, ...]:
        return tuple(self.args[2:])

    def _sympystr(self, printer: Any) -> str:
        bound = ",".join(map(str, self.indices))
        return f"{self.op}[{bound}]({printer.doprint(self.body)})"


class _Brackets:
    """Drops the line ends inside brackets, so that a formula may run over several lines."""

    always_accept = ("_NL",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = 0
        for token in stream:
            depth += (token.value in "([") - (token.value in ")]") if len(token) == 1 else 0
            if token.type != "_NL" or depth <= 0:
                yield token


@cache
def _parser() -> Lark:
    grammar = resources.files("symbp.ir").joinpath("grammar.lark").read_text("utf-8")
    return Lark(
        grammar, parser="lalr", propagate_positions=True, maybe_placeholders=False,
        postlex=_Brackets(),
    )  # fmt: skip


def read(text: str, file: str = "<text>") -> Node:
    """Parse a text into its syntax tree; raise LanguageError with the place where it fails."""
    text = unicodedata.normalize("NFKC", text)
    if len(text) > MAX_CHARACTERS:
        raise LanguageError(
            f"{file}: the text has {len(text)} characters; {MAX_CHARACTERS} are allowed",
            remedy="Describe large networks in Python.",
        )
    lines = text.splitlines()
    try:
        return _parser().parse(text)
    except UnexpectedInput as error:
        raise _syntax_error(error, file, lines) from None
    except RecursionError:
        raise LanguageError(f"{file}: the text is nested too deeply") from None


def _syntax_error(error: UnexpectedInput, file: str, lines: list[str]) -> LanguageError:
    line, column = int(error.line), int(error.column)
    if line < 1:  # the text ended
        line, column = max(1, len(lines)), len(lines[-1]) + 1 if lines else 1
    found = lines[line - 1] if line <= len(lines) else ""
    token = getattr(error, "token", None)
    source = Source(file, line, max(1, column), found, len(token or "x"))
    if isinstance(error, UnexpectedCharacters):
        shown = found[column - 1 : column] or "end of line"
        return LanguageError(
            f"the character {shown!r} has no meaning here", source=source,
            remedy="Names are letters, digits and _; strings and other marks do not occur.",
        )  # fmt: skip
    ended = token is None or token.type in ("$END", "_NL")
    remedy = "Close every bracket and finish the line." if ended else _remedy(found, token)
    shown = "the end of the line" if ended else f"{str(token)!r}"
    return LanguageError(f"{shown} was not expected here", source=source, remedy=remedy)


def _remedy(line: str, token: Token | None) -> str:
    if token is not None and str(token) in RESERVED:
        return f"{token} is a reserved word: choose another name."
    if re.match(r"\s*(network|output|loss|optimizer|penalty|clip)\b", line):
        return "Write the word, then what it takes: loss mse(p, y)"
    if re.match(r"\s*(input|target|label|param|hyper|state|value)\b", line):
        return "Write: input x[N, 4], param W[4, 2] ~ he_normal, hyper rate = 0.1"
    return "An equation reads: y[n,j] = sum[i](x[n,i] * W[i,j]) + b[j]"


def place(node: Any, file: str, lines: list[str]) -> Source | None:
    """Return where a token or a tree stands."""
    meta = node if isinstance(node, Token) else getattr(node, "meta", None)
    line, column = getattr(meta, "line", None), getattr(meta, "column", None)
    if line is None or column is None or meta is None:
        return None
    text = lines[line - 1] if line <= len(lines) else ""
    same = meta.end_line == line
    width = (meta.end_column - column) if same else len(text) - column + 1
    return Source(file, line, column, text, max(1, width))


class Expressions:
    """Turns expression trees into SymPy; `resolve` says what a name without brackets is."""

    def __init__(
        self, file: str, lines: list[str], resolve: Callable[[str, Token], Expr] | None = None
    ) -> None:
        self.file = file
        self.lines = lines
        self._resolve = resolve

    def error(self, message: str, node: Any, remedy: str | None = None) -> LanguageError:
        return LanguageError(message, source=place(node, self.file, self.lines), remedy=remedy)

    def __call__(self, node: Any) -> Any:
        try:
            result = getattr(self, str(node.data))(*node.children)
        except LanguageError as error:
            raise error.at(place(node, self.file, self.lines)) from None
        except (TypeError, ValueError, AttributeError, ZeroDivisionError, OverflowError):
            raise self.error("this has no value as a formula", node) from None
        if result in (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
            raise self.error("this is a division by zero or has no finite value", node)
        return result

    def number(self, token: Token) -> Expr:
        digits = sum(c.isdigit() for c in token)
        if digits > MAX_DIGITS or len(token) > MAX_DIGITS + 20:
            raise self.error(f"a number may have {MAX_DIGITS} digits", token)
        value = float(token)
        if not math.isfinite(value) or (value and abs(value) < 1e-300) or abs(value) > 1e300:
            raise self.error(f"{token} is outside of 1e-300 .. 1e300", token)
        return Rational(str(token))

    def name(self, token: Token) -> Expr:
        if token == "pi":
            return sympy.pi
        if self._resolve is not None:
            return self._resolve(str(token), token)
        return Access(str(token))

    def access(self, token: Token, subscript: Node) -> Expr:
        return Access(self.named(token), *(self.integer(g) for g in subscript.children))

    def named(self, token: Token) -> str:
        if len(token) > MAX_NAME:
            raise self.error(f"a name may have {MAX_NAME} characters, not {len(token)}", token)
        return str(token)

    def integer(self, node: Any) -> Expr:
        """An index or a size: names in it are integers."""
        outer, self._resolve = self._resolve, self.integer_name
        try:
            return self(node)
        finally:
            self._resolve = outer

    def integer_name(self, _: str, token: Token) -> Expr:
        return index(self.named(token))

    def call(self, token: Token, *arguments: Any) -> Any:
        known = FUNCTIONS.get(str(token))
        if known is None:
            raise self.error(f"there is no function {token}", token, self._known(str(token)))
        function, count = known
        if len(arguments) != count or any(a.data == "keyword" for a in arguments):
            raise self.error(f"{token} takes {count} argument{'s' * (count > 1)}", token)
        return canonical(function(*(self(a) for a in arguments)))

    def _known(self, name: str) -> str:
        import difflib

        close = difflib.get_close_matches(name, self.callables(), n=3)
        return f"Did you mean {' or '.join(close)}?" if close else (
            "Known are " + ", ".join(sorted(self.callables())) + "."
        )  # fmt: skip

    def callables(self) -> list[str]:
        return list(FUNCTIONS)

    def reduction(self, token: Token, subscript: Node, body: Any) -> Expr:
        if token not in REDUCTIONS:
            raise self.error(
                f"there is no reduction {token}", token, f"Known are {', '.join(REDUCTIONS)}."
            )
        indices = [self.integer(g) for g in subscript.children]
        for g, node in zip(indices, subscript.children, strict=True):
            if not g.is_Symbol:
                raise self.error(f"{token} binds plain indices, not {g}", node)
        if len(set(indices)) != len(indices):
            raise self.error(f"{token} binds an index twice", subscript)
        return Reduction(str(token), self(body), *indices)

    def sum(self, first: Any, *rest: Any) -> Expr:
        result = self(first)
        for sign, node in zip(rest[::2], rest[1::2], strict=True):
            result = result + self(node) if sign == "+" else result - self(node)
        return result

    def product(self, first: Any, *rest: Any) -> Expr:
        result = self(first)
        for operator, node in zip(rest[::2], rest[1::2], strict=True):
            factor = self(node)
            if operator != "*" and factor == 0:
                raise self.error("this divides by zero", node)
            result = {
                "*": lambda a, b: a * b, "/": lambda a, b: a / b,
                "//": lambda a, b: sympy.floor(a / b), "%": sympy.Mod,
            }[str(operator)](result, factor)  # fmt: skip
        return result

    def signed(self, sign: Token, node: Any) -> Expr:
        return -self(node) if sign == "-" else self(node)

    def power(self, base: Any, exponent: Any) -> Expr:
        a, b = self(base), self(exponent)
        if a.is_number and b.is_number and (abs(b) > 1000 or (a == 0 and b < 0)):
            raise self.error("this power is too large, or divides by zero", exponent)
        return a**b

    def comparison(self, left: Any, operator: Token, right: Any) -> Any:
        relation = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge,
                    "==": sympy.Eq, "!=": sympy.Ne}[str(operator)]  # fmt: skip
        return relation(self(left), self(right))

    def conjunction(self, *nodes: Any) -> Any:
        return sympy.And(*(self(n) for n in nodes))

    def disjunction(self, *nodes: Any) -> Any:
        return sympy.Or(*(self(n) for n in nodes))

    def logical_not(self, node: Any) -> Any:
        return sympy.Not(self(node))


def as_size(value: Expr) -> Expr:
    """Return an expression whose symbols are sizes: whole numbers >= 1."""
    return value.xreplace(
        {s: Symbol(str(s), integer=True, positive=True) for s in value.free_symbols}
    )


__all__ = ["RESERVED", "Expressions", "Node", "Reduction", "as_size", "place", "read"]
