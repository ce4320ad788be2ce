"""A matrix form has the value of the index form, on random numbers."""

import re
from functools import singledispatch

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer

from symbp.autodiff import adjoint
from symbp.codegen.latex import formulas
from symbp.codegen.matrix import (
    Forms,
    Named,
    Norm,
    OneHot,
    Ones,
    Pointwise,
    Product,
    Transpose,
    matrix_forms,
    substitute,
)
from symbp.errors import ShapeError
from symbp.ir.functions import Where
from symbp.ir.interpret import interpret
from symbp.ir.program import Access, Program, size
from symbp.ir.text import parse
from tests.drawn import programs

SIZES = {"N": 3, "K": 2}
FUNCTIONS = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "relu": lambda x: np.maximum(x, 0),
    "maximum": np.maximum,
    "minimum": np.minimum,
    "Abs": np.abs,
    "Pow": np.power,
    "Add": lambda *a: sum(a),
    "Mul": lambda *a: np.prod(np.broadcast_arrays(*a), axis=0),
    "StrictGreaterThan": np.greater,
    "GreaterThan": np.greater_equal,
    "StrictLessThan": np.less,
    "LessThan": np.less_equal,
    "Equality": np.equal,
    "Unequality": np.not_equal,
    "And": lambda *a: np.logical_and.reduce(np.broadcast_arrays(*a)),
    "Or": lambda *a: np.logical_or.reduce(np.broadcast_arrays(*a)),
    "Not": np.logical_not,
}


def scalar(e, operands):
    """Evaluate a scalar expression with arrays for its accesses."""
    if isinstance(e, Access):
        return operands[e.name]
    if isinstance(e, sympy.Symbol):
        return float(SIZES[str(e)])
    if e.is_Number or e.is_NumberSymbol:
        return float(e)
    arguments = [scalar(a, operands) for a in e.args]
    if isinstance(e, Where):
        return np.where(*arguments)
    name = e.func.__name__
    return FUNCTIONS[name](*arguments) if name in FUNCTIONS else getattr(np, name)(*arguments)


def count(extent):
    return int(extent.subs({s: SIZES[str(s)] for s in extent.free_symbols}))


@singledispatch
def evaluate(matrix, values):
    raise TypeError(matrix)


@evaluate.register
def _(matrix: Named, values):
    return np.asarray(values[matrix.name], dtype=float).reshape(
        count(matrix.rows), count(matrix.cols)
    )


@evaluate.register
def _(matrix: Ones, values):
    return np.ones((count(matrix.rows), 1))


@evaluate.register
def _(matrix: OneHot, values):
    labels = np.asarray(values[matrix.label], dtype=int)
    return (labels[:, None] == np.arange(count(matrix.cols))).astype(float)


@evaluate.register
def _(matrix: Product, values):
    return evaluate(matrix.left, values) @ evaluate(matrix.right, values)


@evaluate.register
def _(matrix: Transpose, values):
    return evaluate(matrix.of, values).T


@evaluate.register
def _(matrix: Norm, values):
    return np.array([[np.sum(evaluate(matrix.of, values) ** 2)]])


@evaluate.register
def _(matrix: Pointwise, values):
    operands = {key: evaluate(m, values) for key, m in matrix.operands}
    return np.broadcast_to(
        scalar(matrix.expression, operands), (count(matrix.rows), count(matrix.cols))
    )


def drawn(program: Program, seed: int = 0) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    values = {}
    for tensor in program.given():
        shape = tuple(map(count, tensor.shape))
        real = rng.uniform(0.2, 1.5, shape) * rng.choice([-1, 1], shape)
        whole = tensor.bound is not None and rng.integers(0, count(tensor.bound), shape)
        values[tensor.name] = np.asarray(real if tensor.bound is None else whole).tolist()
    return values


