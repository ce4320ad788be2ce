"""HTML: one page that works offline; a script lights symbols up, and reading needs none.

symbols.py   where a formula names a tensor
mathml.py    formulas as MathML, in pieces between which a line may end
code.py      generated code with its words coloured
cards.py     one tensor: its forms, its code, how it came about
page.py      the whole page
page.css, page.js
"""

from __future__ import annotations

from symbp.codegen.formulas.documents.html.more import More, Move
from symbp.codegen.formulas.documents.html.page import document

__all__ = ["More", "Move", "document"]
"""`document` needs the packages of the extra `html`."""
