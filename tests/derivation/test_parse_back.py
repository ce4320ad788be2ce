"""Every formula that is shown can be read back, and says what its equations say."""

import re

import numpy as np
import pytest

from symbp import compiler
from symbp.codegen.formulas import Formulas
from symbp.codegen.formulas.formula import formula_of
from symbp.ir.interpret import FLOATS, interpret
from symbp.ir.program import Program
from symbp.ir.text import scalar
from symbp.lang.parser import parse
from symbp.verify.samples import numbers
from tests.specs import SPECS, stem

CONVOLUTION = """
network small
input x[N, 36]
label t[N] in 3
c = conv2d(reshape(x, 1, 6, 6), 2, 3, relu)
s = max_pool2d(c, 2)
z = dense(flatten(s), 3)
output softmax(z)
loss   cross_entropy(z, t)
"""
SIGNS = {" = ": " == ", "≠": "!=", "≤": "<=", "≥": ">=", "∧": "and", "∨": "or", "¬": "not "}


def written(formula: str) -> str:
    """Return the right side of a formula in the signs of a .bp file."""
    for sign, own in SIGNS.items():
        formula = formula.replace(sign, own)
    bracket = re.compile(r"(?<![\w\]])\[((?:[^\[\]]|\w\[[^\[\]]*\])*)\]")
    while (found := bracket.search(formula)) is not None:
        before, after = formula[: found.start()], formula[found.end() :]
        if after.startswith(" * "):  # what it guards is not read where it does not hold
            guarded, after = term(after[3:])
            formula = f"{before}where({found[1]}, {guarded}, 0){after}"
        else:
            formula = f"{before}where({found[1]}, 1, 0){after}"
    return formula


def term(text: str) -> tuple[str, str]:
    """Split a text behind its first term."""
    depth = 0
    for k, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if depth < 0 or (depth == 0 and (sign == "," or text[k : k + 3] in (" + ", " - "))):
            return text[:k], text[k:]
    return text, ""


def read_back(program: Program, name: str, formula: str) -> Program:
    """Return the program of a network that has nothing but this formula."""
    target, _, right = formula.partition(" = ")
    _, _, indices = target.partition("[")
    reads = {a.name for e in program.writers()[name] for a in e.reads()}
    table, lines = program.table(), ["network back"]
    sizes = ", ".join(map(str, program.sizes()))
    lines += [f"input sizes[{sizes}]"] if sizes else []
    for tensor in (table[n] for n in sorted(reads)):
        shape = f"[{', '.join(map(scalar, tensor.shape))}]" if tensor.shape else ""
        bound = "" if tensor.bound is None else f" in {tensor.bound}"
        lines.append(f"input {tensor.name}{shape}{bound}")
    shape = f"[{', '.join(map(scalar, table[name].shape))}]" if table[name].shape else ""
    lines.append(f"value result{shape}")
    left = f"result[{indices}" if indices else "result"
    shown = formula_of(table[name], program.writers()[name])
    reduced = {r for t in shown.terms for r in t.reduced}
    ranges = {i: n for i, n in sorted(reduced, key=str) if [j for j, _ in reduced].count(i) == 1}
    ranges |= dict(zip(shown.indices, table[name].shape, strict=True))
    clause = ", ".join(f"{i} in {scalar(n)}" for i, n in ranges.items())
    lines.append(f"{left} = {written(right)}" + f" for {clause}" * bool(clause))
    loss = f"sum[{indices}({left})" if indices else left
    return parse("\n".join([*lines, "output result", f"loss {loss}"])).program


@pytest.mark.parametrize("spec", SPECS, ids=stem)
def test_every_formula_of_every_example_reads_back(spec: str):
    if stem(spec) == "lenet":  # of its layers there is a smaller network below
        all_read_back(compiler.derive(parse(CONVOLUTION)))
    else:
        all_read_back(compiler.derive(compiler.load(spec)))


def all_read_back(formulas: Formulas) -> None:
    given, sizes = numbers(formulas.program, seed=1)
    memory = interpret(formulas.program, given, FLOATS, sizes)
    for _, entries in formulas.sections():
        for entry in entries:
            back = read_back(formulas.program, entry.name, entry.index)
            values = {t.name: memory.get(t.name, np.zeros([*sizes.values()])) for t in back.given()}
            found = interpret(back, values, FLOATS, sizes)["result"]
            expected = memory[entry.name].astype(float)
            assert np.allclose(found.astype(float), expected, rtol=1e-9, atol=1e-12), entry.index
