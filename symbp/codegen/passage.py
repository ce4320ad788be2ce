"""Passages: which lines of a module evaluate which tensors, as the emitters have written them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from symbp.ir.program import Equation


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive lines, without their margin, and the tensors that they compute."""

    targets: tuple[str, ...]
    lines: tuple[str, ...]


def passage(equations: Iterable[Equation], lines: Sequence[str]) -> Passage:
    """Return the passage of some equations."""
    targets = dict.fromkeys(e.target.name for e in equations)
    text = textwrap.dedent("\n".join(lines)).strip("\n")
    return Passage(tuple(targets), tuple(text.splitlines()))


MARGIN = "    "
"""That of a function's body."""


def by_target(
    functions: Iterable[Iterable[Passage]], wrap: Callable[[str], Iterable[str]]
) -> dict[str, tuple[str, ...]]:
    """Return the lines of each tensor; those that compute several stand at each of them.

    Args:
        functions: the passages of each; a tensor's lines are those of the first that has any.
        wrap: cuts a line that is too long, as in the module.
    """
    found: dict[str, tuple[str, ...]] = {}
    for passages in functions:
        own: dict[str, tuple[str, ...]] = {}
        for each in passages:
            lines = [piece for line in each.lines for piece in wrap(MARGIN + line)]
            for name in each.targets:
                own[name] = (*own.get(name, ()), *(line.removeprefix(MARGIN) for line in lines))
        found = own | found
    return found
