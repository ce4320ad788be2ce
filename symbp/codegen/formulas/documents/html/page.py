"""The page: head, contents, picture, cards."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from math import prod

from symbp.codegen.formulas.documents.html.cards import Cards, hidden, plural
from symbp.codegen.formulas.documents.html.mathml import MathML
from symbp.codegen.formulas.documents.html.more import More
from symbp.codegen.formulas.documents.html.symbols import Symbols
from symbp.codegen.formulas.entries import Sections
from symbp.codegen.formulas.latex import LatexSheet
from symbp.codegen.formulas.sheet import Sheet
from symbp.codegen.formulas.tree import ONE
from symbp.codegen.header import shape_text
from symbp.codegen.pictures import Graph, draw, svg
from symbp.schedule.plan import split
from symbp.version import VERSION


def document(sheet: Sheet, gradients: Mapping[str, str], more: More | None = None) -> str:
    """Return the page of a sheet.

    Args:
        gradients: of each parameter that is shown, the tensor that holds its gradient.

    Raises:
        TargetError: a package of the extra `html` is not installed.
    """
    return _Page(sheet, gradients, more or More()).text()


class _Page:
    def __init__(self, sheet: Sheet, gradients: Mapping[str, str], more: More) -> None:
        self.sheet, self.gradients, self.more = sheet, gradients, more
        passes = split(sheet.program, sheet.loss, gradients)
        self.graph: Graph = draw(sheet.name, *passes, gradients, more.fold)
        printer = LatexSheet(sheet)
        self.mathml = MathML(Symbols(sheet))
        self.cards = Cards(printer, self.mathml, self.graph, more)
        self.hidden = hidden(self.graph)
        sections = printer.sections()
        self.signs = printer.legend(sections)
        self.sections: Sections = [
            (title, [e for e in part if e.name not in self.hidden]) for title, part in sections
        ]

    def text(self) -> str:
        style = (svg.STYLE + _asset("page.css")).strip()
        script = _asset("page.js").strip()
        title = f"The gradients of {escape(self.sheet.name)}"
        policy = (
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
            "base-uri 'none'; form-action 'none'"
        )
        return "\n".join([
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>",
            '<a class="skip" href="#top">To the text</a>',
            *self._contents(), '<main id="top" tabindex="-1">', f"<h1>{title}</h1>",
            *self._body(), "</main>", f"<script>{script}</script>\n</body>\n</html>\n",
        ])  # fmt: skip

    def _contents(self) -> Iterator[str]:
        yield '<nav aria-label="Contents"><details open><summary>Contents</summary><ul>'
        yield '<li><a href="#given">Given</a></li><li><a href="#picture">Picture</a></li>'
        for title, entries in self.sections:
            yield f'<li><a href="#{title.lower()}">{title}</a><ul>'
            for entry in entries:
                name = escape(entry.name)
                yield f'<li><a href="#symbol-{name}" data-symbol="{name}">{name}</a></li>'
            yield "</ul></li>"
        if self.more.told:
            yield '<li><a href="#steps">Step by step</a></li>'
        if self.signs:
            yield '<li><a href="#signs">Signs</a></li>'
        yield "</ul></details></nav>"

    def _body(self) -> Iterator[str]:
        yield from self._given()
        yield from self._picture()
        about = {
            "Forward": "From inputs and parameters to the loss.",
            "Gradients": "From the loss back to each parameter; nothing here was written by hand.",
        }
        for title, entries in self.sections:
            yield f'<section aria-labelledby="{title.lower()}">'
            yield f'<h2 id="{title.lower()}">{title}</h2><p class="lead">{about[title]}</p>'
            for entry in entries:
                yield from self.cards.card(entry)
            yield "</section>"
        yield from self._steps()
        if self.signs:
            yield '<section aria-labelledby="signs"><h2 id="signs">Signs</h2>'
            yield from map(self.mathml.formula, self.signs)
            yield "</section>"
        yield f"<footer>Derived by symbp {VERSION}. Rows are samples.</footer>"

    def _given(self) -> Iterator[str]:
        given = [t for t in self.sheet.given if t.name not in self.hidden]
        numbers = [prod(t.shape, start=ONE) for t in self.sheet.given if t.role == "param"]
        known = sum(int(n) for n in numbers if n.is_Integer)
        yield '<p class="lead">' + ", ".join(filter(None, [
            f"{plural(known, 'parameter')} in {plural(len(numbers), 'tensor')}" if numbers else "",
            plural(len(self.sheet.forward), "formula") + " forward",
            f"{len(self.sheet.gradients)} back",
            plural(len(self.more.moves), "step") + " in between" if self.more.moves else "",
        ])) + ".</p>"  # fmt: skip
        yield '<section aria-labelledby="given"><h2 id="given">Given</h2><ul class="given">'
        for tensor in given:
            name, shape = escape(tensor.name), escape(shape_text(tensor))
            yield (
                f'<li id="symbol-{name}"><span class="role">{tensor.role}</span> '
                f'{self.cards.symbol(tensor.name)} <code data-symbol="{name}">{name}</code> '
                f'<span class="shape">{shape}</span>{self.cards.badges(tensor.name)}</li>'
            )
        yield "</ul></section>"

    def _picture(self) -> Iterator[str]:
        yield '<section aria-labelledby="picture"><h2 id="picture">Picture</h2><figure>'
        yield '<div class="scroll" tabindex="0" role="region" aria-label="Graph of both passes">'
        yield svg.inline(self.graph)
        yield (
            '</div><figcaption><span class="key forward"></span> forward pass, downwards '
            '<span class="key backward"></span> backward pass, upwards '
            '<span class="key kept"></span> computed forwards, kept for the backward pass. '
            "What is given and read again stands after the dot.</figcaption></figure></section>"
        )

    def _steps(self) -> Iterator[str]:
        if not self.more.told:
            return
        yield '<section aria-labelledby="steps"><h2 id="steps">Step by step</h2>'
        yield '<p class="lead">What the compiler did, in its order: from the loss to the '
        yield 'formulas above.</p><ol class="moves" hidden>'
        reason = ""
        for moves, alike in self.more.told:
            for k, move in enumerate(moves):
                if move.reason != reason:
                    reason = move.reason
                    yield f'</ol><p class="reason">{escape(reason)}</p><ol class="moves">'
                note = (
                    f' <span class="badge alike">{escape(alike)}</span>' if alike and not k else ""
                )
                summary = f"<strong>{escape(move.rule)}</strong> {self._target(move.target)}{note}"
                yield f'<li value="{move.number}"><details><summary>{summary}</summary>'
                yield f"{self.cards.move(move)}</details></li>"
        yield "</ol></section>"

    def _target(self, name: str) -> str:
        name = escape(name)
        return f'<code data-symbol="{name}">{name}</code>'


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()
