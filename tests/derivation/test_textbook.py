"""The matrix forms are those of the textbooks.

    delta^(L) = grad_a L (.) f'(z^(L))                     grad_W = a^(l-1)' delta^(l)
    delta^(l) = (delta^(l+1) W^(l+1)') (.) f'(z^(l))       grad_b = the sum of delta^(l)

Sources: M. Nielsen, Neural Networks and Deep Learning (2015), chapter 2 (BP1 to BP4), which has
samples as columns; C. Bishop, Pattern Recognition and Machine Learning (2006), 4.3 and 5.3.
"""

from dataclasses import replace

import pytest

from symbp import compiler
from symbp.lang.parser import parse

SIGMOIDS = """
network net
input  x[N, 3]
target y[N, 2]
a1 = dense(x, 5, sigmoid)
a2 = dense(a1, 4, sigmoid)
a3 = dense(a2, 2, sigmoid)
output a3
loss   LOSS
"""
SOFTMAX = """
network net
input x[N, 3]
label t[N] in 4
h = dense(x, 5, sigmoid)
z = dense(h, 4)
output softmax(z)
loss   cross_entropy(z, t)
"""


def matrices(text: str, columns: bool = False) -> dict[str, str]:
    formulas = replace(compiler.derive(parse(text)), columns=columns)
    return {e.name: e.matrix or "" for _, part in formulas.sections() for e in part}


@pytest.mark.parametrize(
    ("loss", "gradient"),
    [("sse(a3, y)", "(a3 - y)"), ("mse(a3, y)", "1/N · (a3 - y)")],
)
def test_the_last_delta_is_the_gradient_by_the_output_times_the_slope(loss: str, gradient: str):
    form = matrices(SIGMOIDS.replace("LOSS", loss))["da3_z"]
    assert form == f"δ³ = {gradient} ⊙ a3 ⊙ (1 - a3)"


def test_each_delta_before_is_the_next_one_through_its_weights_times_the_slope():
    found = matrices(SIGMOIDS.replace("LOSS", "sse(a3, y)"))
    assert found["da2_z"] == "δ² = (δ³ a3_Wᵀ) ⊙ a2 ⊙ (1 - a2)"
    assert found["da1_z"] == "δ¹ = (δ² a2_Wᵀ) ⊙ a1 ⊙ (1 - a1)"


def test_weight_gradients_are_products_and_bias_gradients_sums_over_the_samples():
    found = matrices(SIGMOIDS.replace("LOSS", "sse(a3, y)"))
    assert found["da3_W"] == "∇a3_W = a2ᵀ δ³"
    assert found["da1_W"] == "∇a1_W = xᵀ δ¹"
    assert found["da2_b"] == "∇a2_b = δ²ᵀ 𝟏"


def test_with_samples_as_columns_they_are_nielsens_four_equations():
    found = matrices(SIGMOIDS.replace("LOSS", "sse(a3, y)"), columns=True)
    assert found["a2_z"] == "a2_z = a2_W a1 + a2_b 𝟏ᵀ"
    assert found["da3_z"] == "δ³ = (a3 - y) ⊙ a3 ⊙ (1 - a3)"
    assert found["da2_z"] == "δ² = (a3_Wᵀ δ³) ⊙ a2 ⊙ (1 - a2)"
    assert found["da2_b"] == "∇a2_b = δ² 𝟏"
    assert found["da2_W"] == "∇a2_W = δ² a1ᵀ"


def test_softmax_with_cross_entropy_is_the_difference_over_the_number_of_samples():
    assert matrices(SOFTMAX)["dz"] == "δ² = 1/N · (output - Y)"
    assert matrices(SOFTMAX, columns=True)["dz"] == "δ² = 1/N · (output - Y)"


def test_with_samples_as_columns_a_vector_stays_a_column():
    found = matrices(SOFTMAX, columns=True)
    assert found["output_Z"] == "output_Z = exp(z)ᵀ 𝟏"
    assert found["output"] == "output = exp(z) ⊘ (𝟏 output_Zᵀ)"
