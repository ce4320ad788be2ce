"""What a program means: run literally, one scalar at a time.

The reference that every pass, every emitter and every gradient is held against. Arithmetic is
exchangeable: Python floats, mpmath at any precision, or SymPy symbols.

>>> from symbp.ir.text import parse
>>> p = parse("input x[N,2]\\nparam w[2]\\ny[n] = sum[i](x[n,i] * w[i])")
>>> interpret(p, {"x": [[1.0, 2.0]], "w": [3.0, 4.0]})["y"].tolist()
[11.0]
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from operator import itemgetter
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr, Symbol

from symbp.errors import DataError, ShapeError
from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Program, Scan, Tensor

Array = np.ndarray[Any, np.dtype[np.object_]]
Evaluate = Callable[[dict[Symbol, int]], Any]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How numbers are made, which functions they have, and how values meet."""

    number: Callable[[Any], Any]
    functions: Mapping[str, Callable[..., Any]]
    lowest: Any
    highest: Any

    def combine(self, op: str) -> tuple[Any, Callable[[Any, Any], Any]]:
        """Return the neutral element and the operation of an accumulation."""
        if op == "sum":
            return self.number(0), lambda a, b: a + b
        choose = self.functions["Max" if op == "max" else "Min"]
        return (self.lowest if op == "max" else self.highest), choose


def _total(function: Callable[[float], float]) -> Callable[[float], float]:
    """Extend a function of `math` by infinity where it overflows and NaN where it has no value."""

    def extended(x: float) -> float:
        try:
            return float(function(x))
        except OverflowError:
            return math.copysign(math.inf, x)
        except ValueError:
            return math.nan

    return extended


def _power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf
    except ValueError:
        return math.inf if a == 0 else math.nan


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan


