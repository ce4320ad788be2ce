"""Markdown with ```math blocks, as code hosts show them."""

from __future__ import annotations

import re

from symbp.codegen.formulas.latex import LatexSheet
from symbp.codegen.formulas.sheet import Sheet
from symbp.codegen.header import shape_text


def document(sheet: Sheet) -> str:
    printer = LatexSheet(sheet)
    sections = printer.sections()
    lines = [f"# Formulas of {_code(sheet.name)}", "", "## Given", ""]
    lines += [f"- {t.role} {_code(t.name)} {shape_text(t)}" for t in sheet.given]
    lines.append("")
    for title, entries in sections:
        lines += [f"## {title}", ""]
        for entry in entries:
            lines += [f"### {_code(entry.name)} {entry.shape}", "", *_block(entry.index)]
            lines += _block(entry.matrix) if entry.matrix else []
    signs = printer.legend(sections)
    lines += ["## Signs", "", *(line for s in signs for line in _block(s))] if signs else []
    return "\n".join(lines).rstrip("\n") + "\n"


def _code(name: str) -> str:
    """Return a name as a Markdown code span, which nothing in it can end."""
    fence = "`" * (1 + max(map(len, re.findall("`+", name)), default=0))
    pad = " " if "`" in name else ""
    return fence + pad + " ".join(name.split()) + pad + fence


def _block(formula: str) -> list[str]:
    # Some code hosts refuse this macro.
    return ["```math", formula.replace("\\operatorname{", "\\mathrm{"), "```", ""]
