"""The vectorised functions: how far they are from the right value, and what they do at the ends."""

import subprocess
from pathlib import Path
from string import Template

import pytest

from symbp.codegen.c_target.helpers import helpers

REFERENCES = {
    "fast_exp": "expl(x)",
    "fast_tanh": "tanhl(x)",
    "sigmoid": "1 / (1 + expl(-x))",
    "softplus": "(x > 0 ? x : 0) + log1pl(expl(-fabsl(x)))",
}
BOUNDS = {"fast_exp": 2.0, "fast_tanh": 4.0, "sigmoid": 4.0, "softplus": 4.0}
BITS = {"double": ("uint64_t", 2**64 // 3_000_017), "float": ("uint32_t", 2_003)}

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
    if (got == near || (isnan(x) && isnan(got))) {
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
    const $real ends[] = {0, INFINITY, 745, 710, 104, 89, 88, 1e30$f, 1e-30$f, NAN};
    for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
        hold(ends[k]);
        hold(-ends[k]);
    }
    printf("%g %d", worst, signbit($name(-($real)0)) != 0);
    return 0;
}
"""


@pytest.mark.parametrize("flags", [("-O3", "-march=native", "-ffp-contract=fast"), ("-O1",)])
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
    assert negative_zero == ("1" if name == "fast_tanh" else "0")
