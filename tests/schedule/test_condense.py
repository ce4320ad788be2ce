"""Of each window of which all but one element are 0, a sum reads the one that is not."""

from __future__ import annotations

import pytest

from symbp.ir.text import show
from symbp.schedule.condense import condense
from tests.rewrite.test_passes import assert_becomes, assert_same, program

WON = """\
value won[N,2] in {bound}
won[n,p] = where(x[n,p] < a[n], 1, where(x[n,p + 2] < a[n], 2, 0)) for n in N, p in 2
"""
WINDOWS = WON.format(bound=3) + "value d[N,6]\n"
WINDOWS += "d[n,u + 3 * p] = where(u == won[n,p], z[n,p], 0) for n in N, u in 3, p in 2\n"


def every(program):
    return condense(program, lambda equation, table: True)


def none(program):
    return condense(program, lambda equation, table: False)


def test_a_sum_of_products_goes_over_the_winners():
    assert_becomes(
        every,
        WINDOWS + "value r[4,3]\nr[v,o] = sum[n,p](d[n,p] * z[n,o] * x[n,v] * p)"
        " for v in 4, o in 3, n in N, p in 6\n",
        WON.format(bound=3) + "value r[4,3]\nr[v,o] = sum[n,p,u](where(u == won[n,p],"
        " z[n,p] * z[n,o] * x[n,v] * (u + 3 * p), 0)) for v in 4, o in 3, n in N, p in 2, u in 3\n",
        "r",
    )


def test_what_is_the_same_for_a_window_is_read_where_the_winner_is_since_one_of_them_wins():
    assert_becomes(
        none,
        WINDOWS + "r[n] = sum[p](d[n,p] * a[n])\n",
        "r[n] = sum[p](z[n,p] * a[n]) for n in N, p in 2\n",
        "r",
    )


def test_what_is_added_to_many_places_goes_there_from_the_winners():
    old = program(
        WINDOWS + "value r[N,8]\nr[n,p + v] = d[n,p] * z[n,v] for n in N, p in 6, v in 3\n", "r"
    )
    new = every(old)
    assert show(new.equations[-1]).split(" for ")[0] == (
        "r[n,u + v + 3 * p] = where(u == won[n,p], z[n,p] * z[n,v], 0)"
    )
    assert_same(old, new)


def test_where_none_may_win_the_condition_stays():
    wide = WINDOWS.replace("in 3\n", "in 4\n", 1)
    assert_becomes(
        every,
        wide + "r[n] = sum[p](d[n,p])\n",
        WON.format(bound=4)
        + "r[n] = sum[p,u](where(u == won[n,p], z[n,p], 0)) for n in N, p in 2, u in 3\n",
        "r",
    )


def test_an_index_of_a_window_takes_no_name_that_is_there():
    assert_becomes(
        every,
        WINDOWS + "r[u] = sum[n,p](d[n,p] * x[n,u] * p) for u in 4, n in N, p in 6\n",
        WON.format(bound=3)
        + "r[u] = sum[n,p,u_2](where(u_2 == won[n,p], z[n,p] * x[n,u] * (u_2 + 3 * p), 0))"
        " for u in 4, n in N, p in 2, u_2 in 3\n",
        "r",
    )


STAYS = {
    "a part of the places": "r[n] = sum[p](d[n,p]) for n in N, p in 4\n",
    "places that are computed": "r[n] = sum[p](d[n,2 * p]) for n in N, p in 3\n",
    "the largest of all": "r[n] = max[p](d[n,p])\n",
    "no product": "r[n] = sum[p](exp(d[n,p]))\n",
    "a square": "r[n] = sum[p](d[n,p]**2)\n",
}


@pytest.mark.parametrize("reader", STAYS.values(), ids=STAYS)
def test_what_reads_in_another_way_stays(reader: str):
    assert_becomes(every, WINDOWS + reader, WINDOWS + reader, "r")


def test_what_is_not_worth_it_stays():
    reader = "r = sum[n,p](d[n,p] * p) for n in N, p in 6\n"
    assert_becomes(none, WINDOWS + reader, WINDOWS + reader, "r")


def test_a_tensor_that_has_one_place_alone_is_read_as_it_is():
    source = "value won[N] in 2\nwon[n] = where(a[n] < c, 1, 0)\nvalue d[N,4]\n"
    source += "d[n,0] = where(0 == won[n], a[n], 0)\n"
    reader = "r[j] = sum[n](d[n,j] * x[n,j])\n"
    assert_becomes(every, source + reader, source + reader, "r")
