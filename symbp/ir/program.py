"""The nodes: Access, Tensor, Equation, Scan, Program.

>>> n, i, j = index("n"), index("i"), index("j")
>>> x, W, z = Access("x", n, i), Access("W", i, j), Access("z", n, j)
>>> Equation(z, "sum", x * W, ((n, size("N")), (j, Integer(4)), (i, Integer(2)))).reduced
(i,)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

import sympy
from sympy import Expr, Integer, Symbol
from sympy.core.symbol import Str

from symbp.errors import Source

Role = Literal["input", "target", "label", "noise", "param", "hyper", "state", "value"]
Operation = Literal["sum", "max", "min"]

ROLES: tuple[Role, ...] = (
    "input", "target", "label", "noise", "param", "hyper", "state", "value",
)  # fmt: skip
GIVEN: frozenset[str] = frozenset(ROLES) - {"value"}
"""The roles of tensors that are handed in; a `value` is computed by equations."""


def index(name: str) -> Symbol:
    """Return the index of this name: an integer >= 0."""
    return Symbol(name, integer=True, nonnegative=True)


def size(value: int | str | Expr) -> Expr:
    """Return a size: a whole number, or the symbol of this name."""
    if isinstance(value, str):
        return Symbol(value, integer=True, positive=True)
    return sympy.sympify(value)


class Access(Expr):  # type: ignore[misc]
    """x[g(i)]: one element of a tensor; the leaf of a body and the target of an equation."""

    is_commutative = True
    is_real = True

    def __new__(cls, name: str | Str, *indices: Any) -> Access:
        name = name if isinstance(name, Str) else Str(name)
        return super().__new__(cls, name, *map(sympy.sympify, indices))  # type: ignore[no-any-return]

    @property
    def name(self) -> str:
        return str(self.args[0].name)

    @property
    def indices(self) -> tuple[Expr, ...]:
        return tuple(self.args[1:])

    def _eval_derivative(self, symbol: Symbol) -> Expr:
        return Integer(0)

    def _sympystr(self, printer: Any) -> str:
        if not self.indices:
            return self.name
        return f"{self.name}[{','.join(printer.doprint(g) for g in self.indices)}]"


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named array of real numbers or, where `bound` is set, of integers 0 .. bound-1."""

    name: str
    shape: tuple[Expr, ...] = ()
    role: Role = "value"
    bound: Expr | None = None
    default: Expr | None = None
    """What a hyper-parameter is when nobody says otherwise."""
    frozen: bool = False
    """Of a parameter: the loss is not differentiated by it."""
    sums_to_one: bool = False
    """Of what is given: its elements along the last axis add up to one."""

    def __getitem__(self, indices: Any) -> Access:
        return Access(self.name, *(indices if isinstance(indices, tuple) else (indices,)))


Range = tuple[Symbol, Expr]


@dataclass(frozen=True, slots=True)
class Scan:
    """The order of a recurrence: the index that is run through step by step.

    Consecutive equations with equal scans are one block: for each value of the index, in order,
    each equation of the block is run over its other indices. What is carried from step to step
    is a tensor with an axis for the steps: h[t+1,n,j] = ... h[t,n,k] ...
    """

    index: Symbol
    reverse: bool = False

    def reversed(self) -> Scan:
        return Scan(self.index, not self.reverse)


@dataclass(frozen=True, slots=True)
class Equation:
    """target (op)= body, for all indices in the box that `ranges` spans."""

    target: Access
    op: Operation
    body: Expr
    ranges: tuple[Range, ...]
    source: Source | None = field(default=None, compare=False, repr=False)
    primal: str | None = field(default=None, compare=False, repr=False)
    """Of an adjoint: the tensor whose equation it belongs to."""
    scan: Scan | None = None
    """The recurrence in which it is a step; the scan's index is one of the ranges."""

    @property
    def reduced(self) -> tuple[Symbol, ...]:
        """The indices that do not occur in the target."""
        free = self.target.free_symbols
        return tuple(i for i, _ in self.ranges if i not in free)

    @property
    def extent(self) -> dict[Symbol, Expr]:
        return dict(self.ranges)

    @property
    def plain(self) -> bool:
        """Tell whether the target's indices are loop indices, each once: y[n,j], not y[p+u]."""
        indices = self.target.indices
        loops = self.extent
        return all(g in loops for g in indices) and len(set(indices)) == len(indices)

    @property
    def pointwise(self) -> bool:
        """Tell whether each element of the target is set once, from one element of the box."""
        return self.op == "sum" and self.plain and not self.reduced

    def reads(self) -> tuple[Access, ...]:
        """Return the accesses in body and indices, in order, each once."""
        nested = (a for g in self.target.indices for a in accesses(g))
        return tuple(dict.fromkeys([*accesses(self.body), *nested]))


