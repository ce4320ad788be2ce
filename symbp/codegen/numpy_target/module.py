"""The NumPy module from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from symbp.codegen.face import Face, Options
from symbp.codegen.header import wrapped
from symbp.codegen.numpy_target.equations import Emitter
from symbp.codegen.numpy_target.scalars import ScalarPrinter
from symbp.codegen.numpy_target.whole import in_bytes
from symbp.codegen.numpy_target.windows import separated
from symbp.codegen.passage import Passage, by_target
from symbp.codegen.public import Public
from symbp.ir.program import Program
from symbp.schedule import Arena, Phase, Plan, Slot
from symbp.schedule.arena import in_place


def emit(plan: Plan, options: Options) -> dict[str, str]:
    """Return the files of a NumPy module: name -> text."""
    return {f"{plan.name}.py": _Module(plan, options).text()}


def lines(plan: Plan, options: Options) -> dict[str, tuple[str, ...]]:
    """Return the lines of a NumPy module that compute each tensor, in training if there."""
    module = _Module(plan, options)
    module.core()
    told = module.passages
    return by_target([told["_forward"] + told["_backward"], told["_predict"]], wrapped)


class _Module:
    def __init__(self, plan: Plan, options: Options) -> None:
        self.plan = plan
        self.face = Face(plan, options)
        self.public = Public(self.face)
        self.names = self.face.names
        self.arena = Arena()
        self.passages: dict[str, list[Passage]] = {}

    def text(self) -> str:
        core = self.core()
        public = [
            self.face.init_params(), self.public.predict(), self.public.forward(),
            self.public.backward(), self.public.value_and_grad(), self.face.init_state(),
            *self.public.training(),
        ]  # fmt: skip
        body = [section for section in (*public, *core, *self.public.checks()) if section]
        helpers = self.public.helpers("\n".join(line for section in body for line in section))
        code = "\n".join([*helpers, *(line for section in body for line in section)])
        standard = [f"import {m}" for m in ("math", "threading") if f"{m}." in code]
        imports = [*standard, *([""] if standard else []), "import numpy as np"]
        constants = ["_ONE = np.ones((), dtype=_DTYPE)"] if "_ONE" in code else []
        title = f"{self.plan.name}: forward pass, gradients and training step in NumPy"
        lines = self.face.top(f"{title} ({self.face.options.dtype}).", (), imports, constants)
        for section in body:
            lines += ["", *section, ""]
        for helper in helpers:
            lines += ["", *helper.rstrip().splitlines(), ""]
        return "\n".join(piece for line in lines for piece in wrapped(line)).rstrip() + "\n"

    # The core: the network's own lines -------------------------------------------------------

    def core(self) -> list[list[str]]:
        plan = self.plan
        forward = self.function(
            "_forward", plan.forward, self.arena, {}, plan.backward.program,
            keep=plan.forward.results,
            doc="Return the loss, and the values that the gradients need.",
        )  # fmt: skip
        slots = {
            g: Slot(self.names[g], self.face.table[g].shape, "real", self.label(g, "out"))
            for g in plan.gradients.values()
        }
        backward = self.function(
            "_backward", plan.backward, self.arena, slots, plan.forward.program,
            keep=plan.gradients.values(),
            doc="Compute the gradients into the arrays at the end.", returns=False,
        )  # fmt: skip
        update = self.update_function()
        predict_arena = Arena()
        predict = self.function(
            "_predict", plan.predict, predict_arena, {}, keep=plan.outputs,
            doc="Return the outputs.",
        )  # fmt: skip
        found = [
            predict, forward, backward, update, self.buffers("_buffers", self.arena),
            self.buffers("_buffers_of_predict", predict_arena),
        ]  # fmt: skip
        return [section for section in found if section]

    def label(self, name: str, suffix: str) -> str:
        """Return the variable of a result's buffer: a scalar has a name of its own for it."""
        own = self.names[name]
        return own if self.face.table[name].shape else f"{own}_{suffix}"

    def scratch_name(self) -> str:
        return self.names.fresh("s")

    def function(
        self, name: str, phase: Phase, arena: Arena, fixed: dict[str, Slot], *others: Program,
        keep: Iterable[str], doc: str, returns: bool = True,
        seeds: dict[str, Slot] | None = None, spell: Callable[[str], str] | None = None,
    ) -> list[str]:  # fmt: skip
        """Return one core function; its buffers are unpacked from `work`.

        Args:
            others: the programs that share its values.
        """
        arena.begin()
        program = separated(phase.program, self.names.add)
        if spell is not None:  # another program: its v4 need not be the one that named a buffer
            arena.foreign = {spell(t.name) for t in program.having("value")}
            arena.rename = self.scratch_name
        numbers = in_bytes(program, *others) - {*self.plan.outputs}
        emitter = Emitter(
            program, arena, spell or self.names.add, self.scratch_name, fixed, keep, numbers
        )
        emitter.slots.update(seeds or {})
        lines = emitter.run()
        self.passages[name] = emitter.passages
        outs = [s.label for s in fixed.values() if s.kind != "held"]
        head = ["work", *self.face.sizes, *(self.names[n] for n in phase.reads), *outs]
        text = [f"def {name}({', '.join(head)}):", f'    """{doc}"""']
        for k, slot in enumerate(arena.slots):
            if slot in arena.taken:
                text.append(f"    {arena.unpacked.get(slot.name, slot.name)} = work[{k}]")
        text += [f"    {line}" for line in lines]
        if returns:
            results = [self.names[r] for r in phase.results]
            comma = "," if len(results) == 1 else ""
            text.append(f"    return {', '.join(results)}{comma}")
        return text

    def update_function(self) -> list[str]:
        plan = self.plan
        if plan.update is None:
            return []
        program = plan.update.program
        fixed: dict[str, Slot] = {}
        spelled: dict[str, str] = {}
        copies: list[str] = []
        for name, result in plan.updated.items():
            own = self.names[name]
            shape = self.face.table[name].shape
            if not shape:
                copies.append(f"    {own}[()] = {self.names[result]}")
            elif in_place(program, name, result):
                fixed[result] = Slot(own, shape, "held", own)
                spelled[result] = own
            else:
                copies.append(f"    {own}[...] = {self.names[result]}")
        gradients = {
            g: Slot(self.names[g], self.face.table[g].shape, "real", self.names[g])
            for g in plan.update.reads
            if g in self.gradient_names() and self.face.table[g].shape
        }
        text = self.function(
            "_update", plan.update, self.arena, fixed, keep=plan.updated.values(),
            doc="Update parameters and state in place; the gradients are used up.",
            returns=False, seeds=gradients, spell=lambda n: spelled.get(n) or self.names[n],
        )  # fmt: skip
        return [*text, *copies]

    def gradient_names(self) -> set[str]:
        assert self.plan.update is not None
        return {t.name for t in self.plan.update.program.having("input")}

    def buffers(self, name: str, arena: Arena) -> list[str]:
        lines = [
            f"def {name}({', '.join(self.face.sizes)}):",
            '    """Return the arrays in which intermediate values are kept."""',
        ]
        if not arena.slots:
            return [*lines, "    return ()"]
        lines.append("    return (")
        size = ScalarPrinter(self.names.__getitem__)
        for slot in arena.slots:
            shape = ", ".join(size(n) for n in slot.shape)
            shape += "," if len(slot.shape) == 1 else ""
            kind = {"int": "np.intp", "byte": "np.int8"}.get(slot.kind, "_DTYPE")
            lines.append(f"        np.empty(({shape}), dtype={kind}),  # {slot.name}")
        return [*lines, "    )"]
