"""Telling: the steps of a derivation as text or LaTeX, in the notation of its formulas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from symbp.codegen.formulas.formula import Formula, formula_of
from symbp.codegen.formulas.latex import LatexPrinter
from symbp.codegen.formulas.notation import Notation
from symbp.codegen.formulas.plain import PlainPrinter
from symbp.codegen.formulas.printer import FormulaPrinter
from symbp.derivation.derivation import Derivation
from symbp.derivation.folding import Fold, folded, step_item
from symbp.ir.program import Equation
from symbp.ir.trace import Step


@dataclass(frozen=True, slots=True)
class Told:
    """A step in words: each of `before`, `after` and `using` is one formula."""

    number: int
    """Its place in the derivation, from 1."""
    step: Step
    before: tuple[str, ...]
    after: tuple[str, ...]
    using: tuple[str, ...]
    by: str | None
    """What the chain rule differentiates by."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Steps that are told, and how many more of the kind are not."""

    steps: tuple[Told, ...]
    alike: str
    """What is left out: "layers 2 to 49 alike"; nothing where all is told."""


def tell(derivation: Derivation, latex: bool = False) -> tuple[Told, ...]:
    """Return each step of a derivation in words.

    What is one of several equations of a tensor is written `+=`.

    >>> from symbp.compiler import derivation
    >>> from symbp.lang.parser import parse
    >>> net = parse("network a\\ninput x[N]\\nparam w\\noutput w*x\\nloss sum[n](exp(w*x[n]))")
    >>> [told] = [t for t in tell(derivation(net)) if t.step.rule == "chain rule"]
    >>> told.before, told.by, told.after
    (('loss = sum[n](exp(w * x[n]))',), 'w', ('dw = sum[n](dloss * x[n] * exp(w * x[n]))',))
    """
    teller = _Teller(derivation, latex)
    return tuple(teller.told(k, step) for k, step in enumerate(derivation.steps, 1))


def stretches(derivation: Derivation, told: Iterable[Told], fold: bool = True) -> Iterator[Stretch]:
    """Yield the steps in order; of those that repeat from layer to layer only the first.

    Args:
        told: those to tell, all or the ones that lead to one gradient.
    """
    steps = [t for t in told if t.before != t.after]  # some are only seen by machines
    order, found = list(range(len(steps))), tuple(Fold(k) for k in range(len(steps)))
    targets = [t.step.target for t in steps]
    if fold:
        items = [step_item(t.step) for t in steps]
        order, found = folded(items, targets, derivation.places)
    names = [targets[k] for k in order]
    for each in found:
        yield Stretch(tuple(steps[order[k]] for k in each.first), each.alike(names))


class _Teller:
    """Goes through the steps, and knows how many equations each tensor has by then."""

    def __init__(self, derivation: Derivation, latex: bool) -> None:
        self.table = {t.name: t for t in derivation.tensors}
        self.latex = latex
        self.count = Counter(e.target.name for e in derivation.program.equations)
        derived = [e for s in derivation.steps if s.derives for e in s.after]
        self.count.update(e.target.name for e in derived)
        equations = (e for s in derivation.steps for e in (*s.before, *s.after))
        wide = derivation.formulas.program.but(
            tensors=derivation.tensors, equations=(*derivation.program.equations, *equations)
        )
        self.notation = Notation(wide, derivation.adjoints, derivation.formulas.loss)

    def told(self, number: int, step: Step) -> Told:
        before = self.lines(step.before)
        if not step.derives:
            self.count.subtract(e.target.name for e in step.before)
            self.count.update(e.target.name for e in step.after)
        if step.derives and not step.after:  # the equations add up
            after = [self.printer(f).formula(f) for f in self.formulas(step.before)]
            before = [line for e in step.before for line in self.lines([e])]
        else:
            after = self.lines(step.after)
        by = self.printer(None)(step.by) if step.by is not None else None
        return Told(number, step, tuple(before), tuple(after), tuple(self.lines(step.using)), by)

    def formulas(self, equations: Iterable[Equation]) -> list[Formula]:
        groups: dict[str, list[Equation]] = {}
        for equation in equations:
            groups.setdefault(equation.target.name, []).append(equation)
        return [formula_of(self.table[name], tuple(group)) for name, group in groups.items()]

    def lines(self, equations: Iterable[Equation]) -> list[str]:
        """Return a formula for each tensor, with += where it is not all of it."""
        lines: list[str] = []
        for formula in self.formulas(equations):
            line = self.printer(formula).formula(formula)
            if len(formula.terms) < self.count[formula.tensor.name]:
                sign = r" \mathrel{+}= " if self.latex else " += "
                line = line.replace(" = ", sign, 1)
            lines.append(line)
        return lines

    def printer(self, formula: Formula | None) -> FormulaPrinter:
        order = formula.indices if formula is not None else ()
        return LatexPrinter(order, self.notation) if self.latex else PlainPrinter(order)


__all__ = ["Stretch", "Told", "stretches", "tell"]
