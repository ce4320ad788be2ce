"""Scans: their text, which of them are well formed, and what they mean."""

from __future__ import annotations

import pytest
from hypothesis import given

from symbp.errors import LanguageError, OrderError, ShapeError
from symbp.ir.check import check
from symbp.ir.interpret import interpret
from symbp.ir.program import Program
from symbp.ir.text import parse, text
from tests.drawn_scans import recurrences


def scan(*equations: str, head: str = "scan t in T", before: str = "") -> Program:
    steps = "\n".join(equations)
    return parse(f"input x[T], w\nvalue h[T + 1]\n{before}\n{head}\n{steps}\nend")


def test_a_scan_runs_its_equations_together_step_by_step():
    program = scan("a[t] = 2 * h[t]", "h[t + 1] = a[t] + x[t]", before="h[0] = 1")
    got = interpret(program, {"x": [1.0, 10.0, 100.0], "w": 0.0})
    assert got["h"].tolist() == [1, 3, 16, 132]
    assert got["a"].tolist() == [2, 6, 32]


def test_a_reversed_scan_begins_with_the_last_step():
    program = scan("h[t] = 2 * h[t + 1] + x[t]", head="scan t in T reversed")
    got = interpret(program, {"x": [1.0, 10.0, 100.0], "w": 0.0})
    assert got["h"].tolist() == [421, 210, 100, 0]


def test_several_equations_may_add_to_what_a_step_writes():
    program = scan("h[t + 1] += h[t]", before="h[0] = 1\nh[t + 1] += x[t]")
    assert interpret(program, {"x": [1.0, 2.0], "w": 0.0})["h"].tolist() == [1, 2, 4]


@given(recurrences())
def test_text_and_parse_are_inverse_for_scans(program):
    check(program)
    again = parse(text(program))
    assert again.equations == program.equations
    assert again.table() == program.table()


@pytest.mark.parametrize(
    ("equations", "head"),
    [
        (["h[t + 1] = a[t]", "a[t] = h[t] + x[t]"], "scan t in T"),
        (["h[t] = h[t + 1] + x[t]"], "scan t in T"),
        (["h[t + 1] = h[t] + x[t]"], "scan t in T reversed"),
        (["h[t + 1] = h[t + 1] + x[t]"], "scan t in T"),
        (["h[t + 1] = h[T - t] + x[t]"], "scan t in T"),
        (["h[t + 1] = h[t] + x[t]", "a[t] = h[T]"], "scan t in T"),
        (["s += x[t]", "h[t + 1] = h[t] + s"], "scan t in T"),
    ],
)
def test_a_wrong_order_is_found(equations, head):
    with pytest.raises(OrderError, match="read"):
        check(scan(*equations, head=head, before="value a[T]\nvalue s"))


@pytest.mark.parametrize(
    ("equations", "head"),
    [
        (["a[t] = h[t] + x[t]", "h[t + 1] = a[t]"], "scan t in T"),
        (["h[t + 1] = a[t] + h[t]", "a[t + 1] = h[t + 1] + x[t]"], "scan t in T"),
        (["h[t] = h[t + 1] + x[t]"], "scan t in T reversed"),
        (["h[t + 1] = h[0] + x[T - 1 - t]"], "scan t in T"),
        (["h[t + 1] = h[t] + a[t + 1]"], "scan t in T"),
        (["s += x[t]", "h[t + 1] = h[t] + w"], "scan t in T"),
    ],
)
def test_a_right_order_is_taken(equations, head):
    check(scan(*equations, head=head, before="h[0] = 1\nvalue a[T + 1]\na[0] = 1\nvalue s"))


def test_what_a_scan_still_adds_to_is_not_read_before_or_inside():
    with pytest.raises(OrderError, match="before it is complete"):
        check(scan("h[t + 1] = h[t] + x[t]", before="y = h[0]"))
    more = parse("value h[4]\nh[0] = 1").equations
    late = scan("h[t + 1] = h[t] + x[t]").extended(equations=more)
    with pytest.raises(OrderError, match="before it is complete"):
        check(late)


def test_every_equation_of_a_scan_depends_on_its_step():
    with pytest.raises(OrderError, match="does not depend on t"):
        check(scan("h[t + 1] = h[t] + x[t]", "a = w"))


def test_all_equations_of_a_scan_have_as_many_steps():
    program = scan("h[t + 1] = h[t] + x[t]")
    short = parse("input v[3]\nscan t in 3\nb[t] = v[t]\nend")
    both = program.extended([short["v"], short["b"]], short.equations)
    with pytest.raises(ShapeError, match="ranges over T in h but over 3 here"):
        check(both)


def test_two_scans_that_follow_each_other_have_indices_of_their_own():
    with pytest.raises(OrderError, match="follow each other"):
        parse("input x[T]\nscan t in T\na[t] = x[t]\nend\nscan t in T\nb[t] = a[t]\nend")


def test_a_scan_without_an_end_is_refused():
    with pytest.raises(LanguageError):
        parse("input x[T]\nscan t in T\na[t] = x[t]\n")
