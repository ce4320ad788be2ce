r"""Index form: one formula for each tensor, in LaTeX and in plain text.

>>> from symbp.ir.text import parse
>>> program = parse('''input x[N,2]
... param W[2,4], b[4]
... z[n,j] = sum[i](x[n,i] * W[i,j])
... z[n,j] += b[j]
... ''')
>>> (z,) = formulas(program)
>>> print(PlainPrinter(z.indices).formula(z))
z[n,j] = sum[i](x[n,i] * W[i,j]) + b[j]
>>> print(LatexPrinter(z.indices, Notation(program)).formula(z))
z_{n,j} = \sum_{i} x_{n,i} W_{i,j} + b_{j}

A place that is no plain index is told by an Iverson bracket, 1 where it holds and else 0:
`y[t[n]] += x[n]` reads y[i] = sum[n]([i = t[n]] * x[n]).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_letters
from typing import Any

import sympy
from sympy import Eq, Expr, Integer, Lt, Not, Symbol

from symbp.ir.functions import Where
from symbp.ir.printer import (
    ADD,
    AND,
    ATOM,
    COMPARE,
    GREEK,
    LOOSE,
    MULTIPLY,
    NOT,
    OR,
    POWER,
    UNARY,
    Printer,
    decimal,
)  # fmt: skip
from symbp.ir.program import Access, Equation, Operation, Program, Range, Tensor, fresh, index

LETTERS = "ijklmabcdefgh"
ONE = Integer(1)


@dataclass(frozen=True, slots=True)
class Term:
    """What one equation contributes to a place: its body, over `reduced`, where `places` hold."""

    body: Expr
    reduced: tuple[Range, ...]
    places: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Formula:
    """All that is written into one tensor: tensor[indices] = op of the terms."""

    tensor: Tensor
    indices: tuple[Symbol, ...]
    op: Operation
    terms: tuple[Term, ...]

    @property
    def target(self) -> Access:
        return Access(self.tensor.name, *self.indices)


def formulas(program: Program) -> tuple[Formula, ...]:
    """Return one formula for each computed tensor, in the order in which they are complete."""
    last = {e.target.name: k for k, e in enumerate(program.equations)}
    found = (_formula(program[name], group) for name, group in program.writers().items())
    return tuple(sorted(found, key=lambda f: last[f.tensor.name]))


def _formula(tensor: Tensor, equations: tuple[Equation, ...]) -> Formula:
    indices = _axes(tensor, equations)
    found = tuple(_term(e, tensor, indices) for e in equations)
    return Formula(tensor, indices, equations[0].op, found)


def _axes(tensor: Tensor, equations: tuple[Equation, ...]) -> tuple[Symbol, ...]:
    """Return an index for each axis, as the equations call it where one does."""
    for equation in equations:
        if equation.plain:
            return tuple(equation.target.indices)
    taken = {str(i) for e in equations for i, _ in e.ranges}
    chosen: list[Symbol] = []
    for axis in range(len(tensor.shape)):
        used = (e.target.indices[axis] for e in equations)
        plain = [g for g in used if g.is_Symbol and g.is_nonnegative and g not in chosen]
        letter = next((c for c in LETTERS if c not in taken), fresh("i", taken))
        chosen.append(plain[0] if plain else index(letter))
        taken.add(str(chosen[-1]))
    return tuple(chosen)


def _term(equation: Equation, tensor: Tensor, indices: tuple[Symbol, ...]) -> Term:
    """Rename an equation's indices to the formula's; what does not fit becomes a condition."""
    extents = equation.extent
    renamed: dict[Symbol, Symbol] = {}
    for i, g in zip(indices, equation.target.indices, strict=True):
        if g in extents and g not in renamed:
            renamed[g] = i
    reduced = [r for r in equation.ranges if r[0] not in renamed]
    taken = {str(i) for i in (*indices, *extents)}
    for i, _ in reduced:
        renamed[i] = index(fresh(str(i), taken)) if i in indices else i
        taken.add(str(renamed[i]))
    places: list[Any] = []
    for i, g, extent in zip(indices, equation.target.indices, tensor.shape, strict=True):
        if renamed.get(g) != i:
            places.append(Eq(i, g.xreplace(renamed), evaluate=False))
        elif extents[g] != extent:
            places.append(Lt(i, extents[g], evaluate=False))
    ranges = tuple((renamed[i], extent) for i, extent in reduced)
    return Term(equation.body.xreplace(renamed), ranges, tuple(places))


def bracketed(expression: Expr) -> Expr:
    """Return the expression with where(c, a, 0) written as a factor: where(c, 1, 0) * a."""

    def factored(condition: Any, a: Expr, b: Expr) -> Expr:
        if a == 0:
            condition, a, b = Not(condition), b, a
        return Where(condition, 1, 0) * a if b == 0 else Where(condition, a, b)

    return expression.replace(Where, factored) if expression.has(Where) else expression


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
        return super().fraction(*tidied(above, below))

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
        body = bracketed(term.body)
        for place in term.places:
            body = body * Where(place, 1, 0)
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


def tidied(above: list[Expr], below: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """Take numbers out of sums, 2a - 2b; put brackets first, and sums last where that is free."""
    number, found = ONE, []
    for factor in above:
        content, rest = factor.primitive() if factor.is_Add else (ONE, factor)
        content, rest = (factor, ONE) if factor.is_Rational else (content, rest)
        number *= content
        found += [rest] if rest != 1 else []
    free = len({frozenset(f.free_symbols) for f in found if f.has(Access)}) == 1
    found.sort(key=lambda f: 0 if isinstance(f, Where) else 2 if free and f.is_Add else 1)
    if decimal(number) is not None:
        return [*([number] if number != 1 else []), *found], below
    over = [Integer(number.p)] if number.p != 1 else []
    return [*over, *found], [Integer(number.q), *below]


class PlainPrinter(FormulaPrinter):
    """Text for people: the notation of a program, with unicode where that reads better."""

    times = " * "
    over = " / "


def escaped(name: str) -> str:
    """Return a name with nothing left in it that LaTeX, Markdown or HTML would take for markup."""
    return "".join(c if c.isalnum() else r"\_" if c == "_" else f"U+{ord(c):04X}" for c in name)


def _word(name: str) -> str:
    """Return a name of several letters, upright."""
    text = escaped(name)
    if text.isascii():
        return f"\\mathrm{{{text}}}"
    greek = "".join(f"{_LETTERS[c]}{{}}" if c in GREEK else c for c in text)
    return f"\\mathrm{{{greek}}}" if greek.isascii() else f"\\text{{{text}}}"


# Unicode calls the letter LAMDA.
_GREEK = {
    c: name.replace("lamda", "lambda").replace("Lamda", "Lambda") for c, name in GREEK.items()
}
_LETTERS = {c: f"\\{name}" for c, name in _GREEK.items()}
_LETTERS |= {name: f"\\{name}" for name in _GREEK.values()}
_LETTERS |= {c: c for c in ascii_letters}
_PART = re.compile(r"(\D+?)(\d*)$", re.ASCII)


def _letter(part: str) -> tuple[str, str] | None:
    """Return a letter and its number, W and 1 of W1, or None where the part is a word."""
    match = _PART.match(part)
    return (_LETTERS[match[1]], match[2]) if match and match[1] in _LETTERS else None


def _mark(part: str) -> str:
    letter = _letter(part)
    if letter:
        return f"{letter[0]}_{{{letter[1]}}}" if letter[1] else letter[0]
    return part if part.isascii() and part.isdigit() else _word(part)


def spell(name: str) -> tuple[str, str]:
    r"""Return the letter of a name and what marks it; a name without a letter is a word.

    >>> spell("h_W"), spell("W1"), spell("α")
    (('W', 'h'), ('W', '1'), ('\\alpha', ''))
    >>> spell("learning_rate")
    ('\\mathrm{learning\\_rate}', '')
    """
    parts = name.split("_")
    heads = [k for k, part in enumerate(parts) if _letter(part)]
    if not heads or not all(parts):
        return _word(name), ""
    letter, number = _letter(parts[heads[-1]]) or ("", "")
    others = [_mark(part) for k, part in enumerate(parts) if k != heads[-1]]
    return letter, ",".join([*others, number] if number else others)


class Notation:
    r"""How the names of a program are written in LaTeX, no two alike.

    Args:
        adjoints: the tensor that each adjoint belongs to.
        loss: what is differentiated; written L unless something else has that name.

    >>> from symbp.ir.text import parse
    >>> names = Notation(parse("param W1[2], h_W[2], α"))
    >>> names.tensor("W1"), names.tensor("h_W"), names.tensor("α")
    ('W^{(1)}', 'W^{(h)}', '\\alpha')
    """

    def __init__(
        self,
        program: Program,
        adjoints: Mapping[str, str] | None = None,
        loss: str | None = None,
    ) -> None:
        self.adjoints = dict(adjoints or {})
        self.ranks = {t.name: len(t.shape) for t in program.tensors}
        plain = [name for name in self.ranks if name not in self.adjoints]
        self.symbols = _distinct(_symbols(program), reserved=())
        taken = {*self.symbols, *plain}
        self.loss = "L" if "L" not in taken and loss else ""
        self.one_hot = "Y" if "Y" not in taken else ""
        self.tensors = _distinct([n for n in plain if n != loss or not self.loss], reserved="δ")
        if self.loss and loss:
            self.tensors[loss] = ("L", "")
        self.loss = self.loss or (self.tensor(loss) if loss in self.tensors else "L")

    def tensor(self, name: str, under: str = "", after: str = "") -> str:
        """Return a tensor's name with indices under it and a mark (a transposition) after it."""
        if name in self.adjoints:
            inner = self.tensor(self.adjoints[name], under)
            return f"\\frac{{\\partial {self.loss}}}{{\\partial {inner}}}"
        letter, mark = self.tensors.get(name) or spell(name)
        if mark and self.ranks.get(name) == 0:
            return f"{letter}_{{{mark}}}"
        above = (f"({mark})" if mark else "") + after
        return letter + (f"^{{{above}}}" if above else "") + (f"_{{{under}}}" if under else "")

    def compound(self, name: str) -> bool:
        """Tell whether a power of the name needs brackets."""
        return name in self.adjoints or bool((self.tensors.get(name) or spell(name))[1])

    def symbol(self, name: str) -> str:
        letter, mark = self.symbols.get(name) or spell(name)
        return f"{letter}_{{{mark}}}" if mark else letter


