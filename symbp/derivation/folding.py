"""Folding: equations and steps that repeat from layer to layer are told once.

A stretch is folded where each repetition is the one before with every tensor moved on by the same
number of places: h3 = sigmoid(z3) after h2 = sigmoid(z2). Names do not matter; where a tensor
stands in the order of definitions does.

>>> from symbp.ir.text import parse
>>> p = parse('''input x[8]
... a[i] = exp(x[i])
... b[i] = 2 * a[i]
... c[i] = exp(b[i])
... d[i] = 2 * c[i]
... e[i] = exp(d[i])
... f[i] = 2 * e[i]''')
>>> places = {name: k for k, name in enumerate("xabcdef")}
>>> folds([item([e]) for e in p.equations], places)
(Fold(begin=0, length=2, times=3),)
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from symbp.ir.program import Access, Equation
from symbp.ir.trace import Step

LEAST = 3
"""So many repetitions are folded."""
_LONGEST = 24
"""No more items than this repeat as one."""

Item = tuple[Hashable, tuple[str, ...]]
"""What has to be equal in each repetition, and the tensors that move on."""


@dataclass(frozen=True, slots=True)
class Fold:
    """`length` items that begin at `begin` and come `times` times, one after the other."""

    begin: int
    length: int = 1
    times: int = 1

    @property
    def end(self) -> int:
        return self.begin + self.length * self.times

    @property
    def first(self) -> range:
        """The items that are told."""
        return range(self.begin, self.begin + self.length)

    @property
    def last(self) -> range:
        """The items of the last repetition."""
        return range(self.end - self.length, self.end)

    def alike(self, names: Sequence[str]) -> str:
        """Return what is left out in words, by the names of the items; nothing if nothing is.

        >>> Fold(2, 2, 4).alike(["z1", "h1", "z2", "h2", "z3", "h3", "z4", "h4", "z5", "h5"])
        'layers 2 to 5 alike'
        >>> Fold(0, 1, 3).alike(["a", "b", "c"])
        'a to c alike'
        """
        if self.times == 1:
            return ""
        first, last = ([names[k] for k in part] for part in (self.first, self.last))
        numbers = [
            [int(m) for n in part for m in dict.fromkeys(re.findall(r"\d+", n))]
            for part in (first, last)
        ]
        bare = [[re.sub(r"\d+", "", n) for n in part] for part in (first, last)]
        if bare[0] == bare[1] and all(numbers):
            low, high = sorted(max((found.count(k), k) for k in found)[1] for found in numbers)
            return f"layers {low} to {high} alike"
        return f"{', '.join(dict.fromkeys(first))} to {', '.join(dict.fromkeys(last))} alike"


def folds(items: Sequence[Item], places: Mapping[str, int]) -> tuple[Fold, ...]:
    """Return a partition of the items, in order, that folds as much as it can.

    Args:
        places: where each tensor stands in the order of definitions.
    """
    kinds = [kind for kind, _ in items]
    where = [tuple(places.get(name, -1) for name in names) for _, names in items]
    found: list[Fold] = []
    begin = 0
    while begin < len(items):
        best = Fold(begin)
        for length in range(1, min(_LONGEST, (len(items) - begin) // LEAST) + 1):
            fold = Fold(begin, length, _times(kinds, where, begin, length))
            if fold.times >= LEAST and fold.end > best.end:
                best = fold
        found.append(best)
        begin = best.end
    return tuple(found)


def _times(
    kinds: Sequence[Hashable], where: Sequence[tuple[int, ...]], begin: int, length: int
) -> int:
    """Return how often a stretch of items is repeated, each time moved on by the same."""
    times, end = 1, begin + length
    while end + length <= len(kinds) and kinds[begin : begin + length] == kinds[end : end + length]:
        move = _moved(where, begin, begin + length, length)
        if _moved(where, end - length, end, length) != move:
            break
        times, end = times + 1, end + length
    return times


def _moved(where: Sequence[tuple[int, ...]], old: int, new: int, length: int) -> list[int]:
    return [
        b - a for k in range(length) for a, b in zip(where[old + k], where[new + k], strict=True)
    ]


def folded(
    items: Sequence[Item], targets: Sequence[str], places: Mapping[str, int]
) -> tuple[list[int], tuple[Fold, ...]]:
    """Return an order of the items, and what is folded in it.

    Neighbours of which none reads what the other writes may change places: their order comes
    from the names of tensors (h10 before h9), which should not matter. Where that folds nothing
    more, all stays as it is.

    Args:
        targets: the tensor that each item writes.
        places: where each tensor stands in the order of definitions.
    """
    same = list(range(len(items)))
    orders = [same, _by_kind(items, targets)]
    found = [(order, folds([items[k] for k in order], places)) for order in orders]
    return min(found, key=lambda pair: len(pair[1]))


def _by_kind(items: Sequence[Item], targets: Sequence[str]) -> list[int]:
    runs: list[list[int]] = []
    written: set[str] = set()
    read: set[str] = set()
    for k, (_, names) in enumerate(items):
        if not runs or written & set(names) or targets[k] in read:
            runs.append([])
            written, read = set(), set()
        runs[-1].append(k)
        written.add(targets[k])
        read.update(names)
    return [k for run in runs for k in sorted(run, key=lambda j: repr(items[j][0]))]


def item(equations: Iterable[Equation], about: Hashable = None) -> Item:
    """Return equations without the names of their tensors, and these names."""
    numbers: dict[str, str] = {}
    shapes = []
    for equation in equations:
        reads = sorted(equation.reads(), key=lambda a: (str(a.indices), _natural(a.name)))
        for access in (equation.target, *reads):
            numbers.setdefault(access.name, str(len(numbers)))
        swaps = {a: Access(numbers[a.name], *a.indices) for a in reads}
        target = (numbers[equation.target.name], *equation.target.indices)
        shapes.append(
            (target, equation.op, equation.body.xreplace(swaps), equation.ranges, equation.scan)
        )
    return (about, tuple(shapes)), tuple(numbers)


def _natural(name: str) -> tuple[tuple[str, int], ...]:
    """Sort h9 before h10."""
    return tuple((text, int(number or 0)) for text, number in re.findall(r"(\D*)(\d*)", name))


def step_item(step: Step) -> Item:
    """Return a step without the names of its tensors, and these names."""
    return item((*step.before, *step.after, *step.using), (step.rule, len(step.before)))


__all__ = ["Fold", "Item", "folded", "folds", "item", "step_item"]
