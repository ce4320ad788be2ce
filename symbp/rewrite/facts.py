"""What is known of a given tensor is used: the sum of its last axis is one.

>>> from symbp.ir.text import parse, text
>>> p = parse("target y[N,3] sums to one\\ninput a[N]\\ns[n] = sum[j](a[n] * y[n,j])")
>>> print(text(facts(p), declarations=False), end="")
s[n] = a[n]
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sympy import Add, Expr, Symbol, expand

from symbp.ir.program import Equation, Program, accesses


def facts(program: Program) -> Program:
    """Carry out every sum over the whole last axis of a tensor that sums to one along it."""
    known = {t.name: t.shape[-1] for t in program.tensors if t.sums_to_one}
    if not known:
        return program
    equations = []
    for equation in program.equations:
        read = any(a.name in known for a in accesses(equation.body))
        equations.append(_summed(equation, known) if read else equation)
    return program.but(equations=tuple(equations))


def _summed(equation: Equation, known: Mapping[str, Expr]) -> Equation:
    """Return the equation without those of its sums that are known."""
    scan = equation.scan and equation.scan.index
    if equation.op != "sum" or not equation.plain:
        return equation
    for j in equation.reduced:
        whole = {name for name, extent in known.items() if extent == equation.extent[j]}
        rows = [a for a in accesses(equation.body) if a.name in whole and _is_row(a.indices, j)]
        body = None if j == scan or not rows else _sum(equation, j, rows)
        if body is not None:
            ranges = tuple(r for r in equation.ranges if r[0] != j)
            return _summed(replace(equation, body=body, ranges=ranges), known)
    return equation


def _is_row(indices: tuple[Expr, ...], j: Symbol) -> bool:
    return indices[-1] == j and not any(g.has(j) for g in indices[:-1])


def _sum(equation: Equation, j: Symbol, rows: Collection[Expr]) -> Expr | None:
    """Return the sum over j of c y[..., j] + d, which is c + d times the extent; else None."""
    found = []
    for term in Add.make_args(expand(equation.body)):
        if not term.has(j):
            found.append(term * equation.extent[j])
            continue
        rests = [rest for row in rows if not (rest := term / row).has(j)]
        if not rests:
            return None
        found.append(rests[0])
    return Add(*found)
