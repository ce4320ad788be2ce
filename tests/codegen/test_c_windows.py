"""Convolutions in C: sums over windows are right in every layout, for every size."""

from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import pytest

import symbp as bp
from symbp import artifact, compiler
from tests.codegen.built import arrays, assert_agrees, net
from tests.codegen.test_c_products import BUILDS, kernels, run
from tests.codegen.test_c_values import c_module

DRIVER = """\
#undef NDEBUG
#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

$kernels

static $real *numbers(ptrdiff_t count, ptrdiff_t seed)
{
    $real *a = malloc((size_t)count * sizeof *a);
    assert(a);
    for (ptrdiff_t k = 0; k < count; k++) {
        a[k] = ($real)((double)((k * 37 + seed) % 101) / 50.0 - 1.0);
    }
    return a;
}

static void apart(ptrdiff_t *table, ptrdiff_t count, ptrdiff_t step)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        table[k] = k * step;
    }
}

/* a[i,s,k] and b[j,s,k] as a correlation has them: neighbouring rows of a overlap. */
static void hold(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t steps, ptrdiff_t length)
{
    const ptrdiff_t wide = length + 3 * rows;
    $real *a = numbers(steps * wide, 1), *b = numbers(columns * steps * length, 2);
    $real *c = numbers(rows * columns, 3), *before = numbers(rows * columns, 3);
    ptrdiff_t a_rows[80] = {0}, a_steps[80] = {0}, b_columns[80] = {0};
    ptrdiff_t b_steps[80] = {0}, c_rows[80] = {0}, c_columns[80] = {0};
    apart(a_rows, rows, 3), apart(a_steps, steps, wide);
    apart(b_columns, columns, steps * length), apart(b_steps, steps, length);
    apart(c_rows, rows, columns), apart(c_columns, columns, 1);
    multiply_dots(rows, columns, steps, length, a, a_rows, a_steps, b, b_columns, b_steps, c,
            c_rows, c_columns);
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            long double want = before[i * columns + j];
            for (ptrdiff_t s = 0; s < steps; s++) {
                for (ptrdiff_t k = 0; k < length; k++) {
                    want += (long double)a[a_rows[i] + a_steps[s] + k]
                            * b[b_columns[j] + b_steps[s] + k];
                }
            }
            const double error = fabs((double)(c[i * columns + j] - want));
            assert(error <= $tolerance * (double)(steps * length));
        }
    }
    free(a), free(b), free(c), free(before);
}

int main(void)
{
    const ptrdiff_t some[] = {1, 2, 3, 4, 5, 8, 9};
    const ptrdiff_t lengths[] = {1, 7, 16, 33, 700};
    for (int i = 0; i < 7; i++) {
        for (int j = 0; j < 7; j++) {
            for (int k = 0; k < 5; k++) {
                hold(some[i], some[j], 1 + (i + j + k) % 3 * 10, lengths[k]);
            }
        }
    }
    return 0;
}
"""
NETWORK = """
    network drawn
    input x[N, 2, 8, 7]
    label t[N] in 3
    h = conv2d(x, 5, 3, {options}, activation=tanh)
    g = max_pool2d(conv2d(h, 4, 2), 2)
    y = dense(flatten(g), 3)
    output y
    loss cross_entropy(y, t)
    optimizer momentum(learning_rate=0.1)
"""


@pytest.mark.parametrize("flags", BUILDS.values(), ids=BUILDS)
@pytest.mark.parametrize("real", ["double", "float"])
def test_dot_products_of_all_sizes_are_right(real: str, flags: tuple[str, ...], tmp_path: Path):
    tolerance = {"double": 1e-14, "float": 1e-6}[real]
    text = Template(DRIVER).substitute(
        kernels=kernels("multiply_dots(", real, flags), real=real, tolerance=tolerance
    )
    run(text, flags, tmp_path)


@pytest.mark.parametrize(
    ("options", "count", "dtype"),
    [
        ("padding=1", 16, "float64"),
        ("stride=2, padding=2", 19, "float64"),
        ("dilation=2, padding=2", 33, "float32"),
    ],
)
def test_samples_side_by_side_mean_what_the_interpreter_means(
    options: str, count: int, dtype: str, tmp_path: Path
):
    network = net(NETWORK.format(options=options))
    values = arrays(network, 1, N=count)

    def sized(network: Any, dtype: str) -> Any:
        return artifact.load(bp.build(network, "c", dtype, tmp_path, sizes={"N": count}))

    made = assert_agrees(network, values, dtype, sized)
    plain = artifact.load(bp.build(network, "numpy", dtype, tmp_path / "numpy"))
    params, data = made.init_params(1), [values["x"].astype(dtype), values["t"]]
    losses, ends = [], []
    for module in (made, plain):
        own = {k: v.copy() for k, v in params.items()}
        state = module.init_state(own)
        losses.append([module.train_step(own, state, *data) for _ in range(5)])
        ends.append(own)
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    np.testing.assert_allclose(losses[0], losses[1], rtol=tolerance)
    for name, end in ends[0].items():
        np.testing.assert_allclose(end, ends[1][name], rtol=tolerance, atol=tolerance)


def test_samples_lie_side_by_side_where_their_number_is_known():
    network = net(NETWORK.format(options="padding=1"))
    known = compiler.explain(network, "float32", sizes={"N": 32})
    assert "h_z[o,p,q,n]" in known
    assert "dot products" in known
    assert "h_z[n,o,p,q]" in compiler.explain(network, "float32")


def test_a_network_without_windows_keeps_its_layout():
    network = net("""
        network drawn
        input x[N, 8]
        y = dense(dense(x, 64, tanh), 32)
        output y
        loss sum[n,j](y[n,j]**2)
    """)
    assert "_turned" not in compiler.explain(network, "float32", sizes={"N": 32})


def test_groups_mean_what_the_interpreter_means():
    network = net("""
        input x[N, 4, 4, 4]
        h = conv2d(x, 4, 1, groups=2)
        y = conv2d(h, 4, 3, padding=same, groups=2)
        output y
        loss mean[n,o,p,q](y[n,o,p,q]**2)
    """)
    assert_agrees(network, arrays(network, 1, N=3), make=c_module)


CONVOLUTION = """
    input x[N, 3, 9, 9]
    param K[4, 3, 3, 3]
    param b[4]
    p[n, o, i, j] = sum[c, u, v](x[n, c, i + u, j + v] * K[o, c, u, v]){bias} for i in 7, j in 7
    output p
    loss sum[n, o, i, j](p[n, o, i, j]**2) + sum[o](b[o]**2)
"""


@pytest.mark.parametrize("bias", ["", " + b[o]", " + b[0]"])
def test_a_convolution_begins_with_what_is_added_to_it(bias: str):
    network = net(CONVOLUTION.format(bias=bias))
    code = compiler.emit(network, "c")["drawn.c"]
    assert "double initial[4] = {0};" in code
    assert "fill(p" not in code
    assert ("initial[entry] = b[" in code) == bool(bias)
    assert_agrees(network, arrays(network, 3, N=19), make=c_module)
