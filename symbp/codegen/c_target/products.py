"""Equations that are matrix products, as one call of `multiply` (kernels/multiply.c).

`c[i,j] = sum[k](s * a[i,k] * b[k,j])` is one, and so is whatever has the same form once every
access is seen as a place in memory: a transposed operand, a part of an array, a window that slides.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import sympy
from sympy import Expr, Integer, Mul, Symbol

from symbp.codegen.c_target.expressions import Integers, Reals, Scope, address, place
from symbp.ir.program import Access, Equation, Tensor

PANEL = 8192
"""How many numbers `multiply` copies side by side: what a first cache holds, or nearly."""
WIDEST = 32
"""The columns of the widest tile: two vectors of sixteen numbers."""
SMALL = 256
"""What the three extents must come to, multiplied, for a call to be cheaper than plain loops.

Measured on 2-4-1 to 16-16-1 with batches of 1, 4 and 32: the two meet at 4 x 4, and from 4 x 8 on
the call wins for all of them.
"""
UNKNOWN = 8
"""What a size that is known only later counts as."""
_ONE = Symbol("1")
"""The columns of a vector."""


@dataclass(frozen=True, slots=True)
class Product:
    """`target[row, column] += factor * sum[depth](left[row, depth] * right[depth, column])`.

    A sum over rows is the product of a row of ones and what is summed: `left` is None.
    """

    equation: Equation
    table: Mapping[str, Tensor]
    left: Access | None
    right: Access
    row: Symbol
    column: Symbol
    depth: Symbol
    outer: tuple[Symbol, ...] = ()
    """The indices that all three have: there is a product for each of their values."""
    repeated: tuple[Symbol, ...] = ()
    """Summed indices besides `depth`: a product for each of their values is added."""
    split: bool = False
    """Whether a group has more indices than a product counts at once."""
    beside: tuple[Access, ...] = ()
    """What the sums may begin with, in the same indices."""
    factor: Expr = sympy.S.One

    @property
    def extents(self) -> tuple[Expr, Expr, Expr]:
        """Return the extents of row, column and depth."""
        known = {_ONE: Integer(1), **self.equation.extent}
        return known[self.row], known[self.column], known[self.depth]

    def statements(self, scope: Scope, panel: str, initial: str) -> list[str]:
        """Return the statements that set the target to `initial` plus the product."""
        integers = Integers(scope)
        words = [*map(integers, self.extents), Reals(scope)(self.factor)]
        left = self.left
        words.append("ONES" if left is None else self.matrix(left, (self.row, self.depth), scope))
        words.append(self.matrix(self.right, (self.depth, self.column), scope))
        target = self.located(self.equation.target, (self.row, self.column), scope)
        lines = [f"multiply({', '.join([*words, initial, *target, panel])});"]
        return around((*self.outer, *self.repeated), self.equation, scope, lines)

    def initial(self, value: Access, scope: Scope) -> str | None:
        """Return what the sums begin with as a matrix, if it moves evenly with row and column."""
        if self.table[value.name].bound is not None or not self.table[value.name].shape:
            return None
        where = place(value, self.table)
        even = where - sum(_step(where, i) * i for i in (self.row, self.column) if i is not _ONE)
        if even.has(self.row, self.column, Access):
            return None
        return self.matrix(value, (self.row, self.column), scope)

    def matrix(self, access: Access, walked: Iterable[Symbol], scope: Scope) -> str:
        return f"(matrix){{{', '.join(self.located(access, walked, scope))}}}"

    def located(self, access: Access, walked: Iterable[Symbol], scope: Scope) -> list[str]:
        """Return where an operand begins, and how far its rows and columns are apart."""
        integers, where = Integers(scope), place(access, self.table)
        start = address(access, self.table, (_ONE, self.row, self.column, self.depth), scope)
        return [start, *(integers(_step(where, i)) for i in walked)]

    def part(
        self, equation: Equation, table: Mapping[str, Tensor], shift: Mapping[Symbol, Expr]
    ) -> Product:
        """Return the same product over some of the rows, as `equation` has it."""
        left = self.left.xreplace(shift) if self.left is not None else None
        right = self.right.xreplace(shift)
        return replace(self, equation=equation, table=table, left=left, right=right)

    def even(self) -> bool:
        """Tell whether all accesses move as they do in a matrix product; c's rows are whole."""
        right, target = place(self.right, self.table), place(self.equation.target, self.table)
        if _step(target, self.column) != 1 or not _walks(
            right, (self.depth, self.column), self.row
        ):
            return False
        if self.left is None:
            return bool(_step(right, self.column) == 1)
        if self.row is _ONE and _step(right, self.column) != 1:
            return False
        left = place(self.left, self.table)
        return (
            _walks(left, (self.row, self.depth), self.column)
            # Loops are as good where a vector's rows do not lie in one piece: see loop_order.
            and (self.column is not _ONE or _step(left, self.depth) == 1)
        )


