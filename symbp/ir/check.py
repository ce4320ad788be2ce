"""Which programs are well formed.

    every name is declared once; a given tensor is never a target
    every access has as many indices as its tensor has axes, and stays inside it
    every index of body and target has one range
    a tensor is read only when all of its equations have run
    the equations of one target combine in one way
    in a scan, what is read was written before the scan, in an earlier step, or above in the same

>>> from symbp.ir.text import parse
>>> check(parse("input x[N,4]\\ny[n] = sum[i](x[n,i])"))
"""

from __future__ import annotations

from collections import Counter

from sympy import Symbol

from symbp.errors import LanguageError, OrderError, ShapeError, SymbpError
from symbp.ir import ranges
from symbp.ir.program import GIVEN, Access, Equation, Program
from symbp.ir.regions import in_time
from symbp.ir.text import check_access, show


def check(program: Program) -> None:
    """Raise a SymbpError that names the first equation which breaks a rule.

    Raises:
        LanguageError: a name is declared twice, or an output is unknown.
        OrderError: a value is read too early, or a given tensor is overwritten.
        ShapeError: a rank, a range or an access does not fit.
    """
    for name, count in Counter(t.name for t in program.tensors).items():
        if count > 1:
            raise LanguageError(f"{name} is declared twice", remedy="Rename one of them.")
    table = program.table()
    sizes = set(program.sizes())
    order = _Order(program)
    ops: dict[str, str] = {}
    for position, equation in enumerate(program.equations):
        try:
            order.check(equation, position)
            _check_scan(equation, order.block(position)[0])
            _check_combination(equation, ops)
            _check_indices(equation, sizes)
            ranges.check_inside(equation, table)
        except SymbpError as error:
            error.equation = error.equation or show(equation)
            raise error.at(equation.source) from None
    for name in program.outputs:
        if name not in table or (table[name].role == "value" and name not in order.writers):
            raise LanguageError(f"the output {name} is not known", remedy="Define it first.")


class _Order:
    """Where each tensor is written, and which equations are steps of one scan."""

    def __init__(self, program: Program) -> None:
        self.table = program.table()
        self.equations = program.equations
        self.writers: dict[str, list[int]] = {}
        self.spans: list[range] = []
        for position, equation in enumerate(program.equations):
            self.writers.setdefault(equation.target.name, []).append(position)
        for block in program.blocks():
            self.spans += [range(len(self.spans), len(self.spans) + len(block))] * len(block)

    def block(self, position: int) -> tuple[Equation, ...]:
        span = self.spans[position]
        return self.equations[span.start : span.stop]

    def check(self, equation: Equation, position: int) -> None:
        """Raise where a given tensor is written, or a value is read too early."""
        target = equation.target.name
        if target in self.table and self.table[target].role in GIVEN:
            raise OrderError(
                f"{target} is given ({self.table[target].role}) and can't be computed",
                remedy="Give the result a name of its own.",
            )
        for use in (*equation.reads(), equation.target):
            check_access(use, self.table)
        for use in equation.reads():
            if self.table[use.name].role == "value":
                self._check_read(use, equation, position)

    def _check_read(self, use: Access, equation: Equation, position: int) -> None:
        span = self.spans[position]
        for written in self.writers.get(use.name, [position]):
            if written < span.start:
                continue
            writer = self.equations[written]
            inside = equation.scan is not None and written in span
            if not inside:
                raise OrderError(
                    f"{use.name} is read before it is complete",
                    remedy="Move the equation below all that define what it reads.",
                    culprit=use,
                )
            if not in_time(use, equation, writer, written < position, self.table):
                raise OrderError(
                    f"{use} is read in a step of the scan that comes before {writer.target} is"
                    " written",
                    remedy="Read an earlier step, move the equation down, or turn the scan round.",
                    culprit=use,
                )


def _check_scan(equation: Equation, first: Equation) -> None:
    """Raise where an equation has no part in the steps of its scan, or more or fewer of them."""
    if equation.scan is None:
        return
    t = equation.scan.index
    if t not in equation.extent:
        raise OrderError(
            f"{equation.target.name} does not depend on {t}, which the scan runs through",
            remedy="Move the equation above the scan.",
        )
    if equation.extent[t] != first.extent.get(t):
        raise ShapeError(
            f"index {t} of the scan ranges over {first.extent.get(t)} in"
            f" {first.target.name} but over {equation.extent[t]} here",
            remedy="Give all equations of a scan the same number of steps.",
        )


def _check_combination(equation: Equation, ops: dict[str, str]) -> None:
    earlier = ops.setdefault(equation.target.name, equation.op)
    if earlier != equation.op:
        raise OrderError(
            f"{equation.target.name} is a {earlier} above and a {equation.op} here",
            remedy="Give the two results names of their own.",
        )


def _check_indices(equation: Equation, sizes: set[Symbol]) -> None:
    extents = equation.extent
    used = equation.body.free_symbols | equation.target.free_symbols
    for symbol in sorted(used - set(extents) - sizes, key=str):
        raise ShapeError(f"index {symbol} has no range", remedy=f"Add: for {symbol} in SIZE")
    if len(extents) != len(equation.ranges):
        raise ShapeError("an index has two ranges", remedy="Rename one of the indices.")
