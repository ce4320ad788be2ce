"""TensorFlow: the whole step under `tf.function`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symbp.bench.peers.peer import Array, Peer, Prepared
from symbp.bench.workloads import Convolutional, Encoder, Perceptron, Recurrent, Workload

Output = Callable[[Any, Any], Any]
"""From params and x to what the loss reads."""


def perceptron(workload: Perceptron) -> Output:
    """Multiply, add, activate."""
    import tensorflow as tf

    acts = {"sigmoid": tf.sigmoid, "tanh": tf.tanh, "relu": tf.nn.relu, None: tf.identity}

    def output(params: Any, x: Any) -> Any:
        for weight, bias, act in workload.layers():
            x = acts[act](tf.matmul(x, params[weight]) + params[bias])
        return x

    return output


def convolutional(workload: Convolutional) -> Output:
    """Put the channels last, which is the only layout on processors."""
    import tensorflow as tf

    def output(params: Any, x: Any) -> Any:
        x = tf.transpose(x, (0, 2, 3, 1))
        for k in (1, 2):
            K = tf.transpose(params[f"h{k}_K"], (2, 3, 1, 0))
            x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, K, 1, "VALID"), params[f"h{k}_b"]))
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        flat = tf.reshape(tf.transpose(x, (0, 3, 1, 2)), (workload.batch, -1))
        return tf.matmul(flat, params["h3_W"]) + params["h3_b"]

    return output


def recurrent(workload: Recurrent) -> Output:
    """Multiply all inputs at once, and unroll the steps into the graph."""
    import tensorflow as tf

    H = workload.units

    def output(params: Any, x: Any) -> Any:
        N, T, D = x.shape
        W, U = tf.reshape(params["h_W"], (D, 4 * H)), tf.reshape(params["h_U"], (H, 4 * H))
        rows = tf.reshape(tf.transpose(x, (1, 0, 2)), (T * N, D))
        gates = tf.matmul(rows, W) + tf.reshape(params["h_b"], (4 * H,))
        h = c = tf.zeros((N, H), x.dtype)
        for given in tf.split(gates, T):
            z = given + tf.matmul(h, U)
            i, f, o = tf.split(tf.sigmoid(z[:, : 3 * H]), 3, 1)
            c = f * c + i * tf.tanh(z[:, 3 * H :])
            h = o * tf.tanh(c)
        return tf.matmul(h, params["p_W"]) + params["p_b"]

    return output


def encoder(workload: Encoder) -> Output:
    """Write norm and attention out of TensorFlow's operations."""
    import tensorflow as tf

    def output(params: Any, x: Any) -> Any:
        N, T, D = x.shape
        each = D // workload.heads

        def led(a: Any, matrix: str, bias: str) -> Any:
            return tf.matmul(a, params[matrix]) + params[bias]

        def split(a: Any) -> Any:
            return tf.transpose(tf.reshape(a, (N, T, workload.heads, each)), (0, 2, 1, 3))

        def normed(a: Any, name: str) -> Any:
            mean, var = tf.nn.moments(a, 1, keepdims=True)
            gain, bias = params[f"{name}_g"], params[f"{name}_b"]
            return tf.nn.batch_normalization(a, mean, var, bias, gain, 1e-5)

        rows = tf.reshape(x, (N * T, D))
        n1 = normed(rows, "n1")
        q, k, v = (split(led(n1, f"a_W{w}", f"a_b{w}")) for w in "qkv")
        p = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * each**-0.5)
        read = tf.reshape(tf.transpose(tf.matmul(p, v), (0, 2, 1, 3)), (N * T, D))
        h = rows + led(read, "a_Wo", "a_bo")
        g = tf.nn.gelu(led(normed(h, "n2"), "m1_W", "m1_b"), approximate=True)
        h = h + led(g, "m2_W", "m2_b")
        return led(tf.reduce_mean(tf.reshape(h, (N, T, D)), 1), "z_W", "z_b")

    return output


OUTPUTS: dict[type, Callable[[Any], Output]] = {
    Perceptron: perceptron,
    Convolutional: convolutional,
    Recurrent: recurrent,
    Encoder: encoder,
}


def train(workload: Workload, threads: int) -> Prepared:
    """Trace once; data are constants of the graph, parameters its variables."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    output = OUTPUTS[type(workload)](workload)
    x, y = map(tf.constant, workload.data())
    params = {name: tf.Variable(value) for name, value in workload.parameters().items()}

    def step() -> Any:
        with tf.GradientTape() as tape:
            h = output(params, x)
            if workload.loss == "mse":
                value = tf.reduce_mean((h - y) ** 2)
            else:
                lost = tf.nn.sparse_softmax_cross_entropy_with_logits
                value = tf.reduce_mean(lost(labels=y, logits=h))
        variables = list(params.values())
        for p, grad in zip(variables, tape.gradient(value, variables), strict=True):
            p.assign_sub(workload.rate * grad)
        return value

    def parameters() -> dict[str, Array]:
        return {name: p.numpy() for name, p in params.items()}

    return Prepared(tf.function(step), parameters)


PEER = Peer(
    "tensorflow",
    {"TensorFlow function": dict.fromkeys(OUTPUTS, train)},
    needs="tensorflow",
    pip="tensorflow-cpu",
)
