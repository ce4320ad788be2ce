"""Start a worker for each row, hold its first step against the reference, and take turns.

A round is one burst of each row, always in the same order; what disturbs the machine for longer
than a round disturbs all rows alike. So ratios are taken within a round, and their median is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from symbp.bench.driver import TroubleError, Worker, started
from symbp.bench.peers import MACHINE, Peer
from symbp.bench.reference import disagreement
from symbp.bench.workloads import Workload

PAUSE = 0.003
"""Seconds between bursts, in which the threads of the last one fall asleep."""


@dataclass(slots=True)
class Row:
    """A line of the table: seconds of a step in each round, or why there are none."""

    name: str
    peer: str
    trouble: str | None = None
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Result:
    """All rows of a workload; those of the machine itself apart."""

    workload: Workload
    threads: int
    rows: list[Row]
    machine: dict[str, Row]


def measure(
    workload: Workload,
    chosen: Sequence[tuple[Peer, str]],
    threads: int,
    rounds: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Result:
    """Time the rows that know the workload; one in trouble says so and is left out of the rounds.

    Args:
        tell: is called with what is being done, for those who wait.
    """
    chosen = [(peer, row) for peer, row in chosen if peer.prepare(row, workload)]
    machine = [Row(name, MACHINE.name) for name in MACHINE.rows]
    rows = [Row(name, peer.name) for peer, name in chosen]
    peers = [MACHINE] * len(machine) + [peer for peer, _ in chosen]
    with ExitStack() as stack:
        running: list[tuple[Row, Worker]] = []
        for peer, row in zip(peers, [*machine, *rows], strict=True):
            tell(f"{workload.name}: {row.name}")
            try:
                running.append((row, _ready(stack, peer, row.name, workload, threads)))
            except TroubleError as trouble:
                row.trouble = str(trouble)
        for k in range(rounds):
            tell(f"{workload.name}: round {k + 1} of {rounds}")
            _round(running)
    tell("")
    return Result(workload, threads, rows, {row.name: row for row in machine})


def _ready(stack: ExitStack, peer: Peer, row: str, workload: Workload, threads: int) -> Worker:
    reason = peer.reason_against(workload)
    if reason is None:
        worker = stack.enter_context(started(peer.name, row, workload.name, threads))
        reason = None if peer is MACHINE else disagreement(workload, worker.parameters())
        if reason is None:
            worker.settle()
            return worker
    raise TroubleError(reason)


def _round(running: list[tuple[Row, Worker]]) -> None:
    for row, worker in running:
        if row.trouble is None:
            time.sleep(PAUSE)
            try:
                row.seconds.append(worker.burst())
            except TroubleError as trouble:
                row.trouble = str(trouble)
