"""Gradients that other tools have got wrong, each with its exact answer.

Sympy's matrix expressions, naive log-sum-exp, where with a NaN in the branch that is not taken,
broadcasts that lose a shape: every case here is a reported mistake somewhere. Numbers are chosen so
that the answer is exact, or exact but for the last digit.
"""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from symbp.autodiff import adjoint
from symbp.compiler import gradient_program
from symbp.ir.interpret import SYMBOLS, interpret
from symbp.ir.text import parse as program_of
from symbp.lang.parser import parse
from symbp.verify import agrees, judge
from tests.system.support import TARGETS, built

EPS = np.finfo(float).eps


def network(text: str):
    return parse(f"network corpus\n{text}")


def gradients(text: str, params: dict, *data, target: str = "numpy"):
    """Return loss and gradients of a description at a point."""
    module = built(network(text), target)
    given = {n: np.asarray(v, float) for n, v in params.items()}
    with np.errstate(all="ignore"):
        return module.value_and_grad(given, *map(np.asarray, data))


def assert_exact(got, want, ulps=0):
    want = np.asarray(want, float)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=0, atol=ulps * EPS * np.max(np.abs(want), initial=0))


A = np.array([[1.0, -2.0], [3.0, 0.5], [0.25, 4.0]])
B = np.array([[2.0, -1.0], [0.5, 8.0]])


def test_trace_of_two_squares():
    """d/dA tr(A'A) + tr(B'B) = 2 A, d/dB = 2 B: neither is lost, neither is transposed."""
    text = (
        "param A[3,2], B[2,2]\nP[k, l] = sum[i](A[i,k] * A[i,l])\nQ[k, l] = sum[i](B[i,k] * B[i,l])"
        "\nt = sum[k](P[k,k]) + sum[k](Q[k,k])\noutput t\nloss t"
    )
    loss, grads = gradients(text, {"A": A, "B": B})
    assert loss == np.sum(A**2) + np.sum(B**2)
    assert_exact(grads["A"], 2 * A)
    assert_exact(grads["B"], 2 * B)


@pytest.mark.parametrize("shift", [0.0, 1000.0, -1000.0])
def test_log_sum_exp_is_softmax_wherever_it_is(shift):
    text = "param z[3]\nf = log(sum[i](exp(z[i])))\noutput f\nloss f"
    z = np.log([1.0, 2.0, 5.0]) + shift
    loss, grads = gradients(text, {"z": z})
    assert loss == pytest.approx(np.log(8) + shift, rel=1e-15)
    # The input itself is rounded: by 1000 eps where it is shifted by 1000.
    assert_exact(grads["z"], [1 / 8, 2 / 8, 5 / 8], ulps=4 + abs(shift))


def test_exp_of_a_trace_is_itself_on_the_diagonal():
    text = "param M[3,3]\nf = exp(sum[i](M[i,i]))\noutput f\nloss f"
    M = np.arange(9.0).reshape(3, 3) - 4
    loss, grads = gradients(text, {"M": M})
    assert loss == 1
    assert_exact(grads["M"], np.eye(3))


DETERMINANTS = {
    2: "M[0,0]*M[1,1] - M[0,1]*M[1,0]",
    3: "M[0,0]*(M[1,1]*M[2,2] - M[1,2]*M[2,1]) - M[0,1]*(M[1,0]*M[2,2] - M[1,2]*M[2,0])"
       " + M[0,2]*(M[1,0]*M[2,1] - M[1,1]*M[2,0])",
}  # fmt: skip


