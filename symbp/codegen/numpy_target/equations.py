"""One equation at a time as NumPy statements: product, reduction, scatter or pointwise.

Which buffer a value lives in is decided here, statement by statement, by asking the arena; when
the last equation that reads a value has been written, its buffer goes back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

import sympy
from sympy import Expr, Symbol

from symbp.codegen.header import formula
from symbp.codegen.numpy_target.dots import Product, is_dot, product
from symbp.codegen.numpy_target.expressions import Lowering
from symbp.codegen.numpy_target.places import NEUTRAL, REDUCERS, Places, added
from symbp.codegen.numpy_target.products import Layout, Matrices, plan
from symbp.codegen.numpy_target.scans import Steps
from symbp.codegen.numpy_target.views import Axes, packed
from symbp.codegen.numpy_target.windows import offsets
from symbp.codegen.passage import Passage, passage
from symbp.ir.program import Access, Equation, Program, accesses
from symbp.ir.regions import covers
from symbp.schedule import Arena, Slot
from symbp.schedule.arena import aliasable, last_reads
from symbp.schedule.touch import bare, first_writes


def natural_box(equation: Equation) -> Axes:
    """Return the order of axes in which an operand lies already, so that nothing is transposed."""
    target = equation.target.indices
    for access in accesses(equation.body):
        box = access.indices
        whole = set(box) == set(equation.extent) and len(box) == len(equation.extent)
        if whole and tuple(i for i in box if i in target) == target:
            return box
    return (*target, *equation.reduced)


class Emitter:
    """Writes the statements of one function, and knows where every value lives."""

    def __init__(
        self,
        program: Program,
        arena: Arena,
        spell: Callable[[str], str],
        scratch_name: Callable[[], str],
        fixed: Mapping[str, Slot],
        keep: Iterable[str],
        in_bytes: Collection[str],
    ) -> None:
        self.program = program
        self.table = program.table()
        self.arena = arena
        self.spell = spell
        self.scratch_name = scratch_name
        self.fixed = dict(fixed)
        """Results whose buffers the caller hands in."""
        self.keep = set(keep)
        """Values that outlive this function."""
        self.in_bytes = in_bytes
        """Tensors of whole numbers for which a byte each will do."""
        self.slots: dict[str, Slot] = {}
        self.last = last_reads(program.equations)
        self.first = first_writes(program)
        self.bare = bare(program, self.first)
        self.started: set[str] = set()
        self.loops: dict[Symbol, Expr] = {}
        """The indices of the Python loops around the equation in hand."""
        self.setting = False
        """What the loops write is set, not added to what is there."""
        self.lines: list[str] = []
        self.passages: list[Passage] = []

    def run(self) -> list[str]:
        """Return the statements of all equations, each under its formula."""
        groups = self.program_groups()
        steps, position = Steps(self), -1
        for block in self.program.blocks():
            begin, position = position + 1, position + len(block)
            start = len(self.lines)
            if block[0].scan is not None:
                steps.scan(block, begin)
            else:
                if block[0].target.name not in self.started:
                    self.comment(groups[block[0].target.name])
                if not steps.slices(block[0], position):
                    self.equation(block[0], position)
            self.passages.append(passage(block, self.lines[start:]))
            self.started.update(e.target.name for e in block)
            self.release(position)
        for name, slot in self.fixed.items():
            if not self.table[name].shape:
                self.lines.append(f"{slot.label}[()] = {self.spell(name)}")
        return self.lines

    def program_groups(self) -> dict[str, list[Equation]]:
        """Return the equations of each target that stand together, in no scan."""
        groups = self.program.writers().items()
        return {name: [e for e in group if e.scan is None] for name, group in groups}

    def comment(self, group: list[Equation]) -> None:
        """Write what the next statements compute."""
        of = f"  (of {group[0].primal})" if group[0].primal else ""
        first, *more = formula(group)
        self.lines += [f"# {first}{of}", *(f"# {line}" for line in more)]

    def release(self, position: int) -> None:
        """Give back the buffers of values that nothing later reads."""
        for name, slot in list(self.slots.items()):
            if self.last[name] == position and name not in self.keep:
                del self.slots[name]
                self.arena.give(slot)

    # One equation ---------------------------------------------------------------------------

    def lowering(self, equation: Equation, box: Axes) -> Lowering:
        found = Lowering(
            self.program, equation.extent, box, self.arena, self.spell, self.scratch_name
        )
        name = equation.target.name
        if self.table[name].bound is not None:
            found.one, found.whole = "1", self.kind(name)
        found.fixed = self.loops
        return found

    def equation(self, equation: Equation, position: int) -> None:
        if not self.table[equation.target.name].shape:
            self.scalar(equation)
        elif (found := product(equation)) is not None and is_dot(found, equation):
            self.contraction(equation, found)
        elif (matrices := plan(equation, self.lowering(equation, ()))) is not None:
            self.matrices(equation, matrices)
        elif loops := offsets(equation, self.lowering(equation, ())):
            Places(self).looped(equation, position, loops)
        elif not equation.plain:
            Places(self).scatter(equation)
        elif found is not None:
            self.contraction(equation, found)
        elif equation.reduced or equation.op != "sum":
            self.reduction(equation)
        else:
            self.pointwise(equation, position)

    def slot(self, equation: Equation, inherit: Slot | None = None) -> Slot:
        """Return the buffer of an equation's target, a new one the first time."""
        name = equation.target.name
        if name in self.slots:
            return self.slots[name]
        if name in self.fixed:
            slot = self.fixed[name]
        elif inherit is not None:
            slot = inherit
        else:
            tensor = self.table[name]
            slot = self.arena.take(tensor.shape, self.spell(name), self.kind(name))
        self.slots[name] = slot
        return slot

    def kind(self, name: str) -> str:
        """Return what a buffer for a tensor holds."""
        if self.table[name].bound is None:
            return "real"
        return "byte" if name in self.in_bytes else "int"

    def pointwise(self, equation: Equation, position: int) -> None:
        name = equation.target.name
        lower = self.lowering(equation, equation.target.indices)
        spelled = self.spell(name)
        lower.dying = self.dying(equation, position)
        if name in self.started:
            operand = lower(equation.body)
            self.lines += lower.lines
            text = lower.spread(operand, equation.target.indices)
            region = self.region(equation, lower)
            self.lines.append(added(f"{self.slots[name].label}{region}", text))
            self.free(operand.slot)
            return
        if not self.covers(equation):
            self.fill(equation)
            self.started.add(name)
            self.pointwise(equation, position)
            return
        heir = None if name in self.fixed else self.heir(equation, position)
        if heir:
            lower.dying.pop(heir, None)
            slot = self.slot(equation, self.slots.pop(heir))
        else:
            slot = self.slot(equation)
        for dead in lower.dying:
            del self.slots[dead]
        read = {self.slots[a.name] for a in equation.reads() if a.name in self.slots}
        scratch = heir is None and slot not in read and not self.held(slot)
        lower.into(equation.body, slot, spelled, scratch)
        self.lines += lower.lines

    def held(self, slot: Slot) -> bool:
        """Tell whether a buffer that was handed in still holds what somebody reads: W_next in W."""
        return slot.kind == "held"

    def dying(self, equation: Equation, position: int) -> dict[str, Slot]:
        """Return the operands, each read once here and nowhere later, with their buffers."""
        if equation.target.name in self.started:
            return {}
        reads = [a for a in sympy.preorder_traversal(equation.body) if isinstance(a, Access)]
        names = [a.name for a in reads]
        return {
            a.name: self.slots[a.name]
            for a in reads
            if a.name in self.slots
            and names.count(a.name) == 1
            and self.last[a.name] == position
            and a.name not in self.keep
            and a.name not in self.fixed
            and a.indices == equation.target.indices
            and self.table[a.name].shape == self.table[equation.target.name].shape
            and self.table[a.name].bound is None
        }

    def covers(self, equation: Equation) -> bool:
        return covers(equation, self.table[equation.target.name])

    def heir(self, equation: Equation, position: int) -> str | None:
        """Return an operand that dies here and whose buffer the target can take over."""
        shape = self.table[equation.target.name].shape
        for access in equation.reads():
            name = access.name
            if (
                name in self.slots
                and self.last[name] == position
                and name not in self.keep
                and name not in self.fixed
                and self.table[name].shape == shape
                and self.table[name].bound is None
                and aliasable(equation, name)
            ):
                return name
        return None

    def fill(self, equation: Equation) -> None:
        slot = self.slot(equation)
        name = self.spell(equation.target.name)
        self.lines.append(f"{slot.label}.fill({NEUTRAL[slot.kind][equation.op]})")
        self.named(slot, name)

    def named(self, slot: Slot, name: str) -> None:
        """Call a buffer by the name of what is in it now."""
        if slot.label != name:
            self.lines.append(f"{name} = {slot.label}")
            slot.label = name

    def contraction(self, equation: Equation, found: Product) -> None:
        """Write a matrix product; `einsum` where the operands are no matrices."""
        name = equation.target.name
        if not self.covers(equation) and name not in self.started:
            self.fill(equation)
            self.started.add(name)
        first = name not in self.started
        slot = self.slot(equation) if first else self.temporary(equation)
        label = self.spell(name) if first else slot.label
        assign = f"{label} = " if slot.label != label else ""
        self.lines.append(f"{assign}{self.product_text(equation, found, slot.label)}")
        slot.label = label
        if found.constant != 1:
            lower = self.lowering(equation, equation.target.indices)
            self.lines.append(f"{label} *= {lower(found.constant)}")
        if not first:
            region = self.region(equation, self.lowering(equation, ()))
            self.lines.append(added(f"{self.slots[name].label}{region}", label))
            self.arena.give(slot)

    def temporary(self, equation: Equation) -> Slot:
        extents = equation.extent
        order = self.lowering(equation, ()).affine(equation.target)
        assert order is not None
        return self.arena.take(tuple(extents[i] for i in order.order), self.scratch_name)

    def product_text(self, equation: Equation, found: Product, out: str) -> str:
        if not is_dot(found, equation):
            return self.einsum_text(equation, found, out)
        view = self.lowering(equation, ()).view
        a = view(found.a, (*found.batch, *found.free_a, *found.contracted))
        b = view(found.b, (*found.batch, *found.contracted, *found.free_b))
        # For plain matrices `dot` is matmul with half the overhead.
        piece = not found.batch and ":" not in out  # `dot` writes to one piece of memory
        return f"np.{'dot' if piece else 'matmul'}({a}, {b}, out={out})"

    def einsum_text(self, equation: Equation, found: Product, out: str) -> str:
        letters = {i: chr(ord("a") + k) for k, (i, _) in enumerate(equation.ranges)}

        def word(indices: Iterable[Expr]) -> str:
            return "".join(letters[i] for i in indices)

        spec = f"{word(found.a.indices)},{word(found.b.indices)}->{word(equation.target.indices)}"
        view = self.lowering(equation, ()).view
        a, b = view(found.a, found.a.indices), view(found.b, found.b.indices)
        path = ", optimize=True" if found.free_a and found.free_b else ""  # else nothing for BLAS
        return f'np.einsum("{spec}", {a}, {b}, out={out}{path})'

    def matrices(self, equation: Equation, found: Layout) -> None:
        """Write a product of matrices whose rows and columns are runs of indices."""
        name, lower = equation.target.name, self.lowering(equation, ())
        direct = name not in self.started and found.target.whole
        slot = self.slot(equation) if direct else self.temporary(equation)
        label = self.spell(name) if direct else slot.label
        if direct:
            self.named(slot, label)
        result = (
            replace(found.target, name=label)
            if direct
            else packed(label, found.target.order, found.target.extents)
        )
        writer = Matrices(found, self.arena, self.scratch_name, lower.scalar)
        self.lines += writer.run(result)
        if found.constant != 1:
            self.lines.append(f"{label} *= {lower(found.constant)}")
        if not direct:
            if name not in self.started:
                self.fill(equation)
            shown = replace(found.target, name=self.slots[name].label)
            text = shown.single(found.target.order, lower.scalar)
            self.lines.append(added(text, label))
            self.arena.give(slot)

    def reduction(self, equation: Equation) -> None:
        """Write a sum, max or min over axes of a box."""
        name = equation.target.name
        box = natural_box(equation)
        lower = self.lowering(equation, box)
        operand = lower(equation.body)
        missing = tuple(i for i in box if i not in operand.axes)
        self.lines += lower.lines
        text = operand.text if not missing else self.broadcast(lower, operand, box, equation)
        reduced = [str(box.index(i)) for i in equation.reduced]
        axis = reduced[0] if len(reduced) == 1 else f"({', '.join(reduced)})"
        reducer = REDUCERS[equation.op]
        if not equation.reduced:
            value = text
        elif name in self.started or not self.covers(equation):
            value = f"np.{reducer}.reduce({text}, axis={axis})"
        else:
            slot = self.slot(equation)
            spelled = self.spell(name)
            assign = f"{spelled} = " if slot.label != spelled else ""
            self.lines.append(f"{assign}np.{reducer}.reduce({text}, axis={axis}, out={slot.label})")
            slot.label = spelled
            self.free(operand.slot)
            return
        if name not in self.started:
            self.fill(equation)
        label = self.slots[name].label
        region = self.region(equation, lower)
        if equation.op == "sum":
            self.lines.append(f"{label}{region} += {value}")
        else:
            self.lines.append(f"np.{reducer}({label}{region}, {value}, out={label}{region})")
        self.free(operand.slot)

    def region(self, equation: Equation, lower: Lowering) -> str:
        """Return the slice of the target that an equation over a smaller box writes."""
        if self.covers(equation):
            return ""
        stops = [lower.scalar(equation.extent[g]) for g in equation.target.indices]
        return f"[{', '.join(f':{stop}' for stop in stops)}]"

    def broadcast(self, lower: Lowering, operand: object, box: Axes, equation: Equation) -> str:
        shape = ", ".join(lower.scalar(equation.extent[i]) for i in box)
        comma = "," if len(box) == 1 else ""
        return f"np.broadcast_to({lower.spread(operand, box)}, ({shape}{comma}))"  # type: ignore[arg-type]

    def free(self, slot: Slot | None) -> None:
        if slot is not None:
            self.arena.give(slot)

    def scalar(self, equation: Equation) -> None:
        """Write a 0-d value: a Python or NumPy number."""
        name = self.spell(equation.target.name)
        value = self.scalar_value(equation)
        if equation.target.name not in self.started:
            self.lines.append(f"{name} = {value}")
        elif equation.op == "sum":
            self.lines.append(f"{name} += {value}")
        else:
            self.lines.append(f"{name} = {equation.op}({name}, {value})")

    def scalar_value(self, equation: Equation) -> str:
        box = equation.reduced
        lower = self.lowering(equation, box)
        found = product(equation)
        if found is not None and found.a.indices == found.b.indices:
            a, b = lower.view(found.a, found.a.indices), lower.view(found.b, found.b.indices)
            dot = f"np.vdot({a}, {b})"
            return dot if found.constant == 1 else f"{dot} * {lower(found.constant)}"
        operand = lower(equation.body)
        self.lines += lower.lines
        self.free(operand.slot)
        if not box:
            return operand.text
        missing = [i for i in box if i not in operand.axes]
        text = self.broadcast(lower, operand, box, equation) if missing else operand.text
        return f"np.{REDUCERS[equation.op]}.reduce({text}, axis=None)"
