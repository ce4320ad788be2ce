"""Hold a generated module's gradients against methods that it has no part in.

The methods are in methods/, a ladder from differences to symbolic identity; each gives bounds and
an error estimate of its own. The module's number has to lie within them, but for the tolerance of
the method. Errors are told in units in the last place of the gradient's largest element.

Where the point that was drawn lies on a kink, another one is drawn; where every one does, the
differences give the slopes of both sides, between which the gradient has to lie, and the other
methods the very slope that the formula promises there. So no kink is called an error, and none
hides one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np

from symbp.errors import DataError
from symbp.ir.program import Program
from symbp.verify.evaluate import forward
from symbp.verify.kinks import Kink, kinks, on
from symbp.verify.methods import METHODS
from symbp.verify.report import Row
from symbp.verify.samples import Sample, draw
from symbp.verify.subject import Array, Estimate, Subject

TOLERANCES = {
    "float64": {"differences": 1e-7, "backward": 1e-12, "*": 1e-10},
    "float32": {"differences": 1e-2, "backward": 1e-5, "*": 1e-4},
}
"""What each method is allowed to differ by, relative to the gradient's largest element."""

DRAWS = 4
"""So many points are drawn to find one that lies on no kink."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: rows, and the kinks of the network at the point that was judged."""

    rows: list[Row]
    kinks: list[Kink]
    seed: int
    """Of the point that was judged: not the one that was asked for where that lies on a kink."""
    passed: tuple[str, ...] = ()
    """Methods that had nothing to say of this network."""


def check(
    module: ModuleType, program: Program, gradients: Mapping[str, str], loss: str, seed: int = 0,
    methods: Sequence[str] = tuple(METHODS),
) -> list[Row]:  # fmt: skip
    """Return one row for the loss and one for each parameter and method; see `judge`."""
    return judge(module, program, gradients, loss, seed, methods).rows


def judge(
    module: ModuleType, program: Program, gradients: Mapping[str, str], loss: str, seed: int = 0,
    methods: Sequence[str] = tuple(METHODS),
) -> Verdict:  # fmt: skip
    """Return what the methods say of a module.

    Args:
        program: the network's forward and raw adjoint equations.
        gradients: parameter -> the tensor that holds its gradient in the program.
        loss: the tensor that holds the loss.
        methods: their names, see `METHODS`.

    Raises:
        DataError: the module's functions don't take what the network declares; or there is no
            such method.
    """
    for name in methods:
        if name not in METHODS:
            raise DataError(
                f"there is no method {name!r}", remedy=f"There are: {', '.join(METHODS)}."
            )
    plain = forward(program, loss)
    sample, found, used = _smooth(module, program, plain, tuple(gradients), seed)
    value, again, got = _called(module, sample, gradients)
    noise = 4 * float(np.finfo(module.DTYPE).eps) * max(abs(value), 1.0)
    subject = Subject(module, program, plain, gradients, loss, sample, got, noise, used)
    estimates: dict[str, Mapping[str, Estimate]] = {}
    for name in methods:
        begun = time.perf_counter()
        said = METHODS[name](subject)
        each = (time.perf_counter() - begun) / max(len(said), 1)
        estimates[name] = {p: replace(e, seconds=each) for p, e in said.items()}
    rows = _loss_rows(subject, value, again, estimates)
    judged = _Judge(subject, estimates)
    rows += [row for name in gradients for row in judged.rows(name)]
    passed = tuple(name for name, said in estimates.items() if not said)
    return Verdict(rows, found, used, passed)


def _smooth(
    module: ModuleType, program: Program, plain: Program, trained: Sequence[str], seed: int
) -> tuple[Sample, list[Kink], int]:
    """Return the first point that lies on no kink, or the first of all where each does."""
    first: tuple[Sample, list[Kink], int] | None = None
    for number in range(seed, seed + DRAWS):
        sample = draw(program, _initial(module, number), module.DTYPE, number)
        found = kinks(plain, sample, trained)
        if not on(found):
            return sample, found, number
        first = first or (sample, found, number)
    assert first is not None
    return first


