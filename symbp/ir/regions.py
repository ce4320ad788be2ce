"""Which elements of a tensor accesses reach, and in which step of a scan.

>>> from sympy import Integer
>>> t, n = index("t"), index("n")
>>> box = {t: Integer(9), n: Integer(4)}
>>> apart(Access("h", 0, n), box, Access("h", t + 1, n), box, {})
True
>>> shift(Access("h", t + 1, n), Access("h", t, n), t, box)
(-1,)
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat

import sympy
from sympy import Expr, Integer, Symbol

from symbp.ir.program import Access, Equation, Program, Tensor, index
from symbp.ir.ranges import Extents, Tensors, bounds

__all__ = [
    "apart", "by_step", "carried", "covers", "differs", "in_time", "shift", "single", "sole",
    "within",
]  # fmt: skip


def apart(a: Access, a_box: Extents, b: Access, b_box: Extents, tensors: Tensors) -> bool:
    """Tell whether two accesses to one tensor never meet, whatever their indices are."""
    other = {i: index(f"{i}'") for i in b_box}
    box = {**a_box, **{other[i]: n for i, n in b_box.items()}}
    for f, g in zip(a.indices, b.indices, strict=True):
        limits = bounds(sympy.expand(f - g.xreplace(other)), box, tensors)
        if limits and any(sympy.expand(x).is_positive for x in (limits[0], -limits[1])):
            return True
    return False


def shift(written: Access, read: Access, t: Symbol, box: Extents) -> tuple[Expr, ...]:
    """Return s where what is read in step t was written in step t + s, as each axis tells it."""
    found = []
    for f, g in zip(written.indices, read.indices, strict=True):
        slope = f.coeff(t)
        rest = sympy.expand(f - slope * t), sympy.expand(g - slope * t)
        if slope.is_Integer and slope != 0 and not any(r.free_symbols & set(box) for r in rest):
            found.append(sympy.expand((rest[1] - rest[0]) / slope))
    return tuple(found)


def in_time(read: Access, reader: Equation, writer: Equation, first: bool, table: Tensors) -> bool:
    """Tell whether the scan that two equations share has written what is read by then.

    Args:
        first: whether the writer stands before the reader.
    """
    assert reader.scan is not None
    box = reader.extent
    if apart(read, box, writer.target, writer.extent, table):
        return True
    sign = -1 if reader.scan.reverse else 1
    steps = shift(writer.target, read, reader.scan.index, {**box, **writer.extent})
    return any((s == 0 and first) or (sign * s).is_negative for s in steps)


def covers(equation: Equation, tensor: Tensor) -> bool:
    """Tell whether an equation reaches every element of its target, each by its own indices."""
    extents = equation.extent
    return equation.plain and tensor.shape == tuple(extents[g] for g in equation.target.indices)


def sole(program: Program) -> tuple[bool, ...]:
    """Tell of each equation whether it alone sets the elements that it writes, each once."""
    table, writers = program.table(), program.writers()

    def is_sole(equation: Equation) -> bool:
        rivals = (e for e in writers[equation.target.name] if e is not equation)
        return (
            not equation.reduced
            and single(equation, table)
            and all(
                apart(equation.target, equation.extent, e.target, e.extent, table) for e in rivals
            )
        )

    return tuple(map(is_sole, program.equations))


def single(equation: Equation, tensors: Tensors) -> bool:
    """Tell whether an equation sets one element for each place of its box: y[t+1,n], not y[p+u].

    For u below 2 it may be y[2*p+u], too: what differs reaches another element.

    What it sets may be a sum, though not one over the steps of its scan.

    >>> from sympy import Integer
    >>> from symbp.ir.program import Tensor
    >>> t, n = index("t"), index("n")
    >>> box = ((t, Integer(3)), (n, Integer(2)))
    >>> y = Tensor("y", (Integer(4), Integer(2), Integer(2)))
    >>> single(Equation(Access("y", t + 1, 0, n), "sum", Integer(1), box), {"y": y})
    True
    """
    box = equation.extent
    used = [tuple(i for i in box if g.has(i)) for g in equation.target.indices]
    met = [i for found in used for i in found]
    distinct = all(map(differs, equation.target.indices, used, repeat(box)))
    summed = equation.scan is not None and equation.scan.index in equation.reduced
    inside = all(
        within(g, n, box, tensors)
        for g, n in zip(equation.target.indices, tensors[equation.target.name].shape, strict=True)
    )
    return equation.op == "sum" and distinct and len(set(met)) == len(met) and not summed and inside


def differs(g: Expr, loops: tuple[Symbol, ...], box: Extents) -> bool:
    """Tell whether an index differs from place to place: t + 1, or u + 2 p for u below 2."""
    steps = {i: g.coeff(i) for i in loops}
    reach: Expr = Integer(0)
    for i in by_step(g, loops):
        if not sympy.expand(steps[i] - 1 - reach).is_nonnegative:
            return False
        reach += steps[i] * (box[i] - 1)
    rest = g - sum(step * i for i, step in steps.items())
    return not g.has(Access) and not sympy.expand(rest).has(*loops)


def by_step(g: Expr, loops: Iterable[Symbol]) -> list[Symbol]:
    """Return loops in the order of how far an index moves with them: u, p for u + 2 p."""
    return sorted(loops, key=lambda i: (len(g.coeff(i).free_symbols), g.coeff(i).sort_key()))


def within(g: Expr, extent: Expr, box: Extents, tensors: Tensors) -> bool:
    """Tell whether an index lies from 0 to extent - 1, without regard to guards."""
    limits = bounds(g, box, tensors)
    return limits is not None and bool(
        limits[0].is_nonnegative and sympy.expand(extent - 1 - limits[1]).is_nonnegative
    )


def carried(block: tuple[Equation, ...]) -> frozenset[str]:
    """Return the tensors that the steps of a scan write."""
    return frozenset(e.target.name for e in block if e.scan is not None)
