"""The functions of a module and what each of them reads, computes and hands on.

forward    what the loss needs; its tape is what backward reads of it
backward   all gradients, from given tensors and the tape
predict    the outputs alone
update     new parameters and state from the gradients
step       forward, backward and update as one program (descent.py)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sympy import Expr

from symbp.ir.program import Equation, Program
from symbp.schedule.descent import descent
from symbp.schedule.keep import cut, keep


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
    step: Phase | None
    """All of a training step at once; its results are the loss and what has been updated."""
    update_gradients: Mapping[str, str]
    """Parameter -> the name that its gradient has in the update's equations."""
    updated: Mapping[str, str]
    """Parameter or state -> the tensor that holds its new value, in the update."""
    results: Mapping[str, str]
    """The same in the step, running values included."""
    state: Mapping[str, Expr]
    """State -> its initial value."""
    prediction: Program | None
    """What a prediction computes as it was described, where it is not what training does."""
    running: Mapping[str, str]
    """Frozen parameter -> the tensor of the forward pass that holds its next value."""

    noise: tuple[str, str] | None
    """The states that tell which random numbers a step draws: their seed, and a step counter."""

    @property
    def drawn(self) -> tuple[str, ...]:
        """The tensors of random numbers that a step draws."""
        read = {*self.forward.reads, *self.backward.reads}
        return tuple(t.name for t in self.program.having("noise") if t.name in read)

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


def split(
    program: Program, loss: str, gradients: Mapping[str, str], running: Iterable[str] = (),
    kept: Iterable[str] = (),
) -> tuple[Phase, Phase]:  # fmt: skip
    """Cut a program into what the loss needs and the rest; name the tape between them.

    The next values of what runs along are on the tape too.

    Args:
        kept: what else the forward pass computes because it is less to keep (keep.py).
    """
    forward, late = cut(program, [loss, *running, *kept], gradients.values())
    early = forward.writers()
    reads = {a.name for e in late.equations for a in e.reads()}
    extra = [g for g in (*gradients.values(), *running) if g in early]
    tape = tuple(t.name for t in forward.tensors if t.name in early and t.name in reads)
    results = (loss, *tape, *(g for g in extra if g not in tape))
    return phase(forward, results), phase(late, tuple(gradients.values()))


def phase(program: Program, results: tuple[str, ...]) -> Phase:
    """Return a program as one function's work."""
    read = {a.name for e in program.equations for a in e.reads()} | set(results)
    computed = {e.target.name for e in program.equations}
    reads = tuple(t.name for t in program.tensors if t.name in read - computed)
    return Phase(program, reads, results)


def rest(whole: Phase, equations: tuple[Equation, ...], running: Iterable[str] = ()) -> Phase:
    """Return a part of a phase; what it reads of the rest, and does not compute, it is handed.

    The next values of what runs along are results of it wherever they were computed.
    """
    own = {*running, *(e.target.name for e in equations)}
    return phase(
        whole.program.but(equations=equations), tuple(r for r in whole.results if r in own)
    )


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
    prediction: Program | None = None,
    running: Mapping[str, str] | None = None,
    noise: tuple[str, str] | None = None,
) -> Plan:
    """Return the plan of a module.

    Args:
        joint: loss and gradients, rewritten together so that they share what they can.
        predict: the outputs, rewritten by themselves.
        update: the optimizer's equations, or None.
    """
    running = running or {}
    joint, kept = keep(joint, [loss, *running.values()], gradients.values())
    forward, backward = split(joint, loss, gradients, running.values(), kept)
    step, results = None, dict[str, str]()
    if update is not None:
        whole, results = descent(joint, update, gradients, update_gradients, updated)
        results |= running
        step = phase(whole, (loss, *results.values()))
    return Plan(
        name, program, loss, outputs, dict(gradients), forward, backward,
        phase(predict, outputs),
        phase(update, tuple(updated.values())) if update else None,
        step,
        dict(update_gradients), dict(updated), dict(results), dict(state), prediction,
        dict(running), noise,
    )  # fmt: skip


__all__ = ["Phase", "Plan", "phase", "plan", "rest", "split"]
