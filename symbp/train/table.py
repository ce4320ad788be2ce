"""Comma-separated text into numbers and labels; every complaint names row and column."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from symbp.errors import DataError

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})
"""Cells that say that there is no value, in lower case."""

_MEND = "Fill it in, or remove the row or the column."


@dataclass(frozen=True, slots=True)
class Table:
    """Cells by row; `header` is empty where the file has none."""

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    """The line of the file on which each row ends."""

    @property
    def width(self) -> int:
        return len(self.rows[0])

    def column(self, name: str) -> int:
        """Return the position of the column with this name or number (from 1).

        Raises:
            DataError: there is no such column.
        """
        if name in self.header:
            return self.header.index(name)
        if name.isdecimal() and 1 <= int(name) <= self.width:
            return int(name) - 1
        known = ", ".join(self.header) or f"1 to {self.width}"
        raise DataError(f"{self.file} has no column {name}", remedy=f"It has {known}.")

    def text(self, columns: Sequence[int]) -> list[list[str]]:
        """Return the columns as text, row by row.

        Raises:
            DataError: a cell is missing.
        """
        for k, row in enumerate(self.rows):
            for c in columns:
                if row[c].lower() in MISSING:
                    raise DataError(f"{self._place(k, c)} is missing", remedy=_MEND)
        return [[row[c] for c in columns] for row in self.rows]

    def numbers(self, columns: Sequence[int]) -> list[list[float]]:
        """Return the columns as numbers, row by row.

        Raises:
            DataError: a cell is missing or is no finite number.
        """
        cells = self.text(columns)
        for k, row in enumerate(cells):
            for c, cell in zip(columns, row, strict=True):
                if not is_number(cell):
                    raise DataError(f"{self._place(k, c)} is no number: {cell!r}", remedy=_MEND)
        return [[float(cell) for cell in row] for row in cells]

    def _place(self, row: int, column: int) -> str:
        """Return where a cell stands, as a person counts: from 1."""
        name = f" ({self.header[column]})" if self.header else ""
        return f"{self.file}, row {self.lines[row]}, column {column + 1}{name}"


def read_table(path: Path) -> Table:
    """Read a file; commas, semicolons and tabs are told apart by its first line.

    The first row is a header if none of its cells is a number or empty.

    Raises:
        DataError: the file is empty, not text, or has rows of different lengths.
    """
    numbered = _cells(path)
    header: tuple[str, ...] = ()
    if numbered and not any(is_number(c) or c.lower() in MISSING for c in numbered[0][1]):
        header = numbered.pop(0)[1]
    if not numbered:
        raise DataError(f"{path.name} holds no data", remedy="It needs a row for each sample.")
    width = len(header or numbered[0][1])
    for line, row in numbered:
        if len(row) != width:
            raise DataError(
                f"{path.name}, row {line} has {len(row)} cells, the rows above have {width}",
                remedy="Give every row the same number of cells.",
            )
    lines, rows = zip(*numbered, strict=True)
    return Table(path.name, header, rows, lines)


def _cells(path: Path) -> list[tuple[int, tuple[str, ...]]]:
    """Return the rows that are not blank, each with its line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            stream.seek(0)
            reader = csv.reader(stream, delimiter=max(",;\t", key=first.count), strict=True)
            cells = [(reader.line_num, tuple(c.strip() for c in row)) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{path.name} can't be read as CSV: {error}", remedy="Save it as UTF-8 text."
        ) from None
    return [(line, row) for line, row in cells if any(row)]


def is_number(cell: str) -> bool:
    """Tell whether a cell is a finite number."""
    try:
        return math.isfinite(float(cell)) and "_" not in cell
    except ValueError:
        return False