@pytest.mark.parametrize("size", [2, 3])
def test_log_det_written_out_has_the_inverse_transposed(size):
    text = f"param M[{size},{size}]\nf = log({DETERMINANTS[size]})\noutput f\nloss f"
    M = [[4, 1, 2], [0, 2, 1], [1, 0, 3]]
    M = [row[:size] for row in M[:size]]
    want = sympy.Matrix(M).inv().T
    _, grads = gradients(text, {"M": M})
    assert_exact(grads["M"], np.array(want.tolist(), float), ulps=2)
    symbols = np.array(sympy.MatrixSymbol("M", size, size).as_explicit().tolist(), object)
    raw, names = gradient_program(network(text))
    found = interpret(raw, {"M": symbols}, SYMBOLS)[names["M"]]
    inverse = sympy.Matrix(symbols.tolist()).inv().T
    for k in np.ndindex(size, size):
        assert sympy.simplify(found[k] - inverse[k]) == 0


NORM = "param x[2]\nf = sqrt(sum[i](x[i]**2){})\noutput f\nloss f"


@pytest.mark.parametrize("target", TARGETS)
def test_the_gradient_of_a_norm_is_the_unit_vector(target):
    loss, grads = gradients(NORM.format(""), {"x": [3.0, -4.0]}, target=target)
    assert loss == 5
    assert_exact(grads["x"], [0.6, -0.8], ulps=1)


def test_a_norm_has_the_value_0_at_0_and_no_slope_unless_it_is_rounded_off():
    loss, grads = gradients(NORM.format(""), {"x": [0.0, 0.0]})
    assert loss == 0
    assert not np.isfinite(grads["x"]).any(), "no number is the right one"
    loss, grads = gradients(NORM.format(" + 1e-12"), {"x": [0.0, 0.0]})
    assert loss == 1e-6
    assert_exact(grads["x"], [0.0, 0.0])


@pytest.mark.parametrize("target", TARGETS)
def test_a_maximum_gives_its_inactive_branch_nothing(target):
    text = "param u, v\nf = maximum(u, 2*v)\noutput f\nloss f"
    for u, v, want in ((1.0, 3.0, (0, 2)), (7.0, 3.0, (1, 0)), (6.0, 3.0, (1, 0))):
        _, grads = gradients(text, {"u": u, "v": v}, target=target)
        assert (grads["u"], grads["v"]) == want


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("formula", "at", "value", "slope"),
    [("where(w > 0, sqrt(w), 3*w)", -1.0, -3, 3), ("where(w > 0, log(w), 0)", 0.0, 0, 0),
     ("where(w > 1, 1/w, w)", 0.0, 0, 1), ("where(w < 700, w, exp(w))", 2.0, 2, 1),
     ("where(abs(w) <= 1, asin(w), 2*w)", 4.0, 8, 2)],
)  # fmt: skip
def test_where_is_not_touched_by_the_branch_that_it_does_not_take(
    formula, at, value, slope, target
):
    """0 * NaN is NaN: a mask that is multiplied by the slope of both branches is not enough."""
    text = f"param w\nf = {formula}\noutput f\nloss f"
    loss, grads = gradients(text, {"w": at}, target=target)
    assert (loss, grads["w"]) == (value, slope)


def test_the_inner_layer_of_two_tanh_layers():
    """dW1 = x' (dh (1 - h^2)), db1 its sum: of the inner value, not of its argument."""
    text = (
        "input x[N,2]\ntarget y[N,1]\nparam W1[2,3], b1[3], W2[3,1], b2[1]\n"
        "h[n,j] = tanh(sum[i](x[n,i] * W1[i,j]) + b1[j])\n"
        "p[n,k] = tanh(sum[j](h[n,j] * W2[j,k]) + b2[k])\noutput p\nloss sse(p, y)"
    )
    rng = np.random.default_rng(0)
    q = {n: rng.normal(size=s) for n, s in {"W1": (2, 3), "b1": 3, "W2": (3, 1), "b2": 1}.items()}
    x, y = rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
    h = np.tanh(x @ q["W1"] + q["b1"])
    p = np.tanh(h @ q["W2"] + q["b2"])
    d2 = (p - y) * (1 - p**2)
    d1 = d2 @ q["W2"].T * (1 - h**2)
    want = {"W1": x.T @ d1, "b1": d1.sum(0), "W2": h.T @ d2, "b2": d2.sum(0)}
    loss, grads = gradients(text, q, x, y)
    assert loss == pytest.approx(0.5 * np.sum((p - y) ** 2), rel=1e-15)
    for name, gradient in want.items():
        assert_exact(grads[name], gradient, ulps=8)


