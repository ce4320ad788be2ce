"""Attention: each place of a sequence reads a mean of all others, weighed by likeness.

    s[n,h,t,u] = sum[d](q[n,t,h,d] k[n,u,h,d]) / sqrt(D)
    p[n,h,t,u] = exp(s[n,h,t,u]) / sum[u](exp(s[n,h,t,u]))
    y[n,t,h,e] = sum[u](p[n,h,t,u] v[n,u,h,e])

The heads lie side by side in the features: head h has the features h D to h D + D - 1. What a
place may not read has the score -10^9, whose exponential is exactly zero beside any other.

Source: Vaswani et al., Attention is all you need (2017).
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, Integer, Symbol

from symbp.errors import ShapeError
from symbp.ir.functions import Where
from symbp.ir.syntax import Reduction
from symbp.lang.handles import Handle, Naming, Rule
from symbp.lang.layers.common import divided, naming, symbols, whole, with_rank
from symbp.lang.layers.softmax import partition
from symbp.lang.tensors import extent, parameter

HIDDEN = -(10**9)
"""The score of what may not be read."""


def attention(
    query: Handle, key: Handle, value: Handle, *, heads: int = 1, causal: bool = False,
    mask: Handle | None = None, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the values v (N, U, E), averaged for each query q (N, T, D) by its likeness to k.

    Args:
        key: k (N, U, D); D and E are those of all heads together.
        causal: place t reads places 0 .. t only.
        mask: (N, U) with 1 where there is a key and 0 where there is none, for ragged lengths.
            Where a sample has no key at all, all of its keys count alike.

    >>> from symbp.lang.tensors import input
    >>> q, k = input("q", "N", "T", 8), input("k", "N", "U", 8)
    >>> y = attention(q, k, k, heads=2, name="y")
    >>> y, y.part("p")
    (value y[N,T,8], value y_p[N,2,T,U])

    Raises:
        ShapeError: the shapes do not fit, or the heads do not divide the features.
    """
    layer = naming("attention", name)
    return _attended(layer, layer, (query, key, value), heads, causal, mask)


def _attended(
    layer: Naming, own: Naming, operands: tuple[Handle, Handle, Handle], heads: Any, causal: bool,
    mask: Handle | None,
) -> Handle:  # fmt: skip
    """Return what the queries read, called `own`; all else is a part of the layer."""
    q, k, v = (with_rank(a, "attention", 3, "x[N, T, 8]") for a in operands)
    alike = q.shape[::2] == k.shape[::2] and k.shape[:2] == v.shape[:2]
    if not alike or (causal and q.shape[1] != k.shape[1]):
        raise ShapeError(
            f"attention of {q!r} to {k!r} with {v!r}: the shapes do not fit",
            remedy="Give q[N, T, D], k[N, U, D] and v[N, U, E]; with causal, T and U are one size.",
        )
    count = whole("heads", heads)
    D, E = (divided("heads", a.shape[2], count, a) for a in (k, v))
    n, h, t, u, d, e = symbols("nhtude")
    shape = (q.shape[0], Integer(count), q.shape[1], k.shape[1])
    given: dict[Symbol, Expr] = {h: Integer(count), d: Integer(D), e: Integer(E)}
    likeness = Reduction("sum", q[n, t, h * D + d] * k[n, u, h * D + d], d) / sympy.sqrt(D)
    s = Handle("value", shape, layer.part("s"), [Rule((n, h, t, u), likeness, given=given)])
    seen = _seen(s, mask, causal, k)
    if seen is not None:
        body = Where(seen, s[n, h, t, u], HIDDEN)
        s = Handle("value", shape, layer.part("seen"), [Rule((n, h, t, u), body)])
    Z = partition(s, layer)
    body = sympy.exp(s[n, h, t, u]) / Z[n, h, t]
    p = Handle("value", shape, layer.part("p"), [Rule((n, h, t, u), body)])
    mean = Reduction("sum", p[n, h, t, u] * v[n, u, h * E + e], u)
    rule = Rule((n, t, h * E + e), mean, given=given)
    return Handle("value", (*q.shape[:2], v.shape[2]), own, [rule])


def _seen(s: Handle, mask: Handle | None, causal: bool, key: Handle) -> Any:
    """Return the condition under which place t of sample n reads place u, or None for always."""
    n, t, u = symbols("ntu")
    conditions = [u <= t] if causal else []
    if mask is not None:
        if not isinstance(mask, Handle) or mask.shape != key.shape[:2]:
            raise ShapeError(
                f"the mask {mask!r} does not suit {key!r}",
                remedy="Give one number for each key: input mask[N, U], 1 or 0",
            )
        conditions.append(mask[n, u] > 0)
    return sympy.And(*conditions) if conditions else None


def multi_head_attention(
    x: Handle, heads: int, *, context: Handle | None = None, units: int | None = None,
    causal: bool = False, mask: Handle | None = None, bias: bool = True,
    name: str | None = None,
) -> Handle:  # fmt: skip
    """Return attention of x (N, T, D) to a context (N, U, C), itself when left out.

    The queries, keys and values are x and the context times matrices Wq, Wk, Wv; what the heads
    have read is led back to D features by Wo. `units` is the width of all heads together, D when
    left out.

    >>> from symbp.lang.tensors import input
    >>> y = multi_head_attention(input("x", "N", "T", 32), 4, causal=True, name="y")
    >>> y, y.part("Wq"), y.part("bo")
    (value y[N,T,32], param y_Wq[32,32], param y_bo[32])

    Raises:
        ShapeError: the shapes do not fit, or the heads do not divide the width.
    """
    layer = naming("multi_head_attention", name)
    x = with_rank(x, "multi_head_attention", 3, "x[N, T, 32]")
    source = x if context is None else with_rank(context, "multi_head_attention", 3, "c[N, U, 32]")
    width = x.shape[2] if units is None else extent("units", units)
    n, t, i, j = symbols("ntij")

    def led(a: Handle, word: str, out: Expr) -> Handle:
        W = parameter(layer.part(f"W{word}"), (a.shape[2], out))
        rules = [Rule((n, t, j), Reduction("sum", a[n, t, i] * W[i, j], i))]
        if bias:
            rules.append(Rule((n, t, j), parameter(layer.part(f"b{word}"), (out,))[j]))
        own = layer if word == "o" else layer.part(word)
        return Handle("value", (*a.shape[:2], out), own, rules)

    q, k, v = led(x, "q", width), led(source, "k", width), led(source, "v", width)
    read = _attended(layer, layer.part("heads"), (q, k, v), heads, causal, mask)
    return led(read, "o", x.shape[2])
