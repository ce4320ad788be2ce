"""Plain text, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.codegen.formulas.entries import Sections
from symbp.codegen.formulas.plain import PlainSheet
from symbp.codegen.formulas.sheet import Sheet
from symbp.codegen.header import shape_text


def document(sheet: Sheet, shown: Sections | None = None, more: Sequence[str] = ()) -> str:
    """Return a sheet as text.

    Args:
        shown: entries in the place of the sheet's own.
        more: lines that stand before the signs.
    """
    printer = PlainSheet(sheet)
    sections = printer.sections() if shown is None else shown
    lines = [sheet.name, "", "Given"]
    lines += [f"  {t.role} {t.name} {shape_text(t)}" for t in sheet.given]
    for title, entries in sections:
        lines += ["", title]
        for entry in entries:
            lines += [f"  {entry.name} {entry.shape}{entry.about}", f"    {entry.index}"]
            lines += [f"    {entry.matrix}"] if entry.matrix else []
            lines += [f"      {line}" for line in entry.code]
            lines += [f"  ({entry.alike})"] if entry.alike else []
    lines += ["", *more] if more else []
    signs = printer.legend(sections)
    lines += ["", "Signs", *(f"  {sign}" for sign in signs)] if signs else []
    return "\n".join(lines) + "\n"
