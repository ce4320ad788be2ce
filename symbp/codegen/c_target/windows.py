"""Sums of products whose operands are windows: convolutions and their gradients.

`y[n,o,p,q] += x[n,c,p+u,q+v] * K[o,c,u,v]` is a matrix product for each n and p: rows o, columns
q, depth (c, u, v). The indices of a group do not walk evenly through memory, but their places add
up, so that a table tells where each row and each step of the depth begins.

What such a product adds to places that overlap, `dx[n,c,p+u,q] += dy[n,o,p,q] * K[o,c,u]`, is a sum
for each of them: with p for p + u, `dx[n,c,p,q] += dy[n,o,p-u,q] * K[o,c,u]` has depth (u, o), of
which those u count at which dy has an element.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Expr, Mul, Symbol

from symbp.codegen.c_target.dots import Dots, dots
from symbp.codegen.c_target.expressions import Integers, Scope, place
from symbp.codegen.c_target.products import (
    PANEL,
    WIDEST,
    Product,
    many,
    merged,
    product,
    without_trivial_loops,
)
from symbp.codegen.c_target.tables import (
    CALL,
    LANES,
    Tables,
    Team,
    grouped,
    linear,
    tabulated,
)
from symbp.codegen.c_target.winners import winners
from symbp.ir.printer import ATOM
from symbp.ir.program import Access, Equation, Program, Tensor

LEAST = 512
"""The multiplications of one product from which on it is worth its tables."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Two indices that are one in the target, p + u: from here on p is their sum."""

    whole: Symbol
    part: Symbol
    extent: Expr
    """How far p ran by itself."""

    def lines(self, extent: Expr, scope: Scope) -> list[str]:
        """Return which of the values of u, of which there are `extent`, a value of p + u has."""
        integers, p = Integers(scope), scope.index(str(self.whole))
        most, last = integers(extent), integers(self.extent - 1, ATOM)
        return [
            f"const ptrdiff_t first = {p} < {last} ? 0 : {p} - {last};",
            f"const ptrdiff_t steps = ({p} < {most} ? {p} + 1 : {most}) - first;",
        ]


@dataclass(frozen=True, slots=True)
class Windows(Tables):
    """`target[rows, column] += sum[depth](left[rows, depth] * right[depth, column])`."""

    rows: tuple[Symbol, ...]
    column: Symbol
    depth: tuple[Symbol, ...]
    beside: tuple[Access, ...] = ()
    """What the sums are to begin with, perhaps."""
    fold: Fold | None = None

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

    @property
    def parted(self) -> bool:
        """Tell whether threads can share the outermost loop."""
        return self.apart(self.outer[:1]) and self.number(self.outer[:1]) > 1

    def statements(self, scope: Scope, sets: bool = False, team: Team | None = None) -> list[str]:
        """Return the statements that add the sums to the target, or set it to them."""
        rows, depth, target = *map(self.number, (self.rows, self.depth)), self.equation.target
        gathered, panel = self.parts(scope, team)
        body = self.around(scope, self.call(scope, sets, panel))
        return [
            "{",
            f"    ptrdiff_t left_rows[{rows}], rows_of_sums[{rows}];",
            f"    ptrdiff_t left_steps[{depth}], right_steps[{depth}];",
            *([f"    {scope.real} initial[{rows}] = {{0}};"] if sets else []),
            *self.filled(self.rows, scope, left_rows=self.left, rows_of_sums=target),
            *self.copied(self.rows, scope, *self.beside),
            *self.filled(self.depth, scope, left_steps=self.left, right_steps=self.right),
            *(f"    {line}" for line in (*gathered, *body)),
            "}",
        ]

    def call(self, scope: Scope, sets: bool, panel: str) -> list[str]:
        """Return the statements of one product."""
        target, more, depth = self.equation.target, "", str(self.number(self.depth))
        before: list[str] = []
        if self.fold is not None:
            each = self.number(self.depth[1:])
            before = self.fold.lines(self.equation.extent[self.fold.part], scope)
            more, depth = f" + first * {each}", f"steps * {each}"
        words = [str(self.number(self.rows)), Integers(scope)(self.equation.extent[self.column])]
        words += [depth, self.start(self.left, scope), "left_rows", f"left_steps{more}"]
        words += [self.start(self.right, scope), f"right_steps{more}", self.step(self.right, scope)]
        words += ["initial" if sets else "NULL", self.start(target, scope), "rows_of_sums"]
        words += [self.step(target, scope), panel]
        return [*before, f"multiply_windows({', '.join(words)});"]

    def why(self) -> str:
        """Say what the products are."""
        rows, column, depth = (
            ", ".join(map(str, group)) for group in (self.rows, [self.column], self.depth)
        )
        fold = self.fold
        folded = f"; {fold.whole} for {fold.whole} + {fold.part}" if fold else ""
        return f"rows {rows}; columns {column}; depth {depth}{folded}"

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
        steps: float = depth
        if self.fold is not None:
            steps *= many([self.fold.extent]) / self.number((self.fold.whole,))
        return float((rows * steps * vectors + rows * store + steps * pack + CALL) * outer)

    def step(self, access: Access, scope: Scope) -> str:
        """Return how far apart two columns lie."""
        return Integers(scope)(place(access, self.table).coeff(self.column))


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
    if any(w.has(Access) or not linear(w, equation) for w in places):
        return None
    orders = (factors, factors[::-1])
    found: list[Windows | Dots | None] = []
    for left, right in orders:
        found += [
            dots(equation, table, left, right),
            _product(equation, table, left, right, beside),
        ]
        found += folded(equation, table, left, right)
    worth = [f for f in found if f is not None and f.inner >= LEAST]
    return min(worth, key=lambda f: f.cost(), default=None)


