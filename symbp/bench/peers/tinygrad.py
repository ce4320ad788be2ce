"""tinygrad: the whole step under TinyJit, on the processor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symbp.bench.peers.peer import Array, Peer, Prepared
from symbp.bench.workloads import Convolutional, Encoder, Perceptron, Recurrent, Workload

Output = Callable[[Any, Any], Any]
"""From params and x to what the loss reads."""


def perceptron(workload: Perceptron) -> Output:
    """Multiply, add, activate."""
    from tinygrad import Tensor

    acts = {
        "sigmoid": Tensor.sigmoid, "tanh": Tensor.tanh, "relu": Tensor.relu, None: lambda z: z,
    }  # fmt: skip

    def output(params: Any, x: Any) -> Any:
        for weight, bias, act in workload.layers():
            x = acts[act](x @ params[weight] + params[bias])
        return x

    return output


def convolutional(workload: Convolutional) -> Output:
    """Take its own convolution and pool."""

    def output(params: Any, x: Any) -> Any:
        for k in (1, 2):
            x = x.conv2d(params[f"h{k}_K"], params[f"h{k}_b"]).relu().max_pool2d((2, 2))
        return x.flatten(1) @ params["h3_W"] + params["h3_b"]

    return output


def recurrent(workload: Recurrent) -> Output:
    """Multiply all inputs at once, and unroll the steps."""
    from tinygrad import Tensor

    H = workload.units

    def output(params: Any, x: Any) -> Any:
        D = x.shape[2]
        W, U = params["h_W"].reshape(D, 4 * H), params["h_U"].reshape(H, 4 * H)
        gates = x @ W + params["h_b"].reshape(4 * H)
        h = c = Tensor.zeros(workload.batch, H, device=x.device)
        for t in range(workload.steps):
            z = gates[:, t] + h @ U
            i, f, o = z[:, : 3 * H].sigmoid().chunk(3, 1)
            c = f * c + i * z[:, 3 * H :].tanh()
            h = o * c.tanh()
        return h @ params["p_W"] + params["p_b"]

    return output


def encoder(workload: Encoder) -> Output:
    """Take its own attention, norm and gelu."""

    def output(params: Any, x: Any) -> Any:
        N, T, D = x.shape

        def led(a: Any, matrix: str, bias: str) -> Any:
            return a @ params[matrix] + params[bias]

        def split(a: Any) -> Any:
            return a.reshape(N, T, workload.heads, -1).transpose(1, 2)

        def normed(a: Any, name: str) -> Any:
            return a.layernorm(eps=1e-5) * params[f"{name}_g"] + params[f"{name}_b"]

        n1 = normed(x, "n1")
        q, k, v = (split(led(n1, f"a_W{w}", f"a_b{w}")) for w in "qkv")
        read = q.scaled_dot_product_attention(k, v).transpose(1, 2).reshape(N, T, D)
        h = x + led(read, "a_Wo", "a_bo")
        h = h + led(led(normed(h, "n2"), "m1_W", "m1_b").gelu(), "m2_W", "m2_b")
        return led(h.mean(1), "z_W", "z_b")

    return output


OUTPUTS: dict[type, Callable[[Any], Output]] = {
    Perceptron: perceptron,
    Convolutional: convolutional,
    Recurrent: recurrent,
    Encoder: encoder,
}


def train(workload: Workload, threads: int) -> Prepared:
    """Realize loss and parameters at once, so that the kernels fuse as far as they can."""
    from tinygrad import Device, Tensor, TinyJit

    device = Device["CPU"]
    output = OUTPUTS[type(workload)](workload)
    x, y = (Tensor(value, device="CPU").realize() for value in workload.data())
    params = {
        name: Tensor(value, device="CPU").realize() for name, value in workload.parameters().items()
    }

    def whole() -> Any:
        h = output(params, x)
        mse = workload.loss == "mse"
        value = ((h - y) ** 2).mean() if mse else h.sparse_categorical_crossentropy(y)
        grads = value.gradient(*params.values())
        for p, grad in zip(params.values(), grads, strict=True):
            p.assign(p - workload.rate * grad)
        return value.realize(*params.values())

    compiled = TinyJit(whole)

    def step() -> Any:
        value = compiled()
        device.synchronize()
        return value

    def parameters() -> dict[str, Array]:
        return {name: p.numpy() for name, p in params.items()}

    return Prepared(step, parameters)


PEER = Peer(
    "tinygrad",
    {"tinygrad": dict.fromkeys(OUTPUTS, train)},
    needs="tinygrad",
    pip="tinygrad",
)
