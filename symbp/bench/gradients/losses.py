"""Losses; torch's own where it has them, their formulas in torch where it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symbp import lang
from symbp.bench.gradients.case import Case, mask, weights
from symbp.bench.workloads import Array
from symbp.lang import Handle

N, C = 6, 4
PAIR = {"p": (N, C), "q": (N, C)}

Formula = Callable[[Any, Any, Any], Any]
"""From torch, a prediction and a target to the loss of each element."""

ELEMENTS: dict[str, Formula] = {
    "mse": lambda torch, p, y: torch.nn.functional.mse_loss(p, y, reduction="none"),
    "mae": lambda torch, p, y: torch.nn.functional.l1_loss(p, y, reduction="none"),
    "huber": lambda torch, p, y: torch.nn.functional.huber_loss(p, y, reduction="none"),
    "hinge": lambda torch, p, y: torch.relu(1 - y * p),
    "binary_cross_entropy_with_logits": lambda torch, p, y: (
        torch.nn.functional.binary_cross_entropy_with_logits(p, y, reduction="none")
    ),
}


def _mean(values: Any, counted: Any = None) -> Any:
    """Return the mean, weighted along the first axes."""
    if counted is None:
        return values.mean()
    counted = counted.reshape(*counted.shape, *(1 for _ in values.shape[counted.ndim :]))
    return (values * counted).sum() / (0 * values.detach() + counted).sum()


def _elements(name: str, formula: Formula) -> list[Case]:
    loss = getattr(lang, name)
    y = np.sign(np.random.default_rng(5).normal(size=(N, C)))
    y = (y + 1) / 2 if name.startswith("binary") else y

    def case(words: str, word: str | None, fixed: dict[str, Array]) -> Case:
        def ours(h: dict[str, Handle]) -> Handle:
            made: Handle = loss(h["p"], h["y"], **({word: h["w"]} if word else {}))
            return made

        return Case(
            name, words, ours, lambda t, q: _mean(formula(t, q["p"], q["y"]), q.get("w")),
            {"p": (N, C)}, fixed={"y": y, **fixed}, is_loss=True,
        )  # fmt: skip

    return [
        case("6 x 4", None, {}),
        case("masked", "mask", {"w": mask(N, C)}),
        case("weighted", "weights", {"w": weights(N)}),
    ]


def _classes(
    words: str, fixed: dict[str, Array] | None = None, shape: tuple[int, ...] = (N,),
    settings: dict[str, Any] | None = None, smoothing: float = 0.0,
) -> Case:  # fmt: skip
    given = settings or {}
    counted = given.get("class_weights")

    def ours(h: dict[str, Handle]) -> Handle:
        named: dict[str, Any] = {key: h[key] for key in (fixed or {})}
        return lang.cross_entropy(h["z"], h["t"], smoothing=smoothing, **given, **named)

    def theirs(torch: Any, q: Any) -> Any:
        own = None if counted is None else torch.tensor(counted, dtype=torch.float64)
        losses = torch.nn.functional.cross_entropy(
            q["z"].flatten(0, -2), q["t"].flatten(), own,
            reduction="none" if fixed else "mean", label_smoothing=smoothing,
        )  # fmt: skip
        return _mean(losses, q[next(iter(fixed))].flatten()) if fixed else losses

    return Case(
        "cross_entropy", words, ours, theirs, {"z": (*shape, C)}, {"t": (shape, C)},
        fixed or {}, is_loss=True,
    )  # fmt: skip


def _focal(torch: Any, q: Any) -> Any:
    log_p = torch.log_softmax(q["z"], -1).gather(1, q["t"][:, None])[:, 0]
    return (-((1 - log_p.exp()) ** 2) * log_p).mean()


def _kl(torch: Any, q: Any) -> Any:
    return torch.nn.functional.kl_div(torch.log_softmax(q["z"], -1), q["y"], reduction="batchmean")


def _gaussian_kl(torch: Any, q: Any) -> Any:
    normal = torch.distributions.Normal
    given = normal(q["p"], (q["q"] / 2).exp())
    standard = normal(torch.zeros_like(q["p"]), torch.ones_like(q["p"]))
    return torch.distributions.kl_divergence(given, standard).sum(-1).mean()


def _gaussian_nll(torch: Any, q: Any) -> Any:
    return torch.nn.functional.gaussian_nll_loss(q["p"], q["y"], q["q"].exp(), full=True)


def _triplet(torch: Any, q: Any) -> Any:
    near, far = (((q["p"] - q[k]) ** 2).sum(-1) for k in "qr")
    return torch.relu(near - far + 1).mean()


def _contrastive(torch: Any, q: Any) -> Any:
    square = ((q["p"] - q["q"]) ** 2).sum(-1)
    apart = torch.relu(2 - torch.sqrt(square + 1e-12)) ** 2
    return ((q["y"] * square + (1 - q["y"]) * apart) / 2).mean()


def _loss(
    name: str, words: str, ours: Callable[[dict[str, Handle]], Handle],
    theirs: Callable[[Any, Any], Any], shapes: Mapping[str, tuple[int, ...]], **given: Any,
) -> Case:  # fmt: skip
    return Case(name, words, ours, theirs, shapes, **given, is_loss=True)


SHARES = weights(N, C) / weights(N, C).sum(1, keepdims=True)

LOSSES = [
    *(case for name, formula in ELEMENTS.items() for case in _elements(name, formula)),
    _loss(
        "sse", "6 x 4", lambda h: lang.sse(h["p"], h["q"]),
        lambda torch, q: ((q["p"] - q["q"]) ** 2).sum() / 2, PAIR,
    ),
    _loss(
        "binary_cross_entropy", "of sigmoids",
        lambda h: lang.binary_cross_entropy(lang.sigmoid(h["p"]), h["y"]),
        lambda torch, q: torch.nn.functional.binary_cross_entropy(torch.sigmoid(q["p"]), q["y"]),
        {"p": (N, C)}, fixed={"y": mask(N, C)},
    ),
    _classes("labels"),
    _classes("labels of a sequence", shape=(3, 5)),
    _classes("smoothed", smoothing=0.1),
    _classes("weights of classes", settings={"class_weights": (0.5, 1.0, 2.0, 3.0)}),
    _classes("masked", {"mask": mask(3, 5)}, shape=(3, 5)),
    _classes("weighted, smoothed", {"weights": weights(N)}, smoothing=0.2),
    _loss(
        "cross_entropy", "distributions", lambda h: lang.cross_entropy(h["z"], h["y"]),
        lambda torch, q: torch.nn.functional.cross_entropy(q["z"], q["y"]),
        {"z": (N, C)}, fixed={"y": SHARES},
    ),
    _loss(
        "focal", "gamma 2", lambda h: lang.focal(h["z"], h["t"]), _focal, {"z": (N, C)},
        labels={"t": ((N,), C)},
    ),
    _loss(
        "kl", "of softmax", lambda h: lang.kl(lang.softmax(h["z"]), h["y"]), _kl, {"z": (N, C)},
        fixed={"y": SHARES},
    ),
    _loss("gaussian_kl", "6 x 4", lambda h: lang.gaussian_kl(h["p"], h["q"]), _gaussian_kl, PAIR),
    _loss(
        "gaussian_nll", "6 x 4", lambda h: lang.gaussian_nll(h["p"], h["y"], h["q"]),
        _gaussian_nll, PAIR, fixed={"y": weights(N, C)},
    ),
    _loss(
        "triplet", "margin 1", lambda h: lang.triplet(h["p"], h["q"], h["r"]), _triplet,
        {**PAIR, "r": (N, C)},
    ),
    _loss(
        "contrastive", "margin 2", lambda h: lang.contrastive(h["p"], h["q"], h["y"], 2),
        _contrastive, PAIR, fixed={"y": mask(N)},
    ),
]  # fmt: skip
