"""One training run: split, fit, watch, save, report.

A run can be stopped at any epoch, even killed, and picked up from its saved state with the same
numbers as an unbroken one: the shuffle of an epoch depends on the seed and the epoch alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symbp.artifact import archive, write
from symbp.errors import DataError, SymbpError
from symbp.train import chart
from symbp.train.checkpoint import Run, Settings, begin, restore
from symbp.train.data import Array, Data
from symbp.train.report import Quality, measure

Watch = Callable[[int, float], None]
Scales = dict[str, tuple[Array, Array]]
"""Of each input, the mean and the spread of its features."""

EXPLODED = 1e4
"""A loss so many times what it was before the first step will not come back."""

ENOUGH = 50
"""From so many samples on, a fifth is held out unless the user says otherwise."""


class DivergenceError(SymbpError):
    """The loss has grown beyond measure; the parameters are not saved."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    run: Run
    training: Quality
    held_out: Quality | None
    files: tuple[Path, ...]
    reached: bool
    """Whether a target loss that was asked for was reached."""
    classes: tuple[str, ...] = ()
    """What the labels 0, 1, ... are called in the data."""

    def _repr_markdown_(self) -> str:
        return f"```\n{summary(self)}\n```"


def summary(outcome: Outcome) -> str:
    """Return what came of a run, in plain words and, without a picture, as a chart."""
    losses = outcome.run.losses
    lines = []
    if len(losses) > 1 and not any(file.suffix == ".png" for file in outcome.files):
        lines.append(chart.text(losses) + "\n")
    if outcome.reached:
        lines.append(f"The target loss is reached after {len(losses)} epochs.")
    lines.append(f"Training ({outcome.training.samples} samples): {outcome.training}")
    if outcome.held_out is not None:
        lines.append(f"Held out ({outcome.held_out.samples} samples): {outcome.held_out}")
    if outcome.classes:
        named = ", ".join(f"{k} {name}" for k, name in enumerate(outcome.classes))
        lines.append(f"Classes: {named}")
    lines.append("Wrote " + "\n      ".join(map(str, outcome.files)))
    return "\n".join(lines)


def prepare(
    module: ModuleType, data: Data, given: Mapping[str, Any], resume: Path | None = None
) -> Run:
    """Return a new run, or one that was saved, with the settings that are given.

    Raises:
        DataError: the network has no optimizer, a hyper-parameter is unknown or no number to
            train with, or the saved run is of something else.
    """
    if not hasattr(module, "fit"):
        raise DataError(
            f"{module.NAME} has no optimizer to train with",
            remedy="Add a line to the description: optimizer adam(learning_rate=0.001)",
        )
    known = module.HYPERPARAMETERS
    for name, value in given.get("hyper", {}).items():
        if name not in known:
            raise DataError(
                f"{module.NAME} has no hyper-parameter {name}",
                remedy=f"It has {', '.join(known) or 'none'}.",
            )
        if not math.isfinite(value) or (name == "learning_rate" and value < 0):
            raise DataError(f"{name} can't be {value:g}", remedy=f"The default is {known[name]:g}.")
    if resume is not None:
        return restore(resume, module, data, given)
    return begin(module, Settings().changed(given))


def train(
    module: ModuleType, data: Data, run: Run, folder: Path, watch: Watch = lambda epoch, loss: None
) -> Outcome:
    """Train up to the epochs that the settings say, save everything in a folder, and report.

    Args:
        watch: called after every epoch with its number, from 1, and its loss.

    Raises:
        DivergenceError: the loss has grown beyond measure.
        DataError: a file can't be written.
    """
    settings = run.settings
    training, held_out, scales = arranged(module, data, settings)
    state_file = folder / f"{module.NAME}.state.npz"

    def checkpoint() -> None:
        write({state_file: run.packed(module, data)})

    _fit(module, training, run, checkpoint, watch)
    files: dict[Path, str | bytes] = {
        folder / f"{module.NAME}.params.npz": archive({**run.params, **_named(scales)}),
        state_file: run.packed(module, data),
        folder / f"{module.NAME}.history.csv": _history(run.losses),
    }
    picture = chart.png(run.losses, module.NAME) if run.losses else None
    if picture is not None:
        files[folder / f"{module.NAME}.loss.png"] = picture
    write(files)
    return Outcome(
        run,
        measure(module, run.params, training),
        measure(module, run.params, held_out) if held_out.samples else None,
        tuple(files),
        _reached(run),
        data.classes,
    )


