"""Two losses over the same parameters, each with its own: two networks that share one dict."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import symbp as bp
from tests.system.support import TARGETS, built, distance, drawn


def adversaries() -> tuple[bp.Network, bp.Network]:
    """Return a critic and a generator of two-dimensional points."""
    x, z = bp.input("x", "N", 2), bp.noise("z", "N", 3, law="normal")
    seen = bp.input("seen", "N", 3)
    hidden = bp.dense(bp.training(z, seen), 8, bp.tanh, name="g_h")
    fake = bp.dense(hidden, 2, name="g_x")
    W, b = bp.param("d_W", 2, 4), bp.param("d_b", 4)
    v, c = bp.param("d_v", 4), bp.param("d_c")
    n, i, j = bp.indices("n i j")

    def score(points: bp.Handle, name: str) -> bp.Handle:
        inner = bp.define((n, j), bp.tanh(bp.sum(i, points[n, i] * W[i, j]) + b[j]))
        return bp.define((n,), bp.sum(j, inner[n, j] * v[j]) + c[()], name)

    real, made = score(x, "real"), score(fake, "made")
    critic = bp.network(
        "critic", loss=bp.mean(n, bp.softplus(-real[n]) + bp.softplus(made[n])), output=real,
        optimizer=bp.adam(learning_rate=0.01), freeze="g_*",
    )  # fmt: skip
    generator = bp.network(
        "generator", loss=bp.mean(n, bp.softplus(-made[n]) + 0 * x[n, 0]), output=fake,
        optimizer=bp.adam(learning_rate=0.01), freeze="d_*",
    )  # fmt: skip
    return critic, generator


@pytest.mark.parametrize("target", TARGETS)
def test_each_loss_moves_its_own_parameters_alone(target):
    critic, generator = (built(network, target) for network in adversaries())
    assert set(critic.TRAINED) == {"d_W", "d_b", "d_v", "d_c"}
    assert set(generator.TRAINED) == {"g_h_W", "g_h_b", "g_x_W", "g_x_b"}
    params = {**drawn(generator), **drawn(critic)}
    states = critic.init_state(params), generator.init_state(params)
    x, seen = np.random.default_rng(0).normal(size=(6, 2)) + 3, np.zeros((6, 3))
    data = {"x": x, "seen": seen}
    for _ in range(2):
        for module, state in zip((critic, generator), states, strict=True):
            before = {n: v.copy() for n, v in params.items()}
            module.train_step(params, state, *(data[n] for n in module.INPUTS))
            changed = {n for n in params if not np.array_equal(params[n], before[n])}
            assert changed == set(module.TRAINED)


def test_the_critics_gradient_is_that_of_its_formula():
    critic, generator = (built(network) for network in adversaries())
    params = {**generator.init_params(0), **critic.init_params(1)}
    x, seen = np.random.default_rng(0).normal(size=(6, 2)), np.zeros((6, 3))
    z = critic._noise((2, 6, 3), 4, 0, 0)
    z = np.sqrt(-2 * np.log(1 - z[0])) * np.cos(2 * np.pi * z[1])
    fake = np.tanh(z @ params["g_h_W"] + params["g_h_b"]) @ params["g_x_W"] + params["g_x_b"]

    def score(q, points):
        return anp.tanh(points @ q["d_W"] + q["d_b"]) @ q["d_v"] + q["d_c"]

    def loss(q):
        return anp.mean(anp.logaddexp(0, -score(q, x)) + anp.logaddexp(0, score(q, fake)))

    own = {n: params[n] for n in critic.TRAINED}
    data = {"x": x, "seen": seen}
    value, grads = critic.value_and_grad(params, *(data[n] for n in critic.INPUTS), noise_seed=4)
    assert value == pytest.approx(loss(own), rel=1e-12)
    for name, wanted in autograd.grad(loss)(own).items():
        assert distance(grads[name], wanted) < 1e-12
