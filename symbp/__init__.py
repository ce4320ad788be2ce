"""symbp: a compiler for back-propagation.

>>> import symbp as bp
>>> x, y = bp.input("x", "N", 2), bp.target("y", "N", 1)
>>> p = bp.dense(x, 1, bp.sigmoid)
>>> net = bp.network("logistic", loss=bp.mse(p, y), output=p, optimizer=bp.sgd(learning_rate=0.5))
>>> gradients = bp.derive(net)      # read them: gradients["p_W"], as mathematics in a notebook
>>> print(gradients["p_W"].text())
dp_W[i,j] = sum[n](x[n,i] * dp_z[n,j])
>>> path = bp.build(net, target="numpy", directory=tmp)  # doctest: +SKIP

`compiler.py` shows the pipeline on one page. What can be described stands in `symbp.lang`.
"""

from symbp.compiler import build, derive, emit, gradient_program
from symbp.display import attach
from symbp.errors import SymbpError
from symbp.lang import *  # noqa: F403
from symbp.lang import __all__ as _description
from symbp.version import VERSION as __version__  # noqa: N811

__all__ = ["SymbpError", "__version__", "build", "derive", "emit", "gradient_program"]
__all__ += _description

attach()  # what a notebook shows
