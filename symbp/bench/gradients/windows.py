"""Convolutions, their transposes and pools, over settings."""

from __future__ import annotations

from typing import Any

from symbp import lang
from symbp.bench.gradients.case import Case

Settings = dict[str, Any]

SHAPES = {1: (2, 4, 11), 2: (2, 4, 9, 8)}
"""Of x, by the number of axes that a kernel moves along."""

CONVOLUTIONS: list[Settings] = [
    {"kernel": 3},
    {"kernel": 1},
    {"kernel": 3, "stride": 2, "padding": 1},
    {"kernel": 2, "dilation": 3},
    {"kernel": 3, "padding": 2, "dilation": 2, "stride": 2, "groups": 2},
    {"kernel": 3, "groups": 4},
]
UNEVEN: list[Settings] = [
    {"kernel": (3, 1), "stride": (1, 2), "padding": (1, 0), "dilation": (2, 1)}
]
POOLS: list[Settings] = [
    {"kernel": 2},
    {"kernel": 3, "stride": 1},
    {"kernel": 3, "stride": 2, "padding": 1},
    {"kernel": 1},
]
DILATED: list[Settings] = [{"kernel": 2, "stride": 1, "dilation": 3}]


def _words(settings: Settings) -> str:
    """Write the settings in words: kernel 3x1, stride 2.

    >>> _words({"kernel": (3, 1), "stride": 2})
    'kernel 3x1, stride 2'
    """
    shown = {k: v if isinstance(v, int) else "x".join(map(str, v)) for k, v in settings.items()}
    return ", ".join(f"{key} {value}" for key, value in shown.items())


def _convolution(name: str, rank: int, settings: Settings) -> Case:
    rest = {key: value for key, value in settings.items() if key != "kernel"}
    layer = getattr(lang, name)

    def theirs(torch: Any, q: Any) -> Any:
        return getattr(torch.nn.functional, name)(q["x"], q["h_K"], q["h_b"], **rest)

    return Case(
        name, _words(settings), lambda h: layer(h["x"], 8, **settings, name="h"), theirs,
        {"x": SHAPES[rank]},
    )  # fmt: skip


def _pool(word: str, rank: int, settings: Settings) -> Case:
    def theirs(torch: Any, q: Any) -> Any:
        given = {("kernel_size" if k == "kernel" else k): v for k, v in settings.items()}
        return getattr(torch.nn.functional, f"{word}_pool{rank}d")(q["x"], **given)

    name = f"{word}_pool{rank}d"
    layer = getattr(lang, name)
    return Case(
        name, _words(settings), lambda h: layer(h["x"], **settings), theirs, {"x": SHAPES[rank]}
    )


def _global(word: str) -> Case:
    layer = getattr(lang, f"global_{word}_pool")
    method = {"max": "amax", "avg": "mean"}[word]
    return Case(
        f"global_{word}_pool", "of 9 x 8", lambda h: layer(h["x"]),
        lambda torch, q: getattr(q["x"], method)((2, 3)), {"x": SHAPES[2]},
    )  # fmt: skip


WINDOWS = [
    *(
        _convolution(f"{word}{rank}d", rank, settings)
        for word in ("conv", "conv_transpose")
        for rank in (1, 2)
        for settings in CONVOLUTIONS + (UNEVEN if rank == 2 else [])
    ),
    *(_pool("max", r, s) for r in (1, 2) for s in POOLS + DILATED),
    *(_pool("avg", r, s) for r in (1, 2) for s in POOLS),
    _global("max"),
    _global("avg"),
]
