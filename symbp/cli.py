"""The command line: arguments in, the compiler's functions called, words out.

Every error becomes one message on stderr, in one place (`_Guarded`). Exit codes: 0 done, 1 a
check disagrees or a training diverged, 2 bad input, 130 interrupted. What a command needs is
imported inside it, so that `symbp --help` answers at once.
"""

from __future__ import annotations

import io
import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from symbp.commands.arguments import assignment, bounds, one_report, size
from symbp.commands.audit import audit
from symbp.commands.derive import derive
from symbp.commands.diff import diff
from symbp.commands.fuzz import fuzz
from symbp.commands.graph import graph
from symbp.commands.summary import summary
from symbp.errors import SymbpError, TargetError
from symbp.version import VERSION

if TYPE_CHECKING:
    from types import ModuleType

    from symbp.compiler import Target
    from symbp.lang.network import Network

DEMO_EPOCHS = 100
ENOUGH = 0.96
"""What the demo promises on held-out digits."""


def _failure(message: str, code: int) -> click.exceptions.Exit:
    """Say what is wrong; return what ends the command."""
    click.echo(f"symbp: {message}", err=True)
    return click.exceptions.Exit(code)


class _Guarded(click.Group):
    """Turns every foreseen error into one message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal without the signs of mathematics
        try:
            return super().invoke(ctx)
        except SymbpError as error:
            from symbp.train import DivergenceError

            raise _failure(str(error), 1 if isinstance(error, DivergenceError) else 2) from None
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise  # a reader such as head has seen enough
            where = f"{error.filename}: " if error.filename else ""
            raise _failure(f"{where}{error.strerror or error}", 2) from None
        except KeyboardInterrupt:
            raise _failure("interrupted", 130) from None


def _finite(ctx: click.Context, option: click.Parameter, value: float | None) -> float | None:
    """Refuse nan, which passes every comparison with a range."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is no finite number.")
    return value


_PATH = click.Path(path_type=Path)
METHODS = (
    "differences", "complex", "digits", "directions", "symbolic", "interpreter", "backward",
)  # fmt: skip
"""Those of `symbp.verify.methods`, which is imported when it is needed."""

_SETTINGS = {"help_option_names": ["-h", "--help"], "show_default": True}
_spec = click.argument("spec")
_target = click.option(
    "--target", type=click.Choice(["numpy", "c"]), default="numpy",
    help="What to emit: a NumPy module, or C99 with a thin Python module.",
)  # fmt: skip
_dtype = click.option(
    "--dtype", type=click.Choice(["float32", "float64"]), default="float64",
    help="The numbers that the module computes with.",
)  # fmt: skip
_folder = click.option(
    "-o", "--output", "folder", type=_PATH, default=Path(), metavar="DIR",
    help="The folder to write to; the present one when left out.",
)  # fmt: skip


@click.group(cls=_Guarded, context_settings=_SETTINGS)
@click.version_option(VERSION, prog_name="symbp")
def main() -> None:
    """A compiler for back-propagation.

    A network goes in as equations; its exact gradients come out as formulas, and as NumPy or C
    code that trains it and needs nothing of symbp to run.

    SPEC is a .bp file, FILE.bp:LOSS where its losses have names, or FILE.py:NAME for a network
    that Python code builds.

    \b
    Examples:
      symbp demo
      symbp derive xor.bp
      symbp build xor.bp --target c -o generated
      symbp check xor.bp
      symbp train xor.bp data.csv --epochs 500
    """


