"""Layout: where everything of a picture is, in pixels.

From left to right: parameters, the forward pass going down, a lane for each value that is kept,
the gradients asked for, the backward pass going up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from symbp.codegen.pictures.boxes import Box, Column, boxes
from symbp.codegen.pictures.graph import Edge, Graph
from symbp.codegen.pictures.ladder import Ladder, climb

ROW_GAP, COLUMN_GAP, LANE, GAP, MARGIN, HEAD = 40.0, 44.0, 11.0, 18.0, 16.0, 34.0


PASSES: tuple[Column, Column] = ("forward", "backward")


@dataclass(frozen=True, slots=True)
class Frame:
    """Around layers that are drawn once for all of them."""

    x: float
    y: float
    width: float
    height: float
    count: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes in their places, by the names of all tensors, and what is between them."""

    boxes: dict[str, Box]
    ladders: dict[Column, Ladder]
    """The two passes, whose joints tell how their longer edges go."""
    left: dict[Column, float]
    """Where each column begins."""
    levels: tuple[float, ...]
    """The middle of each row."""
    kept: dict[str, float]
    """Of each value that is kept, where its lane is."""
    asked: dict[str, float]
    """The same of each adjoint that a gradient is made of."""
    frames: tuple[Frame, ...]
    width: float
    height: float


def lay_out(graph: Graph) -> Layout:
    """Return the layout of a graph."""
    found = boxes(graph)
    home = {node.name: box for box in found for node in box.nodes}
    ladders = {column: _ladder(graph, found, home, column) for column in PASSES}
    heights = [0.0] * (1 + max(box.row for box in found))
    for box in found:
        heights[box.row] = max(heights[box.row], box.height)
    tops = list(accumulate((h + ROW_GAP for h in heights), initial=MARGIN + HEAD))
    levels = tuple(t + h / 2 for t, h in zip(tops, heights, strict=False))
    kept = _lanes([e for e in graph.edges if e.kept], home)
    asked = _lanes([e for e in graph.edges if to_gradients(home[e.source], home[e.target])], home)
    left, width = _columns(found, ladders, len({*kept.values()}), len({*asked.values()}))
    placed: dict[str, Box] = {}
    for box in found:
        x = left[box.column]
        if box.column in ladders:
            x += ladders[box.column].centre[box.name] - box.width / 2
        elif box.column == "parameters":  # next to their readers
            x = left["forward"] - COLUMN_GAP - box.width
        placed |= dict.fromkeys(
            (n.name for n in box.nodes), box.at(x, levels[box.row] - box.height / 2)
        )
    starts = left["forward"] + ladders["forward"].width + COLUMN_GAP, left["backward"] - GAP
    return Layout(
        placed, ladders, left, levels,
        {n: starts[0] + LANE * k for n, k in kept.items()},
        {n: starts[1] - LANE * k for n, k in asked.items()},
        _frames(graph, placed), width, tops[-1] - ROW_GAP + MARGIN,
    )  # fmt: skip


def to_gradients(source: Box, target: Box) -> bool:
    """Tell whether an edge leads from the backward pass to the gradients beside it."""
    return source.column == "backward" and target.column == "gradients"


def _ladder(graph: Graph, found: Sequence[Box], home: Mapping[str, Box], column: Column) -> Ladder:
    own = {box.name: (box.row, box.width) for box in found if box.column == column}
    ends = [(e.source, e.target) for e in graph.edges if not e.again]
    inner = [e for e in ends if all(n in own for n in e) and own[e[0]][0] != own[e[1]][0]]
    links = [e if own[e[0]][0] < own[e[1]][0] else (e[1], e[0]) for e in inner]
    return climb(own, links, light=[n for n in own if graph[n].part == "given"])


def _columns(
    found: Sequence[Box], ladders: Mapping[Column, Ladder], kept: int, asked: int
) -> tuple[dict[Column, float], float]:
    """Return where each column begins, and the width of all."""

    def widest(column: Column) -> float:
        return max((box.width for box in found if box.column == column), default=0.0)

    left: dict[Column, float] = {"parameters": MARGIN}
    left["forward"] = MARGIN + widest("parameters") + COLUMN_GAP
    end = left["forward"] + ladders["forward"].width
    left["gradients"] = end + 2 * COLUMN_GAP + LANE * kept
    left["backward"] = left["gradients"] + widest("gradients") + COLUMN_GAP + LANE * asked
    return left, left["backward"] + ladders["backward"].width + MARGIN


def _lanes(edges: Sequence[Edge], home: Mapping[str, Box]) -> dict[str, int]:
    """Return a lane for each source; two share one where their rows are apart."""
    spans: dict[str, list[int]] = {}
    for edge in edges:
        spans.setdefault(edge.source, [home[edge.source].row]).append(home[edge.target].row)
    found: dict[str, int] = {}
    ends: list[int] = []
    for name, rows in sorted(spans.items(), key=lambda s: min(s[1])):
        free = next((k for k, end in enumerate(ends) if end < min(rows)), len(ends))
        ends[free : free + 1] = [max(rows)]
        found[name] = free
    return found


def _frames(graph: Graph, placed: Mapping[str, Box]) -> tuple[Frame, ...]:
    found = []
    for number, fold in enumerate(graph.folds):
        inner = [box for box in placed.values() if box.fold == number]
        x, y = min(b.x for b in inner) - 8, min(b.y for b in inner) - 20
        right, bottom = max(b.right for b in inner) + 8, max(b.bottom for b in inner) + 8
        found.append(Frame(x, y, right - x, bottom - y, fold.count))
    return tuple(found)
