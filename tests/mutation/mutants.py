"""Mutants of a module: one small change each, of the kinds that reviewers overlook.

>>> [m.words for m in mutants("def f(a):\\n    return a + 1\\n")]
['2: the result becomes None', '2: + becomes -', '2: 1 becomes 2']
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SWAPS: dict[type[ast.AST], tuple[type[ast.AST], str, str]] = {
    ast.Add: (ast.Sub, "+", "-"), ast.Sub: (ast.Add, "-", "+"), ast.Mult: (ast.Div, "*", "/"),
    ast.Div: (ast.Mult, "/", "*"), ast.Eq: (ast.NotEq, "==", "!="), ast.NotEq: (ast.Eq, "!=", "=="),
    ast.Lt: (ast.LtE, "<", "<="), ast.LtE: (ast.Lt, "<=", "<"), ast.Gt: (ast.GtE, ">", ">="),
    ast.GtE: (ast.Gt, ">=", ">"), ast.In: (ast.NotIn, "in", "not in"),
    ast.NotIn: (ast.In, "not in", "in"), ast.Is: (ast.IsNot, "is", "is not"),
    ast.IsNot: (ast.Is, "is not", "is"), ast.And: (ast.Or, "and", "or"),
    ast.Or: (ast.And, "or", "and"),
    ast.BitAnd: (ast.BitOr, "&", "|"), ast.BitOr: (ast.BitAnd, "|", "&"),
    ast.Continue: (ast.Break, "continue", "break"), ast.Break: (ast.Continue, "break", "continue"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed module, and what has been changed in which line."""

    words: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a source; docstrings, annotations and messages are left alone."""
    tree = ast.parse(source)
    quiet = _quiet(tree)
    for number, node in enumerate(ast.walk(tree)):
        for words, change in _changes(node):
            if number in quiet:
                continue
            mutated = copy.deepcopy(tree)
            change(list(ast.walk(mutated))[number])
            yield Mutant(f"{_line(node)}: {words}", ast.fix_missing_locations(mutated))


def _line(node: ast.AST) -> int:
    return int(getattr(node.target if isinstance(node, ast.comprehension) else node, "lineno", 0))


def _quiet(tree: ast.Module) -> set[int]:
    """Return the nodes that no test should see: types, messages, imports, what is typed only."""
    quiet: set[int] = set()
    numbers = {id(n): k for k, n in enumerate(ast.walk(tree))}
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef):
            parts = [
                node.returns,
                *(a.annotation for a in ast.walk(node.args) if isinstance(a, ast.arg)),
            ]
            parts += node.decorator_list
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        elif _unseen(node):
            parts = [node]
        quiet |= {numbers[id(n)] for part in parts if part is not None for n in ast.walk(part)}
    return quiet


def _unseen(node: ast.AST) -> bool:
    """Tell whether a statement is an import, an error or a docstring."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Raise | ast.Import | ast.ImportFrom | ast.Assert)


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], None]]]:
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPS:
        new, a, b = SWAPS[type(node.op)]
        yield f"{a} becomes {b}", lambda n: setattr(n, "op", new())
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        new, a, b = SWAPS[type(node.ops[0])]
        yield f"{a} becomes {b}", lambda n: setattr(n, "ops", [new(), *n.ops[1:]])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not is dropped", lambda n: _become(n, n.operand)
    if isinstance(node, ast.Constant) and type(node.value) in (int, bool, str):
        value = node.value
        other = (
            (not value)
            if isinstance(value, bool)
            else value + (1 if isinstance(value, int) else "X")
        )
        yield f"{value!r} becomes {other!r}", lambda n: setattr(n, "value", other)
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield (
            "the condition is turned",
            lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test)),
        )
    if isinstance(node, ast.Return) and node.value is not None and not _none(node.value):
        yield "the result becomes None", lambda n: setattr(n, "value", ast.Constant(None))
    if isinstance(node, ast.comprehension) and node.ifs:
        yield "the filter is dropped", lambda n: setattr(n, "ifs", [])
    if isinstance(node, ast.FunctionDef | ast.For | ast.If):
        yield from _without(node)


def _without(
    node: ast.FunctionDef | ast.For | ast.If,
) -> Iterator[tuple[str, Callable[[ast.AST], None]]]:
    """Yield the removal of each statement that does something in passing."""
    for k, statement in enumerate(node.body):
        call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call | ast.Yield)
        if call or isinstance(statement, ast.AugAssign):
            words = f"line {statement.lineno} is dropped"
            yield words, lambda n, k=k: n.body.__setitem__(k, ast.Pass())


def _none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _become(node: ast.AST, other: ast.AST) -> None:
    """Let a node be another one in place."""
    node.__class__ = type(other)
    node.__dict__ = dict(other.__dict__)
