"""One equation at a time as a loop nest under its formula.

Loops are ordered so that the innermost one walks along memory and no sum runs through it: then
a compiler makes vectors of it without changing what the arithmetic means. Where there is no such
loop, the reduced indices are innermost and their sum is one double. A matrix product that is large
enough is one call (products.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import sympy
from sympy import Expr, Integer, Symbol

from symbp.codegen.c_target.expressions import Integers, Reals, Scope, count, place
from symbp.codegen.c_target.products import PANEL, product
from symbp.codegen.header import formula, shape_text
from symbp.ir.functions import Where
from symbp.ir.printer import ATOM
from symbp.ir.program import Access, Equation, Program, Tensor
from symbp.schedule import Arena, Slot
from symbp.schedule.arena import aliasable, last_reads

Lines = list[str]
_START = {"sum": 0.0, "max": -float("inf"), "min": float("inf")}
_BETTER = {"max": "maximum", "min": "minimum"}


class Workspace:
    """The caller's memory for intermediate values, cut into slots as they are asked for."""

    def __init__(self) -> None:
        self.arena = Arena()
        self.starts: dict[Slot, Expr] = {}
        self.size: Expr = Integer(0)
        self._panel: Expr | None = None

    def take(self, tensor: Tensor) -> Slot:
        """Return a free slot for a tensor, or one behind all others."""
        slot = self.arena.take(tensor.shape, tensor.name)
        if slot not in self.starts:
            self.starts[slot] = self.extend(count(tensor))
        return slot

    def extend(self, numbers: Expr) -> Expr:
        """Return where memory begins that nothing else shares."""
        begin, self.size = self.size, sympy.expand(self.size + numbers)
        return begin

    def panel(self) -> Expr:
        """Return where matrix products have their panel, all of them the same."""
        if self._panel is None:
            self._panel = self.extend(Integer(PANEL))
        return self._panel

    def clear(self) -> None:
        """Take all slots back: a new function begins."""
        self.arena.free.clear()
        for slot in reversed(self.arena.slots):
            self.arena.give(slot)


def workspace(begin: Expr, scope: Scope) -> str:
    """Return a pointer into the workspace."""
    return "work" if begin == 0 else f"work + {Integers(scope)(begin)}"


class Writer:
    """Writes the equations of one function, and decides where every value lives."""

    def __init__(
        self,
        program: Program,
        scope: Scope,
        memory: Workspace,
        fixed: Mapping[str, str],
        pass_on: bool,
    ) -> None:
        """Prepare to write a program.

        Args:
            fixed: results that live in the caller's memory -> the pointer there.
            pass_on: a value that dies into such a result may live there from the start.
        """
        self.equations = arranged(program)
        self.table = program.table()
        self.groups = program.but(equations=self.equations).writers()
        self.scope = replace(scope, tensors=self.table)
        self.memory = memory
        self.memory.clear()
        self.last = last_reads(self.equations)
        self.results = frozenset(fixed)
        self.fixed = dict(fixed)
        self.slots: dict[str, Slot] = {}
        self.started: set[str] = set()
        if pass_on:
            self.pass_on()

    def pass_on(self) -> None:
        """Let values that die into a result live in the result's memory."""
        for position in reversed(range(len(self.equations))):
            equation = self.equations[position]
            name = equation.target.name
            if name in self.fixed and (heir := self.heir(position)) is not None:
                self.fixed.setdefault(heir, self.fixed[name])

    def run(self) -> Lines:
        """Return the statements of all equations."""
        lines: Lines = []
        for position, equation in enumerate(self.equations):
            name = equation.target.name
            if name not in self.started:
                lines += ["", *self.comment(self.groups[name])]
            lines += self.equation(equation, position)
            self.started.add(name)
            for dead in [n for n in self.slots if self.last[n] == position]:
                self.memory.arena.give(self.slots.pop(dead))
        return lines[1:]

    def comment(self, group: Sequence[Equation]) -> Lines:
        of = f"  (of {group[0].primal})" if group[0].primal else ""
        first, *more = formula(group)
        return [f"/* {line} */" for line in (first + of, *more)]

    # Memory -------------------------------------------------------------------------------

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

    def begin(self, position: int) -> Lines:
        """Choose where a target lives and declare it."""
        name = self.equations[position].target.name
        tensor = self.table[name]
        heir = self.heir(position)
        if name in self.fixed:
            where = self.fixed[name]
        else:
            self.slots[name] = slot = self.slots.pop(heir or "", None) or self.memory.take(tensor)
            where = workspace(self.memory.starts[slot], self.scope)
        return [declare(self.scope.real, self.scope.name(name), where, tensor)]

    # One equation -------------------------------------------------------------------------

    def equation(self, equation: Equation, position: int) -> Lines:
        scope = replace(self.scope, extents=equation.extent)
        name = equation.target.name
        first, tensor = name not in self.started, self.table[name]
        if not tensor.shape:
            return self.scalar(equation, scope, first)
        lines = self.begin(position) if first else []
        nest = Nest(equation, scope, self.table)
        matrices = product(nest.equation, self.table)
        assign = first and covers(equation, tensor) and not matrices
        if assign and (nest.single or nest.accumulates):
            return [*lines, *nest.assignment()]
        if first:
            initial = scope.literal(_START[equation.op])
            size = Integers(scope)(count(tensor))
            lines.append(f"fill({scope.name(name)}, {size}, {initial});")
        if matrices:
            return [*lines, matrices.call(scope, workspace(self.memory.panel(), scope))]
        return [*lines, *nest.update()]

    def scalar(self, equation: Equation, scope: Scope, first: bool) -> Lines:
        """Write a 0-d value, a variable of its own."""
        name, scope = scope.name(equation.target.name), replace(scope, real="double")
        nest = Nest(equation, scope, self.table)
        if nest.single and first:
            value = nest.reals(nest.equation.body)
            const = "const " if len(self.groups[equation.target.name]) == 1 else ""
            return [f"{const}double {name} = {value};"]
        initial = scope.literal(_START[equation.op])
        declaration = [f"double {name} = {initial};"] if first else []
        return [*declaration, *nest.loops(nest.order, nest.combined(name))]


