"""The one rule, formula by formula: a program, and the adjoint that a person would write."""

from textwrap import dedent

import numpy as np
import pytest
import sympy

from symbp.autodiff import adjoint
from symbp.errors import LanguageError
from symbp.ir.check import check
from symbp.ir.interpret import SYMBOLS, interpret
from symbp.ir.text import parse, show, text
from symbp.ir.trace import recording


def adjoints(source: str, seed: str, wrt=None) -> str:
    """Return the adjoint equations alone, as text."""
    program = parse(dedent(source))
    derived, _ = adjoint(program, seed, wrt)
    check(derived)
    return text(derived, declarations=False).removeprefix(text(program, declarations=False))


def gradients(source: str, seed: str, **values) -> dict[str, list]:
    """Return the gradients as numbers."""
    derived, names = adjoint(parse(dedent(source)), seed)
    result = interpret(derived, values)
    return {name: result[new].tolist() for name, new in names.items()}


def test_the_adjoint_of_a_contraction_is_a_contraction():
    source = "input A[M,K], B[K,N]\ny[i,j] = sum[k](A[i,k] * B[k,j])"
    assert adjoints(source, "y") == dedent("""\
        dA[i,k] = sum[j](dy[i,j] * B[k,j])
        dB[k,j] = sum[i](A[i,k] * dy[i,j])
    """)


def test_the_adjoint_of_a_gather_is_a_scatter():
    source = "param E[V,D]\nlabel t[N] in V\ne[n,d] = E[t[n],d]"
    assert adjoints(source, "e") == "dE[t[n],d] = de[n,d]\n"


def test_the_adjoint_of_a_scatter_is_a_gather():
    source = "input x[N]\nlabel t[N] in 5\nvalue h[5]\nh[t[n]] = x[n]"
    assert adjoints(source, "h") == "dx[n] = dh[t[n]]\n"


def test_the_adjoint_of_a_convolution_is_a_convolution():
    source = "input x[9]\nparam k[3]\ny[p] = sum[u](x[p+u] * k[u])"
    assert adjoints(source, "y") == dedent("""\
        dk[u] = sum[p](x[p + u] * dy[p])
        dx[p + u] = dy[p] * k[u]
    """)


def test_the_adjoint_of_padding_is_guarded_in_the_same_way():
    source = """
        input x[8]
        param k[3]
        y[p] = sum[u](where(2*p+u >= 1 and 2*p+u < 9, x[2*p+u-1] * k[u], 0)) for p in 4, u in 3
    """
    assert adjoints(source, "y") == dedent("""\
        dk[u] = sum[p](where(u + 2 * p >= 1 and u + 2 * p < 9, x[u + 2 * p - 1] * dy[p], 0))
        dx[u + 2 * p - 1] = where(u + 2 * p >= 1 and u + 2 * p < 9, dy[p] * k[u], 0)
    """)
    x, k, dy = np.arange(1.0, 9), np.array([2.0, 3.0, 5.0]), np.array([1.0, 10.0, 100.0, 1000.0])
    got = gradients(source, "y", x=x, k=k, dy=dy)
    padded = np.array([0, *x, 0])
    assert got["k"] == [sum(dy[p] * padded[2 * p + u] for p in range(4)) for u in range(3)]
    expected = np.zeros(10)
    for p in range(4):
        expected[2 * p : 2 * p + 3] += dy[p] * k
    assert got["x"] == expected[1:-1].tolist()


def test_of_several_winners_the_first_has_the_slope():
    source = "input x[2,4]\nm[n] = max[i](x[n,i])"
    got = gradients(source, "m", x=[[1, 3, 3, 2], [5, 5, 5, 5]], dm=[10, 100])
    assert got == {"x": [[0, 10, 0, 0], [100, 0, 0, 0]]}


def test_the_first_winner_counts_through_all_equations():
    source = "input x[2], y[2]\nm = max[i](x[i])\nm max= y[i]"
    assert gradients(source, "m", x=[1, 2], y=[2, 2]) == {"x": [0, 1], "y": [0, 0]}
    assert gradients(source, "m", x=[1, 1], y=[2, 2]) == {"x": [0, 0], "y": [1, 0]}


def test_max_pooling_with_overlap_sends_each_slope_to_its_winner():
    source = "input x[5]\nm[p] = max[u](x[2*p+u]) for p in 2, u in 3"
    assert gradients(source, "m", x=[1, 2, 9, 4, 3], dm=[10, 100]) == {"x": [0, 0, 110, 0, 0]}


