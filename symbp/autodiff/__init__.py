"""Program in, program with adjoints out. One rule, in `reverse.py`, for every equation.

Source: Griewank and Walther, Evaluating Derivatives (2nd ed., SIAM 2008), chapters 3 and 5;
for index maps, Urban and van der Smagt, Automatic differentiation for tensor algebras (2017).
"""

from symbp.autodiff.reverse import adjoint

__all__ = ["adjoint"]
