"""`symbp check`: a module is built, judged by every method, and the verdict written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import click

from symbp import artifact, compiler
from symbp.errors import TargetError
from symbp.evidence import hazards
from symbp.evidence.accuracy import accuracies
from symbp.evidence.accuracy import table as table_of
from symbp.lang.network import Network
from symbp.verify import Kink, Verdict, agrees, as_json, as_junit, judge, table
from symbp.verify.methods import METHODS


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a check."""

    seed: int = 0
    methods: Sequence[str] = ()
    json: Path | None = None
    junit: Path | None = None


def judged(network: Network, module: ModuleType, wish: Wish) -> bool:
    """Judge a module of a network, print what was found, and tell whether all agrees."""
    program, gradients = compiler.gradient_program(network)
    methods = tuple(wish.methods) or tuple(METHODS)
    verdict = judge(module, program, gradients, network.loss, wish.seed, methods)
    for line in lines(verdict, wish.seed):
        click.echo(line)
    _save(network, module, verdict, wish)
    return agrees(verdict.rows)


def surveyed(
    network: Network, dtype: str, ranges: Mapping[str, tuple[float, float]] | None, accuracy: bool
) -> None:
    """Print the hazards for some ranges, or the errors against 50 digits in both float types."""
    if ranges is not None:
        found = hazards.survey(network, dtype, ranges)
        text = hazards.lines(found, network, dtype, ranges)
    if accuracy:
        text = table_of(list(accuracies(network, _targets())))
    for line in text:
        click.echo(line)


def _targets() -> list[compiler.Target]:
    """Return every target that can be built here."""
    try:
        artifact.find_compiler()
    except TargetError:
        return ["numpy"]
    return ["numpy", "c"]


def lines(verdict: Verdict, asked: int) -> list[str]:
    """Return the table, the methods that had nothing to say, and the kinks."""
    found = [table(verdict.rows)]
    if verdict.passed:
        found.append(f"Not run (too large, or no use here): {', '.join(verdict.passed)}.")
    if verdict.seed != asked:
        found.append(f"The point of seed {asked} lies on a kink; judged at that of {verdict.seed}.")
    found += [f"Kink: {kink}." for kink in verdict.kinks]
    return found


def _save(network: Network, module: ModuleType, verdict: Verdict, wish: Wish) -> None:
    head = {
        "network": network.name, "target": module.TARGET, "dtype": module.DTYPE,
        "seed": verdict.seed, "not_run": list(verdict.passed),
        "kinks": [_kink(kink) for kink in verdict.kinks],
    }  # fmt: skip
    files: dict[Path, str | bytes] = {}
    if wish.json is not None:
        files[wish.json] = as_json(head, verdict.rows)
    if wish.junit is not None:
        files[wish.junit] = as_junit(network.name, verdict.rows)
    artifact.write(files)


def _kink(kink: Kink) -> dict[str, object]:
    return {
        "tensor": kink.tensor, "formula": kink.formula, "evaluated": kink.count, "on": kink.at,
        "nearest": kink.nearest, "slope": kink.slope,
    }  # fmt: skip
