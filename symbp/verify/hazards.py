"""Where a program can leave its float type: overflow, division by zero, log of zero, cancellation.

Each tensor has one interval that holds all of its elements, from the ranges of what is given. What
an interval allows need not happen: numbers that move together are taken for independent, but for
two facts that softmax lives by: z - max(z) <= 0, and a sum of exp(z - max(z)) is at least 1. What
no interval allows does not happen.

>>> from symbp.ir.text import parse
>>> program = parse("param u\\np = exp(u)\\nloss = log(p)")
>>> for hazard in hazards(program, {"u": (-1000, 1000)}, "float64"): print(hazard)
overflow in p: exp(u), where the argument is -1e+03 .. 1e+03
log of zero in loss: log(p), where the argument is 0 .. 1.8e+308
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from sympy import Expr, Integer, Symbol
from sympy.logic.boolalg import BooleanAtom

from symbp.ir.program import Access, Equation, Program, accesses
from symbp.verify.intervals import ALL, FUNCTIONS, ONE, Interval, power

ROUNDS = 64
"""A recurrence is gone through so often, or until its intervals stay."""

DEFAULT = {"input": (-10.0, 10.0), "param": (-3.0, 3.0), "state": (-3.0, 3.0),
           "target": (0.0, 1.0), "noise": (-6.0, 6.0)}  # fmt: skip
"""The ranges of what nobody gives one."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """What can go wrong in one formula of one tensor."""

    kind: str
    tensor: str
    formula: str
    argument: str
    advice: str

    def __str__(self) -> str:
        return (
            f"{self.kind} in {self.tensor}: {self.formula}, where the argument is {self.argument}"
        )


ADVICE = {
    "overflow": "bound the argument, or stay in logarithms: log(exp(u)) is u, cross_entropy takes "
                "logits",
    "division by zero": "add a small number below: u / (v + 1e-12)",
    "log of zero": "take a loss of logits, or add a small number: log(u + 1e-12)",
    "root of zero": "its slope is infinite there: sqrt(u + 1e-12)",
    "no real value": "keep the argument in the function's domain with where or maximum",
    "cancellation": "write the difference in one function",
}  # fmt: skip

EXACT = {
    "1 - tanh^2": "1/cosh(u)^2", "1 - cos": "2 sin(u/2)^2", "exp - 1": "expm1(u)",
    "1 - sigmoid": "sigmoid(-u)", "1 - exp": "-expm1(u)",
}  # fmt: skip


def hazards(
    program: Program, ranges: Mapping[str, tuple[float, float]], dtype: str,
    sizes: Mapping[str, int] | None = None,
) -> list[Hazard]:  # fmt: skip
    """Return what can go wrong, in the order of the equations, each formula once.

    Args:
        ranges: tensors that are given -> the smallest and the largest element.
        sizes: the symbolic sizes, for sums over them; 32 where left out.
    """
    limits = np.finfo(dtype)
    run = _Bounds(program, float(limits.max), float(limits.smallest_subnormal), sizes or {})
    for tensor in program.given():
        run.known[tensor.name] = _given(tensor.name, tensor.role, tensor.bound, ranges, tensor)
    for block in program.blocks():
        for _ in range(ROUNDS if block[0].scan is not None else 1):
            before = [run.known.get(e.target.name) for e in block]
            for equation in block:
                run.equation(equation)
            if before == [run.known.get(e.target.name) for e in block]:
                break
    return list(run.found.values())


def _given(name: str, role: str, bound: Expr | None, ranges: Mapping[str, tuple[float, float]],
           tensor: object) -> Interval:  # fmt: skip
    if name in ranges:
        return Interval(*ranges[name])
    default = getattr(tensor, "default", None)
    if default is not None:
        return Interval(float(default), float(default))
    if bound is not None:
        return Interval(0.0, float(bound) - 1 if bound.is_number else math.inf)
    return Interval(*DEFAULT.get(role, (-math.inf, math.inf)))


@dataclass(slots=True)
class _Bounds:
    program: Program
    largest: float
    smallest: float
    sizes: Mapping[str, int]
    known: dict[str, Interval] = field(default_factory=dict)
    parts: dict[tuple[str, int], Interval] = field(default_factory=dict)
    found: dict[tuple[str, str, str], Hazard] = field(default_factory=dict)
    supposed: dict[Access, Interval] = field(default_factory=dict)
    """What the branch that is being looked at says of elements."""
    tainted: set[str] = field(default_factory=set)
    """Tensors that hold what no interval bounds, because of what was taken down."""
    at: Equation | None = None

    def equation(self, equation: Equation) -> None:
        """Bound one equation's values, and so its tensor's."""
        self.at = equation
        each = self.value(equation.body)
        name = equation.target.name
        if equation.op == "sum":
            count = float(self._meeting(equation))
            each = each * Interval(1.0 if each.low > 0 else count, count) if count > 1 else each
            if self._shifted(equation):
                each = Interval(max(each.low, 1.0), each.high)
            if not equation.plain:
                each = each.hull(Interval(0.0, 0.0))
        self.parts[name, id(equation)] = each
        mine = [v for (n, _), v in self.parts.items() if n == name]
        total = mine[0]
        for more in mine[1:]:
            together = equation.op == "sum" and equation.scan is None
            total = total + more if together else total.hull(more)
        self.known[name] = self._fits("overflow", equation.target, total, total)
        reads = {a.name for a in equation.reads()}
        if total.size > math.sqrt(self.largest) and not self.tainted.isdisjoint(reads):
            self.tainted.add(name)

    def _meeting(self, equation: Equation) -> int:
        """Return how many terms can meet at one element of the target, at most."""
        extent = {i: self._size(n) for i, n in equation.ranges}
        count = math.prod(extent[i] for i in equation.reduced)
        for g in equation.target.indices:
            loops = [extent[s] for s in g.free_symbols if s in extent]
            if len(loops) > 1 or g.has(Access):
                count *= math.prod(loops) // (1 if g.has(Access) else max(loops))
        return count

    def _size(self, n: Expr) -> int:
        values = {s: self.sizes.get(str(s), 32) for s in n.free_symbols}
        return int(n.xreplace(values))

    def value(self, e: Expr) -> Interval:
        """Return where an expression lies, and take down what can go wrong on the way."""
        if isinstance(e, Access):
            return self.supposed.get(e, self.known.get(e.name, Interval(0.0, 0.0)))
        if isinstance(e, Symbol):
            extent = self.at.extent if self.at else {}
            return (
                Interval(0.0, self._size(extent[e]) - 1) if e in extent else _point(self._size(e))
            )
        if e.is_number and not e.has(Access):
            return _point(float(e))
        name = e.func.__name__
        if name == "Where":
            return self._choice(e)
        if e.is_Add:
            return self._sum(e)
        if e.is_Pow:
            return self._power(e)
        parts = [self.value(a) for a in e.args]
        if e.is_Mul:
            result = ONE
            for part in parts:
                result = result * part
            return self._fits("overflow", e, result, result)
        if name not in FUNCTIONS:
            return ALL
        if name in ("log", "log1p") and parts[0].low + (name == "log1p") <= self.smallest:
            self._tell("log of zero", e, parts[0])
        if name in ("asin", "acos") and parts[0].size > 1:
            self._tell("no real value", e, parts[0])
        return self._fits("overflow", e, FUNCTIONS[name](*parts), parts[0])

    def _choice(self, e: Expr) -> Interval:
        """Take the hull of both branches; a condition on an access bounds it in its branch."""
        condition, a, b = e.args
        found = []
        for branch, holds in ((a, True), (b, False)):
            before = dict(self.supposed)
            self._suppose(condition, holds)
            found.append(self.value(branch))
            self.supposed = before
        return found[0].hull(found[1])

    def _suppose(self, condition: Expr, holds: bool) -> None:
        """Narrow the interval of an access that is compared with a number."""
        if isinstance(condition, BooleanAtom) or len(condition.args) != 2:
            return
        x, c = condition.args
        if not (isinstance(x, Access) and c.is_number):
            return
        above = condition.func.__name__ in ("StrictGreaterThan", "GreaterThan")
        if not above and condition.func.__name__ not in ("StrictLessThan", "LessThan"):
            return
        old, edge = self.value(x), float(c)
        strict = condition.func.__name__.startswith("Strict") == holds
        if above == holds:
            low = max(old.low, math.nextafter(edge, math.inf) if strict else edge)
            self.supposed[x] = Interval(low, max(old.high, low))
        else:
            high = min(old.high, math.nextafter(edge, -math.inf) if strict else edge)
            self.supposed[x] = Interval(min(old.low, high), high)

    def _sum(self, e: Expr) -> Interval:
        total = Interval(0.0, 0.0)
        for part in map(self.value, e.args):
            total = total + part
        if self._maximum_of(e) is not None:
            total = Interval(min(total.low, 0.0), 0.0)
        pattern = _cancelling(e)
        if pattern:
            self._tell("cancellation", e, total, f"write {EXACT[pattern]}")
        return self._fits("overflow", e, total, total)

    def _maximum_of(self, e: Expr) -> set[Symbol] | None:
        """Of z[n,j] - m[n] with m[n] = max[j](z[n,j]), return {j}; of all else, None."""
        if not e.is_Add or len(e.args) != 2:
            return None
        terms = dict(a.as_coeff_Mul() for a in e.args)
        z, m = terms.get(Integer(1)), terms.get(Integer(-1))
        if not (isinstance(z, Access) and isinstance(m, Access)):
            return None
        for w in self.program.writers().get(m.name, ()):
            whole = w.op == "max" and w.plain and isinstance(w.body, Access)
            if whole and w.body.name == z.name and all(g.is_Symbol for g in w.body.indices):
                where = dict(zip(w.body.indices, z.indices, strict=True))
                if all(where[g] == k for g, k in zip(w.target.indices, m.indices, strict=True)):
                    return set(z.free_symbols - m.free_symbols)
        return None

    def _shifted(self, equation: Equation) -> bool:
        """Tell whether it is a sum of exp(z - max(z)), one term of which is 1."""
        over = self._peaked(equation.body, "exp")
        return bool(over) and over is not None and over <= set(equation.reduced)

    def _peaked(self, e: Expr, kind: str) -> set[Symbol] | None:
        """Of exp(z - m), or of z - m when the kind is Add, return what the maximum is over.

        It may stand in a tensor of its own: the indices are then those with which that is read.
        """
        if isinstance(e, Access):
            for w in self.program.writers().get(e.name, ()):
                own = self._peaked(w.body, kind) if w.pointwise else None
                if own is not None and not isinstance(w.body, Access):
                    read = zip(w.target.indices, e.indices, strict=True)
                    return {s for g, k in read if g in own for s in k.free_symbols}
            return None
        if kind == "exp":
            return self._peaked(e.args[0], "Add") if e.func.__name__ == "exp" else None
        return self._maximum_of(e)

    def _power(self, e: Expr) -> Interval:
        base = self.value(e.base)
        if not e.exp.is_number:
            inner = self.value(e.exp)
            return self._fits("overflow", e, FUNCTIONS["exp"](inner * FUNCTIONS["log"](base)), base)
        exponent = float(e.exp)
        if exponent < 0 and base.low <= self.smallest and base.high >= -self.smallest:
            self._tell("division by zero", e, base)
        elif exponent % 1 and exponent < 1 and base.low <= 0:
            self._tell("root of zero", e, base)
        return self._fits("overflow", e, power(base, exponent), base)

    def _fits(self, kind: str, e: Expr, result: Interval, argument: Interval) -> Interval:
        """Take down an overflow by its first cause; what follows from one is none of its own."""
        assert self.at is not None
        if result.size > self.largest:
            name = self.at.target.name
            if self.tainted.isdisjoint(a.name for a in (*accesses(self.at.body), self.at.target)):
                self._tell(kind, e, argument)
            self.tainted.add(name)
        return Interval(max(result.low, -self.largest), min(result.high, self.largest))

    def _tell(self, kind: str, e: Expr, argument: Interval, advice: str = "") -> None:
        assert self.at is not None
        tensor = self.at.target.name
        if kind not in ("cancellation", "root of zero"):
            self.tainted.add(tensor)
        hazard = Hazard(kind, tensor, str(e), str(argument), advice or ADVICE[kind])
        self.found.setdefault((kind, tensor, str(e)), hazard)


def _point(x: float) -> Interval:
    return Interval(float(x), float(x))


def _cancelling(e: Expr) -> str | None:
    """Return which difference of nearly equal numbers a sum is, where there is a better form."""
    terms = [a.as_coeff_Mul() for a in e.args]
    ones = [c for c, t in terms if t == 1]
    if len(terms) != 2 or not ones or abs(ones[0]) != 1:
        return None
    ((c, t),) = [(c, t) for c, t in terms if t != 1]
    if c != -ones[0]:
        return None
    name = t.func.__name__
    if name == "Pow" and t.exp == 2 and t.base.func.__name__ == "tanh":
        return "1 - tanh^2"
    if name == "exp":
        return "exp - 1" if c == 1 else "1 - exp"
    return {"cos": "1 - cos", "sigmoid": "1 - sigmoid"}.get(name)
