"""What of a file is run: its definitions, and one pass of the function that is asked for.

A tutorial's file trains at its end, and loads data that are not here. So a file's definitions,
imports and simple assignments are run, and nothing else; what fails there defines nothing. In the
function itself the training loop ends after its first pass, and each array that is assigned
before it is passed through a hook, which can put another in its place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

HOOK = "_symbp_given"
Definition = ast.FunctionDef | ast.AsyncFunctionDef
_TRAINING = re.compile(r"epoch|iter|step|train|repeat", re.IGNORECASE)


class Subject:
    """A file that has been read and whose definitions have been run."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.tree = ast.parse(text, path)
        self.namespace: dict[str, Any] = {"__name__": "audited", "__file__": path, HOOK: _as_it_is}
        self.functions = {n.name: n for n in self.tree.body if isinstance(n, ast.FunctionDef)}
        self.classes = {n.name: n for n in self.tree.body if isinstance(n, ast.ClassDef)}
        self._trouble: dict[str, Exception] = {}
        for node in self.tree.body:
            self._define(node)

    def _define(self, node: ast.stmt) -> None:
        simple = isinstance(node, ast.Assign | ast.AnnAssign) and not self._own_calls(node)
        kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
        if not (simple or isinstance(node, kinds)):
            return
        if isinstance(node, ast.FunctionDef):
            node = instrumented(node)
        elif isinstance(node, ast.ClassDef):
            node.body = [
                instrumented(n) if isinstance(n, ast.FunctionDef) else n for n in node.body
            ]
        try:
            self.execute([node])
        except (
            Exception
        ) as error:  # its data or its plots are not here: what needs them will say so
            self._trouble[ast.unparse(node)] = error

    def _own_calls(self, node: ast.AST) -> bool:
        own = {*self.functions, *self.classes}
        return any(isinstance(n, ast.Name) and n.id in own for n in ast.walk(node))

    def execute(self, body: list[ast.stmt]) -> None:
        """Run statements in the file's namespace."""
        module = ast.fix_missing_locations(ast.Module(body, []))
        exec(compile(module, self.path, "exec"), self.namespace)

    def fresh(self) -> ast.Module:
        """Return the file's tree, as it stands."""
        return ast.parse(self.text, self.path)

    def hook(self, given: Callable[[str, Any], Any]) -> None:
        """Let every array that is assigned before the training loop pass through `given`."""
        self.namespace[HOOK] = given

    def method(self, kind: str, name: str) -> ast.FunctionDef | None:
        """Return the definition of a method."""
        methods = (n for n in self.classes[kind].body if isinstance(n, ast.FunctionDef))
        return next((n for n in methods if n.name == name), None)

    def keys(self, name: str) -> list[str]:
        """Return the words that a dict of this name is read or written with, in order."""
        found: dict[str, None] = {}
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Subscript) or _last(node.value) != name:
                continue
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                found.setdefault(node.slice.value)
        return list(found)


def _as_it_is(_: str, value: Any) -> Any:
    return value


def _last(node: ast.expr) -> str | None:
    """Return the last name of theta, or self.theta."""
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", None)


def instrumented(node: ast.FunctionDef) -> ast.FunctionDef:
    """Return a function whose training loops run once, and whose assignments pass the hook."""
    node.body = list(_statements(node.body))
    return node


def script(tree: ast.Module) -> list[ast.stmt]:
    """Return a module's statements up to the end of its training loop, instrumented."""
    found = []
    for node in _statements(tree.body):
        found.append(node)
        if is_training(node):
            break
    return found


def is_training(node: ast.AST) -> bool:
    """Tell whether a loop repeats a step: by the names in its head, or by its fixed count."""
    if isinstance(node, ast.While):
        return True
    if not isinstance(node, ast.For):
        return False
    if _TRAINING.search(ast.unparse(node.target) + " " + ast.unparse(node.iter)):
        return True
    call = node.iter
    fixed = isinstance(call, ast.Call) and all(isinstance(a, ast.Constant) for a in call.args)
    return fixed and ast.unparse(call).startswith(("range", "xrange", "tqdm"))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if is_training(node):
            assert isinstance(node, ast.For | ast.While)
            node.body = [*node.body, ast.copy_location(ast.Break(), node.body[-1])]
        yield node
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n.id for t in targets for n in ast.walk(t)
                     if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]  # fmt: skip
            for name in names:
                hook = ast.parse(f"{name} = {HOOK}({name!r}, {name})").body[0]
                for part in ast.walk(hook):
                    ast.copy_location(part, node)
                yield hook


def arguments(node: Definition) -> list[tuple[str, bool]]:
    """Return a function's arguments, self apart, and whether each must be given."""
    a = node.args
    positional = [*a.posonlyargs, *a.args]
    optional = len(positional) - len(a.defaults)
    found = [(arg.arg, k < optional) for k, arg in enumerate(positional)]
    found += [(arg.arg, d is None) for arg, d in zip(a.kwonlyargs, a.kw_defaults, strict=True)]
    return [f for f in found if f[0] not in ("self", "cls")]


def returned(node: Definition) -> list[str | None]:
    """Return the names of what a function returns last: dW1, self.dW1; None where it has none."""
    last = [n for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None]
    if not last:
        return []
    value = max(last, key=lambda n: n.lineno).value
    parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
    return [_last(p) if p is not None else None for p in parts]
