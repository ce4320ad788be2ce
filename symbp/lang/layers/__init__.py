"""Layers: functions that write equations, the forward formula and nothing else.

In come tensors, out comes the tensor that a layer computes. A layer that ends up with the name h
calls its tensors h_W, h_b, ...; one without a name is called by the layer: dense, dense_2, ...

    dense.py          dense, bilinear
    softmax.py        softmax and its logarithm
    convolution.py    of sequences and images, and transposed
    pooling.py        greatest and mean values of windows, and of whole channels
    shape.py          flatten, reshape, transpose, slice, concat
    norm.py           layer, group, RMS and batch norm
    dropout.py        dropout
    embedding.py      embedding, learned and sinusoidal positions
    attention.py      scaled dot products, several heads, causal and masked
    common.py         names, and arguments that are checked
"""

from collections.abc import Callable

from symbp.lang.handles import Handle
from symbp.lang.layers.attention import attention, multi_head_attention
from symbp.lang.layers.convolution import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from symbp.lang.layers.dense import bilinear, dense
from symbp.lang.layers.dropout import dropout
from symbp.lang.layers.embedding import embedding, learned_positions, sinusoidal_positions
from symbp.lang.layers.norm import batch_norm, group_norm, layer_norm, rms_norm
from symbp.lang.layers.pooling import (
    avg_pool1d,
    avg_pool2d,
    global_avg_pool,
    global_max_pool,
    max_pool1d,
    max_pool2d,
)
from symbp.lang.layers.shape import concat, flatten, reshape, slice, transpose
from symbp.lang.layers.softmax import log_softmax, partition, softmax

LAYERS: dict[str, Callable[..., Handle]] = {
    layer.__name__: layer
    for layer in (
        dense, bilinear, softmax, log_softmax, conv1d, conv2d, conv_transpose1d, conv_transpose2d,
        max_pool1d, max_pool2d, avg_pool1d, avg_pool2d, global_max_pool, global_avg_pool,
        flatten, reshape, transpose, slice, concat, layer_norm, group_norm, rms_norm, batch_norm,
        dropout, embedding,
        learned_positions, sinusoidal_positions, attention, multi_head_attention,
    )
}  # fmt: skip
"""Every layer by its name in the text form."""

__all__ = [
    "LAYERS", "attention", "avg_pool1d", "avg_pool2d", "batch_norm", "bilinear", "concat",
    "conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d", "dense", "dropout", "embedding",
    "flatten", "global_avg_pool", "global_max_pool", "group_norm", "layer_norm",
    "learned_positions", "log_softmax", "max_pool1d", "max_pool2d", "multi_head_attention",
    "partition", "reshape", "rms_norm", "sinusoidal_positions", "slice", "softmax", "transpose",
]  # fmt: skip
