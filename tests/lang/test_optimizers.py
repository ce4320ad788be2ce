"""Updates: 100 steps of each program against a plain loop; schedules; clipping."""

from __future__ import annotations

import math
import random

import pytest

from symbp.errors import LanguageError
from symbp.ir.interpret import interpret
from symbp.ir.program import Tensor, size
from symbp.ir.text import text
from symbp.lang import optimizers
from symbp.lang.optimizers import clip_norm, clip_value, optimizer, sgd
from symbp.lang.schedules import (
    constant_rate,
    cosine,
    exponential,
    inverse_time,
    schedule,
    step,
    warmup,
)  # fmt: skip
from symbp.lang.update import updates

STEPS = 100
W = Tensor("W", (size(2),), "param")
B = Tensor("b", (), "param")


def gradient(w):
    """The slope of a bumpy function, so that steps differ in sign and size."""
    return 2 * w + math.sin(7 * w)


def trajectory(update, steps=STEPS):
    """Return W and b after each step, run by the interpreter."""
    memory = {"W": [1.5, -0.7], "b": 0.4}
    memory |= {s.name: [0.0] * 2 if s.shape else 0.0 for s in update.program.having("state")}
    found = []
    for _ in range(steps):
        memory[update.gradients["W"]] = [gradient(w) for w in memory["W"]]
        memory[update.gradients["b"]] = gradient(memory["b"])
        out = interpret(update.program, memory)
        memory |= {name: out[new].tolist() for name, new in update.results.items()}
        found.append([*memory["W"], memory["b"]])
    return found


def plain(rule, steps=STEPS):
    """Return the same of one scalar rule (w, g, state, t) -> w."""
    weights, states, found = [1.5, -0.7, 0.4], [{}, {}, {}], []
    for t in range(1, steps + 1):
        weights = [rule(w, gradient(w), s, t) for w, s in zip(weights, states, strict=True)]
        found.append(list(weights))
    return found


def momentum(w, g, s, t):
    s["v"] = 0.9 * s.get("v", 0) + g
    return w - 0.05 * s["v"]


def nesterov(w, g, s, t):
    s["v"] = 0.9 * s.get("v", 0) + g
    return w - 0.05 * (g + 0.9 * s["v"])


def adagrad(w, g, s, t):
    s["s"] = s.get("s", 0) + g * g
    return w - 0.05 * g / (math.sqrt(s["s"]) + 1e-10)


def rmsprop(w, g, s, t):
    s["s"] = 0.9 * s.get("s", 0) + 0.1 * g * g
    return w - 0.05 * g / (math.sqrt(s["s"]) + 1e-8)


def adam(w, g, s, t):
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0) + 0.001 * g * g
    m, v = s["m"] / (1 - 0.9**t), s["v"] / (1 - 0.999**t)
    return w - 0.05 * m / (math.sqrt(v) + 1e-8)


RULES = {
    "sgd": lambda w, g, s, t: w - 0.05 * g,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": lambda w, g, s, t: adam(w, g, s, t) - 0.05 * 0.01 * w,
}


