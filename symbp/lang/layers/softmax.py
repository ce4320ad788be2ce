"""Softmax and its logarithm, along the last axis.

Both are written as they are in books; that no exponential overflows is a rewrite's work.
"""

from __future__ import annotations

import sympy

from symbp.ir.syntax import Reduction
from symbp.lang.handles import Handle, Naming, Rule, axes
from symbp.lang.layers.common import naming as named
from symbp.lang.layers.common import with_axis


def softmax(z: Handle, name: str | None = None) -> Handle:
    """Return exp(z) / sum exp(z) along the last axis; the sum is a tensor of its own, p_Z.

    >>> from symbp.lang.tensors import input
    >>> softmax(input("z", "N", 3), name="p")
    value p[N,3]

    Raises:
        ShapeError: z has no axis.
    """
    naming = named("softmax", name)
    z = with_axis(z, "softmax")
    loops = axes(z.rank)
    Z = partition(z, naming)
    return Handle("value", z.shape, naming, [Rule(loops, sympy.exp(z[loops]) / Z[loops[:-1]])])


def log_softmax(z: Handle, name: str | None = None) -> Handle:
    """Return z - log(sum exp(z)) along the last axis.

    Raises:
        ShapeError: z has no axis.
    """
    naming = named("log_softmax", name)
    z = with_axis(z, "log_softmax")
    loops = axes(z.rank)
    Z = partition(z, naming)
    return Handle("value", z.shape, naming, [Rule(loops, z[loops] - sympy.log(Z[loops[:-1]]))])


def partition(z: Handle, naming: Naming) -> Handle:
    """Return the sum of exp(z) along the last axis, as the part Z of a layer."""
    loops = axes(z.rank)
    rule = Rule(loops[:-1], Reduction("sum", sympy.exp(z[loops]), loops[-1]))
    return Handle("value", z.shape[:-1], naming.part("Z"), [rule])
