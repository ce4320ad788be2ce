"""Recurrent layers: rnn, lstm, gru, and both directions of one.

>>> from symbp.lang.tensors import input
>>> h = lstm(input("x", "N", "T", 16), 32, name="h")
>>> h, h.part("W"), h.part("U"), h.part("c")
(value h[N,32], param h_W[16,4,32], param h_U[32,4,32], value h_c[T + 1,N,32])

Each is a scan over the steps of x (N, T, D); what it carries has the step as its first axis, so
that one step lies in one piece. Gates have an axis of their own in W (D, gates, H), U (H, gates, H)
and b (gates, H). The result is the last state (N, H), or with `sequence` all of them (N, T, H).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Integer

from symbp.errors import LanguageError, ShapeError
from symbp.ir.functions import Where
from symbp.ir.program import index
from symbp.ir.syntax import Reduction
from symbp.lang.functions import activation as activated
from symbp.lang.functions import sigmoid, tanh
from symbp.lang.handles import Handle, Naming, Rule, Shape, Steps, exact
from symbp.lang.initializers import Initial, uniform, zeros
from symbp.lang.naming import valid_name
from symbp.lang.tensors import extent, parameter

_t, _n, _g, _i, _j, _k = (index(name) for name in "tngijk")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A recurrence in the making: x (N, T, D), the steps, and which are before and after one."""

    x: Handle
    units: Expr
    naming: Naming
    steps: Steps
    mask: Handle | None
    init: Initial

    @property
    def before(self) -> Expr:
        return _t + 1 if self.steps.reverse else _t

    @property
    def after(self) -> Expr:
        return _t if self.steps.reverse else _t + 1

    def value(self, word: str, *shape: Expr) -> Handle:
        return Handle("value", shape, self.naming.part(word))

    def carried(self, word: str) -> Handle:
        """Return a state (T + 1, N, H) that begins with 0."""
        state = self.value(word, self.steps.extent + 1, self.x.shape[0], self.units)
        first = self.steps.extent if self.steps.reverse else Integer(0)
        state.rules.append(Rule((first, _n, _j), Integer(0)))
        return state

    def each(self, word: str, *shape: Expr) -> Handle:
        """Return a tensor (T, N, ...) of the steps."""
        return self.value(word, self.steps.extent, self.x.shape[0], *shape)

    def weights(self, word: str, *shape: Expr) -> Handle:
        return parameter(self.naming.part(word), shape, self.init)

    def bias(self, word: str, *shape: Expr) -> Handle:
        return parameter(self.naming.part(word), shape, zeros)

    def add(self, handle: Handle, indices: tuple[Any, ...], body: Expr, gates: int = 0) -> None:
        """Add an equation that is run in each step."""
        given = {_g: Integer(gates)} if gates else {}
        handle.rules.append(Rule(indices, exact(body), given=given, steps=self.steps))

    def advance(self, state: Handle, body: Expr) -> None:
        """Let a state become a value, or stay where the mask is 0."""
        if self.mask is not None:
            body = Where(self.mask[_n, _t] > 0, body, state[self.before, _n, _j])
        self.add(state, (self.after, _n, _j), body)

    def result(self, state: Handle, sequence: bool) -> Handle:
        """Return the last state (N, H), or that after each step (N, T, H)."""
        batch = self.x.shape[0]
        if sequence:
            rule = Rule((_n, _t, _j), state[self.after, _n, _j], given={_t: self.steps.extent})
            shape: Shape = (batch, self.steps.extent, self.units)
        else:
            last = Integer(0) if self.steps.reverse else self.steps.extent
            rule, shape = Rule((_n, _j), state[last, _n, _j]), (batch, self.units)
        return Handle("value", shape, self.naming, [rule])


def rnn(
    x: Handle,
    units: int,
    activation: Any = tanh,
    *,
    sequence: bool = False,
    reverse: bool = False,
    mask: Handle | None = None,
    init: Initial | Callable[[], Initial] | None = None,
    name: str | None = None,
) -> Handle:
    """Return the states of h' = f(x W + h U + b), the simple recurrent layer of Elman.

    >>> from symbp.lang.tensors import input
    >>> rnn(input("x", "N", "T", 3), 8, sequence=True, name="h")
    value h[N,T,8]

    Args:
        x: the sequences (N, T, D).
        sequence: whether the state after each step is wanted, and not only the last.
        reverse: whether the steps are run from the last to the first.
        mask: (N, T); where it is 0, the state stays what it was.

    Raises:
        ShapeError: x is no sequence of vectors, or the mask does not fit.
    """
    cell = _cell("rnn", x, units, reverse, mask, init, name)
    return _rnn(cell, sequence, activated(activation) or (lambda z: z))


