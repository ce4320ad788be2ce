"""What a user writes, in Python or in a .bp file; both build the same program of equations.

In come formulas: index notation (`tensors.py`, read first), `layers/`, the activations of
`functions.py`, `losses/`, `penalties.py`, `optimizers.py` with `schedules.py`,
`initializers.py`; `freezing.py` says which parameters are meant, `modes.py` what only a
prediction computes. Out comes a `Network` (`network.py`): a checked `symbp.ir` Program of the
forward equations, and the update of the optimizer as another. `lowering.py` takes formulas
apart into equations with scalar bodies; `parser.py` and `formulas.py` read the text form.

Nothing in this package contains a derivative.
"""

from symbp.lang.functions import (
    elu,
    gelu,
    gelu_tanh,
    hard_tanh,
    leaky_relu,
    linear,
    mish,
    relu,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
    stop_gradient,
    tanh,
)
from symbp.lang.handles import Handle, apply
from symbp.lang.initializers import (
    Initial,
    constant,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    normal,
    orthogonal,
    uniform,
    zeros,
)
from symbp.lang.layers import (
    attention,
    avg_pool1d,
    avg_pool2d,
    batch_norm,
    bilinear,
    concat,
    conv1d,
    conv2d,
    conv_transpose1d,
    conv_transpose2d,
    dense,
    dropout,
    embedding,
    flatten,
    global_avg_pool,
    global_max_pool,
    group_norm,
    layer_norm,
    learned_positions,
    log_softmax,
    max_pool1d,
    max_pool2d,
    multi_head_attention,
    reshape,
    rms_norm,
    sinusoidal_positions,
    slice,
    softmax,
    transpose,
)
from symbp.lang.load import load
from symbp.lang.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    contrastive,
    cross_entropy,
    focal,
    gaussian_kl,
    gaussian_nll,
    hinge,
    huber,
    kl,
    mae,
    mse,
    sse,
    triplet,
)
from symbp.lang.network import Network, network
from symbp.lang.optimizers import (
    Optimizer,
    adagrad,
    adam,
    adamw,
    clip_norm,
    clip_value,
    momentum,
    nesterov,
    optimizer,
    rmsprop,
    sgd,
)
from symbp.lang.parser import parse
from symbp.lang.penalties import l1, l2
from symbp.lang.recurrent import bidirectional, gru, lstm, rnn
from symbp.lang.schedules import (
    constant_rate,
    cosine,
    exponential,
    inverse_time,
    schedule,
    step,
    warmup,
)
from symbp.lang.tensors import (
    accumulate,
    define,
    hyper,
    indices,
    input,
    label,
    max,
    mean,
    min,
    noise,
    param,
    scan,
    sum,
    target,
    training,
    update,
    value,
)
from symbp.lang.update import Update

__all__ = [
    "Handle", "Initial", "Network", "Optimizer", "Update", "accumulate", "adagrad", "adam",
    "adamw", "apply", "attention", "avg_pool1d", "avg_pool2d", "batch_norm", "bidirectional",
    "bilinear", "binary_cross_entropy", "binary_cross_entropy_with_logits", "clip_norm",
    "clip_value", "concat", "constant", "constant_rate", "contrastive", "conv1d", "conv2d",
    "conv_transpose1d", "conv_transpose2d", "cosine", "cross_entropy", "define", "dense",
    "dropout", "elu", "embedding", "exponential", "flatten", "focal", "gaussian_kl",
    "gaussian_nll", "gelu", "gelu_tanh", "global_avg_pool", "global_max_pool", "glorot_normal",
    "glorot_uniform", "group_norm", "gru", "hard_tanh", "he_normal", "he_uniform", "hinge",
    "huber", "hyper", "indices", "input", "inverse_time", "kl", "l1", "l2", "label", "layer_norm",
    "leaky_relu", "learned_positions", "lecun_normal", "lecun_uniform", "linear", "load",
    "log_softmax", "lstm", "mae", "max", "max_pool1d", "max_pool2d", "mean", "min", "mish",
    "momentum", "mse", "multi_head_attention", "nesterov", "network", "noise", "normal",
    "optimizer", "orthogonal", "param", "parse", "relu", "reshape", "rms_norm", "rmsprop", "rnn",
    "scan", "schedule", "selu", "sgd", "sigmoid", "silu", "sinusoidal_positions", "slice",
    "softmax", "softplus", "softsign", "sse", "step", "stop_gradient", "sum", "tanh", "target",
    "training", "transpose", "triplet", "uniform", "update", "value", "warmup", "zeros",
]  # fmt: skip
