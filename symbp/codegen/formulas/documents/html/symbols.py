r"""Symbols: where a formula in LaTeX names a tensor, so that a page can light it up.

The names stand as `Notation` spells them: `W^{(1)}_{i,j}`, `\delta^{(2)}`, `\nabla_{W} L`. Each is
taken out and a letter that no formula has is put in its place.

>>> from symbp.codegen.formulas.sheet import lay_out
>>> from symbp.ir.text import parse
>>> program = parse("input x[N]\nparam w\nL = sum[n](w * x[n])\ndw = sum[n](x[n])")
>>> symbols = Symbols(lay_out("line", program, "L", {"w": "dw"}))
>>> symbols.taken(r"\nabla_{w} L = x^{\top} \mathbf{1}").found
[('dw', '\\nabla_{w} L'), ('x', 'x^{\\top}')]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from symbp.codegen.formulas.sheet import Sheet

FIRST = 0xE000
"""The first letter of the private use area."""
_WORD = re.compile(r"\\(?:mathrm|text|operatorname|begin|end)\{[^{}]*\}|\\[a-zA-Z]+|\\.")


@dataclass(slots=True)
class Taken:
    """A formula without its symbols; the k-th of them is the letter `FIRST + k`."""

    text: str = ""
    found: list[tuple[str, str]] = field(default_factory=list)
    """Names of tensors, and how the formula writes them."""

    def put(self, name: str, latex: str) -> str:
        self.found.append((name, latex))
        return chr(FIRST + len(self.found) - 1)


class Symbols:
    """Finds the tensors of a sheet in its formulas."""

    def __init__(self, sheet: Sheet) -> None:
        notation, adjoints = sheet.notation, sheet.adjoints
        own = [t.name for t in sheet.program.tensors if t.name not in adjoints]
        self.heads = {notation.tensor(n, after=mark): n for n in own for mark in (r"\top", "")}
        for name, number in sheet.layers.items():
            self.heads |= {f"\\delta^{{({number}){mark}}}": name for mark in (r"\top", "")}
        self.indices = tuple(map(notation.symbol, notation.symbols))
        self.adjoint = {tensor: name for name, tensor in adjoints.items()}
        self.scalars = {t.name for t in sheet.program.tensors if not t.shape}
        self.partial = f"\\frac{{\\partial {notation.loss}}}{{\\partial "
        self.nabla, self.loss = "\\nabla_{", f" {notation.loss}"
        longest = sorted(self.heads, key=lambda head: (-len(head), head))
        self.head = re.compile("|".join(re.escape(head) for head in longest) or r"(?!)")

    def taken(self, latex: str) -> Taken:
        """Return a formula with its symbols taken out."""
        taken = Taken()
        taken.text = self._take(latex, taken, under=False)
        return taken

    def _take(self, latex: str, taken: Taken, under: bool) -> str:
        text, place, depth, indices = "", 0, 0, [0] if under else []
        while place < len(latex):
            end = self._derivative(latex, place, taken) or self._tensor(
                latex, place, taken, bool(indices)
            )
            if end:
                text, place = text + end[0], end[1]
                continue
            word = _WORD.match(latex, place)
            piece = word.group() if word else latex[place]
            depth += (piece == "{") - (piece == "}")
            if piece == "{" and text.endswith("_"):
                indices.append(depth)
            elif piece == "}" and indices and depth < indices[-1]:
                indices.pop()
            text, place = text + piece, place + len(piece)
        return text

    def _derivative(self, latex: str, place: int, taken: Taken) -> tuple[str, int] | None:
        """Take the derivative of the loss by a tensor that stands at a place."""
        for begin, close in ((self.partial, ""), (self.nabla, self.loss)):
            if not latex.startswith(begin, place):
                continue
            head = self.head.match(latex, place + len(begin))
            name = self.adjoint.get(self.heads[head.group()]) if head else None
            end = _closing(latex, place + len(begin))
            if name is not None and latex.startswith(close, end):
                whole = latex[place : end + len(close)]
                return taken.put(name, whole), place + len(whole)
        return None

    def _tensor(self, latex: str, place: int, taken: Taken, under: bool) -> tuple[str, int] | None:
        """Take the tensor at a place, with its indices; a bare letter under another is an index."""
        head = self.head.match(latex, place)
        if head is None or latex[place : place + 1].isspace():
            return None
        name, end = self.heads[head.group()], head.end()
        letter = head.group()[-1].isalpha() and head.group().startswith("\\")
        if letter and latex[end : end + 1].isalpha():
            return None
        indexed = latex.startswith("_{", end)
        if not indexed and name not in self.scalars and (under or head.group() in self.indices):
            return None
        if any("_" in i and latex.startswith(i, place) for i in self.indices):  # the index t_2
            return None
        if not indexed:
            return taken.put(name, head.group()), end
        stop = _closing(latex, end + 2)
        shown = f"{head.group()}_{{{self._take(latex[end + 2 : stop - 1], taken, under=True)}}}"
        if "^" not in head.group() and latex.startswith("^{", stop):  # a power, above the indices
            start, stop = stop, _closing(latex, stop + 2)
            shown += f"^{{{self._take(latex[start + 2 : stop - 1], taken, under=under)}}}"
        return taken.put(name, shown), stop


def _closing(latex: str, place: int) -> int:
    """Return the place after the brace that closes the group in which a place is."""
    depth = 1
    while depth and place < len(latex):
        escape = latex[place] == "\\"
        depth += 0 if escape else (latex[place] == "{") - (latex[place] == "}")
        place += 2 if escape else 1
    return place
