"""MathML: formulas that browsers set by themselves, broken where a line may end."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from symbp.codegen.formulas.documents.html.symbols import FIRST, Symbols
from symbp.codegen.formulas.documents.latex import letters, pieces
from symbp.errors import TargetError

WIDTH = 28
"""Letters that stand on one line in any case."""
TIGHT = ("tight", "tighter", "tightest")
"""Classes of what can't be broken and is set smaller on a phone."""
_RELATION = re.compile(r" (\\mathrel\{\+\}= |= |\\in )")
_WORDS = re.compile(r"\\(?:exp|log|sin|cos|tan|max|min|arc\w+)(?![a-z])")
_LETTER = re.compile("<mi>([\ue000-\uf8ff])</mi>")
_SIGN = "+="
_ADDED = f"\\text{{{_SIGN}}}"
_ADDS = f'<mo lspace="0.28em" rspace="0.28em">{_SIGN}</mo>'
_TALL = re.compile(r"\\(?:frac|sum|max_|min_)")
_FENCE = 'stretchy="true" fence="true"'
_OPERATORS = {
    "&#x022A4;": 'lspace="0em" rspace="0em"',
    "&#x02299;": 'lspace="0.22em" rspace="0.22em"',
    "&#x02016;": 'stretchy="false"',
}
"""Transposition, product of elements, norm: what browsers would set in their own way."""


class MathML:
    """Turns LaTeX into MathML in which each tensor is marked by its name.

    Raises:
        TargetError: the package latex2mathml is not installed.
    """

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.convert = _converter()
        self.known: dict[str, str] = {}

    def formula(self, latex: str) -> str:
        """Return a formula as a line of its own that may be broken between its terms."""
        found = _RELATION.search(latex)
        left, right = (latex[: found.end()], latex[found.end() :]) if found else ("", latex)
        shown = [f"{left}{{}}"] if left else []
        sign = ""
        for piece in pieces(right, WIDTH):
            if piece in ("+", "-"):
                sign = f"{piece} "
                continue
            piece, sign = sign + piece, ""
            if len(shown) > bool(left) and letters(f"{shown[-1]} {piece}") <= WIDTH:
                shown[-1] += f" {piece}"
            else:  # what the sign stands after is on the line before
                shown.append(f"{{}} {piece}" if piece[0] in "+-" and shown else piece)
        if _TALL.search(right):
            shown = [piece.replace("\\big", "\\bigg") for piece in shown]
        return f'<p class="formula">{"<wbr>".join(map(self.inline, shown))}</p>'

    def inline(self, latex: str) -> str:
        """Return a formula that is not broken."""
        if latex not in self.known:
            steps = min(len(TIGHT), max(0, letters(_WORDS.sub("xxx", _widest(latex))) - WIDTH) // 8)
            small = f' class="{TIGHT[steps - 1]}"' if steps else ""
            self.known[latex] = f'<math displaystyle="true"{small}>{self._row(latex)}</math>'
        return self.known[latex]

    def _row(self, latex: str) -> str:
        taken = self.symbols.taken(latex)
        text = self.convert(taken.text)
        shown = [
            f'<mrow data-symbol="{escape(name)}">{self.convert(symbol)}</mrow>'
            for name, symbol in taken.found
        ]
        while _LETTER.search(text):
            text = _LETTER.sub(lambda letter: shown[ord(letter[1]) - FIRST], text)
        return text


def _widest(latex: str) -> str:
    """Return a formula with only the longest row of its cases."""
    head, begin, rest = latex.partition("\\begin{cases}")
    rows, _, tail = rest.partition("\\end{cases}")
    return head + max(rows.split("\\\\"), key=letters) + _widest(tail) if begin else latex


def _converter() -> Callable[[str], str]:
    try:
        from latex2mathml.converter import convert
    except ImportError:
        raise TargetError(
            "HTML needs the package latex2mathml", remedy='Run: pip install "symbp[html]"'
        ) from None

    def inner(latex: str) -> str:
        # As a word, since browsers put a space between an operator and its brackets.
        latex = latex.replace("\\operatorname{", "\\mathrm{").replace(r"\mathrel{+}=", _ADDED)
        text = str(convert(latex))
        text = text[text.index(">") + 1 : text.rindex("<")]
        for sign, attributes in _OPERATORS.items():
            text = text.replace(f"<mo>{sign}<", f"<mo {attributes}>{sign}<")
        text = text.replace(f"{_FENCE} minsize", f'{_FENCE} lspace="0em" rspace="0em" minsize')
        return _under(text.replace(f"<mtext>{_SIGN}</mtext>", _ADDS))

    return inner


_BIG = re.compile(r"<msub>(?=<mo>(?:&#x02211;|max|min)</mo><mrow>)")
_TAG = re.compile(r"<(/?)msub>")


def _under(text: str) -> str:
    """Put the indices of sums under them."""
    found = _BIG.search(text)
    while found:
        depth, end = 0, found.start()
        for tag in _TAG.finditer(text, found.start()):
            depth += -1 if tag[1] else 1
            if depth == 0:
                end = tag.start()
                break
        inner = text[found.end() : end]
        text = f"{text[: found.start()]}<munder>{inner}</munder>{text[end + len('</msub>') :]}"
        found = _BIG.search(text)
    return text
