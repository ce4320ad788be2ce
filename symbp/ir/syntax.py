"""From characters to a syntax tree, and from its expressions to SymPy; nothing is evaluated.

>>> tree = read("z[n,j] = sum[i](x[n,i] * W[i,j])")
>>> [str(t) for t in tree.children[0].children[0].children[:1]]
['z']
"""

from __future__ import annotations

import difflib
import math
import operator
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache, reduce
from importlib import resources
from typing import Any

import sympy
from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput
from sympy import Expr, Rational, Symbol
from sympy.core.symbol import Str
from sympy.logic.boolalg import Boolean

from symbp.errors import LanguageError, Source, SymbpError
from symbp.ir.functions import FUNCTIONS, canonical
from symbp.ir.program import Access, index

REDUCTIONS = ("sum", "mean", "max", "min")
RESERVED = frozenset(
    {*FUNCTIONS, *REDUCTIONS, "pi", "and", "or", "not", "in", "for", "if", "else", "true", "false"}
)
Node = Any
"""A lark tree or token: its `data` names the rule, its `children` follow the grammar."""
MAX_CHARACTERS = 500_000
MAX_LINES = 4000
MAX_WORDS = 30_000
MAX_OPERANDS = 2000
MAX_TENSORS = 100
MAX_NAME = 64
MAX_DIGITS = 40
MAX_DEPTH = 50
MAX_BITS = 8192


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


class _RefusedTokenError(Exception):
    """A token that the grammar takes and the language does not."""

    def __init__(self, token: Token, message: str, remedy: str) -> None:
        self.token, self.message, self.remedy = token, message, remedy


