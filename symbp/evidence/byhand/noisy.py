"""Networks that are given noise: a variational autoencoder, a critic, a generator."""

from __future__ import annotations

import numpy as np

from symbp.evidence.byhand.common import Array, Arrays, dense, sigmoid


def _apply(q: Arrays, name: str, a: Array) -> Array:
    return np.asarray(a @ q[f"{name}_W"] + q[f"{name}_b"])


def _relu(q: Arrays, name: str, a: Array) -> Array:
    return np.maximum(_apply(q, name, a), 0)


def _normal(u: Array) -> Array:
    """Return normal numbers of pairs of uniform ones. Source: Box and Muller 1958."""
    two = u.dtype.type(2)
    return np.asarray(np.sqrt(-two * np.log1p(-u[0])) * np.cos(two * u.dtype.type(np.pi) * u[1]))


def vae(q: Arrays, x: Array, u: Array) -> Arrays:
    e = _normal(u)
    count = x.dtype.type(len(x))
    a = _relu(q, "a", x)
    mean, log_v = _apply(q, "mean_z", a), _apply(q, "log_v", a)
    deviation = np.exp(log_v / 2)
    z = mean + deviation * e
    b = _relu(q, "b", z)
    dp = (sigmoid(_apply(q, "logits", b)) - x) / count
    db = (dp @ q["logits_W"].T) * (b > 0)
    dz = db @ q["b_W"].T
    dmean = dz + mean / count
    dlog_v = (dz * deviation * e + np.expm1(log_v) / count) / 2
    da = (dmean @ q["mean_z_W"].T + dlog_v @ q["log_v_W"].T) * (a > 0)
    return {
        **dense("a", x, da), **dense("mean_z", a, dmean), **dense("log_v", a, dlog_v),
        **dense("b", z, db), **dense("logits", b, dp),
    }  # fmt: skip


def _backwards(
    q: Arrays, names: tuple[str, str, str], layers: tuple[Array, Array, Array], slope: Array
) -> tuple[Arrays, Array]:
    """Return the gradients of two relu layers and a linear one, and the slope by their input."""
    found: Arrays = {}
    for name, below in zip(reversed(names), reversed(layers), strict=True):
        found |= dense(name, below, slope)
        slope = slope @ q[f"{name}_W"].T
        if name != names[0]:
            slope = slope * (below > 0)
    return found, slope


_GENERATOR, _CRITIC = ("g1", "g2", "fake"), ("c1", "c2", "score")


def _layers(q: Arrays, names: tuple[str, str, str], x: Array) -> tuple[Array, Array, Array]:
    first = _relu(q, names[0], x)
    return x, first, _relu(q, names[1], first)


def gan_critic(q: Arrays, z: Array, x: Array, u: Array) -> Arrays:
    fake = _apply(q, "fake", _layers(q, _GENERATOR, z)[-1])
    seen = _layers(q, _CRITIC, np.stack([x, fake]) + x.dtype.type(0.1) * _normal(u))
    true, made = _apply(q, "score", seen[-1])
    slope = np.stack([-sigmoid(-true), sigmoid(made)]) / x.dtype.type(len(x))
    return _backwards(q, _CRITIC, seen, slope)[0]


def gan_generator(q: Arrays, z: Array, x: Array, u: Array) -> Arrays:
    layers = _layers(q, _GENERATOR, z)
    seen = _layers(q, _CRITIC, _apply(q, "fake", layers[-1]) + x.dtype.type(0.1) * _normal(u)[1])
    slope = -sigmoid(-_apply(q, "score", seen[-1])) / x.dtype.type(len(x))
    return _backwards(q, _GENERATOR, layers, _backwards(q, _CRITIC, seen, slope)[1])[0]


__all__ = ["gan_critic", "gan_generator", "vae"]
