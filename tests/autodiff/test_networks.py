"""Whole networks, written in equations: derived gradients against central differences."""

import mpmath
import numpy as np
import pytest

from symbp.autodiff import adjoint
from symbp.ir.check import check
from symbp.ir.interpret import FLOATS, high_precision, interpret
from symbp.ir.program import Program
from symbp.ir.text import parse, text

PERCEPTRON = """
    input x[3,4]
    label t[3] in 3
    param W1[4,5], b1[5], W2[5,3], b2[3]
    z[n,j] = sum[i](x[n,i] * W1[i,j])
    z[n,j] += b1[j]
    h[n,j] = relu(z[n,j])
    y[n,k] = sum[j](h[n,j] * W2[j,k])
    y[n,k] += b2[k]
    m[n] = max[k](y[n,k])
    Z[n] = sum[k](exp(y[n,k] - m[n]))
    loss = sum[n]((log(Z[n]) + m[n] - y[n,t[n]]) / 3)
"""
ATTENTION = """
    input x[4,3]
    param Wq[3,2], Wk[3,2], Wv[3,2]
    q[t,d] = sum[i](x[t,i] * Wq[i,d])
    k[t,d] = sum[i](x[t,i] * Wk[i,d])
    v[t,d] = sum[i](x[t,i] * Wv[i,d])
    s[t,u] = sum[d](q[t,d] * k[u,d] / sqrt(2))
    m[t] = max[u](where(u <= t, s[t,u], -1000))
    e[t,u] = where(u <= t, exp(s[t,u] - m[t]), 0)
    Z[t] = sum[u](e[t,u])
    o[t,d] = sum[u](e[t,u] / Z[t] * v[u,d])
    loss = sum[t,d](o[t,d]**2)
"""
CONVOLUTION = """
    input x[2,1,6,6]
    label t[2] in 3
    param K[2,1,3,3], W[2,2,2,3]
    c[n,o,p,q] = sum[i,u,v](where(p+u >= 1 and p+u < 7 and q+v >= 1 and q+v < 7,
        x[n,i,p+u-1,q+v-1] * K[o,i,u,v], 0)) for p in 6, q in 6
    a[n,o,p,q] = relu(c[n,o,p,q])
    m[n,o,r,s] = max[u,v](a[n,o,3*r+u,3*s+v]) for u in 3, v in 3
    y[n,j] = sum[o,r,s](m[n,o,r,s] * W[o,r,s,j])
    Z[n] = sum[j](exp(y[n,j]))
    loss = sum[n](log(Z[n]) - y[n,t[n]])
"""
NORMALISATION = """
    input x[3,4]
    param g[4], b[4]
    M[n] = sum[i](x[n,i] / 4)
    V[n] = sum[i]((x[n,i] - M[n])**2 / 4)
    y[n,i] = g[i] * (x[n,i] - M[n]) / sqrt(V[n] + 0.01) + b[i]
    loss = sum[n,i](sin(y[n,i]) * (i + 1))
"""
EMBEDDING = """
    label tok[3,2] in 5, t[3] in 5
    param E[5,3]
    h[n,d] = sum[s](E[tok[n,s],d])
    y[n,v] = sum[d](tanh(h[n,d]) * E[v,d])
    Z[n] = sum[v](exp(y[n,v]))
    loss = sum[n](log(Z[n]) - y[n,t[n]])
"""
NETWORKS = {
    "perceptron": PERCEPTRON, "attention": ATTENTION, "convolution": CONVOLUTION,
    "normalisation": NORMALISATION, "embedding": EMBEDDING,
}  # fmt: skip


def values_of(program: Program) -> dict[str, np.ndarray]:
    """Draw whatever a program is given, from a fixed seed."""
    rng = np.random.default_rng(7)
    return {
        t.name: rng.integers(0, int(t.bound), shape) if t.bound else rng.normal(size=shape)
        for t in program.given()
        for shape in [tuple(map(int, t.shape))]
    }


@pytest.mark.parametrize("source", NETWORKS.values(), ids=NETWORKS)
def test_gradients_equal_central_differences(source: str):
    program = parse(source)
    derived, names = adjoint(program, "loss")
    check(derived)
    values = values_of(program)
    got = interpret(derived, values)
    rng = np.random.default_rng(3)
    for name, gradient in names.items():
        places = list(np.ndindex(values[name].shape))
        for place in [places[k] for k in rng.permutation(len(places))[:5]]:
            expected = difference(program, values, name, place)
            assert got[gradient][place] == pytest.approx(expected, rel=1e-10, abs=1e-12)


def difference(program: Program, values: dict, name: str, place: tuple[int, ...]) -> float:
    """Return the central difference of the loss, taken in 40 digits with a step of 1e-12."""
    step = mpmath.mpf("1e-12")

    def loss(shift: mpmath.mpf) -> mpmath.mpf:
        moved = values[name].astype(object)
        moved[place] = mpmath.mpf(moved[place]) + shift
        return interpret(program, {**values, name: moved}, high_precision(40))["loss"][()]

    with mpmath.workdps(40):
        return float((loss(step) - loss(-step)) / (2 * step))


@pytest.mark.parametrize("source", NETWORKS.values(), ids=NETWORKS)
def test_the_text_of_an_adjoint_reads_back(source: str):
    derived, _ = adjoint(parse(source), "loss")
    assert parse(text(derived)) == derived


def test_of_softmax_cross_entropy_by_hand():
    program = parse(PERCEPTRON)
    derived, names = adjoint(program, "loss", ["W2", "b2"])
    values = values_of(program)
    got = {k: np.array(v.tolist()) for k, v in interpret(derived, values, FLOATS).items()}
    p = np.exp(got["y"] - got["m"][:, None]) / got["Z"][:, None]
    error = (p - np.eye(3)[values["t"]]) / 3
    np.testing.assert_allclose(got[names["b2"]], error.sum(0), rtol=1e-13)
    np.testing.assert_allclose(got[names["W2"]], got["h"].T @ error, rtol=1e-13)
