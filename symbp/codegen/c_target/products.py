"""Equations that are matrix products, as one call of `multiply` (kernels/multiply.c).

`c[i,j] = sum[k](a[i,k] * b[k,j])` is one, and so is whatever has the same form once every access
is seen as a place in memory: a transposed operand, a part of an array, a window that slides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, Integer, Mul, Symbol

from symbp.codegen.c_target.expressions import Integers, Scope, place
from symbp.ir.printer import ADD
from symbp.ir.program import Access, Equation, Tensor

PANEL = 4096
"""How many numbers `multiply` copies side by side: as many as a first cache holds easily."""
SMALL = 256
"""What the three extents must come to, multiplied, for a call to be cheaper than plain loops.

Measured on 2-4-1 to 16-16-1 with batches of 1, 4 and 32: the two meet at 4 x 4, and from 4 x 8 on
the call wins for all of them.
"""
_UNKNOWN = 8
"""What a size that is known only later counts as."""
_ONE = Symbol("1")
"""The columns of a vector."""


@dataclass(frozen=True, slots=True)
class Product:
    """`target[row, column] += sum[depth](left[row, depth] * right[depth, column])`."""

    equation: Equation
    table: Mapping[str, Tensor]
    left: Access
    right: Access
    row: Symbol
    column: Symbol
    depth: Symbol

    def call(self, scope: Scope, panel: str) -> str:
        """Return the statement that adds the product to the target."""
        integers = Integers(scope)
        extents = {_ONE: Integer(1), **self.equation.extent}
        words = [integers(extents[i]) for i in (self.row, self.column, self.depth)]
        for access, walked in (
            (self.left, (self.row, self.depth)),
            (self.right, (self.depth, self.column)),
            (self.equation.target, (self.row,)),
        ):
            where = place(access, self.table)
            start = where.xreplace(dict.fromkeys(extents, Integer(0)))
            shift = f" + {integers(start, ADD)}" if start != 0 else ""
            steps = [_step(where, i) for i in walked]
            words += [scope.name(access.name) + shift, *map(integers, steps)]
        return f"multiply({', '.join([*words, panel])});"

    def even(self) -> bool:
        """Tell whether all accesses move as they do in a matrix product; c's rows are whole."""
        left, right = place(self.left, self.table), place(self.right, self.table)
        target = place(self.equation.target, self.table)
        return (
            _walks(left, (self.row, self.depth), self.column)
            and _walks(right, (self.depth, self.column), self.row)
            and _step(target, self.column) == 1
            # Loops are as good where a vector's rows do not lie in one piece: see loop_order.
            and (self.column is not _ONE or _step(left, self.depth) == 1)
        )


def product(equation: Equation, table: Mapping[str, Tensor]) -> Product | None:
    """Return an equation as a matrix product, if it is one that is worth a call."""
    factors = Mul.make_args(equation.body)
    if (
        equation.op != "sum"
        or not equation.plain
        or len(equation.reduced) != 1
        or len(factors) != 2
        or not all(isinstance(f, Access) and table[f.name].bound is None for f in factors)
        or not _worthwhile(equation)
    ):
        return None
    kept = [i for i in equation.target.indices if isinstance(i, Symbol)]
    if len(kept) not in (1, 2) or len(equation.ranges) != len(kept) + 1:
        return None
    row, column = (*kept, _ONE)[:2]
    for left, right in (factors, factors[::-1]):
        found = Product(equation, table, left, right, row, column, equation.reduced[0])
        if found.even():
            return found
    return None


def _worthwhile(equation: Equation) -> bool:
    """Tell whether a product is large enough."""
    work: Expr = Mul(*(n if n.is_Integer else _UNKNOWN for _, n in equation.ranges))
    return bool(work >= SMALL)


def _step(where: Expr, i: Symbol) -> Expr:
    """Return how far a place moves with an index."""
    return Integer(1) if i is _ONE else where.coeff(i)


def _walks(where: Expr, along: tuple[Symbol, Symbol], across: Symbol) -> bool:
    """Tell whether a place moves evenly with two indices, and not with the third."""
    steps = [_step(where, i) for i in along]
    rest = where - sum(s * i for s, i in zip(steps, along, strict=True) if i is not _ONE)
    return 0 not in steps and not any(e.has(*along, across) for e in (rest, *steps))


__all__ = ["PANEL", "Product", "product"]
