"""What the rounds say: medians, ratios, and the share of the machine's limit.

>>> spread([5.0, 1.0, 3.0, 2.0, 4.0])
(2.0, 4.0)
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from symbp.bench.peers.machine import CALL, OPERATIONS, PEAK
from symbp.bench.peers.ours import C_STEP, NUMPY_STEP
from symbp.bench.run import Result, Row

BASES = (C_STEP, NUMPY_STEP)
"""What ratios are to: the first of these that was timed, or else the first row that was."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row that was timed: seconds of a step, and ratios to the base's in the same round."""

    name: str
    peer: str
    ratio: float
    ratios: tuple[float, float]
    median: float
    middle: tuple[float, float]
    share: float | None
    """Of the machine's limit that is reached."""
    seconds: list[float]


@dataclass(frozen=True, slots=True)
class Report:
    """A workload's table as numbers: seconds, and operations a second of one core."""

    workload: str
    words: str
    threads: int
    operations: int
    peak: float | None
    call: float | None
    limit: float | None
    """Seconds that no step can be faster than: all operations at the peak, or a call."""
    base: str | None
    lines: list[Line]
    absent: list[tuple[str, str]]
    """Rows that were not timed, and why."""

    def as_json(self) -> dict[str, Any]:
        """Return dicts, lists, strings and numbers."""
        return asdict(self)


def report(result: Result) -> Report:
    """Sum up the rounds of a workload."""
    workload = result.workload
    timed = [row for row in result.rows if not row.trouble]
    named = {row.name: row for row in timed}
    base = next((named[name] for name in BASES if name in named), timed[0] if timed else None)
    peak, call = result.machine[PEAK], result.machine[CALL]
    known = not (peak.trouble or call.trouble)
    limits = _limits(result, peak, call) if known else None
    return Report(
        workload.name,
        workload.words(),
        result.threads,
        workload.operations(),
        OPERATIONS / median(peak.seconds) if known else None,
        median(call.seconds) if known else None,
        median(limits) if limits else None,
        base.name if base else None,
        [_line(row, base, limits) for row in timed] if base else [],
        [(row.name, row.trouble) for row in result.rows if row.trouble],
    )


def _limits(result: Result, peak: Row, call: Row) -> list[float]:
    """Return the limit in each round: all operations at the peak of all cores, or a call."""
    share = result.workload.operations() / OPERATIONS / result.threads
    rounds = zip(peak.seconds, call.seconds, strict=True)
    return [max(share * at_peak, called) for at_peak, called in rounds]


def _line(row: Row, base: Row, limits: list[float] | None) -> Line:
    ratios = _ratios(row.seconds, base.seconds)
    return Line(
        row.name,
        row.peer,
        median(ratios),
        spread(ratios),
        median(row.seconds),
        spread(row.seconds),
        median(_ratios(limits, row.seconds)) if limits else None,
        row.seconds,
    )


def _ratios(above: list[float], below: list[float]) -> list[float]:
    return [a / b for a, b in zip(above, below, strict=True)]


def spread(values: list[float]) -> tuple[float, float]:
    """Return the bounds of the middle half."""
    ordered = sorted(values)
    quarter = len(ordered) // 4
    return ordered[quarter], ordered[-1 - quarter]
