"""The ladder: methods that know nothing of each other, one module each, one interface.

    differences   central differences of the module's own loss     is it the slope of that loss?
    complex       complex steps through the forward equations      to the last digits, any element
    digits        differences of the forward equations, 50 digits  an independent reference
    directions    complex steps along random directions            every element of large parameters
    symbolic      SymPy's own diff of the network written out      an identity, not a number
    interpreter   the adjoint equations, literally, in 50 digits   every element
    backward      what forward and backward give                   the module with itself

All but the last two owe nothing to the adjoint rule.
"""

from symbp.verify.methods.backward import backward
from symbp.verify.methods.complex_step import complex_step
from symbp.verify.methods.differences import differences
from symbp.verify.methods.digits import digits
from symbp.verify.methods.directions import directions
from symbp.verify.methods.interpreter import interpreter
from symbp.verify.methods.symbolic import symbolic
from symbp.verify.subject import Method

METHODS: dict[str, Method] = {
    "differences": differences,
    "complex": complex_step,
    "digits": digits,
    "directions": directions,
    "symbolic": symbolic,
    "interpreter": interpreter,
    "backward": backward,
}
"""In the order in which they are reported."""

__all__ = ["METHODS"]
