"""C written by hand for one workload, its sizes fixed, its arrays static: see `by_hand/`."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from symbp.bench.by_hand import extension
from symbp.bench.peers.peer import Array, Peer, Prepare, Prepared
from symbp.bench.workloads import Convolutional, Encoder, Perceptron, Recurrent, Workload
from symbp.errors import TargetError

Way = Literal["builtin", "ctypes", "loop"]


@dataclass(frozen=True, slots=True)
class Source:
    """A file, the kind of workload that it is written for, and which of them fit its tiles."""

    kind: type[Workload]
    fits: Callable[[Any], bool]


def _perceptron(workload: Perceptron) -> Mapping[str, object]:
    return {f"S{k}": size for k, size in enumerate(workload.sizes)} | {
        "DEPTH": len(workload.layers()),
        "ACTIVATION": workload.activation.upper(),
        "LAST": (workload.last or "linear").upper(),
        "CROSS_ENTROPY": int(workload.loss == "cross_entropy"),
    }


def _convolutional(workload: Convolutional) -> Mapping[str, object]:
    return {f"C{k}": channels for k, channels in enumerate(workload.channels)} | {
        "SIDE": workload.side,
        "KERNEL": workload.kernel,
        "CLASSES": workload.classes,
    }


def _recurrent(workload: Recurrent) -> Mapping[str, object]:
    return {"D": workload.inputs, "H": workload.units, "T": workload.steps}


def _encoder(workload: Encoder) -> Mapping[str, object]:
    return {
        "T": workload.steps,
        "D": workload.width,
        "HEADS": workload.heads,
        "HIDDEN": workload.wider * workload.width,
        "CLASSES": workload.classes,
    }


MACROS: dict[type, Callable[[Any], Mapping[str, object]]] = {
    Perceptron: _perceptron,
    Convolutional: _convolutional,
    Recurrent: _recurrent,
    Encoder: _encoder,
}
"""What a file is told of the sizes, beside N and RATE."""

SOURCES: dict[str, Source] = {
    "plain": Source(Perceptron, lambda w: len(w.sizes) in (3, 4)),
    "lanes": Source(
        Perceptron, lambda w: w.sizes == (2, 4, 1) and w.batch <= 4 and w.dtype == "float64"
    ),
    "tiled": Source(
        Perceptron,
        lambda w: (
            len(w.sizes) == 4
            and w.dtype == "float32"
            and not (w.batch % 16 or w.sizes[0] % 8 or w.sizes[1] % 32 or w.sizes[2] % 32)
        ),
    ),
    "lenet": Source(
        Convolutional,
        lambda w: (
            w.batch == 32 and w.dtype == "float32" and w.kernel == 5 and w.channels == (1, 8, 16)
        ),
    ),
    "lstm": Source(
        Recurrent,
        lambda w: (w.batch, w.inputs, w.units, w.outputs, w.dtype) == (16, 16, 32, 1, "float32"),
    ),
    "attn": Source(
        Encoder,
        lambda w: (
            w.dtype == "float32"
            and (w.batch, w.steps, w.width, w.heads, w.classes) == (8, 16, 32, 2, 4)
        ),
    ),
}


def prepare(workload: Workload, threads: int, *, source: str, way: Way) -> Prepared:
    """Fill the arrays of the module; call it as a builtin, through ctypes, or let it loop."""
    if not SOURCES[source].fits(workload):
        raise TargetError(f"{source}.c is not written for these sizes")
    macros = {**MACROS[type(workload)](workload), "N": workload.batch, "RATE": workload.rate}
    module = extension(source, workload.dtype, macros)
    initial = workload.parameters()
    given = initial | dict(zip("xy", workload.data(), strict=True))
    arrays: dict[str, Array] = {}
    for name, view in module.arrays().items():
        arrays[name] = np.frombuffer(view, given[name].dtype).reshape(given[name].shape)
        arrays[name][...] = given[name]

    def parameters() -> dict[str, Array]:
        return {name: arrays[name] for name in initial}

    if way == "ctypes":
        function = ctypes.CDLL(module.__file__).by_hand_step
        function.restype = ctypes.c_double
        return Prepared(function, parameters)
    return Prepared(module.step, parameters, module.run if way == "loop" else None)


def _rows(source: str, *ways: Way) -> dict[str, dict[type, Prepare]]:
    kind = SOURCES[source].kind
    return {
        f"C by hand, {source}: {way}": {kind: partial(prepare, source=source, way=way)}
        for way in ways
    }


PEER = Peer(
    "c",
    {
        **_rows("plain", "builtin", "ctypes", "loop"),
        **_rows("lanes", "builtin", "loop"),
        **_rows("tiled", "builtin", "loop"),
        **_rows("lenet", "builtin"),
        **_rows("lstm", "builtin"),
        **_rows("attn", "builtin"),
    },
)