class Nest:
    """The loops of one equation."""

    def __init__(self, equation: Equation, scope: Scope, table: Mapping[str, Tensor]) -> None:
        self.equation = equation = without_trivial_loops(equation)
        self.scope = scope
        self.reals = Reals(scope, equation.target.indices)
        self.kept, self.inner = loop_order(equation, table)
        self.order = [*self.kept, *self.inner]
        self.single = not equation.reduced
        """One value comes to each place, if the target is plain."""
        self.accumulates = not self.single and set(self.inner) == set(equation.reduced)
        self.guards, self.body = guarded(equation)

    def target(self) -> str:
        return self.reals(self.equation.target)

    def assignment(self) -> Lines:
        """Return the loops that set each element of the target once."""
        if self.accumulates:
            return self.accumulated("=")
        return self.loops(self.order, [f"{self.target()} = {self.reals(self.equation.body)};"])

    def update(self) -> Lines:
        """Return the loops that combine new values with those that the target holds."""
        if self.accumulates:
            return self.accumulated("+=")
        return self.loops(self.order, self.combined(self.target()))

    def accumulated(self, assign: str) -> Lines:
        """Return the loops around the innermost ones, whose result is one value of the target."""
        body = self.one_value(assign)
        return self.loops(self.kept, body) if self.kept else ["{", *indented(body), "}"]

    def one_value(self, assign: str) -> Lines:
        """Return the innermost loops, and what becomes of their result."""
        real, op = self.scope.real, self.equation.op
        if op == "sum":
            value = "sum" if real == "double" else "(float)sum"
            loops = self.loops(self.inner, self.summed())
            return ["double sum = 0.0;", *loops, f"{self.target()} {assign} {value};"]
        loops = self.loops(self.inner, self.combined("best"))
        value = "best" if assign == "=" else self.better(self.target(), "best")
        initial = self.scope.literal(_START[op])
        return [f"{real} best = {initial};", *loops, f"{self.target()} = {value};"]

    def summed(self) -> Lines:
        """Return the statement that adds one value to a sum in double."""
        if self.scope.real == "double":
            return self.combined("sum")
        return self.under_guards([f"sum += (double){self.reals(self.body, ATOM)};"])

    def better(self, a: str, b: str) -> str:
        """Return the larger or smaller of two."""
        return f"{_BETTER[self.equation.op]}{self.scope.suffix}({a}, {b})"

    def combined(self, target: str) -> Lines:
        """Return the statement that combines one value with a target."""
        if self.equation.op != "sum":
            return [f"{target} = {self.better(target, self.reals(self.body))};"]
        minus = not self.body.is_Add and self.body.could_extract_minus_sign()
        value = self.reals(-self.body if minus else self.body)
        return self.under_guards([f"{target} {'-' if minus else '+'}= {value};"])

    def under_guards(self, lines: Lines) -> Lines:
        """Neither read nor write where a guard does not hold."""
        if not self.guards:
            return lines
        condition = self.reals(sympy.And(*self.guards))
        return [f"if ({condition}) {{", *indented(lines), "}"]

    def loops(self, order: Sequence[Symbol], body: Lines) -> Lines:
        for i in reversed(order):
            k, n = self.scope.index(str(i)), Integers(self.scope)(self.scope.extents[i])
            body = [f"for (ptrdiff_t {k} = 0; {k} < {n}; {k}++) {{", *indented(body), "}"]
        return body


