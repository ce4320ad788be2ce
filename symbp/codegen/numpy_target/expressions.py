"""Scalar expressions over a box as calls of NumPy's ufuncs into buffers.

An operand has exactly the axes of the indices that occur in it, in the order of the box. Small
operands meet first: what depends on one index is finished before it is spread over two. The last
call writes into the target, the others into the target too or into scratch buffers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy import Expr, Integer, Mul, Symbol

from symbp.codegen.numpy_target.scalars import HELPERS, UFUNCS, ScalarPrinter
from symbp.codegen.numpy_target.views import Axes, View, view
from symbp.errors import TargetError
from symbp.ir.functions import Where
from symbp.ir.printer import ATOM, MULTIPLY, UNARY, quotient, terms
from symbp.ir.program import Access, Program
from symbp.ir.ranges import bounds
from symbp.schedule import Arena, Slot

_COMPARISONS = {
    "StrictLessThan": "<", "LessThan": "<=", "StrictGreaterThan": ">", "GreaterThan": ">=",
    "Equality": "==", "Unequality": "!=",
}  # fmt: skip
_COMPARING = {
    "StrictLessThan": "less", "LessThan": "less_equal", "StrictGreaterThan": "greater",
    "GreaterThan": "greater_equal", "Equality": "equal", "Unequality": "not_equal",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operand:
    """Text of an array (or, without axes, of a scalar), and its buffer where that is scratch."""

    text: str
    axes: Axes = ()
    slot: Slot | None = None
    loose: bool = False
    """The text needs parentheses as a factor."""

    def __str__(self) -> str:
        return f"({self.text})" if self.loose else self.text


class IndexPrinter(ScalarPrinter):
    """Integer expressions as arrays over some axes; Python's own operators do."""

    def __init__(self, lowering: Lowering, axes: Axes) -> None:
        super().__init__(lowering.spell)
        self.lowering = lowering
        self.axes = axes

    def access(self, e: Access) -> tuple[str, int]:
        return self.lowering.spread(self.lowering.access(e), self.axes), ATOM

    def symbol(self, e: Symbol) -> tuple[str, int]:
        if e not in self.axes:
            return super().symbol(e)
        extent = self.lowering.scalar(self.lowering.extents[e])
        return self.lowering.spread(Operand(f"np.arange({extent})", (e,)), self.axes), ATOM

    def function(self, e: Expr) -> tuple[str, int]:
        if not isinstance(e, sympy.floor):
            raise TargetError(f"the NumPy target has no index arithmetic for {e}")
        above, below = e.args[0].as_numer_denom()
        return f"{self(above, UNARY)} // {self(below, UNARY)}", MULTIPLY


