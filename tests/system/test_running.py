"""Values that a step brings up to date without a gradient, and what only a prediction computes."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import symbp as bp
from symbp import compiler
from symbp.errors import LanguageError, ShapeError
from symbp.ir.interpret import interpret
from symbp.ir.text import text
from symbp.verify import check
from tests.codegen.built import arrays, assert_agrees
from tests.system.support import TARGETS, built, distance, drawn

RUNNING = """
network running
input x[N, 3]
target y[N, 2]
param m[3] ~ zeros frozen
param seen ~ constant(0) frozen
c[j] = mean[n](x[n, j])
update m[j] = 0.9*m[j] + 0.1*c[j]
update seen = seen + 1
h[n, j] = x[n, j] - training(c[j], m[j])
p = dense(training(2*h, h), 2)
output p
loss mse(p, y)
optimizer adam(learning_rate=0.01)
"""
NORM = """
network norm
input x[N, 2, 5, 5]
target y[N, 4]
h = relu(batch_norm(conv2d(x, 3, 2, bias=false), momentum=0.8))
p = batch_norm(dense(flatten(h), 4, bias=false), eps=0.001)
output p
loss mse(p, y)
optimizer sgd(learning_rate=0.1)
"""


def normal(x, axes, g, b, eps):
    mean, var = anp.mean(x, axis=axes, keepdims=True), anp.var(x, axis=axes, keepdims=True)
    shape = mean.shape
    return (x - mean) / anp.sqrt(var + eps) * anp.reshape(g, shape) + anp.reshape(b, shape)


def convolved(x, K):
    parts = [
        anp.einsum("ncpq,oc->nopq", x[:, :, u : u + 4, v : v + 4], K[:, :, u, v])
        for u in range(2) for v in range(2)
    ]  # fmt: skip
    return sum(parts)


@pytest.mark.parametrize("target", TARGETS)
def test_a_step_brings_running_values_up_to_date(target):
    module = built(bp.parse(RUNNING), target)
    params = drawn(module)
    params["seen"][()] = 0
    rng = np.random.default_rng(0)
    state = module.init_state(params)
    step = module.bind(params, state, x := np.empty((4, 3)), y := rng.normal(size=(4, 2)))
    wanted = params["m"].copy()
    for _ in range(3):
        x[...] = rng.normal(size=(4, 3))
        wanted = 0.9 * wanted + 0.1 * x.mean(axis=0)
        step()
    module.fit(params, state, x, y, epochs=1)
    wanted = 0.9 * wanted + 0.1 * x.mean(axis=0)
    module.train_step(params, state, x, y)
    wanted = 0.9 * wanted + 0.1 * x.mean(axis=0)
    np.testing.assert_allclose(params["m"], wanted, rtol=1e-14)
    assert params["seen"] == 5
    predicted = (x - wanted) @ params["p_W"] + params["p_b"]
    np.testing.assert_allclose(module.predict(params, x), predicted, rtol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_only_a_step_changes_running_values(target):
    network = bp.parse(RUNNING)
    module = built(network, target)
    values = arrays(network, N=4)
    before = values["m"].copy()
    params = {n: values[n] for n in module.PARAMETERS}
    _, tape = module.forward(params, values["x"], values["y"])
    module.value_and_grad(params, values["x"], values["y"])
    np.testing.assert_array_equal(params["m"], before)
    np.testing.assert_allclose(tape["m_next"], 0.9 * before + 0.1 * values["x"].mean(axis=0))
    assert list(module.backward(params, tape)) == ["p_W", "p_b"]


@pytest.mark.parametrize("target", TARGETS)
def test_batch_norm_is_its_formula(target):
    network = bp.parse(NORM)
    module = built(network, target)
    q = drawn(module)
    for name in q:
        q[name] = abs(q[name]) + 0.1 if name.endswith("var") else q[name]
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(6, 2, 5, 5)), rng.normal(size=(6, 4))

    def dense(q):
        g, b = q["batch_norm_g"], q["batch_norm_b"]
        z = convolved(x, q["conv2d_K"])
        h = normal(z, (0, 2, 3), g, b, 1e-5)
        return z, anp.reshape(anp.maximum(h, 0), (6, 48)) @ q["dense_W"]

    def loss(q):
        p = normal(dense(q)[1], (0,), q["p_g"], q["p_b"], 1e-3)
        return anp.mean((p - y) ** 2)

    trained = {n: q[n] for n in module.TRAINED}
    value, grads = module.value_and_grad(q, x, y)
    assert value == pytest.approx(loss(trained), rel=1e-12)
    derived = autograd.grad(loss)(trained)
    largest = max(np.max(np.abs(g)) for g in derived.values())
    for name, wanted in derived.items():
        assert np.max(np.abs(grads[name] - wanted)) < 1e-10 * largest, name
    z, d = dense(q)
    old = {n: v.copy() for n, v in q.items()}
    module.train_step(q, module.init_state(q), x, y, learning_rate=0.0)
    for name, keep, at, axes in (("batch_norm", 0.8, z, (0, 2, 3)), ("p", 0.9, d, 0)):
        for word, new in (("mean", at.mean(axis=axes)), ("var", at.var(axis=axes))):
            own = f"{name}_running_{word}"
            np.testing.assert_allclose(q[own], keep * old[own] + (1 - keep) * new, rtol=1e-12)
    predicted = interpret(network.prediction, {**q, "x": x, "y": y})["p"].astype(float)
    assert distance(module.predict(q, x), predicted) < 1e-12


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", [RUNNING, NORM.replace("N, 2, 5, 5", "N, 2, 3, 3")])
def test_numpy_c_and_interpreter_agree(source, target):
    network = bp.parse(source)
    values = arrays(network, N=3)
    values = {n: abs(v) + 0.1 if n.endswith("var") else v for n, v in values.items()}
    for dtype in ("float64", "float32"):
        assert_agrees(network, values, dtype, lambda n, d: built(n, target, d))
    module = built(network, target)
    program, gradients = compiler.gradient_program(network)
    assert all(row.verdict == "ok" for row in check(module, program, gradients, network.loss))


def test_batch_norm_of_one_sample_and_one_channel_has_no_gradient_to_its_input():
    network = bp.parse(
        "network one\ninput x[N, 1]\nz = dense(x, 1)\np = batch_norm(z)\noutput p\n"
        "loss mean[n, j](p[n, j])"
    )
    module = built(network)
    params = drawn(module)
    _, grads = module.value_and_grad(params, np.ones((1, 1)))
    assert grads["z_W"] == pytest.approx(0, abs=1e-9)
    assert grads["p_b"] == 1


def test_training_separates_the_two_programs():
    network = bp.parse(RUNNING)
    assert "training(" not in text(network.program) + text(network.prediction)
    assert "h[n,j] = x[n,j] - c[j]\n" in text(network.program)
    assert "h[n,j] = x[n,j] - m[j]\n" in text(network.prediction)
    assert "y[n" not in text(network.prediction, declarations=False)
    assert network.running == {"m": "m_next", "seen": "seen_next"}
    plain = "network n\ninput x[N]\nparam a\np = a*x\noutput p\nloss mean[n](p[n])"
    assert bp.parse(plain).prediction is None


def test_both_forms_update_alike():
    x, y = bp.input("x", "N", 3), bp.target("y", "N", 2)
    n, j = bp.indices("n j")
    m = bp.param("m", 3, init=bp.zeros, frozen=True)
    seen = bp.param("seen", init=bp.constant(0), frozen=True)
    c = bp.define((j,), bp.mean(n, x[n, j]))
    bp.update(m, 0.9 * m + 0.1 * c)
    bp.update(seen, seen + 1)
    h = bp.define((n, j), x[n, j] - bp.training(c[j], m[j] + seen[()]))
    p = bp.dense(bp.training(2 * h, h), 2)
    network = bp.network("running", loss=bp.mse(p, y), output=p,
                         optimizer=bp.adam(learning_rate=0.01))  # fmt: skip
    written = bp.parse(RUNNING)
    assert network.running == written.running
    assert "m_next[j] = 0.1 * c[j] + 0.9 * m[j]\n" in text(written.program)
    assert "m_next[n] = 0.1 * c[n] + 0.9 * m[n]\n" in text(network.program)


BAD = {
    "update x[n, j] = 0*x[n, j]": "no frozen parameter",
    "update W[j, k] = 0*W[j, k]": "no frozen parameter",
    "update m[j] = 0*m[j]\nupdate m[j] = 2*m[j]": "updated twice",
    "update m = 0": "can't become",
    "update m[j] += 1 + 0*m[j]": "no update",
    "update q[j] = m[j]": "not known",
}


@pytest.mark.parametrize("lines", BAD)
def test_bad_updates_say_why(lines):
    head = "network n\ninput x[N, 3]\nparam m[3] ~ zeros frozen, W[3, 2]\np = x + dense(x, 3)\n"
    with pytest.raises((LanguageError, ShapeError), match=BAD[lines]) as caught:
        bp.parse(f"{head}output p\nloss mean[n, k](p[n, k])\n{lines}")
    assert caught.value.source.line >= 7


@pytest.mark.parametrize("target", TARGETS)
def test_a_moving_average_of_weights_runs_along(target):
    network = bp.parse(
        "network averaged\ninput x[N, 2]\ntarget y[N, 1]\np = dense(x, 1)\n"
        "param mean_W[2, 1] ~ zeros frozen\nupdate mean_W = 0.9*mean_W + 0.1*p_W\n"
        "output p\nloss mse(p, y)\noptimizer sgd(learning_rate=0.1)"
    )
    module = built(network, target)
    params = drawn(module)
    before = {n: v.copy() for n, v in params.items()}
    module.train_step(params, {}, np.ones((4, 2)), np.zeros((4, 1)))
    np.testing.assert_allclose(params["mean_W"], 0.9 * before["mean_W"] + 0.1 * before["p_W"])
    assert not np.allclose(params["p_W"], before["p_W"])


def test_an_update_has_the_shape_of_its_parameter():
    m, c = bp.param("m", 3, frozen=True), bp.input("c", 4)
    with pytest.raises(ShapeError, match="can't become"):
        bp.update(m, c)


def test_a_momentum_is_below_one():
    with pytest.raises(LanguageError, match="momentum"):
        bp.batch_norm(bp.input("x", "N", 3), momentum=1)
