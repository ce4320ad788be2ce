"""Try each convention at each point; return what went through, or the first error.

    python -m symbp.audit.probe FOLDER

reads FOLDER/request.json and FOLDER/points.npz, and writes FOLDER/answer.json and
FOLDER/gradients.npz. What the code prints is dropped.
"""

from __future__ import annotations

import io
import json
import math
import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from symbp.audit.probe.binding import Convention, Datum, Giver, Request, conventions
from symbp.audit.probe.calls import Call, UnusableError
from symbp.audit.probe.subject import Subject

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = dict[str, Array]

MEMORY = 4 * 2**30
"""Bytes of address space."""


@dataclass
class Answer:
    """What one convention gave: gradients at each point, by the network's parameters."""

    words: str
    called: dict[str, str]
    gradients: list[Arrays] = field(default_factory=list)
    updated: list[Arrays] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why no convention went through: what was raised, and in which line of the file."""

    message: str
    line: int | None = None
    remedy: str = ""


def probe(request: Request, points: Sequence[Mapping[str, Array]]) -> list[Answer] | Failure:
    """Return an answer for each convention that goes through, or why none does."""
    text = Path(request.file).read_text("utf-8")
    try:
        subject = Subject(request.file, text)
    except SyntaxError as error:
        remedy = "See whether the file runs by itself."
        return Failure(f"this is no Python: {error.msg}", error.lineno, remedy)
    answers: list[Answer] = []
    failures: list[Failure] = []
    labels = any(d.classes for d in request.data)
    for way in conventions(labels):
        try:
            answers.append(_answer(request, subject, points, way))
        except UnusableError as error:
            message, _, remedy = str(error).partition(". ")
            failures.append(Failure(message, remedy=remedy or "Check the name."))
        except Exception as error:  # the code's own: the next convention may suit it
            failures.append(Failure(f"{type(error).__name__}: {error}", _line(error, request.file)))
    return answers or max(failures, key=_telling)


def _telling(failure: Failure) -> tuple[bool, bool, int]:
    """Rank failures: what went furthest tells most, and shapes that don't fit tell least."""
    shapes = failure.message.startswith(("ValueError", "IndexError"))
    return failure.line is None, not shapes, failure.line or 0


def _answer(
    request: Request, subject: Subject, points: Sequence[Mapping[str, Array]], way: Convention
) -> Answer:
    answer = Answer(way.words, {})
    for values in points:
        giver = Giver(request, subject, values, way)
        np.random.seed(0)
        with (
            redirect_stdout(io.StringIO()),
            redirect_stderr(io.StringIO()),
            np.errstate(all="ignore"),
        ):
            effects = Call(subject, giver).run()
        lacking = [n for n in giver.owned if n not in effects.gradients]
        if lacking:
            raise UnusableError(
                f"no gradient was found for {', '.join(lacking)}."
                f" Return it as d{lacking[0]}, or update the parameter in place."
            )
        own = giver.owned.items()
        answer.gradients.append({p: giver.back(p, effects.gradients[n]) for n, p in own})
        if effects.updated:
            answer.updated.append({p: giver.back(p, effects.updated[n]) for n, p in own})
        answer.called.update({p: n for n, p in own})
    return answer


def _line(error: BaseException, file: str) -> int | None:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    return frames[-1].lineno if frames else None


def _limit(seconds: int) -> None:
    """Bound this process in time from now on, and in memory, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the other end has a clock
        return
    end = math.ceil(time.process_time()) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (end, end + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main(folder: str) -> None:
    """Answer the request in a folder."""
    _limit(int(float(os.environ.get("SYMBP_AUDIT_SECONDS", "60"))))
    place = Path(folder)
    asked = json.loads((place / "request.json").read_text("utf-8"))
    request = Request(
        asked["file"], asked["function"], {n: tuple(s) for n, s in asked["parameters"].items()},
        [Datum(*d) for d in asked["data"]], asked["maps"], asked["numbers"],
    )  # fmt: skip
    sys.path.insert(0, str(Path(request.file).parent))
    with np.load(place / "points.npz", allow_pickle=False) as stored:
        points: list[Arrays] = [{} for _ in range(asked["points"])]
        for key in stored.files:
            k, _, name = key.partition("/")
            points[int(k)][name] = stored[key]
    outcome = probe(request, points)
    arrays: Arrays = {}
    if isinstance(outcome, Failure):
        answer: Any = {"failure": asdict(outcome)}
    else:
        answer = {"answers": [{"words": a.words, "called": a.called} for a in outcome]}
        for number, one in enumerate(outcome):
            for part, found in (("g", one.gradients), ("u", one.updated)):
                arrays |= {
                    f"{number}/{part}/{k}/{n}": a
                    for k, each in enumerate(found)
                    for n, a in each.items()
                }
    np.savez(place / "gradients.npz", **arrays)  # type: ignore[arg-type]
    (place / "answer.json").write_text(json.dumps(answer), "utf-8")
