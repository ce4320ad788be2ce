"""One definition of an operation: counted by hand, and by the C that is emitted."""

import shutil
from pathlib import Path

import pytest

from symbp import compiler
from symbp.costs import Operations, costs, total
from symbp.errors import ShapeError
from symbp.ir.text import parse
from symbp.lang.parser import parse as network
from tests.costs.counted import measured
from tests.specs import SPECS, stem

ROOT = Path(__file__).parents[2]


def operations(source: str, **sizes: int) -> Operations:
    return total(costs(parse(source), sizes)).operations


def of(plan, phase: str, **sizes: int) -> Operations:
    return total(costs(getattr(plan, phase).program, sizes)).operations


def by_name(plan, phase: str, **sizes: int) -> dict[str, Operations]:
    """Return what each tensor takes, all of its equations together."""
    found: dict[str, Operations] = {}
    for cost in costs(getattr(plan, phase).program, sizes):
        name = cost.equation.target.name
        found[name] = found.get(name, Operations()) + cost.operations
    return found


# By hand ----------------------------------------------------------------------------------


def test_a_dense_layer_takes_two_operations_for_each_weight_and_sample():
    plan = compiler.plan(
        network(
            "network one\ninput x[N,64]\ntarget y[N,32]\nh = dense(x, 32)\noutput h\nloss mse(h, y)"
        )
    )
    n, inputs, units = 10, 64, 32
    assert by_name(plan, "forward", N=n)["h"] == Operations(
        additions=n * inputs * units, multiplications=n * inputs * units
    )
    backward = {
        c.equation.target.name: c.operations for c in costs(plan.backward.program, {"N": n})
    }
    assert backward["dh_W"] == Operations(
        additions=(n - 1) * inputs * units, multiplications=n * inputs * units
    )
    assert backward["dh_b"] == Operations(additions=(n - 1) * units)


def test_a_convolution_takes_two_operations_for_each_weight_and_place():
    plan = compiler.plan(
        network(
            "network one\ninput x[N,3,8,8]\ntarget y[N,5,6,6]\nh = conv2d(x, 5, 3)\n"
            "output h\nloss mse(h, y)"
        )
    )
    n, channels, inputs, kernel, places = 4, 5, 3, 3 * 3, 6 * 6
    weights, outputs = channels * inputs * kernel, n * channels * places
    products = n * weights * places
    # With the bias, as many values are added to each output as there are products.
    assert by_name(plan, "forward", N=n)["h"] == Operations(
        additions=products, multiplications=products
    )
    backward = {
        c.equation.target.name: c.operations for c in costs(plan.backward.program, {"N": n})
    }
    assert backward["dh_K"] == Operations(additions=products - weights, multiplications=products)
    assert backward["dh_b"] == Operations(additions=outputs - channels)


def test_padding_costs_nothing():
    source = (
        "input x[8]\nparam k[3]\n"
        "y[p] = sum[u](where(p + u >= 1 and p + u < 9, x[p+u-1] * k[u], 0)) for p in 8"
    )
    inside = 8 * 3 - 2
    assert operations(source) == Operations(additions=inside - 8, multiplications=inside)


def test_a_choice_by_index_counts_each_branch_where_it_is_looked_at():
    source = "input x[10]\ny[n] = where(n < 4, exp(x[n]), x[n] * x[n])"
    assert operations(source) == Operations(multiplications=6, functions=4, transcendental=4)


def test_a_choice_by_value_counts_both_branches():
    source = "input x[10]\ny[n] = where(x[n] > 0, x[n], exp(x[n]) - 1)"
    want = Operations(additions=10, comparisons=10, functions=10, transcendental=10)
    assert operations(source) == want


def test_a_scan_counts_for_all_of_its_steps():
    source = (
        "input x[T,N,8]\nparam U[8,8]\nvalue h[T+1,N,8]\nh[0,n,j] = 0\n"
        "value z[T,N,8]\nscan t in T\n    z[t,n,j] = x[t,n,j]\n"
        "    z[t,n,j] += sum[k](h[t,n,k] * U[k,j])\n    h[t+1,n,j] = tanh(z[t,n,j])\nend"
    )
    steps, n = 5, 3
    each = n * 8
    want = Operations(
        additions=steps * each * 8, multiplications=steps * each * 8,
        functions=steps * each, transcendental=steps * each,
    )  # fmt: skip
    assert operations(source, T=steps, N=n) == want