@dataclass(frozen=True, slots=True)
class Program:
    """Tensors, the equations that are run in order, and the names that are asked for."""

    tensors: tuple[Tensor, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Tensor:
        return self.table()[name]

    def table(self) -> dict[str, Tensor]:
        return {t.name: t for t in self.tensors}

    def given(self) -> tuple[Tensor, ...]:
        return tuple(t for t in self.tensors if t.role in GIVEN)

    def having(self, *roles: Role) -> tuple[Tensor, ...]:
        return tuple(t for t in self.tensors if t.role in roles)

    def trained(self) -> tuple[Tensor, ...]:
        """Return the parameters that the loss is differentiated by."""
        return tuple(t for t in self.having("param") if not t.frozen)

    def writers(self) -> dict[str, tuple[Equation, ...]]:
        """Return the equations of each computed tensor, in order."""
        found: dict[str, tuple[Equation, ...]] = {}
        for equation in self.equations:
            name = equation.target.name
            found[name] = (*found.get(name, ()), equation)
        return found

    def readers(self) -> dict[str, tuple[Equation, ...]]:
        """Return the equations that read each tensor, in order."""
        found: dict[str, tuple[Equation, ...]] = {}
        for equation in self.equations:
            for name in dict.fromkeys(a.name for a in equation.reads()):
                found[name] = (*found.get(name, ()), equation)
        return found

    def blocks(self) -> tuple[tuple[Equation, ...], ...]:
        """Return the equations in order: each scan's together, each other by itself."""
        return blocks(self.equations)

    def sizes(self) -> tuple[Symbol, ...]:
        """Return the symbolic sizes in the order in which the shapes name them."""
        seen: dict[Symbol, None] = {}
        for tensor in self.tensors:
            for extent in tensor.shape:
                seen.update(dict.fromkeys(sorted(extent.free_symbols, key=str)))
        return tuple(seen)

    def but(self, **changes: Any) -> Program:
        return replace(self, **changes)

    def extended(
        self, tensors: Iterable[Tensor] = (), equations: Iterable[Equation] = ()
    ) -> Program:
        return self.but(tensors=(*self.tensors, *tensors), equations=(*self.equations, *equations))


def blocks(equations: Iterable[Equation]) -> tuple[tuple[Equation, ...], ...]:
    """Return the equations in order: each scan's together, each other by itself."""
    found: list[list[Equation]] = []
    for equation in equations:
        if equation.scan is not None and found and found[-1][-1].scan == equation.scan:
            found[-1].append(equation)
        else:
            found.append([equation])
    return tuple(map(tuple, found))


@lru_cache(maxsize=2**16)
def accesses(expression: Expr) -> tuple[Access, ...]:
    """Return the accesses in an expression in preorder, each once, outer before nested."""
    found: dict[Access, None] = {}

    def walk(node: Any) -> None:
        if isinstance(node, Access):
            found.setdefault(node)
        for argument in node.args:
            walk(argument)

    walk(expression)
    return tuple(found)


def names(equations: Iterable[Equation]) -> Iterator[str]:
    """Yield every tensor that the equations read or write, in order."""
    seen: dict[str, None] = {}
    for equation in equations:
        seen.update(dict.fromkeys(a.name for a in equation.reads()))
        seen.setdefault(equation.target.name)
    yield from seen


def fresh(name: str, taken: Mapping[str, Any] | set[str]) -> str:
    """Return the name, with a number where it is taken."""
    if name not in taken:
        return name
    count = 2
    while f"{name}_{count}" in taken:
        count += 1
    return f"{name}_{count}"


def declare(name: str, ranges: Iterable[Range], tensors: dict[str, Tensor]) -> Access:
    """Declare a value over some loops, by this name or one like it; return it at their indices."""
    loops, own = dict(ranges), fresh(name, tensors)
    tensors[own] = Tensor(own, tuple(loops.values()))
    return Access(own, *loops)
