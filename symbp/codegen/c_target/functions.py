"""The functions of the C file: a static one for each phase, and the public ones that check."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sympy import Expr, Symbol

from symbp.codegen.c_target.bands import rows
from symbp.codegen.c_target.equations import Writer
from symbp.codegen.c_target.expressions import Integers, count, scalar
from symbp.codegen.c_target.interface import INTERNAL, Interface
from symbp.codegen.c_target.memory import Workspace, pointer
from symbp.codegen.c_target.nests import declare, indented
from symbp.codegen.c_target.noise import drawing
from symbp.codegen.c_target.shared import Shared, Unit
from symbp.codegen.c_target.windows import panel
from symbp.codegen.c_target.writer import Choice
from symbp.codegen.passage import Passage
from symbp.schedule import Phase, Slot, rest
from symbp.schedule.arena import in_place

Lines = list[str]
_EXACT = 2**24
"""Up to here a float holds every whole number."""


@dataclass(frozen=True, slots=True)
class _Core:
    """A static function that runs a phase."""

    name: str
    head: str
    begin: Lines
    units: list[Unit]
    end: Lines

    def text(self, shared: Shared) -> Lines:
        """Return its lines; those that several functions have are in functions of their own."""
        lines = [line for unit in self.units for line in shared.lines(unit)]
        body = [*self.begin, *(lines if self.begin else lines[1:]), *self.end]
        return [self.head, "{", *indented(body), "}"]


class Functions:
    """Writes all functions; afterwards the sizes of the workspaces are known."""

    def __init__(self, interface: Interface) -> None:
        self.interface = interface
        self.plan = interface.plan
        self.names = interface.names
        self.threads = interface.threads
        phases = [self.plan.forward, self.plan.backward, self.plan.step]
        room = panel(p.program for p in phases if p is not None)
        self.training = Workspace(room, self.threads)
        self.predicting = Workspace(panel([self.plan.predict.program]), self.threads)
        self.tape = [self.training.take(self.plan.forward.program[n]) for n in self.plan.tape]
        """Where both passes together have the tape; a step by itself needs none."""
        drawn = self.plan.drawn if self.plan.step is not None else ()
        self.noise = [self.training.take(self.plan.program[n]) for n in drawn]
        """Where a step has its random numbers."""
        self.choices: dict[str, list[Choice]] = {}
        """Static function -> how its equations are computed."""
        self.types = interface.types()
        self.passages: dict[str, list[Passage]] = {}
        """Static function -> which lines of the file compute what it does."""
        self.used: dict[str, list[str]] = {}
        """Static function -> its arguments."""

    def text(self) -> list[Lines]:
        """Return the functions, those first that others call."""
        cores = [self.predict(), self.forward(), self.backward()]
        step: Lines = []
        if self.plan.step is not None:
            core, step = self.step(self.plan.step)
            cores.append(core)
        shared = Shared((u for core in cores for u in core.units), self.names)
        self.passages = {c.name: [p for u in c.units for p in shared.passages(u)] for c in cores}
        forward, backward = (self.call(c, local=["tape"]) for c in ("forward", "backward"))
        both = [*self.local_tape(), f"*loss = {forward};", f"{backward};"]
        public = [
            self.public("predict", [self.call("predict") + ";"]),
            self.public("forward", ["*loss = " + self.call("forward") + ";"]),
            self.public("backward", [self.call("backward") + ";"]),
            self.public("value_and_grad", both),
        ]
        if step:
            public.append(self.public("train_step", step))
        private = [*drawing(self.interface), *shared.functions(), *(c.text(shared) for c in cores)]
        return [*private, *public]

    # Static functions, one for each phase ---------------------------------------------------

    def predict(self) -> _Core:
        fixed = {n: f"outputs->{self.names[n]}" for n in self.plan.outputs}
        return self.core("predict", self.plan.predict, self.predicting, fixed)

    def forward(self) -> _Core:
        fixed = {n: f"tape->{self.names[n]}" for n in self.plan.tape}
        result = self.names[self.plan.loss]
        return self.core("forward", self.plan.forward, self.training, fixed, result)

    def backward(self) -> _Core:
        fixed: dict[str, str] = {}
        copies: list[tuple[str, str]] = []
        for param, gradient in self.plan.gradients.items():
            place = f"grads->{self.names[param]}"
            if gradient in fixed:
                copies.append((place, gradient))
            fixed.setdefault(gradient, place)
        return self.core("backward", self.plan.backward, self.training, fixed, copies=copies)

    def step(self, phase: Phase) -> tuple[_Core, Lines]:
        """Write a training step: a static function, and what the public one does.

        A tiny network's is all of the step; else it is what comes after the forward pass.
        """
        if rows(phase.program, phase.results, phase.results) is not None:
            core = self.descent("step", phase, self.names[self.plan.loss])
            call = self.call("step", local=["noise"])
            return core, [*self.local_noise(), f"*loss = {call};"]
        early = set(self.plan.forward.program.equations)
        late = tuple(e for e in phase.program.equations if e not in early)
        core = self.descent("descend", rest(phase, late, self.plan.running.values()))
        call = self.call("descend", local=["tape", "noise"])
        forward = self.call("forward", local=["tape", "noise"])
        own = [*self.local_tape(), *self.local_noise()]
        return core, [*own, f"*loss = {forward};", f"{call};"]

    def descent(self, name: str, phase: Phase, result: str = "") -> _Core:
        """Write a static function in which new values go where the old ones were.

        At once; or at the end, if something reads the old ones later.
        """
        fixed: dict[str, str] = {}
        copies: list[tuple[str, str]] = []
        for given, updated in self.plan.results.items():
            if updated == given:
                continue
            group = self.interface.home(given, phase)
            place = f"{group}->{self.names[given]}"
            if phase.program[updated].shape and in_place(phase.program, given, updated):
                fixed[updated] = self.names[given]
            else:
                copies.append((place, updated))
        return self.core(name, phase, self.training, fixed, result, copies, descending=True)

    def core(
        self, name: str, phase: Phase, memory: Workspace, fixed: dict[str, str],
        result: str = "", copies: Sequence[tuple[str, str]] = (), descending: bool = False,
    ) -> _Core:  # fmt: skip
        """Write a static function that runs a phase.

        Args:
            fixed: results -> where the caller wants them.
            copies: more places that get a result when everything has been computed.
            descending: results take the place of what the phase reads.
        """
        table, scope = phase.program.table(), self.interface.scope(phase.program)
        if descending:  # what is updated in place keeps its name
            scope = replace(scope, name=lambda n: fixed.get(n) or self.names[n])
        arrays = {n: p for n, p in fixed.items() if table[n].shape}
        memory.clear(self.noise if name == "step" else [*self.tape, *self.noise])
        writer = Writer(
            phase.program, scope, memory, arrays, types=self.types, results=phase.results,
            overwriting=phase.results if descending else (), threads=self.threads,
        )  # fmt: skip
        units = writer.run()
        self.choices[name] = writer.choices
        end: Lines = []
        late = [(p, n) for n, p in fixed.items() if not table[n].shape or n not in writer.groups]
        if late or copies:
            end.append("")
        for place, source in (*late, *copies):
            own, size = self.names[source], Integers(scope)(count(table[source]))
            cast = f"({scope.real})" if scope.suffix and scalar(table[source]) else ""
            shaped = bool(table[source].shape)
            end.append(f"copy({place}, {own}, {size});" if shaped else f"*{place} = {cast}{own};")
        if result:
            end.append(f"return {result};")
        changed = set(fixed.values()) if descending else set()
        used = _words([*(line for unit in units for line in unit.lines), *end])
        begin = [self.given(n, phase, changed) for n in phase.reads if self.names[n] in used]
        used |= _words(begin)
        self.used[name] = [w for w in (*self.interface.sizes, *INTERNAL) if w in used]
        returns = "double" if result else "void"
        head = self.interface.signature(name, self.used[name], f"static {returns}")
        return _Core(name, head, begin, units, end)

    def given(self, name: str, phase: Phase, changed: Collection[str]) -> str:
        """Return the declaration of a tensor that is handed in; some are changed in place."""
        tensor, own = phase.program[name], self.names[name]
        group = self.interface.home(name, phase)
        place = f"{group}->{own}"
        kind = f"{'' if own in changed else 'const '}{self.interface.kind(tensor)}"
        if scalar(tensor):
            return f"const double {own} = {'' if group == 'hyper' else '*'}{place};"
        return declare(kind, own, place, tensor) if tensor.shape else f"{kind} {own} = *{place};"

    def call(self, name: str, local: Iterable[str] = ()) -> str:
        """Return the call of a static function; `local` are structs, not pointers to them."""
        words = [f"&{w}" if w in local else w for w in self.used[name]]
        return f"{name}({', '.join(words)})"

    def local_tape(self) -> Lines:
        """Return the declaration of a tape that lies in the workspace."""
        return self.local("tape", self.tape)

    def local_noise(self) -> Lines:
        """Return the lines that draw a step's random numbers into the workspace."""
        if self.plan.noise is None or not self.noise:
            return []
        seed, step = (f"(double)*state->{self.names[n]}" for n in self.plan.noise)
        words = [*self.interface.sizes, seed, step, "&noise"]
        draw = f"{self.interface.prefix}_draw({', '.join(words)});"
        return [*self.local("noise", self.noise), draw]

    def local(self, group: str, slots: Sequence[Slot]) -> Lines:
        """Return the declaration of a struct of arrays that lie in the workspace."""
        scope = self.interface.scope(self.plan.program)
        places = ", ".join(pointer(self.training.starts[slot], scope) for slot in slots)
        return [f"const {self.interface.prefix}_{group} {group} = {{{places}}};"] if slots else []

    # Public functions -------------------------------------------------------------------------

    def public(self, name: str, body: Lines) -> Lines:
        """Write a public function: nothing is computed unless sizes and labels are right."""
        arguments = self.interface.arguments(name)
        head = self.interface.signature(
            f"{self.interface.prefix}_{name}", [*self.interface.sizes, *arguments], "int"
        )
        refusals = self.refusals(name)
        check = refusals and [f"if ({' || '.join(refusals)}) {{", "    return -1;", "}"]
        used = _words([*refusals, *body])
        unused = [f"(void){a};" for a in arguments if a not in used]
        return [head, "{", *indented([*unused, *check, *body, "return 0;"]), "}"]

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


def _words(lines: Lines) -> frozenset[str]:
    """Return the words that code names, comments and members of structures apart."""
    code = re.sub(r"/\*.*?\*/", "", "\n".join(lines), flags=re.DOTALL)
    return frozenset(re.findall(r"(?<!->)\b\w+", code))
