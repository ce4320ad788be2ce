"""Which equations run in which function, and what forward hands to backward."""

from __future__ import annotations

from symbp.compiler import plan
from symbp.ir.text import show
from symbp.schedule import Phase, Plan
from tests.codegen.built import net

TEXT = """
input x[N,3]
target y[N,2]
param unused[4]
h = dense(x, 5, tanh)
p = dense(h, 2)
output p
loss mse(p, y)
optimizer momentum(learning_rate=0.1)
"""


def planned(text: str = TEXT) -> Plan:
    return plan(net(text))


def computed(phase: Phase | None) -> list[str]:
    assert phase is not None
    return list(dict.fromkeys(e.target.name for e in phase.program.equations))


def test_nothing_is_computed_twice():
    found = planned()
    assert not set(computed(found.forward)) & set(computed(found.backward))


def test_the_tape_is_what_backward_reads_of_forward():
    found = planned()
    reads = {a.name for e in found.backward.program.equations for a in e.reads()}
    assert set(found.tape) == reads & set(computed(found.forward))
    assert "h_z" not in found.tape
    assert "h" in found.tape


def test_backward_ends_with_one_gradient_for_each_parameter():
    found = planned()
    assert list(found.gradients) == ["unused", "h_W", "h_b", "p_W", "p_b"]
    assert found.backward.results == tuple(found.gradients.values())
    assert "dunused[i0] = 0" in [show(e) for e in found.backward.program.equations]


def test_the_gradient_by_an_input_is_in_no_function():
    found = planned()
    assert "dx" not in computed(found.backward)


def test_predict_needs_no_target():
    found = planned()
    assert found.predict.reads == ("x", "h_W", "h_b", "p_W", "p_b")
    assert found.predict.results == ("p",)
    assert computed(found.predict) == ["h_z", "h", "p"]


def test_hyper_parameters_are_named_once_in_their_order():
    found = planned(
        "input x[N]\nparam w\nhyper g = 2\nhyper idle = 3\np[n] = g*w*x[n]\noutput p\n"
        "loss mean[n](p[n]**2) + g\noptimizer momentum(learning_rate=0.1)"
    )
    assert found.hyper(found.forward, found.backward, found.update) == (
        "g", "learning_rate", "momentum",
    )  # fmt: skip
    assert found.hyper(found.predict) == ("g",)


def test_a_gradient_that_forward_holds_already_is_handed_over():
    found = planned("input x[N]\nparam w\ns = sum[n](x[n])\noutput s\nloss w*s\noptimizer sgd()")
    assert found.gradients == {"w": "dw"}
    results = (*found.forward.results, *computed(found.backward))
    assert found.gradients["w"] in results


def test_a_network_without_an_optimizer_has_no_update():
    found = planned(TEXT.replace("optimizer momentum(learning_rate=0.1)", ""))
    assert found.update is None
    assert (found.updated, found.state) == ({}, {})


def test_an_update_reads_every_gradient_and_gives_every_new_value():
    found = planned()
    assert found.update is not None
    assert set(found.update_gradients.values()) <= set(found.update.reads)
    assert list(found.updated) == [*found.gradients, *(f"{n}_v" for n in found.gradients)]
    assert found.update.results == tuple(found.updated.values())
