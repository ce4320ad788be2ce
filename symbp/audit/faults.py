"""What people get wrong, as a table: each fault is the derivation with one thing changed.

A fault is a rule on one backward equation. Its prediction is the program that has the faulty
equation in place of the right one, run on the same numbers: the fault whose prediction is what
somebody's code gave is the one that the code has. The rules, in the order in which they are
believed where several predict the same:

    stale weights          dh = dz W'        W' already updated
    missing transpose      W[k,j] for W[j,k]
    missing derivative     dz = dh           for dz = dh f'(z)
    at the activation      dz = dh f'(h)     for dz = dh f'(z)
    at the input           dz = dh g(z)      for dz = dh g(h), where f'(z) = g(f(z))
    derivative twice       dz = dh f'(z)^2
    wrong sum              summed over other axes, or not at all; one sample in place of all
    missing term, factor   one of a sum's or a product's operands left out; h for h^2
    sign, scale            times -1, 2, 1/2, N, 1/N
    wrong operand          another array of the same shape
    wrong derivative       that of another activation
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from sympy import Add, Eq, Expr, Integer, Mul, Pow, Rational

from symbp.audit.slopes import Slope, slope_of
from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Program, Tensor, accesses

UPDATED = "_updated"
"""The suffix of a parameter's value after its update: given, to predict what stale weights do."""


@dataclass(frozen=True, slots=True)
class Change:
    """One equation gone wrong: what stands in its place, and how that is told."""

    kind: str
    words: str
    becomes: Equation | None
    general: str = ""
    """The same told of several layers at once."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A derivation with one fault: what kind, in words, in the equation of which tensor."""

    kind: str
    words: str
    tensor: str
    program: Program


Rule = Callable[[Program, Equation], Iterator[Change]]


def faults(raw: Program, tidied: Program) -> Iterator[Fault]:
    """Yield every fault of the table, at each backward equation and at all of them together.

    Args:
        raw: the adjoint program as the rule gives it: a slope is a factor of its own.
        tidied: the same in the form in which people write it.
    """
    for program, rules in ((tidied, FIRST), (raw, SLOPES), (tidied, REST)):
        for rule in rules:
            found = [
                (k, change)
                for k, equation in enumerate(program.equations)
                if equation.primal is not None
                for change in rule(program, equation)
            ]
            for k, change in found:
                tensor = program.equations[k].target.name
                yield Fault(change.kind, change.words, tensor, _changed(program, {k: change}))
            yield from _everywhere(program, found)


def _everywhere(program: Program, found: Iterable[tuple[int, Change]]) -> Iterator[Fault]:
    """Yield the faults of a helper that several layers use: the same change in all of them."""
    groups: dict[tuple[str, str], dict[int, Change]] = defaultdict(dict)
    for k, change in found:
        groups[change.kind, change.general or change.words].setdefault(k, change)
    for (kind, words), changes in groups.items():
        if len(changes) > 1:
            last = program.equations[max(changes)].target.name
            yield Fault(kind, f"{words}, in all layers", last, _changed(program, changes))


def _changed(program: Program, changes: dict[int, Change]) -> Program:
    """Return the program with some equations replaced; a target may have other axes then."""
    equations, shapes = [], {}
    for k, equation in enumerate(program.equations):
        new = changes[k].becomes if k in changes else equation
        if new is not None:
            equations.append(new)
        if new is not None and k in changes:
            extents = new.extent
            if new.plain:
                shapes[new.target.name] = tuple(extents[i] for i in new.target.indices)
    tensors = [replace(t, shape=shapes.get(t.name, t.shape)) for t in program.tensors]
    read = {a.name for e in equations for a in e.reads()}
    tensors += [
        Tensor(t.name + UPDATED, t.shape, "input")
        for t in program.having("param")
        if t.name + UPDATED in read
    ]
    return program.but(tensors=tuple(tensors), equations=tuple(equations))


def _body(kind: str, words: str, equation: Equation, body: Expr) -> Iterator[Change]:
    if body != equation.body:
        yield Change(kind, words, replace(equation, body=body))


