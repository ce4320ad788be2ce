"""What a network is written with: tensor handles, index notation, equations of one's own.

>>> x, W = input("x", "N", 4), param("W", 4, 2)
>>> n, i, j = indices("n i j")
>>> z = define((n, j), sum(i, x[n, i] * W[i, j]), name="z")
>>> z
value z[N,2]

A network is what can be reached from its loss and its outputs (see `handles.py`). Equations
are checked when they are written, so that an error names the line of the mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr, Integer, Symbol

from symbp.errors import LanguageError, ShapeError, SymbpError
from symbp.ir.program import Access, Operation, Role, Tensor, fresh, index, size
from symbp.ir.syntax import Reduction
from symbp.lang import modes
from symbp.lang.handles import (
    Handle,
    Naming,
    Rule,
    Shape,
    Steps,
    Value,
    apply,
    axes,
    exact,
    plain,
    scalar,
)
from symbp.lang.initializers import Initial, initial
from symbp.lang.lowering import lower
from symbp.lang.naming import valid_name

MAX_EXTENT = 10**9


def extents(name: str, shape: Iterable[Any]) -> Shape:
    """Return a shape: whole numbers, names of sizes, or formulas of those."""
    return tuple(extent(name, n) for n in shape)


def extent(name: str, given: Any) -> Expr:
    """Return one size; raise where it is no whole number from 1 to 10**9 and no name."""
    if isinstance(given, str):
        return size(valid_name(given))
    n = plain(given)
    whole = isinstance(n, Integer) and 1 <= n <= MAX_EXTENT
    if whole or (isinstance(n, Expr) and n.free_symbols and n.is_integer and not n.has(Access)):
        return n
    raise ShapeError(
        f"{name} can't have an axis of size {given}",
        remedy="A size is a whole number from 1 to 10**9, or a name such as N.",
    )


def input(name: str, *shape: Any, classes: int | None = None, sums_to_one: bool = False) -> Handle:
    """Return an input; with `classes`, of integers 0 .. classes-1; see `target`.

    >>> input("x", "N", 64)
    input x[N,64]
    """
    return normed(_given("input", name, shape, classes), sums_to_one)


def target(name: str, *shape: Any, sums_to_one: bool = False) -> Handle:
    """Return what the loss compares with: y (N, ...).

    Where its elements along the last axis add up to one, as those of a distribution, say so: the
    code relies on it, so that softmax with cross-entropy has the gradient (p - y) / N.

    >>> target("y", "N", 10, sums_to_one=True)
    target y[N,10]

    Raises:
        LanguageError: it has no axis, or holds integers.
    """
    return normed(_given("target", name, shape), sums_to_one)


def normed(handle: Handle, one: bool) -> Handle:
    """Return a tensor whose elements along the last axis add up to one, if so."""
    if one and (not handle.rank or handle.bound is not None):
        raise LanguageError(
            f"{handle!r} has no axis of real numbers that could sum to one",
            remedy="Write: target y[N, 10] sums to one",
        )
    return replace(handle, sums_to_one=one) if one else handle


def label(name: str, *shape: Any, classes: int) -> Handle:
    """Return class labels 0 .. classes-1, given as integers.

    >>> label("t", "N", classes=10)
    label t[N] in 10
    """
    return _given("label", name, shape, classes)


def noise(name: str, *shape: Any, law: str = "uniform") -> Handle:
    """Return random numbers that every training step draws anew: uniform in 0..1, or normal.

    Normal ones, of mean 0 and variance 1, are made of two uniform ones each (Box and Muller 1958).

    >>> noise("u", "N", 16), noise("z", "N", 16, law="normal")
    (noise u[N,16], value z[N,16])

    Raises:
        LanguageError: the law is neither.
    """
    return noisy(Naming(name, valid_name(name)), extents(name, shape), law)


def noisy(naming: Naming, shape: Shape, law: str = "uniform") -> Handle:
    """Return random numbers of a layer, named by the layer."""
    if law == "uniform":
        return Handle("noise", shape, naming)
    if law != "normal":
        raise LanguageError(f"there is no noise {law}", remedy="Known are uniform and normal.")
    u = Handle("noise", (Integer(2), *shape), naming.part("u"))
    loops = axes(len(shape))
    radius = sympy.sqrt(-2 * sympy.log(1 - u[0, *loops]))
    return Handle(
        "value", shape, naming, [Rule(loops, radius * sympy.cos(2 * sympy.pi * u[1, *loops]))]
    )


def param(
    name: str, *shape: Any, init: Initial | Callable[[], Initial] | None = None,
    frozen: bool = False,
) -> Handle:  # fmt: skip
    """Return a parameter; see `initializers` for how it begins.

    A frozen one keeps its value: the loss is not differentiated by it.

    >>> param("W", 4, 2, frozen=True)
    param W[4,2]
    """
    return parameter(Naming(name, valid_name(name)), extents(name, shape), init, frozen)


def parameter(
    naming: Naming, shape: Shape, init: Initial | Callable[[], Initial] | None = None,
    frozen: bool = False,
) -> Handle:  # fmt: skip
    """Return a parameter of a layer, named by the layer."""
    for n in shape:
        if n.free_symbols:
            raise ShapeError(
                f"the size of a parameter is a whole number, and {naming.hint()} has an axis of"
                f" size {n}",
                remedy="Write the number: param W[64, 10]",
            )
    begin = initial(init, naming.hint(), len(shape))
    return Handle("param", shape, naming, initial=begin, frozen=frozen)


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


def define(
    over: Iterable[Any] | Symbol,
    expression: Value,
    name: str | None = None,
    *,
    op: Operation = "sum",
    scan: Steps | None = None,
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
    indices = tuple(map(sympy.sympify, places))
    return defined(naming, Rule(indices, scalar(expression), op, steps=scan))


def accumulate(
    handle: Handle, over: Iterable[Any], expression: Value, *, op: Operation = "sum",
    scan: Steps | None = None,
) -> Handle:  # fmt: skip
    """Add one more equation to a tensor: handle[over] += expression, or max=, min=."""
    indices = tuple(map(sympy.sympify, over))
    extend(handle, Rule(indices, scalar(expression), op, None, steps=scan))
    return handle


def training(a: Value, b: Value) -> Any:
    """Return a where the loss and its gradients are computed, and b in a prediction.

    >>> x, u = input("x", "N", 4), param("u", frozen=True)
    >>> training(x * u, x)
    value training[N,4]
    """
    return apply(modes.training, a, b, word="training")


def update(parameter: Handle, new: Value) -> None:
    """Let every training step give a frozen parameter a new value: a running mean, say.

    >>> x, m = input("x", "N", 4), param("m", 4, frozen=True)
    >>> n, j = indices("n j")
    >>> update(m, define((j,), 0.9 * m[j] + 0.1 * mean(n, x[n, j])))

    The formula sees what a step begins with; `predict` sees what the last step has left. No
    gradient goes through it.

    Raises:
        LanguageError: it is no frozen parameter, or is updated already.
        ShapeError: the new value has another shape.
    """
    if isinstance(new, Handle) and new.inline:
        return renew(parameter, new.rules[0])
    loops = axes(new.rank) if isinstance(new, Handle) else ()
    return renew(parameter, Rule(loops, new[loops] if isinstance(new, Handle) else exact(new)))


def renew(parameter: Handle, rule: Rule) -> None:
    """Give a frozen parameter the rule of its next value."""
    name = parameter.naming.hint()
    if parameter.role != "param" or not parameter.frozen:
        raise LanguageError(
            f"{parameter!r} is no frozen parameter, and only those are updated by a formula",
            remedy=f"Declare it so: param {name} ~ zeros frozen, or bp.param(..., frozen=True)",
        )
    if parameter.renewed:
        raise LanguageError(f"{name} is updated twice", remedy="Keep one of the updates.")
    own = zip(rule.indices, parameter.shape, strict=False)
    told = {i: n for i, n in own if isinstance(i, Symbol) and i not in rule.body.free_symbols}
    new = defined(parameter.naming.part("next"), replace(rule, given={**told, **rule.given}))
    if new.shape != parameter.shape:
        raise ShapeError(
            f"{parameter!r} can't become {new!r}",
            remedy="Write an update for every element, and for no other: update m[c] = ...",
        )
    parameter.renewed.append(replace(new, inline=True))


def value(name: str, *shape: Any) -> Handle:
    """Return a tensor whose equations follow: what a recurrence carries from step to step.

    >>> value("h", size("T") + 1, "N", 8)
    value h[T + 1,N,8]
    """
    return Handle("value", extents(name, shape), Naming(name, valid_name(name)))


def scan(t: Symbol, count: int | str | Expr, *, reverse: bool = False) -> Steps:
    """Return the order of a recurrence: equations that are run for each t in turn, together.

    What is carried is a tensor with one element more along t; those that no equation writes are 0.

    >>> x, h = input("x", "T"), value("h", size("T") + 1)
    >>> (t,) = indices("t")
    >>> steps = scan(t, "T")
    >>> accumulate(h, (t + 1,), h[t] / 2 + x[t], scan=steps)
    value h[T + 1]
    """
    return Steps(t, extent(str(t), count), reverse)


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
