"""A matrix form has the value of the index form, on random numbers."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.autodiff import adjoint
from symbp.codegen.formulas.formula import formulas
from symbp.codegen.formulas.matrix import Forms, matrix_forms
from symbp.codegen.formulas.tree import Pointwise
from symbp.ir.interpret import interpret
from symbp.ir.program import Access, Program, size
from symbp.ir.text import parse
from tests.codegen.formulas.valued import CLASSIFIER, PERCEPTRON, SIZES, drawn, evaluate
from tests.drawn import programs


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


def test_a_common_scalar_factor_stands_outside():
    program = parse(GIVEN + "y[n,j] = C[n,j] / N\ny[n,t[n]] += -1 / N")
    form = matrix_forms(program)["y"]
    assert isinstance(form, Pointwise)
    assert form.expression == (Access("C") - Access("000001")) / size("N")
