"""What every peer gives: its name, how it is installed, and a step for each kind of workload."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from symbp.bench.workloads import Workload

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A step that is ready to be timed.

    `step` trains once, in place or by keeping what it returns, and is complete when it returns
    (the value, in whatever form the peer has it, is the loss before the step). `run` trains
    `count` times where the peer has a loop of its own.
    """

    step: Callable[[], Any]
    parameters: Callable[[], Mapping[str, Array]]
    run: Callable[[int], object] | None = None


Prepare = Callable[[Any, int], Prepared]
"""Prepares a workload for a number of threads."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A library, or a way to write the step by hand."""

    name: str
    rows: Mapping[str, Mapping[type, Prepare]]
    """Each line of the table, and the workloads it knows."""
    needs: str = ""
    """What must be importable."""
    pip: str = ""
    """What installs it: the arguments of `pip install`."""
    most: float = float("inf")
    """Workloads of more operations would take minutes, and are left out."""

    def packages(self) -> list[str]:
        """Return the names of the packages that pip installs.

        >>> Peer("torch", {}, pip="torch==2.13.0").packages()
        ['torch']
        """
        return [part.partition("==")[0] for part in self.pip.split()]

    def missing(self) -> bool:
        """Tell whether what it needs is not installed; nothing is imported."""
        return bool(self.needs) and importlib.util.find_spec(self.needs) is None

    def reason_against(self, workload: Workload) -> str | None:
        """Say why a workload can't be measured here, or None."""
        if self.missing():
            return f"not installed: pip install {self.pip}"
        if workload.operations() > self.most:
            return "too slow for this workload"
        return None

    def prepare(self, row: str, workload: Workload) -> Prepare | None:
        """Return what prepares a workload, by its class or a base of it."""
        known = self.rows[row]
        return next((known[c] for c in type(workload).__mro__ if c in known), None)
