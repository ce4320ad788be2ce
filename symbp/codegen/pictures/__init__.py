"""Pictures: a network and its adjoint as a graph, in SVG, DOT and Mermaid.

In: the forward and the backward phase of a plan. Out: text. Nothing but this package draws.

    phases -> graph     graph.py     tensors, where they are read, what is kept
                        fold.py      layers that are alike are drawn once
           -> layout    layout.py    rows and columns of boxes (SVG alone needs them)
           -> text      svg.py, dot.py, mermaid.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from symbp.codegen.pictures import dot, mermaid, svg
from symbp.codegen.pictures.graph import Graph, draw

FORMATS: Mapping[str, Callable[[Graph], str]] = {
    "svg": svg.picture, "dot": dot.picture, "mermaid": mermaid.picture,
}  # fmt: skip

__all__ = ["FORMATS", "Graph", "draw"]
