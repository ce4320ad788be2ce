"""The samples of a batch lie side by side: one number of all samples is a vector.

In h (N, C, H, W) the numbers that a convolution reads for one sample lie in short rows; in
h (C, H, W, N) each of them is a row of N. In NumPy, a convolution is one matrix product for the
whole batch.

>>> from symbp.ir.text import parse, text
>>> p = parse('''input x[32,9]
... param K[4,3]
... y[n,o,p] = sum[u](x[n,p + u] * K[o,u]) for p in 7
... z[o] = sum[n,p](y[n,o,p])
... ''').but(outputs=("z",))
>>> print(text(innermost(p, {"x"}), declarations=False), end="")
x_turned[i1,n] = x[n,i1]
y[o,p,n] = sum[u](K[o,u] * x_turned[p + u,n])
z[o] = sum[n,p](y[o,p,n])
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sympy import Expr

from symbp.ir.program import Access, Equation, Program, Tensor, fresh, index
from symbp.ir.regions import differs


def innermost(program: Program, batches: Collection[str]) -> Program:
    """Let the samples be the last axis of every value of a network that convolves.

    Args:
        batches: the inputs whose first axis counts the samples.
    """
    if not convolves(program):
        return program
    tensors, copies, names = program.table(), [], {}
    for name in _values(program, batches):
        tensor = tensors[name]
        last = (*tensor.shape[1:], tensor.shape[0])
        if tensor.role == "value":
            tensors[name], names[name] = replace(tensor, shape=last), name
            continue
        names[name] = fresh(f"{name}_turned", tensors)
        tensors[names[name]] = Tensor(names[name], last)
        loops = [(index(f"i{k}" if k else "n"), n) for k, n in enumerate(tensor.shape)]
        whole = Access(name, *(i for i, _ in loops))
        copies.append(Equation(_turned(whole, names), "sum", whole, (*loops[1:], loops[0])))
    equations = [
        replace(e, target=_turned(e.target, names), body=_turned(e.body, names))
        for e in program.equations
    ]
    return program.but(tensors=tuple(tensors.values()), equations=(*copies, *equations))


def convolves(program: Program) -> bool:
    """Tell whether a sum of products reads windows that overlap: x[n,p+u] K[u], not q[h*D+d].

    >>> from symbp.ir.text import parse
    >>> convolves(parse("input x[N,9], K[3]\\ny[n,p] = sum[u](x[n,p + u] * K[u]) for p in 7"))
    True
    """
    return any(
        len(loops) > 1 and not g.has(Access) and not differs(g, loops, e.extent)
        for e in program.equations
        if e.reduced and e.op == "sum" and e.body.is_Mul
        for a in e.reads()
        for g in a.indices
        for loops in [tuple(i for i in e.extent if g.has(i))]
    )


def _values(program: Program, batches: Collection[str]) -> list[str]:
    """Return what has the samples as its first axis and others besides, but for the outputs."""
    table = program.table()
    found = dict.fromkeys(n for n in batches if n in table)
    count = 0
    while count != len(found):
        count = len(found)
        for equation in program.equations:
            samples = {a.indices[0] for a in equation.reads() if a.name in found}
            if equation.target.indices and equation.target.indices[0] in samples:
                found[equation.target.name] = None
    fixed = {*program.outputs, *(t.name for t in program.given() if t.bound is not None)}
    return [n for n in found if len(table[n].shape) > 1 and n not in fixed]


def _turned(expression: Expr, names: Mapping[str, str]) -> Expr:
    """Return an expression whose accesses have their first index last."""
    return expression.replace(
        lambda node: isinstance(node, Access) and node.name in names,
        lambda node: Access(names[node.name], *node.indices[1:], node.indices[0]),
    )


__all__ = ["convolves", "innermost"]
