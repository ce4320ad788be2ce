"""The graph says what is computed of what, and what is kept."""

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from symbp import compiler
from symbp.codegen.pictures import draw
from symbp.codegen.pictures.boxes import boxes
from symbp.codegen.pictures.layout import lay_out
from symbp.codegen.pictures.ranks import rows
from symbp.lang.parser import parse
from tests.codegen.pictures.networks import deep, residual
from tests.specs import SPECS

ROOT = Path(__file__).parents[3]
EXAMPLES = [Path(spec).name for spec in SPECS]


@cache
def planned(name):
    return compiler.plan(compiler.load(str(ROOT / "examples" / name)))


@cache
def example(name, fold=True):
    plan = planned(name)
    return draw(name, plan.forward, plan.backward, plan.gradients, fold)


def ends(graph, **having):
    return [
        (e.source, e.target)
        for e in graph.edges
        if all(getattr(e, name) == value for name, value in having.items())
    ]


def test_what_the_backward_pass_keeps_is_the_tape_of_the_plan():
    graph, plan = example("xor.bp"), planned("xor.bp")
    assert {node.name for node in graph.nodes if node.kept} == set(plan.tape)
    assert ends(graph, kept=True) == [
        ("p", "dp_z"), ("v1", "dp_z"), ("h", "dW2"), ("h", "dh_z"),
    ]  # fmt: skip


def test_each_edge_carries_the_shape_of_what_goes_along_it():
    graph = example("xor.bp")
    shapes = {node.name: node.shape for node in graph.nodes}
    assert all(edge.shape == shapes[edge.source] for edge in graph.edges)
    assert shapes["dW1"] == "(2, 4)"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_read_of_the_plan_is_an_edge_and_no_other_is(name):
    plan = planned(name)
    reads = {
        (a.name, e.target.name)
        for phase in (plan.forward, plan.backward)
        for e in phase.program.equations
        for a in e.reads()
    }
    assert set(ends(example(name, fold=False))) == reads


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_forward_pass_goes_down_and_the_backward_pass_up(name):
    graph = example(name)
    row, table = rows(graph), graph.table()
    for edge in graph.edges:
        parts = table[edge.source].part, table[edge.target].part
        if parts == ("forward", "forward") and not edge.again:
            assert row[edge.source] < row[edge.target]
        if parts == ("backward", "backward") and not edge.again:
            assert row[edge.source] > row[edge.target]


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_two_boxes_touch(name):
    layout = lay_out(example(name))
    placed = list(dict.fromkeys(layout.boxes.values()))
    for k, one in enumerate(placed):
        assert one.x >= 0
        assert one.bottom <= layout.height
        for other in placed[:k]:
            apart = one.right < other.x or other.right < one.x
            assert apart or one.bottom < other.y or other.bottom < one.y


def test_a_recurrence_leads_back_to_its_step():
    assert ("h_h", "h_z") in ends(example("sunspots.bp"), again=True)


def test_layers_that_are_alike_are_drawn_once():
    graph = compiler.graph(deep(50))
    forward, backward = graph.folds
    assert (forward.count, backward.count) == (48, 47)
    assert [(row[0], row[-1]) for row in forward.rows] == [
        ("h2_z", "h49_z"), ("h2", "h49"), ("h2_W", "h49_W"), ("h2_b", "h49_b"),
    ]  # fmt: skip
    assert {(row[0], row[-1]) for row in backward.rows} == {
        ("dh49_z", "dh3_z"), ("dh48", "dh2"), ("dh49_W", "dh3_W"), ("dh49_b", "dh3_b"),
    }  # fmt: skip
    assert graph["h2"].label == "h2 … h49"
    assert ends(graph, again=True) == [("h2", "h2_z"), ("dh48", "dh49_z")]


def test_the_folded_graph_does_not_grow_with_depth():
    few, many = compiler.graph(residual(8)), compiler.graph(residual(30))
    assert len(few.nodes) == len(many.nodes) < len(compiler.graph(residual(8), fold=False).nodes)


def test_layers_of_other_widths_are_not_alike():
    widths = [8, 8, 8, 12, 8, 8, 8]
    lines = ["network mixed", "input x[N,8]", "target y[N,8]", "h0 = dense(x, 8)"]
    lines += [f"h{k} = dense(h{k - 1}, {n}, tanh)" for k, n in enumerate(widths, 1)]
    graph = compiler.graph(parse("\n".join([*lines, "output h7", "loss mse(h7, y)"])))
    assert graph.folds == ()


def test_parameters_of_one_row_share_a_box():
    found = [tuple(n.name for n in box.nodes) for box in boxes(example("xor.bp"))]
    assert ("W1", "b1") in found
    assert ("db1", "dW1") in found


def test_boxes_in_a_chain_stand_below_each_other():
    layout = lay_out(example("xor.bp"))
    chain = [layout.boxes[name].centre for name in ("x", "h_z", "h", "p_z", "p")]
    assert all(abs(a - b) < 8 for a, b in pairwise(chain))
