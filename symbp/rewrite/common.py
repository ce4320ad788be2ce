"""What all terms of a tensor are multiplied by is multiplied once, after they have met.

In (p - onehot) / N the difference is taken of p itself, which is exact where p is near 1; p / N and
1 / N are rounded first. Where the terms stand in equations of their own, no table of identities
can see that.

>>> from symbp.ir.text import parse, text
>>> p = parse('''input e[N,3], Z[N]
... label t[N] in 3
... d[n,j] = e[n,j] / (N * Z[n])
... d[n,t[n]] += -1 / N
... ''').but(outputs=("d",))
>>> print(text(common(p), declarations=False), end="")
d_terms[n,j] = e[n,j] / Z[n]
d_terms[n,t[n]] += -1
d[n,j] = d_terms[n,j] / N
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Expr, Mul, Symbol

from symbp.ir.program import Access, Equation, Program, Tensor, fresh
from symbp.ir.regions import covers
from symbp.rewrite.cost import cost


@dataclass(frozen=True, slots=True)
class _Shared:
    """A factor of all equations of a tensor, in the indices of the one that covers it."""

    factor: Expr
    whole: Equation
    inner: str
    """The sum of the terms without the factor."""

    def without(self, equation: Equation) -> Equation:
        factor = self.factor.xreplace({v: k for k, v in _places(equation, self.whole).items()})
        target = Access(self.inner, *equation.target.indices)
        return replace(equation, target=target, body=equation.body / factor)

    def product(self) -> Equation:
        terms = Access(self.inner, *self.whole.target.indices)
        return replace(self.whole, body=self.factor * terms)


def common(program: Program) -> Program:
    """Take out factors that the equations of a tensor share, where that costs no more."""
    tensors, writers = program.table(), program.writers()
    shared: dict[str, _Shared] = {}
    for name, group in writers.items():
        found = _worth_it(group, tensors[name])
        if found is not None:
            inner = fresh(f"{name}_terms", tensors)
            tensors[inner] = Tensor(inner, tensors[name].shape)
            shared[name] = _Shared(*found, inner)
    equations: list[Equation] = []
    for equation in program.equations:
        name = equation.target.name
        if name not in shared:
            equations.append(equation)
            continue
        equations.append(shared[name].without(equation))
        if equation is writers[name][-1]:
            equations.append(shared[name].product())
    return program.but(tensors=tuple(tensors.values()), equations=tuple(equations))


def _worth_it(group: tuple[Equation, ...], tensor: Tensor) -> tuple[Expr, Equation] | None:
    """Return the factor of several equations, and the one of them that covers the tensor.

    What that one saves has to pay for the product.
    """
    if len(group) < 2 or any(e.op != "sum" or e.scan is not None for e in group):
        return None
    covering = [e for e in group if e.pointwise and covers(e, tensor)]
    if not covering:
        return None
    whole = covering[0]
    factors = [_factors(e, whole) for e in group]
    factor = Mul(*(f for f in factors[0] if all(f in others for others in factors[1:])))
    rest = cost(whole.body / factor)
    dearer = cost(factor * whole.target) + rest > cost(whole.body)
    return None if factor == 1 or rest == 0 or dearer else (factor, whole)


def _factors(equation: Equation, whole: Equation) -> list[Expr]:
    """Return the factors that depend on nothing but the axes which both equations run through.

    The sign stays where it is.
    """
    names = _places(equation, whole)
    factors = (f for f in Mul.make_args(equation.body) if f.is_Symbol or f.args or f > 0)
    loops = set(equation.extent)
    return [f.xreplace(names) for f in factors if f.free_symbols & loops <= set(names)]


def _places(equation: Equation, whole: Equation) -> dict[Symbol, Symbol]:
    """Return the indices that stand alone on an axis, and those of the whole on the same axis."""
    pairs = zip(equation.target.indices, whole.target.indices, strict=True)
    loops, theirs = equation.extent, whole.extent
    return {i: j for i, j in pairs if i in loops and loops[i] == theirs[j]}


__all__ = ["common"]
