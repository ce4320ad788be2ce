"""Programs as text: `parse` and `text` are each other's inverse."""

import pytest
from hypothesis import given

from symbp.autodiff import adjoint
from symbp.errors import SymbpError
from symbp.ir.program import Program
from symbp.ir.text import parse, text
from tests.drawn import programs

ROUND_TRIPS = {
    "dense": "input x[N,4]\nparam W[4,2], b[2]\n"
    "z[n,j] = sum[i](x[n,i] * W[i,j])\nz[n,j] += b[j]\n",
    "convolution": "input x[N,C,H,V]\nparam K[O,C,3,3]\n"
    "y[n,o,p,q] = sum[c,u,v](x[n,c,p + u,q + v] * K[o,c,u,v])\n",
    "pooling": "input y[N,8,8]\n"
    "m[n,r,s] = max[a,b](y[n,2 * r + a,2 * s + b]) for a in 2, b in 2\n",
    "softmax": "input z[N,C]\n"
    "m[n] = max[j](z[n,j])\n"
    "Z[n] = sum[j](exp(z[n,j] - m[n]))\np[n,j] = exp(z[n,j] - m[n]) / Z[n]\n",
    "embedding": "param E[V,D]\nlabel tok[N,T] in V\ne[n,t,d] = E[tok[n,t],d]\n",
    "histogram": "input x[N]\nlabel t[N] in 10\nvalue h[10]\nh[t[n]] = x[n]\n",
    "two maxima": "input x[3,4], y[3]\nm[i] = max[j](x[i,j])\nm[i] max= y[i]\n",
    "sparse target": "input x[4]\nvalue y[9]\ny[2 * i + 1] = x[i]\n",
    "scalars": "param a, b\nhyper rate = 0.001\nc = a + b\nd = c * rate**2\n",
    "size as a number": "input x[N]\nm = sum[n](x[n] / N)\n",
    "index as a number": "input x[N]\nm = sum[n](n * x[n])\n",
    "guard": "input x[8]\nparam k[3]\n"
    "y[p] = sum[u](where(p + u >= 1 and p + u < 9, x[p + u - 1] * k[u], 0)) for p in 8, u in 3\n",
    "unused range": "param s\ny = sum[i](s) for i in 7\n",
    "whole-number division": "input x[4]\ny[i] = x[floor(i / 2)] for i in 8\n",
    "remainder": "input x[4]\ny[i] = x[i % 4] for i in 8\n",
    "quotients": "input x[N]\ny[n] = 2 * (1 - x[n]) * x[n] / 3 - 1 / x[n]\n",
    "products with a minus": "input x[N]\ny[n] = -(1 - x[n]) * x[n] * exp(-x[n]**2)\n",
    "unicode": "param α\ninput x[N]\ny[n] = α * x[n]\n",
    "a tensor called like a gradient": "param x, dx\ny = x * dx\n",
}  # fmt: skip


@pytest.mark.parametrize("source", ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_parsing_the_text_gives_the_program(source: str):
    program = parse(source)
    assert parse(text(program)) == program


@given(programs())
def test_parsing_the_text_of_a_drawn_program_gives_the_program(program: Program):
    assert parse(text(program)) == program


@given(programs())
def test_parsing_the_text_of_a_drawn_adjoint_gives_the_adjoint(program: Program):
    derived, _ = adjoint(program, program.tensors[-1].name)
    assert parse(text(derived)) == derived


def test_text_is_as_a_person_writes_it():
    source = (
        "input x[N,4]\n"
        "param W[4,2]\n"
        "z[n,j] = sum[i](x[n,i] * W[i,j])\n"
        "h[n,j] = 1 / (1 + exp(-z[n,j]))\n"
    )
    expected = source.replace("1 / (1 + exp(-z[n,j]))", "1 / (exp(-z[n,j]) + 1)")
    assert text(parse(source)) == expected


def test_ranges_are_written_where_they_cannot_be_inferred():
    source = "input x[9]\ny[i] = x[i + 1] for i in 3\nz[i] = y[i]\n"
    assert text(parse(source)).endswith("y[i] = x[i + 1] for i in 3\nz[i] = y[i]\n")


def test_declarations_can_be_left_out():
    assert text(parse("param a\nb = a**2\n"), declarations=False) == "b = a**2\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("input x[N]\ny[n] = x[n,n]", "x has 1 axis, x[n,n] gives 2"),
        ("input x[N,4]\ny[n] = x[n]", "x has 2 axes, x[n] gives 1"),
        ("input x[N]\ny[n] = u[n] * x[n]", "u is not known here"),
        ("input x[N]\ny[n] = sum[n](x[n])", "index n is bound by the reduction"),
        ("input x[N,4]\ny[n] = x[n,i]", "index i is not bound"),
        ("input x[N], z[N]\ny[n] = x[z[n]]", "z holds real numbers and can't be an index"),
        ("param a\ny[i] = a", "nothing says how far index i runs"),
    ],
)
def test_what_does_not_fit_is_said_with_its_line(source: str, message: str):
    with pytest.raises(SymbpError) as caught:
        parse(source, "net.bp")
    assert message in caught.value.message
    assert "net.bp:2:" in str(caught.value)
    assert caught.value.remedy
