"""Layers of drawn shapes and settings, sizes of 1 included, each with its formula in autograd.

Several stand in one network, so that one compilation proves all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import autograd.numpy as anp
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from symbp import lang as bp
from tests.lang.layers.held import Arrays, hold

Draw = Callable[[st.SearchStrategy[Any]], Any]
ONES = st.integers(1, 3)


def few(count: int) -> Any:
    """Return the settings of a test that takes long for each example; nothing is made smaller."""
    return settings(
        max_examples=count, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A layer's value, and the same from all arrays by name."""

    y: bp.Handle
    reference: Callable[[Any], Any]
    values: Arrays = field(default_factory=dict)
    """Arrays that are not to be drawn as normal numbers."""


def hold_together(pieces: Sequence[Piece], target: str) -> None:
    """Hold the gradients of all pieces by everything against autograd, differences, the target."""
    wanted = [bp.target(f"wanted_{k}", *piece.y.shape) for k, piece in enumerate(pieces)]
    losses = [bp.mse(piece.y, y) for piece, y in zip(pieces, wanted, strict=True)]
    net = bp.network("pieces", loss=bp.apply(lambda *a: sum(a), *losses), output=pieces[0].y + 0)

    def reference(v: Arrays) -> Any:
        each = enumerate(pieces)
        return sum(anp.mean((piece.reference(v) - v[f"wanted_{k}"]) ** 2) for k, piece in each)

    values = {name: array for piece in pieces for name, array in piece.values.items()}
    hold(net, reference, values, by_value=False, target=target)


@dataclass(frozen=True, slots=True)
class Moved:
    """How a window moves: a size, and settings that fit it, for each axis."""

    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]


@st.composite
def moved(draw: Draw, rank: int, how: str) -> Moved:
    """Return settings of windows; how: conv, transpose, max or avg."""
    axes = []
    for _ in range(rank):
        k, s = draw(ONES), draw(ONES)
        d = 1 if how == "avg" else draw(ONES)
        reach = d * (k - 1) + 1
        if how == "transpose":
            n = draw(ONES)
            p = draw(st.integers(0, min(2, (s * (n - 1) + reach - 1) // 2)))
        else:
            p = draw(st.integers(0, k // 2 if how in ("max", "avg") else 2))
            least = max(1, reach - 2 * p)
            n = draw(st.integers(least, least + 2))
        axes.append((n, k, s, p, d))
    return Moved(*zip(*axes, strict=True))
