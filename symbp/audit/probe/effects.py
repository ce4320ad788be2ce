"""Gradients from what a call returned, or from what it has changed.

In this order: what is returned under a gradient's name; what is returned as a parameter, or has
become of one, whose change divided by the learning rate is the gradient; what is kept under a
gradient's name in the object or in the function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symbp.audit.probe.names import is_bundle, owner, plain, role, short

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass
class Effects:
    """What a call has done: gradients and new values, by the code's names."""

    gradients: dict[str, Any] = field(default_factory=dict)
    updated: dict[str, Any] = field(default_factory=dict)


def labelled(holder: Mapping[str, Any]) -> dict[str, Array]:
    """Return the arrays in some variables: by name, by name.key in dicts, by name[k] in lists."""
    found: dict[str, Any] = {}
    for name, value in holder.items():
        if isinstance(value, np.ndarray | float):
            found[name] = value
        elif isinstance(value, dict):
            found |= {f"{name}.{k}": v for k, v in value.items() if isinstance(v, np.ndarray)}
        elif isinstance(value, list | tuple) and all(isinstance(v, np.ndarray) for v in value):
            found |= {f"{name}[{k}]": v for k, v in enumerate(value)}
    return found


def of_result(result: Any, names: Sequence[str | None], parameters: Sequence[str]) -> Effects:
    """Return the gradients and parameters among what a function returned.

    Args:
        names: what the return statement calls its parts.
        parameters: what the code calls its parameters, in order.
    """
    parts = list(result) if isinstance(result, tuple | list) else [result]
    names = names if len(names) == len(parts) else [None] * len(parts)
    effects = Effects()
    for name, part in zip(names, parts, strict=True):
        for label, value in _entries(name, part):
            _sort(name, label, value, parameters, effects)
    arrays = [p for p in parts if isinstance(p, np.ndarray | float)]
    nothing = not effects.gradients and not effects.updated
    if nothing and len(arrays) == len(parameters) and len(arrays) == len(parts):
        effects.gradients.update(zip(parameters, arrays, strict=True))
    return effects


def _entries(name: str | None, part: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict):
        yield from ((str(k), v) for k, v in part.items() if isinstance(v, np.ndarray | float))
    elif isinstance(part, list | tuple):
        yield from ((f"{name}[{k}]", v) for k, v in enumerate(part))
    elif name is not None and isinstance(part, np.ndarray | float):
        yield name, part


def _sort(
    name: str | None, label: str, value: Any, parameters: Sequence[str], effects: Effects
) -> None:
    """Put a value among the gradients or the parameters, or nowhere."""
    whose = owner(label, parameters)
    known = {plain(p): p for p in parameters}
    if whose is not None and plain(label) not in known:
        effects.gradients[whose] = value
    elif plain(label) in known:
        # grads["W1"] is a gradient, theta["W1"] and W1 themselves are parameters.
        bundled = label != name
        target = effects.gradients if bundled and not is_bundle(name or "") else effects.updated
        target[known[plain(label)]] = value
    elif "[" in label and owner(label.partition("[")[0], {p.partition("[")[0] for p in parameters}):
        stem = owner(label.partition("[")[0], {p.partition("[")[0] for p in parameters})
        effects.gradients[f"{stem}[{label.partition('[')[2]}"] = value


def of_change(
    before: Mapping[str, Array], after: Mapping[str, Any], parameters: Sequence[str]
) -> dict[str, Any]:
    """Return the parameters that are no longer what was given."""
    changed = {}
    for name in parameters:
        for label in (name, short(name)):
            value = after.get(label)
            if value is not None and not _equal(value, before[name]):
                changed[name] = value
                break
    return changed


def of_names(places: Mapping[str, Any], parameters: Sequence[str]) -> dict[str, Any]:
    """Return what is kept under a gradient's name: self.dW1, grads["W1"] of a local dict."""
    found = {}
    for label, value in places.items():
        whose = owner(short(label), parameters)
        if whose is None and label.partition(".")[0].startswith(("grad", "nabla", "d")):
            known = {plain(p): p for p in parameters}
            whose = known.get(plain(label)) if "." in label else None
        if whose is not None and label not in parameters:
            found[whose] = value
    return found


def rate_of(*holders: Mapping[str, Any]) -> float:
    """Return the learning rate that a call has used; 1 where there is none."""
    for holder in holders:
        for name, value in holder.items():
            if role(name) == "rate" and isinstance(value, int | float) and value:
                return float(value)
    return 1.0


def _equal(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and bool(np.all(np.asarray(a) == np.asarray(b)))