def arranged(module: ModuleType, data: Data, settings: Settings) -> tuple[Data, Data, Scales]:
    """Return the samples to train on and those held out, scaled as the settings say.

    Raises:
        DataError: nothing would be left to train on.
    """
    parts = split(data, settings)
    scales = scaling(module, parts[0]) if settings.standardize else {}
    training, held_out = (scaled(part, scales) for part in parts)
    return training, held_out, scales


def split(data: Data, settings: Settings) -> tuple[Data, Data]:
    """Return the samples to train on, and those that are held out; the seed says which.

    Raises:
        DataError: nothing would be left to train on.
    """
    count = data.samples
    if settings.validation is None:
        held = count // 5 if count >= ENOUGH else 0
    else:
        held = round(count * settings.validation)
    if held >= count:
        raise DataError(
            f"of {count} samples {held} would be held out", remedy="Choose a smaller --validation."
        )
    if not data.batched:
        return data, replace(data, arrays={}, batched=frozenset())
    # Epoch e is shuffled with [seed, e]; a third number keeps this draw apart from all of them.
    order = np.random.default_rng([settings.seed, 0, 1]).permutation(count)
    return data.rows(np.sort(order[held:])), data.rows(np.sort(order[:held]))


def scaling(module: ModuleType, data: Data) -> Scales:
    """Return mean and spread of each input's features; a constant feature has spread 1."""
    scales: Scales = {}
    for name, (role, *_) in module.INPUTS.items():
        if role == "input" and name in data.batched:
            array = data.arrays[name]
            spread = array.std(axis=0)
            scales[name] = (array.mean(axis=0), np.where(spread > 0, spread, 1.0))
    return scales


def scaled(data: Data, scales: Mapping[str, tuple[Array, Array]]) -> Data:
    """Return the data with its inputs standardised."""
    arrays = {
        name: ((array - scales[name][0]) / scales[name][1]).astype(array.dtype)
        if name in scales
        else array
        for name, array in data.arrays.items()
    }
    return replace(data, arrays=arrays)


def _fit(
    module: ModuleType, data: Data, run: Run, checkpoint: Callable[[], None], watch: Watch
) -> None:
    settings, done = run.settings, len(run.losses)
    if done >= settings.epochs or _reached(run):
        return
    every = settings.checkpoint_every or max(1, settings.epochs // 20)
    # Overflow is told below in plain words, not in NumPy's.
    with np.errstate(all="ignore"):
        before = float(module.forward(run.params, *data.arrays.values())[0])

        def after(_: int, loss: float) -> bool:
            run.losses.append(float(loss))
            _check_divergence(module, run, before)
            watch(len(run.losses), run.losses[-1])
            if len(run.losses) % every == 0:
                checkpoint()
            return _reached(run)

        module.fit(
            run.params, run.state, *data.arrays.values(),
            epochs=settings.epochs - done, start=done, seed=settings.seed,
            batch_size=min(settings.batch_size, data.samples), callback=after, **settings.hyper,
        )  # fmt: skip


def _check_divergence(module: ModuleType, run: Run, before: float) -> None:
    loss = run.losses[-1]
    if math.isfinite(loss) and abs(loss) <= EXPLODED * max(abs(before), 1.0):
        return
    rate = {**module.HYPERPARAMETERS, **run.settings.hyper}.get("learning_rate")
    remedy = "Check the data for outliers, or standardise it (--standardize)."
    if rate is not None:
        remedy = f"Try a smaller learning rate: --learning-rate {rate / 10:g}"
    raise DivergenceError(
        f"Training diverged: before the first step the loss was {before:.4g}, after epoch "
        f"{len(run.losses)} it is {loss:.4g}. Each step overshoots the minimum and lands further "
        "away from it.",
        remedy=remedy,
    )


def _reached(run: Run) -> bool:
    aim = run.settings.target_loss
    return aim is not None and bool(run.losses) and run.losses[-1] <= aim


def _history(losses: list[float]) -> str:
    return "epoch,loss\n" + "".join(f"{k},{loss!r}\n" for k, loss in enumerate(losses, 1))


def _named(scales: Mapping[str, tuple[Array, Array]]) -> dict[str, Array]:
    """Name what (x - mean) / spread needs: no parameter's name has a dot."""
    names = ("mean", "spread")
    return {f"{n}.{w}": a for n, pair in scales.items() for w, a in zip(names, pair, strict=True)}
