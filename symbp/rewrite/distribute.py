"""What is no part of a recurrence leaves its scan, and runs for all steps at once.

An equation is part of the recurrence when a later step depends on what it writes and it depends
on an earlier one: when it lies on a cycle of "reads what the other writes". All others run before
the cycle or after it, whole: a projection of the inputs is one matrix product instead of one for
each step, and so is the gradient of a weight. In products that stay, the factors that no step
writes are computed before, for all steps.

>>> from symbp.ir.text import parse, text
>>> p = parse('''input x[T,3]
... param W[3], u
... value h[T + 1]
... scan t in T
...     z[t] = sum[i](x[t,i] * W[i])
...     h[t + 1] = h[t] * u + z[t]
... end
... ''')
>>> print(text(distribute(p), declarations=False), end="")
z[t] = sum[i](x[t,i] * W[i])
value h[T + 1]
scan t in T
    h[t + 1] = h[t] * u + z[t]
end

Source: Allen and Kennedy, Optimizing Compilers for Modern Architectures (2001), ch. 2: loop
distribution.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sympy import Expr

from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Program, accesses, declare
from symbp.ir.regions import carried
from symbp.ir.trace import note
from symbp.rewrite.cost import cost


def distribute(program: Program) -> Program:
    """Let every equation that is on no cycle leave its scan."""
    equations: list[Equation] = []
    for block in program.blocks():
        for group in _in_order(block):
            if len(group) == 1 and not _depends(group[0], group[0]):
                whole = replace(group[0], scan=None)
                note("all steps of a recurrence at once", group, [whole])
                group = (whole,)
            equations += group
    return program.but(equations=tuple(equations))


def _depends(reader: Equation, writer: Equation) -> bool:
    return any(a.name == writer.target.name for a in reader.reads())


def _in_order(block: tuple[Equation, ...]) -> Iterable[tuple[Equation, ...]]:
    """Yield the cycles of a block, and the equations on none, what is read before who reads it."""
    count = len(block)
    reach = [{w for w in range(count) if _depends(block[r], block[w])} for r in range(count)]
    for middle in range(count):
        for found in reach:
            if middle in found:
                found |= reach[middle]
    left = list(range(count))
    while left:
        first = next(r for r in left if all(r in reach[w] for w in reach[r] if w in left))
        cycle = [w for w in left if w == first or (w in reach[first] and first in reach[w])]
        yield tuple(block[w] for w in cycle)
        left = [w for w in left if w not in cycle]


def lift(program: Program) -> Program:
    """Compute the factors that no step writes before the scan, for all of its steps.

    >>> from symbp.ir.text import parse, text
    >>> p = parse('''input a[T], b[T]
    ... value h[T + 1]
    ... scan t in T
    ...     h[t + 1] = h[t] * a[t] * (1 - b[t])
    ... end
    ... ''')
    >>> print(text(lift(p), declarations=False), end="")
    h_step[t] = (1 - b[t]) * a[t]
    value h[T + 1]
    scan t in T
        h[t + 1] = h[t] * h_step[t]
    end
    """
    tensors = program.table()
    equations: list[Equation] = []
    for block in program.blocks():
        written = carried(block)
        steps: list[Equation] = []
        for equation in block:
            body = equation.body
            for part in _steady(equation, written) if written and not equation.reduced else ():
                loops = [r for r in equation.ranges if part.has(r[0])]
                value = declare(f"{equation.target.name}_step", loops, tensors)
                equations.append(
                    replace(equation, target=value, body=part, ranges=tuple(loops), scan=None)
                )
                body = _swapped(body, part, value)
            steps.append(replace(equation, body=body))
        equations += steps
    return program.but(tensors=tuple(tensors.values()), equations=tuple(equations))


def _steady(equation: Equation, written: frozenset[str]) -> list[Expr]:
    """Return the largest parts of products and sums that cost something and that no step writes."""
    found: dict[Expr, None] = {}

    def walk(e: Expr) -> None:
        if not isinstance(e, Access) and _is_steady(e, written):
            found.setdefault(e)
            return
        if isinstance(e, Where) or e.is_Boolean or isinstance(e, Access):
            return
        if e.is_Mul or e.is_Add:
            group = e.func(*(a for a in e.args if a.has(Access) and not set(_names(a)) & written))
            if group not in e.args and _is_steady(group, written):
                found.setdefault(group)
        for a in e.args:
            walk(a)

    walk(equation.body)
    return [e for e in found if not any(e is not o and o.has(e) for o in found)]


def _names(e: Expr) -> Iterable[str]:
    return (a.name for a in accesses(e))


def _is_steady(e: Expr, written: frozenset[str]) -> bool:
    return cost(e) > 0 and not e.is_Boolean and not set(_names(e)) & written


def _swapped(body: Expr, part: Expr, value: Expr) -> Expr:
    """Return the body with a part replaced by its value, also among more factors or terms."""
    if not (part.is_Mul or part.is_Add):
        return body.xreplace({part: value})
    mine = set(part.args)

    def swap(e: Expr) -> Expr:
        return e.func(value, *(a for a in e.args if a not in mine))

    return body.replace(lambda e: e.func is part.func and mine <= set(e.args), swap)
