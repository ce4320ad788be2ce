"""What a convolution before a max pool gets of its gradient comes from the winners alone."""

from pathlib import Path
from string import Template

import pytest

from symbp import compiler
from symbp.codegen.c_target import blocks
from symbp.codegen.c_target.winners import WIDE
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

static $real *numbers(ptrdiff_t count, ptrdiff_t seed, ptrdiff_t below)
{
    $real *a = malloc((size_t)count * sizeof *a);
    assert(a);
    for (ptrdiff_t k = 0; k < count; k++) {
        const ptrdiff_t drawn = (k * 37 + seed) % 101;
        a[k] = ($real)(below ? (double)(drawn % below) : (double)drawn / 50.0 - 1.0);
    }
    return a;
}

static inline void hold(ptrdiff_t rows, int columns, ptrdiff_t high, ptrdiff_t wide,
        ptrdiff_t count)
{
    const ptrdiff_t down = 2 * high + rows - 1, across = 2 * wide + columns - 1;
    $real *x = numbers(down * across * count, 1, 0), *value = numbers(high * wide * count, 2, 0);
    $real *winner = numbers(high * wide * count, 3, 4), *c = numbers(rows * columns, 4, 0);
    $real *before = numbers(rows * columns, 4, 0);
    const windows of = {value, winner, high, wide, count, wide * count, count};
    add_winners(rows, columns, of, x, across * count, count, c, columns, 1);
    for (ptrdiff_t u = 0; u < rows; u++) {
        for (ptrdiff_t v = 0; v < columns; v++) {
            long double want = before[u * columns + v];
            for (ptrdiff_t p = 0; p < high; p++) {
                for (ptrdiff_t q = 0; q < wide; q++) {
                    for (ptrdiff_t n = 0; n < count; n++) {
                        const ptrdiff_t k = (p * wide + q) * count + n;
                        const int won = (int)winner[k];
                        const ptrdiff_t i = 2 * p + won / 2 + u, j = 2 * q + won % 2 + v;
                        want += (long double)value[k] * x[(i * across + j) * count + n];
                    }
                }
            }
            const double error = fabs((double)(c[u * columns + v] - want));
            assert(error <= $tolerance * (double)(high * wide * count));
        }
    }
    free(x), free(value), free(winner), free(c), free(before);
}

static inline void spread(ptrdiff_t rows, int columns, ptrdiff_t high, ptrdiff_t wide,
        ptrdiff_t count, ptrdiff_t depth)
{
    const ptrdiff_t down = 2 * high + rows - 1, across = 2 * wide + columns - 1;
    const ptrdiff_t many = down * across * count, step = high * wide * count;
    const ptrdiff_t area = rows * columns, row = 4 * (columns + 1);
    $real *value = numbers(depth * step, 2, 0), *winner = numbers(depth * step, 3, 4);
    $real *kernel = numbers(depth * area, 1, 0), *c = numbers(many, 4, 0);
    $real *table = numbers(depth * row * (rows + 1) + 16, 0, 0);
    long double *want = malloc((size_t)many * sizeof *want);
    assert(want);
    for (ptrdiff_t k = 0; k < many; k++) {
        want[k] = c[k];
    }
    for (ptrdiff_t p = 0; p < high; p++) {
        for (ptrdiff_t q = 0; q < wide; q++) {
            for (ptrdiff_t m = 0; m < depth * count; m++) {
                const ptrdiff_t k = m / count, n = m % count;
                const ptrdiff_t place = k * step + (p * wide + q) * count + n;
                const int won = (int)winner[place];
                for (ptrdiff_t e = 0; e < area; e++) {
                    const ptrdiff_t i = 2 * p + won / 2 + e / columns;
                    const ptrdiff_t j = 2 * q + won % 2 + e % columns;
                    want[(i * across + j) * count + n] += (long double)value[place]
                            * kernel[k * area + e];
                }
            }
        }
    }
    const windows of = {value, winner, high, wide, count, wide * count, count};
    in_four_ways(depth, rows, columns, kernel, area, columns, 1, table);
    spread_winners(rows + 1, columns + 1, depth, table, row * (rows + 1), row, of, step, c,
            across * count, count);
    for (ptrdiff_t k = 0; k < many; k++) {
        assert(fabs((double)(c[k] - want[k])) <= $tolerance * (double)(depth * area));
    }
    free(value), free(winner), free(kernel), free(c), free(table), free(want);
}

