"""`symbp fuzz`: what is drawn by chance, from the command line."""

from __future__ import annotations

import click

_SETTINGS = {"help_option_names": ["-h", "--help"], "show_default": True}


@click.group(context_settings=_SETTINGS)
def fuzz() -> None:
    """Draw cases by chance and hold symbp against what must hold; exit 1 where it does not."""
