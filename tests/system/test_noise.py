"""Random numbers that a module draws itself: the same in NumPy, in C and for the judge."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import symbp as bp
from symbp import compiler
from symbp.codegen import runtime
from symbp.errors import LanguageError
from symbp.ir.text import text
from symbp.train.checkpoint import Settings, begin
from symbp.verify import check
from symbp.verify.samples import drawn as noise
from tests.codegen.built import arrays, assert_agrees
from tests.system.support import TARGETS, built, distance, drawn

DROPPED = """
network dropped
input x[N, 3]
target y[N, 2]
noise z[N, 8] ~ normal
h = dropout(dense(x, 8, tanh), 0.25)
g[n, j] = training(h[n, j] + 0.1*z[n, j], h[n, j])
p = dense(g, 2)
output p
loss mse(p, y)
optimizer momentum(learning_rate=0.1)
"""
WIDE = DROPPED.replace("8", "200").replace("dropped", "wide")


def normal(u):
    return np.sqrt(-2 * np.log(1 - u[0])) * np.cos(2 * np.pi * u[1])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_numbers_are_uniform_and_those_of_splitmix64(dtype, monkeypatch):
    monkeypatch.setattr(runtime, "_DTYPE", np.dtype(dtype))
    u = runtime._noise((500, 400), 0, 0, 0)
    assert u.dtype == dtype
    assert u.min() >= 0
    assert u.max() < 1
    assert abs(u.mean() - 0.5) < 4 / np.sqrt(12 * u.size)
    counts, _ = np.histogram(u, 100, (0, 1))
    assert np.sum((counts - 2000) ** 2 / 2000) < 150  # chi squared, 99 degrees of freedom
    assert abs(np.corrcoef(u[:-1].ravel(), u[1:].ravel())[0, 1]) < 0.01
    np.testing.assert_array_equal(u[:2, :5], noise((500, 400), dtype, 0)[:2, :5])
    others = [runtime._noise((500, 400), *how) for how in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    for other in others:
        assert abs(np.corrcoef(u.ravel(), other.ravel())[0, 1]) < 0.01


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", [DROPPED, WIDE])
def test_numpy_c_and_interpreter_agree(source, target):
    network = bp.parse(source)
    for dtype in ("float64", "float32"):
        values = arrays(network, N=3)
        for which, tensor in enumerate(network.program.having("noise")):
            shape = tuple(3 if n.is_Symbol else int(n) for n in tensor.shape)
            values[tensor.name] = noise(shape, dtype, which)
        module = assert_agrees(network, values, dtype, lambda n, d: built(n, target, d))
    program, gradients = compiler.gradient_program(network)
    if source == DROPPED:
        rows = check(module, program, gradients, network.loss)
        assert all(row.verdict == "ok" for row in rows)


@pytest.mark.parametrize("target", TARGETS)
def test_dropout_and_noise_are_their_formulas(target):
    module = built(bp.parse(DROPPED), target)
    q = drawn(module)
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    z, u = normal(noise((2, 4, 8), "float64", 0)), noise((4, 8), "float64", 1)

    def loss(q):
        h = anp.tanh(x @ q["dense_W"] + q["dense_b"]) * (u >= 0.25) / 0.75
        return anp.mean(((h + 0.1 * z) @ q["p_W"] + q["p_b"] - y) ** 2)

    value, grads = module.value_and_grad(q, x, y)
    assert value == pytest.approx(loss(q), rel=1e-12)
    for name, wanted in autograd.grad(loss)(q).items():
        assert distance(grads[name], wanted) < 1e-12
    plain = np.tanh(x @ q["dense_W"] + q["dense_b"]) @ q["p_W"] + q["p_b"]
    np.testing.assert_allclose(module.predict(q, x), plain, rtol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_each_step_draws_anew_and_the_seed_tells_what(target):
    module = built(bp.parse(DROPPED), target)
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    losses = {}
    for seed in (0, 7):
        q = drawn(module)
        state = module.init_state(q, seed)
        first = module.value_and_grad(q, x, y, noise_seed=seed)[0]
        steps = [module.train_step(q, state, x, y, learning_rate=0.0) for _ in range(3)]
        steps.append(module.bind(q, state, x, y, learning_rate=0.0)())
        steps += list(module.fit(q, state, x, y, epochs=2, learning_rate=0.0))
        assert steps[0] == first
        assert len(set(steps)) == len(steps)
        assert state["noise_step"] == 6
        assert state["noise_seed"] == seed
        losses[seed] = steps
    assert not set(losses[0]) & set(losses[7])


def test_numpy_and_c_train_alike():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(10, 3)), rng.normal(size=(10, 2))
    found = []
    for target in ("numpy", "c"):
        module = built(bp.parse(WIDE), target)
        params = module.init_params(3)
        state = module.init_state(params, 5)
        found.append(module.fit(params, state, x, y, epochs=3, batch_size=4, learning_rate=0.01))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_the_count_of_steps_begins_again_where_a_float_ends(target):
    module = built(bp.parse(DROPPED), target, "float32")
    params = module.init_params()
    state = module.init_state(params, -1)
    assert state["noise_seed"] == 2**24 - 1
    state["noise_step"][()] = 2**24 - 2
    for after in (2**24 - 1, 0, 1):
        module.train_step(params, state, np.ones((2, 3)), np.ones((2, 2)))
        assert state["noise_step"] == after


@pytest.mark.parametrize("target", TARGETS)
def test_names_of_the_generator_are_free(target):
    network = bp.parse(
        "network names\ninput seed[N], noise_seed[N]\nnoise noise[N], uniform[N]\nparam step, mixed"
        "\np = training(noise*uniform, seed)*step + mixed + noise_seed\noutput p\n"
        "loss mean[n](p[n]**2)\noptimizer sgd(learning_rate=0.1)"
    )
    module = built(network, target)
    params, data = module.init_params(), (np.ones(3), np.ones(3))
    state = module.init_state(params, seed=1)
    assert list(state) == ["noise_seed_2", "noise_step"]
    module.value_and_grad(params, *data, noise_seed_2=4)
    module.train_step(params, state, *data)


def test_without_an_optimizer_a_seed_is_enough():
    network = bp.parse(DROPPED.replace("optimizer momentum(learning_rate=0.1)", ""))
    for target in ("numpy", "c"):
        module = built(network, target)
        params, x, y = drawn(module), np.ones((2, 3)), np.ones((2, 2))
        one, two = (module.value_and_grad(params, x, y, noise_seed=s)[0] for s in (1, 2))
        assert one != two
        loss, tape = module.forward(params, x, y, noise_seed=1)
        assert loss == one
        assert list(module.backward(params, tape)) == list(params)


def test_a_prediction_draws_nothing():
    with pytest.raises(LanguageError, match="depends on the noise u"):
        bp.parse(
            "network n\ninput x[N]\nparam a\nnoise u[N]\np = a*x*u\noutput p\nloss mean[n](p[n])"
        )


@pytest.mark.parametrize("line", ["noise u[N] ~ zeros", "noise u[N] ~ 3", "noise u[N] in 4"])
def test_bad_noise_says_why(line):
    with pytest.raises(LanguageError, match=r"noise|bound") as caught:
        bp.parse(f"network n\ninput x[N]\n{line}\n")
    assert caught.value.source.line == 3


def test_both_forms_draw_alike():
    x, y = bp.input("x", "N", 3), bp.target("y", "N", 2)
    z = bp.noise("z", "N", 8, law="normal")
    h = bp.dropout(bp.dense(x, 8, bp.tanh), 0.25)
    n, j = bp.indices("n j")
    g = bp.define((n, j), bp.training(h[n, j] + 0.1 * z[n, j], h[n, j]))
    p = bp.dense(g, 2)
    network = bp.network("dropped", loss=bp.mse(p, y), output=p,
                         optimizer=bp.momentum(learning_rate=0.1))  # fmt: skip
    written = bp.parse(DROPPED)
    assert text(network.program) == text(written.program)
    assert network.prediction == written.prediction
    assert network.update == written.update


def test_dropout_takes_a_rate_below_one():
    with pytest.raises(LanguageError, match="rate"):
        bp.dropout(bp.input("x", "N", 3), 1)


def test_the_report_shows_noise():
    formulas = compiler.derive(bp.parse(DROPPED))
    for shown in (formulas.text(), formulas.latex(), formulas.markdown()):
        assert "h" in shown


def test_the_seed_of_a_training_is_that_of_its_noise():
    module = built(bp.parse(DROPPED))
    states = [begin(module, Settings(seed=seed)).state for seed in (0, 5)]
    wanted = [module.init_state(module.init_params(), seed=seed) for seed in (0, 5)]
    for found, state in zip(states, wanted, strict=True):
        assert all(np.array_equal(found[name], state[name]) for name in state)
    assert any(not np.array_equal(states[0][name], states[1][name]) for name in states[0])
