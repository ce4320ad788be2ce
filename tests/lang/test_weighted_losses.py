"""Every loss against autograd, weighted and masked too, in both targets."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np
import pytest

from symbp import lang as bp
from symbp.errors import LanguageError, ShapeError
from tests.codegen import built
from tests.lang.layers.held import hold

RNG = np.random.default_rng(5)
MASK = np.array([1.0, 0.0, 1.0])
WEIGHTS = np.array([0.5, 2.0, 3.0])
LABELS = np.array([2, 0, 3])
CLASSES = [1.0, 2.0, 0.5, 4.0]


def log_softmax(z):
    z = z - anp.max(z, axis=-1, keepdims=True)
    return z - anp.log(anp.sum(anp.exp(z), axis=-1, keepdims=True))


def softmax(z):
    return anp.exp(log_softmax(z))


def relu(u):
    return anp.maximum(u, 0)


def picked(z):
    return anp.stack([log_softmax(z)[n, k] for n, k in enumerate(LABELS)])


def huber(r, d):
    return anp.where(anp.abs(r) <= d, r**2 / 2, d * (anp.abs(r) - d / 2))


def smoothed(v):
    logs = log_softmax(v["p"])
    return -0.9 * picked(v["p"]) - 0.1 * anp.mean(logs, axis=1)


def pairs(v):
    square = anp.sum((v["p"] - v["q"]) ** 2, axis=1)
    apart = relu(3 - anp.sqrt(square + 1e-12)) ** 2
    return (v["y"] * square + (1 - v["y"]) * apart) / 2


def triples(v):
    near, far = (anp.sum((v["p"] - v[w]) ** 2, axis=1) for w in "qr")
    return relu(near - far + 2)


P = "p", 3, 4


def labels():
    return bp.label("t", 3, classes=4)


def wanted():
    return bp.target("y", 3, 4)


LOSSES = {
    "mse": (lambda p, **w: bp.mse(p, wanted(), **w), lambda v: (v["p"] - v["y"]) ** 2),
    "mae": (lambda p, **w: bp.mae(p, wanted(), **w), lambda v: anp.abs(v["p"] - v["y"])),
    "huber": (lambda p, **w: bp.huber(p, wanted(), 0.7, **w),
              lambda v: huber(v["p"] - v["y"], 0.7)),
    "hinge": (lambda p, **w: bp.hinge(p, wanted(), **w),
              lambda v: relu(1 - v["p"] * v["y"])),
    "binary": (lambda p, **w: bp.binary_cross_entropy(bp.sigmoid(p), wanted(), **w),
               lambda v: anp.logaddexp(0, v["p"]) - v["y"] * v["p"]),
    "binary with logits": (
        lambda p, **w: bp.binary_cross_entropy_with_logits(p, wanted(), **w),
        lambda v: anp.logaddexp(0, v["p"]) - v["y"] * v["p"]),
    "gaussian": (lambda p, **w: bp.gaussian_nll(p, wanted(), bp.param("q", 3, 4), **w),
                 lambda v: ((v["y"] - v["p"]) ** 2 / anp.exp(v["q"]) + v["q"]
                            + np.log(2 * np.pi)) / 2),
    "cross-entropy": (lambda p, **w: bp.cross_entropy(p, labels(), **w),
                      lambda v: -picked(v["p"])),
    "smoothed": (lambda p, **w: bp.cross_entropy(p, labels(), smoothing=0.1, **w),
                 smoothed),
    "distributions": (lambda p, **w: bp.cross_entropy(p, wanted(), smoothing=0.2, **w),
                      lambda v: -anp.sum((0.8 * v["y"] + 0.05) * log_softmax(v["p"]), axis=1)),
    "focal": (lambda p, **w: bp.focal(p, labels(), 1.5, **w),
              lambda v: -((1 - anp.exp(picked(v["p"]))) ** 1.5) * picked(v["p"])),
    "kl": (lambda p, **w: bp.kl(bp.softmax(p), bp.softmax(bp.param("q", 3, 4)), **w),
           lambda v: anp.sum(softmax(v["q"]) * (log_softmax(v["q"]) - log_softmax(v["p"])),
                             axis=1)),
    "kl of Gaussians": (lambda p, **w: bp.gaussian_kl(p, bp.param("q", 3, 4), **w),
                        lambda v: anp.sum(v["p"]**2 + anp.exp(v["q"]) - v["q"] - 1, axis=1) / 2),
    "triplet": (lambda p, **w: bp.triplet(p, bp.param("q", 3, 4), bp.param("r", 3, 4), 2, **w),
                triples),
    "contrastive": (
        lambda p, **w: bp.contrastive(p, bp.param("q", 3, 4), bp.target("y", 3), 3, **w), pairs),
}  # fmt: skip
"""A loss of the parameter p, and what it is for each element or sample."""


def network(build, **words):
    p = bp.param(*P)
    given = {word: bp.input(word, 3) for word in words}
    return bp.network("held", loss=build(p, **given), output=p * 2)


def mean(found, weight):
    weight = weight.reshape(-1, *[1] * (found.ndim - 1)) * np.ones(found.shape)
    return anp.sum(found * weight) / np.sum(weight)


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_the_mean_of_its_formula(name, target):
    build, each = LOSSES[name]
    net = network(build)
    hold(net, lambda v: anp.mean(each(v)), {"t": LABELS}, by_value=False, target=target)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_weighted_and_masked(name):
    build, each = LOSSES[name]
    net = network(build, mask=MASK, weights=WEIGHTS)
    values = {"mask": MASK, "weights": WEIGHTS, "t": LABELS}
    hold(net, lambda v: mean(each(v), MASK * WEIGHTS), values, by_value=False)


def test_the_squared_sum_is_weighted():
    net = network(lambda p, **w: bp.sse(p, wanted(), **w), weights=WEIGHTS)
    plain = lambda v: anp.sum(WEIGHTS[:, None] * (v["p"] - v["y"]) ** 2) / 2  # noqa: E731
    hold(net, plain, {"weights": WEIGHTS}, by_value=False)


@pytest.mark.parametrize("weights", [CLASSES, None])
def test_classes_have_weights(weights):
    given = weights or bp.input("c", 4)
    net = network(lambda p: bp.cross_entropy(p, labels(), class_weights=given))
    reference = lambda v: mean(-picked(v["p"]), np.array(CLASSES)[LABELS])  # noqa: E731
    hold(net, reference, {"t": LABELS, "c": np.array(CLASSES)}, by_value=False)


def test_sequences_are_masked_place_by_place():
    z, t = bp.param("z", 2, 3, 4), bp.label("t", 2, 3, classes=4)
    loss = bp.cross_entropy(z, t, mask=bp.input("mask", 2, 3))
    labels, mask = RNG.integers(0, 4, (2, 3)), np.array([[1.0, 1, 0], [1, 0, 0]])
    places = [(n, k) for n in range(2) for k in range(3) if mask[n, k]]
    hold(
        bp.network("held", loss=loss, output=z * 2),
        lambda v: -sum(log_softmax(v["z"])[n, k, labels[n, k]] for n, k in places) / len(places),
        {"t": labels, "mask": mask}, by_value=False,
    )  # fmt: skip


def test_where_all_is_masked_the_loss_is_zero():
    net = network(lambda p, **w: bp.mse(p, wanted(), **w), mask=MASK)
    made = built.module(net)
    arrays = built.arrays(net)
    loss, grads = made.value_and_grad({"p": arrays["p"]}, np.zeros(3), arrays["y"])
    assert loss == 0
    np.testing.assert_array_equal(grads["p"], np.zeros((3, 4)))


REFUSED = {
    "a mask of another size": (lambda p: bp.mse(p, p, mask=bp.input("m", 2)), ShapeError),
    "too much smoothing": (
        lambda p: bp.cross_entropy(p, labels(), smoothing=2), LanguageError),
    "weights of too few classes": (
        lambda p: bp.focal(p, labels(), class_weights=[1, 2]), ShapeError),
    "a margin of 0": (lambda p: bp.triplet(p, p, p, 0), LanguageError),
    "labels for focal": (lambda p: bp.focal(p, bp.target("y", 3, 4)), ShapeError),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(name):
    build, error = REFUSED[name]
    with pytest.raises(error) as caught:
        build(bp.param(*P))
    assert caught.value.remedy
