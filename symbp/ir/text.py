"""Programs as text: `parse` and `text` are each other's inverse.

>>> source = '''input x[N,4]
... param W[4,2]
... y[n,j] = sum[i](x[n,i] * W[i,j])
... '''
>>> print(text(parse(source)), end="")
input x[N,4]
param W[4,2]
y[n,j] = sum[i](x[n,i] * W[i,j])
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sympy import Expr, Symbol

from symbp.errors import LanguageError, OrderError, ShapeError, Source, SymbpError
from symbp.ir import ranges
from symbp.ir.printer import Printer
from symbp.ir.program import (
    Access,
    Equation,
    Operation,
    Program,
    Scan,
    Tensor,
    accesses,
    index,
)
from symbp.ir.syntax import Expressions, Node, Reduction, as_size, lines_of, place, read


class TextPrinter(Printer):
    """Spaces around the product, as a person writes it."""

    times = " * "
    over = " / "


def scalar(expression: Any, order: tuple[Expr, ...] = ()) -> str:
    """Return a scalar expression as text."""
    return TextPrinter(order)(expression)


def show(equation: Equation, first: bool = True, clause: bool = False) -> str:
    """Return an equation as text; `first` is false where an earlier one has the same target."""
    target = scalar(equation.target)
    body = scalar(equation.body, equation.target.indices)
    reduced = ",".join(map(str, equation.reduced))
    if reduced and (first or equation.op == "sum"):
        assign, body = "=" if first else "+=", f"{equation.op}[{reduced}]({body})"
    else:
        assign = f"{equation.op}=" if equation.op != "sum" else "=" if first else "+="
    ranges = ", ".join(f"{i} in {n}" for i, n in equation.ranges)
    return f"{target} {assign} {body}" + (f" for {ranges}" if clause and ranges else "")


def text(program: Program, declarations: bool = True) -> str:
    """Return a program as text; ranges are written out only where they can't be inferred."""
    lines = [declare(t) for t in program.given()] if declarations else []
    table = program.table()
    tensors = {t.name: t for t in program.given()}
    written: set[str] = set()
    for block in program.blocks():
        for name in _carried(block):
            if name not in tensors:
                lines.append(declare(table[name]))
                tensors[name] = table[name]
        steps: list[str] = []
        for equation in block:
            target = table[equation.target.name]
            if target.name not in tensors and not _told_by(equation, target, tensors):
                lines.append(declare(target))
                tensors[target.name] = target
            first = target.name not in written
            steps.append(show(equation, first, not _inferable(equation, tensors)))
            tensors[target.name] = target
            written.add(target.name)
        lines += framed(block[0], steps)
    return "".join(f"{line}\n" for line in lines)


def framed(first: Equation, steps: list[str]) -> list[str]:
    """Return the equations of a block as lines, between `scan` and `end` where it is one."""
    scan = first.scan
    if scan is None:
        return steps
    extent = scalar(first.extent[scan.index])
    head = f"scan {scan.index} in {extent}{' reversed' if scan.reverse else ''}"
    return [head, *(f"    {line}" for line in steps), "end"]


def _carried(block: tuple[Equation, ...]) -> list[str]:
    """Return the tensors that a scan reads further up than it writes them."""
    seen: set[str] = set()
    read: dict[str, None] = {}
    for equation in block:
        read.update(dict.fromkeys(a.name for a in equation.reads() if a.name not in seen))
        seen.add(equation.target.name)
    return [name for name in read if name in seen]


def declare(tensor: Tensor) -> str:
    """Return the declaration of a tensor."""
    shape = f"[{','.join(map(scalar, tensor.shape))}]" if tensor.shape else ""
    bound = f" in {scalar(tensor.bound)}" if tensor.bound is not None else ""
    default = f" = {scalar(tensor.default)}" if tensor.default is not None else ""
    frozen = " frozen" if tensor.frozen else ""
    fact = " sums to one" if tensor.sums_to_one else ""
    return f"{tensor.role} {tensor.name}{shape}{bound}{default}{frozen}{fact}"


def _told_by(equation: Equation, target: Tensor, tensors: dict[str, Tensor]) -> bool:
    """Tell whether a target's first equation says all that a declaration would."""
    try:
        return value_of(equation, tensors) == target
    except ShapeError:
        return False


