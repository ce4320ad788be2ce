"""PyTorch: as it comes (eager), its model under `torch.compile`, and all of the step under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

from symbp.bench.peers.peer import Array, Peer, Prepare, Prepared
from symbp.bench.workloads import Convolutional, Encoder, Perceptron, Recurrent, Workload

GATES = [0, 1, 3, 2]
"""Where torch has our gates, and the other way about."""

Compiled = Literal["nothing", "loss", "step"]
Output = Callable[[Any, Any], Any]
"""From params and x to what the loss reads."""


def perceptron(workload: Perceptron) -> Output:
    """Fuse product and bias."""
    import torch

    acts = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, None: lambda z: z}

    def output(params: Any, x: Any) -> Any:
        for weight, bias, act in workload.layers():
            x = acts[act](torch.addmm(params[bias], x, params[weight]))
        return x

    return output


def convolutional(workload: Convolutional) -> Output:
    """Leave the layout to oneDNN."""
    import torch
    from torch.nn import functional

    def output(params: Any, x: Any) -> Any:
        for k in (1, 2):
            x = torch.relu(functional.conv2d(x, params[f"h{k}_K"], params[f"h{k}_b"]))
            x = functional.max_pool2d(x, 2)
        return torch.addmm(params["h3_b"], x.flatten(1), params["h3_W"])

    return output


def recurrent(workload: Recurrent) -> Output:
    """Multiply all inputs at once, and unroll the steps, for the compiler to fuse."""
    import torch

    H = workload.units

    def output(params: Any, x: Any) -> Any:
        N, T, D = x.shape
        W, U = params["h_W"].reshape(D, 4 * H), params["h_U"].reshape(H, 4 * H)
        rows = x.transpose(0, 1).reshape(T * N, D)
        gates = torch.addmm(params["h_b"].reshape(4 * H), rows, W).reshape(T, N, 4 * H)
        h = c = x.new_zeros(N, H)
        for given in gates.unbind(0):
            z = torch.addmm(given, h, U)
            i, f, o = torch.sigmoid(z[:, : 3 * H]).chunk(3, 1)
            c = torch.addcmul(f * c, i, torch.tanh(z[:, 3 * H :]))
            h = o * torch.tanh(c)
        return torch.addmm(params["p_b"], h, params["p_W"])

    return output


def fused(workload: Recurrent) -> Output:
    """Take torch's own LSTM, its weights `rearranged`, its second bias left at 0."""
    import torch

    def output(params: Any, x: Any) -> Any:
        zero, none = x.new_zeros(1, len(x), workload.units), x.new_zeros(4 * workload.units)
        weights = [params["h_W"], params["h_U"], params["h_b"], none]
        _, last, _ = torch.lstm(x, (zero, zero), weights, True, 1, 0.0, True, False, True)
        return torch.addmm(params["p_b"], last[0], params["p_W"])

    return output


def rearranged(params: Mapping[str, Array]) -> dict[str, Array]:
    """Return an LSTM's weights as torch has them: gates i, f, candidate, o, and transposed."""
    found = dict(params)
    for name in ("h_W", "h_U"):
        found[name] = params[name][:, GATES].reshape(len(params[name]), -1).T.copy()
    return found | {"h_b": params["h_b"][GATES].reshape(-1)}


def restored(params: Mapping[str, Array]) -> dict[str, Array]:
    """Undo `rearranged`."""
    found = dict(params)
    for name in ("h_W", "h_U"):
        inputs = params[name].shape[1]
        found[name] = params[name].T.reshape(inputs, len(GATES), -1)[:, GATES]
    return found | {"h_b": params["h_b"].reshape(len(GATES), -1)[GATES]}


def encoder(workload: Encoder) -> Output:
    """Take attention, norm and gelu as torch has them."""
    import torch
    from torch.nn import functional

    def output(params: Any, x: Any) -> Any:
        N, T, D = x.shape

        def led(a: Any, matrix: str, bias: str) -> Any:
            return torch.addmm(params[bias], a, params[matrix])

        def split(a: Any) -> Any:
            return a.view(N, T, workload.heads, -1).transpose(1, 2)

        def normed(a: Any, name: str) -> Any:
            return functional.layer_norm(a, (D,), params[f"{name}_g"], params[f"{name}_b"])

        rows = x.reshape(N * T, D)
        n1 = normed(rows, "n1")
        q, k, v = (split(led(n1, f"a_W{w}", f"a_b{w}")) for w in "qkv")
        read = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2)
        h = rows + led(read.reshape(N * T, D), "a_Wo", "a_bo")
        g = functional.gelu(led(normed(h, "n2"), "m1_W", "m1_b"), approximate="tanh")
        h = h + led(g, "m2_W", "m2_b")
        return led(h.view(N, T, D).mean(1), "z_W", "z_b")

    return output


OUTPUTS: dict[type, Callable[[Any], Output]] = {
    Perceptron: perceptron,
    Convolutional: convolutional,
    Recurrent: recurrent,
    Encoder: encoder,
}

EAGER: dict[type, Callable[[Any], Output]] = {Recurrent: fused}
"""What is faster, when nothing is compiled."""


def train(workload: Workload, threads: int, *, compiled: Compiled = "nothing") -> Prepared:
    """Update in place, outside of the tape.

    Args:
        compiled: the loss, as the manual of torch.compile has it, whose gradient and update follow;
            or the gradient and the update with it.
    """
    import torch
    from torch.nn import functional

    torch.set_num_threads(threads)
    native = isinstance(workload, Recurrent) and compiled == "nothing"
    output = (EAGER if native else OUTPUTS)[type(workload)](workload)
    lost = functional.mse_loss if workload.loss == "mse" else functional.cross_entropy
    x, y = map(torch.from_numpy, workload.data())
    initial = workload.parameters()
    initial = rearranged(initial) if native else initial
    params = {name: torch.from_numpy(value) for name, value in initial.items()}

    def loss(params: Any, x: Any, y: Any) -> Any:
        return lost(output(params, x), y)

    forward = torch.compile(loss, fullgraph=True) if compiled == "loss" else loss

    def eager() -> Any:
        value = forward(params, x, y)
        value.backward()
        with torch.no_grad():
            for p in params.values():
                p.sub_(p.grad, alpha=workload.rate)
                p.grad = None
        return value

    def whole(params: Any, x: Any, y: Any) -> Any:
        grads, value = torch.func.grad_and_value(loss)(params, x, y)
        for name, p in params.items():
            p.sub_(grads[name], alpha=workload.rate)
        return value

    def parameters() -> dict[str, Array]:
        found = {name: p.detach().numpy() for name, p in params.items()}
        return restored(found) if native else found

    if compiled == "step":
        step = torch.compile(whole, fullgraph=True)
        return Prepared(lambda: step(params, x, y), parameters)
    for p in params.values():
        p.requires_grad_()
    return Prepared(eager, parameters)


def _row(compiled: Compiled) -> dict[type, Prepare]:
    return dict.fromkeys(OUTPUTS, partial(train, compiled=compiled))


PEER = Peer(
    "torch",
    {
        "torch eager": _row("nothing"),
        "torch.compile: model": _row("loss"),
        "torch.compile: step": _row("step"),
    },
    needs="torch",
    pip="torch==2.13.0",
)
