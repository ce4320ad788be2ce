# network: bare
# function: backward
# wrong: W1 W2
# kind: extra derivative
import numpy as np

D, H = 3, 4
theta = {"W1": np.random.randn(D, H) / np.sqrt(D), "W2": np.random.randn(H, 1) / np.sqrt(H)}


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def forward(theta, x):
    h = sigmoid(x @ theta["W1"])
    p = sigmoid(h @ theta["W2"])
    return h, p


def backward(theta, x, h, p, y):
    grads = {}
    delta = (p - y) * p * (1 - p) / len(x)
    grads["W2"] = h.T @ delta
    dh = delta @ theta["W2"].T
    dh = dh * h * (1 - h)
    grads["W1"] = x.T @ dh
    return grads
