"""Matrices: the tree that a matrix form is, each node with its shape.

Rows are samples; a tensor of rank 1 is a column, one of rank 0 a 1 x 1 matrix.

    matrix    ::= Named | Ones | OneHot         a tensor, a column of ones, Y[n,j] = [j = t[n]]
                | Product(matrix, matrix)       the matrix product
                | Transpose(matrix)
                | Norm(matrix)                  the sum of all squares
                | Pointwise(e, operands)        e for each element; operands are of one shape,
                                                or 1 x 1 and taken for every element

Every node knows its shape and refuses operands that do not fit.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Integer

from symbp.errors import ShapeError
from symbp.ir.program import Access

ONE = Integer(1)


@dataclass(frozen=True, slots=True)
class Named:
    """A tensor of rank 2, 1 (a column) or 0."""

    name: str
    rows: Expr
    cols: Expr


@dataclass(frozen=True, slots=True)
class Ones:
    """A column of ones."""

    rows: Expr
    cols: Expr = ONE


@dataclass(frozen=True, slots=True)
class OneHot:
    """Row n has a 1 in column t[n]."""

    label: str
    rows: Expr
    cols: Expr


@dataclass(frozen=True, slots=True)
class Product:
    """The matrix product.

    >>> Product(Ones(Integer(2)), Ones(Integer(2)))
    Traceback (most recent call last):
    symbp.errors.ShapeError: a 2 x 1 matrix can't be multiplied by a 2 x 1 matrix
    """

    left: Matrix
    right: Matrix

    def __post_init__(self) -> None:
        if self.left.cols != self.right.rows:
            raise ShapeError(f"a {size(self.left)} can't be multiplied by a {size(self.right)}")

    @property
    def rows(self) -> Expr:
        return self.left.rows

    @property
    def cols(self) -> Expr:
        return self.right.cols


@dataclass(frozen=True, slots=True)
class Transpose:
    """The transpose."""

    of: Matrix

    @property
    def rows(self) -> Expr:
        return self.of.cols

    @property
    def cols(self) -> Expr:
        return self.of.rows


@dataclass(frozen=True, slots=True)
class Norm:
    """The sum of all squared elements."""

    of: Matrix
    rows: Expr = ONE
    cols: Expr = ONE


@dataclass(frozen=True, slots=True)
class Pointwise:
    """A scalar expression for each element; an operand is an access without indices."""

    expression: Expr
    operands: tuple[tuple[str, Matrix], ...]

    def __post_init__(self) -> None:
        for _, operand in self.operands:
            if not is_scalar(operand) and shape(operand) != (self.rows, self.cols):
                raise ShapeError(f"a {size(operand)} can't meet a {self.rows} x {self.cols} one")

    @property
    def rows(self) -> Expr:
        return self._shape()[0]

    @property
    def cols(self) -> Expr:
        return self._shape()[1]

    def _shape(self) -> tuple[Expr, Expr]:
        large = (shape(m) for _, m in self.operands if not is_scalar(m))
        return next(large, (ONE, ONE))


ZERO = Pointwise(Integer(0), ())
Matrix = Named | Ones | OneHot | Product | Transpose | Norm | Pointwise


def shape(matrix: Matrix) -> tuple[Expr, Expr]:
    return matrix.rows, matrix.cols


def size(matrix: Matrix) -> str:
    return f"{matrix.rows} x {matrix.cols} matrix"


def is_scalar(matrix: Matrix) -> bool:
    return shape(matrix) == (ONE, ONE)


def transpose(matrix: Matrix) -> Matrix:
    """Return the transpose, without one of a transpose, a product or a scalar."""
    if is_scalar(matrix):
        return matrix
    if isinstance(matrix, Transpose):
        return matrix.of
    if isinstance(matrix, Product):
        return Product(transpose(matrix.right), transpose(matrix.left))
    return Transpose(matrix)


def transposes(matrix: Matrix) -> int:
    """Count the transposes that a reader sees."""
    if isinstance(matrix, Transpose):
        return 1 + transposes(matrix.of)
    if isinstance(matrix, Product):
        return transposes(matrix.left) + transposes(matrix.right)
    if isinstance(matrix, Pointwise):
        return sum(transposes(m) for _, m in matrix.operands)
    return 0


def substitute(matrix: Matrix, name: str, new: Matrix) -> Matrix:
    """Return a matrix with another one in the place of a tensor."""

    def again(m: Matrix) -> Matrix:
        return substitute(m, name, new)

    match matrix:
        case Named():
            return new if matrix.name == name else matrix
        case Product():
            return Product(again(matrix.left), again(matrix.right))
        case Transpose():
            return transpose(again(matrix.of))
        case Norm():
            return Norm(again(matrix.of))
        case Pointwise():
            return _flat(matrix.expression, {key: again(m) for key, m in matrix.operands})
        case _:
            return matrix


def _flat(expression: Expr, operands: dict[str, Matrix]) -> Pointwise:
    """Return a pointwise expression with those among its operands written out."""
    inner = {key: m for key, m in operands.items() if isinstance(m, Pointwise)}
    flat = expression.xreplace({Access(key): m.expression for key, m in inner.items()})
    found = {key: m for key, m in operands.items() if key not in inner}
    for m in inner.values():
        found |= dict(m.operands)
    return Pointwise(flat, tuple(found.items()))
