"""`symbp build --certify`: the evidence beside the module, and a self-test that needs no symbp.

NAME.py                 as ever, with two lines at its end that start the self-test
NAME_selftest.py        selftest.py as it stands
NAME.certificate.json   what was built, what was checked, and numbers to check it by again
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from symbp import artifact, compiler
from symbp.errors import TargetError
from symbp.evidence import selftest as _selftest_module
from symbp.ir.program import Program
from symbp.ir.text import text
from symbp.lang.network import Network
from symbp.lang.sizes import sized
from symbp.verify import Verdict, agrees, judge
from symbp.verify.evaluate import STEP, evaluate, forward
from symbp.verify.kinks import kinks, on
from symbp.verify.samples import Sample
from symbp.verify.samples import draw as sampled
from symbp.version import VERSION

selftest: Any = _selftest_module
"""Written out as it stands, so it has no annotations."""

DRAWS = 4
"""So many seeds are tried to find a point without a kink."""


def certify(
    network: Network, path: Path, seed: int = 0, sizes: Mapping[str, int] | None = None
) -> list[Path]:
    """Judge the module at a path, write its certificate and self-test, and return their paths.

    Raises:
        TargetError: a gradient disagrees; nothing is written then.
    """
    network = sized(network, sizes or {})
    module = artifact.load(path)
    program, gradients = compiler.gradient_program(network)
    verdict = judge(module, program, gradients, network.loss, seed)
    if not agrees(verdict.rows):
        wrong = next(row for row in verdict.rows if row.verdict != "ok")
        raise TargetError(
            f"{network.name} can't be certified: {wrong.parameter} {wrong.verdict} by"
            f" {wrong.method}",
            remedy="See symbp check.",
        )
    tail = _tail(network.name)
    source = path.read_text("utf-8").removesuffix(tail) + tail
    files: dict[Path, str | bytes] = {path: source, _beside(path, "_selftest.py"): _selftest()}
    sha256 = {p.name: selftest.digest(str(content).encode()) for p, content in files.items()}
    for kind in (".c", ".h", ".python.c"):
        if module.TARGET == "c":
            file = path.with_name(path.stem + kind)
            sha256[file.name] = selftest.digest(file.read_bytes())
    evidence = {**_head(network, module, verdict), "sha256": sha256}
    evidence |= _numbers(network, module, program, gradients, seed)
    certificate = _beside(path, ".certificate.json")
    files[certificate] = json.dumps(evidence, indent=1) + "\n"
    artifact.write(files)
    return [certificate, _beside(path, "_selftest.py")]


def _tail(name: str) -> str:
    return (
        f'\n\nif __name__ == "__main__":\n    import {name}_selftest\n\n'
        f'    {name}_selftest.main("{name}")\n'
    )


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.stem + ending)


def _selftest() -> str:
    return Path(selftest.__file__).read_text("utf-8")


def _head(network: Network, module: ModuleType, verdict: Verdict) -> dict[str, Any]:
    """Return what was judged and found, without what changes from run to run."""
    rows = [
        {
            "parameter": r.parameter, "method": r.method, "elements": r.elements,
            "kinks": r.kinks, "undecided": r.undecided, "worst": r.place, "module": r.got,
            "method's": r.wanted, "ulps": r.ulps, "estimate": r.doubt, "verdict": r.verdict,
            "note": r.note,
        }
        for r in verdict.rows
    ]  # fmt: skip
    return {
        "network": network.name, "symbp": VERSION, "source": network.source,
        "description": selftest.digest(text(network.program).encode()),
        "target": module.TARGET, "dtype": module.DTYPE,
        "parameters": {n: list(s) for n, s in module.PARAMETERS.items()},
        "checked_at_seed": verdict.seed, "not_run": list(verdict.passed),
        "kinks": [str(kink) for kink in verdict.kinks], "rows": rows,
    }  # fmt: skip


def _numbers(
    network: Network, module: ModuleType, program: Program, gradients: Mapping[str, str], seed: int
) -> dict[str, Any]:
    """Return the loss at a point and its slopes along directions, by complex steps."""
    plain = forward(program, network.loss)
    stopped = "stop_gradient(" in text(plain, declarations=False)
    for used in range(seed, seed + DRAWS):
        like = sampled(program, module.init_params(used), module.DTYPE, used)
        given = [
            (t.name, list(like.data[t.name].shape), t.role, _bound(t.bound, like))
            for t in program.having("input", "target", "label")
        ]
        params, data = selftest.draw(module, given, used)
        sample = Sample(params, data, like.sizes, like.noise)
        if not on(kinks(plain, sample, list(gradients))):
            break
    values = {**params, **data, **sample.noise}
    slopes = {}
    for position, name in enumerate(gradients):
        slopes[name] = [
            _slope(plain, network.loss, {**values, name: params[name] + 1j * STEP * v}, sample)
            for v in selftest.directions(used, position, params[name].shape)
        ]
    loss = float(evaluate(plain, values, sample.sizes)[network.loss].real)
    return {"seed": used, "data": given, "loss": loss, "slopes": slopes, "differences": not stopped}


def _slope(plain: Program, loss: str, values: Mapping[str, Any], sample: Sample) -> float:
    return float(evaluate(plain, values, sample.sizes)[loss].imag) / STEP


def _bound(bound: Any, sample: Sample) -> int | None:
    if bound is None:
        return None
    return int(bound.xreplace({s: sample.sizes[str(s)] for s in bound.free_symbols}))
