"""The law of the house: a stage imports only what lies before it."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "errors": set(),
    "version": set(),
    "ir": {"errors"},
    "lang": {"errors", "ir"},
    "autodiff": {"errors", "ir"},
    "rewrite": {"errors", "ir"},
    "schedule": {"errors", "ir"},
    "codegen": {"errors", "ir", "schedule", "version"},
    "derivation": {"errors", "ir", "codegen"},
    "artifact": {"errors"},
    "verify": {"errors", "ir", "artifact"},
}
"""What each part of symbp may import of symbp; parts that are not named may import all."""
ORACLE = {"symbp.ir.interpret", "symbp.ir.text", "symbp.ir.program", "symbp.ir.trace"}
"""What the judge may know of the language."""
FILES = sorted((ROOT / "symbp").rglob("*.py"))
GENERATED = sorted((ROOT / "generated").rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Return every module that a file imports, also those for type checking only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: write imports in full"
            found |= {f"{node.module}.{a.name}" for a in node.names} if node.module in (
                "symbp", "symbp.ir"
            ) else {str(node.module)}  # fmt: skip
    return found


def part(module: str) -> str:
    return module.split(".")[1]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_stage_imports_only_what_lies_before_it(path: Path):
    own = path.relative_to(ROOT / "symbp").with_suffix("").parts[0]
    ours = {module for module in imports(path) if module.startswith("symbp.")}
    if own in MAY_IMPORT:
        assert {part(module) for module in ours} - {own} <= MAY_IMPORT[own]
    if own == "verify":
        assert {module for module in ours if part(module) == "ir"} <= ORACLE


@pytest.mark.parametrize("path", GENERATED, ids=lambda p: p.name)
def test_generated_code_needs_numpy_only(path: Path):
    roots = {module.split(".")[0] for module in imports(path)}
    assert roots <= {"numpy", *sys.stdlib_module_names}
