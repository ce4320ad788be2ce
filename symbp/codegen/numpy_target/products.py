"""Sums of products of two tensors as matrix products.

The indices of a product are free in one factor, free in the other, in both, or summed. Runs of
indices that lie together in memory become one axis of a matrix; what is left over is a batch.
Where a factor does not lie so that its rows and columns are runs, as the windows of a
convolution do not, it is copied into a buffer of which they are.

    y[n,o,p,q] += x[n,c,p+u,q+v] K[o,c,u,v]
    y[n] (o, p q) = K (o, c u v) @ windows[n] (c u v, p q)
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import sympy
from sympy import Expr, Mul

from symbp.codegen.numpy_target.expressions import Lowering
from symbp.codegen.numpy_target.views import Axes, Groups, Print, View, guess, packed
from symbp.ir.program import Access, Equation
from symbp.schedule import Arena, Slot


@dataclass(frozen=True, slots=True)
class Pair:
    """The factors of a sum of products, and a number."""

    a: Access
    b: Access
    constant: Expr


def pair(equation: Equation) -> Pair | None:
    """Return an equation as a sum of products of two tensors, or None where it is no such thing."""
    if equation.op != "sum" or not equation.reduced:
        return None
    loops = set(equation.extent)
    factors = [f for f in Mul.make_args(equation.body) if f.free_symbols & loops]
    constant = Mul(*(f for f in Mul.make_args(equation.body) if f not in factors))
    if len(factors) == 1 and factors[0].is_Pow and factors[0].exp == 2:
        factors = [factors[0].base] * 2
    if len(factors) != 2 or not all(isinstance(f, Access) for f in factors):
        return None
    return Pair(factors[0], factors[1], constant)


@dataclass(frozen=True, slots=True)
class Layout:
    """A product of matrices: out (lead, rows, columns) = a (lead, rows, inner) @ b.

    `lead` are axes of their own; those of `summed` come before them and are added up afterwards.
    """

    target: View
    a: View
    b: View
    lead: Axes
    summed: Axes
    rows: Axes
    columns: Axes
    inner: Axes
    constant: Expr = sympy.S.One

    def groups(self, factor: View) -> tuple[Groups, tuple[Axes, Axes]]:
        """Return the indices of a factor that lead, and its rows and columns."""
        own = tuple((i,) for i in (*self.summed, *self.lead) if i in factor.order)
        left = factor is self.a
        return own, (self.rows, self.inner) if left else (self.inner, self.columns)

    def needs_copy(self, factor: View) -> bool:
        own, matrix = self.groups(factor)
        return not factor.joins((*own, *filter(None, matrix)))

    def cost(self) -> int:
        """Return how many elements are copied or added up besides the product itself."""
        total = sum(_count(f.order, f) for f in (self.a, self.b) if self.needs_copy(f))
        if self.summed:
            total += _count((*self.summed, *self.target.order), self.a)
        return total


def plan(equation: Equation, lower: Lowering) -> Layout | None:
    """Return an equation as a product of matrices, or None where it is no such thing."""
    found = pair(equation)
    if found is None or lower.tensors[equation.target.name].bound is not None:
        return None
    a, b, target = map(lower.affine, (found.a, found.b, equation.target))
    if a is None or b is None or target is None or target.windows:
        return None
    extents = equation.extent
    a, b, target = (replace(v, extents=extents) for v in (a, b, target))
    plans = [one for x, y in ((a, b), (b, a)) for one in _layouts(x, y, target)]
    best = min(plans, key=lambda one: (one.cost(), len(one.summed)), default=None)
    return best and replace(best, constant=found.constant)


def _count(indices: Axes, factor: View) -> int:
    return guess(Mul(*(factor.extents[i] for i in indices)))


def _layouts(a: View, b: View, target: View) -> Iterator[Layout]:
    both = {i for i in a.order if i in b.order}
    free_a = tuple(i for i in target.order if i in a.order and i not in both)
    free_b = tuple(i for i in target.order if i in b.order and i not in both)
    batch = {i for i in target.order if i in both}
    if not free_b or (free_a and target.order.index(free_a[-1]) > target.order.index(free_b[-1])):
        return
    if {*a.order, *b.order} != {*target.order, *both}:
        return  # an index is summed that only one of the two has
    left_a, rows = _last_run(free_a, target)
    left_b, columns = _last_run(free_b, target)
    lead = tuple(i for i in target.order if i in {*batch, *left_a, *left_b})
    summed = [tuple(i for i in v.order if i in both - batch) for v in (a, b)]
    for order, count in itertools.product(dict.fromkeys(summed), (0, 1)):
        if count < max(1, len(order)):
            yield Layout(target, a, b, lead, order[:count], rows, columns, order[count:])


def _last_run(free: Axes, target: View) -> tuple[Axes, Axes]:
    """Return the free indices of a factor as those that lead, and the last run in memory."""
    for start in range(len(free)):
        run = free[start:]
        if len(run) == 1 or (target.whole and target.joins((run,))):
            return free[:start], run
    return (), ()


class Matrices:
    """Writes a product of matrices, copies and all."""

    def __init__(
        self, found: Layout, arena: Arena, scratch_name: Callable[[], str], show: Print
    ) -> None:
        self.found = found
        self.arena = arena
        self.scratch_name = scratch_name
        self.show = show
        self.lines: list[str] = []
        self.taken: list[Slot] = []

    def run(self, result: View) -> list[str]:
        """Return the statements that write the product into a whole view."""
        found = self.found
        order = (*found.lead, *found.rows, *found.columns)
        a, b = self.operand(found.a), self.operand(found.b)
        if found.summed:
            parts = self.buffer((*found.summed, *order), found.a)
            self.product(a, b, self.shown(parts, (*found.summed, *found.lead)))
            axis = ", ".join(map(str, range(len(found.summed))))
            self.lines.append(
                f"np.add.reduce({parts.name}, axis={axis}, out={result.single(order, self.show)})"
            )
        else:
            self.product(a, b, self.shown(result, found.lead))
        for slot in self.taken:
            self.arena.give(slot)
        return self.lines

    def product(self, a: str, b: str, out: str) -> None:
        simple = not (self.found.lead or self.found.summed) and not out.endswith((")", ".T"))
        # For plain matrices `dot` is matmul with half the overhead.
        self.lines.append(f"np.{'dot' if simple else 'matmul'}({a}, {b}, out={out})")

    def shown(self, result: View, lead: Axes) -> str:
        groups = (*((i,) for i in lead), *filter(None, (self.found.rows, self.found.columns)))
        text = result.text(groups, self.show)
        return text if self.found.rows else f"{text}[..., None, :]"

    def operand(self, factor: View) -> str:
        """Return a factor as matrices, copied into a buffer where it has to be."""
        own, matrix = self.found.groups(factor)
        if self.found.needs_copy(factor):
            first, second = matrix
            last = factor.fastest
            order = (*first, *second) if last in second else (*second, *first)
            stored = self.buffer((*(i for (i,) in own), *order), factor)
            source = factor.single(stored.order, self.show)
            self.lines.append(f"np.copyto({stored.name}, {source})")
            factor = stored
        text = factor.text((*own, *filter(None, matrix)), self.show)
        return self.aligned(text, own, matrix)

    def aligned(self, text: str, own: Groups, matrix: tuple[Axes, Axes]) -> str:
        """Return a factor with an axis of 1 for each index that leads and that it lacks."""
        lead = (*self.found.summed, *self.found.lead)
        marks = [":" if (i,) in own else "None" for i in lead]
        while marks and marks[0] == "None":
            marks.pop(0)
        ends = [":" if group else "None" for group in matrix]
        if "None" not in (*marks, *ends):
            return text
        return f"{text}[{', '.join((*marks, *ends))}]"

    def buffer(self, order: Axes, like: View) -> View:
        shape = tuple(like.extents[i] for i in order)
        slot = self.arena.take(shape, self.scratch_name)
        self.taken.append(slot)
        return packed(slot.label, order, like.extents)