def _stale(program: Program, equation: Equation) -> Iterator[Change]:
    """Weights that were updated before the earlier layer's gradient was computed."""
    params = {t.name for t in program.having("param")}
    swaps = {
        a: Access(a.name + UPDATED, *a.indices)
        for a in accesses(equation.body)
        if a.name in params and equation.reduced
    }
    words = "the weights have been updated before the gradient behind them is computed"
    yield from _body("stale weights", words, equation, equation.body.xreplace(swaps))


def _transposed(program: Program, equation: Equation) -> Iterator[Change]:
    """A matrix that lies the wrong way round: in a product, or the gradient itself."""
    table = program.table()
    for a in accesses(equation.body):
        shape = table[a.name].shape
        if len(shape) == 2 and shape[0] == shape[1]:
            turned = Access(a.name, *reversed(a.indices))
            words = f"a transpose is missing or too much: {turned} for {a}"
            yield from _body("transpose", words, equation, equation.body.xreplace({a: turned}))
    if equation.plain and len(equation.target.indices) == 2 and _final(program, equation):
        turned = Access(equation.target.name, *reversed(equation.target.indices))
        yield Change("transpose", "the gradient is transposed", replace(equation, target=turned))


def _final(program: Program, equation: Equation) -> bool:
    """Tell whether an equation alone gives its target, and nothing reads that."""
    name = equation.target.name
    return len(program.writers()[name]) == 1 and not any(
        a.name == name for e in program.equations for a in e.reads()
    )


def _slopes(
    form: Callable[[Slope], Expr | None], kind: str, words: str, program: Program,
    equation: Equation,
) -> Iterator[Change]:  # fmt: skip
    slope = slope_of(program, equation)
    if slope is not None:
        new = form(slope)
        if new is not None:
            told = words.format(y=slope.value.name, x=slope.argument.name, f=slope.function)
            general = words.format(y="the activation", x="its input", f=slope.function)
            for change in _body(kind, told, equation, Mul(slope.adjoint, new)):
                yield replace(change, general=general)


def _others(program: Program, equation: Equation) -> Iterator[Change]:
    slope = slope_of(program, equation)
    for name, other in slope.others() if slope else ():
        words = f"the derivative is that of {name}, and the activation is {slope.function}"  # type: ignore[union-attr]
        body = Mul(slope.adjoint, other)  # type: ignore[union-attr]
        yield from _body("wrong derivative", words, equation, body)


def _extra(program: Program, equation: Equation) -> Iterator[Change]:
    """A derivative where none belongs: p (1 - p) after p - y, which has it in it already."""
    if not equation.pointwise:
        return
    table = program.table()
    shape = table[equation.target.name].shape
    for t in program.having("value"):
        if t.shape == shape and shape and not any(
            e.primal for e in program.writers().get(t.name, ())
        ):  # fmt: skip
            y = Access(t.name, *equation.target.indices)
            for name, factor in (("sigmoid", y * (1 - y)), ("tanh", 1 - y**2)):
                words = f"a derivative too much: that of {name} at {t.name}"
                yield from _body("extra derivative", words, equation, equation.body * factor)


def _sums(program: Program, equation: Equation) -> Iterator[Change]:
    """Summed over other axes than those that the parameter lacks."""
    own, reduced = equation.target.indices, equation.reduced
    loops = (*own, *reduced)
    if not (equation.plain and reduced and len(loops) <= 4 and _final(program, equation)):
        return
    for count in range(len(loops) + 1):
        for kept in itertools.combinations(sorted(loops, key=str), count):
            if set(kept) == set(own):
                continue
            ordered = sorted(kept, key=lambda i: (i in own, loops.index(i)))
            target = Access(equation.target.name, *ordered)
            yield Change("sum", _summed(own, reduced, kept), replace(equation, target=target))


def _summed(own: tuple[Expr, ...], reduced: tuple[Expr, ...], kept: tuple[Expr, ...]) -> str:
    missing = ",".join(str(i) for i in reduced if i in kept)
    extra = ",".join(str(i) for i in own if i not in kept)
    if missing and extra:
        return f"the sum runs over the wrong axis: over {extra} where it belongs over {missing}"
    if missing:
        return f"the sum over {missing} is missing"
    return f"the sum runs over {extra} too, and the gradient keeps that axis"


