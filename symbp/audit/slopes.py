"""The slope of an activation, as a factor of a backward equation, and what people make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from sympy import Expr, Integer

from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Program, accesses


@dataclass(frozen=True, slots=True)
class Slope:
    """Of dz = dh f'(z): the adjoint dh, the slope f'(z), z, h, and f(z)."""

    adjoint: Access
    slope: Expr
    argument: Access
    value: Access
    body: Expr

    @property
    def function(self) -> str:
        """What the activation is called."""
        return str(getattr(self.body.func, "__name__", "f"))

    def none(self) -> Expr:
        return Integer(1)

    def at_value(self) -> Expr | None:
        """f'(h): the derivative's function, given what is a value already."""
        return self.slope.xreplace({self.argument: self.value})

    def at_argument(self) -> Expr | None:
        """g(z), where f'(z) = g(f(z)): the formula in the value, given the argument."""
        by_value = self.slope.xreplace({self.body: self.value})
        return by_value.xreplace({self.value: self.argument})

    def twice(self) -> Expr:
        return self.slope**2

    def others(self) -> Iterator[tuple[str, Expr]]:
        """Yield the slopes of other activations."""
        y, z = self.value, self.argument
        yield "sigmoid", y * (1 - y)
        yield "tanh", 1 - y**2
        yield "relu", Where(z > 0, 1, 0)
        yield "softplus", 1 / (1 + sympy.exp(-z))
        yield "tanh, without the square", 1 - y


def slope_of(program: Program, equation: Equation) -> Slope | None:
    """Return the slope of a backward equation dz = dh f'(z), or None where it is no such one."""
    forward = program.writers().get(str(equation.primal), ())
    if not equation.pointwise or len(forward) != 1 or not forward[0].pointwise:
        return None
    backward = {e.target.name for e in program.equations if e.primal}
    adjoints = [a for a in accesses(equation.body) if a.name in backward]
    arguments = [a for a in accesses(forward[0].body) if f"d{a.name}" == equation.target.name]
    if len(adjoints) != 1 or len(arguments) != 1:
        return None
    slope = equation.body.xreplace({adjoints[0]: Integer(1)})
    if not accesses(slope):
        return None
    same = dict(zip(forward[0].target.indices, equation.target.indices, strict=True))
    return Slope(
        adjoints[0], slope, arguments[0].xreplace(same), forward[0].target.xreplace(same),
        forward[0].body.xreplace(same),
    )  # fmt: skip
