"""The files of a C module: NAME.c and NAME.h; for Python NAME.python.c, and NAME.py, which loads
the library of both."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Iterable

import sympy
from sympy import Expr

from symbp.codegen.c_target.binding import Binding
from symbp.codegen.c_target.expressions import Integers, count
from symbp.codegen.c_target.fit import Fit
from symbp.codegen.c_target.functions import Functions
from symbp.codegen.c_target.glue import Glue
from symbp.codegen.c_target.helpers import helpers
from symbp.codegen.c_target.interface import Interface
from symbp.codegen.c_target.noise import head as noise_head
from symbp.codegen.face import Options
from symbp.codegen.header import header
from symbp.ir.text import scalar
from symbp.schedule import Plan

Lines = list[str]

_PURPOSE = {
    "predict": "Computes the outputs.",
    "forward": "Computes the loss and fills the tape.",
    "backward": "Computes the gradient by each parameter from a tape that forward has filled.",
    "value_and_grad": "Computes the loss and its gradient by each parameter.",
    "train_step": "Changes parameters and state by one step; gives the loss before it.",
}


def emit(plan: Plan, options: Options) -> dict[str, str]:
    """Return the files of a C module: name -> text."""
    interface = Interface(plan, options)
    functions = Functions(interface)
    sections = functions.text()
    fit = Fit(interface, functions)
    glue = Glue(interface, fit)
    unit = _Unit(interface, functions, fit, options)
    code, declarations = unit.code([*sections, *fit.text()]), unit.declarations()
    python = unit.python(glue.sections())
    build = hashlib.sha256((code + declarations + python).encode()).hexdigest()[:16]
    return {
        f"{plan.name}.c": code.replace(_BUILD, build),
        f"{plan.name}.h": declarations,
        f"{plan.name}.python.c": python,
        f"{plan.name}.py": Binding(plan, options, glue, build).text(),
    }


_BUILD = "@build@"
_FILES = {"stdint.h": r"int\d+_t", "string.h": "memcpy"}
"""Headers, and a pattern that shows that they are needed."""


class _Unit:
    """The C file and its header."""

    def __init__(
        self, interface: Interface, functions: Functions, fit: Fit, options: Options
    ) -> None:
        self.interface = interface
        self.fit = fit
        self.training = functions.training.size
        self.predicting = functions.predicting.size
        self.options = options
        self.prefix = interface.prefix
        self.macro = interface.macro

    def top(self, notes: Iterable[str], what: str = "in C") -> Lines:
        name, o = self.interface.plan.name, self.options
        title = f"{name}: forward pass, gradients and training step {what} ({o.dtype})."
        lines = header(
            title, self.interface.plan.program, o.source, o.command, notes,
            self.interface.plan.prediction,
        )  # fmt: skip
        return ["/*", *(f" * {_harmless(line)}".rstrip() for line in lines), " */"]

    def code(self, sections: Iterable[Lines]) -> str:
        body = [*sections, *self.services()]
        lines = [line for section in body for line in ["", *section]]
        lines = [piece for line in lines for piece in wrapped(line)]
        own = helpers("\n".join(lines), self.interface.real)
        text = [
            *self.top(()),
            "",
            f'#include "{self.interface.plan.name}.h"',
            "",
            "#include <math.h>",
            *(
                f"#include <{file}>"
                for file, word in _FILES.items()
                if re.search(word, "".join([*own, *lines]))
            ),
        ]
        for helper in own:
            text += ["", *helper.splitlines()]
        return "\n".join([*text, *lines]) + "\n"

    def python(self, sections: Iterable[Lines]) -> str:
        """Return the file that makes functions of Python of the C ones."""
        lines = [line for section in sections for line in ["", *section]]
        lines = [piece for line in lines for piece in wrapped(line)]
        return "\n".join([*self.top((), "for Python"), *lines]) + "\n"

    def services(self) -> list[Lines]:
        """Return the functions that tell what this is."""
        found = [
            self.size("workspace_bytes", "WORKSPACE", self.training),
            self.size("predict_workspace_bytes", "PREDICT_WORKSPACE", self.predicting),
            [self.head("build"), "{", f'    return "{_BUILD}";', "}"],
        ]
        if "hyper" in self.interface.groups:
            values = ", ".join(
                f".{self.interface.names[t.name]} = {float(t.default or 0)!r}"
                for t in self.interface.groups["hyper"].tensors
            )
            found.append([
                self.head("default_hyper"), "{",
                f"    const {self.prefix}_hyper hyper = {{{values}}};", "    return hyper;", "}",
            ])  # fmt: skip
        return found

    def head(self, service: str) -> str:
        sizes = ", ".join(f"ptrdiff_t {s}" for s in self.interface.sizes) or "void"
        return {
            "workspace_bytes": f"size_t {self.prefix}_workspace_bytes({sizes})",
            "predict_workspace_bytes": f"size_t {self.prefix}_predict_workspace_bytes({sizes})",
            "build": f"const char *{self.prefix}_build(void)",
            "default_hyper": f"{self.prefix}_hyper {self.prefix}_default_hyper(void)",
        }[service]

    def size(self, service: str, kind: str, size: Expr) -> Lines:
        sizes = self.interface.sizes
        call = f"({', '.join(sizes)})" if sizes else ""
        value = f"(size_t)({self.macro}_{kind}{call}) * sizeof({self.interface.real})"
        symbols = zip(sizes, self.interface.size_symbols, strict=True)
        unused = [f"    (void){s};" for s, symbol in symbols if not size.has(symbol)]
        return [self.head(service), "{", *unused, f"    return {value};", "}"]

    def workspaces(self) -> Lines:
        """Return the sizes of the workspaces as macros, so that an array can have them."""
        sizes = ", ".join(self.interface.sizes)
        call = f"({sizes})" if sizes else ""
        lines = [
            f"/* How many numbers ({self.interface.real}) the workspace holds;"
            " predict needs less than the others. */"
        ]
        for kind, memory in (
            ("WORKSPACE", self.training),
            ("PREDICT_WORKSPACE", self.predicting),
        ):
            lines.append(f"#define {self.macro}_{kind}{call} ({self.amount(memory)})")
        return lines

    def memory(self) -> Lines:
        """Return how much memory a caller brings."""
        size = {"float": 4, "double": 8}[self.interface.real]
        needs = {
            **self.of_parameters(),
            "state of the optimizer": self.elements("state"),
            "workspace": self.training,
            "workspace of predict alone": self.predicting,
        }
        lines = [f"    {scalar(sympy.expand(n * size))}  {word}" for word, n in needs.items()]
        return ["", "Memory in bytes:", *lines]

    def of_parameters(self) -> dict[str, Expr]:
        """Return what parameters and gradients need."""
        params = self.elements("params")
        if "grads" not in self.interface.groups:
            return {"parameters, and as much again for their gradients": params}
        return {"parameters": params, "gradients": self.elements("grads")}

    def elements(self, group: str) -> Expr:
        """Return how many numbers the arrays of a struct hold."""
        found = self.interface.groups.get(group)
        return sympy.Add(*(count(t) for t in found.tensors)) if found else sympy.Integer(0)

    def amount(self, size: Expr) -> str:
        """Return a size as a macro's text; an array has one element at least."""
        plain = self.interface.scope(self.interface.plan.program)
        inside = {str(s): f"({self.interface.names[str(s)]})" for s in self.interface.size_symbols}
        scope = type(plain)(plain.real, plain.tensors, inside.__getitem__, plain.index)
        return Integers(scope)(size) if size != 0 else "1"

    def declarations(self) -> str:
        guard = f"{self.macro}_H_INCLUDED"
        lines = [
            *self.top((*_NOTES, *self.memory())), "", f"#ifndef {guard}", f"#define {guard}", "",
            "#include <stddef.h>", *(["#include <stdint.h>"] if self.fit.there else []), "",
            "#ifdef __cplusplus", 'extern "C" {', "#endif", "",
            *self.workspaces(),
        ]  # fmt: skip
        for group in self.interface.groups.values():
            kind = f"{self.prefix}_{group.name}"
            fields = self.interface.fields(group.name)
            lines += ["", f"/* {group.doc} */", f"typedef struct {kind} {{", *fields, f"}} {kind};"]
        for function in self.interface.functions():
            arguments = [*self.interface.sizes, *self.interface.arguments(function)]
            head = self.interface.signature(f"{self.prefix}_{function}", arguments, "int")
            lines += ["", f"/* {_PURPOSE[function]} */", *wrapped(f"{head};")]
        if "noise" in self.interface.groups:
            lines += [
                "",
                "/* Draws the random numbers of a step: whole numbers from 0 on tell which. */",
                *wrapped(f"{noise_head(self.interface)};"),
            ]
        lines += [piece for line in self.fit.declarations() for piece in wrapped(line)]
        for service, doc in _SERVICES.items():
            if service != "default_hyper" or "hyper" in self.interface.groups:
                lines += ["", f"/* {doc} */", f"{self.head(service)};"]
        lines += ["", "#ifdef __cplusplus", "}", "#endif", "", "#endif"]
        return "\n".join(lines) + "\n"


