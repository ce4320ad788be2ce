"""The cost of each equation of a program.

>>> from symbp.ir.text import parse
>>> program = parse('''input x[N,64]
... param W[64,32], b[32]
... z[n,j] = sum[i](x[n,i] * W[i,j])
... z[n,j] += b[j]''')
>>> [cost.operations.total for cost in costs(program, {"N": 10})]
[40640, 320]
>>> 40640 + 320 == 2 * 10 * 64 * 32
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from sympy import Expr, Integer

from symbp.costs.operations import NONE, Guards, Operations, of_body, on_indices
from symbp.costs.places import Mask, Sizes, Space
from symbp.errors import ShapeError
from symbp.ir.functions import Where
from symbp.ir.program import Equation, Program, size


@dataclass(frozen=True, slots=True)
class Cost:
    """What an equation takes, over its whole box."""

    operations: Operations = NONE
    read: int = 0
    """Bytes: each element that is read, once."""
    written: int = 0
    """Bytes: each element that is written, once."""
    equation: Equation | None = field(default=None, compare=False)

    @property
    def bytes(self) -> int:
        """What moves between memory and processor at least, where nothing stays in a cache."""
        return self.read + self.written

    @property
    def intensity(self) -> float:
        """Arithmetic intensity: operations for each byte that is moved."""
        return self.operations.total / self.bytes if self.bytes else 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.operations + other.operations,
            self.read + other.read,
            self.written + other.written,
        )


def total(found: Iterable[Cost]) -> Cost:
    """Return the sum of costs."""
    return sum(found, Cost())


def costs(program: Program, sizes: Mapping[str, int], word: int = 8) -> tuple[Cost, ...]:
    """Return the cost of each equation, in order.

    Args:
        sizes: of every symbolic size.
        word: how many bytes an element has.

    Raises:
        ShapeError: a size is missing.
    """
    known = {size(name): Integer(n) for name, n in sizes.items()}
    for symbol in program.sizes():
        if symbol not in known:
            raise ShapeError(f"{symbol} has no value", remedy=f"Give one: --size {symbol}=128")
    return tuple(_Walk(program, known, word).run())


class _Walk:
    """Goes through a program and keeps in mind which elements have been written."""

    def __init__(self, program: Program, sizes: Sizes, word: int) -> None:
        self.program, self.sizes, self.word = program, sizes, word
        self.table = program.table()
        self.written: dict[str, Mask] = {}

    def run(self) -> Iterable[Cost]:
        for equation in self.program.equations:
            yield self.cost(equation)

    def cost(self, equation: Equation) -> Cost:
        space = Space.of(equation, self.table, self.sizes)
        guards, body = self.guarded(equation, space)
        reached = space.mask(equation.target, guards)
        before = self.written.get(equation.target.name)
        news = reached if before is None else reached & ~before
        count = space.points(guards) - int(news.sum())
        met = Operations(additions=count) if equation.op == "sum" else Operations(comparisons=count)
        self.written[equation.target.name] = reached if before is None else reached | before
        again = int(reached.sum()) - int(news.sum())
        read = again + sum(self.elements(equation, space, guards).values())
        return Cost(
            of_body(body, space, guards) + met,
            read * self.word,
            int(reached.sum()) * self.word,
            equation,
        )

    def guarded(self, equation: Equation, space: Space) -> tuple[Guards, Expr]:
        """Return the conditions on indices outside of which a sum gets nothing, and the rest."""
        guards: list[Expr] = []
        body = equation.body
        while equation.op == "sum" and isinstance(body, Where) and body.args[2] == 0:
            if not on_indices(body.args[0], space):
                break
            guards.append(body.args[0])
            body = body.args[1]
        return tuple(guards), body

    def elements(self, equation: Equation, space: Space, guards: Guards) -> dict[str, int]:
        """Return of each tensor that is read how many of its elements."""
        found: dict[str, Mask] = {}
        for access in equation.reads():
            mask = space.mask(access, guards)
            found[access.name] = np.logical_or(found.get(access.name, False), mask)
        return {name: int(np.sum(mask)) for name, mask in found.items()}


__all__ = ["Cost", "costs", "total"]
