"""Artifacts on disk: written whole or not at all, compiled, loaded.

In come texts and bytes; out go files, shared libraries and imported modules. Read first
`files.py` (how a file is replaced), then `compiler.py` and `module.py`. Nothing here knows what
a network is.
"""

from symbp.artifact.compiler import compile_c, compiled, find_compiler, library_name
from symbp.artifact.files import archive, unarchive, write
from symbp.artifact.module import load

__all__ = [
    "archive",
    "compile_c",
    "compiled",
    "find_compiler",
    "library_name",
    "load",
    "unarchive",
    "write",
]
