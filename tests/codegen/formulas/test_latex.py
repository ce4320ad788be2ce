"""LaTeX of one formula, as a textbook would set it."""

import pytest

from symbp.codegen.formulas.formula import formulas
from symbp.codegen.formulas.latex import LatexPrinter
from symbp.codegen.formulas.notation import Notation
from symbp.ir.text import parse

GIVEN = """input x[N,4], A[N,4], v[4]
label t[N] in 10
param W[4,10], E[10,4], s
"""


def latex(source: str, name: str = "y", **roles) -> str:
    program = parse(GIVEN + source)
    notation = Notation(program, **roles)
    (found,) = (f for f in formulas(program) if f.tensor.name == name)
    return LatexPrinter(found.indices, notation).formula(found)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y[n,j] = sum[i](x[n,i] * W[i,j])", r"y_{n,j} = \sum_{i} x_{n,i} W_{i,j}"),
        ("y[n] = max[i](x[n,i])", r"y_{n} = \max_{i} x_{n,i}"),
        ("y[i] = sigmoid(v[i]) * relu(v[i])",
         r"y_{i} = \operatorname{relu}(v_{i}) \sigma(v_{i})"),
        ("y[i] = exp(v[i])**2 / sqrt(v[i])", r"y_{i} = \frac{\exp(2 v_{i})}{\sqrt{v_{i}}}"),
        ("y[i] = abs(v[i]) + log1p(v[i])",
         r"y_{i} = \left|v_{i}\right| + \log(v_{i} + 1)"),
        ("y[i] = 2 * (v[i] - 1)**3 / 3", r"y_{i} = \frac{2 (v_{i} - 1)^{3}}{3}"),
        ("y[i] = 1e-8 * v[i] + 0.5", r"y_{i} = 10^{-8} v_{i} + 0.5"),
        ("y[i] = where(v[i] > 0, v[i], 0)", r"y_{i} = [v_{i} > 0] v_{i}"),
        ("y[i] = where(v[i] > 0 and v[i] <= 1, v[i], s)",
         r"y_{i} = \begin{cases} v_{i} & v_{i} \le 1 \wedge v_{i} > 0 \\"
         r" {}s & \text{otherwise} \end{cases}"),
        ("y[i] = where(v[i] >= 1, 0, s)", r"y_{i} = [v_{i} < 1] s"),
        ("y[n] = W[0,t[n]]", r"y_{n} = W_{0,t_{n}}"),
        ("y[p] = sum[u](v[p+u]) for p in 3, u in 2", r"y_{p} = \sum_{u} v_{p + u}"),
        ("y[i] = maximum(v[i], s) + pi", r"y_{i} = \max(v_{i}, s) + \pi"),
    ],
)  # fmt: skip
def test_latex_of_one_tensor(source, expected):
    assert latex(source) == expected


def test_adjoints_are_partial_derivatives():
    text = latex("z[n] = s for n in N\nloss = sum[n](z[n])\ndz[n] = s for n in N", "dz",
                 adjoints={"dz": "z"}, loss="loss")  # fmt: skip
    assert text == r"\frac{\partial L}{\partial z_{n}} = s"
