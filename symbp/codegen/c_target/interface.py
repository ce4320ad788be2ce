"""What C callers see: the names, the structs, and which of them each function takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symbp.codegen.c_target.expressions import Scope, scalar
from symbp.codegen.c_target.winners import condensed
from symbp.codegen.c_target.words import RESERVED
from symbp.codegen.face import Options
from symbp.codegen.header import shape_text
from symbp.codegen.names import Names, spelled
from symbp.ir.program import Program, Tensor
from symbp.schedule import Phase, Plan

GROUPS = ("params", "state", "data", "noise", "hyper", "tape", "grads", "outputs")
INTERNAL = (*GROUPS, "work")
"""The arguments of a static function after the sizes, in this order."""
ARGUMENTS = (*INTERNAL, "loss")
"""The arguments of a public function after the sizes, in this order."""
FUNCTIONS = ("predict", "forward", "backward", "value_and_grad", "train_step")
_SUFFIXES = (
    *FUNCTIONS, *GROUPS, "workspace_bytes", "predict_workspace_bytes", "default_hyper", "build",
    "training", "fit", "functions", "draw",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """A struct: its name without the prefix, what it is, and its fields."""

    name: str
    doc: str
    tensors: tuple[Tensor, ...]


class Interface:
    """The names of a network in C and the arguments of its functions."""

    def __init__(self, plan: Plan, options: Options) -> None:
        self.plan = plan = condensed(plan)
        self.prefix = spelled(plan.name)
        self.macro = self.prefix.upper()
        self.real = {"float32": "float", "float64": "double"}[options.dtype]
        self.threads = options.threads
        phases = [plan.forward, plan.backward, plan.predict, plan.update, plan.step]
        self.programs = [plan.program, *(p.program for p in phases if p is not None)]
        own = {f"{self.prefix}_{s}" for s in _SUFFIXES} | {
            f"{self.macro}_{s}"
            for s in (
                "H_INCLUDED",
                "WORKSPACE",
                "PREDICT_WORKSPACE",
                "FIT_WORKSPACE",
            )
        }
        own |= {"noise", "uniform", "seed", "step"} if plan.drawn else set()
        tensors = dict.fromkeys(t.name for p in self.programs for t in p.tensors)
        self.size_symbols = plan.program.sizes()
        self.names = Names([*map(str, self.size_symbols), *tensors], RESERVED | own)
        indices = dict.fromkeys(
            str(i) for p in self.programs for e in p.equations for i, _ in e.ranges
        )
        taken = {self.names[n] for n in (*map(str, self.size_symbols), *tensors)}
        self.indices = Names(indices, RESERVED | own | taken)
        self.sizes = [self.names[str(s)] for s in self.size_symbols]
        self.groups = {g.name: g for g in self._groups() if g.tensors}

    def _groups(self) -> Iterable[Group]:
        plan = self.plan
        given = plan.program.table()
        forward = plan.forward.program.table()
        params, trained = plan.program.having("param"), plan.program.trained()
        if trained == params:
            yield Group("params", "The parameters; also a gradient for each of them.", params)
        else:
            yield Group("params", "The parameters.", params)
            yield Group("grads", "A gradient for each parameter that is not frozen.", trained)
        update = plan.update.program.table() if plan.update else {}
        yield Group("state", "The state of the optimizer.", tuple(update[n] for n in plan.state))
        yield Group(
            "data", "Inputs, targets and labels; a function reads those that it needs.",
            plan.program.having("input", "target", "label"),
        )  # fmt: skip
        yield Group(
            "noise", "Random numbers, uniform from 0 to 1, which a step draws by itself.",
            tuple(given[n] for n in plan.drawn),
        )  # fmt: skip
        phases = (plan.forward, plan.backward, plan.predict, plan.update)
        hyper = {t.name: t for p in self.programs for t in p.having("hyper")}
        yield Group("hyper", "The hyper-parameters.", tuple(hyper[n] for n in plan.hyper(*phases)))
        yield Group(
            "tape", "What the forward pass keeps for the gradients.",
            tuple(forward[n] for n in plan.tape),
        )  # fmt: skip
        predicted = plan.predict.program.table()
        yield Group(
            "outputs", "The outputs.",
            tuple(predicted[n] if n in predicted else given[n] for n in plan.outputs),
        )  # fmt: skip

    def scope(self, program: Program) -> Scope:
        """Return what names mean in a program's equations."""
        return Scope(self.real, program.table(), self.names.__getitem__, self.index)

    def index(self, name: str) -> str:
        """Return what an index is called; one with an @ is no index of the network."""
        return name[1:] if name.startswith("@") else self.indices[name]

    def fields(self, group: str) -> list[str]:
        """Return the lines of a struct."""
        return [f"    {self.field(t)}" for t in self.groups[group].tensors]

    def field(self, tensor: Tensor) -> str:
        name, shape = self.names[tensor.name], shape_text(tensor)
        if tensor.role == "hyper":
            return f"double {name};"
        if tensor.role in ("input", "target", "label"):
            classes = f" in 0 .. {tensor.bound}-1" if tensor.bound is not None else ""
            return f"const {self.kind(tensor)} *{name}; /* {tensor.role} {shape}{classes} */"
        return f"{self.real} *{name}; /* {shape} */"

    def kind(self, tensor: Tensor) -> str:
        """Return the type of an element that the caller hands in."""
        return "ptrdiff_t" if tensor.bound is not None and tensor.role != "value" else self.real

    def types(self) -> dict[str, str]:
        """Return the type of each name that a static function can have declared."""
        found = dict.fromkeys(self.sizes, "ptrdiff_t") | {"work": f"{self.real} *"}
        for tensor in (t for p in self.programs for t in p.tensors):
            kind = "double" if scalar(tensor) else self.kind(tensor)
            found[self.names[tensor.name]] = f"{kind} *" if tensor.shape else kind
        return found

    def home(self, name: str, phase: Phase) -> str:
        """Return the group that a given tensor of a phase belongs to."""
        role = phase.program[name].role
        return {
            "param": "params", "hyper": "hyper", "state": "state", "value": "tape",
            "noise": "noise",
        }.get(role, "data")  # fmt: skip

    def phases(self, function: str) -> list[Phase]:
        """Return the phases that a public function runs."""
        plan = self.plan
        both = [plan.forward, plan.backward]
        found: dict[str, list[Phase]] = {
            "predict": [plan.predict], "forward": both[:1], "backward": both[1:],
            "value_and_grad": both, "train_step": [*filter(None, [plan.step])],
        }  # fmt: skip
        return found[function]

    def functions(self) -> list[str]:
        """Return the public functions that this network has."""
        return [f for f in FUNCTIONS if f != "train_step" or self.plan.update is not None]

    def arguments(self, function: str) -> list[str]:
        """Return what a public function takes after the sizes."""
        used = {self.home(n, p) for p in self.phases(function) for n in p.reads}
        used -= {"tape", "grads"}
        used |= {
            "predict": {"outputs"}, "forward": {"tape", "loss"}, "backward": {"tape", "grads"},
            "value_and_grad": {"grads", "loss"}, "train_step": {"params", "loss"},
        }[function]  # fmt: skip
        if function == "train_step":  # it draws what is random
            used = used - {"noise"} | ({"state"} & set(self.groups))
        used.add("work")
        absent = {g for g in GROUPS if self.struct(g) not in self.groups}
        return [a for a in ARGUMENTS if a in used - absent]

    def declaration(self, argument: str) -> str:
        """Return an argument with its type."""
        if argument == "work":
            return f"{self.real} *work"
        if argument == "loss":
            return "double *loss"
        return f"const {self.prefix}_{self.struct(argument)} *{argument}"

    def struct(self, argument: str) -> str:
        """Return the group whose struct an argument is: gradients may be like parameters."""
        alike = self.plan.program.trained() == self.plan.program.having("param")
        return "params" if argument == "grads" and alike else argument

    def signature(self, name: str, arguments: Iterable[str], returns: str) -> str:
        """Return the head of a function."""
        words = [f"ptrdiff_t {s}" for s in self.sizes if s in arguments]
        words += [self.declaration(a) for a in arguments if a not in self.sizes]
        return f"{returns} {name}({', '.join(words) or 'void'})"
