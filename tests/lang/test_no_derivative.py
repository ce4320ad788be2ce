"""No layer, loss or activation brings a derivative of its own.

Code is searched, not what is written about it. The optimizer's update alone speaks of gradients:
they are handed to it. `stop_gradient` is a function of the language, the identity in value.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import symbp.lang

LANG = Path(symbp.lang.__file__).parent
FILES = [p for p in sorted(LANG.rglob("*.py")) if p.name != "update.py"]
WORD = re.compile(r"gradient|adjoint|backward|derivative|fdiff|^diff$|jvp|vjp", re.IGNORECASE)


def words(tree: ast.AST) -> Iterator[str]:
    """Yield every name that code binds, reads or imports."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg", "module"):
            word = getattr(node, field, None)
            if isinstance(word, str):
                yield word


@pytest.mark.parametrize("file", FILES, ids=lambda p: str(p.relative_to(LANG)))
def test_nothing_in_lang_differentiates(file: Path):
    found = {w for w in words(ast.parse(file.read_text("utf-8"))) if WORD.search(w)}
    assert found <= {"stop_gradient"}


def test_the_search_finds_a_rule_that_is_planted():
    planted = ast.parse(
        "def relu(u):\n    return u\ndef relu_backward(u, d):\n    return d * (u > 0)"
    )
    assert any(WORD.search(w) for w in words(planted))
    assert any(WORD.search(w) for w in words(ast.parse("y = sympy.diff(f, x)")))
