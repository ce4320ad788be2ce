"""Dense layers, softmax, shapes and norms."""

from __future__ import annotations

from typing import Any

from symbp import lang
from symbp.bench.gradients.case import Case

IMAGES = {"x": (3, 4, 5, 3)}


def _dense(torch: Any, q: Any) -> Any:
    return torch.nn.functional.linear(q["x"], q["h_W"].T, q["h_b"])


def _group_norm(groups: int) -> Case:
    return Case(
        "group_norm", f"{groups} groups", lambda h: lang.group_norm(h["x"], groups, name="h"),
        lambda torch, q: torch.nn.functional.group_norm(q["x"], groups, q["h_g"], q["h_b"]),
        IMAGES,
    )  # fmt: skip


def _norms() -> list[Case]:
    return [
        Case(
            "layer_norm", "of 3 x 4 x 6", lambda h: lang.layer_norm(h["x"], name="h"),
            lambda torch, q: torch.nn.functional.layer_norm(q["x"], (6,), q["h_g"], q["h_b"]),
            {"x": (3, 4, 6)},
        ),
        Case(
            "layer_norm", "plain", lambda h: lang.layer_norm(h["x"], affine=False),
            lambda torch, q: torch.nn.functional.layer_norm(q["x"], (6,)), {"x": (3, 6)},
        ),
        Case(
            "rms_norm", "of 3 x 6", lambda h: lang.rms_norm(h["x"], name="h"),
            lambda torch, q: torch.nn.functional.rms_norm(q["x"], (6,), q["h_g"], eps=1e-5),
            {"x": (3, 6)},
        ),
        *map(_group_norm, (1, 2, 4)),
        Case(
            "batch_norm", "in training", lambda h: lang.batch_norm(h["x"], name="h"),
            lambda torch, q: torch.nn.functional.batch_norm(
                q["x"], None, None, q["h_g"], q["h_b"], training=True
            ),
            IMAGES,
        ),
    ]  # fmt: skip


LAYERS = [
    Case("dense", "5 to 4", lambda h: lang.dense(h["x"], 4, name="h"), _dense, {"x": (6, 5)}),
    Case("dense", "1 to 1", lambda h: lang.dense(h["x"], 1, name="h"), _dense, {"x": (1, 1)}),
    Case(
        "dense", "along a sequence", lambda h: lang.dense(h["x"], 4, name="h"), _dense,
        {"x": (2, 3, 5)},
    ),
    Case(
        "bilinear", "5 and 3 to 4", lambda h: lang.bilinear(h["x"], h["y"], 4, name="h"),
        lambda torch, q: torch.nn.functional.bilinear(q["x"], q["y"], q["h_W"], q["h_b"]),
        {"x": (6, 5), "y": (6, 3)},
    ),
    Case(
        "softmax", "6 x 5", lambda h: lang.softmax(h["x"]),
        lambda torch, q: torch.softmax(q["x"], -1), {"x": (6, 5)},
    ),
    Case(
        "log_softmax", "6 x 5", lambda h: lang.log_softmax(h["x"]),
        lambda torch, q: torch.log_softmax(q["x"], -1), {"x": (6, 5)},
    ),
    Case(
        "flatten", "3 x 4 x 5 x 3", lambda h: lang.flatten(h["x"]),
        lambda torch, q: q["x"].flatten(1), IMAGES,
    ),
    Case(
        "reshape", "to 10 x 6", lambda h: lang.reshape(h["x"], 10, 6),
        lambda torch, q: q["x"].reshape(3, 10, 6), IMAGES,
    ),
    Case(
        "transpose", "0 2 3 1", lambda h: lang.transpose(h["x"], 0, 2, 3, 1),
        lambda torch, q: q["x"].permute(0, 2, 3, 1), IMAGES,
    ),
    Case(
        "slice", "1 to 5 by 2", lambda h: lang.slice(h["x"], 1, 5, axis=2, step=2),
        lambda torch, q: q["x"][:, :, 1:5:2], IMAGES,
    ),
    Case(
        "concat", "3 and 4", lambda h: lang.concat(h["x"], h["y"]),
        lambda torch, q: torch.cat((q["x"], q["y"]), -1), {"x": (2, 3), "y": (2, 4)},
    ),
    *_norms(),
]  # fmt: skip
"""Each against the function that torch has for it."""
