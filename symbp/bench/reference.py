"""Who judges: NumPy by hand in float64, whatever the workload's own type."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from symbp.bench.handwritten import step_of
from symbp.bench.workloads import Array, Workload

TOLERANCE = {"float64": 1e-10, "float32": 1e-4}
"""How far a change may be from the reference's, relative to the largest of its parameter."""

LEAST = 1e-3
"""Of the largest change of all: what a parameter's largest counts at least. One may be 0 in truth,
such as the gradient by the bias of attention's keys."""


def disagreement(workload: Workload, params: Mapping[str, Array]) -> str | None:
    """Say how the parameters after one step differ from what they should be, or None.

    The changes are compared, which are the gradients times the learning rate: a parameter hardly
    moves in one step, and would look right under any gradient. What a parameter's own last digit
    hides is not counted.
    """
    before = {k: v.astype(np.float64) for k, v in workload.parameters().items()}
    changes = _changes(workload, before)
    least = LEAST * max(float(np.max(np.abs(change))) for change in changes.values())
    for name, wanted in changes.items():
        start = before[name]
        if name not in params or params[name].shape != start.shape:
            return f"disagrees: {name} is missing or of another shape"
        largest = max(float(np.max(np.abs(wanted))), least)
        rounding = np.finfo(workload.dtype).eps * np.abs(start)
        off = np.maximum(np.abs(params[name] - start - wanted) - rounding, 0.0)
        error = float(np.max(off)) / largest
        if not error <= TOLERANCE[workload.dtype]:
            return f"disagrees: the gradient by {name} is off by {error:.1e} of its largest"
    return None


def _changes(workload: Workload, before: dict[str, Array]) -> dict[str, Array]:
    after = {k: v.copy() for k, v in before.items()}
    x, y = workload.data()
    y = y if workload.loss == "cross_entropy" else y.astype(np.float64)
    step_of(workload)(after, x.astype(np.float64), y)
    return {name: after[name] - start for name, start in before.items()}
