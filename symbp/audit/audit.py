"""From a function and a network to a verdict.

The derived gradients are the raw adjoint program's, evaluated at random points; where the
network is small enough, the reference interpreter has evaluated it too, and must agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from symbp.audit.faults import faults
from symbp.audit.judge import Attempt, Judge, Point, Verdict
from symbp.audit.points import points
from symbp.audit.probe.binding import Datum, Request
from symbp.audit.probe.run import Failure
from symbp.audit.process import ask
from symbp.errors import DataError, Source
from symbp.ir.interpret import interpret
from symbp.ir.program import Program
from symbp.verify.samples import work

SECONDS = 60.0
_CALLED = "It was called with arrays of the network's shapes: does the description fit the code?"
AFFORDABLE = 20_000
"""Up to so many evaluations the reference interpreter is asked too."""


@dataclass(frozen=True, slots=True)
class Given:
    """A network as its adjoints: the raw program, the same simplified, and its gradients."""

    raw: Program
    tidied: Program
    gradients: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Audit:
    """A verdict with the file and the function that it is about."""

    file: Path
    function: str
    text: str = field(repr=False)
    given: Given = field(repr=False)
    verdict: Verdict


def audit(
    subject: str, given: Given, maps: Mapping[str, str] | None = None,
    numbers: Mapping[str, float] | None = None, seed: int = 0, seconds: float = SECONDS,
) -> Audit:  # fmt: skip
    """Return the verdict on FILE.py:FUNCTION.

    Args:
        subject: FILE.py:FUNCTION, FILE.py:CLASS, FILE.py:CLASS.METHOD, or FILE.py for a loop that
            stands in no function.
        maps: the network's name for each of the code's that is not matched by itself.
        numbers: what other arguments are given.

    Raises:
        DataError: the file can't be read, or its code can't be called as it stands.
    """
    file, function = _parted(subject)
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} can't be read: {error}", remedy="Check the path.") from None
    sample = tuple(points(given.raw, seed))
    request = request_for(file, function, given, sample, maps or {}, numbers or {})
    outcome = ask(request, sample, seconds)
    if isinstance(outcome, Failure):
        raise _refused(outcome, file, text)
    return Audit(file, function, text, given, decide(outcome, given, sample))


def decide(attempts: Sequence[Attempt], given: Given, sample: Sequence[Point]) -> Verdict:
    """Return the verdict on what the code gave."""
    judge = Judge(sample, given.gradients)
    _confirm(judge, given, sample[0])
    return judge.judge(attempts, given.raw, faults(given.raw, given.tidied))


def _confirm(judge: Judge, given: Given, point: Point) -> None:
    """Let the reference interpreter confirm what is right."""
    if work(given.raw, point.sizes) <= AFFORDABLE:
        reference = interpret(given.raw, point.values, sizes=point.sizes)
        for name, right in judge.predicted(given.raw, 0).items():
            wanted = reference[given.gradients[name]].astype(float)
            assert np.allclose(right, wanted, rtol=1e-9, atol=1e-12), name


def _parted(subject: str) -> tuple[Path, str]:
    file, _, function = subject.rpartition(":")
    if subject.endswith(".py"):
        file, function = subject, ""
    if not file.endswith(".py"):
        raise DataError(
            f"{subject} names no function", remedy="Give FILE.py:FUNCTION, or FILE.py:CLASS."
        )
    return Path(file), function


def request_for(
    file: Path, function: str, given: Given, sample: Sequence[Point], maps: Mapping[str, str],
    numbers: Mapping[str, float],
) -> Request:  # fmt: skip
    values = sample[0].values
    data = [
        Datum(t.name, t.role, None if t.bound is None else int(t.bound))
        for t in given.raw.having("input", "target", "label")
    ]
    unknown = [n for n in maps.values() if n not in values]
    if unknown:
        raise DataError(f"the network has no {unknown[0]}", remedy=f"It has {', '.join(values)}.")
    shapes = {n: values[n].shape for n in given.gradients}
    return Request(str(file.resolve()), function, shapes, data, maps, numbers)


def _refused(failure: Failure, file: Path, text: str) -> DataError:
    lines = text.splitlines()
    source = None
    if failure.line is not None and failure.line <= len(lines):
        shown = lines[failure.line - 1]
        source = Source(str(file), failure.line, 1, shown, len(shown))
    message = failure.message if source else f"{file}: {failure.message}"
    return DataError(message, source=source, remedy=failure.remedy or _CALLED)
