"""Matrix products in C: right for every size and layout, within their memory, and easy to read."""

import re
import subprocess
from pathlib import Path
from string import Template

import numpy as np
import pytest

from symbp import compiler
from symbp.codegen.c_target.helpers import helpers
from symbp.codegen.c_target.products import PANEL
from tests.codegen.built import arrays, assert_agrees, net
from tests.codegen.test_c_values import c_module

DRIVER = """\
#undef NDEBUG
#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

$multiply

static $real *numbers(ptrdiff_t count, ptrdiff_t seed)
{
    $real *a = malloc((size_t)count * sizeof *a);
    assert(a);
    for (ptrdiff_t k = 0; k < count; k++) {
        a[k] = ($real)((double)((k * 37 + seed) % 101) / 50.0 - 1.0);
    }
    return a;
}

/*
 * Transposed operands, rows of c with a gap after them that nobody may touch, and the sums
 * beginning with NOTHING, one row for all, or, half of them taken away, c itself.
 */
static void hold(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, int across_a, int across_b,
        int begin)
{
    const $real factor = begin == 2 ? ($real)-0.5 : 1;
    const ptrdiff_t gap = 3, wide = columns + gap;
    $real *a = numbers(rows * depth, 1), *b = numbers(depth * columns, 2);
    $real *c = numbers(rows * wide, 3), *before = numbers(rows * wide, 3);
    $real *panel = numbers($panel, 4);
    const ptrdiff_t a_row = across_a ? 1 : depth, a_column = across_a ? rows : 1;
    const ptrdiff_t b_row = across_b ? 1 : columns, b_column = across_b ? depth : 1;
    const matrix initial = begin == 0 ? NOTHING : (matrix){begin == 1 ? before : c,
            begin == 1 ? 0 : wide, 1};
    multiply(rows, columns, depth, factor, (matrix){a, a_row, a_column},
            (matrix){b, b_row, b_column}, initial, c, wide, 1, panel);
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < wide; j++) {
            double want = (double)before[(begin == 1 && j < columns ? 0 : i) * wide + j];
            want = begin == 0 && j < columns ? 0.0 : want;
            for (ptrdiff_t k = 0; k < depth && j < columns; k++) {
                want += (double)factor * (double)a[i * a_row + k * a_column]
                        * (double)b[k * b_row + j * b_column];
            }
            const double error = fabs((double)c[i * wide + j] - want);
            assert(error <= $tolerance * (double)depth * (j < columns));
        }
    }
    free(a), free(b), free(c), free(before), free(panel);
}

int main(void)
{
    const ptrdiff_t some[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 66};
    const ptrdiff_t depths[] = {1, 2, 17, 300, 600};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        for (size_t j = 0; j < sizeof some / sizeof some[0]; j++) {
            for (size_t k = 0; k < sizeof depths / sizeof depths[0]; k++) {
                const int way = (int)((i + j + k) % 4);
                hold(some[i], some[j], depths[k], way & 1, way >> 1, (int)((i + k) % 3));
            }
        }
    }
    return 0;
}
"""
SANITIZED = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
BUILDS = {
    "this processor": ("-O3", "-march=native", "-ffp-contract=fast"),
    "any processor": ("-O3",),
    "sanitizers": ("-march=native", *SANITIZED),
    "no vectors": ("-O3", "-Dmultiply_plainly"),
}


def kernels(calls: str, real: str, flags: tuple[str, ...]) -> str:
    """Return the functions that a text calls, as a compiler with or without vectors sees them."""
    text = "\n\n".join(helpers(calls, real))
    return text.replace("defined(__GNUC__)", "0") if "-Dmultiply_plainly" in flags else text


def run(text: str, flags: tuple[str, ...], folder: Path) -> None:
    """Compile a C program without a warning and run it; it ends by itself where it is wrong."""
    (folder / "main.c").write_text(text)
    strict = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
    build = ["cc", *strict, *flags, "main.c", "-o", "main", "-lm"]
    subprocess.run(build, cwd=folder, check=True)
    subprocess.run(["./main"], cwd=folder, check=True)


@pytest.mark.parametrize("flags", BUILDS.values(), ids=BUILDS)
@pytest.mark.parametrize("real", ["double", "float"])
def test_products_of_all_sizes_and_layouts_are_right(
    real: str, flags: tuple[str, ...], tmp_path: Path
):
    multiply = kernels("multiply(", real, flags)
    tolerance = {"double": 1e-15, "float": 1e-6}[real]
    text = Template(DRIVER).substitute(
        multiply=multiply, real=real, panel=PANEL, tolerance=tolerance
    )
    run(text, flags, tmp_path)


