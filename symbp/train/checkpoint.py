"""A training run as a value: what it was told, where it stands; saved and read back exactly."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symbp.artifact import archive, unarchive
from symbp.errors import DataError
from symbp.train.data import Array, Data


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told. `validation` None holds a fifth out where there are 50 samples."""

    epochs: int = 100
    batch_size: int = 32
    seed: int = 0
    validation: float | None = None
    standardize: bool = False
    target_loss: float | None = None
    checkpoint_every: int | None = None
    hyper: Mapping[str, float] = field(default_factory=dict)

    def changed(self, given: Mapping[str, Any]) -> Settings:
        """Return the settings with what is given put in place; hyper-parameters one by one."""
        hyper = {**self.hyper, **given.get("hyper", {})}
        return replace(self, **{**given, "hyper": hyper})


@dataclass(slots=True)
class Run:
    """Where a run stands: parameters and optimizer after len(losses) epochs."""

    settings: Settings
    params: dict[str, Array]
    state: dict[str, Array]
    losses: list[float] = field(default_factory=list)
    changes: tuple[str, ...] = ()
    """What makes a resumed run differ from an unbroken one, in words."""

    def packed(self, module: ModuleType, data: Data) -> bytes:
        """Return the run as the bytes of an `.npz` file."""
        return archive({
            "settings": np.array(json.dumps(asdict(self.settings))),
            "pace": np.array(json.dumps(_pace(module, self.settings))),
            "network": np.array(_identity(module)),
            "data": np.array(fingerprint(data)),
            "losses": np.array(self.losses, dtype=float),
            **{f"param.{name}": array for name, array in self.params.items()},
            **{f"state.{name}": array for name, array in self.state.items()},
        })  # fmt: skip


def begin(module: ModuleType, settings: Settings) -> Run:
    """Return a run that has not made a step."""
    params = module.init_params(settings.seed)
    # A module that draws noise takes a seed for that too.
    noisy = "seed" in inspect.signature(module.init_state).parameters
    state = module.init_state(params, **({"seed": settings.seed} if noisy else {}))
    return Run(settings, params, state)


def restore(path: Path, module: ModuleType, data: Data, given: Mapping[str, Any]) -> Run:
    """Return the run that was saved, with some settings changed; a target loss is asked anew.

    Raises:
        DataError: the file is none, belongs to another network, data or split, or is of a run that
            is further than the epochs that are given.
    """
    saved = _read(path)
    for what, mine in (("network", _identity(module)), ("data", fingerprint(data))):
        if str(saved[what]) != mine:
            raise DataError(
                f"{path.name} was saved while training on another {what}",
                remedy="Resume with the same description, data and dtype, or start anew.",
            )
    settings = _settings(path, saved, module)
    for name in ("seed", "validation", "standardize"):
        if name in given and given[name] != getattr(settings, name):
            raise DataError(
                f"{path.name} was saved with {name} {getattr(settings, name)}, not {given[name]}",
                remedy="Leave the option out to go on, or start anew without --resume.",
            )
    losses = saved["losses"].tolist()
    settings = settings.changed({"target_loss": None, **given})
    if settings.epochs < len(losses):
        raise DataError(
            f"{path.name} has {len(losses)} epochs behind it, more than the {settings.epochs} "
            "that are asked for in all",
            remedy=f"Give --epochs {len(losses)} or more, or start anew without --resume.",
        )
    before, now = _numbers(path, saved["pace"]), _pace(module, settings)
    changes = tuple(
        f"{name} {now[name]:g}, not {old:g}"
        for name, old in before.items()
        if now.get(name, old) != old
    )
    params = module.init_params(0)
    return Run(
        settings, _part(path, saved, "param.", params),
        _part(path, saved, "state.", module.init_state(params)), losses, changes,
    )  # fmt: skip


def fingerprint(data: Data) -> str:
    """Return a digest of the arrays: equal data, equal digest."""
    digest = hashlib.sha256()
    for name, array in data.arrays.items():
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _identity(module: ModuleType) -> str:
    shapes = {name: list(shape) for name, shape in module.PARAMETERS.items()}
    return json.dumps([module.NAME, module.DTYPE, shapes])


def _pace(module: ModuleType, settings: Settings) -> dict[str, float]:
    """Return what every step depends on, the description's defaults included."""
    return {"batch_size": settings.batch_size, **module.HYPERPARAMETERS, **settings.hyper}


def _settings(path: Path, saved: Mapping[str, Array], module: ModuleType) -> Settings:
    """Return the settings of a file that anybody may have written."""
    found = _object(path, saved["settings"])
    hyper = found.get("hyper")
    sound = (
        found.keys() == _KINDS.keys()
        and all(isinstance(found[name], kinds) for name, kinds in _KINDS.items())
        and isinstance(hyper, dict)
        and all(
            n in module.HYPERPARAMETERS and isinstance(v, int | float) for n, v in hyper.items()
        )
    )
    least = {"epochs": 0, "batch_size": 1, "seed": 0, "validation": 0, "checkpoint_every": 1}
    if not sound or any((found[n] if found[n] is not None else m) < m for n, m in least.items()):
        raise _damaged(path)
    return Settings(**found)


_KINDS: dict[str, Any] = {
    "epochs": int, "batch_size": int, "seed": int, "validation": float | int | None,
    "standardize": bool, "target_loss": float | int | None, "checkpoint_every": int | None,
    "hyper": dict,
}  # fmt: skip


def _object(path: Path, text: Array) -> dict[str, Any]:
    try:
        found = json.loads(str(text))
    except (ValueError, RecursionError):
        raise _damaged(path) from None
    if not isinstance(found, dict):
        raise _damaged(path)
    return found


def _numbers(path: Path, text: Array) -> dict[str, float]:
    found = _object(path, text)
    if not all(isinstance(value, int | float) for value in found.values()):
        raise _damaged(path)
    return found


def _damaged(path: Path) -> DataError:
    return DataError(f"{path.name} is damaged", remedy="Start anew, without --resume.")


def _part(
    path: Path, saved: Mapping[str, Array], prefix: str, like: Mapping[str, Array]
) -> dict[str, Array]:
    """Return the arrays of one kind, which must have the shapes and types of this module's."""
    found = {name: saved.get(f"{prefix}{name}") for name in like}
    for name, array in found.items():
        wanted = np.asarray(like[name])
        if array is None or (array.shape, array.dtype) != (wanted.shape, wanted.dtype):
            raise _damaged(path)
    return {name: array for name, array in found.items() if array is not None}


def _read(path: Path) -> dict[str, Array]:
    saved = unarchive(path)
    if not {"settings", "pace", "network", "data", "losses"} <= saved.keys():
        raise DataError(
            f"{path} is no saved run", remedy="Give the NAME.state.npz that train writes."
        )
    if saved["losses"].ndim != 1 or saved["losses"].dtype.kind != "f":
        raise _damaged(path)
    return saved
