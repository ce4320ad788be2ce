"""From a loss and outputs to a network: the program of its equations, checked and named.

>>> from symbp.ir.text import text
>>> from symbp.lang.losses import mse
>>> from symbp.lang.tensors import indices, input, param, target
>>> x, y, a, b = input("x", "N"), target("y", "N"), param("a"), param("b")
>>> p = a * x + b
>>> line = network("line", output=p, loss=mse(p, y))
>>> print(text(line.program), end="")
input x[N]
target y[N]
param a
param b
p[n] = x[n] * a + b
loss_sum = sum[n]((p[n] - y[n])**2)
loss = loss_sum / N
"""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from sympy import Add, Expr, Symbol

from symbp.errors import LanguageError, ShapeError, SymbpError
from symbp.ir.check import check
from symbp.ir.program import Equation, Program, Tensor, accesses, fresh, index
from symbp.ir.program import names as accessed
from symbp.ir.syntax import is_condition
from symbp.ir.visit import needed
from symbp.lang.freezing import parameters
from symbp.lang.handles import (
    Handle,
    Naming,
    Reference,
    Rule,
    Steps,
    Value,
    ancestors,
    apply,
    plain,
    with_renewals,
)
from symbp.lang.initializers import Initial
from symbp.lang.lowering import lower
from symbp.lang.modes import modes
from symbp.lang.naming import names
from symbp.lang.optimizers import Clip, Optimizer
from symbp.lang.penalties import Penalty
from symbp.lang.update import Update, updates

__all__ = ["Initial", "Network", "Parts", "Update", "assemble", "network", "program_of"]


@dataclass(frozen=True, slots=True)
class Network:
    """Equations from inputs and parameters to outputs and loss, and how they are trained."""

    name: str
    program: Program
    outputs: tuple[str, ...]
    loss: str
    initial: dict[str, Initial]
    update: Update | None = None
    source: str = ""
    prediction: Program | None = None
    """What a prediction computes, where it is not what training does."""
    running: dict[str, str] = field(default_factory=dict)
    """Frozen parameter -> the tensor that holds its value after a training step."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a network is made of; `declared` are tensors that belong to it even if unused."""

    loss: Value
    outputs: Sequence[Value]
    optimizer: Optimizer | None = None
    penalties: Sequence[Penalty] = ()
    clip: Clip | None = None
    freeze: Sequence[Handle | str] = ()
    declared: Sequence[Handle] = ()
    variables: Mapping[Handle, str] = field(default_factory=dict)


def network(
    name: str,
    *,
    loss: Value,
    output: Value | Sequence[Value],
    optimizer: Optimizer | None = None,
    penalty: Penalty | Sequence[Penalty] = (),
    clip: Clip | None = None,
    freeze: Handle | str | Sequence[Handle | str] = (),
) -> Network:
    """Return the network of a loss and one output or several.

    A tensor without a name is called as the variable of the caller that is bound to it.

    Two losses that are trained in turns, as those of a critic and a generator, are two networks of
    the same tensors. Each freezes what the other trains, and both modules take one dict of params:

    >>> from symbp.lang.tensors import input, mean, indices, param
    >>> x, d, g = input("x", "N"), param("d"), param("g")
    >>> (n,) = indices("n")
    >>> p = d * g * x
    >>> one = network("critic", loss=mean(n, p[n]), output=p, freeze=g)
    >>> other = network("generator", loss=mean(n, -p[n]), output=p, freeze=d)
    >>> [t.name for net in (one, other) for t in net.program.trained()]
    ['d', 'g']

    Args:
        freeze: what keeps its value, besides parameters that are declared so: parameters, layers
            (all of their parameters), or names: "conv_W", "conv_*".

    Raises:
        LanguageError, ShapeError, OrderError: the parts do not make a network.
    """
    frame = sys._getframe(1)
    variables = {
        v: k
        for k, v in reversed(frame.f_locals.items())
        if isinstance(v, Handle) and not k.startswith("_")
    }
    source = PurePath(frame.f_code.co_filename).name
    parts = Parts(
        loss, output if isinstance(output, list | tuple) else (output,), optimizer,
        penalty if isinstance(penalty, list | tuple) else (penalty,), clip,
        freeze if isinstance(freeze, list | tuple) else (freeze,), (), variables,
    )  # fmt: skip
    return assemble(name, parts, source if source.endswith(".py") else "")


