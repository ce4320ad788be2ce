"""`fit` in C: the same training as in NumPy, stopped when asked, and usable without Python."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbp import artifact, compiler
from tests.codegen.built import arrays, module, net, parted
from tests.codegen.networks import NETWORKS

TRAINED = {name: text for name, text in NETWORKS.items() if "optimizer" in text}
SQUARE = """
    network square
    input x[N, N]
    param w[1]
    output w[0] * x
    loss mean[n, m]((w[0] * x[n, m] - 1)**2)
    optimizer sgd(learning_rate=0.1)
"""
UNREAD = """
    network unread
    input x[N, 2]
    target y[N, 1]
    param a
    output a * x
    loss mean[n, i]((a * x[n, i] - 1)**2)
    optimizer sgd(learning_rate=0.1)
"""
FIXED = """
    network fixed
    input x[4, 2]
    target y[4, 1]
    output dense(x, 1)
    loss mse(dense(x, 1), y)
    optimizer sgd(learning_rate=0.1)
"""


def built(text: str, folder: Path, dtype: str = "float64") -> Any:
    return artifact.load(compiler.build(net(text), "c", dtype, folder))


@pytest.fixture(scope="module")
def xor(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return built(NETWORKS["dense"], tmp_path_factory.mktemp("xor"))


@pytest.fixture
def given() -> Any:
    network = net(NETWORKS["dense"])
    params, data = parted(network, arrays(network, 1, N=5))
    return params, {}, *data


def copied(params: Any) -> Any:
    return {name: array.copy() for name, array in params.items()}


WAYS = {
    "all rows": {},
    "shuffled": {"batch_size": 2, "seed": 3},
    "in order": {"batch_size": 2, "shuffle": False},
    "one by one, later": {"batch_size": 1, "start": 7},
    "more than there are": {"batch_size": 99},
}


@pytest.mark.parametrize("name", TRAINED)
def test_c_trains_as_numpy_does(name: str, tmp_path: Path):
    network = net(TRAINED[name])
    made = [built(TRAINED[name], tmp_path), module(network)]
    params, data = parted(network, arrays(network, 2, N=7, T=3))
    for way in WAYS.values():
        found = []
        for each in made:
            own = copied(params)
            state = each.init_state(own)
            losses = each.fit(own, state, *data, epochs=6, **way)
            found.append({**own, **state, "losses": losses})
        for key, expected in found[1].items():
            np.testing.assert_allclose(found[0][key], expected, rtol=1e-10, atol=1e-12)


def test_data_that_no_step_reads_are_left_alone(tmp_path: Path):
    network = net(UNREAD)
    params, data = parted(network, arrays(network, 2, N=5))
    found = []
    for made in (built(UNREAD, tmp_path), module(network)):
        found.append(made.fit({"a": params["a"].copy()}, {}, *data, epochs=3, batch_size=2))
    np.testing.assert_allclose(*found, rtol=1e-12)


@pytest.mark.parametrize("text", [SQUARE, FIXED])
def test_where_rows_can_not_be_cut_all_of_them_are_a_batch(text: str, tmp_path: Path):
    network = net(text)
    made = built(text, tmp_path)
    params, data = parted(network, arrays(network, 2, N=3))
    own = copied(params)
    losses = made.fit(params, {}, *data, epochs=3)
    assert losses.tolist() == [made.train_step(own, {}, *data) for _ in range(3)]
    if text == SQUARE:
        with pytest.raises(ValueError, match="has shape"):
            made.fit(params, {}, *data, batch_size=2)


def test_no_epochs_change_nothing(xor, given):
    before = copied(given[0])
    for epochs in (0, -3):
        assert xor.fit(*given, epochs=epochs).shape == (0,)
    for name, array in before.items():
        np.testing.assert_array_equal(given[0][name], array)


def test_a_callback_stops_or_raises(xor, given):
    seen: list[tuple[int, float]] = []
    losses = xor.fit(
        *given, epochs=9, start=4, batch_size=2,
        callback=lambda epoch, loss: seen.append((epoch, loss)) or epoch == 6,
    )  # fmt: skip
    assert seen == list(enumerate(losses, 4))
    assert len(losses) == 3

    def raising(epoch: int, loss: float) -> None:
        raise ArithmeticError(epoch)

    with pytest.raises(ArithmeticError, match="1"):
        xor.fit(*given, epochs=3, start=1, callback=raising)


def test_a_callback_may_train_itself(xor, given):
    other = copied(given[0])

    def callback(epoch: int, loss: float) -> None:
        xor.train_step(other, {}, *given[2:])

    losses = xor.fit(*given, epochs=5, callback=callback)
    assert len(losses) == 5
    for name, array in given[0].items():
        np.testing.assert_array_equal(other[name], array)


@pytest.mark.parametrize("wrong", [{"epochs": 1.5}, {"start": "0"}, {"seed": None}])
def test_what_is_counted_is_a_whole_number(xor, given, wrong):
    with pytest.raises(TypeError):
        xor.fit(*given, **wrong)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("way", [{}, {"batch_size": 1}, {"callback": lambda *_: None}])
def test_ctrl_c_stops_within_a_tenth_of_a_second(xor, given, way):
    timer = threading.Timer(0.2, lambda: signal.raise_signal(signal.SIGINT))
    begin = time.perf_counter()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        xor.fit(*given, epochs=10**8, **way)
    assert time.perf_counter() - begin < 0.35
    timer.join()
    assert np.isfinite(xor.train_step(*given))


def test_ctrl_c_stops_within_an_epoch(xor, given):
    x, y = (np.repeat(array, 400_000, axis=0) for array in given[2:])
    timer = threading.Timer(0.1, lambda: signal.raise_signal(signal.SIGINT))
    begin = time.perf_counter()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        xor.fit(*given[:2], x, y, epochs=50, batch_size=1)
    assert time.perf_counter() - begin < 0.4
    timer.join()


DRIVER = """\
#undef NDEBUG
#include "xor.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static volatile int allocations = 0;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    allocations++;
    return __real_realloc(memory, size);
}

