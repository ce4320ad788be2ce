"""A training step as one program computes what its two parts compute."""

import numpy as np
import pytest

from symbp import compiler
from symbp.ir.check import check
from symbp.ir.interpret import interpret
from symbp.ir.text import parse, show
from symbp.schedule import Phase
from symbp.schedule.descent import descent
from tests.codegen.built import arrays, net
from tests.codegen.networks import NETWORKS
from tests.codegen.test_c_bands import TINY

JOINT = """
input x[N]
param a, b
y[n] = a * x[n]
z[n] = b * y[n]
loss = sum[n](z[n]**2)
dz[n] = 2 * z[n]
db = sum[n](dz[n] * y[n])
dy[n] = dz[n] * b
da = sum[n](dy[n] * x[n])
"""
SGD = """
param a, b
input g, h
hyper rate = 0.1
a_next = a - rate * g
b_next = b - rate * h
"""


def joined(joint: str, update: str, **updated: str) -> list[str]:
    """Return the equations of a step with the gradients da and db, which the update has as g, h."""
    gradients = {"a": "da", "b": "db"}
    program, _ = descent(
        parse(joint).but(outputs=("loss", "da", "db")), parse(update), gradients,
        {"a": "g", "b": "h"}, updated,
    )  # fmt: skip
    check(program)
    return [show(e) for e in program.equations]


def test_an_update_waits_while_others_go_on_with_what_was_computed():
    joint = JOINT.replace("dy[n] = dz[n] * b", "dt[n] = dz[n] * b\ndy[n] = dt[n] * y[n]")
    found = joined(joint, SGD, a="a_next", b="b_next")
    assert found[4:8] == [
        "dt[n] = dz[n] * b",
        "dy[n] = dt[n] * y[n]",
        "db = sum[n](dz[n] * y[n])",
        "b_next = b - db * rate",
    ]


def test_a_parameter_is_changed_when_nothing_reads_the_old_one():
    assert joined(JOINT, SGD, a="a_next", b="b_next") == [
        "y[n] = x[n] * a",
        "z[n] = y[n] * b",
        "loss = sum[n](z[n]**2)",
        "dz[n] = 2 * z[n]",
        "dy[n] = dz[n] * b",
        "db = sum[n](dz[n] * y[n])",
        "b_next = b - db * rate",
        "da = sum[n](dy[n] * x[n])",
        "a_next = a - da * rate",
    ]


def test_what_reads_all_gradients_comes_behind_them():
    clipped = SGD.replace("a_next", "s = 1 / (1 + g**2 + h**2)\na_next").replace("rate *", "s *")
    found = joined(JOINT, clipped, a="a_next", b="b_next")
    order = [line.split(" ")[0] for line in found]
    assert order[-5:-3] in (["da", "db"], ["db", "da"])
    assert order[-3:] == ["s", "a_next", "b_next"]


def test_a_name_that_is_taken_changes():
    update = SGD.replace("a_next = a - rate * g", "y = rate * g\na_next = a - y")
    found = joined(JOINT, update, a="a_next", b="b_next")
    assert "y_2 = da * rate" in found
    assert "a_next = a - y_2" in found


def test_a_state_that_needs_no_gradient_comes_first():
    update = SGD.replace("hyper", "state t\nhyper") + "t_next = t + 1\n"
    assert joined(JOINT, update, a="a_next", b="b_next", t="t_next")[0] == "t_next = t + 1"


def test_gradients_that_are_not_updated_stay():
    update = "param a\ninput g\na_next = a - g\n"
    program, results = descent(
        parse(JOINT).but(outputs=("loss", "da", "db")), parse(update), {"a": "da", "b": "db"},
        {"a": "g"}, {"a": "a_next"},
    )  # fmt: skip
    assert "db" in program.table()
    assert results == {"a": "a_next"}


STEPS = {**{n: t for n, t in NETWORKS.items() if "optimizer" in t}, **TINY}


def ran(*phases: Phase | None, **values: np.ndarray) -> dict[str, np.ndarray]:
    """Run phases, one after the other, on what is given."""
    programs = [p.program for p in phases if p is not None]
    tensors = {t.name: t for p in programs for t in p.tensors}
    equations = tuple(e for p in programs for e in p.equations)
    both = programs[0].but(tensors=tuple(tensors.values()), equations=equations)
    return interpret(both, values)


@pytest.mark.parametrize("text", STEPS.values(), ids=STEPS)
def test_a_step_is_forward_backward_and_update(text: str):
    network = net(text)
    plan = compiler.plan(network)
    values = arrays(network, 1, N=3, T=2)
    shapes = plan.step.program.table()
    rng = np.random.default_rng(2)
    for name in plan.state:
        values[name] = rng.uniform(1, 2, [int(n) for n in shapes[name].shape])
    given = {n: v for n, v in values.items() if n not in plan.state}
    parts = ran(plan.forward, plan.backward, **given)
    names = plan.update_gradients
    gradients = {names[p]: parts[g] for p, g in plan.gradients.items() if p in names}
    both = ran(plan.update, **values, **gradients)
    step = ran(plan.step, **values)
    assert step[plan.loss] == pytest.approx(parts[plan.loss], rel=1e-12)
    for name, result in plan.updated.items():
        np.testing.assert_allclose(
            np.asarray(step[plan.results[name]], float), np.asarray(both[result], float),
            rtol=1e-10, atol=1e-12, err_msg=name,
        )  # fmt: skip


@pytest.mark.parametrize("text", STEPS.values(), ids=STEPS)
def test_a_step_holds_every_equation_once(text: str):
    plan = compiler.plan(net(text))
    shown = [show(e) for e in plan.step.program.equations]
    assert len(set(shown)) == len(shown)
    assert len(shown) == sum(
        len(p.program.equations) for p in (plan.forward, plan.backward, plan.update)
    )
