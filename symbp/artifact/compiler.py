"""Compile C files into a shared library with the compiler that is there.

Looked for in this order: what the environment variable CC says, cc, gcc, clang, and the one that
comes with the Python package ziglang (`pip install "symbp[compiler]"`).

The library is built where it is used, so it may use every instruction of this processor. No flag
allows the compiler to reorder sums or to forget NaN and infinity: there is no -ffast-math here.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from symbp.artifact.cache import cached
from symbp.errors import TargetError

LINK = ("-undefined", "dynamic_lookup") if sys.platform == "darwin" else ("-Wl,-Bsymbolic",)
"""On macOS a library must say that the functions of Python come with the process that loads it;
elsewhere, that its own functions call each other, whatever else is loaded."""

FLAGS = ("-std=c99", "-O3", "-fPIC", "-shared", *LINK)
"""What every library is compiled with."""

NATIVE = (
    "-march=native", "-mtune=generic", "-ffp-contract=fast", "-fno-math-errno",
    "-fno-trapping-math",
)  # fmt: skip
"""Left out where the compiler doesn't know them.

-mtune=generic      a compiler that is older than the processor takes it for another: gcc 12 does
                    so with Zen 4, and its schedules for Zen 3 take LeNet 1.3 times as long
-ffp-contract=fast  -std=c99 keeps gcc from joining a * b + c into one instruction, which rounds
                    once instead of twice; without it, matrix products take twice as long
-fno-math-errno     lets sqrt be an instruction, and a loop of it vectors: Adam's update takes half
                    as long; errno, which nothing here reads, is all that changes
-fno-trapping-math  lets both sides of a choice be computed at once; the flags of floating-point
                    exceptions, which nothing here reads, are all that changes
"""


def library_name(name: str) -> str:
    """Return the file name of a network's library; NAME.so would hide NAME.py from Python.

    >>> library_name("xor")
    'libxor.so'
    """
    return f"lib{name}.so"


def compiled(files: Mapping[str, str | bytes], library: str, *, threads: bool = False) -> bytes:
    """Return the bytes of the library that the C files among `files` (name -> text) make.

    Nothing is left in the current folder, so a module can be written with its library, whole or
    not at all. What has been compiled before comes from a cache (cache.py).

    Args:
        threads: the files have OpenMP's pragmas.

    Raises:
        TargetError: see `compile_c`.
    """
    flags = (*NATIVE, "-fopenmp") if threads else NATIVE
    needed = {n: content for n, content in files.items() if n.endswith((".c", ".h"))}

    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in needed.items():
                data = content.encode() if isinstance(content, str) else content
                Path(folder, name).write_bytes(data)
            sources = [Path(folder, name) for name in needed if name.endswith(".c")]
            compile_c(sources, Path(folder, library), flags=flags)
            return Path(folder, library).read_bytes()

    command = find_compiler()
    # Its version, and what "native" means on this processor.
    about = _run([*command, *FLAGS, *flags, "-dM", "-E", "-x", "c", os.devnull]).stdout
    return cached([*command, *FLAGS, *flags, about, *(t for f in needed.items() for t in f)], make)


def compile_c(
    source: Path | Sequence[Path], library: Path, *, flags: Sequence[str] = NATIVE
) -> None:
    """Compile a C file, or several, into a shared library.

    An older library stays until the new one is whole, and a process that has loaded it keeps it
    unharmed: the new one is a file of its own. (The dynamic loader knows libraries by their path,
    so that process sees the new one when restarted.)

    Args:
        flags: added to FLAGS; an empty sequence gives a library for any processor of the family.

    Raises:
        TargetError: there is no compiler, or it refuses a file; its own words are shown.
    """
    command = find_compiler()
    sources = [source] if isinstance(source, Path) else source
    temporary = library.with_name(f".{library.name}.{secrets.token_hex(4)}.tmp")
    attempts = [tuple(flags), ()] if flags else [()]
    try:
        library.parent.mkdir(parents=True, exist_ok=True)
        for extra in attempts:
            files = ["-o", str(temporary), *map(str, sources)]
            result = _run([*command, *FLAGS, *extra, *files, "-lm"])
            if result.returncode == 0:
                os.replace(temporary, library)
                return
    except OSError as error:
        raise TargetError(
            f"{library} can't be built: {error.strerror or error}",
            remedy="Check the compiler in CC and that the folder can be written.",
        ) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    names = ", ".join(path.name for path in sources)
    raise TargetError(
        f"{shlex.join(command)} does not compile {names}:\n{result.stderr.strip()}",
        remedy="Choose another compiler with the environment variable CC.",
    )


def find_compiler() -> list[str]:
    """Return the command of a C compiler.

    Raises:
        TargetError: there is none, or CC names one that isn't there.
    """
    chosen = shlex.split(os.environ.get("CC", ""))
    if chosen:
        if shutil.which(chosen[0]) is None:
            raise TargetError(
                f"the C compiler {chosen[0]!r} that CC names is not there",
                remedy="Set CC to one that is, or unset it.",
            )
        return chosen
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return [name]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    raise TargetError(
        "there is no C compiler here",
        remedy='Build with --target numpy, or get a compiler: pip install "symbp[compiler]"',
    )


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
