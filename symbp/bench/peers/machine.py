"""The machine itself: what no step can be faster than.

Two rows are timed with the others, so that they see the same machine: the rate of multiplications
and additions of one core (`by_hand/peak.c`), and a call from Python that does nothing.
"""

from __future__ import annotations

from symbp.bench.by_hand import extension
from symbp.bench.peers.peer import Peer, Prepared
from symbp.bench.workloads import Workload

PEAK = "peak"
CALL = "smallest call"
OPERATIONS = 2 * 12 * 16 * 4096
"""Of one step of the peak: a multiple of what its chains do at any width of vectors."""


def peak(workload: Workload, threads: int) -> Prepared:
    """Make `OPERATIONS` multiplications and additions in each step."""
    module = extension("peak", workload.dtype, {"OPERATIONS": OPERATIONS})
    return Prepared(module.step, dict, module.run)


def call(workload: Workload, threads: int) -> Prepared:
    """Call a function of C that has no argument and returns None."""
    return Prepared(extension("peak", workload.dtype, {"OPERATIONS": OPERATIONS}).nothing, dict)


PEER = Peer("machine", {PEAK: {Workload: peak}, CALL: {Workload: call}})
