"""The text form and the Python form build the same program, with the same names."""

from __future__ import annotations

from pathlib import Path

import pytest

import symbp.lang as bp
from symbp.autodiff import adjoint
from symbp.errors import LanguageError, OrderError, ShapeError, SymbpError
from symbp.ir.check import check
from symbp.ir.text import text
from symbp.lang.parser import parse
from tests.specs import SPECS, stem

EXAMPLES = Path(__file__).parents[2] / "examples"


def same(one, other):
    assert text(one.program) == text(other.program)
    assert one.program == other.program
    assert one.update == other.update
    assert (one.name, one.outputs, one.loss) == (other.name, other.outputs, other.loss)
    assert one.initial == other.initial
    assert list(one.initial) == list(other.initial)


def test_digits():
    x = bp.input("x", "N", 64)
    t = bp.label("t", "N", classes=10)
    h = bp.dense(x, 32, bp.relu)
    logits = bp.dense(h, 10)
    net = bp.network(
        "digits",
        loss=bp.cross_entropy(logits, t),
        output=bp.softmax(logits),
        optimizer=bp.adam(learning_rate=1e-3),
    )
    same(net, bp.load(str(EXAMPLES / "digits.bp")))


def test_the_python_file_of_digits():
    same(bp.load(f"{EXAMPLES / 'digits.py'}:net"), bp.load(str(EXAMPLES / "digits.bp")))


def test_xor():
    n, i, j, k = bp.indices("n i j k")
    x, y = bp.input("x", "N", 2), bp.target("y", "N", 1)
    W1, b1 = bp.param("W1", 2, 4, init=bp.normal(1)), bp.param("b1", 4)
    W2, b2 = bp.param("W2", 4, 1, init=bp.normal(1)), bp.param("b2", 1)
    h = bp.define((n, j), bp.sigmoid(bp.sum(i, x[n, i] * W1[i, j]) + b1[j]))
    p = bp.define((n, k), bp.sigmoid(bp.sum(j, h[n, j] * W2[j, k]) + b2[k]))
    loss = bp.mean((n, k), (p[n, k] - y[n, k]) ** 2)
    net = bp.network("xor", loss=loss, output=p, optimizer=bp.sgd(learning_rate=4))
    same(net, bp.load(str(EXAMPLES / "xor.bp")))


def test_moons_with_a_penalty():
    x, y = bp.input("x", "N", 2), bp.target("y", "N", 1)
    h1 = bp.dense(x, 16, bp.relu, init=bp.he_uniform)
    h2 = bp.dense(h1, 16, bp.relu, init=bp.he_uniform)
    p = bp.dense(h2, 1)
    net = bp.network(
        "moons", loss=bp.hinge(p, y), output=p, penalty=bp.l2(0.0001),
        optimizer=bp.sgd(learning_rate=0.2),
    )  # fmt: skip
    same(net, bp.load(str(EXAMPLES / "moons.bp")))


def test_nested_calls_formulas_of_tensors_and_settings():
    source = """\
network mixed
input x[N, 5]
target y[N, 3]
hyper alpha = 0.3
param gain ~ constant(2)
h = dense(dense(x, 5, u/(1 + abs(u)), bias=false), 5, leaky_relu(v, 0.2), init=uniform(-0.5, 0.5))
r = gain*(h + x) - x/2
p = dense(sigmoid(r), 3, tanh)
output p, softmax(r)
loss 2*huber(p, y, delta=alpha) + mae(p, y)
penalty l1(alpha, p_W)
optimizer nesterov(learning_rate=warmup(exponential(0.1, decay=0.9, every=100), warmup_steps=5))
clip norm(5.0)
"""
    import sympy

    u, v = sympy.symbols("u v", real=True)
    x, y = bp.input("x", "N", 5), bp.target("y", "N", 3)
    alpha, gain = bp.hyper("alpha", 0.3), bp.param("gain", init=bp.constant(2))
    first = bp.dense(x, 5, u / (1 + sympy.Abs(u)), bias=False)
    h = bp.dense(first, 5, bp.leaky_relu(v, 0.2), init=bp.uniform(-0.5, 0.5))
    del first
    r = gain * (h + x) - x / 2
    p = bp.dense(bp.sigmoid(r), 3, bp.tanh)
    net = bp.network(
        "mixed",
        loss=2 * bp.huber(p, y, delta=alpha) + bp.mae(p, y),
        output=[p, bp.softmax(r)],
        penalty=bp.l1(alpha, p.part("W")),
        optimizer=bp.nesterov(
            learning_rate=bp.warmup(bp.exponential(0.1, decay=0.9, every=100), warmup_steps=5)
        ),
        clip=bp.clip_norm(5.0),
    )
    same(net, parse(source))
    assert net.outputs == ("p", "output")
    assert [t.name for t in net.program.having("param")] == [
        "gain", "dense_W", "h_W", "h_b", "p_W", "p_b",
    ]  # fmt: skip
    assert [t.name for t in net.update.program.having("hyper")] == [
        "learning_rate", "momentum", "decay", "every", "warmup_steps", "clip_norm",
    ]  # fmt: skip


@pytest.mark.parametrize("spec", SPECS, ids=stem)
def test_every_example_is_a_network_that_can_be_differentiated(spec):
    net = bp.load(spec)
    assert net.name == stem(spec)
    assert net.source == Path(spec).name
    check(adjoint(net.program, net.loss)[0])
    check(net.update.program)


