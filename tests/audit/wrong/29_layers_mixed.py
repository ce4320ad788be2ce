# network: deep
# function: step
# wrong: h_W h_b
# kind: wrong operand
import numpy as np


def step(params, x, y, lr):
    """One step on the half of the summed squares, whatever the batch."""
    W1, b1, W2, b2, W3, b3 = (params[k] for k in ("W1", "b1", "W2", "b2", "W3", "b3"))
    h = np.tanh(x @ W1 + b1)
    g = np.tanh(h @ W2 + b2)
    p = g @ W3 + b3
    d3 = p - y
    d2 = (d3 @ W3.T) * (1 - g * g)
    d1 = (d2 @ W3.T) * (1 - h * h)
    params["W3"] -= lr * g.T @ d3
    params["b3"] -= lr * d3.sum(0)
    params["W2"] -= lr * h.T @ d2
    params["b2"] -= lr * d2.sum(0)
    params["W1"] -= lr * x.T @ d1
    params["b1"] -= lr * d1.sum(0)
