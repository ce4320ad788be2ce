"""Losses of distributions over classes, which lie along the last axis."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, Integer, Symbol

from symbp.errors import LanguageError, ShapeError
from symbp.ir.functions import Where, expm1
from symbp.ir.syntax import Reduction
from symbp.lang.handles import Handle, Naming, Rule, axes, exact
from symbp.lang.layers.softmax import partition
from symbp.lang.losses.common import Weights, averaged, named, positive
from symbp.lang.losses.elements import alike


def cross_entropy(
    logits: Handle, t: Handle, *, smoothing: Any = 0, class_weights: Any = None,
    mask: Handle | None = None, weights: Handle | None = None, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the mean over the samples of log(sum exp(z)) - z[t], softmax included.

    Args:
        t: class labels, one for each sample, or a distribution of the logits' shape. Of a
            sequence, logits z[N, T, C] with labels t[N, T], each place is a sample.
        smoothing: s mixes the label with all classes: (1 - s) onehot + s / C. Szegedy et al. 2016.
        class_weights: a tensor w[C] or a number for each class; a sample counts w[t].
        mask, weights: what each sample counts, w[N] or w[N, T]; the mean is sum(w l) / sum(w).

    >>> from symbp.lang.tensors import input, label
    >>> cross_entropy(input("z", "N", 3), label("t", "N", classes=3), smoothing=0.1)
    value cross_entropy

    Raises:
        ShapeError: labels, mask or weights do not suit the logits.
        LanguageError: the smoothing is not from 0 to 1.
    """
    naming = named("cross_entropy", name)
    _check("cross_entropy", logits, t)
    s = positive("smoothing", smoothing, zero=True)
    if s.is_number and s > 1:
        raise LanguageError(f"smoothing is {smoothing}", remedy="Give a number from 0 to 1.")
    loops = axes(logits.rank)
    samples, j = loops[:-1], loops[-1]
    log_sum = sympy.log(partition(logits, naming)[samples])
    counted = Weights(mask, weights)
    own = _of_class(class_weights, t, logits, samples, naming)
    if t.bound is None:
        share = (1 - s) * t[loops] + s / logits.shape[-1]
        body = share * (log_sum - logits[loops])
        return averaged(naming, body, samples, logits.shape[:-1], counted, own, (j,))
    body = log_sum - (1 - s) * logits[(*samples, t[samples])]
    if s != 0:
        mean = Handle(
            "value", logits.shape[:-1], naming.part("mean"),
            [Rule(samples, Reduction("mean", logits[loops], j))],
        )  # fmt: skip
        body = body - s * mean[samples]
    return averaged(naming, body, samples, logits.shape[:-1], counted, own)


def focal(
    logits: Handle, t: Handle, gamma: Any = 2, *, class_weights: Any = None,
    mask: Handle | None = None, weights: Handle | None = None, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the mean of -(1 - p)^gamma log p, with p the softmax of the logits at the label.

    Weights: see `cross_entropy`. Source: Lin et al. 2017.

    >>> from symbp.lang.tensors import input, label
    >>> focal(input("z", "N", 3), label("t", "N", classes=3))
    value focal

    Raises:
        ShapeError: the labels do not suit the logits.
    """
    naming = named("focal", name)
    _check("focal", logits, t)
    if t.bound is None:
        raise ShapeError(f"focal takes labels, not {t!r}", remedy="Declare: label t[N] in 10")
    g = positive("gamma", gamma, zero=True)
    samples = axes(logits.rank)[:-1]
    log_sum = sympy.log(partition(logits, naming)[samples])
    rule = Rule(samples, logits[(*samples, t[samples])] - log_sum)
    log_p = Handle("value", logits.shape[:-1], naming.part("log_p"), [rule])[samples]
    own = _of_class(class_weights, t, logits, samples, naming)
    body = -((-expm1(log_p)) ** g) * log_p
    return averaged(naming, body, samples, logits.shape[:-1], Weights(mask, weights), own)


def kl(
    p: Handle, y: Handle, *, mask: Handle | None = None, weights: Handle | None = None,
    name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the mean over the samples of sum[j](y log(y / p)): how far y is from p.

    Both are distributions along the last axis; where y is 0, nothing is added. Weights: see
    `cross_entropy`. Source: Kullback and Leibler 1951.

    >>> from symbp.lang.tensors import input, target
    >>> kl(input("p", "N", 3), target("y", "N", 3))
    value kl

    Raises:
        ShapeError: the shapes differ, or there is no axis.
    """
    alike("kl", p, y)
    if not p.rank:
        raise ShapeError("kl compares distributions, not numbers", remedy="Give p[N, 3].")
    loops = axes(p.rank) if p.rank > 1 else axes(2)[1:]
    body = Where(y[loops] > 0, y[loops] * (sympy.log(y[loops]) - sympy.log(p[loops])), 0)
    counted = Weights(mask, weights)
    return averaged(named("kl", name), body, loops[:-1], p.shape[:-1], counted, None, loops[-1:])


def gaussian_kl(
    mean: Handle, log_variance: Handle, *, mask: Handle | None = None,
    weights: Handle | None = None, name: str | None = None,
) -> Handle:  # fmt: skip
    """Return the mean over the samples of sum[j](m^2 + exp(s) - s - 1) / 2.

    How far normal distributions with mean m and log-variance s are from the standard one.
    Weights: see `cross_entropy`. Source: Kingma and Welling 2013, appendix B.

    >>> from symbp.lang.tensors import input
    >>> gaussian_kl(input("m", "N", 2), input("s", "N", 2))
    value gaussian_kl
    """
    alike("gaussian_kl", mean, log_variance)
    if not mean.rank:
        raise ShapeError("gaussian_kl takes tensors, not numbers", remedy="Give m[N, 3].")
    loops = axes(mean.rank) if mean.rank > 1 else axes(2)[1:]
    m, s = mean[loops], log_variance[loops]
    body = (m**2 + sympy.exp(s) - s - 1) / 2
    counted, naming = Weights(mask, weights), named("gaussian_kl", name)
    return averaged(naming, body, loops[:-1], mean.shape[:-1], counted, None, loops[-1:])


def _check(word: str, logits: Any, t: Any) -> None:
    handles = isinstance(logits, Handle) and isinstance(t, Handle)
    if not handles or not _suits(logits, t):
        raise ShapeError(
            f"{word} compares logits with labels or with a distribution, not {logits!r} with {t!r}",
            remedy="Write logits z[N, 10] with label t[N] in 10, or with target y[N, 10].",
        )


def _suits(logits: Handle, t: Handle) -> bool:
    if logits.rank == 0 or logits.bound is not None:
        return False
    if t.bound is None:
        return t.shape == logits.shape
    return t.shape == logits.shape[:-1] and t.bound == logits.shape[-1]


def _of_class(
    given: Any, t: Handle, logits: Handle, samples: tuple[Symbol, ...], naming: Naming
) -> Expr | None:
    """Return the weight of the class of each sample, or None where classes count alike."""
    if given is None:
        return None
    classes = logits.shape[-1]
    numbers = isinstance(given, tuple | list)
    fits = len(given) == classes if numbers else (
        isinstance(given, Handle) and given.shape == (classes,)
    )  # fmt: skip
    if not fits or t.bound is None:
        raise ShapeError(
            f"class_weights={given!r} does not suit {t!r}",
            remedy=f"Give one number for each of {classes} classes, and labels.",
        )
    if numbers:
        rules = [Rule((Integer(k),), exact(w)) for k, w in enumerate(given)]
        given = Handle("value", (classes,), naming.part("class_weights"), rules)
    weight: Expr = given[t[samples]]
    return weight
