# network: deep
# function: Network.backprop
# wrong: h_b g_b p_b
# kind: sum
import numpy as np


class Network:
    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.weights = [np.random.randn(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.random.randn(b) for b in sizes[1:]]

    def backprop(self, x, y):
        activations = [x]
        for k in range(self.num_layers - 1):
            z = activations[-1] @ self.weights[k] + self.biases[k]
            activations.append(z if k == self.num_layers - 2 else np.tanh(z))
        nabla_w = [None] * len(self.weights)
        nabla_b = [None] * len(self.biases)
        delta = 2 * (activations[-1] - y) / y.size
        for k in reversed(range(self.num_layers - 1)):
            nabla_w[k] = activations[k].T @ delta
            nabla_b[k] = delta[0]
            if k > 0:
                delta = (delta @ self.weights[k].T) * (1 - activations[k] ** 2)
        return nabla_w, nabla_b
