"""From update lines to the update: one program for all parameters of a network.

>>> from symbp.ir.program import size
>>> from symbp.ir.text import text
>>> from symbp.lang.optimizers import momentum
>>> update = updates([Tensor("w", (size(3),), "param")], momentum(learning_rate=0.1), None, ())
>>> print(text(update.program), end="")
param w[3]
input dw[3]
state w_v[3]
hyper learning_rate = 0.1
hyper momentum = 0.9
w_v_next[j] = w_v[j] * momentum + dw[j]
w_next[j] = w[j] - w_v_next[j] * learning_rate
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sympy import Expr, Integer, Symbol, sqrt

from symbp.errors import LanguageError
from symbp.ir.check import check
from symbp.ir.functions import Where, maximum, minimum
from symbp.ir.program import (
    Access,
    Equation,
    Program,
    Role,
    Tensor,
    accesses,
    fresh,
    index,
)
from symbp.ir.syntax import Expressions, read
from symbp.lang.optimizers import Clip, Optimizer
from symbp.lang.schedules import Schedule

Line = tuple[str, Expr]
"""What a line sets, and the formula; every name in it is an access without indices."""


@dataclass(frozen=True, slots=True)
class Update:
    """One step of the optimizer, clipping included.

    Given are every parameter W, its gradient dW (role input), states and hyper-parameters.
    """

    program: Program
    gradients: dict[str, str]
    """parameter -> its gradient in this program"""
    results: dict[str, str]
    """parameter or state -> the tensor that holds its new value"""
    initial: dict[str, Expr]
    """state -> the number that all of its elements begin with"""
    noise: tuple[str, str] | None = None
    """the states that tell which random numbers a step draws: their seed, and a counter of steps"""


STEPS = 2**24
"""So many steps are counted before the count begins again; a float holds no greater numbers."""


def updates(
    parameters: Iterable[Tensor], optimizer: Optimizer, clip: Clip | None, taken: Iterable[str],
    noisy: bool = False,
) -> Update:  # fmt: skip
    """Return the update of these parameters.

    Args:
        taken: names that belong to others, so that update and network can become one program.
        noisy: whether a step draws random numbers.

    Raises:
        LanguageError: a line is no equation, or sets what is not to be set.
    """
    return _Updates(tuple(parameters), optimizer, clip, set(taken), noisy).run()


@cache
def _parsed(line: str) -> Line:
    """Return what a line sets, and the formula."""
    expressions = Expressions("optimizer", [line])
    statements = read(line, "optimizer").children
    if len(statements) != 1 or statements[0].data != "equation":
        raise LanguageError(
            f"{line!r} is no update", remedy="An update reads: w = w - learning_rate*g"
        )
    lhs, assign, body = statements[0].children[:3]
    if len(lhs.children) > 1 or assign != "=" or len(statements[0].children) > 3:
        raise LanguageError(
            f"{line!r} has indices; an update is element by element",
            remedy="An update reads: w = w - learning_rate*g",
        )
    return str(lhs.children[0]), expressions.value(body)


def _names(formula: Expr) -> list[str]:
    return [a.name for a in accesses(formula)]


class _Updates:
    def __init__(
        self, parameters: tuple[Tensor, ...], optimizer: Optimizer, clip: Clip | None,
        taken: set[str], noisy: bool,
    ) -> None:  # fmt: skip
        self.parameters = parameters
        self.noisy = noisy
        self.lines = [_parsed(line) for line in optimizer.lines]
        self.hyper = optimizer.hyper
        self.clip = clip
        sizes = (str(s) for p in parameters for n in p.shape for s in n.free_symbols)
        self.taken = {*taken, *sizes, *(p.name for p in parameters)}
        self.given: dict[Role, list[Tensor]] = {"input": [], "state": [], "hyper": []}
        self.values: list[Tensor] = []
        self.equations: list[Equation] = []
        self.shared: dict[str, Access] = {}
        self._check_lines()

    def run(self) -> Update:
        gradients = {p.name: self._given(f"d{p.name}", "input", p) for p in self.parameters}
        for name, value in self.hyper.items():
            default = value.rate if isinstance(value, Schedule) else value
            self.shared[name] = Access(self._given(name, "hyper", None, default))
        results, counters = self._counter()
        clipped = self._clipped(gradients)
        for p in self.parameters:
            results |= self._of(p, clipped[p.name], counters)
        noise = self._noise(results) if self.noisy else None
        order = [*(p.name for p in self.parameters), *(s.name for s in self.given["state"])]
        tensors = (
            *self.parameters, *self.given["input"], *self.given["state"], *self.given["hyper"],
            *self.values,
        )  # fmt: skip
        results = {name: results[name] for name in order if name in results}
        program = Program(tensors, tuple(self.equations), tuple(results.values()))
        check(program)
        zero = {s.name: Integer(0) for s in self.given["state"]}
        return Update(program, gradients, results, zero, noise)

    def _noise(self, results: dict[str, str]) -> tuple[str, str]:
        """Add the states that random numbers come from; return their names."""
        seed, step = (self._given(f"noise_{word}", "state") for word in ("seed", "step"))
        count = Access(step) + 1
        results[step] = self._set(f"{step}_next", Where(count < STEPS, count, 0)).name
        return seed, step

    def _check_lines(self) -> None:
        """Raise where the lines set a hyper-parameter, or set no parameter, or count oddly."""
        for name, formula in self.lines:
            if name in self.hyper:
                raise LanguageError(
                    f"{name} is a hyper-parameter and can't be set by an update",
                    remedy="Give the result a name of its own.",
                )
            odd = [n for n in _names(formula) if n != "t" and n not in self.hyper]
            if name == "t" and odd:
                raise LanguageError(
                    f"t is one number for all parameters and can't depend on {odd[0]}",
                    remedy="Write t = t + 1, and use another name for what each parameter has.",
                )
        targets = [name for name, _ in self.lines]
        if "w" not in targets:
            raise LanguageError(
                "no line of the optimizer sets w", remedy="End with: w = w - learning_rate*g"
            )
        known = {"w", "g", "t", *self.hyper, *targets}
        for _, formula in self.lines:
            for name in _names(formula):
                if name not in known:
                    raise LanguageError(
                        f"{name} is not known in the optimizer",
                        remedy=f"Give it a default ({name}=0.9), or a line that sets it.",
                    )

    def _counter(self) -> tuple[dict[str, str], list[Access]]:
        """Add the step counter, if anything uses it, and the scheduled rates.

        Return its result, and its value before the first line and after each line that sets it.
        """
        scheduled = {k: v for k, v in self.hyper.items() if isinstance(v, Schedule)}
        counts = [formula for name, formula in self.lines if name == "t"]
        uses_t = [v for v in scheduled.values() if _counts(v)]
        if not (counts or uses_t or any("t" in _names(f) for _, f in self.lines)):
            self._schedule(scheduled)
            return {}, []
        t = Access(self._given("step" if "t" in self.taken else "t", "state"))
        self.shared["t"] = t
        self._schedule(scheduled)
        steps = [t]
        for formula in counts or [Access("t") + 1]:
            self.shared["t"] = steps[-1]
            steps.append(self._set(f"{t.name}_next", self._named(formula, self.shared)))
        self.shared["t"] = t
        return {t.name: steps[-1].name}, steps

    def _schedule(self, scheduled: dict[str, Schedule]) -> None:
        """Put a rate that changes in the place of each scheduled hyper-parameter."""
        for name, value in scheduled.items():
            formula = self._rate(value, self.shared[name])
            self.shared[name] = self._set(f"{name}_now", formula)

    def _rate(self, schedule: Schedule, base: Expr) -> Expr:
        """Return a schedule's formula, with hyper-parameters of its own declared."""
        inner = self._rate(schedule.base, base) if isinstance(schedule.base, Schedule) else base
        known: dict[str, Expr] = {"rate": inner}
        if "t" in self.shared:
            known["t"] = self.shared["t"]
        for name, value in schedule.hyper.items():
            known[name] = Access(self._given(name, "hyper", None, value))
        return self._named(_parsed(f"rate = {schedule.formula}")[1], known)

    def _clipped(self, gradients: dict[str, str]) -> dict[str, str]:
        """Return the names of the gradients that the lines see."""
        if self.clip is None:
            return gradients
        limit = Access(self._given(f"clip_{self.clip.kind}", "hyper", None, self.clip.limit))
        if self.clip.kind == "value":
            return {
                p.name: self._set(
                    f"{gradients[p.name]}_clipped",
                    maximum(-limit, minimum(limit, self._at(gradients[p.name], p))), p,
                ).name
                for p in self.parameters
            }  # fmt: skip
        square = Access(self._new("gradient_square"))
        for p in self.parameters:
            self._add(square, self._at(gradients[p.name], p) ** 2, self._ranges(p))
        # Written as a comparison of squares, it never divides by a norm of zero.
        scale = self._set("clip_scale", Where(square > limit**2, limit / sqrt(square), 1))
        return {
            p.name: self._set(
                f"{gradients[p.name]}_clipped", scale * self._at(gradients[p.name], p), p
            ).name
            for p in self.parameters
        }

    def _of(self, p: Tensor, gradient: str, counters: list[Access]) -> dict[str, str]:
        """Add the lines of one parameter; return its results."""
        steps = iter(counters[1:])
        now: dict[str, Expr] = {**self.shared, "w": self._at(p.name, p)}
        now["g"] = self._at(gradient, p)
        states: dict[str, str] = {}
        bases: dict[str, str] = {"w": p.name, "g": gradient}
        for name, formula in self.lines:
            if name == "t":
                now["t"] = next(steps)
                continue
            for used in _names(formula):
                if used not in now:
                    states[used] = bases[used] = self._given(f"{p.name}_{used}", "state", p)
                    now[used] = self._at(states[used], p)
            base = bases.setdefault(name, f"{p.name}_{name}")
            now[name] = self._set(f"{base}_next", self._named(formula, now), p)
        results = {state: now[name].name for name, state in states.items()}
        return {p.name: now["w"].name, **results}

    def _named(self, formula: Expr, known: dict[str, Expr]) -> Expr:
        missing = [n for n in _names(formula) if n not in known]
        if missing:
            raise LanguageError(
                f"{missing[0]} is not known in the formula of a schedule",
                remedy=f"Known are {', '.join(known)}.",
            )
        return formula.xreplace({Access(n): known[n] for n in _names(formula)})

    def _ranges(self, p: Tensor) -> tuple[tuple[Symbol, Expr], ...]:
        names = ["j"] if len(p.shape) == 1 else ["i", "j", *(f"k{d}" for d in range(len(p.shape)))]
        return tuple((index(fresh(i, self.taken)), n) for i, n in zip(names, p.shape, strict=False))

    def _at(self, name: str, p: Tensor) -> Access:
        return Access(name, *(i for i, _ in self._ranges(p)))

    def _new(self, name: str, like: Tensor | None = None) -> str:
        name = fresh(name, self.taken)
        self.taken.add(name)
        self.values.append(Tensor(name, like.shape if like else ()))
        return name

    def _given(
        self, name: str, role: Role, like: Tensor | None = None, default: Expr | None = None
    ) -> str:
        name = fresh(name, self.taken)
        self.taken.add(name)
        self.given[role].append(Tensor(name, like.shape if like else (), role, default=default))
        return name

    def _set(self, name: str, body: Expr, p: Tensor | None = None) -> Access:
        """Add one equation and return the element that it sets."""
        target = self._at(self._new(name, p), p) if p else Access(self._new(name))
        self._add(target, body, self._ranges(p) if p else ())
        return target

    def _add(self, target: Access, body: Expr, ranges: Any) -> None:
        self.equations.append(Equation(target, "sum", body, ranges))


def _counts(schedule: Schedule) -> bool:
    """Tell whether a schedule looks at the step counter."""
    inner = isinstance(schedule.base, Schedule) and _counts(schedule.base)
    return inner or "t" in _names(_parsed(f"rate = {schedule.formula}")[1])