def _samples(program: Program, equation: Equation) -> Iterator[Change]:
    """One sample in place of the sum over all of them."""
    for i in equation.reduced:
        extent = equation.extent[i]
        if extent.is_Symbol:
            for place, name in ((Integer(0), "first"), (extent - 1, "last")):
                words = f"the sum over {i} is missing: only the {name} sample counts"
                yield from _body("sum", words, equation, Where(Eq(i, place), equation.body, 0))


def _terms(program: Program, equation: Equation) -> Iterator[Change]:
    """An equation that adds into a tensor, left out."""
    alone = len(program.writers()[equation.target.name]) == 1
    words = (
        f"no gradient flows into {equation.target.name}" if alone
        else f"the term that comes from {equation.primal} is missing"
    )  # fmt: skip
    yield Change("missing term", words, None)


def _operands(program: Program, equation: Equation) -> Iterator[Change]:
    """An operand of a sum or a product left out, a sign turned, or a power forgotten."""
    for node in _nodes(equation.body):
        change = partial(_within, equation, node)
        if isinstance(node, Add):
            for part in node.args:
                yield from change("missing term", f"the term {part} is missing", node - part)
            for part in node.args:
                yield from change("sign", f"the sign of {part} is wrong", node - 2 * part)
        elif isinstance(node, Mul):
            for part in node.args:
                kind = "scale" if not accesses(part) else "missing factor"
                yield from change(kind, f"the factor {part} is missing", node / part)
        elif isinstance(node, Pow) and node.exp == 2:
            yield from change("missing factor", f"{node.base} for its square", node.base)


def _within(equation: Equation, node: Expr, kind: str, words: str, new: Expr) -> Iterator[Change]:
    yield from _body(kind, words, equation, equation.body.xreplace({node: new}))


def _nodes(body: Expr) -> Iterator[Expr]:
    yield body
    for argument in body.args:
        if isinstance(argument, Expr) and not isinstance(argument, Access):
            yield from _nodes(argument)


SCALES: tuple[tuple[str, str, Rational], ...] = (
    ("sign", "the sign is wrong", Integer(-1)),
    ("scale", "a factor 2 too much", Integer(2)),
    ("scale", "a factor 1/2 too much", Rational(1, 2)),
)


def _scaled(program: Program, equation: Equation) -> Iterator[Change]:
    for kind, words, factor in SCALES:
        yield from _body(kind, words, equation, factor * equation.body)
    for extent in dict.fromkeys(n for _, n in equation.ranges if n != 1):
        for words, factor in ((f"a factor {extent} too much", extent),
                              (f"divided by {extent} once too often", 1 / extent)):  # fmt: skip
            yield from _body("scale", words, equation, factor * equation.body)


def _swapped(program: Program, equation: Equation) -> Iterator[Change]:
    """Another array of the same shape: z for h, one layer's weights for another's."""
    table = program.table()
    backward = {e.target.name for e in program.equations if e.primal}
    for a in accesses(equation.body):
        for name, other in table.items():
            alike = other.shape == table[a.name].shape and other.bound == table[a.name].bound
            kin = (name in backward) == (a.name in backward)
            if alike and kin and name not in (a.name, equation.target.name) and a.indices:
                words = f"{name} is used where {a.name} belongs"
                new = equation.body.xreplace({a: Access(name, *a.indices)})
                yield from _body("wrong operand", words, equation, new)


FIRST: tuple[Rule, ...] = (_stale, _transposed)
SLOPES: tuple[Rule, ...] = (
    partial(_slopes, Slope.none, "missing derivative", "the derivative of {f} at {y} is missing"),
    partial(_slopes, Slope.at_value, "derivative at the activation",
            "the derivative of {f} is taken of {y}, not of {x}"),
    partial(_slopes, Slope.at_argument, "derivative at the input",
            "the derivative of {f}, written for {y}, is taken of {x}"),
    partial(_slopes, Slope.twice, "extra derivative",
            "the derivative of {f} at {y} is there twice, or belongs into no gradient here"),
)  # fmt: skip
REST: tuple[Rule, ...] = (
    _sums, _samples, _terms, _operands, _scaled, _swapped, _others, _extra,
)  # fmt: skip