def test_the_winner_of_a_formula_is_found_by_its_stored_value():
    source = "input x[3]\nm = min[i](x[i]**2 / 3)"
    assert gradients(source, "m", x=[3.0, -1.5, 2.0]) == {"x": [0, -1.0, 0]}


def test_a_maximum_of_one_candidate_is_a_copy():
    source = "input x[N]\ny[n] = x[n]**2\nm[n] max= y[n]\nL = sum[n](m[n]**2)"
    assert adjoints(source, "L") == dedent("""\
        dL = 1
        dm[n] = 2 * m[n] * dL
        dy[n] = dm[n]
        dx[n] = 2 * dy[n] * x[n]
    """)


def test_who_won_is_an_equation():
    assert adjoints("input x[N,3]\nm[n] max= x[n,j]\nL = sum[n](m[n])", "L") == dedent("""\
        dL = 1
        dm[n] = dL for n in N
        value m_winner[N] in 3
        m_winner[n] = min[j](where(x[n,j] == m[n], j, 2))
        dx[n,j] = where(j == m_winner[n], dm[n], 0) for n in N, j in 3
    """)


def test_the_winners_of_all_equations_are_counted_in_one_order():
    source = "input x[2], y[3]\nm = max[i](x[i])\nm max= y[i]\nL = m**2"
    assert adjoints(source, "L") == dedent("""\
        dL = 1
        dm = 2 * dL * m
        value m_winner in 5
        m_winner = min[i](where(x[i] == m, i, 4))
        m_winner min= where(y[i] == m, i + 2, 4)
        dy[i] = where(i + 2 == m_winner, dm, 0) for i in 3
        dx[i] = where(i == m_winner, dm, 0) for i in 2
    """)


def test_candidates_over_two_indices_are_counted_as_a_nest_meets_them():
    source = "input x[5]\nm[p] = max[u,v](x[p+u+v]) for p in 2, u in 2, v in 3\nL = sum[p](m[p])"
    box = "for p in 2, u in 2, v in 3"
    assert adjoints(source, "L").splitlines()[2:] == [
        "value m_winner[2] in 6",
        f"m_winner[p] = min[u,v](where(x[p + u + v] == m[p], v + 3 * u, 5)) {box}",
        f"dx[p + u + v] = where(v + 3 * u == m_winner[p], dm[p], 0) {box}",
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("input x[4]\nvalue m[5]\nm[i+1] max= x[i]", "dx[i] = dm[i + 1]"),
        ("input x[4]\nvalue m[9]\nm[2*i] max= x[i]", "dx[i] = dm[2 * i] for i in 4"),
        ("input x[4,4]\nm[i] max= x[i,i]", "dx[i,i] = dm[i]"),
        ("input x[4,3]\nm[j,i] max= x[i,j]", "dx[i,j] = dm[j,i]"),
        (
            "input x[4]\nm[i] = max[u](x[i + u]) for i in 4, u in 1",
            "dx[i + u] = dm[i] for i in 4, u in 1",
        ),
    ],
)
def test_where_each_candidate_has_its_own_place_it_is_copied(source: str, expected: str):
    assert adjoints(source, "m") == f"{expected}\n"


@pytest.mark.parametrize(
    "target", ["value m[3]\nm[t[i]]", "value m[4,4]\nm[i,i]", "value m[2]\nm[i // 2]", "m"]
)
def test_where_candidates_could_meet_one_of_them_wins(target: str):
    source = f"input x[4]\nlabel t[4] in 3\n{target} max= x[i] for i in 4"
    assert "m_winner" in adjoints(source, "m")


def test_who_won_in_a_step_is_told_before_the_scan_is_reversed():
    source = """\
        input x[T,N,3]
        value h[T + 1,N]
        h[0,n] = 1
        scan t in T
            g[t,n,j] = h[t,n] * x[t,n,j]
            m[t,n] max= g[t,n,j]
            h[t+1,n] = m[t,n] * h[t,n]
        end
        L = sum[n](h[T,n])"""
    assert adjoints(source, "L", ["x"]).split("value ")[1] == dedent("""\
        m_winner[T,N] in 3
        m_winner[t,n] = min[j](where(g[t,n,j] == m[t,n], j, 2))
        scan t in T reversed
            dh[t,n] += dh[t + 1,n] * m[t,n]
            dm[t,n] = dh[t + 1,n] * h[t,n]
            dg[t,n,j] = where(j == m_winner[t,n], dm[t,n], 0) for t in T, n in N, j in 3
            dh[t,n] += sum[j](dg[t,n,j] * x[t,n,j])
            dx[t,n,j] = h[t,n] * dg[t,n,j]
        end
    """)


