"""Buffers, handed out by shape and taken back when their values are dead.

>>> arena = Arena()
>>> a = arena.take((4, 2), "h"); arena.give(a)
>>> arena.take((4, 2), "u") is a, arena.take((4, 2), "v") is a
(True, False)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from symbp.ir.program import Equation, Program, blocks

Shape = tuple[Any, ...]


@dataclass(eq=False, slots=True)
class Slot:
    """A buffer; `label` is the name under which the emitted code knows it just now."""

    name: str
    shape: Shape
    kind: str = "real"
    label: str = ""


@dataclass(slots=True)
class Arena:
    """Hands out slots; the most recently freed of the same shape and kind comes first."""

    slots: list[Slot] = field(default_factory=list)
    free: dict[tuple[Shape, str], list[Slot]] = field(default_factory=dict)
    taken: list[Slot] = field(default_factory=list)
    """What has been handed out since `begin`."""
    foreign: set[str] = field(default_factory=set)
    """Names that mean something else in the present function than where they named a slot."""
    rename: Callable[[], str] | None = None
    unpacked: dict[str, str] = field(default_factory=dict)
    """The variables of slots that can't be called by their own names there."""

    def take(self, shape: Shape, name: str | Callable[[], str], kind: str = "real") -> Slot:
        """Return a free slot of this shape, or a new one under this name."""
        waiting = self.free.get((shape, kind))
        if waiting:
            slot = waiting.pop()
            if slot.name in self.foreign and slot not in self.taken and self.rename:
                slot.label = self.unpacked[slot.name] = self.rename()
        else:
            own = name if isinstance(name, str) else name()
            slot = Slot(own, shape, kind, own)
            self.slots.append(slot)
        self.taken.append(slot)
        return slot

    def begin(self) -> None:
        """Start a new function: its code knows every slot by its own name."""
        self.taken.clear()
        self.foreign, self.rename, self.unpacked = set(), None, {}
        for slot in self.slots:
            slot.label = slot.name

    def give(self, slot: Slot) -> None:
        """Take a slot back: its value is dead."""
        self.free.setdefault((slot.shape, slot.kind), []).append(slot)


def last_reads(equations: Iterable[Equation]) -> dict[str, int]:
    """Return for each tensor the position of the last equation that reads or writes it.

    What the steps of a scan touch lives until its last equation.
    """
    last: dict[str, int] = {}
    end = -1
    for block in blocks(equations):
        end += len(block)
        for equation in block:
            for access in (*equation.reads(), equation.target):
                last[access.name] = end
    return last


def aliasable(equation: Equation, name: str) -> bool:
    """Tell whether the target may live where an operand lives: each element meets itself only."""
    own = equation.target.indices
    uses = [a for a in equation.reads() if a.name == name]
    steps = equation.scan is not None
    return not steps and equation.pointwise and all(a.indices == own for a in uses)


def in_place(program: Program, name: str, result: str) -> bool:
    """Tell whether a new value may overwrite the old one as it is computed."""
    group = program.writers().get(result, ())
    if len(group) != 1 or not group[0].pointwise or not aliasable(group[0], name):
        return False
    position = program.equations.index(group[0])
    later = program.equations[position + 1 :]
    return not any(a.name == name for e in later for a in e.reads())


__all__ = ["Arena", "Slot", "aliasable", "in_place", "last_reads"]
