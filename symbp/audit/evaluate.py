"""A program run on all points of a box at once: the interpreter's meaning in NumPy's speed.

Hundreds of faulty derivations are tried on one backward pass, and the interpreter visits one
scalar at a time. Here each equation is one broadcast expression, and its target a scatter.

>>> from symbp.ir.text import parse
>>> p = parse("input x[N,2]\\nparam w[2]\\ny[n] = sum[i](x[n,i] * w[i])")
>>> evaluate(p, {"x": np.array([[1.0, 2.0]]), "w": np.array([3.0, 4.0])}, {"N": 1})["y"].tolist()
[11.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np
from sympy import Expr, Symbol, false, true

from symbp.errors import DataError
from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Program

Array = np.ndarray[Any, np.dtype[Any]]
Environment = dict[Symbol, Any]

MOST = 4_000_000
"""Points of a box: what a laptop holds some dozens of times."""


def evaluate(
    program: Program, values: Mapping[str, Array], sizes: Mapping[str, int]
) -> dict[str, Array]:
    """Return every tensor of a program, given and computed.

    Args:
        values: the tensors that are given, and any others that are known already.

    Raises:
        DataError: a tensor that is read has no value, or a box is too large for this.
    """
    extents: Environment = {Symbol(k, integer=True, positive=True): n for k, n in sizes.items()}
    memory: dict[str, Any] = {t.name: values.get(t.name, t.default) for t in program.given()}
    memory = {k: v if isinstance(v, np.ndarray) else _number(v) for k, v in memory.items()}
    known = {t.name: values[t.name] for t in program.having("value") if t.name in values}
    memory |= known
    for tensor in (t for t in program.having("value") if t.name not in known):
        first = next((e for e in program.equations if e.target.name == tensor.name), None)
        shape = [int(n.xreplace(extents)) for n in tensor.shape]
        memory[tensor.name] = np.full(shape, _NEUTRAL[first.op if first else "sum"])
    with np.errstate(all="ignore"):
        for block in program.blocks():
            scan = block[0].scan
            steps = range(int(block[0].extent[scan.index].xreplace(extents))) if scan else [0]
            for step in reversed(steps) if scan and scan.reverse else steps:
                for equation in (e for e in block if e.target.name not in known):
                    _run(equation, memory, {**extents, **({scan.index: step} if scan else {})})
    return memory


def _number(value: Any) -> Array:
    return np.array(np.nan if value is None else float(value))


_NEUTRAL = {"sum": 0.0, "max": -math.inf, "min": math.inf}
_JOIN = {"sum": np.add, "max": np.maximum, "min": np.minimum}


def _run(equation: Equation, memory: dict[str, Array], extents: Environment) -> None:
    fixed = equation.scan.index if equation.scan else None
    ranges = [(i, int(n.xreplace(extents))) for i, n in equation.ranges if i != fixed]
    shape = tuple(n for _, n in ranges)
    if math.prod(shape) > MOST:
        raise DataError(
            f"{equation.target} is computed from {math.prod(shape)} products: too many to audit",
            remedy="Describe the same network with smaller layers, and audit that.",
        )
    env = dict(extents)
    for axis, (i, n) in enumerate(ranges):
        env[i] = np.arange(n).reshape([n if k == axis else 1 for k in range(len(shape))])
    body, holds = equation.body, np.array(True)
    while equation.op == "sum" and isinstance(body, Where) and body.args[2] == 0:
        holds = np.logical_and(holds, _value(body.args[0], memory, env))
        body = body.args[1]
    value = np.broadcast_to(_value(body, memory, env), shape)
    if equation.op == "sum" and fixed is None and equation.plain and holds.ndim == 0 and holds:
        _add(equation, value, memory[equation.target.name], [i for i, _ in ranges])
        return
    places = [np.broadcast_to(_index(g, memory, env), shape) for g in equation.target.indices]
    chosen = np.broadcast_to(holds, shape)
    out, join = memory[equation.target.name], _JOIN[equation.op]
    at = np.ravel_multi_index([p[chosen] for p in places], out.shape) if places else 0
    join.at(out.reshape(-1), np.broadcast_to(at, value[chosen].shape), value[chosen])


def _add(equation: Equation, value: Array, out: Array, axes: list[Symbol]) -> None:
    """Add what is summed over the axes that a plain target lacks."""
    kept = [i for i in axes if i in equation.target.indices]
    total = value.sum(axis=tuple(k for k, i in enumerate(axes) if i not in kept))
    turned = np.transpose(total, [kept.index(i) for i in equation.target.indices])
    out[tuple(slice(n) for n in turned.shape)] += turned


def _index(e: Expr, memory: dict[str, Array], env: Environment) -> Array:
    if isinstance(e, Symbol):
        return np.asarray(env[e])
    return np.floor(_value(e, memory, env) + 1e-9).astype(np.int64)  # type: ignore[no-any-return]


def _value(e: Expr, memory: dict[str, Array], env: Environment) -> Any:
    if isinstance(e, Access):
        array = memory[e.name]
        places = [_index(g, memory, env) for g in e.indices]
        if not all(g.is_Symbol for g in e.indices):
            # What lies outside is read only where a condition discards it.
            places = [np.clip(p, 0, n - 1) for p, n in zip(places, array.shape, strict=True)]
        return array[tuple(places)]
    if isinstance(e, Symbol):
        return env[e]
    if e in (true, false):
        return bool(e)
    if not e.args or e.is_Rational:
        return int(e) if e.is_Integer else float(e)
    function = _FUNCTIONS.get(e.func.__name__) or getattr(np, e.func.__name__)
    return function(*(_value(a, memory, env) for a in e.args))


def _power(a: Any, b: Any) -> Any:
    return np.power(np.asarray(a, dtype=float), b)


_erf = np.vectorize(math.erf, otypes=[float])
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Where": np.where,
    "Add": lambda *a: reduce(np.add, a),
    "Mul": lambda *a: reduce(np.multiply, a),
    "Pow": _power,
    "Mod": np.mod,
    "Abs": np.abs,
    "Max": np.maximum,
    "Min": np.minimum,
    "erf": _erf,
    "relu": lambda x: np.where(x > 0, x, 0.0),
    "sigmoid": lambda x: 0.5 * (1 + np.tanh(0.5 * x)),
    "softplus": lambda x: np.logaddexp(0.0, x),
    "normal_cdf": lambda x: 0.5 * (1 + _erf(x / math.sqrt(2))),
    "stop_gradient": lambda x: x,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "StrictLessThan": np.less,
    "LessThan": np.less_equal,
    "StrictGreaterThan": np.greater,
    "GreaterThan": np.greater_equal,
    "Equality": np.equal,
    "Unequality": np.not_equal,
    "And": lambda *a: reduce(np.logical_and, a),
    "Or": lambda *a: reduce(np.logical_or, a),
    "Not": np.logical_not,
}
