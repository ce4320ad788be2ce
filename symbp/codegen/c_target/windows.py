"""Sums of products whose operands are windows: convolutions and their gradients.

`y[n,o,p,q] += x[n,c,p+u,q+v] * K[o,c,u,v]` is a matrix product for each n and p: rows o, columns
q, depth (c, u, v). The indices of a group do not walk evenly through memory, but their places add
up, so that a table tells where each row and each step of the depth begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sympy import Expr, Mul, Symbol

from symbp.codegen.c_target.expressions import Integers, Scope, place
from symbp.codegen.c_target.products import (
    PANEL,
    WIDEST,
    Product,
    many,
    merged,
    product,
    role,
    without_trivial_loops,
)
from symbp.codegen.c_target.tables import Tables
from symbp.ir.program import Access, Equation, Program, Tensor

LANES = 16
"""The numbers of a wide register: half of what a tile has of columns."""
LEAST = 512
"""The multiplications of one product from which on it is worth its tables."""
CALL = 150
"""What a call costs besides, in multiplications of vectors."""
TILE = 4
"""The rows and columns of a tile of dot products."""
SUM = 6
"""What it costs to add up the lanes of a sum."""
MOST = PANEL // WIDEST
"""The entries that a table may have: as many steps as a panel holds of full width."""


@dataclass(frozen=True, slots=True)
class Windows(Tables):
    """`target[rows, column] += sum[depth](left[rows, depth] * right[depth, column])`."""

    rows: tuple[Symbol, ...]
    column: Symbol
    depth: tuple[Symbol, ...]
    beside: tuple[Access, ...]
    """What the sums are to begin with, perhaps."""

    kind = "products of windows"

    @property
    def sets(self) -> bool:
        """Tell whether each product has all terms of its sums, and one number begins each row."""
        target = place(self.equation.target, self.table)
        others = (Access, *self.outer, self.column)
        return all(target.coeff(i) != 0 for i in self.outer) and not any(
            self.table[a.name].bound is not None
            or not self.table[a.name].shape
            or place(a, self.table).has(*others)
            for a in self.beside
        )

    def statements(self, scope: Scope, sets: bool = False) -> list[str]:
        """Return the statements that add the sums to the target, or set it to them."""
        rows, depth = self.number(self.rows), self.number(self.depth)
        integers = Integers(scope)
        call = [str(rows), integers(self.equation.extent[self.column]), str(depth)]
        call += [self.start(self.left, scope), "left_rows", "left_steps"]
        call += [self.start(self.right, scope), "right_steps", self.step(self.right, scope)]
        call += ["initial" if sets else "NULL"]
        call += [self.start(self.equation.target, scope), "rows_of_sums"]
        call += [self.step(self.equation.target, scope), "work"]
        return [
            "{",
            f"    ptrdiff_t left_rows[{rows}], rows_of_sums[{rows}];",
            f"    ptrdiff_t left_steps[{depth}], right_steps[{depth}];",
            *([f"    {scope.real} initial[{rows}] = {{0}};"] if sets else []),
            *self.filled(
                self.rows,
                scope,
                *self.beside,
                left_rows=self.left,
                rows_of_sums=self.equation.target,
            ),
            *self.filled(self.depth, scope, left_steps=self.left, right_steps=self.right),
            *self.around(scope, f"multiply_windows({', '.join(call)});"),
            "}",
        ]

    def why(self) -> str:
        """Say what the products are."""
        rows, column, depth = (
            ", ".join(map(str, group)) for group in (self.rows, [self.column], self.depth)
        )
        return f"rows {rows}; columns {column}; depth {depth}"

    @property
    def panel(self) -> int:
        """How many numbers a product copies at once."""
        return self.number(self.depth) * WIDEST

    @property
    def inner(self) -> int:
        """The multiplications of one product."""
        return self.number((*self.rows, *self.depth, self.column))

    def cost(self) -> float:
        """Return how long the products take, roughly, in multiplications of vectors."""
        rows, columns, depth, outer = (
            self.number(group) for group in (self.rows, (self.column,), self.depth, self.outer)
        )
        target, right = (place(a, self.table) for a in (self.equation.target, self.right))
        vectors, whole = -(-columns // LANES), columns % LANES == 0
        store = 2 * vectors if whole and target.coeff(self.column) == 1 else columns
        even = right.coeff(self.column) == 1
        pack = 0 if whole and even else vectors if even else columns
        return float((rows * depth * vectors + rows * store + depth * pack + CALL) * outer)

    def step(self, access: Access, scope: Scope) -> str:
        """Return how far apart two columns lie."""
        return Integers(scope)(place(access, self.table).coeff(self.column))


@dataclass(frozen=True, slots=True)
class Dots(Tables):
    """`target[rows, columns] += sum[steps, k](left[rows, steps, k] * right[columns, steps, k])`.

    k walks along memory in both.
    """

    rows: tuple[Symbol, ...]
    columns: tuple[Symbol, ...]
    steps: tuple[Symbol, ...]
    along: Symbol

    kind = "dot products"
    panel = 0
    sets = False

    def statements(self, scope: Scope, sets: bool = False) -> list[str]:
        """Return the statements that add the sums to the target."""
        rows, columns, steps = map(self.number, (self.rows, self.columns, self.steps))
        target = self.equation.target
        call = [
            *map(str, (rows, columns, steps)),
            Integers(scope)(self.equation.extent[self.along]),
        ]
        call += [self.start(self.left, scope), "left_rows", "left_steps"]
        call += [self.start(self.right, scope), "right_columns", "right_steps"]
        call += [self.start(target, scope), "rows_of_sums", "columns_of_sums"]
        return [
            "{",
            f"    ptrdiff_t left_rows[{rows}], rows_of_sums[{rows}];",
            f"    ptrdiff_t right_columns[{columns}], columns_of_sums[{columns}];",
            f"    ptrdiff_t left_steps[{steps}], right_steps[{steps}];",
            *self.filled(self.rows, scope, left_rows=self.left, rows_of_sums=target),
            *self.filled(self.columns, scope, right_columns=self.right, columns_of_sums=target),
            *self.filled(self.steps, scope, left_steps=self.left, right_steps=self.right),
            *self.around(scope, f"multiply_dots({', '.join(call)});"),
            "}",
        ]

    def why(self) -> str:
        """Say what the products are."""
        rows, columns, steps = (
            ", ".join(map(str, group)) for group in (self.rows, self.columns, self.steps)
        )
        return f"rows {rows}; columns {columns}; steps {steps}; {self.along} along memory"

    @property
    def inner(self) -> int:
        """The multiplications of one product."""
        return self.number((*self.rows, *self.columns, *self.steps, self.along))

    def cost(self) -> float:
        """Return how long the products take, roughly, in multiplications of vectors."""
        length = self.number((self.along,))
        rows, columns = self.number(self.rows), self.number(self.columns)
        # A tile reads so many vectors for each multiplication; one is no more than that takes.
        reads, sums = max(1.0, 1 / min(rows, TILE) + 1 / min(columns, TILE)), rows * columns
        terms = reads * self.number(self.steps) * (length // LANES + length % LANES)
        return float((sums * (terms + SUM) + CALL) * self.number(self.outer))


def windows(
    equation: Equation, table: Mapping[str, Tensor], *beside: Access
) -> Windows | Dots | None:
    """Return an equation as products of windows, if it is worth it.

    Args:
        beside: what the sums are to begin with, in the equation's indices.
    """
    factors = Mul.make_args(equation.body)
    if (
        equation.op != "sum"
        or not equation.reduced
        or len(factors) != 2
        or not all(isinstance(f, Access) and table[f.name].bound is None for f in factors)
    ):
        return None
    equation, beside = merged(equation, table, beside)
    factors = Mul.make_args(equation.body)
    places = [place(a, table) for a in (equation.target, *factors)]
    if any(w.has(Access) or not _linear(w, equation) for w in places):
        return None
    orders = (factors, factors[::-1])
    found = [
        *(_broadcast(equation, table, left, right, beside) for left, right in orders),
        *(_along(equation, table, left, right) for left, right in orders),
    ]
    worth = [f for f in found if f is not None and f.inner >= LEAST]
    return min(worth, key=lambda f: f.cost(), default=None)


def _broadcast(
    equation: Equation, table: Mapping[str, Tensor], left: Access, right: Access,
    beside: tuple[Access, ...],
) -> Windows | None:  # fmt: skip
    """Return the product in which one operand is broadcast and the other lies along vectors."""
    target, extent = place(equation.target, table), equation.extent
    groups = _groups(equation, table, left, right)
    columns = groups.get("column", ())
    if not columns:
        return None
    column = min(columns, key=lambda i: (target.coeff(i) != 1, -many([extent[i]])))
    outer = [*groups["all"], *(i for i in groups["column"] if i != column)]
    rows, depth = (_table(groups[word], equation, outer) for word in ("row", "depth"))
    if not rows or not depth:
        return None
    # Rows that follow each other should not overlap, or they wait for each other.
    rows = tuple(sorted(rows, key=lambda i: abs(target.coeff(i))))
    return Windows(equation, table, left, right, tuple(outer), rows, column, depth, beside)


def _along(
    equation: Equation, table: Mapping[str, Tensor], left: Access, right: Access
) -> Dots | None:
    """Return the product whose terms lie along memory in both operands."""
    extent, groups = equation.extent, _groups(equation, table, left, right)
    along = [
        i
        for i in groups.get("depth", ())
        if all(place(a, table).coeff(i) == 1 for a in (left, right))
    ]
    if not along or many([extent[along[0]]]) < LANES:
        return None
    outer = list(groups["all"])
    rows, columns = (_table(groups[word], equation, outer) for word in ("row", "column"))
    steps = _table([i for i in groups["depth"] if i != along[0]], equation, outer)
    # Rows that follow each other overlap: what one has brought near, the next has there.
    rows = tuple(sorted(rows, key=lambda i: -abs(place(left, table).coeff(i))))
    return Dots(equation, table, left, right, tuple(outer), rows, columns, steps, along[0])


def _groups(
    equation: Equation, table: Mapping[str, Tensor], left: Access, right: Access
) -> dict[str, list[Symbol]]:
    """Return what each index counts in a product; nothing where one has no such part."""
    target = place(equation.target, table)
    roles = {i: role(i, target, left, right, table) for i in equation.extent}
    if None in roles.values():
        return {}
    return {w: [i for i in roles if roles[i] == w] for w in ("row", "column", "depth", "all")}


def _table(group: list[Symbol], equation: Equation, outer: list[Symbol]) -> tuple[Symbol, ...]:
    """Return the indices that a table counts; the rest becomes loops around the product."""
    kept = [i for i in group if equation.extent[i].is_Integer]
    while kept and int(Mul(*(equation.extent[i] for i in kept))) > MOST:
        kept.pop(0)
    outer += [i for i in group if i not in kept]
    return tuple(kept)


def cheaper(view: Windows | Dots, matrices: Product) -> bool:
    """Tell whether products of windows take less time than plain ones, in loops as they may be."""
    if matrices.left is None:
        return True
    plain = Windows(
        matrices.equation, view.table, matrices.left, matrices.right,
        (*matrices.outer, *matrices.repeated), (matrices.row,), matrices.column,
        (matrices.depth,), (),
    )  # fmt: skip
    return view.cost() < plain.cost()


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
                found = max(found, view.panel)
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


__all__ = ["Dots", "Windows", "cheaper", "one_step", "panel", "windows"]
