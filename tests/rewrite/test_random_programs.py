"""No pass changes what a program means: drawn programs with their adjoints, run in 50 digits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf
from sympy import Rational

from symbp.autodiff import adjoint
from symbp.compiler import FINISH, TIDY, finish, tidy
from symbp.ir.check import check
from symbp.ir.interpret import high_precision, interpret
from symbp.ir.program import Program
from symbp.ir.text import text
from tests.drawn import LABELS, SHAPES, programs

DIGITS = high_precision(50)
TOLERANCE = mpf("1e-30")
PASSES = [run for run, _ in (*TIDY, *FINISH)]


@st.composite
def derived(draw: st.DrawFn) -> Program:
    """Draw a program that computes its last tensor and the gradients of it."""
    program = draw(programs())
    seed = program.tensors[-1]
    joint, gradients = adjoint(program, seed.name, wrt=SHAPES)
    return joint.but(outputs=(seed.name, *gradients.values()))


@st.composite
def values(draw: st.DrawFn, program: Program) -> dict[str, object]:
    """Draw rational values of everything that is given, all of them different."""
    numbers = iter(draw(st.permutations([Rational(k, 17) for k in range(-35, 36) if k])))
    found: dict[str, object] = {}
    for tensor in program.given():
        if tensor.bound is not None:
            found[tensor.name] = draw(st.lists(st.integers(0, 2), min_size=LABELS, max_size=LABELS))
        else:
            found[tensor.name] = _nested([int(n) for n in tensor.shape], numbers)
    return found


def _nested(shape: list[int], numbers: object) -> object:
    if not shape:
        return next(numbers)  # type: ignore[call-overload]
    return [_nested(shape[1:], numbers) for _ in range(shape[0])]


def assert_same(before: Program, after: Program, given_values: dict[str, object]) -> None:
    """Hold the outputs of two programs against each other."""
    check(after)
    old, new = (interpret(p, given_values, DIGITS) for p in (before, after))
    for name in before.outputs:
        for a, b in zip(old[name].flat, new[name].flat, strict=True):
            assert a == b or abs(a - b) <= TOLERANCE * (1 + abs(a)), f"{name}\n{text(after)}"


@pytest.mark.parametrize("run", PASSES, ids=lambda run: run.__name__)
@settings(max_examples=settings.default.max_examples // 4)
@given(data=st.data())
def test_a_pass_keeps_every_output(run: Callable[[Program], Program], data: st.DataObject):
    program = data.draw(derived())
    assert_same(program, run(program), data.draw(values(program)))


@given(st.data())
def test_all_passes_together_keep_every_output(data: st.DataObject):
    program = data.draw(derived())
    assert_same(program, finish(tidy(program)), data.draw(values(program)))
