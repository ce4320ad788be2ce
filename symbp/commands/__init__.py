"""Commands that are more than a few lines of `symbp/cli.py`, each in a module of its own."""
