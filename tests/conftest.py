"""Drawn tests are the same on every run; SYMBP_EXAMPLES=1000 draws more of them."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "symbp",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=int(os.environ.get("SYMBP_EXAMPLES", "100")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("symbp")
