"""Arguments of the form NAME=VALUE, and those that exclude each other.

>>> size("N=32"), bounds("x=1:0"), assignment("rate=0.5")
(('N', 32), ('x', (0.0, 1.0)), ('rate', 0.5))
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import click

T = TypeVar("T")


def size(text: str) -> tuple[str, int]:
    """Return what --size says."""
    return _named(text, int, "NAME=NUMBER", "--size")


def bounds(text: str) -> tuple[str, tuple[float, float]]:
    """Return what --range says, the lower end first."""
    return _named(text, _ends, "NAME=LOW:HIGH", "--range")


def assignment(text: str) -> tuple[str, float]:
    """Return what --set says."""
    return _named(text, float, "NAME=NUMBER", "--set")


def one_report(hazards: bool, accuracy: bool, ranges: bool, table: bool) -> None:
    """Refuse options of `symbp check` that belong to different reports.

    Args:
        ranges: a range is given for the hazards.
        table: something is asked of the table of methods.
    """
    if hazards and accuracy:
        raise click.UsageError("--hazards and --accuracy are two reports: ask for one.")
    if ranges and not hazards:
        raise click.UsageError("--range is for --hazards.")
    if table and (hazards or accuracy):
        raise click.UsageError("--method, --json and --junit are for the table of methods.")


def _ends(text: str) -> tuple[float, float]:
    low, high = sorted(map(float, text.split(":")))
    if math.isnan(low) or math.isnan(high):
        raise ValueError
    return low, high


def _named(text: str, convert: Callable[[str], T], form: str, option: str) -> tuple[str, T]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), convert(value)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not {form}", param_hint=option) from None


__all__ = ["assignment", "bounds", "one_report", "size"]
