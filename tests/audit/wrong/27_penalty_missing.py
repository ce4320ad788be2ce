# network: ridge
# function: gradient
# wrong: w
# kind: missing term
import numpy as np


def gradient(w, b, X, y, lam=0.1):
    """Of mean((Xw + b - y)^2) + lam sum(w^2)."""
    error = X @ w + b - y
    dw = 2 * X.T @ error / len(y)
    db = 2 * np.mean(error, axis=0)
    return dw, db
