"""symbp itself: one row for each way to call what it emits."""

from __future__ import annotations

import tempfile
from functools import partial
from types import ModuleType
from typing import Any

from symbp.artifact import load
from symbp.bench.peers.peer import Peer, Prepare, Prepared
from symbp.bench.workloads import Workload
from symbp.compiler import Target, build


def train_step(workload: Workload, threads: int, *, target: Target, fixed: bool) -> Prepared:
    """Call with dicts of arrays; every argument is checked at every step."""
    module, params, state, x, y = _module(workload, target, threads, fixed)
    call = module.train_step
    return Prepared(lambda: call(params, state, x, y), lambda: params)


def bound(workload: Workload, threads: int, *, fixed: bool) -> Prepared:
    """Check the arrays once; call without arguments."""
    module, params, state, x, y = _module(workload, "c", threads, fixed)
    return Prepared(module.bind(params, state, x, y), lambda: params)


def fit(workload: Workload, threads: int, *, fixed: bool) -> Prepared:
    """Train in one call; an epoch is one step, on the rows in their order."""
    module, params, state, x, y = _module(workload, "c", threads, fixed)

    def run(count: int) -> None:
        module.fit(params, state, x, y, epochs=count, shuffle=False)

    return Prepared(partial(run, 1), lambda: params, run)


def _module(
    workload: Workload, target: Target, threads: int, fixed: bool
) -> tuple[ModuleType, Any, Any, Any, Any]:
    sizes = {"N": workload.batch} if fixed else None
    many = threads if target == "c" else 1
    with tempfile.TemporaryDirectory() as folder:
        path = build(workload.network(), target, workload.dtype, folder, threads=many, sizes=sizes)
        module = load(path)
    params = workload.parameters()
    return module, params, module.init_state(params), *workload.data()


C_STEP, NUMPY_STEP = "symbp C: train_step", "symbp NumPy: train_step"

WAYS: dict[str, tuple[Target, Prepare]] = {
    C_STEP: ("c", partial(train_step, target="c", fixed=False)),
    "symbp C: bound step": ("c", partial(bound, fixed=False)),
    "symbp C: in fit": ("c", partial(fit, fixed=False)),
    "symbp C, N fixed: train_step": ("c", partial(train_step, target="c", fixed=True)),
    "symbp C, N fixed: bound step": ("c", partial(bound, fixed=True)),
    "symbp C, N fixed: in fit": ("c", partial(fit, fixed=True)),
    NUMPY_STEP: ("numpy", partial(train_step, target="numpy", fixed=False)),
}
"""Each row, the target that it measures, and how; N is the batch."""

PEER = Peer("symbp", {row: {Workload: prepare} for row, (_, prepare) in WAYS.items()})
