"""The C target: C99 without allocation or globals, its header, and a thin Python module.

Read first `module.py` (the files), then `functions.py` (what stands in the C file),
`equations.py` (the equations of one function, and where values live in `memory.py`), `nests.py`
(an equation as a loop nest), `products.py` (as a matrix product), `windows.py` (as a convolution),
`bands.py` (several in one loop), `expressions.py` (one expression), `helpers.py` and `kernels/`
(the functions that they call), `fit.py` (training as one call), `glue.py` and `binding.py` (what
Python sees).
"""

from symbp.codegen.c_target.explain import explain, lines
from symbp.codegen.c_target.module import emit

__all__ = ["emit", "explain", "lines"]