@pytest.mark.parametrize(
    ("written", "name"),
    [("p", "p"), ("lambda", "lambda"), ("int", "int"), ("σ", "σ"), ("ﬁt", "fit"),
     ("loss", "loss"), ("loss_sum", "loss_sum"), ("mse", "mse"), ("N_1", "N_1")],
)  # fmt: skip
def test_names_are_brought_to_one_spelling_and_never_clash(written, name):
    net = parse(
        "network net\ninput x[N,2]\nparam alpha, int_W\n"
        f"{written} = dense(x, 1)\noutput {name}\nloss alpha*mean[n,k]({name}[n,k]**2)"
    )
    assert net.outputs == (name,)
    assert len({t.name for t in net.program.tensors}) == len(net.program.tensors)


def test_unused_parameters_and_inputs_belong_to_the_network():
    net = parse("network net\ninput x[N], u\nparam a, c\np = a*x\noutput p\nloss mean[n](p[n])")
    assert [t.name for t in net.program.given()] == ["x", "u", "a", "c"]
    assert list(net.initial) == ["a", "c"]


def test_tied_weights():
    x = bp.input("x", "N", 3)
    n, i, j = bp.indices("n i j")
    W = bp.param("W", 3, 3)
    h = bp.define((n, j), bp.tanh(bp.sum(i, x[n, i] * W[i, j])))
    p = bp.define((n, i), bp.sum(j, h[n, j] * W[i, j]))
    net = bp.network("tied", loss=bp.mse(p, x), output=p)
    assert [t.name for t in net.program.having("param")] == ["W"]
    assert "p[n,i] = sum[j](h[n,j] * W[i,j])" in text(net.program)


def test_handles_without_a_variable_are_called_by_their_layer():
    def block(h):
        return bp.dense(h, 3, bp.relu)

    x = bp.input("x", "N", 3)
    h = x
    for _ in range(3):
        h = block(h)
    net = bp.network("deep", loss=bp.mse(h, x), output=h)
    assert [t.name for t in net.program.having("param")] == [
        "dense_W", "dense_b", "dense_2_W", "dense_2_b", "h_W", "h_b",
    ]  # fmt: skip


def test_a_loss_of_another_name_is_copied():
    x, y = bp.input("x", "N"), bp.target("y", "N")
    error = bp.mse(x, y)
    net = bp.network("net", loss=error, output=x * 2)
    assert net.loss == "loss"
    assert text(net.program).splitlines()[-1] == "loss = error"


def test_loss_and_output_keep_their_names_where_others_have_them():
    x, y, loss = bp.input("x", "N"), bp.target("y", "N"), bp.param("loss")
    net = bp.network("net", loss=bp.mse(x, y), output=x * loss)
    assert (net.outputs, net.loss) == (("output",), "loss_2")


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda x: x["n"], LanguageError, "is no index"),
        (lambda x: x[bp.indices("n")[0]], ShapeError, "rank 2"),
        (lambda x: x + bp.input("z", "N", 4), ShapeError, "shapes must be equal"),
        (lambda x: bp.input("x y"), LanguageError, "is no name"),
        (lambda x: bp.input("relu"), LanguageError, "reserved"),
        (lambda x: bp.input("z", 0), ShapeError, "axis of size 0"),
        (lambda x: bp.dense(x, -1), ShapeError, "axis of size -1"),
        (lambda x: bp.define((), "x"), LanguageError, "is no formula"),
        (lambda x: bp.define((), x), ShapeError, "without indices"),
        (lambda x: bp.param("b", 3, init=bp.he_normal), LanguageError, "needs an axis in"),
        (lambda x: bp.network("net", loss=x, output=x), LanguageError, "is given"),
        (lambda x: bp.network("net", loss=x, output=x + 1), ShapeError, "rank 2"),
        (lambda x: bp.network("for", loss=1, output=x + 1), LanguageError, "Python's own"),
        (lambda x: bp.network("net", loss=1, output=[]), LanguageError, "one output"),
        (lambda x: bp.accumulate(x, (0, 0), 1), LanguageError, "can't be computed"),
        (lambda x: bp.sgd(learning_rate="fast"), LanguageError, "not a finite number"),
    ],
)
def test_mistakes_in_python_are_named_at_once(make, kind, message):
    with pytest.raises(kind, match=message):
        make(bp.input("x", "N", 3))


def test_two_tensors_can_not_have_one_name():
    x, again = bp.input("x", "N"), bp.input("x", "N")
    with pytest.raises(LanguageError, match="x names input"):
        bp.network("net", loss=bp.mse(x, again), output=x + again)


def test_a_value_is_not_read_before_it_is_complete():
    x = bp.input("x", "N")
    n, *_ = bp.indices("n i")
    z = bp.define((n,), x[n], name="z")
    p = z * 2
    bp.accumulate(z, (n,), p[n])
    with pytest.raises(OrderError, match="before it is complete"):
        bp.network("net", loss=bp.mse(p, x), output=p)


def test_python_files_are_loaded_by_name(tmp_path):
    path = tmp_path / "nets.py"
    path.write_text(
        "import symbp.lang as bp\n"
        "def make(size=3):\n"
        "    x = bp.input('x', 'N', 1)\n"
        "    p = bp.dense(x, 1)\n"
        "    return bp.network('made', loss=bp.mse(p, x), output=p)\n"
        "other = 3\n"
        "def fails():\n"
        "    return 1/0\n"
    )
    assert bp.load(f"{path}:make").source == "nets.py"
    for name, message in [
        ("other", "not a network"), ("nothing", "defines no nothing"),
        ("fails", f"{path}:8:1: ZeroDivisionError: division by zero"),
    ]:  # fmt: skip
        with pytest.raises(SymbpError) as caught:
            bp.load(f"{path}:{name}")
        assert message in str(caught.value)


@pytest.mark.parametrize("spec", ["nowhere.bp", "nowhere.py:net", "net.py", "net.txt", "", ":x"])
def test_what_can_not_be_loaded_is_said(spec):
    with pytest.raises(LanguageError):
        bp.load(spec)
