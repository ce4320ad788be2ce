"""The vectorised functions: how far they are from the right value, and what they do at the ends."""

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import mpmath
import numpy as np
import pytest

from symbp.codegen.c_target.helpers import helpers

REFERENCES = {
    "fast_exp": "expl(x)",
    "fast_expm1": "expm1l(x)",
    "fast_log": "logl(x)",
    "fast_log1p": "log1pl(x)",
    "fast_tanh": "tanhl(x)",
    "fast_erf": "erfl(x)",
    "normal_cdf": "erfcl(-x * 0.70710678118654752440084436210485L) / 2",
    "sigmoid": "1 / (1 + expl(-x))",
    "softplus": "(x > 0 ? x : 0) + log1pl(expl(-fabsl(x)))",
}
BOUNDS = {
    "fast_exp": 3, "fast_expm1": 3, "fast_log": 2, "fast_log1p": 3, "fast_tanh": 3, "fast_erf": 3,
    "normal_cdf": 4, "sigmoid": 4, "softplus": 4,
}  # fmt: skip
"""In units in the last place, as the functions state them."""
KEEP_THE_SIGN_OF_ZERO = {"fast_expm1", "fast_log1p", "fast_tanh", "fast_erf"}
KINDS = {"double": "float64", "float": "float32"}
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
VECTORS = ("-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno")
BITS = {"double": ("uint64_t", 2**64 // 3_000_017), "float": ("uint32_t", 2_003)}

EXACT: dict[str, Callable[[Any, Any], Any]] = {
    "fast_exp": lambda mp, x: mp.exp(x),
    "fast_expm1": lambda mp, x: mp.expm1(x),
    "fast_log": lambda mp, x: mp.log(x),
    "fast_log1p": lambda mp, x: mp.log(1 + x),
    "fast_tanh": lambda mp, x: mp.tanh(x),
    "fast_erf": lambda mp, x: mp.erf(x),
    "normal_cdf": lambda mp, x: mp.ncdf(x),
    "sigmoid": lambda mp, x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda mp, x: mp.log(1 + mp.exp(x)),
}

DRIVER = """\
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

$functions

static long double wanted(long double x)
{
    return $reference;
}

static double worst = 0.0;

static void hold($real x)
{
    const long double want = wanted(x);
    const $real got = $name(x), near = ($real)want;
    if (got == near || (isnan(want) && isnan(got))) {
        return;
    }
    const $real unit = nextafter$f(fabs$f(near), INFINITY) - fabs$f(near);
    const double error = (double)(fabsl((long double)got - want) / unit);
    if (!(error <= worst)) {
        worst = error;
    }
}

int main(void)
{
    /* Numbers of every size and sign, infinities and NaN among them, by their bits. */
    $bits pattern = 0;
    do {
        $real x;
        memcpy(&x, &pattern, sizeof x);
        hold(x);
        pattern += $step;
    } while (pattern >= $step);
    for (int k = -1000000; k <= 1000000; k++) {
        hold(($real)k * ($real)0.0008);
    }
    const $real ends[] = {0, INFINITY, 1, 745, 710, 104, 89, 88, 1e30$f, 1e-30$f, 1e-40$f, NAN};
    for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
        hold(ends[k]);
        hold(-ends[k]);
    }
    printf("%g %d", worst, signbit($name(-($real)0)) != 0);
    return 0;
}
"""


@pytest.mark.parametrize("flags", [VECTORS, ("-O2",)], ids=["vectors", "plain"])
@pytest.mark.parametrize("real", ["double", "float"])
@pytest.mark.parametrize("name", REFERENCES)
def test_a_function_is_right_to_a_few_units_in_the_last_place(
    name: str, real: str, flags: tuple[str, ...], tmp_path: Path
):
    suffix = "f" if real == "float" else ""
    bits, step = BITS[real]
    text = Template(DRIVER).substitute(
        functions="\n\n".join(helpers(f"{name}{suffix}(x)", real)),
        reference=REFERENCES[name],
        name=name + suffix,
        real=real,
        f=suffix,
        bits=bits,
        step=f"{step}u",
    )
    (tmp_path / "main.c").write_text(text)
    build = ["cc", "-std=c99", *flags, "main.c", "-o", "main", "-lm"]
    subprocess.run(build, cwd=tmp_path, check=True)
    done = subprocess.run(["./main"], cwd=tmp_path, check=True, capture_output=True, text=True)
    worst, negative_zero = done.stdout.split()
    assert float(worst) <= BOUNDS[name]
    if name != "fast_log":  # -0 is no sign there: the value is -infinity
        assert (negative_zero == "1") == (name in KEEP_THE_SIGN_OF_ZERO)


LOOP = """\
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

$functions

void loop($real *restrict y, const $real *restrict x, ptrdiff_t count);

void loop($real *restrict y, const $real *restrict x, ptrdiff_t count)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        y[k] = $name(x[k]); /* the loop */
    }
}
"""


def loop(name: str, real: str, folder: Path) -> str:
    """Compile a loop over a function as networks are compiled; return what gcc says of it."""
    suffix = "f" if real == "float" else ""
    called = name + suffix
    functions = "\n\n".join(helpers(f"{called}(x)", real))
    text = Template(LOOP).substitute(functions=functions, name=called, real=real)
    (folder / "loop.c").write_text(text)
    build = ["gcc", "-std=c99", *VECTORS, *STRICT, "-shared", "-fPIC", "-fopt-info-vec", "loop.c",
             "-o", "libloop.so", "-lm"]  # fmt: skip
    return subprocess.run(build, cwd=folder, check=True, capture_output=True, text=True).stderr


@pytest.mark.skipif(shutil.which("gcc") is None, reason="tells in gcc's words")
@pytest.mark.parametrize("real", ["double", "float"])
@pytest.mark.parametrize("name", REFERENCES)
def test_a_loop_over_a_function_is_of_vectors_and_right(name: str, real: str, tmp_path: Path):
    assert "loop vectorized" in loop(name, real, tmp_path)
    library = ctypes.CDLL(str(tmp_path / "libloop.so"))
    x = np.random.default_rng(5).normal(scale=4, size=501).astype(KINDS[real])
    y = np.empty_like(x)
    library.loop(
        ctypes.c_void_p(y.ctypes.data), ctypes.c_void_p(x.ctypes.data), ctypes.c_ssize_t(len(x))
    )
    context = mpmath.MPContext()
    context.dps = 40
    for argument, found in zip(x, y, strict=True):
        right = EXACT[name](context, context.mpf(float(argument)))
        if isinstance(right, context.mpc):
            assert np.isnan(found)
        else:
            error = abs(context.mpf(float(found)) - right)
            assert error <= BOUNDS[name] * float(np.spacing(abs(x.dtype.type(right))))
