"""Sums of products of which one factor is not 0 at one element of each window alone.

Behind a max pool, with (i, j) the place of a winner in its window (schedule/condense.py):

    dK[o,c,u,v] += dm[o,p,q,n] * x[c,2*p + i + u,2*q + j + v,n]
    dx[c,2*p + i + u,2*q + j + v,n] += dm[o,p,q,n] * K[o,c,u,v]

The samples n are a vector, and for each of them another element has won. To choose between two of
16 numbers each is one instruction: in the first, a choice of the row and one of the column take the
place of three of four products. In the second, each number that is added is one of four of the
kernel: a table has them side by side, and one instruction looks up 16.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sympy import Mul, Symbol

from symbp.codegen.c_target.expressions import Integers, Scope, place
from symbp.codegen.c_target.products import PANEL, without_trivial_loops
from symbp.codegen.c_target.tables import LANES, Tables, Team, linear
from symbp.ir.program import Access, Equation, Tensor
from symbp.schedule import Phase, Plan, phase
from symbp.schedule.condense import chosen, condense

WIDE = 5
"""So many columns of sums, and what they are chosen from, stay in registers."""


@dataclass(frozen=True, slots=True)
class Winners(Tables):
    """`target[...] += sum[...](left[k, p, q, n] * right[...])`.

    Of target and right, one has the indices [2 p + i + u, 2 q + j + v, n], and the other [k, u, v].
    """

    winner: Access
    taps: tuple[Symbol, Symbol]
    """u and v."""
    places: tuple[Symbol, Symbol, Symbol]
    """p, q and n."""
    depth: tuple[Symbol, ...]
    """k, where it is summed."""
    spreads: bool
    """Whether the target has the windows."""

    kind = "products of winners"
    sets = False

    @property
    def parted(self) -> bool:
        """Tell whether threads can share the outermost loop."""
        return self.apart(self.outer[:1]) and self.number(self.outer[:1]) > 1

    @property
    def size(self) -> tuple[int, int, int]:
        """Return how many u, v and k there are."""
        u, v = self.taps
        return self.number((u,)), self.number((v,)), self.number(self.depth)

    @property
    def panel(self) -> int:
        """How many numbers the table of what is spread takes, with room for a vector behind it."""
        rows, columns, depth = self.size
        return 4 * depth * (rows + 1) * (columns + 1) + LANES if self.spreads else 0

    def statements(self, scope: Scope, sets: bool = False, team: Team | None = None) -> list[str]:
        """Return the statements that add the sums to the target."""
        gathered, panel = self.parts(scope, team)
        words = [self.start(self.left, scope), self.start(self.winner, scope)]
        words += [Integers(scope)(self.equation.extent[i]) for i in self.places]
        words += self.steps(self.left, self.places[:2], scope)
        calls = self.spread(scope, panel) if self.spreads else self.added(scope)
        lines = [f"const windows of = {{{', '.join(words)}}};", *calls]
        return [*gathered, *self.around(scope, lines)]

    def added(self, scope: Scope) -> list[str]:
        """Return the calls that add what winners meet to the target, some columns each."""
        rows, columns, _ = self.size
        lines = []
        for begin in range(0, columns, WIDE):
            words = [str(rows), "of"]
            for access in (self.right, self.equation.target):
                words += self.located(access, scope, begin)
            wide = min(WIDE, columns - begin)
            lines.append(f"add_winners_{wide}({', '.join(words)});")
        return lines

    def spread(self, scope: Scope, panel: str) -> list[str]:
        """Return the calls that fill the table and spread its numbers, some columns each."""
        (rows, columns, depth), wide = self.size, WIDE + 1
        start, *steps = self.located(self.right, scope)
        (of_step,), (step,) = (
            self.steps(a, self.depth, scope) or ["0"] for a in (self.left, self.right)
        )
        words = [str(depth), str(rows), str(columns), start, step, *steps, panel]
        lines = [f"in_four_ways({', '.join(words)});"]
        row = 4 * (columns + 1)
        for begin in range(0, columns + 1, wide):
            words = [str(rows + 1), str(depth)]
            words += [f"{panel} + {4 * begin}" if begin else panel, str(row * (rows + 1)), str(row)]
            words += ["of", of_step, *self.located(self.equation.target, scope, begin)]
            lines.append(f"spread_winners_{min(wide, columns + 1 - begin)}({', '.join(words)});")
        return lines

    def located(self, access: Access, scope: Scope, begin: int = 0) -> list[str]:
        """Return where an operand begins, and how far its rows and columns are apart."""
        v = self.taps[1]
        start = self.start(access.xreplace({v: v + begin}) if begin else access, scope)
        return [start, *self.steps(access, self.taps, scope)]

    def steps(self, access: Access, walked: Iterable[Symbol], scope: Scope) -> list[str]:
        """Return how far an access moves with some indices."""
        where = place(access, self.table)
        return [Integers(scope)(where.coeff(i)) for i in walked]

    def why(self) -> str:
        """Say what the products are."""
        if self.spreads:
            return f"each is one of 4 numbers, looked up for all {self.places[2]} at once"
        return f"one of each 2 x 2 elements, chosen for all {self.places[2]} at once"


def winners(equation: Equation, table: Mapping[str, Tensor]) -> Winners | None:
    """Return an equation as products of winners, if it is one whose samples are innermost."""
    found = chosen(equation)
    if found is None:
        return None
    number, winner, value = found
    factors, extent = Mul.make_args(value), equation.extent
    real = all(isinstance(f, Access) and table[f.name].bound is None for f in factors)
    if len(factors) != 2 or not real:
        return None
    left, right = sorted(factors, key=lambda f: place(f, table) != place(winner, table))
    where, still, moving = (place(a, table) for a in (left, right, equation.target))
    if where != place(winner, table) or not all(
        linear(w, equation) for w in (where, still, moving)
    ):
        return None
    i, j = (only(k for k in extent if number.coeff(k) == s and extent[k] == 2) for s in (2, 1))
    if i is None or j is None or number != j + 2 * i:
        return None
    spreads = moving.has(i)
    still, moving = (still, moving) if spreads else (moving, still)
    steps = moving.coeff(i), moving.coeff(j)
    taps = [k for k in extent if still.has(k) and not where.has(k) and extent[k].is_Integer]
    kept = [k for k in extent if where.has(k) and not still.has(k)]
    u, v = (only(k for k in taps if moving.coeff(k) == s) for s in steps)
    p, q = (only(k for k in kept if moving.coeff(k) == 2 * s) for s in steps)
    n = only(k for k in kept if moving.coeff(k) == where.coeff(k) == 1)
    if not (u and v and p and q and n) or still.has(i, j):
        return None
    others = [k for k in extent if k not in (i, j, u, v, p, q, n)]
    summed = [k for k in others if spreads and not moving.has(k) and extent[k].is_Integer]
    outer = tuple(k for k in others if k not in summed[-1:])
    view = Winners(
        equation, table, left, right, outer, winner, (u, v), (p, q, n), tuple(summed[-1:]), spreads
    )  # fmt: skip
    return view if view.panel <= PANEL else None


def only(found: Iterable[Symbol]) -> Symbol | None:
    """Return the only one of some indices; None where there are several, or none."""
    first, *others = (*found, None)
    return first if len(others) == 1 else None


def takes(equation: Equation, table: Mapping[str, Tensor]) -> bool:
    """Tell whether an equation is products of winners."""
    return winners(without_trivial_loops(equation), table) is not None


def condensed(plan: Plan) -> Plan:
    """Return a plan whose gradients are sums over winners where that is less work."""

    def run(old: Phase) -> Phase:
        program = old.program.but(outputs=old.results)
        return phase(condense(program, takes), old.results)

    return replace(plan, backward=run(plan.backward), step=plan.step and run(plan.step))


__all__ = ["WIDE", "Winners", "condensed", "winners"]
