"""What a network is written with: tensor handles, index notation, equations of one's own.

>>> x, W = input("x", "N", 4), param("W", 4, 2)
>>> n, i, j = indices("n i j")
>>> z = define((n, j), sum(i, x[n, i] * W[i, j]), name="z")
>>> z
value z[N,2]

A handle carries its definition, so that a network is what can be reached from its loss and its
outputs. The order of creation is the order of declaration.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy
from sympy import Expr, Float, Integer, Rational, Symbol
from sympy.core.symbol import Str

from symbp.errors import LanguageError, ShapeError, Source, SymbpError
from symbp.ir.functions import canonical
from symbp.ir.program import Access, Operation, Role, Tensor, fresh, index, size
from symbp.ir.syntax import MAX_NAME, RESERVED, Reduction
from symbp.lang.initializers import Initial, initial
from symbp.lang.lowering import Statement, free_indices, lower

_clock = itertools.count()
"""Dates handles and rules: only which came first is ever looked at."""

MAX_EXTENT = 10**9
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
class Rule:
    """One equation of a handle: target[indices] (op)= body, its tensors still handles."""

    indices: tuple[Expr, ...]
    body: Expr
    op: Operation = "sum"
    bound: tuple[Symbol, ...] | None = ()
    given: Mapping[Symbol, Expr] = field(default_factory=dict)
    source: Source | None = None
    places: Mapping[Expr, Source | None] = field(default_factory=dict)
    date: int = field(default_factory=lambda: next(_clock))

    def references(self) -> tuple[Handle, ...]:
        """Return the handles that it reads, in order of creation."""
        found = {r for e in (self.body, *self.indices) for r in e.atoms(Reference)}
        return tuple(r.handle for r in sorted(found, key=lambda r: r.handle.date))

    def statement(self, target: str, names: Mapping[Handle, str], first: bool) -> Statement:
        """Return it with every handle replaced by its name."""
        swaps = {Reference(h): Str(names[h]) for h in self.references()}
        return Statement(
            Access(target, *(g.xreplace(swaps) for g in self.indices)), self.op,
            self.body.xreplace(swaps), self.bound, self.given, self.source, first,
        )  # fmt: skip

    def but(self, body: Expr) -> Rule:
        return replace(self, body=body)

    def place(self, culprit: object, names: Mapping[Handle, str]) -> Source | None:
        """Return where an access was written, else where the equation stands."""
        swaps = {Reference(h): Str(names[h]) for h in self.references()}
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
    inline: bool = False
    """Whether it is only a formula, which needs no tensor where nobody names it."""
    date: int = field(default_factory=lambda: next(_clock))

    __iter__ = None
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        shape = f"[{','.join(map(str, self.shape))}]" if self.shape else ""
        bound = "" if self.bound is None else f" in {self.bound}"
        return f"{self.role} {self.naming.hint()}{shape}{bound}"

    @property
    def rank(self) -> int:
        return len(self.shape)

    def tensor(self, name: str) -> Tensor:
        return Tensor(name, self.shape, self.role, self.bound, self.default)

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
        return apply(lambda a, b: a + b, self, other)

    def __radd__(self, other: Value) -> Any:
        return apply(lambda a, b: b + a, self, other)

    def __sub__(self, other: Value) -> Any:
        return apply(lambda a, b: a - b, self, other)

    def __rsub__(self, other: Value) -> Any:
        return apply(lambda a, b: b - a, self, other)

    def __mul__(self, other: Value) -> Any:
        return apply(lambda a, b: a * b, self, other)

    def __rmul__(self, other: Value) -> Any:
        return apply(lambda a, b: b * a, self, other)

    def __truediv__(self, other: Value) -> Any:
        return apply(lambda a, b: a / b, self, other)

    def __rtruediv__(self, other: Value) -> Any:
        return apply(lambda a, b: b / a, self, other)

    def __floordiv__(self, other: Value) -> Any:
        return apply(lambda a, b: a // b, self, other)

    def __rfloordiv__(self, other: Value) -> Any:
        return apply(lambda a, b: b // a, self, other)

    def __mod__(self, other: Value) -> Any:
        return apply(lambda a, b: a % b, self, other)

    def __rmod__(self, other: Value) -> Any:
        return apply(lambda a, b: b % a, self, other)

    def __pow__(self, other: Value) -> Any:
        return apply(lambda a, b: a**b, self, other)

    def __rpow__(self, other: Value) -> Any:
        return apply(lambda a, b: b**a, self, other)

    def __neg__(self) -> Any:
        return apply(lambda a: -a, self)


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


def valid_name(name: str) -> str:
    """Return a name in its one spelling (NFKC), or raise where it can't be one."""
    if not isinstance(name, str) or not name.isidentifier() or len(name) > MAX_NAME:
        raise LanguageError(
            f"{name!r} is no name",
            remedy=f"A name is letters, digits and _, no digit first, at most {MAX_NAME} long.",
        )
    name = unicodedata.normalize("NFKC", name)
    if name in RESERVED | RESERVED_HERE:
        raise LanguageError(f"{name} is a reserved word", remedy="Choose another name.")
    return name


