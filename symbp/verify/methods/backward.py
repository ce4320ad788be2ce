"""What forward and backward give: two ways through the same formulas may round differently."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from symbp.errors import DataError
from symbp.verify.subject import Estimate, Subject, exact


def backward(subject: Subject) -> Mapping[str, Estimate]:
    """Return all elements of all gradients as backward gives them.

    Raises:
        DataError: it leaves one out, or gives it another shape.
    """
    module, sample = subject.module, subject.sample
    _, tape = module.forward(sample.params, *sample.data.values())
    found = {n: np.array(g, float) for n, g in module.backward(sample.params, tape).items()}
    for name in subject.gradients:
        if name not in found:
            raise DataError(f"{module.NAME} gives no gradient for {name} in backward")
        if found[name].shape != sample.params[name].shape:
            raise DataError(f"backward of {module.NAME} gives {name} the shape {found[name].shape}")
    return {name: exact(found[name]) for name in subject.gradients}
