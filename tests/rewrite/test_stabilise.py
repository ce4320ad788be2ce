"""Which sums of exponentials are shifted by their maximum, and how that looks."""

from __future__ import annotations

import pytest

from symbp.rewrite import stabilise
from tests.rewrite.test_passes import assert_becomes

SHIFTED = """\
Z_max[n] = max[j](z[n,j])
z_shifted[n,j] = z[n,j] - Z_max[n]
Z_shifted[n] = sum[j](exp(z_shifted[n,j]))
"""
SUM = "Z[n] = sum[j](exp(z[n,j]))\n"


def test_a_sum_over_a_whole_tensor_is_shifted_by_one_number() -> None:
    assert_becomes(
        stabilise,
        "Z = sum[j](exp(b[j]))\ny = log(Z)\n",
        """\
        Z_max = max[j](b[j])
        b_shifted[j] = b[j] - Z_max
        Z_shifted = sum[j](exp(b_shifted[j]))
        y = Z_max + log(Z_shifted)
        """,
        "y",
    )


@pytest.mark.parametrize(
    ("readers", "shifted"),
    [
        ("y[n] = log(Z[n]) + tanh(z[n,0])",
         "y[n] = log(Z_shifted[n]) + Z_max[n] + tanh(Z_max[n] + z_shifted[n,0])"),
        ("y[n] = log(Z[n]) + z[0,1]", "y[n] = log(Z_shifted[n]) + Z_max[n] + z[0,1]"),
        ("y[n] = Z[n]**2 / exp(2 * z[n,0])", "y[n] = Z_shifted[n]**2 * exp(-2 * z_shifted[n,0])"),
        ("p[n,j] = exp(z[n,j]) / Z[n]\nq[n,j] = p[n,j] * b[j]\ny[n] = log(Z[n]) + q[n,0]",
         "p[n,j] = exp(z_shifted[n,j]) / Z_shifted[n]\nq[n,j] = p[n,j] * b[j]\n"
         "y[n] = log(Z_shifted[n]) + Z_max[n] + q[n,0]"),
        ("u[n] = exp(z[n,0])\ny[n] = log(Z[n]) + u[n]",
         "u[n] = exp(z[n,0])\ny[n] = log(Z_shifted[n]) + Z_max[n] + u[n]"),
    ],
)  # fmt: skip
def test_everything_that_reads_the_sum_is_shifted(readers: str, shifted: str) -> None:
    assert_becomes(stabilise, f"{SUM}{readers}\n", f"{SHIFTED}{shifted}\n", "y")


def test_the_shift_follows_the_indices_of_the_reader() -> None:
    assert_becomes(
        stabilise,
        "Z[k] = sum[n](exp(z[n,k]))\n"
        "y[n,k] = log(Z[k]) - z[n,k]\nu[n] = log(Z[t[n]]) - z[n,t[n]]\n",
        """\
        Z_max[k] = max[n](z[n,k])
        z_shifted[n,k] = z[n,k] - Z_max[k]
        Z_shifted[k] = sum[n](exp(z_shifted[n,k]))
        y[n,k] = log(Z_shifted[k]) - z_shifted[n,k]
        u[n] = log(Z_shifted[t[n]]) - z_shifted[n,t[n]]
        """,
        "y", "u",
    )  # fmt: skip


@pytest.mark.parametrize("between", ["g[n] = 1 / Z[n]\n", "f[n] = 1 / Z[n]\ng[n] = c * f[n]\n"])
def test_what_alone_would_be_too_large_is_opened_where_it_cancels(between: str) -> None:
    factor = " * c" if "c" in between else ""
    assert_becomes(
        stabilise,
        f"{SUM}{between}y[n,j] = exp(z[n,j]) * g[n]\n",
        f"{SHIFTED}y[n,j] = exp(z_shifted[n,j]){factor} / Z_shifted[n]\n",
        "y",
    )


@pytest.mark.parametrize(
    ("exponent", "read"),
    [("z[n,j] * W[i,j]", "Z[n,i]"), ("b[j] - z[n,i]", "Z[n,i]"), ("w[i] + b[j]", "Z[i,n]")],
)
def test_an_exponent_that_is_no_tensor_becomes_one(exponent: str, read: str) -> None:
    axes = "i,n" if read == "Z[i,n]" else "n,i"
    box = " for n in N, i in 3"
    assert_becomes(
        stabilise,
        f"{read} = sum[j](exp({exponent})){box}\ny[n,i] = log({read}){box}\n",
        f"""\
        Z_exponent[{axes},j] = {exponent}{box}, j in 3
        Z_max[{axes}] = max[j](Z_exponent[{axes},j])
        Z_exponent_shifted[{axes},j] = Z_exponent[{axes},j] - Z_max[{axes}]
        Z_shifted[{axes}] = sum[j](exp(Z_exponent_shifted[{axes},j]))
        y[n,i] = Z_max[{axes}] + log(Z_shifted[{axes}]){box}
        """,
        "y",
    )


