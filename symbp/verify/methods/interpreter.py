"""The raw adjoint equations, run literally: every element, in 50 digits where that is affordable.

It shares the adjoint rule with the module, and nothing of what was rewritten, scheduled and
emitted since.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from symbp.ir.interpret import FLOATS, high_precision, interpret
from symbp.verify.samples import work
from symbp.verify.subject import Estimate, Subject, exact

AFFORDABLE = 10_000
"""Up to so many evaluations of a body 50 digits are used, above them Python's floats."""


def interpreter(subject: Subject) -> Mapping[str, Estimate]:
    """Return all elements of all gradients, and the loss under its own name."""
    sizes = subject.sample.sizes
    precise = work(subject.program, sizes) <= AFFORDABLE
    arithmetic = high_precision(50) if precise else FLOATS
    found = interpret(subject.program, subject.given(), arithmetic, sizes)
    note = "50 digits" if precise else "floats"
    wanted = {subject.loss: subject.loss, **subject.gradients}
    error = 1e-15 if precise else 1e-13
    return {
        name: exact(np.asarray(found[tensor], float), note=note, error=error)
        for name, tensor in wanted.items()
    }