class Lowering:
    """Turns one equation's body into statements."""

    def __init__(
        self,
        program: Program,
        extents: dict[Symbol, Expr],
        box: Axes,
        arena: Arena,
        spell: Callable[[str], str],
        scratch_name: Callable[[], str],
    ) -> None:
        self.program = program
        self.tensors = program.table()
        self.extents = extents
        self.box = box
        self.arena = arena
        self.scalar = ScalarPrinter(spell)
        self.spell = spell
        self.scratch_name = scratch_name
        self.lines: list[str] = []
        self.one = "_ONE"  # an array: NumPy takes longer to read a Python number
        self.whole: str | None = None
        """The kind of buffer of whole numbers, where the target is one."""
        self.spare: list[Slot] = []
        self.target: Slot | None = None
        self.renamed: dict[int, str] = {}
        self.fixed: Mapping[Symbol, Expr] = {}
        """The indices of loops around the equation, and how far they run."""
        self.dying: dict[str, Slot] = {}
        """Operands that nobody reads again: their buffers may be written over."""

    # Operands -----------------------------------------------------------------------------

    def axes(self, expression: Any) -> Axes:
        """Return the indices that an expression runs over, in the order of the box."""
        free = expression.free_symbols
        return tuple(i for i in self.box if i in free)

    def __call__(self, e: Any) -> Operand:
        """Return an operand that holds the value of an expression."""
        if not self.axes(e):
            if e == 1:
                return Operand(self.one)
            text, level = self.scalar.visit(sympy.sympify(e))
            return Operand(text, loose=level < 8)
        if isinstance(e, Access):
            return self.access(e)
        if is_index(e):
            return self.integers(e)
        return self.reduce_tree(e, None)

    def access(self, e: Access) -> Operand:
        axes = self.axes(e)
        if all(g in self.extents for g in e.indices) and len(set(e.indices)) == len(e.indices):
            return Operand(self.view(e, axes), axes, self.dying.pop(e.name, None))
        affine = self.affine(e)
        if affine is not None:
            return Operand(affine.single(axes, self.scalar), axes)
        return Operand(f"{self.spell(e.name)}[{self.place(e, axes)}]", axes)

    def affine(self, e: Access) -> View | None:
        """Return an access as a view, or None where it is none."""
        shape = self.tensors[e.name].shape
        return view(e, self.spell(e.name), shape, self.extents, self.fixed)

    def view(self, e: Access, axes: Axes) -> str:
        """Return a plain access with its axes in a given order, cut off where a loop ends early."""
        name, order = self.spell(e.name), [e.indices.index(i) for i in axes]
        extents = [self.extents[g] for g in e.indices]
        if tuple(extents) != self.tensors[e.name].shape:
            stops = zip(extents, self.tensors[e.name].shape, strict=True)
            name += (
                f"[{', '.join(':' if n == full else f':{self.scalar(n)}' for n, full in stops)}]"
            )
        if order == sorted(order):
            return name
        if len(order) == 2:
            return f"{name}.T"
        return f"{name}.transpose({', '.join(map(str, order))})"

    def place(self, e: Access, axes: Axes) -> str:
        """Return the index arrays of an access that is no plain one, clipped where guarded."""
        shape, found = self.tensors[e.name].shape, []
        indices, axes = self.leading(e, axes)
        for g, extent in zip(indices, shape, strict=False):
            text = self.spread(self.integers(g), axes)
            limits = bounds(g, self.extents, self.tensors)
            inside = limits and limits[0].is_nonnegative and (
                sympy.expand(extent - 1 - limits[1]).is_nonnegative
            )  # fmt: skip
            last = self.scalar(extent - 1)
            found.append(text if inside else f"np.clip({text}, 0, {last})")
        return ", ".join(found)

    def leading(self, e: Access, axes: Axes) -> tuple[tuple[Expr, ...], Axes]:
        """Return indices and axes without the last ones, where those are whole: E[t[n]]."""
        shape, indices = self.tensors[e.name].shape, e.indices
        while axes and len(indices) > 1 and indices[-1] == axes[-1] and (
            self.extents[axes[-1]] == shape[len(indices) - 1]
            and not any(g.has(axes[-1]) for g in indices[:-1])
        ):  # fmt: skip
            indices, axes = indices[:-1], axes[:-1]
        return indices, axes

    def integers(self, g: Expr) -> Operand:
        """Return an integer expression of indices as an operand."""
        axes = self.axes(g)
        text, level = IndexPrinter(self, axes).visit(g)
        return Operand(text, axes, loose=level < ATOM)

    def spread(self, operand: Operand, axes: Axes) -> str:
        """Return the text of an operand with an axis of 1 for each index that it lacks."""
        if not operand.axes or operand.axes == axes:
            return operand.text
        first = axes.index(operand.axes[0])
        marks = [":" if i in operand.axes else "None" for i in axes[first:]]
        if "None" not in marks:
            return operand.text
        return f"{operand}[{', '.join(marks)}]"

    # Statements ---------------------------------------------------------------------------

    def into(self, e: Expr, target: Slot, name: str, scratch: bool) -> None:
        """Compute an expression into a buffer and call it `name`.

        Args:
            scratch: the buffer holds nothing that the expression reads, so that intermediate
                values may go there too.
        """
        self.target = target
        if scratch:
            self.spare.append(target)
            self.renamed[id(target)] = name
        if not self.axes(e) or isinstance(e, Access) or is_index(e):
            operand = self(e)
            text = self.spread(operand, self.box)
            self.emit(f"np.copyto({target.label}, {text})")
            self.bind(name, target)
            return
        self.reduce_tree(e, (target, name))

    def bind(self, name: str, slot: Slot) -> None:
        if slot.label != name:
            self.emit(f"{name} = {slot.label}")
            slot.label = name

    def emit(self, line: str) -> None:
        self.lines.append(line)

    def destination(self, axes: Axes, operands: Iterable[Operand]) -> Slot:
        """Return a buffer for an intermediate value: an operand's own, the target's, or new."""
        for operand in operands:
            if operand.slot is not None and operand.axes == axes:
                return operand.slot
        shape = tuple(self.extents[i] for i in axes)
        if self.spare and self.spare[-1].shape == shape:
            return self.spare.pop()
        return self.arena.take(shape, self.scratch_name)

    def give(self, slot: Slot) -> None:
        """Take a scratch buffer back; one that is the target's own stays so."""
        if slot is self.target:
            self.spare.append(slot)
        else:
            self.arena.give(slot)

    def call(
        self, function: str, operands: Sequence[Operand], final: tuple[Slot, str] | None
    ) -> Operand:
        """Emit one ufunc call; return its result."""
        axes = tuple(i for i in self.box if final or any(i in o.axes for o in operands))
        slot = final[0] if final else self.destination(axes, operands)
        name = final[1] if final else self.renamed.pop(id(slot), slot.label)
        texts = [self.spread(o, axes) for o in operands]
        own = slot.label
        operator = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}.get(function)
        if operator and own.isidentifier() and texts[0] == own == name:
            self.emit(f"{own} {operator}= {texts[1]}")
        elif operator in ("+", "*") and own.isidentifier() and texts[1] == own == name:
            self.emit(f"{own} {operator}= {texts[0]}")
        else:
            function = f"_{function}" if function in HELPERS else f"np.{function}"
            assign = f"{name} = " if name != own else ""
            self.emit(f"{assign}{function}({', '.join(texts)}, out={own})")
        slot.label = name
        for operand in operands:
            if operand.slot is not None and operand.slot is not slot:
                self.give(operand.slot)
        return Operand(name, axes, slot if not final else None)

    def reduce_tree(self, e: Any, final: tuple[Slot, str] | None) -> Operand:
        """Lower a compound expression; the last call writes to `final` where it is given."""
        if e.is_Add:
            return self.sum(e, final)
        if e.is_Mul or (e.is_Pow and e.exp.is_number):
            return self.product(e, final)
        if isinstance(e, Where):
            return self.choice(e, final)
        if e.is_Pow:
            return self.call("power", [self(e.base), self(e.exp)], final)
        name = e.func.__name__
        if name == "relu":
            return self.call("maximum", [self(e.args[0]), Operand("0.0")], final)
        if name in UFUNCS or name in HELPERS:
            return self.call(UFUNCS.get(name, name), [self(a) for a in e.args], final)
        if isinstance(e, sympy.Mod):
            return self.call("mod", [self(a) for a in e.args], final)
        if e.is_Boolean:
            return self.condition(e)
        raise TargetError(f"the NumPy target has no function {name}", remedy=f"in {e}")

    def sum(self, e: Expr, final: tuple[Slot, str] | None) -> Operand:
        content, inner = e.primitive()
        if content != 1 and all(abs(t.as_coeff_Mul()[0]) == 1 for t in inner.args):
            return self.product(Mul(content, inner, evaluate=False), final)
        parts = sorted(terms(e), key=lambda t: len(self.axes(t)))
        # A difference of like terms comes before anything is added that could hide its digits.
        parts.sort(key=lambda t: (len(self.axes(t)), not isinstance(abs_term(t), Access)))
        positive = next((p for p in parts if not p.could_extract_minus_sign()), None)
        if positive is not None:
            first = min(
                (p for p in parts if not p.could_extract_minus_sign()),
                key=lambda p: len(self.axes(p)),
            )
            parts.remove(first)
            parts.insert(0, first)
        result: Operand | None = None
        for k, part in enumerate(parts):
            last = final if k == len(parts) - 1 else None
            minus = bool(part.could_extract_minus_sign())
            if result is None:
                result = self(part)
                continue
            other = self(-part if minus else part)
            result = self.call("subtract" if minus else "add", [result, other], last)
        assert result is not None
        return result

    def product(self, e: Expr, final: tuple[Slot, str] | None) -> Operand:
        above, below = quotient(e)
        scalars = [f for f in above if not self.axes(f)]
        constant = Mul(*scalars) / Mul(*(f for f in below if not self.axes(f)))
        above = [f for f in above if self.axes(f)]
        below = [f for f in below if self.axes(f)]
        steps = self.factors(above) if above else []
        under = self.folded("multiply", self.factors(below), None) if below else None
        operands = [*steps]
        if constant != 1 and not (constant == -1 or (under and not operands)):
            operands.insert(0, self(constant))
        minus = constant == -1
        if not operands and under is not None:
            return self.call("divide", [self(constant), under], final)
        if under is None and not minus:
            return self.folded("multiply", operands, final)
        top = self.folded("multiply", operands, None)
        if under is not None:
            top = self.call("divide", [top, under], None if minus else final)
        return self.call("negative", [top], final) if minus else top

    def factors(self, found: list[Expr]) -> list[Operand]:
        """Return the operands of a product, those over fewer indices first."""
        operands: list[Operand] = []
        for factor in sorted(found, key=lambda f: len(self.axes(f))):
            base, exponent = factor.as_base_exp() if factor.is_Pow else (factor, Integer(1))
            if exponent.is_Integer and 1 < exponent <= 4:
                operand = self(base)
                held = replace(operand, slot=None)
                operands += [held] * (int(exponent) - 1) + [operand]
            elif exponent == sympy.Rational(1, 2):
                operands.append(self.call("sqrt", [self(base)], None))
            elif exponent != 1:
                operands.append(self.call("power", [self(base), self(exponent)], None))
            else:
                operands.append(self(factor))
        return operands

    def folded(
        self, function: str, operands: list[Operand], final: tuple[Slot, str] | None
    ) -> Operand:
        if len(operands) == 1 and final is not None:
            return self.call("positive", operands, final)
        result = operands[0]
        for k, operand in enumerate(operands[1:]):
            last = final if k == len(operands) - 2 else None
            if operand.text == result.text and operand.slot is not None and result.slot is None:
                result = self.call("square", [operand], last) if len(operands) == 2 else self.call(
                    function, [replace(result), replace(operand, slot=None)], last
                )  # fmt: skip
            else:
                result = self.call(function, [result, operand], last)
        return result

    def choice(self, e: Expr, final: tuple[Slot, str] | None) -> Operand:
        condition, a, b = e.args
        if self.whole is not None and final is None and condition.is_Relational:
            numbers = self.whole_choice(e, self.whole)
            if numbers is not None:
                return numbers
        while b == 0 and isinstance(a, Where) and a.args[2] == 0:  # both have to hold
            condition, a = sympy.And(condition, a.args[0], evaluate=False), a.args[1]
        if b == 0 and tame(a):
            mask = self.condition(condition)
            return self.call("multiply", [self(a), replace(mask, slot=None)], final)
        axes = self.axes(e)
        if final is not None:
            axes = self.box
        parts = [self.condition(condition), self(a), self(b)]
        text = f"np.where({', '.join(self.spread(p, axes) for p in parts)})"
        if final is None and not any(p.slot for p in parts):
            return Operand(text, axes)
        # What stands in scratch buffers is read at once: they are needed again.
        slot = final[0] if final else self.destination(axes, parts)
        name = final[1] if final else self.renamed.pop(id(slot), slot.label)
        self.emit(f"np.copyto({slot.label}, {text})")
        self.bind(name, slot)
        for part in parts:
            if part.slot is not None and part.slot is not slot:
                self.give(part.slot)
        return Operand(name, axes, None if final else slot)

    def whole_choice(self, e: Expr, kind: str) -> Operand | None:
        """Return a choice between two whole numbers: the comparison's 0 or 1, stretched."""
        condition, a, b = e.args
        axes = self.axes(condition)
        if self.axes(a) or self.axes(b) or a.has(Access) or b.has(Access):
            return None
        function = _COMPARING[condition.func.__name__]
        x, y = ("1" if s == 1 else self.spread(self(s), axes) for s in condition.args)
        slot = self.arena.take(tuple(self.extents[i] for i in axes), self.scratch_name, kind)
        self.emit(f"np.{function}({x}, {y}, out={slot.label})")
        self.emit(f"{slot.label} *= {self.scalar(sympy.expand(a - b))}")
        if b != 0:
            self.emit(f"{slot.label} += {self.scalar(b)}")
        return Operand(slot.label, axes, slot)

    def condition(self, e: Any) -> Operand:
        """Return a condition as an expression of Boolean arrays."""
        axes = self.axes(e)
        if not axes:
            return Operand(self.scalar(e), loose=True)
        if e.is_Relational:
            a, b = ("1" if x == 1 else self.spread(self(x), axes) for x in e.args)
            return Operand(f"{a} {_COMPARISONS[e.func.__name__]} {b}", axes, loose=True)
        parts = [self.spread(self.condition(x), axes) for x in e.args]
        if isinstance(e, sympy.Not):
            return Operand(f"~({parts[0]})", axes)
        joined = (" & " if isinstance(e, sympy.And) else " | ").join(f"({p})" for p in parts)
        return Operand(joined, axes, loose=True)


def is_index(e: Expr) -> bool:
    """Tell whether an expression is whole-number arithmetic of indices and sizes alone."""
    own = isinstance(e, (sympy.Add, Mul, Symbol, Integer, sympy.Mod))
    return own and all(map(is_index, e.args))


def abs_term(term: Expr) -> Expr:
    """Return a term without its sign."""
    return -term if term.could_extract_minus_sign() else term


def tame(e: Expr) -> bool:
    """Tell whether an expression is finite wherever its operands are: it may be masked by 0."""
    if isinstance(e, Access) or not e.args:
        return True
    polynomial = e.is_Add or e.is_Mul or (e.is_Pow and e.exp.is_Integer and e.exp.is_positive)
    return polynomial and all(tame(a) for a in e.args)
