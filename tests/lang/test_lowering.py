"""Lowering: a formula in, equations with scalar bodies out."""

from __future__ import annotations

import pytest

from symbp.errors import SymbpError
from symbp.ir.check import check
from symbp.ir.interpret import interpret
from symbp.ir.text import text
from symbp.lang.parser import parse

HEAD = """\
network net
input x[N, 4], y[N, 6]
input t[N] in 4
param W[4, 3], b[3], a
"""


def lowered(statement, output="z"):
    """Return the equations of a statement, without those of the loss."""
    head = HEAD + f"{statement}\noutput {output}\nloss a\n"
    program = parse(head).program
    check(program)
    return [s for s in text(program, declarations=False).splitlines() if s != "loss = a"]


CASES = {
    "z[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]": [
        "z[n,j] = sum[i](x[n,i] * W[i,j])",
        "z[n,j] += b[j]",
    ],
    "z[n,j] = b[j] + sum[i](x[n,i]*W[i,j]) - a": [
        "z[n,j] = sum[i](x[n,i] * W[i,j])",
        "z[n,j] += b[j] - a",
    ],
    "z[n,j] = sigmoid(sum[i](x[n,i]*W[i,j]) + b[j])": [
        "z_z[n,j] = sum[i](x[n,i] * W[i,j])",
        "z_z[n,j] += b[j]",
        "z[n,j] = sigmoid(z_z[n,j])",
    ],
    "z[n,j] = tanh(sum[i](x[n,i]*W[i,j])) * sigmoid(sum[i](x[n,i]*W[i,j]) + b[j])": [
        "z_z[n,j] = sum[i](x[n,i] * W[i,j])",
        "z_z[n,j] += b[j]",
        "z_z_2[n,j] = sum[i](x[n,i] * W[i,j])",
        "z[n,j] = sigmoid(z_z[n,j]) * tanh(z_z_2[n,j])",
    ],
    "z = mean[n,i](x[n,i])": ["z_sum = sum[n,i](x[n,i])", "z = 0.25 * z_sum / N"],
    "z[n] = max[i](x[n,i])": ["z[n] = max[i](x[n,i])"],
    "z[n] = x[n,0] - max[i](x[n,i])": ["z_max[n] = max[i](x[n,i])", "z[n] = x[n,0] - z_max[n]"],
    "z[n,i] = exp(x[n,i]) / sum[k](exp(x[n,k]))": [
        "z_sum[n] = sum[k](exp(x[n,k]))",
        "z[n,i] = exp(x[n,i]) / z_sum[n]",
    ],
    "z = sum[n](log(sum[i](exp(x[n,i]))))": [
        "z_z[n] = sum[i](exp(x[n,i]))",
        "z = sum[n](log(z_z[n]))",
    ],
    "z = sum[i](x[0,i]) + sum[i](y[0,i])": ["z = sum[i](x[0,i])", "z += sum[i](y[0,i])"],
    "z[n] = x[n,t[n]]": ["z[n] = x[n,t[n]]"],
    "z[n] = x[n,0]*a + N": ["z[n] = N + x[n,0] * a"],
    "z[n] = sum[i](x[n,i] * i)": ["z[n] = sum[i](i * x[n,i])"],
    "z[j] = b[j] * sum[i](W[i,0] * j)": [
        "z_sum[j] = sum[i](j * W[i,0]) for j in 3, i in 4",
        "z[j] = b[j] * z_sum[j]",
    ],
    "z[n,p] = where(p > 0, sum[i](x[n,i] * W[i, p-1]), 0) for p in 4": [
        "z[n,p] = sum[i](where(p > 0, x[n,i] * W[i,p - 1], 0))",
    ],
    "z[n,p] = where(p > 0, exp(sum[i](x[n,i] * W[i, p-1])), 1) for p in 4": [
        "z_z[n,p] = sum[i](where(p > 0, x[n,i] * W[i,p - 1], 0))",
        "z[n,p] = where(p > 0, exp(z_z[n,p]), 1)",
    ],
    "z[n,p] = relu(sum[u](y[n,p+u]*b[u]))": [
        "z_z[n,p] = sum[u](y[n,p + u] * b[u])",
        "z[n,p] = relu(z_z[n,p])",
    ],
    "z[n] = sum[k](x[n,0]*k) for k in 3": ["z[n] = sum[k](k * x[n,0]) for n in N, k in 3"],
    "z[n] = mean[k](x[n,k]) for k in 3": [
        "z_sum[n] = sum[k](x[n,k]) for n in N, k in 3",
        "z[n] = z_sum[n] / 3",
    ],
    "z[i] += x[n,i]": ["z[i] = sum[n](x[n,i])"],
    "z[i] max= x[n,i]": ["z[i] = max[n](x[n,i])"],
    "z[t[n]] += x[n,0]": ["z[t[n]] = x[n,0]"],
    "z = a*x + 2*relu(x)": ["z[n,j] = 2 * relu(x[n,j]) + x[n,j] * a"],
    "z = a*a": ["z = a**2"],
}  # fmt: skip


@pytest.mark.parametrize("statement", CASES)
def test_a_formula_becomes_these_equations(statement):
    assert lowered(statement) == CASES[statement]


def test_a_tensor_may_be_added_to_line_by_line():
    assert lowered("value z[N,6]\nz[n,i] += x[n,i] for i in 4\nz[n,k+2] += x[n,k]**2") == [
        "value z[N,6]",
        "z[n,i] = x[n,i] for n in N, i in 4",
        "z[n,k + 2] += x[n,k]**2",
    ]  # fmt: skip


def test_indices_that_are_called_as_tensors_or_sizes_are_renamed():
    program = parse(
        "network net\ninput x[n, 4]\nparam j\np = j*x\noutput p\nloss mean[k,i](p[k,i])"
    )
    assert text(program.program, declarations=False).splitlines() == [
        "p[n_2,j_2] = x[n_2,j_2] * j",
        "loss_sum = sum[k,i](p[k,i])",
        "loss = 0.25 * loss_sum / n",
    ]


def test_the_text_of_a_lowered_program_can_be_read_again():
    from symbp.ir.text import parse as read

    for statement in CASES:
        program = parse(HEAD + f"{statement}\noutput z\nloss a").program
        again = read(text(program))
        assert text(again) == text(program)


def test_a_guard_keeps_what_it_guards_from_being_computed():
    net = parse(
        "network net\ninput x[N,3]\nz[n] = where(x[n,0] > 0, exp(sum[i](log(x[n,i]))), 0)\n"
        "output z\nloss sum[n](z[n])"
    )
    memory = interpret(net.program, {"x": [[-1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]})
    assert memory["z"].tolist() == pytest.approx([0.0, 6.0])


@pytest.mark.parametrize(
    "statement",
    ["z[n] = sum[n](x[n,0])", "z = sum[i](x[n,i])", "z[n] = sum[q](x[n,0])",
     "z = max[i](W[i,j]) + sum[j](b[j])"],
)  # fmt: skip
def test_indices_that_do_not_fit_are_refused(statement):
    with pytest.raises(SymbpError):
        lowered(statement)