def without_trivial_loops(equation: Equation) -> Equation:
    """Return an equation with 0 in place of every index that is never anything else."""
    zeros = {i: Integer(0) for i, n in equation.ranges if n == 1}
    return replace(
        equation,
        target=equation.target.xreplace(zeros),
        body=equation.body.xreplace(zeros),
        ranges=tuple(r for r in equation.ranges if r[0] not in zeros),
    )


def arranged(program: Program) -> tuple[Equation, ...]:
    """Return the equations in order, a bias before the product that is added to it.

    Then the target is not filled with zeros first.
    """
    table, order = program.table(), list(program.equations)
    seen: set[str] = set()
    for begin, equation in enumerate(order):
        name = equation.target.name
        if name in seen:
            continue
        seen.add(name)
        end = begin
        while end < len(order) and order[end].target.name == name:
            end += 1
        ready = [k for k in range(begin, end) if covers(order[k], table[name])]
        ready = [k for k in ready if order[k].pointwise]
        if ready:
            order.insert(begin, order.pop(ready[0]))
    return tuple(order)


def covers(equation: Equation, tensor: Tensor) -> bool:
    """Tell whether an equation reaches every element of its target, each by its own indices."""
    extents = equation.extent
    return equation.plain and tensor.shape == tuple(extents[g] for g in equation.target.indices)


def guarded(equation: Equation) -> tuple[list[Expr], Expr]:
    """Return the conditions outside of which a sum gets nothing, and the body within."""
    guards, body = [], equation.body
    while equation.op == "sum" and isinstance(body, Where) and body.args[2] == 0:
        guards.append(body.args[0])
        body = body.args[1]
    return guards, body


def loop_order(
    equation: Equation, table: Mapping[str, Tensor]
) -> tuple[list[Symbol], list[Symbol]]:
    """Return the outer loops, and the innermost ones: a stream, or all that are reduced."""
    indices, reduced = equation.target.indices, list(equation.reduced)
    kept = [i for i, _ in equation.ranges if i not in reduced]
    kept.sort(key=lambda i: next(k for k, g in enumerate(indices) if g.has(i)))
    if not reduced:
        return kept, []
    for i in reversed(kept):
        if _streams(i, equation, table):
            return [*(k for k in kept if k != i), *reduced], [i]
    return kept, reduced


def _streams(i: Symbol, equation: Equation, table: Mapping[str, Tensor]) -> bool:
    """Tell whether a loop walks along the memory of the target, and of all that it reads."""
    reads = all(_stride(a, i, table) in (0, 1) for a in equation.reads())
    return reads and _stride(equation.target, i, table) == 1


def _stride(access: Access, i: Symbol, table: Mapping[str, Tensor]) -> Expr | None:
    """Return how far an access moves when an index grows by 1, if always the same."""
    where = place(access, table)
    stride = where.coeff(i)
    return None if (where - stride * i).has(i) else stride


def declare(kind: str, name: str, where: str, tensor: Tensor) -> str:
    """Return the declaration of an array."""
    return f"{kind} *{name} = {where}; /* {shape_text(tensor)} */"


def indented(lines: Iterable[str]) -> Lines:
    """Return lines one level deeper."""
    return [f"    {line}" if line else line for line in lines]


__all__ = ["Workspace", "Writer", "declare", "indented", "workspace"]
