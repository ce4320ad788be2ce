"""Every peer trains as the reference does, or is refused."""

import shutil
import sysconfig
from pathlib import Path

import pytest

from symbp.bench import PEERS, WORKLOADS
from symbp.bench.peers import Peer
from symbp.bench.peers.by_hand import SOURCES, prepare
from symbp.bench.peers.numpy import by_hand
from symbp.bench.peers.ours import train_step
from symbp.bench.reference import disagreement
from symbp.bench.run import measure
from symbp.bench.workloads import Workload

compiles = pytest.mark.skipif(
    not Path(sysconfig.get_paths()["include"], "Python.h").is_file() or not shutil.which("cc"),
    reason="no C compiler, or no headers of Python",
)
FOREIGN = [name for name, peer in PEERS.items() if peer.needs]


@pytest.mark.parametrize("name", WORKLOADS)
def test_numpy_by_hand_agrees_with_the_derived_step(name: str):
    ours = train_step(WORKLOADS[name], 1, target="numpy", fixed=False)
    ours.step()
    assert disagreement(WORKLOADS[name], ours.parameters()) is None


@compiles
@pytest.mark.parametrize(
    ("source", "name"),
    [
        (name, n)
        for name, source in SOURCES.items()
        for n, w in WORKLOADS.items()
        if isinstance(w, source.kind) and source.fits(w)
    ],
)
def test_c_by_hand_agrees(source: str, name: str):
    theirs = prepare(WORKLOADS[name], 1, source=source, way="builtin")
    theirs.step()
    assert disagreement(WORKLOADS[name], theirs.parameters()) is None


@compiles
def test_a_loop_in_c_trains_as_often_as_it_is_told():
    one, many = (prepare(WORKLOADS["xor"], 1, source="lanes", way=w) for w in ("builtin", "loop"))
    losses = [one.step() for _ in range(5)]
    assert many.run is not None
    assert many.run(5) == losses[-1] < losses[0]


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("workload", ["xor", "lenet", "lstm", "attn"])
def test_an_installed_peer_is_timed(name: str, workload: str):
    peer = PEERS[name]
    pytest.importorskip(peer.needs)
    result = measure(WORKLOADS[workload], [(peer, row) for row in peer.rows], threads=1, rounds=1)
    assert [row.trouble for row in result.rows if row.trouble] == []


def test_a_wrong_gradient_is_seen():
    workload = WORKLOADS["xor"]
    params = workload.parameters()
    assert "the gradient by h1_W is off by 1.0e+00" in (disagreement(workload, params) or "")


def test_a_parameter_that_is_missing_or_not_a_number_is_seen():
    workload = WORKLOADS["xor"]
    params = {name: array * float("nan") for name, array in workload.parameters().items()}
    assert "h1_W" in (disagreement(workload, params) or "")
    assert "missing" in (disagreement(workload, {}) or "")


def test_a_peer_that_is_not_installed_says_how_to_get_it():
    rows = {"none": {Workload: by_hand}}
    peer = Peer("none", rows, needs="no_such_module", pip="no-such-package")
    result = measure(WORKLOADS["xor"], [(peer, "none")], threads=1, rounds=0)
    assert result.rows[0].trouble == "not installed: pip install no-such-package"


def test_what_would_take_minutes_is_left_out():
    assert PEERS["micrograd"].reason_against(WORKLOADS["ctrl"]) is not None


def test_a_row_that_does_not_know_the_workload_is_not_listed():
    result = measure(WORKLOADS["lenet"], [(PEERS["c"], "C by hand, lanes: loop")], 1, 0)
    assert result.rows == []
