"""generated/ is the output of examples/, to the byte; README says how to write it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbp.codegen import TARGETS
from symbp.compiler import emit, load
from tests.specs import SPECS, stem

ROOT = Path(__file__).parent.parent
FOLDERS = {"numpy": ROOT / "generated", "c": ROOT / "generated" / "c"}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("spec", SPECS, ids=stem)
def test_generated_is_what_the_example_gives(spec: str, target: str) -> None:
    for name, text in emit(load(spec), target).items():  # type: ignore[arg-type]
        assert (FOLDERS[target] / name).read_text(encoding="utf-8") == text


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_else_is_kept(target: str) -> None:
    made = {name for spec in SPECS for name in emit(load(spec), target)}  # type: ignore[arg-type]
    sources = {".py", ".c", ".h"}
    assert {p.name for p in FOLDERS[target].iterdir() if p.suffix in sources} == made
