"""Of each window of which all but one element are 0, a sum of products reads the one that is not.

A maximum over windows hands its gradient back to the winners: what a convolution before it reads
is 0 everywhere else.

>>> from symbp.ir.text import parse, show
>>> p = parse('''input dy[N,4], x[N,11]
... value won[N,4] in 2
... won[n,p] = where(x[n,2*p] < x[n,2*p + 1], 1, 0)
... dz[n,u + 2*p] = where(u == won[n,p], dy[n,p], 0) for u in 2
... dK[v] = sum[n,p](dz[n,p] * x[n,p + v]) for v in 4
... db = sum[n,p](dz[n,p])
... ''').but(outputs=("dK", "db"))
>>> for equation in condense(p, lambda equation, table: True).equations[1:]:
...     print(show(equation))
dK[v] = sum[n,p,u](where(u == won[n,p], x[n,u + v + 2 * p] * dy[n,p], 0))
db = sum[n,p](dy[n,p])

The last line: of all u, one is the winner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import sympy
from sympy import Eq, Expr, Integer, Mul, Symbol

from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Program, Tensor, fresh, index
from symbp.ir.regions import by_step, differs, single
from symbp.ir.visit import needed

Takes = Callable[[Equation, Mapping[str, Tensor]], bool]


def condense(program: Program, takes: Takes) -> Program:
    """Let sums over what is mostly 0 be sums over what is not.

    Args:
        takes: tells of a sum of products under the condition that an element is the one whether
            it is worth having in place of the sum over all.
    """
    table = program.table()
    sparse = {
        name: group[0]
        for name, group in program.writers().items()
        if len(group) == 1
        and chosen(group[0]) is not None
        and group[0].scan is None
        and not group[0].reduced
        and single(group[0], table)
    }

    def condensed(equation: Equation) -> Equation:
        for access in equation.reads():
            if access.name in sparse:
                found = _condensed(equation, access, sparse[access.name], table)
                if found is not None and (chosen(found) is None or takes(found, table)):
                    return found
        return equation

    return needed(program.but(equations=tuple(map(condensed, program.equations))))


def chosen(equation: Equation) -> tuple[Expr, Access, Expr] | None:
    """Return the number of an element in its window, which number wins, and what it wins.

    Of `where(number == winner[...], value, 0)`; None if an equation is no sum of such values.
    """
    body = equation.body
    if equation.op != "sum" or not isinstance(body, Where) or body.args[2] != 0:
        return None
    condition, value, _ = body.args
    winners = [a for a in condition.args if isinstance(a, Access)]
    if not isinstance(condition, Eq) or len(winners) != 1:
        return None
    (number,) = (a for a in condition.args if a != winners[0])
    return None if number.has(Access) else (number, winners[0], value)


def _condensed(
    equation: Equation, access: Access, source: Equation, table: Mapping[str, Tensor]
) -> Equation | None:
    """Return a sum over the winners of what it reads; None if it is not one over all of it."""
    rest = Mul(*(f for f in Mul.make_args(equation.body) if f != access))
    if equation.op != "sum" or equation.scan or access * rest != equation.body or rest.has(access):
        return None
    ranges, windows = dict(equation.ranges), dict[Symbol, Expr]()
    here: dict[Symbol, Expr] = {}  # what the source's indices are in this equation
    there: dict[Symbol, Expr] = {}  # what this one's are, where an axis is cut into windows
    for g, i in zip(source.target.indices, access.indices, strict=True):
        if g in source.extent:
            here[g] = i
            continue
        if not g.has(*source.extent):
            return None
        *inner, outer = by_step(g, (k for k in source.extent if g.has(k)))
        for k in inner:
            here[k] = own = index(fresh(str(k), {str(j) for j in (*ranges, *windows)}))
            windows[own] = source.extent[k]
        here[outer], ranges[i] = i, source.extent[outer]
        there[i] = g.xreplace(here)
    shape = zip(access.indices, table[access.name].shape, strict=True)
    if len([i for i, n in shape if i in there and equation.extent.get(i) == n]) != len(there):
        return None
    found = chosen(source)
    assert found is not None
    number, winner, value = (e.xreplace(here) for e in found)
    target, body = equation.target.xreplace(there), value * rest.xreplace(there)
    inside = target.has(*windows) or body.has(*windows)
    if inside or not _all(number, windows, table[winner.name].bound):
        body = Where(Eq(number, winner), body, 0)
        ranges |= windows
    return replace(equation, target=target, body=body, ranges=tuple(ranges.items()))


def _all(number: Expr, windows: Mapping[Symbol, Expr], bound: Expr | None) -> bool:
    """Tell whether the elements of a window have all numbers below a bound, so that one wins."""
    many = Mul(*windows.values())
    numbered = differs(number, tuple(windows), windows) and number.free_symbols == {*windows}
    first = number.xreplace(dict.fromkeys(windows, Integer(0)))
    return bool(numbered and first == 0 and bound is not None and sympy.expand(bound - many) == 0)


__all__ = ["chosen", "condense"]
