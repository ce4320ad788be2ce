"""Judge a generated module from outside, by methods that share no code with what made it.

In come the module, and the network's raw adjoint program as the reference; out comes one row for
each parameter. Read first `check.py` (what is held against what), then `differences.py` (central
differences that know kinks) and `samples.py` (what the network is fed). `steps.py` judges the steps
of a derivation in the same spirit, each by itself.

Source: Richardson extrapolation of central differences, Griewank and Walther, Evaluating
Derivatives (2nd ed., SIAM 2008), section 8; kinks, Stanford CS231n, "Gradient checks".
"""

from symbp.verify.check import check
from symbp.verify.report import Row, agrees, table
from symbp.verify.steps import Verdict, verify_steps

__all__ = ["Row", "Verdict", "agrees", "check", "table", "verify_steps"]
