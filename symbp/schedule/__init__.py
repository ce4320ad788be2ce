"""Which equations run in which function, and where each value lives.

In: rewritten programs. Out: a `Plan` (plan.py) that both targets read; no text is made here.
`condense.py` makes sums over what is mostly 0 sums over what is not; `keep.py` chooses what lies
between the passes; `arena.py` hands out buffers by shape and takes them back when their values are
dead.
"""

from symbp.schedule.arena import Arena, Slot
from symbp.schedule.innermost import innermost
from symbp.schedule.plan import Phase, Plan, phase, plan, rest

__all__ = ["Arena", "Phase", "Plan", "Slot", "innermost", "phase", "plan", "rest"]
