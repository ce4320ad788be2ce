"""What people read: complete, right, safe to show, and the same bytes on every run."""

import hashlib
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from textwrap import dedent

import pytest
from hypothesis import given, settings

from symbp.autodiff import adjoint
from symbp.codegen.report import Formulas
from symbp.errors import LanguageError, TargetError
from symbp.ir.text import parse
from symbp.ir.visit import rename
from tests.codegen.test_matrix import CLASSIFIER, PERCEPTRON
from tests.drawn import programs

FORMATS = ("text", "latex", "markdown", "html")
XOR = parse("""input x[N,2]
target y[N,1]
param h_W[2,4], h_b[4], p_W[4,1], p_b[1]
h_z[n,j] = sum[i](x[n,i] * h_W[i,j])
h_z[n,j] += h_b[j]
h[n,j] = sigmoid(h_z[n,j])
p_z[n,k] = sum[j](h[n,j] * p_W[j,k])
p_z[n,k] += p_b[k]
p[n,k] = sigmoid(p_z[n,k])
loss = sum[n,k]((p[n,k] - y[n,k])**2 / N)
dp_z[n,k] = 2 * (p[n,k] - y[n,k]) * p[n,k] * (1 - p[n,k]) / N
dp_b[k] = sum[n](dp_z[n,k])
dp_W[j,k] = sum[n](h[n,j] * dp_z[n,k])
dh[n,j] = sum[k](dp_z[n,k] * p_W[j,k])
dh_z[n,j] = dh[n,j] * h[n,j] * (1 - h[n,j])
dh_b[j] = sum[n](dh_z[n,j])
dh_W[i,j] = sum[n](x[n,i] * dh_z[n,j])
""")
GRADIENTS = {name: f"d{name}" for name in ("h_W", "h_b", "p_W", "p_b")}
XOR_FORMULAS = Formulas("xor", XOR, "loss", GRADIENTS)


def derived(source: str, loss: str = "L") -> Formulas:
    forward = parse(source)
    parameters = [t.name for t in forward.having("param")]
    program, gradients = adjoint(forward, loss, parameters)
    return Formulas("net", program, loss, gradients)


def test_text():
    assert XOR_FORMULAS.text(wrt="p_W") == dedent("""\
        xor

        Given
          input x (N, 2)
          target y (N, 1)
          param h_W (2, 4)
          param h_b (4,)
          param p_W (4, 1)
          param p_b (1,)

        Forward
          h_z (N, 4)
            h_z[n,j] = sum[i](x[n,i] * h_W[i,j]) + h_b[j]
            h_z = x h_W + 𝟏 h_bᵀ
          h (N, 4)
            h[n,j] = sigmoid(h_z[n,j])
            h = sigmoid(h_z)
          p_z (N, 1)
            p_z[n,k] = sum[j](h[n,j] * p_W[j,k]) + p_b[k]
            p_z = h p_W + 𝟏 p_b
          p (N, 1)
            p[n,k] = sigmoid(p_z[n,k])
            p = sigmoid(p_z)

        Gradients
          dp_z (N, 1) = ∂loss/∂p_z
            dp_z[n,k] = 2 * p[n,k] * (1 - p[n,k]) * (p[n,k] - y[n,k]) / N
            δ² = 2/N · p ⊙ (1 - p) ⊙ (p - y)
          dp_W (4, 1) = ∂loss/∂p_W
            dp_W[j,k] = sum[n](h[n,j] * dp_z[n,k])
            ∇p_W = hᵀ δ²

        Signs
          δ² = ∂loss/∂p_z
          ∇v = ∂loss/∂v
          𝟏 = a column of ones
          a ⊙ b = the product of each two elements
        """)


