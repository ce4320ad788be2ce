"""A generated module is loaded as it stands on the disk."""

import sys
from pathlib import Path

import pytest

from symbp.artifact import load
from symbp.errors import DataError, TargetError

CLASSIFIER = Path(__file__).parents[1] / "fixtures" / "classifier.py"


def test_a_module_is_loaded_without_a_trace(tmp_path):
    path = tmp_path / "json.py"  # a name that the standard library has
    path.write_text(CLASSIFIER.read_text())
    before = set(sys.modules)
    assert load(path).NAME == "classifier"
    assert {name for name in set(sys.modules) - before if "json" in name} == set()
    assert [p.name for p in tmp_path.iterdir()] == ["json.py"]


def test_a_rebuilt_module_is_read_again_within_the_same_second(tmp_path):
    path = tmp_path / "net.py"
    text = CLASSIFIER.read_text()
    path.write_text(text)
    assert load(path).NAME == "classifier"
    path.write_text(text.replace('NAME = "classifier"', 'NAME = "classifies"'))
    assert load(path).NAME == "classifies"


def test_a_missing_file_says_how_it_is_made(tmp_path):
    with pytest.raises(DataError, match="there is no module"):
        load(tmp_path / "net.py")


def test_a_file_that_is_no_generated_module_says_what_it_lacks(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("NAME = 'net'\n")
    with pytest.raises(DataError, match="it lacks TARGET, DTYPE"):
        load(path)


def test_a_module_without_its_library_is_one_clear_error(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("raise OSError('libnet.so: cannot open shared object file')\n")
    with pytest.raises(TargetError, match=r"can't be imported: libnet\.so"):
        load(path)