RESERVED_HERE: set[str] = set()
"""The activations, which `functions` enters: a name of one is an argument in the text form."""


def extents(name: str, shape: Iterable[Any]) -> Shape:
    """Return a shape: whole numbers, names of sizes, or formulas of those."""
    return tuple(extent(name, n) for n in shape)


def extent(name: str, given: Any) -> Expr:
    """Return one size; raise where it is no whole number from 1 to 10**9 and no name."""
    if isinstance(given, str):
        return size(valid_name(given))
    n = sympy.sympify(given) if isinstance(given, int | Expr) else None
    whole = isinstance(n, Integer) and 1 <= n <= MAX_EXTENT
    if whole or (isinstance(n, Expr) and n.free_symbols and n.is_integer and not n.has(Access)):
        return n
    raise ShapeError(
        f"{name} can't have an axis of size {given}",
        remedy="A size is a whole number from 1 to 10**9, or a name such as N.",
    )


def input(name: str, *shape: Any, classes: int | None = None) -> Handle:
    """Return an input; with `classes`, of integers 0 .. classes-1.

    >>> input("x", "N", 64)
    input x[N,64]
    """
    return _given("input", name, shape, classes)


def target(name: str, *shape: Any) -> Handle:
    """Return what the loss compares with: y (N, ...)."""
    return _given("target", name, shape)


def label(name: str, *shape: Any, classes: int) -> Handle:
    """Return class labels 0 .. classes-1, given as integers.

    >>> label("t", "N", classes=10)
    label t[N] in 10
    """
    return _given("label", name, shape, classes)


def param(name: str, *shape: Any, init: Initial | Callable[[], Initial] | None = None) -> Handle:
    """Return a parameter, trained; see `initializers` for how it begins."""
    return parameter(Naming(name, valid_name(name)), extents(name, shape), init)


def parameter(
    naming: Naming, shape: Shape, init: Initial | Callable[[], Initial] | None = None
) -> Handle:
    """Return a parameter of a layer, named by the layer."""
    begin = initial(init, naming.hint(), len(shape))
    return Handle("param", shape, naming, initial=begin)


def hyper(name: str, default: float | Expr) -> Handle:
    """Return a hyper-parameter: a number that stays a symbol up to the generated function."""
    value = exact(default)
    if not (isinstance(value, Expr) and value.is_number and value.is_real):
        raise LanguageError(
            f"the default of {name} is no number", remedy=f"Write: hyper {name} = 0.1"
        )
    return Handle("hyper", (), Naming(name, valid_name(name)), default=value)


def _given(role: Role, name: str, shape: Iterable[Any], classes: Any = None) -> Handle:
    bound = None if classes is None else extent(name, classes)
    return Handle(role, extents(name, shape), Naming(name, valid_name(name)), bound=bound)


def indices(names: str) -> tuple[Symbol, ...]:
    """Return the indices of these names.

    >>> indices("n i j")
    (n, i, j)
    """
    return tuple(index(valid_name(n)) for n in re.split(r"[,\s]+", names.strip()))