def _inferable(equation: Equation, tensors: dict[str, Tensor]) -> bool:
    uses = [*equation.reads()]
    uses += [equation.target] if equation.target.name in tensors else []
    extents = equation.extent
    given = {equation.scan.index: extents[equation.scan.index]} if equation.scan else {}
    try:
        found = ranges.infer([i for i, _ in equation.ranges], uses, tensors, given)
    except (ShapeError, KeyError):
        return False
    return found == equation.extent


def parse(text: str, file: str = "<text>") -> Program:
    """Read a program; raise SymbpError with line and column where it is not well formed."""
    lines = lines_of(text)
    table: dict[str, Tensor] = {}
    equations: list[Equation] = []
    for statement in read(text, file).children:
        at = place(statement, file, lines)
        expressions = Expressions(file, lines)
        try:
            if statement.data == "declaration":
                for tensor in declared(statement, expressions):
                    table[tensor.name] = tensor
            elif statement.data in ("equation", "scan"):
                scan, steps = order_of(statement)
                given = spans(statement.children[:1], expressions) if scan else {}
                if scan is not None and equations and equations[-1].scan == scan:
                    raise OrderError(
                        f"two scans over {scan.index} follow each other",
                        remedy="Make one of them, or call one index otherwise.",
                    )
                for step in steps:
                    at = place(step, file, lines)
                    equation = parse_equation(step, expressions, table, at, given)
                    table.setdefault(equation.target.name, value_of(equation, table))
                    equations.append(replace(equation, scan=scan))
            else:
                raise LanguageError(f"{statement.children[0]} does not belong in a program")
        except SymbpError as error:
            raise error.at(expressions.places.get(error.culprit) or at) from None
        except RecursionError:
            raise LanguageError("this is nested too deeply", source=at) from None
    return Program(tuple(table.values()), tuple(equations))


def order_of(statement: Node) -> tuple[Scan | None, list[Node]]:
    """Return the scan of a statement, and its equations; an equation by itself has none."""
    if statement.data == "equation":
        return None, [statement]
    span, *steps = statement.children
    reverse = getattr(steps[0], "type", "") == "REVERSED"
    return Scan(index(str(span.children[0])), reverse), steps[1:] if reverse else steps


def declared(statement: Node, expressions: Expressions) -> list[Tensor]:
    """Return the tensors of one declaration line."""
    role, found = str(statement.children[0]), []
    for item in statement.children[1:]:
        parts = {str(c.data): c.children for c in item.children[1:]}
        found.append(
            Tensor(
                str(item.children[0]),
                tuple(as_size(expressions.integer(g)) for g in parts.get("shape", ())),
                role,  # type: ignore[arg-type]
                as_size(expressions.integer(parts["bound"][0])) if "bound" in parts else None,
                expressions.value(parts["default"][1]) if "default" in parts else None,
                "frozen" in parts,
                "fact" in parts,
            )
        )
    return found


def left(statement: Node, expressions: Expressions) -> Access:
    """Return the target of an equation."""
    lhs = statement.children[0]
    indices = lhs.children[1].children if len(lhs.children) > 1 else ()
    return Access(str(lhs.children[0]), *(expressions.integer(g) for g in indices))


def clause(statement: Node, expressions: Expressions) -> dict[Symbol, Expr]:
    """Return the ranges that an equation states itself: ... for i in 3, j in N."""
    return spans(statement.children[3:], expressions)


def spans(items: list[Node], expressions: Expressions) -> dict[Symbol, Expr]:
    return {index(str(r.children[0])): as_size(expressions.integer(r.children[1])) for r in items}


def parse_equation(
    statement: Node, expressions: Expressions, table: dict[str, Tensor], at: Source | None,
    given: dict[Symbol, Expr],
) -> Equation:  # fmt: skip
    """Return one equation whose reductions stand outermost."""
    target, assign = left(statement, expressions), str(statement.children[1])
    body = expressions.value(statement.children[2])
    op: Operation = "sum" if assign in ("=", "+=") else assign.rstrip("=")  # type: ignore[assignment]
    bound: tuple[Symbol, ...] | None = () if assign == "=" else None
    if isinstance(body, Reduction):
        op, bound, body = body.op, body.indices, body.body  # type: ignore[assignment]
    return equation(target, op, body, bound, table, {**given, **clause(statement, expressions)}, at)


