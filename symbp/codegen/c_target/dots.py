"""Sums of products whose terms lie along memory in both operands: gradients of kernels.

`dK[o,c,u,v] += dy[n,o,p,q] * x[n,c,p+u,q+v]` is a dot product along q for each step (n, p): rows o,
columns (c, u, v).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Symbol

from symbp.codegen.c_target.expressions import Integers, Scope, place
from symbp.codegen.c_target.products import many
from symbp.codegen.c_target.tables import (
    CALL,
    LANES,
    Tables,
    Team,
    grouped,
    in_parts,
    tabulated,
)  # fmt: skip
from symbp.ir.program import Access, Equation, Tensor

TILE = 4
"""The rows and columns of a tile."""
SUM = 6
"""What it costs to add up the lanes of a sum."""


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

    @property
    def parted(self) -> bool:
        """Tell whether threads can share it."""
        return self.apart(self.columns) and self.number(self.columns) > TILE

    def statements(self, scope: Scope, sets: bool = False, team: Team | None = None) -> list[str]:
        """Return the statements that add the sums to the target, each thread some columns."""
        rows, columns, steps = map(self.number, (self.rows, self.columns, self.steps))
        target = self.equation.target
        body = self.around(scope, [self.call(scope, team is not None)])
        if team is not None:
            share = -(-columns // (TILE * team.threads)) * TILE
            body = in_parts(str(columns), str(share), body, team)
        return [
            "{",
            f"    ptrdiff_t left_rows[{rows}], rows_of_sums[{rows}];",
            f"    ptrdiff_t right_columns[{columns}], columns_of_sums[{columns}];",
            f"    ptrdiff_t left_steps[{steps}], right_steps[{steps}];",
            *self.filled(self.rows, scope, left_rows=self.left, rows_of_sums=target),
            *self.filled(self.columns, scope, right_columns=self.right, columns_of_sums=target),
            *self.filled(self.steps, scope, left_steps=self.left, right_steps=self.right),
            *(f"    {line}" for line in body),
            "}",
        ]

    def call(self, scope: Scope, parted: bool) -> str:
        """Return the call of one product, or of a part of its columns."""
        rows, columns, steps = map(self.number, (self.rows, self.columns, self.steps))
        length, more = Integers(scope)(self.equation.extent[self.along]), " + begin" * parted
        words = [str(rows), "part" if parted else str(columns), str(steps), length]
        words += [self.start(self.left, scope), "left_rows", "left_steps"]
        words += [self.start(self.right, scope), f"right_columns{more}", "right_steps"]
        words += [self.start(self.equation.target, scope), "rows_of_sums", f"columns_of_sums{more}"]
        return f"multiply_dots({', '.join(words)});"

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


def dots(
    equation: Equation, table: Mapping[str, Tensor], left: Access, right: Access
) -> Dots | None:
    """Return the product whose terms lie along memory in both operands."""
    extent, groups = equation.extent, grouped(equation, table, left, right)
    along = [
        i
        for i in groups.get("depth", ())
        if all(place(a, table).coeff(i) == 1 for a in (left, right))
    ]
    if not along or many([extent[along[0]]]) < LANES:
        return None
    outer = list(groups["all"])
    rows, columns = (tabulated(groups[word], equation, outer) for word in ("row", "column"))
    steps = tabulated([i for i in groups["depth"] if i != along[0]], equation, outer)
    # Rows that follow each other overlap: what one has brought near, the next has there.
    rows = tuple(sorted(rows, key=lambda i: -abs(place(left, table).coeff(i))))
    return Dots(equation, table, left, right, tuple(outer), rows, columns, steps, along[0])


__all__ = ["Dots", "dots"]
