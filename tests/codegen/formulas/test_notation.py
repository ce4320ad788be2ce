"""Names are spelled as in a textbook, and no two alike."""

import pytest

from symbp.codegen.formulas.notation import Notation, spell
from symbp.ir.text import parse


@pytest.mark.parametrize(
    ("name", "letter", "mark"),
    [
        ("W", "W", ""), ("W1", "W", "1"), ("h_W", "W", "h"),
        ("dense_2_W", "W", r"\mathrm{dense},2"),
        ("h1_W", "W", "h_{1}"), ("α", r"\alpha", ""), ("λ2", r"\lambda", "2"),
        ("beta_1", r"\beta", "1"), ("learning_rate", r"\mathrm{learning\_rate}", ""),
        ("logits", r"\mathrm{logits}", ""), ("_x", r"\mathrm{\_x}", ""),
        ("größe", r"\text{größe}", ""),
        ("a'}\\end$%", r"\mathrm{aU+0027U+007DU+005CendU+0024U+0025}", ""),
    ],
)  # fmt: skip
def test_names(name, letter, mark):
    assert spell(name) == (letter, mark)


def test_no_two_names_look_alike():
    program = parse("param W1, W_1, α, alpha, δ1, L")
    notation = Notation(program)
    shown = [notation.tensor(t.name) for t in program.tensors]
    assert shown == [
        r"\mathrm{W1}", r"\mathrm{W\_1}", r"\mathrm{\alpha{}}", r"\mathrm{alpha}",
        r"\mathrm{\delta{}1}", "L",
    ]  # fmt: skip
