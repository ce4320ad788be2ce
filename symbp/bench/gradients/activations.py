"""Activations, between what they read and the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symbp import lang
from symbp.bench.gradients.case import Case

THEIRS: dict[str, Callable[[Any, Any], Any]] = {
    "linear": lambda torch, u: u,
    "sigmoid": lambda torch, u: torch.sigmoid(u),
    "tanh": lambda torch, u: torch.tanh(u),
    "relu": lambda torch, u: torch.relu(u),
    "leaky_relu": lambda torch, u: torch.nn.functional.leaky_relu(u),
    "elu": lambda torch, u: torch.nn.functional.elu(u),
    "selu": lambda torch, u: torch.nn.functional.selu(u),
    "softplus": lambda torch, u: torch.nn.functional.softplus(u, threshold=1000.0),
    "gelu": lambda torch, u: torch.nn.functional.gelu(u),
    "gelu_tanh": lambda torch, u: torch.nn.functional.gelu(u, approximate="tanh"),
    "silu": lambda torch, u: torch.nn.functional.silu(u),
    "mish": lambda torch, u: torch.nn.functional.mish(u),
    "softsign": lambda torch, u: torch.nn.functional.softsign(u),
    "hard_tanh": lambda torch, u: torch.nn.functional.hardtanh(u),
}


def _case(name: str, theirs: Callable[[Any, Any], Any]) -> Case:
    formula = getattr(lang, name)
    return Case(
        name, "6 x 5", lambda h: 1 * formula(h["x"]), lambda t, q: theirs(t, q["x"]), {"x": (6, 5)}
    )


ACTIVATIONS = [_case(name, theirs) for name, theirs in THEIRS.items()]
