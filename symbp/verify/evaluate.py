"""What a forward program means, whole boxes at a time and in complex numbers.

A second reading of the language that shares nothing with the compiler or with the interpreter but
the nodes. Every function is carried on to complex arguments near the real line; where the formula
has branches, the real part chooses. So f(x + i h v) = f(x) + i h f'(x) v + O(h^2), and with
h = 2^-66 the imaginary part is the slope without any difference that could cancel.

>>> from symbp.ir.text import parse
>>> p = parse("input x[N]\\nparam w\\ny[n] = (w * x[n])**2\\nloss = sum[n](y[n])")
>>> found = evaluate(p, {"x": [1.0, 2.0], "w": 3 + 1j * STEP})["loss"]
>>> float(found.real), float(found.imag / STEP)
(45.0, 30.0)

Source: Squire and Trapp, Using complex variables to estimate derivatives of real functions, SIAM
Review 40 (1998), 110-112.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from sympy import Expr, Symbol
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from symbp.errors import DataError, ShapeError
from symbp.ir.program import Access, Equation, Program, Tensor
from symbp.verify.continued import FUNCTIONS, INTEGERS

Array = np.ndarray[Any, np.dtype[Any]]
STEP = 2.0**-66
"""Its square is nothing beside 1; a power of two, so that to divide by it rounds nothing."""

Functions = Mapping[str, Callable[..., Any]]
Watch = Callable[[Equation, Expr, tuple[Any, ...]], None]
"""Is told of each function that is applied: in which equation, the expression, its arguments.

Of a maximum over an index: the target, the best values and those next to them."""


def evaluate(
    program: Program, values: Mapping[str, Any], sizes: Mapping[str, int] | None = None,
    watch: Watch | None = None,
) -> dict[str, Array]:  # fmt: skip
    """Run a program on complex arrays and return every tensor.

    Raises:
        DataError: a tensor that is given has no value.
        ShapeError: an access leaves its tensor.
    """
    extents = {Symbol(k, integer=True, positive=True): n for k, n in (sizes or {}).items()}
    memory: dict[str, Array] = {}
    for tensor in program.given():
        memory[tensor.name] = _given(tensor, values, extents)
    ops = {e.target.name: e.op for e in program.equations}
    for tensor in program.having("value"):
        shape = tuple(int(n.xreplace(extents)) for n in tensor.shape)
        neutral = {"sum": 0.0, "max": -np.inf, "min": np.inf}[ops.get(tensor.name, "sum")]
        memory[tensor.name] = np.full(shape, neutral, complex)
    with np.errstate(all="ignore"):
        for block in program.blocks():
            for equation, fixed in _steps(block, extents):
                _Run(equation, memory, {**extents, **fixed}, watch).run()
    return memory


def _given(tensor: Tensor, values: Mapping[str, Any], extents: dict[Symbol, int]) -> Array:
    value = values.get(tensor.name)
    if value is None and tensor.default is not None:
        value = float(tensor.default)
    if value is None:
        raise DataError(f"no value is given for {tensor.role} {tensor.name}")
    array = np.asarray(value, int if tensor.bound is not None else complex)
    for extent, found in zip(tensor.shape, array.shape, strict=True):
        if extent.is_Symbol:
            extents.setdefault(extent, found)
    return array


def _steps(
    block: tuple[Equation, ...], extents: Mapping[Symbol, int]
) -> Iterator[tuple[Equation, dict[Symbol, int]]]:
    """Yield the equations in the order in which they run, with the scan's index set."""
    scan = block[0].scan
    if scan is None:
        yield block[0], {}
        return
    count = int(block[0].extent[scan.index].xreplace(dict(extents)))
    for t in reversed(range(count)) if scan.reverse else range(count):
        for equation in block:
            yield equation, {scan.index: t}


