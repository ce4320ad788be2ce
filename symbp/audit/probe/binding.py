"""What is given for an argument: data, parameters, a rate, sizes, and what `forward` returned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from symbp.audit.probe.names import is_bias, is_bundle, is_parameter, plain, role, short
from symbp.audit.probe.subject import Subject

Array = np.ndarray[Any, np.dtype[Any]]
MISSING = object()
RATE = 0.5
"""The learning rate that is given: large enough to read gradients off a change of parameters."""


@dataclass(frozen=True, slots=True)
class Datum:
    """An input or target of the network; of labels, how many classes there are."""

    name: str
    role: str
    classes: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: a function of a file, and the network that it should differentiate."""

    file: str
    function: str
    parameters: Mapping[str, tuple[int, ...]]
    data: Sequence[Datum]
    maps: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Convention:
    """How arrays lie: one way of calling the code."""

    columns: bool
    turned: bool
    bias: str
    one_hot: bool

    @property
    def words(self) -> str:
        """The convention, as a person would say it."""
        parts = [f"samples are {'columns' if self.columns else 'rows'}"]
        parts += ["weights are (out, in)"] if self.turned else []
        parts += [f"biases are {self.bias}s"] if self.bias != "flat" else []
        return ", ".join(parts + (["labels are one-hot"] if self.one_hot else []))


def conventions(labels: bool) -> Iterator[Convention]:
    """Yield the ways in which arrays lie, the usual ones first."""
    for columns, turned in ((False, False), (True, True), (False, True), (True, False)):
        biases = ("column", "flat", "row") if columns else ("flat", "row", "column")
        for bias, one_hot in product(biases, (False, True) if labels else (False,)):
            yield Convention(columns, turned, bias, one_hot)


class Giver:
    """Hands out a point's numbers in one convention, and takes gradients back."""

    def __init__(
        self, request: Request, subject: Subject, values: Mapping[str, Array], way: Convention
    ) -> None:
        self.request = request
        self.subject = subject
        self.values = values
        self.way = way
        self.turned: set[str] = set()
        self.owned: dict[str, str] = {}
        """The network's parameter for each of the code's."""

    def parameter(self, name: str, like: tuple[int, ...] | None = None) -> Array:
        """Return a parameter as the code holds it: transposed, or with an axis of one."""
        value = np.array(self.values[name], dtype=float)
        if value.ndim == 2:
            square = value.shape[0] == value.shape[1]
            known = like is not None and not square and sorted(like) == sorted(value.shape)
            if like != value.shape if known else self.way.turned:
                self.turned.add(name)
                return np.ascontiguousarray(value.T)
            return value
        if value.ndim < 2 and like is not None and np.prod(like, dtype=int) == value.size:
            return value.reshape(like)
        if value.ndim < 2 and self.way.bias != "flat":
            return value.reshape((-1, 1) if self.way.bias == "column" else (1, -1))
        return value

    def back(self, name: str, array: Any) -> Array:
        """Return a gradient, or a parameter, as the network holds it."""
        value = np.asarray(array, dtype=float)
        bias = len(self.request.parameters[name]) < 2
        return (
            value.T
            if value.ndim == 2 and (self.way.columns if bias else name in self.turned)
            else value
        )

    def datum(self, name: str) -> Any:
        """Return what an argument of this name is given of the data, or MISSING."""
        told = self.request.maps.get(name)
        part = role(name)
        for datum in self.request.data:
            kin = {"x": ("input",), "y": ("target", "label")}.get(part or "", ())
            same = plain(datum.name) == plain(name)
            if datum.name == told or (told is None and same):
                return self._laid(datum)
            if told is None and datum.role in kin and not self._named(name):
                return self._laid(datum)
        return MISSING

    def _named(self, name: str) -> bool:
        """Tell whether an input of the network has an argument's name itself."""
        return any(plain(d.name) == plain(name) for d in self.request.data)

    def _laid(self, datum: Datum) -> Array:
        value = np.array(self.values[datum.name])
        if datum.classes and self.way.one_hot:
            value = np.eye(datum.classes)[value]
        return np.ascontiguousarray(value.T) if self.way.columns and value.ndim == 2 else value

    def number(self, name: str) -> Any:
        """Return what an argument of this name is given that is no array, or MISSING."""
        if name in self.request.numbers:
            return self.request.numbers[name]
        first = np.asarray(self.values[self.request.data[0].name])
        known = {"rate": RATE, "once": 1, "count": len(first), "quiet": False}
        return known.get(role(name) or "", MISSING)

    def bundle(self, name: str) -> Any:
        """Return a dict, or a list, of parameters for an argument of this name, or MISSING."""
        labels = [label for label in self.owned if label.startswith((f"{name}.", f"{name}["))]
        if not labels:
            return MISSING
        arrays = [self.parameter(self.owned[label]) for label in labels]
        if labels[0].startswith(f"{name}["):
            return arrays
        return dict(zip(map(short, labels), arrays, strict=True))

    def argument(self, name: str) -> Any:
        """Return what an argument of this name is given, or MISSING."""
        if name in self.owned:
            return self.parameter(self.owned[name])
        for source in (self.bundle, self.datum, self.number):
            value = source(name)
            if value is not MISSING:
                return value
        return MISSING

    def widths(self) -> list[int]:
        """Return the widths of the layers, from the weights: (2, 4), (4, 1) gives 2, 4, 1."""
        shapes = [s for s in self.request.parameters.values() if len(s) == 2]
        return [shapes[0][0], *(s[1] for s in shapes)] if shapes else []

    def construction(self, arguments: Sequence[tuple[str, bool]]) -> dict[str, Any]:
        """Return what a class is constructed with: data, rates, and widths of layers."""
        widths, found = self.widths(), {}
        hidden = iter(widths[1:-1])
        for name, needed in arguments:
            low = name.lower()
            if re.search(r"layers|sizes|dims|arch|topology|shape", low):
                value: Any = list(widths)
            elif re.search(r"^(n_?)?(in|x)|input|feat", low) and not re.fullmatch(r"x|inputs", low):
                value = widths[0]
            elif re.search(r"^(n_?)?(out|y_|y$)|output|class", low) and low != "y":
                value = widths[-1]
            elif re.search(r"hid|^n_?h|units|neurons|width", low):
                value = next(hidden, widths[-1])
            else:
                value = self.argument(name)
            if value is not MISSING and (needed or role(name) == "rate"):
                found[name] = value
        return found


def parameter_labels(subject: Subject, names: Sequence[str], layers: int) -> list[str]:
    """Return the parameters among a function's arguments, those of dicts with their keys."""
    found = []
    for name in names:
        keys = [k for k in subject.keys(name) if is_parameter(k)]
        if keys:
            found += [f"{name}.{key}" for key in keys]
        elif is_bundle(name) and not re.fullmatch(r"p|net", name):
            found += [f"{name}.{kind}{k}" for k in range(1, layers + 1) for kind in "Wb"]
        elif role(name) is None and is_parameter(name):
            found.append(name)
    return found


__all__ = ["MISSING", "RATE", "Convention", "Datum", "Giver", "Request", "conventions", "is_bias",
           "parameter_labels"]  # fmt: skip
