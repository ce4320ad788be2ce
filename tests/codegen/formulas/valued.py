"""What a matrix form is worth: NumPy's word on a tree, and two networks to try it on."""

from functools import singledispatch

import numpy as np
import sympy

from symbp.codegen.formulas.tree import (
    Named,
    Norm,
    OneHot,
    Ones,
    Pointwise,
    Product,
    Transpose,
)  # fmt: skip
from symbp.ir.functions import Where
from symbp.ir.program import Access, Program

SIZES = {"N": 3, "K": 2}
FUNCTIONS = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "relu": lambda x: np.maximum(x, 0),
    "maximum": np.maximum,
    "minimum": np.minimum,
    "Abs": np.abs,
    "Pow": np.power,
    "Add": lambda *a: sum(a),
    "Mul": lambda *a: np.prod(np.broadcast_arrays(*a), axis=0),
    "StrictGreaterThan": np.greater,
    "GreaterThan": np.greater_equal,
    "StrictLessThan": np.less,
    "LessThan": np.less_equal,
    "Equality": np.equal,
    "Unequality": np.not_equal,
    "And": lambda *a: np.logical_and.reduce(np.broadcast_arrays(*a)),
    "Or": lambda *a: np.logical_or.reduce(np.broadcast_arrays(*a)),
    "Not": np.logical_not,
}


def scalar(e, operands):
    """Evaluate a scalar expression with arrays for its accesses."""
    if isinstance(e, Access):
        return operands[e.name]
    if isinstance(e, sympy.Symbol):
        return float(SIZES[str(e)])
    if e.is_Number or e.is_NumberSymbol:
        return float(e)
    arguments = [scalar(a, operands) for a in e.args]
    if isinstance(e, Where):
        return np.where(*arguments)
    name = e.func.__name__
    return FUNCTIONS[name](*arguments) if name in FUNCTIONS else getattr(np, name)(*arguments)


def count(extent):
    return int(extent.subs({s: SIZES[str(s)] for s in extent.free_symbols}))


@singledispatch
def evaluate(matrix, values):
    raise TypeError(matrix)


@evaluate.register
def _(matrix: Named, values):
    return np.asarray(values[matrix.name], dtype=float).reshape(
        count(matrix.rows), count(matrix.cols)
    )


@evaluate.register
def _(matrix: Ones, values):
    return np.ones((count(matrix.rows), 1))


@evaluate.register
def _(matrix: OneHot, values):
    labels = np.asarray(values[matrix.label], dtype=int)
    return (labels[:, None] == np.arange(count(matrix.cols))).astype(float)


@evaluate.register
def _(matrix: Product, values):
    return evaluate(matrix.left, values) @ evaluate(matrix.right, values)


@evaluate.register
def _(matrix: Transpose, values):
    return evaluate(matrix.of, values).T


@evaluate.register
def _(matrix: Norm, values):
    return np.array([[np.sum(evaluate(matrix.of, values) ** 2)]])


@evaluate.register
def _(matrix: Pointwise, values):
    operands = {key: evaluate(m, values) for key, m in matrix.operands}
    return np.broadcast_to(
        scalar(matrix.expression, operands), (count(matrix.rows), count(matrix.cols))
    )


def drawn(program: Program, seed: int = 0) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    values = {}
    for tensor in program.given():
        shape = tuple(map(count, tensor.shape))
        real = rng.uniform(0.2, 1.5, shape) * rng.choice([-1, 1], shape)
        whole = tensor.bound is not None and rng.integers(0, count(tensor.bound), shape)
        values[tensor.name] = np.asarray(real if tensor.bound is None else whole).tolist()
    return values


PERCEPTRON = """input x[N,2]
target y[N,K]
param W1[2,4], b1[4], W2[4,K], b2[K]
z1[n,j] = sum[i](x[n,i] * W1[i,j])
z1[n,j] += b1[j]
h[n,j] = sigmoid(z1[n,j])
z2[n,k] = sum[j](h[n,j] * W2[j,k])
z2[n,k] += b2[k]
p[n,k] = sigmoid(z2[n,k])
L = sum[n,k]((p[n,k] - y[n,k])**2 / N)
"""
CLASSIFIER = """input x[N,4]
label t[N] in 3
param W[4,3], b[3]
z[n,j] = sum[i](x[n,i] * W[i,j])
z[n,j] += b[j]
m[n] = max[j](z[n,j])
Z[n] = sum[j](exp(z[n,j] - m[n]))
L = sum[n]((log(Z[n]) + m[n] - z[n,t[n]]) / N)
"""
