"""Markdown with ```math blocks, as code hosts show them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symbp.codegen.formulas.entries import Sections
from symbp.codegen.formulas.latex import LatexSheet
from symbp.codegen.formulas.sheet import Sheet
from symbp.codegen.header import shape_text


def document(sheet: Sheet, shown: Sections | None = None, more: Sequence[str] = ()) -> str:
    """Return a sheet as Markdown; `shown` and `more` as in the document of text."""
    printer = LatexSheet(sheet)
    sections = printer.sections() if shown is None else shown
    lines = [f"# Formulas of {code(sheet.name)}", "", "## Given", ""]
    lines += [f"- {t.role} {code(t.name)} {shape_text(t)}" for t in sheet.given]
    lines.append("")
    for title, entries in sections:
        lines += [f"## {title}", ""]
        for entry in entries:
            lines += [f"### {code(entry.name)} {entry.shape}", "", *block(entry.index)]
            lines += block(entry.matrix) if entry.matrix else []
            lines += ["```", *entry.code, "```", ""] if entry.code else []
            lines += [f"*{entry.alike}*", ""] if entry.alike else []
    lines += more
    signs = printer.legend(sections)
    lines += ["## Signs", "", *(line for s in signs for line in block(s))] if signs else []
    return "\n".join(lines).rstrip("\n") + "\n"


def code(name: str) -> str:
    """Return a name as a Markdown code span, which nothing in it can end."""
    fence = "`" * (1 + max(map(len, re.findall("`+", name)), default=0))
    pad = " " if "`" in name else ""
    return fence + pad + " ".join(name.split()) + pad + fence


def block(formula: str) -> list[str]:
    """Return a formula as the lines of a block."""
    # Some code hosts refuse this macro.
    return ["```math", formula.replace("\\operatorname{", "\\mathrm{"), "```", ""]
