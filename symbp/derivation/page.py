"""The page of a derivation: formulas, code and steps as one HTML file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbp.codegen.formulas.documents.html import More, Move
from symbp.derivation.aligned import Aligned
from symbp.derivation.derivation import Derivation
from symbp.derivation.documents import Shown
from symbp.derivation.telling import Told, stretches, tell


def page(derivation: Derivation, aligned: Iterable[Aligned], shown: Shown) -> str:
    """Return the page; what `shown` says of lines, steps and width is not asked.

    Args:
        aligned: the generated lines of each tensor.

    Raises:
        LanguageError: there is no parameter of this name.
        TargetError: a package of the extra `html` is not installed.
    """
    wrt = shown.wrt
    told = [t for t in tell(derivation, latex=True) if t.before != t.after]
    if wrt is not None:
        led = {id(step) for step in derivation.of(wrt)}
        told = [t for t in told if id(t.step) in led]
    rows = tuple(aligned)
    stretched = stretches(derivation, told, shown.fold)
    more = More(
        code={"NumPy": {a.name: a.numpy for a in rows}, "C": {a.name: a.c for a in rows}},
        moves=tuple(map(_move, told)),
        told=tuple((tuple(map(_move, s.steps)), s.alike) for s in stretched),
        fold=shown.fold,
    )
    return replace(derivation.formulas, columns=shown.columns).html(wrt, more)


def _move(told: Told) -> Move:
    step = told.step
    return Move(
        told.number, step.rule, step.reason, step.target, told.before, told.after, told.using,
        told.by,
    )  # fmt: skip


__all__ = ["page"]
