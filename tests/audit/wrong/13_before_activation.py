# network: classes
# function: backward_prop
# wrong: z_W
# kind: wrong operand
import numpy as np
import pandas as pd

data = pd.read_csv("/data/digits/train.csv")
X_train = np.array(data).T[1:] / 255.0


def init_params():
    W1 = np.random.rand(6, 4) - 0.5
    b1 = np.random.rand(6, 1) - 0.5
    W2 = np.random.rand(3, 6) - 0.5
    b2 = np.random.rand(3, 1) - 0.5
    return W1, b1, W2, b2


def ReLU(Z):
    return np.maximum(Z, 0)


def softmax(Z):
    A = np.exp(Z - Z.max(axis=0))
    return A / A.sum(axis=0)


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = ReLU(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = softmax(Z2)
    return Z1, A1, Z2, A2


def one_hot(Y):
    found = np.zeros((Y.size, 3))
    found[np.arange(Y.size), Y] = 1
    return found.T


def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    m = Y.size
    dZ2 = A2 - one_hot(Y)
    dW2 = 1 / m * dZ2.dot(Z1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return dW1, db1, dW2, db2
