"""Keep between the passes what is much smaller: a value, or what it is computed from.

What the backward pass computes of forward values alone, the forward pass can compute as well. It
does where that is less than half to keep: the number of the largest of a window instead of all of
them. It comes right behind the last of its operands, whose memory is free from there on.

>>> from symbp.ir.text import parse, text
>>> p = parse('''input x[N, 8]
... param w
... z[n, i] = w * x[n, i]
... m[n] = max[i](z[n, i])
... loss = sum[n](m[n])
... best[n] = min[i](where(z[n, i] == m[n], i, 8))
... dw = sum[n, i](where(i == best[n], x[n, i], 0))
... ''')
>>> program, names = keep(p, ["loss"], ["dw"])
>>> names
('best',)
>>> print(text(program, declarations=False), end="")
z[n,i] = x[n,i] * w
m[n] = max[i](z[n,i])
best[n] = min[i](where(z[n,i] == m[n], i, 8))
loss = sum[n](m[n])
dw = sum[n,i](where(i == best[n], x[n,i], 0))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy import Add, Expr, Mul, expand

from symbp.ir.program import Equation, Program
from symbp.ir.visit import needed


def cut(program: Program, wanted: Iterable[str], results: Iterable[str]) -> tuple[Program, Program]:
    """Return what the forward pass computes for its own results, and the rest for the others."""
    early = needed(program, wanted)
    computed = early.writers()
    late = needed(program, results)
    rest = tuple(e for e in late.equations if e.target.name not in computed)
    return early, late.but(equations=rest)


def keep(
    program: Program, wanted: Sequence[str], results: Iterable[str]
) -> tuple[Program, tuple[str, ...]]:
    """Return the program in its new order, and which values the forward pass computes besides.

    Args:
        wanted: what the forward pass is for.
        results: what the backward pass is for.
    """
    results = {*results}
    table, names = program.table(), list[str]()
    while True:
        forward, late = cut(program, [*wanted, *names], results)
        early = set(forward.writers())
        readers = late.readers()
        for name, group in late.writers().items():
            operands = {a.name for e in group for a in e.reads()}
            values = {o for o in operands if table[o].role == "value"}
            if name in results or not values <= early or any(e.scan for e in group):
                continue
            alone = (o for o in values - {*wanted, *results} if {*readers[o]} <= {*group})
            if expand(_count(program, alone) - 2 * _count(program, [name])).is_positive:
                names.append(name)
                break
        else:
            return _reordered(program, names), tuple(names)


def _count(program: Program, names: Iterable[str]) -> Expr:
    return Add(*(Mul(*program[name].shape) for name in names))


def _reordered(program: Program, names: Sequence[str]) -> Program:
    """Return the program with each of these values right behind what it is computed of."""
    blocks, writers = program.blocks(), program.writers()
    ends = {e.target.name: k for k, block in enumerate(blocks) for e in block}
    moved: dict[int, list[Equation]] = {}
    for name in names:
        group = writers[name]
        ends[name] = max(ends.get(a.name, -1) for e in group for a in e.reads())
        moved.setdefault(ends[name], []).extend(group)
    equations = list(moved.get(-1, ()))
    for k, block in enumerate(blocks):
        equations += [e for e in block if e.target.name not in names]
        equations += moved.get(k, ())
    return program.but(equations=tuple(equations))


__all__ = ["cut", "keep"]
