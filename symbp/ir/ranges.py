"""What an index runs over, and whether an access stays inside its tensor.

A plain index has the size of the axis that it stands in. An index that only occurs inside an
affine access, as p in x[p+u], runs as far as the access stays inside.

>>> i = index("i")
>>> bounds(2 * i + 1, {i: Integer(4)}, {})
(1, 7)
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

import sympy
from sympy import Expr, Integer, Mod, Symbol, floor
from sympy.logic.boolalg import And, Boolean, Not, Or

from symbp.errors import ShapeError
from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Tensor, accesses, index

Extents = Mapping[Symbol, Expr]
Tensors = Mapping[str, Tensor]
Occurrence = tuple[Access, tuple[Boolean, ...]]
"""An access with the conditions under which it is read."""
Facts = tuple[Expr, ...]

__all__ = ["bounds", "check_inside", "index", "infer", "occurrences", "told"]


def bounds(g: Expr, extents: Extents, tensors: Tensors) -> tuple[Expr, Expr] | None:
    """Return the least and the greatest value of an integer expression over the box, or None."""
    if g in extents:
        return Integer(0), extents[g] - 1
    if isinstance(g, Access):
        bound = tensors[g.name].bound
        return None if bound is None else (Integer(0), bound - 1)
    if g.is_Add:
        parts = [bounds(a, extents, tensors) for a in g.args]
        if any(p is None for p in parts):
            return None
        return sympy.Add(*(p[0] for p in parts if p)), sympy.Add(*(p[1] for p in parts if p))
    if g.is_Mul:
        return _bounds_of_product(g, extents, tensors)
    if isinstance(g, floor):
        inner = bounds(g.args[0], extents, tensors)
        return inner and (floor(inner[0]), floor(inner[1]))
    if isinstance(g, Mod):
        return (Integer(0), g.args[1] - 1) if g.args[1].is_positive else None
    return None if g.free_symbols & set(extents) or accesses(g) else (g, g)


def _bounds_of_product(g: Expr, extents: Extents, tensors: Tensors) -> tuple[Expr, Expr] | None:
    constant = sympy.Mul(
        *(a for a in g.args if not a.free_symbols & set(extents) and not accesses(a))
    )
    inner = bounds(g / constant, extents, tensors) if constant != 1 else None
    if inner is None or constant.is_nonnegative is None:
        return None
    low, high = (sympy.expand(constant * b) for b in inner)
    return (low, high) if constant.is_nonnegative else (high, low)


def occurrences(expression: Expr) -> tuple[Occurrence, ...]:
    """Return every access with the conditions on its path, outermost first."""
    found: dict[Occurrence, None] = {}

    def walk(node: Expr, path: tuple[Boolean, ...]) -> None:
        if isinstance(node, Access):
            found.setdefault((node, path))
        if isinstance(node, Where):
            condition, a, b = node.args
            walk(condition, path)
            walk(a, (*path, condition))
            walk(b, (*path, Not(condition)))
            return
        for argument in node.args:
            walk(argument, path)

    walk(expression, ())
    return tuple(found)


def infer(
    indices: Iterable[Symbol],
    uses: Iterable[Access],
    tensors: Tensors,
    given: Extents,
) -> dict[Symbol, Expr]:
    """Return the extent of each index, from the axes of the accesses; raise where none fits.

    Raises:
        ShapeError: two axes disagree, or nothing says how far an index runs.
    """
    extents = told(uses, tensors, given)
    for i in indices:
        if i not in extents:
            raise ShapeError(
                f"nothing says how far index {i} runs",
                remedy=f"Use {i} as an index of a tensor, or add: for {i} in SIZE",
            )
    return {i: extents[i] for i in indices}


def told(uses: Iterable[Access], tensors: Tensors, given: Extents) -> dict[Symbol, Expr]:
    """Return the extents that the accesses tell; raise where two axes disagree."""
    uses = tuple(uses)
    extents: dict[Symbol, Expr] = dict(given)
    first: dict[Symbol, Access] = {}
    for use in uses:
        for g, extent in zip(use.indices, tensors[use.name].shape, strict=True):
            if not g.is_Symbol or g in given:
                continue
            if extents.setdefault(g, extent) != extent:
                raise ShapeError(
                    f"index {g} ranges over {extents[g]} in {first[g]} but over {extent} in {use}",
                    remedy="Give the two axes the same size, or rename one of the indices.",
                    culprit=use,
                )
            first.setdefault(g, use)
    for use in uses:
        for g, extent in zip(use.indices, tensors[use.name].shape, strict=True):
            _infer_affine(g, extent, extents, tensors)
    return extents


def _infer_affine(g: Expr, extent: Expr, extents: dict[Symbol, Expr], tensors: Tensors) -> None:
    unknown = sorted((s for s in g.free_symbols if s.is_nonnegative and not s.is_positive), key=str)
    unknown = [s for s in unknown if s not in extents]
    if len(unknown) != 1 or (accesses(g) and g.is_Symbol):
        return
    i = unknown[0]
    stride = g.coeff(i)
    rest = bounds(g - stride * i, extents, tensors)
    if stride.is_positive and not (g - stride * i).has(i) and rest is not None:
        extents[i] = sympy.expand(floor((extent - 1 - rest[1]) / stride) + 1)


def check_inside(equation: Equation, tensors: Tensors) -> None:
    """Raise ShapeError where an access of the equation can leave its tensor unguarded."""
    guards = _guards(equation)
    reads = [
        occurrence for part in (equation.body, *equation.target.indices)
        for occurrence in occurrences(part)
    ]  # fmt: skip
    for access, path in [*reads, (equation.target, guards)]:
        cases = _facts(And(*path))
        for axis, (g, extent) in enumerate(
            zip(access.indices, tensors[access.name].shape, strict=True)
        ):
            low = _never_negative(g, equation.extent, tensors, cases)
            high = _never_negative(extent - 1 - g, equation.extent, tensors, cases)
            if not (low and high):
                raise _outside(access, axis, extent, low, bounds(g, equation.extent, tensors))


def _outside(
    access: Access, axis: int, extent: Expr, low: bool, reach: tuple[Expr, Expr] | None
) -> ShapeError:
    """Return the error of an access that can leave its tensor."""
    g = access.indices[axis]
    has = f"axis {axis} of {access.name} has {extent} elements, 0 to {extent - 1}"
    where = "before the first" if not low else "past the last"
    message = f"{has}, and {access} reads {where}"
    remedy = (
        "Narrow the index's range (for i in SIZE), or guard the access:"
        f" where({g} >= 0 and {g} < {extent}, ..., 0)"
    )
    if reach is None:
        message = f"{has}, and how far {g} reaches can't be told"
        remedy = "Write the index with +, -, // and % and whole numbers as factors: x[2*i + 1]"
    elif not g.free_symbols and not accesses(g):
        remedy = f"Write a number from 0 to {extent - 1}."
    return ShapeError(message, remedy=remedy, culprit=access)


def _guards(equation: Equation) -> tuple[Boolean, ...]:
    """The conditions under which the equation contributes: where(c, e, 0) adds nothing else."""
    body, found = equation.body, []
    while isinstance(body, Where) and body.args[2] == 0 and equation.op == "sum":
        found.append(body.args[0])
        body = body.args[1]
    return tuple(found)


def _facts(condition: Boolean) -> list[Facts]:
    """Return, for each case in which the condition holds, expressions that are >= 0 there."""
    if isinstance(condition, Or):
        return [case for c in condition.args for case in _facts(c)]
    if isinstance(condition, And):
        parts = itertools.product(*(_facts(c) for c in condition.args))
        return [tuple(itertools.chain(*part)) for part in parts]
    if not condition.is_Relational:
        return [()]
    a, b = condition.args
    kinds = {
        sympy.Ge: (a - b,), sympy.Gt: (a - b - 1,), sympy.Le: (b - a,), sympy.Lt: (b - a - 1,),
        sympy.Eq: (a - b, b - a),
    }  # fmt: skip
    return [kinds.get(condition.func, ())]


def _never_negative(g: Expr, extents: Extents, tensors: Tensors, cases: list[Facts]) -> bool:
    """Tell whether g is >= 0 over the box in every case."""

    def holds(fact: Expr) -> bool:
        low = bounds(sympy.expand(g - fact), extents, tensors)
        return low is not None and bool(sympy.expand(low[0]).is_nonnegative)

    return holds(Integer(0)) or all(any(map(holds, facts)) for facts in cases)
