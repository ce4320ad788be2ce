"""Equations that write to computed places, and loops over the offsets of windows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sympy import Expr, Symbol

from symbp.codegen.numpy_target.views import Axes, View
from symbp.codegen.numpy_target.windows import first_two
from symbp.ir.program import Equation
from symbp.schedule import Slot

if TYPE_CHECKING:
    from symbp.codegen.numpy_target.equations import Emitter

REDUCERS = {"sum": "add", "max": "maximum", "min": "minimum"}
NEUTRAL = {
    "real": {"sum": "0.0", "max": "-np.inf", "min": "np.inf"},
    "int": {"sum": "0", "max": "np.iinfo(np.intp).min", "min": "np.iinfo(np.intp).max"},
    "byte": {"sum": "0", "max": "0", "min": "127"},
}
"""Kind of buffer -> operation -> what it begins with."""


def added(target: str, value: str) -> str:
    """Return the statement that adds to an array; `a[t] += b` would also store a[t] in itself."""
    if target.isidentifier():
        return f"{target} += {value}"
    return f"np.add({target}, {value}, out={target})"


class Places:
    """Writes what sets or adds to some places of its target, for one function."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter

    def looped(self, equation: Equation, position: int, loops: Axes) -> None:
        """Write a loop over the offsets of a window; its body runs over all places at once."""
        emitter = self.emitter
        fixed = {i: equation.extent[i] for i in loops}
        inner = replace(equation, ranges=tuple(r for r in equation.ranges if r[0] not in fixed))
        setting = emitter.first[position] and self.disjoint(equation, inner, fixed)
        begin = self.begin(equation, position, loops, setting)
        if begin == equation.extent[loops[0]]:
            return
        before, emitter.lines = emitter.lines, []
        emitter.loops, emitter.setting = fixed, setting
        emitter.equation(inner, position)
        emitter.loops, emitter.setting = {}, False
        body, emitter.lines = emitter.lines, before
        for depth, i in enumerate(loops):
            steps = f"{begin}, {fixed[i]}" if begin else f"{fixed[i]}"
            emitter.lines.append(f"{'    ' * depth}for {emitter.spell(str(i))} in range({steps}):")
        emitter.lines += [f"{'    ' * len(loops)}{line}" for line in body]

    def begin(self, equation: Equation, position: int, loops: Axes, setting: bool) -> int:
        """Write what has to be in a target before a loop; return where the loop begins.

        That is nothing where the loop sets each element. What it adds up or compares may begin
        with its first two steps as one statement.
        """
        emitter, name, begin = self.emitter, equation.target.name, 0
        if name not in emitter.started and not (setting and name not in emitter.bare):
            whole = emitter.covers(equation)
            pair = first_two(equation, loops) if whole else None
            if pair is None:
                emitter.fill(equation)
            else:
                emitter.equation(pair, position)
                begin = 2
        emitter.named(emitter.slot(equation), emitter.spell(name))
        emitter.started.add(name)
        return begin

    def disjoint(self, equation: Equation, inner: Equation, fixed: dict[Symbol, Expr]) -> bool:
        """Tell whether each step of a loop sets a view of the target, and no step another's."""
        lower = self.emitter.lowering(inner, ())
        lower.fixed = fixed
        places = lower.affine(equation.target)
        return places is not None and not places.windows and not equation.reduced

    def scatter(self, equation: Equation) -> None:
        """Write values to computed places: a view of them, or index arrays, which may repeat."""
        emitter, name, target = self.emitter, equation.target.name, equation.target
        places = emitter.lowering(equation, ()).affine(target)
        if places is not None and not places.windows and not equation.reduced:
            return self.placed(equation, places)
        free = target.free_symbols
        kept = tuple(i for i, _ in equation.ranges if i in free)
        box = (*kept, *equation.reduced)
        lower = emitter.lowering(equation, box)
        operand = lower(equation.body)
        emitter.lines += lower.lines
        text = operand.text
        if equation.reduced or (operand.axes and operand.axes != kept):
            # NumPy 2.4's add.at reads past the end of values that it should have broadcast.
            text = emitter.broadcast(lower, operand, box, equation)
            if equation.reduced:
                axes = tuple(range(len(kept), len(box)))
                text = f"np.{REDUCERS[equation.op]}.reduce({text}, axis={axes})"
        if name not in emitter.started:
            emitter.fill(equation)
        label = emitter.slots[name].label
        place = lower.place(target, kept)
        if equation.op == "sum" and set(kept) <= set(target.indices):
            emitter.lines.append(f"{label}[{place}] += {text}")
        else:
            emitter.lines.append(f"np.{REDUCERS[equation.op]}.at({label}, ({place},), {text})")
        emitter.free(operand.slot)
        return None

    def placed(self, equation: Equation, places: View) -> None:
        """Write values to places that a view shows, each one once."""
        emitter, name = self.emitter, equation.target.name
        lower = emitter.lowering(equation, places.order)
        if emitter.setting:
            shown = places.single(places.order, lower.scalar)
            lower.into(equation.body, Slot(shown, (), "slice", shown), shown, scratch=False)
            emitter.lines += lower.lines
            return
        operand = lower(equation.body)
        emitter.lines += lower.lines
        text = lower.spread(operand, places.order)
        first = name not in emitter.started
        if first and not places.whole:
            emitter.fill(equation)
        slot = emitter.slot(equation)
        if first:
            emitter.named(slot, emitter.spell(name))
        shown = places.single(places.order, lower.scalar)
        if first:
            emitter.lines.append(f"np.copyto({shown}, {text})")
        elif equation.op == "sum":
            emitter.lines.append(added(shown, text))
        else:
            emitter.lines.append(f"np.{REDUCERS[equation.op]}({shown}, {text}, out={shown})")
        emitter.free(operand.slot)


__all__ = ["NEUTRAL", "REDUCERS", "Places", "added"]
