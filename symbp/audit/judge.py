"""Hold what somebody's code gave against the derived gradients, and name what is wrong with it.

A parameter is right where its gradient is the derived one at every point, up to a factor that all
parameters share: losses differ by such a factor, sum or mean, with 1/2 or without. What is wrong
is held against the predictions of `faults.py`, first for the whole backward pass, then for each
parameter by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

from symbp.audit.evaluate import evaluate
from symbp.audit.faults import UPDATED, Fault
from symbp.audit.ratio import called, ratio, same
from symbp.ir.program import Equation, Program
from symbp.ir.visit import needed

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = Mapping[str, Array]
Ratios = dict[str, list[float] | None]
Prediction = Callable[[int], Arrays]
"""The gradients at the point of this number."""


@dataclass(frozen=True, slots=True)
class Point:
    """Numbers for every tensor that is given, and the sizes that they have."""

    values: Arrays
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the code gave in one way of calling it: at each point, the gradients by parameter."""

    words: str
    gradients: Sequence[Arrays]
    updated: Sequence[Arrays] = ()
    """The parameters afterwards, where the code changes them."""
    called: Mapping[str, str] = field(default_factory=dict)
    """What the code calls each parameter."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one parameter."""

    parameter: str
    right: bool
    kind: str = ""
    words: str = ""
    tensor: str = ""
    """Where in the derivation the fault lies."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a backward pass: one finding for each parameter, and the common factor."""

    attempt: Attempt
    findings: tuple[Finding, ...]
    factor: str

    @property
    def right(self) -> bool:
        return all(f.right for f in self.findings)


