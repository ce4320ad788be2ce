"""Load a generated module from its file, as it is on the disk now."""

from __future__ import annotations

import importlib.util
from importlib.machinery import SourceFileLoader
from itertools import count
from pathlib import Path
from types import CodeType, ModuleType

from symbp.errors import DataError, TargetError

FACE = (
    "NAME", "TARGET", "DTYPE", "PARAMETERS", "INPUTS", "OUTPUTS", "HYPERPARAMETERS", "LOSS",
    "init_params", "predict", "forward", "backward", "value_and_grad", "init_state",
)  # fmt: skip
"""The names that every generated module has; with an optimizer also `train_step` and `fit`."""

_numbers = count(1)


class _Fresh(SourceFileLoader):
    """Never reads or leaves cached bytecode: a rebuilt file can have the same second and size."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def load(path: Path) -> ModuleType:
    """Import a generated file under a name of its own; nothing else sees it in sys.modules.

    Raises:
        DataError: there is no such file, or it is no generated module.
        TargetError: it can't be imported here, as when its library is missing.
    """
    name = f"_symbp_artifact_{next(_numbers)}_{path.stem}"
    spec = importlib.util.spec_from_file_location(
        name, path, loader=_Fresh(name, str(path.absolute()))
    )
    if spec is None or spec.loader is None or not path.is_file():
        raise DataError(f"there is no module {path}", remedy="Make it: symbp build SPEC -o DIR")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (ImportError, OSError, SyntaxError) as error:
        raise TargetError(
            f"{path} can't be imported: {error}", remedy="Build it again: symbp build SPEC -o DIR"
        ) from None
    missing = [face for face in FACE if not hasattr(module, face)]
    if missing:
        raise DataError(
            f"{path} is no generated module: it lacks {', '.join(missing)}",
            remedy="Build it again: symbp build SPEC -o DIR",
        )
    return module
