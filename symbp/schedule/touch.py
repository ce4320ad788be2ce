"""Which equation is the first to write its elements, and so may set them instead of adding.

>>> from symbp.ir.text import parse
>>> program = parse('''input x[T]
... value h[T + 1]
... h[0] = 1
... scan t in T
...     h[t + 1] = h[t] + x[t]
... end
... ''')
>>> first = first_writes(program)
>>> first, bare(program, first)
((True, True), {})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy
from sympy import Expr, Integer, Mul

from symbp.ir.program import Equation, Program, Tensor
from symbp.ir.regions import apart, shift, single

Slab = tuple[int, Expr, Expr]
"""Elements along one axis: the axis, the first and the one past the last."""


def first_writes(program: Program) -> tuple[bool, ...]:
    """Tell of each equation whether nothing is in its elements before it writes them, once."""
    table, writers = program.table(), _positions(program)
    block = [k for k, block in enumerate(program.blocks()) for _ in block]

    def is_first(position: int) -> bool:
        equation = program.equations[position]
        return single(equation, table) and all(
            _later(equation, program.equations[w], w > position, block[w] == block[position], table)
            for w in writers[equation.target.name]
            if w != position
        )

    return tuple(map(is_first, range(len(program.equations))))


def _positions(program: Program) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for position, equation in enumerate(program.equations):
        found.setdefault(equation.target.name, []).append(position)
    return found


def _later(
    equation: Equation, other: Equation, below: bool, together: bool, table: Mapping[str, Tensor]
) -> bool:
    """Tell whether another equation writes elsewhere, or to the same places only later."""
    if apart(equation.target, equation.extent, other.target, other.extent, table):
        return True
    scan = equation.scan
    if scan is None or not together:
        return below
    sign = -1 if scan.reverse else 1
    box = {**equation.extent, **other.extent}
    steps = shift(other.target, equation.target, scan.index, box)
    return any((s == 0 and below) or (sign * s).is_positive for s in steps)


def bare(program: Program, first: Iterable[bool]) -> dict[str, tuple[Slab, ...]]:
    """Return the tensors with elements that no first write sets, and where they lie.

    Where they are not known to lie in slabs, it is an empty tuple: anywhere.
    """
    table = program.table()
    found: dict[str, list[Equation]] = {e.target.name: [] for e in program.equations}
    for equation, alone in zip(program.equations, first, strict=True):
        if alone:
            found[equation.target.name].append(equation)
    holes: dict[str, tuple[Slab, ...]] = {}
    for name, group in found.items():
        reached = sum((_count(e) for e in group), Integer(0))
        if sympy.expand(reached - Mul(*table[name].shape)) != 0:
            holes[name] = _slabs(group[0], table[name]) if len(group) == 1 else ()
    return holes


def _count(equation: Equation) -> Expr:
    return Mul(*(n for i, n in equation.ranges if i not in equation.reduced))


def _slabs(equation: Equation, tensor: Tensor) -> tuple[Slab, ...]:
    """Return what is left before and behind the only axis that is not written whole."""
    loops = equation.extent
    short = [
        axis
        for axis, (g, n) in enumerate(zip(equation.target.indices, tensor.shape, strict=True))
        if loops.get(g) != n
    ]
    if len(short) != 1:
        return ()
    (axis,) = short
    g = equation.target.indices[axis]
    loop = [i for i in loops if g.has(i)]
    begin = sympy.expand(g - loop[0]) if loop else g
    if begin.has(*loops):
        return ()
    end = begin + (loops[loop[0]] if loop else 1)
    whole = ((Integer(0), begin), (end, tensor.shape[axis]))
    return tuple((axis, a, b) for a, b in whole if sympy.expand(b - a) != 0)


__all__ = ["Slab", "bare", "first_writes"]
