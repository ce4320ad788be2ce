"""What is measured: networks with their batch, their data and their count of operations.

>>> xor = WORKLOADS["xor"]
>>> xor.layers()
[('h1_W', 'h1_b', 'sigmoid'), ('h2_W', 'h2_b', 'sigmoid')]
>>> {name: array.shape for name, array in xor.parameters().items()}
{'h1_W': (2, 4), 'h1_b': (4,), 'h2_W': (4, 1), 'h2_b': (1,)}

One step of training is forward, loss, all gradients and plain gradient descent. A new workload is
one entry of `WORKLOADS`; a new kind of network is one class beside `Perceptron`, its step by hand
in `handwritten/`, and one function in the table of each peer that is to run it.
"""

from symbp.bench.workloads.convolutional import Convolutional
from symbp.bench.workloads.encoder import Encoder
from symbp.bench.workloads.perceptron import Perceptron
from symbp.bench.workloads.recurrent import Recurrent
from symbp.bench.workloads.workload import Array, Workload


def _named(*workloads: Perceptron | Convolutional | Recurrent | Encoder) -> dict[str, Workload]:
    return {workload.name: workload for workload in workloads}


WORKLOADS = _named(
    Perceptron("xor", 4, "float64", 0.5, "mse", (2, 4, 1), "sigmoid", "sigmoid"),
    Perceptron("scalar", 1, "float64", 0.5, "mse", (2, 4, 1), "sigmoid", "sigmoid"),
    Perceptron("ctrl", 32, "float32", 0.1, "mse", (8, 64, 64, 2), "tanh", None),
    Perceptron(
        "mnist-mlp", 128, "float32", 0.02, "cross_entropy", (784, 256, 128, 10), "relu", None
    ),
    Convolutional("lenet", 32, "float32", 0.01, "cross_entropy"),
    Recurrent("lstm", 16, "float32", 0.05, "mse"),
    Encoder("attn", 8, "float32", 0.05, "cross_entropy"),
)

__all__ = [
    "WORKLOADS", "Array", "Convolutional", "Encoder", "Perceptron", "Recurrent", "Workload",
]  # fmt: skip
