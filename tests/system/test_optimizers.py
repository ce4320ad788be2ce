"""Trajectories of generated training steps against the textbook's formulas, written in NumPy.

The network is linear with a mean squared error, so that its gradient can be written by hand.
"""

import math
from collections.abc import Callable, Iterable
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import symbp as bp
from tests.system.support import TARGETS, built, distance, drawn

Arrays = dict[str, np.ndarray]
STEPS, SAMPLES, FEATURES, OUTPUTS = 100, 7, 3, 2


# Optimizers: w and s (what is remembered of it) are changed in place, t counts from 1 -------------


def sgd(w, g, s, t, learning_rate):
    w -= learning_rate * g


def momentum(w, g, s, t, learning_rate, momentum):
    s["velocity"] = momentum * s.get("velocity", 0) + g
    w -= learning_rate * s["velocity"]


def nesterov(w, g, s, t, learning_rate, momentum):
    s["velocity"] = momentum * s.get("velocity", 0) + g
    w -= learning_rate * (g + momentum * s["velocity"])


def adagrad(w, g, s, t, learning_rate, epsilon=1e-10):
    s["squares"] = s.get("squares", 0) + g * g
    w -= learning_rate * g / (np.sqrt(s["squares"]) + epsilon)


def rmsprop(w, g, s, t, learning_rate, rho, epsilon=1e-8):
    s["squares"] = rho * s.get("squares", 0) + (1 - rho) * g * g
    w -= learning_rate * g / (np.sqrt(s["squares"]) + epsilon)


