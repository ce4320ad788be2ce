"""Documents are well formed, safe to show, and the same bytes on every run."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings

from symbp.autodiff import adjoint
from symbp.codegen.formulas import Formulas
from symbp.compiler import derive
from symbp.ir.text import parse
from symbp.ir.visit import rename
from symbp.lang.load import load
from tests.codegen.formulas.networks import FORMATS, GRADIENTS, XOR, derived
from tests.codegen.formulas.valued import CLASSIFIER, PERCEPTRON
from tests.drawn import programs
from tests.specs import SPECS, stem

COMMAND = re.compile(r"\\([a-zA-Z]+|.)")
KNOWN = {
    "documentclass", "usepackage", "allowdisplaybreaks", "setlength", "parindent", "begin", "bigl",
    "bigr", "end", "section", "subsection", "frac", "partial", "sum", "max", "min", "sigma",
    "exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "sqrt",
    "left", "right", "lVert", "rVert", "lfloor", "rfloor", "operatorname", "mathrm", "mathbf",
    "text", "nabla", "delta", "top", "odot", "oslash", "circ", "le", "ge", "ne",
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
    """Hold a document against what LaTeX with amsmath takes."""
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
        for name, value in attributes:
            assert not name.startswith("on")
            assert name != "src"
            assert name != "href" or value.startswith("#")
            assert name != "style"
        if tag not in ("meta", "mspace", "wbr"):
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
    assert not page.seen & {"img", "link", "iframe", "b"}
    assert formulas.html().count("<script") == 1


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


def hostile() -> Formulas:
    names = dict(zip(("x", "h_W", "h_b", "p_W", "h", "p", "y", "h_z", "p_z"), HOSTILE, strict=True))
    names |= {f"d{old}": f"d{names[old]}" for old in names if f"d{old}" in XOR.table()}
    gradients = {names.get(k, k): names.get(v, v) for k, v in GRADIENTS.items()}
    return Formulas("<script>`\\x", rename(XOR, names), "loss", gradients)


def test_no_name_breaks_out():
    formulas = hostile()
    readable(formulas)
    assert "&lt;script&gt;" in formulas.html()
    assert not [line for line in formulas.markdown().split("\n") if line.startswith("<")]


def wide() -> Formulas:
    terms = " + ".join(f"x[n,{k}] * W[{k},j]" for k in range(30))
    program = parse(f"input x[N,30]\nparam W[30,3]\nL[n,j] = {terms}")
    return Formulas("wide", program, "L", {})


def test_long_formulas_are_broken():
    document = wide().latex()
    compiles(document)
    assert document.count(r"&\quad") >= 2


def test_html_may_break_wide_formulas_between_their_terms():
    shown = re.search('<p class="formula">(.*)</p>', wide().html())[1]
    assert all("<mo>&#x0003D;</mo><mrow />" in p or "<mo>&#x0003D;</mo>" not in p
               for p in shown.split("<wbr>"))  # fmt: skip
    assert shown.count("<wbr>") >= 10


def test_the_policy_of_the_page_lets_its_own_script_run_and_no_other():
    page = wide().html()
    for tag in ("style", "script"):
        (inner,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page


def test_html_shows_no_formula_twice():
    page = derived("input x[N]\nparam w\ns = sum[n](w * x[n])\nL = 2 * s").html()
    shown = re.findall('<p class="formula">.*', page)
    assert len(shown) == len(set(shown))


PDFLATEX = shutil.which("pdflatex")


needs_pdflatex = pytest.mark.skipif(
    not PDFLATEX, reason="needs pdflatex (Debian: texlive-latex-recommended)"
)


def typeset(document: str, directory: Path) -> str:
    """Return what LaTeX reports of a document that it takes."""
    (directory / "it.tex").write_text(document, "utf-8")
    command = [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "it.tex"]
    run = subprocess.run(command, cwd=directory, capture_output=True, timeout=60, check=False)
    log = run.stdout.decode("utf-8", "replace")
    assert run.returncode == 0, log
    return log


@needs_pdflatex
@pytest.mark.parametrize("spec", SPECS, ids=stem)
def test_latex_sets_the_examples_within_the_line(spec, tmp_path):
    assert "Overfull" not in typeset(derive(load(spec)).latex(), tmp_path)


@needs_pdflatex
def test_latex_sets_long_formulas_within_the_line(tmp_path):
    assert "Overfull" not in typeset(wide().latex(), tmp_path)


@needs_pdflatex
def test_latex_sets_odd_names(tmp_path):
    typeset(hostile().latex(), tmp_path)


DIGEST = """
import hashlib, tests.codegen.formulas.test_documents as t
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
