"""Mermaid: a graph that code hosts draw where it stands in Markdown."""

from __future__ import annotations

from symbp.codegen.pictures.graph import Edge, Graph, Node

_CLASSES = (
    "classDef given fill:#eef1f4,stroke:#8b949e,color:#1d2329",
    "classDef forward fill:#e4f1f5,stroke:#1f6f8b,color:#1d2329",
    "classDef backward fill:#fbeae4,stroke:#a8442a,color:#1d2329",
    "classDef kept fill:#fff2c4,stroke:#7a5c00,color:#1d2329",
)


def picture(graph: Graph) -> str:
    """Return the graph as Mermaid: each tensor a node, shapes on the edges, kept values dotted."""
    number = {node.name: f"t{k}" for k, node in enumerate(graph.nodes)}
    folded = {row[0] for fold in graph.folds for row in fold.rows}
    lines = ["flowchart TD"]
    lines += [f"  {_node(n, number[n.name])}" for n in graph.nodes if n.name not in folded]
    for k, fold in enumerate(graph.folds):
        lines.append(f'  subgraph f{k}["× {fold.count} alike"]')
        lines += [f"    {_node(graph[row[0]], number[row[0]])}" for row in fold.rows]
        lines.append("  end")
    lines += [f"  {number[e.source]} {_arrow(e)} {number[e.target]}" for e in graph.edges]
    return "\n".join([*lines, *(f"  {line}" for line in _CLASSES)]) + "\n"


def _node(node: Node, number: str) -> str:
    shape = f" {node.shape}" if node.part == "given" else ""
    return f'{number}["{_text(node.label + shape)}"]:::{"kept" if node.kept else node.part}'


def _arrow(edge: Edge) -> str:
    line = "-.->" if edge.kept or edge.again else "-->"
    return f'{line}|"{_text(edge.shape)}"|'


def _text(words: str) -> str:
    """Return words with nothing left in them that Mermaid takes for markup."""
    for sign, name in (("#", "35"), ("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot")):
        words = words.replace(sign, f"#{name};")
    return words
