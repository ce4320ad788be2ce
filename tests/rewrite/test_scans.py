"""No pass changes what a recurrence means: drawn scans with their adjoints, run in 50 digits."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given, settings
from sympy import Rational

from symbp.autodiff import adjoint
from symbp.compiler import FINISH, TIDY, finish, tidy
from symbp.ir.check import check
from symbp.ir.program import Program
from symbp.ir.text import parse, text
from symbp.rewrite import distribute, known, lift, order, share
from tests.drawn_scans import recurrences
from tests.rewrite.test_random_programs import _nested, assert_same


def derived(program: Program) -> Program:
    joint, gradients = adjoint(program, "y", ["x", "W", "v"])
    return joint.but(outputs=("y", *gradients.values()))


def values(program: Program) -> dict[str, object]:
    """Return different rational values for all that is given."""
    numbers = iter([Rational(k * 7 % 71 - 35, 17) for k in range(1, 71)])
    return {t.name: _nested([int(n) for n in t.shape], numbers) for t in program.given()}


def lines(program: Program) -> str:
    return text(program, declarations=False)


@pytest.mark.parametrize("run", [run for run, _ in (*TIDY, *FINISH)], ids=lambda r: r.__name__)
@settings(max_examples=settings.default.max_examples // 10)
@given(program=recurrences())
def test_a_pass_keeps_what_a_recurrence_gives(run, program):
    whole = derived(program)
    assert_same(whole, run(whole), values(whole))


@settings(max_examples=settings.default.max_examples // 2)
@given(recurrences())
def test_all_passes_together_keep_what_a_recurrence_gives(program):
    whole = derived(program)
    assert_same(whole, finish(tidy(whole)), values(whole))


def test_what_no_later_step_needs_leaves_the_scan_and_stands_where_it_is_read():
    program = parse("""\
        input x[T,3]
        param W[3,2], U[2,2]
        value h[T + 1,2]
        scan t in T
            z[t,j] = sum[i](x[t,i] * W[i,j])
            z[t,j] += sum[k](h[t,k] * U[k,j])
            h[t + 1,j] = tanh(z[t,j])
            s[j] += h[t + 1,j]
        end
    """)
    assert lines(distribute(program)) == dedent("""\
        z[t,j] = sum[i](x[t,i] * W[i,j])
        value h[T + 1,2]
        scan t in T
            z[t,j] += sum[k](h[t,k] * U[k,j])
            h[t + 1,j] = tanh(z[t,j])
        end
        s[j] = sum[t](h[t + 1,j])
    """)


def test_two_recurrences_in_one_scan_are_told_apart():
    program = parse("""\
        input x[T]
        value a[T + 1], b[T + 1]
        scan t in T
            a[t + 1] = a[t] / 2 + x[t]
            c[t] = exp(a[t])
            b[t + 1] = b[t] * c[t]
        end
    """)
    assert lines(distribute(program)) == dedent("""\
        value a[T + 1]
        scan t in T
            a[t + 1] = 0.5 * a[t] + x[t]
        end
        c[t] = exp(a[t]) for t in T
        value b[T + 1]
        scan t in T
            b[t + 1] = b[t] * c[t]
        end
    """)


def test_factors_that_no_step_writes_are_computed_before():
    program = parse("""\
        input a[T], b[T]
        value h[T + 1]
        scan t in T
            h[t + 1] = tanh(h[t] * a[t] * sigmoid(b[t])) + exp(b[t])
        end
    """)
    assert lines(lift(program)) == dedent("""\
        h_step[t] = exp(b[t])
        h_step_2[t] = a[t] * sigmoid(b[t])
        value h[T + 1]
        scan t in T
            h[t + 1] = h_step[t] + tanh(h[t] * h_step_2[t])
        end
    """)


def test_a_value_of_another_step_of_the_same_scan_is_not_read():
    program = parse("""\
        input z[T]
        value h[T + 1], g[T]
        scan t in T
            g[t] = sigmoid(z[t]) + h[t]
            f[t] = sigmoid(z[t])
            h[t + 1] = f[t] * g[t] + sigmoid(z[T - 1 - t]) + sigmoid(z[t])
        end
    """)
    assert "f[t] * g[t] + f[t] + sigmoid(z[T - t - 1])" in lines(known(program))
    check(known(program))


def test_an_adjoint_before_its_scan_stays_there():
    program = parse("""\
        input x[T]
        value h[T + 1]
        h[0] = 1
        scan t in T
            h[t + 1] = h[t] * x[t]
        end
        y = h[T]
    """)
    whole, _ = adjoint(program, "y")
    check(order(whole.but(outputs=("dx",))))
    check(share(whole))
