"""Python calls the C functions: what is checked, what is kept, what is given back."""

from __future__ import annotations

import collections
import gc
import pickle
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbp import artifact, compiler
from tests.codegen.built import arrays, module, net, parted
from tests.codegen.networks import NETWORKS

XOR = net(NETWORKS["dense"])
LARGE = net("""
    network large
    input x[N, 64]
    label t[N] in 10
    h = dense(x, 64, tanh)
    output h
    loss cross_entropy(dense(h, 10), t)
    optimizer momentum(learning_rate=0.01)
""")


@pytest.fixture(scope="module")
def xor(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return artifact.load(compiler.build(XOR, "c", "float64", tmp_path_factory.mktemp("xor")))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return artifact.load(compiler.build(LARGE, "c", "float32", tmp_path_factory.mktemp("large")))


@pytest.fixture
def given() -> tuple[Any, list[Any]]:
    return parted(XOR, arrays(XOR, 1, N=4))


def copied(params: Any) -> Any:
    return {name: array.copy() for name, array in params.items()}


class Mapping(dict):
    """A dict, but not the dict."""


class Array(np.ndarray):
    """An array, but not the array."""


def test_a_step_takes_clean_arrays_as_they_are(xor, given):
    params, (x, y) = given
    addresses = {name: array.ctypes.data for name, array in params.items()}
    assert isinstance(xor._C_train_step(params, {}, x, y, 0.5), float)
    assert {name: array.ctypes.data for name, array in params.items()} == addresses


CONVERTED = {
    "lists": lambda p, x, y: (p, x.tolist(), y),
    "whole numbers": lambda p, x, y: (p, x, np.ones((4, 1), dtype=int)),
    "another order": lambda p, x, y: (p, np.asfortranarray(x), y),
    "every second row": lambda p, x, y: (p, np.repeat(x, 2, axis=0)[::2], y),
    "another dtype": lambda p, x, y: (p, x.astype("float32").astype("float16"), y),
    "the other byte order": lambda p, x, y: (p, x.astype(">f8"), y),
    "an array's heir": lambda p, x, y: (p, x.view(Array), y),
    "a dict's heir": lambda p, x, y: (Mapping(p), x, y),
    "an ordered dict": lambda p, x, y: (collections.OrderedDict(p), x, y),
    "a dict with more in it": lambda p, x, y: ({"other": None, **p}, x, y),
    "read-only inputs": lambda p, x, y: (p, np.frombuffer(x.tobytes()).reshape(4, 2), y),
    "pickled inputs": lambda p, x, y: (p, pickle.loads(pickle.dumps(x)), y),
}


@pytest.mark.parametrize("change", CONVERTED.values(), ids=CONVERTED)
def test_what_needs_conversion_is_converted(xor, given, change):
    params, (x, y) = given
    changed, *data = change(copied(params), x, y)
    expected, reference = copied(params), module(XOR)
    want = reference.train_step(expected, {}, *change(params, x, y)[1:])
    assert xor.train_step(changed, {}, *data) == pytest.approx(want, rel=1e-12)
    for name, array in expected.items():
        np.testing.assert_allclose(changed[name], array, rtol=1e-12)


def frozen(array: Any) -> Any:
    array.flags.writeable = False
    return array


REFUSED = {
    "no such key": (lambda p: {n: a for n, a in p.items() if n != "h_b"}, KeyError, "lacks 'h_b'"),
    "no dict": (lambda p: list(p.values()), TypeError, "dict of arrays"),
    "nothing": (lambda p: None, TypeError, "dict of arrays"),
    "read-only": (lambda p: {**p, "h_W": frozen(p["h_W"].copy())}, TypeError, "writeable"),
    "columns first": (lambda p: {**p, "h_W": np.asfortranarray(p["h_W"])}, TypeError, "contiguous"),
    "another dtype": (lambda p: {**p, "h_W": p["h_W"].astype("f4")}, TypeError, "not float32"),
    "another shape": (lambda p: {**p, "h_W": p["h_W"].T.copy()}, TypeError, r"\(4, 2\)"),
    "another rank": (lambda p: {**p, "h_W": p["h_W"].ravel()}, TypeError, r"\(8,\)"),
    "a list": (lambda p: {**p, "h_W": p["h_W"].tolist()}, TypeError, "list"),
}  # fmt: skip


@pytest.mark.parametrize("function", ["train_step", "bind", "fit"])
@pytest.mark.parametrize(("spoil", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_wrong_parameters_are_refused_before_any_changes(
    xor, given, function, spoil, error, message
):
    params, data = given
    before = copied(params)
    with pytest.raises(error, match=message):
        getattr(xor, function)(spoil(params), {}, *data)
    for name, array in before.items():
        np.testing.assert_array_equal(params[name], array)


class Raising:
    def __float__(self) -> float:
        raise ArithmeticError("no number")


@pytest.mark.parametrize("function", ["train_step", "bind", "fit"])
def test_a_hyper_parameter_is_a_real_number(xor, given, function):
    params, data = given
    call = getattr(xor, function)
    call(params, {}, *data, learning_rate=np.float32(0.1))
    call(params, {}, *data, learning_rate=1)
    with pytest.raises(TypeError):
        call(params, {}, *data, learning_rate="fast")
    with pytest.raises(ArithmeticError, match="no number"):
        call(params, {}, *data, learning_rate=Raising())


class Spiteful:
    """A key that is found where a parameter's name is looked for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        raise ArithmeticError("not comparable")


def test_a_key_that_can_not_be_compared_is_an_error(xor, given):
    params, data = given
    with pytest.raises(ArithmeticError, match="not comparable"):
        xor.train_step({Spiteful("h_W"): None, **params}, {}, *data)


# A bound step -----------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_a_bound_step_is_the_step(xor, given, target):
    params, data = given
    made = xor if target == "c" else module(XOR)
    own = copied(params)
    step = made.bind(own, {}, *data, learning_rate=0.25)
    for _ in range(5):
        assert step() == made.train_step(params, {}, *data, learning_rate=0.25)
    for name, array in params.items():
        np.testing.assert_array_equal(own[name], array)
    with pytest.raises(TypeError):
        step(1)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_a_bound_step_sees_what_is_filled_in(xor, given, target):
    params, (x, y) = given
    made = xor if target == "c" else module(XOR)
    step = made.bind(params, {}, x, y, learning_rate=0.0)
    first = step()
    x += 1.0
    assert step() != first
    assert step() == pytest.approx(made.forward(params, x, y)[0], rel=1e-12)


def test_a_bound_step_keeps_its_arrays(xor, given):
    expected = [xor.train_step(given[0], {}, *given[1]) for _ in range(3)]
    params, data = parted(XOR, arrays(XOR, 1, N=4))
    step = xor.bind(params, {}, *data)
    del params, data
    gc.collect()
    rest = [np.full((k, 3), np.nan) for k in range(200)]
    assert [step() for _ in range(3)] == expected
    assert len(rest) == 200


def test_labels_are_checked_in_every_bound_step(large):
    params, (x, t) = parted(LARGE, arrays(LARGE, 1, N=4))
    params = {name: array.astype("float32") for name, array in params.items()}
    x, t = x.astype("float32"), t.astype(np.intp)
    step = large.bind(params, large.init_state(params), x, t)
    assert isinstance(step(), float)
    t[2] = 10
    with pytest.raises(ValueError, match="label is out of range"):
        step()
    with pytest.raises(ValueError, match=r"must lie in 0\.\.9"):
        large.train_step(params, large.init_state(params), x, t)


# Memory -----------------------------------------------------------------------------------------


def counts(objects: list[Any]) -> list[int]:
    return [sys.getrefcount(o) for o in objects]


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1])


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_nothing_is_leaked(xor, given):
    params, data = given
    rate = 0.123456789
    objects = [params, *params, *params.values(), *data, rate]
    wrong = {**params, "h_b": None}

    def use(times: int) -> None:
        for _ in range(times):
            xor.train_step(params, {}, *data, learning_rate=rate)
            xor._C_train_step(wrong, {}, *data, rate)
        for _ in range(times // 10):
            xor.bind(params, {}, *data, learning_rate=rate)()
            xor.fit(params, {}, *data, learning_rate=rate, epochs=2, callback=lambda *_: None)
            xor.value_and_grad(params, *data)

    use(2000)
    before, memory, none = counts(objects), resident(), sys.getrefcount(None)
    use(50_000)
    assert counts(objects) == before
    assert abs(sys.getrefcount(None) - none) < 1000
    assert resident() - memory < 64


def test_a_bound_step_allocates_nothing(xor, given):
    params, data = given
    step = xor.bind(params, {}, *data)
    step()
    blocks = sys.getallocatedblocks()
    for _ in range(1000):
        step()
    assert sys.getallocatedblocks() - blocks < 5


# Threads ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["train_step", "bind", "fit"])
def test_threads_do_not_meet(large, way):
    def trained(seed: int) -> np.ndarray:
        values = arrays(LARGE, seed, N=64)
        params, (x, t) = parted(LARGE, values)
        params = {name: array.astype("float32") for name, array in params.items()}
        state, x = large.init_state(params), x.astype("float32")
        if way == "fit":
            large.fit(params, state, x, t, epochs=20, batch_size=40)
        else:
            bound = large.bind(params, state, x, t)
            for _ in range(40):
                bound() if way == "bind" else large.train_step(params, state, x, t)
        return np.concatenate([array.ravel() for array in params.values()])

    alone = [trained(seed) for seed in range(3)]
    together: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(target=lambda s=seed: together.update({s: trained(s)}))
        for seed in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, expected in enumerate(alone):
        np.testing.assert_array_equal(together[seed], expected)


def test_other_threads_run_while_c_computes(large):
    """A step of a large batch takes longer than a switch of threads: the lock must be free."""
    params, (x, t) = parted(LARGE, arrays(LARGE, 1, N=50_000))
    params = {name: array.astype("float32") for name, array in params.items()}
    step = large.bind(params, large.init_state(params), x.astype("float32"), t)
    running, seen = threading.Event(), []

    def watch() -> None:
        running.wait()
        seen.append(True)

    thread = threading.Thread(target=watch)
    thread.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(60.0)  # Python itself does not switch
    try:
        running.set()
        step()
        assert seen
    finally:
        sys.setswitchinterval(interval)
        thread.join()


def test_where_there_is_no_global_lock_the_import_says_what_to_do(tmp_path, monkeypatch):
    path = compiler.build(XOR, "c", "float64", tmp_path)
    monkeypatch.setattr(sys, "abiflags", "t", raising=False)
    with pytest.raises(Exception, match="--target numpy"):
        artifact.load(path)
