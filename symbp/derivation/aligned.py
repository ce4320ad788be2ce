"""Three forms, side by side: of each tensor its index form, its matrix form, and its code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    shown = [entry.name for _, entries in formulas.sections() for entry in entries]
    numpy, c = _gathered(numpy, shown), _gathered(c, shown)
    for (title, plain), (_, formal) in zip(texts, latexes, strict=True):
        for text, latex in zip(plain, formal, strict=True):
            name = text.name
            yield Aligned(name, title, text, latex, numpy.get(name, ()), c.get(name, ()))


def _gathered(
    code: Mapping[str, tuple[str, ...]], shown: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return the lines of each tensor that is shown, with those of what serves it alone.

    Passes name what they split off after where it came from: dz_terms, dW_inner.

    >>> _gathered({"dz_terms": ("a",), "dz": ("b",), "v1": ("c",)}, ["z", "dz"])
    {'dz': ('a', 'b')}
    """
    found: dict[str, dict[tuple[str, ...], None]] = {}
    for name, lines in code.items():
        owners = [s for s in shown if name == s or name.startswith(f"{s}_")]
        if owners:
            found.setdefault(max(owners, key=len), {})[lines] = None
    return {name: tuple(line for lines in parts for line in lines) for name, parts in found.items()}


__all__ = ["Aligned", "aligned"]
