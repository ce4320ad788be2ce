"""Notation: how names are spelled in LaTeX, no two alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from string import ascii_letters

from symbp.codegen.formulas.formula import formulas
from symbp.ir.printer import GREEK
from symbp.ir.program import Program

# Unicode calls the letter LAMDA.
_GREEK = {
    c: name.replace("lamda", "lambda").replace("Lamda", "Lambda") for c, name in GREEK.items()
}
_LETTERS = {c: f"\\{name}" for c, name in _GREEK.items()}
_LETTERS |= {name: f"\\{name}" for name in _GREEK.values()}
_LETTERS |= {c: c for c in ascii_letters}
_PART = re.compile(r"(\D+?)(\d*)$", re.ASCII)


class Notation:
    r"""How the names of a program are written in LaTeX, no two alike.

    Args:
        adjoints: the tensor that each adjoint belongs to.
        loss: what is differentiated; written L unless something else has that name.

    >>> from symbp.ir.text import parse
    >>> names = Notation(parse("param W1[2], h_W[2], α"))
    >>> names.tensor("W1"), names.tensor("h_W"), names.tensor("α")
    ('W^{(1)}', 'W^{(h)}', '\\alpha')
    """

    def __init__(
        self,
        program: Program,
        adjoints: Mapping[str, str] | None = None,
        loss: str | None = None,
    ) -> None:
        self.adjoints = dict(adjoints or {})
        self.loss = "L"
        self.ranks = {t.name: len(t.shape) for t in program.tensors}
        plain = [name for name in self.ranks if name not in self.adjoints]
        self.symbols = _distinct(_symbols(program), reserved=())
        taken = {*self.symbols, *plain}
        short = loss is not None and "L" not in taken
        self.tensors = _distinct([n for n in plain if n != loss or not short], reserved="δ")
        if loss in plain and not short:
            self.loss = self.tensor(loss)
        elif loss is not None and short:
            self.tensors[loss] = ("L", "")
        self.y_is_free = "Y" not in taken

    def tensor(self, name: str, under: str = "", after: str = "") -> str:
        """Return a tensor's name with indices under it and a mark (a transposition) after it."""
        if name in self.adjoints:
            inner = self.tensor(self.adjoints[name], under)
            return f"\\frac{{\\partial {self.loss}}}{{\\partial {inner}}}"
        letter, mark = self.tensors.get(name) or spell(name)
        if mark and self.ranks.get(name) == 0:
            return f"{letter}_{{{mark}}}"
        above = (f"({mark})" if mark else "") + after
        return letter + (f"^{{{above}}}" if above else "") + (f"_{{{under}}}" if under else "")

    def compound(self, name: str) -> bool:
        """Tell whether a power of the name needs brackets."""
        return name in self.adjoints or bool((self.tensors.get(name) or spell(name))[1])

    def symbol(self, name: str) -> str:
        letter, mark = self.symbols.get(name) or spell(name)
        return f"{letter}_{{{mark}}}" if mark else letter


def _symbols(program: Program) -> list[str]:
    found = {str(s): None for s in program.sizes()}
    for formula in formulas(program):
        found |= {str(i): None for i in formula.indices}
        found |= {str(i): None for term in formula.terms for i, _ in term.reduced}
    return list(found)


def _distinct(names: Iterable[str], reserved: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Spell each name; those that would look alike, or like a reserved letter, become words."""
    found = {name: spell(name) for name in names}
    count = Counter(found.values())
    letters = {_LETTERS[c] for c in reserved}
    return {
        name: (word(name), "") if count[way] > 1 or (way[0] in letters and way[1]) else way
        for name, way in found.items()
    }


def spell(name: str) -> tuple[str, str]:
    r"""Return the letter of a name and what marks it; a name without a letter is a word.

    >>> spell("h_W"), spell("W1"), spell("α")
    (('W', 'h'), ('W', '1'), ('\\alpha', ''))
    >>> spell("learning_rate")
    ('\\mathrm{learning\\_rate}', '')
    """
    parts = name.split("_")
    heads = [k for k, part in enumerate(parts) if _letter(part)]
    if not heads or not all(parts):
        return word(name), ""
    letter, number = _letter(parts[heads[-1]]) or ("", "")
    others = [_mark(part) for k, part in enumerate(parts) if k != heads[-1]]
    return letter, ",".join([*others, number] if number else others)


def _letter(part: str) -> tuple[str, str] | None:
    """Return a letter and its number, W and 1 of W1, or None where the part is a word."""
    match = _PART.match(part)
    return (_LETTERS[match[1]], match[2]) if match and match[1] in _LETTERS else None


def _mark(part: str) -> str:
    letter = _letter(part)
    if letter:
        return f"{letter[0]}_{{{letter[1]}}}" if letter[1] else letter[0]
    return part if part.isascii() and part.isdigit() else word(part)


def word(name: str) -> str:
    """Return a name of several letters, upright."""
    text = escaped(name)
    if text.isascii():
        return f"\\mathrm{{{text}}}"
    greek = "".join(f"{_LETTERS[c]}{{}}" if c in GREEK else c for c in text)
    return f"\\mathrm{{{greek}}}" if greek.isascii() else f"\\text{{{text}}}"


def escaped(name: str) -> str:
    """Return a name with nothing left in it that LaTeX, Markdown or HTML would take for markup."""
    return "".join(c if c.isalnum() else r"\_" if c == "_" else f"U+{ord(c):04X}" for c in name)
