"""JAX: the whole step under one `jit`, its parameters donated, waited for at every step.

The number of threads is that of the processors that the process may use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symbp.bench.peers.peer import Array, Peer, Prepared
from symbp.bench.workloads import Convolutional, Encoder, Perceptron, Recurrent, Workload

Output = Callable[[Any, Any], Any]
"""From params and x to what the loss reads."""


def perceptron(workload: Perceptron) -> Output:
    """Multiply, add, activate."""
    import jax
    import jax.numpy as jnp

    acts = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu, None: lambda z: z}

    def output(params: Any, x: Any) -> Any:
        for weight, bias, act in workload.layers():
            x = acts[act](x @ params[weight] + params[bias])
        return x

    return output


def convolutional(workload: Convolutional) -> Output:
    """Put the channels last, and pool over axes of two: of several ways, XLA's fastest."""
    import jax
    from jax import lax

    def output(params: Any, x: Any) -> Any:
        layout = ("NHWC", "HWIO", "NHWC")
        x = x.transpose(0, 2, 3, 1)
        for k in (1, 2):
            K = params[f"h{k}_K"].transpose(2, 3, 1, 0)
            z = lax.conv_general_dilated(x, K, (1, 1), "VALID", dimension_numbers=layout)
            z = jax.nn.relu(z + params[f"h{k}_b"])
            N, rows, columns, channels = z.shape
            x = z.reshape(N, rows // 2, 2, columns // 2, 2, channels).max((2, 4))
        flat = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
        return flat @ params["h3_W"] + params["h3_b"]

    return output


def recurrent(workload: Recurrent) -> Output:
    """Multiply all inputs at once, and scan over the steps."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    H = workload.units

    def output(params: Any, x: Any) -> Any:
        D = x.shape[2]
        W, U = params["h_W"].reshape(D, 4 * H), params["h_U"].reshape(H, 4 * H)
        gates = x.transpose(1, 0, 2) @ W + params["h_b"].reshape(4 * H)

        def cell(state: Any, given: Any) -> Any:
            h, c = state
            z = given + h @ U
            i, f, o = jnp.split(jax.nn.sigmoid(z[:, : 3 * H]), 3, 1)
            c = f * c + i * jnp.tanh(z[:, 3 * H :])
            return (o * jnp.tanh(c), c), None

        zero = jnp.zeros((len(x), H), x.dtype)
        (h, _), _ = lax.scan(cell, (zero, zero), gates)
        return h @ params["p_W"] + params["p_b"]

    return output


def encoder(workload: Encoder) -> Output:
    """Write norm and attention out; XLA fuses them."""
    import jax
    import jax.numpy as jnp

    def output(params: Any, x: Any) -> Any:
        N, T, D = x.shape

        def led(a: Any, matrix: str, bias: str) -> Any:
            return a @ params[matrix] + params[bias]

        def split(a: Any) -> Any:
            return a.reshape(N, T, workload.heads, -1)

        def normed(a: Any, name: str) -> Any:
            unit = jax.nn.standardize(a, epsilon=1e-5)
            return unit * params[f"{name}_g"] + params[f"{name}_b"]

        n1 = normed(x, "n1")
        q, k, v = (split(led(n1, f"a_W{w}", f"a_b{w}")) for w in "qkv")
        read = jax.nn.dot_product_attention(q, k, v)
        h = x + led(read.reshape(N, T, D), "a_Wo", "a_bo")
        g = jax.nn.gelu(led(normed(h, "n2"), "m1_W", "m1_b"), approximate=True)
        h = h + led(g, "m2_W", "m2_b")
        return led(jnp.mean(h, axis=1), "z_W", "z_b")

    return output


OUTPUTS: dict[type, Callable[[Any], Output]] = {
    Perceptron: perceptron,
    Convolutional: convolutional,
    Recurrent: recurrent,
    Encoder: encoder,
}


def train(workload: Workload, threads: int) -> Prepared:
    """Let XLA see forward, gradients and update at once."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", workload.dtype == "float64")
    output = OUTPUTS[type(workload)](workload)

    def loss(params: Any, x: Any, y: Any) -> Any:
        h = output(params, x)
        if workload.loss == "mse":
            return jnp.mean((h - y) ** 2)
        correct = jnp.take_along_axis(h, y[:, None], axis=1)[:, 0]
        return jnp.mean(jax.nn.logsumexp(h, axis=1) - correct)

    def whole(params: Any, x: Any, y: Any) -> Any:
        value, grads = jax.value_and_grad(loss)(params, x, y)
        return value, {name: p - workload.rate * grads[name] for name, p in params.items()}

    compiled = jax.jit(whole, donate_argnums=0)
    x, y = map(jnp.asarray, workload.data())
    params = {name: jnp.asarray(value) for name, value in workload.parameters().items()}

    def step() -> Any:
        nonlocal params
        value, params = compiled(params, x, y)
        return jax.block_until_ready((value, params))[0]

    def parameters() -> dict[str, Array]:
        return {name: np.asarray(value) for name, value in params.items()}

    return Prepared(step, parameters)


PEER = Peer("jax", {"JAX jit": dict.fromkeys(OUTPUTS, train)}, needs="jax", pip="jax")