def assemble(name: str, parts: Parts, source: str = "") -> Network:
    """Return the network of its parts; both forms of the language end here."""
    name = network_name(name)
    _check_parts(parts)
    outputs = _outputs(parts.outputs)
    kept = _frozen(parts, outputs)
    loss, variables = _total(parts, outputs, kept)
    roots = with_renewals([loss, *outputs, *parts.declared])
    check_sizes(ancestors(roots))
    graph = _Graph(outputs, roots, parts.declared, {loss: "loss", **variables})
    running = {h: h.renewed[0] for h in graph.handles if h.renewed}
    whole = graph.program([*outputs, loss, *running.values()], kept)
    asked = tuple(graph.names[h] for h in outputs)
    program, prediction = modes(whole, asked)
    _check_noise(needed(prediction or program, asked))
    return Network(
        name,
        program,
        asked,
        graph.names[loss],
        {graph.names[h]: h.initial for h in graph.handles if h.initial},
        _update(program, parts, graph.sizes),
        source,
        prediction,
        {graph.names[h]: graph.names[new] for h, new in running.items()},
    )


def program_of(handle: Handle, variables: Mapping[Handle, str] | None = None) -> Program:
    """Return the equations by which a tensor is computed, for people to read.

    Args:
        variables: names for those that have none.
    """
    return _Graph([], [handle], [], variables or {}).program([handle], ())


def _check_noise(prediction: Program) -> None:
    """Raise where a prediction would depend on random numbers."""
    for name in accessed(prediction.equations):
        if prediction[name].role == "noise":
            raise LanguageError(
                f"an output depends on the noise {name}, which a prediction does not draw",
                remedy="Say what it is in a prediction: training(with_noise, without)",
            )


def _check_parts(parts: Parts) -> None:
    """Raise where the optimizer, a penalty or the clip is something else."""
    given = [
        ("optimizer", parts.optimizer, Optimizer, "optimizer=bp.sgd(learning_rate=0.1)"),
        ("clip", parts.clip, Clip, "clip=bp.clip_norm(5)"),
        *(("penalty", p, Penalty, "penalty=bp.l2(0.001)") for p in parts.penalties),
    ]
    for word, value, kind, example in given:
        if not isinstance(value, kind | None):
            raise LanguageError(f"{value!r} is no {word}", remedy=f"Write {example}")


def check_sizes(handles: Sequence[Handle]) -> None:
    """Raise where a size can't be told from the shape of what is given."""
    given = [h for h in handles if h.role in ("input", "target", "label")]
    shown = {n for h in given for n in h.shape}
    for handle in handles:
        for n in (*handle.shape, *([] if handle.bound is None else [handle.bound])):
            for size in sorted(n.free_symbols - shown, key=str):
                raise ShapeError(
                    f"no input has an axis of size {size} by itself, so {size} can't be told",
                    remedy=f"Declare an input, target or label with {size} as one of its sizes.",
                    culprit=size,
                )


def _outputs(values: Sequence[Value]) -> list[Handle]:
    outputs = [output_tensor(value) for value in values]
    if not outputs:
        raise LanguageError("a network has one output or more", remedy="Add: output NAME")
    for position, handle in enumerate(outputs):
        if handle in outputs[:position]:
            raise LanguageError(f"{handle!r} is an output twice", remedy="Name it once.")
    return outputs


def _frozen(parts: Parts, outputs: Sequence[Handle]) -> tuple[Handle, ...]:
    """Return the parameters that keep their values."""
    every = ancestors([loss_tensor(parts.loss), *outputs, *parts.declared])
    named = parameters(parts.freeze, names(every, parts.variables)) if parts.freeze else ()
    return tuple(h for h in every if h.frozen or h in named)


def _total(
    parts: Parts, outputs: Sequence[Handle], kept: Collection[Handle]
) -> tuple[Handle, Mapping[Handle, str]]:
    """Return the loss with its penalties, as a tensor of its own, and the names that are left."""
    loss = loss_tensor(parts.loss)
    variables = dict(parts.variables)
    own = variables.get(loss, loss.naming.own)
    if parts.penalties:
        if own == "loss":  # the name is that of the total
            variables.pop(loss, None)
        every = ancestors([loss, *outputs, *parts.declared])
        weights = [h for h in every if h.role == "param" and h not in kept]
        terms = [p.term(weights) for p in parts.penalties]
        return apply(lambda *a: Add(*a), loss, *terms), variables
    if loss in outputs or loss.role != "value" or own not in (None, "loss"):
        loss = apply(lambda a: a, loss)
    return loss, variables


