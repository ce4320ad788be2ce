"""Parameters that are frozen, and values that are taken for constants."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import symbp as bp
from symbp import compiler
from symbp.errors import LanguageError
from symbp.ir.text import text
from symbp.schedule import Plan
from symbp.verify import check
from tests.codegen.built import arrays, assert_agrees
from tests.system.support import TARGETS, built, distance, drawn

LENET = """
network lenet
input x[N, 1, 28, 28]
label t[N] in 10
c1 = conv2d(x, 8, 5, activation=relu)
p1 = max_pool2d(c1, 2)
c2 = conv2d(p1, 16, 5, activation=relu)
p2 = max_pool2d(c2, 2)
z = dense(flatten(p2), 10)
output softmax(z)
loss cross_entropy(z, t)
optimizer adam(learning_rate=0.001)
"""
DEEP = """
network deep
input x[N, 3]
target y[N, 2]
param s frozen
h = dense(x, 4, tanh)
g = dense(h, 5, tanh)
p = s*dense(g, 2)
output p
loss mse(p, y)
penalty l2(0.01)
optimizer momentum(learning_rate=0.1)
freeze h, g_b
"""


def cost(plan: Plan, samples: int) -> tuple[int, int]:
    """Return the operations of the backward pass, and the numbers that it writes or is left."""
    phase = plan.backward
    sizes = dict.fromkeys(plan.program.sizes(), samples)
    table = phase.program.table()
    operations = sum(
        (1 + e.body.count_ops()) * int(np.prod([int(n.xreplace(sizes)) for _, n in e.ranges]))
        for e in phase.program.equations
    )
    held = dict.fromkeys([*plan.tape, *(e.target.name for e in phase.program.equations)])
    numbers = sum(int(np.prod([int(n.xreplace(sizes)) for n in table[t].shape])) for t in held)
    return int(operations), numbers


def test_freezing_all_but_the_last_layer_removes_the_backward_pass_of_the_others():
    whole = cost(compiler.plan(bp.parse(LENET)), 32)
    plan = compiler.plan(bp.parse(LENET + "freeze c1, c2"))
    frozen = cost(plan, 32)
    assert list(plan.gradients) == ["z_W", "z_b"]
    assert list(plan.state) == ["step", "z_W_m", "z_W_v", "z_b_m", "z_b_v"]
    computed = {e.target.name for e in plan.backward.program.equations}
    assert computed == {"dz_terms", "dz", "dz_W", "dz_b"}
    print(f"operations {whole[0]:,} -> {frozen[0]:,}, numbers {whole[1]:,} -> {frozen[1]:,}")
    assert frozen[0] < whole[0] / 100
    assert frozen[1] < whole[1] / 30


@pytest.mark.parametrize("target", TARGETS)
def test_frozen_parameters_stay_and_the_others_have_their_gradients(target):
    network = bp.parse(DEEP)
    module = built(network, target)
    assert list(module.init_params()) == ["s", "h_W", "h_b", "g_W", "g_b", "dense_W", "dense_b"]
    assert module.TRAINED == ("g_W", "dense_W", "dense_b")
    values = arrays(network, N=5)
    assert_agrees(network, values, make=lambda *_: module)

    def loss(q):
        h = anp.tanh(values["x"] @ values["h_W"] + values["h_b"])
        g = anp.tanh(h @ q["g_W"] + values["g_b"])
        p = values["s"] * (g @ q["dense_W"] + q["dense_b"])
        square = anp.sum(q["g_W"] ** 2) + anp.sum(q["dense_W"] ** 2)
        return anp.mean((p - values["y"]) ** 2) + 0.01 * square

    trained = {n: values[n] for n in module.TRAINED}
    params = {n: values[n] for n in module.PARAMETERS}
    value, grads = module.value_and_grad(params, values["x"], values["y"])
    assert value == pytest.approx(loss(trained), rel=1e-12)
    for name, wanted in autograd.grad(loss)(trained).items():
        assert distance(grads[name], wanted) < 1e-12


@pytest.mark.parametrize("target", TARGETS)
def test_a_step_changes_what_is_trained_alone(target):
    network = bp.parse(DEEP)
    module = built(network, target, "float32")
    params = drawn(module)
    before = {n: v.copy() for n, v in params.items()}
    state = module.init_state(params)
    assert list(state) == ["g_W_v", "dense_W_v", "dense_b_v"]
    x, y = np.ones((8, 3), "float32"), np.ones((8, 2), "float32")
    module.train_step(params, state, x, y)
    module.fit(params, state, x, y, epochs=2, batch_size=3)
    module.bind(params, state, x, y)()
    changed = [n for n in params if not np.array_equal(params[n], before[n])]
    assert changed == list(module.TRAINED)


@pytest.mark.parametrize("target", TARGETS)
def test_all_may_be_frozen_or_nothing_there(target):
    head = "network n\ninput x[N]\nparam w ~ constant(2) frozen\n"
    for text_form in (head + "p = w*x\n", "network n\ninput x[N]\np = 2*x\n"):
        module = built(bp.parse(f"{text_form}output p\nloss mean[n](p[n]**2)"), target)
        params = module.init_params()
        assert module.value_and_grad(params, np.ones(3)) == (4.0, {})
        assert list(module.predict(params, np.ones(2))) == [2, 2]


def test_both_forms_freeze_alike():
    x, y = bp.input("x", "N", 3), bp.target("y", "N", 2)
    h = bp.dense(x, 4, bp.tanh)
    p = bp.dense(h, 2)
    text_form = "network n\ninput x[N,3]\ntarget y[N,2]\nh = dense(x, 4, tanh)\np = dense(h, 2)\n"
    written = bp.parse(text_form + "output p\nloss mse(p, y)\nfreeze h, p_b")
    for freeze in ([h, p.part("b")], ["h_*", "p_b"], [h, "p_b"]):
        network = bp.network("n", loss=bp.mse(p, y), output=p, freeze=freeze)
        assert network.program == written.program
    assert "param h_W[3,4] frozen\n" in text(written.program)
    one = bp.network("n", loss=bp.mse(p, y), output=p, freeze=h)
    assert [t.name for t in one.program.trained()] == ["p_W", "p_b"]


def test_a_declaration_freezes():
    declared = "input x[N]\nparam a ~ constant(2) frozen, b\np[n] = a*x[n] + b\n"
    network = bp.parse(f"network n\n{declared}output p\nloss mean[n](p[n]**2)")
    assert [t.name for t in network.program.trained()] == ["b"]
    assert network.initial["a"] == bp.constant(2)


@pytest.mark.parametrize("line", ["freeze x", "freeze 2", "freeze", "freeze r"])
def test_only_parameters_can_be_frozen(line):
    head = "network n\ninput x[N]\nparam a\np[n] = a*x[n]\nr = relu(p)\n"
    with pytest.raises(LanguageError, match=r"fr(ee|o)z") as caught:
        bp.parse(f"{head}output r\nloss mean[n](r[n])\n{line}")
    assert caught.value.source.line == 8


def test_a_pattern_stands_for_something():
    x, a = bp.input("x", "N"), bp.param("a")
    with pytest.raises(LanguageError, match="stands for no parameter"):
        bp.network("n", loss=bp.define((), bp.mean(bp.indices("n"), (a * x)[bp.indices("n")])),
                   output=a * x, freeze="conv_*")  # fmt: skip


# stop_gradient ----------------------------------------------------------------------------------

STOPPED = """
network stopped
input x[N, 3]
target y[N, 2]
h = dense(x, 2, tanh)
q[n, j] = stop_gradient(h[n, j]**2)
p = dense(h, 2) + stop_gradient(h)
output p
loss mean[n, j](q[n, j]*(p[n, j] - y[n, j])**2)
"""


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_stopped_is_a_constant_to_the_gradient(target):
    network = bp.parse(STOPPED)
    module = built(network, target)
    values = arrays(network, N=4)
    assert_agrees(network, values, make=lambda *_: module)
    q = {n: values[n] for n in module.PARAMETERS}
    constant = np.tanh(values["x"] @ q["h_W"] + q["h_b"])

    def loss(q):
        h = anp.tanh(values["x"] @ q["h_W"] + q["h_b"])
        p = h @ q["dense_W"] + q["dense_b"] + constant
        return anp.mean(constant**2 * (p - values["y"]) ** 2)

    _, grads = module.value_and_grad(q, values["x"], values["y"])
    for name, wanted in autograd.grad(loss)(q).items():
        assert distance(grads[name], wanted) < 1e-12
    program, gradients = compiler.gradient_program(network)
    assert all(row.verdict == "ok" for row in check(module, program, gradients, network.loss))


def test_python_and_text_stop_alike():
    x, y = bp.input("x", "N", 3), bp.target("y", "N", 2)
    h = bp.dense(x, 2, bp.tanh)
    n, j = bp.indices("n j")
    q = bp.define((n, j), bp.stop_gradient(h[n, j] ** 2))
    p = bp.dense(h, 2) + bp.stop_gradient(h)
    loss = bp.mean((n, j), q[n, j] * (p[n, j] - y[n, j]) ** 2)
    network = bp.network("stopped", loss=loss, output=p)
    assert text(network.program) == text(bp.parse(STOPPED).program)
