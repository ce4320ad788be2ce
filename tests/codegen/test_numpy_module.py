"""What the functions of a generated module promise: tapes, steps, threads, conversions, errors."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from symbp.ir.interpret import interpret
from tests.codegen.built import arrays, distance, module, net, parted

TEXT = """
input x[N,3]
label t[N] in 4
h = dense(x, 5, tanh)
z = dense(h, 4)
output softmax(z)
loss cross_entropy(z, t)
optimizer momentum(learning_rate=0.1)
"""
NETWORK = net(TEXT)


@pytest.fixture(scope="module")
def made() -> Any:
    return module(NETWORK)


@pytest.fixture
def params(made: Any) -> dict[str, np.ndarray]:
    return made.init_params(3)


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    values = arrays(NETWORK, 1, N=6)
    return values["x"], values["t"]


def copied(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: array.copy() for name, array in found.items()}


def assert_equal(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    assert list(a) == list(b)
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], name)


# Tapes and results ------------------------------------------------------------------------------


def test_forward_and_backward_are_value_and_grad(made, params, data):
    loss, tape = made.forward(params, *data)
    assert_equal(made.backward(params, tape), made.value_and_grad(params, *data)[1])
    assert loss == made.value_and_grad(params, *data)[0]
    assert type(loss) is float


def test_a_tape_can_be_read_twice(made, params, data):
    _, tape = made.forward(params, *data)
    before = copied({k: np.asarray(v) for k, v in tape.items()})
    assert_equal(made.backward(params, tape), made.backward(params, tape))
    assert_equal(before, {k: np.asarray(v) for k, v in tape.items()})


def test_two_tapes_live_side_by_side(made, params, data):
    x, t = data
    _, first = made.forward(params, x, t)
    _, second = made.forward(params, 2 * x, t)
    assert_equal(made.backward(params, first), made.value_and_grad(params, x, t)[1])
    assert_equal(made.backward(params, second), made.value_and_grad(params, 2 * x, t)[1])


def test_results_are_not_overwritten_by_later_calls(made, params, data):
    x, t = data
    _, grads = made.value_and_grad(params, x, t)
    outputs = made.predict(params, x)
    kept, seen = copied(grads), outputs.copy()
    made.value_and_grad(params, 3 * x, t)
    made.predict(params, 3 * x)
    made.train_step(params, made.init_state(params), 3 * x, t)
    assert_equal(grads, kept)
    np.testing.assert_array_equal(outputs, seen)


def test_inputs_and_parameters_are_left_alone(made, params, data):
    x, t = data
    before, old = copied(params), (x.copy(), t.copy())
    for array in (x, t):
        array.flags.writeable = False
    _, tape = made.forward(params, x, t)
    made.backward(params, tape)
    made.value_and_grad(params, x, t)
    made.predict(params, x)
    made.train_step(copied(params), made.init_state(params), x, t)
    assert_equal(params, before)
    np.testing.assert_array_equal(x, old[0])
    np.testing.assert_array_equal(t, old[1])


# Training ---------------------------------------------------------------------------------------


def test_a_step_is_the_gradient_and_the_optimizer_by_hand(made, params, data):
    mine, state = copied(params), made.init_state(params)
    velocity = {name: np.zeros_like(p) for name, p in params.items()}
    for _ in range(5):
        loss, grads = made.value_and_grad(mine, *data)
        for name, gradient in grads.items():
            velocity[name] = 0.9 * velocity[name] + gradient
            mine[name] = mine[name] - 0.1 * velocity[name]
        assert made.train_step(params, state, *data) == loss
        for name in params:
            np.testing.assert_allclose(params[name], mine[name], rtol=1e-13, atol=1e-15)


def test_a_step_takes_hyper_parameters(made, params, data):
    before = copied(params)
    made.train_step(params, made.init_state(params), *data, learning_rate=0.0)
    assert_equal(params, before)
    with pytest.raises(TypeError, match="rate"):
        made.train_step(params, made.init_state(params), *data, rate=0.0)


def test_fit_is_its_steps(made, params, data):
    mine, state, mine_state = copied(params), made.init_state(params), made.init_state(params)
    losses = made.fit(params, state, *data, epochs=3, shuffle=False)
    assert losses.tolist() == [made.train_step(mine, mine_state, *data) for _ in range(3)]
    assert_equal(params, mine)


def test_training_goes_on_as_if_unbroken(made, params, data):
    mine = copied(params)
    state, mine_state = made.init_state(params), made.init_state(params)
    whole = made.fit(params, state, *data, epochs=4, batch_size=4, seed=5)
    one = made.fit(mine, mine_state, *data, epochs=2, batch_size=4, seed=5)
    two = made.fit(mine, mine_state, *data, epochs=2, batch_size=4, seed=5, start=2)
    assert [*one, *two] == whole.tolist()
    assert_equal(params, mine)


def test_a_callback_can_end_the_training(made, params, data):
    seen = []
    losses = made.fit(
        params, made.init_state(params), *data, epochs=9,
        callback=lambda epoch, loss: seen.append((epoch, loss)) or epoch == 2,
    )  # fmt: skip
    assert seen == list(enumerate(losses))
    assert len(losses) == 3


def test_threads_do_not_share_what_they_compute_in(made, params):
    def train(seed: int, results: dict[int, dict[str, np.ndarray]]) -> None:
        values = arrays(NETWORK, seed, N=6)
        own = copied(params)
        state = made.init_state(own)
        for _ in range(200):
            made.train_step(own, state, values["x"], values["t"])
        results[seed] = own

    alone: dict[int, dict[str, np.ndarray]] = {}
    together: dict[int, dict[str, np.ndarray]] = {}
    for seed in range(3):
        train(seed, alone)
    threads = [threading.Thread(target=train, args=(seed, together)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(3):
        assert_equal(alone[seed], together[seed])


def test_batches_of_many_sizes_can_follow_one_another(made, params):
    for rows in (1, 2, 3, 4, 5, 6, 7, 1, 3):
        values = arrays(NETWORK, rows, N=rows)
        given, data = parted(NETWORK, {**values, **params})
        loss = made.train_step(copied(given), made.init_state(given), *data)
        assert loss == made.value_and_grad(given, *data)[0]


# What is converted ------------------------------------------------------------------------------

FORMS = {
    "float32": lambda x: x.astype("float32"),
    "lists": lambda x: x.tolist(),
    "Fortran's order": np.asfortranarray,
    "a slice": lambda x: np.repeat(x, 2, axis=0)[::2],
    "a transpose": lambda x: np.ascontiguousarray(x.T).T,
    "big-endian": lambda x: x.astype(">f8"),
    "a subclass": lambda x: x.view(np.matrix) if x.ndim == 2 else x,
}


@pytest.mark.parametrize("form", FORMS)
def test_inputs_of_any_form_are_taken(made, params, data, form: str):
    x = np.round(data[0] * 8) / 8  # which float32 holds
    want = made.value_and_grad(params, x, data[1])
    got = made.value_and_grad(params, FORMS[form](x), data[1])
    assert abs(got[0] - want[0]) < 1e-14
    for name, gradient in want[1].items():
        assert distance(got[1][name], gradient) < 1e-13, name


def test_whole_numbers_are_taken(made, params, data):
    x = np.arange(18).reshape(6, 3) % 5
    want = made.value_and_grad(params, x.astype(float), data[1])
    for kind in ("int64", "uint8", "bool"):
        if kind == "bool":
            x, want = x > 2, made.value_and_grad(params, (x > 2).astype(float), data[1])
        assert_equal(made.value_and_grad(params, x.astype(kind), data[1])[1], want[1])


@pytest.mark.parametrize("kind", ["int8", "int32", "uint64"])
def test_labels_of_any_whole_type_are_taken(made, params, data, kind: str):
    x, t = data
    assert_equal(made.value_and_grad(params, x, t.astype(kind))[1],
                 made.value_and_grad(params, x, t)[1])  # fmt: skip
    assert made.forward(params, x, t.tolist())[0] == made.forward(params, x, t)[0]


def test_inputs_can_be_given_by_name(made, params, data):
    x, t = data
    assert made.value_and_grad(params, t=t, x=x)[0] == made.value_and_grad(params, x, t)[0]


# What is refused --------------------------------------------------------------------------------

X, T = np.ones((6, 3)), np.zeros(6, dtype=int)
REFUSED = {
    "too few columns": (X[:, :2], T, ValueError, r"x \(input\) has shape \(6, 2\), not \(N, 3\)"),
    "too few axes": (X[0], T, ValueError, r"x \(input\) has shape \(3,\)"),
    "a number": (1.0, T, ValueError, r"x \(input\) has shape \(\)"),
    "rows that do not match": (X, T[:5], ValueError, r"t \(label\) has shape \(5,\).*N = 6"),
    "no rows": (X[:0], T[:0], ValueError, "empty"),
    "labels with an axis more": (X, T[:, None], ValueError, r"t \(label\) has shape \(6, 1\)"),
    "a negative label": (X, T - 1, ValueError, r"must lie in 0..3, not in -1..-1"),
    "too large a label": (X, T + 4, ValueError, r"must lie in 0..3, not in 4..4"),
    "a huge label": (X, T.astype("u8") + np.uint64(2**63), ValueError, "must lie in 0..3"),
    "fractions as labels": (X, T + 0.5, TypeError, "whole numbers, not float64"),
    "truth values as labels": (X, T > 0, TypeError, "whole numbers, not bool"),
    "complex numbers": (X + 1j, T, TypeError, r"x \(input\) must hold real numbers"),
    "words": (np.full((6, 3), "a"), T, TypeError, "real numbers"),
    "objects": (X.astype(object), T, TypeError, "real numbers"),
    "nothing": (None, T, TypeError, "real numbers"),
    "ragged lists": ([[1, 2, 3], [1]], T, (TypeError, ValueError), "sequence|real"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("function", ["forward", "value_and_grad", "train_step", "fit"])
def test_wrong_inputs_are_refused(made, params, case: str, function: str):
    x, t, error, message = REFUSED[case]
    first = (params, made.init_state(params)) if function in ("train_step", "fit") else (params,)
    before = copied(params)
    with pytest.raises(error, match=message):
        getattr(made, function)(*first, x, t)
    assert_equal(params, before)


@pytest.mark.parametrize("case", ["too few columns", "a number", "complex numbers", "no rows"])
def test_predict_refuses_wrong_inputs(made, params, case: str):
    x, _, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        made.predict(params, x)


def test_wrong_parameters_are_refused(made, params, data):
    name = "h_W"
    wrong: list[tuple[Any, type[Exception], str]] = [
        (params[name][:2], TypeError, r"params\['h_W'\] must be an array float64 \(3, 5\)"),
        (params[name].astype("float32"), TypeError, r"not float32 \(3, 5\)"),
        (params[name].tolist(), TypeError, "list"),
        (None, TypeError, "NoneType"),
    ]
    for array, error, message in wrong:
        with pytest.raises(error, match=message):
            made.forward({**params, name: array}, *data)
    missing = {k: v for k, v in params.items() if k != name}
    with pytest.raises(KeyError, match="lacks 'h_W'"):
        made.predict(missing, data[0])
    for no_dict in (None, 3, [1, 2]):
        with pytest.raises(TypeError, match="dict of arrays"):
            made.forward(no_dict, *data)


def test_parameters_that_can_not_be_written_serve_all_but_training(made, params, data):
    want = made.value_and_grad(params, *data)[1]
    for array in params.values():
        array.flags.writeable = False
    assert_equal(made.value_and_grad(params, *data)[1], want)
    # One read-only array is refused before any other has changed.
    for array in list(params.values())[:-1]:
        array.flags.writeable = True
    before = {name: array.copy() for name, array in params.items()}
    with pytest.raises(TypeError, match="must be C-contiguous and writeable"):
        made.train_step(params, made.init_state(params), *data)
    assert_equal(params, before)


def test_parameters_in_another_order_of_memory_train_all_the_same(made, params, data):
    other = {name: np.array(p, order="F") for name, p in params.items()}
    made.train_step(other, made.init_state(params), *data)
    made.train_step(params, made.init_state(params), *data)
    for name, p in params.items():
        np.testing.assert_allclose(other[name], p, rtol=1e-13)


def test_a_wrong_state_is_refused(made, params, data):
    state, before = made.init_state(params), copied(params)
    for wrong in ({}, None, {**state, "h_W_v": np.zeros(2)}, {**state, "h_W_v": None}):
        with pytest.raises(TypeError, match="init_state"):
            made.train_step(params, wrong, *data)
    assert_equal(params, before)


def test_values_that_are_not_finite_are_refused_where_asked(made, params, data):
    x, t = data
    x[2, 1] = np.nan
    assert np.isnan(made.forward(params, x, t)[0])
    for function in (made.forward, made.value_and_grad):
        with pytest.raises(ValueError, match=r"x has 1 values? .*not finite, first at \(2, 1\)"):
            function(params, x, t, check_finite=True)
    with pytest.raises(ValueError, match="x has 1"):
        made.predict(params, x, check_finite=True)
    with pytest.raises(ValueError, match="h_b has 5"):
        made.forward(
            {**params, "h_b": np.full(5, np.inf)}, np.ones((2, 3)), [0, 1], check_finite=True
        )


def test_a_batch_size_of_nothing_is_refused(made, params, data):
    with pytest.raises(ValueError, match="batch_size"):
        made.fit(params, made.init_state(params), *data, batch_size=0)


# Scalars ----------------------------------------------------------------------------------------


def test_scalars_are_arrays_without_axes():
    network = net(
        "input x\ntarget y\nparam a, b\np = a*x + b\noutput p\nloss (p - y)**2\n"
        "optimizer adam(learning_rate=0.1)"
    )
    made = module(network)
    params = made.init_params(0)
    assert made.PARAMETERS == {"a": (), "b": ()}
    assert all(p.shape == () for p in params.values())
    assert made.predict(params, 2.0).shape == ()
    loss, grads = made.value_and_grad(params, 2.0, 3)
    assert (loss, {k: float(g) for k, g in grads.items()}) == (9.0, {"a": -12.0, "b": -6.0})
    assert all(isinstance(g, np.ndarray) and g.shape == () for g in grads.values())
    state = made.init_state(params)
    update = network.update
    for _ in range(3):
        _, grads = made.value_and_grad(params, 2.0, 3.0)
        names = {g: grads[p] for p, g in update.gradients.items()}
        want = interpret(update.program, {**params, **state, **names})
        made.train_step(params, state, 2.0, 3.0)
        for name, result in update.results.items():
            assert abs(float({**params, **state}[name]) - want[result][()]) < 1e-14, name
    losses = made.fit(params, state, 2.0, 3.0, epochs=50)
    assert losses[-1] < losses[0]
