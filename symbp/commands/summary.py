"""`symbp summary`."""

from __future__ import annotations

import click

from symbp.commands.arguments import size


@click.command()
@click.argument("spec")
@click.option(
    "--size", "sizes", multiple=True, metavar="N=128", help="What a size is; 1 when left out."
)
@click.option("--costs", is_flag=True, help="Also say what each equation costs.")
@click.option(
    "--dtype", type=click.Choice(["float32", "float64"]), default="float64",
    help="The numbers that are counted in bytes.",
)  # fmt: skip
def summary(spec: str, sizes: tuple[str, ...], costs: bool, dtype: str) -> None:
    """Show the layers of a network: parameters, memory, and what a training step costs.

    An operation is one addition, subtraction, multiplication, division, comparison or function of
    real numbers; a sum of n values has n - 1 additions. Bytes are those of each element that an
    equation reads or writes, once.

    \b
    Examples:
      symbp summary digits.bp --size N=128
      symbp summary xor.bp --size N=4 --costs
    """
    from symbp import compiler
    from symbp.summary.report import summary as summarised

    found = summarised(compiler.load(spec), dict(map(size, sizes)), dtype)
    click.echo(found.text(equations=costs))
