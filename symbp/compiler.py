"""THE PAGE: every arrow of the pipeline. Read this first.

description -> Network          lang      equations, parameters, optimizer
Network     -> Program          autodiff  the adjoints of all equations (one rule)
Program     -> Program          rewrite   fewer operations, stable at the extremes
Program     -> Plan             schedule  forward | backward | predict | update
Plan        -> files            codegen   NumPy or C
files       -> a module         artifact  written, compiled, loaded
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from symbp import artifact, codegen, rewrite, schedule
from symbp.autodiff import adjoint
from symbp.codegen.face import Initial, Options
from symbp.codegen.formulas import Formulas
from symbp.codegen.pictures import Graph, draw
from symbp.derivation import Aligned, Derivation, aligned
from symbp.derivation import page as pages
from symbp.derivation.documents import Shown
from symbp.errors import TargetError
from symbp.ir.check import check
from symbp.ir.program import Program
from symbp.ir.trace import because, met, recording
from symbp.lang.load import load, specs
from symbp.lang.network import Network
from symbp.lang.sizes import sized

Target = Literal["numpy", "c"]
Pass = Callable[[Program], Program]

TIDY: tuple[tuple[Pass, str], ...] = (
    (rewrite.release, "stop_gradient has done its work: it is its argument"),
    (rewrite.distribute, "what a recurrence does not need runs for all of its steps at once"),
    (rewrite.merge, "the same sum written twice (softmax and its loss) becomes one"),
    (rewrite.facts, "a target's row that sums to one does so"),
    (rewrite.combine, "adjoints that meet in one tensor become one formula"),
    (rewrite.known, "sigmoid'(z) = h (1 - h): what the forward pass holds is read"),
    (rewrite.inline, "seeds, constants and single uses move to where they are needed"),
    (rewrite.algebra, "each body by the table of identities"),
    (rewrite.expose, "definitions are opened where something cancels: p - y"),
    (rewrite.hoist, "constants leave the sums"),
)
"""What makes formulas short. Run until nothing changes; `derive` shows the result."""

FINISH: tuple[tuple[Pass, str], ...] = (
    (rewrite.stabilise, "exponents are shifted, now that p - onehot has fallen out"),
    (rewrite.common, "(p - onehot) / N: what all terms share is multiplied after them"),
    (rewrite.narrow, "partial sums come first; an index that says nothing is left out"),
    (rewrite.inline, "what only repeats a smaller tensor is read there"),
    (rewrite.scatter, "what is done to all of a scatter is done where it is scattered"),
    (rewrite.share, "what is left twice is computed once; contractions get plain operands"),
    (rewrite.known, "shared values are read by what was there before"),
    (rewrite.distribute, "new operands leave the scans"),
    (rewrite.lift, "factors that no step writes are computed before the scan"),
    (rewrite.order, "products next to their biases, scatters last, dead code out"),
)
"""What makes code fast and safe; formulas get longer by it."""

MAX_ROUNDS = 8
VECTOR = 16
"""So many samples fill a vector."""


def tidy(program: Program) -> Program:
    """Apply the simplifying passes until nothing changes."""
    for _ in range(MAX_ROUNDS):
        before = program
        for run, reason in TIDY:
            with because(reason):
                program = met(run(program))
        if program.equations == before.equations:
            break
    return program


def finish(program: Program) -> Program:
    """Apply the passes that prepare a simplified program for machine numbers."""
    for run, _reason in FINISH:
        program = run(program)
    return program


def gradient_program(
    network: Network, inputs: Sequence[str] = ()
) -> tuple[Program, dict[str, str]]:
    """Return the raw adjoint program, as the rule gives it, and the gradient of each parameter.

    `inputs` are differentiated by besides.

    >>> from symbp.lang.parser import parse
    >>> net = parse("network a\\ninput x[N]\\nparam w\\noutput w*x\\nloss mean[n]((w*x[n])**2)")
    >>> gradient_program(net)[1]
    {'w': 'dw'}
    """
    params = [t.name for t in network.program.trained()]
    program, gradients = adjoint(network.program, network.loss, [*params, *inputs])
    outputs = tuple(dict.fromkeys((network.loss, *gradients.values())))
    return met(program.but(outputs=outputs)), gradients


def opened(network: Network, inputs: Sequence[str] = ()) -> tuple[Program, dict[str, str]]:
    """Return loss and gradients of a network whose formulas have been made ready.

    With p = softmax(z), the adjoint of log(p) reads 1 / p, which is infinite where p underflows;
    that of z - log(sum exp z), which is the same, does not.
    """
    with because("logarithms are looked into before they are differentiated"):
        program = met(rewrite.expose(network.program))
    with because("what is largest is found before a function is applied to it"):
        program = met(rewrite.increasing(program))
    with because("every access of every equation, from the loss backwards"):
        return gradient_program(replace(network, program=program), inputs)


def derive(network: Network, *inputs: str) -> Formulas:
    """Return the formulas of a network: its forward pass and every gradient, simplified.

    Args:
        inputs: inputs or targets that the loss is differentiated by, besides the parameters.

    Raises:
        LanguageError: one of them is not known, or holds integers.
    """
    program, gradients = opened(network, inputs)
    wanted = tuple(dict.fromkeys((*network.outputs, *program.outputs)))
    program = tidy(program.but(outputs=wanted))
    with because("what no output needs is left out"):
        program = rewrite.order(program)
    return Formulas(network.name, program, network.loss, gradients)


def derivation(network: Network, *inputs: str) -> Derivation:
    """Return how the formulas of a network came about: each step that the passes took.

    Args and errors are those of `derive`.
    """
    with recording() as trace:
        formulas = derive(network, *inputs)
    return Derivation(
        network.name, network.program, tuple(trace.steps), formulas, formulas.gradients,
        tuple(trace.tensors.values()),
    )  # fmt: skip


def three_forms(
    network: Network, formulas: Formulas, wrt: str | None = None
) -> tuple[Aligned, ...]:
    """Return each tensor's index form, matrix form, and the lines of NumPy and C that compute it.

    Args:
        formulas: what `derive` gives for the network.
        wrt: only what this parameter's gradient needs.
    """
    choices = Choices("numpy"), Choices("c")
    numpy, c = (each.options(network) for each in choices)
    for_numpy, for_c = plans(network, *(each.batches(network) for each in choices))
    return tuple(aligned(
        formulas, codegen.numpy_target.lines(for_numpy, numpy),
        codegen.c_target.lines(for_c, c), wrt,
    ))  # fmt: skip


def page(network: Network, derived: Derivation, shown: Shown | None = None) -> str:
    """Return a derivation as one HTML page: formulas, picture, code, and how it came about.

    Args:
        derived: what `derivation` gives for the network.

    Raises:
        LanguageError: there is no parameter of the name that is to be shown alone.
        TargetError: the extra `html` is missing.
    """
    shown = shown or Shown()
    return pages.page(derived, three_forms(network, derived.formulas, shown.wrt), shown)


def plan(network: Network, batches: Collection[str] = ()) -> schedule.Plan:
    """Return what the emitters read: all programs of a network, rewritten and cut up.

    Args:
        batches: inputs whose samples are to lie side by side in what is computed of them.
    """
    (found,) = plans(network, batches)
    return found


def plans(network: Network, *batches: Collection[str]) -> list[schedule.Plan]:
    """Return a plan for each of several choices of inputs whose samples lie side by side."""
    program, gradients = opened(network)
    wanted = dict.fromkeys((*program.outputs, *network.running.values()))
    joint = finish(tidy(program.but(outputs=tuple(wanted))))
    forward = (network.prediction or network.program).but(outputs=network.outputs)
    predict = finish(tidy(rewrite.order(rewrite.increasing(forward))))
    update = network.update
    updates = None
    if update is not None:
        results = tuple(dict.fromkeys(update.results.values()))
        updates = finish(tidy(update.program.but(outputs=results)))
    known = {t.name for t in network.program.given() if t.shape and t.shape[0].is_Integer}

    def planned(joint: Program, predict: Program) -> schedule.Plan:
        for each in filter(None, (joint, predict, updates)):
            check(each)
        return schedule.plan(
            network.name,
            network.program,
            joint=joint,
            predict=predict,
            update=updates,
            loss=network.loss,
            outputs=network.outputs,
            gradients=gradients,
            update_gradients=update.gradients if update else {},
            updated=update.results if update else {},
            state=update.initial if update else {},
            prediction=network.prediction,
            running=network.running,
            noise=update.noise if update else None,
        )

    return [
        planned(  # a single sample is often asked for alone: its prediction has samples first
            schedule.innermost(joint, chosen), schedule.innermost(predict, known & {*chosen})
        )
        for chosen in batches
    ]


def graph(network: Network, fold: bool = True) -> Graph:
    """Return the graph of what a module computes: both passes, and what is kept between them.

    Args:
        fold: draw layers that are alike once for all of them.
    """
    found = plan(network)
    return draw(network.name, found.forward, found.backward, found.gradients, fold)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a module is made for, besides its network."""

    target: Target = "numpy"
    dtype: str = "float64"
    threads: int = 1
    """How many threads share a step of a C module."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Sizes that are fixed; the code is made for them alone."""

    def check(self) -> None:
        """Raise TargetError where a choice is not known."""
        if self.target not in codegen.TARGETS:
            raise TargetError(
                f"there is no target {self.target!r}",
                remedy=f"Known: {', '.join(codegen.TARGETS)}.",
            )
        if self.dtype not in ("float32", "float64"):
            raise TargetError(
                f"there is no dtype {self.dtype!r}", remedy="Known: float32, float64."
            )
        if self.threads < 1 or (self.threads > 1 and self.target != "c"):
            raise TargetError(
                f"the target {self.target} can't use {self.threads} threads",
                remedy="Give 1, or more with --target c.",
            )

    def batches(self, network: Network) -> frozenset[str]:
        """Return the inputs whose samples are a vector: all but those that are known to be few."""
        narrow = {size for size, number in self.sizes.items() if number < VECTOR}
        data = network.program.having("input", "target", "label")
        return frozenset(
            t.name
            for t in data
            if t.shape and t.shape[0].free_symbols and str(t.shape[0]) not in narrow
        )

    def options(self, network: Network) -> Options:
        """Return what the emitters are told."""
        source = codegen.plain(network.source)
        words = ["symbp", "build", source or "SPEC"]
        words += ["--target", self.target, "--dtype", self.dtype]
        words += ["--threads", str(self.threads)] if self.threads > 1 else []
        words += [w for s, n in self.sizes.items() for w in ("--size", f"{s}={n}")]
        initial = {n: Initial(i.kind, tuple(i.arguments)) for n, i in network.initial.items()}
        command = shlex.join(words)
        return Options(self.target, self.dtype, source, command, initial, self.threads)