@main.command()
@_spec
@_target
@_dtype
@_folder
@click.option(
    "--size", "sizes", multiple=True, metavar="N=128", help="Fix a size; the code is made for it."
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many threads share a step (OpenMP, C target).",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Build nothing: say how each equation would be computed in C, and why.",
)
@click.option("--certify", is_flag=True, help="Also write a certificate of its gradients.")
def build(
    spec: str,
    target: Target,
    dtype: str,
    folder: Path,
    sizes: tuple[str, ...],
    threads: int,
    explain: bool,
    certify: bool,
) -> None:
    """Emit the module that trains a network.

    Writes NAME.py; with --target c also the C files and the compiled library. Of a file whose
    losses have names, one for each: NAME_LOSS.py.

    \b
    Examples:
      symbp build xor.bp
      symbp build digits.py:net --target c --dtype float32 -o generated
      symbp build digits.bp --target c --size N=32 --explain
      symbp build xor.bp --certify -o out && cd out && python -m xor --self-test
    """
    from symbp import compiler

    fixed = dict(size(text) for text in sizes)
    if explain and target != "c":
        raise click.UsageError("--explain tells of the C target: add --target c.")
    for network in map(compiler.load, compiler.specs(spec)):
        if explain:
            click.echo(compiler.explain(network, dtype, threads=threads, sizes=fixed), nl=False)
            continue
        path = compiler.build(
            network, target=target, dtype=dtype, directory=folder, threads=threads, sizes=fixed
        )
        click.echo(path)
        if target == "c":
            from symbp import artifact

            library = artifact.library_name(path.stem)
            for name in (f"{path.stem}.c", f"{path.stem}.h", f"{path.stem}.python.c", library):
                click.echo(path.with_name(name))
        if certify:
            from symbp.evidence.certificate import certify as certified

            for file in certified(network, path, sizes=fixed):
                click.echo(file)


@main.command()
@_spec
@_target
@_dtype
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Draws parameters and data.")
@click.option(
    "--method", "methods", multiple=True, type=click.Choice(METHODS),
    help="Only this one; can be given several times.",
)  # fmt: skip
@click.option("--json", type=_PATH, metavar="FILE", help="Also write every row as JSON.")
@click.option("--junit", type=_PATH, metavar="FILE", help="Also write a test suite as JUnit's XML.")
@click.option("--hazards", is_flag=True, help="Instead: what can overflow, divide by zero, cancel.")
@click.option(
    "--range", "ranges", multiple=True, metavar="NAME=LOW:HIGH", help="Of an array, for --hazards."
)
@click.option("--accuracy", is_flag=True, help="Instead: errors against 50 digits, in ulp.")
def check(
    spec: str, target: Target, dtype: str, hazards: bool, ranges: tuple[str, ...], accuracy: bool,
    **wish: Any,
) -> None:  # fmt: skip
    """Hold the emitted gradients against independent methods.

    Every parameter's gradient is compared with central differences of the emitted loss, with
    complex steps, 50 digits, random directions and SymPy's own derivative of the equations, with
    the adjoint equations run literally, and with what backward() gives. The table has the worst
    element of each, its error in units in the last place (ulp) of the gradient's largest element,
    and the method's own error estimate (+-). The exit code is 1 where one disagrees.

    \b
    Examples:
      symbp check xor.bp --target c
      symbp check xor.bp --method complex --method symbolic --junit xor.xml
      symbp check xor.bp --dtype float32 --hazards --range x=0:255
      symbp check xor.bp --accuracy
    """
    from symbp import compiler

    one_report(hazards, accuracy, bool(ranges), any(wish[n] for n in ("methods", "json", "junit")))
    network = compiler.load(spec)
    if hazards or accuracy:
        from symbp.evidence.command import surveyed

        surveyed(network, dtype, dict(map(bounds, ranges)) if hazards else None, accuracy)
        return
    with tempfile.TemporaryDirectory() as folder:
        _check(network, _built(network, target, dtype, Path(folder)), **wish)