def test_a_tied_parameter_collects_from_every_use():
    assert adjoints("input x\nparam w\nh = w * x\ny = w * h", "y") == dedent("""\
        dy = 1
        dh = dy * w
        dw = dy * h
        dw += dh * x
        dx = dh * w
    """)


def test_tied_weights_of_an_autoencoder():
    source = """
        input x[N,D]
        param W[D,H]
        h[n,j] = sum[i](x[n,i] * W[i,j])
        r[n,i] = sum[j](h[n,j] * W[i,j])
    """
    assert adjoints(source, "r", ["W"]) == dedent("""\
        dW[i,j] = sum[n](dr[n,i] * h[n,j])
        dh[n,j] = sum[i](dr[n,i] * W[i,j])
        dW[i,j] += sum[n](x[n,i] * dh[n,j])
    """)


def test_an_access_that_occurs_twice_has_the_sum_of_both_slopes():
    assert adjoints("input x[N]\ny[i] = x[i] * x[i]", "y") == "dx[i] = 2 * dy[i] * x[i]\n"
    assert adjoints("input x[N]\ny[i] = x[i] * exp(x[i])", "y").count("dx[i]") == 1


def test_two_accesses_of_one_tensor_have_an_equation_each():
    source = "input x[N]\ny = sum[i,j](x[i] * x[j] * (i - j)) for i in N, j in N"
    assert gradients(source, "y", x=[1.0, 2.0, 4.0]) == {"x": [0, 0, 0]}
    source = "input x[N]\ny = sum[i,j](x[i] * x[j]**2) for i in N, j in N"
    assert gradients(source, "y", x=[1.0, 2.0]) == {"x": [5 + 2 * 3, 5 + 4 * 3]}


def test_several_equations_into_one_target_each_have_their_adjoint():
    source = "input x[N,D]\nparam W[D,H], b[H]\nz[n,j] = sum[i](x[n,i] * W[i,j])\nz[n,j] += b[j]"
    assert adjoints(source, "z", ["W", "b"]) == dedent("""\
        db[j] = sum[n](dz[n,j])
        dW[i,j] = sum[n](x[n,i] * dz[n,j])
    """)


def test_two_layers_of_equal_width_and_index_names():
    source = """
        input x[N,D]
        param W1[D,D], W2[D,D]
        h[n,j] = sum[i](x[n,i] * W1[i,j])
        y[n,j] = sum[i](h[n,i] * W2[i,j])
    """
    rng = np.random.default_rng(1)
    x, W1, W2, dy = (rng.integers(-5, 5, (3, 3)) for _ in range(4))
    assert gradients(source, "y", x=x, W1=W1, W2=W2, dy=dy) == {
        "x": (dy @ W2.T @ W1.T).tolist(),
        "W1": (x.T @ dy @ W2.T).tolist(),
        "W2": ((x @ W1).T @ dy).tolist(),
    }


def test_an_unused_parameter_has_the_gradient_zero():
    source = "param W[2,3], s\ny = s**2"
    assert adjoints(source, "y") == dedent("""\
        dy = 1
        ds = 2 * dy * s
        dW[i0,i1] = 0 for i0 in 2, i1 in 3
    """)


def test_a_slope_that_is_zero_everywhere_ends_the_path():
    source = "param x[N]\nh[n] = x[n]**2\ny = sum[n](sign(h[n]) + floor(h[n]))"
    assert gradients(source, "y", x=[1.5, 2.5]) == {"x": [0, 0]}


def test_scalars_need_no_brackets():
    source = "input x[N]\nparam a, b\ny[n] = a * x[n] + b"
    assert adjoints(source, "y", ["a", "b"]) == dedent("""\
        da = sum[n](dy[n] * x[n])
        db = sum[n](dy[n])
    """)


def test_the_adjoint_of_an_array_is_an_input_of_its_shape():
    derived, _ = adjoint(parse("input x[N,4]\ny[n,i] = x[n,i]**2"), "y")
    assert derived["dy"].role == "input"
    assert derived["dy"].shape == derived["y"].shape


