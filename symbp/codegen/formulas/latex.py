r"""LaTeX: formulas as a textbook sets them; needs amsmath.

>>> from symbp.codegen.formulas.formula import formulas
>>> from symbp.ir.text import parse
>>> program = parse('''input x[N,2]
... param W[2,4], b[4]
... z[n,j] = sum[i](x[n,i] * W[i,j])
... z[n,j] += b[j]
... ''')
>>> (z,) = formulas(program)
>>> print(LatexPrinter(z.indices, Notation(program)).formula(z))
z_{n,j} = \sum_{i} x_{n,i} W_{i,j} + b_{j}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from sympy import Expr, Integer, Symbol

from symbp.codegen.formulas.entries import EMPTY, SheetPrinter
from symbp.codegen.formulas.notation import Notation, escaped, word
from symbp.codegen.formulas.printer import FormulaPrinter
from symbp.codegen.formulas.sheet import Sheet
from symbp.codegen.formulas.tree import Matrix, Named
from symbp.ir.printer import ADD, ATOM, LOOSE, MULTIPLY, POWER, UNARY, decimal
from symbp.ir.program import Access

_LATEX_FUNCTIONS = {
    "sigmoid": r"\sigma", "maximum": r"\max", "minimum": r"\min", "max": r"\max", "min": r"\min",
    "asin": r"\arcsin", "normal_cdf": r"\Phi", "acos": r"\arccos", "atan": r"\arctan",
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
    """LaTeX, as a textbook sets it; needs amsmath."""

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
        return known.get(e, word(str(e))), ATOM

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

    def quotient(self, above: list[Expr], below: list[Expr]) -> tuple[str, int]:
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


class LatexSheet(SheetPrinter, LatexPrinter):
    """Index and matrix forms in LaTeX."""

    hadamard, divided, ones = r" \odot ", r" \oslash ", r"\mathbf{1}"
    meanings = (
        (r"\\nabla", r"\nabla_{v} LOSS = \frac{\partial LOSS}{\partial v}"),
        (r"\\mathbf{1}", r"\mathbf{1} = (1, \dots, 1)^{\top}"),
        (r"\bY\b|onehot", r"\operatorname{onehot}(t)_{n,j} = [j = t_{n}]"),
        (r"\\odot", r"(a \odot b)_{n,j} = a_{n,j} b_{n,j}"),
        (r"\\oslash", r"(a \oslash b)_{n,j} = a_{n,j} / b_{n,j}"),
        (r"\\circ", r"(a^{\circ k})_{n,j} = a_{n,j}^{k}"),
        (r"\\lVert", r"\lVert a \rVert^{2} = \sum_{n,j} a_{n,j}^{2}"),
        (r"\[[^]]* (=|<|>|\\le|\\ge|\\ne) ", r"{[c]} = 1 \text{ where } c \text{ holds, else } 0"),
    )

    in_columns = r"\text{samples are columns: a matrix is the transpose of its array}"

    def __init__(
        self, sheet: Sheet, order: Sequence[Expr] = (), operands: Mapping[str, Matrix] = EMPTY
    ) -> None:
        SheetPrinter.__init__(self, sheet, order, operands)
        self.notation = sheet.notation
        self.loss = sheet.notation.loss

    def named(self, name: str) -> tuple[str, int]:
        if name in self.sheet.layers:
            return f"\\delta^{{({self.sheet.layers[name]})}}", POWER
        if name in self.sheet.adjoints:
            inner = self.notation.tensor(self.sheet.adjoints[name])
            return f"\\nabla_{{{inner}}} {self.loss}", MULTIPLY
        return self.notation.tensor(name), POWER if self.notation.compound(name) else ATOM

    def partial(self, name: str) -> str:
        return f"\\frac{{\\partial {self.loss}}}{{\\partial {self.notation.tensor(name)}}}"

    def one_hot(self, label: str) -> str:
        return f"\\operatorname{{onehot}}({self.notation.tensor(label)})"

    def transposed(self, matrix: Matrix) -> str:
        if isinstance(matrix, Named) and matrix.name in self.sheet.layers:
            return f"\\delta^{{({self.sheet.layers[matrix.name]})\\top}}"
        if isinstance(matrix, Named) and matrix.name not in self.sheet.adjoints:
            return self.notation.tensor(matrix.name, after=r"\top")
        return f"{self.matrix(matrix, ATOM)}^{{\\top}}"

    def norm(self, matrix: Matrix) -> str:
        return f"\\lVert {self.matrix(matrix)} \\rVert^{{2}}"

    def elementwise_power(self, base: str, exponent: str) -> str:
        return f"{base}^{{\\circ {exponent}}}"
