"""A derivation as text and Markdown, and the command that prints it."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from symbp import compiler, verify
from symbp.bench.scaling import perceptron
from symbp.cli import main
from symbp.derivation.documents import Shown, markdown, text
from symbp.verify.steps import Verdict

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["derive", *arguments])


def test_the_excerpts_of_the_readme_are_what_the_commands_print():
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.partition("## Reading a derivation")[2].partition("\n## ")[0]
    shown = re.findall(r"```\n\$ symbp derive (.*?)\n(.*?)```", section, re.DOTALL)
    assert len(shown) == 2
    for command, excerpt in shown:
        printed = run(*command.split()).output
        assert all(part in printed for part in excerpt.split("...\n")), command


def test_a_step_shows_the_equation_before_and_after_and_what_it_used():
    printed = text(compiler.derivation(compiler.load("examples/xor.bp")), Shown())
    assert (
        "    14. substitution\n"
        "         dp[n,k] = 2 * (p[n,k] - y[n,k]) * dloss_sum\n"
        "       ⇒ dp[n,k] = 2 * (p[n,k] - y[n,k]) / N\n"
        "         as dloss_sum = 1 / N\n"
    ) in printed


def test_for_one_parameter_only_the_steps_that_lead_there_are_shown():
    printed = run("examples/xor.bp", "--steps", "--wrt", "W2").output
    assert "by W2[j,k]" in printed
    assert "by W1[i,j]" not in printed


@pytest.mark.parametrize("width", [60, 100])
def test_no_line_is_wider_than_the_terminal(width: int):
    derivation = compiler.derivation(compiler.load("examples/char_transformer.bp"))
    printed = text(derivation, Shown(width=width))
    assert max(map(len, printed.splitlines())) <= width


def test_breaking_lines_changes_no_word():
    derivation = compiler.derivation(compiler.load("examples/sunspots.bp"))
    narrow, wide = (text(derivation, Shown(width=width)) for width in (60, None))
    assert narrow.split() == wide.split()


def test_layers_that_are_alike_are_folded_unless_all_are_asked_for():
    derivation = compiler.derivation(perceptron(6, 3))
    assert text(derivation, Shown()).count("(layers 2 to 6 alike)") == 3
    assert "alike" not in text(derivation, Shown(fold=False))


def test_markdown_aligns_before_and_after_and_closes_its_blocks():
    written = markdown(compiler.derivation(compiler.load("examples/digits.bp")), Shown())
    assert written.count("\n```math\n") * 2 == written.count("\n```")
    assert "**3.** chain rule, by `logits[n,t[n]]`" in written
    assert r"&\mathrel{+}= -[i = t_{n}]" in written


def test_code_shows_the_lines_of_both_targets():
    printed = run("examples/xor.bp", "--code", "--wrt", "W2").output
    assert "        np.dot(h.T, dp_z, out=dW2)\n" in printed
    assert "            dW2[j] += h[n * 4 + j] * dp_z[0];\n" in printed


def test_verify_says_that_all_steps_hold():
    result = run("examples/xor.bp", "--verify")
    assert result.exit_code == 0
    assert result.stderr == "All 18 steps hold, at random points in 50 digits.\n"


def test_verify_names_the_step_that_does_not_and_exits_with_1(monkeypatch: pytest.MonkeyPatch):
    def found(*arguments: object) -> list[Verdict]:
        step = compiler.derivation(compiler.load("examples/xor.bp")).steps[3]
        return [Verdict(4, step, 0.5), Verdict(0, None, 0.5)]

    monkeypatch.setattr(verify, "verify_steps", found)
    result = run("examples/xor.bp", "--verify")
    assert result.exit_code == 1
    assert result.stderr == "symbp: step 4, dp_z by chain rule: off by 5.0e-01\n"


def test_samples_as_columns_are_said_so():
    printed = run("examples/xor.bp", "--columns").output
    assert "    h_z = W1 x + b1 𝟏ᵀ\n" in printed
    assert "  Samples are columns: a matrix is the transpose of its array.\n" in printed