def calls(text: str, indices: str = "n, j") -> list[str]:
    """Return the calls of `multiply` in the gradient of sum y^2, without the panel."""
    access = f"y[{indices}]"
    whole = f"network drawn\n{text}\noutput y\nloss sum[{indices}]({access}**2)"
    code = compiler.emit(net(whole), "c", "float32")["drawn.c"]
    code = code[code.index("double forward(") : code.index("int drawn_predict(")]
    return re.findall(r"multiply\((.*?), work[^,]*\);", re.sub(r"\s+", " ", code))


def test_a_layer_is_a_call_forwards_and_three_backwards():
    found = calls("input x[N, 8]\nh = dense(x, 64, tanh)\ny = dense(h, 32)")
    assert found == [
        "N, 64, 8, 1.0f, (matrix){x, 8, 1}, (matrix){h_W, 64, 1}, (matrix){h_b, 0, 1}, h_z, 64, 1",
        "N, 32, 64, 1.0f, (matrix){h, 64, 1}, (matrix){y_W, 32, 1}, (matrix){y_b, 0, 1}, y, 32, 1",
        "1, 32, N, 1.0f, ONES, (matrix){dy, 32, 1}, NOTHING, dy_b, 1, 1",
        "N, 64, 32, 1.0f, (matrix){dy, 32, 1}, (matrix){y_W, 1, 32}, NOTHING, dh, 64, 1",
        "64, 32, N, 1.0f, (matrix){h, 1, 64}, (matrix){dy, 32, 1}, NOTHING, dy_W, 32, 1",
        "1, 64, N, 1.0f, ONES, (matrix){dh_z, 64, 1}, NOTHING, dh_b, 1, 1",
        "8, 64, N, 1.0f, (matrix){x, 1, 8}, (matrix){dh_z, 64, 1}, NOTHING, dh_W, 64, 1",
    ]


def test_a_vector_is_a_matrix_of_one_column():
    text = "input x[N, 64]\nparam w[64]\ny[n] = sum[i](x[n,i] * w[i])"
    forwards, backwards = calls(text, "n")
    assert forwards == "N, 1, 64, 1.0f, (matrix){x, 64, 1}, (matrix){w, 1, 1}, NOTHING, y, 1, 1"
    assert backwards == "1, 64, N, 1.0f, (matrix){dy, 1, 1}, (matrix){x, 64, 1}, NOTHING, dw, 1, 1"


def test_a_window_that_slides_is_a_matrix_too():
    text = "input x[72]\nparam w[9, 8]\ny[p,o] = sum[u](x[p+u] * w[u,o]) for p in 64"
    found = calls(text, "p, o")[0]
    assert found == "64, 8, 9, 1.0f, (matrix){x, 1, 1}, (matrix){w, 8, 1}, NOTHING, y, 8, 1"


def test_a_part_of_an_array_is_a_matrix_too():
    text = "input x[N, 40]\nparam w[16, 9]\ny[n,j] = sum[i](x[n,2*i+5] * w[i,j])"
    found = calls(text)[0]
    assert found == "N, 9, 16, 1.0f, (matrix){x + 5, 40, 2}, (matrix){w, 9, 1}, NOTHING, y, 9, 1"


def test_small_fixed_sizes_keep_their_loops():
    assert calls("input x[N, 2]\nh = dense(x, 4, sigmoid)\ny = dense(h, 1, sigmoid)") == []


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_products_mean_what_the_interpreter_means(dtype: str):
    network = net("""
        network drawn
        input x[N, 9]
        param w[17]
        h = dense(x, 17, tanh)
        g = dense(h, 33, softplus)
        y[n] = sum[j](h[n,j] * w[j]) + sum[j](g[n,j]) + sum[j](g[n,j+1] * h[n,j])
        output y
        loss sum[n](y[n]**2)
    """)
    assert_agrees(network, arrays(network, 1, N=5), dtype, c_module)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("columns", [1, 3, 8])
def test_a_sample_has_the_same_bits_wherever_it_stands_in_a_batch(dtype: str, columns: int):
    """Every second term of a thin product is added up apart, of all samples alike."""
    made = c_module(
        net(f"input x[N,101]\ny = dense(x, {columns})\noutput y\nloss mean[n,j](y[n,j]**2)"), dtype
    )
    params = made.init_params(0)
    x = np.random.default_rng(0).standard_normal((37, 101)).astype(dtype)
    alone = [made.predict(params, row[None])[0] for row in x]
    np.testing.assert_array_equal(made.predict(params, x), np.array(alone))


def test_a_bias_is_there_too_where_groups_have_products_of_their_own():
    network = net("""
        input x[N, 32]
        param W[16, 16], b[16]
        value y[N, 16]
        y[n,j] = b[j] for n in N
        y[n,k + 8*g] += sum[i](x[n,i + 16*g] * W[i,k + 8*g]) for n in N, g in 2, k in 8, i in 16
        output y
        loss mean[n,j](y[n,j]**2)
    """)
    assert_agrees(network, arrays(network, 1, N=5), make=c_module)
