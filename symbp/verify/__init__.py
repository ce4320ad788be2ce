"""Judge a generated module from outside, by methods that share no code with what made it.

In come the module, and the network's forward and raw adjoint program; out comes one row for each
parameter and method. Read first `check.py` (what is held against what), then `methods/` (the
ladder), `evaluate.py` (complex steps), `differences.py` (which know kinks), `kinks.py`, and
`samples.py` (what the network is fed). `steps.py` judges the
steps of a derivation in the same spirit, each by itself.

Source: Richardson extrapolation of central differences, Griewank and Walther, Evaluating
Derivatives (2nd ed., SIAM 2008), section 8; kinks, Stanford CS231n, "Gradient checks"; complex
steps, Squire and Trapp 1998; identity at random points, Schwartz 1980.
"""

from symbp.verify.check import Verdict, check, judge
from symbp.verify.kinks import Kink
from symbp.verify.report import Row, agrees, as_json, as_junit, table
from symbp.verify.steps import verify_steps

__all__ = [
    "Kink", "Row", "Verdict", "agrees", "as_json", "as_junit", "check", "judge", "table",
    "verify_steps",
]  # fmt: skip
