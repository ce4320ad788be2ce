"""DOT: a graph for Graphviz, `dot -Tsvg`."""

from __future__ import annotations

from symbp.codegen.pictures.graph import Edge, Graph, Node

_COLOURS = {"given": "#eef1f4", "forward": "#e4f1f5", "backward": "#fbeae4"}
_KEPT = "#fff2c4"


def picture(graph: Graph) -> str:
    """Return the graph as DOT: each tensor a node, shapes on the edges, kept values dashed."""
    lines = [f"digraph {_quoted(graph.name)} {{"]
    lines += ['  node [shape=box, style="rounded,filled", fontname="monospace"]']
    lines += ['  edge [fontname="monospace", fontsize=10]']
    lines += [f"  {_node(node)}" for node in graph.nodes]
    lines += [f"  {_edge(edge)}" for edge in graph.edges]
    for number, fold in enumerate(graph.folds):
        inner = " ".join(_quoted(row[0]) for row in fold.rows)
        label = _quoted(f"× {fold.count} alike")
        lines.append(f"  subgraph cluster_{number} {{ label={label} style=dotted {inner} }}")
    return "\n".join([*lines, "}"]) + "\n"


def _node(node: Node) -> str:
    colour = _KEPT if node.kept else _COLOURS[node.part]
    words = f"{node.label}\n{node.shape}" if node.part == "given" else node.label
    tip = f", tooltip={_quoted(node.formula)}" if node.formula else ""
    return f"{_quoted(node.name)} [label={_quoted(words)}, fillcolor={_quoted(colour)}{tip}]"


def _edge(edge: Edge) -> str:
    style = ", style=dashed" if edge.kept else ", style=dotted" if edge.again else ""
    free = ", constraint=false" if edge.kept or edge.again else ""
    ends = f"{_quoted(edge.source)} -> {_quoted(edge.target)}"
    return f"{ends} [label={_quoted(edge.shape)}{style}{free}]"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
