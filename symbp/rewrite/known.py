"""A value that a tensor already holds is read, not computed again.

>>> from symbp.ir.text import parse, text
>>> p = parse("input z[N]\\nh[n] = sigmoid(z[n])\\ndz[k] = 2 * sigmoid(z[k]) * (1 - sigmoid(z[k]))")
>>> print(text(known(p), declarations=False), end="")
h[n] = sigmoid(z[n])
dz[k] = 2 * (1 - h[k]) * h[k]
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Expr, Mul

from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Program, accesses
from symbp.ir.visit import definitions
from symbp.rewrite.cost import cost


@dataclass(frozen=True, slots=True)
class _Value:
    """A definition, and an access in it from which all of its indices can be told."""

    equation: Equation
    anchor: Access
    reads: frozenset[str]


class Values:
    """The pointwise definitions met so far, found by the tensors that they read."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._pointwise = definitions(program)
        self._by_anchor: dict[str, list[_Value]] = {}

    def add(self, equation: Equation) -> None:
        """Remember what an equation defines, if it defines a tensor alone and pointwise."""
        if equation.target.name in self._pointwise:
            found = _value(equation, self._program)
            if found is not None:
                self._by_anchor.setdefault(found.anchor.name, []).append(found)

    def read(self, equation: Equation) -> Expr:
        """Return a body with every remembered expression in it read from its tensor.

        A guard stays where it keeps the target inside: dx[i-1] += where(i >= 1, ..., 0).
        """
        body = equation.body
        if isinstance(body, Where) and not equation.plain:
            condition, a, b = body.args
            return Where(condition, self.read(replace(equation, body=a)), b)
        names = {a.name for a in accesses(body)}
        candidates = [v for name in sorted(names) for v in self._by_anchor.get(name, ())]
        candidates.sort(key=lambda v: -cost(v.equation.body))
        for value in candidates:
            if value.reads <= names:
                body = _read(body, value)
        return body


def known(program: Program) -> Program:
    """Replace every expression that is some earlier tensor's body by that tensor."""
    values = Values(program)
    equations: list[Equation] = []
    for equation in program.equations:
        equation = replace(equation, body=values.read(equation))
        equations.append(equation)
        values.add(equation)
    return program.but(equations=tuple(equations))


def _value(equation: Equation, program: Program) -> _Value | None:
    if cost(equation.body) == 0:
        return None
    loops = set(equation.extent)
    for access in accesses(equation.body):
        plain = [g for g in access.indices if g in loops]
        shape = program[access.name].shape
        full = all(
            g not in loops or equation.extent[g] == n
            for g, n in zip(access.indices, shape, strict=True)
        )
        if set(plain) == loops and full:
            reads = frozenset(a.name for a in accesses(equation.body))
            return _Value(equation, access, reads)
    return None


def _read(body: Expr, value: _Value) -> Expr:
    target, loops = value.equation.target, value.equation.extent
    for access in accesses(body):
        if access.name != value.anchor.name:
            continue
        pairs = zip(value.anchor.indices, access.indices, strict=True)
        if any(a not in loops and a != b for a, b in pairs):
            continue
        mapping = dict(zip(value.anchor.indices, access.indices, strict=True))
        mapping = {a: b for a, b in mapping.items() if a in loops}
        instance, held = value.equation.body.xreplace(mapping), target.xreplace(mapping)
        if cost(instance) == 0:  # a guard that never holds here has left a number
            continue
        body = body.xreplace({instance: held, -instance: -held})
        if instance.is_Mul:
            body = body.replace(lambda e: e.is_Mul, lambda e, i=instance, h=held: _divided(e, i, h))
    return body


def _divided(product: Expr, part: Expr, held: Expr) -> Expr:
    """Return the product with `part`, a product itself, replaced where all of it is there."""
    mine, theirs = _powers(product), _powers(part)
    for base, exponent in theirs.items():
        present = mine.get(base, 0)
        if present * exponent <= 0 or abs(present) < abs(exponent):
            return product
    return product / part * held


def _powers(product: Expr) -> dict[Expr, Expr]:
    """Return base -> exponent for the numeric powers, each other factor to the power of 1."""
    found: dict[Expr, Expr] = {}
    for factor in Mul.make_args(product):
        power = factor.is_Pow and factor.exp.is_Rational
        base, exponent = (factor.base, factor.exp) if power else (factor, 1)
        found[base] = found.get(base, 0) + exponent
    return found