def test_a_tensor_of_the_users_that_is_called_dx_keeps_its_name():
    derived, names = adjoint(parse("param x, dx\ny = x * dx**2"), "y")
    assert names == {"x": "dx_2", "dx": "ddx"}
    result = interpret(derived, {"x": 3, "dx": 5})
    assert (result["dx"][()], result["dx_2"][()], result["ddx"][()]) == (5, 25, 30)


def test_an_access_under_a_guard_is_written_under_the_guard():
    source = "input x[4]\ny[i] = where(i >= 1, x[i-1]**2, 0) for i in 5"
    assert adjoints(source, "y") == "dx[i - 1] = where(i >= 1, 2 * dy[i] * x[i - 1], 0)\n"


def test_an_access_under_two_guards_is_written_where_either_holds():
    source = """
        input x[4]
        y[i] = where(i >= 1 and i < 3, x[i-1], 0) + where(i >= 2 and i < 5, x[i-1]**2, 0) for i in 6
    """
    assert gradients(source, "y", x=[1, 2, 3, 4], dy=[1] * 6) == {"x": [1, 5, 6, 8]}


def test_an_access_under_two_guards_has_both_in_one_condition():
    source = "input x[N], c[N]\ny[n] = where(c[n] > 0, x[n], 0) + where(c[n] > 1, 0, x[n])"
    slope = "where(c[n] > 0, 1, 0) + where(c[n] > 1, 0, 1)"
    assert adjoints(source, "y", ["x"]) == (
        f"dx[n] = where(c[n] <= 1 or c[n] > 0, ({slope}) * dy[n], 0)\n"
    )


@pytest.mark.parametrize(
    ("body", "slope"),
    [
        ("where(c[n] > 0 and n > 0, x[n] * where(c[n] > 0, x[n], 2), c[n])",
         "where(n > 0 and c[n] > 0, 2 * dy[n] * x[n], 0)"),
        ("where(c[n] > 0, 1, x[n] * where(c[n] > 0, x[n], x[n]**2))",
         "where(c[n] <= 0, 3 * x[n]**2 * dy[n], 0)"),
    ],
)  # fmt: skip
def test_what_a_guard_has_decided_is_not_asked_again(body: str, slope: str):
    assert adjoints(f"input x[N], c[N]\ny[n] = {body}", "y", ["x"]) == f"dx[n] = {slope}\n"


def test_only_what_is_asked_for_is_derived():
    source = "input x[N]\nparam a, b\nh[n] = a * x[n]\ny = sum[n](h[n] * b)"
    assert "dx" not in adjoints(source, "y", ["a"])
    assert adjoints(source, "y", ["b"]) == "dy = 1\ndb = sum[n](dy * h[n])\n"


def test_gradients_are_also_those_of_computed_tensors():
    source = "input x[N]\nh[n] = x[n]**2\ny = sum[n](h[n]**2)"
    derived, names = adjoint(parse(source), "y", ["h"])
    assert interpret(derived, {"x": [1, 2]})[names["h"]].tolist() == [2, 8]


@pytest.mark.parametrize(
    ("formula", "kinks"),
    [
        ("relu(x)", {0: 0}),
        ("abs(x)", {0: 0}),
        ("sign(x)", {0: 0}),
        ("maximum(x, 1)", {1: 1}),
        ("maximum(1, x)", {1: 0}),
        ("minimum(x, 1)", {1: 1}),
        ("minimum(1, x)", {1: 0}),
        ("where(x > 0, x, 2 * x)", {0: 2}),
        ("where(x >= 0, x, 2 * x)", {0: 1}),
        ("maximum(-1, minimum(1, x))", {-1: 0, 1: 0, 0: 1}),
    ],
)
def test_at_a_kink_the_slope_is_that_of_the_branch_which_the_formula_names(formula, kinks):
    for point, expected in kinks.items():
        assert gradients(f"input x\ny = {formula}", "y", x=point) == {"x": expected}


def test_the_derivative_of_the_derivative_is_the_second_derivative():
    source = "param x, w\nh = tanh(w * x)\ny = h**2 * exp(x)"
    first, names = adjoint(parse(source), "y", ["x", "w"])
    second, names_of_dx = adjoint(first, names["x"], ["x", "w"])
    check(second)
    x, w = sympy.symbols("x w", real=True)
    y = sympy.tanh(w * x) ** 2 * sympy.exp(x)
    result = interpret(second, {"x": x, "w": w}, SYMBOLS)
    point = {x: sympy.Rational(1, 3), w: sympy.Rational(-3, 4)}
    for variable in (x, w):
        got = result[names_of_dx[str(variable)]][()] - y.diff(x, variable)
        assert abs(got.subs(point).evalf(30)) < 1e-25


