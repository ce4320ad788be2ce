"""Plain text, as a terminal shows it."""

from __future__ import annotations

from symbp.codegen.formulas.plain import PlainSheet
from symbp.codegen.formulas.sheet import Sheet
from symbp.codegen.header import shape_text


def document(sheet: Sheet) -> str:
    printer = PlainSheet(sheet)
    sections = printer.sections()
    lines = [sheet.name, "", "Given"]
    lines += [f"  {t.role} {t.name} {shape_text(t)}" for t in sheet.given]
    for title, entries in sections:
        lines += ["", title]
        for entry in entries:
            lines += [f"  {entry.name} {entry.shape}{entry.about}", f"    {entry.index}"]
            lines += [f"    {entry.matrix}"] if entry.matrix else []
    signs = printer.legend(sections)
    lines += ["", "Signs", *(f"  {sign}" for sign in signs)] if signs else []
    return "\n".join(lines) + "\n"
