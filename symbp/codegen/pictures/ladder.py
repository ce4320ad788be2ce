"""Ladder: boxes in given rows, placed so that what belongs together stands together.

Layers as Sugiyama, Tagawa and Toda have them (Methods for visual understanding of hierarchical
system structures, 1981): a link over several rows goes through a joint in each; rows are put in
order by the mean place of their neighbours; then each box moves as near to the mean of its
neighbours as the others in its row let it.

>>> ladder = climb({"a": (0, 20.0), "b": (1, 20.0), "c": (1, 20.0)}, [("a", "b"), ("a", "c")])
>>> ladder.centre["c"] - ladder.centre["b"], ladder.centre["a"] - ladder.centre["b"]
(44.0, 22.0)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

GAP = 24.0
"""Between neighbours in a row."""
SWEEPS = 24
LIGHT = 0.01
"""What a light box weighs where others weigh 1."""

Joint = tuple[str, str, int]
Cell = str | Joint


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where the boxes are, and which joints each link goes through."""

    centre: dict[Cell, float]
    """From the left edge of the ladder."""
    width: float
    joints: dict[tuple[str, str], tuple[Joint, ...]]
    """Of each link, from its upper end to its lower one; the last part is the row."""


def climb(
    boxes: Mapping[str, tuple[int, float]], links: Sequence[tuple[str, str]],
    light: Collection[str] = (),
) -> Ladder:  # fmt: skip
    """Return where the boxes stand.

    Args:
        boxes: the row and the width of each.
        links: pairs of boxes in different rows, the upper one first.
        light: boxes that stand first in their rows and move for the others.
    """
    rows: dict[int, list[Cell]] = {}
    near: dict[Cell, list[Cell]] = {}
    widths: dict[Cell, float] = {}
    for name, (row, width) in boxes.items():
        rows.setdefault(row, []).append(name)
        widths[name] = width
    joints: dict[tuple[str, str], tuple[Joint, ...]] = {}
    for upper, lower in links:
        between = sorted(r for r in rows if boxes[upper][0] < r < boxes[lower][0])
        joints[upper, lower] = tuple((upper, lower, row) for row in between)
        chain: list[Cell] = [upper, *joints[upper, lower], lower]
        for joint in joints[upper, lower]:
            rows[joint[2]].append(joint)
            widths[joint] = 0.0
        for one, other in pairwise(chain):
            near.setdefault(one, []).append(other)
            near.setdefault(other, []).append(one)
    levels = [rows[k] for k in sorted(rows)]
    weights = {c: LIGHT if c in light else 1.0 for c in widths}
    centre = _placed(levels, near, widths, weights)
    left = min((x - widths[c] / 2 for c, x in centre.items()), default=0.0)
    right = max((x + widths[c] / 2 for c, x in centre.items()), default=0.0)
    return Ladder({c: round(x - left, 1) for c, x in centre.items()}, right - left, joints)


def _placed(
    levels: Sequence[list[Cell]], near: Mapping[Cell, Sequence[Cell]],
    widths: Mapping[Cell, float], weights: Mapping[Cell, float],
) -> dict[Cell, float]:  # fmt: skip
    """Return the centres of all cells; levels are put in order on the way."""
    centre: dict[Cell, float] = dict.fromkeys(widths, 0.0)

    def wanted(cell: Cell) -> float:
        total = sum(weights[o] for o in near.get(cell, ()))
        return sum(weights[o] * centre[o] for o in near[cell]) / total if total else centre[cell]

    for sweep in range(SWEEPS):
        for level in levels if sweep % 2 == 0 else reversed(levels):
            places = {cell: wanted(cell) for cell in level}
            if sweep < SWEEPS // 2:
                level.sort(key=lambda c: (weights[c] == 1.0, places[c]))
            centre.update(_spread(level, places, widths, weights))
    return centre


def _spread(
    level: Sequence[Cell], wanted: Mapping[Cell, float],
    widths: Mapping[Cell, float], weights: Mapping[Cell, float],
) -> dict[Cell, float]:  # fmt: skip
    """Return the places nearest to those wanted (least squares) at which no two cells touch.

    With the distances taken off, places only have to ascend: neighbours that do not are pooled.
    """
    offset, offsets = 0.0, []
    for k, cell in enumerate(level):
        offset += (widths[level[k - 1]] + widths[cell]) / 2 + GAP if k else 0.0
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # place, weight, cells
    for cell, offset in zip(level, offsets, strict=True):
        pools.append((wanted[cell] - offset, weights[cell], 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (b, w, m), (a, v, n) = pools.pop(), pools.pop()
            pools.append(((a * v + b * w) / (v + w), v + w, n + m))
    bases = [base for base, _, count in pools for _ in range(count)]
    return {c: base + o for c, base, o in zip(level, bases, offsets, strict=True)}
