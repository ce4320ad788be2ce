"""Whole numbers in buffers: how wide they have to be, and choices between two of them."""

from __future__ import annotations

from sympy import Eq, Expr

from symbp.ir.program import Access, Program

BYTE = 127


def in_bytes(*programs: Program) -> frozenset[str]:
    """Return the tensors of whole numbers for which a byte each will do.

    It does for small ones that are compared with others and nothing else: they are in no sum
    that could grow beyond a byte, and they choose no element.

    Args:
        programs: all that compute them or read them.
    """
    equations = [e for p in programs for e in p.equations]
    steps = {e.target.name for e in equations if e.scan is not None}
    small = {
        t.name
        for p in programs
        for t in p.having("value")
        if t.bound is not None and t.bound.is_Integer and t.bound <= BYTE
    }
    return frozenset(
        name
        for name in small - steps
        if all(
            _only_compared(e.body, name) and not any(_reads(g, name) for g in e.target.indices)
            for e in equations
        )
    )


def _only_compared(expression: Expr, name: str) -> bool:
    if isinstance(expression, Eq):
        sides = [s for s in expression.args if not (isinstance(s, Access) and s.name == name)]
        return not any(_reads(s, name) for s in sides)
    if isinstance(expression, Access) and expression.name == name:
        return False
    return all(_only_compared(a, name) for a in expression.args)


def _reads(expression: Expr, name: str) -> bool:
    return any(a.name == name for a in expression.atoms(Access))


__all__ = ["in_bytes"]
