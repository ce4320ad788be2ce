"""Hazards: what intervals allow is told with its cause; what rewriting took away is told too."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.errors import DataError
from symbp.evidence.hazards import lines, survey
from symbp.ir.functions import FUNCTIONS as HOUSE
from symbp.ir.interpret import FLOATS
from symbp.ir.text import parse
from symbp.lang.parser import parse as network_of
from symbp.verify.hazards import hazards
from symbp.verify.intervals import FUNCTIONS, Interval, power


def told(formula: str, low: float, high: float, dtype: str = "float64") -> list[str]:
    program = parse(f"param u\nloss = {formula}")
    return [h.kind for h in hazards(program, {"u": (low, high)}, dtype)]


@pytest.mark.parametrize(
    ("formula", "safe", "unsafe", "kind"),
    [("exp(u)", (-1e4, 700), (0, 710), "overflow"), ("1/u", (1, 2), (-1, 1), "division by zero"),
     ("log(u)", (1e-9, 5), (0, 5), "log of zero"), ("sqrt(u)", (0.1, 1), (0, 1), "root of zero"),
     ("log1p(u)", (-0.5, 1), (-1, 1), "log of zero"), ("u**40", (-9, 9), (0, 1e9), "overflow"),
     ("asin(u)", (-1, 1), (0, 1.5), "no real value"), ("1/(1 + u**2)", (-9, 9), None, ""),
     ("exp(u) - 1", None, (-1, 1), "cancellation"), ("cos(u) - 1", None, (-1, 1), "cancellation"),
     ("where(u > 1, 1/u, u)", (-5, 5), None, ""), ("exp(-abs(u))", (-1e9, 1e9), None, "")],
)  # fmt: skip
def test_a_hazard_is_told_where_the_range_allows_it_and_not_where_it_does_not(
    formula, safe, unsafe, kind
):
    if safe is not None:
        assert told(formula, *safe) == []
    if unsafe is not None:
        assert kind in told(formula, *unsafe)


def test_the_float_type_decides():
    assert told("exp(u)", 0, 100, "float64") == []
    assert told("exp(u)", 0, 100, "float32") == ["overflow"]


def test_only_the_first_cause_is_told():
    program = parse("param u\na = exp(u)\nb = a * a\nc = b + a\nloss = 2 * c")
    found = hazards(program, {"u": (0, 1e3)}, "float64")
    assert [(h.kind, h.tensor) for h in found] == [("overflow", "a")]


def test_sums_count_their_terms():
    program = parse("input x[N]\nparam u\nz[n] = u * x[n]\nloss = sum[n](z[n])")
    ranges = {"x": (0.0, 1.0), "u": (0.0, 1e307)}
    assert hazards(program, ranges, "float64", {"N": 9}) == []
    assert [h.tensor for h in hazards(program, ranges, "float64", {"N": 90})] == ["loss"]


FOUND = [n for n in FUNCTIONS if n in FLOATS.functions and n not in ("maximum", "minimum", "Mod")]


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(FOUND), low=st.floats(-50, 50), width=st.floats(0, 20),
    part=st.floats(0, 1),
)  # fmt: skip
def test_an_interval_holds_every_value(name, low, width, part):
    x = Interval(low, low + width)
    point = min(low + part * width, x.high)
    value = FLOATS.functions[name](point)
    if not math.isnan(value):
        wide = FUNCTIONS[name](x)
        slack = 1e-12 * max(1.0, abs(value))
        assert wide.low - slack <= value <= wide.high + slack


@settings(max_examples=100, deadline=None)
@given(low=st.floats(-5, 5), width=st.floats(0, 5), part=st.floats(0, 1),
       exponent=st.sampled_from([-2, -1, 2, 3, 0.5]))  # fmt: skip
def test_a_power_of_an_interval_holds_every_power(low, width, part, exponent):
    point = min(low + part * width, low + width)
    value = FLOATS.functions["Pow"](point, exponent)
    bounds = power(Interval(low, low + width), exponent)
    assert math.isnan(value) or bounds.low <= value <= bounds.high or not np.isfinite(value)
    assert "sqrt" in HOUSE


CLASSIFIER = """\
network classes
input x[N, 4]
label t[N] in 3
z = dense(x, 3)
p = softmax(z)
output p
loss mean[n](-log(p[n, t[n]]))
"""


def test_what_rewriting_took_away_is_told_and_nothing_is_left():
    network = network_of(CLASSIFIER)
    ranges = {"x": (-1000.0, 1000.0)}
    found = survey(network, "float64", ranges)
    assert found.left == []
    assert {"overflow", "log of zero", "division by zero"} <= {h.kind for h in found.gone}
    text = "\n".join(lines(found, network, "float64", ranges))
    assert "In float64, for x -1000 .. 1000, z_W -3 .. 3" in text
    assert "exponents are shifted by their maximum" in text


def test_what_is_left_comes_with_advice():
    network = network_of(
        "network q\ninput x[N]\nparam w\np[n] = log(w * x[n])\noutput p\nloss mean[n](p[n]**2)"
    )
    found = survey(network, "float64", {})
    assert "log of zero" in {h.kind for h in found.left}
    assert any("log(u + 1e-12)" in line for line in lines(found, network, "float64", {}))


def test_a_range_of_what_is_not_there_is_refused():
    with pytest.raises(DataError, match="there is no q"):
        survey(network_of(CLASSIFIER), "float64", {"q": (0, 1)})


@pytest.mark.parametrize(
    ("most", "total", "safe"),
    [("max[j](z[n,j])", "sum[j](exp(z[n,j] - m[n]))", True),
     ("max[j](z[n,j])", "sum[j](exp(z[n,j] - m[n]) * w)", False),
     ("max[j](2*z[n,j])", "sum[j](exp(z[n,j] - m[n]))", False)],
)  # fmt: skip
def test_only_a_sum_over_what_the_maximum_is_over_is_at_least_1(most, total, safe):
    program = parse(
        f"input z[4,3]\nparam w\nm[n] = {most}\nZ[n] = {total}\nloss = sum[n](log(Z[n]) + w)"
    )
    kinds = {h.kind for h in hazards(program, {"z": (-1e4, 1e4), "w": (0, 1)}, "float64")}
    assert ("log of zero" not in kinds) == safe


def test_a_condition_on_one_element_says_nothing_of_another():
    program = parse("param u[3]\nloss = sum[i](where(u[i] > 1, 1/u[{}], 0))".format("2 - i"))
    assert [h.kind for h in hazards(program, {"u": (0, 5)}, "float64")] == ["division by zero"]
