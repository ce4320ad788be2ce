"""Writes the equations of one function, each under its formula.

An equation is a loop nest (nests.py), which several may share (fusion.py), a call of `multiply`
(products.py, blocks.py), a convolution or a gradient of one (windows.py, dots.py, winners.py), a
step of a recurrence, or a part of a loop over samples (samples.py).
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer

from symbp.codegen.c_target.blocks import NOTHING, Products, begun, why
from symbp.codegen.c_target.expressions import Integers, Scope
from symbp.codegen.c_target.fusion import Fusion
from symbp.codegen.c_target.nests import START, Nest, indented
from symbp.codegen.c_target.products import product, without_trivial_loops
from symbp.codegen.c_target.samples import Samples
from symbp.codegen.c_target.shared import Unit
from symbp.codegen.c_target.tables import by
from symbp.codegen.c_target.windows import one_step, windows
from symbp.codegen.c_target.winners import winners
from symbp.codegen.passage import passage
from symbp.ir.program import Access, Equation
from symbp.ir.regions import covers
from symbp.ir.text import show

Lines = list[str]


class Writer(Products, Samples, Fusion):
    """Writes the equations of one function."""

    def run(self) -> list[Unit]:
        """Return the statements of all equations."""
        units: list[Unit] = []
        position = 0
        while position < len(self.equations):
            self.passages.clear()
            written, count = self.next(position)
            equations = self.equations[position : position + count]
            told = self.passages or [passage(equations, written)]
            targets = frozenset(self.scope.name(e.target.name) for e in equations)
            units.append(Unit(written, self.types, targets, tuple(told)))
            position += count
            for dead in [n for n in self.slots if self.last[n] < position]:
                self.memory.arena.give(self.slots.pop(dead))
        return units

    def next(self, position: int) -> tuple[Lines, int]:
        """Return the statements of one equation or several, and how many there are."""
        band = self.band
        if band is not None and position == len(band.before):
            return self.rows(band), len(band.equations)
        equation = self.equations[position]
        if equation.scan is not None:
            return self.scan(position)
        first = equation.target.name not in self.started
        more = [e for e in self.equations[position + 1 : position + 2] if first and not e.scan]
        if more and more[0].target.name == equation.target.name:
            whole = equation.pointwise and covers(equation, self.table[equation.target.name])
            begins = whole and isinstance(equation.body, Access)
            if begins and (found := self.summed(position + 1, equation)) is not None:
                return found[0], 1 + found[1]
        if (found := self.summed(position)) is not None:
            return found
        if len(alike := self.fusible(position)) > 1:
            return self.fuse(alike, position), len(alike)
        lines = ["", *self.comment(equation.target.name)] if first else []
        lines += self.equation(equation, position)
        self.started.add(equation.target.name)
        return lines, 1

    # One equation -------------------------------------------------------------------------

    def equation(self, equation: Equation, position: int) -> Lines:
        scope = replace(self.scope, extents=equation.extent)
        name = equation.target.name
        first, tensor = name not in self.started, self.table[name]
        if not tensor.shape:
            return self.scalar(equation, first)
        lines = self.begin(name, self.heir(position)) if first else []
        nest = Nest(equation, scope, self.table)
        self.chosen(equation, "loops", nest.why())
        whole = first and covers(equation, tensor)
        sets = (whole or self.first[position]) and (nest.single or nest.accumulates)
        if first and not (sets and (whole or name not in self.holes)):
            lines.append(self.fill(name, equation.op))
        return [*lines, *(nest.assignment() if sets else nest.update())]

    def summed(self, position: int, initial: Equation | None = None) -> tuple[Lines, int] | None:
        """Write sums of products, and what goes on with them; tell how many equations that is."""
        matrices = self.matrices(self.equations[position])
        found = self.block(position, initial) if matrices else None
        if found is not None or (matrices and initial):
            return found
        lines = self.windows(position, initial)
        return None if lines is None else (lines, 1)

    def windows(self, position: int, initial: Equation | None = None) -> Lines | None:
        """Write a convolution, or a gradient of one, with what its sums begin with."""
        equation = self.equations[position]
        name, plain = equation.target.name, without_trivial_loops(equation)
        if not self.table[name].shape:
            return None
        beside = () if initial is None else (begun(initial, plain),)
        found = winners(plain, self.table) or windows(plain, self.table, *beside)
        if found is None or found.panel > self.memory.panel:
            return None
        first = name not in self.started
        sets = first and covers(equation, self.table[name]) and found.sets
        if initial is not None:
            if not sets:
                return None
            self.chosen(initial, "with the product behind", "its sums begin there")
        team = self.team(equation) if found.parted else None
        self.chosen(equation, found.kind, found.why() + by(team))
        lines = ["", *self.comment(name), *self.begin(name, self.heir(position))] if first else []
        if first and not sets:
            lines.append(self.fill(name))
        self.started.add(name)
        return [*lines, *found.statements(self.scope, sets, team)]

    def scalar(self, equation: Equation, first: bool) -> Lines:
        """Write a 0-d value, a variable of its own."""
        scope = replace(self.scope, real="double")
        name = scope.name(equation.target.name)
        nest = Nest(equation, scope, self.table)
        self.chosen(equation, "loops" if nest.order else "a variable", nest.why())
        if nest.single and first:
            value = nest.reals(nest.equation.body)
            const = "const " if len(self.groups[equation.target.name]) == 1 else ""
            return [f"{const}double {name} = {value};"]
        initial = scope.literal(START[equation.op])
        declaration = [f"double {name} = {initial};"] if first else []
        return [*declaration, *nest.loops(nest.order, nest.combined(name))]

    # A recurrence -------------------------------------------------------------------------

    def scan(self, position: int) -> tuple[Lines, int]:
        """Write the loop over the steps of a scan; what they write lives from before to after."""
        steps, index = self.equations, self.equations[position].scan
        end = position
        while end < len(steps) and steps[end].scan == index:
            end += 1
        lines: Lines = []
        for equation in steps[position:end]:
            name = equation.target.name
            if name not in self.started:
                lines += self.begin(name)
                if name in self.holes:
                    lines.append(self.fill(name, equation.op))
                self.started.add(name)
        body: Lines = []
        for place in range(position, end):
            written = self.step(steps[place], self.first[place])
            self.passages.append(passage([steps[place]], written))
            body += written
        head = loop(steps[position], self.scope)
        return ["", *lines, head, *indented(body[1:]), "}"], end - position

    def step(self, equation: Equation, first: bool) -> Lines:
        """Return what one equation does in one step of its scan, whose index is fixed there."""
        assert equation.scan is not None
        of = f"  (of {equation.primal})" if equation.primal else ""
        lines = ["", f"/* {show(equation, first)}{of} */"]
        step = one_step(equation)
        matrices = product(without_trivial_loops(step), self.table)
        if matrices is not None and not (first and matrices.repeated):
            self.chosen(equation, "matrix product in each step", why(matrices))
            target = matrices.equation.target
            start = matrices.matrix(target, (matrices.row, matrices.column), self.scope)
            begin = NOTHING if first else start
            return [*lines, *matrices.statements(self.scope, "work", begin)]
        nest = Nest(step, self.scope, self.table)
        self.chosen(equation, "loops in each step", nest.why())
        if not first:
            return [*lines, *nest.update()]
        if nest.single or nest.accumulates:
            return [*lines, *nest.assignment()]
        kept = tuple(r for r in step.ranges if r[0] not in step.reduced)
        zero = Nest(replace(step, body=Integer(0), ranges=kept), self.scope, self.table)
        return [*lines, *zero.assignment(), *nest.update()]


def loop(equation: Equation, scope: Scope) -> str:
    """Return the head of the loop over the steps of a scan."""
    assert equation.scan is not None
    t = scope.index(str(equation.scan.index))
    n = Integers(scope)(equation.extent[equation.scan.index])
    if equation.scan.reverse:
        return f"for (ptrdiff_t {t} = {n} - 1; {t} >= 0; {t}--) {{"
    return f"for (ptrdiff_t {t} = 0; {t} < {n}; {t}++) {{"


__all__ = ["Writer"]
