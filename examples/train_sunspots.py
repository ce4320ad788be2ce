"""Forecast next year's sunspots from the last 24 years, with the LSTM of sunspots.bp.

    python examples/train_sunspots.py           in NumPy, in a few seconds
    python examples/train_sunspots.py c         in C

Trained on the years to 1899, its epoch chosen on those to 1944, judged on those from 1945 to 2008.
Data: yearly means from NOAA's National Geophysical Data Center, public domain, as in statsmodels.
"""

from __future__ import annotations

import sys

import numpy as np
from training import FOLDER, Array, fit_best, module

WINDOW, SCALE = 24, 100.0
"""Years that are read, and what the numbers are divided by."""
VALIDATED, JUDGED = 1900, 1945
"""The first years of the second and the third part."""


def windows() -> tuple[Array, Array, Array]:
    """Return the years that are forecast (n,), those before x (n, 24), and the truth y (n, 1)."""
    year, spots = np.loadtxt(FOLDER / "data" / "sunspots.csv", delimiter=",", skiprows=1).T
    every = np.lib.stride_tricks.sliding_window_view(spots / SCALE, WINDOW + 1)
    return year[WINDOW:], every[:, :-1], every[:, -1:]


def rmse(p: Array, y: Array) -> float:
    """Return the root of the mean squared error, in sunspots."""
    return float(SCALE * np.sqrt(np.mean((p - y) ** 2)))


def regression(x: Array, y: Array) -> Array:
    """Return the weights of the linear forecast with the least squared error, the last a bias."""
    return np.linalg.lstsq(np.c_[x, np.ones(len(x))], y, rcond=None)[0]


def run(target: str = "numpy", seed: int = 0) -> dict[str, float]:
    """Train, and return the errors on the last years of three forecasts."""
    net = module("sunspots", target)
    year, x, y = (a.astype("float32") for a in windows())
    early, late = year < VALIDATED, year >= JUDGED
    middle = ~early & ~late
    params = fit_best(
        net, (x[early], y[early]), (x[middle], y[middle]), epochs=60, batch_size=16, seed=seed
    )
    weights = regression(x[~late], y[~late])
    return {
        "the LSTM": rmse(net.predict(params, x[late]), y[late]),
        "linear regression": rmse(np.c_[x[late], np.ones(late.sum())] @ weights, y[late]),
        "persistence": rmse(x[late, -1:], y[late]),
    }


if __name__ == "__main__":
    for forecast, error in run(*sys.argv[1:2]).items():
        print(f"{forecast:20} root mean squared error {error:.1f}")
