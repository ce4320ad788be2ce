"""What a network consists of and what it costs, layer by layer.

In: a network. Out: a `Summary` that prints as a table in the terminal and in a notebook. Read first
`layers.py` (which tensor and which equation belongs to which layer), then `report.py`.
"""

from symbp.summary.report import Summary, summary

__all__ = ["Summary", "summary"]
