"""What `symbp bench` does with its arguments, apart from printing."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from symbp.artifact import write
from symbp.bench.peers import PEERS, Peer
from symbp.bench.peers.ours import WAYS
from symbp.bench.report import Report
from symbp.bench.workloads import WORKLOADS, Workload
from symbp.errors import DataError
from symbp.version import VERSION

OURS = "symbp"
STEPS, SCALING, GRADIENTS = "steps", "scaling", "gradients"
"""Words beside the names of workloads: all of them against NumPy; derivation over sizes; every
layer and loss against torch."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be measured."""

    workloads: list[Workload]
    rows: list[tuple[Peer, str]]
    scaling: bool
    gradients: bool


def request(names: Sequence[str], peers: Sequence[str] | None, target: str) -> Request:
    """Return what the words of the command line ask for.

    >>> asked = request(["xor"], ["numpy"], "numpy")
    >>> [row for _, row in asked.rows]
    ['symbp NumPy: train_step', 'NumPy by hand']

    Args:
        names: of workloads, or `STEPS`, `SCALING`, `GRADIENTS`; when empty, all but the last.
        peers: their names; all of them when None.
        target: of symbp's own rows; "all" for every one.

    Raises:
        DataError: there is no such workload, or no such peer.
    """
    _known("workload", names, [*WORKLOADS, STEPS, SCALING, GRADIENTS])
    _known("peer", peers or [], [name for name in PEERS if name != OURS])
    whole = not names or STEPS in names
    if STEPS in names and peers is None:
        peers = ["numpy"]
    return Request(
        [workload for name, workload in WORKLOADS.items() if whole or name in names],
        _rows([*PEERS] if peers is None else [OURS, *peers], target),
        not names or SCALING in names,
        GRADIENTS in names,
    )


def _rows(peers: Sequence[str], target: str) -> list[tuple[Peer, str]]:
    return [
        (peer, row)
        for name, peer in PEERS.items()
        if name in peers
        for row in peer.rows
        if name != OURS or target in ("all", WAYS[row][0])
    ]


def _known(kind: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise DataError(f"there is no {kind} {name!r}", remedy=f"There are {', '.join(known)}.")


def save(reports: Sequence[Report], path: Path) -> None:
    """Write the figures of every round as JSON, with the versions that were measured."""
    content = {
        "symbp": VERSION,
        "python": platform.python_version(),
        "machine": platform.platform(),
        "versions": _versions(),
        "workloads": [report.as_json() for report in reports],
    }
    write({path: json.dumps(content, indent=1) + "\n"})


def _versions() -> dict[str, str]:
    found = {}
    for package in ["numpy", *(part for peer in PEERS.values() for part in peer.packages())]:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
