"""Writes the loop over samples of a tiny network (bands.py).

What no other loop reads is a variable in it; what all samples add to is declared before it.
"""

from __future__ import annotations

from dataclasses import replace

from symbp.codegen.c_target import bands
from symbp.codegen.c_target.expressions import Integers, Scope, count
from symbp.codegen.c_target.nests import START, Nest, indented
from symbp.codegen.c_target.writer import Places
from symbp.codegen.header import shape_text
from symbp.codegen.passage import passage
from symbp.ir.program import Equation

Lines = list[str]
OWN = 256
"""So many numbers are an array of the function's own rather than a part of the workspace."""


class Samples(Places):
    """Writes the loop over samples."""

    def rows(self, band: bands.Rows) -> Lines:
        """Write the loop in which all that happens to one sample happens at once."""
        short = {n: replace(self.table[n], shape=self.table[n].shape[1:]) for n in band.local}
        table = {**self.table, **short}
        scope = replace(self.scope, tensors=table, varying=band.local)
        lines: Lines = []
        for name in dict.fromkeys(e.target.name for e in band.equations):
            if name not in band.local and name not in self.started:
                lines += self.sum(name) if name in band.sums else self.begin(name)
        body: Lines = []
        for equation, given in zip(band.equations, band.given, strict=True):
            written = self.row(bands.within(equation, band.index, band.local), band, scope)
            self.passages.append(passage([equation], written))
            body += written
            self.started.add(equation.target.name)
            self.chosen(
                given, "one loop over samples",
                f"the network has {band.elements} elements for each of them",
            )  # fmt: skip
        n = scope.index(str(band.index))
        extent = Integers(self.scope)(band.extent)
        loop = f"for (ptrdiff_t {n} = 0; {n} < {extent}; {n}++) {{"
        return ["", *lines, loop, *indented(body[1:] if body[0] == "" else body), "}"]

    def sum(self, name: str) -> Lines:
        """Declare what all samples add to."""
        tensor, op = self.table[name], self.groups[name][0].op
        own, many = self.scope.name(name), count(tensor)
        if not tensor.shape:
            return [f"double {own} = {self.scope.literal(START[op])};"]
        if name not in self.fixed and many.is_Integer and many <= OWN:
            lines = [f"{self.scope.real} {own}[{many}]; /* {shape_text(tensor)} */"]
        else:
            lines = self.begin(name)
        return [*lines, self.fill(name, op)]

    def row(self, equation: Equation, band: bands.Rows, scope: Scope) -> Lines:
        """Return what one equation does for one sample."""
        name = equation.target.name
        first, own, local = name not in self.started, scope.name(name), name in band.local
        tensor = scope.tensors[name]
        if not tensor.shape:
            scope = replace(scope, real="double")
        nest = Nest(equation, scope, scope.tensors)
        lines = ["", *self.comment(name)] if first else []
        if not tensor.shape:
            return [*lines, *self.variable(nest, own, first and local)]
        if first and local:
            lines.append(f"{scope.real} {own}[{count(tensor)}]; /* {shape_text(tensor)} */")
        whole = bands.whole(equation, tensor, band) and (nest.single or nest.accumulates)
        if first and name not in band.sums:
            if whole:
                return [*lines, *nest.assignment()]
            width = count(tensor) / (1 if local else band.extent)
            place = own if local else f"{own} + {scope.index(str(band.index))} * {width}"
            lines.append(f"fill({place}, {width}, {scope.literal(START[equation.op])});")
        return [*lines, *nest.update()]

    def variable(self, nest: Nest, own: str, declared: bool) -> Lines:
        """Return what one equation does to a 0-d value in a loop over samples."""
        name = nest.equation.target.name
        if declared and nest.single:
            const = "const " if len(self.groups[name]) == 1 else ""
            return [f"{const}double {own} = {nest.reals(nest.equation.body)};"]
        initial = nest.scope.literal(START[nest.equation.op])
        start = [f"double {own} = {initial};"] if declared else []
        return [*start, *nest.loops(nest.order, nest.combined(own))]


__all__ = ["Samples"]
