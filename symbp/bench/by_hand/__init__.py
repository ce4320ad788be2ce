"""C written by hand, as an extension module of Python: what a generated step is measured against.

`plain.c` is the loops that one writes down; `tiled.c` and `lanes.c` are as fast as we could make
larger and tiny perceptrons, `lenet.c`, `lstm.c` and `attn.c` the workloads of these names;
`peak.c` is the machine's own rate. `extension.h` makes each of them a module with `step()`,
`run(count)` and `arrays()`. Sizes are macros; the flags are symbp's own.
"""

from __future__ import annotations

import importlib.util
import sysconfig
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from types import ModuleType

from symbp.artifact import compile_c
from symbp.artifact.compiler import NATIVE
from symbp.errors import TargetError

HERE = Path(__file__).parent
REALS = {"float32": "float", "float64": "double"}


def extension(name: str, dtype: str, macros: Mapping[str, object]) -> ModuleType:
    """Compile NAME.c and import it.

    Raises:
        TargetError: there is no compiler, or Python's headers are not installed.
    """
    include = sysconfig.get_paths()["include"]
    if not Path(include, "Python.h").is_file():
        raise TargetError(
            "Python's headers are not installed", remedy="Install the package python3-dev."
        )
    given = {"REAL": REALS[dtype], "MODULE": name, **macros}
    defined = [f"-D{key}={value}" for key, value in given.items()]
    # A folder for each: the loader takes a library of the same path for the same library.
    library = Path(tempfile.mkdtemp(dir=_folder().name), f"{name}.so")
    compile_c(HERE / f"{name}.c", library, flags=[*NATIVE, f"-I{include}", *defined])
    loader = ExtensionFileLoader(name, str(library))
    spec = importlib.util.spec_from_file_location(name, library, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that lasts as long as the process: ctypes opens the library again."""
    return tempfile.TemporaryDirectory()
