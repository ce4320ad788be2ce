"""Losses of how near samples lie to each other; features lie along the last axis."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Rational, sqrt

from symbp.errors import ShapeError
from symbp.ir.functions import relu
from symbp.ir.syntax import Reduction
from symbp.lang.handles import Handle, Naming, Rule, axes
from symbp.lang.losses.common import Weights, averaged, named, positive
from symbp.lang.losses.elements import alike

NEAR = Rational(1, 10**12)
"""Added to a squared distance before its root is taken, whose slope at 0 would be infinite."""


def triplet(
    anchor: Handle, match: Handle, negative: Handle, margin: Any = 1, *,
    mask: Handle | None = None, weights: Handle | None = None, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return mean(max(0, |a - p|^2 - |a - n|^2 + margin)) over the samples.

    Weights: see `cross_entropy`. Source: Schroff, Kalenichenko and Philbin 2015.

    >>> from symbp.lang.tensors import input
    >>> a, p, n = (input(name, "N", 4) for name in "apn")
    >>> triplet(a, p, n, margin=0.2)
    value triplet

    Raises:
        ShapeError: the shapes differ.
    """
    alike("triplet", anchor, match, negative)
    naming, loops = named("triplet", name), _samples("triplet", anchor)
    near = _distance(anchor, match, naming.part("near"))[loops]
    far = _distance(anchor, negative, naming.part("far"))[loops]
    body = relu(near - far + positive("margin", margin))
    return averaged(naming, body, loops, anchor.shape[:-1], Weights(mask, weights))


def contrastive(
    p: Handle, q: Handle, y: Handle, margin: Any = 1, *, mask: Handle | None = None,
    weights: Handle | None = None, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return mean(y d^2 + (1 - y) max(0, margin - d)^2) / 2 with d the distance of p and q.

    y[N] is 1 for pairs that belong together and 0 for others. d is sqrt(|p - q|^2 + 1e-12), whose
    slope is finite where the two are equal. Weights: see `cross_entropy`. Source: Hadsell, Chopra
    and LeCun 2006.

    >>> from symbp.lang.tensors import input, target
    >>> contrastive(input("p", "N", 4), input("q", "N", 4), target("y", "N"))
    value contrastive

    Raises:
        ShapeError: p and q differ, or y has not one number for each pair.
    """
    alike("contrastive", p, q)
    naming, loops = named("contrastive", name), _samples("contrastive", p)
    if not isinstance(y, Handle) or y.shape != p.shape[:-1]:
        raise ShapeError(
            f"contrastive takes one number for each pair, not {y!r}",
            remedy="Declare: target y[N], 1 for pairs that belong together, else 0",
        )
    square = _distance(p, q, naming.part("square"))[loops]
    together: Expr = y[loops]
    apart = relu(positive("margin", margin) - sqrt(square + NEAR)) ** 2
    body = (together * square + (1 - together) * apart) / 2
    return averaged(naming, body, loops, p.shape[:-1], Weights(mask, weights))


def _samples(word: str, p: Handle) -> tuple[Any, ...]:
    if p.rank < 2:
        raise ShapeError(f"{word} compares samples, not {p!r}", remedy="Give tensors p[N, 4].")
    return axes(p.rank)[:-1]


def _distance(p: Handle, q: Handle, naming: Naming) -> Handle:
    """Return the squared distance of two tensors along the last axis."""
    loops = axes(p.rank)
    rule = Rule(loops[:-1], Reduction("sum", (p[loops] - q[loops]) ** 2, loops[-1]))
    return Handle("value", p.shape[:-1], naming, [rule])
