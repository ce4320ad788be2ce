"""Three forms, side by side: of each tensor its index form, its matrix form, and its code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symbp.codegen.formulas import Formulas
from symbp.codegen.formulas.entries import Entry


@dataclass(frozen=True, slots=True)
class Aligned:
    """One tensor in all of its forms."""

    name: str
    section: str
    """Forward or Gradients."""
    text: Entry
    """Index form and, if there is one, matrix form, as text."""
    latex: Entry
    """The same in LaTeX."""
    numpy: tuple[str, ...]
    """The lines of the NumPy module that compute it; none where it is computed within others."""
    c: tuple[str, ...]
    """The lines of the C file."""


def aligned(
    formulas: Formulas, numpy: Mapping[str, tuple[str, ...]], c: Mapping[str, tuple[str, ...]],
    wrt: str | None = None,
) -> Iterator[Aligned]:  # fmt: skip
    """Yield every tensor in the order of the formulas."""
    texts, latexes = formulas.sections(wrt), formulas.sections(wrt, latex=True)
    for (title, plain), (_, formal) in zip(texts, latexes, strict=True):
        for text, latex in zip(plain, formal, strict=True):
            name = text.name
            yield Aligned(name, title, text, latex, numpy.get(name, ()), c.get(name, ()))


__all__ = ["Aligned", "aligned"]
