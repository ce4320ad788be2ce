"""The rows of a check, and how they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """The verdict on one parameter; errors are relative to the gradient's largest element."""

    parameter: str
    shape: tuple[int, ...]
    differenced: int
    kinks: int
    by_differences: float | None
    by_reference: float | None
    verdict: str
    """`ok`, or what disagrees and where."""


def agrees(rows: Sequence[Row]) -> bool:
    """Tell whether every row is in order."""
    return all(row.verdict == "ok" for row in rows)


_HEAD = ("parameter", "shape", "differenced", "vs differences", "vs reference", "verdict")


def table(rows: Sequence[Row]) -> str:
    """Return the rows as aligned text.

    >>> print(table([Row("W", (2, 4), 8, 1, 3.1e-11, 2.2e-16, "ok")]))
    parameter  shape  differenced  vs differences  vs reference  verdict
    W          2x4    8, 1 kink    3.1e-11         2.2e-16       ok
    """
    lines = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:<{w}}" for cell, w in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    shape = "x".join(map(str, row.shape)) or "scalar"
    kinks = f", {row.kinks} kink{'s' if row.kinks > 1 else ''}" if row.kinks else ""
    errors = ("-" if e is None else f"{e:.1e}" for e in (row.by_differences, row.by_reference))
    return (row.parameter, shape, f"{row.differenced}{kinks}", *errors, row.verdict)