def _rnn(cell: _Cell, sequence: bool, f: Callable[[Expr], Expr]) -> Handle:
    H, D = cell.units, cell.x.shape[2]
    W, U, b = cell.weights("W", D, H), cell.weights("U", H, H), cell.bias("b", H)
    z, h = cell.each("z", H), cell.carried("h")
    cell.add(z, (_t, _n, _j), Reduction("sum", cell.x[_n, _t, _i] * W[_i, _j], _i) + b[_j])
    cell.add(z, (_t, _n, _j), Reduction("sum", h[cell.before, _n, _k] * U[_k, _j], _k))
    cell.advance(h, f(z[_t, _n, _j]))
    return cell.result(h, sequence)


def lstm(
    x: Handle,
    units: int,
    *,
    sequence: bool = False,
    reverse: bool = False,
    mask: Handle | None = None,
    init: Initial | Callable[[], Initial] | None = None,
    name: str | None = None,
) -> Handle:
    """Return the states h of c' = f c + i a, h' = o tanh(c') with gates i, f, o and candidate a.

    i, f, o = sigmoid(x W + h U + b) and a = tanh(x W + h U + b), in this order along the gates'
    axis. Arguments and errors are those of `rnn`.

    >>> from symbp.lang.tensors import input
    >>> lstm(input("x", "N", 20, 16), 32)
    value lstm[N,32]

    Source: Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9 (1997); Gers,
    Schmidhuber and Cummins, Learning to forget, Neural Computation 12 (2000).
    """
    return _lstm(_cell("lstm", x, units, reverse, mask, init, name), sequence)


def _lstm(cell: _Cell, sequence: bool) -> Handle:
    H, D, four = cell.units, cell.x.shape[2], Integer(4)
    W, U = cell.weights("W", D, four, H), cell.weights("U", H, four, H)
    b = cell.bias("b", four, H)
    z, s, a = cell.each("z", four, H), cell.each("s", Integer(3), H), cell.each("a", H)
    c, h, tanh_c = cell.carried("c"), cell.carried("h"), cell.each("tanh_c", H)
    inputs = Reduction("sum", cell.x[_n, _t, _i] * W[_i, _g, _j], _i)
    cell.add(z, (_t, _n, _g, _j), inputs + b[_g, _j])
    carried = Reduction("sum", h[cell.before, _n, _k] * U[_k, _g, _j], _k)
    cell.add(z, (_t, _n, _g, _j), carried)
    cell.add(s, (_t, _n, _g, _j), sigmoid(z[_t, _n, _g, _j]), gates=3)
    cell.add(a, (_t, _n, _j), tanh(z[_t, _n, 3, _j]))
    kept = s[_t, _n, 1, _j] * c[cell.before, _n, _j]
    cell.advance(c, kept + s[_t, _n, 0, _j] * a[_t, _n, _j])
    cell.add(tanh_c, (_t, _n, _j), tanh(c[cell.after, _n, _j]))
    cell.advance(h, s[_t, _n, 2, _j] * tanh_c[_t, _n, _j])
    return cell.result(h, sequence)


def gru(
    x: Handle,
    units: int,
    *,
    sequence: bool = False,
    reverse: bool = False,
    mask: Handle | None = None,
    init: Initial | Callable[[], Initial] | None = None,
    name: str | None = None,
) -> Handle:
    """Return the states of h' = (1 - u) a + u h with gates r, u and candidate a.

    r, u = sigmoid(x W + b + h U + d), a = tanh(x W + b + r (h U + d)), in this order along the
    gates' axis. Arguments and errors are those of `rnn`.

    >>> from symbp.lang.tensors import input
    >>> gru(input("x", "N", 20, 16), 32)
    value gru[N,32]

    Source: Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014, with
    the reset after the product.
    """
    return _gru(_cell("gru", x, units, reverse, mask, init, name), sequence)


