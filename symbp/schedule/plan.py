"""The functions of a module and what each of them reads, computes and hands on.

forward    what the loss needs; its tape is what backward reads of it
backward   all gradients, from given tensors and the tape
predict    the outputs alone
update     new parameters and state from the gradients
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr

from symbp.ir.program import Program
from symbp.ir.visit import needed


@dataclass(frozen=True, slots=True)
class Phase:
    """Equations that one function runs, in order."""

    program: Program
    reads: tuple[str, ...]
    """The tensors it is handed, in the order of their declaration."""
    results: tuple[str, ...]
    """The tensors it hands back."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that an emitter needs to know of a network."""

    name: str
    program: Program
    """The forward equations as they were described: for headers and signatures."""
    loss: str
    outputs: tuple[str, ...]
    gradients: Mapping[str, str]
    """Parameter -> the tensor that holds its gradient."""
    forward: Phase
    backward: Phase
    predict: Phase
    update: Phase | None
    update_gradients: Mapping[str, str]
    """Parameter -> the name that its gradient has in the update's equations."""
    updated: Mapping[str, str]
    """Parameter or state -> the tensor that holds its new value."""
    state: Mapping[str, Expr]
    """State -> its initial value."""

    @property
    def tape(self) -> tuple[str, ...]:
        """The computed tensors that forward hands to backward."""
        return self.forward.results[1:]

    def hyper(self, *phases: Phase | None) -> tuple[str, ...]:
        """Return the hyper-parameters that some phases read, in order of declaration."""
        found: dict[str, None] = {}
        for phase in phases:
            if phase is not None:
                table = phase.program.table()
                found.update(dict.fromkeys(n for n in phase.reads if table[n].role == "hyper"))
        return tuple(found)


def split(program: Program, loss: str, gradients: Mapping[str, str]) -> tuple[Phase, Phase]:
    """Cut a program into what the loss needs and the rest; name the tape between them."""
    forward = needed(program, [loss])
    early = {e.target.name for e in forward.equations}
    late = needed(program, gradients.values())
    late = late.but(equations=tuple(e for e in late.equations if e.target.name not in early))
    reads = {a.name for e in late.equations for a in e.reads()}
    extra = [g for g in gradients.values() if g in early]
    tape = tuple(t.name for t in forward.tensors if t.name in early and t.name in reads)
    results = (loss, *tape, *(g for g in extra if g not in tape))
    return phase(forward, results), phase(late, tuple(gradients.values()))


def phase(program: Program, results: tuple[str, ...]) -> Phase:
    """Return a program as one function's work."""
    read = {a.name for e in program.equations for a in e.reads()} | set(results)
    computed = {e.target.name for e in program.equations}
    reads = tuple(t.name for t in program.tensors if t.name in read - computed)
    return Phase(program, reads, results)


def plan(
    name: str,
    program: Program,
    *,
    joint: Program,
    predict: Program,
    update: Program | None,
    loss: str,
    outputs: tuple[str, ...],
    gradients: Mapping[str, str],
    update_gradients: Mapping[str, str],
    updated: Mapping[str, str],
    state: Mapping[str, Expr],
) -> Plan:
    """Return the plan of a module.

    Args:
        joint: loss and gradients, rewritten together so that they share what they can.
        predict: the outputs, rewritten by themselves.
        update: the optimizer's equations, or None.
    """
    forward, backward = split(joint, loss, gradients)
    return Plan(
        name, program, loss, outputs, dict(gradients), forward, backward,
        phase(predict, outputs),
        phase(update, tuple(updated.values())) if update else None,
        dict(update_gradients), dict(updated), dict(state),
    )  # fmt: skip


__all__ = ["Phase", "Plan", "phase", "plan", "split"]
