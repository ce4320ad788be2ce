"""Index form, matrix form and generated lines of each tensor stand side by side."""

import pytest

from symbp import compiler
from symbp.derivation import Aligned
from symbp.lang.network import Network


def forms(name: str) -> dict[str, Aligned]:
    return {a.name: a for a in aligned(compiler.load(f"examples/{name}.bp"))}


def aligned(network: Network) -> tuple[Aligned, ...]:
    return compiler.three_forms(network, compiler.derive(network))


def test_a_weight_gradient_is_a_sum_a_matrix_product_and_a_call():
    found = forms("digits")["dh_W"]
    assert found.text.index == "dh_W[i,j] = sum[n](x[n,i] * dh_z[n,j])"
    assert found.text.matrix == "∇h_W = xᵀ δ¹"
    assert found.numpy[1:] == ("np.dot(x.T, dh_z, out=dh_W)",)
    assert found.c[-1].startswith(
        "multiply(64, 32, N, 1.0, (matrix){x, 1, 64}, (matrix){dh_z, 32, 1}"
    )


def test_in_one_loop_over_samples_each_tensor_has_lines_of_its_own():
    assert forms("xor")["p"].c == ("/* p[n,k] = sigmoid(p_z[n,k]) */", "p[n] = sigmoid(p_z[0]);")


def test_terms_that_meet_before_they_are_scaled_stand_with_what_they_make():
    found = forms("digits")["dlogits"]
    assert found.numpy[0].startswith("# dlogits_terms[n,j] = v1[n,j] / output_Z_shifted[n]")
    assert "dlogits_terms[np.arange(N), t] += -1" in found.numpy
    assert found.numpy[-1].startswith("dlogits = np.multiply(1 / N, dlogits_terms")
    assert "    dlogits_terms[n * 10 + t[n]] -= 1.0;" in found.c


def test_what_only_a_prediction_computes_has_the_lines_of_predict():
    assert any("output" in line for line in forms("digits")["output"].numpy)


@pytest.mark.parametrize("name", ["xor", "moons", "sunspots"])
def test_every_gradient_has_lines_and_every_line_is_in_its_module(name: str):
    network = compiler.load(f"examples/{name}.bp")
    found = aligned(network)
    gradients = set(compiler.derive(network).gradients.values())
    for target, suffix in (("numpy", "py"), ("c", "c")):
        module = compiler.emit(network, target)[f"{network.name}.{suffix}"]
        squeezed = "".join(module.split()).replace("#", "")
        for each in found:
            lines = each.numpy if target == "numpy" else each.c
            assert lines or each.name not in gradients
            for line in lines:
                assert "".join(line.split()).replace("#", "") in squeezed
