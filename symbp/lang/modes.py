"""One description, two programs: what is computed in training, and what in a prediction.

>>> from symbp.ir.program import Access
>>> x, u = Access("x"), Access("u")
>>> of_mode(training(x * u, x), True), of_mode(training(x * u, x), False)
(u*x, x)
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Expr, Function

from symbp.ir.program import Program
from symbp.ir.visit import map_bodies, needed


class training(Function):  # type: ignore[misc]
    """training(a, b): a where the loss and its gradients are computed, b in a prediction."""

    nargs = 2
    is_real = True


def of_mode(formula: Expr, train: bool) -> Expr:
    """Return a formula as it is in training, or in a prediction."""
    return formula.replace(training, lambda a, b: a if train else b)


def modes(program: Program, outputs: Iterable[str]) -> tuple[Program, Program | None]:
    """Return the program of training, and that of a prediction where it is another.

    Args:
        outputs: what a prediction returns.
    """
    if not any(e.body.has(training) for e in program.equations):
        return program, None
    trained = map_bodies(program, lambda e: of_mode(e.body, True))
    predicted = map_bodies(program, lambda e: of_mode(e.body, False))
    return needed(trained), needed(predicted, outputs)
