"""Comparisons in statements without indices: scalars compare, whole tensors need indices."""

from __future__ import annotations

import pytest

from symbp.errors import LanguageError
from symbp.ir.text import text
from symbp.lang.parser import parse

LINES = "network net\ninput x[N]\nparam a, b\n{}\np[n] = c*x[n]\noutput p\nloss mean[n](p[n])\n"


def test_scalars_are_compared_without_indices() -> None:
    program = parse(LINES.format("c = where(a > b and a < 2, a, b*b)")).program
    assert "c = where(a < 2 and a > b, a, b**2)" in text(program)


def test_whole_tensors_are_not_compared() -> None:
    with pytest.raises(LanguageError, match="whole tensors can't be compared"):
        parse(LINES.format("c = where(x > 0, x, 0)"))
