"""One formula for each tensor means what its equations mean."""

import numpy as np
import pytest
from hypothesis import given

from symbp.autodiff import adjoint
from symbp.codegen.formulas.formula import Formula, formulas
from symbp.codegen.formulas.plain import PlainPrinter
from symbp.ir.functions import Where
from symbp.ir.interpret import interpret
from symbp.ir.program import Equation, Program
from symbp.ir.text import parse
from tests.codegen.formulas.valued import CLASSIFIER, PERCEPTRON, SIZES, drawn
from tests.drawn import programs

GIVEN = """input x[N,4], A[N,4], v[4]
label t[N] in 10
param W[4,10], E[10,4], s
"""


def plain(source: str, name: str = "y") -> str:
    (found,) = (f for f in formulas(parse(GIVEN + source)) if f.tensor.name == name)
    return PlainPrinter(found.indices).formula(found)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y[n,j] = exp(s) for n in N, j in 10\ny[n,t[n]] += -1 / N",
         "y[n,j] = exp(s) - [j = t[n]] / N"),
        ("value y[10,4]\ny[t[n],d] += x[n,d]", "y[i,d] = sum[n]([i = t[n]] * x[n,d])"),
        ("value y[5]\ny[p+u] += v[p] for p in 4, u in 2",
         "y[i] = sum[p,u]([i = p + u] * v[p])"),
        ("value y[4]\ny[i] += v[i] for i in 4\ny[i] += v[i+1] for i in 3",
         "y[i] = v[i] + [i < 3] * v[i + 1]"),
        ("value y[4,4]\ny[i,i] += v[i]", "y[i,j] = [j = i] * v[i]"),
        ("value y[10]\ny[t[n]] max= A[n,0]", "y[i] = max[n: i = t[n]](A[n,0])"),
        ("y[n] = max[i](x[n,i])\ny[n] max= s for n in N", "y[n] = max(max[i](x[n,i]), s)"),
        ("y[i,n] = x[n,i]\ny[n,i] += sum[j](A[i,j] * v[n])",
         "y[i,n] = x[n,i] + sum[j](v[i] * A[n,j])"),
    ],
)  # fmt: skip
def test_all_equations_of_a_tensor_are_one_formula(source, expected):
    assert plain(source) == expected


def test_a_renamed_index_does_not_capture_another():
    source = "value y[4]\ny[k] = v[k]\ny[i] += sum[k](x[0,k] * v[i])"
    assert plain(source) == "y[k] = v[k] + sum[k_2](v[k] * x[0,k_2])"


def rebuilt(program: Program) -> Program:
    """Return a program whose equations are the terms of the formulas, indicators and all."""
    return program.but(
        equations=tuple(e for f in formulas(program) for e in _equations(program, f))
    )


def _equations(program: Program, formula: Formula):
    shape = program[formula.tensor.name].shape
    for term in formula.terms:
        body = term.body
        for place in term.places:
            body = Where(place, body, 0)
        ranges = (*zip(formula.indices, shape, strict=True), *term.reduced)
        yield Equation(formula.target, formula.op, body, ranges)


@pytest.mark.parametrize("source", [PERCEPTRON, CLASSIFIER])
def test_formulas_mean_what_the_equations_mean(source):
    program, _ = adjoint(parse(source), "L")
    _same(program)


@given(programs())
def test_formulas_of_random_programs_mean_what_the_equations_mean(program):
    _same(adjoint(program, program.equations[-1].target.name)[0])


def _same(program: Program) -> None:
    if any(f.op != "sum" and t.places for f in formulas(program) for t in f.terms):
        return  # a place that a max leaves out can't be written as an equation
    values = drawn(program)
    ours, theirs = (interpret(p, values, sizes=SIZES) for p in (rebuilt(program), program))
    for name in program.writers():
        expected = np.array(theirs[name], dtype=float)
        np.testing.assert_allclose(np.array(ours[name], dtype=float), expected, err_msg=name)
