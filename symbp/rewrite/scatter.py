"""What is done to each element of a scattered tensor is done where the element is scattered.

>>> from symbp.ir.text import parse, text
>>> p = parse('''input x[N,2,3]
... value y[N,6]
... y[n,u + 2*v] = x[n,u,v]
... z[n,j] = sin(y[n,j])
... ''').but(outputs=("z",))
>>> print(text(scatter(p), declarations=False), end="")
z[n,u + 2 * v] = sin(x[n,u,v])
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Mul

from symbp.ir.program import Access, Equation, Program, accesses
from symbp.ir.regions import single
from symbp.ir.visit import definitions, needed


def scatter(program: Program) -> Program:
    """Open each scatter that reaches all of a tensor in the only equation that reads it."""
    whole = _whole(program)
    readers, defined = program.readers(), definitions(program)
    equations: list[Equation] = []
    for equation in program.equations:
        if defined.get(equation.target.name) is equation and equation.scan is None:
            for access in accesses(equation.body):
                source = whole.get(access.name)
                if source is not None and len(readers[access.name]) == 1:
                    equation = _opened(equation, access, source) or equation
        equations.append(equation)
    return needed(program.but(equations=tuple(equations)))


def _whole(program: Program) -> dict[str, Equation]:
    """Return the tensors that one equation sets, each element once, at places that it computes."""
    table = program.table()
    return {
        name: group[0]
        for name, group in program.writers().items()
        if len(group) == 1
        and name not in program.outputs
        and group[0].scan is None
        and not group[0].plain
        and not group[0].reduced
        and single(group[0], table)
        and sympy.expand(Mul(*table[name].shape) - Mul(*group[0].extent.values())) == 0
    }


def _opened(equation: Equation, access: Access, source: Equation) -> Equation | None:
    """Return an equation over the loops of what it reads; None if it reads it at other places."""
    if set(access.indices) != set(equation.target.indices) or len(access.indices) != len(
        equation.target.indices
    ):
        return None
    if [a for a in accesses(equation.body) if a.name == access.name] != [access]:
        return None
    place = dict(zip(access.indices, source.target.indices, strict=True))
    target = equation.target.xreplace(place)
    assert isinstance(target, Access)
    body = equation.body.xreplace({**place, access: source.body})
    axes = [g.free_symbols for g in target.indices]
    ranges = sorted(source.ranges, key=lambda r: [r[0] in axis for axis in axes].index(True))
    return replace(equation, target=target, body=body, ranges=tuple(ranges))
