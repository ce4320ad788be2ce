"""What was compiled before is not compiled again, and a cache that fails only costs time."""

import os
from pathlib import Path

import pytest

from symbp.artifact import cache, compiled
from symbp.artifact import compiler as module
from symbp.artifact.cache import cached

FILES = {"two.c": "double two(void);\ndouble two(void) { return 2.0; }\n"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a cache of one's own."""
    monkeypatch.setenv("SYMBP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The libraries that are compiled, in order."""
    found: list[str] = []
    compile_c = module.compile_c

    def counted(sources, library, **options):
        found.append(library.name)
        compile_c(sources, library, **options)

    monkeypatch.setattr(module, "compile_c", counted)
    return found


def refuse() -> bytes:
    raise AssertionError("made again")


def test_the_same_files_are_compiled_once(folder: Path, runs: list[str]):
    assert compiled(FILES, "libtwo.so") == compiled(dict(FILES), "libtwo.so")
    assert len(runs) == 1
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("files", "options"),
    [
        ({"two.c": FILES["two.c"].replace("2.0", "3.0")}, {}),
        ({"three.c": FILES["two.c"]}, {}),
        ({**FILES, "two.h": ""}, {}),
        (FILES, {"threads": True}),
    ],
    ids=["content", "name", "header", "threads"],
)
def test_anything_else_is_compiled_again(folder: Path, runs: list[str], files, options):
    compiled(FILES, "libtwo.so")
    compiled(files, "libtwo.so", **options)
    assert len(runs) == 2


def test_another_compiler_or_its_flags_compile_again(
    folder: Path, runs: list[str], monkeypatch: pytest.MonkeyPatch
):
    compiled(FILES, "libtwo.so")
    for command in ("cc -DUNUSED", "cc -O1"):
        monkeypatch.setenv("CC", command)
        compiled(FILES, "libtwo.so")
    assert len(runs) == 3


def test_what_is_no_part_of_the_library_does_not_count(folder: Path, runs: list[str]):
    compiled({**FILES, "two.py": "old"}, "libtwo.so")
    compiled({**FILES, "two.py": "new"}, "libtwo.so")
    assert len(runs) == 1


@pytest.mark.parametrize("spoilt", [b"", b"short", b"0" * 64 + b"another library"])
def test_a_spoilt_entry_is_made_again(folder: Path, spoilt: bytes):
    cached(["key"], lambda: b"made")
    (entry,) = folder.iterdir()
    entry.write_bytes(spoilt)
    assert cached(["key"], lambda: b"made again") == b"made again"
    assert cached(["key"], refuse) == b"made again"


def test_an_entry_that_lost_its_end_is_made_again(folder: Path):
    cached(["key"], lambda: b"a library")
    (entry,) = folder.iterdir()
    entry.write_bytes(entry.read_bytes()[:-1])
    assert cached(["key"], lambda: b"made again") == b"made again"


def test_a_folder_that_can_not_be_written_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SYMBP_CACHE", str(tmp_path / "file" / "cache"))
    assert cached(["key"], lambda: b"made") == b"made"
    assert cached(["key"], lambda: b"made again") == b"made again"


def test_an_entry_that_can_not_be_read_is_passed_over(folder: Path):
    cached(["key"], lambda: b"made")
    (entry,) = folder.iterdir()
    entry.unlink()
    entry.mkdir()
    assert cached(["key"], lambda: b"made again") == b"made again"


def test_what_was_not_used_for_longest_is_forgotten(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cache, "KEPT", 3)
    for age, key in enumerate("abc"):
        cached([key], key.encode)
        newest = max(folder.iterdir(), key=lambda p: p.stat().st_mtime)
        os.utime(newest, (1000 + age, 1000 + age))
    assert cached(["a"], refuse) == b"a"  # used again: now b is the oldest
    cached(["d"], lambda: b"d")
    assert len(list(folder.iterdir())) == 3
    assert [cached([key], refuse) for key in "acd"] == [b"a", b"c", b"d"]
    assert cached(["b"], lambda: b"made again") == b"made again"


def test_files_of_others_stay(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cache, "KEPT", 1)
    folder.mkdir()
    (folder / "notes").write_text("mine")
    for key in ("a", "b"):
        cached([key], key.encode)
    assert sorted(len(p.name) for p in folder.iterdir()) == [5, 64]
    assert (folder / "notes").read_text() == "mine"


def test_an_error_is_not_kept(folder: Path):
    with pytest.raises(AssertionError, match="made again"):
        cached(["key"], refuse)
    assert cached(["key"], lambda: b"made") == b"made"


def test_an_empty_name_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SYMBP_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cached(["key"], lambda: b"made")
    assert cached(["key"], lambda: b"made again") == b"made again"
    assert list(tmp_path.iterdir()) == []


def test_without_a_name_it_lies_with_the_users_other_caches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("SYMBP_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    cached(["key"], lambda: b"made")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    cached(["key"], lambda: b"made")
    assert [p.name for p in (tmp_path / "xdg").iterdir()] == ["symbp"]
    assert len(list((tmp_path / "home" / ".cache" / "symbp").iterdir())) == 1


def test_the_tests_leave_the_users_cache_alone():
    assert "symbp-tests-" in os.environ["SYMBP_CACHE"]
