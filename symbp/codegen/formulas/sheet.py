"""The sheet: which tensors are shown in which order, and what each adjoint is the adjoint of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from symbp.codegen.formulas.columns import in_columns
from symbp.codegen.formulas.formula import Formula, formulas
from symbp.codegen.formulas.matrix import matrix_forms
from symbp.codegen.formulas.notation import Notation
from symbp.codegen.formulas.tree import Matrix
from symbp.ir.program import Program, Tensor, accesses
from symbp.ir.visit import needed


@dataclass(frozen=True, slots=True)
class Sheet:
    """What there is to print: roles of the tensors, their formulas and matrix forms."""

    name: str
    program: Program
    loss: str
    formulas: Mapping[str, Formula]
    matrices: Mapping[str, Matrix]
    notation: Notation
    adjoints: Mapping[str, str]
    """The tensor that each adjoint belongs to."""
    layers: Mapping[str, int]
    """Adjoints that are a layer's delta, with its number."""
    one_hot: str | None
    """The label that Y is the one-hot matrix of."""
    given: tuple[Tensor, ...]
    forward: tuple[str, ...]
    gradients: tuple[str, ...]
    columns: bool = False
    """Whether samples are columns in the matrix forms."""

    def only(self, name: str) -> Sheet:
        """Return the sheet with only what one tensor needs."""
        wanted = needed(self.program, [name]).equations
        shown = {e.target.name for e in wanted}
        read = {a.name for e in wanted for a in e.reads()}
        return replace(
            self,
            given=tuple(t for t in self.given if t.name in read),
            forward=tuple(n for n in self.forward if n in shown),
            gradients=tuple(n for n in self.gradients if n in shown),
        )


def lay_out(
    name: str, program: Program, loss: str, gradients: Mapping[str, str], columns: bool = False
) -> Sheet:
    """Return the sheet of a network.

    Args:
        program: forward and adjoint equations, in order.
        gradients: of each parameter, the tensor that holds its gradient.
        columns: whether samples are columns in the matrix forms, and not rows.
    """
    found = {f.tensor.name: f for f in formulas(program)}
    backward = _backward(program, loss, gradients)
    adjoints = _adjoints(program, gradients, backward)
    layers = _layers(found, adjoints, program)
    notation = Notation(program, adjoints, loss)
    labels = [t.name for t in program.having("label")]
    shown = {*gradients.values(), *layers}
    matrices = matrix_forms(program, inline=[n for n in adjoints if n not in shown])
    if columns:
        ranks = {t.name: len(t.shape) for t in program.tensors}
        matrices = {n: in_columns(m, ranks, ranks[n]) for n, m in matrices.items()}
    return Sheet(
        name=name,
        program=program,
        loss=loss,
        formulas=found,
        matrices=matrices,
        notation=notation,
        adjoints=adjoints,
        layers=layers,
        one_hot=labels[0] if len(labels) == 1 and notation.y_is_free else None,
        given=program.given(),
        forward=tuple(n for n in found if n not in backward),
        gradients=tuple(n for n in found if n in backward),
        columns=columns,
    )


def _backward(program: Program, loss: str, gradients: Mapping[str, str]) -> set[str]:
    """Return the tensors that only the gradients need."""
    asked = set(gradients.values())
    roots = [loss, *(n for n in program.outputs if n not in asked)]
    forward = {e.target.name for e in needed(program, roots).equations}
    used = {e.target.name for e in needed(program, asked).equations}
    used |= {e.target.name for e in program.equations if e.primal}
    return used - forward


def _adjoints(program: Program, gradients: Mapping[str, str], backward: set[str]) -> dict[str, str]:
    """Return what each adjoint belongs to, told by its name: dz, or dz_2 where dz is taken."""
    table = program.table()
    found = {gradient: name for name, gradient in gradients.items() if gradient in backward}
    for name in program.writers():
        base = name.removeprefix("d")
        if name not in backward or name in found or base == name:
            continue
        for candidate in (base, re.sub(r"_\d+$", "", base)):
            known = table.get(candidate)
            if known and known.shape == table[name].shape and candidate not in found.values():
                found[name] = candidate
                break
    return found


def _layers(
    found: Mapping[str, Formula], adjoints: Mapping[str, str], program: Program
) -> dict[str, int]:
    """Number the adjoints of pre-activations, which a contraction with a parameter defines."""
    parameters = {t.name for t in program.having("param")}
    of = {tensor: adjoint for adjoint, tensor in adjoints.items()}
    layers = [
        name
        for name, formula in found.items()
        if name not in adjoints and formula.indices and _contracts(formula, parameters)
    ]
    return {of[name]: number for number, name in enumerate(layers, 1) if name in of}


def _contracts(formula: Formula, parameters: set[str]) -> bool:
    """Tell whether a term sums over a product with a parameter."""
    return any(
        term.reduced and any(a.name in parameters for a in accesses(term.body))
        for term in formula.terms
    )
