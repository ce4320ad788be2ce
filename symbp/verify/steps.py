"""Hold every step of a derivation against numbers: at random points, in 50 digits.

One memory holds the value of every tensor, first as the network's own equations give it.

    another form    the new equations, evaluated on the memory, give the value that is there
    chain rule      at a point of the loop, the adjoint's body is dy times the slope of the
                    equation's body, by a central difference in that one access
    which won       of the candidates, the first that is the largest gets all of dy
    all together    the directional derivative of the loss is that of all gradients together

So each step is judged by itself, and the one at fault is named. Of a large tensor some elements are
drawn. What is new in memory is only ever used by steps that are judged too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, product
from random import Random
from typing import Any

import numpy as np
from sympy import Expr, Integer, Symbol

from symbp.ir.interpret import high_precision, interpret, run_equation
from symbp.ir.program import Access, Equation, Program, Tensor
from symbp.ir.trace import Step
from symbp.verify.samples import numbers

DIGITS = 50
TOLERANCE = 1e-25
"""What two ways to a value may differ by, relative to the largest element."""
_STEP = "1e-15"
"""Of a central difference: its square is far below the tolerance, its noise too."""
_POINTS = 8
"""So many points of a loop are drawn for the chain rule."""
_LARGE = 4000
"""Of tensors that take more evaluations, some elements are drawn."""
_ELEMENTS = 6

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What numbers say to one step."""

    number: int
    """Its place in the derivation, from 1; 0 stands for all together."""
    step: Step | None
    error: float
    """Relative to the largest element."""

    @property
    def agrees(self) -> bool:
        return self.error <= TOLERANCE

    def __str__(self) -> str:
        if self.step is None:
            return f"the gradients all together: off by {self.error:.1e}"
        return (
            f"step {self.number}, {self.step.target} by {self.step.rule}: off by {self.error:.1e}"
        )


def verify_steps(
    program: Program, tensors: Iterable[Tensor], steps: Sequence[Step], loss: str,
    gradients: Mapping[str, str], seed: int = 0,
) -> list[Verdict]:  # fmt: skip
    """Return a verdict on each step, and one on all together.

    Args:
        program: the equations before the first step.
        tensors: all that the steps name.
        gradients: of each parameter, the tensor that holds its gradient in the end.
    """
    judge = _Judge(program, tensors, seed)
    found: list[Verdict] = []
    for derives, some in groupby(steps, lambda step: step.derives):
        run = list(some)
        errors = judge.derivatives(run) if derives else map(judge.error, run)
        found += [
            Verdict(k, s, e)
            for k, (s, e) in enumerate(zip(run, errors, strict=True), len(found) + 1)
        ]
    return [*found, Verdict(0, None, judge.whole(loss, gradients))]


