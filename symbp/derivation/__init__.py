"""Derivations: how each gradient came about, step by step, as it happened.

In: what the passes have told (`symbp/ir/trace.py`) and the formulas that they ended in. Out: a
`Derivation`, which knows which steps led to which gradient, and what is shown of it.

    derivation.py   the data, and what led to one gradient
    folding.py      layers that are alike are told once
    telling.py      the steps as text or LaTeX
    aligned.py      of each tensor index form, matrix form and generated code, side by side
    documents.py    all of it as text, Markdown or LaTeX
    page.py         the same as one HTML page

Whether the steps are right is judged from outside, in `symbp/verify/steps.py`.
"""

from symbp.derivation.aligned import Aligned, aligned
from symbp.derivation.derivation import Derivation
from symbp.derivation.folding import Fold, folded
from symbp.derivation.telling import Stretch, Told, stretches, tell
from symbp.ir.trace import Step

__all__ = [
    "Aligned", "Derivation", "Fold", "Step", "Stretch", "Told",
    "aligned", "folded", "stretches", "tell",
]  # fmt: skip
