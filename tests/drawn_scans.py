"""Recurrences drawn by hypothesis: states that feed each other, forwards and backwards."""

from __future__ import annotations

from hypothesis import strategies as st

from symbp.ir.program import Program
from symbp.ir.text import parse

BODIES = (
    "tanh({a}) * {b}", "{a} * {b} + {c}", "sigmoid({a} - {b})", "{a} / (1 + {b}**2) - {c}",
    "where({a} > {b}, {a} * {c}, {b})", "sin({a}) + {b}", "exp(-{a}**2) * {b}",
    "{a} * {a} * sigmoid({b}) * (1 - sigmoid({b}))",
)  # fmt: skip
"""Bodies of an equation; each letter is an access."""


@st.composite
def recurrences(draw: st.DrawFn) -> Program:
    """Draw one scan or two, of one equation to eight each, and y[j], which reads them."""
    steps = draw(st.integers(1, 3))
    lines = [f"param x[{steps},2], W[2,2], v[2]", "value y[2]"]
    outside = ["x[T,J]", f"x[{steps - 1} - T,J]", "v[J]"]
    results: list[str] = []
    for number in range(draw(st.integers(1, 2))):
        reverse = draw(st.booleans())
        new, states, others = draw(_scan(number, steps, reverse, outside))
        lines += new
        outside += [f"{name}[T,J]" for name in (*states, *others)]
        results += [f"y[j] += {name}[{draw(st.integers(0, steps))},j]" for name in states]
        results += [f"y[j] += sum[t]({name}[t,j]) for j in 2, t in {steps}" for name in others]
    return parse("\n".join([*lines, *results]))


@st.composite
def _scan(
    draw: st.DrawFn, number: int, steps: int, reverse: bool, outside: list[str]
) -> tuple[list[str], list[str], list[str]]:
    """Draw the lines of a scan; return its states and its other tensors too."""
    t = f"t{number}"
    before, after = (f"{t} + 1", t) if reverse else (t, f"{t} + 1")
    states = [f"h{number}{k}" for k in range(draw(st.integers(1, 2)))]
    others = [f"s{number}{k}" for k in range(draw(st.integers(0, 2)))]
    lines = [f"value {name}[{steps + 1},2]" for name in states]
    lines += [f"value {name}[{steps},2]" for name in others]
    if draw(st.booleans()):
        lines.append(f"{states[0]}[{steps if reverse else 0},j] = v[j]")
    lines.append(f"scan {t} in {steps}{' reversed' if reverse else ''}")
    known = [*outside, *[f"{name}[{before},J]" for name in states] * 3]
    for name in draw(st.permutations([*states, *others])):
        target = f"{name}[{after if name in states else t},J]"
        for _ in range(draw(st.integers(1, 2))):
            lines.append("    " + draw(_equation(target, known, t)))
        known += [target] * 2
    return [*lines, "end"], states, others


@st.composite
def _equation(draw: st.DrawFn, target: str, known: list[str], t: str) -> str:
    a, b, c = (draw(st.sampled_from(known)) for _ in "abc")
    ranges = "j in 2"
    if draw(st.integers(0, 3)) == 0:
        body, ranges = f"sum[k]({a.replace('J', 'k')} * W[k,J])", "j in 2, k in 2"
    else:
        body = draw(st.sampled_from(BODIES)).format(a=a, b=b, c=c)
    return f"{target} += {body} for {ranges}".replace("J", "j").replace("T", t)
