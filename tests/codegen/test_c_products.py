"""Matrix products in C: right for every size and layout, within their memory, and easy to read."""

import re
import subprocess
from pathlib import Path
from string import Template

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

/* Transposed operands, and rows of c with a gap after them that nobody may touch. */
static void hold(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, int across_a, int across_b)
{
    const ptrdiff_t gap = 3, wide = columns + gap;
    $real *a = numbers(rows * depth, 1), *b = numbers(depth * columns, 2);
    $real *c = numbers(rows * wide, 3), *before = numbers(rows * wide, 3);
    $real *panel = numbers($panel, 4);
    const ptrdiff_t a_row = across_a ? 1 : depth, a_column = across_a ? rows : 1;
    const ptrdiff_t b_row = across_b ? 1 : columns, b_column = across_b ? depth : 1;
    multiply(rows, columns, depth, a, a_row, a_column, b, b_row, b_column, c, wide, panel);
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < wide; j++) {
            double want = (double)before[i * wide + j];
            for (ptrdiff_t k = 0; k < depth && j < columns; k++) {
                want += (double)a[i * a_row + k * a_column] * (double)b[k * b_row + j * b_column];
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
                hold(some[i], some[j], depths[k], way & 1, way >> 1);
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


@pytest.mark.parametrize("flags", BUILDS.values(), ids=BUILDS)
@pytest.mark.parametrize("real", ["double", "float"])
def test_products_of_all_sizes_and_layouts_are_right(
    real: str, flags: tuple[str, ...], tmp_path: Path
):
    multiply = "\n\n".join(helpers("multiply(", real))
    if "-Dmultiply_plainly" in flags:  # what a compiler without vectors sees
        multiply = multiply.replace("defined(__GNUC__)", "0")
    tolerance = {"double": 1e-15, "float": 1e-6}[real]
    text = Template(DRIVER).substitute(
        multiply=multiply, real=real, panel=PANEL, tolerance=tolerance
    )
    (tmp_path / "main.c").write_text(text)
    strict = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
    build = ["cc", *strict, *flags, "main.c", "-o", "main", "-lm"]
    subprocess.run(build, cwd=tmp_path, check=True)
    subprocess.run(["./main"], cwd=tmp_path, check=True)


def calls(text: str, indices: str = "n, j") -> list[str]:
    """Return the calls of `multiply` in the gradient of sum y^2, without the panel."""
    access = f"y[{indices}]"
    whole = f"network drawn\n{text}\noutput y\nloss sum[{indices}]({access}**2)"
    code = compiler.emit(net(whole), "c", "float32")["drawn.c"]
    code = code[code.index("double forward(") :]
    return re.findall(r"(?<!void )multiply\((.*?), work[^,]*\);", code)


def test_a_layer_forwards_and_backwards_is_three_calls():
    found = calls("input x[N, 8]\nh = dense(x, 64, tanh)\ny = dense(h, 32)")
    assert found == [
        "N, 64, 8, x, 8, 1, h_W, 64, 1, h_z, 64",
        "N, 32, 64, h, 64, 1, y_W, 32, 1, y, 32",
        "N, 64, 32, dy, 32, 1, y_W, 1, 32, dh, 64",
        "64, 32, N, h, 1, 64, dy, 32, 1, dy_W, 32",
        "8, 64, N, x, 1, 8, dh_z, 64, 1, dh_W, 64",
    ]


def test_a_vector_is_a_matrix_of_one_column():
    text = "input x[N, 64]\nparam w[64]\ny[n] = sum[i](x[n,i] * w[i])"
    assert calls(text, "n") == ["N, 1, 64, x, 64, 1, w, 1, 1, y, 1"]


def test_a_window_that_slides_is_a_matrix_too():
    text = "input x[72]\nparam w[9, 8]\ny[p,o] = sum[u](x[p+u] * w[u,o]) for p in 64"
    assert calls(text, "p, o")[0] == "64, 8, 9, x, 1, 1, w, 8, 1, y, 8"


def test_a_part_of_an_array_is_a_matrix_too():
    text = "input x[N, 40]\nparam w[16, 9]\ny[n,j] = sum[i](x[n,2*i+5] * w[i,j])"
    assert calls(text)[0] == "N, 9, 16, x + 5, 40, 2, w, 9, 1, y, 9"


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
