"""Penalties on parameters, added to the loss.

>>> l2(0.001)
Penalty(kind='l2', strength=1/1000, parameters=())

    l2(s, W, ...)    s * sum of W^2         l1(s, W, ...)    s * sum of |W|

Without names a penalty is on all parameters of rank 2 and more: weights, not biases.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sympy import Abs, Expr

from symbp.errors import LanguageError
from symbp.ir.syntax import Reduction
from symbp.lang.handles import Handle, Naming, Rule, Value, axes, exact

FORMULAS = {"l1": Abs, "l2": lambda w: w**2}


@dataclass(frozen=True, slots=True)
class Penalty:
    """A strength and the parameters that are kept small."""

    kind: str
    strength: Any
    parameters: tuple[Handle, ...] = ()

    def over(self, parameters: Iterable[Handle]) -> tuple[Handle, ...]:
        """Return the parameters that it is on, given all of the network."""
        chosen = self.parameters or tuple(p for p in parameters if p.rank >= 2)
        if not chosen:
            raise LanguageError(
                f"{self.kind} finds no parameter of rank 2 or more",
                remedy=f"Name the parameters: {self.kind}(0.001, w)",
            )
        return chosen

    def term(self, parameters: Iterable[Handle]) -> Any:
        """Return what is added to the loss."""
        rules = [Rule((), self._total(p)) for p in self.over(parameters)]
        return self.strength * Handle("value", (), Naming(self.kind), rules)

    def _total(self, parameter: Handle) -> Expr:
        loops = axes(parameter.rank)
        body = FORMULAS[self.kind](parameter[loops])
        return Reduction("sum", body, *loops) if loops else body


def l1(strength: Value, *parameters: Handle) -> Penalty:
    """Return strength times the sum of absolute values; the slope at 0 is 0."""
    return _penalty("l1", strength, parameters)


def l2(strength: Value, *parameters: Handle) -> Penalty:
    """Return strength times the sum of squares (not halved)."""
    return _penalty("l2", strength, parameters)


def _penalty(kind: str, strength: Value, parameters: tuple[Handle, ...]) -> Penalty:
    for p in parameters:
        if not isinstance(p, Handle) or p.role != "param":
            raise LanguageError(
                f"{kind} is a penalty on parameters, and {p!r} is none",
                remedy=f"Write {kind}(0.001, W1, W2), or {kind}(0.001) for all weights.",
            )
    strength = exact(strength)
    if strength.rank if isinstance(strength, Handle) else not isinstance(strength, Expr):
        raise LanguageError(
            f"the strength of {kind} is one number, not {strength}",
            remedy=f"Write {kind}(0.001, W1, W2), or {kind}(0.001) for all weights.",
        )
    weight = strength.default if isinstance(strength, Handle) else strength
    if weight is not None and weight.is_negative:
        raise LanguageError(
            f"the strength of {kind} is {weight}: it would drive the parameters away from 0",
            remedy="Give a number that is not below 0.",
        )
    return Penalty(kind, strength, parameters)


PENALTIES = {"l1": l1, "l2": l2}
"""Every penalty by its name in the text form."""
