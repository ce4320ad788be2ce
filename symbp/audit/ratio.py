"""When two gradients are the same but for a factor, and what that factor is called.

>>> ratio(np.array([[2.0], [4.0]]), np.array([1.0, 2.0]))
2.0
>>> called([14.0, 22.0], [{"N": 7}, {"N": 11}])
'2 N'
>>> called([0.5, 0.5], [{"N": 7}, {"N": 11}])
'1/2'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

TOLERANCE = 1e-6
"""Of the largest element: what is left of a gradient that is read off a small change."""


def ratio(got: Array, wanted: Array, spread: bool = False) -> float | None:
    """Return c with got = c wanted, up to rounding, or None where there is none; NaN for 0 = c 0.

    Args:
        spread: whether NumPy may have spread `wanted` over the axes of `got`, as in b -= db.
    """
    got, wanted = np.squeeze(got), np.squeeze(wanted)
    if spread and wanted.ndim < got.ndim and wanted.shape in (got.shape[got.ndim - wanted.ndim :],):
        wanted = np.broadcast_to(wanted, got.shape)
    if got.shape != wanted.shape or not np.all(np.isfinite(got)):
        return None
    size = float(np.sum(wanted * wanted))
    if size == 0:
        return np.nan if not got.any() else None
    c = float(np.sum(got * wanted)) / size
    error = float(np.max(np.abs(got - c * wanted), initial=0.0))
    largest = float(np.max(np.abs(got), initial=0.0))
    return c if error <= TOLERANCE * max(largest, 1e-12) else None


def same(a: float, b: float) -> bool:
    """Tell whether two factors are one; NaN is any."""
    return bool(np.isnan(a) or np.isnan(b) or abs(a - b) <= TOLERANCE * max(abs(a), abs(b)))


def called(factors: Sequence[float], sizes: Sequence[Mapping[str, int]]) -> str | None:
    """Return what a factor is called that was met with several sizes, or None where it varies."""
    names = dict.fromkeys(name for each in sizes for name in each)
    forms = [("", ""), *((f" {name}", name) for name in names), *((f"/{n}", n) for n in names)]
    for form, name in forms:
        power = 0 if not name else -1 if form.startswith("/") else 1
        pure = [
            c / each[name] ** power if name else c for c, each in zip(factors, sizes, strict=True)
        ]
        if all(same(p, pure[0]) for p in pure):
            number = _plain(pure[0])
            if form.startswith(" ") and number in ("1", "-1"):
                return f"{number[:-1]}{name}"
            return f"{number}{form}"
    return None


def _plain(number: float) -> str:
    """Return a number as a person would write it."""
    near = Fraction(number).limit_denominator(1000)
    return str(near) if near and same(float(near), number) else f"{number:.4g}"