def _initial(module: ModuleType, seed: int) -> Mapping[str, Array]:
    return module.init_params(seed)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class _Judge:
    subject: Subject
    estimates: Mapping[str, Mapping[str, Estimate]]

    def rows(self, name: str) -> list[Row]:
        got = self.subject.got[name]
        shape = self.subject.sample.params[name].shape
        if got.shape != shape:
            return [Row(name, shape, "-", verdict=f"WRONG SHAPE {got.shape}")]
        scale = self._scale(name)
        return [
            self._row(name, method, said[name], scale)
            for method, said in self.estimates.items()
            if name in said
        ]

    def _scale(self, name: str) -> float:
        """Return the largest element as the methods have it, not as the module has it.

        The floor keeps a gradient that is zero but for rounding from being judged by itself.
        """
        sizes: dict[str, float] = {
            p: max(
                (_largest(said[p]) for said in self.estimates.values() if p in said), default=0.0
            )
            for p in self.subject.gradients
        }
        return max(sizes[name], 1e-3 * max(sizes.values(), default=0.0), self.subject.noise)

    def _row(self, name: str, method: str, said: Estimate, scale: float) -> Row:
        shape = self.subject.sample.params[name].shape
        tolerances = TOLERANCES[self.subject.module.DTYPE]
        tolerance = tolerances.get(method, tolerances["*"]) * scale
        if said.directions is not None:
            tolerance *= float(np.sqrt(said.directions.shape[1]))
        got = said.of(self.subject.got[name])
        off = np.maximum(np.maximum(said.low - got, got - said.high), 0.0)
        off = np.where(np.isfinite(got), off, np.inf)
        known = said.error <= 10 * tolerance
        wrong = ~(off <= tolerance + said.error) & (known | ~np.isfinite(got))
        if not off.size:
            return Row(name, shape, method, note=said.note, seconds=said.seconds)
        worst = int(np.argmax(np.where(wrong, off * 2 + 1, off * known)))
        verdict = "ok"
        if wrong.any():
            verdict = f"DIFFERS at {said.shown(worst, shape)}"
        elif said.note.startswith("NOT"):
            verdict = "DIFFERS as a formula"
        ulps = float(off[worst]) / (self.subject.eps * scale)
        nearest = float(np.clip(got[worst], said.low[worst], said.high[worst]))
        return Row(
            name, shape, method, off.size, said.kinks, int(np.sum(~known)),
            said.shown(worst, shape), float(got[worst]), nearest, ulps,
            float(said.error[worst]) / (self.subject.eps * scale), said.seconds, verdict, said.note,
        )  # fmt: skip


def _largest(said: Estimate) -> float:
    """Return the largest element, or what elements of one size would need for such slopes."""
    found = float(np.max(np.abs([said.low, said.high]), initial=0.0))
    return found if said.directions is None else found / float(np.sqrt(said.directions.shape[1]))


def _loss_rows(
    subject: Subject, value: float, again: float,
    estimates: Mapping[str, Mapping[str, Estimate]],
) -> list[Row]:  # fmt: skip
    """Hold the loss itself against the equations, and what two functions return for it."""
    tolerance = TOLERANCES[subject.module.DTYPE]["*"]
    rows = []
    for method, said in estimates.items():
        if subject.loss not in said or subject.loss in subject.gradients:
            continue
        wanted = float(said[subject.loss].low[0])
        error = max(abs(value - wanted), abs(again - wanted))
        fine = error <= tolerance * max(abs(wanted), 1.0) and abs(value - again) <= subject.noise
        ulps = error / (subject.eps * max(abs(wanted), subject.noise))
        rows.append(Row(
            "loss", (), method, 1, 0, 0, "[]", value, wanted, ulps, 0.0,
            said[subject.loss].seconds, "ok" if fine else "DIFFERS", said[subject.loss].note,
        ))  # fmt: skip
    return rows


def _called(
    module: ModuleType, sample: Sample, parameters: Iterable[str]
) -> tuple[float, float, dict[str, Array]]:
    """Return the loss by both functions, and the gradients; copies that no later call changes."""
    params, data = sample.params, sample.data.values()
    try:
        value, grads = module.value_and_grad(params, *data)
        value, grads = float(value), {name: np.array(g, float) for name, g in grads.items()}
        again = float(module.forward(params, *data)[0])
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{module.NAME} does not take what the network declares: {error}",
            remedy="Build it again from this description.",
        ) from None
    missing = [name for name in parameters if name not in grads]
    if missing:
        raise DataError(f"{module.NAME} gives no gradient for {', '.join(missing)}")
    return value, again, grads