def test_a_gather_costs_nothing_and_its_scatter_an_addition_for_each_value_but_the_first():
    gather = "input t[N] in 7\nparam W[7,4]\ne[n,d] = W[t[n], d]"
    assert operations(gather, N=20).total == 0
    scatter = "input t[N] in 7\ninput e[N,4]\nvalue W[7,4]\nW[t[n],d] += e[n,d]"
    assert operations(scatter, N=20) == Operations(additions=(20 - 7) * 4)
    assert operations(scatter, N=5).total == 0


def test_the_largest_of_n_takes_one_comparison_less():
    assert operations("input x[N,9]\nm[n] = max[j](x[n,j])", N=4) == Operations(comparisons=4 * 8)


def test_pieces_that_do_not_overlap_are_not_added():
    source = "input a[3], b[4]\nvalue y[7]\ny[i] = a[i] for i in 3\ny[j+3] += b[j] for j in 4"
    assert operations(source).total == 0


@pytest.mark.parametrize(
    ("body", "each"),
    [
        ("-x[n]", 0), ("x[n] - x[n]**2", 2), ("x[n]**3", 2), ("x[n]**4", 2), ("1 / x[n]", 1),
        ("x[n] / (x[n] + 1)", 2), ("3 * x[n] / 7", 1), ("2 * (x[n] + n)", 2), ("sqrt(x[n])", 1),
        ("sigmoid(x[n])", 1), ("maximum(x[n], 0.5)", 1), ("n % 3", 0), ("x[n]**0.3", 1),
    ],
)  # fmt: skip
def test_what_a_body_takes_for_each_element(body: str, each: int):
    assert operations(f"input x[10]\ny[n] = {body} for n in 10").total == 10 * each


def test_what_no_index_changes_is_put_together_once():
    source = "input x[N]\nhyper a = 1\nhyper b = 2\ny[n] = a * b / N * x[n]"
    assert operations(source, N=100) == Operations(multiplications=101, divisions=1)


def test_a_transcendental_function_is_one_of_the_functions():
    found = operations("input x[10]\ny[n] = exp(abs(x[n]))")
    assert (found.functions, found.transcendental, found.total) == (20, 10, 20)


def test_bytes_are_each_element_once():
    (first, second) = costs(
        parse("input x[N,64]\nparam W[64,32], b[32]\n"
              "z[n,j] = sum[i](x[n,i] * W[i,j])\nz[n,j] += b[j]"), {"N": 10}, word=4,
    )  # fmt: skip
    assert (first.read, first.written) == (4 * (640 + 2048), 4 * 320)
    assert (second.read, second.written) == (4 * (320 + 32), 4 * 320)  # z is read and written
    assert first.intensity == first.operations.total / first.bytes


def test_a_window_reads_what_it_covers():
    (cost,) = costs(parse("input x[10]\nparam k[3]\ny[p] = sum[u](x[2*p+u] * k[u]) for p in 3"), {})
    assert cost.read == 8 * (7 + 3)


def test_places_are_whole_numbers_whatever_they_are_divided_by():
    source = "input x[100,49]\nvalue y[4900]\ny[n] = x[n // 49, n % 49]"
    (cost,) = costs(parse(source), {})
    assert (cost.read, cost.written) == (8 * 4900, 8 * 4900)
    gathered = "input x[4900]\nvalue y[100]\ny[n // 49] += x[n] for n in 4900"
    assert operations(gathered) == Operations(additions=4900 - 100)


def test_a_size_that_is_missing_is_named():
    with pytest.raises(ShapeError, match="N has no value"):
        costs(parse("input x[N]\ny[n] = x[n]"), {})


# By the C that is emitted -----------------------------------------------------------------


@pytest.mark.skipif(shutil.which("g++") is None, reason="the counting number needs g++")
@pytest.mark.parametrize("spec", SPECS, ids=stem)
def test_costs_are_what_the_emitted_c_does(spec: str, tmp_path, monkeypatch):
    net = compiler.load(spec)
    sizes = {str(s): n for s, n in zip(net.program.sizes(), (3, 4), strict=False)}
    plan = compiler.plan(net)
    found = [of(plan, phase, **sizes) for phase in ("forward", "backward", "step")]
    for ours, theirs in zip(found, measured(net, sizes, tmp_path, monkeypatch), strict=True):
        # In C, the largest of two is a comparison, whether it is a function or a maximum.
        choices = ours.comparisons + ours.functions - ours.transcendental
        assert theirs == Operations(
            ours.additions, ours.multiplications, ours.divisions, choices,
            ours.transcendental, ours.transcendental,
        )  # fmt: skip
