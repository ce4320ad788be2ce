"""Run the probe in a process of its own, with limits on time and memory and no others.

The code is run as its owner's own: it may read and write what they may. What it can't do is to
take this process along, to run for ever, or to eat up the machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

import numpy as np

from symbp.artifact import archive, unarchive
from symbp.audit.judge import Attempt, Point
from symbp.audit.probe.binding import Request
from symbp.audit.probe.run import Failure
from symbp.errors import DataError


def ask(request: Request, points: Sequence[Point], seconds: float) -> list[Attempt] | Failure:
    """Return what the code gave, in each convention that went through, or why none did.

    Raises:
        DataError: it took longer than `seconds`, or its process ended without an answer.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arrays = {f"{k}/{n}": a for k, p in enumerate(points) for n, a in p.values.items()}
        (folder / "points.npz").write_bytes(archive(arrays))
        asked = {**asdict(request), "points": len(points)}
        asked["data"] = [astuple(d) for d in request.data]
        (folder / "request.json").write_text(json.dumps(asked), "utf-8")
        said = _run(folder, request.file, seconds)
        if not (folder / "answer.json").exists():
            raise DataError(
                f"the code's process has ended without an answer: {said}",
                remedy="See whether the file runs by itself.",
            )
        answer = json.loads((folder / "answer.json").read_text("utf-8"))
        if "failure" in answer:
            return Failure(**answer["failure"])
        return _attempts(answer["answers"], unarchive(folder / "gradients.npz"), len(points))


def _run(folder: Path, file: str, seconds: float) -> str:
    """Run the probe; return its last words."""
    process = subprocess.Popen(
        [sys.executable, "-m", "symbp.audit.probe", str(folder)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True, text=True, errors="replace",
        env={**os.environ, "MPLBACKEND": "agg", "SYMBP_AUDIT_SECONDS": str(seconds)},
    )  # fmt: skip
    try:
        _, said = process.communicate(timeout=seconds + 30)
    except subprocess.TimeoutExpired:
        raise DataError(f"{file} ran for more than {seconds:g} s", remedy=_LONGER) from None
    finally:
        with contextlib.suppress(OSError, AttributeError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
    if process.returncode == -getattr(signal, "SIGXCPU", 24):
        raise DataError(f"{file} computed for more than {seconds:g} s", remedy=_LONGER)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else f"its exit code is {process.returncode}"


_LONGER = "Name a function that makes one step, or allow more: --seconds 120"


def _attempts(
    answers: Sequence[dict[str, Any]], arrays: dict[str, np.ndarray[Any, Any]], count: int
) -> list[Attempt]:
    found = []
    for number, one in enumerate(answers):

        def part(letter: str, k: int, own: int = number) -> dict[str, np.ndarray[Any, Any]]:
            stem = f"{own}/{letter}/{k}/"
            return {n.removeprefix(stem): a for n, a in arrays.items() if n.startswith(stem)}

        updated = [part("u", k) for k in range(count)]
        found.append(Attempt(
            one["words"], [part("g", k) for k in range(count)],
            updated if all(updated) else (), one["called"],
        ))  # fmt: skip
    return found