def _update(program: Program, parts: Parts, sizes: set[str]) -> Update | None:
    if parts.optimizer is not None:
        trained = program.trained()
        others = [t.name for t in program.tensors if t not in trained]
        taken = (*others, *sorted(sizes))
        noisy = bool(program.having("noise"))
        return updates(trained, parts.optimizer, parts.clip, taken, noisy)
    if parts.clip is not None:
        raise LanguageError(
            "there is no optimizer whose gradients could be clipped",
            remedy="Add: optimizer sgd(learning_rate=0.1)",
        )
    return None


def network_name(name: str) -> str:
    """Return the name of a network, or raise where no file and no C prefix can have it."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z]\w{0,63}", name, re.ASCII):
        raise LanguageError(
            f"{name!r} can't name a network",
            remedy="A network's name becomes a file's: letters A to z, digits and _, at most 64.",
        )
    if keyword.iskeyword(name) or name in sys.stdlib_module_names | {"numpy", "symbp"}:
        raise LanguageError(
            f"a network can't be called {name}: the name is Python's own or a module's",
            remedy=f"Call it {name}_net, say.",
        )
    return name


def output_tensor(value: Value) -> Handle:
    """Return an output; raise where it is given and not computed."""
    handle = _whole(value, "output")
    if handle.role != "value":
        raise LanguageError(
            f"{handle!r} is given, and an output is computed", remedy="Name what is predicted."
        )
    for h in ancestors([handle]):
        if h.role in ("target", "label"):
            raise LanguageError(
                f"an output depends on the {h.role} {h.naming.hint()}, which a prediction"
                " is not given",
                remedy=f"Declare {h.naming.hint()} as an input, or leave the output out.",
            )
    return handle


def loss_tensor(value: Value) -> Handle:
    """Return the loss; raise where it is not one number."""
    handle = _whole(value, "loss")
    if handle.rank:
        raise ShapeError(
            f"the loss is one number, and {handle!r} has rank {handle.rank}",
            remedy="Take the mean over its indices: mean[n](...)",
        )
    return handle


def _whole(value: Value, word: str) -> Handle:
    """Return a tensor, made of a scalar formula if need be."""
    if isinstance(value, Handle):
        return value
    formula = plain(value)
    if not isinstance(formula, Expr):
        kind = "a condition, not a number" if is_condition(value) else f"no {word}"
        raise LanguageError(f"{value!r} is {kind}", remedy=f"Give a tensor: {word}=p")
    formula = apply(lambda a: a, formula)
    return Handle("value", (), Naming(word), [Rule((), formula)], inline=True)


class _Graph:
    """The handles of a network in their order, their names, and which of them stay formulas."""

    def __init__(
        self, outputs: Sequence[Handle], roots: Sequence[Handle], declared: Sequence[Handle],
        variables: Mapping[Handle, str],
    ) -> None:  # fmt: skip
        first = ancestors([*outputs, *declared])
        rest = [h for h in ancestors(roots) if h not in set(first)]
        self.handles = (*first, *rest)
        self.rules = [*_dated(first), *_dated(rest)]
        words = {**dict.fromkeys(outputs, "output"), **variables}
        self.inlined = self._inlined({*roots, *words})
        self.names = names([h for h in self.handles if h not in self.inlined], words)
        sizes = [n for h in self.handles for n in (*h.shape, *([h.bound] if h.bound else []))]
        self.sizes = {str(s) for n in sizes for s in n.free_symbols}
        self.taken = {*self.sizes, *self.names.values()}
        self.steps: dict[Steps, Symbol] = {}
        """The index of each recurrence: no two have the same."""

    def _inlined(self, kept: Collection[Handle]) -> frozenset[Handle]:
        """Return the nameless formulas that only formulas of the same rank read."""
        found = {h for h in self.handles if h.inline and not h.naming.own and h not in kept}
        for reader, rule in self.rules:
            read = rule.references()
            found.difference_update(h for h in read if not reader.inline or h.rank != reader.rank)
        return frozenset(found)

    def program(self, outputs: Sequence[Handle], frozen: Collection[Handle]) -> Program:
        """Return the checked program: what is given first, then what is computed."""
        kept = [h for h in self.handles if h not in self.inlined]
        table = {self.names[h]: h.tensor(self.names[h]) for h in kept}
        table |= {self.names[h]: replace(table[self.names[h]], frozen=True) for h in frozen}
        given = sorted((h for h in kept if h.role != "value"), key=lambda h: h.date)
        equations: list[Equation] = []
        for handle, rule in self.rules:
            if handle not in self.inlined:
                _add(equations, self._lowered(handle, rule, table))
        order = [self.names[h] for h in given]
        order += dict.fromkeys(e.target.name for e in equations)
        asked = tuple(self.names[h] for h in outputs)
        program = Program(tuple(table[name] for name in order), tuple(equations), asked)
        try:
            check(program)
        except SymbpError as error:
            raise self._placed(error) from None
        return program

    def _lowered(self, handle: Handle, rule: Rule, table: dict[str, Tensor]) -> list[Equation]:
        """Return the equations of a rule, its tensors and indices by their final names."""
        statement = rule.but(self._unfolded(rule.body)).statement(
            self.names[handle], self.names, rule is handle.rules[0]
        )
        try:
            clashes = _clashes(statement.loops(), self.taken)
            renamed = statement.renamed({**clashes, **self._own_steps(rule.steps)})
            return lower(renamed, table, self.taken)
        except SymbpError as error:
            raise error.at(rule.place(error.culprit, self.names)) from None

    def _own_steps(self, steps: Steps | None) -> dict[Symbol, Symbol]:
        """Return how the index of a recurrence is called in this network."""
        if steps is None:
            return {}
        if steps not in self.steps:
            taken = {*self.taken, *map(str, self.steps.values())}
            self.steps[steps] = index(fresh(str(steps.index), taken))
        return {steps.index: self.steps[steps]}

    def _unfolded(self, body: Expr) -> Expr:
        """Return a formula with formulas in place of the tensors that need not be."""
        swaps = {}
        for access in accesses(body):
            handle = access.args[0].handle if isinstance(access.args[0], Reference) else None
            if handle in self.inlined:
                (rule,) = handle.rules
                pairs = dict(zip(rule.indices, access.indices, strict=True))
                swaps[access] = self._unfolded(rule.body.xreplace(pairs))
        return body.xreplace(swaps)

    def _placed(self, error: SymbpError) -> SymbpError:
        """Point at the wrong access where the whole equation was pointed at."""
        for handle, rule in self.rules:
            if handle not in self.inlined and rule.source and rule.source == error.source:
                error.source = rule.place(error.culprit, self.names)
        return error


def _dated(handles: Iterable[Handle]) -> list[tuple[Handle, Rule]]:
    """Return the rules of handles in the order in which they were written.

    Those of a recurrence stand together, where the last of them was written.
    """
    pairs = [(handle, rule) for handle in handles for rule in handle.rules]
    last = {rule.steps: rule.date for _, rule in sorted(pairs, key=lambda p: p[1].date)}

    def date(pair: tuple[Handle, Rule]) -> tuple[int, int]:
        own = pair[1].date
        return (own if pair[1].steps is None else last[pair[1].steps]), own

    return sorted(pairs, key=date)


def _add(equations: list[Equation], new: Iterable[Equation]) -> None:
    """Add the equations of one rule; what does not depend on the step stands above its scan."""
    new = tuple(new)
    scan = next((e.scan for e in new if e.scan is not None), None)
    begin = len(equations)
    while scan is not None and begin > 0 and equations[begin - 1].scan == scan:
        begin -= 1
    equations[begin:begin] = [e for e in new if e.scan is None]
    equations += [e for e in new if e.scan is not None]


def _clashes(loops: Iterable[Symbol], taken: set[str]) -> dict[Symbol, Symbol]:
    """Return new names for the indices that are called as a tensor or a size is."""
    known = {*taken, *map(str, loops)}
    found: dict[Symbol, Symbol] = {}
    for i in loops:
        if str(i) in taken:
            found[i] = index(fresh(str(i), known))
            known.add(str(found[i]))
    return found
