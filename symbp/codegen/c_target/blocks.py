"""Writes matrix products: at once, some rows at a time, or by several threads.

A gradient that is only needed to change its weight is used up block by block (bands.py). Threads go
on with the elements of the part that each of them has computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from operator import itemgetter

import sympy
from sympy import Expr, Integer, Mul, Symbol, ceiling, floor

from symbp.codegen.c_target import bands
from symbp.codegen.c_target.expressions import Integers
from symbp.codegen.c_target.fusion import fused, in_terms_of
from symbp.codegen.c_target.nests import indented
from symbp.codegen.c_target.products import (
    WIDEST,
    Product,
    many,
    product,
    scaled,
    size,
    without_trivial_loops,
)
from symbp.codegen.c_target.tables import Team, by, in_parts
from symbp.codegen.c_target.windows import cheaper, windows
from symbp.codegen.c_target.writer import Places
from symbp.ir.printer import ATOM
from symbp.ir.program import Access, Equation
from symbp.ir.regions import covers

Lines = list[str]
TEAM = 1_000_000
"""The multiplications from which on a product is worth a team of threads."""
LIKELY = 100_000
"""And those that it has with small sizes, where a size that is known only later may make it so."""
NOTHING = "NOTHING"
"""What a product's sums begin with where there is nothing yet."""
TILE = 8
"""A block has a multiple of so many rows: those of a register tile."""