@pytest.mark.parametrize("target", TARGETS)
def test_a_contraction_inside_of_a_function(target):
    """f = sum exp(sum_k A[i,k] B[k,j]): the product comes first, in C too."""
    text = (
        "param A[3,2], B[2,2]\ny[i,j] = exp(sum[k](A[i,k] * B[k,j]) / 8)\n"
        "f = sum[i,j](y[i,j])\noutput y\nloss f"
    )
    loss, grads = gradients(text, {"A": A, "B": B}, target=target)
    E = np.exp(A @ B / 8)
    assert loss == pytest.approx(E.sum(), rel=1e-14)
    assert_exact(grads["A"], E @ B.T / 8, ulps=16)
    assert_exact(grads["B"], A.T @ E / 8, ulps=16)


@pytest.mark.parametrize("target", TARGETS)
def test_constants_keep_their_shape(target):
    """The gradient of a sum is ones, that of what is not used is zeros, each in full shape."""
    text = (
        "param W[3,2], b[2], unused[2,1], s\nf[n,j] = b[j] + s for n in 5\n"
        "g = sum[n,j](f[n,j]) + sum[i,j](W[i,j])\noutput f\nloss g"
    )
    params = {"W": A, "b": [1.0, 2.0], "unused": [[1.0], [2.0]], "s": 3.0}
    _, grads = gradients(text, params, target=target)
    assert_exact(grads["W"], np.ones((3, 2)))
    assert_exact(grads["b"], [5.0, 5.0])
    assert_exact(grads["unused"], np.zeros((2, 1)))
    assert_exact(np.asarray(grads["s"]), 10.0)


QUADRATIC = "param x[3]\ninput A[3,3]\nv[i] = sum[j](A[i,j] * x[j])\nq = sum[i](x[i] * v[i])"


def test_a_quadratic_form_has_both_halves_and_its_hessian_is_symmetric():
    """x'Ax: (A + A') x, and A + A'; not 2 A x, unless A is symmetric."""
    S = np.array([[1.0, 2.0, 0.0], [-4.0, 3.0, 5.0], [7.0, 0.5, -1.0]])
    x = np.array([1.0, -2.0, 4.0])
    first, names = adjoint(program_of(QUADRATIC), "q", ["x"])
    second, twice = adjoint(first, names["x"], ["x"])
    (seed,) = {t.name for t in second.given()} - {"x", "A"}
    rows = [interpret(second, {"x": x, "A": S, seed: unit}) for unit in np.eye(3)]
    assert_exact(rows[0][names["x"]].astype(float), (S + S.T) @ x)
    hessian = np.array([row[twice["x"]] for row in rows], float)
    assert_exact(hessian, S + S.T)
    loss, grads = gradients(f"{QUADRATIC}\noutput v\nloss q", {"x": x}, S)
    assert loss == x @ S @ x
    assert_exact(grads["x"], (S + S.T) @ x)


def test_the_exact_answers_are_what_every_method_says_too():
    text = f"param M[2,2]\nf = log(9 + {DETERMINANTS[2]})\noutput f\nloss f"
    module = built(network(text))
    verdict = judge(module, *gradient_program(network(text)), network(text).loss)
    assert agrees(verdict.rows)
    assert {r.method for r in verdict.rows} == {
        "differences", "complex", "digits", "directions", "symbolic", "interpreter", "backward",
    }  # fmt: skip
    (row,) = (r for r in verdict.rows if r.method == "symbolic")
    assert row.note.startswith("identical")
    assert row.ulps is not None
    assert row.ulps < 4
