"""Measurements that the README's figures come from; never part of the tests.

`steps.py` times a training step against careful NumPy written by hand, in one interleaved run;
`scaling.py` times derivation and emission over depth and width.
"""

from symbp.bench.scaling import scaling
from symbp.bench.steps import steps

__all__ = ["scaling", "steps"]
