"""The order of the rows: all of them, each once, in an order like a drawn one, in C as in NumPy."""

from __future__ import annotations

import ctypes
import itertools
import math
from collections import Counter
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from symbp.artifact import compile_c
from symbp.codegen.runtime import _batches, _order

EPOCHS = 2000


def test_every_row_comes_once():
    for count in range(1, 301):
        for epoch in range(3):
            assert sorted(_order(count, 5, epoch)) == list(range(count))


def test_the_order_depends_on_seed_and_epoch():
    orders = {tuple(_order(50, seed, epoch)) for seed in range(20) for epoch in range(20)}
    assert len(orders) == 400


def test_any_whole_number_is_a_seed():
    for seed in (-1, 2**64 + 3, np.int64(7)):
        assert sorted(_order(9, seed, 2)) == list(range(9))


def deviation(found: np.ndarray, expected: float, degrees: int) -> float:
    """Return how far chi-square is from its mean, in standard deviations."""
    chi_square = float(((found - expected) ** 2 / expected).sum())
    return (chi_square - degrees) / math.sqrt(2 * degrees)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 7, 8, 10, 16, 33])
def test_every_row_is_as_often_at_every_place(count: int):
    orders = np.array([_order(count, 1, epoch) for epoch in range(EPOCHS)])
    places = np.array([np.bincount(column, minlength=count) for column in orders.T])
    assert abs(deviation(places, EPOCHS / count, (count - 1) ** 2)) < 4


@pytest.mark.parametrize("count", [2, 3, 4])
def test_every_permutation_of_few_rows_is_as_frequent(count: int):
    drawn = Counter(tuple(_order(count, 1, epoch)) for epoch in range(EPOCHS))
    found = np.array([drawn[p] for p in itertools.permutations(range(count))])
    assert abs(deviation(found, EPOCHS / len(found), len(found) - 1)) < 4


@pytest.mark.parametrize("count", [5, 8, 16, 64, 100])
def test_what_follows_a_row_is_any_other(count: int):
    orders = np.array([_order(count, 2, epoch) for epoch in range(EPOCHS)])
    steps = np.bincount((np.diff(orders, axis=1) % count).ravel(), minlength=count)[1:]
    assert abs(deviation(steps, float(steps.mean()), count - 2)) < 5


def test_one_batch_of_all_rows_keeps_them_in_order():
    assert list(_batches(4, 4, 0, 0, True)) == [slice(0, 4)]
    assert list(_batches(5, 2, 0, 0, False)) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    parts = list(_batches(5, 2, 0, 0, True))
    assert [len(part) for part in parts] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(parts), _order(5, 0, 0))


def test_c_has_the_same_order(tmp_path: Path):
    kernel = resources.files("symbp.codegen.c_target").joinpath("kernels", "shuffle.c")
    (tmp_path / "order.c").write_text(
        "#include <stddef.h>\n#include <stdint.h>\n" + kernel.read_text("utf-8") + "\n"
        "void order(ptrdiff_t rows, uint64_t seed, uint64_t epoch, ptrdiff_t *to)\n{\n"
        "    row_order order = {0};\n"
        "    shuffle_rows(&order, rows, seed, epoch);\n"
        "    for (ptrdiff_t k = 0; k < rows; k++) {\n        to[k] = next_row(&order);\n    }\n}\n"
    )
    compile_c(tmp_path / "order.c", tmp_path / "liborder.so")
    order = ctypes.CDLL(str(tmp_path / "liborder.so")).order
    order.argtypes = [ctypes.c_ssize_t, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_void_p]
    for rows in (1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100, 257, 1000):
        for seed, epoch in ((0, 0), (1, 0), (0, 1), (2**64 - 1, 12345)):
            found = np.empty(rows, dtype=np.intp)
            order(rows, seed, epoch, found.ctypes.data)
            np.testing.assert_array_equal(found, _order(rows, seed, epoch))