def agree(program: Program, inline: tuple[str, ...] = ()) -> dict:
    """Hold every matrix form against the interpreter; return the forms."""
    memory = interpret(program, drawn(program), sizes=SIZES)
    forms = matrix_forms(program, inline)
    for name, form in forms.items():
        expected = np.array(memory[name], dtype=float)
        column = expected.reshape(expected.shape if expected.ndim == 2 else (-1, 1))
        found = np.broadcast_to(evaluate(form, memory), column.shape)  # a bare 0 is all zeros
        np.testing.assert_allclose(found, column, rtol=1e-9, atol=1e-12, err_msg=f"{name} {form}")
    return forms


GIVEN = """input A[N,K], B[K,3], C[N,3], Q[K,K]
param u[N], v[K], w[3], s
label t[N] in 3
"""

HAVING_A_FORM = (
    "y[n,j] = sum[k](A[n,k] * B[k,j])\ny[n,j] += w[j]",
    "y[j,n] = sum[k](A[n,k] * B[k,j])",
    "y[n,j] = sum[k](2 / N * A[n,k] * v[k] * B[k,j])",
    "y[n] = sum[k](A[n,k] * v[k])",
    "y[k] = sum[n](A[n,k])",
    "y[n,k] = u[n] * v[k]",
    "y[n,k] = exp(u[n]) * v[k] / s",
    "y[n,k] = u[n] * A[n,k] + v[k] - s",
    "y[n,j] = exp(C[n,j]) / (N * u[n])",
    "y[n,j] = exp(C[n,j] - u[n]) / (1 + w[j]**2)",
    "y[n,j] = sigmoid(u[n]) for n in N, j in 3",
    "y[n,j] = s for n in N, j in 3",
    "y[n] = 2 * s for n in N",
    "y[k,n] = sigmoid(A[n,k]) * (1 - sigmoid(A[n,k]))",
    "y = sum[n,k]((A[n,k] - u[n])**2 / N)",
    "y = sum[n](u[n]**2)",
    "y = sum[n,k](A[n,k] * u[n] * v[k])",
    "y = sum[k,l](Q[k,l] * Q[l,k])",
    "y = sum[k,l](Q[k,l] * v[k] * v[l] + 1)",
    "y = sum[n](u[n] * exp(u[n]))",
    "y[n,j] = sum[k,l](A[n,k] * Q[k,l] * B[l,j])",
    "y[n,j] = sum[k](A[n,k] * (B[k,j] + v[k]))",
    "y[n] = sum[k,j](A[n,k] * B[k,j] * C[n,j])",
    "y[n] = C[n,t[n]]",
    "y[n] = w[t[n]] * u[n]",
    "y[n,k] = B[k,t[n]]",
    "y = sum[n]((u[n] - C[n,t[n]]) / N)",
    "y[n,j] = C[n,j]\ny[n,t[n]] += -1 / N",
    "value y[3,K]\ny[t[n],k] += A[n,k]",
    "value y[3]\ny[t[n]] += u[n]",
    "y[n,j] = where(j == t[n], u[n], 0) + C[n,j]",
    "y[n,j] = where(j == t[n], u[n], C[n,j])",
    "y[n,k] = where(A[n,k] > 0, A[n,k], s)",
    "y[n,k] = maximum(A[n,k], u[n]) + abs(A[n,k]) ** s",
    "y[n] = sum[k](A[n,k] * s)\ny[n] += sum[k](u[n] / K) for n in N, k in K",
)


@pytest.mark.parametrize("source", HAVING_A_FORM)
def test_a_matrix_form_equals_the_index_form(source):
    assert "y" in agree(parse(GIVEN + source))


WITHOUT_A_FORM = (
    "y[n,k,j] = A[n,k] * B[k,j]",
    "y[n,j] = sum[k](A[n,k] * B[k,j] * exp(C[n,j] * B[k,j] * u[n]))",
    "y[n] = max[k](A[n,k])",
    "y[k] = v[k] * k",
    "y[k] = Q[k,k]",
    "y[p] = sum[a](v[a] * Q[p+a,0]) for p in 1, a in K",
)


@pytest.mark.parametrize("source", WITHOUT_A_FORM)
def test_what_has_no_matrix_form_says_so(source):
    program = parse(GIVEN + source)
    assert Forms(program).form(formulas(program)[-1]) is None


