"""Modules of drawn programs agree with the interpreter: loss, gradients and outputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symbp.ir.program import Access, Equation, Program, Tensor, index
from symbp.lang.initializers import constant
from symbp.lang.network import Network
from tests.codegen.built import arrays, assert_agrees, meant
from tests.drawn import programs


def as_network(program: Program) -> Network:
    """Return a network whose output is the last tensor y, and whose loss is sum (y - 1/3)^2."""
    y = program.tensors[-1]
    loops = tuple((index(f"l{k}"), n) for k, n in enumerate(y.shape))
    body = (Access(y.name, *(i for i, _ in loops)) - 1 / 3) ** 2
    given = [replace(t, role="input") if t.bound is not None else t for t in program.tensors]
    whole = program.but(tensors=tuple(given)).extended(
        [Tensor("loss")], [Equation(Access("loss"), "sum", body, loops)]
    )
    initial = {t.name: constant(1) for t in whole.having("param")}
    return Network("drawn", whole.but(outputs=(y.name, "loss")), (y.name,), "loss", initial)


@settings(max_examples=settings.default.max_examples // 2)
@given(programs(), st.integers(0, 10**6))
def test_a_drawn_program_means_the_same_in_numpy(program: Program, seed: int):
    network = as_network(program)
    values = arrays(network, seed)
    loss, gradients, outputs = meant(network, values)
    numbers = [loss, *gradients.values(), *outputs.values()]
    assume(all(np.all(np.isfinite(np.asarray(n, dtype=float))) for n in numbers))
    assert_agrees(network, values)
