"""Small random numbers that suit a network: what it is fed and where its gradient is taken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symbp.ir.program import Program, Tensor

Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]

SMALLEST = 3
"""The first symbolic size; the next are one more each, so that no two axes are confused."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Parameters and data, and the sizes that they show."""

    params: Arrays
    data: Arrays
    sizes: dict[str, int]
    noise: Arrays
    """What the first step of the seed 0 draws."""


def draw(program: Program, initial: Mapping[str, Any], dtype: str, seed: int) -> Sample:
    """Return parameters near their initial values, and data by role and shape.

    Inputs are normal, targets uniform in 0..1 (which suits cross-entropies too), labels uniform
    in their range. The parameters are moved a little: zeros are where kinks lie.
    """
    rng = np.random.default_rng(seed)
    extents: dict[Expr, int] = {s: SMALLEST + k for k, s in enumerate(program.sizes())}
    params = {
        t.name: np.array(initial[t.name] + 0.1 * rng.standard_normal(_shape(t, extents)), dtype)
        for t in program.having("param")
    }
    data: Arrays = {}
    for tensor in program.having("input", "target", "label"):
        data[tensor.name] = _values(tensor, extents, dtype, rng)
    noise = {
        t.name: drawn(_shape(t, extents), dtype, which)
        for which, t in enumerate(program.having("noise"))
    }
    return Sample(params, data, {str(s): n for s, n in extents.items()}, noise)


def numbers(program: Program, seed: int) -> tuple[Arrays, dict[str, int]]:
    """Return values for all that a program is given, and its sizes, as small as they tell apart.

    Weights are small, so that nothing saturates; vectors are around 1/2, as variances have to be.
    """
    rng = np.random.default_rng(seed)
    extents: dict[Expr, int] = {s: 2 + k for k, s in enumerate(program.sizes())}
    found: Arrays = {}
    for tensor in program.given():
        if tensor.role in ("param", "state"):
            shape = _shape(tensor, extents)
            values = rng.standard_normal(shape)
            fan = max(shape[0], math.prod(shape[1:])) if len(shape) > 1 else 4
            found[tensor.name] = values / math.sqrt(fan) + (0.5 if len(shape) < 2 else 0.0)
        elif tensor.role == "noise":
            found[tensor.name] = rng.uniform(size=_shape(tensor, extents))
        elif tensor.role != "hyper" or tensor.default is None:
            found[tensor.name] = _values(tensor, extents, "float64", rng)
    return found, {str(s): n for s, n in extents.items()}


def drawn(shape: tuple[int, ...], dtype: str, which: int) -> np.ndarray[Any, np.dtype[Any]]:
    """Return the noise that a module draws with seed 0 for its tensor of this number.

    splitmix64, literally: a state that grows by the golden ratio, and each state mixed.
    """
    bits = 53 if dtype == "float64" else 24
    state = _mixed((_mixed(_mixed(0)) + which) % 2**64)
    values = []
    for _ in range(int(np.prod(shape, dtype=np.int64))):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        values.append((_mixed(state) >> (64 - bits)) / 2**bits)
    return np.array(values, dtype).reshape(shape)


def _mixed(z: int) -> int:
    """Mix 64 bits as splitmix64 does (Steele, Lea and Flood 2014)."""
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return z ^ (z >> 31)


def _values(
    tensor: Tensor, extents: Mapping[Expr, int], dtype: str, rng: np.random.Generator
) -> np.ndarray[Any, np.dtype[Any]]:
    shape = _shape(tensor, extents)
    if tensor.bound is not None:
        return rng.integers(0, int(tensor.bound.xreplace(dict(extents))), shape)
    values = rng.uniform(size=shape) if tensor.role == "target" else rng.standard_normal(shape)
    return np.asarray(values, dtype=dtype)


def _shape(tensor: Tensor, extents: Mapping[Expr, int]) -> tuple[int, ...]:
    return tuple(int(n.xreplace(dict(extents))) for n in tensor.shape)


def work(program: Program, sizes: Mapping[str, int]) -> int:
    """Return how many times the reference evaluates a body in one run."""
    extents = {Symbol(k, integer=True, positive=True): n for k, n in sizes.items()}
    return sum(
        int(np.prod([int(n.xreplace(extents)) for _, n in e.ranges], dtype=np.int64))
        for e in program.equations
    )
