"""Sums of products whose operands are windows: convolutions and their gradients.

`y[n,o,p,q] += x[n,c,p+u,q+v] * K[o,c,u,v]` is a matrix product for each n and p: rows o, columns
q, depth (c, u, v). The indices of a group do not walk evenly through memory, but their places add
up, so that a table tells where each row and each step of the depth begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sympy import Expr, Integer, Mul, Symbol

from symbp.codegen.c_target.expressions import Integers, Scope, place
from symbp.codegen.c_target.products import (
    PANEL,
    WIDEST,
    Product,
    around,
    many,
    merged,
    product,
    role,
    without_trivial_loops,
)
from symbp.ir.printer import ADD
from symbp.ir.program import Access, Equation, Program, Tensor

LANES = 16
"""The numbers of a wide register: half of what a tile has of columns."""
LEAST = 512
"""The multiplications of one product from which on it is worth its tables."""
CALL = 150
"""What a call costs besides, in multiplications of vectors."""
MOST = PANEL // WIDEST
"""The entries that a table may have: as many steps as a panel holds of full width."""


@dataclass(frozen=True, slots=True)
class Windows:
    """`target[rows, column] += sum[depth](left[rows, depth] * right[depth, column])`."""

    equation: Equation
    table: Mapping[str, Tensor]
    left: Access
    right: Access
    rows: tuple[Symbol, ...]
    column: Symbol
    depth: tuple[Symbol, ...]
    outer: tuple[Symbol, ...]

    def statements(self, scope: Scope) -> list[str]:
        """Return the statements that add the sums to the target."""
        rows, depth = self.number(self.rows), self.number(self.depth)
        integers = Integers(scope)
        call = [str(rows), integers(self.equation.extent[self.column]), str(depth)]
        call += [self.start(self.left, scope), "left_rows", "left_steps"]
        call += [self.start(self.right, scope), "right_steps", self.step(self.right, scope)]
        call += [self.start(self.equation.target, scope), "rows_of_sums"]
        call += [self.step(self.equation.target, scope), "work"]
        return [
            "{",
            f"    ptrdiff_t left_rows[{rows}], rows_of_sums[{rows}];",
            f"    ptrdiff_t left_steps[{depth}], right_steps[{depth}];",
            *self.filled(self.rows, scope, left_rows=self.left, rows_of_sums=self.equation.target),
            *self.filled(self.depth, scope, left_steps=self.left, right_steps=self.right),
            *(
                f"    {line}"
                for line in around(
                    self.outer, self.equation, scope, [f"multiply_windows({', '.join(call)});"]
                )
            ),
            "}",
        ]

    def why(self) -> str:
        """Say what the products are."""
        rows, column, depth = (
            ", ".join(map(str, group)) for group in (self.rows, [self.column], self.depth)
        )
        return f"rows {rows}; columns {column}; depth {depth}"

    def filled(self, group: tuple[Symbol, ...], scope: Scope, **tables: Access) -> list[str]:
        """Return the loops that fill the tables of a group."""
        integers = Integers(scope)
        lines = []
        for name, access in tables.items():
            where = place(access, self.table)
            walk: Expr = sum((where.coeff(i) * i for i in group), Integer(0))
            lines.append(f"{name}[entry] = {integers(walk)};")
        body = around(group, self.equation, scope, [*lines, "entry++;"])
        return ["    {", "        ptrdiff_t entry = 0;", *(f"        {x}" for x in body), "    }"]

    def number(self, group: tuple[Symbol, ...]) -> int:
        return int(Mul(*(self.equation.extent[i] for i in group)))

    def step(self, access: Access, scope: Scope) -> str:
        return Integers(scope)(place(access, self.table).coeff(self.column))

    def start(self, access: Access, scope: Scope) -> str:
        """Return a pointer to where an operand of one product begins."""
        inner = dict.fromkeys((*self.rows, self.column, *self.depth), Integer(0))
        where = place(access, self.table).xreplace(inner)
        return scope.name(access.name) + (f" + {Integers(scope)(where, ADD)}" if where != 0 else "")


def windows(equation: Equation, table: Mapping[str, Tensor]) -> Windows | None:
    """Return an equation as products of windows, if it is worth it."""
    factors = Mul.make_args(equation.body)
    if (
        equation.op != "sum"
        or not equation.reduced
        or len(factors) != 2
        or not all(isinstance(f, Access) and table[f.name].bound is None for f in factors)
    ):
        return None
    equation, _ = merged(equation, table)
    factors = Mul.make_args(equation.body)
    places = [place(a, table) for a in (equation.target, *factors)]
    if any(w.has(Access) or not _linear(w, equation) for w in places):
        return None
    found = [_ordered(equation, table, left, right) for left, right in (factors, factors[::-1])]
    return min((f for f in found if f is not None), key=_cost, default=None)


def _ordered(
    equation: Equation, table: Mapping[str, Tensor], left: Access, right: Access
) -> Windows | None:
    """Return the product in which one operand is broadcast and the other lies along vectors."""
    target = place(equation.target, table)
    extent = equation.extent
    roles = {i: role(i, target, left, right, table) for i in extent}
    groups = {w: [i for i in extent if roles[i] == w] for w in ("row", "column", "depth", "all")}
    columns = [i for i in groups["column"] if extent[i].is_Integer]
    if None in roles.values() or not columns:
        return None
    column = min(columns, key=lambda i: (target.coeff(i) != 1, -int(extent[i])))
    outer = [*groups["all"], *(i for i in groups["column"] if i != column)]
    rows, depth = (_table(groups[word], equation, outer) for word in ("row", "depth"))
    if not rows or not depth:
        return None
    # Rows that follow each other should not overlap, or they wait for each other.
    rows = tuple(sorted(rows, key=lambda i: abs(target.coeff(i))))
    found = Windows(equation, table, left, right, rows, column, depth, tuple(outer))
    inner = found.number(rows) * found.number(depth) * int(extent[column])
    return found if inner >= LEAST else None


def _table(group: list[Symbol], equation: Equation, outer: list[Symbol]) -> tuple[Symbol, ...]:
    """Return the indices that a table counts; the rest becomes loops around the product."""
    kept = [i for i in group if equation.extent[i].is_Integer]
    while kept and int(Mul(*(equation.extent[i] for i in kept))) > MOST:
        kept.pop(0)
    outer += [i for i in group if i not in kept]
    return tuple(kept)


def cheaper(view: Windows, matrices: Product) -> bool:
    """Tell whether products of windows take less time than plain ones, in loops as they may be."""
    if matrices.left is None:
        return True
    outer = (*matrices.outer, *matrices.repeated)
    rows, column, depth = matrices.row, matrices.column, matrices.depth
    plain = replace(
        view, equation=matrices.equation, left=matrices.left, right=matrices.right,
        rows=(rows,), column=column, depth=(depth,), outer=outer,
    )  # fmt: skip
    return _cost(view) < _cost(plain)


def _cost(found: Windows) -> float:
    """Return how long the products take, roughly, in multiplications of vectors."""
    extent = found.equation.extent
    rows, columns, depth, outer = (
        many(extent.get(i, Integer(1)) for i in group)
        for group in (found.rows, (found.column,), found.depth, found.outer)
    )
    target, right = (place(a, found.table) for a in (found.equation.target, found.right))
    vectors, whole = -(-columns // LANES), columns % LANES == 0
    store = 2 * vectors if whole and target.coeff(found.column) == 1 else columns
    even = right.coeff(found.column) == 1
    pack = 0 if whole and even else vectors if even else columns
    return float((rows * depth * vectors + rows * store + depth * pack + CALL) * outer)


def panel(programs: Iterable[Program]) -> int:
    """Return how many numbers the products of some programs copy at once."""
    found = 0
    for program in programs:
        table = program.table()
        for equation in map(one_step, program.equations):
            plain = without_trivial_loops(equation)
            if matrices := product(plain, table):
                depth = matrices.extents[2]
                many = int(depth) * WIDEST if depth.is_Integer else PANEL
                found = max(found, min(many, PANEL))
            if view := windows(plain, table):
                found = max(found, view.number(view.depth) * WIDEST)
    return found


def one_step(equation: Equation) -> Equation:
    """Return what an equation does in one step of its scan, whose index is fixed there."""
    if equation.scan is None:
        return equation
    ranges = tuple(r for r in equation.ranges if r[0] != equation.scan.index)
    return replace(equation, ranges=ranges, scan=None)


def _linear(where: Expr, equation: Equation) -> bool:
    """Tell whether a place moves evenly with each loop."""
    loops = list(equation.extent)
    steps = [where.coeff(i) for i in loops]
    rest = where - sum(s * i for s, i in zip(steps, loops, strict=True))
    return not any(e.has(*loops) for e in (rest, *steps))


__all__ = ["Windows", "cheaper", "one_step", "panel", "windows"]
