"""Loops in C that are more than loops: a matrix that is turned, the best of a few."""

import pytest

from symbp import compiler
from tests.codegen.built import arrays, assert_agrees, net
from tests.codegen.test_c_values import c_module

TURNED = """
    input x[{rows}, {columns}]
    param w
    z[j, i] = x[i, j]
    y[i, j] = w * x[i, j]
    output z
    loss sum[i, j](y[i, j]**2)
"""


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(16, 16), (17, 40), (45, 19), (3, 100), (100, 3)])
def test_a_matrix_is_turned(shape: tuple[int, int], dtype: str):
    rows, columns = shape
    network = net(TURNED.format(rows=rows, columns=columns))
    assert f"turn({columns}, {rows}, x, {columns}, z, {rows});" in code(network)
    assert_agrees(network, arrays(network, 1), dtype, make=c_module)


def test_a_small_matrix_is_not_worth_a_call():
    assert "turn(" not in code(net(TURNED.format(rows=5, columns=7)))


def test_sizes_known_later_are_turned_too():
    network = net(TURNED.format(rows="N", columns=80))
    assert "turn(80, N, x, 80, z, N);" in code(network)
    for size in (1, 37):
        assert_agrees(network, arrays(network, 1, N=size), make=c_module)


@pytest.mark.parametrize("op", ["max", "min"])
@pytest.mark.parametrize("window", [2, 3, 4])
def test_the_best_of_a_few_is_one_number(op: str, window: int):
    w, loops = window, f"i in 4, j in 4, u in {window}, v in {window}"
    network = net(f"""
        input x[N, {4 * w}, {4 * w}, 24]
        param a
        y[n, i, j, c] = tanh(a * x[n, i, j, c])
        p[n, i, j, c] = {op}[u, v](y[n, {w} * i + u, {w} * j + v, c]) for {loops}
        output p
        loss sum[n, i, j, c](p[n, i, j, c]**2)
    """)
    assert ("fill(p," in code(network)) == (window == 4)
    assert_agrees(network, arrays(network, 1, N=3), make=c_module)


def code(network) -> str:
    return compiler.emit(network, "c")["drawn.c"]
