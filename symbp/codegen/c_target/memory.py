"""The caller's memory: where in it the intermediate values lie."""

from __future__ import annotations

from collections.abc import Collection

import sympy
from sympy import Expr, Integer

from symbp.codegen.c_target.expressions import Integers, Scope, count
from symbp.ir.program import Tensor
from symbp.schedule import Arena, Slot

LINE = 16
"""So many numbers fill a line of the cache: a vector that begins there crosses none."""


class Workspace:
    """The caller's memory for intermediate values, cut into slots as they are asked for."""

    def __init__(self, panel: int = 0, threads: int = 1) -> None:
        """Begin with the panel that all matrix products share; each thread has its own."""
        self.arena = Arena()
        self.starts: dict[Slot, Expr] = {}
        self.panel = panel
        self.size: Expr = Integer(panel * threads)

    def take(self, tensor: Tensor) -> Slot:
        """Return a free slot for a tensor, or one behind all others."""
        slot = self.arena.take((count(tensor),), tensor.name)
        if slot not in self.starts:
            self.starts[slot] = _line(self.size, count(tensor))
            self.size = sympy.expand(self.starts[slot] + count(tensor))
        return slot

    def clear(self, held: Collection[Slot] = ()) -> None:
        """Take all slots back but those that are held: a new function begins."""
        self.arena.free.clear()
        for slot in reversed(self.arena.slots):
            if slot not in held:
                self.arena.give(slot)


def _line(begin: Expr, number: Expr) -> Expr:
    """Return where the next line of the cache begins, as far as that is known and of use."""
    if not begin.is_Integer or (number.is_Integer and number < LINE):
        return begin
    return Integer(-(-int(begin) // LINE) * LINE)


def pointer(begin: Expr, scope: Scope) -> str:
    """Return a pointer into the workspace."""
    return "work" if begin == 0 else f"work + {Integers(scope)(begin)}"


__all__ = ["Workspace", "pointer"]
