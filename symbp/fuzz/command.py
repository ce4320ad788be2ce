"""`symbp fuzz`: what is drawn by chance, from the command line."""

from __future__ import annotations

import sys
import time

import click

_SETTINGS = {"help_option_names": ["-h", "--help"], "show_default": True}


@click.group(context_settings=_SETTINGS)
def fuzz() -> None:
    """Draw cases by chance and hold symbp against what must hold; exit 1 where it does not."""


@fuzz.command()
@click.option("--count", type=click.IntRange(min=1), default=100, help="So many networks.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Draws them.")
@click.option("--start", type=click.IntRange(min=0), default=0, help="The first one's number.")
@click.option("--target", type=click.Choice(["numpy", "all"]), default="all", help="C as well?")
def networks(count: int, seed: int, start: int, target: str) -> None:
    """Draw whole networks: NumPy, C, the interpreter and complex steps must agree.

    Each network is drawn from the seed and its number: --start 137 --count 1 draws the 137th again.

    \b
    Examples:
      symbp fuzz networks --count 1000
      symbp fuzz networks --seed 7 --start 137 --count 1
    """
    from symbp.fuzz.trial import trial

    begun, faulty = time.monotonic(), 0
    for number in range(start, start + count):
        outcome = trial(seed, number, c=target == "all")
        if outcome.faults:
            faulty += 1
            click.echo(f"network {number} of seed {seed}\n{outcome.text}")
            for fault in outcome.faults:
                click.echo(f"  {fault}")
        done = number + 1 - start
        if sys.stderr.isatty():
            click.echo(f"\r\033[K{done} of {count}", err=True, nl=False)
        elif done % 100 == 0 and done < count:
            click.echo(f"{done} of {count}, {faulty} with a fault")
    click.echo(
        f"{count} networks (seed {seed}, from {start}): {faulty} with a fault,"
        f" {time.monotonic() - begun:.0f} s"
    )
    if faulty:
        raise click.exceptions.Exit(1)
