"""Measurements that the README's figures come from; never part of the package's own work.

In come workloads (`workloads.py`) and peers (`peers/`); out come tables, JSON and plots. Read
`run.py` first: it starts a process for each row, holds its first step against a reference, and
lets the rows take turns. `scaling.py` times derivation and emission over depth and width.

The peers stay optional, in an environment of their own:

    python -m venv peers
    peers/bin/pip install "symbp[bench]" torch==2.13.0
    peers/bin/symbp bench

What is not installed is listed.
"""

from symbp.bench.peers import PEERS
from symbp.bench.report import Report, report
from symbp.bench.run import measure
from symbp.bench.scaling import scaling
from symbp.bench.workloads import WORKLOADS

__all__ = ["PEERS", "WORKLOADS", "Report", "measure", "report", "scaling"]