class Judge:
    """Knows the right gradients at some points, and compares."""

    def __init__(self, points: Sequence[Point], gradients: Mapping[str, str]) -> None:
        self.points = points
        self.gradients = gradients
        self._known: dict[tuple[tuple[Equation, ...], int], Arrays] = {}

    def predicted(self, program: Program, place: int, attempt: Attempt | None = None) -> Arrays:
        """Return the gradients that a derivation gives at one point."""
        program, point = needed(program, self.gradients.values()), self.points[place]
        values = {**point.values, **self._forward(program, place)}
        if attempt and attempt.updated:
            values |= {f"{n}{UPDATED}": a for n, a in attempt.updated[place].items()}
        memory = evaluate(program, values, point.sizes)
        return {name: memory[g] for name, g in self.gradients.items()}

    def _forward(self, program: Program, place: int) -> Arrays:
        """Return what the forward pass computes: all faults share it."""
        forward = tuple(e for e in program.equations if e.primal is None)
        if (forward, place) not in self._known:
            point, written = self.points[place], {e.target.name for e in forward}
            memory = evaluate(program.but(equations=forward), point.values, point.sizes)
            self._known[forward, place] = {n: memory[n] for n in written}
        return self._known[forward, place]

    def ratios(self, attempt: Attempt, wanted: Prediction, spread: bool = False) -> Ratios:
        """Return, for each parameter, its factor at each point, or None where it has none."""
        found: Ratios = {name: [] for name in self.gradients}
        for place, got in enumerate(attempt.gradients):
            if not any(r is not None for r in found.values()):
                break  # one point has shown that nothing fits
            right = wanted(place)
            for name, factors in found.items():
                if factors is not None:
                    c = ratio(got[name], right[name], spread)
                    found[name] = None if c is None else [*factors, c]
        return found

    def named(self, factors: Sequence[float]) -> str | None:
        return called(factors, [p.sizes for p in self.points])

    def shared(self, ratios: Ratios) -> list[float]:
        """Return the factor that most parameters have: 1 where one has it, later ones before."""
        names = [self.named(r) for r in ratios.values() if r is not None and not _free(r)]
        if "1" in names or not any(names):
            return [1.0] * len(self.points)
        counts = Counter(n for n in reversed(names) if n)
        best = counts.most_common(1)[0][0]
        return next(r for r in ratios.values() if r and self.named(r) == best)

    def judge(
        self, attempts: Sequence[Attempt], program: Program, candidates: Iterable[Fault]
    ) -> Verdict:
        """Return the verdict on the attempt that agrees best."""
        wanted = cache(partial(self.predicted, program))
        scored = []
        for attempt in attempts:
            ratios = self.ratios(attempt, wanted)
            common = self.shared(ratios)
            right = [n for n, r in ratios.items() if r is not None and _alike(r, common)]
            scored.append((len(right), sum(r is not None for r in ratios.values()), attempt))
        most = max(s[:2] for s in scored)
        best = [s[2] for s in scored if s[:2] == most]
        if most[0] == len(self.gradients):
            return self._whole(best[0], self.shared(self.ratios(best[0], wanted)))
        return self._explained(best, wanted, tuple(candidates))

    def _whole(self, attempt: Attempt, common: Sequence[float]) -> Verdict:
        """Return the verdict where all gradients are right, or all have one factor."""
        factor = self.named(common) or "?"
        turned = common[0] < 0
        words = f"the sign is wrong: it is {factor} times the gradient, as all are"
        return Verdict(attempt, tuple(
            Finding(n, not turned, "sign" if turned else "", words if turned else "")
            for n in self.gradients
        ), factor)  # fmt: skip

    def _explained(
        self, attempts: Sequence[Attempt], wanted: Prediction, candidates: Sequence[Fault]
    ) -> Verdict:
        """Return the verdict by one fault for all, or else by one for each parameter."""
        partly: dict[int, dict[str, tuple[Fault, list[float]]]] = {}
        scaled: Verdict | None = None
        predictions = _Predictions(self)
        for fault in candidates:
            for k, attempt in enumerate(attempts):
                told = self.ratios(attempt, predictions.of(fault, attempt), fault.kind == "sum")
                common = self.shared(told)
                if all(r is not None and _alike(r, common) for r in told.values()):
                    factor = self.named(common)
                    verdict = self._by(fault, attempt, wanted, common, predictions)
                    if factor == "1":
                        return verdict
                    if factor and common[0] > 0:
                        scaled = scaled or verdict
                for name, r in told.items():
                    if r is not None and not _free(r) and self.named(r):
                        partly.setdefault(k, {}).setdefault(name, (fault, r))
        return scaled or self._apart(attempts[0], wanted, partly.get(0, {}))

    def _by(
        self, fault: Fault, attempt: Attempt, wanted: Prediction, common: Sequence[float],
        predictions: _Predictions,
    ) -> Verdict:  # fmt: skip
        """Return the verdict that a fault explains: wrong is what it makes wrong."""
        predicted = Attempt(
            "", [predictions.of(fault, attempt)(k) for k in range(len(self.points))]
        )
        findings = []
        for name, factors in self.ratios(predicted, wanted).items():
            right = factors is not None and _alike(factors, [1.0] * len(factors))
            findings.append(
                Finding(name, True) if right
                else Finding(name, False, fault.kind, fault.words, fault.tensor)
            )  # fmt: skip
        return Verdict(attempt, tuple(findings), self.named(common) or "?")

    def _apart(
        self, attempt: Attempt, wanted: Prediction,
        partly: Mapping[str, tuple[Fault, list[float]]],
    ) -> Verdict:  # fmt: skip
        """Return the verdict where no one fault explains everything."""
        ratios = self.ratios(attempt, wanted)
        common = self.shared(ratios)
        findings = []
        for name, r in ratios.items():
            if r is not None and _alike(r, common):
                findings.append(Finding(name, True))
            elif r is not None:
                findings.append(self._factor(name, [a / b for a, b in zip(r, common, strict=True)]))
            elif name in partly and _alike(partly[name][1], common):
                fault = partly[name][0]
                findings.append(Finding(name, False, fault.kind, fault.words, fault.tensor))
            else:
                got, right = attempt.gradients[0][name], wanted(0)[name]
                findings.append(Finding(name, False, *_unexplained(got, right)))
        return Verdict(attempt, tuple(findings), self.named(common) or "?")

    def _factor(self, name: str, factors: Sequence[float]) -> Finding:
        factor = self.named(factors)
        if factor == "0":
            return Finding(name, False, "missing term", "it is zero: no gradient flows into it")
        kind = "sign" if factor == "-1" else "scale"
        told = f"{factor} times" if factor else "by a factor that varies with the data"
        words = "the sign is wrong" if factor == "-1" else f"it is {told} the gradient"
        return Finding(name, False, kind, words)


class _Predictions:
    """What faults predict; those that read updated parameters anew for each attempt."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.known: dict[int, Prediction] = {}

    def of(self, fault: Fault, attempt: Attempt) -> Prediction:
        if fault.kind == "stale weights":
            if not attempt.updated:
                return lambda _: dict.fromkeys(self.judge.gradients, np.full(0, np.nan))
            return lambda place: self.judge.predicted(fault.program, place, attempt)
        if id(fault) not in self.known:
            self.known[id(fault)] = cache(partial(self.judge.predicted, fault.program))
        return self.known[id(fault)]


def _free(ratios: Sequence[float]) -> bool:
    return all(np.isnan(r) for r in ratios)


def _alike(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(same(x, y) for x, y in zip(a, b, strict=True))


def _unexplained(got: Array, right: Array) -> tuple[str, str]:
    if np.squeeze(got).shape != np.squeeze(right).shape:
        return "shape", f"its shape is {got.shape}, and the parameter's {right.shape}"
    if not np.all(np.isfinite(got)):
        return "not finite", "it is not finite"
    off = np.abs(np.squeeze(got) - np.squeeze(right))
    place = np.unravel_index(int(np.argmax(off)), off.shape)
    at = ",".join(str(int(k)) for k in place)
    return "other", (
        f"[{at}] is {np.squeeze(got)[place]:.6g}, not {np.squeeze(right)[place]:.6g},"
        " and no fault of the table explains it"
    )
