"""The C target: C99 without allocation or globals, its header, and a thin Python module.

Read first `module.py` (the files), then `functions.py` (what stands in the C file),
`equations.py` (one equation as a loop nest), `products.py` (or as a matrix product),
`expressions.py` (one expression), `helpers.py` and `kernels/` (the functions that they call) and
`binding.py` (the Python module).
"""

from symbp.codegen.c_target.module import emit

__all__ = ["emit"]