@dataclass(frozen=True, slots=True)
class _Run:
    """One equation over its whole box."""

    equation: Equation
    memory: dict[str, Array]
    fixed: Mapping[Symbol, int]
    watch: Watch | None

    def run(self) -> None:
        looped = [(i, n) for i, n in self.equation.ranges if i not in self.fixed]
        counts = [int(n.xreplace(dict(self.fixed))) for _, n in looped]
        grids = np.meshgrid(*map(np.arange, counts), indexing="ij") if counts else []
        env = {i: g.reshape(-1) for (i, _), g in zip(looped, grids, strict=True)}
        self._into(env, int(np.prod(counts, dtype=np.int64)), self.equation.body)

    def _into(self, env: dict[Symbol, Array], count: int, body: Expr) -> None:
        """Combine the body's values; where(c, e, 0) that does not hold adds nothing to a sum."""
        if _is_choice(body) and self.equation.op == "sum" and body.args[2] == 0:
            holds = np.broadcast_to(self.value(body.args[0], env, count), (count,))
            inner = {i: a[holds] for i, a in env.items()}
            return self._into(inner, int(holds.sum()), body.args[1])
        if not count:
            return None
        value = np.broadcast_to(np.asarray(self.value(body, env, count), complex), (count,))
        out = self.memory[self.equation.target.name]
        places = self._places(self.equation.target, env, count)
        if self.equation.op == "sum":
            np.add.at(out.reshape(-1), places, value)
        else:
            self._extreme(out.reshape(-1), places, value)
        return None

    def _extreme(self, out: Array, places: Array, value: Array) -> None:
        """The best by its real part, the first where several tie."""
        sign = 1 if self.equation.op == "max" else -1
        order = np.lexsort((np.arange(len(value)), -sign * value.real, places))
        ranked = places[order]
        first = np.concatenate([[True], ranked[1:] != ranked[:-1]])
        where, best = ranked[first], value[order][first]
        if self.watch is not None:
            second = np.flatnonzero(~first & np.concatenate([[False], first[:-1]]))
            best_of, second_of = value[order][second - 1], value[order][second]
            self.watch(self.equation, self.equation.target, (best_of, second_of))
        wins = sign * best.real > sign * out[where].real
        out[where[wins]] = best[wins]

    def _places(self, access: Access, env: dict[Symbol, Array], count: int) -> Array:
        """Return an access's elements as places in the flat tensor."""
        array = self.memory[access.name]
        flat = np.zeros(count, np.int64)
        for g, extent in zip(access.indices, array.shape, strict=True):
            place = np.broadcast_to(self.value(g, env, count, INTEGERS), (count,)).astype(np.int64)
            if count and not (place.min() >= 0 and place.max() < extent):
                raise ShapeError(f"{access} is outside of its tensor: shape {array.shape}")
            flat = flat * extent + place
        return flat

    def value(
        self, e: Expr, env: dict[Symbol, Array], count: int, functions: Functions = FUNCTIONS
    ) -> Any:
        """Return an expression's values at the points of `env`."""
        if isinstance(e, Access):
            array = self.memory[e.name]
            return array.reshape(-1)[self._places(e, env, count)] if e.indices else array[()]
        if isinstance(e, Symbol):
            return env[e] if e in env else self.fixed[e]
        if isinstance(e, BooleanTrue | BooleanFalse):
            return bool(e)
        if e.is_Integer:
            return int(e)
        if e.is_number and (not e.args or e.is_Rational):
            return functions["number"](e)
        if _is_choice(e):
            return self._choice(e, env, count, functions)
        parts = tuple(self.value(a, env, count, functions) for a in e.args)
        if self.watch is not None and functions is FUNCTIONS:
            self.watch(self.equation, e, parts)
        return functions[e.func.__name__](*parts)

    def _choice(self, e: Expr, env: dict[Symbol, Array], count: int, functions: Functions) -> Any:
        """Look at each branch only where it is taken."""
        holds = np.broadcast_to(self.value(e.args[0], env, count), (count,))
        out = np.empty(count, complex)
        for mask, branch in ((holds, e.args[1]), (~holds, e.args[2])):
            taken = int(mask.sum())
            if taken:
                inner = {i: a[mask] for i, a in env.items()}
                out[mask] = self.value(branch, inner, taken, functions)
        return out


def _is_choice(e: Expr) -> bool:
    return e.func.__name__ == "Where"  # type: ignore[no-any-return]


def forward(program: Program, loss: str) -> Program:
    """Return the equations that a tensor needs: of a program with adjoints, the forward pass."""
    wanted = {loss}
    kept = []
    for block in reversed(program.blocks()):
        names = reduce(lambda s, e: s | {e.target.name}, block, set[str]())
        if names & wanted:
            kept.append(block)
            wanted |= {a.name for e in block for a in e.reads()}
    equations = tuple(e for block in reversed(kept) for e in block)
    tensors = tuple(t for t in program.tensors if t.role != "value" or t.name in wanted)
    return program.but(tensors=tensors, equations=equations, outputs=(loss,))


__all__ = ["STEP", "Watch", "evaluate", "forward"]
