"""Slopes from values alone: extrapolated differences that know kinks and their own error.

    C(h) = (f(h) - f(-h)) / 2h          R(h) = (4 C(h/2) - C(h)) / 3       f'(0) = R(h) + O(h^4)
    J(h) = (f(h) - 2 f(0) + f(-h)) / h              (J(h) - 10 J(h/2) + 16 J(h/4)) / 7 = J0 + O(h^5)

A step that crosses a kink shows: R(h) and R(h/2) differ, or the gap J0 between the slopes on the
two sides does not vanish. (J has only odd powers of h, so these weights are Richardson's.) Then the
step is halved, until it may no longer reach it; a kink that stays at every step lies where the
slope is taken. No difference can tell then which slope between those of the two sides it should be;
both are told.

>>> cubic = slope(lambda s: (1 + s) ** 3, step=1e-3, noise=1e-15, tolerance=1e-9)
>>> round(cubic.low, 9), cubic.low == cubic.high, cubic.error < 1e-9
(3.0, True, True)
>>> corner = slope(abs, step=1e-3, noise=1e-15, tolerance=1e-9)
>>> corner.kink, round(corner.low, 6), round(corner.high, 6)
(True, -1.0, 1.0)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

HALVINGS = 24
"""From the first step on; fewer where rounding makes smaller steps worse."""


@dataclass(frozen=True, slots=True)
class Slope:
    """The slopes on the two sides, the smaller first: one number where there is no kink."""

    low: float
    high: float
    error: float
    """How far off they may be, estimated."""
    kink: bool = False


def slope(f: Callable[[float], float], step: float, noise: float, tolerance: float) -> Slope:
    """Return f'(0), or the slopes on both sides where the function has a kink there.

    Args:
        f: a function of the distance from the point.
        step: the largest step to try.
        noise: how far rounding may move a value of f.
        tolerance: how well two estimates have to agree to be believed at once.
    """
    middle = f(0.0)
    ahead, behind = [f(step), f(step / 2)], [f(-step), f(-step / 2)]
    best: Slope | None = None
    sides: Slope | None = None
    for k in range(HALVINGS):
        h = step / 2**k
        if k and best is not None and rounding(noise, h) > max(best.error, tolerance):
            break
        ahead.append(f(h / 4))
        behind.append(f(-h / 4))
        smooth, jump = _central(middle, ahead[k:], behind[k:], h)
        doubt = rounding(noise, h)
        if smooth.error <= tolerance + doubt and abs(jump) <= tolerance + doubt:
            return Slope(smooth.low, smooth.high, smooth.error + doubt)
        both = _sides(middle, ahead[k:], behind[k:], h)
        both = Slope(both.low, both.high, both.error + doubt, kink=True)
        sides = both if sides is None or both.error < sides.error else sides
        off = Slope(smooth.low, smooth.high, max(smooth.error, abs(jump)) + doubt)
        best = off if best is None or off.error < best.error else best
    assert best is not None
    assert sides is not None
    return sides if sides.high - sides.low > 4 * sides.error else best


def _central(
    middle: float, ahead: list[float], behind: list[float], h: float
) -> tuple[Slope, float]:
    pairs = tuple(zip((1, 2, 4), ahead, behind, strict=True))
    c1, c2, c4 = (k * (a - b) / (2 * h) for k, a, b in pairs)
    j1, j2, j4 = (k * (a - 2 * middle + b) / h for k, a, b in pairs)
    coarse, fine = (4 * c2 - c1) / 3, (4 * c4 - c2) / 3
    return Slope(fine, fine, abs(coarse - fine)), (j1 - 10 * j2 + 16 * j4) / 7


def _sides(middle: float, ahead: list[float], behind: list[float], h: float) -> Slope:
    """Extrapolate the slopes of both sides, which have every power of h."""
    found, errors = [], []
    for values, sign in ((ahead, 1), (behind, -1)):
        d1, d2, d4 = (sign * k * (v - middle) / h for k, v in zip((1, 2, 4), values, strict=True))
        coarse, fine = 2 * d2 - d1, 2 * d4 - d2
        found.append((4 * fine - coarse) / 3)
        errors.append(abs(found[-1] - fine))
    return Slope(min(found), max(found), max(errors))


def rounding(noise: float, h: float) -> float:
    """Return how far rounding can move an estimate at a step, with all weights above counted."""
    return 100 * noise / h
