"""Cards: all that a page says of one tensor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from symbp.codegen.formulas.documents.html.code import highlighted
from symbp.codegen.formulas.documents.html.mathml import MathML
from symbp.codegen.formulas.documents.html.more import More, Move
from symbp.codegen.formulas.entries import Entry
from symbp.codegen.formulas.latex import LatexSheet
from symbp.codegen.pictures import Graph

LANGUAGES = {"NumPy": "python", "C": "c"}
LONG = 14
"""Lines of code that are shown unfolded, at most."""


def plural(count: int, word: str) -> str:
    """Return a count with its word.

    >>> plural(1, "step"), plural(2, "step")
    ('1 step', '2 steps')
    """
    return f"{count:,} {word}{'s' * (count != 1)}"


class Cards:
    """Writes the cards of one sheet."""

    def __init__(self, printer: LatexSheet, mathml: MathML, graph: Graph, more: More) -> None:
        self.printer, self.mathml, self.more = printer, mathml, more
        self.nodes = graph.table()
        self.alike = {row[0]: (row[-1], fold.count) for fold in graph.folds for row in fold.rows}
        self.names = {t.name for t in printer.sheet.program.tensors}
        self.moves: dict[str, list[Move]] = {}
        for move in more.moves:
            self.moves.setdefault(move.target, []).append(move)

    def symbol(self, name: str) -> str:
        """Return a tensor as mathematics writes it."""
        return self.mathml.inline(self.printer.named(name)[0])

    def card(self, entry: Entry) -> Iterator[str]:
        """Yield the card of a computed tensor."""
        name = escape(entry.name)
        yield f'<article class="card" id="symbol-{name}">'
        yield f'<h3>{self.symbol(entry.name)} <code data-symbol="{name}">{name}</code>'
        yield f'<span class="shape">{escape(entry.shape)}</span>{self.badges(entry.name)}</h3>'
        yield '<div class="forms">'
        same = entry.matrix in (None, entry.index)
        yield self._form("index" if same else "index half", "Index form", entry.index)
        if not same and entry.matrix:
            yield self._form("matrix half", "Matrix form", entry.matrix)
        yield from self._code(entry.name)
        yield "</div>"
        yield from self._steps(self.moves.get(entry.name, ()))
        yield "</article>"

    def badges(self, name: str) -> str:
        """Return what is special about a tensor: that it is kept, that it stands for many."""
        node, words = self.nodes.get(name), []
        if node is not None and node.kept:
            words.append(("kept", "kept for the backward pass"))
        if name in self.alike:
            last, count = self.alike[name]
            words.append(("alike", f"{count} alike: {name} to {last}"))
        return "".join(f'<span class="badge {kind}">{escape(text)}</span>' for kind, text in words)

    def _form(self, kind: str, title: str, latex: str) -> str:
        return f'<div class="form {kind}"><h4>{title}</h4>{self.mathml.formula(latex)}</div>'

    def _code(self, name: str) -> Iterator[str]:
        for language, lines in self.more.code.items():
            own = lines.get(name, ())
            if not own:
                continue
            text = highlighted(own, LANGUAGES[language], self.names)
            label = f"{language} code of {name}"
            region = f'tabindex="0" role="region" aria-label="{escape(label)}"'
            code = f"<pre {region}><code>{text}</code></pre>"
            head = f"<h4>{language}</h4>"
            if len(own) > LONG:
                summary = f"<summary>{plural(len(own), 'line')}</summary>"
                code = f"<details>{summary}{code}</details>"
            yield f'<div class="form code half">{head}{code}</div>'

    def _steps(self, moves: Sequence[Move]) -> Iterator[str]:
        if moves:
            yield '<details class="steps"><summary>How it came about: '
            yield f"{plural(len(moves), 'step')}</summary><ol>"
            yield from (f'<li value="{m.number}">{self.move(m)}</li>' for m in moves)
            yield "</ol></details>"

    def move(self, move: Move) -> str:
        """Return a step: its rule, what it was applied to, and what came of it."""
        by = f" by {self.mathml.inline(move.by)}" if move.by else ""
        parts = [f'<p class="rule"><strong>{escape(move.rule)}</strong>{by}</p>']
        parts += self._lines("before", "from", move.before)
        parts += self._lines("using", "with", move.using)
        parts += self._lines("after", "to", move.after) if move.after else [
            '<p class="gone">Nothing reads it any more.</p>'
        ]  # fmt: skip
        return "".join(parts)

    def _lines(self, kind: str, word: str, formulas: Iterable[str]) -> Iterator[str]:
        for k, latex in enumerate(formulas):
            label = f'<span class="word">{word if k == 0 else "and"}</span>'
            yield f'<div class="line {kind}">{label}{self.mathml.formula(latex)}</div>'


def hidden(graph: Graph) -> Mapping[str, str]:
    """Return the tensors of layers that are not shown, and the one that is shown for each."""
    return {name: row[0] for fold in graph.folds for row in fold.rows for name in row[1:]}
