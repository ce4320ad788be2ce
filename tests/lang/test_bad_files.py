"""Bad files, each with the one message that it gets: bad/NAME.bp and bad/NAME.txt.

After a change of messages, write them anew and read the difference:

    SYMBP_WRITE_GOLDEN=1 python -m pytest tests/lang/test_bad_files.py; git diff tests/lang/bad
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from symbp.errors import LanguageError, SymbpError
from symbp.lang.load import load, text_of
from symbp.lang.parser import parse

FOLDER = Path(__file__).parent / "bad"
FILES = sorted(FOLDER.glob("*.bp"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_bad_file_gets_its_message(path, monkeypatch):
    monkeypatch.chdir(FOLDER)
    with pytest.raises(SymbpError) as caught:
        load(path.name)
    golden = path.with_suffix(".txt")
    if os.environ.get("SYMBP_WRITE_GOLDEN"):
        golden.write_text(f"{caught.value}\n", "utf-8")
    assert f"{caught.value}\n" == golden.read_text("utf-8")


def test_every_message_has_a_place_and_a_remedy():
    for path in FILES:
        lines = path.with_suffix(".txt").read_text("utf-8").splitlines()
        assert lines[0].startswith(f"{path.name}:"), path.name
        assert lines[-1].startswith("  "), path.name
        assert "^" not in lines[-1], path.name
        if path.stem != "empty":
            assert any(set(line) <= set("| ^\t") and "^" in line for line in lines), path.name


def test_the_corpus_is_large_and_has_no_stray_goldens():
    assert len(FILES) >= 45
    assert {p.stem for p in FILES} == {p.stem for p in FOLDER.glob("*.txt")}


@pytest.mark.parametrize(
    "text",
    [
        "z = " + "(" * 1000,
        "z = " + "-" * 100_000 + "1",
        "z = " + "not " * 50_000 + "1",
        "z = " + "2**" * 5000 + "2",
        "z = (((1e300*pi)**1000)**1000)**1000",
        "z = exp(exp(exp(1e300)))",
        "z = " + "1+" * 20_000 + "q",
        "z" * 1_000_000 + " = 1",
        "z = 1" + "\n" * 100_000 + "(",
        "input x[N" + ", 2" * 5000 + "]\nz = x + x[0]",
    ],
    ids=range(10),
)
def test_no_text_takes_long_or_raises_another_exception(text):
    start = time.perf_counter()
    with pytest.raises(SymbpError):
        parse(f"network net\n{text}\noutput z\nloss z\n")
    assert time.perf_counter() - start < 10


def test_a_byte_order_mark_tabs_and_line_ends_of_windows_are_no_matter(tmp_path):
    path = tmp_path / "net.bp"
    lines = ["network net", "\tinput\tx[N]", "param a", "", "p = a*x # p", "output p", "loss a"]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert load(str(path)).program == parse(text_of(path).replace("\r", "")).program


def test_any_other_exception_becomes_an_error_that_names_the_line(tmp_path, monkeypatch):
    def fails(*_):
        raise KeyError("a bug")

    path = tmp_path / "net.bp"
    path.write_text("network net\ninput x[N]\n")
    monkeypatch.setattr("symbp.lang.parser._Description._declare", fails)
    with pytest.raises(
        LanguageError, match=r"net\.bp:2:1: this can't be read \(KeyError: 'a bug'\)"
    ):
        load(str(path))
    with pytest.raises(KeyError):
        parse(text_of(path))
