# network: two
# function: NeuralNetwork.backward
# wrong: b2
# kind: sign
import numpy as np


class NeuralNetwork:
    def __init__(self, input_size, hidden_size, output_size, learning_rate=0.1):
        self.learning_rate = learning_rate
        self.W1 = np.random.randn(input_size, hidden_size)
        self.b1 = np.zeros((1, hidden_size))
        self.W2 = np.random.randn(hidden_size, output_size)
        self.b2 = np.zeros((1, output_size))

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def sigmoid_derivative(self, a):
        return a * (1 - a)

    def forward(self, X):
        self.z1 = np.dot(X, self.W1) + self.b1
        self.a1 = self.sigmoid(self.z1)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        self.a2 = self.sigmoid(self.z2)
        return self.a2

    def backward(self, X, y, output):
        delta2 = (y - output) * self.sigmoid_derivative(output)
        delta1 = delta2.dot(self.W2.T) * self.sigmoid_derivative(self.a1)
        self.W2 += self.learning_rate * self.a1.T.dot(delta2)
        self.b2 -= self.learning_rate * np.sum(delta2, axis=0, keepdims=True)
        self.W1 += self.learning_rate * X.T.dot(delta1)
        self.b1 += self.learning_rate * np.sum(delta1, axis=0, keepdims=True)

    def train(self, X, y, epochs):
        for epoch in range(epochs):
            output = self.forward(X)
            self.backward(X, y, output)


if __name__ == "__main__":
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    NeuralNetwork(3, 4, 2).train(X, X[:, :2], 10000)