def emit(
    network: Network, target: Target = "numpy", dtype: str = "float64", *, threads: int = 1,
    sizes: Mapping[str, int] | None = None,
) -> dict[str, str]:  # fmt: skip
    """Return the files of a module: name -> text.

    Args:
        threads: how many threads share a step of a C module.
        sizes: sizes that are fixed: {"N": 128} makes a module for 128 samples at a time.

    Raises:
        TargetError: the target or the dtype is not known, or lacks a function of the network.
        ShapeError: the network has no such size.
    """
    choices = Choices(target, dtype, threads, sizes or {})
    choices.check()
    batches, network = choices.batches(network), sized(network, choices.sizes)
    return codegen.TARGETS[target](plan(network, batches), choices.options(network))


def explain(
    network: Network, dtype: str = "float64", *, threads: int = 1,
    sizes: Mapping[str, int] | None = None,
) -> str:  # fmt: skip
    """Return, for each equation of a C module, how it is computed and why.

    Raises:
        TargetError, ShapeError: see `emit`.
    """
    choices = Choices("c", dtype, threads, sizes or {})
    choices.check()
    batches, network = choices.batches(network), sized(network, choices.sizes)
    return codegen.c_target.explain(plan(network, batches), choices.options(network))


def build(
    network: Network, target: Target = "numpy", dtype: str = "float64",
    directory: str | Path = ".", *, threads: int = 1, sizes: Mapping[str, int] | None = None,
) -> Path:  # fmt: skip
    """Write a network's module into a folder and return the path of NAME.py.

    The C target is compiled, with $CC or the compiler on the PATH; the C files stand beside.

    Raises:
        TargetError: see `emit`; or no compiler is there, or it fails.
        ShapeError: see `emit`.
        DataError: the folder can't be written.
    """
    folder = Path(directory)
    files: dict[str, str | bytes] = {**emit(network, target, dtype, threads=threads, sizes=sizes)}
    if target == "c":
        library = artifact.library_name(network.name)
        files[library] = artifact.compiled(files, library, threads=threads > 1)
    artifact.write({folder / name: content for name, content in files.items()})
    return folder / f"{network.name}.py"


__all__ = [
    "build", "derivation", "derive", "emit", "explain", "gradient_program", "graph", "load",
    "page", "plan", "specs", "three_forms",
]  # fmt: skip
