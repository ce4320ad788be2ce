"""Equations that are alike become one, and so do pointwise terms of one target.

>>> from symbp.ir.text import parse, text
>>> p = parse("input x[N,2]\\na[n] = sum[j](x[n,j])\\nb[k] = sum[i](x[k,i])\\nc[n] = a[n] * b[n]")
>>> print(text(merge(p.but(outputs=("c",))), declarations=False), end="")
a[n] = sum[j](x[n,j])
c[n] = a[n]**2
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sympy import Add, Expr

from symbp.ir.program import Access, Equation, Program, index
from symbp.ir.trace import note
from symbp.ir.visit import DEAD, needed, redirect


def merge(program: Program) -> Program:
    """Let tensors that are defined alike be one; what nobody reads any more is dropped."""
    first: dict[Any, str] = {}
    same: dict[str, str] = {}
    tensors, writers = program.table(), program.writers()
    for name, group in writers.items():
        key = (tensors[name].shape, *(_key(redirect(e, same)) for e in group))
        twin = first.setdefault(key, name)
        if twin != name and name not in program.outputs:
            same[name] = twin
    kept: list[Equation] = []
    for equation in program.equations:
        if equation.target.name not in same:
            kept.append(redirect(equation, same))
            twins = {same[a.name] for a in equation.reads() if a.name in same}
            using = [e for name in sorted(twins) for e in writers[name]]
            note("the same value under one name", [equation], kept[-1:], using)
    for name in same:
        note(DEAD, writers[name], ())
    return needed(program.but(equations=tuple(kept)))


def combine(program: Program) -> Program:
    """Add up the pointwise equations of each target and box in the last of them.

    >>> from symbp.ir.text import parse, text
    >>> p = parse("input x[N], y[N]\\na[n] = x[n]\\na[k] += 2 * y[k]").but(outputs=("a",))
    >>> print(text(combine(p), declarations=False), end="")
    a[n] = 2 * y[n] + x[n]
    """
    groups: dict[Any, list[Equation]] = {}
    number = [k for k, block in enumerate(program.blocks()) for _ in block]
    places = [_place(e, k) for e, k in zip(program.equations, number, strict=True)]
    for place, equation in zip(places, program.equations, strict=True):
        if place is not None:
            groups.setdefault(place, []).append(equation)
    equations = []
    for place, equation in zip(places, program.equations, strict=True):
        group = groups[place] if place is not None else []
        if len(group) < 2:
            equations.append(equation)
        elif equation is group[-1]:
            whole = replace(group[0], body=Add(*(_renamed(e, group[0]) for e in group)))
            uses = all(e.primal for e in group)
            note("sum over uses" if uses else "sum of its terms", group, [whole])
            equations.append(whole)
    return program.but(equations=tuple(equations))


def _place(equation: Equation, block: int) -> Any:
    """What a pointwise equation writes: the target, and how much of each axis; in which scan."""
    if not equation.pointwise:
        return None
    extents, scan = equation.extent, equation.scan
    loops = tuple(extents[i] for i in equation.target.indices)
    step = scan and (block, equation.target.indices.index(scan.index))
    return equation.target.name, loops, step


def _renamed(equation: Equation, like: Equation) -> Expr:
    """Return the body in the indices of an equation with the same box."""
    pairs = zip(equation.target.indices, like.target.indices, strict=True)
    return equation.body.xreplace(dict(pairs))


def _key(equation: Equation) -> Any:
    """The equation with its indices renamed to their places, and without its target's name."""
    names = {i: index(f"_{k}") for k, (i, _) in enumerate(equation.ranges)}
    target = Access("", *equation.target.indices).xreplace(names)
    extents = tuple(extent for _, extent in equation.ranges)
    scan = equation.scan and (names[equation.scan.index], equation.scan.reverse)
    return (equation.op, target, equation.body.xreplace(names), extents, scan)
