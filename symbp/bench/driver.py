"""The other end of `worker.py`: a row's process, started, asked and ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from symbp.artifact import unarchive
from symbp.bench.workloads import Array

PATIENCE = 300.0
"""Seconds that a row may take for one answer: some compile for minutes."""

BURST = 0.01
"""Seconds of one burst."""


class TroubleError(Exception):
    """A row that can't be measured, and why."""


class Worker:
    """A process that runs steps when it is asked to."""

    def __init__(self, process: subprocess.Popen[str], file: Path, noise: IO[bytes]) -> None:
        self._process = process
        self._file = file
        self._noise = noise
        self._count = 1

    def burst(self) -> float:
        """Run one burst; return the seconds of a step."""
        return self._ask(self._count) / self._count

    def settle(self) -> None:
        """Warm up, and find how many steps make a burst.

        Just-in-time compilers replace their code in the first calls, so a count is tried twice.
        """
        for _ in range(24):
            seconds = min(self._ask(self._count), self._ask(self._count))
            if seconds > BURST / 2:
                break
            self._count *= 2

    def parameters(self) -> dict[str, Array]:
        """Return what the first step has made of the parameters."""
        return unarchive(self._file)

    def _ask(self, count: int) -> float:
        assert self._process.stdin is not None
        self._send("SIGCONT")
        try:
            self._process.stdin.write(json.dumps({"count": count}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise TroubleError(self._last_words()) from None
        seconds = float(self.answer()["seconds"])
        self._send("SIGSTOP")
        return seconds

    def _send(self, name: str) -> None:
        """Stop or continue the process, where the system can.

        A pool of threads that has nothing to do spins on, some of them without end, and takes the
        processor from whoever is measured next.
        """
        if hasattr(signal, name):
            self._process.send_signal(getattr(signal, name))

    def answer(self) -> dict[str, Any]:
        """Wait for a line; end a process that takes too long."""
        assert self._process.stdout is not None
        timer = threading.Timer(PATIENCE, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()
        late = not timer.is_alive()
        timer.cancel()
        if late:
            raise TroubleError(f"no answer within {PATIENCE:.0f} s")
        if not line:
            raise TroubleError(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise TroubleError(answer["error"])
        return answer

    def _last_words(self) -> str:
        """Say with which code it has ended, and the last line that it wrote."""
        code = self._process.wait()
        self._noise.seek(0)
        lines = self._noise.read().decode(errors="replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"its process has ended with code {code}: {said}"[:160]


@contextmanager
def started(peer: str, row: str, workload: str, threads: int) -> Iterator[Worker]:
    """Start the process of a row and wait until it is prepared.

    Raises:
        TroubleError: it can't be.
    """
    command = [sys.executable, "-m", "symbp.bench.worker", peer, row, workload, str(threads)]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as noise:
        file = Path(folder, "parameters.npz")
        process = subprocess.Popen(
            [*command, str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=noise,
            text=True,
            env={**os.environ, **_switches(threads)},
        )
        try:
            worker = Worker(process, file, noise)
            worker.answer()
            yield worker
        finally:
            process.kill()
            process.communicate()


def _switches(threads: int) -> Mapping[str, str]:
    """Return what frameworks read their number of threads from, some of them on import only."""
    names = ("OMP", "OPENBLAS", "MKL", "NUMBA", "VECLIB_MAXIMUM")
    return {f"{name}_NUM_THREADS": str(threads) for name in names}
