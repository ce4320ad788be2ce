"""Hold a backward pass that a person wrote against the derived gradients, and name its faults.

In come a function, a class or a loop of somebody's Python file, and a network's adjoint program;
out comes a verdict: which gradients are wrong, what kind of fault explains that, in which line, and
what the right formula is. Read first `audit.py` (what is held against what), then `faults.py` (the
table of faults, each a transformation of the derivation), `judge.py` (whose prediction fits) and
`probe/` (which calls the person's code, in a process of its own).
"""

from symbp.audit.audit import Audit, Given, audit
from symbp.audit.report import report

__all__ = ["Audit", "Given", "audit", "report"]
"""The public names: `audit` judges, `report` says it in words."""
