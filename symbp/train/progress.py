"""A bar that shows how far a run is, for people who watch."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from symbp.train.checkpoint import Run


@contextlib.contextmanager
def progress(run: Run) -> Iterator[Callable[[int, float], None]]:
    """Show a bar while a run trains, and nothing where stderr is no terminal.

    Gives what `train` calls after every epoch.
    """
    if not sys.stderr.isatty():
        yield lambda epoch, loss: None
        return
    epochs = run.settings.epochs
    bar: Any = click.progressbar(
        length=epochs, label="epochs", file=sys.stderr, show_pos=True,
        update_min_steps=max(1, epochs // 200),
        item_show_func=lambda loss: "" if loss is None else f"loss {loss:.4g}",
    )  # fmt: skip
    with bar:
        bar.update(len(run.losses))
        yield lambda epoch, loss: bar.update(1, loss)
