"""Products of two arrays whose elements tables find: what convolutions are written with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Integer, Symbol

from symbp.codegen.c_target.expressions import Integers, Scope, place
from symbp.codegen.c_target.products import around, many
from symbp.ir.printer import ADD
from symbp.ir.program import Access, Equation, Tensor


@dataclass(frozen=True, slots=True)
class Tables:
    """An equation `target += left * right`, and the loops that stand around the products."""

    equation: Equation
    table: Mapping[str, Tensor]
    left: Access
    right: Access
    outer: tuple[Symbol, ...]

    def filled(
        self, group: tuple[Symbol, ...], scope: Scope, *beside: Access, **tables: Access
    ) -> list[str]:
        """Return the loops that fill the tables of a group: where each of its entries lies.

        What stands beside the products is copied for each entry.
        """
        lines = [f"{name}[entry] = {self.walk(a, group, scope)};" for name, a in tables.items()]
        for access in beside:
            element = f"{scope.name(access.name)}[{self.walk(access, group, scope)}]"
            lines.append(f"initial[entry] = {element};")
        body = around(group, self.equation, scope, [*lines, "entry++;"])
        return ["    {", "        ptrdiff_t entry = 0;", *(f"        {x}" for x in body), "    }"]

    def walk(self, access: Access, group: tuple[Symbol, ...], scope: Scope) -> str:
        """Return how far from the begin of an operand an entry of a group lies."""
        where = place(access, self.table)
        return Integers(scope)(sum((where.coeff(i) * i for i in group), Integer(0)))

    def around(self, scope: Scope, call: str) -> list[str]:
        """Return a call within the outer loops."""
        return [f"    {line}" for line in around(self.outer, self.equation, scope, [call])]

    def number(self, group: tuple[Symbol, ...]) -> int:
        """Return how many entries a group has; what is not known counts as a little."""
        return many(self.equation.extent.get(i, Integer(1)) for i in group)

    def start(self, access: Access, scope: Scope) -> str:
        """Return a pointer to where an operand of one product begins."""
        inner = {i: Integer(0) for i in self.equation.extent if i not in self.outer}
        where = place(access, self.table).xreplace(inner)
        return scope.name(access.name) + (f" + {Integers(scope)(where, ADD)}" if where != 0 else "")


__all__ = ["Tables"]
