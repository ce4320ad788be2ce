"""A summary's layers, totals and words, and its command."""

from math import prod
from pathlib import Path

import pytest
from click.testing import CliRunner

from symbp import compiler
from symbp.cli import main
from symbp.costs import total
from symbp.lang.parser import parse
from symbp.summary import summary
from tests.specs import SPECS, stem

ROOT = Path(__file__).parents[2]


def example(name: str):
    return compiler.load(str(ROOT / "examples" / f"{name}.bp"))


def row(found, name: str):
    return next(layer for layer in found.layers if layer.name == name)


def test_layers_are_those_that_people_know():
    names = [layer.name for layer in summary(example("lenet")).layers]
    assert names == ["image", "c1", "s1", "c2", "s2", "flatten", "h", "logits", "output", "loss"]


def test_a_layer_shows_its_output_and_its_parameters():
    found = summary(example("lenet"))
    assert (row(found, "c1").shape, row(found, "c1").parameters) == ("(N, 16, 8, 8)", 16 * 9 + 16)
    assert row(found, "h").parameters == 128 * 32 + 32
    assert row(found, "s1").parameters == 0


def test_a_dense_layer_takes_two_operations_for_each_weight_forwards_and_four_in_all():
    found = row(summary(example("digits"), {"N": 100}), "logits")
    weights = 32 * 10
    assert found.forward == 2 * 100 * weights
    gradient_of_input = 100 * 32 * (2 * 10 - 1)
    gradient_of_weights, gradient_of_bias = (2 * 100 - 1) * weights, 99 * 10
    assert found.backward == gradient_of_input + gradient_of_weights + gradient_of_bias


def test_kept_bytes_are_those_of_the_tape():
    found = summary(example("digits"), {"N": 100}, "float32")
    assert row(found, "h").kept == 100 * 32 * 4
    assert sum(layer.kept for layer in found.layers) == 100 * (32 + 10 + 1) * 4


@pytest.mark.parametrize("spec", SPECS, ids=stem)
def test_all_belongs_to_one_layer_and_the_passes_make_the_backward_pass_cheaper(spec: str):
    network = compiler.load(spec)
    found = summary(network, {str(s): 32 for s in network.program.sizes()})
    assert found.operations["backward"] < found.naive["backward"]
    for column, phase in enumerate(("forward", "backward")):
        layers = [(layer.forward, layer.backward)[column] for layer in found.layers]
        assert sum(layers) == total(found.costs[phase]).operations.total
    assert "(others)" not in [layer.name for layer in found.layers]
    shapes = [t.shape for t in network.program.having("param")]
    assert found.parameters == sum(prod(map(int, shape)) for shape in shapes)


def test_a_network_without_an_optimizer_has_no_update():
    found = summary(parse("network a\ninput x[N]\nparam w\noutput w*x\nloss mean[n]((w*x[n])**2)"))
    assert list(found.operations) == ["forward", "backward"]


def test_running_statistics_belong_to_their_layer_and_are_not_kept_for_the_backward_pass():
    found = summary(
        parse(
            "network a\ninput x[N,4]\ntarget y[N,4]\nh = batch_norm(x)\noutput h\nloss mse(h, y)"
        ),
        {"N": 10},
    )
    assert [layer.name for layer in found.layers] == ["h", "loss"]
    layer = row(found, "h")
    assert layer.parameters == 4 * 4
    assert layer.kept % (10 * 4 * 8) in (0, 4 * 8, 2 * 4 * 8)


def test_a_notebook_shows_a_table():
    shown = summary(example("xor"), {"N": 4})._repr_html_()
    assert shown.count("<table>") == 2
    assert "(N, 4)" in shown


def test_the_command_shows_the_layers_and_with_costs_each_equation():
    spec = str(ROOT / "examples" / "xor.bp")
    short = CliRunner().invoke(main, ["summary", spec, "--size", "N=4"])
    assert short.exit_code == 0
    assert short.output.splitlines()[0] == "xor, N = 4, float64"
    assert "dp_z[n,k]" not in short.output
    long = CliRunner().invoke(main, ["summary", spec, "--size", "N=4", "--costs"])
    assert "dp_z[n,k] = 2 * (1 - p[n,k]) * p[n,k] * v1[n,k] / N" in long.output


def test_a_size_that_the_network_lacks_is_one_error():
    result = CliRunner().invoke(main, ["summary", str(ROOT / "examples/xor.bp"), "--size", "M=4"])
    assert result.exit_code == 2
    assert "network xor has no size M" in result.output