def _product(
    equation: Equation, table: Mapping[str, Tensor], left: Access, right: Access,
    beside: tuple[Access, ...] = (), fold: Fold | None = None,
) -> Windows | None:  # fmt: skip
    """Return the product in which one operand is broadcast and the other lies along vectors."""
    target, extent = place(equation.target, table), equation.extent
    groups = grouped(equation, table, left, right)
    columns = groups.get("column", ())
    if not columns:
        return None
    column = min(columns, key=lambda i: (target.coeff(i) != 1, -many([extent[i]])))
    outer = [*groups["all"], *(i for i in groups["column"] if i != column)]
    rows, depth = (tabulated(groups[word], equation, outer) for word in ("row", "depth"))
    if not rows or not depth:
        return None
    if fold is not None:  # the steps of each part follow one another
        if fold.part not in depth or fold.whole not in outer:
            return None
        depth = (fold.part, *(i for i in depth if i != fold.part))
    # Rows that follow each other should not overlap, or they wait for each other.
    rows = tuple(sorted(rows, key=lambda i: abs(target.coeff(i))))
    return Windows(equation, table, left, right, tuple(outer), rows, column, depth, beside, fold)


def folded(
    equation: Equation, table: Mapping[str, Tensor], left: Access, right: Access
) -> Iterator[Windows | None]:
    """Yield the products in which two indices of the target are one."""
    groups, extent = grouped(equation, table, left, right), equation.extent
    for p in groups.get("column", ()):
        for u in groups["row"]:
            if any(g == p + u for g in equation.target.indices):
                whole = {p: p - u}
                ranges = tuple((i, n + extent[u] - 1 if i == p else n) for i, n in equation.ranges)
                target, below = equation.target.xreplace(whole), right.xreplace(whole)
                if not target.has(u):
                    one = replace(equation, target=target, body=left * below, ranges=ranges)
                    yield _product(one, table, left, below, fold=Fold(p, u, extent[p]))


def cheaper(view: Windows | Dots, matrices: Product) -> bool:
    """Tell whether products of windows take less time than plain ones, in loops as they may be."""
    if matrices.left is None:
        return True
    plain = Windows(
        matrices.equation, view.table, matrices.left, matrices.right,
        (*matrices.outer, *matrices.repeated), (matrices.row,), matrices.column,
        (matrices.depth,),
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
            if view := winners(plain, table) or windows(plain, table):
                found = max(found, view.panel)
    return found


def one_step(equation: Equation) -> Equation:
    """Return what an equation does in one step of its scan, whose index is fixed there."""
    if equation.scan is None:
        return equation
    ranges = tuple(r for r in equation.ranges if r[0] != equation.scan.index)
    return replace(equation, ranges=ranges, scan=None)


__all__ = ["Dots", "Windows", "cheaper", "one_step", "panel", "windows"]
