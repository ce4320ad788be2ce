"""Every step of a derivation is right, and one that is wrong is caught and named."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

import pytest
from sympy import Expr

from symbp import compiler, verify
from symbp.derivation import Derivation, Step
from symbp.verify.steps import Verdict
from tests.specs import SPECS, stem

algebra = import_module("symbp.rewrite.algebra")


def judged(derivation: Derivation, steps: list[Step] | None = None) -> list[Verdict]:
    return verify.verify_steps(
        derivation.program,
        derivation.tensors,
        derivation.steps if steps is None else steps,
        derivation.formulas.loss,
        derivation.gradients,
    )


def wrong(name: str, target: str, rule: str, change: Callable[[Expr], Expr]) -> list[Verdict]:
    """Return the verdicts that disagree when one step's last equation is changed."""
    derivation = compiler.derivation(compiler.load(f"examples/{name}.bp"))
    steps = list(derivation.steps)
    k = next(k for k, s in enumerate(steps) if (s.target, s.rule) == (target, rule))
    *others, last = steps[k].after
    steps[k] = replace(steps[k], after=(*others, replace(last, body=change(last.body))))
    return [v for v in judged(derivation, steps) if not v.agrees]


@pytest.mark.parametrize("spec", SPECS, ids=stem)
def test_every_step_of_every_example_verifies(spec: str):
    derivation = compiler.derivation(compiler.load(spec))
    verdicts = judged(derivation)
    assert len(verdicts) == len(derivation.steps) + 1
    assert [str(v) for v in verdicts if not v.agrees] == []


@pytest.mark.parametrize(
    ("name", "target", "rule"),
    [
        ("xor", "dW2", "chain rule"),
        ("xor", "dh_z", "derivative of sigmoid in its own value"),
        ("xor", "dp_z", "substitution"),
        ("digits", "dlogits", "softmax with cross-entropy collapses"),
        ("digits", "dh_z", "a where(c, b, 0) = where(c, a b, 0)"),
        ("digits", "loss_sum", "the same value under one name"),
    ],
)
def test_a_wrong_step_is_caught_and_named(name: str, target: str, rule: str):
    found = wrong(name, target, rule, lambda body: 2 * body)
    assert (found[0].step.target, found[0].step.rule) == (target, rule)


def test_a_sign_that_is_lost_is_caught():
    assert "dlogits by chain rule" in str(wrong("digits", "dlogits", "chain rule", lambda b: -b)[0])


def test_a_use_that_is_forgotten_is_caught_by_all_gradients_together():
    derivation = compiler.derivation(compiler.load("examples/digits.bp"))
    gone = next(s for s in derivation.steps if s.target == "dlogits" and s.rule == "chain rule")
    steps = [s for s in derivation.steps if s.derives and s is not gone]
    assert not judged(derivation, steps)[-1].agrees


def test_a_wrong_identity_in_the_table_is_caught_by_its_name(monkeypatch: pytest.MonkeyPatch):
    name = "a where(c, b, 0) = where(c, a b, 0)"

    def always(rule: Callable[[Expr], Expr | None]) -> Callable[[Expr], Expr | None]:
        return lambda e: None if (found := rule(e)) is None else found.args[1]

    wrong = tuple((n, always(rule) if n == name else rule) for n, rule in algebra.RULES)
    monkeypatch.setattr(algebra, "RULES", wrong)
    algebra._simplified.cache_clear()
    try:
        derivation = compiler.derivation(compiler.load("examples/digits.bp"))
        found = next(v for v in judged(derivation) if not v.agrees)
    finally:
        algebra._simplified.cache_clear()
    assert found.step is not None
    assert (found.step.target, found.step.rule) == ("dh_z", name)
