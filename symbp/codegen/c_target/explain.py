"""How each equation of a C module is computed, and why; and which lines compute which tensor."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.codegen.c_target.functions import Functions
from symbp.codegen.c_target.interface import Interface
from symbp.codegen.c_target.module import wrapped
from symbp.codegen.c_target.writer import Choice
from symbp.codegen.face import Options
from symbp.codegen.passage import by_target
from symbp.schedule import Plan

_WIDEST = 60
"""Longer equations push the columns behind them to the right in their own line only."""


def explain(plan: Plan, options: Options) -> str:
    """Return the choices of all functions of a module."""
    functions = Functions(Interface(plan, options))
    functions.text()
    lines = [line for name, c in functions.choices.items() for line in _table(name, c)]
    return "\n".join(lines).strip() + "\n"


def lines(plan: Plan, options: Options) -> dict[str, tuple[str, ...]]:
    """Return the lines of a C file that compute each tensor, in training if there."""
    functions = Functions(Interface(plan, options))
    functions.text()
    told = functions.passages
    return by_target([told["forward"] + told["backward"], told["predict"]], wrapped)


def _table(name: str, choices: list[Choice]) -> Iterator[str]:
    yield ""
    yield name
    width = min(_WIDEST, max((len(c.equation) for c in choices), default=0))
    kinds = max((len(c.how) for c in choices), default=0)
    for choice in choices:
        yield f"    {choice.equation:<{width}}  {choice.how:<{kinds}}  {choice.why}"


__all__ = ["explain", "lines"]
