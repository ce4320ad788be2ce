"""The text form of layers and losses builds what the Python form builds."""

from __future__ import annotations

import pytest

from symbp import lang as bp
from symbp.errors import LanguageError
from symbp.ir.text import text

FORMS = {
    "conv2d(x, 8, (3, 1), relu, stride=(2, 1), padding=1, bias=false)": lambda x: bp.conv2d(
        x, 8, (3, 1), bp.relu, stride=(2, 1), padding=1, bias=False
    ),
    "conv2d(x, 4, 3, padding=same, groups=2, init=he_normal)": lambda x: bp.conv2d(
        x, 4, 3, padding="same", groups=2, init=bp.he_normal
    ),
    "conv_transpose2d(x, 3, 2, stride=2)": lambda x: bp.conv_transpose2d(x, 3, 2, stride=2),
    "max_pool2d(x, 2, stride=1, padding=(1, 0))": lambda x: bp.max_pool2d(
        x, 2, stride=1, padding=(1, 0)
    ),
    "global_avg_pool(x)": bp.global_avg_pool,
    "reshape(x, 10, 6)": lambda x: bp.reshape(x, 10, 6),
    "transpose(x, 0, 2, 3, 1)": lambda x: bp.transpose(x, 0, 2, 3, 1),
    "slice(x, 1, 5, axis=2, step=2)": lambda x: bp.slice(x, 1, 5, axis=2, step=2),
    "concat(x, x, axis=-1)": lambda x: bp.concat(x, x, axis=-1),
    "layer_norm(x, eps=0.001, affine=false)": lambda x: bp.layer_norm(x, eps=0.001, affine=False),
    "group_norm(x, 2)": lambda x: bp.group_norm(x, 2),
    "multi_head_attention(reshape(x, 5, 12), 3, causal=true)": lambda x: bp.multi_head_attention(
        bp.reshape(x, 5, 12), 3, causal=True
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_both_forms_are_one_program(form):
    read = bp.parse(f"network same\ninput x[N, 2, 5, 6]\ny = {form}\noutput y\nloss sse(y, 2 * y)")
    x = bp.input("x", "N", 2, 5, 6)
    y = FORMS[form](x)
    built = bp.network("same", output=y, loss=bp.sse(y, 2 * y))
    assert text(read.program) == text(built.program)


def test_tokens_classes_and_sequences_have_a_text_form():
    net = bp.parse("""
        network tokens
        input tok[N, T] in 4
        input mask[N, T]
        label next[N, T] in 4
        e = embedding(tok, 8)
        h = sinusoidal_positions(e)
        z = dense(h, 4)
        output z
        loss cross_entropy(z, next, smoothing=0.1, class_weights=(1, 2, 0.5, 1), mask=mask)
    """)
    assert [t.name for t in net.program.having("param")] == ["e_E", "z_W", "z_b"]


def test_numbers_in_brackets_are_arguments_only():
    with pytest.raises(LanguageError, match="are no formula"):
        bp.parse("network n\ninput x[N]\ny[n] = (1, 2) * x[n]\noutput y\nloss mean[n](y[n])")
