"""A derivation as one document: its formulas, what computes them, and the steps that led there."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from symbp.codegen.formulas.documents.latex import RELATION, display, words
from symbp.codegen.formulas.documents.markdown import block, code
from symbp.codegen.formulas.entries import Sections
from symbp.derivation.derivation import Derivation
from symbp.derivation.folding import folded, item
from symbp.derivation.telling import Told, stretches, tell


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a derivation is shown."""

    wrt: str | None = None
    """Only what leads to the gradient by this parameter."""
    steps: bool = True
    fold: bool = True
    """Layers that are alike are told once."""
    columns: bool = False
    """Samples are columns in the matrix forms, and not rows."""
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The generated lines to show at each tensor."""
    width: int | None = None
    """Lines of text are broken there."""


def text(derivation: Derivation, shown: Shown) -> str:
    """Return plain text, in unicode."""
    more = _text_steps(derivation, shown) if shown.steps else ()
    formulas = replace(derivation.formulas, columns=shown.columns)
    found = formulas.text(shown.wrt, _sections(derivation, shown), list(more))
    if shown.width is None:
        return found
    return "\n".join(p for line in found.split("\n") for p in _broken(line, shown.width))


def markdown(derivation: Derivation, shown: Shown) -> str:
    """Return Markdown with ```math blocks, as code hosts show them."""
    more = _markdown_steps(derivation, shown) if shown.steps else ()
    formulas = replace(derivation.formulas, columns=shown.columns)
    return formulas.markdown(shown.wrt, _sections(derivation, shown, latex=True), list(more))


def latex(derivation: Derivation, shown: Shown) -> str:
    """Return a LaTeX document that needs amsmath; generated lines are left out."""
    more = _latex_steps(derivation, shown) if shown.steps else ()
    formulas = replace(derivation.formulas, columns=shown.columns)
    return formulas.latex(shown.wrt, _sections(derivation, shown, latex=True), list(more))


DOCUMENTS: dict[str, Callable[[Derivation, Shown], str]] = {
    "text": text, "markdown": markdown, "latex": latex,
}  # fmt: skip
"""Format -> function that writes it."""


def _sections(derivation: Derivation, shown: Shown, latex: bool = False) -> Sections:
    """Return the entries that are shown, each with its lines."""
    formulas = replace(derivation.formulas, columns=shown.columns)
    writers = formulas.program.writers()
    found: Sections = []
    for title, entries in formulas.sections(shown.wrt, latex):
        entries = [replace(e, code=shown.lines.get(e.name, ())) for e in entries]
        if shown.fold:
            names = [e.name for e in entries]
            order, folds = folded([item(writers[n]) for n in names], names, derivation.places)
            kept = []
            for fold in folds:
                kept += [entries[order[k]] for k in fold.first]
                kept[-1] = replace(kept[-1], alike=fold.alike([names[k] for k in order]))
            entries = kept
        found.append((title, entries))
    return found


Chapter = tuple[str, list[tuple[Told, str]]]
"""Why steps were taken, and the steps, each with the words of what is left out after it."""


def _chapters(derivation: Derivation, shown: Shown, latex: bool) -> Iterator[Chapter]:
    told = tell(derivation, latex)
    if shown.wrt is not None:
        wanted = {id(step) for step in derivation.of(shown.wrt)}
        told = tuple(t for t in told if id(t.step) in wanted)
    reason = ""
    steps: list[tuple[Told, str]] = []
    for stretch in stretches(derivation, told, shown.fold):
        for k, each in enumerate(stretch.steps, 1):
            if each.step.reason != reason:
                if steps:
                    yield reason, steps
                reason, steps = each.step.reason, []
            steps.append((each, stretch.alike if k == len(stretch.steps) else ""))
    if steps:
        yield reason, steps


def _title(told: Told, by: str | None) -> str:
    return told.step.rule + (f", by {by}" if by and told.before else "")


def _text_steps(derivation: Derivation, shown: Shown) -> Iterator[str]:
    yield "Steps"
    for reason, steps in _chapters(derivation, shown, latex=False):
        yield f"  {reason}"
        for told, alike in steps:
            yield f"    {told.number}. {_title(told, told.by)}"
            yield from (f"         {line}" for line in told.before)
            yield from (f"       ⇒ {line}" for line in told.after)
            yield from (f"         as {line}" for line in told.using)
            if alike:
                yield f"    ({alike})"


def _markdown_steps(derivation: Derivation, shown: Shown) -> Iterator[str]:
    yield from ("## Steps", "")
    for reason, steps in _chapters(derivation, shown, latex=True):
        yield from (f"### {reason}", "")
        for told, alike in steps:
            by = told.step.by and code(str(told.step.by))
            yield from (f"**{told.number}.** {_title(told, by)}", "")
            rows = [RELATION.sub(lambda sign: f" &{sign[0][1:]}", line, 1) for line in _rows(told)]
            body = r" \\ ".join(rows)
            yield from block(f"\\begin{{aligned}} {body} \\end{{aligned}}")
            if alike:
                yield from (f"*{alike}*", "")


def _latex_steps(derivation: Derivation, shown: Shown) -> Iterator[str]:
    yield r"\subsection*{Steps}"
    for reason, steps in _chapters(derivation, shown, latex=True):
        yield f"\\subsubsection*{{{words(reason)}}}"
        for told, alike in steps:
            by = told.by and f"${told.by}$"
            title = words(told.step.rule) + (f", by {by}" if by and told.before else "")
            yield f"\\textbf{{{told.number}.}} {title}\n{display(_rows(told))}"
            if alike:
                yield f"\\emph{{({words(alike)})}}\n"


def _rows(told: Told) -> list[str]:
    after = [rf"\Rightarrow\; {line}" for line in told.after]
    return [*told.before, *after, *(rf"\text{{as}}\; {line}" for line in told.using)]


def _broken(line: str, width: int) -> list[str]:
    """Return a line as several that are no wider, the later ones further in."""
    margin = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line, max(width, len(margin) + 24), subsequent_indent=margin + "      ",
        break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
    ) or [line]  # fmt: skip
