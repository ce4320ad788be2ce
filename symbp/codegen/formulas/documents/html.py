"""One HTML page with MathML, without scripts and without anything to load."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from symbp.codegen.formulas.latex import LatexSheet
from symbp.codegen.formulas.sheet import Sheet
from symbp.codegen.header import shape_text
from symbp.errors import TargetError

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #6b7480; --line: #d9dee4 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --paper: #14171b; --soft: #98a2ae; --line: #2c333b }
}
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 52rem; margin: 0 auto; padding: 1rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 1.5rem 0 0 }
h3 span, li span { color: var(--soft); font-weight: normal }
code { overflow-wrap: anywhere }
.formula { overflow-x: auto; padding: .3rem 0 }
math { width: max-content }
[mathvariant="bold"] { font-weight: bold }
"""

_OPERATORS = {
    "&#x022A4;": 'lspace="0em" rspace="0em"',
    "&#x02299;": 'lspace="0.22em" rspace="0.22em"',
    "&#x02016;": 'stretchy="false"',
}
"""Transposition, product of elements, norm: what browsers would set in their own way."""


def document(sheet: Sheet) -> str:
    name = escape(sheet.name)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Formulas of {name}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(_body(sheet))
        + "\n</body>\n</html>\n"
    )


def _body(sheet: Sheet) -> list[str]:
    printer, render = LatexSheet(sheet), _mathml()
    sections = printer.sections()

    def shown(formula: str) -> str:
        return f'<div class="formula">{render(formula)}</div>'

    body = [f"<h1>Formulas of {escape(sheet.name)}</h1>", "<h2>Given</h2>", "<ul>"]
    body += [f"<li>{t.role} {_titled(t.name, shape_text(t))}</li>" for t in sheet.given]
    body.append("</ul>")
    for title, entries in sections:
        body.append(f"<h2>{title}</h2>")
        for entry in entries:
            body += [f"<h3>{_titled(entry.name, entry.shape)}</h3>", shown(entry.index)]
            body += [shown(entry.matrix)] if entry.matrix not in (None, entry.index) else []
    signs = printer.legend(sections)
    return body + (["<h2>Signs</h2>", *map(shown, signs)] if signs else [])


def _titled(name: str, shape: str) -> str:
    return f"<code>{escape(name)}</code> <span>{escape(shape)}</span>"


def _mathml() -> Callable[[str], str]:
    try:
        from latex2mathml.converter import convert
    except ImportError:
        raise TargetError(
            "HTML needs the package latex2mathml", remedy='Run: pip install "symbp[html]"'
        ) from None

    def render(formula: str) -> str:
        # As a word, since browsers put a space between an operator and its brackets.
        text = str(convert(formula.replace("\\operatorname{", "\\mathrm{"), display="block"))
        for sign, attributes in _OPERATORS.items():
            text = text.replace(f"<mo>{sign}<", f"<mo {attributes}>{sign}<")
        return text

    return render
