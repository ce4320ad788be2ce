"""Numbers that the person's code and the derivation are both fed with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sympy import Expr, Integer, Symbol

from symbp.audit.judge import Point
from symbp.errors import DataError
from symbp.ir.program import Program
from symbp.ir.visit import at_size
from symbp.verify.samples import draw

POINTS = 3
SPREAD = 0.7
"""Of parameters: large enough that activations bend, small enough that none saturates."""
PRIMES = (5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
MOST = 200_000
"""Elements of one parameter: hundreds of derivations are tried."""


def points(program: Program, seed: int) -> Iterator[Point]:
    """Yield some points; symbolic sizes are primes that no other axis has, and differ.

    An axis that is summed by mistake, or divided by, is then told from every other one.

    Raises:
        DataError: the network is too large to be audited.
    """
    fixed = {int(n) for t in program.tensors for n in t.shape if n.is_Integer}
    free = [p for p in PRIMES if p not in fixed]
    symbols = program.sizes()
    for k in range(POINTS):
        chosen: dict[Symbol, Expr] = {
            s: Integer(free[(k + place * POINTS) % len(free)]) for place, s in enumerate(symbols)
        }
        sized = at_size(program, chosen)
        rng = np.random.default_rng([seed, k])
        initial = {}
        for tensor in sized.having("param"):
            shape = [int(n) for n in tensor.shape]
            if np.prod(shape) > MOST:
                raise DataError(
                    f"{tensor.name} has {np.prod(shape)} elements: too many to audit",
                    remedy="Describe the same network with smaller layers, and audit that.",
                )
            initial[tensor.name] = SPREAD * rng.standard_normal(shape)
        sample = draw(sized, initial, "float64", seed + k)
        values = {**sample.params, **sample.data, **sample.noise}
        yield Point(values, {str(s): int(n) for s, n in chosen.items()})
