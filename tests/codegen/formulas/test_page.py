"""The page: what is marked is what the equations name, and what is linked is there."""

import re
import sys
from functools import cache
from html import unescape
from pathlib import Path

import pytest

from symbp import compiler
from symbp.codegen.formulas.documents.html import More
from symbp.codegen.formulas.documents.html.mathml import MathML
from symbp.codegen.formulas.documents.html.symbols import Symbols
from symbp.codegen.formulas.sheet import lay_out
from symbp.derivation.documents import Shown
from symbp.derivation.telling import tell
from symbp.errors import TargetError
from symbp.ir.text import parse
from tests.codegen.pictures.networks import deep

ROOT = Path(__file__).parents[3]
EXAMPLES = ("xor", "lenet", "sunspots", "char_transformer")
CARD = re.compile(r'<article class="card" id="symbol-(.*?)">(.*?)</article>', re.DOTALL)
INDEX = re.compile(r'<div class="form index.*?<p class="formula">(.*?)</p>', re.DOTALL)
MARK = re.compile(r'data-symbol="(.*?)"')


@cache
def example(name):
    return compiler.load(str(ROOT / "examples" / f"{name}.bp"))


@cache
def page(name):
    return page_of(example(name))


def page_of(network, **shown):
    return compiler.page(network, compiler.derivation(network), Shown(**shown))


def cards(text):
    return {unescape(name): inner for name, inner in CARD.findall(text)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_index_form_marks_the_tensors_of_its_equations_and_no_other(name):
    program, shown = compiler.derive(example(name)).program, cards(page(name))
    for target, group in program.writers().items():
        named = {target} | {a.name for e in group for a in e.reads()}
        (formula,) = INDEX.findall(shown[target])
        assert set(MARK.findall(formula)) == named


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_link_leads_somewhere(name):
    text = page(name)
    ids = set(re.findall(r' id="(.*?)"', text))
    links = set(re.findall(r'href="#(.*?)"', text))
    assert links <= ids
    assert {
        f"symbol-{t.name}" for t in example(name).program.tensors if t.name in cards(text)
    } <= ids


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_card_has_the_steps_that_changed_its_tensor(name):
    told = [t for t in tell(compiler.derivation(example(name)), latex=True) if t.before != t.after]
    for target, inner in cards(page(name)).items():
        numbers = [t.number for t in told if t.step.target == target]
        assert list(map(int, re.findall('<li value="(.*?)"', inner))) == numbers


def test_the_three_forms_stand_side_by_side():
    card = cards(page("xor"))["dW2"]
    assert re.findall("<h4>(.*?)</h4>", card) == ["Index form", "Matrix form", "NumPy", "C"]
    assert '<span data-symbol="dp_z">dp_z</span>, out=<span data-symbol="dW2">' in card


def test_values_that_are_kept_say_so():
    kept = {name for name, inner in cards(page("xor")).items() if "badge kept" in inner}
    assert kept == {"h", "p"}


def test_a_page_of_one_gradient_has_only_what_it_needs():
    text = page_of(example("xor"), wrt="W2")
    assert set(cards(text)) == {"h_z", "h", "p_z", "p", "dp_z", "dW2"}
    assert 'id="symbol-W1"' in text
    assert "db1" not in text


def test_layers_that_are_alike_have_one_card_each():
    few, many = page_of(deep(7)), page_of(deep(12))
    assert len(cards(few)) == len(cards(many))
    assert "10 alike: h2 to h11" in many
    assert len(cards(page_of(deep(7), fold=False))) > len(cards(few))


def test_an_index_is_no_tensor_of_the_same_letter():
    program = parse("input t[N]\nvalue L\nL = sum[t_2](t[t_2] * t_2) for t_2 in N")
    symbols = Symbols(lay_out("net", program, "L", {}))
    assert symbols.taken(r"\sum_{t_{2}} t_{2} t_{t_{2}}").found == [("t", "t_{t_{2}}")]


def test_sums_have_their_indices_below_and_powers_stand_above_indices():
    program = parse("input x[N]\nL = sum[n](x[n]**2)")
    mathml = MathML(Symbols(lay_out("net", program, "L", {})))
    shown = mathml.inline(r"\sum_{n} x_{n}^{2}")
    assert "<munder><mo>&#x02211;</mo><mrow><mi>n</mi></mrow></munder>" in shown
    assert "<msubsup><mi>x</mi><mrow><mi>n</mi></mrow><mrow><mn>2</mn></mrow></msubsup>" in shown


def test_code_needs_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygments.lexers", None)
    more = More(code={"C": {"h": ("h[0] = 1;",)}})
    with pytest.raises(TargetError, match=r'pip install "symbp\[html\]"'):
        compiler.derive(example("xor")).html(more=more)
