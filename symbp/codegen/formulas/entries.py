"""Entries: what is printed of each tensor, in index form and, where it has one, in matrix form."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr

from symbp.codegen.formulas.printer import FormulaPrinter, bracketed
from symbp.codegen.formulas.sheet import Sheet
from symbp.codegen.formulas.tree import (
    Matrix,
    Named,
    Norm,
    OneHot,
    Ones,
    Pointwise,
    Product,
    Transpose,
    is_scalar,
)  # fmt: skip
from symbp.codegen.header import shape_text
from symbp.ir.printer import ATOM, LOOSE, MULTIPLY, POWER, UNARY
from symbp.ir.program import Access, accesses

EMPTY: Mapping[str, Matrix] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor: its name and shape, its index form, and its matrix form if there is one."""

    name: str
    shape: str
    about: str
    index: str
    matrix: str | None
    code: tuple[str, ...] = ()
    """The generated lines that compute it, where they are shown."""
    alike: str = ""
    """What is left out after it: "layers 2 to 49 alike"."""


Sections = list[tuple[str, list[Entry]]]


class SheetPrinter(FormulaPrinter, ABC):
    """Prints what a sheet shows.

    A pointwise form is printed like any other expression, with matrices for its accesses
    (`operands`) and the elementwise product for its own.
    """

    hadamard: str
    divided: str
    ones: str
    meanings: tuple[tuple[str, str], ...]
    """Patterns of signs and what they mean; LOSS stands for the loss."""
    in_columns: str
    """What is said where samples are columns."""

    def __init__(
        self, sheet: Sheet, order: Sequence[Expr] = (), operands: Mapping[str, Matrix] = EMPTY
    ) -> None:
        FormulaPrinter.__init__(self, order)
        self.sheet = sheet
        self.operands = operands
        self.loss = sheet.loss

    # The sheet.

    def sections(self) -> Sections:
        """Return the forward pass, and the gradients from the loss backwards."""
        parts = (("Forward", self.sheet.forward), ("Gradients", self.sheet.gradients))
        return [(title, [self.entry(n) for n in names]) for title, names in parts if names]

    def entry(self, name: str) -> Entry:
        sheet, form = self.sheet, self.sheet.matrices.get(name)
        formula = sheet.formulas[name]
        about = f" = {self.partial(sheet.adjoints[name])}" if name in sheet.adjoints else ""
        line = type(self)(sheet, formula.indices).formula(formula)
        matrix = f"{self.named(name)[0]} = {self.matrix(form)}" if form else None
        return Entry(name, shape_text(formula.tensor), about, line, matrix)

    def legend(self, sections: Sections) -> list[str]:
        """Return the meaning of each sign that the sections use."""
        sheet, entries = self.sheet, [e for _, part in sections for e in part]
        used = "\n".join(f"{e.index}\n{e.matrix}" for e in entries)
        layers = {self.named(a)[0]: self.partial(sheet.adjoints[a]) for a in sheet.layers}
        shown = {n: m for n, m in layers.items() if re.search(f"{re.escape(n)}(?![⁰¹²³⁴-⁹])", used)}
        found = [f"{name} = {meaning}" for name, meaning in shown.items()]
        if sheet.one_hot and re.search(r"\bY\b", used):
            found.append(f"Y = {self.one_hot(sheet.one_hot)}")
        meanings = (m.replace("LOSS", self.loss) for s, m in self.meanings if re.search(s, used))
        return [*found, *meanings, *([self.in_columns] if sheet.columns else [])]

    # Matrices.

    def matrix(self, matrix: Matrix, level: int = LOOSE) -> str:
        return self.enclosed(*self.shown(matrix), level)

    def shown(self, matrix: Matrix) -> tuple[str, int]:
        match matrix:
            case Named():
                return self.named(matrix.name)
            case Ones():
                return self.ones, ATOM
            case OneHot():
                alone = matrix.label == self.sheet.one_hot
                return ("Y" if alone else self.one_hot(matrix.label)), ATOM
            case Transpose():
                return self.transposed(matrix.of), POWER
            case Norm():
                return self.norm(matrix.of), POWER
            case Product():
                sides = (matrix.left, matrix.right)
                levels = (MULTIPLY if isinstance(m, Product) else UNARY for m in sides)
                return " ".join(map(self.matrix, sides, levels)), MULTIPLY
            case Pointwise():
                inner = type(self)(self.sheet, operands=dict(matrix.operands))
                return inner.visit(bracketed(matrix.expression))

    # Pointwise expressions.

    def access(self, e: Access) -> tuple[str, int]:
        return self.shown(self.operands[e.name]) if e.name in self.operands else super().access(e)

    def quotient(self, above: list[Expr], below: list[Expr]) -> tuple[str, int]:
        top, under = ([f for f in part if self._is_matrix(f)] for part in (above, below))
        if not top and not under:
            return super().quotient(above, below)
        top.sort(key=self._rank)
        top = sorted(top, key=lambda f: 1 - f in top)  # a slope h (1 - h) comes last
        scalars = [[f for f in part if not self._is_matrix(f)] for part in (above, below)]
        factor = self.enclosed(*super().quotient(*scalars), MULTIPLY) if any(scalars) else ""
        alone = len(top) == 1 and not under
        if alone and not factor:
            return self.visit(top[0])
        product = self.hadamard.join(self(f, MULTIPLY if alone else UNARY) for f in top)
        text = self.times.join(filter(None, (factor, product))) or "1"
        return text + "".join(self.divided + self(f, UNARY) for f in under), MULTIPLY

    def raised(self, base: Expr, exponent: Expr) -> tuple[str, int]:
        if self._is_matrix(base):
            return self.elementwise_power(self(base, ATOM), self(exponent, ATOM)), POWER
        return super().raised(base, exponent)

    def _is_matrix(self, e: Expr) -> bool:
        used = (self.operands[a.name] for a in accesses(e) if a.name in self.operands)
        return any(not is_scalar(m) for m in used)

    def _rank(self, factor: Expr) -> int:
        """Products first, then tensors, then what is composed: (d W') o h o (1 - h)."""
        matrix = self.operands[factor.name] if isinstance(factor, Access) else None
        return 2 if matrix is None else 1 if isinstance(matrix, Named) else 0

    # What text and LaTeX spell in their own way.

    @abstractmethod
    def named(self, name: str) -> tuple[str, int]:
        """Return a tensor's name as a matrix, and how tightly it holds together."""

    @abstractmethod
    def partial(self, name: str) -> str:
        """Return the derivative of the loss by a tensor."""

    @abstractmethod
    def one_hot(self, label: str) -> str: ...

    @abstractmethod
    def transposed(self, matrix: Matrix) -> str: ...

    @abstractmethod
    def norm(self, matrix: Matrix) -> str: ...

    @abstractmethod
    def elementwise_power(self, base: str, exponent: str) -> str: ...