def _gru(cell: _Cell, sequence: bool) -> Handle:
    H, D, three = cell.units, cell.x.shape[2], Integer(3)
    W, U = cell.weights("W", D, three, H), cell.weights("U", H, three, H)
    b, d = cell.bias("b", three, H), cell.bias("d", three, H)
    z, y = cell.each("z", three, H), cell.each("y", three, H)
    s, a, h = cell.each("s", Integer(2), H), cell.each("a", H), cell.carried("h")
    inputs = Reduction("sum", cell.x[_n, _t, _i] * W[_i, _g, _j], _i)
    cell.add(z, (_t, _n, _g, _j), inputs + b[_g, _j])
    carried = Reduction("sum", h[cell.before, _n, _k] * U[_k, _g, _j], _k)
    cell.add(y, (_t, _n, _g, _j), carried + d[_g, _j])
    cell.add(s, (_t, _n, _g, _j), sigmoid(z[_t, _n, _g, _j] + y[_t, _n, _g, _j]), gates=2)
    cell.add(a, (_t, _n, _j), tanh(z[_t, _n, 2, _j] + s[_t, _n, 0, _j] * y[_t, _n, 2, _j]))
    u = s[_t, _n, 1, _j]
    cell.advance(h, (1 - u) * a[_t, _n, _j] + u * h[cell.before, _n, _j])
    return cell.result(h, sequence)


def bidirectional(
    x: Handle,
    units: int,
    layer: Callable[..., Handle] = lstm,
    *,
    sequence: bool = False,
    mask: Handle | None = None,
    init: Initial | Callable[[], Initial] | None = None,
    name: str | None = None,
) -> Handle:
    """Return a layer run along the steps and one run against them, side by side: 2 H features.

    >>> from symbp.lang.tensors import input
    >>> h = bidirectional(input("x", "N", "T", 3), 8, gru, sequence=True, name="h")
    >>> h, h.part("along").part("W")
    (value h[N,T,16], param h_along_W[3,3,8])

    Raises:
        LanguageError: the layer is none of rnn, lstm and gru.
        ShapeError: see `rnn`.
    """
    if layer not in (rnn, lstm, gru):
        raise LanguageError(f"{layer!r} is no recurrent layer", remedy="Use rnn, lstm or gru.")
    own = _naming("bidirectional", name)
    H = extent(own.hint(), units)
    directions = [
        _build(layer, _cell_of(own.part(word), x, H, word == "against", mask, init), sequence)
        for word in ("along", "against")
    ]
    outer = (_n, _t) if sequence else (_n,)
    rules = [
        Rule((*outer, _j + k * H), direction[(*outer, _j)], given={_j: H})
        for k, direction in enumerate(directions)
    ]
    return Handle("value", (*directions[0].shape[:-1], 2 * H), own, rules)


def _build(layer: Callable[..., Handle], cell: _Cell, sequence: bool) -> Handle:
    if layer is rnn:
        return _rnn(cell, sequence, tanh)
    return _lstm(cell, sequence) if layer is lstm else _gru(cell, sequence)


def _naming(word: str, name: str | None) -> Naming:
    return Naming(word, None if name is None else valid_name(name))


def _cell(
    word: str, x: Handle, units: int, reverse: bool, mask: Handle | None,
    init: Initial | Callable[[], Initial] | None, name: str | None,
) -> _Cell:  # fmt: skip
    own = _naming(word, name)
    return _cell_of(own, x, extent(own.hint(), units), reverse, mask, init)


def _cell_of(
    own: Naming, x: Handle, units: Expr, reverse: bool, mask: Handle | None,
    init: Initial | Callable[[], Initial] | None,
) -> _Cell:  # fmt: skip
    """Return a recurrence over x; its weights are uniform within 1 / sqrt(H) by default."""
    if not isinstance(x, Handle) or x.rank != 3 or x.bound is not None:
        raise ShapeError(
            f"{own.word} runs through sequences of vectors, not {x!r}",
            remedy="Give it a tensor such as x[N, T, 16].",
        )
    if mask is not None and (not isinstance(mask, Handle) or mask.shape != x.shape[:2]):
        raise ShapeError(
            f"the mask of {own.word} is {mask!r}, and the sequences are {x!r}",
            remedy="Give the mask one number for each sample and step: mask[N, T].",
        )
    begin = init() if callable(init) else init
    if begin is None:
        limit = sympy.sqrt(1 / units) if units.is_Integer else Integer(1)
        begin = uniform(-float(limit), float(limit))
    return _Cell(x, units, own, Steps(_t, x.shape[1], reverse), mask, begin)


RECURRENT: dict[str, Callable[..., Handle]] = {
    "rnn": rnn, "lstm": lstm, "gru": gru, "bidirectional": bidirectional,
}  # fmt: skip
"""Every recurrent layer by its name in the text form."""

__all__ = ["RECURRENT", "bidirectional", "gru", "lstm", "rnn"]