def test_second_derivatives_go_through_a_maximum():
    source = "param x[3]\nm = max[i](x[i]**2)\ny = m**2"
    first, names = adjoint(parse(source), "y")
    second, names_of_dx = adjoint(first, names["x"])
    got = interpret(second, {"x": [1, 3, 2], "ddx": [1, 10, 100]})[names_of_dx["x"]]
    assert got.tolist() == [0, 12 * 9 * 10, 0]


@pytest.mark.parametrize("name", ["loss", "t"])
def test_what_cannot_be_differentiated_is_named(name: str):
    program = parse("param E[3]\nlabel t[N] in 3\ny = sum[n](E[t[n]])")
    with pytest.raises(LanguageError, match=f"there is no real tensor {name}"):
        adjoint(program, name)
    with pytest.raises(LanguageError, match=f"there is no real tensor {name}"):
        adjoint(program, "y", [name])


@pytest.mark.parametrize(
    "body", ["x[n,j] * s * (j // 2)", "s * floor(3 * x[n,j])", "x[n,j] * s * (j % 3)"]
)
def test_what_is_flat_is_a_factor_like_any_other(body: str):
    program, names = adjoint(parse(f"input x[N,4]\nparam s\ny = sum[n,j]({body})"), "y", ["s"])
    values = {"x": [[0.5, 1.5, -2.5, 3.25]], "s": 1.0}
    result = interpret(program, values)
    assert result[names["s"]][()] == result["y"][()]  # y is linear in s


def test_an_index_of_integer_division_is_scattered_to_where_it_was_read():
    program, names = adjoint(parse("param x[4]\ny = sum[j](x[j // 2] * j) for j in 8"), "y", ["x"])
    check(program)
    assert interpret(program, {"x": [1, 2, 3, 4]})[names["x"]].tolist() == [1, 5, 9, 13]


def told(source: str, seed: str, wrt=None) -> list[tuple]:
    """Return what is told: rule, what was differentiated, by what, the adjoint, and whose it is."""
    with recording() as trace:
        adjoint(parse(dedent(source)), seed, wrt)
    return [
        (s.rule, [*map(show, s.before)], s.by and str(s.by), [*map(show, s.after)], s.derives,
         [e.primal for e in s.after])
        for s in trace.steps
    ]  # fmt: skip


def test_every_equation_is_told_with_its_rule():
    """A tensor that is used twice is told last of all."""
    source = "param x[N], u\nh[n] = x[n]**2\ny = sum[n](h[n] * x[n])"
    product = "y = sum[n](h[n] * x[n])"
    one, two = "dx[n] = h[n] * dy", "dx[n] = 2 * dh[n] * x[n]"
    assert told(source, "y") == [
        ("the loss by itself is one", [], "y", ["dy = 1"], True, ["y"]),
        ("chain rule", [product], "h[n]", ["dh[n] = x[n] * dy"], True, ["y"]),
        ("chain rule", [product], "x[n]", [one], True, ["y"]),
        ("chain rule", ["h[n] = x[n]**2"], "x[n]", [two], True, ["h"]),
        ("no way to the loss", [], None, ["du = 0"], True, [None]),
        ("sum over uses", [one, two], None, [], True, []),
    ]


@pytest.mark.parametrize("kind", ["max", "min"])
def test_the_candidates_of_a_choice_and_who_won_are_told(kind: str):
    steps = told(f"param x[N]\ny = {kind}[n](x[n]**2)", "y")
    kept = ["y_candidate[n] = x[n]**2", f"y = {kind}[n](y_candidate[n])"]
    assert steps[0] == (
        f"the candidates of a {kind} are kept", [f"y = {kind}[n](x[n]**2)"], None, kept, False,
        [None, None],
    )  # fmt: skip
    winner = "y_winner = min[n](where(y_candidate[n] == y, n, N - 1))"
    assert steps[2] == (
        f"which candidate won the {kind}", [kept[1]], None, [winner], True, ["y"],
    )  # fmt: skip


def test_what_is_given_is_declared_first_and_the_rest_as_it_is_computed():
    derived, _ = adjoint(parse("param x[N]\ny = max[n](x[n]**2)\nz = y"), "z")
    names = [t.name for t in derived.tensors]
    assert names == ["x", "y_candidate", "y", "z", "dz", "dy", "y_winner", "dy_candidate", "dx"]
    assert derived["y_candidate"].shape == derived["x"].shape
