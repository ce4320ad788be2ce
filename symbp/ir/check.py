"""Which programs are well formed.

    every name is declared once; a given tensor is never a target
    every access has as many indices as its tensor has axes, and stays inside it
    every index of body and target has one range
    a tensor is read only when all of its equations have run
    the equations of one target combine in one way

>>> from symbp.ir.text import parse
>>> check(parse("input x[N,4]\\ny[n] = sum[i](x[n,i])"))
"""

from __future__ import annotations

from collections import Counter

from sympy import Symbol

from symbp.errors import LanguageError, OrderError, ShapeError, SymbpError
from symbp.ir import ranges
from symbp.ir.program import GIVEN, Equation, Program, Tensor
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
    last = {e.target.name: k for k, e in enumerate(program.equations)}
    ops: dict[str, str] = {}
    for position, equation in enumerate(program.equations):
        try:
            _check_order(equation, position, last, table)
            _check_combination(equation, ops)
            _check_indices(equation, sizes)
            ranges.check_inside(equation, table)
        except SymbpError as error:
            error.equation = error.equation or show(equation)
            raise error.at(equation.source) from None
    for name in program.outputs:
        if name not in table or (table[name].role == "value" and name not in last):
            raise LanguageError(f"the output {name} is not known", remedy="Define it first.")


def _check_order(
    equation: Equation, position: int, last: dict[str, int], table: dict[str, Tensor]
) -> None:
    target = equation.target.name
    if target in table and table[target].role in GIVEN:
        raise OrderError(
            f"{target} is given ({table[target].role}) and can't be computed",
            remedy="Give the result a name of its own.",
        )
    for use in (*equation.reads(), equation.target):
        check_access(use, table)
    for use in equation.reads():
        if table[use.name].role == "value" and last.get(use.name, position) >= position:
            raise OrderError(
                f"{use.name} is read before it is complete",
                remedy="Move the equation below all that define what it reads.",
                culprit=use,
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
