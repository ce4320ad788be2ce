"""Lines by the tensor that they are about, and what changed between two lists of them.

>>> from symbp.ir.text import parse
>>> a = parse("input x[N]\\ny[n] = x[n]**2\\nz[n] = 2 * y[n]")
>>> b = parse("input x[N]\\ny[k] = x[k]**2\\nz[n] = 3 * y[n]")
>>> [(c.name, c.before, c.after) for c in changes(equations(a.equations), equations(b.equations))]
[('z', ('z[n] = 2 * y[n]',), ('z[n] = 3 * y[n]',))]
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from symbp.ir.program import Equation, Program, index
from symbp.ir.text import declare, show
from symbp.lang.initializers import Initial

Lines = list[tuple[Hashable, str]]
"""What is compared, and what is shown."""
Sheet = dict[str, Lines]
"""Tensor -> its lines."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was said of a tensor, and what is said now; nothing where it is not there."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def equations(found: Iterable[Equation]) -> Sheet:
    """Return the equations of each tensor; those that differ in their indices' names are equal."""
    sheet: Sheet = {}
    for equation in found:
        name = equation.target.name
        text = show(equation, name not in sheet)
        if equation.scan is not None:
            order = " reversed" if equation.scan.reverse else ""
            text += f"  (scan {equation.scan.index}{order})"
        sheet.setdefault(name, []).append((_meaning(equation), text))
    return sheet


def declarations(program: Program, initial: dict[str, Initial]) -> Sheet:
    """Return what is given, each with its shape, its default and how it begins."""
    sheet: Sheet = {}
    for tensor in program.given():
        text = declare(tensor)
        if tensor.name in initial:
            start = initial[tensor.name]
            numbers = ", ".join(f"{a:g}" for a in start.arguments)
            text += f" ~ {start.kind}{f'({numbers})' if numbers else ''}"
        sheet[tensor.name] = [(text, text)]
    return sheet


def changes(before: Sheet, after: Sheet) -> tuple[Change, ...]:
    """Return what differs of each tensor's lines, the tensors of the first sheet first."""
    found = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name, []), after.get(name, [])
        if [meaning for meaning, _ in old] != [meaning for meaning, _ in new]:
            gone, come = _without(old, new), _without(new, old)
            moved = not gone and not come
            found.append(Change(name, *(map(_shown, (old, new) if moved else (gone, come)))))
    return tuple(found)


def _without(lines: Lines, others: Lines) -> Lines:
    """Return the lines that the others lack."""
    known = {meaning for meaning, _ in others}
    return [line for line in lines if line[0] not in known]


def _shown(lines: Lines) -> tuple[str, ...]:
    return tuple(text for _, text in lines)


def _meaning(equation: Equation) -> Hashable:
    """Return an equation with its indices numbered, without the ranges that the shapes tell."""
    numbered = {i: index(f"@{k}") for k, (i, _) in enumerate(equation.ranges)}
    scan = equation.scan and (numbered[equation.scan.index], equation.scan.reverse)
    return (
        equation.target.xreplace(numbered), equation.op, equation.body.xreplace(numbered), scan,
    )  # fmt: skip


__all__ = ["Change", "Sheet", "changes", "declarations", "equations"]
