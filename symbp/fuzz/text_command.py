"""`symbp fuzz text`: hostile descriptions, for as long as one likes."""

from __future__ import annotations

import sys
import time
from itertools import count as counted

import click


@click.command()
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
