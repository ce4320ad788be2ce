"""What a derivative costs: a small multiple of the function, linear in depth, never in width."""

import pytest

from symbp.autodiff import adjoint
from symbp.costs import costs, total
from symbp.ir.program import Program
from symbp.ir.text import parse, text
from tests.autodiff.test_networks import NETWORKS


def operations(program: Program, first: int = 0) -> int:
    """Count the scalar operations of the equations from one position on."""
    return total(costs(program, {str(n): 5 for n in program.sizes()})[first:]).operations.total


@pytest.mark.parametrize("source", NETWORKS.values(), ids=NETWORKS)
def test_a_gradient_costs_a_small_multiple_of_the_function(source: str):
    program = parse(source)
    derived, _ = adjoint(program, "loss")
    backward = operations(derived, len(program.equations))
    assert backward <= 4 * operations(program)


def perceptron(depth: int, width: int) -> str:
    """Return a perceptron whose layers all have one width."""
    lines = [f"input h0[N,{width}]"]
    for k in range(depth):
        lines += [
            f"param W{k}[{width},{width}], b{k}[{width}]",
            f"z{k}[n,j] = sum[i](h{k}[n,i] * W{k}[i,j])",
            f"z{k}[n,j] += b{k}[j]",
            f"h{k + 1}[n,j] = tanh(z{k}[n,j])",
        ]
    return "\n".join([*lines, f"loss = sum[n,j](h{depth}[n,j]**2 / N)"])


def derived_text(depth: int, width: int) -> str:
    return text(adjoint(parse(perceptron(depth, width)), "loss")[0], declarations=False)


def test_the_derivation_grows_linearly_with_depth():
    lines = {depth: len(derived_text(depth, 8).splitlines()) for depth in (1, 2, 4, 8, 16)}
    assert {depth: n - lines[1] for depth, n in lines.items()} == {
        depth: (depth - 1) * (lines[2] - lines[1]) for depth in lines
    }


def test_the_derivation_does_not_depend_on_the_width():
    assert derived_text(3, 8) == derived_text(3, 8192)
