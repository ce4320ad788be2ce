"""Products of two arrays whose elements tables find: what convolutions are written with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Integer, Mul, Symbol

from symbp.codegen.c_target.expressions import Integers, Scope, address, place
from symbp.codegen.c_target.products import PANEL, WIDEST, around, many, role
from symbp.ir.printer import ATOM
from symbp.ir.program import Access, Equation, Tensor

LANES = 16
"""The numbers of a wide register: half of what a tile has of columns."""
CALL = 150
"""What a call costs besides, in multiplications of vectors."""
MOST = PANEL // WIDEST
"""The entries that a table may have: as many steps as a panel holds of full width."""


@dataclass(frozen=True, slots=True)
class Team:
    """Threads that share what is large."""

    threads: int
    condition: str = ""
    """Where they pay, if that depends on a size."""
    panel: int = 0
    """How many numbers each of them copies at once."""

    def gathered(self, share: int | str = 1) -> str:
        """Return the line before a loop, of which each thread takes so many passes in turn."""
        return (
            f"#pragma omp parallel for num_threads({self.threads}) schedule(static, {share})"
            f"{self.condition}"
        )

    def room(self, index: str, share: str) -> str:
        """Return where in the workspace the thread with a pass of that loop copies to."""
        return f"work + {index} / {share} * {self.panel}"


def by(team: Team | None) -> str:
    """Say who shares something, behind why it is computed so."""
    return ", by all threads" if team else ""


@dataclass(frozen=True, slots=True)
class Tables:
    """An equation `target += left * right`, and the loops that stand around the products."""

    equation: Equation
    table: Mapping[str, Tensor]
    left: Access
    right: Access
    outer: tuple[Symbol, ...]

    def filled(self, group: tuple[Symbol, ...], scope: Scope, **tables: Access) -> list[str]:
        """Return the calls that fill the tables of a group: where each of its entries lies."""
        integers, lines = Integers(scope), []
        for name, access in tables.items():
            where = place(access, self.table)
            walks = [f"{{{self.number((i,))}, {integers(where.coeff(i))}}}" for i in group]
            words = f"{len(walks)}, (const walk[]){{{', '.join(walks or ['{1, 0}'])}}}"
            lines.append(f"    tabulate({name}, {words});")
        return lines

    def copied(self, group: tuple[Symbol, ...], scope: Scope, *beside: Access) -> list[str]:
        """Return the loops that copy what stands beside the products for each entry of a group."""
        lines = []
        for access in beside:
            where = place(access, self.table)
            walk = Integers(scope)(sum((where.coeff(i) * i for i in group), Integer(0)))
            element = f"initial[entry] = {scope.name(access.name)}[{walk}];"
            body = around(group, self.equation, scope, [element, "entry++;"])
            lines += ["{", "    ptrdiff_t entry = 0;", *(f"    {x}" for x in body), "}"]
        return [f"    {line}" for line in lines]

    def around(self, scope: Scope, lines: list[str]) -> list[str]:
        """Return statements within the outer loops."""
        return around(self.outer, self.equation, scope, lines)

    def parts(self, scope: Scope, team: Team | None) -> tuple[list[str], str]:
        """Return what stands before the outermost loop if threads share it, and their panel."""
        if team is None:
            return [], "work"
        first, integers = self.outer[0], Integers(scope)
        share = (self.equation.extent[first] + team.threads - 1) // team.threads
        panel = team.room(scope.index(str(first)), integers(share, ATOM))
        return [team.gathered(integers(share))], panel

    def apart(self, group: tuple[Symbol, ...]) -> bool:
        """Tell whether different entries of a group reach no element of the target in common."""
        indices = self.equation.target.indices
        return all(i in indices and sum(g.has(i) for g in indices) == 1 for i in group)

    def number(self, group: tuple[Symbol, ...]) -> int:
        """Return how many entries a group has; what is not known counts as a little."""
        return many(self.equation.extent.get(i, Integer(1)) for i in group)

    def start(self, access: Access, scope: Scope) -> str:
        """Return a pointer to where an operand of one product begins."""
        inner = (i for i in self.equation.extent if i not in self.outer)
        return address(access, self.table, inner, scope)


def in_parts(end: str, step: str, body: Iterable[str], team: Team | None) -> list[str]:
    """Return the loop over parts of so many rows or columns: from `begin`, `part` of them."""
    return [
        *([team.gathered()] if team else []),
        f"for (ptrdiff_t begin = 0; begin < {end}; begin += {step}) {{",
        f"    const ptrdiff_t part = {end} - begin < {step} ? {end} - begin : {step};",
        *(f"    {line}" if line else line for line in body),
        "}",
    ]


def grouped(
    equation: Equation, table: Mapping[str, Tensor], left: Access, right: Access
) -> dict[str, list[Symbol]]:
    """Return what each index counts in a product; nothing where one has no such part."""
    target = place(equation.target, table)
    roles = {i: role(i, target, left, right, table) for i in equation.extent}
    if None in roles.values():
        return {}
    return {w: [i for i in roles if roles[i] == w] for w in ("row", "column", "depth", "all")}


def tabulated(
    group: Sequence[Symbol], equation: Equation, outer: list[Symbol]
) -> tuple[Symbol, ...]:
    """Return the indices that a table counts; the rest becomes loops around the product."""
    kept = [i for i in group if equation.extent[i].is_Integer]
    while kept and int(Mul(*(equation.extent[i] for i in kept))) > MOST:
        kept.pop(0)
    outer += [i for i in group if i not in kept]
    return tuple(kept)


def linear(where: Expr, equation: Equation) -> bool:
    """Tell whether a place moves evenly with each loop."""
    loops = list(equation.extent)
    steps = [where.coeff(i) for i in loops]
    rest = where - sum(s * i for s, i in zip(steps, loops, strict=True))
    return not any(e.has(*loops) for e in (rest, *steps))


__all__ = ["CALL", "LANES", "Tables", "Team", "by", "grouped", "in_parts", "linear", "tabulated"]
