"""The losses as a picture: in the terminal, or a PNG where matplotlib is installed."""

from __future__ import annotations

import importlib.util
import io
import math
from collections.abc import Sequence


def text(losses: Sequence[float], width: int = 60, height: int = 8) -> str:
    """Return the losses as a chart in plain characters, its axis logarithmic where it can be.

    >>> print(text([8, 4, 2, 1], width=4, height=4))
             8 |*
               | *
               |  *
             1 |   *
                epoch 1 to 4
    """
    count = min(width, len(losses))
    columns = [losses[k * (len(losses) - 1) // max(count - 1, 1)] for k in range(count)]
    scaled = [math.log(v) for v in columns] if min(columns) > 0 else list(columns)
    low, high = min(scaled), max(scaled)
    unit = (high - low) / (height - 1) or 1.0
    levels = [round((v - low) / unit) for v in scaled]
    rows = []
    for level in range(height - 1, -1, -1):
        name = {height - 1: max(columns), 0: min(columns)}.get(level)
        marks = "".join("*" if at == level else " " for at in levels).rstrip()
        rows.append(f"{'' if name is None else f'{name:.4g}':>10} |{marks}".rstrip())
    return "\n".join([*rows, f"{'':12}epoch 1 to {len(losses)}"])


def png(losses: Sequence[float], title: str) -> bytes | None:
    """Return a PNG, or None where matplotlib is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        return None
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(range(1, len(losses) + 1), losses)
    axes.set(title=title, xlabel="epoch", ylabel="training loss")
    if min(losses) > 0:
        axes.set_yscale("log")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()
