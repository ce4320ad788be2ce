"""What was not to be differentiated: once that has been done, it is its argument.

>>> from symbp.ir.text import parse, text
>>> p = parse("input x[N]\\ny[n] = stop_gradient(x[n]) * x[n]")
>>> print(text(release(p), declarations=False), end="")
y[n] = x[n]**2
"""

from __future__ import annotations

from symbp.ir.functions import stop_gradient
from symbp.ir.program import Program
from symbp.ir.trace import note
from symbp.ir.visit import map_bodies


def release(program: Program) -> Program:
    """Put the argument of each stop_gradient in its place."""
    if not any(e.body.has(stop_gradient) for e in program.equations):
        return program
    released = map_bodies(
        program, lambda e: e.body.replace(stop_gradient, lambda argument: argument)
    )
    for before, after in zip(program.equations, released.equations, strict=True):
        note("stop_gradient(a) = a", [before], [after])
    return released
