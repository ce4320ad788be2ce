"""Slices of arrays as tensors of their own: h[t + 1], z[:, 0], x[1:N + 1].

An access whose indices are loop indices, loop indices shifted by a constant, or fixed within the
loops is a slice; an equation over slices is an equation over plain tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import sympy
from sympy import Expr, Symbol

from symbp.ir.program import Access, Equation, Tensor
from symbp.ir.regions import within


@dataclass(slots=True)
class Slices:
    """Makes slices, and remembers them: their text is their name."""

    tensors: Mapping[str, Tensor]
    spell: Callable[[str], str]
    scalar: Callable[[Expr], str]
    fixed: Mapping[Symbol, Expr] = field(default_factory=dict)
    """How far the indices run that the loops around have fixed."""
    made: dict[str, Tensor] = field(default_factory=dict)

    def of(self, equation: Equation) -> Equation:
        """Return an equation with slices in place of all accesses that are some."""
        loops = equation.extent
        swaps = {a: self._access(a, loops) for a in _outer(equation.body)}
        target = self._access(equation.target, loops)
        if equation.reduced and ":" in target.name:  # products are written to whole arrays
            target = equation.target
        return replace(equation, body=equation.body.xreplace(swaps), target=target)

    def _access(self, access: Access, loops: Mapping[Symbol, Expr]) -> Access:
        tensor = self.tensors[access.name]
        kept: list[Symbol] = []
        parts: list[str] = []
        for g, n in zip(access.indices, tensor.shape, strict=True):
            inner = [i for i in loops if g.has(i)]
            if len(inner) > 1 or g.has(Access) or any(i in kept for i in inner):
                return access
            if not within(g, n, {**self.fixed, **loops}, self.tensors):
                return access  # read under a guard only
            if not inner:
                parts.append(self.scalar(g))
                continue
            (i,) = inner
            begin = sympy.expand(g - i)
            if begin.has(i):
                return access
            kept.append(i)
            parts.append(self._span(begin, begin + loops[i], n))
        if all(p == ":" for p in parts):
            return access
        return Access(self._named(access.name, tensor, parts, kept, loops), *kept)

    def _span(self, begin: Expr, end: Expr, extent: Expr) -> str:
        first = "" if begin == 0 else self.scalar(begin)
        last = "" if sympy.expand(end - extent) == 0 else self.scalar(end)
        return f"{first}:{last}"

    def _named(
        self, name: str, tensor: Tensor, parts: list[str], kept: list[Symbol],
        loops: Mapping[Symbol, Expr],
    ) -> str:  # fmt: skip
        while parts[-1] == ":":
            parts.pop()
        text = f"{self.spell(name)}[{', '.join(parts)}]"
        self.made[text] = Tensor(text, tuple(loops[i] for i in kept), bound=tensor.bound)
        return text


def _outer(expression: Expr) -> list[Access]:
    """Return the accesses that are not inside of another's index."""
    if isinstance(expression, Access):
        return [expression]
    return [a for argument in expression.args for a in _outer(argument)]
