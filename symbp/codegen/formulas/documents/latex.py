"""A LaTeX document that needs amsmath."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from unicodedata import normalize

from symbp.codegen.formulas.entries import Entry, Sections
from symbp.codegen.formulas.latex import LatexSheet
from symbp.codegen.formulas.notation import escaped
from symbp.codegen.formulas.sheet import Sheet
from symbp.ir.program import Tensor

_PREAMBLE = r"""\documentclass{article}
\usepackage{amsmath}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
"""


def document(sheet: Sheet, shown: Sections | None = None, more: Sequence[str] = ()) -> str:
    """Return a sheet as LaTeX; `shown` and `more` as in the document of text."""
    printer = LatexSheet(sheet)
    sections = printer.sections() if shown is None else shown
    parts = {"Given": [_membership(t, printer) for t in sheet.given]}
    for title, entries in sections:
        parts[title] = [row for e in entries for row in (e.index, *_alike(e))]
        rows = [row for e in entries for row in (e.matrix, *_alike(e)) if row]
        parts[f"{title} in matrix form"] = rows
    found = [section(title, rows) for title, rows in parts.items() if rows]
    signs = [section("Signs", rows)] if (rows := printer.legend(sections)) else []
    heading = f"\\section*{{Formulas of {escaped(sheet.name)}}}\n"
    body = heading + "\n".join([*found, *more, *signs])
    return f"{_PREAMBLE}{_declared(body)}\\begin{{document}}\n{body}\n\\end{{document}}\n"


def _declared(body: str) -> str:
    """Declare the letters that LaTeX itself does not know, so that they can stop nothing."""
    strange = sorted({c for c in body if c > "\u017f" or not normalize("NFD", c)[0].isascii()})
    lines = [f"\\DeclareUnicodeCharacter{{{ord(c):04X}}}{{U+{ord(c):04X}}}" for c in strange]
    return "\n".join(("\\ifdefined\\DeclareUnicodeCharacter", *lines, "\\fi\n")) if lines else ""


_WIDE, _NARROW, _LEFT = 60, 30, 12
"""Letters that the right sides may have, at most and at least; the left sides for the most."""


RELATION = re.compile(r" (?:=|\\in|\\mathrel\{\+\}=) ")
"""Where the two sides of a formula meet: at the first of them."""


def section(title: str, formulas: Sequence[str]) -> str:
    """Return formulas under a title."""
    return f"\\subsection*{{{title}}}\n{display(formulas)}"


def display(formulas: Sequence[str]) -> str:
    """Return formulas one under the other, their relations aligned."""
    left = max((letters(RELATION.split(f, maxsplit=1)[0]) for f in formulas), default=0)
    width = max(_NARROW, min(_WIDE, _WIDE + _LEFT - left))
    body = " \\\\\n".join(_aligned(f, width) for f in formulas)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _alike(entry: Entry) -> list[str]:
    return [f"\\text{{({words(entry.alike)})}}"] if entry.alike else []


def words(text: str) -> str:
    """Return words as LaTeX sets them."""
    return re.sub(r"([%&#_{}])", r"\\\1", text)


def _membership(tensor: Tensor, printer: LatexSheet) -> str:
    """Return which set a given tensor is from."""
    base = r"\mathbf{R}"
    if tensor.bound is not None:
        base = f"\\{{0, \\dots, {printer(tensor.bound - 1)}\\}}"
    extents = r" \times ".join(map(printer, tensor.shape))
    space = f"{base}^{{{extents}}}" if extents else base
    return f"{printer.notation.tensor(tensor.name)} \\in {space}"


def _aligned(formula: str, width: int = 60) -> str:
    r"""Return a formula for align*, its right side broken where it is long.

    >>> print(_aligned("y = a + b + c", width=4))
    y &= a + b \\
      &\quad + c
    """
    found = RELATION.search(formula)
    if found is None:
        return f"& {formula}"
    left, relation, right = formula[: found.start()], found[0], formula[found.end() :]
    lines: list[str] = []
    for piece in pieces(right, width):
        if lines and letters(f"{lines[-1]} {piece}") <= width:
            lines[-1] += f" {piece}"
        else:
            lines.append(piece)
    return f"{left} &{relation.strip()} " + " \\\\\n  &\\quad ".join(lines)


def pieces(text: str, width: int) -> Iterator[str]:
    """Yield the terms of a formula, and the factors of a term that is too long."""
    words = _words(text)
    terms: list[list[str]] = [[]]
    for word in words:
        if word in ("+", "-") and terms[-1]:
            terms.append([])
        terms[-1].append(word)
    for term in terms:
        if letters(" ".join(term)) <= width:
            yield " ".join(term)
            continue
        for factor in term:
            inner = _BRACKETED.fullmatch(factor)
            if inner is None or letters(factor) <= width:
                yield factor
                continue
            # Brackets that grow can't be on two lines; those of a size can.
            first, *rest = pieces(inner[1], width)
            *rest, last = rest or [""]
            yield from (f"\\bigl( {first}", *rest, f"{last} \\bigr){inner[2]}")


_BRACKETED = re.compile(r"\\left\((.*)\\right\)((?:\^\{.*\})?)")
_NEST = re.compile(r"\\left(?![a-z])|\\right(?![a-z])|\\begin|\\end|\\.|[{} ]")


def _words(text: str) -> list[str]:
    """Split at the spaces outside of all braces, tall brackets and environments."""
    words, start, depth = [], 0, 0
    for found in _NEST.finditer(text):
        token = found.group()
        depth += (token in ("{", "\\left", "\\begin")) - (token in ("}", "\\right", "\\end"))
        if token == " " and depth == 0:
            words.append(text[start : found.start()])
            start = found.end()
    return [*words, text[start:]]


def letters(text: str) -> int:
    """Return about how many letters wide a formula is set."""
    text = re.sub(r"\\(frac|left|right|operatorname|mathrm|mathbf|text|begin|end)\b", "", text)
    return len(re.sub(r"[{}_^& ]", "", re.sub(r"\\[a-zA-Z]+", "x", text)))