def product(equation: Equation, table: Mapping[str, Tensor], *beside: Access) -> Product | None:
    """Return an equation as a matrix product, if it is one that is worth a call.

    Args:
        beside: what the sums are to begin with, in the equation's indices.
    """
    if equation.op != "sum" or not equation.reduced or size(equation) < SMALL:
        return None
    factor, _ = scaled(equation.body)
    equation, beside = merged(equation, table, beside)
    _, factors = scaled(equation.body)
    if len(factors) not in (1, 2) or not all(
        isinstance(f, Access) and table[f.name].bound is None for f in factors
    ):
        return None
    target = place(equation.target, table)
    if any(place(a, table).has(Access) for a in (equation.target, *factors)):
        return None
    orders = ((None, factors[0]),) if len(factors) == 1 else (factors, factors[::-1])
    for left, right in orders:
        roles = {i: role(i, target, left, right, table) for i in equation.extent}
        if None in roles.values():
            continue
        row, column, depth, outer = (
            [i for i, r in roles.items() if r == word] for word in ("row", "column", "depth", "all")
        )
        column.sort(key=lambda i: target.coeff(i) != 1)
        row.sort(key=lambda i: -many([equation.extent[i]]))
        both = left or right
        depth.sort(key=lambda i: (not _shared(i, both, right, table), -many([equation.extent[i]])))
        if not depth or not _shared(depth[0], both, right, table):
            continue
        found = Product(
            equation, table, left, right, (row or [_ONE])[0], (column or [_ONE])[0], depth[0],
            (*outer, *row[1:], *column[1:]), tuple(depth[1:]),
            max(len(row), len(column), len(depth)) > 1, beside, factor,
        )  # fmt: skip
        if found.even() and many(found.extents) >= SMALL:
            return found
    return None


def scaled(body: Expr) -> tuple[Expr, tuple[Expr, ...]]:
    """Return the factor of a product that is the same everywhere, and the others."""
    parts = Mul.make_args(body)
    same = [f for f in parts if f.is_number or (isinstance(f, Access) and not f.indices)]
    return Mul(*same), tuple(f for f in parts if f not in same)


def role(
    i: Symbol, target: Expr, left: Access | None, right: Access, table: Mapping[str, Tensor]
) -> str | None:
    """Return what an index counts in a product: rows, columns, depth, or whole products."""
    known = {
        (True, True, False): "row", (True, False, True): "column", (False, True, True): "depth",
        (True, True, True): "all", (True, False, False): "all",
        (False, True, False): "depth", (False, False, True): "depth",
    }  # fmt: skip
    in_left = left is not None and place(left, table).has(i)
    if left is None and not target.has(i):
        in_left = True
    return known.get((target.has(i), in_left, place(right, table).has(i)))


def _shared(i: Symbol, a: Access, b: Access, table: Mapping[str, Tensor]) -> bool:
    """Tell whether two operands both walk with an index."""
    return bool(place(a, table).has(i) and place(b, table).has(i))


def merged(
    equation: Equation, table: Mapping[str, Tensor], beside: tuple[Access, ...] = ()
) -> tuple[Equation, tuple[Access, ...]]:
    """Return an equation, and accesses beside it, with one index for two that walk as one would.

    The first is 0 from then on, and the second counts both.
    """
    extent = equation.extent
    places = [place(x, table) for x in (equation.target, *beside, *equation.reads())]
    steps = [{i: w.coeff(i) for i in extent} for w in places]
    for a, b in itertools.permutations(extent, 2):
        if all(sympy.expand(s[a] - s[b] * extent[b]) == 0 for s in steps) and not any(
            (w - s[a] * a - s[b] * b).has(a, b) for w, s in zip(places, steps, strict=True)
        ):
            zero = {a: Integer(0)}
            ranges = tuple(
                (i, n * extent[a] if i == b else n) for i, n in equation.ranges if i != a
            )
            one = replace(
                equation,
                target=equation.target.xreplace(zero),
                body=equation.body.xreplace(zero),
                ranges=ranges,
            )
            return merged(one, table, tuple(x.xreplace(zero) for x in beside))
    return equation, beside


def around(
    outer: Iterable[Symbol], equation: Equation, scope: Scope, lines: list[str]
) -> list[str]:
    """Return statements within loops."""
    integers = Integers(scope)
    for i in reversed(tuple(outer)):
        k, n = scope.index(str(i)), integers(equation.extent[i])
        head = f"for (ptrdiff_t {k} = 0; {k} < {n}; {k}++) {{"
        lines = [head, *(f"    {line}" for line in lines), "}"]
    return lines


def size(equation: Equation) -> int:
    """Return how many elements the box has; what is not known counts as a little."""
    return many(n for _, n in equation.ranges)


def many(extents: Iterable[Expr]) -> int:
    """Return how many elements a box has; what is not known counts as a little."""
    return int(Mul(*(n.xreplace(dict.fromkeys(n.free_symbols, Integer(UNKNOWN))) for n in extents)))


def without_trivial_loops(equation: Equation) -> Equation:
    """Return an equation with 0 in place of every index that is never anything else."""
    zeros = {i: Integer(0) for i, n in equation.ranges if n == 1}
    return replace(
        equation,
        target=equation.target.xreplace(zeros),
        body=equation.body.xreplace(zeros),
        ranges=tuple(r for r in equation.ranges if r[0] not in zeros),
    )


def _step(where: Expr, i: Symbol) -> Expr:
    """Return how far a place moves with an index."""
    return Integer(1) if i is _ONE else where.coeff(i)


def _walks(where: Expr, along: tuple[Symbol, Symbol], across: Symbol) -> bool:
    """Tell whether a place moves evenly with two indices, and not with the third."""
    steps = [_step(where, i) for i in along]
    rest = where - sum(s * i for s, i in zip(steps, along, strict=True) if i is not _ONE)
    return 0 not in steps and not any(e.has(*along, across) for e in (rest, *steps))


__all__ = [
    "PANEL", "WIDEST", "Product", "around", "many", "merged", "product", "role", "scaled", "size",
    "without_trivial_loops",
]  # fmt: skip