class _Tokens:
    """Drops the line ends inside brackets, so that a formula may run over several lines.

    Names are brought to one spelling here (NFKC), so that columns stay those of the text.
    """

    always_accept = ("_NL",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = words = 0
        for token in stream:
            words = 0 if token.type == "_NL" and depth <= 0 else words + 1
            if words > MAX_WORDS:
                raise _RefusedTokenError(token, f"a statement may have {MAX_WORDS} words and marks",
                               "Give a part of the formula a name of its own.")  # fmt: skip
            depth += (token.value in "([") - (token.value in ")]") if len(token) == 1 else 0
            if depth > MAX_DEPTH:
                raise _RefusedTokenError(token, "the brackets are nested too deeply",
                               "Give a part of the formula a name of its own.")  # fmt: skip
            if token.type == "NAME":
                token = _spelled(token)
            if token.type != "_NL" or depth <= 0:
                yield token


def _spelled(token: Token) -> Token:
    if not token.isidentifier():
        raise _RefusedTokenError(
            token, f"{_short(str(token))!r} is no name", "Names are letters, digits and _."
        )
    name = unicodedata.normalize("NFKC", token)
    if len(name) > MAX_NAME:
        raise _RefusedTokenError(token, f"a name may have {MAX_NAME} characters, not {len(name)}",
                       "Choose a shorter one.")  # fmt: skip
    return token.update(value=name)


@cache
def _parser() -> Lark:
    grammar = resources.files("symbp.ir").joinpath("grammar.lark").read_text("utf-8")
    return Lark(
        grammar, parser="lalr", propagate_positions=True, maybe_placeholders=False,
        postlex=_Tokens(),
    )  # fmt: skip


def read(text: str, file: str = "<text>") -> Node:
    """Parse a text into its syntax tree; raise LanguageError with the place where it fails."""
    if len(text) > MAX_CHARACTERS:
        raise LanguageError(
            f"{file}: the text has {len(text)} characters; {MAX_CHARACTERS} are allowed",
            remedy="Describe large networks in Python.",
        )
    lines = lines_of(text)
    said = sum(bool(line.partition("#")[0].strip()) for line in lines)
    if said > MAX_LINES:
        raise LanguageError(
            f"{file}: the text has {said} lines that say something; {MAX_LINES} are allowed",
            remedy="Describe large networks in Python.",
        )
    if not said:
        return Tree("start", [])
    try:
        return _parser().parse(text)
    except UnexpectedInput as error:
        raise _syntax_error(error, file, lines) from None
    except _RefusedTokenError as error:
        source = place(error.token, file, lines)
        raise LanguageError(error.message, source=source, remedy=error.remedy) from None


def lines_of(text: str) -> list[str]:
    """Return the lines of a text as the grammar counts them."""
    return [line.rstrip("\r") for line in text.split("\n")]


def _syntax_error(error: UnexpectedInput, file: str, lines: list[str]) -> LanguageError:
    line, column = int(error.line), int(error.column)
    token = getattr(error, "token", None)
    if line < 1 or (token is not None and token.type == "$END"):
        line = max((k for k, text in enumerate(lines, 1) if text.strip()), default=1)
        column = len(lines[line - 1]) + 1
    found = lines[line - 1] if line <= len(lines) else ""
    source = Source(file, line, max(1, column), found, len(token or "x"))
    if isinstance(error, UnexpectedCharacters):
        shown = found[column - 1 : column] or "end of line"
        return LanguageError(
            f"the character {shown!r} has no meaning here", source=source,
            remedy="Names are letters, digits and _; strings and other marks do not occur.",
        )  # fmt: skip
    unclosed = _unclosed(lines, line, column)
    if unclosed is not None and (unclosed.line < line or token is None or token.type == "$END"):
        return LanguageError(
            "this bracket is not closed", source=replace(unclosed, file=file),
            remedy="Close it; a formula may go on in the next line only inside of brackets.",
        )  # fmt: skip
    ended = token is None or token.type in ("$END", "_NL")
    remedy = "Close every bracket and finish the line." if ended else _remedy(found, token)
    shown = "the end of the line" if ended else repr(_short(str(token)))
    return LanguageError(f"{shown} was not expected here", source=source, remedy=remedy)


def _short(token: str) -> str:
    """Return what a message shows of a token, which may have as many letters as the text."""
    return token if len(token) <= MAX_NAME else f"{token[:MAX_NAME]}..."


def _unclosed(lines: list[str], line: int, column: int) -> Source | None:
    """Return the innermost bracket that is open where the text fails."""
    opened: list[Source] = []
    for number, text in enumerate([*lines[: line - 1], lines[line - 1][: column - 1]], 1):
        for place, character in enumerate(text.partition("#")[0], 1):
            if character in "([":
                opened.append(Source("", number, place, lines[number - 1]))
            elif character in ")]" and opened:
                opened.pop()
    return opened[-1] if opened else None


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
        self.places: dict[Expr, Source | None] = {}
        """Where each access was read first, so that an error can point at it."""

    def error(self, message: str, node: Any, remedy: str | None = None) -> LanguageError:
        return LanguageError(message, source=place(node, self.file, self.lines), remedy=remedy)

    def __call__(self, node: Any) -> Any:
        try:
            result = getattr(self, str(node.data))(*node.children)
            if isinstance(result, Access) and result not in self.places:
                self.places[result] = place(node, self.file, self.lines)
            if isinstance(result, Expr) and result.is_number and not _is_finite(result):
                raise self.error(
                    "this is a division by zero or has no finite value", node,
                    "Every number in a formula is finite.",
                )  # fmt: skip
        except SymbpError as error:
            raise error.at(place(node, self.file, self.lines)) from None
        except (TypeError, ValueError, AttributeError, ArithmeticError):
            raise self.error(
                "this has no value as a formula", node,
                "Numbers and conditions are two things: where(condition, a, b) leads from"
                " one to the other.",
            ) from None  # fmt: skip
        return result

    def value(self, node: Any) -> Any:
        """Return what a formula gives where a number is wanted."""
        result = self(node)
        if is_condition(result):
            raise self.error("this is a condition, and a number is wanted", node,
                             "Write where(condition, 1, 0).")  # fmt: skip
        return result

    def condition(self, node: Any) -> Any:
        """Return what a formula gives where a condition is wanted."""
        result = self(node)
        if not is_condition(result):
            raise self.error("this is a number, and a condition is wanted", node,
                             "Compare it with another number: x[n] > 0")  # fmt: skip
        return result

    def operands(self, token: Token, arguments: Iterable[Any]) -> list[Any]:
        """Return the arguments of a scalar function; the first of where is a condition."""
        wanted = [self.condition if token == "where" else self.value]
        return [(wanted.pop() if wanted else self.value)(a) for a in arguments]

    def number(self, token: Token) -> Expr:
        digits = sum(c.isdigit() for c in token)
        if digits > MAX_DIGITS or len(token) > MAX_DIGITS + 20:
            raise self.error(
                f"a number may have {MAX_DIGITS} digits", token, "A double holds 17 of them."
            )
        if not any(c in "123456789" for c in token.lower().partition("e")[0]):
            return sympy.Integer(0)
        if not 1e-300 <= float(token) <= 1e300:
            raise self.error(f"{token} is outside of 1e-300 .. 1e300", token, "Scale the formula.")
        return Rational(str(token))

    def name(self, token: Token) -> Expr:
        if token == "pi":
            return sympy.pi
        if self._resolve is not None:
            return self._resolve(str(token), token)
        return Access(str(token))

    def access(self, token: Token, subscript: Node) -> Expr:
        return Access(str(token), *(self.integer(g) for g in subscript.children))

    def integer(self, node: Any) -> Expr:
        """An index or a size: names in it are integers."""
        outer, self._resolve = self._resolve, self.integer_name
        try:
            result = self(node)
        finally:
            self._resolve = outer
        labels = {a: index(a.name) for a in getattr(result, "atoms", set)(Access)}
        if not (isinstance(result, Expr) and result.xreplace(labels).is_integer):
            raise self.error(
                "this is no whole number", node,
                "Indices and sizes are made of whole numbers with +, -, *, // and %.",
            )  # fmt: skip
        return result

    def integer_name(self, _: str, token: Token) -> Expr:
        return index(str(token))

    def call(self, token: Token, *arguments: Any) -> Any:
        known = FUNCTIONS.get(str(token))
        if known is None:
            raise self.error(f"there is no function {token}", token, suggest(token, FUNCTIONS))
        function, count = known
        if len(arguments) != count or any(a.data == "keyword" for a in arguments):
            raise self.error(*takes(token, count))
        return canonical(function(*self.operands(token, arguments)))

    def reduction(self, token: Token, subscript: Node, body: Any) -> Expr:
        if token not in REDUCTIONS:
            raise self.error(
                f"there is no reduction {token}", token, f"Known are {', '.join(REDUCTIONS)}."
            )
        indices = [self.integer(g) for g in subscript.children]
        for g, node in zip(indices, subscript.children, strict=True):
            if not g.is_Symbol:
                raise self.error(
                    f"{token} binds plain indices, not {g}", node, f"Write {token}[i](...)"
                )
        if len(set(indices)) != len(indices):
            raise self.error(f"{token} binds an index twice", subscript, "Name each index once.")
        return Reduction(str(token), self.value(body), *indices)

    def sum(self, first: Any, *rest: Any) -> Expr:
        # At once: one by one, a long sum takes quadratic time.
        self._bounded(rest)
        terms = [self.value(first)]
        for sign, node in zip(rest[::2], rest[1::2], strict=True):
            term = self.value(node)
            terms.append(term if sign == "+" else -term)
        return _joined(sympy.Add, operator.add, terms)

    def product(self, first: Any, *rest: Any) -> Expr:
        # All at once: SymPy makes 2*(a + b)*c of three factors, but (2*a + 2*b)*c pair by pair.
        self._bounded(rest)
        factors = self._factors(first)
        for sign, node in zip(rest[::2], rest[1::2], strict=True):
            factor = self.value(node)
            if sign != "*" and factor == 0:
                raise self.error("this divides by zero", node, "Check the formula.")
            if sign in ("*", "/"):
                factors.append(factor if sign == "*" else 1 / factor)
            elif sign == "//":
                factors = [_joined(sympy.Mul, operator.mul, factors) // factor]
            else:
                factors = [_joined(sympy.Mul, operator.mul, factors) % factor]
        return _joined(sympy.Mul, operator.mul, factors)

    def _bounded(self, rest: tuple[Any, ...]) -> None:
        """Refuse more operands than can be put together in reasonable time."""
        if len(rest) // 2 >= MAX_OPERANDS:
            raise self.error(
                f"a sum or product may have {MAX_OPERANDS} operands", rest[-1],
                "Give a part of the formula a name of its own.",
            )  # fmt: skip

    def _factors(self, node: Any) -> list[Expr]:
        """Return a factor, and -1 apart from it where a minus stands before."""
        signs = 0
        while getattr(node, "data", None) == "signed":
            signs += node.children[0] == "-"
            node = node.children[1]
        return [sympy.Integer(-1)] * (signs % 2) + [self.value(node)]

    def signed(self, sign: Token, node: Any) -> Expr:
        value = self.value(node)
        return -value if sign == "-" else value

    def power(self, base: Any, exponent: Any) -> Expr:
        a, b = self.value(base), self.value(exponent)
        if isinstance(a, Expr) and isinstance(b, Expr) and b.is_Rational:
            number = a.as_coeff_Mul()[0]
            bits = max(number.p.bit_length(), number.q.bit_length()) if number.is_Rational else 1
            if bits * abs(b) > MAX_BITS or (a == 0 and b < 0):
                raise self.error(
                    "this power is too large, or divides by zero", exponent,
                    f"Numbers may have {MAX_BITS} bits.",
                )  # fmt: skip
        return a**b

    def pair(self, *nodes: Any) -> Any:
        raise self.error(
            "several numbers in brackets are no formula", nodes[1],
            "They stand where a function takes a number for each axis: conv2d(x, 8, (3, 5))",
        )  # fmt: skip

    def comparison(self, left: Any, operator: Token, right: Any) -> Any:
        relation = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge,
                    "==": sympy.Eq, "!=": sympy.Ne}[str(operator)]  # fmt: skip
        return relation(self.value(left), self.value(right))

    def conjunction(self, *nodes: Any) -> Any:
        return sympy.And(*(self.condition(n) for n in nodes))

    def disjunction(self, *nodes: Any) -> Any:
        return sympy.Or(*(self.condition(n) for n in nodes))

    def logical_not(self, node: Any) -> Any:
        return sympy.Not(self.condition(node))


def is_condition(value: Any) -> bool:
    """Tell whether a value holds or not, and is no number (SymPy's symbols are both)."""
    return isinstance(value, Boolean) and not isinstance(value, Expr)


def as_size(value: Expr) -> Expr:
    """Return an expression whose symbols are sizes: whole numbers >= 1."""
    return value.xreplace(
        {s: Symbol(str(s), integer=True, positive=True) for s in value.free_symbols}
    )


def _joined(flat: Any, pair: Callable[[Any, Any], Any], parts: list[Any]) -> Any:
    """Return the sum or product of expressions, or of whole tensors that have the operators."""
    if all(isinstance(p, Expr) for p in parts):
        return flat(*parts)
    if len(parts) > MAX_TENSORS:
        raise LanguageError(
            f"a sum or product of whole tensors may have {MAX_TENSORS} operands",
            remedy="Give a part of the formula a name of its own.",
        )
    return reduce(pair, parts)


def _is_finite(number: Expr) -> bool:
    """Tell whether a constant is a finite double; an unreadable one is none."""
    if number.is_Rational:
        return True
    return bool(number.is_real is not False) and math.isfinite(float(number))


def takes(token: Token, count: int) -> tuple[str, Token, str]:
    """Return message, culprit and remedy for a call with the wrong arguments."""
    letters = ", ".join("abc"[:count])
    return f"{token} takes {count} argument{'s' * (count > 1)}", token, f"Write {token}({letters})"


def suggest(name: str, known: Iterable[str]) -> str:
    """Return the known names that are close to one that is not known, or all of them."""
    choices = sorted(set(known))
    close = difflib.get_close_matches(str(name), choices, n=3)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"Known are {', '.join(choices)}." if choices else "None is known yet."


__all__ = [
    "RESERVED", "Expressions", "Node", "Reduction", "as_size", "is_condition", "lines_of",
    "place", "read", "suggest", "takes",
]  # fmt: skip
