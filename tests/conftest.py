"""Drawn tests are the same on every run; SYMBP_EXAMPLES=1000 draws more of them.

What is compiled is kept for one run, in a folder of its own: not in the user's cache.
"""

import atexit
import os
import tempfile

from hypothesis import HealthCheck, settings

_CACHE = tempfile.TemporaryDirectory(prefix="symbp-tests-")
atexit.register(_CACHE.cleanup)
os.environ["SYMBP_CACHE"] = _CACHE.name

settings.register_profile(
    "symbp",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=int(os.environ.get("SYMBP_EXAMPLES", "100")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("symbp")
