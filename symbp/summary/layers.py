"""Which tensors and equations belong to which layer.

A layer is a tensor that the description computes, with all that is a part of it: a tensor called
`h_z`, or `h_` and something else, is a part of `h` where `h` is computed from it, or where it is
computed from parts of `h` and not from `h` itself, as running statistics are. A parameter belongs
to the layer that reads it first. What the passes add belongs to the first layer that reads it, and
an adjoint to the layer of the equation that it is the adjoint of.

>>> from symbp.lang.parser import parse
>>> net = parse('''network one
... input x[N,4]
... target y[N,2]
... h = dense(x, 8, tanh)
... p = dense(h, 2)
... output p
... loss mse(p, y)''')
>>> found = layers(net.program)
>>> found
{'h_z': 'h', 'h': 'h', 'p': 'p', 'loss_sum': 'loss', 'loss': 'loss'}
>>> parameters(net.program, found)
{'h_W': 'h', 'h_b': 'h', 'p_W': 'p', 'p_b': 'p'}
"""

from __future__ import annotations

from collections.abc import Mapping

from symbp.ir.program import Program

Layers = dict[str, str]
"""Tensor -> the layer that it belongs to, in order."""


def layers(program: Program) -> Layers:
    """Return the layer of each computed tensor of a description."""
    computed = program.writers()
    used = needs(program)
    found: Layers = {}
    for name in computed:
        whole = [w for w in computed if name.startswith(f"{w}_") and name in used[w]]
        found[name] = max(whole, key=len, default=name)
    beside = {
        name: w
        for name in computed
        for w in computed
        if name.startswith(f"{w}_") and w not in used[name] and found[name] == name
        if any(part != w and found[part] == w for part in used[name] & computed.keys())
    }
    found |= beside
    return {name: _root(name, found) for name in found}


def parameters(program: Program, found: Layers) -> Layers:
    """Return the layer of each parameter: the first that reads it, or none."""
    owners: Layers = {}
    for equation in program.equations:
        for access in equation.reads():
            if access.name not in owners and program[access.name].role == "param":
                owners[access.name] = found[equation.target.name]
    return {t.name: owners.get(t.name, "") for t in program.having("param")}


def owners(program: Program, found: Mapping[str, str]) -> Layers:
    """Return the layer of each tensor of a rewritten program, adjoints included."""
    readers, primals = program.readers(), dict[str, str]()
    known: Layers = dict(found)
    for equation in reversed(program.equations):
        name = equation.target.name
        if name not in known and equation.primal in known:
            known[name] = known[equation.primal]
        elif name not in known and equation.primal:
            primals[name] = equation.primal  # further up
        elif name not in known:
            later = (e.target.name for e in readers.get(name, ()))
            known[name] = next((known[n] for n in later if n in known), "")
    return known | {name: known.get(primal, "") for name, primal in primals.items()}


def needs(program: Program) -> dict[str, set[str]]:
    """Return all that each computed tensor is computed from."""
    found: dict[str, set[str]] = {}
    for equation in program.equations:
        name = equation.target.name
        used = found.setdefault(name, set())
        for access in equation.reads():
            used |= {access.name} | found.get(access.name, set())
    return found


def _root(name: str, found: Layers) -> str:
    while found[name] != name:
        name = found[name]
    return name


__all__ = ["Layers", "layers", "needs", "owners", "parameters"]
