"""A network for one size: what was N is a number from here on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sympy import Integer

from symbp.errors import ShapeError
from symbp.ir.visit import at_size

if TYPE_CHECKING:
    from symbp.lang.network import Network


def sized(network: Network, sizes: Mapping[str, int]) -> Network:
    """Return a network in which some sizes are fixed.

    >>> from symbp.lang.parser import parse
    >>> net = parse("network a\\ninput x[N]\\nparam w\\noutput w*x\\nloss mean[n]((w*x[n])**2)")
    >>> sized(net, {"N": 4}).program["x"].shape
    (4,)

    Raises:
        ShapeError: the network has no such size, or the number is too small.
    """
    known = {str(s): s for s in network.program.sizes()}
    for name, number in sizes.items():
        if name not in known:
            raise ShapeError(
                f"network {network.name} has no size {name}",
                remedy=f"Its sizes: {', '.join(known)}."
                if known
                else "All of its sizes are fixed.",
            )
        if number < 1:
            raise ShapeError(f"size {name} can't be {number}", remedy="Give a whole number >= 1.")
    fixed = {known[name]: Integer(number) for name, number in sizes.items()}
    update = network.update
    if update is not None:
        update = replace(update, program=at_size(update.program, fixed))
    program = at_size(network.program, fixed)
    for tensor in program.tensors:
        if any(extent.is_negative for extent in tensor.shape):
            raise ShapeError(
                f"{tensor.name} would have the shape {tensor.shape}", remedy="Give a larger size."
            )
    prediction = network.prediction and at_size(network.prediction, fixed)
    return replace(network, program=program, prediction=prediction, update=update)


__all__ = ["sized"]
