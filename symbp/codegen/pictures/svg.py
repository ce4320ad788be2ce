"""SVG: a graph as a picture that a browser shows, in light and in dark.

Each box is a group with the class of its part and the name of its tensor in `data-symbol`; the
equation is its title. `picture` stands alone; `inline` is for a page that brings `STYLE`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from symbp.codegen.pictures.boxes import LINE, PAD, SMALL, Box
from symbp.codegen.pictures.graph import Graph, Node
from symbp.codegen.pictures.layout import HEAD, MARGIN, PASSES, Layout, lay_out
from symbp.codegen.pictures.wires import Wire, wires

STYLE = """
.graph { --paper: #fffefb; --ink: #1d2329; --soft: #5c6670; --rule: #d5d9de; --given: #eef1f4;
  --forward: #1f6f8b; --forward-fill: #e4f1f5; --backward: #a8442a; --backward-fill: #fbeae4;
  --kept: #7a5c00; --kept-fill: #fff2c4; font: 13px ui-monospace, "SF Mono", Menlo, Consolas,
  "DejaVu Sans Mono", monospace }
@media (prefers-color-scheme: dark) { .graph { --paper: #14171b; --ink: #e8eaed; --soft: #9aa4af;
  --rule: #363d45; --given: #22272d; --forward: #6cc0da; --forward-fill: #173039;
  --backward: #f0957a; --backward-fill: #3a221b; --kept: #e3c04f; --kept-fill: #3a3214 } }
.graph text { fill: var(--ink) }
.graph .shape, .graph .note { fill: var(--soft); font-size: 11px }
.graph .shape { paint-order: stroke; stroke: var(--paper); stroke-width: 4px }
.graph .head { fill: var(--soft); font-size: 12px; letter-spacing: .08em }
.graph .box rect { fill: var(--given); stroke: var(--rule) }
.graph .forward rect { fill: var(--forward-fill); stroke: var(--forward) }
.graph .backward rect { fill: var(--backward-fill); stroke: var(--backward) }
.graph .kept rect { fill: var(--kept-fill); stroke: var(--kept) }
.graph .wire { fill: none; stroke: var(--soft); stroke-width: 1.3 }
.graph .wire.forward { stroke: var(--forward) }
.graph .wire.backward { stroke: var(--backward) }
.graph .wire.kept { stroke: var(--kept); stroke-dasharray: 5 3 }
.graph .wire.again { stroke-dasharray: 2 3 }
.graph .tip { stroke: none; fill: var(--soft) }
.graph .tip.forward { fill: var(--forward) }
.graph .tip.backward { fill: var(--backward) }
.graph .tip.kept { fill: var(--kept) }
.graph .frame { fill: none; stroke: var(--soft); stroke-dasharray: 1 4; stroke-linecap: round }
.graph .back { fill: var(--paper) }
"""

_TIPS = {"down": (0, -1), "up": (0, 1), "right": (-1, 0), "left": (1, 0)}
"""Where an arrow comes from."""


def picture(graph: Graph) -> str:
    """Return the picture as a file of its own."""
    return inline(graph, f"<style>{STYLE}</style>\n", link=False) + "\n"


def inline(graph: Graph, style: str = "", link: bool = True) -> str:
    """Return the picture for a page; each tensor is a link to `#symbol-NAME` where `link` says so.

    The page brings `STYLE`.
    """
    layout = lay_out(graph)
    drawn = wires(graph, layout)
    ends = [w.at[0] + SMALL * len(w.edge.shape) + MARGIN for w in drawn if w.at]
    width, height = max(layout.width, *ends), layout.height
    title = f"{escape(graph.name)}: forward and backward pass"
    role = "group" if link else "img"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" role="{role}" '
        f'aria-label="{title}" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}">',
        f"{style}<title>{title}</title>",
        f'<rect class="back" width="{width:g}" height="{height:g}"/>',
        *_heads(layout), *_frames(layout), *_wires(drawn),
        *(line for box in _each(layout) for line in _box(box, link)),
        "</svg>",
    ]  # fmt: skip
    return "\n".join(parts)


def _each(layout: Layout) -> list[Box]:
    return list(dict.fromkeys(layout.boxes.values()))


def _heads(layout: Layout) -> Iterator[str]:
    for column, word in zip(PASSES, ("FORWARD ↓", "↑ BACKWARD"), strict=True):
        boxes = [b for b in _each(layout) if b.column == column]
        if boxes:
            centre = layout.left[column] + layout.ladders[column].width / 2
            yield _text("head", centre, MARGIN + HEAD / 2, word, "middle")


def _frames(layout: Layout) -> Iterator[str]:
    for f in layout.frames:
        yield (
            f'<rect class="frame" x="{f.x:g}" y="{f.y:g}" width="{f.width:g}" '
            f'height="{f.height:g}" rx="10"/>'
        )
        yield _text("note", f.x + 10, f.y + 14, f"× {f.count} alike")


def _wires(drawn: Sequence[Wire]) -> Iterator[str]:
    for wire in drawn:
        yield f'<path class="wire {wire.kind}" d="{wire.path}"/>'
        yield f'<path class="tip {wire.kind}" d="{_tip(wire)}"/>'
    for wire in drawn:
        if wire.at:
            yield _text("shape", *wire.at, wire.edge.shape)


def _tip(wire: Wire) -> str:
    (x, y), (dx, dy) = wire.end, _TIPS[wire.tip]
    ends = (
        (x + 7 * dx - 3.5 * dy, y + 7 * dy - 3.5 * dx),
        (x + 7 * dx + 3.5 * dy, y + 7 * dy + 3.5 * dx),
    )
    return f"M{x:g},{y:g}" + "".join(f"L{a:g},{b:g}" for a, b in ends) + "Z"


def _box(box: Box, link: bool) -> Iterator[str]:
    kind = box.column if box.nodes[0].part != "given" else "given"
    kind = "backward" if kind == "gradients" else kind
    kept = " kept" if any(node.kept for node in box.nodes) else ""
    yield f'<g class="box {kind}{kept}">'
    yield (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="6"/>'
    )
    for k, (node, note) in enumerate(zip(box.nodes, box.notes, strict=True)):
        line = _text("name", box.x + PAD, box.y + 3 + LINE * (k + 0.5) + 4.5, node.label, note=note)
        yield _named(node, line, link)
    yield "</g>"


def _named(node: Node, line: str, link: bool) -> str:
    title = f"<title>{escape(node.formula or f'{node.role} {node.name} {node.shape}')}</title>"
    name = escape(node.name)
    if link:
        return f'<a href="#symbol-{name}" data-symbol="{name}">{title}{line}</a>'
    return f'<g data-symbol="{name}">{title}{line}</g>'


def _text(kind: str, x: float, y: float, words: str, anchor: str = "start", note: str = "") -> str:
    more = f'<tspan class="note" dx="8">{escape(note)}</tspan>' if note else ""
    place = f'x="{x:g}" y="{y:g}"' + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f'<text class="{kind}" {place}>{escape(words)}{more}</text>'
