"""Optimizers, written as in an algorithm box; clipping; the update as a program of equations.

>>> momentum(learning_rate=0.1).lines
('v = momentum*v + g', 'w = w - learning_rate*v')

In a line `w` is a parameter, `g` its gradient and `t` the number of updates, which all
parameters share. Any other name is a hyper-parameter, or else a state that each parameter has:
what a line reads before a line sets it. Later lines see the new values; states begin at zero.

    sgd, momentum, nesterov   Polyak 1964; Nesterov 1983; in the form of Sutskever et al. 2013
    adagrad                   Duchi, Hazan and Singer 2011
    rmsprop                   Tieleman and Hinton 2012
    adam, adamw               Kingma and Ba 2015; Loshchilov and Hutter 2019
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sympy import Expr

from symbp.errors import LanguageError
from symbp.lang.schedules import Schedule, number, rated


@dataclass(frozen=True, slots=True)
class Optimizer:
    """Update lines and the defaults of their hyper-parameters, some of them scheduled."""

    lines: tuple[str, ...]
    hyper: dict[str, Expr | Schedule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clip:
    """A limit for the gradients: of each element (`value`) or of their global norm (`norm`)."""

    kind: str
    limit: Expr


def optimizer(lines: str | tuple[str, ...], **hyper: float | Schedule) -> Optimizer:
    """Return an optimizer of one's own.

    >>> signs = optimizer("w = w - rate * sign(g)", rate=0.01)
    >>> signs.hyper
    {'rate': 1/100}
    """
    given = lines.strip().splitlines() if isinstance(lines, str) else lines
    defaults = {k: v if isinstance(v, Schedule) else number(k, v) for k, v in hyper.items()}
    return Optimizer(tuple(line.strip() for line in given), defaults)


def sgd(*, learning_rate: float | Schedule = 0.01) -> Optimizer:
    """Return gradient descent: w - learning_rate g."""
    rate = rated("learning_rate", learning_rate)
    return optimizer(("w = w - learning_rate*g",), learning_rate=rate)


def momentum(*, learning_rate: float | Schedule = 0.01, momentum: float = 0.9) -> Optimizer:
    """Return gradient descent with a velocity."""
    return optimizer(
        ("v = momentum*v + g", "w = w - learning_rate*v"),
        learning_rate=rated("learning_rate", learning_rate), momentum=momentum,
    )  # fmt: skip


def nesterov(*, learning_rate: float | Schedule = 0.01, momentum: float = 0.9) -> Optimizer:
    """Return gradient descent that looks ahead along the velocity."""
    return optimizer(
        ("v = momentum*v + g", "w = w - learning_rate*(g + momentum*v)"),
        learning_rate=rated("learning_rate", learning_rate), momentum=momentum,
    )  # fmt: skip


def adagrad(*, learning_rate: float | Schedule = 0.01, epsilon: float = 1e-10) -> Optimizer:
    """Return steps divided by the root of all squared gradients so far."""
    return optimizer(
        ("s = s + g**2", "w = w - learning_rate*g/(sqrt(s) + epsilon)"),
        learning_rate=rated("learning_rate", learning_rate), epsilon=epsilon,
    )  # fmt: skip


def rmsprop(
    *, learning_rate: float | Schedule = 0.001, rho: float = 0.9, epsilon: float = 1e-8
) -> Optimizer:
    """Return steps divided by the root of the running mean of squared gradients."""
    return optimizer(
        ("s = rho*s + (1 - rho)*g**2", "w = w - learning_rate*g/(sqrt(s) + epsilon)"),
        learning_rate=rated("learning_rate", learning_rate), rho=rho, epsilon=epsilon,
    )  # fmt: skip


_MOMENTS = ("t = t + 1", "m = beta1*m + (1 - beta1)*g", "v = beta2*v + (1 - beta2)*g**2")
_STEP = "learning_rate*(m/(1 - beta1**t))/(sqrt(v/(1 - beta2**t)) + epsilon)"


def adam(
    *, learning_rate: float | Schedule = 0.001, beta1: float = 0.9, beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> Optimizer:  # fmt: skip
    """Return steps by the first moment over the root of the second, both without bias."""
    return optimizer(
        (*_MOMENTS, f"w = w - {_STEP}"),
        learning_rate=rated("learning_rate", learning_rate), beta1=_share("beta1", beta1),
        beta2=_share("beta2", beta2), epsilon=epsilon,
    )  # fmt: skip


def adamw(
    *, learning_rate: float | Schedule = 0.001, beta1: float = 0.9, beta2: float = 0.999,
    epsilon: float = 1e-8, weight_decay: float = 0.01,
) -> Optimizer:  # fmt: skip
    """Return adam with a weight decay that the moments do not see."""
    return optimizer(
        (*_MOMENTS, f"w = w - learning_rate*weight_decay*w - {_STEP}"),
        learning_rate=rated("learning_rate", learning_rate), beta1=_share("beta1", beta1),
        beta2=_share("beta2", beta2), epsilon=epsilon,
        weight_decay=weight_decay,
    )  # fmt: skip


def _share(name: str, value: float) -> Expr:
    """Return what a running mean keeps of itself; with 1 it would never begin."""
    found = number(name, value)
    if found.is_negative or not (1 - found).is_positive:
        raise LanguageError(f"{name} is {value}", remedy="Give a number from 0 to below 1.")
    return found


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adamw,
}
"""Every optimizer by its name in the text form."""


def clip_value(limit: float) -> Clip:
    """Return the rule that cuts each element of a gradient off at -limit and limit."""
    return _clip("value", limit)


def clip_norm(limit: float) -> Clip:
    """Return the rule that scales all gradients together to a norm of at most the limit."""
    return _clip("norm", limit)


def _clip(kind: str, limit: float) -> Clip:
    found = number(f"clip {kind}", limit)
    if not found.is_positive:
        raise LanguageError(f"clip {kind}({limit}) leaves nothing", remedy="Give a limit above 0.")
    return Clip(kind, found)


CLIPS: dict[str, Callable[..., Clip]] = {"value": clip_value, "norm": clip_norm}
"""Every way of clipping by its name in the text form."""
