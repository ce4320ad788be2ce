"""Make points like those of eight clouds on a ring, with the two networks of gan.bp.

    python examples/train_gan.py           in NumPy
    python examples/train_gan.py c         in C, faster

Both modules take the same parameters: each step of one trains its own, and reads the other's.
"""

from __future__ import annotations

import sys

import numpy as np
from training import Array, module

MODES, RADIUS, SPREAD = 8, 2.0, 0.1
"""So many clouds, on a ring of this radius, each with this standard deviation."""
BATCH = 128


def centres() -> Array:
    """Return the middles of the clouds (8, 2)."""
    angle = 2 * np.pi * np.arange(MODES) / MODES
    return RADIUS * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def true_points(rng: np.random.Generator, count: int) -> Array:
    """Return points of the mixture (count, 2)."""
    middle = centres()[rng.integers(0, MODES, count)]
    return (middle + SPREAD * rng.normal(size=(count, 2))).astype("float32")


def judged(points: Array) -> dict[str, float]:
    """Return how many of the points lie within three deviations of a middle, and how many of the
    clouds have at least a quarter of the points that are due to them."""
    distances = np.linalg.norm(points[:, None] - centres(), axis=2)
    near = distances.min(axis=1) < 3 * SPREAD
    hits = np.bincount(distances.argmin(axis=1)[near], minlength=MODES)
    return {
        "share of the points": float(near.mean()),
        "clouds hit": int(np.count_nonzero(hits >= len(points) / MODES / 4)),
    }


def settings(part: float) -> dict[str, float]:
    """Return what changes in the course of training: blur for two thirds, then smaller steps."""
    return {
        "blurred": 0.05 + 1.45 * max(0.0, 1 - 1.5 * part),
        "learning_rate": 0.004 * min(1.0, 2 * (1 - part)),
    }


def run(target: str = "numpy", seed: int = 0, steps: int = 6000) -> dict[str, float]:
    """Train both in turns; return how well points of the generator lie."""
    critic, generator = (module(f"gan.bp:{loss}", target) for loss in ("critic", "generator"))
    rng = np.random.default_rng(seed)
    params = critic.init_params(seed=seed)
    turns = [(net, net.init_state(params, seed=seed)) for net in (critic, generator)]

    def noise(count: int) -> Array:
        return rng.normal(size=(count, 8)).astype("float32")

    for step in range(steps):
        for net, state in turns:
            x = true_points(rng, BATCH)
            net.train_step(params, state, noise(BATCH), x, **settings(step / steps))
    return judged(generator.predict(params, noise(4000)))


if __name__ == "__main__":
    for what, number in run(*sys.argv[1:2]).items():
        print(f"{what:20} {number:.3g}")
