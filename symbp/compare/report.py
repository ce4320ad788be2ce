"""What changed between two networks, as a patch that a person reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symbp import compiler
from symbp.codegen.formulas import Formulas
from symbp.compare.sheets import Change, Sheet, changes, declarations, equations
from symbp.errors import ShapeError
from symbp.lang.network import Network
from symbp.summary import Summary, summary
from symbp.summary.layers import needs
from symbp.summary.tables import Cell, text

SAME, NEW, GONE, CHANGED = "same", "new", "gone", "changed"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences of two networks.

    >>> from symbp.lang.parser import parse
    >>> words = '''network a
    ... input x[N]
    ... target y[N]
    ... param w
    ... p = tanh(w * x)
    ... output p
    ... loss mse(p, y)'''
    >>> found = compare(parse(words), parse(words.replace("tanh", "sigmoid")))
    >>> found.same, [change.name for change in found.equations], found.gradients
    (False, ['p'], {'w': 'changed through dw_sum'})
    >>> print("\\n".join(found.lines()[:3]))
    equations
    - p[n] = tanh(x[n] * w)
    + p[n] = sigmoid(x[n] * w)
    """

    declarations: tuple[Change, ...]
    """Inputs, labels, parameters and hyper-parameters."""
    equations: tuple[Change, ...]
    """Of the description."""
    prediction: tuple[Change, ...]
    """Of what a prediction computes, where that is not what training does."""
    adjoints: tuple[Change, ...]
    """The equations that gradients are made of, simplified."""
    gradients: Mapping[str, str]
    """Parameter -> what happened to its gradient: same, new, gone, changed, changed through ..."""
    update: tuple[Change, ...]
    """Of the optimizer."""
    costs: tuple[tuple[str, int, int], ...]
    """What is counted, before and after, for `sizes`."""
    sizes: Mapping[str, int]

    @property
    def same(self) -> bool:
        """Tell whether the networks compute the same, learn the same, and cost the same."""
        told = (*self.declarations, *self.equations, *self.prediction, *self.adjoints, *self.update)
        return not told and all(a == b for _, a, b in self.costs)

    def lines(self) -> list[str]:
        """Return the differences as lines; those that begin with - and + are before and after."""
        found: list[str] = []
        for title, lines in self._sections():
            body = list(lines)
            found += [*([""] if found else []), title, *body] if body else []
        return found

    def text(self) -> str:
        """Return the differences as a text, or a line that says that there are none."""
        return "\n".join(self.lines()) if not self.same else "The networks are the same."

    def __str__(self) -> str:
        return self.text()

    def _repr_markdown_(self) -> str:
        return f"```diff\n{self.text()}\n```"

    def _sections(self) -> Iterator[tuple[str, Iterator[str]]]:
        yield "declarations", _patch(self.declarations)
        yield "equations", _patch(self.equations)
        yield "prediction", _patch(self.prediction)
        yield "gradients", self._gradient_lines()
        yield "update", _patch(self.update)
        yield self._costs_title(), self._cost_lines()

    def _costs_title(self) -> str:
        return ", ".join(["costs", *(f"{name} = {n}" for name, n in self.sizes.items())])

    def _gradient_lines(self) -> Iterator[str]:
        kinds: dict[str, list[str]] = {}
        for parameter, kind in self.gradients.items():
            kinds.setdefault(kind, []).append(parameter)
        if set(kinds) - {SAME} or self.adjoints:
            for kind, parameters in kinds.items():
                yield f"  {kind}: {', '.join(parameters)}"
        yield from _patch(self.adjoints)

    def _cost_lines(self) -> Iterator[str]:
        if all(a == b for _, a, b in self.costs):
            return
        rows: list[tuple[Cell, ...]] = [("", "before", "after", "change")]
        for name, a, b in self.costs:
            change = "" if a == b else f"{(b - a) / a:+.1%}" if a else "new"
            rows.append((name, a, b, change))
        yield from (f"  {line}".rstrip() for line in text(rows).splitlines())


