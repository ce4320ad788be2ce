"""The loops of one equation.

Loops are ordered so that the innermost one walks along memory and no sum runs through it: then
a compiler makes vectors of it without changing what the arithmetic means. Where there is no such
loop, the reduced indices are innermost and their sum is one double. What moves through all of its
arrays in the same way is one loop, whatever their shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import permutations

import sympy
from sympy import Expr, Integer, Mul, Symbol

from symbp.codegen.c_target.expressions import Integers, Reals, Scope, address, place
from symbp.codegen.c_target.products import many, merged, without_trivial_loops
from symbp.codegen.header import shape_text
from symbp.ir.functions import Where
from symbp.ir.printer import ATOM
from symbp.ir.program import Access, Equation, Tensor, index
from symbp.ir.regions import within

Lines = list[str]
START = {"sum": 0.0, "max": -float("inf"), "min": float("inf")}
_BETTER = {"max": "maximum", "min": "minimum"}
_OF_WHOLE = {"max": "greater", "min": "lesser"}
"""The same for whole numbers, of which none is NaN."""
_LONG = 32
"""From so many terms on, that lie in one piece, a sum is one call."""
_SQUARE = 256
"""From so many numbers on, a matrix is turned square by square."""
_UNROLLED = 9
"""So many values are compared without a loop."""
_EACH = index("@each")
"""The index of a loop over all elements; no name of a network is like it."""


class Nest:
    """The loops of one equation."""

    def __init__(
        self, equation: Equation, scope: Scope, table: Mapping[str, Tensor], one: bool = True
    ) -> None:
        """Choose the loops; `one` takes the place of those that can be one."""
        self.plain = without_trivial_loops(equation)
        if one and isinstance(self.plain.body, Access):
            self.plain, _ = merged(self.plain, table)
        self.equation, table = equation, table = (
            flat(self.plain, table) if one else (self.plain, table)
        )
        self.scope = scope = replace(scope, extents=equation.extent, tensors=table)
        self.reals = Reals(scope, equation.target.indices)
        self.kept, self.inner = loop_order(equation, table)
        self.order = [*self.kept, *self.inner]
        self.single = not equation.reduced
        """One value comes to each place, if the target is plain."""
        self.accumulates = not self.single and set(self.inner) == set(equation.reduced)
        self.guards, self.body = guarded(equation, table)

    def why(self) -> str:
        """Say what was seen in the order of the loops."""
        walked = ", ".join(map(self.scope.index, map(str, self.order[-1:])))
        if self.equation.ranges and self.order == [_EACH]:
            return "all arrays are walked in the same way"
        if self.accumulates:
            if few(self.equation):
                return "so few are compared at once"
            return "the terms of a sum lie apart: it is one number"
        return f"{walked} walks along memory" if walked else "one number"

    def target(self) -> str:
        return self.reals(self.equation.target)

    def assignment(self) -> Lines:
        """Return the loops that set each element of the target once."""
        if self.accumulates:
            return self.accumulated("=")
        if (turned := self.turned()) is not None:
            return [turned]
        return self.loops(self.order, self.element())

    def changed(self) -> str:
        """Return the new value after its `=`, or what is added to the old one in its place."""
        body = self.equation.body
        for old, rest in permutations(body.args) if body.is_Add and len(body.args) == 2 else ():
            if isinstance(old, Access) and self.reals(old) == self.target():
                minus = not rest.is_Add and rest.could_extract_minus_sign()
                return f"-= {self.reals(-rest)}" if minus else f"+= {self.reals(rest)}"
        return f"= {self.reals(body)}"

    def update(self) -> Lines:
        """Return the loops that combine new values with those that the target holds."""
        if self.accumulates:
            return self.accumulated("+=")
        return self.loops(self.order, self.combined(self.target()))

    def element(self) -> Lines:
        """Return what sets one element of the target, within the loops around it."""
        if self.accumulates:
            return ["{", *indented(self.one_value("=")), "}"]
        return [f"{self.target()} {self.changed()};"]

    def accumulated(self, assign: str) -> Lines:
        """Return the loops around the innermost ones, whose result is one value of the target."""
        body = self.one_value(assign)
        return self.loops(self.kept, body) if self.kept else ["{", *indented(body), "}"]

    def one_value(self, assign: str) -> Lines:
        """Return the innermost loops, and what becomes of their result."""
        real, op = self.scope.real, self.equation.op
        if op == "sum" and (piece := self.piece()) is not None:
            loops = self.loops(self.inner[:-1], [f"sum += {piece};"])
            value = "sum" if real == "double" else "(float)sum"
            return ["double sum = 0.0;", *loops, f"{self.target()} {assign} {value};"]
        if op == "sum":
            value = "sum" if real == "double" else "(float)sum"
            loops = self.loops(self.inner, self.summed())
            return ["double sum = 0.0;", *loops, f"{self.target()} {assign} {value};"]
        loops = self.loops(self.inner, self.combined("best"))
        value = "best" if assign == "=" else self.better(self.target(), "best")
        initial = self.scope.literal(START[op])
        return [f"{real} best = {initial};", *loops, f"{self.target()} = {value};"]

    def turned(self) -> str | None:
        """Return the copy of a matrix that lies the other way round, if it is a large one."""
        body, target, table = self.body, self.equation.target, self.scope.tensors
        if self.guards or len(self.order) != 2 or not isinstance(body, Access):
            return None
        if table[body.name].bound is not None or many(self.scope.extents.values()) < _SQUARE:
            return None
        row, column = self.order
        apart = _stride(body, column, table), _stride(target, row, table)
        along = _stride(body, row, table), _stride(target, column, table)
        if along != (1, 1) or None in apart or 1 in apart:
            return None
        integers = Integers(self.scope)
        call = [integers(self.scope.extents[i]) for i in self.order]
        for access, step in zip((body, target), apart, strict=True):
            call += [address(access, table, self.order, self.scope), integers(step)]
        return f"turn({', '.join(call)});"

    def piece(self) -> str | None:
        """Return the sum over the innermost loop, if its terms lie in one piece of memory."""
        i, body = self.inner[-1], self.body
        n = self.scope.extents[i]
        if self.guards or not isinstance(body, Access) or (n.is_Integer and n < _LONG):
            return None
        tensor = self.scope.tensors[body.name]
        if tensor.bound is not None or _stride(body, i, self.scope.tensors) != 1:
            return None
        start = address(body, self.scope.tensors, (i,), self.scope)
        return f"total({start}, {Integers(self.scope)(n)})"

    def summed(self) -> Lines:
        """Return the statement that adds one value to a sum in double."""
        if self.scope.real == "double":
            return self.combined("sum")
        return self.under_guards([f"sum += (double){self.reals(self.body, ATOM)};"])

    def better(self, a: str, b: str) -> str:
        """Return the larger or smaller of two."""
        whole = self.scope.tensors[self.equation.target.name].bound is not None
        word = (_OF_WHOLE if whole else _BETTER)[self.equation.op]
        return f"{word}{self.scope.suffix}({a}, {b})"

    def combined(self, target: str) -> Lines:
        """Return the statement that combines one value with a target."""
        if self.equation.op != "sum":
            return [f"{target} = {self.better(target, self.reals(self.body))};"]
        minus = not self.body.is_Add and self.body.could_extract_minus_sign()
        value = self.reals(-self.body if minus else self.body)
        return self.under_guards([f"{target} {'-' if minus else '+'}= {value};"])

    def under_guards(self, lines: Lines) -> Lines:
        """Neither read nor write where a guard does not hold."""
        if not self.guards:
            return lines
        condition = self.reals(sympy.And(*self.guards))
        return [f"if ({condition}) {{", *indented(lines), "}"]

    def loops(self, order: Sequence[Symbol], body: Lines) -> Lines:
        for i in reversed(order):
            k, n = self.scope.index(str(i)), Integers(self.scope)(self.scope.extents[i])
            body = [f"for (ptrdiff_t {k} = 0; {k} < {n}; {k}++) {{", *indented(body), "}"]
        return body


def flat(equation: Equation, table: Mapping[str, Tensor]) -> tuple[Equation, Mapping[str, Tensor]]:
    """Return an equation as one loop over all elements if each of its arrays is walked evenly."""
    where = place(equation.target, table)
    loops = dict(equation.ranges)
    accesses = {a: place(a, table) for a in (equation.target, *equation.reads()) if a.has(*loops)}
    begin = {a: w.xreplace(dict.fromkeys(loops, Integer(0))) for a, w in accesses.items()}
    walk = sympy.expand(where - begin.get(equation.target, where))
    if (
        len(loops) < 2
        or equation.reduced
        or not _dense(walk, loops)
        or any(sympy.expand(w - begin[a] - walk) != 0 for a, w in accesses.items())
        or equation.body.xreplace(dict.fromkeys(accesses, Integer(0))).has(*loops)
    ):
        return equation, table
    one = {a: Access(a.name, begin[a] + _EACH) for a in accesses}
    total = sympy.expand(Mul(*loops.values()))
    names = {a.name for a in accesses}
    if any(a.name in names and a not in accesses for a in equation.reads()):
        return equation, table
    line = {n: replace(table[n], shape=(sympy.expand(Mul(*table[n].shape)),)) for n in names}
    body = equation.body.xreplace(one)
    target = one[equation.target]
    return replace(equation, target=target, body=body, ranges=((_EACH, total),)), {**table, **line}


def _dense(walk: Expr, loops: Mapping[Symbol, Expr]) -> bool:
    """Tell whether the loops reach each element of a piece of memory once."""
    steps, step = {walk.coeff(i): n for i, n in loops.items()}, Integer(1)
    if len(steps) < len(loops):
        return False
    while step in steps:
        step = sympy.expand(step * steps.pop(step))
    return not steps and walk == sum(walk.coeff(i) * i for i in loops)


def guarded(equation: Equation, table: Mapping[str, Tensor]) -> tuple[list[Expr], Expr]:
    """Return the conditions outside of which a sum gets nothing, and the body within.

    Where nothing is out of bounds, to add 0 is as good, and a compiler makes vectors of it.
    """
    guards: list[Expr] = []
    body = equation.body
    if all(
        within(g, n, equation.extent, table)
        for a in (equation.target, *equation.reads())
        for g, n in zip(a.indices, table[a.name].shape, strict=True)
    ):
        return guards, body
    while equation.op == "sum" and isinstance(body, Where) and body.args[2] == 0:
        guards.append(body.args[0])
        body = body.args[1]
    return guards, body


def loop_order(
    equation: Equation, table: Mapping[str, Tensor]
) -> tuple[list[Symbol], list[Symbol]]:
    """Return the outer loops, and the innermost ones: a stream, or all that are reduced."""
    indices, reduced = equation.target.indices, list(equation.reduced)
    kept = [i for i, _ in equation.ranges if i not in reduced]
    kept.sort(key=lambda i: next(k for k, g in enumerate(indices) if g.has(i)))
    if not reduced:
        return kept, []
    for i in reversed(kept):
        if _streams(i, equation, table):
            others = [k for k in kept if k != i]
            return ([*others, i], reduced) if few(equation) else ([*others, *reduced], [i])
    return kept, reduced


def few(equation: Equation) -> bool:
    """Tell whether a best one is of so few that a compiler unrolls their loops."""
    number = Mul(*(equation.extent[i] for i in equation.reduced))
    return equation.op != "sum" and number.is_Integer and number <= _UNROLLED


def _streams(i: Symbol, equation: Equation, table: Mapping[str, Tensor]) -> bool:
    """Tell whether a loop walks along the memory of the target, and of all that it reads."""
    reads = all(_stride(a, i, table) in (0, 1) for a in equation.reads())
    return reads and _stride(equation.target, i, table) == 1


def _stride(access: Access, i: Symbol, table: Mapping[str, Tensor]) -> Expr | None:
    """Return how far an access moves when an index grows by 1, if always the same."""
    where = place(access, table)
    stride = where.coeff(i)
    return None if (where - stride * i).has(i) else stride


def declare(kind: str, name: str, where: str, tensor: Tensor) -> str:
    """Return the declaration of an array."""
    return f"{kind} *{name} = {where}; /* {shape_text(tensor)} */"


def indented(lines: Iterable[str]) -> Lines:
    """Return lines one level deeper."""
    return [f"    {line}" if line else line for line in lines]


__all__ = ["START", "Nest", "declare", "few", "indented", "loop_order"]
