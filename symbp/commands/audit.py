"""What `symbp audit` does with its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from symbp.errors import SymbpError


@click.command()
@click.argument("subject", metavar="FILE.py:FUNCTION")
@click.argument("spec")
@click.option(
    "--map", "maps", multiple=True, metavar="THEIRS=OURS",
    help="What the description calls an argument or a parameter of the code: theta.W1=h_W.",
)  # fmt: skip
@click.option(
    "--set", "numbers", multiple=True, metavar="NAME=NUMBER", help="What an argument is given."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Draws parameters and data.")
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=60.0, help="So long the code may compute."
)
def audit(
    subject: str, spec: str, maps: Sequence[str], numbers: Sequence[str], seed: int, seconds: float
) -> None:
    """Hold a backward pass that a person wrote against the derived gradients.

    FUNCTION returns gradients or updates parameters: a function, a class, CLASS.METHOD, or
    nothing for a loop that stands in no function. It is run with limits on time and memory, and
    else as your own. Names are matched with or without case and underscores, then by shape and
    order. The exit code is 1 where a gradient is wrong, 2 where the code can't be called.

    \b
    Examples:
      symbp audit net.py:backward net.bp
      symbp audit net.py:NeuralNetwork.train net.bp --map theta.W1=h_W
      symbp audit loop.py net.bp
    """
    from symbp import audit as auditing
    from symbp import compiler

    network = compiler.load(spec)
    raw, gradients = compiler.gradient_program(network)
    tidied = compiler.tidy(compiler.opened(network)[0])
    given = auditing.Given(raw, tidied, gradients)
    told = {n: _number(n, v) for n, v in map(_pair, numbers)}
    found = auditing.audit(subject, given, dict(map(_pair, maps)), told, seed, seconds)
    click.echo(auditing.report(found))
    if not found.verdict.right:
        wrong = ", ".join(f.parameter for f in found.verdict.findings if not f.right)
        click.echo(f"symbp: wrong gradients: {wrong}", err=True)
        raise click.exceptions.Exit(1)
    click.echo("All gradients are right.")


def _pair(words: str) -> tuple[str, str]:
    name, _, value = words.partition("=")
    if not name.strip() or not value.strip():
        raise click.BadParameter(f"{words!r} is not NAME=VALUE")
    return name.strip(), value.strip()


def _number(name: str, words: str) -> float | Any:
    try:
        return float(words)
    except ValueError:
        raise SymbpError(f"{name} is given {words!r}, which is no number") from None
