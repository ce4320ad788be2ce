"""The tables that `symbp bench` prints."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.bench.scaling import scaling
from symbp.bench.steps import steps


def steps_table(target: str) -> Iterator[str]:
    """Yield the lines of the comparison with NumPy by hand."""
    yield f"One training step in microseconds, {target} against NumPy by hand (interleaved)"
    yield f"{'perceptron':<16}{'generated':>11}{'by hand':>11}{'ratio':>8}   middle half"
    for row in steps(target):  # type: ignore[arg-type]
        low, high = row.spread
        yield (
            f"{row.workload:<16}{row.generated:>11.1f}{row.by_hand:>11.1f}"
            f"{row.ratio:>8.3f}   {low:.3f} to {high:.3f}"
        )


def scaling_table() -> Iterator[str]:
    """Yield the lines of derivation and emission over depth and width."""
    yield "Describe, derive and emit a tanh perceptron (NumPy target)"
    yield f"{'layers':>6}{'width':>7}{'seconds':>9}{'s/layer':>9}{'characters':>12}"
    for row in scaling():
        each = row.seconds / row.depth
        yield (f"{row.depth:>6}{row.width:>7}{row.seconds:>9.2f}{each:>9.4f}{row.characters:>12,}")