def compare(
    before: Network, after: Network, sizes: Mapping[str, int] | None = None
) -> Comparison:  # fmt: skip
    """Return what changed from one network to another; their own names do not count.

    Args:
        sizes: for which costs are counted; those that are left out are 1.

    Raises:
        ShapeError: neither network has such a size.
    """
    pair = (before, after)
    known = [{str(s) for s in net.program.sizes()} for net in pair]
    for name in sizes or {}:
        if not any(name in k for k in known):
            raise ShapeError(
                f"neither network has a size {name}",
                remedy=f"Their sizes: {', '.join(sorted(set().union(*known)))}.",
            )
    costs = [
        summary(net, {n: v for n, v in (sizes or {}).items() if n in k})
        for net, k in zip(pair, known, strict=True)
    ]
    formulas = [compiler.derive(net) for net in pair]
    adjoints = [_adjoints(f, net) for f, net in zip(formulas, pair, strict=True)]
    changed = changes(*adjoints)
    return Comparison(
        changes(*(_declared(net) for net in pair)),
        changes(*(equations(net.program.equations) for net in pair)),
        changes(*(equations(net.prediction.equations if net.prediction else ()) for net in pair)),
        changed,
        _gradients(formulas, changed),
        changes(*(equations(net.update.program.equations if net.update else ()) for net in pair)),
        _costs(*costs),
        {**costs[0].sizes, **costs[1].sizes},
    )


def _patch(found: tuple[Change, ...]) -> Iterator[str]:
    for change in found:
        yield from (f"- {line}" for line in change.before)
        yield from (f"+ {line}" for line in change.after)


def _declared(network: Network) -> Sheet:
    """Return what the description and its optimizer declare, and what is predicted."""
    sheet = declarations(network.program, network.initial)
    if network.update is not None:
        given = network.update.program.but(tensors=network.update.program.having("hyper", "state"))
        sheet |= declarations(given, {})
    outputs = f"output {', '.join(network.outputs)}"
    return {**sheet, "@output": [(outputs, outputs)]}


def _adjoints(formulas: Formulas, network: Network) -> Sheet:
    """Return the equations that the derivation adds to the description."""
    described = network.program.writers()
    return equations(e for e in formulas.program.equations if e.target.name not in described)


def _gradients(formulas: list[Formulas], changed: tuple[Change, ...]) -> dict[str, str]:
    before, after = (f.gradients for f in formulas)
    direct = {change.name for change in changed}
    used = needs(formulas[1].program)
    found = {}
    for parameter in dict.fromkeys((*before, *after)):
        through = sorted(direct & used.get(after.get(parameter, ""), set()))
        if parameter not in before or parameter not in after:
            found[parameter] = NEW if parameter in after else GONE
        elif after[parameter] in direct:
            found[parameter] = CHANGED
        else:
            found[parameter] = f"{CHANGED} through {', '.join(through)}" if through else SAME
    return found


def _costs(before: Summary, after: Summary) -> tuple[tuple[str, int, int], ...]:
    a, b = _figures(before), _figures(after)
    return tuple((name, a.get(name, 0), b.get(name, 0)) for name in dict.fromkeys((*a, *b)))


def _figures(found: Summary) -> dict[str, int]:
    """Return what two networks are compared by."""
    operations = found.operations
    return {
        "parameters": found.parameters,
        **{f"{phase}, operations": n for phase, n in operations.items()},
        "a step, operations": sum(operations.values()),
        "a step, transcendental functions": sum(
            c.operations.transcendental for cs in found.costs.values() for c in cs
        ),
        "a step, bytes moved": sum(c.bytes for cs in found.costs.values() for c in cs),
        "bytes kept": sum(layer.kept for layer in found.layers),
    }


__all__ = ["Comparison", "compare"]
