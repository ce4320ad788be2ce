"""Which classes are taken for which: counted, in the terminal, and in words.

>>> found = Confusion(("cat", "dog"), np.array([[8, 2], [0, 5]]))
>>> print(found.text())
true \\ read  cat  dog
cat            8    2
dog            .    5
cat is read as dog twice of 10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from symbp.train.data import Array, Data
from symbp.train.report import compared, middle

Counts = np.ndarray[Any, np.dtype[np.int_]]

WIDEST = 20
"""More classes than this are told by their worst pairs alone."""
WORST = 5


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts by true class (rows) and by what was read (columns)."""

    classes: tuple[str, ...]
    counts: Counts

    def text(self) -> str:
        """Return the matrix, and the pairs that are confused most often."""
        lines = self._table() if len(self.classes) <= WIDEST else []
        return "\n".join([*lines, *self.words()])

    def words(self) -> list[str]:
        """Return the pairs that are confused most often, the worst first."""
        wrong = self.counts - np.diag(np.diag(self.counts))
        order = np.argsort(-wrong, axis=None, kind="stable")[:WORST]
        pairs = [divmod(int(k), len(self.classes)) for k in order]
        found = [
            f"{self.classes[a]} is read as {self.classes[b]} {_times(int(wrong[a, b]))} of "
            f"{self.counts[a].sum()}."
            for a, b in pairs
            if wrong[a, b]
        ]
        return found or ["No class is taken for another."]

    def _table(self) -> list[str]:
        rows = [("true \\ read", *self.classes)]
        for name, row in zip(self.classes, self.counts, strict=True):
            rows.append((name, *(str(n) if n else "." for n in row)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return [
            "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])
            for row in rows
        ]


def confusion(
    module: ModuleType, params: Mapping[str, Array], data: Data
) -> Confusion | None:  # fmt: skip
    """Return which classes are taken for which; None where the network tells no classes."""
    pair = compared(module, params, data)
    found = None if pair is None else _classes(*pair)
    if found is None:
        return None
    wanted, read, count = found
    counts = np.zeros((count, count), dtype=np.int_)
    np.add.at(counts, (wanted.reshape(-1), read.reshape(-1)), 1)
    names = data.classes if len(data.classes) == count else tuple(map(str, range(count)))
    return Confusion(names, counts)


def _classes(output: Array, wanted: Array) -> tuple[Array, Array, int] | None:
    """Return true classes and those that are read, as numbers, and how many there are."""
    if output.ndim == wanted.ndim + 1:
        return wanted, output.argmax(-1), output.shape[-1]
    values = set(np.unique(wanted).tolist())
    if values <= {0.0, 1.0} and wanted.ndim > 1 and wanted.shape[-1] > 1:
        if np.all(wanted.sum(-1) == 1):
            return wanted.argmax(-1), output.argmax(-1), wanted.shape[-1]
        return None
    if values <= {0.0, 1.0} or values == {-1.0, 1.0}:
        limit = middle(output, wanted)
        return (wanted > 0).astype(np.intp), (output > limit).astype(np.intp), 2
    return None


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


__all__ = ["Confusion", "confusion"]
