"""What layers share: their names, and arguments that are checked with a remedy.

>>> sizes("kernel", 3, 2), sizes("stride", (1, 2), 2)
((3, 3), (1, 2))
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sympy import Expr, Integer, Symbol

from symbp.errors import LanguageError, ShapeError
from symbp.ir.program import index
from symbp.lang.functions import activation as activated
from symbp.lang.handles import Handle, Naming, Rule, Shape, exact, plain
from symbp.lang.initializers import constant
from symbp.lang.naming import valid_name
from symbp.lang.tensors import parameter


def naming(word: str, name: str | None) -> Naming:
    """Return the naming of a layer: its word, and a name where the caller gives one."""
    return Naming(word, None if name is None else valid_name(name))


def with_axis(x: Any, layer: str) -> Handle:
    """Return a tensor with at least one axis, or raise."""
    if not isinstance(x, Handle) or x.rank == 0:
        raise ShapeError(
            f"{layer} works along the last axis of a tensor, and {x!r} has none",
            remedy=f"Give it a tensor such as x[N, 4]: {layer}(x, ...)",
        )
    return x


def with_rank(x: Any, layer: str, rank: int, example: str, least: bool = False) -> Handle:
    """Return a tensor of real numbers of this rank (or at least of it), or raise."""
    fits = isinstance(x, Handle) and (x.rank == rank or (least and x.rank > rank))
    if not fits or x.bound is not None:
        more = " or more" if least else ""
        raise ShapeError(
            f"{layer} takes a tensor of rank {rank}{more}, not {x!r}",
            remedy=f"Give it a tensor such as {example}.",
        )
    return x  # type: ignore[no-any-return]


def whole(word: str, given: Any, least: int = 1) -> int:
    """Return a whole number, or raise where it is none or too small."""
    n = plain(given)
    if not isinstance(n, Integer) or n < least:
        raise LanguageError(
            f"{word} is {given}", remedy=f"Give a whole number from {least} on: {word}={least + 1}"
        )
    return int(n)


def sizes(word: str, given: Any, count: int, least: int = 1) -> tuple[int, ...]:
    """Return one whole number for each axis of an image; a single number is for all."""
    parts = tuple(given) if isinstance(given, tuple | list) else (given,) * count
    if len(parts) != count:
        raise LanguageError(
            f"{word} has {len(parts)} numbers, and there {_are(count)} here",
            remedy=f"Give one number, or one for each axis: {word}={(3,) * count}",
        )
    return tuple(whole(word, part, least) for part in parts)


def _are(count: int) -> str:
    return "is one axis" if count == 1 else f"are {count} axes"


def divided(word: str, extent: Expr, parts: int, x: Handle) -> int:
    """Return the extent of an axis over a number of parts, or raise where it is no multiple."""
    if not extent.is_Integer or int(extent) % parts:
        raise ShapeError(
            f"{extent} features can't be divided into {parts} {word}: {x!r}",
            remedy=f"Let the number of {word} divide that of the features.",
        )
    return int(extent) // parts


def positive(word: str, given: Any) -> Expr:
    """Return a number or a hyper-parameter; raise where it is no positive one."""
    value = given[()] if isinstance(given, Handle) and not given.rank else exact(given)
    if not isinstance(value, Expr) or (value.is_number and not value.is_positive):
        raise LanguageError(f"{word} is {given}", remedy=f"Give a number above 0: {word}=0.00001")
    return value


def share(word: str, given: Any) -> Expr:
    """Return a number from 0 on and below 1, or a hyper-parameter; raise where it is none."""
    value = given[()] if isinstance(given, Handle) and not given.rank else exact(given)
    if not isinstance(value, Expr) or (value.is_number and not (value >= 0 and value < 1)):
        raise LanguageError(
            f"{word} is {given}", remedy=f"Give a number from 0 on and below 1: {word}=0.5"
        )
    return value


def symbols(names: Iterable[str]) -> tuple[Symbol, ...]:
    """Return indices of these names."""
    return tuple(map(index, names))


def gain(naming: Naming, word: str, features: Expr) -> Handle:
    """Return a parameter of a normalisation that begins with ones."""
    return parameter(naming.part(word), (features,), constant(1))


def with_activation(
    activation: Any, shape: Shape, naming: Naming, loops: tuple[Symbol, ...],
    rules: list[Rule],
) -> Handle:  # fmt: skip
    """Return f(z) for the tensor z that rules define, or z itself where there is no f."""
    f = activated(activation)
    if f is None:
        return Handle("value", shape, naming, rules)
    z = Handle("value", shape, naming.part("z"), rules)
    return Handle("value", shape, naming, [Rule(loops, exact(f(z[loops])))])
