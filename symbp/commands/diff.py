"""`symbp diff`."""

from __future__ import annotations

import click

from symbp.commands.arguments import size

_COLORS = {"-": "red", "+": "green"}


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option(
    "--size", "sizes", multiple=True, metavar="N=128", help="For the costs; 1 when left out."
)
def diff(before: str, after: str, sizes: tuple[str, ...]) -> None:
    """Show which equations, gradients and costs changed from network A to network B.

    Both are .bp files or FILE.py:NAME. Equations are equal whatever their indices are called, and
    the names of the networks do not count. The exit code is 0 where nothing changed, 1 where
    something did, 2 for bad input.

    \b
    Examples:
      symbp diff xor.bp xor-tanh.bp
      symbp diff digits.bp digits.py:net --size N=128
    """
    from symbp import compiler
    from symbp.compare.report import compare

    old, new = compiler.load(before), compiler.load(after)
    found = compare(old, new, dict(map(size, sizes)))
    if found.same:
        click.echo("The networks are the same.")
        return
    click.echo(f"- {before}\n+ {after}\n")
    for line in found.lines():
        click.secho(line, fg=_COLORS.get(line[:1]))
    raise click.exceptions.Exit(1)
