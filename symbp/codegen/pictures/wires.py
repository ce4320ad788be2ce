"""Wires: how each edge of a graph goes, as a path of SVG.

What a parameter or an input hands to the backward pass has no wire: the box says it in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from symbp.codegen.pictures.boxes import Box
from symbp.codegen.pictures.graph import Edge, Graph
from symbp.codegen.pictures.ladder import Joint
from symbp.codegen.pictures.layout import Layout, to_gradients

Point = tuple[float, float]
STRAIGHT, ROUND = 14.0, 5.0
"""Half of how far a wire goes straight past the boxes of a row; the radius of a corner."""


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge on its way; the arrow's head is at `end` and points in the direction `tip`."""

    edge: Edge
    kind: str
    path: str
    end: Point
    tip: str
    at: Point | None = None
    """Where the shape is written, if it is written at this wire."""


def wires(graph: Graph, layout: Layout) -> list[Wire]:
    """Return the wires of all edges that are drawn, each tensor's shape at one of them."""
    drawn = _Drawer(graph, layout)
    found: list[Wire] = []
    named: set[str] = set()
    for edge in graph.edges:
        wire = drawn.wire(edge)
        if wire is not None and edge.source in named:
            wire = Wire(edge, wire.kind, wire.path, wire.end, wire.tip)
        if wire is not None:
            named |= {edge.source} if wire.at else set()
            # Several tensors of one box are reached by one wire.
            found += [wire] if all(wire.path != other.path for other in found) else []
    return found


class _Drawer:
    def __init__(self, graph: Graph, layout: Layout) -> None:
        self.graph = graph
        self.layout = layout
        self.entries: dict[str, list[tuple[float, str]]] = {}
        """Of each box, the wires that come in at its upper or lower edge, and those at the left."""
        for edge in graph.edges:
            source, target = layout.boxes[edge.source], layout.boxes[edge.target]
            if edge.kept:
                self._enter(f"{target.name} kept", layout.kept[edge.source], edge.source)
            elif source.column == target.column and not edge.again:
                joints = self._joints(source, target)
                self._enter(target.name, joints[-1][0] if joints else source.centre, edge.source)

    def _enter(self, key: str, place: float, source: str) -> None:
        self.entries.setdefault(key, []).append((place, source))

    def _port(self, key: str, source: str, room: float) -> float:
        """Return how far from the middle a wire comes in, beside the others."""
        order = [name for _, name in sorted(self.entries[key])]
        step = min(14.0, room / (len(order) + 1))
        return (order.index(source) - (len(order) - 1) / 2) * step

    def _joints(self, source: Box, target: Box) -> list[Point]:
        """Return the places of the joints from source to target."""
        ladder = self.layout.ladders[source.column]
        left, levels = self.layout.left[source.column], self.layout.levels
        down = source.row < target.row
        ends = (source.name, target.name) if down else (target.name, source.name)
        joints: Sequence[Joint] = ladder.joints.get(ends, ())
        found = [(left + ladder.centre[j], levels[j[2]]) for j in joints]
        return found if down else found[::-1]

    def wire(self, edge: Edge) -> Wire | None:
        boxes = self.layout.boxes
        source, target = boxes[edge.source], boxes[edge.target]
        if edge.again:
            return self._again(edge, source, target)
        if edge.kept:
            return self._kept(edge, source, target)
        if source.column == target.column:
            return self._along(edge, source, target)
        if to_gradients(source, target):
            return self._asked(edge, source, target)
        if source.column == "parameters" and target.column == "forward":
            start, end = (source.right, source.middle), (target.x, target.middle)
            half = (start[0] + end[0]) / 2
            path = f"M{_p(start)}C{_p((half, start[1]))} {_p((half, end[1]))} {_p(end)}"
            return Wire(edge, "given", path, end, "right")
        return None

    def _along(self, edge: Edge, source: Box, target: Box) -> Wire:
        """A wire down the forward pass or up the backward pass, through its joints."""
        down = source.row < target.row
        sign = 1 if down else -1
        start = (source.centre, source.bottom if down else source.y)
        port = self._port(target.name, edge.source, target.width)
        end = (target.centre + port, target.y if down else target.bottom)
        points = [start]
        for x, y in self._joints(source, target):
            points += [(x, y - sign * STRAIGHT), (x, y + sign * STRAIGHT)]
        points.append(end)
        path = f"M{_p(start)}"
        for k, (one, other) in enumerate(pairwise(points)):
            half = (one[1] + other[1]) / 2
            bend = f"C{_p((one[0], half))} {_p((other[0], half))} {_p(other)}"
            path += bend if k % 2 == 0 else f"L{_p(other)}"
        at = (start[0] + 6, start[1] + (15 if down else -7))
        return Wire(edge, source.column, path, end, "down" if down else "up", at)

    def _kept(self, edge: Edge, source: Box, target: Box) -> Wire:
        """A wire along its lane, with round corners."""
        y = target.middle + self._port(f"{target.name} kept", edge.source, target.height)
        start, end = (source.right, source.middle), (target.x, y)
        path = f"M{_p(start)}{_lane(start[1], self.layout.kept[edge.source], end)}"
        return Wire(edge, "kept", path, end, "right")

    def _asked(self, edge: Edge, source: Box, target: Box) -> Wire:
        """A wire from an adjoint to the gradients beside it: out at its top, along its lane."""
        start, end = (source.x + 12, source.y), (target.right, target.middle)
        above = source.y - ROUND - 3
        corner = f"V{above + ROUND:g}Q{_p((start[0], above))} {_p((start[0] - ROUND, above))}"
        path = f"M{_p(start)}{corner}{_lane(above, self.layout.asked[edge.source], end)}"
        return Wire(edge, "backward", path, end, "left", (source.centre + 6, start[1] - 7))

    def _again(self, edge: Edge, source: Box, target: Box) -> Wire:
        """A wire back to an earlier tensor: around the outer side of its pass."""
        right = source.column == "backward"
        sign = 1 if right else -1
        side = [b.right if right else b.x for b in (source, target)]
        out = (max(side) if right else min(side)) + sign * min(
            40.0, 18 + 4 * abs(source.row - target.row)
        )
        shift = 7.0 if source.name == target.name else 0.0
        start, end = (side[0], source.middle - shift), (side[1], target.middle + shift)
        path = f"M{_p(start)}C{_p((out, start[1]))} {_p((out, end[1]))} {_p(end)}"
        return Wire(edge, f"{source.column} again", path, end, "left" if right else "right")


def _lane(y: float, lane: float, end: Point) -> str:
    """Return a path from a height along a lane to an end, with round corners."""
    sign = 1 if end[0] > lane else -1
    bend = max(-ROUND, min(ROUND, (end[1] - y) / 2))
    return (
        f"H{lane - sign * ROUND:g}Q{_p((lane, y))} {_p((lane, y + bend))}V{end[1] - bend:g}"
        f"Q{_p((lane, end[1]))} {_p((lane + sign * ROUND, end[1]))}H{end[0]:g}"
    )


def _p(point: Point) -> str:
    return f"{point[0]:g},{point[1]:g}"
