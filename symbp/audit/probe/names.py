"""Whose name means what: data, rates, parameters, and the gradient of which parameter.

>>> role("X_train"), role("learning_rate"), role("n_iters"), role("W1")
('x', 'rate', 'once', None)
>>> match(["W1", "b1"], {"h_W": (2, 3), "h_b": (3,)}, {})
{'W1': 'h_W', 'b1': 'h_b'}
>>> owner("dL_dW1", ["W1", "b1"]), owner("weights1_grad", ["weights1"]), owner("loss", ["b1"])
('W1', 'weights1', None)
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

Shape = tuple[int, ...]

_PART = r"(_?(train|batch|b|data|i|n))?"
ROLES = {
    "x": rf"(x|xs|inputs?|data|features?|images?|samples?|training_inputs){_PART}",
    "y": rf"(y|ys|t|targets?|labels?|expected|outputs?_?true|y_?true|one_?hot_?y|y_?one_?hot"
    rf"|y_?enc|training_outputs){_PART}",
    "rate": r"(lr|l_rate|learning_?rate|alpha|eta|rate|step_?size|epsilon_lr)",
    "once": r"(n_?|num_?|max_?)?(epochs?|iters?|iterations?|steps|repeats?)",
    "count": r"(m|n|batch_?size|n_?samples|num_?samples|num_?examples|batch)",
    "quiet": r"(verbose|print_\w+|plot|debug|display)",
}
PARAMETER = (
    r"(w|b|u|v|weights?|bias(es)?|theta|syn|syn(apse)?s?_?|kernel|gamma|beta|coef|intercept)"
    r"_?[a-z]{0,3}_?\d*|(\w+_)?(w|b|weights?|bias(es)?|kernel)(_\w+)?\d*"
)
BUNDLE = r"(params?|parameters|theta|thetas|model|weights|net|network|p|ws|state)"
_GRADIENT = (
    r"d\w*?_d_?(.+)", r"d_?(.+)", r"grads?_?(?:of_)?(.+)", r"gradients?_?(.+)", r"nabla_?(.+)",
    r"delta_?(.+)", r"g_?(.+)", r"(.+?)_?(?:grads?|gradients?|delta|update|derivative)",
)  # fmt: skip


def role(name: str) -> str | None:
    """Return what an argument of this name is, apart from parameters."""
    low = name.lower().strip("_")
    return next((r for r, form in ROLES.items() if re.fullmatch(form, low)), None)


def is_parameter(name: str) -> bool:
    """Tell whether parameters are called like this."""
    return re.fullmatch(PARAMETER, name.lower().strip("_")) is not None


def is_bundle(name: str) -> bool:
    """Tell whether a dict of parameters is called like this."""
    return re.fullmatch(BUNDLE, name.lower()) is not None


def is_bias(name: str) -> bool:
    """Tell whether biases are called like this: b1, bias_h, h_b."""
    low = short(name).lower()
    return re.search(r"bias|(^|_)b(_|\d|[a-z]?$)", low) is not None


def short(label: str) -> str:
    """Return the last part of a label: W1 of theta.W1, weights[0] of itself."""
    return label.rpartition(".")[2]


def plain(name: str) -> str:
    """Return a name without case and underscores, and with w for weights, b for biases."""
    bare = re.sub(r"[_\W]", "", short(name)).lower()
    return re.sub(r"bias(es)?", "b", re.sub(r"weights?", "w", bare))


def owner(name: str, parameters: Iterable[str]) -> str | None:
    """Return the parameter whose gradient is called like this, or None."""
    known = {plain(p): p for p in parameters}
    for form in _GRADIENT:
        found = re.fullmatch(form, name, re.IGNORECASE)
        if found and plain(found[1]) in known:
            return known[plain(found[1])]
    return None


def match(
    names: Sequence[str], wanted: Mapping[str, Shape], maps: Mapping[str, str],
    shapes: Mapping[str, Shape] | None = None,
) -> dict[str, str]:  # fmt: skip
    """Return the network's parameter for each of the code's, which keep their order.

    They are matched as told, by name, then in order.

    Args:
        names: what the code calls its parameters, in order.
        wanted: the network's parameters and their shapes, in order.
        maps: what the user has said.
        shapes: those of the code's arrays, where they are known.
    """
    found = {n: maps[n] for n in names if n in maps}
    for same in (
        plain,
        lambda name: "".join(sorted(re.findall(r"[a-z]+|\d+", short(name).lower()))),
    ):
        for name in names:
            for parameter in wanted:
                free = name not in found and parameter not in found.values()
                if (
                    free
                    and same(name) == same(parameter)
                    and _fits(name, wanted[parameter], shapes)
                ):
                    found[name] = parameter
    for biases in (False, True):
        left = [n for n in names if n not in found and is_bias(n) == biases]
        left.sort(key=_order)
        for parameter, shape in wanted.items():
            if parameter not in found.values() and (len(shape) < 2) == biases:
                first = next((n for n in left if _fits(n, shape, shapes)), None)
                if first is not None:
                    found[first] = parameter
                    left.remove(first)
    return {n: found[n] for n in names if n in found}


def _order(name: str) -> tuple[int, ...]:
    """Sort W1, W2, W10 by their numbers; names without keep their order."""
    return tuple(int(k) for k in re.findall(r"\d+", name)) or (10**9,)


def _fits(name: str, shape: Shape, shapes: Mapping[str, Shape] | None) -> bool:
    if shapes is None or name not in shapes:
        return True
    given = shapes[name]
    return math.prod(given) == math.prod(shape) and (
        len(shape) < 2 or sorted(given) == sorted(shape)
    )
