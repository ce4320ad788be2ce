"""A derivation: where it began, the steps that were taken, and the formulas it ended in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from symbp.codegen.formulas import Formulas
from symbp.ir.program import Equation, Program, Tensor
from symbp.ir.trace import Step


@dataclass(frozen=True)
class Derivation:
    """All of a network's back-propagation: `program`, changed by `steps`, gives `formulas`.

    >>> from symbp.compiler import derivation
    >>> from symbp.lang.parser import parse
    >>> net = parse("network a\\ninput x[N]\\nparam w\\noutput w*x\\nloss sum[n](exp(w*x[n]))")
    >>> for step in derivation(net).of("w"):
    ...     print(step.target, "by", step.rule)
    dloss by the loss by itself is one
    dw by chain rule
    dw by a value that is held is read
    dw by substitution
    """

    name: str
    program: Program = field(repr=False)
    """The network's forward equations, as they were described."""
    steps: tuple[Step, ...] = field(repr=False)
    """In the order in which they were taken."""
    formulas: Formulas = field(repr=False)
    """What is left in the end: forward equations and every gradient."""
    gradients: dict[str, str]
    """Of each parameter, the tensor that holds its gradient."""
    tensors: tuple[Tensor, ...] = field(repr=False)
    """All that were there on the way, also those that are gone in the end."""

    def of(self, name: str) -> tuple[Step, ...]:
        """Return the steps that lead to a gradient, or to any other tensor, in order.

        Args:
            name: a parameter (then its gradient is meant) or a tensor.
        """
        leading = [s for s in self.steps if s.after or s.derives]  # what is removed leads nowhere
        wanted = {self.gradients.get(name, name)}
        while True:
            found = [s for s in leading if wanted & {s.target, *(e.target.name for e in s.after)}]
            read = (e for s in found for e in (s.after if s.derives else (*s.before, *s.after)))
            more = wanted | {a.name for e in read for a in e.reads()}
            if more == wanted:
                return tuple(found)
            wanted = more

    @cached_property
    def adjoints(self) -> dict[str, str]:
        """Of each adjoint, the tensor that it belongs to, as the chain rule has told."""
        own = {self.gradients.get(name, name): name for name in self.gradients}
        return own | {s.target: s.by.name for s in self.steps if s.by is not None}

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each tensor stands in the order of definitions; adjoints as what they belong to."""
        places = {tensor.name: k for k, tensor in enumerate(self.tensors)}
        return places | {d: len(places) + places[name] for d, name in self.adjoints.items()}

    def at(self, target: str) -> tuple[Step, ...]:
        """Return the steps that changed one tensor, in order."""
        return tuple(step for step in self.steps if step.target == target)


def replayed(equations: Iterable[Equation], steps: Iterable[Step]) -> list[Equation]:
    """Return the equations after all steps, in no particular order.

    Raises:
        ValueError: a step replaces an equation that is not there.
    """
    found = list(equations)
    for step in steps:
        if not step.derives:
            for equation in step.before:
                found.remove(equation)
        found += step.after
    return found
