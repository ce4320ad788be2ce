"""Small real data that comes with the package: handwritten digits.

See NOTICE.md beside this file for where it is from and its licence.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def digits() -> tuple[Array, Array]:
    """Return 1,797 handwritten digits: images x (1797, 64) in 0..1 and labels t (1797,).

    >>> x, t = digits()
    >>> x.shape, t.shape, float(x.max()), sorted(set(t.tolist()))
    ((1797, 64), (1797,), 1.0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])

    A row is an image of 8 by 8 pixels, line by line; each pixel says how much of it is inked.
    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
    Learning Repository (1998), https://doi.org/10.24432/C50P49; the test set; CC BY 4.0.
    """
    with np.load(Path(__file__).with_name("digits.npz"), allow_pickle=False) as stored:
        return stored["x"] / 16.0, stored["t"].astype(np.int64)


def digits_network() -> Path:
    """Return the path of the network that `symbp demo` trains on them."""
    return Path(__file__).with_name("digits.bp")
