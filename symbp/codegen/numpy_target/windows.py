"""Windows: equations in which several indices share an axis, x[n, p + u].

Read, a window is a view. Written, its places overlap: then a Python loop runs through the offsets
of the window, and each pass works on all places at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import sympy
from sympy import Expr, Integer, Mul, Symbol

from symbp.codegen.numpy_target.expressions import Lowering
from symbp.codegen.numpy_target.views import Axes, Axis, View, guess, view
from symbp.ir.functions import Where, maximum, minimum
from symbp.ir.program import Access, Equation, Program, Tensor, fresh, index

MAX_OFFSETS = 4096
"""The longest loop over offsets; a larger window is scattered by index arrays."""
FEW = 16
"""So many steps of a loop cost less than rows of two or three elements."""


def offsets(equation: Equation, lower: Lowering) -> Axes:
    """Return the indices that a Python loop runs through, or none.

    A loop has to be where windows overlap in the target. It is also better where only some of
    the operands have a window's index, and the window is small or lies along the last axis:
    what is left for NumPy would be rows of two or three elements.
    """
    uses = [*equation.reads(), equation.target]
    views = [v for v in map(lower.affine, uses) if v is not None]
    target = lower.affine(equation.target)
    shared = {i for i in equation.extent if all(a.has(i) for a in uses if a.indices)}
    found: set[Symbol] = set()
    inside = {i for v in views for i in _inside(v.axes)} - shared
    count = Mul(*(equation.extent[i] for i in inside))
    if (count.is_Integer and count <= FEW) or any(
        set(_inner(v.axes[-1])) - shared for v in views if v.axes
    ):
        found.update(inside)
    if target is not None and target.windows:
        found.update(_inside(target.axes))
    sizes = Mul(*(equation.extent[i] for i in found))
    if not sizes.is_Integer or sizes > MAX_OFFSETS:
        return ()
    return tuple(i for i, _ in equation.ranges if i in found)


def _inside(axes: Iterable[Axis]) -> list[Symbol]:
    return [i for axis in axes for i in _inner(axis)]


def _inner(axis: Axis) -> Axes:
    """Return the indices of an axis but the one that runs farthest."""
    if len(axis.steps) < 2:
        return ()
    farthest = max(axis.indices, key=lambda i: guess(axis.runs[i]))
    return tuple(i for i in axis.indices if i != farthest)


def first_two(equation: Equation, loops: Axes) -> Equation | None:
    """Return the first two steps of a loop that adds up a window, or seeks its greatest, as one.

    They set the target, so that nothing has to be in it before. None where there is more than
    one loop, or where the body is not what is read.
    """
    body, i = equation.body, loops[0]
    if equation.reduced != loops or len(loops) > 1 or not isinstance(body, Access):
        return None
    if equation.extent[i] < 2:
        return None
    a, b = (body.xreplace({i: Integer(k)}) for k in (0, 1))
    both = {"sum": sympy.Add, "max": maximum, "min": minimum}[equation.op](a, b)
    ranges = tuple(r for r in equation.ranges if r[0] != i)
    return replace(equation, op="sum", body=both, ranges=ranges)


def separated(program: Program, declare: Callable[[str], object]) -> Program:
    """Return the program with every sum that goes into overlapping places summed first.

        dx[n,c,p+u] = sum[o](dy[n,o,p] K[o,c,u])
    =>  t[n,c,u,p] = sum[o](dy[n,o,p] K[o,c,u]);  dx[n,c,p+u] = t[n,c,u,p]

    Windows along several axes are reduced along one after the other (`_along_axes`).
    """
    tensors, equations = program.table(), []
    alone = {n for n, group in program.writers().items() if len(group) == 1}
    for equation in program.equations:
        if equation.target.name in alone and equation.scan is None:
            *before, equation = _along_axes(equation, tensors, declare)
            equations += before
        shape = tensors[equation.target.name].shape
        target = view(equation.target, "", shape, equation.extent)
        if target is None or not target.windows or not _is_sum(equation):
            equations.append(equation)
            continue
        name = fresh(f"{equation.target.name}_terms", tensors)
        declare(name)
        loops = _matrix_order(target.order, target, equation)
        terms = Access(name, *loops)
        extents = equation.extent
        tensors[name] = Tensor(name, tuple(extents[i] for i in loops))
        rest = tuple((i, extents[i]) for i in (*loops, *equation.reduced))
        equations.append(replace(equation, target=terms, ranges=rest))
        equations.append(replace(equation, body=terms, ranges=rest[: len(loops)]))
    return program.but(tensors=tuple(tensors.values()), equations=tuple(equations))


def _is_sum(equation: Equation) -> bool:
    return equation.op == "sum" and bool(equation.reduced) and not isinstance(equation.body, Where)


def _along_axes(
    equation: Equation, tensors: dict[str, Tensor], declare: Callable[[str], object]
) -> list[Equation]:
    """Return a reduction of windows as several, each along one axis: there is less to read.

        m[c,p,q] = max[u,v](h[c,2p+u,2q+v])
    =>  rows[c,p,j] = max[u](h[c,2p+u,j]);  m[c,p,q] = max[v](rows[c,p,2q+v])
    """
    body, loops, reduced = equation.body, equation.extent, equation.reduced
    if not isinstance(body, Access) or not equation.plain or len(reduced) < 2:
        return [equation]
    seen = view(body, "", tensors[body.name].shape, loops)
    if seen is None or tensors[body.name].bound or not all(map(_one_of({*reduced}), seen.axes)):
        return [equation]
    found, name = [], equation.target.name
    for u in reduced[:-1]:
        place = next(k for k, axis in enumerate(seen.axes) if u in axis.indices)
        read, write, ranges = _rows(body, place, u, tensors, loops)
        rows = fresh(f"{name}_rows", tensors)
        declare(rows)
        tensors[rows] = Tensor(rows, tuple(n for _, n in ranges))
        found.append(Equation(Access(rows, *write), equation.op, read, (*ranges, (u, loops[u])),
                              equation.source, equation.primal))  # fmt: skip
        indices = list(body.indices)
        (indices[place],) = (i for i in seen.axes[place].indices if i != u)
        body = Access(rows, *indices)
    left = tuple(r for r in equation.ranges if r[0] not in reduced[:-1])
    return [*found, replace(equation, body=body, ranges=left)]


def _one_of(reduced: set[Symbol]) -> Callable[[Axis], bool]:
    """Return a test of axes: one of the reduced indices is added to another, or there is none."""
    return lambda axis: len({*axis.indices} & reduced) == len(axis.steps) - 1 < 2


def _rows(
    body: Access, place: int, u: Symbol, tensors: dict[str, Tensor], loops: dict[Symbol, Expr]
) -> tuple[Access, tuple[Symbol, ...], tuple[tuple[Symbol, Expr], ...]]:
    """Return what is read of whole axes but for one, where it goes, and the loops over that."""
    read, ranges = list(body.indices), []
    for k, (g, n) in enumerate(zip(body.indices, tensors[body.name].shape, strict=True)):
        if k == place:
            (i,) = (i for i in loops if g.has(i) and i != u)
            ranges.append((i, loops[i]))
        else:
            i = index(fresh(f"i{k}", {str(j) for j in loops}))
            read[k] = i
            ranges.append((i, n))
    return Access(body.name, *read), tuple(i for i, _ in ranges), tuple(ranges)


def _matrix_order(order: Axes, target: View, equation: Equation) -> Axes:
    """Return the indices of a target with those together that only the kernel has.

    The kernel is the factor with the offsets in the windows.
    """
    factors = [f for f in Mul.make_args(equation.body) if isinstance(f, Access)]
    offsets = _inside(target.axes)
    samples = {i for f in factors if not f.has(*offsets) for i in f.free_symbols}
    begin = min(k for k, i in enumerate(order) if i not in samples)
    plain = [i for i in order[:begin] if i in equation.target.indices]
    return (*plain, *(i for i in order if i not in samples),
            *(i for i in order if i in samples and i not in plain))  # fmt: skip
