"""A training step as one program: every weight is updated as soon as its gradient is complete.

>>> from symbp.ir.text import parse, text
>>> joint = parse('''input x[N]
... param w
... y[n] = w * x[n]
... loss = sum[n](y[n]**2)
... dw = sum[n](2 * x[n] * y[n])
... ''').but(outputs=("loss", "dw"))
>>> update = parse('''param w
... input g
... hyper rate = 0.1
... y = rate * g
... w_next = w - y
... ''')
>>> program, results = descent(joint, update, {"w": "dw"}, {"w": "g"}, {"w": "w_next"})
>>> print(text(program, declarations=False), end="")
y[n] = x[n] * w
loss = sum[n](y[n]**2)
dw = sum[n](2 * x[n] * y[n])
y_2 = dw * rate
w_next = w - y_2
>>> results
{'w': 'w_next'}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbp.ir.program import Equation, Program, blocks, fresh
from symbp.ir.visit import rename


def descent(
    joint: Program,
    update: Program,
    gradients: Mapping[str, str],
    update_gradients: Mapping[str, str],
    updated: Mapping[str, str],
) -> tuple[Program, dict[str, str]]:
    """Return loss, gradients and update as one program, and `updated` in its names.

    Args:
        gradients: parameter -> its gradient in `joint`.
        update_gradients: parameter -> the same in `update`.
        updated: parameter or state -> its new value in `update`.
    """
    taken = set(joint.table())
    names = {g: gradients[p] for p, g in update_gradients.items()}
    for tensor in update.having("value"):
        if tensor.name in taken:
            names[tensor.name] = fresh(tensor.name, taken)
        taken.add(names.get(tensor.name, tensor.name))
    update = rename(update, names)
    results = {p: names.get(r, r) for p, r in updated.items()}
    overwritten = {r: p for p, r in results.items()}
    known = joint.table()
    program = joint.extended(t for t in update.tensors if t.name not in known)
    equations = _interleaved(joint.equations, update.equations, overwritten)
    return program.but(equations=equations, outputs=tuple(results.values())), results


def _interleaved(
    joint: Sequence[Equation], update: Sequence[Equation], overwritten: Mapping[str, str]
) -> tuple[Equation, ...]:
    """Return both lists as one: an update follows its gradient, and all that reads the old value.

    A gradient that the update alone reads waits for it; both wait while equations go on with the
    elements that have just been computed.
    """
    written: dict[str, int] = {}
    read: dict[str, int] = {}
    end = -1
    for block in blocks(joint):
        end += len(block)  # nothing comes between the equations of a scan
        for equation in block:
            written[equation.target.name] = end
            read.update((a.name, end) for a in equation.reads())
    ready: dict[int, list[Equation]] = {}
    for equation in update:
        name = equation.target.name
        needs = [written.get(a.name, -1) for a in equation.reads()]
        at = max([*needs, read.get(overwritten.get(name, ""), -1), -1])
        written[name] = max(at, written.get(name, -1))
        ready.setdefault(at, []).append(equation)
    waiting = {a.name for e in update for a in e.reads()} & set(written) - set(read)
    waiting -= {e.target.name for e in joint if e.scan is not None}
    found: list[Equation] = list(ready.get(-1, ()))
    kept: dict[str, list[Equation]] = {}
    late: list[Equation] = []
    for position, equation in enumerate(joint):
        if equation.target.name in waiting:
            kept.setdefault(equation.target.name, []).append(equation)
        else:
            found.append(equation)
        late += ready.get(position, ())
        behind = next((e for e in joint[position + 1 :] if e.target.name not in waiting), None)
        if behind is not None and found and _goes_on(behind, found[-1].target.name):
            continue
        for new in late:
            for access in new.reads():
                found += kept.pop(access.name, ())
            found.append(new)
        late.clear()
    return tuple(found)


def _goes_on(equation: Equation, name: str) -> bool:
    """Tell whether an equation takes the elements of a tensor one by one."""
    reads = [a for a in equation.reads() if a.name == name]
    one_by_one = equation.pointwise and equation.scan is None and bool(reads)
    return one_by_one and all(a.indices == equation.target.indices for a in reads)


__all__ = ["descent"]