def adam(w, g, s, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * g
    s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * g * g
    m, v = s["m"] / (1 - beta1**t), s["v"] / (1 - beta2**t)
    w -= learning_rate * m / (np.sqrt(v) + epsilon)


def adamw(w, g, s, t, learning_rate, weight_decay, **moments):
    w -= learning_rate * weight_decay * w
    adam(w, g, s, t, learning_rate, **moments)


OPTIMIZERS: dict[str, tuple[Any, Callable[..., None], dict[str, float]]] = {
    "sgd": (bp.sgd, sgd, {"learning_rate": 0.2}),
    "momentum": (bp.momentum, momentum, {"learning_rate": 0.05, "momentum": 0.8}),
    "nesterov": (bp.nesterov, nesterov, {"learning_rate": 0.05, "momentum": 0.8}),
    "adagrad": (bp.adagrad, adagrad, {"learning_rate": 0.1, "epsilon": 1e-6}),
    "rmsprop": (bp.rmsprop, rmsprop, {"learning_rate": 0.01, "rho": 0.95}),
    "adam": (bp.adam, adam, {"learning_rate": 0.01, "beta1": 0.8, "beta2": 0.99}),
    "adamw": (bp.adamw, adamw, {"learning_rate": 0.01, "weight_decay": 0.1}),
}

# Schedules: the rate at update t, which counts from 0 --------------------------------------------


def cosine(t: int, rate: float, steps: float, lowest: float) -> float:
    return lowest + (rate - lowest) * (1 + math.cos(math.pi * min(t, steps) / steps)) / 2


SCHEDULES: dict[str, tuple[Any, Callable[[int], float]]] = {
    "constant": (bp.constant_rate(0.2), lambda t: 0.2),
    "step": (bp.step(0.2, factor=0.5, every=30), lambda t: 0.2 * 0.5 ** (t // 30)),
    "exponential": (
        bp.exponential(0.2, decay=0.7, every=40),
        lambda t: 0.2 * 0.7 ** (t / 40),
    ),
    "cosine": (bp.cosine(0.2, steps=80, lowest=0.01), lambda t: cosine(t, 0.2, 80, 0.01)),
    "inverse_time": (
        bp.inverse_time(0.2, decay=3, every=50),
        lambda t: 0.2 / (1 + 3 * t / 50),
    ),
    "warmup": (bp.warmup(0.2, warmup_steps=25), lambda t: 0.2 * min(1, (t + 1) / 25)),
    "warmup of cosine": (
        bp.warmup(bp.cosine(0.2, steps=80), warmup_steps=25),
        lambda t: cosine(t, 0.2, 80, 0) * min(1, (t + 1) / 25),
    ),
    "warmup of step": (
        bp.warmup(bp.step(0.2, factor=0.5, every=30), warmup_steps=25),
        lambda t: 0.2 * 0.5 ** (t // 30) * min(1, (t + 1) / 25),
    ),
}

# What happens to the gradients ------------------------------------------------------------------


def by_value(grads: Arrays, limit: float) -> Arrays:
    return {k: np.clip(g, -limit, limit) for k, g in grads.items()}


def by_norm(grads: Arrays, limit: float) -> Arrays:
    norm = math.sqrt(sum(float(np.sum(g**2)) for g in grads.values()))
    return {k: g * min(1, limit / norm) for k, g in grads.items()}


CLIPS: dict[str, tuple[Any, Callable[[Arrays], Arrays]]] = {
    "by value": (bp.clip_value(0.15), lambda g: by_value(g, 0.15)),
    "by norm": (bp.clip_norm(0.4), lambda g: by_norm(g, 0.4)),
}
PENALTIES: dict[str, tuple[Any, Callable[[Arrays], float], Callable[[Arrays], Arrays]]] = {
    "l1": (
        bp.l1(0.02),
        lambda w: 0.02 * float(np.sum(np.abs(w["p_W"]))),
        lambda w: {"p_W": 0.02 * np.sign(w["p_W"])},
    ),
    "l2": (
        bp.l2(0.05),
        lambda w: 0.05 * float(np.sum(w["p_W"] ** 2)),
        lambda w: {"p_W": 0.1 * w["p_W"]},
    ),
}


# The two trajectories ---------------------------------------------------------------------------


def linear(optimizer: bp.Optimizer, **options: Any) -> bp.Network:
    x, y = bp.input("x", "N", FEATURES), bp.target("y", "N", OUTPUTS)
    p = bp.dense(x, OUTPUTS)
    return bp.network("line", loss=bp.mse(p, y), output=p, optimizer=optimizer, **options)


def batches(steps: int = STEPS) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return a batch for each step: the samples around a plane, their noise new each time."""
    rng = np.random.default_rng(5)
    plane = rng.normal(size=(FEATURES, OUTPUTS))
    xs = rng.normal(size=(steps, SAMPLES, FEATURES))
    return [(x, 3 * x @ plane + rng.normal(size=(SAMPLES, OUTPUTS))) for x in xs]


def gradients(w: Arrays, x: np.ndarray, y: np.ndarray) -> tuple[float, Arrays]:
    residual = x @ w["p_W"] + w["p_b"] - y
    slope = 2 * residual / residual.size
    return float(np.mean(residual**2)), {"p_W": x.T @ slope, "p_b": slope.sum(axis=0)}


def plain(
    rule: Callable[..., None],
    params: Arrays,
    settings: Iterable[dict[str, float]],
    *,
    clip: Callable[[Arrays], Arrays] = lambda g: g,
    penalty: Callable[[Arrays], float] = lambda w: 0.0,
    pull: Callable[[Arrays], Arrays] = lambda w: {},
) -> tuple[list[float], list[Arrays]]:
    """Return the losses and the parameters after each step, by the textbook."""
    w = {k: v.astype(float) for k, v in params.items()}
    states: dict[str, Arrays] = {k: {} for k in w}
    losses, path = [], []
    for t, ((x, y), hyper) in enumerate(zip(batches(), settings, strict=True), start=1):
        loss, grads = gradients(w, x, y)
        losses.append(loss + penalty(w))
        grads |= {k: grads[k] + g for k, g in pull(w).items()}
        for k, g in clip(grads).items():
            rule(w[k], g, states[k], t, **hyper)
        path.append({k: v.copy() for k, v in w.items()})
    return losses, path


def generated(
    module: ModuleType, params: Arrays, settings: Iterable[dict[str, float]]
) -> tuple[list[float], list[Arrays]]:
    """Return the same of a generated module; the hyper-parameters are keyword arguments."""
    w = {k: v.copy() for k, v in params.items()}
    state = module.init_state(w)
    losses, path = [], []
    for (x, y), hyper in zip(batches(), settings, strict=True):
        losses.append(module.train_step(w, state, x, y, **hyper))
        path.append({k: v.copy() for k, v in w.items()})
    return losses, path


def agree(found: Any, expected: Any, tolerance: float = 1e-12) -> None:
    """Hold every loss, and every parameter after every step, against what is expected."""
    np.testing.assert_allclose(found[0], expected[0], rtol=tolerance)
    for step, (w, v) in enumerate(zip(found[1], expected[1], strict=True)):
        for name in v:
            assert distance(w[name], v[name]) <= tolerance, f"{name} after step {step + 1}"


@cache
def optimizing(name: str, target: str, dtype: str) -> ModuleType:
    make, _, hyper = OPTIMIZERS[name]
    return built(linear(make(**hyper)), target, dtype)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_follows_its_formula(name: str, target: str):
    module = optimizing(name, target, "float64")
    _, rule, hyper = OPTIMIZERS[name]
    params = drawn(module)
    expected = plain(rule, params, [hyper] * STEPS)
    agree(generated(module, params, [{}] * STEPS), expected)
    assert np.mean(expected[0][-20:]) < np.mean(expected[0][:20])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_hyperparameters_can_change_in_mid_run(name: str, target: str):
    module = optimizing(name, target, "float64")
    _, rule, hyper = OPTIMIZERS[name]
    assert module.HYPERPARAMETERS.items() >= hyper.items()
    later = {k: 0.9 * v for k, v in hyper.items()}
    settings = [hyper] * 50 + [later] * 50
    params = drawn(module)
    expected = plain(rule, params, settings)
    agree(generated(module, params, [{}] * 50 + [later] * 50), expected)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_in_single_precision(name: str, target: str):
    module = optimizing(name, target, "float32")
    _, rule, hyper = OPTIMIZERS[name]
    params = drawn(module)
    found = generated(module, params, [{}] * STEPS)
    agree(found, plain(rule, params, [hyper] * STEPS), 1e-4)
    assert found[1][-1]["p_W"].dtype == np.float32


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_follows_its_formula(name: str, target: str):
    schedule, rate = SCHEDULES[name]
    module = built(linear(bp.sgd(learning_rate=schedule)), target)
    params = drawn(module)
    expected = plain(sgd, params, [{"learning_rate": rate(t)} for t in range(STEPS)])
    agree(generated(module, params, [{}] * STEPS), expected)


@pytest.mark.parametrize("target", TARGETS)
def test_a_schedule_and_the_moments_count_the_same_steps(target: str):
    schedule, rate = SCHEDULES["warmup of cosine"]
    module = built(linear(bp.adam(learning_rate=schedule)), target)
    params = drawn(module)
    expected = plain(adam, params, [{"learning_rate": rate(t)} for t in range(STEPS)])
    agree(generated(module, params, [{}] * STEPS), expected)


@pytest.mark.parametrize("target", TARGETS)
def test_numbers_of_a_schedule_are_keyword_arguments(target: str):
    schedule = bp.exponential(0.5, decay=0.1, every=7)
    module = built(linear(bp.momentum(learning_rate=schedule)), target)
    now = {"learning_rate": 0.05, "decay": 0.7, "every": 40, "momentum": 0.6}
    params = drawn(module)
    rates = [0.05 * 0.7 ** (t / 40) for t in range(STEPS)]
    expected = plain(momentum, params, [{"learning_rate": r, "momentum": 0.6} for r in rates])
    agree(generated(module, params, [now] * STEPS), expected)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("rule", [momentum, adam])
@pytest.mark.parametrize("name", CLIPS)
def test_gradients_are_clipped(name: str, rule: Callable[..., None], target: str):
    clip, clipped = CLIPS[name]
    make, _, hyper = OPTIMIZERS[rule.__name__]
    module = built(linear(make(**hyper), clip=clip), target)
    params = drawn(module)
    expected = plain(rule, params, [hyper] * STEPS, clip=clipped)
    agree(generated(module, params, [{}] * STEPS), expected)
    assert distance(expected[1][-1]["p_W"], plain(rule, params, [hyper] * STEPS)[1][-1]["p_W"])


@pytest.mark.parametrize("target", TARGETS)
def test_the_limit_of_a_clip_is_a_keyword_argument(target: str):
    module = built(linear(bp.sgd(learning_rate=0.2), clip=bp.clip_norm(5)), target)
    params = drawn(module)
    expected = plain(sgd, params, [{"learning_rate": 0.2}] * STEPS, clip=CLIPS["by norm"][1])
    agree(generated(module, params, [{"clip_norm": 0.4}] * STEPS), expected)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_pulls_and_is_part_of_the_loss(name: str, target: str):
    penalty, value, pull = PENALTIES[name]
    module = built(linear(bp.sgd(learning_rate=0.2), penalty=penalty), target)
    params = drawn(module)
    settings = [{"learning_rate": 0.2}] * STEPS
    expected = plain(sgd, params, settings, penalty=value, pull=pull)
    agree(generated(module, params, [{}] * STEPS), expected)


@pytest.mark.parametrize("target", TARGETS)
def test_the_strength_of_a_penalty_can_be_a_hyperparameter(target: str):
    strength = bp.hyper("strength", 0.5)
    module = built(linear(bp.sgd(learning_rate=0.2), penalty=bp.l2(strength)), target)
    params = drawn(module)
    _, value, pull = PENALTIES["l2"]
    settings = [{"learning_rate": 0.2}] * STEPS
    expected = plain(sgd, params, settings, penalty=value, pull=pull)
    agree(generated(module, params, [{"strength": 0.05}] * STEPS), expected)