static double W1[8] = {0.5, -0.4, 0.3, 0.9, -0.8, 0.7, 0.2, -0.1}, b1[4];
static double W2[4] = {0.3, -0.6, 0.5, 0.1}, b2[1];
static const double x[8] = {0, 0, 0, 1, 1, 0, 1, 1}, y[4] = {0, 1, 1, 0};
static double work[XOR_WORKSPACE(4)], fit_work[XOR_FIT_WORKSPACE(3)];
static double losses[5000];

static int watch(void *context, ptrdiff_t epoch, double loss)
{
    assert(loss == losses[epoch - 10]);
    return epoch == *(ptrdiff_t *)context;
}

int main(void)
{
    const xor_params params = {W1, b1, W2, b2};
    const xor_data data = {x, y};
    const xor_hyper hyper = xor_default_hyper();
    double loss = 0.0;
    ptrdiff_t last = 12;
    xor_training training = {3, 10, 5000, 1, 1, watch, NULL, &last};
    assert(xor_train_step(4, &params, &data, &hyper, work, &loss) == 0);
    assert(xor_fit(4, &params, &data, &hyper, &training, fit_work, losses) == 1);
    assert(losses[2] > 0.0 && losses[3] == 0.0);
    training.watch = NULL;
    assert(xor_fit(4, &params, &data, &hyper, &training, fit_work, losses) == 0);
    assert(losses[4999] > 0.0 && losses[4999] < losses[0]);
    training.batch_size = 0;
    assert(xor_fit(4, &params, &data, &hyper, &training, fit_work, losses) == -1);
    assert(allocations == 0);
    void *volatile counted = malloc(1);
    free(counted);
    assert(allocations == 1);
    return 0;
}
"""


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
def test_c_programs_train_without_allocating(tmp_path: Path):
    root = Path(__file__).parents[2]
    files = compiler.emit(compiler.load(str(root / "examples" / "xor.bp")), "c")
    for name in ("xor.c", "xor.h"):
        (tmp_path / name).write_text(files[name])
    (tmp_path / "main.c").write_text(DRIVER)
    wrap = [f"-Wl,--wrap={name}" for name in ("malloc", "calloc", "realloc")]
    build = ["cc", "-std=c99", "-O1", *wrap, "main.c", "xor.c", "-o", "main", "-lm"]
    subprocess.run(build, cwd=tmp_path, check=True)
    done = subprocess.run(["./main"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
