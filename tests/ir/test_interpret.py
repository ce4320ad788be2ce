"""What a program means, in each arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from sympy import Piecewise, Rational, symbols

from symbp.errors import DataError, ShapeError
from symbp.ir.interpret import FLOATS, SYMBOLS, high_precision, interpret
from symbp.ir.text import parse


def run(source: str, arithmetic=FLOATS, sizes=None, **values):
    """Return what the last equation of a text computes."""
    program = parse(source)
    result = interpret(program, values, arithmetic, sizes)[program.equations[-1].target.name]
    return result.tolist()


def test_a_contraction():
    assert run("input A[M,K], B[K,N]\ny[i,j] = sum[k](A[i,k] * B[k,j])",
               A=[[1, 2], [3, 4]], B=[[5, 6], [7, 8]]) == [[19, 22], [43, 50]]  # fmt: skip


def test_a_convolution():
    assert run("input x[N]\nparam k[K]\ny[p] = sum[u](x[p+u] * k[u])",
               x=[1, 2, 3, 4], k=[1, 10]) == [21, 32, 43]  # fmt: skip


def test_maximum_and_minimum():
    x = [[3, -1, 2], [-5, -4, -6]]
    assert run("input x[N,C]\nm[n] = max[c](x[n,c])", x=x) == [3, -4]
    assert run("input x[N,C]\nm[n] = min[c](x[n,c])", x=x) == [-1, -6]


def test_several_equations_meet_in_one_target():
    assert run("input x[N]\nparam b\ny[n] = x[n]\ny[n] += b\ny[0] += 100", x=[1, 2], b=10) == [
        111, 12,
    ]  # fmt: skip


def test_a_scatter_adds_where_labels_meet():
    source = "input x[N]\nlabel t[N] in 3\nvalue h[3]\nh[t[n]] = x[n]"
    assert run(source, x=[1, 2, 4, 8], t=[0, 2, 0, 2]) == [5, 0, 10]


def test_an_embedding_picks_rows():
    source = "param E[3,2]\nlabel t[N] in 3\ne[n,d] = E[t[n],d]"
    assert run(source, E=[[1, 2], [3, 4], [5, 6]], t=[2, 0]) == [[5, 6], [1, 2]]


def test_places_that_nothing_writes_are_neutral_when_they_are_read():
    assert run("input x[2]\nvalue y[4]\ny[2*i] = x[i]\nz[i] = y[i] + 1", x=[5, 6]) == [6, 1, 7, 1]
    assert run("input x[2]\nvalue m[3]\nm[i] = max[j](x[i] * j) for i in 2, j in 2\nz[i] = -m[i]",
               x=[5, 6]) == [-5, -6, float("inf")]  # fmt: skip


def test_scalars_have_no_axes():
    assert run("param a, b\nc = a + b", a=1, b=2) == 3


def test_only_the_chosen_branch_is_looked_at():
    assert run("input x[4]\ny[i] = where(i >= 1, x[i-1], 7) for i in 4", x=[1, 2, 3, 4]) == [
        7, 1, 2, 3,
    ]  # fmt: skip


def test_a_guard_that_does_not_hold_writes_nothing():
    assert run("input x[4]\nvalue y[3]\ny[i-1] = where(i >= 1, x[i], 0)", x=[1, 2, 3, 4]) == [
        2, 3, 4,
    ]  # fmt: skip


def test_reading_outside_of_a_tensor_is_an_error():
    with pytest.raises(ShapeError, match=r"x\[i \+ 1\] is outside of its tensor at \(4,\)"):
        run("input x[4]\ny[i] = x[i+1] for i in 4", x=[1, 2, 3, 4])


def test_indices_and_sizes_are_numbers_in_bodies():
    assert run("input x[N]\ny[n] = (x[n] + n) / N", x=[1, 2, 3, 4]) == [0.25, 0.75, 1.25, 1.75]


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("i // 2", [0, 0, 1, 1, 2, 2, 3, 3]),
        ("floor(i / 2)", [0, 0, 1, 1, 2, 2, 3, 3]),
        ("3 - i // 3", [3, 3, 3, 2, 2, 2, 1, 1]),
        ("i % 4", [0, 1, 2, 3, 0, 1, 2, 3]),
        ("2 * (i % 2)", [0, 2, 0, 2, 0, 2, 0, 2]),
    ],
)
def test_whole_number_division_in_indices(index: str, expected: list[int]):
    assert run(f"input x[4]\ny[i] = x[{index}] for i in 8", x=[0, 1, 2, 3]) == expected


def test_a_size_that_no_tensor_shows_is_given():
    assert run("param s\ny[i] = s * i for i in M", s=2, sizes={"M": 3}) == [0, 2, 4]


def test_a_hyper_parameter_has_a_default():
    assert run("hyper rate = 0.5\ny = 2 * rate") == 1
    assert run("hyper rate = 0.5\ny = 2 * rate", rate=3) == 6


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "no value is given for input x"),
        ({"x": [1, 2]}, "x has shape"),
        ({"x": [[1, 2, 3]]}, "x has shape"),
        ({"x": [[1, 2], [3, 4]], "y": [1, 2, 3]}, "y has shape"),
    ],
)
def test_values_that_do_not_suit_are_refused(values: dict, message: str):
    with pytest.raises(DataError, match=message):
        interpret(parse("input x[N,2], y[N]\nz[n] = x[n,0] * y[n]"), values)


SOFTMAX = """
input x[N,D]
label t[N] in C
param W[D,C]
z[n,j] = sum[i](x[n,i] * W[i,j])
m[n] = max[j](z[n,j])
Z[n] = sum[j](exp(z[n,j] - m[n]))
L = sum[n]((log(Z[n]) + m[n] - z[n,t[n]]) / N)
"""
VALUES = {"x": [["1/2", "-1"], ["2", "1/3"]], "t": [2, 0],
          "W": [["1/5", "1", "-1/4"], ["1/3", "-2", "1/7"]]}  # fmt: skip


def test_the_arithmetics_agree():
    def given(number):
        return {k: v if k == "t" else np.vectorize(number, [object])(v) for k, v in VALUES.items()}

    program, sizes = parse(SOFTMAX), {"C": 3}
    floats = interpret(program, given(lambda q: float(Fraction(q))), FLOATS, sizes)["L"][()]
    mp = interpret(program, given(Rational), high_precision(50), sizes)["L"][()]
    exact = interpret(program, given(Rational), SYMBOLS, sizes)["L"][()]
    assert floats == pytest.approx(float(mp), rel=1e-15)
    assert abs(sympy.Float(str(mp), 50) - exact.evalf(60)) < sympy.Float("1e-48")


def test_fifty_digits_show_what_floats_lose():
    source = "input x\ns = x + 1\ny = s - 1"
    assert run(source, x=1e-17) == 0
    assert abs(run(source, high_precision(50), x=Rational(1, 10**17)) * 10**17 - 1) < 1e-30


def test_symbols_give_the_expanded_expression():
    x0, x1, w = symbols("x0 x1 w", real=True)
    assert run("input x[N]\nparam w\ny = sum[n]((x[n] * w)**2)", SYMBOLS, x=[x0, x1], w=w) == (
        x0**2 * w**2 + x1**2 * w**2
    )


def test_symbols_keep_open_conditions():
    x = symbols("x", real=True)
    assert run("input x\ny = relu(x)", SYMBOLS, x=x) == Piecewise((x, x > 0), (0, True))
    assert run("input x\ny = where(x > 1, x, 2)", SYMBOLS, x=x) == Piecewise((x, x > 1), (2, True))
    assert run("input x\ny = max[i](x * i) for i in 2", SYMBOLS, x=x) == sympy.Max(0, x)
