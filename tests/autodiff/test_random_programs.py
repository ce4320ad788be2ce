"""The adjoint of any program is what SymPy's own `diff` gives on the expanded expression.

The program is run once in symbols, which gives each output as one expression in x_0, x_1, ...;
SymPy differentiates that by each of them. The adjoint program is run in 50 digits.
"""

from __future__ import annotations

from collections import Counter

import mpmath
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mpf
from sympy import Add, Expr, Float, Heaviside, Integer, Rational, Symbol

from symbp.autodiff import adjoint
from symbp.ir.check import check
from symbp.ir.interpret import SYMBOLS, high_precision, interpret
from symbp.ir.program import Program
from tests.drawn import FEATURES, LABELS, SHAPES, features, programs

DIGITS = 50
TOLERANCE = mpf("1e-40")


def symbols(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return an array of real symbols: x_0, x_1, ..."""
    array = np.empty(shape, dtype=object)
    for k, place in enumerate(np.ndindex(shape)):
        array[place] = Symbol(f"{name}_{k}", real=True)
    return array


@st.composite
def points(draw: st.DrawFn, count: int) -> list[Rational]:
    """Draw rational numbers whose absolute values are distinct, so that few values tie."""
    numerators = draw(st.permutations(range(1, 41)))
    signs = draw(st.lists(st.sampled_from((1, -1)), min_size=count, max_size=count))
    return [Rational(s * p, 17) for s, p in zip(signs, numerators, strict=False)]


@given(st.data())
def test_the_adjoint_is_what_sympy_differentiates(data: st.DataObject):
    program = data.draw(programs())
    labels = data.draw(st.lists(st.integers(0, 2), min_size=LABELS, max_size=LABELS))
    seed = program.tensors[-1]
    shapes = {**SHAPES, f"d{seed.name}": tuple(map(int, seed.shape))}
    named = {name: symbols(name, shape) for name, shape in shapes.items()}
    elements = [s for array in named.values() for s in array.flat]
    point = dict(zip(elements, data.draw(points(len(elements))), strict=True))

    primal = interpret(program, {**named, "t": labels}, SYMBOLS)
    weights = named[f"d{seed.name}"] if seed.shape else Integer(1)
    scalar = Add(*np.ravel(primal[seed.name] * weights))

    derived, gradients = adjoint(program, seed.name, wrt=SHAPES)
    check(derived)
    numbers = {name: np.vectorize(point.get, [object])(array) for name, array in named.items()}
    got = interpret(derived, {**numbers, "t": labels}, high_precision(DIGITS))
    for name in SHAPES:
        for x, value in zip(named[name].flat, got[gradients[name]].flat, strict=True):
            expected = evaluate(scalar.diff(x), point)
            assert abs(value - expected) <= TOLERANCE * (1 + abs(value)), f"d{x}"


def evaluate(derivative: Expr, point: dict[Symbol, Rational]) -> mpf:
    """Return the value in 60 digits; reject a point where SymPy sees two values tie."""
    tie = Symbol("tie")
    derivative = derivative.replace(Heaviside, lambda difference, _: Heaviside(difference, tie))
    value = derivative.xreplace({x: Float(q, 60) for x, q in point.items()})
    assume(not value.has(tie))
    return mpmath.mpmathify(value.evalf(60))


def test_every_feature_is_drawn():
    drawn: Counter[str] = Counter()

    @settings(max_examples=100)
    @given(programs())
    def collect(program: Program) -> None:
        drawn.update(features(program).keys())

    collect()
    assert [feature for feature in FEATURES if drawn[feature] < 3] == []
