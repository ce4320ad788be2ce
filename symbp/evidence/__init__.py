"""A gradient with its evidence: what `symbp check` and `symbp build --certify` do.

The methods and the verdicts are those of `verify`, which knows nothing of the compiler; here they
are handed what the compiler made.

    command.py       `symbp check`: the ladder of methods, as a table, JSON and JUnit's XML
    hazards.py       `symbp check --hazards`: what can overflow or cancel, before and after
    accuracy.py      `symbp check --accuracy`: the gradient's error against 50 digits, and by hand
    certificate.py   `symbp build --certify`: the evidence beside the module, and a self-test
"""
