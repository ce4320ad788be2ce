"""Hold a generated module's gradients against two methods that it has no part in.

    differences   central differences of the module's own loss: is the gradient that of the loss?
    reference     the raw adjoint program run by the interpreter: is the loss that of the network?

What `forward` and `backward` give is held against `value_and_grad` too.

Differences are taken at every element of a small parameter and at a seeded sample of a large one,
the reference at every element. An error counts in units of the gradient's largest element.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from symbp.errors import DataError
from symbp.ir.interpret import FLOATS, high_precision, interpret
from symbp.ir.program import Program
from symbp.ir.text import text
from symbp.verify.differences import rounding, slope
from symbp.verify.report import Row
from symbp.verify.samples import Sample, draw, work

Array = np.ndarray[Any, np.dtype[Any]]
Called = tuple[float, dict[str, Array]]

ALL = 300
"""A parameter of up to this many elements is differenced at each of them."""

SOME = 200
"""So many elements of a larger one are drawn."""

AFFORDABLE = 10_000
"""Up to so many evaluations the reference is run with 50 digits, above in Python's floats."""


@dataclass(frozen=True, slots=True)
class Precision:
    """The steps of the differences, and what each method is allowed to differ by."""

    steps: tuple[float, ...]
    differences: float
    reference: float
    rounding: float
    """Two ways through the same formulas may round differently, no more."""


PRECISIONS = {
    "float64": Precision((1e-3, 1e-4, 1e-5), 1e-7, 1e-10, 1e-12),
    "float32": Precision((5e-2, 2e-2), 1e-2, 1e-4, 1e-5),
}


def check(
    module: ModuleType, program: Program, gradients: Mapping[str, str], loss: str, seed: int = 0
) -> list[Row]:
    """Return one row for the loss and one for each parameter.

    Args:
        program: the network's forward and raw adjoint equations.
        gradients: parameter -> the tensor that holds its gradient in the program.
        loss: the tensor that holds the loss.

    Raises:
        DataError: the module's functions don't take what the network declares.
    """
    precision = PRECISIONS[module.DTYPE]
    sample = draw(program, module.init_params(seed), module.DTYPE, seed)
    reference = _reference(program, sample)
    (value, grads), (forward, backward) = _called(module, sample, gradients)
    evaluate = _loss(module, sample)
    noise = 4 * float(np.finfo(module.DTYPE).eps) * max(abs(value), 1.0)
    rows = [_loss_row(value, forward, float(reference[loss][()]), precision, noise)]
    expected = {name: np.asarray(reference[g], dtype=float) for name, g in gradients.items()}
    largest = max((float(np.max(np.abs(e), initial=0.0)) for e in expected.values()), default=0.0)
    rng = np.random.default_rng(seed)
    # Values that are taken for constants move when a parameter is moved: no difference then tells.
    stopped = "stop_gradient(" in text(program, declarations=False)
    for name, wanted in expected.items():
        # The floor keeps a gradient that is zero but for rounding from being judged by itself.
        scale = max(float(np.max(np.abs(wanted), initial=0.0)), 1e-3 * largest, noise)
        judge = _Judge(precision, noise, scale)
        places = [] if stopped else _places(wanted.shape, rng)
        slopes = judge.slopes(evaluate, sample.params[name], places)
        rows.append(judge.row(name, grads[name], backward[name], wanted, slopes))
    return rows