@main.command()
@_spec
@click.argument("data", type=_PATH)
@click.option("--epochs", type=click.IntRange(min=1), help="In all.  [default: 100]")
@click.option("--batch-size", type=click.IntRange(min=1), help="Samples a step.  [default: 32]")
@click.option("--seed", type=click.IntRange(min=0), help="Of weights, split and order.")
@click.option(
    "--validation", type=click.FloatRange(0, 1, max_open=True), metavar="FRACTION",
    callback=_finite, help="Hold out so many of the samples.  [default: 0.2 of 50 or more]",
)  # fmt: skip
@click.option("--learning-rate", type=float, help="The same as --set learning_rate=VALUE.")
@click.option("--set", "hyper", multiple=True, metavar="NAME=VALUE", help="A hyper-parameter.")
@click.option(
    "--target-loss", type=float, callback=_finite,
    help="Stop when the training loss is as small.",
)  # fmt: skip
@click.option("--standardize", is_flag=True, default=None, help="Scale inputs to mean 0, spread 1.")
@click.option("--target-column", "columns", multiple=True, metavar="NAME", help="Of a CSV file.")
@click.option(
    "--checkpoint-every", type=click.IntRange(min=1), metavar="EPOCHS",
    help="Save the state so often.  [default: 20 times in all]",
)  # fmt: skip
@click.option("--resume", type=_PATH, metavar="FILE", help="Go on from a NAME.state.npz.")
@click.option("--watch", is_flag=True, help="Look into the layers, and say what is to be seen.")
@_target
@_dtype
@_folder
def train(
    spec: str, data: Path, hyper: Sequence[str], learning_rate: float | None,
    columns: Sequence[str], resume: Path | None, watch: bool, target: Target, dtype: str,
    folder: Path, **settings: Any,
) -> None:  # fmt: skip
    """Build a network, train it on DATA (.npz or .csv), report and save.

    An .npz file holds arrays by the network's names; a .csv file a row for each sample, the target
    in the last columns. Writes NAME.py, NAME.params.npz, NAME.state.npz (for --resume),
    NAME.history.csv and, where matplotlib is installed, NAME.loss.png. With --watch, the norms of
    gradients and the dead units of each layer are shown while it trains, and a diagnosis and the
    confusion matrix after it; NAME.watch.csv, NAME.watch.svg and NAME.confusion.svg hold them.

    \b
    Examples:
      symbp train xor.bp xor.csv --epochs 2000 --learning-rate 0.5
      symbp train iris.bp iris.csv --target-column species --standardize
      symbp train xor.bp xor.csv --epochs 4000 --resume xor.state.npz
    """
    from symbp import compiler
    from symbp import train as training

    given = {name: value for name, value in settings.items() if value is not None}
    rate = {} if learning_rate is None else {"learning_rate": learning_rate}
    given["hyper"] = {**dict(map(assignment, hyper)), **rate}
    network = compiler.load(spec)
    module = _built(network, target, dtype, folder)
    samples = training.read(data, module.INPUTS, module.DTYPE, columns)
    run = training.prepare(module, samples, given, resume)
    if run.changes:
        click.echo(f"The run changes: it goes on with {'; '.join(run.changes)}.", err=True)
    if watch:
        outcome = training.watched(network, module, samples, run, folder, click.echo)
    else:
        with training.progress(run) as bar:
            outcome = training.train(module, samples, run, folder, bar)
    click.echo(training.summary(outcome))


@main.command()
@_target
@click.option("-o", "--output", "folder", type=_PATH, default=Path("symbp-demo"), metavar="DIR")
def demo(target: Target, folder: Path) -> None:
    """Derive, check and train a network that reads handwritten digits.

    Needs no network access: the 1,797 digits come with the package. Takes less than a minute.
    """
    from symbp import compiler, train
    from symbp import data as stored

    spec = stored.digits_network()
    network = compiler.load(str(spec))
    click.echo(f"1. The network ({spec})\n\n{spec.read_text(encoding='utf-8')}")
    click.echo("2. The gradient by the first layer's weights, and all that it needs, derived\n")
    click.echo(compiler.derive(network).text("h_W"))
    try:
        module = _built(network, target, "float64", folder)
    except TargetError as error:
        click.echo(f"{error.message}: NumPy instead.\n", err=True)
        module = _built(network, "numpy", "float64", folder)
    click.echo(f"3. The emitted module ({module.__file__}), checked\n")
    _check(network, module)
    click.echo("\n4. Trained on four fifths of 1,797 handwritten digits, tested on the rest\n")
    images, labels = stored.digits()
    samples = train.from_arrays({"x": images, "t": labels}, module.INPUTS, module.DTYPE)
    run = train.prepare(module, samples, {"epochs": DEMO_EPOCHS})
    with train.progress(run) as watch:
        outcome = train.train(module, samples, run, folder, watch)
    click.echo(train.summary(outcome))
    click.echo(
        f"\nNext:\n  less {module.__file__}\n  symbp derive {spec} --format html -o digits.html\n"
        f"  symbp build {spec} --target c -o {folder}"
    )
    if not (outcome.held_out and (outcome.held_out.accuracy or 0.0) >= ENOUGH):
        raise _failure(f"fewer than {ENOUGH:.0%} of the held-out digits are read right", 1)


