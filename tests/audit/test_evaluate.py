"""The broadcast evaluation means what the interpreter means."""

import numpy as np
import pytest

from symbp import compiler
from symbp.audit.evaluate import evaluate
from symbp.audit.points import points
from symbp.ir.interpret import interpret
from symbp.lang.parser import parse

NETWORKS = {
    "pooling": "input x[N, 1, 4, 4]\nc = conv2d(x, 2, 3, relu)\n"
    "m = max_pool2d(c, 2)\nf = flatten(m)\np = dense(f, 2)",
    "recurrent": "input x[N, 3, 2]\nh = gru(x, 2)\np = dense(h, 2)",
    "deep": "input x[N, 3]\nh = dense(x, 4, gelu)\np = dense(h, 2, softplus)",
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_a_box_at_once_is_one_scalar_at_a_time(name):
    text = f"network n\n{NETWORKS[name]}\ntarget y[N, 2]\noutput p\nloss mse(p, y)\n"
    program, gradients = compiler.gradient_program(parse(text))
    point = next(points(program, seed=1))
    got = evaluate(program, point.values, point.sizes)
    wanted = interpret(program, point.values, sizes=point.sizes)
    for gradient in gradients.values():
        np.testing.assert_allclose(got[gradient], wanted[gradient].astype(float), 1e-9, 1e-12)
