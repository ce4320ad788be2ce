"""Sums of products of two tensors whose indices are loop indices, for `dot`, `matmul` and `einsum`.

What has windows or groups of indices is for products.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Mul

from symbp.codegen.numpy_target.views import Axes
from symbp.ir.program import Access, Equation


@dataclass(frozen=True, slots=True)
class Product:
    """A matrix product: operands, and their batch, free and contracted indices."""

    a: Access
    b: Access
    constant: Expr
    batch: Axes
    free_a: Axes
    free_b: Axes
    contracted: Axes


def product(equation: Equation) -> Product | None:
    """Return an equation as a product of two tensors, or None where it is no such thing."""
    if equation.op != "sum" or not equation.plain or not equation.reduced:
        return None
    loops = equation.extent
    factors = [f for f in Mul.make_args(equation.body) if f.free_symbols & set(loops)]
    constant = Mul(*(f for f in Mul.make_args(equation.body) if f not in factors))
    if len(factors) == 1 and factors[0].is_Pow and factors[0].exp == 2:
        factors = [factors[0].base] * 2
    if len(factors) != 2 or not all(isinstance(f, Access) for f in factors):
        return None
    for f in factors:
        if any(g not in loops for g in f.indices) or len(set(f.indices)) != len(f.indices):
            return None
    target = equation.target.indices
    shared = {*factors[0].indices} & {*factors[1].indices}

    def place(factor: Access) -> int:
        """Return where the first index that is the factor's alone stands in the target."""
        own = [target.index(g) for g in factor.indices if g in target and g not in shared]
        return min(own, default=len(target))

    a, b = sorted(factors, key=place)
    both = [i for i in a.indices if i in b.indices]
    contracted = tuple(i for i in both if i not in target)
    if set(contracted) != set(equation.reduced) or set(target) - {*a.indices, *b.indices}:
        return None
    return Product(
        a, b, constant,
        tuple(i for i in target if i in both),
        tuple(i for i in target if i in a.indices and i not in both),
        tuple(i for i in target if i in b.indices and i not in both),
        contracted,
    )  # fmt: skip


def is_dot(found: Product, equation: Equation) -> bool:
    """Tell whether a product is one of matrices as they stand, or of a batch of them."""
    return (
        len(found.contracted) == 1
        and len(found.free_a) <= 1
        and len(found.free_b) <= 1
        and (not found.batch or bool(found.free_a and found.free_b))
        and (*found.batch, *found.free_a, *found.free_b) == equation.target.indices
    )


__all__ = ["Product", "is_dot", "product"]
