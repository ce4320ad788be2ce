"""Embeddings of whole numbers, and of the places of a sequence.

y[n,t,d] = E[tok[n,t], d]
y[n,t,d] = x[n,t,d] + P[t,d]      with P trained, or waves of geometric lengths
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr, Integer, Mod, Symbol, floor

from symbp.errors import ShapeError
from symbp.ir.functions import Where
from symbp.ir.program import index
from symbp.lang.handles import Handle, Rule, axes
from symbp.lang.initializers import Initial
from symbp.lang.layers.common import naming, positive, with_rank
from symbp.lang.tensors import extent, parameter

Init = Initial | Callable[[], Initial] | None


def embedding(
    tokens: Handle, units: int | None = None, *, init: Init = None, table: Handle | None = None,
    name: str | None = None,
) -> Handle:  # fmt: skip
    """Return row tok[n,t] of E (V, D) for each token 0 .. V-1.

    `table` is another tensor to read from, such as the E of another embedding.

    >>> from symbp.lang.tensors import input
    >>> y = embedding(input("tok", "N", "T", classes=50), 16, name="y")
    >>> y, y.part("E")
    (value y[N,T,16], param y_E[50,16])

    Raises:
        ShapeError: the tokens are no whole numbers with a bound, or the table does not suit them.
    """
    layer = naming("embedding", name)
    if not isinstance(tokens, Handle) or tokens.bound is None:
        raise ShapeError(
            f"embedding takes whole numbers with a bound, not {tokens!r}",
            remedy='Declare: input tok[N, T] in 50, or bp.input("tok", "N", "T", classes=50)',
        )
    if table is None:
        if units is None:
            raise ShapeError("how many features has a token?", remedy="Write embedding(tok, 16).")
        table = parameter(layer.part("E"), (tokens.bound, extent("embedding", units)), init)
    if not isinstance(table, Handle) or table.rank != 2 or table.shape[0] != tokens.bound or (
        units is not None and table.shape[1] != extent("embedding", units)
    ):  # fmt: skip
        raise ShapeError(
            f"the table {table!r} does not suit {tokens!r}",
            remedy=f"Give it one row for each token: E[{tokens.bound}, 16]",
        )
    loops = axes(tokens.rank + 1, "d") if tokens.rank else (index("d"),)
    rule = Rule(loops, table[tokens[loops[:-1]], loops[-1]])
    return Handle("value", (*tokens.shape, table.shape[1]), layer, [rule])


def learned_positions(x: Handle, *, init: Init = None, name: str | None = None) -> Handle:
    """Return x (N, T, D) plus P (T, D), trained; T is a whole number.

    >>> from symbp.lang.tensors import input
    >>> learned_positions(input("x", "N", 16, 8), name="y").part("P")
    param y_P[16,8]

    Raises:
        ShapeError: x is no sequence, or its length no whole number.
    """
    layer = naming("learned_positions", name)
    x = with_rank(x, "learned_positions", 3, "x[N, 16, 8]: samples, time, features")
    n, t, d = _loops()
    P = parameter(layer.part("P"), x.shape[1:], init)
    return Handle("value", x.shape, layer, [Rule((n, t, d), x[n, t, d] + P[t, d])])


def sinusoidal_positions(x: Handle, *, base: Any = 10000, name: str | None = None) -> Handle:
    """Return x (N, T, D) plus waves: sin(t / base^(2 i / D)) at 2 i, the cosine at 2 i + 1.

    Source: Vaswani et al., Attention is all you need (2017).

    >>> from symbp.lang.tensors import input
    >>> sinusoidal_positions(input("x", "N", "T", 8), name="y").part("waves")
    value y_waves[T,8]

    Raises:
        ShapeError: x is no sequence.
    """
    layer = naming("sinusoidal_positions", name)
    x = with_rank(x, "sinusoidal_positions", 3, "x[N, T, 8]: samples, time, features")
    n, t, d = _loops()
    angle = t * sympy.exp(-sympy.log(positive("base", base)) * 2 * floor(d / 2) / x.shape[2])
    wave = Where(sympy.Eq(Mod(d, Integer(2)), 0), sympy.sin(angle), sympy.cos(angle))
    given: dict[Symbol, Expr] = {t: x.shape[1], d: x.shape[2]}
    waves = Handle("value", x.shape[1:], layer.part("waves"), [Rule((t, d), wave, given=given)])
    return Handle("value", x.shape, layer, [Rule((n, t, d), x[n, t, d] + waves[t, d])])


def _loops() -> tuple[Symbol, Symbol, Symbol]:
    return index("n"), index("t"), index("d")
