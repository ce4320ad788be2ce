"""What a reduction commutes with leaves it.

A factor that does not depend on a summed index leaves the sum:

>>> from symbp.ir.text import parse, text
>>> p = parse("input x[N,4], a[N]\\ny[n] = sum[j](2 * a[n] * x[n,j])")
>>> print(text(hoist(p), declarations=False), end="")
y_sum[n] = sum[j](x[n,j])
y[n] = 2 * a[n] * y_sum[n]

An increasing function leaves the maximum: the largest of relus is the relu of the largest.

>>> p = parse("input z[N,4]\\nh[n,j] = relu(z[n,j])\\ny[n] = max[j](h[n,j])").but(outputs=("y",))
>>> print(text(increasing(p), declarations=False), end="")
y_z[n] = max[j](z[n,j])
y[n] = relu(y_z[n])
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr, Integer, Mul

from symbp.ir.functions import relu, sigmoid, softplus
from symbp.ir.program import Access, Equation, Program, Range, declare
from symbp.ir.trace import note
from symbp.ir.visit import definitions, instance, needed

INCREASING = (relu, sigmoid, softplus, sympy.tanh, sympy.exp, sympy.erf)


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
        inner = declare(f"{equation.target.name}_sum", kept, tensors)
        found = [
            replace(equation, target=inner, body=rest, ranges=ranges),
            replace(equation, body=constant * inner, ranges=kept),
        ]
        note("constant out of a sum", [equation], found)
        equations += found
    return program.but(tensors=tuple(tensors.values()), equations=tuple(equations))


def increasing(program: Program) -> Program:
    """Take increasing functions out of every maximum and minimum that alone reads their values.

    What is largest is found first, so that the function has fewer arguments; who won, and so the
    gradient, stays the same, but where the function maps several candidates to one value that is
    largest and its slope there is not 0.
    """
    tensors, readers = program.table(), program.readers()
    applied = {
        name: e for name, e in definitions(program).items()
        if _applied(e) and name not in program.outputs
    }  # fmt: skip
    equations: list[Equation] = []
    for equation in program.equations:
        value = equation.body
        inner = applied.get(value.name) if isinstance(value, Access) else None
        if inner is None or any(map(_stays, readers[inner.target.name])):
            equations.append(equation)
            continue
        assert isinstance(value, Access)
        kept = tuple(r for r in equation.ranges if r[0] not in equation.reduced)
        largest = declare(f"{equation.target.name}_z", kept, tensors)
        (argument,) = instance(inner, value).args
        found = [
            replace(equation, target=largest, body=argument),
            replace(equation, op="sum", body=inner.body.func(largest), ranges=kept),
        ]
        note("an increasing function out of a maximum", [equation], found, [inner])
        equations += found
    return needed(program.but(tensors=tuple(tensors.values()), equations=tuple(equations)))


def _applied(equation: Equation) -> bool:
    """Tell whether a tensor is an increasing function of another, element by element."""
    body = equation.body
    return (
        isinstance(body, INCREASING)
        and isinstance(body.args[0], Access)
        and set(body.args[0].indices) == set(equation.extent)
    )


def _stays(reader: Equation) -> bool:
    """Tell whether a reader needs the function's values themselves."""
    largest = reader.op in ("max", "min") and reader.plain and isinstance(reader.body, Access)
    return not largest or reader.scan is not None


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
