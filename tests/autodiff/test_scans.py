"""The adjoint of a recurrence is the reversed recurrence of the adjoints, by the one rule."""

from __future__ import annotations

from textwrap import dedent

from hypothesis import given, settings
from mpmath import mpf

from symbp.autodiff import adjoint
from symbp.ir.check import check
from symbp.ir.interpret import high_precision, interpret
from symbp.ir.text import parse, text
from tests.drawn_scans import recurrences
from tests.rewrite.test_scans import values

DIGITS = high_precision(50)
STEP = mpf("1e-16")


def test_the_adjoint_of_a_scan_is_the_reversed_scan_of_the_adjoints():
    program = parse("""\
        input x[T]
        param u
        value h[T + 1]
        h[0] = 1
        scan t in T
            h[t + 1] = u * h[t] + x[t]
        end
        L = h[T]**2
    """)
    joint, gradients = adjoint(program, "L", ["u"])
    check(joint)
    shown = text(joint, declarations=False)
    assert gradients == {"u": "du"}
    assert shown[shown.index("dL") :] == dedent("""\
        dL = 1
        dh[T] = 2 * h[T] * dL
        scan t in T reversed
            du = sum[t](dh[t + 1] * h[t])
            dh[t] += dh[t + 1] * u
        end
    """)


def test_an_adjoint_that_only_later_steps_write_is_followed():
    program = parse("""\
        param x[3]
        value a[4], b[4]
        scan t in 3
            a[t + 1] = b[t] * x[t]
            b[t + 1] = a[t] + x[t]
        end
        y = a[3]
    """)
    joint, _ = adjoint(program, "y")
    got = interpret(joint, {"x": [2.0, 3.0, 5.0]})
    assert got["y"] == 15
    assert got["dx"].tolist() == [0, 5, 3]


@settings(max_examples=settings.default.max_examples // 2)
@given(recurrences())
def test_gradients_of_a_recurrence_are_differences(program):
    joint, gradients = adjoint(program, "y", ["x", "W", "v"])
    check(joint)
    given_values = values(joint)
    got = interpret(joint, given_values, DIGITS)
    weights = list(got["dy"])
    for name, gradient in gradients.items():
        shape = got[name].shape
        for place in [(0,) * len(shape), tuple(n - 1 for n in shape)]:
            ends = []
            for sign in (1, -1):
                moved = got[name].copy()
                moved[place] += sign * STEP
                y = interpret(program, {**given_values, name: moved}, DIGITS)["y"]
                ends.append(sum(w * e for w, e in zip(weights, y, strict=True)))
            slope = (ends[0] - ends[1]) / (2 * STEP)
            error = abs(slope - got[gradient][place])
            assert error <= mpf("1e-20") * (1 + abs(slope)), f"{gradient}{place}\n{text(joint)}"
