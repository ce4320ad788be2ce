"""Samples as columns: the same forms in the notation in which a layer is Z = W X + b 1'.

Every matrix is written for the transpose of its array, so that a product turns round; vectors stay
columns.

>>> from sympy import Integer, Symbol
>>> N, two, four = Symbol("N"), Integer(2), Integer(4)
>>> in_columns(Product(Named("x", N, two), Named("W", two, four)), {"x": 2, "W": 2, "z": 2}, 2)
Product(left=Named(name='W', rows=4, cols=2), right=Named(name='x', rows=2, cols=N))

Source: M. Nielsen, Neural Networks and Deep Learning (2015), chapter 2, writes so.
"""

from __future__ import annotations

from collections.abc import Mapping

from symbp.codegen.formulas.tree import (
    Matrix,
    Named,
    Norm,
    OneHot,
    Ones,
    Pointwise,
    Product,
    Transpose,
    transpose,
)  # fmt: skip


def in_columns(matrix: Matrix, ranks: Mapping[str, int], rank: int) -> Matrix:
    """Return a tensor's form where samples are columns.

    Args:
        ranks: of every tensor.
        rank: of the tensor whose form it is.
    """
    turned = _turned(matrix, ranks)
    return turned if rank == 2 else _transposed(turned)


def _turned(m: Matrix, ranks: Mapping[str, int]) -> Matrix:
    """Return the transpose of a matrix in terms of the transposes of all arrays of rank 2."""
    match m:
        case Named():
            return Named(m.name, m.cols, m.rows) if ranks[m.name] == 2 else transpose(m)
        case OneHot():
            return OneHot(m.label, m.cols, m.rows)
        case Ones():
            return transpose(m)
        case Transpose():
            return transpose(_turned(m.of, ranks))
        case Product():
            return Product(_turned(m.right, ranks), _turned(m.left, ranks))
        case Norm():
            return Norm(_turned(m.of, ranks))
        case Pointwise():
            return Pointwise(m.expression, tuple((k, _turned(o, ranks)) for k, o in m.operands))


def _transposed(m: Matrix) -> Matrix:
    """Return the transpose, of a pointwise expression that of its operands."""
    if isinstance(m, Pointwise):
        return Pointwise(m.expression, tuple((k, _transposed(o)) for k, o in m.operands))
    if isinstance(m, Product):  # also one of 1 x 1, of which `transpose` leaves what it is
        return Product(transpose(m.right), transpose(m.left))
    return transpose(m)
