"""What equations cost: operations, bytes, and how many of the one come on each of the other.

In: a program whose sizes are numbers. Out: a cost for each of its equations. Read first
`operations.py` (what an operation is, stated once for the whole of symbp), then `places.py` (which
elements an equation reaches) and `equations.py` (both together).
"""

from symbp.costs.equations import Cost, costs, total
from symbp.costs.operations import Operations

__all__ = ["Cost", "Operations", "costs", "total"]
