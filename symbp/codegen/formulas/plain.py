"""Plain text: the notation of a program, with unicode where that reads better.

>>> from symbp.codegen.formulas.formula import formulas
>>> from symbp.ir.text import parse
>>> program = parse('''input x[N,2]
... param W[2,4], b[4]
... z[n,j] = sum[i](x[n,i] * W[i,j])
... z[n,j] += b[j]
... ''')
>>> (z,) = formulas(program)
>>> print(PlainPrinter(z.indices).formula(z))
z[n,j] = sum[i](x[n,i] * W[i,j]) + b[j]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Expr

from symbp.codegen.formulas.entries import EMPTY, SheetPrinter
from symbp.codegen.formulas.printer import FormulaPrinter
from symbp.codegen.formulas.sheet import Sheet
from symbp.codegen.formulas.tree import Matrix
from symbp.ir.printer import ATOM

DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class PlainPrinter(FormulaPrinter):
    """One formula in index form."""

    times = " * "
    over = " / "


class PlainSheet(SheetPrinter, PlainPrinter):
    """Index and matrix forms as text."""

    hadamard, divided, ones = " ⊙ ", " ⊘ ", "𝟏"
    meanings = (
        ("∇", "∇v = ∂LOSS/∂v"),
        ("𝟏", "𝟏 = a column of ones"),
        (r"\bY\b|onehot", "onehot(t)[n,j] = [j = t[n]]"),
        ("⊙", "a ⊙ b = the product of each two elements"),
        ("⊘", "a ⊘ b = the quotient of each two elements"),
        ("∘", "a^∘k = the power of each element"),
        ("‖", "‖a‖² = the sum of all squares"),
        (r"\[[^]]* [=<>≤≥≠] ", "[c] = 1 where c holds, else 0"),
    )

    in_columns = "Samples are columns: a matrix is the transpose of its array."

    def __init__(
        self, sheet: Sheet, order: Sequence[Expr] = (), operands: Mapping[str, Matrix] = EMPTY
    ) -> None:
        super().__init__(sheet, order, operands)
        self.times, self.over = (" · ", "/") if operands else (" * ", " / ")

    def named(self, name: str) -> tuple[str, int]:
        if name in self.sheet.layers:
            return "δ" + str(self.sheet.layers[name]).translate(DIGITS), ATOM
        return ("∇" + self.sheet.adjoints[name] if name in self.sheet.adjoints else name), ATOM

    def partial(self, name: str) -> str:
        return f"∂{self.loss}/∂{name}"

    def one_hot(self, label: str) -> str:
        return f"onehot({label})"

    def transposed(self, matrix: Matrix) -> str:
        return f"{self.matrix(matrix, ATOM)}ᵀ"

    def norm(self, matrix: Matrix) -> str:
        return f"‖{self.matrix(matrix)}‖²"

    def elementwise_power(self, base: str, exponent: str) -> str:
        return f"{base}^∘{exponent}"