class _Judge:
    """The memory, and the equations that each tensor has after the steps so far."""

    def __init__(self, program: Program, tensors: Iterable[Tensor], seed: int) -> None:
        self.random = Random(seed)
        self.program = program
        self.arithmetic = high_precision(DIGITS)
        self.given, self.sizes = numbers(program, seed)
        self.memory: dict[str, Array] = interpret(program, self.given, self.arithmetic, self.sizes)
        self.extents = {Symbol(k, integer=True, positive=True): n for k, n in self.sizes.items()}
        self.table = {t.name: t for t in tensors}
        self.writers = dict(program.writers())
        self.adjoints: dict[str, str] = {}

    def error(self, step: Step) -> float:
        """Put another form in the place of one; return how far it is from the same value."""
        old, new = Counter(step.before), Counter(step.after)
        for name in dict.fromkeys(e.target.name for e in (*step.before, *step.after)):
            group = Counter(self.writers.get(name, ()))
            mine = [e for e in old if e.target.name == name]
            if any(group[e] < old[e] for e in mine):
                return float("inf")  # it replaces what is not there
            group = group - old + Counter({e: n for e, n in new.items() if e.target.name == name})
            self.writers[name] = tuple(group.elements())
        return max((self.rewritten(n) for n in dict.fromkeys(_targets(step.after))), default=0.0)

    # Another form of the same value -------------------------------------------------------------

    def rewritten(self, name: str) -> float:
        """Return how far a tensor's equations are from its value; remember what is new."""
        group = self.writers[name]
        if name not in self.memory:
            self.memory[name] = self.value(name, group)
            return 0.0
        plain = all(e.plain for e in group)
        if not plain or sum(map(self.points, group)) <= _LARGE:
            return self.distance(self.value(name, group), self.memory[name])
        places = [tuple(map(self.random.randrange, self.shape(name))) for _ in range(_ELEMENTS)]
        parts = [self.value(name, [self.at(e, place) for e in group], place) for place in places]
        return max(
            self.distance(part, self.memory[name][place])
            for part, place in zip(parts, places, strict=True)
        )

    def value(
        self, name: str, group: Iterable[Equation], place: tuple[int, ...] | None = None
    ) -> Array:
        """Return what equations give on the memory: a whole tensor, or one element."""
        shape = self.shape(name) if place is None else ()
        own = "result"
        memory = {**self.memory, own: np.full(shape, None, dtype=object)}
        neutral = self.arithmetic.number(0)
        for equation in group:
            indices = equation.target.indices if place is None else ()
            target = Access(own, *indices)
            run_equation(
                replace(equation, target=target, scan=None), memory, self.arithmetic,
                dict(self.extents),
            )  # fmt: skip
            neutral = self.arithmetic.combine(equation.op)[0]
        found = memory[own]
        for where in np.ndindex(found.shape):
            found[where] = neutral if found[where] is None else found[where]
        return found

    def at(self, equation: Equation, place: tuple[int, ...]) -> Equation:
        """Return an equation for one element of its target only."""
        fixed = dict(zip(equation.target.indices, map(Integer, place), strict=True))
        inside = all(int(fixed[i]) < self.extent(n) for i, n in equation.ranges if i in fixed)
        ranges = tuple(
            (i, n if inside else Integer(0)) for i, n in equation.ranges if i not in fixed
        )
        if not inside and not ranges:
            ranges = ((Symbol("nowhere", integer=True, nonnegative=True), Integer(0)),)
        return replace(equation, body=equation.body.xreplace(fixed), ranges=ranges)

    def distance(self, found: Any, truth: Any) -> float:
        """Return the largest difference relative to the largest element."""
        pairs = list(zip(np.ravel(found), np.ravel(truth), strict=True))
        size = max((abs(b) for _, b in pairs), default=0) or 1
        errors = [float(abs(a - b) / size) for a, b in pairs if a != b]
        return max((e if e == e else float("inf") for e in errors), default=0.0)

    # Derivatives --------------------------------------------------------------------------------

    def derivatives(self, steps: Sequence[Step]) -> Iterator[float]:
        """Take derivatives; yield how far each is from a difference.

        They read each other's sums, so that all are evaluated before any is judged.
        """
        self.adjoints |= {s.by.name: s.target for s in steps if s.by is not None}
        equations = tuple(e for step in steps for e in step.after)
        for equation in equations:
            name = equation.target.name
            self.writers[name] = (*self.writers.get(name, ()), equation)
        names = dict.fromkeys(_targets(equations))
        known = (replace(self.table[n], role="input", default=None) for n in self.memory)
        tensors = (*known, *(replace(self.table[n], role="value") for n in names))
        run = interpret(Program(tensors, equations), self.memory, self.arithmetic, self.sizes)
        self.memory |= {name: run[name] for name in names}
        yield from map(self.derivative, steps)

    def derivative(self, step: Step) -> float:
        if not step.after:  # a sum over uses: all that there are
            return 0.0 if step.before == self.writers[step.target] else float("inf")
        (after,) = step.after
        if not step.before:  # the loss by itself, or what has no way to it
            return float(abs(after.body - (1 if step.by else 0)))
        (before,) = step.before
        if step.by is None:  # which candidate won is judged where it is used
            return 0.0
        if after.target.indices != step.by.indices or {*after.ranges} != {*before.ranges}:
            return float("inf")
        points = [self.point(before) for _ in range(_POINTS)]
        found = [self.scalar(after.body, point) for point in points]
        dy = Access(self.adjoints[before.target.name], *before.target.indices)
        truth = [self.slope(before, step.by, p) * self.scalar(dy, p) for p in points]
        return self.distance(found, truth)

    def point(self, equation: Equation) -> dict[Symbol, int]:
        return {i: self.random.randrange(self.extent(n)) for i, n in equation.ranges}

    def slope(self, equation: Equation, by: Access, point: Mapping[Symbol, int]) -> Any:
        """Return the slope of an equation's target by one access, at one point of its loop."""
        if equation.op != "sum":
            return self.arithmetic.number(int(self.wins(equation, point)))
        probe, step = Access("probe"), self.arithmetic.number(_STEP)
        body = _swapped(equation.body, by, probe)
        value, ends = self.scalar(by, point), []
        for sign in (1, -1):
            self.memory["probe"] = np.array(value + sign * step, dtype=object)
            ends.append(self.scalar(body, point))
        del self.memory["probe"]
        return (ends[0] - ends[1]) / (2 * step)

    def wins(self, equation: Equation, point: Mapping[Symbol, int]) -> bool:
        """Tell whether the candidate at a point is the first of the best for its place."""
        place = self.place(equation, point)
        best = self.memory[equation.target.name][place]
        for rival in self.writers[equation.target.name]:
            fixed = dict(zip(rival.target.indices, place, strict=True)) if rival.plain else {}
            spans = {
                i: [fixed[i]] if i in fixed else range(self.extent(n)) for i, n in rival.ranges
            }
            for where in product(*spans.values()):
                there = dict(zip(spans, where, strict=True))
                if self.place(rival, there) == place and self.scalar(rival.body, there) == best:
                    return rival == equation and there == point
        return False

    def place(self, equation: Equation, point: Mapping[Symbol, int]) -> tuple[int, ...]:
        return tuple(int(self.scalar(g, point)) for g in equation.target.indices)

    def whole(self, loss: str, gradients: Mapping[str, str]) -> float:
        """Return how far the gradients are from the slope of the loss along a random line."""
        line = {p: np.vectorize(lambda _: self.random.uniform(-1, 1), otypes=[object])(
            np.zeros(self.shape(p))) for p in gradients}  # fmt: skip
        ends = []
        for sign in (1, -1):
            step = sign * self.arithmetic.number(_STEP)
            moved = {p: self.memory[p] + step * v for p, v in line.items()}
            memory = interpret(self.program, {**self.given, **moved}, self.arithmetic, self.sizes)
            ends.append(memory[loss][()])
        slope = (ends[0] - ends[1]) / (2 * self.arithmetic.number(_STEP))
        found = sum(np.sum(v * self.memory[gradients[p]]) for p, v in line.items())
        return self.distance([found], [slope])

    # Numbers ------------------------------------------------------------------------------------

    def scalar(self, e: Expr, point: Mapping[Symbol, int]) -> Any:
        """Return an expression's value at one point of a loop."""
        memory = {**self.memory, "result": np.full((), None, dtype=object)}
        equation = Equation(Access("result"), "max", e, ())
        run_equation(equation, memory, self.arithmetic, {**self.extents, **point})
        return memory["result"][()]

    def extent(self, size: Expr) -> int:
        return int(size.xreplace(self.extents))

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(map(self.extent, self.table[name].shape))

    def points(self, equation: Equation) -> int:
        return int(np.prod([self.extent(n) for _, n in equation.ranges], dtype=np.int64))


def _swapped(e: Expr, old: Access, new: Access) -> Expr:
    """Return an expression with an access replaced, but not in what has no slope by definition."""
    if e == old:
        return new
    if not e.args or isinstance(e, Access) or type(e).__name__ == "stop_gradient":
        return e
    return e.func(*(_swapped(a, old, new) for a in e.args))


def _targets(equations: Iterable[Equation]) -> Iterator[str]:
    return (e.target.name for e in equations)
