"""What a user writes, in Python or in a .bp file; both build the same program of equations.

In come formulas: index notation (`tensors.py`, read first), `layers.py`, the activations of
`functions.py`, `losses.py`, `penalties.py`, `optimizers.py` with `schedules.py`,
`initializers.py`. Out comes a `Network` (`network.py`): a checked `symbp.ir` Program of the
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
from symbp.lang.layers import dense, log_softmax, softmax
from symbp.lang.load import load
from symbp.lang.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge,
    huber,
    mae,
    mse,
    sse,
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
    param,
    sum,
    target,
)
from symbp.lang.update import Update

__all__ = [
    "Handle", "Initial", "Network", "Optimizer", "Update", "accumulate", "adagrad", "adam",
    "adamw", "apply", "binary_cross_entropy", "binary_cross_entropy_with_logits", "clip_norm",
    "clip_value", "constant", "constant_rate", "cosine", "cross_entropy", "define", "dense",
    "elu", "exponential", "gelu", "gelu_tanh", "glorot_normal", "glorot_uniform", "hard_tanh",
    "he_normal", "he_uniform", "hinge", "huber", "hyper", "indices", "input", "inverse_time",
    "l1", "l2", "label", "leaky_relu", "lecun_normal", "lecun_uniform", "linear", "load",
    "log_softmax", "mae", "max", "mean", "min", "mish", "momentum", "mse", "nesterov",
    "network", "normal", "optimizer", "orthogonal", "param", "parse", "relu", "rmsprop",
    "schedule", "selu", "sgd", "sigmoid", "silu", "softmax", "softplus", "softsign", "sse",
    "step", "sum", "tanh", "target", "uniform", "warmup", "zeros",
]  # fmt: skip