def exact(value: Value) -> Any:
    """Return an expression whose decimals are exact: 0.1 is one tenth.

    Raises:
        LanguageError: it is no number and no formula.
    """
    if isinstance(value, Handle):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | sympy.Basic):
        raise LanguageError(
            f"{value!r} is no formula",
            remedy="Use tensors, indices, numbers and the functions of symbp or SymPy.",
        )
    expression = sympy.sympify(value)
    decimals = sorted(expression.atoms(Float), key=float)
    return canonical(expression.xreplace({f: Rational(repr(float(f))) for f in decimals}))


def _reduction(op: str, over: Symbol | tuple[Symbol, ...], body: Value) -> Expr:
    bound = over if isinstance(over, tuple) else (over,)
    if not all(isinstance(i, Symbol) for i in bound):
        raise LanguageError(f"{op} binds plain indices, not {over}", remedy="bp.sum((n, k), ...)")
    return Reduction(op, scalar(body), *bound)


def sum(over: Symbol | tuple[Symbol, ...], body: Value) -> Expr:
    """Return the sum of a formula over one index or several."""
    return _reduction("sum", over, body)


def mean(over: Symbol | tuple[Symbol, ...], body: Value) -> Expr:
    """Return the sum over the indices, divided by their sizes."""
    return _reduction("mean", over, body)


def max(over: Symbol | tuple[Symbol, ...], body: Value) -> Expr:
    """Return the greatest value over the indices; where several tie, the first has the slope."""
    return _reduction("max", over, body)


def min(over: Symbol | tuple[Symbol, ...], body: Value) -> Expr:
    """Return the least value over the indices; where several tie, the first has the slope."""
    return _reduction("min", over, body)


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


def define(
    over: Iterable[Any] | Symbol,
    expression: Value,
    name: str | None = None,
    *,
    op: Operation = "sum",
) -> Handle:
    """Return the tensor that an equation defines: name[over] = expression.

    >>> x = input("x", "N", 4)
    >>> n, i = indices("n i")
    >>> define((n,), mean(i, x[n, i]), name="m")
    value m[N]

    Raises:
        ShapeError, OrderError: indices, ranges or ranks do not fit.
    """
    places = (over,) if isinstance(over, Expr) else tuple(over)
    naming = Naming("value", None if name is None else valid_name(name))
    return defined(naming, Rule(tuple(map(sympy.sympify, places)), scalar(expression), op))


def accumulate(
    handle: Handle, over: Iterable[Any], expression: Value, *, op: Operation = "sum"
) -> Handle:
    """Add one more equation to a tensor: handle[over] += expression, or max=, min=."""
    extend(handle, Rule(tuple(map(sympy.sympify, over)), scalar(expression), op, None))
    return handle


def defined(naming: Naming, rule: Rule) -> Handle:
    """Return a new tensor whose shape is read off its first equation."""
    shape = _checked(rule, naming.hint()).shape
    return Handle("value", shape, naming, [rule])


def extend(handle: Handle, rule: Rule) -> None:
    """Give a tensor one more equation.

    Raises:
        LanguageError: the tensor is given.
    """
    name = handle.naming.hint()
    if handle.role != "value":
        raise LanguageError(
            f"{name} is given ({handle.role}) and can't be computed",
            remedy="Give the result a name of its own.",
        )
    _checked(rule, name, handle)
    handle.rules.append(rule)


def _checked(rule: Rule, name: str, known: Handle | None = None) -> Tensor:
    """Return the target of a rule, after its equations were built on trial."""
    if not isinstance(rule.body, Expr):
        raise LanguageError(
            f"{rule.body} is a condition, not a number",
            source=rule.source, remedy="Write where(condition, 1, 0).",
        )  # fmt: skip
    names: dict[Handle, str] = {known: name} if known else {}
    for handle in rule.references():
        names.setdefault(handle, fresh(handle.naming.hint(), {*names.values(), name}))
    table = {n: h.tensor(n) for h, n in names.items()}
    try:
        lower(rule.statement(name, names, known is None or not known.rules), table)
    except SymbpError as error:
        raise error.at(rule.place(error.culprit, names)) from None
    return table[name]