def close(one, other):
    for a, b in zip(one, other, strict=True):
        assert a == pytest.approx(b, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_a_hundred_steps_equal_a_plain_loop(name):
    update = updates([W, B], optimizers.OPTIMIZERS[name](learning_rate=0.05), None, ())
    close(trajectory(update), plain(RULES[name]))


def test_an_optimizer_of_ones_own():
    lines = """
        d = g + decay*w
        v = rho*v + d
        w = w - rate*sign(v)*abs(d)
    """
    update = updates([W, B], optimizer(lines, rate=0.01, rho=0.5, decay=0.1), None, ())

    def rule(w, g, s, t):
        d = g + 0.1 * w
        s["v"] = 0.5 * s.get("v", 0) + d
        return w - 0.01 * math.copysign(1, s["v"]) * abs(d)

    close(trajectory(update), plain(rule))
    assert [s.name for s in update.program.having("state")] == ["W_v", "b_v"]


SCHEDULES = {
    "constant": (constant_rate(0.1), lambda t: 0.1),
    "step": (step(0.1, factor=0.5, every=10), lambda t: 0.1 * 0.5 ** (t // 10)),
    "exponential": (exponential(0.1, decay=0.9, every=10), lambda t: 0.1 * 0.9 ** (t / 10)),
    "cosine": (
        cosine(0.1, steps=60, lowest=0.01),
        lambda t: 0.01 + 0.09 * (1 + math.cos(math.pi * min(t / 60, 1))) / 2,
    ),
    "inverse_time": (inverse_time(0.1, decay=2, every=10), lambda t: 0.1 / (1 + 2 * t / 10)),
    "warmup": (
        warmup(step(0.1, factor=0.5, every=10), warmup_steps=20),
        lambda t: min(1, (t + 1) / 20) * 0.1 * 0.5 ** (t // 10),
    ),
    "own": (schedule("rate/sqrt(1 + t/slow)", 0.1, slow=3), lambda t: 0.1 / math.sqrt(1 + t / 3)),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_count_updates_from_zero(name):
    rate, formula = SCHEDULES[name]
    update = updates([W, B], sgd(learning_rate=rate), None, ())
    close(trajectory(update), plain(lambda w, g, s, t: w - formula(t - 1) * g))


def test_a_schedule_and_adam_share_the_counter():
    rate, formula = SCHEDULES["exponential"]
    update = updates([W, B], optimizers.adam(learning_rate=rate), None, ())
    assert update.program.having("state")[0].name == "t"

    def rule(w, g, s, t):
        return w + (adam(w, g, s, t) - w) / 0.05 * formula(t - 1)

    close(trajectory(update, 20), plain(rule, 20))


def test_the_counter_exists_only_where_it_is_used():
    for rate in (0.1, constant_rate(0.1)):
        assert not updates([W], sgd(learning_rate=rate), None, ()).program.having("state")


def test_clipping_by_value():
    update = updates([W, B], sgd(learning_rate=0.05), clip_value(0.5), ())
    close(trajectory(update), plain(lambda w, g, s, t: w - 0.05 * max(-0.5, min(0.5, g))))


@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0, 100.0])
def test_clipping_by_the_global_norm(scale):
    update = updates([W, B], sgd(learning_rate=1), clip_norm(2), ())
    generator = random.Random(1)
    values = {"W": [0.0, 0.0], "b": 0.0}
    g = [scale * generator.gauss(0, 1) for _ in range(3)]
    out = interpret(update.program, {**values, "dW": g[:2], "db": g[2]})
    norm = math.sqrt(math.fsum(v * v for v in g))
    factor = 2 / norm if norm > 2 else 1
    expected = [-factor * v for v in g]
    found = [*out[update.results["W"]].tolist(), out[update.results["b"]].item()]
    assert found == pytest.approx(expected, rel=1e-14)


def test_the_update_of_momentum_reads_as_its_box():
    update = updates([B], optimizers.momentum(learning_rate=0.1), clip_norm(5), ["db", "b_v"])
    assert text(update.program) == (
        "param b\n"
        "input db_2\n"
        "state b_v_2\n"
        "hyper learning_rate = 0.1\n"
        "hyper momentum = 0.9\n"
        "hyper clip_norm = 5\n"
        "gradient_square = db_2**2\n"
        "clip_scale = where(gradient_square > clip_norm**2, clip_norm / sqrt(gradient_square), 1)\n"
        "db_2_clipped = clip_scale * db_2\n"
        "b_v_2_next = b_v_2 * momentum + db_2_clipped\n"
        "b_next = b - b_v_2_next * learning_rate\n"
    )
    assert update.gradients == {"b": "db_2"}
    assert update.results == {"b": "b_next", "b_v_2": "b_v_2_next"}
    assert update.initial == {"b_v_2": 0}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("w = w - rate*q", "q is not known"),
        ("v = v + g", "no line of the optimizer sets w"),
        ("rate = 3\nw = w - rate*g", "is a hyper-parameter"),
        ("t = t + g\nw = w - t", "one number for all"),
        ("w[i] = w[i]", "has indices"),
        ("w = w -", "was not expected|not expected"),
        ("param w", "is no update"),
        ("w = w - sgn(g)", "there is no function sgn"),
    ],
)
def test_lines_that_make_no_optimizer(lines, message):
    with pytest.raises(LanguageError, match=message):
        updates([W], optimizer(lines, rate=0.1), None, ())


def test_a_schedule_knows_its_own_names_only():
    with pytest.raises(LanguageError, match="speed is not known"):
        updates([W], sgd(learning_rate=schedule("rate*speed", 0.1)), None, ())
