"""Arguments of the form NAME=VALUE.

>>> size("N=32"), bounds("x=1:0"), assignment("rate=0.5")
(('N', 32), ('x', (0.0, 1.0)), ('rate', 0.5))
"""

from __future__ import annotations

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


def _ends(text: str) -> tuple[float, float]:
    low, high = sorted(map(float, text.split(":")))
    return low, high


def _named(text: str, convert: Callable[[str], T], form: str, option: str) -> tuple[str, T]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), convert(value)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not {form}", param_hint=option) from None


__all__ = ["assignment", "bounds", "size"]
