"""Names of the description as identifiers of the target language.

>>> names = Names(["W1", "lambda", "α", "α_"], reserved={"lambda"})
>>> [names[n] for n in ("W1", "lambda", "α", "α_")]
['W1', 'lambda_', 'alpha', 'alpha_']
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from symbp.ir.printer import GREEK


class Names:
    """Maps each name to an ASCII identifier that is no reserved word, all of them distinct."""

    def __init__(self, names: Iterable[str], reserved: Iterable[str] = ()) -> None:
        self._taken = set(reserved)
        self._names: dict[str, str] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> str:
        """Return the identifier of a name; choose one the first time."""
        if name not in self._names:
            identifier = base = spelled(name)
            if identifier in self._taken:
                identifier = f"{base}_"
            count = 2
            while identifier in self._taken:
                identifier, count = f"{base}_{count}", count + 1
            self._taken.add(identifier)
            self._names[name] = identifier
        return self._names[name]

    def fresh(self, stem: str) -> str:
        """Return an identifier that no name has: the stem and the first free number."""
        count = 1
        while f"{stem}{count}" in self._taken:
            count += 1
        self._taken.add(f"{stem}{count}")
        return f"{stem}{count}"

    def __getitem__(self, name: str) -> str:
        return self._names[name]


def spelled(name: str) -> str:
    """Return a name in ASCII: Greek letters by their names, others by their code points.

    A leading underscore goes: such names are the module's own, and in C the compiler's.
    """
    parts = (GREEK.get(c, c if c.isascii() else f"u{ord(c):04x}") for c in name)
    text = re.sub(r"\W", "_", "".join(parts)).lstrip("_")
    return text if text[:1].isalpha() else f"t{text}"
