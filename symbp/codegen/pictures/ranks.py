"""Ranks: in which row each tensor stands.

The forward pass goes down: a tensor stands below all that it is computed of. An adjoint stands
beside the forward equation that it belongs to, and above all that it is computed of itself, since
the backward pass goes up. What is given stands where it is read first.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from symbp.codegen.pictures.graph import Graph, Node

Ranks = dict[str, Fraction]


def rows(graph: Graph) -> dict[str, int]:
    """Return the row of each node, from 0, without a row that is empty."""
    found = ranks(graph)
    numbers = {rank: row for row, rank in enumerate(sorted(set(found.values())))}
    return {name: numbers[rank] for name, rank in found.items()}


def ranks(graph: Graph) -> Ranks:
    """Return what orders the rows; fractions leave room between any two."""
    read: dict[str, list[str]] = {}
    readers: dict[str, list[str]] = {}
    for edge in graph.edges:
        if not edge.again:
            read.setdefault(edge.target, []).append(edge.source)
            readers.setdefault(edge.source, []).append(edge.target)
    found: Ranks = {}
    for node in graph.part("forward"):
        before = (found[n] for n in read.get(node.name, ()) if n in found)
        found[node.name] = max(before, default=Fraction(0)) + 1
    given: Ranks = {}
    late = _backward(graph, found, read, readers)
    for node in graph.part("given"):
        known = readers[node.name]
        first = min([found[n] for n in known if n in found] or [late[n] for n in known])
        given[node.name] = first if node.role == "param" else first - 1
    return found | late | given


def _backward(
    graph: Graph, forward: Ranks, read: Mapping[str, list[str]], readers: Mapping[str, list[str]]
) -> Ranks:
    nodes = graph.part("backward")
    own = {node.name for node in nodes}
    found: Ranks = {}

    def beside(node: Node) -> Fraction | None:
        return min((forward[n] for n in node.beside if n in forward), default=None)

    for node in reversed(nodes):  # what belongs to no forward equation, by its readers
        place = beside(node)
        if place is None:
            after = [found[n] for n in readers.get(node.name, ()) if n in found]
            place = max(after, default=Fraction(0)) + Fraction(1, 2)
        found[node.name] = place
    for node in nodes:
        before = [found[n] for n in read.get(node.name, ()) if n in own]
        if before and found[node.name] >= min(before):
            found[node.name] = min(before) - Fraction(1, 2)
    return found
