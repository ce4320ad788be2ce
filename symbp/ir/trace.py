"""A trace of what passes do: each tells, where it changes an equation, by which rule.

Nothing is kept, and next to nothing spent, unless somebody records:

>>> from symbp.ir.program import Access, Equation
>>> from sympy import Integer
>>> one = Equation(Access("y"), "sum", Integer(1) + Access("x"), ())
>>> two = Equation(Access("y"), "sum", Access("x"), ())
>>> note("constants don't matter", [one], [two])
>>> with recording() as trace, because("for this example"):
...     note("constants don't matter", [one], [two])
>>> trace.steps[0].rule, trace.steps[0].target, trace.steps[0].reason
("constants don't matter", 'y', 'for this example')
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from symbp.ir.program import Access, Equation, Program, Tensor


@dataclass(frozen=True, slots=True)
class Step:
    """One application of one rule.

    In a program, `after` stands in the place of `before`. Of a derivative, `before` is what was
    differentiated and stays, and `after` is added.
    """

    rule: str
    """Its name: "chain rule", "constant out of a sum", "log(1 + exp(u)) = softplus(u)"."""
    target: str
    """The tensor that is changed."""
    before: tuple[Equation, ...]
    after: tuple[Equation, ...]
    reason: str = ""
    """Why the pass that applied it is there."""
    using: tuple[Equation, ...] = ()
    """Definitions that were looked at: h[n,j] = sigmoid(z[n,j]) where h is read for it."""
    derives: bool = False
    """Whether it is a derivative, and not another form of the same value."""
    by: Access | None = None
    """Of a derivative: the access that the equation before, or the loss, is differentiated by."""


@dataclass(slots=True)
class Trace:
    """What is recorded."""

    steps: list[Step] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    """All that any program declared on the way, in the order in which they were met."""


_TRACE: ContextVar[Trace | None] = ContextVar("trace", default=None)
_REASON: ContextVar[str] = ContextVar("reason", default="")


@contextmanager
def recording() -> Iterator[Trace]:
    """Keep the steps of all passes that run inside, in order."""
    trace = Trace()
    token = _TRACE.set(trace)
    try:
        yield trace
    finally:
        _TRACE.reset(token)


def met(program: Program) -> Program:
    """Remember the tensors of a program on the way; return it."""
    trace = _TRACE.get()
    if trace is not None:
        for tensor in program.tensors:
            trace.tensors.setdefault(tensor.name, tensor)
    return program


@contextmanager
def because(reason: str) -> Iterator[None]:
    """Give the steps that are taken inside this reason."""
    token = _REASON.set(reason)
    try:
        yield
    finally:
        _REASON.reset(token)


def note(
    rule: str, before: Iterable[Equation], after: Iterable[Equation],
    using: Iterable[Equation] = (), derives: bool = False, by: Access | None = None,
) -> None:  # fmt: skip
    """Record a step, where anybody records and anything changed; its target is the last one."""
    trace = _TRACE.get()
    if trace is None:
        return
    old, new = tuple(before), tuple(after)
    if old != new or derives:
        target = (*old, *new)[-1].target.name
        trace.steps.append(Step(rule, target, old, new, _REASON.get(), tuple(using), derives, by))
