"""The gradient's error against 50 digits, beside that of the same network by hand.

An error counts in units in the last place of the gradient's largest element, by parameter; that
of a point is the worst of its parameters. Shown are the median of the points, which tells two
programs apart, and the largest, which is luck where a sum cancels. Both sides get the same numbers,
as their float type holds them; the reference is the adjoint equations in 50 digits, at the same.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symbp import artifact, compiler
from symbp.compiler import Target
from symbp.evidence.byhand import GRADIENTS
from symbp.ir.interpret import high_precision, interpret
from symbp.lang.network import Network
from symbp.verify.report import in_columns
from symbp.verify.samples import Sample, draw

Array = np.ndarray[Any, np.dtype[Any]]

SEEDS = (0, 1, 2, 3, 4, 5)
DTYPES = ("float64", "float32")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Errors of one network in one float type, in units in the last place."""

    network: str
    dtype: str
    errors: Mapping[str, Sequence[float]]
    """Of each point, by target, and `by hand` where somebody has written it."""

    def median(self, who: str) -> float:
        return float(np.median(self.errors[who]))

    @property
    def ratio(self) -> float | None:
        """The median of the worse target, in those of the one by hand."""
        medians = {who: self.median(who) for who in self.errors}
        hand = medians.pop("by hand", 0.0)
        return max(medians.values()) / hand if hand else None


def accuracies(
    network: Network, targets: Sequence[Target], seeds: Sequence[int] = SEEDS
) -> Iterator[Accuracy]:
    """Yield the errors in both float types."""
    for dtype in DTYPES:
        errors: dict[str, list[float]] = {}
        with tempfile.TemporaryDirectory() as folder:
            modules = {t: _built(network, t, dtype, Path(folder, t)) for t in targets}
            for seed in seeds:
                for who, error in _at(network, modules, dtype, seed).items():
                    errors.setdefault(who, []).append(error)
        yield Accuracy(network.name, dtype, errors)


def _built(network: Network, target: Target, dtype: str, folder: Path) -> ModuleType:
    return artifact.load(compiler.build(network, target, dtype, folder))


def _at(
    network: Network, modules: Mapping[Target, ModuleType], dtype: str, seed: int
) -> dict[str, float]:
    """Return everybody's error at one point."""
    program, names = compiler.gradient_program(network)
    any_module = next(iter(modules.values()))
    sample = draw(program, any_module.init_params(seed), dtype, seed)
    given = {**sample.params, **sample.data, **sample.noise}
    found = interpret(program, given, high_precision(50), sample.sizes)
    wanted = {name: found[g] for name, g in names.items()}
    errors: dict[str, float] = {}
    for target, module in modules.items():
        _, grads = module.value_and_grad(sample.params, *sample.data.values())
        errors[target] = worst(grads, wanted, dtype)
    if network.name in GRADIENTS:
        errors["by hand"] = worst(_by_hand(network.name, sample), wanted, dtype)
    return errors


def _by_hand(name: str, sample: Sample) -> dict[str, Array]:
    found = GRADIENTS[name](sample.params, *sample.data.values(), *sample.noise.values())
    return {n: np.asarray(g) for n, g in found.items()}


def worst(got: Mapping[str, Any], wanted: Mapping[str, Array], dtype: str) -> float:
    """Return the largest error of any parameter, each in ulp of its own largest element.

    >>> worst({"w": [1.0, 1 + 2**-52]}, {"w": np.array([1, 1], object)}, "float64")
    1.0
    """
    eps = float(np.finfo(dtype).eps)
    errors = [0.0]
    for name, exact in wanted.items():
        scale = float(np.max(np.abs(exact.astype(float)), initial=0.0))
        array = np.asarray(got[name])
        for place in np.ndindex(array.shape) if scale else ():
            errors.append(abs(float(float(array[place]) - exact[place])) / (eps * scale))
    return max(errors)


def table(rows: Sequence[Accuracy]) -> list[str]:
    """Return medians and largest errors as aligned text, with the ratio to those by hand.

    >>> errors = {"numpy": [0.5, 1.5, 4.0], "by hand": [1.0, 1.0, 3.0]}
    >>> print(*table([Accuracy("a", "float64", errors)]), sep="\\n")
    network  float    numpy      by hand    ratio
    a        float64  1.5 (4.0)  1.0 (3.0)  1.5
    """
    who = list(dict.fromkeys(w for row in rows for w in row.errors))
    lines = [["network", "float", *who, "ratio"]]
    for row in rows:
        ratio = "-" if row.ratio is None else f"{row.ratio:.1f}"
        lines.append([row.network, row.dtype, *(_cell(row, w) for w in who), ratio])
    return in_columns(lines)


def _cell(row: Accuracy, who: str) -> str:
    return f"{row.median(who):.1f} ({max(row.errors[who]):.1f})" if who in row.errors else "-"
