"""C files become libraries, or one clear error."""

import ctypes
import shutil
import sys

import pytest

from symbp.artifact import compile_c, compiled
from symbp.artifact import compiler as module
from symbp.errors import TargetError

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "two.c"
    path.write_text("double two(void);\ndouble two(void) { return 2.0; }\n")
    return path


def call(library):
    two = ctypes.CDLL(str(library)).two
    two.restype = ctypes.c_double
    return two()


def test_a_library_that_is_loaded_can_be_replaced(source, tmp_path):
    library = tmp_path / "out" / "libtwo.so"
    compile_c(source, library)
    assert call(library) == 2.0
    old = library.stat().st_ino
    compile_c(source, library)
    assert library.stat().st_ino != old
    assert call(library) == 2.0
    assert [p.name for p in library.parent.iterdir()] == ["libtwo.so"]


def test_a_library_can_be_made_of_texts_alone(tmp_path):
    files = {
        "two.h": "double two(void);\n",
        "two.c": '#include "two.h"\ndouble two(void) { return 2.0; }\n',
    }
    path = tmp_path / "libtwo.so"
    path.write_bytes(compiled(files, "libtwo.so"))
    assert call(path) == 2.0


def test_a_library_can_be_made_of_several_files(source, tmp_path):
    other = tmp_path / "one.c"
    other.write_text("double one(void);\ndouble one(void) { return 1.0; }\n")
    compile_c([source, other], tmp_path / "libtwo.so")
    assert call(tmp_path / "libtwo.so") == 2.0
    assert ctypes.CDLL(str(tmp_path / "libtwo.so")).one


def test_a_flag_that_the_compiler_lacks_is_left_out(source, tmp_path):
    compile_c(source, tmp_path / "libtwo.so", flags=["--no-such-flag"])
    assert call(tmp_path / "libtwo.so") == 2.0


def test_a_refused_file_shows_the_compilers_words_and_leaves_the_old_library(source, tmp_path):
    library = tmp_path / "libtwo.so"
    library.write_text("old")
    source.write_text("int broken(\n")
    with pytest.raises(TargetError, match=r"(?s)does not compile two\.c:.*error"):
        compile_c(source, library)
    assert library.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["libtwo.so", "two.c"]


def test_cc_is_split_as_a_shell_would(source, tmp_path, monkeypatch):
    monkeypatch.setenv("CC", "cc -DUNUSED='a b'")
    compile_c(source, tmp_path / "libtwo.so")
    assert call(tmp_path / "libtwo.so") == 2.0


def test_cc_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(TargetError, match="'no-such-compiler' that CC names is not there"):
        module.find_compiler()


def test_without_a_compiler_the_error_names_both_ways_out(monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TargetError) as caught:
        module.find_compiler()
    assert "--target numpy" in str(caught.value)
    assert 'pip install "symbp[compiler]"' in str(caught.value)


def test_the_compiler_that_pip_brings_is_found(monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: object())
    assert module.find_compiler() == [sys.executable, "-m", "ziglang", "cc"]
