"""How passes take equations apart: substitute, rename, keep what is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from sympy import Expr, Symbol

from symbp.ir.program import Access, Equation, Program
from symbp.ir.trace import note

DEAD = "dead term removed"
"""The rule by which goes what no output needs."""


def map_bodies(program: Program, change: Callable[[Equation], Expr]) -> Program:
    """Return the program with each body replaced by what `change` makes of its equation."""
    return program.but(equations=tuple(replace(e, body=change(e)) for e in program.equations))


def instance(definition: Equation, access: Access) -> Expr:
    """Return the body of a pointwise definition at the indices of one access.

    >>> from symbp.ir.program import index
    >>> from symbp.ir.text import parse
    >>> p = parse("input x[N,4]\\nh[n,j] = x[n,j]**2")
    >>> instance(p.equations[0], Access("h", index("a"), index("b")))
    x[a,b]**2
    """
    pairs = dict(zip(definition.target.indices, access.indices, strict=True))
    return definition.body.xreplace(pairs)


def rename(program: Program, names: Mapping[str, str]) -> Program:
    """Return the program with its tensors renamed."""

    def renamed(expression: Expr) -> Expr:
        return expression.replace(
            lambda node: isinstance(node, Access) and node.name in names,
            lambda node: Access(names[node.name], *node.indices),
        )

    return Program(
        tuple(replace(t, name=names.get(t.name, t.name)) for t in program.tensors),
        tuple(
            replace(
                e,
                target=renamed(e.target),
                body=renamed(e.body),
                primal=names.get(e.primal, e.primal) if e.primal else None,
            )
            for e in program.equations
        ),
        tuple(names.get(n, n) for n in program.outputs),
    )


def reindexed(equation: Equation, indices: Mapping[Symbol, Symbol]) -> Equation:
    """Return an equation with other indices in place of some of its own.

    >>> from symbp.ir.program import index
    >>> from symbp.ir.text import parse, show
    >>> p = parse("input x[N,4]\\nh[n,j] = x[n,j]**2")
    >>> show(reindexed(p.equations[0], {index("n"): index("row")}))
    'h[row,j] = x[row,j]**2'
    """
    return replace(
        equation,
        target=equation.target.xreplace(indices),
        body=equation.body.xreplace(indices),
        ranges=tuple((indices.get(i, i), n) for i, n in equation.ranges),
    )


def at_size(program: Program, sizes: Mapping[Symbol, Expr]) -> Program:
    """Return the program with some of its sizes fixed."""

    def shape(extents: Iterable[Expr]) -> tuple[Expr, ...]:
        return tuple(n.xreplace(sizes) for n in extents)

    return program.but(
        tensors=tuple(
            replace(t, shape=shape(t.shape), bound=t.bound and t.bound.xreplace(sizes))
            for t in program.tensors
        ),
        equations=tuple(
            replace(
                e,
                target=e.target.xreplace(sizes),
                body=e.body.xreplace(sizes),
                ranges=tuple((i, n.xreplace(sizes)) for i, n in e.ranges),
            )
            for e in program.equations
        ),
    )


def redirect(equation: Equation, names: Mapping[str, str]) -> Equation:
    """Return the equation reading other tensors in place of those named."""
    if not any(a.name in names for a in equation.reads()):
        return equation
    swaps = {a: Access(names[a.name], *a.indices) for a in equation.reads() if a.name in names}
    return replace(
        equation,
        body=equation.body.xreplace(swaps),
        target=Access(equation.target.name, *(g.xreplace(swaps) for g in equation.target.indices)),
    )


def definitions(program: Program) -> dict[str, Equation]:
    """Return the pointwise equations that define a tensor alone, over all of its elements."""
    table = program.table()
    return {
        name: group[0]
        for name, group in program.writers().items()
        if len(group) == 1
        and group[0].pointwise
        and tuple(n for _, n in group[0].ranges) == table[name].shape
    }


def needed(program: Program, outputs: Iterable[str] | None = None) -> Program:
    """Return the program with only what the outputs depend on: dead code elimination.

    Tensors that are given stay declared, so that the signature does not change.
    """
    wanted = set(program.outputs if outputs is None else outputs)
    kept: list[Equation] = []
    for block in reversed(program.blocks()):
        used: list[Equation] = []
        for _ in block:  # the steps of a scan read what equations further down have written
            used = [e for e in block if e.target.name in wanted]
            wanted.update(a.name for e in used for a in e.reads())
        kept += reversed(used)
        for equation in block:
            if equation.target.name not in wanted:
                note(DEAD, [equation], ())
    return Program(
        tuple(t for t in program.tensors if t.role != "value" or t.name in wanted),
        tuple(reversed(kept)),
        program.outputs if outputs is None else tuple(outputs),
    )
