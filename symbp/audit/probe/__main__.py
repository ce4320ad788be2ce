"""`python -m symbp.audit.probe FOLDER`: see `run.py`."""

import sys

from symbp.audit.probe.run import main

if __name__ == "__main__":
    main(sys.argv[1])
