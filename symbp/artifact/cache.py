"""Libraries that have been compiled before, kept by the content that they were made of.

They lie in $SYMBP_CACHE, by default symbp in the user's cache folder; an empty SYMBP_CACHE keeps
nothing. A cache that can't be read or written is passed over: it only saves time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from symbp.artifact.files import write
from symbp.errors import SymbpError

KEPT = 64
"""So many libraries are kept, those that were used last."""


def cached(content: Iterable[str | bytes], make: Callable[[], bytes]) -> bytes:
    """Return what `make` returns, or what it returned for the same content before.

    >>> import tempfile
    >>> os.environ["SYMBP_CACHE"] = tempfile.mkdtemp()
    >>> cached(["a", "b"], lambda: b"made"), cached(["a", "b"], lambda: b"made again")
    (b'made', b'made')
    >>> cached(["ab"], lambda: b"other")
    b'other'
    """
    folder = _folder()
    if folder is None:
        return make()
    place = folder / _key(content)
    with contextlib.suppress(OSError):
        found = place.read_bytes()
        os.utime(place)
        if hashlib.sha256(found[64:]).hexdigest().encode() == found[:64]:
            return found[64:]
    made = make()
    with contextlib.suppress(OSError, SymbpError):
        write({place: hashlib.sha256(made).hexdigest().encode() + made})
        _forget(folder)
    return made


def _folder() -> Path | None:
    chosen = os.environ.get("SYMBP_CACHE")
    if chosen is not None:
        return Path(chosen) if chosen else None
    home = os.environ.get("XDG_CACHE_HOME")
    with contextlib.suppress(RuntimeError):  # there is no home
        return (Path(home) if home else Path.home() / ".cache") / "symbp"
    return None


def _key(content: Iterable[str | bytes]) -> str:
    digest = hashlib.sha256()
    for piece in content:
        data = piece.encode() if isinstance(piece, str) else piece
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _forget(folder: Path) -> None:
    """Delete the libraries that have not been used for longest."""
    dated = sorted((p.stat().st_mtime, p) for p in folder.iterdir() if len(p.name) == 64)
    for _, path in dated[:-KEPT]:
        path.unlink()


__all__ = ["cached"]
