"""What is used once, or is trivial, moves into its consumer.

>>> from symbp.ir.text import parse, text
>>> p = parse("input x[N]\\na[n] = x[n] - 1\\nb[n] = 3 * a[n]**2").but(outputs=("b",))
>>> print(text(inline(p), declarations=False), end="")
b[n] = 3 * (x[n] - 1)**2
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, exp, log

from symbp.ir.functions import log1p
from symbp.ir.program import Access, Equation, Program, accesses
from symbp.ir.trace import note
from symbp.ir.visit import definitions, instance, needed
from symbp.rewrite.algebra import simplify
from symbp.rewrite.cost import FUNCTION, cost
from symbp.rewrite.known import Values

CANCEL = "a definition opened, and simplified"
SOFTMAX = "softmax with cross-entropy collapses"
_LARGE = 60
_FOR_A_LOGARITHM = 3
_DEPTH = 3


def inline(program: Program) -> Program:
    """Fuse pointwise equations into their only consumer, and trivial ones into all."""
    pointwise = definitions(program)
    count: dict[str, int] = {}
    for equation in program.equations:
        for access in equation.reads():
            count[access.name] = count.get(access.name, 0) + 1
    moved: dict[str, Equation] = {}
    equations: list[Equation] = []
    number = [k for k, block in enumerate(program.blocks()) for _ in block]
    home = {e.target.name: k for e, k in zip(program.equations, number, strict=True)}
    for equation, block in zip(program.equations, number, strict=True):
        whole = moved
        if equation.scan is not None:  # what is known before a scan is not computed in its steps
            whole = {n: e for n, e in moved.items() if home[n] == block or _trivial(e)}
        equation = replace(equation, body=_fused(equation, whole, count))
        equations.append(equation)
        name = equation.target.name
        if name in pointwise and name not in program.outputs:
            moved[name] = equation
    return needed(program.but(equations=tuple(equations)))


def _fused(equation: Equation, moved: dict[str, Equation], count: dict[str, int]) -> Expr:
    body, loops = equation.body, set(equation.extent)
    nested = {a for access in accesses(body) for g in access.indices for a in accesses(g)}
    for access in accesses(body):
        definition = moved.get(access.name)
        if definition is None or access in nested or equation.op != "sum":
            continue
        covers = set(access.indices) == loops
        once = count[access.name] == 1 and covers and cost(body) + cost(definition.body) < _LARGE
        if once or _trivial(definition):
            before = replace(equation, body=body)
            body = body.xreplace({access: instance(definition, access)})
            note("substitution", [before], [replace(before, body=body)], [definition])
    return body


def _trivial(definition: Equation) -> bool:
    """Numbers and sizes, copies, and scalars that cost next to nothing."""
    if not definition.target.indices:
        return cost(definition.body) < FUNCTION // 2
    return cost(definition.body) == 0 and not definition.body.free_symbols & set(
        definition.extent
    ) - {g for a in accesses(definition.body) for g in a.indices}


def expose(program: Program) -> Program:
    """Look through a tensor wherever its consumer gets cheaper by it.

    What the definition has in common with its surroundings cancels: dp[n] * p[n] with
    dp[n] = -y[n] / p[n] is -y[n]. A logarithm may cost a little more: log(p[n]) with
    p[n] = sigmoid(z[n]) becomes -softplus(-z[n]), which can't overflow.
    """
    pointwise = definitions(program)
    values = Values(program)
    equations: list[Equation] = []
    for equation in program.equations:
        equation = replace(equation, body=_exposed(equation, pointwise, values))
        equations.append(equation)
        values.add(equation)
    return program.but(equations=tuple(equations))


def _exposed(equation: Equation, pointwise: dict[str, Equation], values: Values) -> Expr:
    body = equation.body
    for access in accesses(body):
        if access.name not in pointwise or equation.op != "sum" or not body.has(access):
            continue
        logarithms = sum(e.has(access) for e in body.atoms(log, log1p))
        for depth in range(1, _DEPTH + 1 if logarithms else 2):
            candidate = _opened(body, access, pointwise, depth)
            candidate = values.read(replace(equation, body=candidate))
            if logarithms:
                better = cost(candidate) <= cost(body) + _FOR_A_LOGARITHM * logarithms
            else:
                better = not candidate.has(access) and _burden(candidate) < _burden(body)
            if better and candidate != body:
                before, body = replace(equation, body=body), candidate
                opened = pointwise[access.name]
                rule = SOFTMAX if _is_softmax(before, body, pointwise) else CANCEL
                note(rule, [before], [replace(before, body=body)], [opened])
                break
    return body


def _is_softmax(before: Equation, body: Expr, pointwise: dict[str, Equation]) -> bool:
    """Tell whether exp(z) / Z has become p in an adjoint: p - y, say."""
    old = accesses(before.body)
    new = (pointwise.get(a.name) for a in accesses(body) if a not in old)
    held = [e.body for e in new if e is not None and e.body.is_Mul]
    return before.primal is not None and any(
        any(isinstance(f, exp) for f in e.args) and any(f.is_Pow and f.exp == -1 for f in e.args)
        for e in held
    )


def _opened(body: Expr, access: Access, pointwise: dict[str, Equation], depth: int) -> Expr:
    """Put the definition of an access in its place, and those of what it reads, so many deep.

    What is left of a definition afterwards is read from its tensor again.
    """
    opened = {access: instance(pointwise[access.name], access)}
    body, level = body.xreplace(opened), [opened[access]]
    for _ in range(depth - 1):
        inner = [a for e in level for a in accesses(e) if a.name in pointwise]
        found = {a: instance(pointwise[a.name], a) for a in inner}
        body, level = body.xreplace(found), list(found.values())
        opened |= found
    body = simplify(body)
    for held, definition in reversed(opened.items()):
        if cost(definition) > 0:  # a mere number may stand anywhere
            body = body.xreplace({definition: held})
    return body


def _burden(body: Expr) -> tuple[int, int]:
    """What a body costs, and of those that cost the same, how much it reads."""
    return cost(body), len(accesses(body))
