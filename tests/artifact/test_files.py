"""Files are replaced whole or not at all."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from symbp.artifact import archive, write
from symbp.errors import DataError


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_files_are_written_with_their_folders(tmp_path):
    write({tmp_path / "a/b.txt": "é\n", tmp_path / "a/c.bin": b"\0"})
    assert (tmp_path / "a/b.txt").read_bytes() == "é\n".encode()
    assert names(tmp_path / "a") == ["b.txt", "c.bin"]


def test_a_failing_write_leaves_every_old_file_and_no_temporary(tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).write_text("old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="one can't be written: No space left on device"):
        write({tmp_path / "one": "new", tmp_path / "two": "new"})
    assert names(tmp_path) == ["one", "two"]
    assert (tmp_path / "one").read_text() == "old"


def test_a_rename_that_fails_is_undone_for_the_files_before_it(tmp_path, monkeypatch):
    (tmp_path / "one").write_text("old")
    replace = os.replace

    def stubborn(source, target):
        if Path(target).name == "three":
            raise OSError(5, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", stubborn)
    with pytest.raises(DataError, match="three can't be written"):
        write({tmp_path / name: "new" for name in ("one", "two", "three")})
    assert names(tmp_path) == ["one"]
    assert (tmp_path / "one").read_text() == "old"


def test_a_disk_that_is_full_is_one_clear_error(tmp_path):
    (tmp_path / "net.py").write_text("old")
    script = f"""
        import resource, signal
        from pathlib import Path
        from symbp.artifact import write
        from symbp.errors import DataError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write({{Path({str(tmp_path)!r}) / "net.py": "x" * 5000}})
        except DataError as error:
            print(error.message)
    """
    result = subprocess.run(
        [sys.executable, "-c", dedent(script)], capture_output=True, text=True, check=True
    )
    assert "net.py can't be written: File too large" in result.stdout
    assert names(tmp_path) == ["net.py"]
    assert (tmp_path / "net.py").read_text() == "old"


def test_a_kill_while_writing_leaves_the_old_file(tmp_path):
    (tmp_path / "net.py").write_text("old")
    script = f"""
        import os, signal
        from pathlib import Path
        from symbp.artifact import write
        os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
        write({{Path({str(tmp_path)!r}) / "net.py": "new"}})
    """
    result = subprocess.run([sys.executable, "-c", dedent(script)], check=False)
    assert result.returncode == -signal.SIGKILL
    assert (tmp_path / "net.py").read_text() == "old"
    assert len(names(tmp_path)) == 2
    alive, other = f".net.py.{os.getppid()}-01234567.tmp", ".other.py.4000000-01234567.tmp"
    for name in (alive, other):
        (tmp_path / name).touch()
    write({tmp_path / "net.py": "new"})
    assert names(tmp_path) == sorted(["net.py", alive, other]), "only what is nobody's is removed"


def test_a_directory_is_not_written_over(tmp_path):
    (tmp_path / "net.py").mkdir()
    with pytest.raises(DataError, match="is a directory"):
        write({tmp_path / "first": "new", tmp_path / "net.py": "new"})
    assert names(tmp_path) == ["net.py"]


def test_a_device_is_not_replaced():
    with pytest.raises(DataError, match="no ordinary file"):
        write({Path("/dev/null"): "new"})
    assert not Path("/dev/null").is_file()


def test_a_folder_that_is_a_file_is_one_clear_error(tmp_path):
    (tmp_path / "folder").write_text("")
    with pytest.raises(DataError, match="can't be written"):
        write({tmp_path / "folder" / "net.py": "new"})


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write({tmp_path / "link": "new"})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_an_archive_is_the_same_bytes_whenever_it_is_made():
    arrays = {"W": np.arange(6.0).reshape(2, 3), "allow_pickle": np.array("text")}
    assert archive(arrays) == archive(arrays)


def test_an_archive_refuses_objects():
    with pytest.raises(ValueError, match="Object arrays"):
        archive({"o": np.array([object()])})
