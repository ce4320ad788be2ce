"""How parameters begin: descriptions only, which the emitters turn into code.

>>> uniform(-0.1, 0.1)
Initial(kind='uniform', arguments=(-0.1, 0.1))

With `fan_in` the first axis of a weight and `fan_out` its last:

    glorot_uniform   U(-r, r), r = sqrt(6 / (fan_in + fan_out))      Glorot and Bengio 2010
    glorot_normal    N(0, s),  s = sqrt(2 / (fan_in + fan_out))
    he_uniform       U(-r, r), r = sqrt(6 / fan_in)                  He et al. 2015
    he_normal        N(0, s),  s = sqrt(2 / fan_in)
    lecun_uniform    U(-r, r), r = sqrt(3 / fan_in)                  LeCun et al. 1998
    lecun_normal     N(0, s),  s = sqrt(1 / fan_in)
    orthogonal       gain times a matrix with orthonormal rows or columns    Saxe et al. 2014
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from symbp.errors import LanguageError


@dataclass(frozen=True, slots=True)
class Initial:
    """The distribution that a parameter is drawn from, or the constant that it begins with."""

    kind: str
    arguments: tuple[float, ...] = ()

    def suits(self, name: str, rank: int) -> Initial:
        """Return it, or raise where a parameter of this rank has no fan-in and fan-out."""
        if rank < 2 and self.kind.startswith(("glorot", "he", "lecun", "orthogonal")):
            raise LanguageError(
                f"{self.kind} needs an axis in and an axis out; {name} has rank {rank}",
                remedy="Use zeros, constant(value), uniform(low, high) or normal(std).",
            )
        return self

    def of_kernel(self, fan_in: float, fan_out: float) -> Initial:
        """Return it for a kernel, whose axes do not tell how much goes in and out.

        >>> he_normal.of_kernel(8, 4)
        Initial(kind='normal', arguments=(0.5,))
        """
        family, _, law = self.kind.partition("_")
        means = {"glorot": (fan_in + fan_out) / 2, "he": fan_in / 2, "lecun": fan_in}
        if family not in means:
            return self
        if law == "normal":
            return Initial("normal", (means[family] ** -0.5,))
        limit = (3 / means[family]) ** 0.5
        return Initial("uniform", (-limit, limit))


glorot_uniform = Initial("glorot_uniform")
glorot_normal = Initial("glorot_normal")
he_uniform = Initial("he_uniform")
he_normal = Initial("he_normal")
lecun_uniform = Initial("lecun_uniform")
lecun_normal = Initial("lecun_normal")
zeros = Initial("zeros")


def orthogonal(gain: float = 1.0) -> Initial:
    """Return `gain` times a matrix with orthonormal rows or columns, whichever are fewer."""
    return Initial("orthogonal", (_number(gain),))


def uniform(low: float, high: float) -> Initial:
    """Return the uniform distribution on low .. high."""
    found = _number(low), _number(high)
    if not found[0] < found[1]:
        raise LanguageError(
            f"uniform({low}, {high}) is empty", remedy="Write uniform(low, high) with low < high."
        )
    return Initial("uniform", found)


def normal(std: float) -> Initial:
    """Return the normal distribution around 0 with this standard deviation."""
    if not _number(std) > 0:
        raise LanguageError(f"normal({std}) has no width", remedy="Write normal(0.1), or zeros.")
    return Initial("normal", (_number(std),))


def constant(value: float) -> Initial:
    """Return the same value for all elements."""
    return Initial("constant", (_number(value),))


def _number(value: float) -> float:
    """Return a finite number, or raise."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise LanguageError(
            f"{value} is no finite number", remedy="Write numbers: uniform(-0.1, 0.1)"
        )
    return found


INITIALIZERS: dict[str, Initial | Callable[..., Initial]] = {
    "glorot_uniform": glorot_uniform,
    "glorot_normal": glorot_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "lecun_uniform": lecun_uniform,
    "lecun_normal": lecun_normal,
    "zeros": zeros,
    "orthogonal": orthogonal,
    "uniform": uniform,
    "normal": normal,
    "constant": constant,
}
"""Every initialiser by its name in the text form."""


def initial(given: Initial | Callable[[], Initial] | None, name: str, rank: int) -> Initial:
    """Return how a parameter begins; vectors and scalars with zeros when nothing is said."""
    if given is None:
        return zeros if rank < 2 else glorot_uniform
    found = given() if callable(given) else given
    if not isinstance(found, Initial):
        raise LanguageError(
            f"{given} is no initialiser",
            remedy=f"Known are {', '.join(INITIALIZERS)}.",
        )
    return found.suits(name, rank)