def test_matrix_forms_are_those_of_a_textbook():
    shown = [XOR_FORMULAS[name].matrix() for name in GRADIENTS]
    assert shown == [
        r"\nabla_{W^{(h)}} L = x^{\top} \delta^{(1)}",
        r"\nabla_{b^{(h)}} L = \delta^{(1)\top} \mathbf{1}",
        r"\nabla_{W^{(p)}} L = h^{\top} \delta^{(2)}",
        r"\nabla_{b^{(p)}} L = \delta^{(2)\top} \mathbf{1}",
    ]
    document = XOR_FORMULAS.latex()
    for line in (
        r"z^{(h)} &= x W^{(h)} + \mathbf{1} b^{(h)\top}",
        r"h &= \sigma(z^{(h)})",
        r"\delta^{(2)} &= \frac{2}{N} p \odot (1 - p) \odot (p - y)",
        r"\delta^{(1)} &= (\delta^{(2)} W^{(p)\top}) \odot h \odot (1 - h)",
        r"\delta^{(1)} &= \frac{\partial L}{\partial z^{(h)}}",
    ):
        assert line in document
    assert r"\nabla_{h}" not in document


def test_index_form_of_a_gradient():
    gradient = XOR_FORMULAS["h_W"]
    assert gradient.latex() == (
        r"\frac{\partial L}{\partial W^{(h)}_{i,j}}"
        r" = \sum_{n} x_{n,i} \frac{\partial L}{\partial z^{(h)}_{n,j}}"
    )
    assert str(gradient) == gradient.text() == "dh_W[i,j] = sum[n](x[n,i] * dh_z[n,j])"
    assert gradient._repr_latex_() == f"$\\displaystyle {gradient.latex()}$"
    assert XOR_FORMULAS._repr_markdown_() == XOR_FORMULAS.markdown()


def test_a_gradient_without_matrix_form():
    source = "param K[3,3,2]\nL = sum[a,b,c](K[a,b,c]**2)"
    assert derived(source)["K"].matrix() is None


def test_only_what_one_gradient_needs():
    text = XOR_FORMULAS.text(wrt="p_b")
    assert "dp_b[k] = sum[n](dp_z[n,k])" in text
    assert "p_z[n,k] = " in text
    assert "dp_W" not in text
    assert "dh_z" not in text
    assert "loss =" not in text


@pytest.mark.parametrize("form", FORMATS)
def test_an_unknown_parameter_names_the_known_ones(form):
    with pytest.raises(LanguageError, match="Known are h_W, h_b, p_W, p_b"):
        getattr(XOR_FORMULAS, form)(wrt="W9")
    with pytest.raises(LanguageError, match="no gradient by W9"):
        XOR_FORMULAS["W9"]


def test_html_needs_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "latex2mathml.converter", None)
    with pytest.raises(TargetError, match=r'pip install "symbp\[html\]"'):
        XOR_FORMULAS.html()


# Structure: what LaTeX, Markdown and a browser would stumble over.

COMMAND = re.compile(r"\\([a-zA-Z]+|.)")
KNOWN = {
    "documentclass", "usepackage", "allowdisplaybreaks", "setlength", "parindent", "begin",
    "end", "section", "subsection", "frac", "partial", "sum", "max", "min", "sigma", "exp",
    "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "sqrt",
    "left", "right", "lVert", "rVert", "lfloor", "rfloor", "operatorname", "mathrm", "mathbf",
    "mathbb", "text", "nabla", "delta", "top", "odot", "oslash", "circ", "le", "ge", "ne",
    "wedge", "vee", "neg", "cdot", "bmod", "times", "in", "dots", "quad", "pi", "alpha",
    "beta", "ifdefined", "DeclareUnicodeCharacter", "fi",
}  # fmt: skip


def balanced(text: str) -> bool:
    bare = re.sub(r"\\[{}]", "", text)
    depth = 0
    for c in bare:
        depth += (c == "{") - (c == "}")
        if depth < 0:
            return False
    environments = re.findall(r"\\(begin|end)\{([a-z*]+)\}", text)
    stack: list[str] = []
    for kind, name in environments:
        if kind == "begin":
            stack.append(name)
        elif not stack or stack.pop() != name:
            return False
    return depth == 0 and not stack and text.count("\\left") == text.count("\\right")


