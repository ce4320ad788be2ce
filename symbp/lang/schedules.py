"""Schedules: how a rate changes with t, the number of updates so far (0 for the first).

>>> exponential(0.1, decay=0.9, every=100).hyper
{'decay': 9/10, 'every': 100}

Each is a formula in `t`, in `rate` (the base rate) and in hyper-parameters of its own, which
become keyword arguments of the generated functions, as the base rate does. `warmup` may wrap
another one. An optimizer takes a schedule wherever it takes a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr

from symbp.errors import LanguageError
from symbp.lang.handles import exact, plain


@dataclass(frozen=True, slots=True)
class Schedule:
    """A formula in t, rate and hyper-parameters; `base` is the rate, or a schedule of it."""

    formula: str
    base: Expr | Schedule
    hyper: dict[str, Expr] = field(default_factory=dict)

    @property
    def rate(self) -> Expr:
        """The number at the bottom."""
        return self.base.rate if isinstance(self.base, Schedule) else self.base


def number(name: str, value: Any) -> Expr:
    """Return a hyper-parameter's default as an exact number.

    Raises:
        LanguageError: it is none.
    """
    found = plain(value)
    found = exact(found) if isinstance(found, Expr) and found.is_finite else None
    if isinstance(found, Expr) and found.is_number and found.is_real:
        return found
    raise LanguageError(f"{name} is {value!r}, not a finite number", remedy=f"Write {name}=0.1")


def positive(name: str, value: Any) -> Expr:
    """Return a number above 0, or raise."""
    found = number(name, value)
    if not found.is_positive:
        raise LanguageError(f"{name} is {value}", remedy=f"Give a number above 0: {name}=100")
    return found


def rated(name: str, value: Any) -> Expr | Schedule:
    """Return a rate: a schedule, or a number that is not below 0."""
    if isinstance(value, Schedule):
        return value
    found = number(name, value)
    if found.is_negative:
        raise LanguageError(f"{name} is {value}", remedy=f"Steps go down already: write {name}=0.1")
    return found


def schedule(formula: str, rate: float | Schedule, **hyper: float) -> Schedule:
    """Return a schedule of one's own: a formula in t, rate and the named hyper-parameters.

    >>> schedule("rate / sqrt(1 + t/slow)", 0.1, slow=50).rate
    1/10
    """
    return Schedule(formula, rated("rate", rate), {k: number(k, v) for k, v in hyper.items()})


def constant_rate(rate: float | Schedule) -> Schedule:
    """Return the rate itself."""
    return schedule("rate", rate)


def step(rate: float | Schedule, *, factor: float = 0.1, every: float = 1000) -> Schedule:
    """Return the rate, multiplied by the factor after every so many updates."""
    every = positive("every", every)
    return schedule("rate * factor**floor(t/every)", rate, factor=factor, every=every)


def exponential(rate: float | Schedule, *, decay: float = 0.9, every: float = 1000) -> Schedule:
    """Return the rate times decay^(t/every)."""
    return schedule("rate * decay**(t/every)", rate, decay=decay, every=positive("every", every))


def cosine(rate: float | Schedule, *, steps: float = 1000, lowest: float = 0.0) -> Schedule:
    """Return half a cosine from the rate down to the lowest. Loshchilov and Hutter 2017."""
    formula = "lowest + (rate - lowest) * (1 + cos(pi * minimum(t/steps, 1))) / 2"
    return schedule(formula, rate, steps=positive("steps", steps), lowest=lowest)


def inverse_time(rate: float | Schedule, *, decay: float = 1.0, every: float = 1000) -> Schedule:
    """Return rate / (1 + decay t / every)."""
    return schedule("rate / (1 + decay*t/every)", rate, decay=decay, every=positive("every", every))


def warmup(rate: float | Schedule, *, warmup_steps: float = 100) -> Schedule:
    """Return the rate, or a schedule of it, reached linearly over the first updates."""
    steps = positive("warmup_steps", warmup_steps)
    return schedule("rate * minimum(1, (t + 1)/warmup_steps)", rate, warmup_steps=steps)


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "constant": constant_rate,
    "step": step,
    "exponential": exponential,
    "cosine": cosine,
    "inverse_time": inverse_time,
    "warmup": warmup,
}
"""Every schedule by its name in the text form."""