_NOTES = (
    "",
    "Arrays are dense and in row-major order; those that are written overlap no other. The",
    "caller owns all memory: nothing is allocated, nothing is remembered, and threads that",
    "have workspaces of their own do not meet. A function returns 0; or -1 if a size is",
    "too small or a label out of range, and then it has computed nothing.",
)
_SERVICES = {
    "default_hyper": "Returns the hyper-parameters of the description.",
    "workspace_bytes": "Returns the size of the workspace in bytes.",
    "predict_workspace_bytes": "Returns the size of the workspace that predict needs, in bytes.",
    "build": "Returns what tells this build from every other.",
}


def _harmless(line: str) -> str:
    """Return a line that neither ends nor opens a comment."""
    return line.replace("*/", "* /").replace("/*", "/ *")


def wrapped(line: str, width: int = 100) -> Lines:
    """Return a line of C, cut where it is too long; comments go on in the same comment."""
    if len(line) <= width or line.startswith("#"):
        return [line]
    margin = line[: len(line) - len(line.lstrip())]
    comment = line.lstrip().startswith("/*")
    glued = line if comment else _GLUED.sub(lambda found: found[0].replace(" ", "\0"), line)
    pieces = textwrap.wrap(
        glued, width, subsequent_indent=margin + ("   " if comment else "        "),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [piece.replace("\0", " ") for piece in pieces]


_GLUED = re.compile(
    r"\b(?:const|restrict|double|float|ptrdiff_t) (?=\w)| (?=\*\w)| (?=\{$)|\[[^]]*\]|\.\w+ = "
)
"""Where no line ends: inside a declaration, or between brackets."""
