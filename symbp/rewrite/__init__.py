"""Program in, program out, same meaning: fewer operations, stable at the extremes.

Each module is one pass, each pass one function; each is tested by running both programs in the
reference interpreter. The order in which they are applied stands in `symbp/compiler.py`.

    release.py    what was not to be differentiated is its argument
    merge.py      equations that are alike become one, pointwise terms of a target too
    known.py      a value that a tensor already holds is read, not computed again
    inline.py     what is used once, or is trivial, moves into its consumer
    algebra.py    the table of scalar identities
    common.py     factors that all equations of a tensor share are multiplied once, after them
    facts.py      what is known of a given tensor: its last axis sums to one
    hoist.py      factors leave the sum, increasing functions the maximum
    narrow.py     partial sums first; nothing is computed for an index that it lacks
    scatter.py    what is done to each element of a scatter is done where it is scattered
    stabilise.py  sums of exponentials are shifted by their maximum
    share.py      subexpressions that occur twice are computed once
    distribute.py what is no part of a recurrence runs for all of its steps at once
    order.py      equations of one target stand together; what no output needs is gone
"""

from symbp.rewrite.algebra import algebra
from symbp.rewrite.common import common
from symbp.rewrite.distribute import distribute, lift
from symbp.rewrite.facts import facts
from symbp.rewrite.hoist import hoist, increasing
from symbp.rewrite.inline import expose, inline
from symbp.rewrite.known import known
from symbp.rewrite.merge import combine, merge
from symbp.rewrite.narrow import narrow
from symbp.rewrite.order import order
from symbp.rewrite.release import release
from symbp.rewrite.scatter import scatter
from symbp.rewrite.share import share
from symbp.rewrite.stabilise import stabilise

__all__ = [
    "algebra", "combine", "common", "distribute", "expose", "facts", "hoist", "increasing",
    "inline", "known", "lift", "merge", "narrow", "order", "release", "scatter", "share",
    "stabilise",
]  # fmt: skip
