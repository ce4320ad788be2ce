"""The peers: one small file for each library, which is imported when a step is prepared.

Read `peer.py` first. In comes a workload; out come a step, and the parameters that it trains.
"""

from symbp.bench.peers import (
    autograd,
    by_hand,
    casadi,
    jax,
    machine,
    micrograd,
    numpy,
    ours,
    pytensor,
    tensorflow,
    tinygrad,
    torch,
)
from symbp.bench.peers.peer import Peer

PEERS: dict[str, Peer] = {
    module.PEER.name: module.PEER
    for module in (
        ours, by_hand, numpy, jax, torch, tensorflow, pytensor, casadi, autograd, tinygrad,
        micrograd,
    )
}  # fmt: skip
"""In the order of the table."""

MACHINE = machine.PEER

__all__ = ["MACHINE", "PEERS", "Peer"]