def equation(
    target: Access,
    op: Operation,
    body: Expr,
    bound: tuple[Symbol, ...] | None,
    table: dict[str, Tensor],
    given: dict[Symbol, Expr] | None = None,
    at: Source | None = None,
) -> Equation:
    """Return a checked equation: sizes told from indices, ranges inferred, ranks right.

    `bound` are the indices that are reduced; None stands for all that the target lacks.

    Raises:
        LanguageError, ShapeError, OrderError: see `resolve`, `ranges.infer` and `bind`.
    """
    given = given or {}
    shown = f"{target} = {body}"
    try:
        body, target = _told_apart(body, target, table, {*given, *(bound or ())})
        uses = [*accesses(body), *(a for g in target.indices for a in accesses(g))]
        for use in uses:
            check_access(use, table)
        loops = _loops(target, body, bound, given)
        known = [*uses, target] if target.name in table else uses
        if target.name in table:
            check_access(target, table)
        extents = ranges.infer(loops, known, table, given)
    except SymbpError as error:
        error.equation = error.equation or shown
        raise
    return Equation(target, op, body, tuple((i, extents[i]) for i in loops), at)


def check_access(use: Access, table: dict[str, Tensor]) -> None:
    """Raise where an access names no tensor or has the wrong number of indices."""
    if use.name not in table:
        raise OrderError(
            f"{use.name} is not known here",
            remedy="Declare it (input, param, ...) or define it by an equation above.",
            culprit=use,
        )
    rank = len(table[use.name].shape)
    if len(use.indices) != rank:
        raise ShapeError(
            f"{use.name} has {rank} ax{'i' if rank == 1 else 'e'}s, {use} gives {len(use.indices)}",
            remedy=f"Its shape is [{', '.join(map(str, table[use.name].shape))}].",
            culprit=use,
        )
    for g in use.indices:
        for inner in accesses(g):
            if inner.name in table and table[inner.name].bound is None:
                raise ShapeError(
                    f"{inner.name} holds real numbers and can't be an index",
                    remedy=f"Declare it as integers: label {inner.name}[...] in SIZE",
                    culprit=inner,
                )


def _told_apart(
    body: Expr, target: Access, table: dict[str, Tensor], also: set[Symbol]
) -> tuple[Expr, Access]:
    """Tell names without brackets apart: a size, an index, or else a 0-d tensor."""
    extents = {n for t in table.values() for n in t.shape}
    sizes = {str(s): s for n in extents for s in n.free_symbols}
    known = {str(s): s for e in (body, target) for s in _indices(e)} | {str(i): i for i in also}
    known = {**known, **sizes}
    swaps: dict[Expr, Expr] = {}
    for name, symbol in known.items():
        swaps[index(name)] = symbol
        if name not in table:
            swaps[Access(name)] = symbol
    return body.xreplace(swaps), target.xreplace(swaps)


def _loops(
    target: Access, body: Expr, bound: tuple[Symbol, ...] | None, given: dict[Symbol, Expr]
) -> list[Symbol]:
    """Return the loop indices in order: those of the target, then those that are reduced."""
    order: dict[Symbol, None] = {}
    for g in target.indices:
        order.update(dict.fromkeys(sorted(_indices(g), key=str)))
    free = sorted(_indices(body), key=str)
    for i in bound if bound is not None else free:
        if i in order and bound is not None:
            raise ShapeError(
                f"index {i} is bound by the reduction and stands in {target} too",
                remedy="Rename one of the two.",
            )
        order[i] = None
    for i in free:
        if i not in order and i not in given:
            raise ShapeError(
                f"index {i} is not bound",
                remedy=f"Add it to the target, or reduce over it: sum[{i}](...)",
            )
        order.setdefault(i)
    return list(order)


def _indices(expression: Expr) -> set[Symbol]:
    return {s for s in expression.free_symbols if s.is_nonnegative and not s.is_positive}


def value_of(equation: Equation, table: dict[str, Tensor]) -> Tensor:
    """Return the tensor that a first equation defines, its shape read off the target.

    Raises:
        ShapeError: an axis can't be read off its index expression.
    """
    shape = []
    for g in equation.target.indices:
        limits = ranges.bounds(g, equation.extent, table)
        if limits is None:
            raise ShapeError(
                f"the size of the axis {g} of {equation.target.name} can't be read off",
                remedy=f"Declare it above: value {equation.target.name}[...]",
            )
        shape.append(limits[1] + 1)
    return Tensor(equation.target.name, tuple(shape))
