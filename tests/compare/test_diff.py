"""What counts as a difference between two networks, and how it is told."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from symbp.cli import main
from symbp.compare import compare
from symbp.lang.parser import parse

ROOT = Path(__file__).parents[2]
XOR = ROOT / "examples" / "xor.bp"
WORDS = XOR.read_text("utf-8")


def changed(*swaps: tuple[str, str], words: str = WORDS):
    """Return how xor differs from what it is with some words in place of others."""
    other = words
    for old, new in swaps:
        assert old in other
        other = other.replace(old, new)
    return compare(parse(words), parse(other), {"N": 4})


def run(*arguments: str):
    return CliRunner().invoke(main, ["diff", *arguments])


def test_a_network_is_the_same_as_itself():
    found = changed()
    assert found.same
    assert found.text() == "The networks are the same."


@pytest.mark.parametrize(
    "swap",
    [
        ("network xor", "network other"),
        ("# Exclusive or", "# Or"),
        (
            "h[n, j] = sigmoid(sum[i](x[n, i] * W1[i, j]) + b1[j])",
            "h[m, l] = sigmoid(sum[c](x[m, c] * W1[c, l]) + b1[l])",
        ),
    ],
    ids=["names", "comments", "indices"],
)
def test_names_of_networks_and_indices_and_comments_do_not_count(swap):
    assert changed(swap).same


def test_another_activation_changes_its_equation_and_the_gradients_below_it():
    found = changed(("h[n, j] = sigmoid", "h[n, j] = tanh"))
    assert [c.name for c in found.equations] == ["h"]
    assert found.gradients == {
        "W1": "changed through dh_z", "b1": "changed through dh_z", "W2": "same", "b2": "same",
    }  # fmt: skip
    (adjoint,) = found.adjoints
    assert adjoint.before == ("dh_z[n,j] = (1 - h[n,j]) * dh[n,j] * h[n,j]",)
    assert adjoint.after == ("dh_z[n,j] = (1 - h[n,j]**2) * dh[n,j]",)
    assert not found.declarations
    assert not found.update


def test_another_width_changes_declarations_and_costs_alone():
    found = changed(("W1[2, 4]", "W1[2, 8]"), ("b1[4]", "b1[8]"), ("W2[4, 1]", "W2[8, 1]"))
    assert [c.name for c in found.declarations] == ["W1", "b1", "W2"]
    assert not found.equations
    assert set(found.gradients.values()) == {"same"}
    costs = {name: (a, b) for name, a, b in found.costs}
    assert costs["parameters"] == (2 * 4 + 4 + 4 + 1, 2 * 8 + 8 + 8 + 1)


def test_another_learning_rate_is_a_difference_that_costs_nothing():
    found = changed(("learning_rate=4", "learning_rate=2"))
    assert found.text() == ("declarations\n- hyper learning_rate = 4\n+ hyper learning_rate = 2")


def test_another_beginning_is_a_difference():
    found = changed(("W1[2, 4] ~ normal(1)", "W1[2, 4] ~ normal(2)"))
    assert [c.after for c in found.declarations] == [("param W1[2,4] ~ normal(2)",)]


def test_another_optimizer_changes_the_update():
    found = changed(("sgd(learning_rate=4)", "momentum(learning_rate=4)"))
    assert "W1_next" in [c.name for c in found.update]
    assert not found.adjoints


def test_a_gradient_can_be_new_or_gone():
    words = (
        "network a\ninput x[N]\ntarget y[N]\nparam a, b\np = a * x + b\noutput p\nloss mse(p, y)"
    )
    found = changed(("param a, b", "param a"), (" + b", ""), words=words)
    assert found.gradients["b"] == "gone"
    assert changed(("a * x + b", "a * x"), words=words).gradients["b"] != "new"
    back = compare(parse(words.replace("param a, b", "param a").replace(" + b", "")), parse(words))
    assert back.gradients["b"] == "new"


def test_only_the_lines_that_differ_are_shown():
    found = changed((" + b1[j]", " + 2 * b1[j]"))
    (change,) = [c for c in found.equations if c.name == "h_z"]
    assert change.before == ("h_z[n,j] += b1[j]",)


def test_a_prediction_that_changes_is_told():
    words = (
        "network a\ninput x[N]\ntarget y[N]\nparam a\nq = 3 * x\n"
        "p = training(a * x, a * q)\noutput p\nloss mse(p, y)"
    )
    found = changed(("a * q", "2 * a * q"), words=words)
    assert not found.equations
    assert "p" in [c.name for c in found.prediction]


def test_the_command_ends_with_0_where_nothing_changed_whatever_form_describes_it():
    result = run(str(ROOT / "examples/digits.bp"), f"{ROOT / 'examples/digits.py'}:net")
    assert result.output == "The networks are the same.\n"
    assert result.exit_code == 0


def test_the_command_ends_with_1_where_something_changed(tmp_path):
    other = tmp_path / "other.bp"
    other.write_text(WORDS.replace("h[n, j] = sigmoid", "h[n, j] = tanh"), "utf-8")
    result = run(str(XOR), str(other), "--size", "N=4")
    assert result.exit_code == 1
    assert result.output.startswith(f"- {XOR}\n+ {other}\n\nequations\n- h[n,j] = sigmoid")
    assert "changed through dh_z: W1, b1" in result.output


def test_bad_input_ends_with_2(tmp_path):
    assert run(str(XOR), str(tmp_path / "none.bp")).exit_code == 2
    result = run(str(XOR), str(XOR), "--size", "M=4")
    assert result.exit_code == 2
    assert "neither network has a size M" in result.output
