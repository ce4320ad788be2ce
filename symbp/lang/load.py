"""From a SPEC, FILE.bp, FILE.bp:LOSS or FILE.py:NAME, to the network that it names.

>>> load("net.txt")
Traceback (most recent call last):
symbp.errors.LanguageError: net.txt is no network
  Give a file FILE.bp, or FILE.py:NAME for a network that Python code builds.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from symbp.errors import LanguageError, Source, SymbpError
from symbp.lang.network import Network
from symbp.lang.parser import chosen, parse_all

MAX_BYTES = 8_000_000


def load(spec: str) -> Network:
    """Return the network of FILE.bp (read, never evaluated) or FILE.py:NAME (imported).

    Where the losses of FILE.bp have names, FILE.bp:LOSS is the network of one.

    Raises:
        SymbpError: there is no such file, or it describes no network.
    """
    path, _, name = spec.rpartition(":")
    if path.endswith(".py") and name:
        return _from_python(Path(path), name)
    if spec.endswith(".bp"):
        return chosen(_from_text(spec), "", spec)
    if path.endswith(".bp"):
        return chosen(_from_text(path), name, path)
    remedy = "Give a file FILE.bp, or FILE.py:NAME for a network that Python code builds."
    if spec.endswith(".py"):
        remedy = f"Say which network: {spec}:NAME"
    raise LanguageError(f"{spec} is no network", remedy=remedy)


def specs(spec: str) -> tuple[str, ...]:
    """Return what names each network of a SPEC: FILE.bp:LOSS for each loss that has a name.

    Raises:
        SymbpError: there is no such file, or it describes no network.
    """
    if not spec.endswith(".bp"):
        return (spec,)
    return tuple(f"{spec}:{loss}" if loss else spec for loss in _from_text(spec))


def _from_text(file: str) -> dict[str, Network]:
    """Return what a file describes; as a last resort any exception becomes an error of ours."""
    text = text_of(Path(file))
    try:
        return parse_all(text, file)
    except SymbpError:
        raise
    except Exception as error:
        notes = " ".join(getattr(error, "__notes__", [f"in {file}"]))
        raise LanguageError(
            f"{notes}: this can't be read ({type(error).__name__}: {error})",
            remedy="Write it otherwise; and please report it: this message should not occur.",
        ) from error


def text_of(path: Path) -> str:
    """Return the text of a file: UTF-8, with or without a byte order mark.

    Raises:
        LanguageError: it can't be read, or is no text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LanguageError(
            f"{path} can't be read: {error.strerror}", remedy="Check the path."
        ) from None
    if len(data) > MAX_BYTES:
        raise LanguageError(
            f"{path} has {len(data)} bytes; {MAX_BYTES} are allowed",
            remedy="Describe large networks in Python.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[start : error.start].decode("utf-8-sig")) + 1
        shown = data[start:].split(b"\n", 1)[0].decode("utf-8", "replace")
        found = (
            "it looks like UTF-16"
            if data[:2] in (b"\xff\xfe", b"\xfe\xff")
            else (f"the byte {data[error.start]:#x} is none of it")
        )
        raise LanguageError(
            f"{path} is no text in UTF-8: {found}",
            source=Source(str(path), line, column, shown), remedy="Save it as UTF-8.",
        ) from None  # fmt: skip
    return text


def _from_python(path: Path, name: str) -> Network:
    found = getattr(_imported(path), name, None)
    if found is None:
        raise LanguageError(
            f"{path} defines no {name}", remedy=f"Give a network that it defines: {path}:NAME"
        )
    network = _guarded(found, path) if callable(found) else found
    if not isinstance(network, Network):
        raise LanguageError(
            f"{name} in {path} is a {type(network).__name__}, not a network",
            remedy="NAME is a network, or a function without arguments that returns one.",
        )
    return network


def _imported(path: Path) -> ModuleType:
    """Return a Python file as a module, under a name that hides no other module."""
    spec = importlib.util.spec_from_file_location(f"symbp_user_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise LanguageError(f"{path} can't be read", remedy="Check the path.")
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    sys.path.insert(0, str(path.parent.resolve()))
    sys.modules[spec.name] = module  # dataclasses of the file look for it there
    try:
        _guarded(lambda: spec.loader.exec_module(module), path)
    finally:
        sys.path[:] = before
        sys.modules.pop(spec.name, None)
    return module


def _guarded(work: object, path: Path) -> object:
    """Run a user's code; its exceptions become one error that names the line."""
    assert callable(work)
    try:
        return work()
    except SymbpError as error:
        raise error.at(_line(error, path)) from None
    except Exception as error:
        at = error if isinstance(error, SyntaxError) else None
        source = Source(str(path), at.lineno or 1, 1) if at else _line(error, path)
        raise LanguageError(
            f"{type(error).__name__}: {error}", source=source, remedy="Mend the Python file."
        ) from error


def _line(error: BaseException, path: Path) -> Source | None:
    """Return the innermost line of the file that the error passed through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename) == path and frame.lineno:
            return Source(str(path), frame.lineno, 1, frame.line or "", len(frame.line or " "))
    return None
