"""One row of the table in a process of its own; it is told on stdin when to run.

    python -m symbp.bench.worker PEER ROW WORKLOAD THREADS FILE.npz

Frameworks disagree about threads, allocators and signals, and one that crashes takes its process
along: so each has its own, and they take turns. In and out go lines of JSON:

    out  {"ready": true}      the parameters after one step are in FILE.npz
    out  {"error": "..."}     the row can't be prepared, and why
    in   {"count": 100}       run so many steps, after a few that fetch what other rows have
                              displaced from the caches, and wake the threads
    out  {"seconds": 0.001}   what they took together, the few before them left out
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TextIO

from symbp.artifact import archive, write
from symbp.bench.peers import MACHINE, PEERS
from symbp.bench.peers.peer import Prepared
from symbp.bench.workloads import WORKLOADS
from symbp.errors import SymbpError

WARM = 4
"""For each so many steps that are timed, one before them is not."""


def main(peer: str, row: str, workload: str, threads: str, file: str) -> None:
    """Prepare, answer, and run until stdin ends."""
    answers = _private_stdout()
    _confine(int(threads))
    try:
        prepared = _prepared(peer, row, workload, int(threads))
        prepared.step()
        write({Path(file): archive(prepared.parameters())})
    except Exception as error:  # whatever it is, it belongs into the table
        _answer(answers, {"error": _words(error)})
        return
    _answer(answers, {"ready": True})
    for line in sys.stdin:
        count = json.loads(line)["count"]
        _time(prepared, max(count // WARM, 1))
        _answer(answers, {"seconds": _time(prepared, count)})


def _prepared(peer: str, row: str, name: str, threads: int) -> Prepared:
    workload = WORKLOADS[name]
    prepare = (PEERS | {MACHINE.name: MACHINE})[peer].prepare(row, workload)
    assert prepare is not None, "the driver asks for what is known"
    return prepare(workload, threads)


def _time(prepared: Prepared, count: int) -> float:
    step, run = prepared.step, prepared.run
    clock = time.perf_counter
    if run is not None:
        begin = clock()
        run(count)
        return clock() - begin
    begin = clock()
    for _ in range(count):
        step()
    return clock() - begin


def _private_stdout() -> TextIO:
    """Keep stdout for answers; what frameworks print goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _answer(answers: TextIO, answer: dict[str, object]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _confine(threads: int) -> None:
    """Use so many processors and no more, where the system can be told: XLA has no other switch."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def _words(error: Exception) -> str:
    kind = "" if isinstance(error, SymbpError) else f"{type(error).__name__}: "
    return f"{kind}{' '.join(str(error).split())}"[:160]


if __name__ == "__main__":
    main(*sys.argv[1:])