def compiles(document: str) -> None:
    """Hold a document against what LaTeX with amsmath and amssymb takes."""
    assert balanced(document)
    for row in re.split(r"\\\\\n|\n", document):
        assert balanced(row) or row.startswith(("\\begin", "\\end")), row
        assert row.replace(r"\begin{cases}", "").count("&") <= 1 or "cases" in row
    for command in COMMAND.findall(document):
        assert command in KNOWN or command in {"\\", "{", "}", "_", ",", ":", " "}, command
    assert not re.search(r"[%#$~]", document)
    assert r"\\[" not in document.replace("\n", "").replace(" ", "")


class Tags(HTMLParser):
    """Every tag is closed in order, and none runs or loads anything."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        assert not [a for a, _ in attributes if a.startswith("on") or a in ("src", "href")]
        if tag not in ("meta", "mspace"):
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag


def readable(formulas: Formulas) -> None:
    compiles(formulas.latex())
    markdown = formulas.markdown()
    assert markdown.count("\n```math\n") * 2 == markdown.count("\n```")
    page = Tags()
    page.feed(formulas.html())
    assert not page.stack
    assert not page.seen & {"script", "img", "link", "iframe", "svg", "b"}


@pytest.mark.parametrize("source", [PERCEPTRON, CLASSIFIER])
def test_every_format_is_well_formed(source):
    readable(derived(source))


@settings(max_examples=15)
@given(programs())
def test_every_format_of_random_programs_is_well_formed(program):
    last = program.equations[-1].target.name
    seeded, gradients = adjoint(program, last)
    readable(Formulas("net", seeded, last, gradients))


HOSTILE = (
    "<b>x</b>",
    "a`b```c",
    "}\\end{document}",
    "$x$",
    "]]>",
    "α'β",
    "x\ny",
    "größe_字",
    "&lt;",
)


def test_no_name_breaks_out():
    names = dict(zip(("x", "h_W", "h_b", "p_W", "h", "p", "y", "h_z", "p_z"), HOSTILE, strict=True))
    names |= {f"d{old}": f"d{names[old]}" for old in names if f"d{old}" in XOR.table()}
    gradients = {names.get(k, k): names.get(v, v) for k, v in GRADIENTS.items()}
    formulas = Formulas("<script>`\\x", rename(XOR, names), "loss", gradients)
    readable(formulas)
    text = formulas.html()
    assert "&lt;script&gt;" in text
    assert not [line for line in formulas.markdown().split("\n") if line.startswith("<")]


def test_long_formulas_are_broken():
    terms = " + ".join(f"x[n,{k}] * W[{k},j]" for k in range(30))
    source = f"input x[N,30]\nparam W[30,3]\nL[n,j] = {terms}"
    program = parse(source)
    document = Formulas("wide", program, "L", {}).latex()
    compiles(document)
    assert document.count(r"&\quad") >= 2


DIGEST = """
import hashlib, tests.codegen.test_report as t
page = t.derived(t.CLASSIFIER)
print(hashlib.sha256("".join(getattr(page, f)() for f in t.FORMATS).encode()).hexdigest())
"""


def test_the_same_bytes_for_every_hash_seed():
    runs = [
        subprocess.Popen([sys.executable, "-c", DIGEST], stdout=subprocess.PIPE, text=True,
                         env={**os.environ, "PYTHONHASHSEED": str(seed)})
        for seed in range(4)
    ]  # fmt: skip
    page = derived(CLASSIFIER)
    ours = hashlib.sha256("".join(getattr(page, f)() for f in FORMATS).encode()).hexdigest()
    assert {run.communicate()[0].strip() for run in runs} == {ours}
