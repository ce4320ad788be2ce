"""A network's layers, parameters, memory and operations, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from math import prod

from sympy import Expr, Integer

from symbp import compiler
from symbp.costs import Cost, costs, total
from symbp.ir.program import Program, size
from symbp.ir.text import show
from symbp.ir.visit import needed
from symbp.lang.network import Network
from symbp.lang.sizes import sized
from symbp.schedule import Plan
from symbp.schedule.plan import split
from symbp.summary.layers import layers, owners, parameters
from symbp.summary.tables import Rows, html, text

WORDS = {"float32": 4, "float64": 8}
PHASES = ("forward", "backward", "update")


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: what comes out of it, what it holds, and what a training step does in it."""

    name: str
    shape: str
    """Of its output: "(N, 32)"."""
    parameters: int
    forward: int
    """Operations."""
    backward: int
    kept: int
    """Bytes of forward values that the backward pass reads."""


@dataclass(frozen=True)
class Summary:
    """The layers of a network and the costs of its equations, for some sizes.

    >>> from symbp.lang.parser import parse
    >>> net = parse('''network line
    ... input x[N]
    ... target y[N]
    ... param a, b
    ... p = a * x + b
    ... output p
    ... loss mse(p, y)
    ... optimizer sgd(learning_rate=0.1)''')
    >>> found = summary(net, {"N": 10})
    >>> [(layer.name, layer.parameters, layer.forward, layer.backward) for layer in found.layers]
    [('p', 2, 20, 28), ('loss', 0, 30, 11)]
    >>> found.operations, found.naive
    ({'forward': 50, 'backward': 39, 'update': 4}, {'forward': 50, 'backward': 50, 'update': 4})
    """

    name: str
    sizes: Mapping[str, int]
    dtype: str
    layers: tuple[Layer, ...]
    costs: Mapping[str, tuple[Cost, ...]] = field(repr=False)
    """Phase -> the cost of each of its equations."""
    before: Mapping[str, tuple[Cost, ...]] = field(repr=False)
    """The same as the rule of the adjoint gives them, before the passes."""
    state: int
    """Numbers that the optimizer remembers."""

    @property
    def operations(self) -> dict[str, int]:
        """Return the operations of each phase."""
        return {p: total(c).operations.total for p, c in self.costs.items()}

    @property
    def naive(self) -> dict[str, int]:
        """Return the operations of each phase before the passes."""
        return {p: total(c).operations.total for p, c in self.before.items()}

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    def text(self, equations: bool = False) -> str:
        """Return the tables as plain text; with `equations` also the cost of each of them."""
        parts = [self._title()]
        parts += [f"{head}{text(rows)}" for head, rows in self._tables(equations)]
        return "\n\n".join([*parts, self._memory()])

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        tables = "".join(html(rows) for _, rows in self._tables(False))
        return f"<p>{escape(self._title())}</p>{tables}<p>{escape(self._memory())}</p>"

    def _title(self) -> str:
        sizes = "".join(f", {name} = {n}" for name, n in self.sizes.items())
        return f"{self.name}{sizes}, {self.dtype}"

    def _tables(self, equations: bool) -> Iterator[tuple[str, Rows]]:
        yield "", self._layer_rows()
        for phase in PHASES if equations else ():
            if phase in self.costs:
                yield f"{phase}\n", _equation_rows(self.costs[phase])
        yield "", self._phase_rows()

    def _layer_rows(self) -> Rows:
        head = ("layer", "output", "parameters", "forward", "backward", "bytes kept")
        rows = [
            (row.name, row.shape, row.parameters, row.forward, row.backward, row.kept)
            for row in self.layers
        ]
        sums = [sum(int(row[k]) for row in rows) for k in range(2, 6)]
        return [head, *rows, ("total", "", *sums)]

    def _phase_rows(self) -> Rows:
        head = ("", "operations", "transcendental", "bytes", "operations/byte", "before the passes")
        naive = self.naive
        rows = [(p, *_figures(total(c)), naive[p]) for p, c in self.costs.items()]
        whole = total(c for found in self.costs.values() for c in found)
        return [head, *rows, ("a step", *_figures(whole), sum(naive.values()))]

    def _memory(self) -> str:
        word = WORDS[self.dtype]
        return (
            f"{self.parameters:,} parameters: {self.parameters * word:,} bytes, as many for the "
            f"gradients, {self.state * word:,} for the optimizer; "
            f"{sum(layer.kept for layer in self.layers):,} are kept for the backward pass."
        )


