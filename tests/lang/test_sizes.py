"""A network for one size: what was N is a number, and nothing else has changed."""

import pytest

from symbp import compiler
from symbp.errors import ShapeError
from symbp.ir.text import text
from symbp.lang.sizes import sized
from tests.codegen.built import arrays, assert_agrees, module, net, parted

LANGUAGE = """
    network language
    input tokens[N, T] in 7
    label next[N, T] in 7
    h = embedding(tokens, 3)
    z = dense(h, 7)
    output z
    loss cross_entropy(z, next)
    penalty l2(0.1)
    optimizer momentum(learning_rate=0.1)
"""
PENALISED = """
    network penalised
    input x[N, 2]
    target y[N, 1]
    p = dense(x, 1)
    output p
    loss mse(p, y)
    optimizer adam(learning_rate=0.1)
"""


def test_a_size_becomes_a_number_everywhere():
    network = sized(net(PENALISED), {"N": 4})
    assert network.program.sizes() == ()
    assert network.program["x"].shape == (4, 2)
    assert "N" not in text(network.program).replace("NaN", "")


def test_one_of_two_sizes_stays():
    network = sized(net(LANGUAGE), {"T": 5})
    assert [str(s) for s in network.program.sizes()] == ["N"]
    assert network.program["tokens"].shape[1] == 5


def test_no_size_is_the_same_network():
    network = net(PENALISED)
    assert text(sized(network, {}).program) == text(network.program)


def test_the_network_that_is_given_stays_as_it_was():
    network = net(PENALISED)
    before = text(network.program)
    sized(network, {"N": 4})
    assert text(network.program) == before


def test_a_sized_network_means_the_same():
    network = net(PENALISED)
    assert_agrees(sized(network, {"N": 3}), arrays(network, 1, N=3))


def test_a_sized_network_trains_the_same():
    network = net(LANGUAGE)
    params, data = parted(network, arrays(network, 1, N=3, T=2))
    losses = []
    for each in (network, sized(network, {"N": 3, "T": 2})):
        made, own = module(each), {n: v.copy() for n, v in params.items()}
        state = made.init_state(own)
        losses.append([float(made.train_step(own, state, *data)) for _ in range(3)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_the_header_tells_how_to_make_it_again(target):
    files = compiler.emit(net(PENALISED), target, sizes={"N": 4})
    assert f"--target {target} --dtype float64 --size N=4\n" in files["penalised.py"]


def test_a_size_that_is_not_there_is_named():
    with pytest.raises(ShapeError, match="network penalised has no size M") as caught:
        sized(net(PENALISED), {"M": 4})
    assert "Its sizes: N." in str(caught.value)
    with pytest.raises(ShapeError, match="All of its sizes are fixed"):
        sized(sized(net(PENALISED), {"N": 4}), {"N": 4})


@pytest.mark.parametrize("number", [0, -3])
def test_a_size_below_1_is_refused(number):
    with pytest.raises(ShapeError, match=f"size N can't be {number}"):
        sized(net(PENALISED), {"N": number})


def test_a_size_for_which_the_shapes_do_not_fit_is_refused():
    network = net("input x[N]\nvalue y[N-2]\ny[n] += x[n+2]\noutput y\nloss sum[n](y[n]**2)")
    with pytest.raises(ShapeError, match=r"y would have the shape \(-1,\)"):
        compiler.emit(network, sizes={"N": 1})
