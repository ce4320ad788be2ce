"""Matrices know their shapes."""

import pytest
from sympy import Integer

from symbp.codegen.formulas.tree import Named, Ones, Pointwise, Product, substitute, transpose
from symbp.errors import ShapeError
from symbp.ir.program import Access


def test_operands_must_fit():
    square, tall = Named("a", Integer(2), Integer(2)), Named("b", Integer(3), Integer(2))
    with pytest.raises(ShapeError, match="2 x 2 matrix can't meet"):
        Pointwise(Access("b") + Access("a"), (("b", tall), ("a", square)))


def test_a_transpose_goes_inside_a_product():
    a, b = Named("a", Integer(2), Integer(3)), Named("b", Integer(3), Integer(4))
    assert transpose(Product(a, b)) == Product(transpose(b), transpose(a))
    assert transpose(transpose(a)) == a


def test_a_substituted_pointwise_form_is_written_out():
    column = Ones(Integer(2))
    outer = Pointwise(2 * Access("a"), (("a", Named("a", Integer(2), Integer(1))),))
    inner = Pointwise(Access("b") ** 2, (("b", column),))
    assert substitute(outer, "a", inner) == Pointwise(2 * Access("b") ** 2, (("b", column),))