def summary(
    network: Network, sizes: Mapping[str, int] | None = None, dtype: str = "float64"
) -> Summary:
    """Return what a network consists of and what it costs.

    Args:
        sizes: of the symbolic sizes; those that are left out are 1.
        dtype: tells how many bytes a number has.

    Raises:
        ShapeError: the network has no such size.
        TargetError: the dtype is not known.
    """
    compiler.Choices(dtype=dtype).check()
    sized(network, sizes or {})  # raises where there is no such size
    known = {str(s): 1 for s in network.program.sizes()} | dict(sizes or {})
    plan, word = compiler.plan(network), WORDS[dtype]
    updates = {} if plan.update is None else {"update": plan.update.program}
    programs = {"forward": plan.forward.program, "backward": plan.backward.program, **updates}
    found = {phase: costs(program, known, word) for phase, program in programs.items()}
    raw = {phase: costs(program, known, word) for phase, program in _raw(network).items()}
    state = [] if network.update is None else network.update.program.having("state")
    numbers = sum(_numbers(t.shape, known) for t in state)
    rows = _layers(network.program, plan, found, known, word)
    return Summary(network.name, known, dtype, rows, found, raw, numbers)


def _layers(
    program: Program, plan: Plan, found: Mapping[str, tuple[Cost, ...]],
    sizes: Mapping[str, int], word: int,
) -> tuple[Layer, ...]:  # fmt: skip
    """Return the rows of a summary, in the order of the description."""
    own = layers(program)
    joint = plan.backward.program.but(
        equations=(*plan.forward.program.equations, *plan.backward.program.equations)
    )
    belongs, table = owners(joint, own), plan.forward.program.table()
    held = parameters(program, own)
    rows = {name: [0, 0, 0, 0] for name in (*dict.fromkeys(own.values()), "")}
    for name, layer in held.items():
        rows[layer][0] += _numbers(program[name].shape, sizes)
    for column, phase in enumerate(("forward", "backward"), 1):
        for cost in found[phase]:
            assert cost.equation is not None
            by = cost.equation.primal
            layer = belongs[by if by in belongs else cost.equation.target.name]
            rows[layer][column] += cost.operations.total
    for name in (n for n in plan.tape if n in plan.backward.reads):
        rows[belongs[name]][3] += _numbers(table[name].shape, sizes) * word
    return tuple(
        Layer(name or "(others)", _shape(program, name), *counts)
        for name, counts in rows.items()
        if name or any(counts)
    )


def _raw(network: Network) -> dict[str, Program]:
    """Return the phases as the rule of the adjoint gives them."""
    program, gradients = compiler.gradient_program(network)
    phases = split(program, network.loss, gradients, network.running.values())
    found = {p: phase.program for p, phase in zip(PHASES, phases, strict=False)}
    if network.update is not None:
        results = network.update.results.values()
        found["update"] = needed(network.update.program, results)
    return found


def _numbers(shape: tuple[Expr, ...], sizes: Mapping[str, int]) -> int:
    known = {size(name): Integer(n) for name, n in sizes.items()}
    return prod(int(n.xreplace(known)) for n in shape)


def _shape(program: Program, name: str) -> str:
    return f"({', '.join(map(str, program[name].shape))})" if name else ""


def _figures(cost: Cost) -> tuple[int, int, int, float]:
    done = cost.operations
    return done.total, done.transcendental, cost.bytes, cost.intensity


def _equation_rows(found: tuple[Cost, ...]) -> Rows:
    head = ("equation", "operations", "transcendental", "bytes", "operations/byte")
    seen: set[str] = set()
    rows = []
    for cost in found:
        assert cost.equation is not None
        name = cost.equation.target.name
        rows.append((show(cost.equation, name not in seen), *_figures(cost)))
        seen.add(name)
    return [head, *rows]


__all__ = ["Layer", "Summary", "summary"]