@main.command()
@click.argument("workloads", nargs=-1, metavar="[WORKLOAD]...")
@click.option("--peers", metavar="A,B", help="Only these; all when left out.")
@click.option(
    "--target", type=click.Choice(["numpy", "c", "all"]), default="all",
    help="What symbp emits for it.",
)  # fmt: skip
@click.option(
    "--threads", type=click.IntRange(min=1), multiple=True, default=(1,),
    help="Threads of every peer; can be given several times.",
)  # fmt: skip
@click.option(
    "--rounds", type=click.IntRange(min=1), default=21, help="Bursts of each row, in turns.",
)  # fmt: skip
@click.option("--json", "figures", type=_PATH, metavar="FILE", help="Also write all figures.")
@click.option("--plot", "picture", type=_PATH, metavar="FILE.svg", help="Also draw them.")
def bench(
    workloads: tuple[str, ...],
    peers: str | None,
    target: str,
    threads: tuple[int, ...],
    rounds: int,
    figures: Path | None,
    picture: Path | None,
) -> None:
    """Measure a training step against every peer that is installed.

    WORKLOAD is xor, scalar, ctrl, mnist-mlp, lenet, lstm or attn; all of them when left out.
    `steps` is all of them against NumPy by hand only, `scaling` times derivation over depth and
    width, and `gradients` holds every layer and loss of the library against torch.

    Each peer runs in a process of its own; its first step must agree before it is timed. Close
    other programs first. The peers are best kept in an environment of their own:

    \b
      python -m venv peers
      peers/bin/pip install "symbp[bench]" torch==2.13.0
      peers/bin/symbp bench

    \b
    Examples:
      symbp bench xor --peers numpy,jax --rounds 11
      symbp bench --threads 1 --threads 2 --json figures.json --plot figures.svg
    """
    from symbp.bench import measure, report
    from symbp.bench.command import request, save
    from symbp.bench.plot import plot
    from symbp.bench.table import deep_table, scaling_table, workload_table

    asked = request(workloads, peers.split(",") if peers else None, target)
    reports = []
    for count in threads:
        for workload in asked.workloads:
            reports.append(report(measure(workload, asked.rows, count, rounds, _passing)))
            for line in workload_table(reports[-1]):
                click.echo(line)
            click.echo()
    if figures is not None:
        save(reports, figures)
    if picture is not None:
        plot(reports, picture)
    if asked.scaling:
        for line in (*scaling_table(), *deep_table()):
            click.echo(line)
    if asked.gradients:
        _gradients()


def _gradients() -> None:
    from symbp.bench.gradients import CASES, compare_all
    from symbp.bench.table import gradient_heads, gradient_line

    agreeing: list[bool] = []
    for row in compare_all(CASES):
        for line in [] if agreeing else gradient_heads():
            click.echo(line)
        click.echo(gradient_line(row))
        agreeing.append(row.agrees())
    if not all(agreeing):
        raise _failure("a gradient disagrees with torch's", 1)
    click.echo(f"All {len(agreeing)} cases agree.")


def _passing(words: str) -> None:
    """Say what is being done, on a line that the next words replace; for terminals only."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{words}", err=True, nl=False)


def _built(network: Network, target: Target, dtype: str, folder: Path) -> ModuleType:
    from symbp import artifact, compiler

    return artifact.load(compiler.build(network, target=target, dtype=dtype, directory=folder))


def _check(network: Network, module: ModuleType, **wish: Any) -> None:
    from symbp.evidence.command import Wish, judged

    if not judged(network, module, Wish(**wish)):
        raise _failure("a gradient disagrees: see the table", 1)
    click.echo("All gradients agree.")


for _command in (audit, derive, diff, fuzz, graph, summary):
    main.add_command(_command)

if __name__ == "__main__":
    main()
