"""Layers that are alike are told once."""

import time

from symbp import compiler
from symbp.bench.scaling import perceptron
from symbp.derivation import Fold, folded, stretches, tell
from symbp.derivation.folding import folds, item
from symbp.ir.text import parse


def test_fifty_layers_are_told_as_one_in_under_a_minute():
    begin = time.perf_counter()
    derivation = compiler.derivation(perceptron(50, 8))
    found = list(stretches(derivation, tell(derivation)))
    assert time.perf_counter() - begin < 60
    alike = [s.alike for s in found if s.alike]
    assert alike == ["layers 2 to 50 alike", "layers 1 to 50 alike"]
    assert sum(len(s.steps) for s in found) < 24


def test_without_folding_every_step_is_told():
    derivation = compiler.derivation(perceptron(4, 2))
    told = tell(derivation)
    assert [t for s in stretches(derivation, told, fold=False) for t in s.steps] == list(told)


def test_a_repetition_that_reads_another_layer_ends_the_fold():
    program = parse(
        "input x[8]\n"
        "a[i] = exp(x[i])\nb[i] = exp(a[i])\nc[i] = exp(b[i])\nd[i] = exp(c[i])\n"
        "e[i] = exp(c[i])\nf[i] = exp(e[i])"
    )
    places = {name: k for k, name in enumerate("xabcdef")}
    found = folds([item([e]) for e in program.equations], places)
    assert found == (Fold(0, 1, 4), Fold(4), Fold(5))


def test_a_layer_of_another_width_ends_the_fold():
    program = parse(
        "input x[8], W1[8,8], W2[8,8], W3[8,8], W4[8,3]\n"
        + "".join(
            f"h{k}[j] = sum[i]({'x' if k == 1 else f'h{k - 1}'}[i] * W{k}[i,j])\n"
            for k in range(1, 5)
        )
    )
    places = {
        name: k for k, name in enumerate(["x", "W1", "W2", "W3", "W4", "h1", "h2", "h3", "h4"])
    }
    places["x"] = places["h1"] - 1
    assert folds([item([e]) for e in program.equations], places) == (Fold(0, 1, 3), Fold(3))


def test_neighbours_that_do_not_read_each_other_are_told_in_one_order():
    program = parse(
        "input x[8], y[8]\na[i] = exp(x[i])\nb[i] = sin(x[i])\nd[i] = sin(a[i])\nc[i] = exp(a[i])\n"
        "e[i] = exp(c[i])\nf[i] = sin(c[i])\n"
    )
    items = [item([e]) for e in program.equations]
    targets = [e.target.name for e in program.equations]
    order, found = folded(items, targets, {n: k for k, n in enumerate("x_abcdef")})
    assert [targets[k] for k in order] == ["a", "b", "c", "d", "e", "f"]
    assert found == (Fold(0, 2, 3),)


def test_stretches_without_numbers_are_named_by_their_first_and_last():
    assert Fold(0, 1, 3).alike(["p", "q", "r"]) == "p to r alike"
