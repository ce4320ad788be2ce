"""The graph: which tensor is read where, forwards and backwards, and what is kept in between.

A node is a tensor, an edge carries it to where it is read. Each equation of the backward pass
stands beside the forward equation that it is the adjoint of.

>>> from symbp.ir.text import parse
>>> from symbp.schedule.plan import split
>>> program = parse('''input x[N,2]
... param w[2]
... y[n] = sum[i](x[n,i] * w[i])
... L = sum[n](y[n]**2)
... dy[n] = 2 * y[n]
... dw[i] = sum[n](x[n,i] * dy[n])''')
>>> graph = draw("line", *split(program, "L", {"w": "dw"}), {"w": "dw"})
>>> [(e.source, e.target) for e in graph.edges if e.kept]
[('y', 'dy')]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from symbp.codegen.header import formula, shape_text
from symbp.codegen.pictures.fold import Fold, folds
from symbp.ir.program import Equation, Tensor
from symbp.schedule.plan import Phase

Part = Literal["given", "forward", "backward"]


@dataclass(frozen=True, slots=True)
class Node:
    """A tensor."""

    name: str
    shape: str
    part: Part
    role: str
    """That of the tensor; "gradient" of one that is asked for, "loss" of the loss."""
    formula: str
    """Its equations; empty where it is given."""
    kept: bool
    """Whether the forward pass hands it to the backward pass."""
    beside: tuple[str, ...]
    """The forward tensors whose equations its own are the adjoints of."""
    last: str
    """Of a node that stands for many alike: the name of the last of them."""

    @property
    def label(self) -> str:
        return f"{self.name} … {self.last}" if self.last else self.name


@dataclass(frozen=True, slots=True)
class Edge:
    """A tensor on its way to a reader."""

    source: str
    target: str
    shape: str
    kept: bool
    """From the forward into the backward pass."""
    again: bool
    """To a later step of a recurrence, or to the next one of the layers that a node stands for."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges in the order of the program, and which layers are drawn once for many."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    folds: tuple[Fold, ...]

    def __getitem__(self, name: str) -> Node:
        return self.table()[name]

    def table(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    def part(self, part: Part) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.part == part)


def draw(
    name: str, forward: Phase, backward: Phase, gradients: Mapping[str, str], fold: bool = True
) -> Graph:
    """Return the graph of the two passes.

    Args:
        gradients: of each parameter, the tensor that holds its gradient.
        fold: draw layers that are alike once for all of them.
    """
    table = {**forward.program.table(), **backward.program.table()}
    found = folds(table, forward.program.equations, backward.program.equations) if fold else ()
    drawing = _Drawing(table, found)
    for target, group in _groups(forward).items():
        role = "loss" if target == forward.results[0] else "value"
        drawing.add("forward", role, target, group, forward.results[1:])
    for target, group in _groups(backward).items():
        role = "gradient" if target in gradients.values() else "value"
        drawing.add("backward", role, target, group, forward.results)
    return Graph(name, tuple(drawing.nodes.values()), tuple(drawing.edges.values()), found)


class _Drawing:
    """Nodes and edges as they come about; layers that are alike have the names of their first."""

    def __init__(self, table: Mapping[str, Tensor], folds: Sequence[Fold]) -> None:
        self.table = table
        self.first = {name: row[0] for each in folds for row in each.rows for name in row}
        self.last = {row[0]: row[-1] for each in folds for row in each.rows}
        self.nodes: dict[str, Node] = {}
        self.edges: dict[tuple[str, str], Edge] = {}
        self.written: set[str] = set()

    def add(
        self, part: Part, role: str, target: str, group: Sequence[Equation], kept: Sequence[str]
    ) -> None:
        """Add what one tensor reads, and the tensor unless one like it is there.

        Args:
            kept: what the forward pass hands to the backward pass.
        """
        for source in dict.fromkeys(a.name for e in group for a in e.reads()):
            self._read(source, target, part == "backward" and source in kept)
        self.written.add(target)
        if self.first.get(target, target) == target:
            beside = (self.first.get(e.primal, e.primal) for e in group if e.primal)
            self.nodes[target] = self._node(
                target, part, role, "\n".join(formula(group)), part == "forward" and target in kept,
                tuple(dict.fromkeys(beside)),
            )  # fmt: skip

    def _read(self, source: str, target: str, kept: bool) -> None:
        tensor = self.table[source]
        ends = self.first.get(source, source), self.first.get(target, target)
        again = tensor.role == "value" and source not in self.written
        if tensor.role != "value":
            self.nodes.setdefault(ends[0], self._node(ends[0], "given", tensor.role))
        elif ends != (source, target) and not kept:
            again = again or self._earlier(*ends)
        self.edges.setdefault(ends, Edge(*ends, shape_text(tensor), kept, again))

    def _earlier(self, source: str, target: str) -> bool:
        """Tell whether a tensor was drawn before the one that it reads, or is that one."""
        order = list(self.nodes)
        return {source, target} <= set(order) and order.index(source) >= order.index(target)

    def _node(
        self, name: str, part: Part, role: str, formula: str = "", kept: bool = False,
        beside: tuple[str, ...] = (),
    ) -> Node:  # fmt: skip
        shape = shape_text(self.table[name])
        return Node(name, shape, part, role, formula, kept, beside, self.last.get(name, ""))


def _groups(phase: Phase) -> dict[str, list[Equation]]:
    found: dict[str, list[Equation]] = {}
    for equation in phase.program.equations:
        found.setdefault(equation.target.name, []).append(equation)
    return found
