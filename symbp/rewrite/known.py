"""A value that a tensor already holds is read, not computed again.

>>> from symbp.ir.text import parse, text
>>> p = parse("input z[N]\\nh[n] = sigmoid(z[n])\\ndz[k] = 2 * sigmoid(z[k]) * (1 - sigmoid(z[k]))")
>>> print(text(known(p), declarations=False), end="")
h[n] = sigmoid(z[n])
dz[k] = 2 * (1 - h[k]) * h[k]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sympy import Expr, Function, Mul, Symbol, expand

from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Program, accesses
from symbp.ir.regions import sole, within
from symbp.ir.trace import note
from symbp.rewrite.cost import cost


@dataclass(frozen=True, slots=True)
class _Value:
    """A definition, and an access in it from which all of its indices can be told."""

    equation: Equation
    anchor: Access
    reads: frozenset[str]
    block: int


class Values:
    """The pointwise definitions met so far, found by the tensors that they read."""

    def __init__(self, program: Program) -> None:
        self._tensors = program.table()
        self._sole = sole(program)
        self._blocks = [k for k, block in enumerate(program.blocks()) for _ in block]
        self._position = 0
        self._by_anchor: dict[str, list[_Value]] = {}

    def add(self, equation: Equation) -> None:
        """Remember what the next equation defines, if it alone writes there, each place once."""
        if self._sole[self._position]:
            found = _value(equation, self._blocks[self._position])
            if found is not None:
                self._by_anchor.setdefault(found.anchor.name, []).append(found)
        self._position += 1

    def read(self, equation: Equation) -> Expr:
        """Return a body with every remembered expression in it read from its tensor."""
        body = equation.body
        for body, _ in self.reading(equation):  # noqa: B007 - the last one counts
            pass
        return body

    def reading(self, equation: Equation) -> Iterator[tuple[Expr, Equation]]:
        """Yield a body with one more expression read from a tensor, and what defines that.

        A guard stays where it keeps the target inside: dx[i-1] += where(i >= 1, ..., 0).
        """
        body = equation.body
        if isinstance(body, Where) and not equation.plain:
            condition, a, b = body.args
            for inner, definition in self.reading(replace(equation, body=a)):
                yield Where(condition, inner, b), definition
            return
        names = {a.name for a in accesses(body)}
        candidates = [v for name in sorted(names) for v in self._by_anchor.get(name, ())]
        candidates.sort(key=lambda v: -cost(v.equation.body))
        for value in candidates:
            if value.reads <= names:
                found = self._replaced(body, value, equation)
                if found != body:
                    yield found, value.equation
                    body = found

    def _replaced(self, body: Expr, value: _Value, reader: Equation) -> Expr:
        """Return a body that reads a value wherever it computes it."""
        for access in accesses(body):
            mapping = self._mapping(access, value, reader)
            if mapping is None:
                continue
            instance = value.equation.body.xreplace(mapping)
            held = value.equation.target.xreplace(mapping)
            if cost(instance) == 0:  # a guard that never holds here has left a number
                continue
            body = body.xreplace({instance: held, -instance: -held})
            if instance.is_Mul:
                body = body.replace(
                    lambda e: e.is_Mul, lambda e, i=instance, h=held: _divided(e, i, h)
                )
        return body

    def _mapping(
        self, access: Access, value: _Value, reader: Equation
    ) -> dict[Symbol, Expr] | None:
        """Return what the indices of a definition are where its anchor is an access, or None."""
        if access.name != value.anchor.name:
            return None
        loops, mapping = value.equation.extent, {}
        sure: set[Symbol] = set()
        shape = self._tensors[access.name].shape
        for a, b, n in zip(value.anchor.indices, access.indices, shape, strict=True):
            i = _loop(a, loops)
            if i is None and a != b:
                return None
            if i is not None:
                mapping[i] = b if a == i else expand(b - (a - i))
                sure |= {i} if a == i and loops[i] == n else set()
        scan, here = value.equation.scan, self._blocks[self._position] == value.block
        if scan and here and mapping[scan.index] != scan.index:
            return None  # another step may not have come yet
        unsure = [i for i in mapping if i not in sure]
        inside = (within(mapping[i], loops[i], reader.extent, self._tensors) for i in unsure)
        return mapping if all(inside) else None


def known(program: Program) -> Program:
    """Replace every expression that is some earlier tensor's body by that tensor."""
    values = Values(program)
    equations: list[Equation] = []
    for equation in program.equations:
        for body, value in values.reading(equation):
            before, equation = equation, replace(equation, body=body)
            note(_rule(before, value), [before], [equation], [value])
        equations.append(equation)
        values.add(equation)
    return program.but(equations=tuple(equations))


def _rule(reader: Equation, value: Equation) -> str:
    """Return what it is called when a value is read: of a slope, sigmoid' = h (1 - h)."""
    if reader.primal and isinstance(value.body, Function):
        return f"derivative of {type(value.body).__name__} in its own value"
    return "a value that is held is read"


def _value(equation: Equation, block: int) -> _Value | None:
    if cost(equation.body) == 0:
        return None
    loops = equation.extent
    for access in accesses(equation.body):
        if {_loop(g, loops) for g in access.indices} - {None} == set(loops):
            reads = frozenset(a.name for a in accesses(equation.body))
            return _Value(equation, access, reads, block)
    return None


def _loop(g: Expr, loops: dict[Symbol, Expr]) -> Symbol | None:
    """Return the loop index i of an index i or i + constant."""
    found = [i for i in loops if g.has(i)]
    return found[0] if len(found) == 1 and not (g - found[0]).has(found[0]) else None


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
