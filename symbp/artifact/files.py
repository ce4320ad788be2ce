"""Files that are replaced whole: a reader finds the old content or the new, never a half.

Each file is written beside its place under a name of its own, flushed to the disk, and renamed
when all of them are complete. A kill in the middle leaves the old files and, at worst, hidden
temporary ones, which the next write of the same file removes.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import secrets
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from symbp.errors import DataError


def write(files: Mapping[Path, str | bytes]) -> None:
    """Write all of the files or none; folders that are missing are made.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "new" / "net.py"
    ...     write({path: "NAME = 'net'\\n"})
    ...     path.read_text()
    "NAME = 'net'\\n"

    Raises:
        DataError: a folder can't be written, the disk is full, or a path is a directory. What
            stood there before is left as it was.
    """
    staged: list[tuple[Path, Path]] = []
    try:
        for path, content in files.items():
            with _explained(path):
                place = _regular(path)
                staged.append((_beside(place), place))
                _sweep(place)
                _fill(staged[-1][0], content)
        _rename(staged)
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def archive(arrays: Mapping[str, Any]) -> bytes:
    """Return the arrays as the bytes of an `.npz` file; equal arrays give equal bytes.

    >>> sorted(np.load(io.BytesIO(archive({"W": np.ones(2), "file": 1.0}))))
    ['W', 'file']
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
            # ZipInfo's own date is fixed, so the time of writing is not part of the bytes.
            entry = zipfile.ZipInfo(f"{name}.npy")
            bundle.writestr(entry, member.getvalue(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unarchive(path: Path) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """Return the arrays of an `.npz` file, all of them read; never an object of Python.

    Raises:
        DataError: the file is damaged, no archive, or holds Python objects.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(len(_ONE_ARRAY))
            if head and not head.startswith((_ARCHIVE, _ONE_ARRAY)):
                raise DataError(f"{path.name} is no .npz file", remedy=_SAVE)
            stream.seek(0)
            if head.startswith(_ARCHIVE):
                _check_sizes(stream)
            stored = np.load(stream, allow_pickle=False)
            if isinstance(stored, np.ndarray):
                raise ValueError("it holds one array, not an archive of them")
            return {name: stored[name] for name in stored.files}
    except _DAMAGED as error:
        reason = "it holds Python objects" if "allow_pickle" in str(error) else str(error)
        raise DataError(
            f"{path.name} can't be read as .npz: {reason}",
            remedy=_SAVE,
        ) from None


def _check_sizes(stream: IO[bytes]) -> None:
    """Refuse an archive that would unfold to more than it says, or to more than is sensible.

    An array's header says how much memory it takes before any of its numbers is read.
    """
    total = 0
    with zipfile.ZipFile(stream) as bundle:
        for entry in bundle.infolist():
            with bundle.open(entry) as member:
                version = np.lib.format.read_magic(member)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else (
                    np.lib.format.read_array_header_2_0
                )  # fmt: skip
                shape, _, dtype = read(member)
            size = math.prod(shape) * dtype.itemsize
            total += max(size, entry.file_size)
            if size > entry.file_size and not dtype.hasobject:
                raise ValueError(f"{entry.filename} says it has {size} bytes and has fewer")
            if total > MAX_ARCHIVE:
                raise ValueError(f"it unfolds to more than {MAX_ARCHIVE // 2**30} GB")
    stream.seek(0)


MAX_ARCHIVE = 8 * 2**30
"""Bytes of all arrays of a file together."""

_SAVE = "Save plain arrays of numbers: numpy.savez('data.npz', x=x, y=y)"
_ARCHIVE, _ONE_ARRAY = b"PK", b"\x93NUMPY"
"""How files of NumPy begin: what `savez` writes, and what `save` does."""

_DAMAGED = (ValueError, OSError, EOFError, KeyError, RuntimeError, MemoryError, NotImplementedError,
            zipfile.BadZipFile, zlib.error)  # fmt: skip
"""What reading a file that is cut short or spoilt can raise."""


def _regular(path: Path) -> Path:
    """Return where the file really lies; refuse what a rename would destroy."""
    place = Path(os.path.realpath(path))
    if place.is_dir():
        raise DataError(f"{path} is a directory", remedy="Name a file, or move the directory.")
    if place.exists() and not place.is_file():
        raise DataError(f"{path} is no ordinary file", remedy="Name a file in a folder.")
    return place


def _beside(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")


def _sweep(place: Path) -> None:
    """Remove temporary files that a killed write of the same file has left."""
    ours = re.compile(rf"\.{re.escape(place.name)}\.(\d+)-[0-9a-f]{{8}}\.tmp")
    for path in place.parent.iterdir():
        found = ours.fullmatch(path.name)
        # What can't be removed is in nobody's way.
        with contextlib.suppress(OSError):
            if found and _abandoned(path, writer=int(found[1])):
                path.unlink()


def _abandoned(path: Path, writer: int) -> bool:
    """Tell whether the process that wrote a temporary file is gone."""
    if os.name != "posix":  # elsewhere signal 0 is no question; an hour is longer than any write
        return time.time() - path.stat().st_mtime > 3600
    try:
        os.kill(writer, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass  # it runs, as another user
    return False


def _fill(path: Path, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    # 0o666 lets the user's umask decide, as for any file that a program writes; O_BINARY is
    # Windows' word for leaving line ends alone.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666)
    with open(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _rename(staged: list[tuple[Path, Path]]) -> None:
    """Rename all; where one fails, put the earlier ones back."""
    with contextlib.ExitStack() as tidy, contextlib.ExitStack() as undo:
        for temporary, place in staged:
            with _explained(place):
                if len(staged) > 1:
                    _keep(place, undo, tidy)
                os.replace(temporary, place)
        undo.pop_all()  # all stand: nothing is put back


def _keep(place: Path, undo: contextlib.ExitStack, tidy: contextlib.ExitStack) -> None:
    """Plan how the previous state of a file comes back."""
    if not place.exists():
        undo.callback(place.unlink, missing_ok=True)
        return
    previous = _beside(place)
    # A few file systems have no hard links; there the rename is not undone.
    with contextlib.suppress(OSError):
        os.link(place, previous)
        tidy.callback(previous.unlink, missing_ok=True)
        undo.callback(os.replace, previous, place)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the system's errors into one that says what to do."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{path} can't be written: {error.strerror or error}",
            remedy="Choose a folder that can be written and has room. Nothing was changed.",
        ) from None
