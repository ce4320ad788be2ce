"""The Python module beside the C file: the functions of every target, computed by the library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Expr, Symbol

from symbp.codegen.c_target.functions import Functions
from symbp.codegen.face import Face, Options
from symbp.codegen.header import wrapped
from symbp.codegen.names import Names
from symbp.codegen.public import Public
from symbp.ir.printer import ATOM, MULTIPLY, UNARY, Printer
from symbp.ir.program import Tensor
from symbp.schedule import Phase, Plan

Lines = list[str]

_HELPERS = '''
def _address(array):
    """Return where an array begins."""
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # array.ctypes is slower
    except (TypeError, ValueError):  # the array is read-only or empty
        return array.ctypes.data


def _pack(struct, *arrays):
    """Return a struct of pointers to arrays."""
    return struct(*[None if a is None else _address(a) for a in arrays])


def _ran(status):
    """Raise where C refused to compute."""
    if status:
        raise ValueError("a size is too small, or a label is out of range")


def _taped(name, array, shape, dtype):
    """Return an array of the tape; refuse one that C would misread."""
    array = np.require(array, requirements="CA")
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(
            f"tape[{name!r}] must be an array {dtype} {shape}, not {array.dtype} {array.shape}"
        )
    return array
'''


class Binding:
    """Writes NAME.py."""

    def __init__(self, plan: Plan, options: Options, functions: Functions, build: str) -> None:
        self.plan = plan
        self.options = options
        self.functions = functions
        self.interface = functions.interface
        self.build = build
        self.face = Face(plan, options)
        self.public = _Public(self.face)
        self.names = self.face.names

    def text(self) -> str:
        """Return the module from top to bottom."""
        public, face = self.public, self.face
        functions = [
            face.init_params(), public.predict(), public.forward(), public.backward(),
            public.value_and_grad(), face.init_state(), *public.training(),
        ]  # fmt: skip
        shims = [self.predict(), self.forward(), self.backward(), self.value_and_grad()]
        if self.plan.update is not None:
            shims.append(self.step())
        body = [*functions, *shims, *self.buffers(), *public.checks(), *self.structs()]
        helpers = public.helpers("\n".join(line for section in body for line in section))
        title = f"{self.plan.name}: forward pass, gradients and training step, computed in C"
        needed = ("ctypes", "math", "threading")
        code = "\n".join([*helpers, *(line for section in body for line in section)])
        imports = [f"import {m}" for m in needed if f"{m}." in code]
        imports += ["from pathlib import Path", "", "import numpy as np"]
        lines = face.top(f"{title} ({self.options.dtype}).", (), imports, [])
        for section in (*body, *(h.rstrip().splitlines() for h in (*helpers, *_split(_HELPERS)))):
            lines += ["", *section, ""] if section else []
        lines += ["", *self.library(), "", "", "_C = _library()"]
        return "\n".join(piece for line in lines for piece in wrapped(line)).rstrip() + "\n"

    # The library ------------------------------------------------------------------------------

    def structs(self) -> list[Lines]:
        """Return the classes that mirror the C structs."""
        found = []
        for group in self.interface.groups.values():
            words = ", ".join(f'"{self.interface.names[t.name]}"' for t in group.tensors)
            comma = "," if len(group.tensors) == 1 else ""
            kind = "ctypes.c_double" if group.name == "hyper" else "ctypes.c_void_p"
            found.append([
                f"class {_class(group.name)}(ctypes.Structure):",
                f"    _fields_ = [(name, {kind}) for name in ({words}{comma})]",
            ])  # fmt: skip
        return found

    def library(self) -> Lines:
        """Return the function that loads the library."""
        name, prefix = self.plan.name, self.interface.prefix
        command = f"cc -std=c99 -O3 -fPIC -shared {name}.c -o lib{name}.so -lm"
        lines = [
            "def _library():",
            '    """Load the library, which must be of the C file beside this module."""',
            f'    path = Path(__file__).with_name("lib{name}.so")',
            f'    command = "{command}"',
            '    remedy = f"Build it beside this module and start Python anew: {command}"',
            "    try:",
            "        library = ctypes.CDLL(str(path))",
            f"        library.{prefix}_build.restype = ctypes.c_char_p",
            f"        build = library.{prefix}_build()",
            "    except (OSError, AttributeError) as error:",
            '        raise ImportError(f"{path.name}: {error}. {remedy}") from None',
            f'    if build != b"{self.build}":',
            '        raise ImportError(f"{path.name} is of another build. {remedy}")',
        ]
        for function in self.interface.functions():
            kinds = ["ctypes.c_ssize_t"] * len(self.face.sizes)
            kinds += [_kind(a) for a in self.interface.arguments(function)]
            lines.append(f"    library.{prefix}_{function}.argtypes = [{', '.join(kinds)}]")
        return [*lines, "    return library"]

    # Shims: arrays become pointers ---------------------------------------------------------------

    def head(self, name: str, reads: Iterable[str], *more: str) -> str:
        words = ["work", *self.face.sizes, *(self.names[n] for n in reads), *more]
        return f"def {name}({', '.join(words)}):"

    def run(self, function: str, reads: Iterable[str]) -> str:
        """Return the call of a C function."""
        read = set(reads)
        words = [*self.face.sizes]
        for argument in self.interface.arguments(function):
            if argument in ("work", "loss"):
                words.append({"work": "_address(work)", "loss": "value"}[argument])
            elif argument == "grads":
                words.append("_pack(_Params, *grads)")
            else:
                none = "0.0" if argument == "hyper" else "None"
                everything = argument in ("tape", "outputs", "state")
                fields = ", ".join(
                    self.names[t.name] if everything or t.name in read else none
                    for t in self.interface.groups[argument].tensors
                )
                own = _class(argument)
                words.append(
                    f"{own}({fields})" if argument == "hyper" else f"_pack({own}, {fields})"
                )
        return f"    _ran(_C.{self.interface.prefix}_{function}({', '.join(words)}))"

    def new(self, names: Iterable[str], table: Mapping[str, Tensor]) -> Lines:
        return [
            f"    {self.names[n]} = np.empty({self.shape(table[n])}, dtype=_DTYPE)" for n in names
        ]

    def shape(self, tensor: Tensor) -> str:
        sizes = [_Sizes(self.names)(n) for n in tensor.shape]
        return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"

    def predict(self) -> Lines:
        plan, reads = self.plan, list(self.plan.predict.reads)
        results = ", ".join(self.names[n] for n in plan.outputs)
        outputs = {t.name: t for t in self.interface.groups["outputs"].tensors}
        return [
            self.head("_predict", reads),
            *self.new([n for n in plan.outputs if n not in reads], outputs),
            *(f"    {self.names[n]} = {self.names[n]}.copy()" for n in plan.outputs if n in reads),
            self.run("predict", reads),
            f"    return ({results},)",
        ]

    def forward(self) -> Lines:
        plan, reads = self.plan, list(self.plan.forward.reads)
        results = ", ".join(["value.value", *(self.names[n] for n in plan.tape)])
        return [
            self.head("_forward", reads),
            *self.new(plan.tape, plan.forward.program.table()),
            "    value = ctypes.c_double()",
            self.run("forward", reads),
            f"    return ({results}{'' if plan.tape else ','})",
        ]

    def backward(self) -> Lines:
        plan, reads = self.plan, list(self.plan.backward.reads)
        table = plan.backward.program.table()
        lines = [self.head("_backward", reads, "*grads")]
        for name in reads:
            tensor, own = table[name], self.names[name]
            if tensor.role not in ("param", "hyper"):
                kind = "np.intp" if self.interface.kind(tensor) == "ptrdiff_t" else "_DTYPE"
                shape = self.shape(tensor)
                lines.append(f'    {own} = _taped("{name}", {own}, {shape}, {kind})')
        return [*lines, self.run("backward", reads)]

    def value_and_grad(self) -> Lines:
        reads = self.public.reads_of_gradient()
        lines = [self.head("_value_and_grad", reads, "*grads"), "    value = ctypes.c_double()"]
        return [*lines, self.run("value_and_grad", reads), "    return value.value"]

    def step(self) -> Lines:
        reads = self.public.reads_of_step()
        lines = [self.head("_step", reads), "    value = ctypes.c_double()"]
        return [*lines, self.run("train_step", reads), "    return value.value"]

    def buffers(self) -> list[Lines]:
        sizes = ", ".join(self.face.sizes)
        found = []
        for name, memory in (
            ("_buffers", self.functions.training),
            ("_buffers_of_predict", self.functions.predicting),
        ):
            size = _Sizes(self.names)(memory.size) if memory.size != 0 else "1"
            found.append([
                f"def {name}({sizes}):", '    """Return a workspace for C."""',
                f"    return np.empty({size}, dtype=_DTYPE)",
            ])  # fmt: skip
        return found


class _Public(Public):
    """The public functions; what computes is one call each."""

    workspace_names = "work"

    def guarded(self, lines: Lines, *_phases: Phase | None) -> Lines:
        return [f"    {line}" for line in lines]  # C does not warn

    def workspace_value(self) -> str:
        return self.fresh("_buffers")

    def reads(self, *phases: Phase | None) -> list[str]:
        """Return what phases read of data, parameters and hyper-parameters."""
        read = {n for p in phases if p is not None for n in p.reads}
        given = [*self.face.data, *self.face.params, *self.plan.hyper(*phases)]
        return [n for n in given if n in read]

    def reads_of_gradient(self) -> list[str]:
        return self.reads(self.plan.forward, self.plan.backward)

    def reads_of_step(self) -> list[str]:
        """Return what a step reads or changes: all parameters, the state too."""
        plan = self.plan
        read = self.reads(plan.forward, plan.backward, plan.update)
        return list(dict.fromkeys([*read, *self.face.params, *self.face.state]))

    def gradient_calls(self) -> Lines:
        words = ["work", *self.face.sizes, *(self.names[n] for n in self.reads_of_gradient())]
        return [f"{self.names[self.plan.loss]} = _value_and_grad({', '.join(words)}, *grads)"]

    def step_calls(self, reads: Lines) -> Lines:
        del reads  # those of the update alone
        words = ["work", *self.face.sizes, *(self.names[n] for n in self.reads_of_step())]
        return [f"{self.names[self.plan.loss]} = _step({', '.join(words)})"]


class _Sizes(Printer):
    """Sizes as Python's whole numbers."""

    times = " * "

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names

    def symbol(self, e: Symbol) -> tuple[str, int]:
        return self.names[str(e)], ATOM

    def function(self, e: Expr) -> tuple[str, int]:
        above, below = e.args[0].as_numer_denom()  # floor is the only function of sizes
        return f"{self(above, UNARY)} // {self(below, ATOM)}", MULTIPLY


def _class(group: str) -> str:
    return f"_{group.capitalize()}"


def _kind(argument: str) -> str:
    """Return the type of an argument for ctypes."""
    special = {"work": "ctypes.c_void_p", "loss": "ctypes.POINTER(ctypes.c_double)"}
    kind = "params" if argument == "grads" else argument
    return special.get(argument) or f"ctypes.POINTER({_class(kind)})"


def _split(text: str) -> list[str]:
    return [part.strip("\n") for part in text.split("\n\n\n")]
