"""A picture of the tables: one panel for each workload, microseconds of a step as bars."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from symbp.artifact import write
from symbp.bench.report import Report
from symbp.errors import TargetError

OURS, THEIRS = "#2a6f97", "#b8c4cc"


def plot(reports: Sequence[Report], path: Path) -> None:
    """Draw to a file whose ending says how: .svg, .png, .pdf.

    Raises:
        TargetError: matplotlib is not installed, or does not know the ending.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise TargetError(
            "a plot needs matplotlib", remedy='Install it: pip install "symbp[plot]"'
        ) from None
    mpl.rcParams["svg.hashsalt"] = "symbp"  # so that the same figures give the same file
    height = sum(1.2 + 0.22 * len(report.lines) for report in reports)
    figure = Figure(figsize=(8, height), layout="constrained")
    sizes = [3 + len(report.lines) for report in reports]
    panels = figure.subplots(len(reports), squeeze=False, height_ratios=sizes)[:, 0]
    for panel, report in zip(panels, reports, strict=True):
        _panel(panel, report)
    picture = io.BytesIO()
    kind = path.suffix.removeprefix(".")
    try:
        figure.savefig(picture, format=kind, metadata={"Date": None} if kind == "svg" else None)
    except ValueError:
        raise TargetError(
            f"there is no plot of the kind {kind!r}", remedy="End the name with .svg or .png."
        ) from None
    write({path: picture.getvalue()})


def _panel(panel: Any, report: Report) -> None:
    lines = list(reversed(report.lines))
    times = [line.median * 1e6 for line in lines]
    colours = [OURS if line.peer == "symbp" else THEIRS for line in lines]
    labels = [f"{line.median * 1e6:.3g} us ({line.ratio:.3g})" for line in lines]
    bars = panel.barh([line.name for line in lines], times, color=colours)
    panel.bar_label(bars, labels, padding=3, fontsize=7)
    if report.limit is not None:
        panel.axvline(report.limit * 1e6, color="black", linewidth=0.8, linestyle="dotted")
    panel.set_xscale("log")
    panel.margins(x=0.3)
    panel.tick_params(labelsize=7)
    panel.spines[["top", "right"]].set_visible(False)
    threads = "1 thread" if report.threads == 1 else f"{report.threads} threads"
    panel.set_title(f"{report.workload}: {report.words}, {threads}", fontsize=8, loc="left")
