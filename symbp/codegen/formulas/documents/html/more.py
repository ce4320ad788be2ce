"""More: what a page shows besides formulas, where somebody knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Lines = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Move:
    """A step of a derivation; equations are LaTeX."""

    number: int
    """Its place among all."""
    rule: str
    reason: str
    target: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    using: tuple[str, ...] = ()
    by: str | None = None
    """What is differentiated by, where it is the chain rule."""


@dataclass(frozen=True, slots=True)
class More:
    """Generated code and the derivation."""

    code: Mapping[str, Lines] = field(default_factory=dict)
    """Language -> tensor -> the lines that compute it."""
    moves: tuple[Move, ...] = ()
    """All steps in order."""
    told: tuple[tuple[tuple[Move, ...], str], ...] = ()
    """The same, those that repeat from layer to layer once, with what is left out in words."""
    fold: bool = True
    """Layers that are alike are shown once."""
