"""NumPy written by hand, as a careful person would: see `symbp/bench/handwritten/`."""

from __future__ import annotations

from symbp.bench.handwritten import step_of
from symbp.bench.peers.peer import Peer, Prepared
from symbp.bench.workloads import Workload


def by_hand(workload: Workload, threads: int) -> Prepared:
    """BLAS takes its threads from the environment."""
    params = workload.parameters()
    x, y = workload.data()
    run = step_of(workload)
    return Prepared(lambda: run(params, x, y), lambda: params)


PEER = Peer("numpy", {"NumPy by hand": {Workload: by_hand}})
