"""Slopes from values alone: central differences, extrapolated, that know kinks.

    C(h) = (f(h) - f(-h)) / 2h          R(h) = (4 C(h/2) - C(h)) / 3       f'(0) = R(h) + O(h^4)
    J(h) = (f(h) - 2 f(0) + f(-h)) / h              (J(h) - 10 J(h/2) + 16 J(h/4)) / 7 = J0 + O(h^5)

A step that crosses a kink shows: R(h) and R(h/2) differ, or the gap J0 between the slopes on the
two sides does not vanish. (J has only odd powers of h, so these weights are Richardson's.) Then a
smaller step is tried, which may no longer reach it; a kink that stays at every step lies where the
slope is taken, and no difference can tell what it should be.

>>> round(slope(lambda s: (1 + s) ** 3, steps=(1e-3,), noise=1e-15, tolerance=1e-9), 9)
3.0
>>> slope(abs, steps=(1e-3, 1e-4), noise=1e-15, tolerance=1e-9) is None
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence


def slope(
    f: Callable[[float], float], steps: Sequence[float], noise: float, tolerance: float
) -> float | None:
    """Return f'(0), or None where the function has a kink there.

    Args:
        f: a function of the distance from the point.
        steps: the steps to try, the largest first.
        noise: how far rounding may move a value of f.
        tolerance: how well two estimates have to agree to be believed.
    """
    middle = f(0.0)
    for h in steps:
        ahead = [f(h / k) for k in (1, 2, 4)]
        behind = [f(-h / k) for k in (1, 2, 4)]
        pairs = tuple(zip((1, 2, 4), ahead, behind, strict=True))
        c1, c2, c4 = (k * (a - b) / (2 * h) for k, a, b in pairs)
        j1, j2, j4 = (k * (a - 2 * middle + b) / h for k, a, b in pairs)
        coarse, fine = (4 * c2 - c1) / 3, (4 * c4 - c2) / 3
        jump = (j1 - 10 * j2 + 16 * j4) / 7
        allowed = tolerance + rounding(noise, h)
        if abs(coarse - fine) <= allowed and abs(jump) <= allowed:
            return fine
    return None


def rounding(noise: float, h: float) -> float:
    """Return how far rounding can move an estimate at a step, with all weights above counted."""
    return 100 * noise / h
