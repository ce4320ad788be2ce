"""Train a generated module: read the data, split it, fit, report, save, and pick up again.

In come a loaded module and a file of data; out go parameters, a history and a report in plain
words. Read first `session.py` (one training run), then `data.py` and `table.py` (NPZ and CSV into
arrays that suit the network), `report.py` (how good it is) and `chart.py`. What happens inside
while it trains is told by `watch.py`: `statistics.py` (numbers by layer), `diagnosis.py` (what they
mean), `confusion.py` and `pictures.py`.
"""

from symbp.train.checkpoint import Run, Settings
from symbp.train.data import Data, from_arrays, read
from symbp.train.progress import progress
from symbp.train.session import DivergenceError, Outcome, prepare, summary, train
from symbp.train.watch import watched

__all__ = [
    "Data",
    "DivergenceError",
    "Outcome",
    "Run",
    "Settings",
    "from_arrays",
    "prepare",
    "progress",
    "read",
    "summary",
    "train",
    "watched",
]