def test_an_element_that_a_label_picks_is_an_exponent_of_its_own() -> None:
    assert_becomes(
        stabilise,
        "Z[n] = sum[j](exp(z[n,t[n]])) for j in 2\ny[n] = log(Z[n])\n",
        """\
        Z_exponent[n,j] = z[n,t[n]] for n in N, j in 2
        Z_max[n] = max[j](Z_exponent[n,j])
        Z_exponent_shifted[n,j] = Z_exponent[n,j] - Z_max[n]
        Z_shifted[n] = sum[j](exp(Z_exponent_shifted[n,j]))
        y[n] = Z_max[n] + log(Z_shifted[n])
        """,
        "y",
    )


@pytest.mark.parametrize(
    ("part", "other"),
    [("z[n,j]", "z[n,2]"), ("W[0,j]", "W[3,2]"), ("W[j,j]", "W[3,0]"), ("b[j]", "b[2]")],
)
def test_what_is_read_beside_a_part_of_a_tensor_may_lie_outside_of_it(
    part: str, other: str
) -> None:
    box = "for n in N, j in 2"
    assert_becomes(
        stabilise,
        f"Z[n] = sum[j](exp({part})) {box}\ny[n] = log(Z[n]) - {other} for n in N\n",
        f"""\
        Z_exponent[n,j] = {part} {box}
        Z_max[n] = max[j](Z_exponent[n,j])
        Z_exponent_shifted[n,j] = Z_exponent[n,j] - Z_max[n]
        Z_shifted[n] = sum[j](exp(Z_exponent_shifted[n,j]))
        y[n] = Z_max[n] + log(Z_shifted[n]) - {other} for n in N
        """,
        "y",
    )


def test_names_that_are_taken_get_a_number() -> None:
    assert_becomes(
        stabilise,
        f"Z_max = c\nZ_shifted = c**2\nz_shifted = c**3\n{SUM}"
        "y[n] = log(Z[n]) + Z_max + Z_shifted + z_shifted\n",
        """\
        Z_max = c
        Z_shifted = c**2
        z_shifted = c**3
        Z_max_2[n] = max[j](z[n,j])
        z_shifted_2[n,j] = z[n,j] - Z_max_2[n]
        Z_shifted_2[n] = sum[j](exp(z_shifted_2[n,j]))
        y[n] = log(Z_shifted_2[n]) + Z_max_2[n] + Z_max + Z_shifted + z_shifted
        """,
        "y",
    )


def test_a_sum_in_each_step_of_a_scan_is_shifted_there() -> None:
    scan = "scan n in N\n    {}y[n] = log({}[n]){}\nend\n"
    assert_becomes(
        stabilise,
        scan.format("Z[n] = sum[j](exp(z[n,j]))\n    ", "Z", ""),
        scan.format(SHIFTED.replace("\n", "\n    "), "Z_shifted", " + Z_max[n]"),
        "y",
    )


@pytest.mark.parametrize(
    "equations",
    [
        "Z[n] = max[j](exp(z[n,j]))\ny[n] = log(Z[n])",
        "Z[n] = exp(z[n,0])\ny[n] = log(Z[n])",
        "Z[n] = sum[j](exp(z[n,j]))\nZ[n] += 1\ny[n] = log(Z[n])",
        "Z[n] = sum[j](exp(z[n,j]) + 1)\ny[n] = log(Z[n])",
        "value Z[3]\nZ[t[n]] = sum[j](exp(z[n,j]))\ny[n] = log(Z[t[n]])",
        "Z[n] = sum[j](exp(z[n,j]))\ny[n] = log(Z[n]) + Z[n]",
        "Z[n] = sum[j](exp(z[n,j]))\nf[n] = 1 / Z[n]\nf[n] += c\ny[n,j] = exp(z[n,j]) * f[n]",
        "Z[n] = sum[j](exp(z[n,j] * c))\ny[n] = exp(z[n,0] * c) / Z[n]",
        "Z[n] = sum[j,k](exp(z[n,j])) for k in 2\ny[n] = log(Z[n])",
        "Z[n] = sum[j](exp(b[j])) for n in N, j in 3\ny[n] = log(Z[n])",
        "scan n in N\n    Z = sum[n](exp(a[n]))\n    y[n] = c * a[n]\nend\nu = log(Z)",
    ],
)
def test_other_sums_and_those_that_are_read_as_they_are_stay(equations: str) -> None:
    assert_becomes(
        stabilise, f"{equations}\n", f"{equations}\n", *("yu" if "u =" in equations else "y")
    )


def test_an_output_is_not_opened() -> None:
    same = f"{SUM}g[n] = 1 / Z[n]\ny[n,j] = exp(z[n,j]) * g[n]\n"
    assert_becomes(stabilise, same, same, "y", "g")
