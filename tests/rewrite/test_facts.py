"""A tensor that is declared to sum to one along its last axis: the sum is never computed."""

from __future__ import annotations

import numpy as np
import pytest

import symbp as bp
from symbp.compiler import derive, gradient_program
from symbp.errors import LanguageError
from symbp.ir.interpret import interpret
from symbp.ir.text import parse, text
from symbp.rewrite import facts
from symbp.verify import agrees, check
from tests.system.support import TARGETS, built

GIVEN = "target y[N,3] sums to one\ninput a[N], b[N,3]\n"
SUMS = {
    "y[n,j]": "1 for n in N",
    "2 * a[n] * y[n,j]": "2 * a[n]",
    "a[n] * y[n,j] + b[n,0]": "3 * b[n,0] + a[n]",
    "y[n,j] * (a[n] + 1)": "a[n] + 1",
}
KEPT = ["y[n,j]**2", "b[n,j] * y[n,j]", "b[n,j]", "a[n] * y[n,j] + b[n,j]", "y[n,0] * b[n,j]"]


@pytest.mark.parametrize("body", SUMS)
def test_the_sum_of_a_row_is_one(body: str) -> None:
    found = facts(parse(f"{GIVEN}s[n] = sum[j]({body})"))
    assert text(found, declarations=False) == f"s[n] = {SUMS[body]}\n"


@pytest.mark.parametrize("body", KEPT)
def test_other_sums_stay(body: str) -> None:
    program = parse(f"{GIVEN}s[n] = sum[j]({body})")
    assert facts(program) == program


@pytest.mark.parametrize(
    "line", ["s[j] = sum[n](y[n,j])", "s[n] max= y[n,j]", "s[n] = sum[j](y[n,j]) for j in 2"]
)
def test_what_is_no_sum_of_a_whole_row_stays(line: str) -> None:
    program = parse(GIVEN + line)
    assert facts(program) == program


def test_a_diagonal_is_no_row() -> None:
    program = parse("target y[3,3] sums to one\ns = sum[j](y[j,j])")
    assert facts(program) == program


def test_a_sum_over_the_steps_of_a_scan_stays() -> None:
    program = parse(f"{GIVEN}value h[4]\nscan j in 3\n    s[n] += y[n,j]\n    h[j + 1] = h[j]\nend")
    assert facts(program) == program


def test_a_row_of_another_tensor_is_a_factor() -> None:
    given = "target y[N,3] sums to one, u[N,4] sums to one\n"
    found = facts(parse(f"{given}s[n] = sum[j,k](y[n,j] * u[n,k] + u[n,k] / 2)"))
    assert text(found, declarations=False) == "s[n] = 2.5 for n in N\n"


def test_all_sums_that_are_known_go_at_once() -> None:
    found = facts(parse(f"{GIVEN}s = sum[n,j](a[n] * y[n,j])"))
    assert text(found, declarations=False) == "s = sum[n](a[n])\n"


def network(fact: bool, **settings: float) -> bp.Network:
    x, y = bp.input("x", "N", 4), bp.target("y", "N", 3, sums_to_one=fact)
    z = bp.dense(x, 3, name="z")
    loss = bp.cross_entropy(z, y, **settings)
    return bp.network("soft", loss=loss, output=bp.softmax(z, name="p"), optimizer=bp.sgd())


def test_softmax_with_cross_entropy_has_the_slope_p_minus_y() -> None:
    assert "dz[n,j] = (p[n,j] - y[n,j]) / N" in derive(network(True)).text()
    assert "dz[n,j] = (p[n,j] - y[n,j]) / N" not in derive(network(False)).text()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_check_draws_rows_that_sum_to_one(target: str, smoothing: float) -> None:
    net = network(True, smoothing=smoothing)
    module = built(net, target)
    program, gradients = gradient_program(net)
    assert agrees(check(module, program, gradients, net.loss, 0))


def test_with_rows_that_sum_to_one_the_fact_changes_no_value() -> None:
    rng = np.random.default_rng(0)
    y = rng.dirichlet(np.ones(3), 5)
    values = {"x": rng.normal(size=(5, 4)), "y": y, "z_W": rng.normal(size=(4, 3)), "z_b": y[0]}
    derived = (derive(network(fact)).program for fact in (True, False))
    one, other = (interpret(p, values) for p in derived)
    np.testing.assert_allclose(one["dz_W"].astype(float), other["dz_W"].astype(float), atol=1e-15)


def test_both_forms_say_it_alike() -> None:
    written = bp.parse(
        "network soft\ninput x[N,4]\ntarget y[N,3] sums to one\nz = dense(x, 3)\n"
        "p = softmax(z)\noutput p\nloss cross_entropy(z, y)"
    )
    assert text(written.program) == text(network(True).program)
    assert parse(text(written.program)).tensors == written.program.tensors


@pytest.mark.parametrize("shape", [(), ("N", 2)])
def test_only_axes_of_real_numbers_sum_to_one(shape: tuple[object, ...]) -> None:
    with pytest.raises(LanguageError, match="could sum to one") as caught:
        bp.input("k", *shape, classes=3 if shape else None, sums_to_one=True)
    assert caught.value.remedy
