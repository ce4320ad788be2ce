"""Random numbers in C: those of NumPy, which seed, step and the number of the array tell."""

from __future__ import annotations

from importlib import resources
from string import Template

from symbp.codegen.c_target.expressions import Integers, count
from symbp.codegen.c_target.interface import Interface

Lines = list[str]


def paragraphs(kernel: str, real: str = "double") -> list[Lines]:
    """Return the parts of a file in kernels/: each a function or a type, with its comment."""
    text = resources.files(__package__).joinpath("kernels", f"{kernel}.c").read_text("utf-8")
    bits, suffix = (53, "") if real == "double" else (24, "f")
    filled = Template(text).safe_substitute(real=real, bits=bits, suffix=suffix)
    return [part.split("\n") for part in filled.strip().split("\n\n")]


def mixes(paragraph: Lines) -> bool:
    """Tell whether a paragraph is the generator that orders of rows and noise share."""
    return any("mixed(uint64_t z)" in line for line in paragraph)


def drawing(interface: Interface) -> list[Lines]:
    """Return the functions that draw random numbers, where a network has any."""
    plan = interface.plan
    if not plan.drawn:
        return []
    mixer = [part for part in paragraphs("shuffle") if mixes(part)]
    return [*mixer, *paragraphs("noise", interface.real), _draw(interface)]


def head(interface: Interface) -> str:
    """Return the head of the public function that draws all of a step's noise."""
    words = [f"ptrdiff_t {s}" for s in interface.sizes]
    words += ["double seed", "double step", f"const {interface.prefix}_noise *noise"]
    return f"void {interface.prefix}_draw({', '.join(words)})"


def _draw(interface: Interface) -> Lines:
    plan = interface.plan
    integers = Integers(interface.scope(plan.program))
    numbers = [t.name for t in plan.program.having("noise")]
    body = [
        f"    uniform(noise->{interface.names[n]}, {integers(count(plan.program[n]))},"
        f" (uint64_t)seed, (uint64_t)step, {numbers.index(n)});"
        for n in plan.drawn
    ]
    code = "".join(body)
    unused = [f"    (void){s};" for s in interface.sizes if f" {s}" not in code]
    return [head(interface), "{", *unused, *body, "}"]
