"""Whole numbers in buffers: how wide they have to be, and choices between two of them."""

from __future__ import annotations

from collections.abc import Collection

from sympy import Eq, Expr

from symbp.ir.program import Access, Program

BYTE = 127


def whole_numbers(program: Program, name: str, keep: Collection[str]) -> str:
    """Return the kind of buffer for a tensor of whole numbers: a byte each where that will do.

    It does for small ones that are compared with others and nothing else: they are in no sum
    that could grow beyond a byte, and they choose no element.
    """
    bound = program[name].bound
    small = bound is not None and bound.is_Integer and bound <= BYTE
    compared = all(
        _only_compared(e.body, name) and not any(_reads(g, name) for g in e.target.indices)
        for e in program.equations
    )
    return "byte" if small and compared and name not in keep else "int"


def _only_compared(expression: Expr, name: str) -> bool:
    if isinstance(expression, Eq):
        sides = [s for s in expression.args if not (isinstance(s, Access) and s.name == name)]
        return not any(_reads(s, name) for s in sides)
    if isinstance(expression, Access) and expression.name == name:
        return False
    return all(_only_compared(a, name) for a in expression.args)


def _reads(expression: Expr, name: str) -> bool:
    return any(a.name == name for a in expression.atoms(Access))


__all__ = ["whole_numbers"]
