"""What stands at the top of every generated file: the network, its provenance, its licence."""

from __future__ import annotations

import hashlib
import itertools
import re
import textwrap
from collections.abc import Iterable, Sequence

from symbp.ir.program import Equation, Program, Tensor
from symbp.ir.text import scalar, show, text
from symbp.version import VERSION

LICENCE = "SPDX-License-Identifier: MIT-0"


def fingerprint(program: Program, prediction: Program | None = None) -> str:
    """Return a hash of the network's meaning: its declarations and equations."""
    described = text(program) + (text(prediction) if prediction else "")
    return hashlib.sha256(described.encode()).hexdigest()[:16]


def _in_prediction(program: Program, prediction: Program | None) -> list[str]:
    """Return the equations of a prediction that training has not."""
    if prediction is None:
        return []
    known = set(text(program).splitlines())
    own = [line for line in text(prediction, declarations=False).splitlines() if line not in known]
    return ["", "In a prediction:", *(f"    {piece}" for line in own for piece in _folded(line))]


def plain(name: str) -> str:
    r"""Return a file's name with nothing in it that could end a comment or a docstring.

    >>> plain('nets/a*b??\\N{DASH}.bp')
    'nets/a_b___N_DASH_.bp'
    """
    return re.sub(r"[^\w ./:+@=,-]", "_", name)


def header(
    title: str, program: Program, source: str, command: str, notes: Iterable[str] = (),
    prediction: Program | None = None,
) -> list[str]:  # fmt: skip
    """Return the lines of a header, without comment marks."""
    origin = f" from {source}" if source else ""
    return [
        title,
        "",
        *(f"    {piece}" for line in text(program).splitlines() for piece in _folded(line)),
        *_in_prediction(program, prediction),
        "",
        "dV stands for d loss / d V. Rows are samples.",
        *notes,
        "",
        f"Made by symbp {VERSION}{origin} (network {fingerprint(program, prediction)}):",
        f"    {command}",
        "Do not edit: change the description and build again.",
        f"This file is yours to use as you like. {LICENCE}",
    ]


def _folded(line: str, width: int = 96) -> list[str]:
    """Return an equation on as many lines as it needs."""
    return textwrap.wrap(
        line, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def shape_text(tensor: Tensor) -> str:
    """Return a shape as people write it: (N, 4)."""
    inner = ", ".join(scalar(n) for n in tensor.shape)
    return f"({inner},)" if len(tensor.shape) == 1 else f"({inner})"


def formula(group: Sequence[Equation]) -> list[str]:
    """Return the equations of one target as text, on one line where they have the same target."""
    lines = [show(group[0])]
    for before, equation in itertools.pairwise(group):
        if equation.op == "sum" and equation.target == before.target:
            term = show(equation).partition(" = ")[2]
            minus = term.startswith("-")
            lines[-1] += f" - {term[1:]}" if minus else f" + {term}"
        else:
            lines.append(show(equation, first=False))
    return lines


def wrapped(line: str, width: int = 100) -> list[str]:
    """Return a line of Python, cut inside the bracket that it ends with where it is too long.

    >>> wrapped("value = f(a, b) + g(c)", 20)
    ['value = f(a, b) + g(', '    c', ')']
    >>> wrapped("value = f(a, b) * c", 16)
    ['value = (', '    f(a, b) * c', ')']
    """
    if len(line) <= width:
        return [line]
    margin = line[: len(line) - len(line.lstrip())]
    if line.lstrip().startswith("#"):
        return textwrap.wrap(
            line, width, initial_indent="", subsequent_indent=f"{margin}#     ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    spaced = any(" " in literal for literal in _LITERAL.findall(line))
    cut = None if spaced else _cut(line[len(margin) :], width - len(margin))
    if cut is None:
        return [line]
    head, inner, tail = cut
    pieces = textwrap.wrap(
        inner, width - len(margin) - 4, break_long_words=False, break_on_hyphens=False
    )
    lines = [head, *(f"    {piece}" for piece in pieces)]
    return [*(margin + each for each in lines), *wrapped(margin + tail, width)]


_LITERAL = re.compile(r'"[^"]*"')
_STATEMENT = re.compile(r"(if |return |[^\s(,]+ [-+*/]?= )(.*?)(:?)")


def _cut(line: str, width: int) -> tuple[str, str, str] | None:
    """Return a statement up to a bracket, what stands inside, and the rest.

    Where it ends with no bracket, or that one is too far out, it gets brackets of its own.
    """
    body = line.rstrip(":,")
    opening = _opening(body)
    if opening is not None and opening < width and not line.startswith("if "):
        return line[: opening + 1], body[opening + 1 : -1], line[len(body) - 1 :]
    targets, _, value = line.partition(" = ")
    if value and ", " in targets and "(" not in targets:
        return "(", targets, f") = {value}"
    found = _STATEMENT.fullmatch(line)
    return (f"{found[1]}(", found[2], f"){found[3]}") if found else None


def _opening(text: str) -> int | None:
    """Return where the bracket opens that a text ends with."""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] == ")") - (text[place] == "(")
        if depth == 0:
            return place if place < len(text) - 1 else None
    return None
