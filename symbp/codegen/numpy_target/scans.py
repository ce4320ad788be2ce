"""Recurrences as loops over their steps, and equations over slices of arrays.

In a step the scan's index is fixed: h[t + 1] is a tensor of its own (slices.py), and the
equations of a step are written as all others are.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sympy import Expr, Symbol

from symbp.codegen.numpy_target.places import NEUTRAL
from symbp.codegen.numpy_target.scalars import ScalarPrinter
from symbp.codegen.numpy_target.slices import Slices
from symbp.ir.program import Equation
from symbp.ir.text import show
from symbp.schedule import Slot
from symbp.schedule.touch import Slab

if TYPE_CHECKING:
    from symbp.codegen.numpy_target.equations import Emitter


class Steps:
    """Writes what is no equation over whole arrays, for one function."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter

    def scan(self, block: tuple[Equation, ...], begin: int) -> None:
        """Write the loop over the steps of a scan."""
        emitter, scan = self.emitter, block[0].scan
        assert scan is not None
        t, extent = str(scan.index), block[0].extent[scan.index]
        for equation in block:
            self._start(equation)
        fixed = {scan.index: extent}
        steps = f"range({ScalarPrinter(emitter.spell)(extent)})"
        head = f"reversed({steps})" if scan.reverse else steps
        body: list[str] = []
        for position, equation in enumerate(block, begin):
            ranges = tuple(r for r in equation.ranges if r[0] != scan.index)
            inner = self._inner(replace(equation, ranges=ranges, scan=None), position, fixed)
            of = f"  (of {equation.primal})" if equation.primal else ""
            body.append(f"# {show(equation, emitter.first[position])}{of}")
            inner.equation(inner.program.equations[0], position)
            body += inner.lines
        emitter.lines.append(f"for {emitter.spell(t)} in {head}:")
        emitter.lines += [f"    {line}" for line in body]

    def slices(self, equation: Equation, position: int) -> bool:
        """Write an equation over slices; tell whether it is one."""
        inner = self._inner(equation, position, {})
        (sliced,) = inner.program.equations
        if sliced == equation:
            return False
        if sliced.target != equation.target:
            self._start(equation)
        inner.equation(sliced, position)
        self.emitter.lines += inner.lines
        self.emitter.slots.update({n: s for n, s in inner.slots.items() if "[" not in n})
        return True

    def _start(self, equation: Equation) -> None:
        """Choose the buffer of a target, and fill what no first write sets."""
        emitter, name = self.emitter, equation.target.name
        if name in emitter.started:
            return
        own = emitter.spell(name)
        emitter.named(emitter.slot(equation), own)
        slabs = emitter.bare.get(name)
        value = NEUTRAL["real"][equation.op]
        if slabs is not None:
            emitter.lines += [f"{own}{self._slab(s)} = {value}" for s in slabs] or [
                f"{own}.fill({value})"
            ]
        emitter.started.add(name)

    def _slab(self, slab: Slab) -> str:
        show = ScalarPrinter(self.emitter.spell)
        axis, begin, end = slab
        first = "" if begin == 0 else show(begin)
        span = show(begin) if end - begin == 1 else f"{first}:{show(end)}"
        return f"[{', '.join([':'] * axis + [span])}]"

    def _inner(self, equation: Equation, position: int, fixed: Mapping[Symbol, Expr]) -> Emitter:
        """Return a writer of an equation over slices; what is added to has begun."""
        outer = self.emitter
        slices = Slices(outer.table, outer.spell, ScalarPrinter(outer.spell), fixed)
        sliced = slices.of(equation)
        inner = copy.copy(outer)
        tensors = (*outer.program.tensors, *slices.made.values())
        inner.program = outer.program.but(tensors=tensors, equations=(sliced,))
        inner.table = inner.program.table()
        inner.spell = lambda name: name if name in slices.made else outer.spell(name)
        inner.keep, inner.in_bytes = {*outer.keep, *inner.table}, ()
        inner.slots = dict(outer.slots)
        inner.started = set(outer.started)
        inner.lines = []
        inner.loops = dict(fixed)
        name = sliced.target.name
        if name in slices.made:
            inner.slots[name] = Slot(name, slices.made[name].shape, "slice", name)
            if not outer.first[position]:
                inner.started.add(name)
        return inner
