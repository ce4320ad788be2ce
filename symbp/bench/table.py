"""The tables that `symbp bench` prints."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.bench.gradients import Row
from symbp.bench.report import Line, Report
from symbp.bench.scaling import DEEP, deep, scaling


def workload_table(report: Report) -> Iterator[str]:
    """Yield the lines of a workload: ratios first, microseconds then, and what is absent."""
    threads = "1 thread" if report.threads == 1 else f"{report.threads} threads"
    yield f"{report.workload}: {report.words}, {threads}"
    yield _limit(report)
    heads = (
        f"{'ratio':>9}  {'middle half':<18}{'us a step':>11}  {'middle half':<22}{'of limit':>9}"
    )
    yield f"{'':<30}{heads}"
    for line in report.lines:
        yield _row(line)
    for name, reason in report.absent:
        yield f"{name:<30}  {reason}"


def _limit(report: Report) -> str:
    if report.peak is None or report.call is None or report.limit is None:
        return f"{report.operations:,} operations; the machine's limit is not known here"
    return (
        f"{report.operations:,} operations, {report.peak / 1e9:.1f} GFLOP/s a core, "
        f"{report.call * 1e6:.3f} us a call: the limit is {report.limit * 1e6:.3f} us a step"
    )


def _row(line: Line) -> str:
    ratios = " to ".join(f"{value:.3g}" for value in line.ratios)
    middle = " to ".join(f"{value * 1e6:.4g}" for value in line.middle)
    share = "" if line.share is None else f"{line.share:.1%}"
    return (
        f"{line.name:<30}{line.ratio:>9.3g}  {ratios:<18}"
        f"{line.median * 1e6:>11.4g}  {middle:<22}{share:>9}"
    )


def scaling_table() -> Iterator[str]:
    """Yield the lines of derivation and emission over depth and width."""
    yield "Describe, derive and emit a tanh perceptron (NumPy target)"
    yield f"{'layers':>6}{'width':>7}{'seconds':>9}{'s/layer':>9}{'characters':>12}"
    for row in scaling():
        each = row.seconds / row.depth
        yield (f"{row.depth:>6}{row.width:>7}{row.seconds:>9.2f}{each:>9.4f}{row.characters:>12,}")


def deep_table() -> Iterator[str]:
    """Yield the lines of residual networks over depth."""
    yield "Describe, derive and emit a residual network with batch norm (NumPy and C, float32)"
    names = ("layers", "seconds", "s/layer", "compile", "NumPy", "C")
    yield (
        "".join(f"{n:>{w}}" for n, w in zip(names, (6, 9, 9, 9, 12, 12), strict=True))
        + "  characters"
    )
    for row in map(deep, DEEP):
        yield (
            f"{row.depth:>6}{row.seconds:>9.1f}{row.seconds / row.depth:>9.3f}"
            f"{row.compiling:>9.1f}{row.numpy:>12,}{row.c:>12,}"
        )


def gradient_heads() -> Iterator[str]:
    """Yield the head of the table of gradients."""
    yield "Gradients by every parameter and input against torch's, float64: the largest difference"
    yield "of each case, in units of its largest gradient"
    yield f"{'':<34}{'':<38}{'tensors':>8}{'loss':>10}{'gradients':>11}"


def gradient_line(row: Row) -> str:
    """Return the line of a case."""
    flag = "" if row.agrees() else "  disagrees"
    return (
        f"{row.case.covers:<34}{row.case.words:<38}{row.gradients:>8}"
        f"{row.loss:>10.1e}{row.off:>11.1e}{flag}"
    )
