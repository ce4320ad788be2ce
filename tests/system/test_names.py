"""Names and shapes at the edge: each works in every target, or gets one clear error."""

from typing import Any

import numpy as np
import pytest

import symbp as bp
from symbp.ir.interpret import interpret
from symbp.lang import parse
from tests.system.support import TARGETS, built, distance, drawn

PYTHON = ("class", "lambda", "None", "print", "self", "type", "match", "__name__", "_")
NUMPY = ("np", "numpy", "array", "dot", "threading", "math", "ctypes", "_DTYPE", "_ONE")
FACE = (
    "params", "state", "tape", "grads", "loss_sum", "seed", "work", "value", "outputs", "NAME",
    "_forward", "_sigmoid", "train_step", "check_finite", "batch_size", "learning_rate", "t",
)  # fmt: skip
C = (
    "int", "double", "register", "restrict", "inline", "main", "printf", "NULL", "size_t",
    "INFINITY", "bool", "j0", "y1", "gamma", "fmax", "isnan", "errno", "assert", "names_t",
)  # fmt: skip
UNICODE = ("θ", "Ŵ", "größe", "重み", "theta")
CLASHING = (
    "W", "dW", "dW_2", "dW_next", "W_v", "v1", "s1", "class_", "N_2", "n", "i", "k0", "A", "a",
    "return_b",
)  # fmt: skip
"""Names that derivatives, states, scratch values, indices and the renamed of others have."""
NAMES = tuple(dict.fromkeys(PYTHON + NUMPY + FACE + C + UNICODE + CLASHING))
UNUSABLE = (
    'a"b', "a'b", "a b", "a-b", "", "1a", "a\n", "a\\", "x[0]", "%s", "{a}", "\u202ea", "a" * 65,
)  # fmt: skip
RESERVED = ("for", "if", "sin", "exp", "sum", "relu", "pi", "and", "true")


def every(name: str) -> bp.Network:
    """Return a network whose parameters have all these names, and which needs all of them."""
    x, y = bp.input("x", "N", 2), bp.target("y", "N", 2)
    h = x
    for word in NAMES:
        h = h + bp.param(word, init=bp.normal(1))
    p = bp.tanh(h)
    return bp.network(name, loss=bp.mse(p, y), output=p, optimizer=bp.momentum(learning_rate=1e-3))


@pytest.mark.parametrize("target", TARGETS)
def test_parameters_can_have_nearly_any_name(target: str):
    net = every("names")
    module = built(net, target)
    assert tuple(module.PARAMETERS) == NAMES
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    params = drawn(module)
    for array in params.values():
        array *= 0.1
    loss, grads = module.value_and_grad(params, x, y)
    program, gradients = bp.gradient_program(net)
    expected = interpret(program, {**params, "x": x, "y": y})
    assert loss == pytest.approx(float(expected[net.loss][()]), rel=1e-12)
    for name in NAMES:
        assert distance(grads[name], expected[gradients[name]].astype(float)) <= 1e-12, name
    losses = module.fit(params, module.init_state(params), x, y, epochs=3)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("given", "wanted", "hidden", "size"),
    [
        ("class", "def", "return", "int"),
        ("int", "double", "static", "M"),
        ("np", "params", "work", "seed"),
        ("θ", "ŷ", "größe", "µ"),
        ("dh", "dW", "dloss", "n"),
    ],
)
def test_data_values_and_sizes_can_have_them_too(
    given: str, wanted: str, hidden: str, size: str, target: str
):
    x, y = bp.input(given, size, 2), bp.target(wanted, size, 3)
    p = bp.dense(x, 3, bp.tanh, name=hidden)
    net = bp.network("names", loss=bp.mse(p, y), output=p, optimizer=bp.adam())
    module = built(net, target)
    assert list(module.INPUTS) == [net.program.tensors[0].name, net.program.tensors[1].name]
    rng = np.random.default_rng(1)
    arrays = (rng.normal(size=(4, 2)), rng.normal(size=(4, 3)))
    params = drawn(module)
    loss, grads = module.value_and_grad(params, *arrays)
    program, gradients = bp.gradient_program(net)
    expected = interpret(program, {**params, **dict(zip(module.INPUTS, arrays, strict=True))})
    assert loss == pytest.approx(float(expected[net.loss][()]), rel=1e-12)
    for name, gradient in gradients.items():
        assert distance(grads[name], expected[gradient].astype(float)) <= 1e-12


@pytest.mark.parametrize("name", UNUSABLE, ids=ascii)
@pytest.mark.parametrize(
    "declare",
    [
        lambda name: bp.param(name, 2),
        lambda name: bp.input(name, "N", 2),
        lambda name: bp.input("x", name, 2),
        lambda name: bp.hyper(name, 0.1),
        lambda name: bp.dense(bp.input("x", "N", 2), 2, name=name),
    ],
    ids=["param", "input", "size", "hyper", "layer"],
)
def test_what_can_be_no_name_gets_one_clear_error(declare: Any, name: str):
    with pytest.raises(bp.SymbpError, match="is no name") as caught:
        declare(name)
    assert repr(name) in caught.value.message
    assert caught.value.remedy is not None


@pytest.mark.parametrize("name", RESERVED)
def test_a_word_of_the_language_is_no_name(name: str):
    with pytest.raises(bp.SymbpError, match="is a reserved word"):
        bp.param(name, 2)


def test_two_spellings_of_one_name_are_one_name():
    """Python and C read identifiers in their NFKC form, and so does symbp."""
    a, b = bp.param("ﬁ"), bp.param("fi")
    x = bp.input("x", "N")
    with pytest.raises(bp.SymbpError, match="fi names param fi and param fi too"):
        bp.network("names", loss=bp.mse(a * b * x, x), output=a * x)


def test_a_name_with_a_quote_in_a_file_is_one_error_at_its_place():
    with pytest.raises(bp.SymbpError) as caught:
        parse('network a\ninput x[N]\nparam a"b\noutput x\nloss 1\n', "a.bp")
    assert "a.bp:3:8" in str(caught.value)


# Shapes and uses at the edge --------------------------------------------------------------------

EDGES = """
    network edges
    input   x[N, 3]
    target  y[N, 3]
    param   W[3, 3], unused[2, 2], nothing, c
    h[n, j] = tanh(sum[i](x[n, i] * W[i, j]) + c)
    p[n, j] = c * sum[i](h[n, i] * W[j, i])
    output    p
    loss      mse(p, y)
    optimizer adam(learning_rate=0.01)
"""


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_tied_weights_scalars_and_unused_parameters(dtype: str, target: str):
    net = parse(EDGES.replace("\n    ", "\n").lstrip())
    module = built(net, target, dtype)
    rng = np.random.default_rng(1)
    x, y = (rng.normal(size=(4, 3)).astype(dtype) for _ in range(2))
    params = drawn(module)
    loss, grads = module.value_and_grad(params, x, y)
    program, gradients = bp.gradient_program(net)
    expected = interpret(program, {**params, "x": x, "y": y})
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    assert loss == pytest.approx(float(expected[net.loss][()]), rel=tolerance)
    assert {name: array.shape for name, array in grads.items()} == module.PARAMETERS
    for name in ("W", "c"):
        assert distance(grads[name], expected[gradients[name]].astype(float)) <= tolerance
    before = {name: array.copy() for name, array in params.items()}
    module.train_step(params, module.init_state(params), x, y)
    for name in ("unused", "nothing"):
        assert not np.any(grads[name])
        assert np.array_equal(params[name], before[name])
    assert np.all(params["W"] != before["W"])
    assert params["c"].shape == ()
    assert params["c"] != before["c"]
