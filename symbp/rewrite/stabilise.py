"""Sums of exponentials are shifted by their maximum, where nothing is lost by it.

    Z[n] = sum_j exp(z[n,j])   is   exp(m[n]) sum_j exp(z[n,j] - m[n])   with m[n] = max_j z[n,j]

so log Z is m + log sum exp(z - m), and exp(z) / Z is exp(z - m) / sum exp(z - m): no exponent is
positive. The shift is applied when all factors exp(m) cancel in what reads Z; a value that truly
is exp(m) large stays as it was written. Every element z that is read beside m is written as
(z - m) + m, and the m cancel exactly: log Z - z[n,t] keeps its digits for any size of z.

Source: Blanchard, Higham and Higham, Accurately computing the log-sum-exp and softmax
functions, IMA J. Numer. Anal. 41 (2021).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sympy import Expr, Symbol, exp

from symbp.ir.program import Access, Equation, Program, Tensor, accesses, fresh
from symbp.ir.visit import definitions, instance, needed
from symbp.rewrite.algebra import simplify


def stabilise(program: Program) -> Program:
    """Shift every sum of exponentials whose readers let the shift cancel."""
    for name, group in program.writers().items():
        if name not in program.outputs and len(group) == 1 and _is_sum_of_exp(group[0]):
            program = _shifted(program, group[0]) or program
    return program


def _is_sum_of_exp(equation: Equation) -> bool:
    return (
        equation.op == "sum"
        and equation.plain
        and bool(equation.reduced)
        and isinstance(equation.body, exp)
        and not (equation.scan and equation.scan.index in equation.reduced)
    )


@dataclass(frozen=True, slots=True)
class _Shift:
    """The names that belong to one sum: Z -> Z_shifted * exp(m),  z[g] -> d[g] + m[kept g]."""

    total: str
    scaled: str
    top: str
    operand: Access
    difference: str
    kept: tuple[int, ...]
    """The axes of the operand that the sum keeps, in the order of the total's axes."""

    def rewrite(self, body: Expr) -> Expr:
        """Return the body in shifted terms."""
        sums = [a for a in accesses(body) if a.name == self.total]
        swaps: dict[Expr, Expr] = {
            a: Access(self.scaled, *a.indices) * exp(Access(self.top, *a.indices)) for a in sums
        }
        tops = {a.indices for a in sums}
        for a in accesses(body):
            if a.name == self.operand.name:
                indices = tuple(a.indices[k] for k in self.kept)
                if indices in tops:
                    top = Access(self.top, *indices)
                    swaps[a] = Access(self.difference, *a.indices) + top
        return simplify(body.xreplace(swaps))


def _shifted(program: Program, total: Equation) -> Program | None:
    """Return the program with one sum shifted, or None where the shift does not cancel."""
    tensors = program.table()
    prefix = total.target.name
    prelude, operand = _operand(total, tensors, prefix)
    if set(operand.indices) != set(total.extent):
        return None
    shift = _Shift(
        total=prefix,
        scaled=fresh(f"{prefix}_shifted", tensors),
        top=fresh(f"{prefix}_max", tensors),
        operand=operand,
        difference=fresh(f"{operand.name}_shifted", tensors),
        kept=tuple(operand.indices.index(i) for i in total.target.indices),
    )
    shape = tensors[prefix].shape
    tensors[shift.scaled] = Tensor(shift.scaled, shape)
    tensors[shift.top] = Tensor(shift.top, shape)
    tensors[shift.difference] = Tensor(
        shift.difference, tuple(total.extent[i] for i in operand.indices)
    )
    pointwise = definitions(program)
    opened: dict[str, Equation] = {}
    equations: list[Equation] = []
    for equation in program.equations:
        if equation.target.name == prefix:
            equations += [*prelude, *_definitions(total, shift)]
            continue
        equation = _with(equation, opened)
        body = shift.rewrite(equation.body)
        if not _mentions_exp(body, shift.top):
            equations.append(replace(equation, body=body))
        elif equation.target.name in pointwise and equation.target.name not in program.outputs:
            opened[equation.target.name] = equation
        else:
            return None
    return needed(program.but(tensors=tuple(tensors.values()), equations=tuple(equations)))


def _with(equation: Equation, opened: dict[str, Equation]) -> Equation:
    """Inline the definitions in which the shift alone does not cancel."""
    swaps = {a: instance(opened[a.name], a) for a in equation.reads() if a.name in opened}
    return replace(equation, body=equation.body.xreplace(swaps)) if swaps else equation


def _operand(
    total: Equation, tensors: dict[str, Tensor], prefix: str
) -> tuple[list[Equation], Access]:
    """Return the exponent as a whole tensor, and the equation that makes it one where needed."""
    exponent = total.body.args[0]
    loops = total.extent
    if isinstance(exponent, Access) and _is_whole(exponent, loops, tensors):
        return [], exponent
    name = fresh(f"{prefix}_exponent", tensors)
    operand = Access(name, *loops)
    tensors[name] = Tensor(name, tuple(loops.values()))
    return [replace(total, target=operand, body=exponent)], operand


def _is_whole(access: Access, loops: dict[Symbol, Expr], tensors: dict[str, Tensor]) -> bool:
    """Tell whether an access runs through all of its tensor: any other is inside then, too."""
    extents = tuple(map(loops.get, access.indices))
    return extents == tensors[access.name].shape and len(set(access.indices)) == len(extents)


def _definitions(total: Equation, shift: _Shift) -> Iterable[Equation]:
    """Yield max, difference and sum: the three equations in place of the one."""
    indices = total.target.indices
    top = Access(shift.top, *indices)
    extents = total.extent
    own = Access(shift.difference, *shift.operand.indices)
    yield replace(total, target=top, op="max", body=shift.operand)
    yield replace(
        total, target=own, body=shift.operand - top,
        ranges=tuple((i, extents[i]) for i in shift.operand.indices),
    )  # fmt: skip
    yield replace(total, target=Access(shift.scaled, *indices), body=exp(own))


def _mentions_exp(body: Expr, top: str) -> bool:
    return any(any(a.name == top for a in accesses(e.args[0])) for e in body.atoms(exp))
