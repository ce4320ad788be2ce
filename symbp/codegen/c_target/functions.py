"""The functions of the C file: a static one for each phase, and the public ones that check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sympy import Expr, Symbol

from symbp.codegen.c_target.equations import Workspace, Writer, declare, indented, workspace
from symbp.codegen.c_target.expressions import Integers, count, scalar
from symbp.codegen.c_target.interface import INTERNAL, Interface
from symbp.ir.program import Tensor
from symbp.schedule import Phase
from symbp.schedule.arena import in_place

Lines = list[str]
_EXACT = 2**24
"""Up to here a float holds every whole number."""


class Functions:
    """Writes all functions; afterwards the sizes of the workspaces are known."""

    def __init__(self, interface: Interface) -> None:
        self.interface = interface
        self.plan = interface.plan
        self.names = interface.names
        self.training = Workspace()
        self.predicting = Workspace()
        self.used: dict[str, list[str]] = {}
        """Static function -> its arguments."""

    def text(self) -> list[Lines]:
        """Return the functions, those first that others call."""
        cores = [self.predict(), self.forward(), self.backward()]
        if self.plan.update is not None:
            cores.append(self.update(self.plan.update))
        cores.append(self.value_and_grad())
        public = [
            self.public("predict", [self.call("predict", "") + ";"]),
            self.public("forward", ["*loss = " + self.call("forward") + ";"]),
            self.public("backward", [self.call("backward") + ";"]),
            self.public("value_and_grad", ["*loss = " + self.call("value_and_grad") + ";"]),
        ]
        if self.plan.update is not None:
            public.append(self.train_step())
        return [*cores, *public]

    # Static functions, one for each phase ---------------------------------------------------

    def predict(self) -> Lines:
        fixed = {n: f"outputs->{self.names[n]}" for n in self.plan.outputs}
        return self.core("predict", self.plan.predict, self.predicting, fixed)

    def forward(self) -> Lines:
        fixed = {n: f"tape->{self.names[n]}" for n in self.plan.tape}
        result = self.names[self.plan.loss]
        return self.core("forward", self.plan.forward, self.training, fixed, result)

    def backward(self) -> Lines:
        fixed: dict[str, str] = {}
        copies: list[tuple[str, str]] = []
        for param, gradient in self.plan.gradients.items():
            place = f"grads->{self.names[param]}"
            if gradient in fixed:
                copies.append((place, gradient))
            fixed.setdefault(gradient, place)
        return self.core("backward", self.plan.backward, self.training, fixed, copies=copies)

    def update(self, phase: Phase) -> Lines:
        """Write the optimizer: a new value goes where the old one was, at once or at the end."""
        fixed: dict[str, str] = {}
        copies: list[tuple[str, str]] = []
        for name, result in self.plan.updated.items():
            if result == name:
                continue
            group = "params" if name in self.plan.gradients else "state"
            place = f"{group}->{self.names[name]}"
            if phase.program[result].shape and in_place(phase.program, name, result):
                fixed[result] = place
            else:
                copies.append((place, result))
        return self.core("update", phase, self.training, fixed, copies=copies, pass_on=False)

    def core(
        self, name: str, phase: Phase, memory: Workspace, fixed: dict[str, str],
        result: str = "", copies: Sequence[tuple[str, str]] = (), pass_on: bool = True,
    ) -> Lines:  # fmt: skip
        """Write a static function that runs a phase.

        Args:
            fixed: results -> where the caller wants them.
            copies: more places that get a result when everything has been computed.
        """
        table, scope = phase.program.table(), self.interface.scope(phase.program)
        arrays = {n: p for n, p in fixed.items() if table[n].shape}
        writer = Writer(phase.program, scope, memory, arrays, pass_on)
        body = writer.run()
        late = [(p, n) for n, p in fixed.items() if not table[n].shape or n not in writer.groups]
        if late or copies:
            body.append("")
        for place, source in (*late, *copies):
            own, size = self.names[source], Integers(scope)(count(table[source]))
            cast = f"({scope.real})" if scope.suffix and scalar(table[source]) else ""
            shaped = bool(table[source].shape)
            body.append(f"copy({place}, {own}, {size});" if shaped else f"*{place} = {cast}{own};")
        if result:
            body.append(f"return {result};")
        given = [self.given(n, phase) for n in phase.reads if _uses(body, self.names[n])]
        body = [*given, *([""] if given and body else []), *body]
        words = [*self.interface.sizes, *INTERNAL]
        self.used[name] = [w for w in words if _uses(body, w)]
        returns = "double" if result else "void"
        head = self.interface.signature(name, self.used[name], f"static {returns}")
        return [head, "{", *indented(body), "}"]

    def given(self, name: str, phase: Phase) -> str:
        """Return the declaration of a tensor that is handed in."""
        tensor, own = phase.program[name], self.names[name]
        group = self.interface.home(name, phase)
        field = own
        if group == "grads":
            field = next(self.names[p] for p, g in self.plan.update_gradients.items() if g == name)
        place = f"{group}->{field}"
        kind = f"const {self.interface.kind(tensor)}"
        if scalar(tensor):
            return f"const double {own} = {'' if group == 'hyper' else '*'}{place};"
        return declare(kind, own, place, tensor) if tensor.shape else f"{kind} {own} = *{place};"

    def call(self, name: str, address: str = "", local: Iterable[str] = ()) -> str:
        """Return the call of a static function; `local` are structs, not pointers to them."""
        words = [f"&{w}" if w in local else w for w in self.used[name]]
        return f"{name}({', '.join(words)})"

    def value_and_grad(self) -> Lines:
        """Write both passes; the tape lies in the workspace."""
        tape = self.local("tape", [self.plan.forward.program[n] for n in self.plan.tape])
        body = [
            *tape,
            f"const double value = {self.call('forward', local=['tape'])};",
            self.call("backward", local=["tape"]) + ";",
            "return value;",
        ]
        both = {*self.used["forward"], *self.used["backward"]}
        words = [*self.interface.sizes, *INTERNAL]
        self.used["value_and_grad"] = [
            w for w in words if w != "tape" and (w in both or _uses(tape, w))
        ]
        head = self.interface.signature(
            "value_and_grad", self.used["value_and_grad"], "static double"
        )
        return [head, "{", *indented(body), "}"]

    def local(self, name: str, tensors: Iterable[Tensor]) -> Lines:
        """Return the declaration of a struct whose arrays lie in the workspace."""
        scope = self.interface.scope(self.plan.program)
        fields = [workspace(self.training.extend(count(t)), scope) for t in tensors]
        kind = "params" if name == "grads" else name
        return fields and [
            f"const {self.interface.prefix}_{kind} {name} = {{{', '.join(fields)}}};"
        ]

    # Public functions -------------------------------------------------------------------------

    def public(self, name: str, body: Lines) -> Lines:
        """Write a public function: nothing is computed unless sizes and labels are right."""
        arguments = self.interface.arguments(name)
        head = self.interface.signature(
            f"{self.interface.prefix}_{name}", [*self.interface.sizes, *arguments], "int"
        )
        refusals = self.refusals(name)
        check = refusals and [f"if ({' || '.join(refusals)}) {{", "    return -1;", "}"]
        unused = [f"(void){a};" for a in arguments if not _uses([*refusals, *body], a)]
        return [head, "{", *indented([*unused, *check, *body, "return 0;"]), "}"]

    def train_step(self) -> Lines:
        grads = self.local("grads", self.plan.program.having("param"))
        value = self.call("value_and_grad", local=["grads"])
        update = self.call("update", local=["grads"])
        return self.public("train_step", [*grads, f"*loss = {value};", f"{update};"])

    def refusals(self, name: str) -> Lines:
        """Return the conditions under which a call would leave its arrays."""
        phases = self.interface.phases(name)
        scope = self.interface.scope(self.plan.program)
        integers = Integers(scope)
        found = [f"{s} < 1" for s in self.interface.sizes]
        tensors = {t.name: t for p in phases for t in p.program.tensors}
        extents: dict[Expr, None] = {}
        for tensor in tensors.values():
            extents.update(dict.fromkeys(tensor.shape))
            if tensor.bound is not None and tensor.role == "value" and scope.real == "float":
                extents[_EXACT - tensor.bound] = None
        for extent in extents:
            if not isinstance(extent, Symbol) and not extent.is_nonnegative:
                found.append(f"{integers(extent)} < 0")
        for label in dict.fromkeys(n for p in phases for n in p.reads):
            tensor = tensors[label]
            if tensor.bound is not None and tensor.role != "value":
                where = f"data->{self.names[label]}"
                size = f"{integers(count(tensor))}, {integers(tensor.bound)}"
                found.append(f"!within({where}, {size})")
        return found


def _uses(lines: Lines, word: str) -> bool:
    """Tell whether code, comments apart, names a word."""
    code = re.sub(r"/\*.*?\*/", "", "\n".join(lines), flags=re.DOTALL)
    return re.search(rf"(?<!->)\b{re.escape(word)}\b", code) is not None