def _symbols(program: Program) -> list[str]:
    found = {str(s): None for s in program.sizes()}
    for formula in formulas(program):
        found |= {str(i): None for i in formula.indices}
        found |= {str(i): None for term in formula.terms for i, _ in term.reduced}
    return list(found)


def _distinct(names: Iterable[str], reserved: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Spell each name; those that would look alike, or like a reserved letter, become words."""
    found = {name: spell(name) for name in names}
    count = Counter(found.values())
    letters = {_LETTERS[c] for c in reserved}
    return {
        name: (_word(name), "") if count[way] > 1 or (way[0] in letters and way[1]) else way
        for name, way in found.items()
    }


_LATEX_FUNCTIONS = {
    "sigmoid": r"\sigma", "maximum": r"\max", "minimum": r"\min", "max": r"\max", "min": r"\min",
    "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan",
    **{name: f"\\{name}" for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
}  # fmt: skip
_FENCES = {"Abs": (r"\left|", r"\right|"), "floor": (r"\left\lfloor ", r" \right\rfloor")}
_TALL = ("\\frac", "\\sum", "\\max_", "\\min_", "\\left", "\\begin")


def parenthesised(text: str) -> str:
    r"""Return the text in brackets of its height; low ones, so that a line can break inside."""
    if any(mark in text for mark in _TALL):
        return f"\\left({text}\\right)"
    return f"({text})"


class LatexPrinter(FormulaPrinter):
    """LaTeX, as a textbook sets it; needs amsmath and amssymb."""

    times = " "
    over = "/"
    signs = {sympy.Lt: "<", sympy.Le: r"\le", sympy.Gt: ">", sympy.Ge: r"\ge", sympy.Eq: "=",
             sympy.Ne: r"\ne"}  # fmt: skip
    words = {"and": r" \wedge ", "or": r" \vee ", "not": r"\neg "}

    def __init__(self, order: Sequence[Expr], notation: Notation) -> None:
        super().__init__(order)
        self.notation = notation

    def enclosed(self, text: str, own: int, level: int) -> str:
        return parenthesised(text) if own < level else text

    def access(self, e: Access) -> tuple[str, int]:
        under = ",".join(map(self, e.indices))
        level = POWER if self.notation.compound(e.name) else ATOM
        return self.notation.tensor(e.name, under), level

    def symbol(self, e: Symbol) -> tuple[str, int]:
        return self.notation.symbol(str(e)), ATOM

    def constant(self, e: Expr) -> tuple[str, int]:
        known = {sympy.pi: r"\pi", sympy.E: "e"}
        return known.get(e, _word(str(e))), ATOM

    def number(self, e: Any) -> tuple[str, int]:
        sign, level = ("-", UNARY) if e.is_negative else ("", ATOM)
        short = decimal(abs(e)) if e.is_Rational else repr(abs(float(e)))
        if short is None:
            return f"{sign}\\frac{{{abs(e.p)}}}{{{e.q}}}", UNARY
        digits, _, exponent = short.partition("e")
        if exponent:
            power = f"10^{{{int(exponent)}}}"
            factor = "" if digits == "1" else f"{digits} \\cdot "
            return sign + factor + power, (MULTIPLY if factor else UNARY if sign else POWER)
        return sign + digits, level

    def fraction(self, above: list[Expr], below: list[Expr]) -> tuple[str, int]:
        above, below = tidied(above, below)
        top, level = self.factors(above)
        if not below:
            return top, level
        return f"\\frac{{{top or '1'}}}{{{self.factors(below)[0]}}}", UNARY

    def factors(self, found: list[Expr]) -> tuple[str, int]:
        """Return factors side by side; a dot stands before a digit."""
        if len(found) == 1:
            return self.visit(found[0])
        text = ""
        for factor in found:
            shown = self(factor, UNARY if text else MULTIPLY)
            shown = f"({shown})" if text and shown.startswith("-") else shown
            dot = r" \cdot " if text and shown[0].isdigit() else " " if text else ""
            text += dot + shown
        return text, MULTIPLY

    def power(self, e: Expr) -> tuple[str, int]:
        if e.args[1] == sympy.Rational(1, 2):
            return f"\\sqrt{{{self(e.args[0])}}}", POWER
        return super().power(e)

    def raised(self, base: Expr, exponent: Expr) -> tuple[str, int]:
        return f"{self(base, ATOM)}^{{{self(exponent)}}}", POWER

    def function(self, e: Expr) -> tuple[str, int]:
        name = e.func.__name__
        if name == "log1p":
            return self.call("log", self(Integer(1) + e.args[0])), ATOM
        if name == "expm1":
            return f"{self.call('exp', self(e.args[0]))} - 1", ADD
        arguments = ", ".join(map(self, e.args))
        if name in _FENCES:
            return arguments.join(_FENCES[name]), ATOM
        return self.call(name, arguments), ATOM

    def call(self, name: str, arguments: str) -> str:
        command = _LATEX_FUNCTIONS.get(name) or f"\\operatorname{{{escaped(name)}}}"
        return command + parenthesised(arguments)

    def modulo(self, e: Expr) -> tuple[str, int]:
        return f"{self(e.args[0], UNARY)} \\bmod {self(e.args[1], UNARY)}", MULTIPLY

    def cases(self, condition: Any, a: Expr, b: Expr) -> tuple[str, int]:
        rows = f"{self(a)} & {self(condition)} \\\\ {{}}{self(b)} & \\text{{otherwise}}"
        return f"\\begin{{cases}} {rows} \\end{{cases}}", LOOSE

    def reduction(
        self, op: str, indices: Sequence[Symbol], places: Sequence[Any], body: Expr
    ) -> str:
        under = ",".join(map(self, indices))
        under += (r" \,:\, " if indices and places else "") + r",\, ".join(map(self, places))
        return f"\\{op}_{{{under}}} {self(body, MULTIPLY)}"

    def bracket(self, condition: Any) -> str:
        return f"[{self(condition)}]"
