"""Formulas: every equation and gradient of a network, for people to read, in four formats.

In: a program of forward and adjoint equations, with the names of its gradients. Out: text, LaTeX,
Markdown or HTML, each tensor in index form and, where it has one, in matrix form.

    program -> formulas             formula.py       all that is written into one tensor
            -> matrix forms         tree.py          the nodes, with their shapes
                                    elementwise.py   a scalar expression as one matrix
                                    matrix.py        sums as products (read this after tree.py)
                                    columns.py       with samples as columns
            -> a sheet              sheet.py         what is shown, in which order
            -> entries              printer.py       notation that text and LaTeX share
                                    notation.py      how names are spelled in LaTeX
                                    entries.py       the matrix notation that they share
                                    plain.py, latex.py
            -> a document           documents/       text, LaTeX, Markdown, HTML

`report.py` is what a user holds.
"""

from __future__ import annotations

from symbp.codegen.formulas.report import Formulas, Gradient

__all__ = ["Formulas", "Gradient"]
