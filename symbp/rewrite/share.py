"""Subexpressions that occur twice are computed once; factors of a contraction become tensors.

>>> from symbp.ir.text import parse, text
>>> p = parse('''input p[N], y[N]
... S = sum[n]((p[n] - y[n])**2)
... d[n] = p[n] * (p[n] - y[n])
... ''').but(outputs=("S", "d"))
>>> print(text(share(p), declarations=False), end="")
v1[n] = p[n] - y[n]
S = sum[n](v1[n]**2)
d[n] = p[n] * v1[n]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from itertools import count

from sympy import Expr, Mul, Symbol

from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Program, Tensor, accesses, index
from symbp.ir.regions import carried
from symbp.ir.visit import definitions
from symbp.rewrite.cost import cost

Key = tuple[Expr, tuple[Expr, ...], tuple[Symbol, int] | None]
"""An expression with its indices renamed to their places, their extents, and which is a step."""


def share(program: Program) -> Program:
    """Give a name to what is computed more than once, the largest expressions first."""
    program = contract(program)
    while found := _shared(program):
        program = _extract(program, found)
    return program


def contract(program: Program) -> Program:
    """Let the operands of every sum of products be tensors: sum_n x[n,i] (a[n,j] b[n,j]).

    What does not depend on all indices of the box is computed once, not for each of the others.
    """
    tensors = program.table()
    done = _Steps()
    for number, block in enumerate(program.blocks()):
        written = carried(block)
        for equation in block:
            body = equation.body
            for group in _operands(equation):
                loops = _loops(group, equation)
                if not _can_be_named(group, equation, written):
                    continue
                name = _name(tensors)
                value = Access(name, *(i for i, _ in loops))
                tensors[name] = Tensor(name, tuple(n for _, n in loops))
                done.define(equation, value, group, loops, number)
                body = body / group * value
            done.add(replace(equation, body=body), number)
    return program.but(tensors=tuple(tensors.values()), equations=tuple(done.equations))


class _Steps:
    """The equations so far; what does not depend on the step stands above its scan."""

    def __init__(self) -> None:
        self.equations: list[Equation] = []
        self._block = -1
        self._begin = 0

    def add(self, equation: Equation, block: int) -> None:
        self._enter(block)
        self.equations.append(equation)

    def define(
        self, like: Equation, value: Access, body: Expr, loops: list[tuple[Symbol, Expr]],
        block: int,
    ) -> None:  # fmt: skip
        """Add the definition of a part of an equation."""
        self._enter(block)
        new = replace(like, target=value, op="sum", body=body, ranges=tuple(loops))
        if like.scan is None or like.scan.index in new.extent:
            self.equations.append(new)
        else:
            self.equations.insert(self._begin, replace(new, scan=None))
            self._begin += 1

    def _enter(self, block: int) -> None:
        if block != self._block:
            self._block, self._begin = block, len(self.equations)


def _can_be_named(part: Expr, equation: Equation, written: frozenset[str]) -> bool:
    """Tell whether a part depends on the step of its equation's scan, or on none."""
    if equation.scan is None or equation.scan.index in part.free_symbols:
        return True
    return not any(a.name in written for a in accesses(part))


def _operands(equation: Equation) -> list[Expr]:
    """Return the products of factors over a part of the box that are no tensors yet."""
    if equation.op != "sum" or not equation.reduced or not equation.body.is_Mul:
        return []
    loops = set(equation.extent)
    groups: dict[tuple[str, ...], list[Expr]] = {}
    for factor in equation.body.args:
        key = tuple(sorted(str(s) for s in factor.free_symbols & loops))
        groups.setdefault(key, []).append(factor)
    if len([k for k in groups if k]) < 2:
        return []
    products = [Mul(*factors) for key, factors in groups.items() if key]
    return [p for p in products if cost(p) > 0 and not p.has(Where)]


def _name(tensors: dict[str, Tensor]) -> str:
    return next(name for k in count(1) if (name := f"v{k}") not in tensors)


def _shared(program: Program) -> set[Key]:
    """Return what is computed more than once and not just inside of something larger that is."""
    homes = _homes(program)
    everywhere = Counter(k for e, home in homes for _, k in _parts(e.body, e, home))
    repeated = {key for key, times in everywhere.items() if times > 1}
    outermost = Counter(k for e, home in homes for _, k in _parts(e.body, e, home, repeated))
    return {key for key, times in outermost.items() if times > 1}


@dataclass(frozen=True, slots=True)
class _Home:
    """The block of an equation: its number, and what its scan writes."""

    number: int
    written: frozenset[str]


def _homes(program: Program) -> list[tuple[Equation, _Home]]:
    return [
        (equation, _Home(number, carried(block)))
        for number, block in enumerate(program.blocks())
        for equation in block
    ]


def _parts(
    body: Expr, equation: Equation, home: _Home, stop: Container[Key] = ()
) -> Iterator[tuple[Expr, Key]]:
    """Yield what could be a tensor: no branch of a choice, nothing inside an index."""
    if cost(body) == 0:
        return
    guard = isinstance(body, Where) and body == equation.body and not equation.plain
    # A guard keeps the target inside.
    if not body.is_Boolean and not guard and _can_be_named(body, equation, home.written):
        key = _key(body, equation, home)
        yield body, key
        if key in stop:
            return
    if not isinstance(body, (Where, Access)) and not body.is_Boolean:
        for argument in body.args:
            yield from _parts(argument, equation, home, stop)


def _key(part: Expr, equation: Equation, home: _Home) -> Key:
    """Return what equal parts have in common; the step of a scan is shared within it only."""
    loops = _loops(part, equation)
    names = {i: index(f"_{k}") for k, (i, _) in enumerate(loops)}
    place = None if equation.scan is None else names.get(equation.scan.index)
    step = None if place is None else (place, home.number)
    return part.xreplace(names), tuple(n for _, n in loops), step


def _loops(part: Expr, equation: Equation) -> list[tuple[Symbol, Expr]]:
    """Return the indices of a part in the order in which its accesses name them."""
    extents = equation.extent
    order: dict[Symbol, None] = {}
    for access in accesses(part):
        for g in access.indices:
            order.update(dict.fromkeys(s for s in sorted(g.free_symbols, key=str) if s in extents))
    order.update(dict.fromkeys(i for i in extents if i in part.free_symbols))
    return [(i, extents[i]) for i in order]


def _extract(program: Program, shared: set[Key]) -> Program:
    """Define a tensor by each shared expression before its first use, and read it everywhere."""
    tensors, names = program.table(), {}
    whole = definitions(program)
    done = _Steps()
    for equation, home in _homes(program):
        body = equation.body
        for part, key in list(_parts(body, equation, home, shared)):
            if key not in shared:
                continue
            loops = _loops(part, equation)
            if key not in names:
                if whole.get(equation.target.name) is equation and _is_all(part, equation, loops):
                    names[key] = equation.target.name
                    continue
                names[key] = name = _name(tensors)
                tensors[name] = Tensor(name, key[1])
                target = Access(name, *(i for i, _ in loops))
                done.define(equation, target, part, loops, home.number)
            body = body.xreplace({part: Access(names[key], *(i for i, _ in loops))})
        done.add(replace(equation, body=body), home.number)
    return program.but(tensors=tuple(tensors.values()), equations=tuple(done.equations))


def _is_all(part: Expr, equation: Equation, loops: list[tuple[Symbol, Expr]]) -> bool:
    """Tell whether the equation's target is the tensor that a part would become."""
    return part == equation.body and equation.target.indices == tuple(i for i, _ in loops)
