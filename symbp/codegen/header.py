"""What stands at the top of every generated file: the network, its provenance, its licence."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterable, Sequence

from symbp.ir.program import Equation, Program, Tensor
from symbp.ir.text import scalar, show, text
from symbp.version import VERSION

LICENCE = "SPDX-License-Identifier: MIT-0"


def fingerprint(program: Program) -> str:
    """Return a hash of the network's meaning: its declarations and equations."""
    return hashlib.sha256(text(program).encode()).hexdigest()[:16]


def header(
    title: str, program: Program, source: str, command: str, notes: Iterable[str] = ()
) -> list[str]:
    """Return the lines of a header, without comment marks."""
    origin = f" from {source}" if source else ""
    return [
        title,
        "",
        *(f"    {line}" for line in text(program).splitlines()),
        "",
        "dV stands for d loss / d V. Rows are samples.",
        *notes,
        "",
        f"Made by symbp {VERSION}{origin} (network {fingerprint(program)}):",
        f"    {command}",
        "Do not edit: change the description and build again.",
        f"This file is yours to use as you like. {LICENCE}",
    ]


def shape_text(tensor: Tensor) -> str:
    """Return a shape as people write it: (N, 4)."""
    inner = ", ".join(scalar(n) for n in tensor.shape)
    return f"({inner},)" if len(tensor.shape) == 1 else f"({inner})"


def formula(group: Sequence[Equation]) -> list[str]:
    """Return the equations of one target as text, on one line where they have the same target."""
    lines = [show(group[0])]
    for equation in group[1:]:
        if equation.op == "sum" and equation.target == group[0].target:
            term = show(equation).partition(" = ")[2]
            minus = term.startswith("-")
            lines[-1] += f" - {term[1:]}" if minus else f" + {term}"
        else:
            lines.append(show(equation, first=False))
    return lines


def wrapped(line: str, width: int = 100) -> list[str]:
    """Return a line of Python, cut inside its outermost brackets where it is too long."""
    if len(line) <= width:
        return [line]
    margin = line[: len(line) - len(line.lstrip())]
    if line.lstrip().startswith("#"):
        return textwrap.wrap(
            line, width, initial_indent="", subsequent_indent=f"{margin}#     ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    opening, closing = line.find("("), line.rfind(")")
    if opening < 0 or closing < opening or '"' in line:
        return [line]
    inner = textwrap.wrap(
        line[opening + 1 : closing], width - len(margin) - 4,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    end = margin + line[closing:]
    return [line[: opening + 1], *(f"{margin}    {part}" for part in inner), end]
