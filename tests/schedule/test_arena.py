"""Buffers are handed out by shape, and never to two values at once."""

from __future__ import annotations

import pytest

from symbp.ir.text import parse
from symbp.schedule import Arena
from symbp.schedule.arena import aliasable, last_reads


def test_a_buffer_is_given_to_a_second_value_only_when_it_is_back():
    arena = Arena()
    a, b = arena.take((2, 3), "a"), arena.take((2, 3), "b")
    assert a is not b
    arena.give(a)
    assert arena.take((2, 3), "c") is a
    assert arena.take((3, 2), "d") not in (a, b)


def test_whole_and_real_numbers_do_not_share():
    arena = Arena()
    arena.give(arena.take((2,), "t", "int"))
    assert arena.take((2,), "x").kind == "real"
    assert arena.take((2,), "u", "int").name == "t"


def test_the_warmest_buffer_comes_first():
    arena = Arena()
    a, b = arena.take((2,), "a"), arena.take((2,), "b")
    arena.give(a)
    arena.give(b)
    assert arena.take((2,), "c") is b


def test_a_name_is_made_only_for_a_new_buffer():
    arena = Arena()
    arena.give(arena.take((), lambda: "s1"))
    assert arena.take((), lambda: pytest.fail("a free buffer has a name")).name == "s1"


def test_last_reads_counts_what_is_read_in_indices():
    p = parse("input x[4]\nlabel t[N] in 4\na[n] = x[t[n]]\nb[n] = 2 * a[n]\nc[n] = a[n] + b[n]")
    assert last_reads(p.equations) == {"x": 0, "t": 0, "a": 2, "b": 2, "c": 2}


@pytest.mark.parametrize(
    ("equation", "may"),
    [
        ("y[i,j] = 2 * W[i,j]", True),
        ("y[i,j] = W[i,j] * W[i,j] + v[i]", True),
        ("y[i,j] = W[j,i]", False),
        ("y[i,j] = W[i,j] + W[j,i]", False),
        ("y[i,j] = W[i,i] * v[j]", False),
        ("y[i] = sum[j](W[i,j])", False),
        ("y[i,j] = where(i > 0, W[i-1,j], W[i,j])", False),
    ],
)
def test_a_target_may_lie_on_an_operand_that_it_meets_element_by_element(equation: str, may: bool):
    p = parse(f"input W[3,3], v[3]\n{equation}")
    assert aliasable(p.equations[0], "W") is may