int main(void)
{
    const ptrdiff_t counts[] = {1, 7, 16, 33};
    for (int k = 0; k < 4; k++) {
        for (ptrdiff_t rows = 1; rows <= 5; rows++) {
$holds
        }
    }
    return 0;
}
"""
NETWORK = """
    network pooled
    input x[N, 2, 8, 7]
    label t[N] in 3
    param s[2]
    r[n,c,p,q] = x[n,c,p,q] * s[c]
    h = max_pool2d(conv2d(r, 2, {kernel}, {options}, activation={act}), 2)
    y = dense(flatten(h), 3)
    output y
    loss cross_entropy(y, t)
    optimizer momentum(learning_rate=0.1)
"""
ADDS, SPREADS = "add_winners_", "spread_winners_"


@pytest.mark.parametrize("flags", BUILDS.values(), ids=BUILDS)
@pytest.mark.parametrize("real", ["double", "float"])
def test_winners_of_all_sizes_are_right(real: str, flags: tuple[str, ...], tmp_path: Path):
    tolerance = {"double": 1e-14, "float": 1e-6}[real]
    holds = "\n".join(
        f"            hold(rows, {columns}, 1 + rows % 3, {columns}, counts[k]);\n"
        f"            spread(rows, {columns}, 1 + rows % 2, {columns}, counts[k], 1 + rows % 3);"
        for columns in range(1, WIDE + 1)
    )
    text = Template(DRIVER).substitute(
        kernels=kernels("add_winners(spread_winners(", real, flags),
        real=real,
        tolerance=tolerance,
        holds=holds,
    )
    run(text, flags, tmp_path)


@pytest.mark.parametrize(
    ("kernel", "options", "act", "count", "dtype"),
    [
        (3, "padding=same", "relu", 17, "float64"),
        (5, "padding=2", "tanh", 16, "float32"),
        (7, "padding=3", "relu", 19, "float64"),  # more columns than stay in registers
        (1, "padding=0", "relu", 33, "float32"),  # a dense layer for each place
        (3, "dilation=2", "linear", 5, "float64"),  # what moves by two is another choice
        (3, "stride=2", "relu", 18, "float64"),
    ],
)
def test_a_pooled_convolution_means_what_the_interpreter_means(
    kernel: int, options: str, act: str, count: int, dtype: str
):
    network = net(NETWORK.format(kernel=kernel, options=options, act=act))
    code = compiler.emit(network, "c", dtype)["pooled.c"]
    plain = kernel > 1 and "stride=2" not in options and "dilation=2" not in options
    assert [word in code for word in (ADDS, SPREADS)] == [plain, plain]
    for sizes in ({}, {"N": count}):
        assert_agrees(
            network, arrays(network, 1, N=count), dtype, lambda n, d, s=sizes: c_module(n, d, **s)
        )


def test_of_equal_elements_the_first_one_has_the_gradient():
    network = net(NETWORK.format(kernel=3, options="padding=1", act="relu"))
    values = arrays(network, 1, N=16)
    values["x"] = values["x"].round()
    values["conv2d_K"] = values["conv2d_K"].round()
    assert_agrees(network, values, make=c_module)


def test_threads_share_the_outermost_loop(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blocks, "LIKELY", 1000)
    network = net(NETWORK.format(kernel=3, options="padding=1", act="relu"))
    told = compiler.explain(network, threads=2)
    assert "chosen for all n at once, by all threads" in told
    assert "looked up for all n at once, by all threads" in told
    values = arrays(network, 1, N=19)
    assert_agrees(network, values, make=lambda n, d: c_module(n, d, threads=2))
