"""Subexpressions that occur twice are computed once; factors of a contraction become tensors.

>>> from symbp.ir.text import parse, text
>>> p = parse('''input p[N], y[N]
... S = sum[n]((p[n] - y[n])**2)
... d[n] = p[n] * (p[n] - y[n])
... ''').but(outputs=("S", "d"))
>>> print(text(share(p), declarations=False), end="")
v1[n] = p[n] - y[n]
S = sum[n](v1[n]**2)
d[n] = p[n] * v1[n]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import replace

from sympy import Expr, Mul, Symbol

from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Program, Tensor, accesses, fresh, index
from symbp.ir.visit import definitions
from symbp.rewrite.cost import cost

Key = tuple[Expr, tuple[Expr, ...]]
"""An expression with its indices renamed to their places, and their extents."""


def share(program: Program) -> Program:
    """Give a name to what is computed more than once, the largest expressions first."""
    program = contract(program)
    while found := _shared(program):
        program = _extract(program, found)
    return program


def contract(program: Program) -> Program:
    """Let the operands of every sum of products be tensors: sum_n x[n,i] (a[n,j] b[n,j]).

    What does not depend on all indices of the box is computed once, not for each of the others.
    """
    tensors = program.table()
    equations: list[Equation] = []
    for equation in program.equations:
        body = equation.body
        for group in _operands(equation):
            name = _name(tensors)
            loops = _loops(group, equation)
            value = Access(name, *(i for i, _ in loops))
            tensors[name] = Tensor(name, tuple(n for _, n in loops))
            equations.append(
                replace(equation, target=value, op="sum", body=group, ranges=tuple(loops))
            )
            body = body / group * value
        equations.append(replace(equation, body=body))
    return program.but(tensors=tuple(tensors.values()), equations=tuple(equations))


def _operands(equation: Equation) -> list[Expr]:
    """Return the products of factors over a part of the box that are no tensors yet."""
    if equation.op != "sum" or not equation.reduced or not equation.body.is_Mul:
        return []
    loops = set(equation.extent)
    groups: dict[tuple[str, ...], list[Expr]] = {}
    for factor in equation.body.args:
        key = tuple(sorted(str(s) for s in factor.free_symbols & loops))
        groups.setdefault(key, []).append(factor)
    if len([k for k in groups if k]) < 2:
        return []
    products = [Mul(*factors) for key, factors in groups.items() if key]
    return [p for p in products if cost(p) > 0 and not p.has(Where)]


def _name(tensors: dict[str, Tensor]) -> str:
    count = 1
    while f"v{count}" in tensors:
        count += 1
    return fresh(f"v{count}", tensors)


def _shared(program: Program) -> set[Key]:
    """Return what is computed more than once and not just inside of something larger that is."""
    everywhere = Counter(k for e in program.equations for _, k in _parts(e.body, e))
    repeated = {key for key, times in everywhere.items() if times > 1}
    outermost = Counter(k for e in program.equations for _, k in _parts(e.body, e, repeated))
    return {key for key, times in outermost.items() if times > 1 and key in repeated}


def _parts(body: Expr, equation: Equation, stop: Container[Key] = ()) -> Iterator[tuple[Expr, Key]]:
    """Yield what could be a tensor: no branch of a choice, nothing inside an index."""
    if cost(body) == 0:
        return
    guard = isinstance(body, Where) and body == equation.body and not equation.plain
    if not body.is_Boolean and not guard:  # a guard keeps the target inside
        key = _key(body, equation)
        yield body, key
        if key in stop:
            return
    if not isinstance(body, (Where, Access)) and not body.is_Boolean:
        for argument in body.args:
            yield from _parts(argument, equation, stop)


def _key(part: Expr, equation: Equation) -> Key:
    loops = _loops(part, equation)
    names = {i: index(f"_{k}") for k, (i, _) in enumerate(loops)}
    return part.xreplace(names), tuple(n for _, n in loops)


def _loops(part: Expr, equation: Equation) -> list[tuple[Symbol, Expr]]:
    """Return the indices of a part in the order in which its accesses name them."""
    extents = equation.extent
    order: dict[Symbol, None] = {}
    for access in accesses(part):
        for g in access.indices:
            order.update(dict.fromkeys(s for s in sorted(g.free_symbols, key=str) if s in extents))
    order.update(dict.fromkeys(i for i in extents if i in part.free_symbols))
    return [(i, extents[i]) for i in order]


def _extract(program: Program, shared: set[Key]) -> Program:
    """Define a tensor by each shared expression before its first use, and read it everywhere."""
    tensors, names = program.table(), {}
    whole = definitions(program)
    equations: list[Equation] = []
    for equation in program.equations:
        body = equation.body
        for part, key in list(_parts(body, equation, shared)):
            if key not in shared:
                continue
            loops = _loops(part, equation)
            if key not in names:
                if whole.get(equation.target.name) is equation and _is_all(part, equation, loops):
                    names[key] = equation.target.name
                    continue
                names[key] = name = _name(tensors)
                tensors[name] = Tensor(name, key[1])
                target = Access(name, *(i for i, _ in loops))
                equations.append(
                    replace(equation, target=target, op="sum", body=part, ranges=tuple(loops))
                )
            body = body.xreplace({part: Access(names[key], *(i for i, _ in loops))})
        equations.append(replace(equation, body=body))
    return program.but(tensors=tuple(tensors.values()), equations=tuple(equations))


def _is_all(part: Expr, equation: Equation, loops: list[tuple[Symbol, Expr]]) -> bool:
    """Tell whether the equation's target is the tensor that a part would become."""
    return part == equation.body and equation.target.indices == tuple(i for i, _ in loops)
