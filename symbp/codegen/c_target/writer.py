"""What is known while the equations of one function are written: where every value lives.

A `Choice` tells how an equation is computed, and why.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from symbp.codegen.c_target import bands
from symbp.codegen.c_target.expressions import Integers, Scope, count
from symbp.codegen.c_target.memory import Workspace, pointer
from symbp.codegen.c_target.nests import START, declare
from symbp.codegen.header import formula
from symbp.codegen.passage import Passage
from symbp.ir.program import Equation, Program, Tensor
from symbp.ir.regions import covers
from symbp.ir.text import show
from symbp.schedule import Slot
from symbp.schedule.arena import aliasable, last_reads
from symbp.schedule.touch import bare, first_writes

Lines = list[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """How an equation is computed."""

    equation: str
    how: str
    why: str


class Places:
    """The equations of one function, and where in memory their values lie."""

    def __init__(
        self, program: Program, scope: Scope, memory: Workspace, fixed: Mapping[str, str], *,
        types: Mapping[str, str], results: Collection[str] = (),
        overwriting: Collection[str] = (), threads: int = 1,
    ) -> None:  # fmt: skip
        """Prepare to write a program.

        Args:
            fixed: results that live in the caller's memory -> the pointer there.
            types: of each name that can have been declared before.
            results: all of them.
            overwriting: those that take the place of what was given.
            threads: how many of them share what is large.
        """
        self.results = frozenset({*fixed, *results})
        self.program = program = program.but(equations=arranged(program))
        self.groups = program.writers()
        self.table = program.table()
        self.band = bands.rows(program, self.results, overwriting)
        self.equations = self.band.order if self.band is not None else program.equations
        self.scope = replace(scope, tensors=self.table)
        self.memory = memory
        self.types = types
        self.threads = threads
        self.last = last_reads(self.equations)
        first = first_writes(program)
        alone = dict(zip(program.equations, first, strict=True))
        self.first = [alone.get(e, False) for e in self.equations]
        self.holes = bare(program, first)
        self.fixed = dict(fixed)
        self.slots: dict[str, Slot] = {}
        self.started: set[str] = set()
        self.choices: list[Choice] = []
        self.passages: list[Passage] = []
        """Those of the equations that are being written, where they are told one by one."""
        if not overwriting and self.band is None:
            self.pass_on()

    def pass_on(self) -> None:
        """Let values that die into a result live in the result's memory."""
        for position in reversed(range(len(self.equations))):
            name = self.equations[position].target.name
            if name in self.fixed and (heir := self.heir(position)) is not None:
                self.fixed.setdefault(heir, self.fixed[name])

    def comment(self, name: str) -> Lines:
        group = [e for e in self.groups[name] if e.scan is None]
        of = f"  (of {group[0].primal})" if group[0].primal else ""
        first, *more = formula(group)
        return [f"/* {line} */" for line in (first + of, *more)]

    def chosen(self, equation: Equation, how: str, why: str) -> None:
        self.choices.append(Choice(show(equation), how, why))

    def fill(self, name: str, op: str = "sum") -> str:
        """Return the statement that makes an array what sums, or the best of some, begin with."""
        size, start = Integers(self.scope)(count(self.table[name])), self.scope.literal(START[op])
        return f"fill({self.scope.name(name)}, {size}, {start});"

    def heir(self, position: int) -> str | None:
        """Return an operand that dies in an equation and whose memory the target can take."""
        equation = self.equations[position]
        name = equation.target.name
        if self.groups[name][0] is not equation or not covers(equation, self.table[name]):
            return None
        for access in equation.reads():
            operand = self.table[access.name]
            if (
                operand.role == "value"
                and operand.name in self.groups
                and operand.name not in self.results
                and operand.shape == self.table[name].shape
                and self.last[operand.name] == position
                and aliasable(equation, operand.name)
            ):
                return operand.name
        return None

    def begin(self, name: str, heir: str | None = None, part: Tensor | None = None) -> Lines:
        """Choose where a target lives, or one part of it after the other, and declare it.

        Parts never lie in a result's memory: what became of the first of them is there already.
        What takes the place of an operand says so: a compiler that saw two pointers would have to
        reckon with parts that overlap.
        """
        tensor = part or self.table[name]
        if name in self.fixed and part is None:
            where = self.fixed[name]
            if heir is not None and self.fixed.get(heir) == where:
                where = self.scope.name(heir)
        elif heir in self.slots:
            self.slots[name] = self.slots.pop(heir)
            where = self.scope.name(heir)
        else:
            self.slots[name] = slot = self.memory.take(tensor)
            where = pointer(self.memory.starts[slot], self.scope)
        own = self.scope.name(name)
        return [declare(self.scope.real, own, where, tensor)] if own != where else []


def arranged(program: Program) -> tuple[Equation, ...]:
    """Return the equations in order, a bias before the product that is added to it."""
    table, order = program.table(), list(program.equations)
    seen: set[str] = set()
    for begin, equation in enumerate(order):
        name = equation.target.name
        if name in seen or equation.scan is not None:
            continue
        seen.add(name)
        end = begin
        while end < len(order) and order[end].target.name == name and not order[end].scan:
            end += 1
        ready = [k for k in range(begin, end) if covers(order[k], table[name])]
        ready = [k for k in ready if order[k].pointwise]
        if ready:
            order.insert(begin, order.pop(ready[0]))
    return tuple(order)


__all__ = ["Choice", "Places"]
