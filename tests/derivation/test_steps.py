"""The steps of a derivation are what the passes did, all of it, and in their order."""

from collections import Counter

import pytest
from hypothesis import given, settings

from symbp import compiler
from symbp.derivation import Derivation
from symbp.derivation.derivation import replayed
from symbp.ir.program import Program
from symbp.ir.text import show
from symbp.ir.trace import recording
from tests.rewrite.test_random_programs import derived as drawn
from tests.specs import SPECS, stem


def derived(name: str) -> Derivation:
    return compiler.derivation(compiler.load(f"examples/{name}.bp"))


def told(derivation: Derivation, target: str) -> list[tuple[str, list[str]]]:
    return [(s.rule, [show(e) for e in s.after]) for s in derivation.at(target)]


@pytest.mark.parametrize("spec", SPECS, ids=stem)
def test_the_steps_applied_to_the_network_give_its_formulas(spec: str):
    derivation = compiler.derivation(compiler.load(spec))
    found = replayed(derivation.program.equations, derivation.steps)
    assert Counter(found) == Counter(derivation.formulas.program.equations)


def test_the_delta_of_a_sigmoid_layer_comes_about_by_chain_rule_own_value_and_substitution():
    assert told(derived("xor"), "dp_z") == [
        ("chain rule", ["dp_z[n,k] = (1 - sigmoid(p_z[n,k])) * dp[n,k] * sigmoid(p_z[n,k])"]),
        ("derivative of sigmoid in its own value", ["dp_z[n,k] = (1 - p[n,k]) * dp[n,k] * p[n,k]"]),
        ("substitution", ["dp_z[n,k] = 2 * (1 - p[n,k]) * (p[n,k] - y[n,k]) * p[n,k] / N"]),
    ]


def test_the_delta_of_a_classifier_is_the_sum_over_both_uses_of_its_logits_and_collapses():
    rules = [step.rule for step in derived("digits").at("dlogits")]
    assert rules[:3] == ["chain rule", "chain rule", "sum over uses"]
    assert rules[-1] == "softmax with cross-entropy collapses"


def test_what_leads_to_a_gradient_leaves_out_the_others():
    found = [(step.target, step.rule) for step in derived("xor").of("W2")]
    assert {target for target, _ in found} == {"dloss", "dloss_sum", "dp", "dp_z", "dW2"}
    assert found[-1] == ("dp_z", "substitution")


def test_the_chain_rule_tells_by_which_access_it_differentiates():
    (step,) = derived("xor").at("dW2")
    assert str(step.by) == "W2[j,k]"
    assert [show(e) for e in step.before] == ["p_z[n,k] = sum[j](h[n,j] * W2[j,k])"]


def test_nothing_is_kept_when_nobody_records():
    with recording() as trace:
        pass
    compiler.derive(compiler.load("examples/xor.bp"))
    assert trace.steps == []


def test_each_step_says_why_its_pass_is_there():
    assert all(step.reason for step in derived("lenet").steps)


@settings(max_examples=settings.default.max_examples // 4)
@given(drawn())
def test_of_drawn_programs_too_the_steps_are_all_that_happens(program: Program):
    with recording() as trace:
        after = compiler.tidy(program)
    assert Counter(replayed(program.equations, trace.steps)) == Counter(after.equations)
