"""Derivations: how each gradient came about, step by step, as it happened.

In: what the passes have told (`symbp/ir/trace.py`) and the formulas that they ended in. Out: a
`Derivation`, which prints itself, verifies itself and knows which steps led to which gradient.

    derivation.py   the data, and what led to one gradient
"""

from symbp.derivation.derivation import Derivation
from symbp.ir.trace import Step

__all__ = ["Derivation", "Step"]
