"""symbp derive: a derivation as a document, and whether it holds."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from symbp.derivation import Derivation
    from symbp.lang.network import Network


@click.command()
@click.argument("spec")
@click.option(
    "--format", "form", type=click.Choice(["text", "latex", "markdown", "html"]), default="text",
    help="How to write the formulas.",
)  # fmt: skip
@click.option("--wrt", metavar="NAME", help="Only the gradient by this parameter or input.")
@click.option(
    "--steps/--no-steps", default=None,
    help="Each step that leads there, rule by rule.  [default: not in text]",
)  # fmt: skip
@click.option("--code", is_flag=True, help="Of each tensor the generated lines, NumPy and C.")
@click.option("--columns", is_flag=True, help="Samples are columns in matrix forms, not rows.")
@click.option("--all", "every", is_flag=True, help="Also layers that are like the one before.")
@click.option(
    "--verify", is_flag=True,
    help="Judge every step at random points, in 50 digits; exit code 1 where one is wrong.",
)  # fmt: skip
@click.option("-o", "--output", "file", type=click.Path(path_type=Path), help="Write to a file.")
def derive(
    spec: str, form: str, wrt: str | None, steps: bool | None, code: bool, columns: bool,
    every: bool, verify: bool, file: Path | None,
) -> None:  # fmt: skip
    """Show the gradients of a network as formulas, and how they came about.

    \b
    Examples:
      symbp derive xor.bp --wrt W1
      symbp derive xor.bp --steps --verify
      symbp derive xor.bp --format latex --columns -o xor.tex
      symbp derive xor.bp --format html -o xor.html
    """
    from symbp import artifact, compiler
    from symbp.derivation.documents import DOCUMENTS, Shown

    network = compiler.load(spec)
    inputs = [t.name for t in network.program.having("input", "target") if t.name == wrt]
    derivation = compiler.derivation(network, *inputs)
    wide = form == "text" and file is None and sys.stdout.isatty()
    shown = Shown(
        wrt=wrt, steps=form != "text" if steps is None else steps, fold=not every, columns=columns,
        lines=_lines(network, derivation) if code else {},
        width=shutil.get_terminal_size().columns if wide else None,
    )  # fmt: skip
    if form == "html":
        written = compiler.page(network, derivation, shown)
    else:
        written = DOCUMENTS[form](derivation, shown)
    if file is None:
        click.echo(written.rstrip("\n"))
    else:
        artifact.write({file: written.rstrip("\n") + "\n"})
        click.echo(file)
    if verify:
        _verify(derivation)


def _lines(network: Network, derivation: Derivation) -> dict[str, tuple[str, ...]]:
    """Return the lines of NumPy and of C that compute each tensor."""
    from symbp import compiler

    return {
        each.name: (
            *(("NumPy", *(f"  {line}" for line in each.numpy)) if each.numpy else ()),
            *(("C", *(f"  {line}" for line in each.c)) if each.c else ()),
        )
        for each in compiler.three_forms(network, derivation.formulas)
    }


def _verify(derivation: Derivation) -> None:
    from symbp import verify

    found = verify.verify_steps(
        derivation.program, derivation.tensors, derivation.steps, derivation.formulas.loss,
        derivation.gradients,
    )  # fmt: skip
    wrong = [verdict for verdict in found if not verdict.agrees]
    if wrong:
        click.echo(f"symbp: {wrong[0]}", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"All {len(derivation.steps)} steps hold, at random points in 50 digits.", err=True)


__all__ = ["derive"]
