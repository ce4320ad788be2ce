"""Which programs are well formed: one test for each rule that can be broken."""

from dataclasses import replace

import pytest
from hypothesis import given
from sympy import Integer

from symbp.autodiff import adjoint
from symbp.errors import LanguageError, OrderError, ShapeError, SymbpError
from symbp.ir.check import check
from symbp.ir.program import Access, Program, Tensor, index
from symbp.ir.text import parse
from tests.drawn import programs

ACCEPTED = {
    "zero padding": "input x[8]\ny[p] = where(p >= 1 and p < 9, x[p-1], 0) for p in 10",
    "guards in a sum": "input x[8]\n"
    "y[p] = 2 * where(p >= 1, x[p-1], 0) + where(p < 8, x[p], 1) for p in 9",
    "a guard on its other side": "input x[8]\ny[p] = where(p < 1, 0, x[p-1]) for p in 9",
    "one of two guards": "input x[8]\n"
    "y[p] = where(p >= 1 and p < 5 or p >= 2 and p < 9, x[p-1], 0) for p in 9",
    "a guarded target": "input x[8]\nvalue y[8]\ny[i - 1] = where(i >= 1, x[i], 0)",
    "a guard on a pair": "input x[8]\n"
    "y = sum[i,j](where(i + j < 8, x[i + j], 0)) for i in 8, j in 8",
    "symbolic padding": "input x[N]\ny[p] = where(p >= 1, x[p-1], 0) for p in N",
    "a gather": "param E[10,4]\nlabel t[N] in 10\ne[n,d] = E[t[n],d]",
    "a gather into more": "param E[12,4]\nlabel t[N] in 10\ne[n,d] = E[t[n] + 2,d]",
    "a symbolic bound": "param E[V,4]\nlabel t[N] in V\ne[n,d] = E[t[n],d]",
    "the remainder": "input x[4]\ny[i] = x[i % 4] for i in 9",
    "halves": "input x[4]\ny[i] = x[i // 2] for i in 8",
}
LEAVES = {
    "past the end": ("input x[4]\ny[i] = x[i+1] for i in 4", "reads past the last"),
    "before the start": ("input x[4]\ny[i] = x[i-1] for i in 4", "reads before the first"),
    "a guard that is too wide": (
        "input x[4]\ny[i] = where(i >= 0, x[i-1], 0) for i in 4", "reads before the first",
    ),
    "the wrong branch": (
        "input x[4]\ny[i] = where(i >= 1, 0, x[i-1]) for i in 4", "reads before the first",
    ),
    "a guard in one case only": (
        "input x[4]\ny[i] = where(i >= 1 or i < 3, x[i-1], 0) for i in 4", "before the first",
    ),
    "a guard on data": (
        "input x[4], c[4]\ny[i] = where(c[i] > 0, x[i-1], 0) for i in 4", "before the first",
    ),
    "a guard beside the access": (
        "input x[4]\ny[i] = where(i >= 1, 1, 0) * x[i-1] for i in 4", "before the first",
    ),
    "labels with more classes": (
        "param E[9,4]\nlabel t[N] in 10\ne[n,d] = E[t[n],d]", "past the last",
    ),
    "symbolic sizes": ("input x[N]\ny[i] = x[i+1] for i in N", "past the last"),
    "a target": ("input x[4]\nvalue y[4]\ny[2*i] = x[i]", "past the last"),
    "an index of an index": (
        "input x[4]\nlabel t[3] in 4\ny[i] = x[t[i+1]] for i in 3", "axis 0 of t has 3 elements",
    ),
}  # fmt: skip


@pytest.mark.parametrize("source", ACCEPTED.values(), ids=ACCEPTED)
def test_accesses_that_stay_inside_are_accepted(source: str):
    check(parse(source))


@pytest.mark.parametrize(("source", "message"), LEAVES.values(), ids=LEAVES)
def test_accesses_that_can_leave_their_tensor_are_refused(source: str, message: str):
    with pytest.raises(ShapeError) as caught:
        check(parse(source))
    assert message in caught.value.message
    assert caught.value.source


def test_a_tensor_is_declared_once():
    program = parse("param a\nb = a")
    with pytest.raises(LanguageError, match="a is declared twice"):
        check(program.but(tensors=(*program.tensors, Tensor("a"))))


def test_a_given_tensor_is_no_target():
    with pytest.raises(OrderError, match=r"x is given \(input\) and can't be computed"):
        check(parse("input x[N]\nx[n] = 2 * n"))


def test_a_tensor_is_complete_before_it_is_read():
    with pytest.raises(OrderError, match="h is read before it is complete"):
        check(parse("input x[N]\nh[n] = x[n]\ny[n] = h[n]\nh[n] += 1"))


def test_a_tensor_is_not_defined_by_itself():
    with pytest.raises(OrderError, match="h is read before it is complete"):
        check(parse("input x[N]\nh[n] = x[n]\nh[n] += h[n]"))


def test_an_index_tensor_is_complete_before_it_is_read():
    source = "input x[4]\nvalue t[4] in 4\ny[i] = x[t[i]]\nt[i] = 0 for i in 4"
    with pytest.raises(OrderError, match="t is read before it is complete"):
        check(parse(source))


def test_a_tensor_is_known():
    program = parse("param a\nb = a")
    with pytest.raises(OrderError, match="a is not known here"):
        check(program.but(tensors=program.tensors[1:]))


def test_a_tensor_has_one_operation():
    with pytest.raises(OrderError, match="m is a max above and a sum here"):
        check(parse("input x[N]\nm = max[n](x[n])\nm += 1"))


def test_an_access_has_an_index_for_each_axis():
    program = parse("input x[N]\ny[n] = x[n]")
    equation = replace(program.equations[0], body=Access("x", index("n"), index("n")))
    with pytest.raises(ShapeError, match=r"x has 1 axis, x\[n,n\] gives 2"):
        check(program.but(equations=(equation,)))


def test_an_index_has_one_range():
    program = parse("input x[N]\ny[n] = x[n]")
    equation = program.equations[0]
    with pytest.raises(ShapeError, match="index n has no range"):
        check(program.but(equations=(replace(equation, ranges=()),)))
    twice = (*equation.ranges, (index("n"), Integer(1)))
    with pytest.raises(ShapeError, match="an index has two ranges"):
        check(program.but(equations=(replace(equation, ranges=twice),)))


@pytest.mark.parametrize("name", ["loss", "h"])
def test_an_output_is_known(name: str):
    program = parse("param a\nb = a").but(outputs=(name,))
    with pytest.raises(LanguageError, match=f"the output {name} is not known"):
        check(program)


def test_the_error_shows_line_and_remedy():
    with pytest.raises(SymbpError) as caught:
        check(parse("input x[4]\ny[i] = x[i+1] for i in 4", "net.bp"))
    assert str(caught.value) == (
        "net.bp:2:1: axis 0 of x has 4 elements, 0 to 3, and x[i + 1] reads past the last\n"
        "    2 | y[i] = x[i+1] for i in 4\n"
        "      | ^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  Narrow the index's range (for i in SIZE), or guard the access:"
        " where(i + 1 >= 0 and i + 1 < 4, ..., 0)"
    )


@given(programs())
def test_drawn_programs_and_their_adjoints_are_well_formed(program: Program):
    check(program)
    check(adjoint(program, program.tensors[-1].name)[0])
