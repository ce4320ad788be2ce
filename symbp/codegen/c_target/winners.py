"""Sums of products of which one factor is not 0 at one element of each window alone.

A kernel's gradient behind a max pool, `dK[o,c,u,v] += dm[o,p,q,n] * x[c,2*p + i + u,2*q + j + v,n]`
where (i, j) is the winner's place in its window (schedule/condense.py). The samples n are a vector;
for each of them another element of x has won, and to choose between two of 16 numbers each is one
instruction: a choice of the row and one of the column take the place of three of four products.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sympy import Mul, Symbol

from symbp.codegen.c_target.expressions import Integers, Scope, place
from symbp.codegen.c_target.products import without_trivial_loops
from symbp.codegen.c_target.tables import Tables, Team, linear
from symbp.ir.program import Access, Equation, Tensor
from symbp.schedule import Phase, Plan, phase
from symbp.schedule.condense import chosen, condense

WIDE = 5
"""So many columns of sums, and what they are chosen from, stay in registers."""


@dataclass(frozen=True, slots=True)
class Winners(Tables):
    """`target[u, v] += sum[p, q, n](left[p, q, n] * right[2 p + i + u, 2 q + j + v, n])`."""

    winner: Access
    taps: tuple[Symbol, Symbol]
    """u and v."""
    places: tuple[Symbol, Symbol, Symbol]
    """p, q and n."""

    kind = "products of winners"
    panel = 0
    sets = False

    @property
    def parted(self) -> bool:
        """Tell whether threads can share the outermost loop."""
        return self.apart(self.outer[:1]) and self.number(self.outer[:1]) > 1

    def statements(self, scope: Scope, sets: bool = False, team: Team | None = None) -> list[str]:
        """Return the statements that add the sums to the target."""
        integers, extent, target = Integers(scope), self.equation.extent, self.equation.target
        (u, v), (p, q, n) = self.taps, self.places
        steps = {a: place(a, self.table).coeff for a in (self.left, self.right, target)}
        sizes = (*(extent[i] for i in (p, q, n)), *(steps[self.left](i) for i in (p, q)))
        of = [self.start(a, scope) for a in (self.left, self.winner)]
        lines = [f"const windows of = {{{', '.join([*of, *map(integers, sizes)])}}};"]
        for begin in range(0, int(extent[v]), WIDE):
            words = [integers(extent[u]), str(min(WIDE, int(extent[v]) - begin)), "of"]
            for access in (self.right, target):
                words.append(self.start(access.xreplace({v: v + begin}), scope))
                words += [integers(steps[access](i)) for i in (u, v)]
            lines.append(f"add_winners({', '.join(words)});")
        return [*([team.gathered()] if team else []), *self.around(scope, lines)]

    def why(self) -> str:
        """Say what the products are."""
        return f"one of each 2 x 2 elements, chosen for all {self.places[2]} at once"


def winners(equation: Equation, table: Mapping[str, Tensor]) -> Winners | None:
    """Return an equation as products of winners, if it is one whose samples are innermost."""
    found = chosen(equation)
    if found is None:
        return None
    number, winner, value = found
    factors, extent = Mul.make_args(value), equation.extent
    if len(factors) != 2 or not all(isinstance(f, Access) for f in factors):
        return None
    left, right = sorted(factors, key=lambda f: place(f, table) != place(winner, table))
    target, l, x = (place(a, table) for a in (equation.target, left, right))
    if l != place(winner, table) or not all(linear(w, equation) for w in (target, l, x)):
        return None
    i, j = (only(k for k in extent if number.coeff(k) == s and extent[k] == 2) for s in (2, 1))
    if i is None or j is None or number != j + 2 * i:
        return None
    taps = [k for k in extent if target.has(k) and not l.has(k)]
    kept = [k for k in extent if l.has(k) and not target.has(k)]
    steps = x.coeff(i), x.coeff(j)
    u, v = (only(k for k in taps if x.coeff(k) == s) for s in steps)
    p, q = (only(k for k in kept if x.coeff(k) == 2 * s) for s in steps)
    n = only(k for k in kept if x.coeff(k) == l.coeff(k) == 1)
    if not (u and v and p and q and n and extent[u].is_Integer and extent[v].is_Integer):
        return None
    outer = tuple(k for k in extent if k not in (i, j, u, v, p, q, n))
    return Winners(equation, table, left, right, outer, winner, (u, v), (p, q, n))


def only(found: Iterable[Symbol]) -> Symbol | None:
    """Return the only one of some indices; None where there are several, or none."""
    first, *others = (*found, None)
    return first if len(others) == 1 else None


def takes(equation: Equation, table: Mapping[str, Tensor]) -> bool:
    return winners(without_trivial_loops(equation), table) is not None


def condensed(plan: Plan) -> Plan:
    """Return a plan whose gradients are sums over winners where that is less work."""

    def run(old: Phase) -> Phase:
        program = old.program.but(outputs=old.results)
        return phase(condense(program, takes), old.results)

    return replace(plan, backward=run(plan.backward), step=plan.step and run(plan.step))


__all__ = ["WIDE", "Winners", "condensed", "winners"]