PERCEPTRON = """input x[N,2]
target y[N,K]
param W1[2,4], b1[4], W2[4,K], b2[K]
z1[n,j] = sum[i](x[n,i] * W1[i,j])
z1[n,j] += b1[j]
h[n,j] = sigmoid(z1[n,j])
z2[n,k] = sum[j](h[n,j] * W2[j,k])
z2[n,k] += b2[k]
p[n,k] = sigmoid(z2[n,k])
L = sum[n,k]((p[n,k] - y[n,k])**2 / N)
"""
CLASSIFIER = """input x[N,4]
label t[N] in 3
param W[4,3], b[3]
z[n,j] = sum[i](x[n,i] * W[i,j])
z[n,j] += b[j]
m[n] = max[j](z[n,j])
Z[n] = sum[j](exp(z[n,j] - m[n]))
L = sum[n]((log(Z[n]) + m[n] - z[n,t[n]]) / N)
"""


@pytest.mark.parametrize("source", [PERCEPTRON, CLASSIFIER])
def test_every_gradient_of_a_perceptron_has_a_matrix_form(source):
    forward = parse(source)
    program, gradients = adjoint(forward, "L", [t.name for t in forward.having("param")])
    inner = [n for n in ("dL", "dp", "dh", "dZ", "dm") if n not in gradients.values()]
    assert set(gradients.values()) <= set(agree(program, tuple(inner)))
    assert set(gradients.values()) <= set(agree(program))


@given(programs())
def test_matrix_forms_of_random_programs_and_their_adjoints(program):
    last = program.equations[-1].target.name
    forward = {t.name for t in program.given()}
    seeded, _ = adjoint(program, last)
    if not any(t.name == f"d{last}" and t.name in forward for t in seeded.given()):
        agree(seeded)


FACTORS = ("A[n,k]", "B[k,j]", "C[n,j]", "u[n]", "v[k]", "w[j]", "s", "exp(A[n,k])",
           "(C[n,j] - u[n])", "(B[k,j] + 1)", "2", "1/N", "w[t[n]]", "C[n,t[n]]")  # fmt: skip


EXTENTS = {"n": "N", "k": "K", "j": "3"}


@settings(max_examples=40)
@given(st.lists(st.sampled_from(FACTORS), min_size=2, max_size=4),
       st.sampled_from(["n,j", "j,n", "n", "k", ""]))  # fmt: skip
def test_matrix_forms_of_random_contractions(factors, kept):
    body = "*".join(factors)
    inside = "".join(re.findall(r"\[([^]]*)", body))
    over = [i for i in "nkj" if i in inside and i not in kept]
    right = f"sum[{','.join(over)}]({body})" if over else body
    clause = ", ".join(f"{i} in {EXTENTS[i]}" for i in [*kept.replace(",", ""), *over])
    target = f"y[{kept}]" if kept else "y"
    agree(parse(f"{GIVEN}{target} = {right}" + (f" for {clause}" if clause else "")))


def test_operands_must_fit():
    square, tall = Named("a", Integer(2), Integer(2)), Named("b", Integer(3), Integer(2))
    with pytest.raises(ShapeError, match="2 x 2 matrix can't meet"):
        Pointwise(Access("b") + Access("a"), (("b", tall), ("a", square)))


def test_a_common_scalar_factor_stands_outside():
    program = parse(GIVEN + "y[n,j] = C[n,j] / N\ny[n,t[n]] += -1 / N")
    form = matrix_forms(program)["y"]
    assert isinstance(form, Pointwise)
    assert form.expression == (Access("C") - Access("000001")) / size("N")


def test_a_substituted_pointwise_form_is_written_out():
    column = Ones(Integer(2))
    outer = Pointwise(2 * Access("a"), (("a", Named("a", Integer(2), Integer(1))),))
    inner = Pointwise(Access("b") ** 2, (("b", column),))
    assert substitute(outer, "a", inner) == Pointwise(2 * Access("b") ** 2, (("b", column),))
