"""What the statistics of a run mean, in words.

Gradients are compared by the root mean square of their elements, so that the width of a layer does
not count: they vanish (or explode) where those of an early layer are a thousandth (a thousand
times) of those of the last one that has parameters. A unit is dead where it has the same value for
every sample: no weight behind it learns from the samples' differences.

>>> first = LayerState("h", gradient=1e-6, count=4, units=4, dead=3)
>>> for line in diagnosis([Snapshot(1, 0.5, (first, LayerState("p", gradient=1.0, count=4)))]):
...     print(line)
The gradient vanishes on its way back: an element of it is 1e-06 times as large in h as in p. \
Try relu in place of sigmoid or tanh, he_normal, a normalisation, or fewer layers.
3 of 4 units of h are dead (75%): the same value for every sample. \
Try a smaller learning rate, leaky_relu, or inputs that are standardised.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from symbp.train.statistics import LayerState, Snapshot

FACTOR = 1000.0
"""From so many times smaller or larger on, a gradient vanishes or explodes."""
MANY_DEAD = 0.1
"""From this share on dead units are worth a word."""


def diagnosis(history: Sequence[Snapshot]) -> list[str]:
    """Return what is to be said of a run; there is always something."""
    found = [*_gradients(history), *_units(history[-1])]
    return found or [_fine(history[-1])]


def _gradients(history: Sequence[Snapshot]) -> Iterator[str]:
    broken = next((s for s in history if not all(_finite(r) for r in s.layers)), None)
    if broken is not None:
        names = ", ".join(r.name for r in broken.layers if not _finite(r))
        yield f"The gradient is no finite number in {names} after epoch {broken.epoch}."
        return
    trained = _trained(history[-1])
    if len(trained) < 2:
        return
    last = trained[-1]
    first = min(trained[:-1], key=lambda r: r.slope)
    if first.slope * FACTOR < last.slope:
        yield (
            f"The gradient vanishes on its way back: {_ratio(first, last)}. Try relu in place of "
            "sigmoid or tanh, he_normal, a normalisation, or fewer layers."
        )
    first = max(trained[:-1], key=lambda r: r.slope)
    if first.slope > FACTOR * last.slope:
        yield (
            f"The gradient explodes on its way back: {_ratio(first, last)}. Try clip norm(1), "
            "smaller initial weights, or a normalisation."
        )


def _units(snapshot: Snapshot) -> Iterator[str]:
    for row in snapshot.layers:
        if row.dead is not None and row.dead >= MANY_DEAD * row.units:
            yield (
                f"{row.dead:,} of {row.units:,} units of {row.name} are dead "
                f"({row.dead / row.units:.0%}): the same value for every sample. Try a smaller "
                "learning rate, leaky_relu, or inputs that are standardised."
            )


def _fine(snapshot: Snapshot) -> str:
    trained = _trained(snapshot)
    dead = sum(r.dead or 0 for r in snapshot.layers)
    units = sum(r.units for r in snapshot.layers)
    words = "The gradient reaches every layer"
    if len(trained) > 1:
        slopes = [r.slope for r in trained if r.slope > 0]
        spread = max(slopes) / min(slopes) if slopes else 1.0
        words += f": its elements differ by a factor of {spread:.2g} between layers"
    few = f" {dead:,} of {units:,} units are dead." if dead else " No unit is dead."
    return f"{words}.{few if units else ''}"


def _trained(snapshot: Snapshot) -> list[LayerState]:
    return [r for r in snapshot.layers if r.gradient is not None]


def _finite(row: LayerState) -> bool:
    return row.gradient is None or math.isfinite(row.gradient)


def _ratio(first: LayerState, last: LayerState) -> str:
    times = first.slope / last.slope if last.slope else math.inf
    return f"an element of it is {times:.2g} times as large in {first.name} as in {last.name}"


__all__ = ["diagnosis"]
