"""What a notebook shows: networks, programs, equations, tensors and derivations as formulas.

A notebook asks an object for `_repr_markdown_`. The classes of a description stand below the
printers and know none of them, so that what they answer is attached here, when symbp is imported.

>>> import symbp as bp
>>> n, i = bp.indices("n i")
>>> x, w = bp.input("x", "N", 2), bp.param("w", 2)
>>> z = bp.define((n,), bp.sum(i, x[n, i] * w[i]), name="z")
>>> print(markdown_of_handle(z))
$$
\\begin{aligned}
z_{n} &= \\sum_{i} x_{n,i} w_{i}
\\end{aligned}
$$
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

from sympy import Expr

from symbp.codegen.formulas import Formulas
from symbp.codegen.formulas.latex import LatexSheet
from symbp.codegen.formulas.sheet import lay_out
from symbp.codegen.header import shape_text
from symbp.derivation import Derivation, documents
from symbp.derivation.documents import Shown
from symbp.ir.program import Equation, Program, Tensor, size
from symbp.lang.handles import Handle
from symbp.lang.network import Network, program_of


def in_notebook(markdown: str) -> str:
    """Return Markdown as notebooks want it: they set $$ as mathematics, and show ```math as code.

    >>> in_notebook("```math\\na = b\\n```")
    '$$\\na = b\\n$$'
    """
    return re.sub(r"^```math\n(.*?)\n```$", r"$$\n\1\n$$", markdown, flags=re.S | re.M)


def markdown_of_network(network: Network) -> str:
    """Return what is given, the equations, and what comes of them."""
    given = [_declared(t) for t in network.program.given()]
    outputs = ", ".join(f"`{name}`" for name in network.outputs)
    lines = [f"**{network.name}**: {', '.join(given)}", ""]
    lines += [markdown_of_program(network.program, network.loss), ""]
    return "\n".join([*lines, f"Output {outputs}, loss `{network.loss}`."])


def markdown_of_program(program: Program, loss: str = "") -> str:
    """Return the equations, aligned."""
    sheet = LatexSheet(lay_out("", program, loss, {}))
    formulas = [entry.index for _, entries in sheet.sections() for entry in entries]
    return aligned(formulas)


def markdown_of_equation(equation: Equation) -> str:
    """Return one equation."""
    extents = equation.extent
    shapes: dict[str, tuple[Expr, ...]] = {
        a.name: tuple(size("N") for _ in a.indices) for a in equation.reads()
    }
    shapes[equation.target.name] = tuple(
        extents.get(g, size("N")) for g in equation.target.indices
    )  # fmt: skip
    tensors = tuple(Tensor(name, shape) for name, shape in shapes.items())
    return markdown_of_program(Program(tensors, (equation,)))


def markdown_of_handle(handle: Handle) -> str:
    """Return the equations of a tensor, or its declaration where it is given."""
    space = vars(sys.modules["__main__"])  # of a notebook: what its cells have bound
    variables = {
        h: name
        for name, h in reversed(space.items())
        if isinstance(h, Handle) and not name.startswith("_")
    }
    program = program_of(handle, variables)
    if handle.role != "value":
        return _declared(program.tensors[-1])
    return markdown_of_program(program)


def aligned(formulas: list[str]) -> str:
    """Return formulas one below the other, their signs of equality in line.

    >>> print(aligned(["a = b", "c = d = e"]))
    $$
    \\begin{aligned}
    a &= b \\\\
    c &= d = e
    \\end{aligned}
    $$
    """
    # Some pages that show notebooks refuse this macro.
    plain = (f.replace("\\operatorname{", "\\mathrm{") for f in formulas)
    lines = " \\\\\n".join(f.replace(" = ", " &= ", 1) for f in plain)
    return f"$$\n\\begin{{aligned}}\n{lines}\n\\end{{aligned}}\n$$"


def _declared(tensor: Tensor) -> str:
    return f"{tensor.role} `{tensor.name}` {shape_text(tensor)}".rstrip()


_SHOWN: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (Network, markdown_of_network),
    (Program, markdown_of_program),
    (Equation, markdown_of_equation),
    (Handle, markdown_of_handle),
    (Formulas, lambda formulas: in_notebook(formulas.markdown())),
    (Derivation, lambda derivation: in_notebook(documents.markdown(derivation, Shown()))),
)


def attach() -> None:
    """Give each class its `_repr_markdown_`."""
    for kind, shown in _SHOWN:
        setattr(kind, "_repr_markdown_", lambda self, shown=shown: shown(self))  # noqa: B010


__all__ = [
    "aligned", "attach", "in_notebook", "markdown_of_equation", "markdown_of_handle",
    "markdown_of_network", "markdown_of_program",
]  # fmt: skip
