"""Boxes: what is drawn together, and how large it is.

A box holds one tensor, or all parameters of a row, or all gradients of a row that nothing reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from symbp.codegen.pictures.graph import Graph, Node
from symbp.codegen.pictures.ranks import rows

Column = Literal["parameters", "forward", "gradients", "backward"]
LINE, LETTER, SMALL, PAD = 22.0, 7.9, 6.7, 11.0
"""Height of a line; width of a letter of a name, and of a note; the inner margin, in pixels."""


@dataclass(frozen=True, slots=True)
class Box:
    """Tensors that are drawn together; x and y are those of the upper left corner."""

    nodes: tuple[Node, ...]
    notes: tuple[str, ...]
    """What stands beside each name: its shape, or what is read of what is given."""
    column: Column
    row: int
    fold: int | None
    """Which of the graph's folds it is part of."""
    x: float = 0.0
    y: float = 0.0

    @property
    def name(self) -> str:
        return self.nodes[0].name

    @property
    def width(self) -> float:
        lines = zip(self.nodes, self.notes, strict=True)
        letters = (len(n.label) * LETTER + len(t) * SMALL + (8 if t else 0) for n, t in lines)
        return round(max(letters) + 2 * PAD, 1)

    @property
    def height(self) -> float:
        return LINE * len(self.nodes) + 6

    @property
    def centre(self) -> float:
        return self.x + self.width / 2

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def at(self, x: float, y: float) -> Box:
        return replace(self, x=round(x, 1), y=round(y, 1))


def boxes(graph: Graph) -> list[Box]:
    """Return the boxes, in the order of the graph, without a place yet."""
    row = rows(graph)
    fold = {r[0]: k for k, each in enumerate(graph.folds) for r in each.rows}
    read = {edge.source for edge in graph.edges}
    found: dict[tuple[object, ...], list[Node]] = {}
    for node in graph.nodes:
        column = _column(node, node.name in read)
        alone = node.name if column in ("forward", "backward") else ""
        found.setdefault((column, row[node.name], fold.get(node.name), alone), []).append(node)
    return [
        Box(tuple(nodes), tuple(_note(n, key[0], graph) for n in nodes), *key[:3])  # type: ignore[arg-type]
        for key, nodes in found.items()
    ]


def _column(node: Node, read: bool) -> Column:
    if node.role == "param":
        return "parameters"
    if node.role == "gradient" and not read:
        return "gradients"
    return "backward" if node.part == "backward" else "forward"


def _note(node: Node, column: object, graph: Graph) -> str:
    shape = [node.shape] if column in ("parameters", "gradients") else []
    return "  ".join([*shape, *_given(node, graph)])


def _given(node: Node, graph: Graph) -> Sequence[str]:
    """Return what the backward pass reads of what is given: a wire across all would tell less."""
    table = graph.table()
    found = [
        table[e.source].label
        for e in graph.edges
        if e.target == node.name and node.part == "backward" and table[e.source].part == "given"
    ]
    return [f"· {', '.join(found)}"] if found else []
