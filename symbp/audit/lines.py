"""Find the line of a file that computes a gradient.

>>> text = "def back(x, d):\\n    dW1 = x.T @ d\\n    return dW1\\n"
>>> line_of(text, "back", "W1")
(2, 'dW1 = x.T @ d')
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from symbp.audit.probe.names import owner, plain, short

Found = tuple[int, str]


def line_of(text: str, function: str, label: str) -> Found | None:
    """Return number and text of the line that computes a parameter's gradient, or updates it.

    Args:
        function: where to look first: a function, a class, Class.method, or "".
        label: what the code calls the parameter: W1, theta.W1, weights[0].
    """
    tree = ast.parse(text)
    lines = text.splitlines()
    for scope in (*_scopes(tree, function), tree):
        for wanted in (_is_gradient, _is_update):
            for node in ast.walk(scope):
                if any(wanted(target, label) for target in _targets(node)):
                    number = node.lineno  # type: ignore[attr-defined]
                    return number, lines[number - 1].strip()
    return None


def behind(text: str, function: str, number: int) -> Iterator[Found]:
    """Yield the lines that compute what a line is made of, where a function computes it.

    >>> text = "def back(x, e, h):\\n    d = e * h\\n    dW1 = x.T @ d\\n"
    >>> list(behind(text, "back", 3))
    [(2, 'd = e * h')]
    """
    tree, lines = ast.parse(text), text.splitlines()
    scope = next(_scopes(tree, function), tree)
    nodes = [n for n in ast.walk(scope) if isinstance(n, ast.Assign | ast.AugAssign)]
    nodes.sort(key=lambda n: n.lineno)
    line = next((n for n in nodes if n.lineno == number), None)
    names = {n.id for n in ast.walk(line.value) if isinstance(n, ast.Name)} if line else set()
    found = {}
    for node in (n for n in nodes if n.lineno < number):
        for target, _ in _targets(node):
            if isinstance(target, ast.Name) and target.id in names:
                found[target.id] = node.lineno
    yield from ((k, lines[k - 1].strip()) for k in sorted(set(found.values())))


def _scopes(tree: ast.Module, function: str) -> Iterator[ast.AST]:
    """Yield the method that is meant, then its class; or the function."""
    name, _, method = function.partition(".")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            yield from (n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == method)
            yield node


def _targets(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Yield what a statement assigns, with the words of what it is made of."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        plus = " update" if isinstance(node, ast.AugAssign) else ""
        for target in targets:
            for part in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                yield part, ast.unparse(node.value) + plus
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Dict):
        for key, value in zip(node.value.keys, node.value.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield ast.copy_location(ast.Name(key.value), value), ast.unparse(value)


def _name(target: ast.expr) -> tuple[str, str]:
    """Return a target's own name, and that of the dict that it stands in."""
    if isinstance(target, ast.Subscript):
        own, key = _name(target.value)[0], target.slice
        return (str(key.value), own) if isinstance(key, ast.Constant) else (own, "")
    return str(getattr(target, "attr", getattr(target, "id", ""))), ""


def _is_gradient(found: tuple[ast.expr, str], label: str) -> bool:
    name, bundle = _name(found[0])
    of_bundle = bundle.lower().startswith(("grad", "d", "nabla")) and plain(name) == plain(label)
    return of_bundle or owner(name, [short(label)]) is not None


def _is_update(found: tuple[ast.expr, str], label: str) -> bool:
    """Tell W1 -= ... and W1 = W1 - ... from what only creates a parameter."""
    name, made = _name(found[0])[0], found[1]
    stepped = " update" in made or (name in made and ("-" in made or "+" in made))
    return plain(name) == plain(short(label).partition("[")[0]) and stepped
