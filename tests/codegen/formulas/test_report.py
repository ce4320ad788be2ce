"""What a user holds: complete documents, and one gradient by name."""

import sys
from textwrap import dedent

import pytest

from symbp.codegen.formulas import report
from symbp.codegen.formulas.sheet import lay_out
from symbp.errors import LanguageError, TargetError
from tests.codegen.formulas.networks import FORMATS, GRADIENTS, XOR, XOR_FORMULAS, derived


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
            dp_z[n,k] = 2 * (p[n,k] - y[n,k]) * p[n,k] * (1 - p[n,k]) / N
            δ² = 2/N · (p - y) ⊙ p ⊙ (1 - p)
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
        r"\delta^{(2)} &= \frac{2}{N} (p - y) \odot p \odot (1 - p)",
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


def test_the_sheet_is_laid_out_once(monkeypatch):
    calls = []
    monkeypatch.setattr(report, "lay_out", lambda *a: calls.append(a) or lay_out(*a))
    formulas = report.Formulas("xor", XOR, "loss", GRADIENTS)
    shown = [formulas[name].text() for name in GRADIENTS]
    assert all(line in formulas.text() for line in shown)
    assert len(calls) == 1
