"""SymPy's own derivative of the whole network, written out sample by sample in one formula.

It shares no rule with the adjoint: the interpreter runs the forward equations on symbols, and
`sympy.diff` differentiates what comes out. Its value is compared with the module's; and that it is
the same function as the adjoint equations' result is shown by `expand` where both are polynomials,
else at random points of a prime field (field.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr, Symbol

from symbp.ir.interpret import SYMBOLS, interpret
from symbp.ir.program import Program
from symbp.verify.field import UnknownError, same
from symbp.verify.subject import Array, Estimate, Subject, exact

DIGITS, POINTS = 60, 3

BODIES, ELEMENTS = 400, 60
"""Nothing is done for networks with more of either."""


def symbolic(subject: Subject) -> Mapping[str, Estimate]:
    """Return all elements of all gradients, with a note of what was shown; none of large ones."""
    count = sum(int(np.prod(subject.sample.params[n].shape)) for n in subject.gradients)
    ranked = any(e.op != "sum" for e in subject.program.equations)
    if subject.bodies > BODIES or count > ELEMENTS or ranked or subject.stopped:
        return {}
    symbols, values = _symbols(subject.program, subject)
    sizes = subject.sample.sizes
    adjoint = interpret(subject.program, symbols, SYMBOLS, sizes)
    loss = adjoint[subject.loss][()]
    return {
        name: _of(loss, symbols[name], adjoint[g], values) for name, g in subject.gradients.items()
    }


def _symbols(program: Program, subject: Subject) -> tuple[dict[str, Array], dict[Symbol, Any]]:
    """Return a real symbol for each number that is given, and its value; labels stay numbers."""
    bounded = {t.name for t in program.tensors if t.bound is not None}
    symbols: dict[str, Array] = {}
    values: dict[Symbol, Any] = {}
    for name, array in subject.given().items():
        if name in bounded:
            symbols[name] = array
            continue
        named = np.empty(array.shape, object)
        for place in np.ndindex(array.shape):
            symbol = Symbol("_".join([name, *map(str, place)]), real=True)
            named[place] = symbol
            values[symbol] = float(array[place])
        symbols[name] = named
    return symbols, values


def _of(loss: Expr, symbols: Array, adjoint: Array, values: Mapping[Symbol, Any]) -> Estimate:
    derived, chances, expanded = [], [], True
    for place in np.ndindex(symbols.shape):
        slope = sympy.diff(loss, symbols[place])
        derived.append(_number(slope, values))
        difference = slope - adjoint[place]
        if difference.is_polynomial() and sympy.expand(difference) == 0:
            continue
        expanded = False
        try:
            chances.append(same(difference, values))
        except UnknownError:
            chances.append(None)
        if chances[-1] is None and not _vanishes(difference, slope, values):
            return exact(_all(loss, symbols, values), note="NOT THE SAME FUNCTION as the adjoint")
    if None in chances:
        note = f"the same to {DIGITS // 2} digits at {POINTS} points; no identity is shown"
    else:
        chance = max((c for c in chances if c is not None), default=0.0)
        note = "identical by expand" if expanded else f"identical but for a chance of {chance:.0e}"
    return exact(derived, note=note)


def _vanishes(difference: Expr, slope: Expr, values: Mapping[Symbol, Any]) -> bool:
    """Tell whether a difference is but rounding, in many digits at points near the given one.

    The field knows few relations between functions: where it sees none, this decides.
    """
    names = sorted(difference.free_symbols | slope.free_symbols, key=str)
    function = sympy.lambdify(names, [difference, slope], "mpmath", cse=True)
    rng = np.random.default_rng(0)
    with mpmath.workdps(DIGITS):
        for _ in range(POINTS):
            near = (mpmath.mpf(float(values[s])) * (1 + rng.uniform(0, 1e-9)) for s in names)
            off, size = function(*near)
            if abs(off) > mpmath.mpf(10) ** (-DIGITS // 2) * max(abs(size), mpmath.mpf(10) ** -9):
                return False
    return True


def _all(loss: Expr, symbols: Array, values: Mapping[Symbol, Any]) -> list[float]:
    """Return the derivative's values at all elements."""
    return [_number(sympy.diff(loss, symbols[p]), values) for p in np.ndindex(symbols.shape)]


def _number(formula: Expr, values: Mapping[Symbol, Any]) -> float:
    names = sorted(formula.free_symbols, key=str)
    function = sympy.lambdify(names, formula, "mpmath", cse=True)
    with mpmath.workdps(30):
        return float(function(*(mpmath.mpf(values[s]) for s in names)))
