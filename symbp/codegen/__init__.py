"""Text, and no decisions left: NumPy, C, and formulas for people.

In: a `Plan`. Out: files by name. `face.py` writes the Python functions that every target has;
`numpy_target/` and `c_target/` what computes; `formulas/` formulas as text, LaTeX and HTML;
`pictures/` graphs.
"""

from __future__ import annotations

from collections.abc import Callable

from symbp.codegen import c_target, numpy_target
from symbp.codegen.face import Options
from symbp.codegen.header import plain
from symbp.schedule import Plan

TARGETS: dict[str, Callable[[Plan, Options], dict[str, str]]] = {
    "numpy": numpy_target.emit,
    "c": c_target.emit,
}
"""Target -> function that returns the files of a module."""

__all__ = ["TARGETS", "c_target", "plain"]
