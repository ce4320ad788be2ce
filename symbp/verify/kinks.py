"""Where a network has no slope: every kink of its equations, and how near the point lies to it.

A kink matters where its argument is zero and moves when the parameters move. Both are seen in one
evaluation with complex steps along a random direction: the real part is the argument, the
imaginary part tells whether it moves. relu(0 * w) is no kink, and neither is a guard on indices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Expr

from symbp.ir.program import Equation, Program
from symbp.verify.evaluate import STEP, evaluate
from symbp.verify.samples import Sample

NEAR = 1e-9
"""Relative to the largest argument: nearer, and no difference can tell the sides apart."""

CHOSEN = {
    "relu": "the slope 0 at 0",
    "Abs": "the slope 0 at 0",
    "sign": "the slope 0 everywhere",
    "floor": "the slope 0 everywhere",
    "Pow": "none: a root has no finite slope at 0; write sqrt(u + 1e-12)",
    "maximum": "the slope of the first argument where they tie",
    "minimum": "the slope of the first argument where they tie",
    "comparison": "the slope of the branch that is taken",
    "max": "the slope of the first element that wins",
    "min": "the slope of the first element that wins",
}
"""Which subgradient symbp takes."""

_COMPARISONS = (
    "StrictLessThan", "LessThan", "StrictGreaterThan", "GreaterThan", "Equality", "Unequality",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kink:
    """One kink of one equation, over all places where it is evaluated."""

    tensor: str
    kind: str
    formula: str
    count: int
    """How often it is evaluated with an argument that the parameters move."""
    at: int
    """How often the argument lies on the kink."""
    nearest: float
    """The smallest distance of an argument from the kink, relative to the largest argument."""

    @property
    def slope(self) -> str:
        """Which slope symbp takes there."""
        return CHOSEN[self.kind]

    def __str__(self) -> str:
        where = f"{self.at} of {self.count} on it" if self.at else f"nearest {self.nearest:.1e}"
        return f"{self.formula} in {self.tensor}: {where}; symbp takes {self.slope}"


def kinks(forward: Program, sample: Sample, trained: Sequence[str]) -> list[Kink]:
    """Return every kink that the parameters reach, in the order of the equations.

    >>> from symbp.ir.text import parse
    >>> program = parse("param a, b\\nloss = abs(a) + relu(b)")
    >>> sample = Sample({"a": np.array(0.0), "b": np.array(2.0)}, {}, {}, {})
    >>> for kink in kinks(program, sample, ["a", "b"]): print(kink)
    abs(a) in loss: 1 of 1 on it; symbp takes the slope 0 at 0
    relu(b) in loss: nearest 1.0e+00; symbp takes the slope 0 at 0
    """
    rng = np.random.default_rng(0)
    given: dict[str, Any] = {**sample.params, **sample.data, **sample.noise}
    for name in trained:
        given[name] = given[name] + 1j * STEP * rng.standard_normal(given[name].shape)
    seen = _Seen()
    evaluate(forward, given, sample.sizes, seen)
    return [seen.kink(*key) for key in seen.gaps]


@dataclass(slots=True)
class _Seen:
    """Gathers the distances from each kink."""

    gaps: dict[tuple[str, str, str], list[Any]] = field(default_factory=dict)

    def __call__(self, equation: Equation, e: Expr, parts: tuple[Any, ...]) -> None:
        found = self._gap(equation, e, parts)
        if found is not None:
            kind, formula, gap = found
            gap = np.atleast_1d(np.asarray(gap, complex)).reshape(-1)
            moving = gap[gap.imag != 0].real
            if moving.size:
                key = (equation.target.name, kind, formula)
                self.gaps.setdefault(key, []).append(moving)

    def _gap(
        self, equation: Equation, e: Expr, parts: tuple[Any, ...]
    ) -> tuple[str, str, Any] | None:
        name = e.func.__name__
        if e is equation.target:
            return equation.op, f"{equation.op}({equation.body})", parts[0] - parts[1]
        if name in ("relu", "Abs"):
            return name, str(e).replace("Abs", "abs"), parts[0]
        if name == "sign":
            return name, str(e), parts[0]
        if name == "floor":
            return name, str(e), parts[0] - np.round(np.real(parts[0]))
        if name in ("maximum", "minimum"):
            return name, str(e), parts[0] - parts[1]
        if name in _COMPARISONS:
            return "comparison", str(e), np.asarray(parts[0]) - parts[1]
        if name == "Pow" and e.exp.is_Rational and not e.exp.is_Integer:
            return name, str(e), parts[0]
        return None

    def kink(self, tensor: str, kind: str, formula: str) -> Kink:
        gaps = np.abs(np.concatenate(self.gaps[tensor, kind, formula]))
        scale = float(np.max(gaps)) or 1.0
        at = int(np.sum(gaps <= NEAR * scale))
        nearest = float(np.min(gaps)) / scale
        return Kink(tensor, kind, formula, gaps.size, at, nearest)


def on(found: Sequence[Kink]) -> Mapping[str, int]:
    """Return how many arguments lie on each kind of kink."""
    counts: dict[str, int] = {}
    for kink in found:
        if kink.at:
            counts[kink.kind] = counts.get(kink.kind, 0) + kink.at
    return counts
