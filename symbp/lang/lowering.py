"""Takes a formula with reductions anywhere apart into equations with scalar bodies.

    z = sum[i](x W) + b        z = sum[i](x W);  z += b            the terms of a sum, in turn
    h = f(sum[i](x W) + b)     h_z = sum[i](x W);  h_z += b;  h = f(h_z)
    L = mean[n](e)             L_sum = sum[n](e);  L = L_sum / N
    y = where(c, sum[i](e), 0) the reductions inside run where c holds

>>> from symbp.ir.program import size
>>> n, i = index("n"), index("i")
>>> table = {"x": Tensor("x", (size("N"), size(4)))}
>>> body = sympy.exp(Reduction("mean", Access("x", n, i), i))
>>> for equation in lower(Statement(Access("y", n), "sum", body), table):
...     print(text.show(equation))
y_sum[n] = sum[i](x[n,i])
y[n] = exp(0.25 * y_sum[n])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy
from sympy import Add, Dummy, Expr, Mul, Not, Symbol
from sympy.logic.boolalg import Boolean

from symbp.errors import ShapeError, Source, SymbpError
from symbp.ir import ranges, text
from symbp.ir.functions import Where
from symbp.ir.program import Access, Equation, Operation, Scan, Tensor, accesses, fresh, index
from symbp.ir.syntax import Reduction

__all__ = ["Statement", "free_indices", "lower"]

Guards = tuple[Boolean, ...]
"""Conditions under which a sum is taken at all."""


@dataclass(frozen=True, slots=True)
class Statement:
    """target (op)= body, as written; `bound` is None where all indices that are left reduce."""

    target: Access
    op: Operation
    body: Expr
    bound: tuple[Symbol, ...] | None = ()
    given: Mapping[Symbol, Expr] = field(default_factory=dict)
    source: Source | None = None
    first: bool = True
    """Whether it is the first equation of its target."""
    scan: Scan | None = None
    """The scan of those of its equations that depend on the step."""

    def loops(self) -> tuple[Symbol, ...]:
        """Return every index in it, bound ones included."""
        symbols = {s for e in (self.target, self.body) for s in e.free_symbols}
        symbols.update(self.bound or (), self.given)
        return tuple(sorted(filter(_is_index, symbols), key=str))

    def renamed(self, names: Mapping[Symbol, Symbol]) -> Statement:
        """Return it with indices called otherwise."""
        scan = self.scan
        return replace(
            self,
            target=self.target.xreplace(names),
            body=self.body.xreplace(names),
            bound=self.bound and tuple(names.get(i, i) for i in self.bound),
            given={names.get(i, i): n for i, n in self.given.items()},
            scan=scan and replace(scan, index=names.get(scan.index, scan.index)),
        )


def lower(
    statement: Statement, table: dict[str, Tensor], taken: Iterable[str] = ()
) -> list[Equation]:
    """Return the equations of a statement; enter the tensors that they define into the table.

    Args:
        taken: names that new tensors must not have, besides those in the table.

    Raises:
        ShapeError, OrderError: see `symbp.ir.text.equation`.
    """
    work = _Lowering(statement, table, {*taken, statement.target.name})
    try:
        work.run()
    except SymbpError as error:
        if isinstance(error.culprit, Access):
            error.culprit = _written(error.culprit)
        raise
    return work.equations


def free_indices(expression: Any) -> tuple[Symbol, ...]:
    """Return the indices that no reduction binds, in the order in which they are met."""
    found: dict[Symbol, None] = {}

    def walk(node: Any, bound: frozenset[Symbol]) -> None:
        if node in bound:
            return
        if _is_index(node):
            found.setdefault(node)
        inner = bound.union(node.indices) if isinstance(node, Reduction) else bound
        for argument in node.args:
            walk(argument, inner)

    walk(expression, frozenset())
    return tuple(found)


def _is_index(node: Any) -> bool:
    return isinstance(node, Symbol) and bool(node.is_nonnegative) and not node.is_positive


class _Own(Dummy):  # type: ignore[misc]
    """An index bound by one reduction: equal to no other, however that is called."""

    def _sympystr(self, printer: Any) -> str:
        return str(self.name)


class _Lowering:
    def __init__(self, statement: Statement, table: dict[str, Tensor], taken: set[str]) -> None:
        self.statement = statement
        self.root = statement.target
        self.table = table
        self.taken = taken
        self.given = dict(statement.given)
        self.equations: list[Equation] = []
        self.extents: dict[Symbol, Expr] = {}

    def run(self) -> None:
        target, op, bound = self.root, self.statement.op, self.statement.bound
        body = _apart(self.statement.body, {str(i) for i in free_indices(target)})
        own = sorted(body.atoms(_Own), key=str)
        self.given |= {i: self.given[index(str(i))] for i in own if index(str(i)) in self.given}
        self.extents = self._infer(body)
        body = self._without_means(body)
        left = () if bound is not None else self._left(body)
        if op == "sum" and not left:
            self.define(target, body, ())
        elif isinstance(body, Reduction) and body.op == op:
            self.emit(target, op, self.without(body.body, ()), (*left, *body.indices))
        else:
            self.emit(target, op, self.without(body, ()), left)

    def _left(self, body: Expr) -> tuple[Symbol, ...]:
        own = set(free_indices(self.root))
        return tuple(i for i in free_indices(body) if i not in own)

    def _infer(self, body: Expr) -> dict[Symbol, Expr]:
        """Return how far the indices run, as far as the whole formula tells."""
        uses = [*accesses(body), *(a for g in self.root.indices for a in accesses(g))]
        for use in uses:
            text.check_access(use, self.table)
        return ranges.told(uses, self.table, self.given)

    def _without_means(self, body: Expr) -> Expr:
        """Return the formula with each mean as a sum, divided by the sizes."""
        if not body.has(Reduction):
            return body
        rebuilt = body.func(*(self._without_means(a) for a in body.args))
        if not isinstance(rebuilt, Reduction) or rebuilt.op != "mean":
            return rebuilt
        for i in rebuilt.indices:
            if i not in self.extents:
                raise ShapeError(
                    f"nothing says how far index {i} runs",
                    remedy=f"Use {i} as an index of a tensor, or add: for {i} in SIZE",
                )
        count = Mul(*(self.extents[i] for i in rebuilt.indices))
        return Reduction("sum", rebuilt.body, *rebuilt.indices) / count

    def define(self, target: Access, body: Expr, guards: Guards) -> None:
        """Add the equations that sum the terms of a formula into a target."""
        if isinstance(body, Where) and body.args[2] == 0 and _under_guard(body):
            return self.define(target, body.args[1], (*guards, body.args[0]))
        if isinstance(body, Reduction) and body.op != "sum" and self._alone(target):
            return self.emit(target, body.op, self.without(body.body, ()), body.indices)  # type: ignore[arg-type]
        plain: list[Expr] = []
        for term in Add.make_args(body):
            if isinstance(term, Reduction) and term.op == "sum":
                inner = _guarded(self.without(term.body, guards), guards)
                self.emit(target, "sum", inner, term.indices)
            else:
                plain.append(self.without(term, guards))
        if plain:
            self.emit(target, "sum", _guarded(Add(*plain), guards), ())
        return None

    def _alone(self, target: Access) -> bool:
        """Tell whether no other equation has the target, as far as it is known."""
        return target.name != self.root.name or self.statement.first

    def without(self, e: Any, guards: Guards, word: str = "") -> Any:
        """Return a formula with tensors in place of its reductions."""
        if not e.has(Reduction):
            return e
        if isinstance(e, Reduction):
            return self.extracted(e, word if word and e.op == "sum" else e.op, guards)
        if isinstance(e, Add):
            return self.extracted(e, "z", guards)
        if isinstance(e, Where):
            condition = self.without(e.args[0], guards, "z")
            a = self.without(e.args[1], (*guards, condition), word)
            b = self.without(e.args[2], (*guards, Not(condition)), word)
            return Where(condition, a, b)
        inner = "" if isinstance(e, Mul | sympy.Pow) else "z"
        return e.func(*(self.without(a, guards, inner) for a in e.args))

    def extracted(self, e: Expr, word: str, guards: Guards) -> Access:
        """Define a tensor that holds a reduction or a sum with reductions; return its element."""
        name = fresh(f"{self.root.name}_{word}", {*self.taken, *self.table})
        self.taken.add(name)
        used = free_indices(sympy.Tuple(e, *guards))
        first = [i for i in free_indices(self.root) if i in used]
        element = Access(name, *first, *(i for i in used if i not in first))
        self.define(element, e, guards)
        return element

    def emit(self, target: Access, op: Operation, body: Expr, bound: tuple[Symbol, ...]) -> None:
        """Add one equation, its indices called as they were written."""
        names = _names(free_indices(sympy.Tuple(target, sympy.Tuple(*bound), body)))
        target, body = target.xreplace(names), body.xreplace(names)
        bound = tuple(names.get(i, i) for i in bound)
        reads = [*accesses(body), *(a for g in target.indices for a in accesses(g))]
        table = {a.name: self.table[a.name] for a in (*reads, target) if a.name in self.table}
        told = {g for a in reads for g in a.indices}
        here = {*free_indices(sympy.Tuple(target, body)), *bound}
        given = {
            names.get(i, i): n
            for i, n in self.extents.items()
            if names.get(i, i) in here and (i in self.given or names.get(i, i) not in told)
        }
        equation = text.equation(target, op, body, bound, table, given, self.statement.source)
        scan = self.statement.scan
        if scan is not None and scan.index in equation.extent:
            equation = replace(equation, scan=scan)
        self.equations.append(equation)
        if target.name not in self.table:
            self.table[target.name] = text.value_of(equation, table)


def _under_guard(body: Where) -> bool:
    return bool(body.has(Reduction)) and not body.args[0].has(Reduction)


def _guarded(body: Expr, guards: Guards) -> Expr:
    for guard in reversed(guards):
        body = Where(guard, body, 0)
    return body


def _apart(e: Any, outer: set[str]) -> Any:
    """Return the formula with the indices of each reduction told apart from all others."""
    if not e.has(Reduction):
        return e
    rebuilt = e.func(*(_apart(a, outer) for a in e.args))
    if not isinstance(rebuilt, Reduction):
        return rebuilt
    for i in rebuilt.indices:
        if str(i) in outer:
            raise ShapeError(
                f"index {i} is bound by {e.op}[...] and stands in the target too",
                remedy="Rename one of the two.",
            )
    own = {i: _Own(str(i), integer=True, nonnegative=True) for i in rebuilt.indices}
    return Reduction(rebuilt.op, rebuilt.body.xreplace(own), *own.values())


def _names(loops: Iterable[Symbol]) -> dict[Symbol, Symbol]:
    """Return how the indices that reductions bind are called in one equation."""
    loops = tuple(loops)
    taken = {str(i) for i in loops if not isinstance(i, _Own)}
    names: dict[Symbol, Symbol] = {}
    for i in loops:
        if isinstance(i, _Own):
            name = fresh(str(i), taken)
            taken.add(name)
            names[i] = index(name)
    return names


def _written(culprit: Access) -> Expr:
    """Return an access with its indices as they were written."""
    return culprit.xreplace({i: index(str(i)) for i in culprit.atoms(_Own)})
