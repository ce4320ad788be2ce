"""symbp graph: a network and its adjoint as a picture."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("spec")
@click.option(
    "--format", "form", type=click.Choice(["svg", "dot", "mermaid"]), default="svg",
    help="A picture, or what Graphviz or Mermaid draw.",
)  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Also layers that are like the one before.")
@click.option("-o", "--output", "file", type=click.Path(path_type=Path), help="Write to a file.")
def graph(spec: str, form: str, every: bool, file: Path | None) -> None:
    """Draw a network and its adjoint: what is computed of what, and what is kept in between.

    \b
    Examples:
      symbp graph xor.bp -o xor.svg
      symbp graph xor.bp --format mermaid
    """
    from symbp import artifact, compiler
    from symbp.codegen.pictures import FORMATS

    picture = FORMATS[form](compiler.graph(compiler.load(spec), fold=not every))
    if file is None:
        click.echo(picture, nl=False)
    else:
        artifact.write({file: picture})
        click.echo(file)


__all__ = ["graph"]
