"""The Python module beside the C file: the functions of every target, computed by the library."""

from __future__ import annotations

from collections.abc import Iterable

from symbp.codegen.c_target.glue import Glue
from symbp.codegen.face import Face, Options
from symbp.codegen.header import wrapped
from symbp.codegen.public import BIND, Public
from symbp.ir.program import Tensor
from symbp.schedule import Plan

Lines = list[str]

_TAPED = '''
def _taped(name, array, shape, dtype):
    """Return an array of the tape; refuse one that C would misread."""
    array = np.require(np.asarray(array), requirements="CA")
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(
            f"tape[{name!r}] must be an array {dtype} {shape}, not {array.dtype} {array.shape}"
        )
    return array
'''

_FUNCTIONS = '''\
def _functions():
    """Return the functions of the library, which must be made of the C files that are here."""
    if sys.implementation.name != "cpython" or "t" in getattr(sys, "abiflags", ""):
        raise ImportError(
            "the C target calls CPython with its global lock, which this is not."
            " Build the network with --target numpy: the functions are the same"
        )
    path = Path(__file__).with_name(f"lib{{NAME}}.so")
    more = " -undefined dynamic_lookup" if sys.platform == "darwin" else ""
    files = f"{{NAME}}.c {{NAME}}.python.c -o {{path.name}}"
    command = f"cc {flags} {{files}} -lm{{more}}"
    remedy = f"Build it beside this module and start Python anew: {{command}}"
    try:
        library = ctypes.PyDLL(str(path))
        functions, build = library.{prefix}_functions, library.{prefix}_build
    except (OSError, AttributeError) as error:
        raise ImportError(f"{{path.name}}: {{error}}. {{remedy}}") from None
    build.restype = ctypes.c_char_p
    if build() != b"{build}":
        raise ImportError(f"{{path.name}} is of another build. {{remedy}}")
    # A call through ctypes takes microseconds: this is the only one.
    functions.restype = ctypes.py_object
    functions.argtypes = [*[ctypes.py_object] * 5, ctypes.c_ssize_t]
    header = object.__basicsize__
    return functions(None, dict, np.ndarray, _DTYPE, np.dtype(np.intp), header)'''


class Binding:
    """Writes NAME.py."""

    def __init__(self, plan: Plan, options: Options, glue: Glue, build: str) -> None:
        self.plan = plan
        self.options = options
        self.glue = glue
        self.build = build
        self.face = Face(plan, options)
        self.public = _Public(self.face, glue)

    def text(self) -> str:
        """Return the module from top to bottom."""
        public, face = self.public, self.face
        body = [
            face.init_params(), public.predict(), public.forward(), public.backward(),
            public.value_and_grad(), face.init_state(), *public.training(), *public.checks(),
        ]  # fmt: skip
        code = "\n".join(line for section in body for line in section)
        helpers = [*public.helpers(code), *([_TAPED] if "_taped(" in code else [])]
        code += "\n".join(helpers)
        title = f"{self.plan.name}: forward pass, gradients and training step, computed in C"
        imports = ["import ctypes", *(["import math"] if "math." in code else []), "import sys"]
        imports += ["from pathlib import Path", "", "import numpy as np"]
        lines = face.top(f"{title} ({self.options.dtype}).", (), imports, [])
        for section in (*body, *(h.strip().splitlines() for h in helpers)):
            lines += ["", *section, ""] if section else []
        functions = self.glue.names()
        names = ", ".join(f"_C_{name}" for name in functions)
        lines += ["", *self.library(), "", "", f"{names} = _functions()"]
        return "\n".join(piece for line in lines for piece in wrapped(line)).rstrip() + "\n"

    def library(self) -> Lines:
        """Return the function that loads the library."""
        flags = "-std=c99 -O3 -fPIC -shared" + (" -fopenmp" if self.options.threads > 1 else "")
        text = _FUNCTIONS.format(prefix=self.glue.prefix, build=self.build, flags=flags)
        return text.splitlines()


