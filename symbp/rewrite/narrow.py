"""Nothing is computed for each value of an index that it does not depend on.

A sum over an index that some factors of a product lack is a sum of the others, taken first; and
what is the same for every value of a target's index is computed once, for all of them.

>>> from symbp.ir.text import parse, text
>>> p = parse('''input a[N,T,4], b[N,3], W[4,3]
... g[i,j] = sum[n,t](a[n,t,i] * b[n,j])
... y[n,t,i] = sum[j](b[n,j] * W[i,j]) for t in T
... ''')
>>> print(text(narrow(p), declarations=False), end="")
g_inner[n,i] = sum[t](a[n,t,i])
g[i,j] = sum[n](g_inner[n,i] * b[n,j])
y_once[n,i] = sum[j](b[n,j] * W[i,j])
y[n,t,i] = y_once[n,i] for n in N, t in T, i in 4

Source: Aji and McEliece, The Generalized Distributive Law, IEEE Trans. Inf. Theory 46 (2000).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sympy import Expr, Mul

from symbp.ir.program import Access, Equation, Program, Range, Tensor, accesses, declare
from symbp.rewrite.cost import cost


def narrow(program: Program) -> Program:
    """Take partial sums first, and leave out indices that say nothing; scans stay as they are."""
    writers, steps = program.writers(), _Steps(program.table())
    for equation in program.equations:
        if equation.op == "sum" and equation.scan is None and equation.plain:
            while (part := _partial(equation)) is not None:
                equation = steps.summed_before(equation, part)
            alone = len(writers[equation.target.name]) == 1
            if equation.reduced or (alone and cost(equation.body) > 0):
                equation = steps.computed_once(equation)
        steps.equations.append(equation)
    return program.but(tensors=tuple(steps.tensors.values()), equations=tuple(steps.equations))


class _Steps:
    """The equations so far, and the tensors."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.tensors = tensors
        self.equations: list[Equation] = []

    def define(self, like: Equation, word: str, body: Expr, kept: list[Range]) -> Access:
        """Add an equation over what is kept and what is summed, and return what it computes."""
        value = declare(f"{like.target.name}_{word}", kept, self.tensors)
        ranges = tuple(r for r in like.ranges if r in kept or body.has(r[0]))
        self.equations.append(replace(like, target=value, body=body, ranges=ranges))
        return value

    def summed_before(self, equation: Equation, part: Expr) -> Equation:
        """Sum a part of a product over the indices that only it has."""
        rest = Mul(*(f for f in Mul.make_args(equation.body) if f not in Mul.make_args(part)))
        gone = [i for i in equation.reduced if not rest.has(i)]
        order = dict.fromkeys(g for a in accesses(part) for g in a.indices)  # as it lies in memory
        met = [*(i for i in order if i in equation.extent), *equation.extent]
        kept = [(i, equation.extent[i]) for i in dict.fromkeys(met) if part.has(i)]
        kept = [r for r in kept if r[0] not in gone]
        value = self.define(equation, "inner", part, kept)
        ranges = tuple(r for r in equation.ranges if r[0] not in gone)
        return replace(equation, body=rest * value, ranges=ranges)

    def computed_once(self, equation: Equation) -> Equation:
        """Compute a body without the indices of the target that it does not have."""
        idle = [i for i in equation.target.indices if not equation.body.has(i)]
        if all(equation.extent[i] == 1 for i in idle):
            return equation
        outer = [r for r in equation.ranges if r[0] not in equation.reduced]
        kept = [r for r in outer if r[0] not in idle]
        value = self.define(equation, "once", equation.body, kept)
        return replace(equation, body=value, ranges=tuple(outer))


def _partial(equation: Equation) -> Expr | None:
    """Return factors that have a summed index alone, and not all of the others."""
    factors = Mul.make_args(equation.body)
    for i in equation.reduced:
        mine = [f for f in factors if f.has(i)]
        if mine and len(mine) < len(factors) and _lacks_one(mine, equation):
            return Mul(*mine)
    return None


def _lacks_one(factors: Iterable[Expr], equation: Equation) -> bool:
    return any(n != 1 and not any(f.has(i) for f in factors) for i, n in equation.ranges)
