"""What `symbp build --explain` says: each equation of each function once, and why so."""

import pytest

from symbp import compiler
from symbp.ir.text import show
from tests.codegen.built import Choices, net, told
from tests.codegen.networks import NETWORKS
from tests.codegen.test_c_bands import TINY
from tests.codegen.test_c_blocks import AWKWARD, WIDE
from tests.codegen.test_c_threads import NETWORK as TEAM

ALL = {**NETWORKS, **TINY, **AWKWARD, "wide": WIDE.format(optimizer="adam")}


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_each_equation_is_told_once_and_why(text: str):
    network = net(text)
    plan = compiler.plan(network, compiler.Choices("c").batches(network))
    found = told(network)
    step = plan.step
    early = set(plan.forward.program.equations)
    programs = {n: getattr(plan, n).program.equations for n in ("predict", "forward", "backward")}
    if step is not None:
        whole = step.program.equations
        late = tuple(e for e in whole if e not in early)
        programs["step" if "step" in found else "descend"] = whole if "step" in found else late
    assert list(found) == list(programs)
    for name, equations in programs.items():
        assert sorted(e for e, _, _ in found[name]) == sorted(map(show, equations)), name
        assert all(why for _, _, why in found[name])


def hows(choices: Choices, function: str) -> dict[str, str]:
    return {equation: how for equation, how, _ in choices[function]}


def test_xor_is_one_loop_over_samples():
    found = told(compiler.load("examples/xor.bp"))
    assert list(found) == ["predict", "forward", "backward", "step"]
    assert set(hows(found, "predict").values()) == {"one loop over samples"}
    step = hows(found, "step")
    assert step["dW1[i,j] = sum[n](x[n,i] * dh_z[n,j])"] == "one loop over samples"
    assert [e.split(" ")[0] for e, how in step.items() if how != "one loop over samples"] == [
        "loss", "b2_next[j]", "W2_next[i,j]", "b1_next[j]", "W1_next[i,j]",
    ]  # fmt: skip
    assert found["step"][0][2] == "the network has 50 elements for each of them"


def test_the_layers_of_digits_are_matrix_products():
    found = told(compiler.load("examples/digits.bp"))
    assert ("h_z[n,j] = h_b[j]", "with the product behind", "its sums begin there") in found[
        "predict"
    ]
    assert (
        "h_z[n,j] = sum[i](x[n,i] * h_W[i,j])", "matrix product", "N x 64 times 64 x 32",
    ) in found["predict"]  # fmt: skip
    backward = hows(found, "backward")
    assert backward["dh[n,i] = sum[j](dlogits[n,j] * logits_W[i,j])"] == "matrix product"
    assert backward["dh_W[i,j] = sum[n](x[n,i] * dh_z[n,j])"] == "matrix product"
    assert backward["dh_z[n,j] = where(h[n,j] > 0, dh[n,j], 0)"] == "loops"


def test_a_wide_layer_is_updated_with_the_product_before():
    found = told(net(WIDE.format(optimizer="sgd")))
    gradient, update = found["descend"][-2:]
    assert gradient == (
        "dp_W[i,j] = sum[n](x[n,i] * dp_z[n,j])", "matrix product", "300 x N times N x 200",
    )  # fmt: skip
    assert update == (
        "p_W_next[i,j] = p_W[i,j] - dp_W[i,j] * learning_rate", "with the product before",
        "dp_W is never stored",
    )  # fmt: skip


def test_a_fixed_size_is_told():
    found = told(net(WIDE.format(optimizer="sgd")), sizes={"N": 16})
    assert found["descend"][-2][2] == "300 x 16 times 16 x 200"


def test_a_team_is_told():
    found = told(net(TEAM.format(optimizer="sgd")), threads=2)
    products = [why for _, how, why in found["predict"] if how == "matrix product"]
    assert products[0] == "N x 100 times 100 x 130, by all threads"
    after = [why for _, how, why in found["descend"] if how == "with the product before"]
    assert "each thread goes on with its part" in after


def test_one_number_has_a_reason_too():
    found = told(net("input x[N]\nparam w\ny[n] = w * x[n]\noutput y\nloss sum[n](y[n]) * w**2"))
    assert ("a variable", "one number") in {(how, why) for _, how, why in found["backward"]}
