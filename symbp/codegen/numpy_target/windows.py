"""Windows: equations in which several indices share an axis, x[n, p + u].

Read, a window is a view. Written, its places overlap: then a Python loop runs through the offsets
of the window, and each pass works on all places at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sympy import Mul, Symbol

from symbp.codegen.numpy_target.expressions import Lowering
from symbp.codegen.numpy_target.views import Axes, Axis, guess, view
from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Program, Tensor, fresh

MAX_OFFSETS = 4096
"""The longest loop over offsets; a larger window is scattered by index arrays."""


def offsets(equation: Equation, lower: Lowering) -> Axes:
    """Return the indices that a Python loop runs through, or none.

    A loop has to be where windows overlap in the target. It is also better where a window
    lies along the last axis and only some of the operands have its index: what is left for
    NumPy would be rows of two or three elements.
    """
    uses = [*equation.reads(), equation.target]
    views = [v for v in map(lower.affine, uses) if v is not None]
    target = lower.affine(equation.target)
    shared = {i for i in equation.extent if all(a.has(i) for a in uses if a.indices)}
    found: set[Symbol] = set()
    if any(set(_inner(v.axes[-1])) - shared for v in views if v.axes):
        found.update(i for v in views for i in _inside(v.axes) if i not in shared)
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


def separated(program: Program, declare: Callable[[str], object]) -> Program:
    """Return the program with every sum that goes into overlapping places summed first.

        dx[n,c,p+u] = sum[o](dy[n,o,p] K[o,c,u])
    =>  t[n,c,u,p] = sum[o](dy[n,o,p] K[o,c,u]);  dx[n,c,p+u] = t[n,c,u,p]
    """
    tensors, equations = program.table(), []
    for equation in program.equations:
        shape = tensors[equation.target.name].shape
        target = view(equation.target, "", shape, equation.extent)
        if target is None or not target.windows or not _is_sum(equation):
            equations.append(equation)
            continue
        name = fresh(f"{equation.target.name}_terms", tensors)
        declare(name)
        loops = _matrix_order(target.order, equation)
        terms = Access(name, *loops)
        extents = equation.extent
        tensors[name] = Tensor(name, tuple(extents[i] for i in loops))
        rest = tuple((i, extents[i]) for i in (*loops, *equation.reduced))
        equations.append(replace(equation, target=terms, ranges=rest))
        equations.append(replace(equation, body=terms, ranges=rest[: len(loops)]))
    return program.but(tensors=tuple(tensors.values()), equations=tuple(equations))


def _is_sum(equation: Equation) -> bool:
    return equation.op == "sum" and bool(equation.reduced) and not isinstance(equation.body, Where)


def _matrix_order(order: Axes, equation: Equation) -> Axes:
    """Return the indices of a target with those together that only the kernel has.

    The kernel is the factor that does not depend on the first of them, which is the samples.
    """
    factors = [f for f in Mul.make_args(equation.body) if isinstance(f, Access)]
    samples = {i for f in factors if f.has(order[0]) for i in f.free_symbols}
    plain = [i for i in order if i in samples and i in equation.target.indices]
    return (*plain, *(i for i in order if i not in samples),
            *(i for i in order if i in samples and i not in plain))  # fmt: skip
