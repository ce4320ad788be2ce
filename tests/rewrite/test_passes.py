"""Each pass on its own: a formula, the pass, the formula that is expected, and the same values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from textwrap import dedent

import numpy as np
import pytest
import sympy
from mpmath import mpf

from symbp.compiler import finish, gradient_program, tidy
from symbp.ir.check import check
from symbp.ir.interpret import high_precision, interpret
from symbp.ir.program import Access, Equation, Program
from symbp.ir.text import parse, show, text
from symbp.ir.trace import recording
from symbp.lang.network import Network
from symbp.rewrite import (
    algebra,
    combine,
    common,
    expose,
    hoist,
    inline,
    known,
    merge,
    order,
    share,
    stabilise,
)  # fmt: skip
from symbp.rewrite.cost import FUNCTION, cost
from tests.codegen.built import arrays, net

GIVEN = "input x[N,4], z[N,3], a[N]\nparam W[4,3], b[3], w[4], c\nlabel t[N] in 3\n"
DIGITS = high_precision(50)


def program(equations: str, *outputs: str) -> Program:
    return parse(GIVEN + dedent(equations)).but(outputs=outputs)


def values(seed: int = 0) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    shapes = {"x": (2, 4), "z": (2, 3), "a": (2,), "W": (4, 3), "b": (3,), "w": (4,), "c": ()}
    found: dict[str, object] = {n: np.asarray(rng.normal(size=s)) for n, s in shapes.items()}
    return {**found, "t": rng.integers(0, 3, 2)}


def assert_same(before: Program, after: Program) -> None:
    check(after)
    old, new = (interpret(p, values(), DIGITS) for p in (before, after))
    for name in before.outputs:
        for u, v in zip(old[name].flat, new[name].flat, strict=True):
            assert abs(u - v) <= mpf("1e-40") * (1 + abs(u)), name


def assert_becomes(
    run: Callable[[Program], Program], before: str, after: str, *outputs: str
) -> None:
    old = program(before, *outputs)
    new = run(old)
    assert text(new, declarations=False) == text(program(after), declarations=False)
    assert_same(old, new)
    assert text(run(old)) == text(new)


def told(run: Callable[[Program], Program], equations: str, *outputs: str) -> list[str]:
    """Return the steps that a pass tells: rule, what was there, what is, what was looked at."""

    def shown(found: Iterable[Equation]) -> str:
        return "; ".join(map(show, found))

    with recording() as trace:
        run(program(equations, *outputs))
    return [
        f"{s.rule}: {shown(s.before)} -> {shown(s.after)}"
        + (f" by {shown(s.using)}" if s.using else "")
        for s in trace.steps
    ]


# Merge and combine ----------------------------------------------------------------------------


def test_sums_that_are_alike_become_one():
    assert_becomes(
        merge,
        """\
        p[n] = sum[j](exp(z[n,j]))
        q[k] = sum[i](exp(z[k,i]))
        y[n] = p[n] * a[n]
        r[n] = q[n] + a[n]
        """,
        """\
        p[n] = sum[j](exp(z[n,j]))
        y[n] = a[n] * p[n]
        r[n] = a[n] + p[n]
        """,
        "y", "r",
    )  # fmt: skip


def test_an_output_keeps_its_name_when_it_is_like_another():
    assert_becomes(
        merge, "p[n] = 2 * a[n]\nq[n] = 2 * a[n]\n", "p[n] = 2 * a[n]\nq[n] = 2 * a[n]\n", "p", "q"
    )


def test_tensors_of_different_shapes_are_not_alike():
    equations = """\
    value p[4]
    p[i] = w[i] for i in 2
    value q[3]
    q[i] = w[i] for i in 2
    y = sum[i](p[i]**2)
    y += sum[j](q[j]**3)
    """
    old = program(equations, "y")
    assert_same(old, merge(old))
    assert {e.target.name for e in merge(old).equations} == {"p", "q", "y"}


def test_pointwise_terms_of_one_target_are_added_up():
    assert_becomes(
        combine, "p[n] = a[n]\np[k] += 2 * a[k]\n", "p[n] = 3 * a[n]\n", "p"
    )  # fmt: skip


def test_pointwise_terms_over_different_boxes_stay_apart():
    same = "value p[4]\np[i] = w[i]\np[i] += b[i] for i in 3\n"
    old = program(same, "p")
    assert len(combine(old).equations) == 2
    assert_same(old, combine(old))


# Known ------------------------------------------------------------------------------------------


def test_a_value_that_a_tensor_holds_is_read():
    assert_becomes(
        known,
        "h[n,j] = sigmoid(z[n,j])\nd[k,i] = (1 - sigmoid(z[k,i])) * sigmoid(z[k,i])\n",
        "h[n,j] = sigmoid(z[n,j])\nd[k,i] = (1 - h[k,i]) * h[k,i]\n",
        "d",
    )


def test_the_negative_of_a_known_sum_is_read_too():
    assert_becomes(
        known,
        "h[n] = a[n] - c\nd[n] = exp(c - a[n])\n",
        "h[n] = a[n] - c\nd[n] = exp(-h[n])\n",
        "d",
    )


def test_a_number_is_never_read_from_a_guarded_tensor():
    equations = """\
    p[i] = where(i + 2 < 4, w[i + 2], 0) for i in 3
    q[i] = where(i + 2 < 4, w[i + 2] * w[i], 0) for i in 3
    """
    old = program(equations, "p", "q")
    assert_same(old, known(old))


def test_a_guard_that_keeps_the_target_inside_stays():
    equations = """\
    p[i] = where(i >= 1, w[i], 0)
    value q[4]
    q[i - 1] = where(i >= 1, w[i], 0)
    """
    for run in (known, share, expose):
        old = program(equations, "p", "q")
        assert_same(old, run(old))


# Inline and expose ------------------------------------------------------------------------------


def test_what_is_used_once_moves_into_its_consumer():
    assert_becomes(
        inline, "p[n] = a[n] - 1\nq[n] = 3 * p[n]**2\n", "q[n] = 3 * (a[n] - 1)**2\n", "q"
    )


def test_an_output_stays_a_tensor():
    same = "p[n] = a[n] - 1\nq[n] = 3 * p[n]**2\n"
    assert_becomes(inline, same, same, "p", "q")


def test_what_several_read_is_not_computed_several_times():
    same = "p[n] = exp(a[n])\nq[n] = 3 * p[n]**2\nr[n] = p[n] + 1\n"
    assert_becomes(inline, same, same, "q", "r")


def test_a_value_over_fewer_indices_is_not_computed_for_each_of_the_others():
    same = "p[n] = exp(a[n])\nq[n,j] = p[n] * z[n,j]\n"
    assert_becomes(inline, same, same, "q")


def test_a_maximum_is_taken_over_stored_values():
    same = "p[n,j] = exp(z[n,j])\nm[n] = max[j](p[n,j])\n"
    assert_becomes(inline, same, same, "m")


def test_a_definition_is_opened_where_it_cancels():
    assert_becomes(
        expose,
        "p[n] = sigmoid(a[n])\nd[n] = -1 / p[n]\nq[n] = d[n] * p[n]\n",
        "p[n] = sigmoid(a[n])\nd[n] = -1 / p[n]\nq[n] = -1 for n in N\n",
        "p", "q",
    )  # fmt: skip


def test_a_logarithm_is_opened_where_it_can_not_overflow_then():
    assert_becomes(
        expose,
        "p[n] = sigmoid(a[n])\nq[n] = log(p[n])\n",
        "p[n] = sigmoid(a[n])\nq[n] = -softplus(-a[n])\n",
        "p", "q",
    )  # fmt: skip


# Algebra ----------------------------------------------------------------------------------------

IDENTITIES = {
    "1 / (1 + exp(-a[n]))": "sigmoid(a[n])",
    "log(1 + exp(a[n]))": "softplus(a[n])",
    "log(sigmoid(a[n]))": "-softplus(-a[n])",
    "log(1 - sigmoid(a[n]))": "-softplus(a[n])",
    "log(1 + a[n]**2)": "log1p(a[n]**2)",
    "exp(a[n]) - 1": "expm1(a[n])",
    "exp(a[n]) * exp(c)": "exp(a[n] + c)",
    "exp(a[n]) * sigmoid(-a[n])": "sigmoid(a[n])",
    "exp(c - a[n]) * sigmoid(a[n] - c)": "sigmoid(c - a[n])",
    "exp(a[n]) / (1 + exp(a[n]))": "sigmoid(a[n])",
    "where(a[n] > 0, c, 0) * a[n]": "where(a[n] > 0, a[n] * c, 0)",
    "where(relu(a[n]) > 0, 1, 0)": "where(a[n] > 0, 1, 0)",
    "a[n] * c + a[n] * b[0]": "(c + b[0]) * a[n]",
    "a[n] * (b[0] / a[n] + 1)": "a[n] + b[0]",
    "-(a[n] - c) * b[0]": "(c - a[n]) * b[0]",
    "(c - a[n])**2 + (a[n] - c)**2": "2 * (c - a[n])**2",
}


def test_a_power_with_an_open_exponent_costs_as_much_as_a_function():
    assert cost(Access("a") ** Access("b")) == FUNCTION == cost(sympy.exp(Access("a")))


@pytest.mark.parametrize("before", IDENTITIES)
def test_an_identity_of_the_table(before: str):
    old = program(f"y[n] = {before}\n", "y")
    new = algebra(old)
    after = program(f"y[n] = {IDENTITIES[before]}\n", "y")
    assert text(new) == text(after)
    assert_same(old, new)
    assert text(algebra(new)) == text(new)


@pytest.mark.parametrize(
    "body",
    [
        "log(exp(a[n]) / (c**2 * b[0]**2))",
        "log(a[n]**2 / c**2)",
        "log(exp(a[n]) / (-abs(b[0]) * -abs(c)))",
        "sqrt(a[n]**2) * c",
        "exp(a[n])**2 / exp(2 * c)",
        "where(a[n] > 0, log(a[n]), 0) * c",
        "where(a[n] > 0, 1 / a[n], c) * a[n]",
        "relu(a[n]) / (1 + relu(a[n])) * relu(c)",
    ],
)
def test_signs_and_branches_are_kept(body: str):
    old = program(f"y[n] = {body}\n", "y")
    assert_same(old, algebra(old))


def test_a_sum_that_adds_nothing_goes():
    assert_becomes(algebra, "p[n] = a[n]\np[n] += a[n] - a[n]\n", "p[n] = a[n]\n", "p")


def test_a_scatter_of_nothing_is_a_tensor_of_zeros():
    new = algebra(program("value p[4]\np[i - 1] = where(i >= 1, b[i] - b[i], 0) for i in 3\n", "p"))
    assert text(new, declarations=False) == "p[i0] = 0 for i0 in 4\n"
    check(new)


# Hoist ------------------------------------------------------------------------------------------


def test_constants_leave_a_sum():
    assert_becomes(
        hoist,
        "p[n] = sum[j](2 * a[n] * z[n,j])\n",
        "p_sum[n] = sum[j](z[n,j])\np[n] = 2 * a[n] * p_sum[n]\n",
        "p",
    )


def test_an_index_that_does_not_occur_is_a_factor():
    assert_becomes(hoist, "p = sum[n](c) for n in N\n", "p = N * c\n", "p")


def test_the_name_of_a_sum_may_be_taken():
    assert_becomes(
        hoist,
        "p_sum = c\np[n] = sum[j](2 * z[n,j] * p_sum)\n",
        "p_sum = c\np_sum_2[n] = sum[j](z[n,j])\np[n] = 2 * p_sum_2[n] * p_sum\n",
        "p",
    )


# Stabilise --------------------------------------------------------------------------------------


def test_a_softmax_is_shifted_by_its_maximum():
    assert_becomes(
        stabilise,
        "Z[n] = sum[j](exp(z[n,j]))\np[n,j] = exp(z[n,j]) / Z[n]\n",
        """\
        Z_max[n] = max[j](z[n,j])
        z_shifted[n,j] = z[n,j] - Z_max[n]
        Z_shifted[n] = sum[j](exp(z_shifted[n,j]))
        p[n,j] = exp(z_shifted[n,j]) / Z_shifted[n]
        """,
        "p",
    )


def test_a_log_of_a_sum_is_shifted_and_keeps_its_digits():
    assert_becomes(
        stabilise,
        "Z[n] = sum[j](exp(z[n,j]))\ny[n] = log(Z[n]) - z[n,t[n]]\n",
        """\
        Z_max[n] = max[j](z[n,j])
        z_shifted[n,j] = z[n,j] - Z_max[n]
        Z_shifted[n] = sum[j](exp(z_shifted[n,j]))
        y[n] = log(Z_shifted[n]) - z_shifted[n,t[n]]
        """,
        "y",
    )


@pytest.mark.parametrize("outputs", [("Z",), ("y",)])
def test_a_sum_that_truly_is_large_stays(outputs: tuple[str, ...]):
    old = program("Z[n] = sum[j](exp(z[n,j]))\ny[n] = Z[n] + 1\n", *outputs)
    assert text(stabilise(old)).endswith("Z[n] = sum[j](exp(z[n,j]))\ny[n] = Z[n] + 1\n")


def test_a_sum_along_another_axis_is_shifted_along_it():
    old = program("Z[j] = sum[n](exp(z[n,j]))\np[n,j] = exp(z[n,j]) / Z[j]\n", "p")
    new = stabilise(old)
    assert "Z_max[j] = max[n](z[n,j])" in text(new)
    assert_same(old, new)


# Common -----------------------------------------------------------------------------------------


def test_what_all_terms_share_is_multiplied_after_they_have_met():
    assert_becomes(
        common,
        """\
        d[n,j] = exp(z[n,j]) / N
        d[n,t[n]] += -1 / N
        y[n] = d[n,t[n]]
        """,
        """\
        d_terms[n,j] = exp(z[n,j])
        d_terms[n,t[n]] += -1
        d[n,j] = d_terms[n,j] / N
        y[n] = d[n,t[n]]
        """,
        "d", "y",
    )  # fmt: skip


def test_a_weight_of_each_sample_is_shared_under_any_name_of_its_index():
    assert_becomes(
        common,
        """\
        d[n,j] = a[n] * c * exp(z[n,j])
        d[k,t[k]] += -a[k] * c
        """,
        """\
        d_terms[n,j] = exp(z[n,j])
        d_terms[k,t[k]] += -1
        d[n,j] = a[n] * d_terms[n,j] * c
        """,
        "d",
    )


@pytest.mark.parametrize(
    "equations",
    [
        "d[n,j] = b[j] * exp(z[n,j])\nd[n,t[n]] += -b[0]",  # not the same for both
        "d[n,j] = b[j] * exp(z[n,j])\nd[n,t[n]] += -b[t[n]]",  # of an axis that one jumps on
        "d[n,j] = z[n,j] / N\nd[n,t[n]] += -1 / N",  # nothing but a copy would be left
        "d[t[n],j] = z[n,j] * c\nd[2,j] += c",  # nobody covers all of it
        "d[n,j] = exp(c) * exp(z[n,j])",  # nobody to share it with
    ],
)
def test_a_factor_stays_where_the_product_would_cost_more_or_be_another(equations: str):
    alone = program(equations, "d")
    assert common(alone) == alone


# Share and order --------------------------------------------------------------------------------


def test_what_occurs_twice_is_computed_once():
    assert_becomes(
        share,
        "S = sum[n]((a[n] - c)**2)\nd[n] = a[n] * (a[n] - c)\n",
        "v1[n] = a[n] - c\nS = sum[n](v1[n]**2)\nd[n] = a[n] * v1[n]\n",
        "S", "d",
    )  # fmt: skip


def test_the_name_of_a_shared_value_may_be_taken():
    assert_becomes(
        share,
        "v1 = c\np[n] = exp(a[n]) + v1\nq[n] = exp(a[n]) * v1\n",
        "v1 = c\nv2[n] = exp(a[n])\np[n] = v1 + v2[n]\nq[n] = v2[n] * v1\n",
        "p", "q",
    )  # fmt: skip


def test_one_of_two_terms_of_a_target_is_not_the_whole_of_it():
    old = program(
        """\
        p[n,j] = sum[i](x[n,i] * W[i,j])
        p[n,j] += exp(z[n,j])
        q[n,j] = exp(z[n,j]) * p[n,j]
        """,
        "p", "q",
    )  # fmt: skip
    assert_same(old, share(old))


def test_no_branch_of_a_choice_is_computed_outside_of_it():
    same = "p[n] = where(a[n] > 0, log(a[n]), 0)\nq[n] = where(a[n] > 0, 2 * log(a[n]), c)\n"
    assert_becomes(share, same, same, "p", "q")


def test_the_factors_of_a_product_become_tensors():
    assert_becomes(
        share,
        "G[i,j] = sum[n](x[n,i] * exp(z[n,j]) * a[n])\n",
        "v1[n,j] = exp(z[n,j])\nG[i,j] = sum[n](x[n,i] * v1[n,j] * a[n])\n",
        "G",
    )


def test_equations_of_a_target_stand_together():
    assert_becomes(
        order,
        "p[j] = b[j]\nq[j] = 2 * b[j]\np[j] += sum[n](z[n,j])\nr = c\n",
        "q[j] = 2 * b[j]\np[j] = sum[n](z[n,j])\np[j] += b[j]\n",
        "p", "q",
    )  # fmt: skip


# Whole networks ---------------------------------------------------------------------------------


def gradient(description: str, name: str) -> str:
    """Return the equations of one adjoint, simplified."""
    derived, _ = gradient_program(net(description))
    simple = tidy(derived)
    lines = text(simple, declarations=False).splitlines()
    return "\n".join(line for line in lines if line.startswith(f"{name}["))


def test_p_minus_onehot_falls_out_of_softmax_and_cross_entropy():
    network = net(
        "input x[N,3]\nlabel t[N] in 2\nz = dense(x, 2)\noutput softmax(z)\n"
        "loss cross_entropy(z, t)"
    )
    assert_subtracts_the_label(network, network.program)
    derived, _ = gradient_program(network)
    assert text(finish(tidy(derived)), declarations=False).splitlines()[2:11] == [
        "output_Z_max[n] = max[j](z[n,j])",
        "z_shifted[n,j] = z[n,j] - output_Z_max[n]",
        "v1[n,j] = exp(z_shifted[n,j])",
        "output_Z_shifted[n] = sum[j](v1[n,j])",
        "loss_sum = sum[n](log(output_Z_shifted[n]) - z_shifted[n,t[n]])",
        "loss = loss_sum / N",
        "dz_terms[n,j] = v1[n,j] / output_Z_shifted[n]",
        "dz_terms[n,t[n]] += -1",
        "dz[n,j] = dz_terms[n,j] / N",
    ]


@pytest.mark.parametrize(
    "loss",
    [
        "mean[n](log(sum[j](exp(z[n,j]))) - z[n,t[n]])",
        "mean[n](-log(exp(z[n,t[n]]) / sum[j](exp(z[n,j]))))",
    ],
)
def test_p_minus_onehot_falls_out_of_a_softmax_by_hand(loss: str):
    network = net(f"input x[N,3]\nlabel t[N] in 2\nz = dense(x, 2)\noutput z\nloss {loss}")
    assert_subtracts_the_label(network, network.program)


def test_p_minus_onehot_falls_out_of_a_logarithm_that_is_opened_first():
    network = net(
        "input x[N,3]\nlabel t[N] in 2\nz = dense(x, 2)\np = softmax(z)\n"
        "output p\nloss mean[n](-log(p[n,t[n]]))"
    )
    assert_subtracts_the_label(network, expose(network.program))


def assert_subtracts_the_label(network: Network, forward: Program) -> None:
    derived, gradients = gradient_program(replace(network, program=forward))
    simple = finish(tidy(derived))
    writers = simple.writers()["dz_terms"]
    assert sorted(e.plain for e in writers) == [False, True]
    assert [str(e.body) for e in writers if not e.plain] == ["-1"]
    given = arrays(network, 1, N=3)
    old, new = (interpret(p, given, DIGITS) for p in (derived, simple))
    for name in gradients.values():
        assert all(abs(u - v) < 1e-40 for u, v in zip(old[name].flat, new[name].flat, strict=True))


@pytest.mark.parametrize(
    "loss", ["binary_cross_entropy(p, y)", "binary_cross_entropy_with_logits(p_z, y)"]
)
def test_p_minus_y_falls_out_of_sigmoid_and_binary_cross_entropy(loss: str):
    got = gradient(
        f"input x[N,3]\ntarget y[N,2]\np = dense(x, 2, sigmoid)\noutput p\nloss {loss}", "dp_z"
    )
    assert got.replace("sigmoid(p_z[n,j])", "p[n,j]") == "dp_z[n,j] = 0.5 * (p[n,j] - y[n,j]) / N"


def test_the_pipeline_settles_and_is_the_same_each_time():
    network = net(
        "input x[N,3]\nlabel t[N] in 2\nh = dense(x, 4, tanh)\nz = dense(h, 2)\n"
        "output softmax(z)\nloss cross_entropy(z, t)\npenalty l2(0.01)"
    )
    derived, _ = gradient_program(network)
    once = tidy(derived)
    assert text(tidy(once)) == text(once)
    assert text(finish(tidy(derived))) == text(finish(once))


def test_an_unused_parameter_has_a_gradient_of_zero():
    got = gradient("input x[N]\nparam w, u[3]\np[n] = w*x[n]\noutput p\nloss mean[n](p[n])", "du")
    assert got == "du[i0] = 0 for i0 in 3"
