"""What people write: ten right backward passes, and thirty with one fault each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from symbp import compiler
from symbp.audit.audit import Given, decide, request_for
from symbp.audit.judge import Attempt, Point, Verdict
from symbp.audit.points import points
from symbp.audit.probe.run import Failure, probe

HERE = Path(__file__).parent
RIGHT = sorted((HERE / "right").glob("*.py"))
WRONG = sorted((HERE / "wrong").glob("*.py"))


@cache
def network(name: str) -> tuple[Given, tuple[Point, ...]]:
    net = compiler.load(str(HERE / "nets" / f"{name}.bp"))
    raw, gradients = compiler.gradient_program(net)
    given = Given(raw, compiler.tidy(compiler.opened(net)[0]), gradients)
    return given, tuple(points(raw, seed=0))


def head(path: Path) -> Mapping[str, str]:
    """What the first lines of a file say of it."""
    return dict(re.findall(r"^# (\w+): ?(.*)$", path.read_text("utf-8"), re.MULTILINE))


def verdict(path: Path) -> Verdict:
    told = head(path)
    given, sample = network(told["network"])
    request = request_for(path, told["function"], given, sample, {}, {})
    outcome = probe(request, [p.values for p in sample])
    assert not isinstance(outcome, Failure), outcome
    attempts = [Attempt(a.words, a.gradients, a.updated, a.called) for a in outcome]
    return decide(attempts, given, sample)


@pytest.mark.parametrize("path", RIGHT, ids=lambda p: p.stem)
def test_a_right_backward_pass_is_not_accused(path: Path):
    found = verdict(path)
    assert found.right, found.findings
    assert found.factor == head(path).get("factor", "1")


@pytest.mark.parametrize("path", WRONG, ids=lambda p: p.stem)
def test_a_fault_is_found_in_the_right_parameters_and_named(path: Path):
    found, told = verdict(path), head(path)
    wrong = [f for f in found.findings if not f.right]
    assert {f.parameter for f in wrong} == set(told["wrong"].split())
    assert {f.kind for f in wrong} == {told["kind"]}, [f.words for f in wrong]


def test_there_are_thirty_faults_and_ten_right_ones():
    assert len(RIGHT) == 10
    assert len(WRONG) == 30
