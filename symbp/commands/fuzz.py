"""`symbp fuzz`: what is drawn by chance, from the command line."""

from __future__ import annotations

import sys
import time
from itertools import count as counted

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


@fuzz.command()
@click.option("--seconds", type=click.FloatRange(min=0), default=60.0, help="So long.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Draws them.")
@click.option("--start", type=click.IntRange(min=0), default=0, help="The first one's number.")
@click.option("--count", type=click.IntRange(min=1), help="At most so many.")
@click.option("--show", is_flag=True, help="Print each text before it is tried.")
def text(seconds: float, seed: int, start: int, count: int | None, show: bool) -> None:
    """Draw hostile descriptions: each must give a network or one clear error.

    Each is drawn from the seed and its number: --start 137 --count 1 --show draws the 137th again.

    \b
    Examples:
      symbp fuzz text --seconds 3600
      symbp fuzz text --seed 7 --start 137 --count 1 --show
    """
    from symbp.fuzz.text import spoilt, trial

    begun, faulty, accepted, slowest, tried = time.monotonic(), 0, 0, 0.0, 0
    for number in counted(start):
        if time.monotonic() - begun > seconds or tried == count:
            break
        case = spoilt(seed, number)
        if show:
            click.echo(case)
        outcome = trial(case)
        tried, accepted = tried + 1, accepted + outcome.accepted
        slowest = max(slowest, outcome.seconds)
        if outcome.fault:
            faulty += 1
            click.echo(f"text {number} of seed {seed}: {outcome.fault}\n")
        if sys.stderr.isatty():
            click.echo(f"\r\033[K{tried}", err=True, nl=False)
    click.echo(
        f"{tried} texts (seed {seed}, from {start}): {faulty} with a fault, {accepted} networks;"
        f" the slowest took {slowest:.1f} s"
    )
    if faulty:
        raise click.exceptions.Exit(1)
