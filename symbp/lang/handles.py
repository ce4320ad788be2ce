"""Handles: tensors that carry their definition, and operators on them.

>>> from symbp.ir.program import size
>>> x = Handle("input", (size("N"), size(4)), Naming("x", "x"))
>>> x, x[index("n"), 0], 2 * x
(input x[N,4], x[n,0], value term[N,4])

A network is what can be reached from its loss and its outputs; no list of tensors is kept
anywhere. The order of creation is the order of declaration.
"""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy
from sympy import Expr, Float, Rational, Symbol
from sympy.core.symbol import Str

from symbp.errors import LanguageError, ShapeError, Source
from symbp.ir.functions import canonical
from symbp.ir.program import Access, Operation, Role, Scan, Tensor, index
from symbp.ir.syntax import is_condition
from symbp.lang.initializers import Initial
from symbp.lang.kinds import check_formula
from symbp.lang.lowering import Statement, free_indices

_clock = itertools.count()
"""Dates handles and rules: only which came first is ever looked at."""

Shape = tuple[Expr, ...]
Value = Any
"""A handle, an expression or a number."""


@dataclass(eq=False, slots=True)
class Naming:
    """How a tensor is called: a name of its own, or a word that a network makes a name of."""

    word: str
    own: str | None = None
    owner: Naming | None = None

    def part(self, word: str) -> Naming:
        return Naming(word, owner=self)

    def hint(self) -> str:
        """Return what messages call it as long as no network names it."""
        if self.own is not None:
            return self.own
        return f"{self.owner.hint()}_{self.word}" if self.owner else self.word


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The order in which the equations of a recurrence are run, together, step by step."""

    index: Symbol
    extent: Expr
    reverse: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One equation of a handle: target[indices] (op)= body, its tensors still handles."""

    indices: tuple[Expr, ...]
    body: Expr
    op: Operation = "sum"
    bound: tuple[Symbol, ...] | None = ()
    given: Mapping[Symbol, Expr] = field(default_factory=dict)
    source: Source | None = None
    places: Mapping[Expr, Source | None] = field(default_factory=dict)
    steps: Steps | None = None
    """The recurrence in which it is an equation of each step."""
    date: int = field(default_factory=lambda: next(_clock))

    def references(self) -> tuple[Handle, ...]:
        """Return the handles that it reads, in order of creation."""
        found = {r for e in (self.body, *self.indices) for r in e.atoms(Reference)}
        return tuple(r.handle for r in sorted(found, key=lambda r: r.handle.date))

    def statement(self, target: str, names: Mapping[Handle, str], first: bool) -> Statement:
        """Return it with every handle replaced by its name."""
        swaps = {Reference(h): Str(names[h]) for h in self.references()}
        given, scan = self.given, None
        if self.steps is not None:
            given = {self.steps.index: self.steps.extent, **given}
            scan = Scan(self.steps.index, self.steps.reverse)
        return Statement(
            Access(target, *(g.xreplace(swaps) for g in self.indices)), self.op,
            self.body.xreplace(swaps), self.bound, given, self.source, first, scan,
        )  # fmt: skip

    def but(self, body: Expr) -> Rule:
        return replace(self, body=body)

    def place(self, culprit: object, names: Mapping[Handle, str]) -> Source | None:
        """Return where an access was written, else where the equation stands."""
        swaps = {Reference(h): Str(names[h]) for h in self.references() if h in names}
        return {a.xreplace(swaps): s for a, s in self.places.items()}.get(culprit) or self.source


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Handle:
    """A tensor of a network: what it is, and the rules that define it.

    `h[n, j]` is an element, for index notation; `+ - * / **` between handles of one shape, or
    with scalars, work element by element.
    """

    role: Role
    shape: Shape
    naming: Naming
    rules: list[Rule] = field(default_factory=list)
    bound: Expr | None = None
    default: Expr | None = None
    initial: Initial | None = None
    frozen: bool = False
    """Of a parameter: the loss is not differentiated by it."""
    sums_to_one: bool = False
    """Of what is given: its elements along the last axis add up to one."""
    renewed: list[Handle] = field(default_factory=list)
    """Of a frozen parameter: the value that a training step gives it, if one does."""
    inline: bool = False
    """Whether it is only a formula, which needs no tensor where nobody names it."""
    date: int = field(default_factory=lambda: next(_clock))

    __iter__ = None
    __array_ufunc__ = None  # NumPy's numbers leave the operators to this class
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        shape = f"[{','.join(map(str, self.shape))}]" if self.shape else ""
        bound = "" if self.bound is None else f" in {self.bound}"
        return f"{self.role} {self.naming.hint()}{shape}{bound}"

    @property
    def rank(self) -> int:
        return len(self.shape)

    def tensor(self, name: str) -> Tensor:
        return Tensor(
            name, self.shape, self.role, self.bound, self.default, self.frozen, self.sums_to_one
        )

    def __getitem__(self, indices: Any) -> Expr:
        given = indices if isinstance(indices, tuple) else (indices,)
        for g in given:
            if isinstance(g, slice | str | float | Handle):
                raise LanguageError(
                    f"{g!r} is no index of {self.naming.hint()}",
                    remedy='Use indices: n, j = bp.indices("n j").',
                )
        element = Access(Reference(self), *given)
        if len(given) != self.rank:
            raise ShapeError(
                f"{self.naming.hint()} has rank {self.rank}, {element} gives {len(given)} indices",
                remedy=f"Its shape is [{', '.join(map(str, self.shape))}].",
                culprit=element,
            )
        return element

    def part(self, word: str) -> Handle:
        """Return a tensor that belongs to this layer: h.part("W") is what is called h_W."""
        parts = self.parts()
        if word not in parts:
            raise LanguageError(
                f"{self.naming.hint()} has no part {word}",
                remedy=f"It has {', '.join(parts)}." if parts else "It has no parts.",
            )
        return parts[word]

    def parts(self) -> dict[str, Handle]:
        """Return the tensors that belong to this layer, each by its word."""
        found: dict[str, Handle] = {}
        waiting = [self]
        while waiting:
            for handle in (h for rule in waiting.pop().rules for h in rule.references()):
                if handle.naming.owner is self.naming and handle.naming.word not in found:
                    found[handle.naming.word] = handle
                    waiting.append(handle)
        return found

    def __add__(self, other: Value) -> Any:
        return _combined(lambda a, b: a + b, self, other)

    def __radd__(self, other: Value) -> Any:
        return _combined(lambda a, b: b + a, self, other)

    def __sub__(self, other: Value) -> Any:
        return _combined(lambda a, b: a - b, self, other)

    def __rsub__(self, other: Value) -> Any:
        return _combined(lambda a, b: b - a, self, other)

    def __mul__(self, other: Value) -> Any:
        return _combined(lambda a, b: a * b, self, other)

    def __rmul__(self, other: Value) -> Any:
        return _combined(lambda a, b: b * a, self, other)

    def __truediv__(self, other: Value) -> Any:
        return _combined(lambda a, b: a / b, self, other)

    def __rtruediv__(self, other: Value) -> Any:
        return _combined(lambda a, b: b / a, self, other)

    def __floordiv__(self, other: Value) -> Any:
        return _combined(lambda a, b: a // b, self, other)

    def __rfloordiv__(self, other: Value) -> Any:
        return _combined(lambda a, b: b // a, self, other)

    def __mod__(self, other: Value) -> Any:
        return _combined(lambda a, b: a % b, self, other)

    def __rmod__(self, other: Value) -> Any:
        return _combined(lambda a, b: b % a, self, other)

    def __pow__(self, other: Value) -> Any:
        return _combined(lambda a, b: a**b, self, other)

    def __rpow__(self, other: Value) -> Any:
        return _combined(lambda a, b: b**a, self, other)

    def __neg__(self) -> Any:
        return _combined(lambda a: -a, self)

    def _compared(self, other: Value) -> Any:
        raise LanguageError(
            "whole tensors can't be compared",
            remedy="Compare elements: bp.define((n, j), where(x[n, j] > 0, x[n, j], 0))",
        )

    __lt__ = __le__ = __gt__ = __ge__ = _compared


class Reference(Str):  # type: ignore[misc]
    """The name of an access that stands for a handle until a network names it."""

    __slots__ = ("handle",)
    handle: Handle

    def __new__(cls, handle: Handle) -> Reference:
        self = super().__new__(cls, handle.naming.hint())
        self.handle = handle
        return self  # type: ignore[no-any-return]

    def _hashable_content(self) -> tuple[int]:
        return (self.handle.date,)


def ancestors(roots: Iterable[Handle]) -> tuple[Handle, ...]:
    """Return the handles that the roots are made of, and the roots, in order of creation."""
    found: dict[Handle, None] = {}
    waiting = list(roots)
    while waiting:
        handle = waiting.pop()
        if handle not in found:
            found[handle] = None
            waiting.extend(h for rule in handle.rules for h in rule.references())
    return tuple(sorted(found, key=lambda h: h.date))


def with_renewals(roots: Iterable[Handle]) -> tuple[Handle, ...]:
    """Return the roots, and the values that training gives to what they depend on."""
    found = dict.fromkeys(roots)
    while new := [v for h in ancestors(found) for v in h.renewed if v not in found]:
        found.update(dict.fromkeys(new))
    return tuple(found)


def exact(value: Value) -> Any:
    """Return an expression whose decimals are exact: 0.1 is one tenth.

    Raises:
        LanguageError: it is no number and no formula.
    """
    if isinstance(value, Handle):
        return value
    value = plain(value)
    if not isinstance(value, sympy.Basic):
        raise LanguageError(
            f"{value!r} is no formula",
            remedy="Use tensors, indices, numbers and the functions of symbp or SymPy.",
        )
    decimals = sorted(value.atoms(Float), key=float)
    expression = canonical(value.xreplace({f: Rational(repr(float(f))) for f in decimals}))
    check_formula(expression)
    return expression


def plain(value: Value) -> Any:
    """Return a number of Python or NumPy as SymPy's, by its shortest decimals; else the value."""
    if isinstance(value, bool | sympy.Basic) or not isinstance(value, numbers.Real):
        return value
    if isinstance(value, numbers.Rational):
        return Rational(int(value.numerator), int(value.denominator))
    return sympy.sympify(float(str(value)))


def scalar(value: Value) -> Any:
    """Return a value as a formula in indices: a scalar tensor is its only element."""
    if not isinstance(value, Handle):
        return exact(value)
    if value.rank:
        raise ShapeError(
            f"{value.naming.hint()} has rank {value.rank} and stands here without indices",
            remedy=f"Write {value.naming.hint()}[{', '.join(map(str, axes(value.rank)))}].",
        )
    return value[()]


def axes(rank: int, last: str = "j") -> tuple[Symbol, ...]:
    """Return the indices that library layers use: n for samples, the last for features.

    >>> axes(1), axes(2), axes(3, "i")
    ((n,), (n, j), (n, k, i))
    """
    batch = ["n", "k", "l", "m", *(f"k{d}" for d in range(4, rank))]
    names = batch[:rank] if rank < 2 else [*batch[: rank - 1], last]
    return tuple(index(name) for name in names)


def apply(function: Callable[..., Any], *operands: Value, word: str = "term") -> Any:
    """Return a scalar function of operands: of expressions an expression, of handles a handle.

    Handles have one shape or are scalars; the function is applied element by element.

    >>> from symbp.lang.tensors import input
    >>> apply(lambda a, b: a - b, input("p", "N", 2), input("y", "N", 2))
    value term[N,2]
    """
    operands = tuple(exact(v) for v in operands)
    handles = [v for v in operands if isinstance(v, Handle)]
    if not handles or any(isinstance(v, Expr) and free_indices(v) for v in operands):
        return exact(function(*(scalar(v) for v in operands)))
    shape = common_shape(*handles)
    loops = axes(len(shape))
    elements = (v[loops if v.rank else ()] if isinstance(v, Handle) else v for v in operands)
    rule = Rule(loops, exact(function(*elements)))
    return Handle("value", shape, Naming(word), [rule], inline=True)


def _combined(function: Callable[..., Any], *operands: Value) -> Any:
    """Return an operator's result; conditions have no operators."""
    for value in operands:
        if is_condition(value):
            raise LanguageError(
                f"{value} is a condition, and a number is wanted",
                remedy="Write where(condition, 1, 0).",
            )
    return apply(function, *operands)


def common_shape(*handles: Handle) -> Shape:
    """Return the one shape of handles that may be scalars besides."""
    shapes = {h.shape: h for h in handles if h.rank}
    if len(shapes) > 1:
        shown = " and ".join(repr(h) for h in shapes.values())
        raise ShapeError(
            f"element by element, shapes must be equal: {shown}",
            remedy="Write the equation with indices to say which axes belong together.",
        )
    return next(iter(shapes), ())
