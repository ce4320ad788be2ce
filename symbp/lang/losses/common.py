"""Means over elements or samples, with weights and masks.

    sum[n](w[n] l[n]) / sum[n](w[n])      w the weights, 0 where the mask is 0

A masked element counts for nothing, whatever its loss is; where nothing counts, the mean is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer, Mul, Ne, Symbol

from symbp.errors import LanguageError, ShapeError
from symbp.ir.functions import Where
from symbp.ir.syntax import Reduction
from symbp.lang.handles import Handle, Naming, Rule, Shape, scalar
from symbp.lang.naming import valid_name


def named(word: str, name: str | None) -> Naming:
    """Return the naming of a loss: its word, and a name where the caller gives one."""
    return Naming(word, None if name is None else valid_name(name))


def one(naming: Naming, body: Expr) -> Handle:
    """Return the loss of a formula, one number."""
    return Handle("value", (), naming, [Rule((), body)], inline=True)


def positive(word: str, given: Any, zero: bool = False) -> Expr:
    """Return a number or hyper-parameter of a loss; raise where it is not above 0."""
    value: Expr = scalar(given)
    if value.is_number and not (value.is_nonnegative if zero else value.is_positive):
        raise LanguageError(
            f"{word} is {given}",
            remedy=f"Give a number {'from 0 on' if zero else 'above 0'}: {word}=1",
        )
    return value


@dataclass(frozen=True, slots=True)
class Weights:
    """What each element counts: both tensors have the first axes of what is averaged."""

    mask: Handle | None = None
    weights: Handle | None = None

    def check(self, shape: Shape) -> None:
        """Raise where the mask or the weights do not belong to elements of this shape."""
        for word, given in (("mask", self.mask), ("weights", self.weights)):
            fits = given is None or (
                isinstance(given, Handle) and given.rank and given.shape == shape[: given.rank]
            )
            if not fits:
                shown = ", ".join(map(str, shape))
                raise ShapeError(
                    f"{word}={given!r} does not suit a loss over [{shown}]",
                    remedy=f"Give it the first axes of that: input {word}[{shown}]",
                )

    def of(self, loops: tuple[Symbol, ...]) -> Expr:
        """Return what the element at some indices counts."""
        given = [h for h in (self.mask, self.weights) if h is not None]
        return Mul(*(h[loops[: h.rank]] for h in given))

    def over(self, body: Expr, loops: tuple[Symbol, ...]) -> Expr:
        """Return the body times its weight, and 0 where it is masked."""
        weighted = self.weights[loops[: self.weights.rank]] * body if self.weights else body
        if self.mask is None:
            return weighted
        m = self.mask[loops[: self.mask.rank]]
        return Where(Ne(m, 0), m * weighted, 0)

    def __bool__(self) -> bool:
        return self.mask is not None or self.weights is not None


def averaged(
    naming: Naming, body: Expr, loops: tuple[Symbol, ...], shape: Shape, weights: Weights,
    own: Expr | None = None, inner: tuple[Symbol, ...] = (),
) -> Handle:  # fmt: skip
    """Return the weighted mean of a body over its loops, summed over `inner` besides.

    Args:
        own: a weight that the element brings itself, such as that of its class.
    """
    weights.check(shape)
    if not weights and own is None:
        if not loops:
            return one(naming, Reduction("sum", body, *inner) if inner else body)
        if not inner:
            return one(naming, Reduction("mean", body, *loops))
        return one(naming, Reduction("sum", body, *loops, *inner) / Mul(*shape))
    scale = Integer(1) if own is None else own
    if not loops:  # a single sample: its own weight cancels
        return one(naming, Reduction("sum", body, *inner) if inner else body)
    total = Handle(
        "value", (), naming.part("total"),
        [Rule((), Reduction("sum", weights.of(loops) * scale, *loops),
              given=dict(zip(loops, shape, strict=True)))],
    )  # fmt: skip
    part = Reduction("sum", weights.over(scale * body, loops), *loops, *inner)
    return one(naming, part / Where(Ne(total[()], 0), total[()], 1))
