"""`symbp check --hazards`: what can leave the float type, as written and as emitted.

The equations as they were written, with their raw adjoints, and those that are emitted are both
bounded by intervals. What only the first can do was rewritten; what the second can do still is told
with advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symbp import compiler
from symbp.errors import DataError
from symbp.lang.network import Network
from symbp.verify.hazards import DEFAULT, Hazard, hazards

REWRITTEN = {
    "overflow": "exponents are shifted by their maximum, and quotients of them cancelled",
    "division by zero": "the quotient is opened, so that what vanishes cancels",
    "log of zero": "the logarithm of the quotient or sum of exponentials is written out",
    "root of zero": "the root is cancelled",
    "no real value": "the formula is simplified away",
    "cancellation": "the slope is written in the value that is held",
}
"""What the passes do about each kind; see symbp/rewrite/stabilise.py and algebra.py."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Hazards that are left in the emitted equations, and those that rewriting took away."""

    left: list[Hazard]
    gone: list[Hazard]


def survey(
    network: Network, dtype: str, ranges: Mapping[str, tuple[float, float]],
    sizes: Mapping[str, int] | None = None,
) -> Survey:  # fmt: skip
    """Return the hazards of a network before and after rewriting.

    Raises:
        DataError: a range is given for what the network does not declare.
    """
    given = [t.name for t in network.program.given()]
    for name in ranges:
        if name not in given:
            raise DataError(
                f"there is no {name} to give a range", remedy=f"Given are {', '.join(given)}."
            )
    raw, _ = compiler.gradient_program(network)
    opened, _ = compiler.opened(network)
    wanted = tuple(dict.fromkeys((*network.outputs, *opened.outputs)))
    emitted = compiler.finish(compiler.tidy(opened.but(outputs=wanted)))
    left = hazards(emitted, ranges, dtype, sizes)
    keys = {(h.kind, h.tensor) for h in left} | {(h.kind, h.formula) for h in left}
    gone = [
        h
        for h in hazards(raw, ranges, dtype, sizes)
        if (h.kind, h.tensor) not in keys and (h.kind, h.formula) not in keys
    ]
    return Survey(left, gone)


def lines(
    found: Survey, network: Network, dtype: str, ranges: Mapping[str, tuple[float, float]]
) -> list[str]:
    """Return the survey as text, with the ranges that it holds for."""
    told = []
    for tensor in network.program.given():
        if tensor.bound is None and tensor.default is None and tensor.name not in ranges:
            low, high = DEFAULT.get(tensor.role, (0.0, 0.0))
            told.append(f"{tensor.name} {low:g} .. {high:g}")
    text = [f"In {dtype}, for {', '.join([*map(_range, ranges.items()), *told])}:"]
    for hazard in found.left:
        text += [f"  can happen: {hazard}", f"    advice: {hazard.advice}"]
    for hazard in found.gone:
        text += [f"  rewritten:  {hazard}", f"    applied: {REWRITTEN[hazard.kind]}"]
    if not found.left:
        text.append("  nothing can happen in the emitted equations")
    return text


def _range(item: tuple[str, tuple[float, float]]) -> str:
    name, (low, high) = item
    return f"{name} {low:g} .. {high:g}"
