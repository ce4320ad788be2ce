"""The NumPy target: one module that needs numpy only.

Read first `module.py` (the file from top to bottom), then `equations.py` (one equation as
statements), `expressions.py` (one expression as ufunc calls) and `scalars.py` (what has no axes).
"""

from symbp.codegen.numpy_target.module import emit, lines

__all__ = ["emit", "lines"]
