"""Elementwise: a scalar expression in at most two indices as one matrix."""

from __future__ import annotations

from sympy import Expr, Mul, Symbol

from symbp.codegen.formulas.tree import (
    ONE,
    Matrix,
    Named,
    Ones,
    Pointwise,
    Product,
    Transpose,
    shape,
    transpose,
    transposes,
)  # fmt: skip
from symbp.ir.program import Access, Program, accesses


class Formless(Exception):  # noqa: N818 - it is no error
    """The formula has no matrix form in this algebra."""


Frame = tuple[Symbol | None, Symbol | None]
"""The indices that run over rows and columns."""


class Elementwise:
    """Puts a scalar expression of accesses x[n,i] together as a matrix.

    An intermediate matrix goes by a number: an access "000001"[n,j] stands for it in a body, so
    that what is left to do is always a scalar expression.
    """

    def __init__(self, program: Program) -> None:
        self.table = program.table()
        self.matrices: dict[str, Matrix] = {}
        self.numbers: dict[Matrix, str] = {}
        self.extents: dict[Symbol, Expr] = {}

    def _indices(self, e: Expr) -> set[Symbol]:
        return {s for s in e.free_symbols if s in self.extents}

    def name(self, matrix: Matrix, *indices: Symbol) -> Access:
        """Return the access that stands for a matrix."""
        number = self.numbers.setdefault(matrix, f"{len(self.numbers) + 1:06}")
        self.matrices[number] = matrix
        return Access(number, *indices)

    def oriented(self, e: Expr, frame: Frame) -> Matrix:
        """Return an expression as a matrix; transposed as a whole where that reads better."""
        row, col = frame
        matrix = self.pointwise(e, frame)
        if col is None:
            return matrix
        other = transpose(self.pointwise(e, (col, row)))
        return other if transposes(other) < transposes(matrix) else matrix

    def pointwise(self, e: Expr, frame: Frame) -> Matrix:
        """Return an expression in the indices of the frame, of the shape of what it uses."""
        if not self._indices(e) <= {i for i in frame if i is not None}:
            raise Formless
        lifted = self._lifted(e, frame)
        if isinstance(lifted, Access):
            return self._operand(lifted.name)
        used = dict.fromkeys(a.name for a in accesses(lifted))
        return Pointwise(lifted, tuple((name, self._operand(name)) for name in used))

    def _operand(self, name: str) -> Matrix:
        if name in self.matrices:
            return self.matrices[name]
        rows, cols = (*self.table[name].shape, ONE, ONE)[:2]
        return Named(name, rows, cols)

    def _lifted(self, e: Expr, frame: Frame) -> Expr:
        """Return an expression whose accesses are matrices of the frame's shape, or scalars."""
        row, col = frame
        found = self._indices(e)
        if e in self.extents:
            raise Formless
        if not found:
            return e
        if row is not None and col is not None and len(found) == 1 and isinstance(e, Expr):
            return self._broadcast(e, row, col)
        if isinstance(e, Access):
            return self._leaf(e, frame)
        if col is not None and (e.is_Mul or e.is_Add):
            return self._grouped(e, frame)
        return e.func(*(self._lifted(a, frame) for a in e.args))

    def _leaf(self, e: Access, frame: Frame) -> Access:
        matrix = self._operand(e.name)
        extents = tuple(self.extents[i] for i in e.indices)
        fits = shape(matrix) == (*extents, ONE)[:2] and len(extents) <= 2
        if not fits or len(set(e.indices)) < len(extents):
            raise Formless
        if e.indices != tuple(i for i in frame if i is not None):
            matrix = transpose(matrix)
        return self._placed(matrix)

    def _placed(self, matrix: Matrix) -> Access:
        return Access(matrix.name) if isinstance(matrix, Named) else self.name(matrix)

    def _broadcast(self, e: Expr, row: Symbol, col: Symbol) -> Expr:
        """Return a column u as u 1', a row v as 1 v'; scalar factors stay outside."""
        (i,) = self._indices(e)
        factor, e = e.as_independent(i, as_Add=False)
        column = self.pointwise(e, (i, None))
        if i == row:
            return factor * self._placed(Product(column, Transpose(Ones(self.extents[col]))))
        return factor * self._placed(Product(Ones(self.extents[row]), transpose(column)))

    def _grouped(self, e: Expr, frame: Frame) -> Expr:
        """Return a sum or a product whose rows and columns are put together before they spread."""
        row, col = frame
        groups: dict[tuple[bool, bool, bool], list[Expr]] = {}
        for part in e.args:
            found = self._indices(part)
            below = e.is_Mul and part.is_Pow and part.exp.could_extract_minus_sign()
            groups.setdefault((row in found, col in found, below), []).append(part)

        def where(in_row: bool, in_col: bool) -> list[Expr]:
            return [f for key, part in groups.items() if key[:2] == (in_row, in_col) for f in part]

        full, rows, cols = where(True, True), where(True, False), where(False, True)
        if e.is_Mul and rows and cols and not full:
            return Mul(*where(False, False), self._outer(Mul(*rows), Mul(*cols), frame))
        lifted = [self._lifted(part, frame) for part in full]
        lifted += [
            self._spread(e.func(*part), below, frame)
            for (in_row, in_col, below), part in groups.items()
            if not (in_row and in_col)
        ]
        return e.func(*lifted)

    def _spread(self, e: Expr, below: bool, frame: Frame) -> Expr:
        """Return an expression in rows, in columns or in neither; a divisor stays a divisor."""
        return 1 / self._lifted(1 / e, frame) if below else self._lifted(e, frame)

    def _outer(self, u: Expr, v: Expr, frame: Frame) -> Access:
        row, col = frame
        return self._placed(
            Product(self.pointwise(u, (row, None)), transpose(self.pointwise(v, (col, None))))
        )
