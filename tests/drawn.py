"""Programs drawn by hypothesis: well formed, small, and with every feature of the language."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable

from hypothesis import strategies as st
from sympy import Mod, floor

from symbp.ir.functions import Where
from symbp.ir.program import Access, Program, accesses
from symbp.ir.text import parse

Shape = tuple[int, ...]

GIVEN = "param x[4], W[3,2], v[3], s\nlabel t[3] in 3"
SHAPES: dict[str, Shape] = {"x": (4,), "W": (3, 2), "v": (3,), "s": ()}
LABEL_BOUND, LABELS = 3, 3

BODIES = (
    "{a}", "{a} * {b}", "{a} * {a}", "tanh({a}) * {b}", "{a} / (1 + {b}**2)", "sigmoid({a} - {b})",
    "sin({a}) + 2 * {b}", "exp(-{a}**2) * {a}", "relu({a}) - {b}", "abs({a}) * {b}",
    "maximum({a}, {b})", "minimum({a}, 1/7) * {b}", "where({a} > {b}, {a}**3, {c})",
    "sign({a}) * {b} + {c}", "softplus({a}) * {b} * {c}",
    "({a} - {b}) * ({a} + {c})", "sqrt(1 + {a}**2)",
)  # fmt: skip
"""Bodies of an equation; each letter is an access."""

FEATURES = (
    "stride", "offset", "diagonal", "gather", "scatter", "affine target", "sum", "max", "min",
    "repeated access", "two accesses of one tensor", "tied parameter", "several equations",
    "nonlinear", "guard", "scalar", "unused parameter", "value used twice", "shaped seed",
    "integer division",
)  # fmt: skip


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Draw a program of one to four equations over two or three loop indices each."""
    shapes = dict(SHAPES)
    lines = [GIVEN]
    left = draw(st.integers(1, 4))
    while left:
        name = f"y{len(shapes) - len(SHAPES) + 1}"
        shape = draw(st.lists(st.sampled_from((1, 2, 3, 3, 4)), max_size=2))
        count = draw(st.integers(1, min(2, left)))
        operator = draw(st.sampled_from(("+=", "+=", "max=", "min=")))
        lines.append(f"value {name}{_subscript(map(str, shape))}")
        for position in range(count):
            total = operator != "+=" and position == 0
            lines.append(draw(_equations(name, tuple(shape), operator, shapes, total)))
        shapes[name] = tuple(shape)
        left -= count
    return parse("\n".join(lines))


@st.composite
def _equations(
    draw: st.DrawFn, name: str, shape: Shape, operator: str, shapes: dict[str, Shape], total: bool
) -> str:
    """Draw an equation; a `total` one writes every element, so that no maximum is of nothing."""
    sizes = draw(st.lists(st.integers(2, 3), min_size=1, max_size=1 if total else 2))
    box = dict(zip("ijk", (*shape, *sizes) if total else sizes, strict=False))
    places = list(box) if total else [draw(_position(n, box)) for n in shape]
    target = name + _subscript(places[: len(shape)])
    letters = {c: draw(_access(shapes, box)) for c in "abc"}
    body = draw(st.sampled_from(BODIES)).format(**letters)
    if draw(st.integers(0, 3)) == 0:
        body = draw(_guarded(body, box))
    used = [i for i in box if re.search(rf"\b{i}\b", target + body)]
    ranges = ", ".join(f"{i} in {box[i]}" for i in used)
    return f"{target} {operator} {body}" + (f" for {ranges}" if used else "")


@st.composite
def _access(draw: st.DrawFn, shapes: dict[str, Shape], box: dict[str, int]) -> str:
    computed = [n for n in shapes if n not in SHAPES]
    name = draw(st.sampled_from(computed * 3 + list(SHAPES)))
    return name + _subscript([draw(_position(n, box)) for n in shapes[name]])


@st.composite
def _position(draw: st.DrawFn, size: int, box: dict[str, int]) -> str:
    """Draw an index that stays inside an axis: affine, divided, or through the label."""
    gather = size >= LABEL_BOUND and draw(st.integers(0, 2)) == 0
    if gather:
        return f"t[{draw(st.sampled_from(_affine(LABELS, box)))}]"
    if size >= 2 and draw(st.integers(0, 11)) == 0:
        i, operator = draw(st.sampled_from(sorted(box))), draw(st.sampled_from(("//", "%")))
        return f"{i} {operator} 2"
    return draw(st.sampled_from(_affine(size, box)))


def _affine(size: int, box: dict[str, int]) -> list[str]:
    """Return the affine expressions with values in 0 .. size-1, those with indices first."""
    found = []
    for strides in itertools.product((1, 2, -1, 0), repeat=len(box)):
        steps = [s * (n - 1) for s, n in zip(strides, box.values(), strict=True)]
        low, high = sum(min(0, s) for s in steps), sum(max(0, s) for s in steps)
        slope = "".join(f" + ({s}) * {i}" for s, i in zip(strides, box, strict=True) if s)
        found += [f"{c}{slope}" for c in range(-low, size - high)]
    return found


@st.composite
def _guarded(draw: st.DrawFn, body: str, box: dict[str, int]) -> str:
    """Draw a body that reads x beyond its ends under a guard: zero padding."""
    i, shift = draw(st.sampled_from(sorted(box))), draw(st.sampled_from((-1, 2, 3)))
    return f"where({i} + {shift} >= 0 and {i} + {shift} < 4, x[{i} + {shift}] * {body}, 0)"


def _subscript(parts: Iterable[str]) -> str:
    inner = ",".join(parts)
    return f"[{inner}]" if inner else ""


def features(program: Program) -> Counter[str]:
    """Return which features a program has."""
    found: Counter[str] = Counter()
    readers: Counter[str] = Counter()
    for equation in program.equations:
        reads = accesses(equation.body)
        readers.update({a.name for a in reads})
        tensors = [a.name for a in reads]
        everywhere = [g for a in (*reads, equation.target) for g in a.indices]
        found.update({
            equation.op: 1,
            "stride": any(g.has(2) for g in everywhere),
            "offset": any(g.is_Add for g in everywhere),
            "diagonal": any(len(set(a.indices)) < len(a.indices) for a in reads),
            "gather": any(isinstance(g, Access) for a in reads for g in a.indices),
            "scatter": any(isinstance(g, Access) for g in equation.target.indices),
            "affine target": any(not g.is_Symbol for g in equation.target.indices),
            "repeated access": any(equation.body.count(a) > 1 for a in reads),
            "two accesses of one tensor": len(set(tensors)) < len(tensors),
            "nonlinear": not equation.body.is_polynomial(*reads),
            "guard": equation.body.has(Where),
            "scalar": any(not a.indices for a in reads),
            "integer division": any(g.has(floor, Mod) for g in everywhere),
        })  # fmt: skip
    writers = Counter(e.target.name for e in program.equations)
    found["several equations"] += max(writers.values()) > 1
    found["tied parameter"] += any(readers[n] > 1 for n in SHAPES)
    found["unused parameter"] += any(readers[n] == 0 for n in SHAPES)
    found["value used twice"] += any(readers[n] > 1 for n in writers)
    found["shaped seed"] += bool(program.tensors[-1].shape)
    return +found
