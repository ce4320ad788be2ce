"""The corpus is read by the audit, never imported."""

collect_ignore = ["right", "wrong"]
