"""A run as SVG pictures, where matplotlib is installed; the same run gives the same bytes."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable, Sequence
from typing import Any

from symbp.train.confusion import Confusion
from symbp.train.statistics import LayerState, Snapshot


def available() -> bool:
    """Tell whether pictures can be drawn."""
    return importlib.util.find_spec("matplotlib") is not None


def run(losses: Sequence[float], history: Sequence[Snapshot], title: str) -> bytes:
    """Return three panels over the epochs: the loss, the gradients' norms, the dead units."""
    panels: list[tuple[str, Callable[[LayerState], float | None]]] = [
        ("norm of the gradient", lambda row: row.gradient),
        ("share of dead units", lambda row: None if row.dead is None else row.dead / row.units),
    ]

    def draw(figure: Any) -> None:
        figure.suptitle(title)
        loss, *rest = figure.subplots(3, 1, sharex=True)
        loss.plot(range(1, len(losses) + 1), losses, color="black")
        wide = 0 < 10 * min(losses, default=0) < max(losses, default=0)
        loss.set(ylabel="training loss", yscale="log" if wide else "linear")
        for axes, (label, value) in zip(rest, panels, strict=True):
            for k, row in enumerate(history[-1].layers):
                values = [value(snapshot.layers[k]) for snapshot in history]
                if None not in values:
                    axes.plot([s.epoch for s in history], values, marker=".", label=row.name)
            axes.set(ylabel=label)
            if axes.lines:
                axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
        if rest[0].lines and all((y > 0).all() for y in (l.get_ydata() for l in rest[0].lines)):
            rest[0].set_yscale("log")
        rest[1].set(ylim=(-0.02, 1.02), xlabel="epoch")

    return _svg(draw, (6, 8))


def confusion(found: Confusion, title: str) -> bytes:
    """Return the matrix: rows are true classes, columns what was read; shades are shares."""
    count = len(found.classes)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        shares = found.counts / found.counts.sum(axis=1, keepdims=True).clip(min=1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (a, b), n in _cells(found):
            axes.text(
                b, a, str(n), ha="center", va="center", fontsize=8,
                color="white" if shares[a, b] > 0.5 else "black",
            )  # fmt: skip
        axes.set(title=title, xlabel="read", ylabel="true")
        axes.set_xticks(range(count), found.classes, rotation=90 if count > 10 else 0)
        axes.set_yticks(range(count), found.classes)

    side = 2.5 + 0.4 * min(count, 30)
    return _svg(draw, (side, side))


def _cells(found: Confusion) -> list[tuple[tuple[int, int], int]]:
    """Return the cells that hold a number worth writing."""
    count = len(found.classes)
    if count > 30:
        return []
    cells = ((a, b) for a in range(count) for b in range(count))
    return [((a, b), int(found.counts[a, b])) for a, b in cells if found.counts[a, b]]


def _svg(draw: Callable[[Any], None], size: tuple[float, float]) -> bytes:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "symbp", "svg.fonttype": "none"}):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


__all__ = ["available", "confusion", "run"]
