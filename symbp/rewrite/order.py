"""Equations of one target stand together, whole ones before scattered ones.

Nothing reads a tensor before it is complete, so that all of its equations can wait for the
last of them; then a product and the bias that is added to it are next to each other.

>>> from symbp.ir.text import parse, text
>>> p = parse('''input b[4], x[N,4]
... a[j] = b[j]
... c[j] = 2 * b[j]
... a[j] += sum[n](x[n,j])
... ''').but(outputs=("a", "c"))
>>> print(text(order(p), declarations=False), end="")
c[j] = 2 * b[j]
a[j] = sum[n](x[n,j])
a[j] += b[j]
"""

from __future__ import annotations

from symbp.ir.program import Equation, Program
from symbp.ir.visit import needed


def order(program: Program) -> Program:
    """Gather the equations of each target at the last of them; drop what no output needs.

    A scan stays as it is: it reads in a step what it has written in an earlier one.
    """
    program = needed(program)
    groups: dict[str, list[Equation]] = {}
    last: dict[str, int] = {}
    for position, equation in enumerate(program.equations):
        if equation.scan is None:
            groups.setdefault(equation.target.name, []).append(equation)
            last[equation.target.name] = position
    equations: list[Equation] = []
    for position, equation in enumerate(program.equations):
        name = equation.target.name
        if equation.scan is not None:
            equations.append(equation)
        elif last[name] == position:
            equations += sorted(groups[name], key=_rank)
    return program.but(equations=tuple(equations))


def _rank(equation: Equation) -> int:
    """Whole sums first, then what is added to every element, scatters last."""
    if not equation.plain:
        return 2
    return 0 if equation.reduced else 1
