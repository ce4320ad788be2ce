"""Fold: layers that are alike, found by their equations.

Two tensors are alike if their equations are the same but for names: what is read is told by how
many tensors before it was computed, a parameter by its shape. Where the same tensors follow each
other again and again, they are layers. A layer of the backward pass is the adjoints of one layer
of the forward pass.

>>> from symbp.ir.text import parse
>>> lines = ["input x[N,3]", "h0[n] = sum[i](x[n,i])"]
>>> lines += [f"h{k}[n] = tanh(h{k - 1}[n])" for k in range(1, 6)]
>>> program = parse("\\n".join(lines))
>>> folds(program.table(), program.equations)
(Fold(rows=(('h1', 'h2', 'h3', 'h4', 'h5'),)),)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from symbp.ir.program import Equation, Program, Tensor, index
from symbp.ir.visit import rename

FEWEST = 4
"""Fewer layers than this are shown one by one."""
LONGEST = 80
"""Tensors that one layer has at most."""

Groups = dict[str, list[Equation]]


@dataclass(frozen=True, slots=True)
class Fold:
    """Layers that are alike: a row for each tensor of the layer, an entry for each layer."""

    rows: tuple[tuple[str, ...], ...]

    @property
    def count(self) -> int:
        return len(self.rows[0])


@dataclass(frozen=True, slots=True)
class _Alike:
    """What is known while the passes are gone through."""

    table: Mapping[str, Tensor]
    groups: Groups = field(default_factory=dict)
    place: dict[str, int] = field(default_factory=dict)
    """Of each tensor of this pass, which one it is."""
    folded: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of a folded tensor of an earlier pass, its row and its layer."""

    def signature(self, name: str) -> Hashable:
        """Return the equations of a tensor with names that tell only where each is from."""
        found: dict[str, str] = {}
        for equation in self.groups[name]:
            for read in (name, *(a.name for a in equation.reads())):
                parameters = sum(self.table[n].role == "param" for n in found)
                found.setdefault(read, self._alias(read, self.place[name], parameters))
        return self.table[name].shape, tuple(_bare(e, found) for e in self.groups[name])

    def _alias(self, name: str, reader: int, count: int) -> str:
        tensor = self.table[name]
        if name in self.place:
            return f"{reader - self.place[name]} back"
        if name in self.folded:
            return f"row {self.folded[name][0]}"
        return f"{count}: {tensor.shape}" if tensor.role == "param" else name

    def layer(self, name: str) -> int | None:
        """Return the layer of an earlier pass that a tensor has to do with."""
        beside = (e.primal for e in self.groups[name])
        return next((self.folded[p][1] for p in beside if p in self.folded), None)


def _bare(equation: Equation, names: Mapping[str, str]) -> Hashable:
    """Return an equation with other names, its indices numbered."""
    (renamed,) = rename(Program((), (equation,)), names).equations
    numbered = {i: index(f"i{k}") for k, (i, _) in enumerate(equation.ranges)}
    scan = equation.scan and (numbered[equation.scan.index], equation.scan.reverse)
    extents = tuple(n for _, n in equation.ranges)
    target, body = renamed.target.xreplace(numbered), renamed.body.xreplace(numbered)
    return target, equation.op, body, extents, scan


def folds(table: Mapping[str, Tensor], *passes: Sequence[Equation]) -> tuple[Fold, ...]:
    """Return the repeated layers of the passes, each pass by itself, in order.

    Args:
        table: all tensors.
        passes: equations in order; a later pass may read what an earlier one has written.
    """
    found: list[Fold] = []
    folded: dict[str, tuple[int, int]] = {}
    for equations in passes:
        groups: Groups = {}
        for equation in equations:
            groups.setdefault(equation.target.name, []).append(equation)
        names = _sorted(groups, table)
        alike = _Alike(table, groups, {n: k for k, n in enumerate(names)}, dict(folded))
        # The last layer of a later pass reads what is before the first one of an earlier pass.
        fewest = FEWEST - bool(folded)
        for start, period, stop in _runs([alike.signature(n) for n in names], fewest):
            layers = _layers(names[start:stop], period, alike)
            if len(layers) >= fewest:
                rows = [*zip(*layers, strict=True), *_parameters(layers, alike)]
                first = len(folded)
                found.append(Fold(tuple(rows)))
                folded |= {n: (first + j, k) for j, r in enumerate(rows) for k, n in enumerate(r)}
    return tuple(found)


def _sorted(groups: Groups, table: Mapping[str, Tensor]) -> list[str]:
    """Return the tensors in order; the adjoints of one equation, which come by name, by shape."""
    found: list[str] = []
    for _, names in groupby(groups, key=lambda n: groups[n][0].primal or n):
        found += sorted(names, key=lambda n: str(table[n].shape))
    return found


def _runs(signatures: Sequence[Hashable], fewest: int) -> Iterator[tuple[int, int, int]]:
    """Yield where the same signatures follow each other: start, period, stop."""
    number: dict[Hashable, int] = {}
    word = [number.setdefault(s, len(number)) for s in signatures]
    start = 0
    while start < len(word):
        best = (0, 1)  # how many are covered, and minus the period
        for period in range(1, min(LONGEST, (len(word) - start) // fewest) + 1):
            same = start
            while same + period < len(word) and word[same] == word[same + period]:
                same += 1
            length = same - start + period
            if length >= fewest * period:
                best = max(best, (length, -period))
        length, period = best
        if length:
            yield start, -period, start + length
        start += max(1, length)


def _layers(names: Sequence[str], period: int, alike: _Alike) -> list[tuple[str, ...]]:
    """Cut a run into layers where the names, or the layers of the earlier pass, say so."""

    def cut(first: int) -> list[tuple[str, ...]]:
        stops = range(first + period, len(names) + 1, period)
        layers = [tuple(names[stop - period : stop]) for stop in stops]
        return [each for each in layers if not alike.folded or _one(each, alike)]

    ways = [cut(first) for first in range(period)]
    return max(ways, key=lambda way: (len(way) if alike.folded else 0, _common(way[:2]), len(way)))


def _one(names: Sequence[str], alike: _Alike) -> bool:
    """Tell whether all tensors have to do with one and the same layer of the earlier pass."""
    found = {alike.layer(name) for name in names}
    return len(found) == 1 and None not in found


def _common(layers: Sequence[Sequence[str]]) -> int:
    """Return how many letters the names of each layer begin with together."""
    first_and_last = ((min(names), max(names)) for names in layers)
    return sum(
        next((k for k, (a, b) in enumerate(zip(*ends, strict=False)) if a != b), len(ends[0]))
        for ends in first_and_last
    )


def _parameters(layers: Sequence[Sequence[str]], alike: _Alike) -> list[tuple[str, ...]]:
    """Return the rows of the parameters that only these layers read."""
    columns = []
    for names in layers:
        read = (a.name for n in names for e in alike.groups[n] for a in e.reads())
        columns.append([n for n in dict.fromkeys(read) if alike.table[n].role == "param"])
    rows = [row for row in zip(*columns, strict=True) if len(set(row)) == len(row)]
    return [] if alike.folded else rows
