# network: square
# function: train
# wrong: W1 b1
# kind: derivative at the input
import numpy as np


def train(X, Y, hidden=3, learning_rate=0.01, num_epochs=1000):
    N, D = X.shape
    K = Y.shape[1]
    rng = np.random.RandomState(1)
    W1 = rng.randn(D, hidden) * 0.1
    b1 = np.zeros(hidden)
    W2 = rng.randn(hidden, K) * 0.1
    b2 = np.zeros(K)
    for epoch in range(num_epochs):
        z = X @ W1 + b1
        h = np.tanh(z)
        out = h @ W2 + b2
        loss = np.mean((out - Y) ** 2)
        dout = 2 * (out - Y) / (N * K)
        dW2 = h.T @ dout
        db2 = dout.sum(axis=0)
        dz = (dout @ W2.T) * (1 - z**2)
        dW1 = X.T @ dz
        db1 = dz.sum(axis=0)
        W1 -= learning_rate * dW1
        b1 -= learning_rate * db1
        W2 -= learning_rate * dW2
        b2 -= learning_rate * db2
        if epoch % 100 == 0:
            print(epoch, loss)
    return W1, b1, W2, b2
