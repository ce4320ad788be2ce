"""What an index runs over: told by the axes, by affine accesses, by a `for` clause."""

import pytest
import sympy

from symbp.errors import ShapeError
from symbp.ir.program import Access, Tensor, index, size
from symbp.ir.ranges import bounds
from symbp.ir.text import parse


def extents(source: str) -> dict[str, str]:
    """Return what the indices of the last equation run over."""
    equation = parse(source).equations[-1]
    return {str(i): str(n) for i, n in equation.ranges}


def shape(source: str, name: str = "y") -> str:
    """Return the inferred shape of a tensor."""
    return ",".join(map(str, parse(source)[name].shape))


def test_a_plain_index_runs_over_its_axis():
    assert extents("input x[N,4]\ny[n,i] = x[n,i]") == {"n": "N", "i": "4"}


def test_a_valid_convolution_is_shorter_by_the_kernel():
    source = "input x[N,C,28,28]\nparam K[O,C,5,3]\n" \
        "y[n,o,p,q] = sum[c,u,v](x[n,c,p+u,q+v] * K[o,c,u,v])"  # fmt: skip
    assert shape(source) == "N,O,24,26"


def test_a_valid_convolution_of_symbolic_sizes():
    assert shape("input x[H]\nparam k[K]\ny[p] = sum[u](x[p+u] * k[u])") == "H - K + 1"


def test_a_stride_divides_what_is_left():
    assert shape("input x[28]\nparam k[3]\ny[p] = sum[u](x[2*p+u] * k[u])") == "13"


def test_a_dilated_kernel_takes_more_room():
    assert shape("input x[28]\nparam k[3]\ny[p] = sum[u](x[p+2*u] * k[u])") == "24"


def test_a_transposed_convolution_is_longer_by_the_kernel():
    assert shape("input x[10]\nparam k[3]\ny[2*p+u] = x[p] * k[u]") == "21"


def test_a_clause_goes_before_what_the_axes_say():
    assert extents("input x[9]\ny[i] = x[i] for i in 3") == {"i": "3"}


def test_a_gathered_axis_takes_its_size_from_the_label():
    source = "param E[100,8]\nlabel t[N] in 100\ne[n,d] = E[t[n],d]"
    assert extents(source) == {"n": "N", "d": "8"}


def test_two_axes_that_disagree_are_both_named():
    source = "input x[N,4]\nparam W[5,2]\nz[n,j] = sum[i](x[n,i] * W[i,j])"
    with pytest.raises(ShapeError, match=r"index i ranges over 5 in W\[i,j\] but over 4 in x\[n,i"):
        parse(source)


def test_two_names_of_a_size_are_different():
    with pytest.raises(ShapeError, match=r"index n ranges over N in x\[n\] but over M in y\[n\]"):
        parse("input x[N], y[M]\nz = sum[n](x[n] * y[n])")


i, j = index("i"), index("j")
LABEL = {"t": Tensor("t", (size(4),), "label", bound=sympy.Integer(10))}


@pytest.mark.parametrize(
    ("g", "expected"),
    [
        (2 * i + j - 1, (-1, 7)),
        (3 - i, (0, 3)),
        (sympy.floor(i / 2), (0, 1)),
        (sympy.Mod(i + j, 3), (0, 2)),
        (Access("t", i), (0, 9)),
        (2 * Access("t", i) + j, (0, 20)),
        (i * j, None),
    ],
)
def test_bounds(g: sympy.Expr, expected: tuple[int, int] | None):
    assert bounds(g, {i: sympy.Integer(4), j: sympy.Integer(3)}, LABEL) == expected
