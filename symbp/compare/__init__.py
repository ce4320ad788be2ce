"""Two versions of a network, side by side: what is declared, computed, derived, and what it costs.

In: two networks. Out: a `Comparison` that prints like a patch. Read first `sheets.py` (equations by
the tensor that they set, whatever their indices are called), then `report.py`.
"""

from symbp.compare.report import Comparison, compare

__all__ = ["Comparison", "compare"]
