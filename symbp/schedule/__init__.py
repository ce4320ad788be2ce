"""Which equations run in which function, and where each value lives.

In: rewritten programs. Out: a `Plan` (plan.py) that both targets read; no text is made here.
`keep.py` chooses what lies between the passes; `arena.py` hands out buffers by shape and takes them
back when their values are dead.
"""

from symbp.schedule.arena import Arena, Slot
from symbp.schedule.innermost import innermost
from symbp.schedule.plan import Phase, Plan, plan, rest

__all__ = ["Arena", "Phase", "Plan", "Slot", "innermost", "plan", "rest"]
