"""Factors that do not depend on a summed index leave the sum.

>>> from symbp.ir.text import parse, text
>>> p = parse("input x[N,4], a[N]\\ny[n] = sum[j](2 * a[n] * x[n,j])")
>>> print(text(hoist(p), declarations=False), end="")
y_sum[n] = sum[j](x[n,j])
y[n] = 2 * a[n] * y_sum[n]
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer, Mul

from symbp.ir.program import Access, Equation, Program, Range, Tensor, fresh
from symbp.ir.trace import note


def hoist(program: Program) -> Program:
    """Take factors out of every sum that none of its indices runs through.

    A summed index that does not occur at all is a factor too: its extent. A sum over the steps
    of a scan is complete only when the scan is, and stays.
    """
    tensors, equations = program.table(), []
    for equation in program.equations:
        constant, rest, ranges = _split(equation)
        if constant == 1:
            equations.append(equation)
            continue
        kept = tuple(r for r in ranges if r[0] in equation.target.indices)
        if kept == ranges:  # nothing is left to sum
            found = [replace(equation, body=constant * rest, ranges=kept)]
            note("a sum of equal terms", [equation], found)
            equations += found
            continue
        name = fresh(f"{equation.target.name}_sum", tensors)
        tensors[name] = Tensor(name, tuple(n for _, n in kept))
        inner = Access(name, *(i for i, _ in kept))
        found = [
            replace(equation, target=inner, body=rest, ranges=ranges),
            replace(equation, body=constant * inner, ranges=kept),
        ]
        note("constant out of a sum", [equation], found)
        equations += found
    return program.but(tensors=tuple(tensors.values()), equations=tuple(equations))


def _split(equation: Equation) -> tuple[Expr, Expr, tuple[Range, ...]]:
    """Return what leaves the sum, what stays, and the ranges that stay."""
    whole = equation.scan is None or equation.scan.index not in equation.reduced
    if equation.op != "sum" or not equation.reduced or not equation.plain or not whole:
        return Integer(1), equation.body, equation.ranges
    used = equation.body.free_symbols
    idle = [r for r in equation.ranges if r[0] in equation.reduced and r[0] not in used]
    reduced = set(equation.reduced) & used
    factors = Mul.make_args(equation.body)
    inner = [f for f in factors if f.free_symbols & reduced]
    outer = [f for f in factors if not f.free_symbols & reduced]
    if not inner:
        inner, outer = outer, []
    ranges = tuple(r for r in equation.ranges if r not in idle)
    return Mul(*outer, *(n for _, n in idle)), Mul(*inner), ranges
