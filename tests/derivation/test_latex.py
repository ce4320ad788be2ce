"""The LaTeX document of every example compiles as it is, and nothing sticks out of its page."""

import shutil
import subprocess
from pathlib import Path

import pytest

from symbp import compiler
from symbp.derivation.documents import Shown, latex
from tests.specs import SPECS, stem

needs_latex = pytest.mark.skipif(
    shutil.which("pdflatex") is None,
    reason="pdflatex is not installed: apt-get install texlive-latex-recommended",
)


def compiled(document: str, folder: Path) -> str:
    """Return what LaTeX has to say."""
    (folder / "derivation.tex").write_text(document, "utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "derivation.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    said = done.stdout.decode("latin-1")
    assert done.returncode == 0, said[-2000:]
    return said


@needs_latex
@pytest.mark.parametrize("spec", SPECS, ids=stem)
def test_a_derivation_compiles_and_nothing_sticks_out(spec: str, tmp_path: Path):
    said = compiled(latex(compiler.derivation(compiler.load(spec)), Shown()), tmp_path)
    assert [line for line in said.splitlines() if "Overfull" in line] == []
    assert "Missing character" not in said


@needs_latex
def test_it_compiles_with_samples_as_columns_and_for_one_parameter(tmp_path: Path):
    derivation = compiler.derivation(compiler.load("examples/digits.bp"))
    assert "Overfull" not in compiled(latex(derivation, Shown("h_W", columns=True)), tmp_path)


def test_a_document_needs_amsmath_only():
    document = latex(compiler.derivation(compiler.load("examples/xor.bp")), Shown())
    packages = [line for line in document.splitlines() if line.startswith("\\usepackage")]
    assert packages == ["\\usepackage{amsmath}"]