class Products(Places):
    """Writes matrix products, and what uses them up."""

    def matrices(self, equation: Equation, initial: Equation | None = None) -> Product | None:
        """Return an equation as a matrix product, if it is to be one; with what it begins with."""
        if not self.table[equation.target.name].shape:
            return None
        plain = without_trivial_loops(equation)
        if initial is None:
            found = product(plain, self.table)
            if found is not None and found.split:
                view = windows(plain, self.table)
                return None if view is not None and cheaper(view, found) else found
            return found
        if not covers(equation, self.table[equation.target.name]):
            return None  # where its sums begin, the others do not
        found = product(plain, self.table, begun(initial, plain))
        return found if found is None or not found.split else None

    def followers(self, position: int, matrices: Product, team: Team | None) -> list[Equation]:
        """Return the equations that go on with a product's elements, a part of them at a time."""
        equation = self.equations[position]
        target, (index, _) = without_trivial_loops(equation).target, self.along(matrices, team)
        if (
            index not in target.indices
            or equation.extent[index] != matrices.equation.extent[index]
            or not covers(equation, self.table[target.name])
        ):
            return []
        if team is not None:
            found = bands.elementwise(self.equations, position, self.program)
            free = (self.keeps(equation, k) for k, _ in enumerate(found, position + 1))
            return [e for e, _ in takewhile(itemgetter(1), zip(found, free, strict=True))]
        if matrices.beside or target.indices[0] != index or self.rows_at_once(matrices) is None:
            return []
        return bands.followers(self.equations, position, self.program, self.results)

    def keeps(self, product: Equation, position: int) -> bool:
        """Tell whether an equation leaves alone what a product reads, its last parts too."""
        changed = self.equations[position].target.name, self.heir(position)
        read = {self.scope.name(a.name) for a in product.reads()}
        return read.isdisjoint(self.scope.name(name) for name in changed if name)

    def along(self, matrices: Product, team: Team | None) -> tuple[Symbol, int]:
        """Return the index whose parts are computed by themselves, and how many fill a tile.

        Threads share the columns where there are more of them than rows: each then reads its own
        part of the larger operand.
        """
        rows, columns, _ = (many([n]) for n in matrices.extents)
        if team is not None and columns > rows and columns >= WIDEST * team.threads:
            return matrices.column, WIDEST
        return matrices.row, TILE

    def sharing(self, matrices: Product) -> Team | None:
        """Return the threads that compute a product, some rows each, if it is not one alone."""
        whole = matrices.left is not None and not (matrices.outer or matrices.repeated)
        return self.team(matrices.equation) if whole else None

    def rows_at_once(self, matrices: Product) -> int | None:
        """Return how many rows of a product a block has at most; None if it is not worth one."""
        extent, columns = matrices.extents[:2]
        many = extent * columns
        if matrices.left is None or matrices.outer or matrices.repeated or not many.is_Integer:
            return None
        if many < bands.LEAST:
            return None
        return min(int(extent), max(TILE, bands.BLOCK // int(columns) // TILE * TILE))

    def block(self, position: int, initial: Equation | None = None) -> tuple[Lines, int] | None:
        """Write a matrix product, and what uses it up: at once, or a part at a time.

        Tell how many equations that is.
        """
        equation, scope = self.equations[position], self.scope
        if (update := self.updated(position)) is not None:
            return self.descended(position, update), 2
        name = equation.target.name
        matrices, start = self.matrices(equation, initial), NOTHING
        if matrices is None:
            return None
        begin = next(iter(matrices.beside), None)
        if matrices.beside:
            found = matrices.initial(matrices.beside[0], scope)
            if found is None:
                return None
            start = found
        first = name not in self.started
        lines = ["", *self.comment(name)] if first else []
        team = self.sharing(matrices)
        after = self.followers(position, matrices, team)
        whole = covers(equation, self.table[name])
        if first and (team or not after):
            lines += self.begin(name)
        if first and (not whole or matrices.repeated):
            lines.append(self.fill(name))
        if not first or not whole or matrices.repeated:
            begin = matrices.equation.target
            start = matrices.matrix(begin, (matrices.row, matrices.column), scope)
        self.started.add(name)
        if initial is not None:
            self.chosen(initial, "with the product behind", "its sums begin there")
        self.chosen(equation, "matrix product", why(matrices, team))
        for k, follower in enumerate(after, position + 1):
            own = follower.target.name
            lines += [*self.comment(own), *self.begin(own, self.heir(k) if team else None)]
            self.started.add(own)
            reason = (
                "each thread goes on with its part" if team else f"{name} is never stored whole"
            )
            self.chosen(follower, "with the product before", reason)
        lines += self.blocks(matrices, after, begin, start, team)
        return lines, 1 + len(after)

    def updated(self, position: int) -> Product | None:
        """Return a gradient as products that are added to its weight, if that is all of its use.

        `w_next[i,j] = w[i,j] - rate * dw[i,j]` in the place of w, right behind its gradient.
        """
        gradient, *behind = self.equations[position : position + 2]
        name = gradient.target.name
        if (
            not behind
            or name in self.results
            or self.groups[name] != (gradient,)
            or self.last[name] != position + 1
            or not covers(gradient, self.table[name])
            or not self.keeps(gradient, position + 1)
        ):
            return None
        update = in_terms_of(gradient, behind[0])
        target, given = update.target, update.body.xreplace({gradient.target: Integer(0)})
        factor, used = scaled(sympy.expand(update.body - given))
        if (
            not update.pointwise
            or update.scan is not None
            or target.indices != gradient.target.indices
            or used != (gradient.target,)
            or not isinstance(given, Access)
            or given.indices != target.indices
            or self.scope.name(given.name) != self.scope.name(target.name)
        ):
            return None
        return self.matrices(replace(gradient, target=target, body=factor * gradient.body))

    def descended(self, position: int, matrices: Product) -> Lines:
        """Write the products that change a weight."""
        gradient, update = self.equations[position : position + 2]
        names = gradient.target.name, update.target.name
        self.started.update(names)
        team, target = self.sharing(matrices), matrices.equation.target
        start = matrices.matrix(target, (matrices.row, matrices.column), self.scope)
        self.chosen(gradient, "matrix product", why(matrices, team))
        self.chosen(update, "with the product before", f"{names[0]} is never stored")
        comments = [line for name in names for line in self.comment(name)]
        return ["", *comments, *self.blocks(matrices, (), target, start, team)]

    def blocks(
        self, matrices: Product, after: Sequence[Equation], begin: Access | None, start: str,
        team: Team | None,
    ) -> Lines:  # fmt: skip
        """Write a product that begins with a value, and what goes on with it, a part at a time.

        Args:
            start: the value as a matrix.
        """
        if not team and not after:
            return matrices.statements(self.scope, "work", start)
        equation, name = matrices.equation, matrices.equation.target.name
        index, tile = self.along(matrices, team)
        extent = matrices.extents[(matrices.row, matrices.column).index(index)]
        lines: Lines = []
        local = set() if team else {name}
        table, integers = dict(self.table), Integers(self.scope)
        if team:
            each = tile * team.threads
            step = integers(floor((extent + each - 1) / each) * tile)
        else:
            most = self.rows_at_once(matrices)
            assert most is not None
            step = self.rows_of_block(matrices.extents[2], most)
            table[name] = replace(table[name], shape=(Integer(most), *table[name].shape[1:]))
            lines += self.begin(name, part=table[name])
        scope = replace(self.scope, tensors=table)
        shifted = bands.block(equation, index, local)
        shift = {index: bands.BEGIN + index}
        found = matrices.part(shifted, table, shift)
        panel = team.room("begin", "block") if team else "work"
        if begin is not None:
            walked = (found.row, found.column)
            start = found.matrix(begin.xreplace(shift), walked, scope)
        inner = found.statements(scope, panel, start)
        if after:
            alike = [in_terms_of(after[0], follower) for follower in after]
            own = alike[0].target.indices[equation.target.indices.index(index)]
            _, loops = fused([bands.block(e, own, local) for e in alike], scope, table)
            inner += ["", *loops]
        loop = in_parts(integers(extent), "block", inner, team)
        return [*lines, "{", *indented([f"const ptrdiff_t block = {step};", *loop]), "}"]

    def rows_of_block(self, depth: Expr, most: int) -> str:
        """Return how many rows a block has.

        As many as the right operand has, which is then copied for a small part of the work.
        """
        if depth.is_Integer:
            return str(min(most, -(-int(depth) // TILE) * TILE))
        n = Integers(self.scope)(depth, ATOM)
        return f"{n} < {most} ? ({n} + {TILE - 1}) / {TILE} * {TILE} : {most}"

    def team(self, equation: Equation) -> Team | None:
        """Return who shares an equation, if it is worth it or its sizes may turn out to be."""
        known, sizes = Mul(*equation.extent.values()).as_coeff_Mul()
        if self.threads == 1 or size(equation) < (TEAM if sizes == 1 else LIKELY):
            return None
        condition = f" if({Integers(self.scope)(sizes, ATOM)} >= {ceiling(TEAM / known)})"
        return Team(self.threads, condition if sizes != 1 else "", self.memory.panel)


def begun(initial: Equation, product: Equation) -> Access:
    """Return what the sums of a product begin with, in its indices."""
    value = without_trivial_loops(initial)
    same = dict(zip(value.target.indices, product.target.indices, strict=True))
    found = value.body.xreplace(same)
    assert isinstance(found, Access)
    return found


def why(matrices: Product, team: Team | None = None) -> str:
    """Say what the product is, and who shares it."""
    rows, columns, depth = matrices.extents
    return f"{rows} x {depth} times {depth} x {columns}{by(team)}"


__all__ = ["NOTHING", "Products", "begun", "why"]