@dataclass(frozen=True, slots=True)
class _Judge:
    precision: Precision
    noise: float
    scale: float

    def slopes(
        self, evaluate: Callable[[], float], values: Array, places: Sequence[int]
    ) -> dict[int, float | None]:
        """Difference the loss at some elements of a parameter."""
        flat = values.reshape(-1)
        # Ten times closer than the verdict asks for: what is in doubt then is the gradient.
        tolerance = 0.1 * self.precision.differences * self.scale
        found = {}
        for k in places:
            steps = [h * max(abs(float(flat[k])), 1.0) for h in self.precision.steps]
            found[k] = slope(_along(evaluate, flat, k), steps, self.noise, tolerance)
        return found

    def row(
        self, name: str, got: Array, again: Array, wanted: Array,
        slopes: Mapping[int, float | None],
    ) -> Row:  # fmt: skip
        for array in (got, again):
            if array.shape != wanted.shape:
                return Row(name, wanted.shape, 0, 0, None, None, f"WRONG SHAPE {array.shape}")
        smooth = {k: s for k, s in slopes.items() if s is not None}
        by_difference = self._errors(got.reshape(-1)[list(smooth)], np.array(list(smooth.values())))
        by_reference = self._errors(got.reshape(-1), wanted.reshape(-1))
        by_backward = self._errors(got.reshape(-1), again.reshape(-1))
        allowed = self.precision.differences + self._rounding()
        verdict = "ok"
        if not np.all(by_difference <= allowed):
            place = list(smooth)[_worst(by_difference)]
            verdict = f"DIFFERS at {_shown(place, wanted.shape)} from the differences"
        elif not np.all(by_reference <= self.precision.reference):
            place = _worst(by_reference)
            verdict = f"DIFFERS at {_shown(place, wanted.shape)} from the reference"
        elif not np.all(by_backward <= self.precision.rounding):
            place = _worst(by_backward)
            verdict = f"DIFFERS at {_shown(place, wanted.shape)} from what backward gives"
        return Row(
            name, wanted.shape, len(slopes), len(slopes) - len(smooth),
            float(np.max(by_difference, initial=0.0)),
            float(np.max(by_reference, initial=0.0)), verdict,
        )  # fmt: skip

    def _errors(self, got: Array, wanted: Array) -> Array:
        return np.abs(got - wanted) / self.scale  # type: ignore[no-any-return]

    def _rounding(self) -> float:
        return rounding(self.noise, min(self.precision.steps)) / self.scale


def _along(evaluate: Callable[[], float], flat: Array, k: int) -> Callable[[float], float]:
    """Return the loss as a function of how far one element is moved."""
    at = float(flat[k])

    def moved(s: float) -> float:
        flat[k] = at + s
        try:
            return evaluate()
        finally:
            flat[k] = at

    return moved


def _loss_row(
    value: float, forward: float, wanted: float, precision: Precision, noise: float
) -> Row:
    error = max(abs(value - wanted), abs(forward - wanted)) / max(abs(wanted), 1.0)
    fine = error <= precision.reference and abs(value - forward) <= noise
    return Row("loss", (), 0, 0, None, error, "ok" if fine else "DIFFERS from the reference")


def _called(module: ModuleType, sample: Sample, parameters: Iterable[str]) -> tuple[Called, Called]:
    """Return loss and gradients by value_and_grad, and by forward and backward."""
    params, data = sample.params, sample.data.values()
    try:
        value, grads = _copied(*module.value_and_grad(params, *data))
        forward, tape = module.forward(params, *data)
        forward, again = _copied(forward, module.backward(params, tape))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{module.NAME} does not take what the network declares: {error}",
            remedy="Build it again from this description.",
        ) from None
    missing = [name for name in parameters if name not in grads or name not in again]
    if missing:
        raise DataError(f"{module.NAME} gives no gradient for {', '.join(missing)}")
    return (value, grads), (forward, again)


def _copied(loss: float, grads: Mapping[str, Array]) -> Called:
    """Return what no later call can change."""
    return float(loss), {name: np.array(g, dtype=float) for name, g in grads.items()}


def _loss(module: ModuleType, sample: Sample) -> Callable[[], float]:
    return lambda: float(module.forward(sample.params, *sample.data.values())[0])


def _reference(program: Program, sample: Sample) -> dict[str, Array]:
    digits = work(program, sample.sizes) <= AFFORDABLE
    arithmetic = high_precision(50) if digits else FLOATS
    return interpret(
        program, {**sample.params, **sample.data, **sample.noise}, arithmetic, sample.sizes
    )


def _places(shape: tuple[int, ...], rng: np.random.Generator) -> list[int]:
    count = int(np.prod(shape, dtype=np.int64))
    if count <= ALL:
        return list(range(count))
    return sorted(int(k) for k in rng.choice(count, SOME, replace=False))


def _worst(errors: Array) -> int:
    return int(np.argmax(np.where(np.isnan(errors), np.inf, errors)))


def _shown(place: int, shape: tuple[int, ...]) -> str:
    return f"[{','.join(str(int(k)) for k in np.unravel_index(place, shape))}]"