class _Public(Public):
    """The public functions; what computes is one call each, with everything in a row."""

    def __init__(self, face: Face, glue: Glue) -> None:
        super().__init__(face)
        self.glue = glue
        self.interface = glue.interface

    def call(self, function: str, reads: Iterable[str], *, named: str = "") -> str:
        """Return the call of a C function; what it does not read is None, or 0.0."""
        read = set(reads)
        words = [*self.face.sizes]
        for group in self.interface.arguments(function):
            if group in ("grads", "outputs"):
                words.append(f"*{group}")
            elif group not in ("work", "loss"):
                none = "0.0" if group == "hyper" else "None"
                everything = group == "state" or (group == "tape" and function == "forward")
                words += [
                    self.names[t.name] if everything or t.name in read else none
                    for t in self.glue.tensors(group)
                ]
        return f"_C_{named or function}({', '.join(words)})"

    def empty(self, tensor: Tensor) -> str:
        return f"np.empty({self.shape(tensor)}, dtype=_DTYPE)"

    def predicted(self) -> Lines:
        arrays = [self.empty(t) for t in self.glue.tensors("outputs")]
        comma = "," if len(arrays) == 1 else ""
        call = self.call("predict", self.plan.predict.reads)
        return [f"    outputs = ({', '.join(arrays)}{comma})", f"    {call}"]

    def forwarded(self) -> Lines:
        table = self.plan.forward.program.table()
        tape = [f"    {self.names[n]} = {self.empty(table[n])}" for n in self.plan.tape]
        return [*tape, self.valued("forward", self.plan.forward.reads)]

    def backwarded(self) -> Lines:
        table, lines = self.plan.backward.program.table(), ["    grads = _gradients()"]
        for name in self.tape():
            if table[name].role != "hyper":
                kind = self.interface.kind(table[name])
                dtype = "np.intp" if kind == "ptrdiff_t" else "_DTYPE"
                own, shape = self.names[name], self.shape(table[name])
                lines.append(f'    {own} = _taped("{name}", {own}, {shape}, {dtype})')
        return [*lines, f"    {self.call('backward', self.plan.backward.reads)}"]

    def differentiated(self) -> Lines:
        reads = [*self.plan.forward.reads, *self.plan.backward.reads]
        return ["    grads = _gradients()", self.valued("value_and_grad", reads)]

    def valued(self, function: str, reads: Iterable[str]) -> str:
        """Return the line that calls what computes the loss."""
        return f"    {self.names[self.plan.loss]} = {self.call(function, reads)}"

    # Training ---------------------------------------------------------------------------------

    def reads_of_step(self) -> Lines:
        """Return what a step reads or changes: all parameters, the state too."""
        plan = self.plan
        phases = (plan.forward, plan.backward, plan.update)
        return [*(n for p in phases if p is not None for n in p.reads), *self.face.params]

    def train_step(self) -> Lines:
        face = self.face
        quick = ["params", "state", *(self.names[n] for n in face.data)]
        quick += [
            self.names[t.name] if t.name in face.hyper else "0.0"
            for t in self.glue.tensors("hyper")
        ]
        return [
            self.step_signature("train_step"),
            '    """Update params and state in place by one step; return the loss before it."""',
            *([
                f"    value = None if check_finite else _C_train_step({', '.join(quick)})",
                "    if value is not None:  # else something needs conversion, or is refused",
                "        return value",
            ] if self.glue.quick else []),
            *self.checked_step(),
            f"    return {self.call('train_step', self.reads_of_step(), named='step')}",
        ]  # fmt: skip

    def bind(self) -> Lines:
        call = self.call("train_step", self.reads_of_step(), named="bind")
        return [self.step_signature("bind"), *BIND, *self.checked_step(), f"    return {call}"]

    def fit(self) -> Lines:
        if not self.glue.fit.there:
            return super().fit()
        call = self.call("train_step", self.reads_of_step(), named="fit")[:-1]
        batch = "1" if self.glue.fit.batch is None else "batch_size"
        return self.face.fit([
            *self.checked_step(),
            *self.face.whole_batch(),
            "    epochs = max(0, epochs)",
            "    losses = np.empty(epochs)",
            f"    done = {call}, {batch}, start, epochs, seed, shuffle, callback, losses)",
            "    return losses[:done]",
        ])  # fmt: skip

    def workspace(self) -> list[Lines]:
        return []  # C has its own
