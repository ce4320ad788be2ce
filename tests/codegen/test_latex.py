"""Index form: one formula for each tensor, right and readable."""

import numpy as np
import pytest
from hypothesis import given

from symbp.autodiff import adjoint
from symbp.codegen.latex import Formula, LatexPrinter, Notation, PlainPrinter, formulas, spell
from symbp.ir.functions import Where
from symbp.ir.interpret import interpret
from symbp.ir.program import Equation, Program
from symbp.ir.text import parse
from tests.codegen.test_matrix import CLASSIFIER, PERCEPTRON, SIZES, drawn
from tests.drawn import programs

GIVEN = """input x[N,4], A[N,4], v[4]
label t[N] in 10
param W[4,10], E[10,4], s
"""


def latex(source: str, name: str = "y", **roles) -> str:
    program = parse(GIVEN + source)
    notation = Notation(program, **roles)
    (found,) = (f for f in formulas(program) if f.tensor.name == name)
    return LatexPrinter(found.indices, notation).formula(found)


def plain(source: str, name: str = "y") -> str:
    (found,) = (f for f in formulas(parse(GIVEN + source)) if f.tensor.name == name)
    return PlainPrinter(found.indices).formula(found)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y[n,j] = sum[i](x[n,i] * W[i,j])", r"y_{n,j} = \sum_{i} x_{n,i} W_{i,j}"),
        ("y[n] = max[i](x[n,i])", r"y_{n} = \max_{i} x_{n,i}"),
        ("y[i] = sigmoid(v[i]) * relu(v[i])",
         r"y_{i} = \operatorname{relu}(v_{i}) \sigma(v_{i})"),
        ("y[i] = exp(v[i])**2 / sqrt(v[i])", r"y_{i} = \frac{\exp(2 v_{i})}{\sqrt{v_{i}}}"),
        ("y[i] = abs(v[i]) + log1p(v[i])",
         r"y_{i} = \left|v_{i}\right| + \log(v_{i} + 1)"),
        ("y[i] = 2 * (v[i] - 1)**3 / 3", r"y_{i} = \frac{2 (v_{i} - 1)^{3}}{3}"),
        ("y[i] = 1e-8 * v[i] + 0.5", r"y_{i} = 10^{-8} v_{i} + 0.5"),
        ("y[i] = where(v[i] > 0, v[i], 0)", r"y_{i} = [v_{i} > 0] v_{i}"),
        ("y[i] = where(v[i] > 0 and v[i] <= 1, v[i], s)",
         r"y_{i} = \begin{cases} v_{i} & v_{i} \le 1 \wedge v_{i} > 0 \\"
         r" {}s & \text{otherwise} \end{cases}"),
        ("y[i] = where(v[i] >= 1, 0, s)", r"y_{i} = [v_{i} < 1] s"),
        ("y[n] = W[0,t[n]]", r"y_{n} = W_{0,t_{n}}"),
        ("y[p] = sum[u](v[p+u]) for p in 3, u in 2", r"y_{p} = \sum_{u} v_{p + u}"),
        ("y[i] = maximum(v[i], s) + pi", r"y_{i} = \max(v_{i}, s) + \pi"),
    ],
)  # fmt: skip
def test_latex_of_one_tensor(source, expected):
    assert latex(source) == expected


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


def test_adjoints_are_partial_derivatives():
    text = latex("z[n] = s for n in N\nloss = sum[n](z[n])\ndz[n] = s for n in N", "dz",
                 adjoints={"dz": "z"}, loss="loss")  # fmt: skip
    assert text == r"\frac{\partial L}{\partial z_{n}} = s"


@pytest.mark.parametrize(
    ("name", "letter", "mark"),
    [
        ("W", "W", ""), ("W1", "W", "1"), ("h_W", "W", "h"),
        ("dense_2_W", "W", r"\mathrm{dense},2"),
        ("h1_W", "W", "h_{1}"), ("α", r"\alpha", ""), ("λ2", r"\lambda", "2"),
        ("beta_1", r"\beta", "1"), ("learning_rate", r"\mathrm{learning\_rate}", ""),
        ("logits", r"\mathrm{logits}", ""), ("_x", r"\mathrm{\_x}", ""),
        ("größe", r"\text{größe}", ""),
        ("a'}\\end$%", r"\mathrm{aU+0027U+007DU+005CendU+0024U+0025}", ""),
    ],
)  # fmt: skip
def test_names(name, letter, mark):
    assert spell(name) == (letter, mark)


def test_no_two_names_look_alike():
    program = parse("param W1, W_1, α, alpha, δ1, L")
    notation = Notation(program)
    shown = [notation.tensor(t.name) for t in program.tensors]
    assert shown == [
        r"\mathrm{W1}", r"\mathrm{W\_1}", r"\mathrm{\alpha{}}", r"\mathrm{alpha}",
        r"\mathrm{\delta{}1}", "L",
    ]  # fmt: skip


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