def _first(better: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    return lambda a, b: b if better(b, a) else a


_SHARED: dict[str, Callable[..., Any]] = {
    "relu": lambda x: x if x > 0 else 0 * x,
    "stop_gradient": lambda x: x,
    "maximum": lambda a, b: a if a >= b else b,
    "minimum": lambda a, b: a if a <= b else b,
    "Max": _first(lambda b, a: b > a),
    "Min": _first(lambda b, a: b < a),
    "Abs": abs,
    "sign": lambda x: (x > 0) - (x < 0),
    "Mod": lambda a, b: a % b,
    "StrictLessThan": lambda a, b: a < b,
    "LessThan": lambda a, b: a <= b,
    "StrictGreaterThan": lambda a, b: a > b,
    "GreaterThan": lambda a, b: a >= b,
    "Equality": lambda a, b: a == b,
    "Unequality": lambda a, b: a != b,
    "And": lambda *a: all(a),
    "Or": lambda *a: any(a),
    "Not": lambda a: not a,
    "Add": lambda *a: reduce(lambda x, y: x + y, a),
    "Mul": lambda *a: reduce(lambda x, y: x * y, a),
}

FLOATS = Arithmetic(
    float,
    {
        **_SHARED,
        **{name: _total(getattr(math, name)) for name in (
            "exp", "expm1", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "tanh", "erf",
            "floor",
        )},
        "cosh": lambda x: abs(_total(math.cosh)(x)),
        "log": _log,
        "sign": lambda x: math.copysign(1.0, x) if x else x,
        "log1p": lambda x: math.log1p(x) if x > -1 else _log(1 + x),
        "Pow": _power,
        "sigmoid": _sigmoid,
        "softplus": lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
        "normal_cdf": lambda x: math.erfc(-x / math.sqrt(2)) / 2,
    },
    -math.inf,
    math.inf,
)  # fmt: skip
"""Python floats."""


def high_precision(digits: int = 50) -> Arithmetic:
    """Return mpmath's arithmetic with this many decimal digits, its own context."""
    mp = mpmath.MPContext()
    mp.dps = digits

    def number(value: Any) -> Any:
        if getattr(value, "is_Rational", False):
            return mp.mpf(value.p) / value.q
        return mp.mpf(sympy.N(value, digits + 5)) if isinstance(value, Expr) else mp.mpf(value)

    named = ("exp", "log", "log1p", "expm1", "sin", "cos", "tan", "asin", "acos", "atan",
             "sinh", "cosh", "tanh", "erf", "floor")  # fmt: skip
    functions = {
        **_SHARED,
        **{name: getattr(mp, name) for name in named},
        "Pow": lambda a, b: a**b,
        "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
        "softplus": lambda x: mp.log1p(mp.exp(x)),
        "normal_cdf": mp.ncdf,
    }
    return Arithmetic(number, functions, mp.mpf("-inf"), mp.mpf("inf"))


class _Symbols(dict[str, Callable[..., Any]]):
    """Every function is its own SymPy formula, written in functions that SymPy knows well."""

    def __missing__(self, name: str) -> Callable[..., Any]:
        from symbp.ir import functions as house

        own = getattr(house, name, None)
        if own is not None and hasattr(own, "formula"):
            return lambda *a: _plain(own(*a))
        return getattr(sympy, name) if hasattr(sympy, name) else getattr(house, name)  # type: ignore[no-any-return]


def _plain(expression: Expr) -> Expr:
    """Replace the house's functions by Piecewise, exp and log."""
    formula = expression.formula() if hasattr(expression, "formula") else expression
    formula = formula.replace(lambda e: hasattr(e, "formula"), lambda e: _plain(e))
    return formula.replace(Where, lambda c, a, b: sympy.Piecewise((a, c), (b, True)))


SYMBOLS = Arithmetic(sympy.sympify, _Symbols(), -sympy.oo, sympy.oo)
"""SymPy expressions."""


def interpret(
    program: Program,
    values: Mapping[str, Any],
    arithmetic: Arithmetic = FLOATS,
    sizes: Mapping[str, int] | None = None,
) -> dict[str, Array]:
    """Run a program and return every tensor, given and computed, as an array of numbers.

    Args:
        values: the tensors that are given, nested lists or arrays; a hyper-parameter that
            is left out has its default.
        sizes: symbolic sizes that no given tensor shows.

    Raises:
        DataError: a tensor is missing or has the wrong shape.
        ShapeError: an access leaves its tensor.
    """
    extents = {Symbol(k, integer=True, positive=True): v for k, v in (sizes or {}).items()}
    memory: dict[str, Array] = {}
    for tensor in program.given():
        memory[tensor.name] = _load(tensor, values, arithmetic, extents)
    for tensor in program.having("value"):
        shape = tuple(int(n.xreplace(extents)) for n in tensor.shape)
        memory[tensor.name] = np.full(shape, None, dtype=object)
    groups = program.blocks()
    last = {e.target.name: k for k, block in enumerate(groups) for e in block}
    for position, block in enumerate(groups):
        if block[0].scan is None:
            run_equation(block[0], memory, arithmetic, extents)
        else:
            _run_scan(block[0].scan, block, memory, arithmetic, extents)
        for equation in block:
            if last[equation.target.name] == position:
                _complete(memory[equation.target.name], arithmetic.combine(equation.op)[0])
    return memory


def _run_scan(
    scan: Scan, block: tuple[Equation, ...], memory: dict[str, Array], arithmetic: Arithmetic,
    extents: dict[Symbol, int],
) -> None:  # fmt: skip
    """Run the equations of a scan step by step; what no step writes is there from the start."""
    for equation in block:
        _complete(memory[equation.target.name], arithmetic.combine(equation.op)[0])
    steps = range(int(block[0].extent[scan.index].xreplace(extents)))
    one_step = [replace(e, ranges=tuple(r for r in e.ranges if r[0] != scan.index)) for e in block]
    for t in reversed(steps) if scan.reverse else steps:
        for equation in one_step:
            run_equation(equation, memory, arithmetic, {**extents, scan.index: t})


def _complete(array: Array, neutral: Any) -> None:
    """Fill the places that no equation has written."""
    for place in np.ndindex(array.shape):
        if array[place] is None:
            array[place] = neutral


def _load(
    tensor: Tensor, values: Mapping[str, Any], arithmetic: Arithmetic, extents: dict[Symbol, int]
) -> Array:
    value = values.get(tensor.name, tensor.default)
    if value is None:
        raise DataError(f"no value is given for {tensor.role} {tensor.name}")
    raw = np.array(value, dtype=object)
    if raw.ndim != len(tensor.shape):
        raise DataError(f"{tensor.name} has shape {raw.shape}, not {tensor.shape}")
    for given, extent in zip(raw.shape, tensor.shape, strict=True):
        if extent.is_Symbol:
            extents.setdefault(extent, given)
        if extent.xreplace(extents) != given:
            raise DataError(f"{tensor.name} has shape {raw.shape}, not {tensor.shape}")
    convert = int if tensor.bound is not None else arithmetic.number
    out = np.empty(raw.shape, dtype=object)
    for place in np.ndindex(raw.shape):
        out[place] = convert(raw[place])
    return out


def run_equation(
    equation: Equation, memory: dict[str, Array], arithmetic: Arithmetic,
    extents: dict[Symbol, int],
) -> None:  # fmt: skip
    """Add what one equation says to its target in a memory; None is what nobody has written.

    Where where(c, e, 0) does not hold, it contributes nothing to a sum.
    """
    guards: list[Evaluate] = []
    body = equation.body
    while equation.op == "sum" and isinstance(body, Where) and body.args[2] == 0:
        guards.append(_compile(body.args[0], memory, arithmetic))
        body = body.args[1]
    value = _compile(body, memory, arithmetic)
    target = _place(equation.target, memory)
    _, join = arithmetic.combine(equation.op)
    out = memory[equation.target.name]
    loops = [i for i, _ in equation.ranges]
    counts = [range(int(n.xreplace(extents))) for _, n in equation.ranges]
    env: dict[Symbol, int] = dict(extents)
    for point in itertools.product(*counts):
        env.update(zip(loops, point, strict=True))
        if not guards or all(g(env) for g in guards):
            place = _inside(equation.target, target(env), out)
            new = value(env)
            out[place] = new if out[place] is None else join(out[place], new)


def _inside(access: Access, place: tuple[int, ...], array: Array) -> tuple[int, ...]:
    for k, n in zip(place, array.shape, strict=True):
        if not 0 <= k < n:
            raise ShapeError(f"{access} is outside of its tensor at {place}: shape {array.shape}")
    return place


def _place(access: Access, memory: dict[str, Array]) -> Callable[[dict[Symbol, int]], Any]:
    """Return a function of the indices that tells which element an access means."""
    indices = access.indices
    if len(indices) > 1 and all(isinstance(g, Symbol) for g in indices):
        return itemgetter(*indices)  # by far the most, and several times as fast
    parts = [_compile(g, memory, _INTEGERS) for g in indices]
    return lambda env: tuple(int(p(env)) for p in parts)


def _exact(value: Any) -> Any:
    return Fraction(int(value.p), int(value.q)) if isinstance(value, sympy.Rational) else int(value)


_INTEGERS = Arithmetic(
    _exact, {**_SHARED, "floor": math.floor, "Pow": lambda a, b: a**b}, None, None
)
"""Indices: whole numbers, and fractions of them under a floor."""


def _compile(e: Expr, memory: dict[str, Array], arithmetic: Arithmetic) -> Evaluate:
    """Return a function of the indices that evaluates an expression."""
    if isinstance(e, Access):
        return _compile_access(e, memory)
    if isinstance(e, Symbol):
        return itemgetter(e) if arithmetic is _INTEGERS else lambda env: arithmetic.number(env[e])
    if (e.is_number and not e.args) or e.is_Rational:
        constant = arithmetic.number(int(e) if e.is_Integer else e)
        return lambda env: constant
    if e in (sympy.true, sympy.false):
        return lambda env, value=bool(e): value  # type: ignore[misc]
    parts = [_compile(a, memory, arithmetic) for a in e.args]
    if isinstance(e, Where):
        return _choice(*parts)
    function = arithmetic.functions[e.func.__name__]
    return lambda env: function(*(p(env) for p in parts))


def _choice(condition: Evaluate, a: Evaluate, b: Evaluate) -> Evaluate:
    """Look at one branch only, unless the condition is an open formula in symbols."""

    def choose(env: dict[Symbol, int]) -> Any:
        holds = condition(env)
        if isinstance(holds, sympy.Basic) and holds not in (sympy.true, sympy.false):
            return sympy.Piecewise((a(env), holds), (b(env), True))
        return a(env) if holds else b(env)

    return choose


def _compile_access(access: Access, memory: dict[str, Array]) -> Evaluate:
    array = memory[access.name]
    place = _place(access, memory)

    def load(env: dict[Symbol, int]) -> Any:
        return array[_inside(access, place(env), array)]

    return load
