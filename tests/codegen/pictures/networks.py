"""Networks that are drawn in the tests."""

from symbp.lang.network import Network
from symbp.lang.parser import parse


def deep(layers: int) -> Network:
    """A perceptron with so many layers, those but the first and the last alike."""
    lines = ["network deep", "input x[N,8]", "label t[N] in 3", "h1 = dense(x, 16, relu)"]
    lines += [f"h{k} = dense(h{k - 1}, 16, relu)" for k in range(2, layers)]
    lines += [f"z = dense(h{layers - 1}, 3)", "output softmax(z)", "loss cross_entropy(z, t)"]
    return parse("\n".join(lines))


def residual(blocks: int) -> Network:
    lines = ["network residual", "input x[N,8]", "target y[N,8]", "h0 = dense(x, 8)"]
    for k in range(1, blocks + 1):
        lines += [f"a{k} = dense(h{k - 1}, 8, tanh)", f"h{k} = h{k - 1} + a{k}"]
    lines += [f"output h{blocks}", f"loss mse(h{blocks}, y)"]
    return parse("\n".join(lines))
