"""A verdict in words: what is wrong, in which line, and the right formula beside it."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.audit.audit import Audit
from symbp.audit.judge import Finding
from symbp.audit.lines import behind, line_of
from symbp.ir.text import show


def report(audit: Audit) -> str:
    """Return the verdict on each parameter as text."""
    verdict = audit.verdict
    lines = [
        f"{audit.file.name}:{audit.function or 'the loop'}, called so that {verdict.attempt.words}"
    ]
    told: dict[str, list[Finding]] = {}
    for finding in verdict.findings:
        called = verdict.attempt.called.get(finding.parameter, finding.parameter)
        name = (
            finding.parameter if called == finding.parameter else f"{called} ({finding.parameter})"
        )
        lines.append(f"  {name}: {'right' if finding.right else f'WRONG: {finding.words}'}")
        if not finding.right:
            told.setdefault(finding.tensor, []).append(finding)
            lines += [f"    {line}" for line in _beside(audit, finding, called)]
    if verdict.factor not in ("1", "?"):
        lines.append(
            f"  All gradients are {verdict.factor} times those of the description: its loss is"
            f" {verdict.factor} times as large, or the step is."
        )
    return "\n".join(lines)


def _beside(audit: Audit, finding: Finding, called: str) -> Iterator[str]:
    """Yield the line that computes a gradient, and the formulas that are right."""
    found = line_of(audit.text, audit.function, called)
    gradient = audit.given.gradients[finding.parameter]
    if found is not None:
        own = finding.tensor in ("", gradient)
        before = () if own else behind(audit.text, audit.function, found[0])
        yield from (f"{audit.file.name}:{number}: {line}" for number, line in (*before, found))
    wanted = dict.fromkeys((finding.tensor, gradient)) if finding.tensor else {gradient: None}
    program = audit.given.tidied
    for tensor in wanted:
        equations = program.writers().get(tensor) or audit.given.raw.writers().get(tensor, ())
        for number, equation in enumerate(equations):
            yield f"  right: {show(equation, number == 0)}"
