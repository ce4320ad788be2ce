"""Tables: plain text for a terminal, HTML for a notebook.

>>> print(text([("layer", "parameters"), ("h", 1234), ("p", None)]))
layer  parameters
h           1,234
p               -
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Cell = str | int | float | None
Rows = Sequence[Sequence[Cell]]


def shown(cell: Cell) -> str:
    """Return a cell as text: thousands apart, and a dash for what there is none of."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,.3g}"


def text(rows: Rows) -> str:
    """Return rows under a head, words to the left and numbers to the right."""
    cells = [[shown(c) for c in row] for row in rows]
    right = _numbers(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def html(rows: Rows) -> str:
    """Return the same as an HTML table."""
    right = _numbers(rows)

    def line(row: Sequence[Cell], tag: str) -> str:
        cells = (
            f'<{tag} style="text-align: {"right" if r else "left"}">{escape(shown(c))}</{tag}>'
            for c, r in zip(row, right, strict=True)
        )
        return f"<tr>{''.join(cells)}</tr>"

    body = "".join(line(row, "td") for row in rows[1:])
    return f"<table><thead>{line(rows[0], 'th')}</thead><tbody>{body}</tbody></table>"


def _numbers(rows: Rows) -> list[bool]:
    """Tell of each column whether it holds numbers below its head."""
    columns = zip(*rows[1:], strict=True)
    return [any(isinstance(c, int | float) for c in column) for column in columns]
