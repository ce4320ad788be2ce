"""The formulas of a .bp file: names are looked up among its tensors; calls are of the library.

>>> from symbp.ir.syntax import read
>>> from symbp.lang.tensors import input
>>> tree = read("c = x + 2*relu(x)").children[0].children[2]
>>> Formulas("<text>", [], {"x": input("x", "N", 3)}).whole(tree)
value term[N,3]

A formula is read in one of two ways. In an equation with indices it is scalar: x[n,i] is an
element, and a name without brackets is a scalar tensor, a size or an index. In a statement
without indices, r = h + x, it is whole: a name is a tensor with all of its elements.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lark import Token
from sympy import Expr, Symbol

from symbp.errors import LanguageError
from symbp.ir.functions import FUNCTIONS
from symbp.ir.program import Access, index
from symbp.ir.syntax import RESERVED, Expressions, Node, as_size, suggest, takes
from symbp.ir.text import left
from symbp.lang.functions import ACTIVATIONS
from symbp.lang.handles import Handle, apply, scalar
from symbp.lang.initializers import INITIALIZERS, Initial
from symbp.lang.layers import LAYERS
from symbp.lang.losses import LOSSES
from symbp.lang.modes import training
from symbp.lang.optimizers import CLIPS, OPTIMIZERS, Clip, Optimizer
from symbp.lang.penalties import PENALTIES, Penalty
from symbp.lang.recurrent import RECURRENT
from symbp.lang.schedules import SCHEDULES

_SEVERAL = frozenset({"kernel", "stride", "padding", "dilation", "class_weights"})
"""Parameters of layers and losses that may be several numbers in brackets."""
_SIZES = (_SEVERAL - {"class_weights"}) | {
    "units", "channels", "groups", "heads", "shape", "axes", "axis", "start", "stop", "step",
}  # fmt: skip
"""Parameters that are whole numbers or sizes."""

SCALAR = {**FUNCTIONS, "training": (training, 2)}
"""Functions of numbers: name -> (constructor, number of arguments)."""

WHOLE = {**LAYERS, **RECURRENT, **LOSSES}
ELSEWHERE = {
    **dict.fromkeys(OPTIMIZERS, "optimizer"), **dict.fromkeys(PENALTIES, "penalty"),
}  # fmt: skip
"""Calls that have a line of their own."""


class Formulas(Expressions):
    """Turns expression trees into handles (whole) or SymPy expressions of elements (scalar)."""

    def __init__(
        self,
        file: str,
        lines: list[str],
        scope: Mapping[str, Handle],
        sizes: Mapping[str, Symbol] | None = None,
        later: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(file, lines, self._name)
        self.scope = scope
        self.sizes = sizes or {}
        self.later = later or {}
        self._whole = False
        self._loops: frozenset[str] | None = frozenset()
        self._formula = False

    def whole(self, node: Node) -> Any:
        """Return the handle, or the scalar expression, of a statement without indices."""
        with self._reading(whole=True, loops=frozenset()):
            return self.value(node)

    def elements(self, node: Node, loops: Iterable[Symbol] | None) -> Any:
        """Return the expression of an equation; without `loops`, any name may be an index."""
        with self._reading(False, None if loops is None else frozenset(map(str, loops))):
            return self.value(node)

    def target(self, statement: Node) -> Access:
        """Return the target of an equation: its indices are what the equation runs over."""
        with self._reading(False, None):
            return left(statement, self)

    @contextmanager
    def _reading(self, whole: bool, loops: frozenset[str] | None) -> Iterator[None]:
        before = self._whole, self._loops
        self._whole, self._loops = whole, loops
        try:
            yield
        finally:
            self._whole, self._loops = before

    def _name(self, name: str, token: Token) -> Any:
        """Return what a name without brackets stands for."""
        if name in self.scope:
            handle = self.scope[name]
            return handle if self._whole else scalar(handle)
        if name in self.sizes:
            return self.sizes[name]
        if self._loops is None or name in self._loops:
            return index(name)
        if self._formula:
            return Symbol(name, real=True)
        raise self.unknown(token)

    def integer_name(self, name: str, token: Token) -> Expr:
        if name in RESERVED:
            raise self.error(f"{name} is a reserved word", token, "Choose another name.")
        if name in self.sizes:
            return self.sizes[name]
        if self._loops is None or name in self._loops:
            return index(name)
        if name in self.scope:
            raise self.error(
                f"{name} is a tensor and stands here as an index", token,
                f"Give it indices of its own: {name}[n]",
            )  # fmt: skip
        raise self.error(
            f"index {name} is not bound", token,
            f"Add it to the target, or reduce over it: sum[{name}](...)",
        )  # fmt: skip

    def unknown(self, token: Token) -> LanguageError:
        name = str(token)
        if name in self.later:
            return self.error(
                f"{name} is not known yet: it is defined in line {self.later[name]}", token,
                "Move its definition above this line; cycles are not possible.",
            )  # fmt: skip
        if name in ACTIVATIONS or name in WHOLE or name in SCALAR:
            return self.error(f"{name} is a function", token, f"Give it an argument: {name}(...)")
        remedy = suggest(name, [*self.scope, *self.sizes])
        return self.error(f"{name} is not known here", token, remedy)

    def access(self, token: Token, subscript: Node) -> Expr:
        if str(token) not in self.scope:
            raise self.unknown(token)
        return self.scope[str(token)][tuple(self.integer(g) for g in subscript.children)]

    def reduction(self, token: Token, subscript: Node, body: Any) -> Expr:
        bound = {str(t) for t in subscript.scan_values(lambda t: t.type == "NAME")}
        loops = None if self._loops is None else self._loops | bound
        with self._reading(False, loops):
            return super().reduction(token, subscript, body)

    def comparison(self, left: Any, operator: Token, right: Any) -> Any:
        """Compare elements or scalars; which elements of tensors meet, indices have to say."""
        for side in (left, right):
            value = self.value(side)
            if isinstance(value, Handle) and value.rank:
                raise self.error(
                    "whole tensors can't be compared", side,
                    "Write the equation with indices: h[n,j] = where(x[n,j] > 0, x[n,j], 0)",
                )  # fmt: skip
        outer, self._whole = self._whole, False
        try:
            return super().comparison(left, operator, right)
        finally:
            self._whole = outer

    def call(self, token: Token, *arguments: Any) -> Any:
        name = str(token)
        if name in WHOLE:
            if not self._whole:
                raise self.error(
                    f"{name} works on whole tensors and can't stand among elements", token,
                    f"Write a line of its own, without indices: p = {name}(...)",
                )  # fmt: skip
            return self.bound(WHOLE[name], token, arguments)
        if name in ACTIVATIONS:
            return self.bound(ACTIVATIONS[name], token, arguments)
        if name in ELSEWHERE:
            line = ELSEWHERE[name]
            raise self.error(f"{name} has a line of its own", token, f"Write: {line} {name}(...)")
        if name not in SCALAR:
            known = [*SCALAR, *ACTIVATIONS, *(WHOLE if self._whole else ())]
            raise self.error(f"there is no function {name}", token, suggest(name, known))
        function, count = SCALAR[name]
        if len(arguments) != count or any(a.data == "keyword" for a in arguments):
            raise self.error(*takes(token, count))
        return apply(function, *self.operands(token, arguments), word=name)

    def bound(self, function: Callable[..., Any], token: Token, arguments: Iterable[Node]) -> Any:
        """Call a function of the library, each argument read as its parameter wants it."""
        positional = [a for a in arguments if a.data != "keyword"]
        named = [(str(a.children[0]), a.children[2]) for a in arguments if a.data == "keyword"]
        signature = inspect.signature(function)
        try:
            if "name" in dict(named) or len(dict(named)) < len(named):
                raise TypeError
            found = signature.bind(*positional, **dict(named))
        except TypeError:
            usage = ", ".join(
                str(p).split(":")[0].split("=")[0] + ("=" if p.kind is p.KEYWORD_ONLY else "")
                for p in signature.parameters.values() if p.name != "name"
            )  # fmt: skip
            raise self.error(
                f"these are not the arguments of {token}", token, f"Write {token}({usage})"
            ) from None
        values = {k: self._argument(k, node) for k, node in found.arguments.items()}
        found.arguments.update(values)
        return function(*found.args, **found.kwargs)

    def _argument(self, parameter: str, node: Any) -> Any:
        if isinstance(node, tuple):
            return tuple(self._argument(parameter, n) for n in node)
        if node.data == "pair" and parameter in _SEVERAL:
            return tuple(self._argument(parameter, n) for n in node.children)
        if node.data == "name" and parameter == "padding" and str(node.children[0]) == "same":
            return "same"
        if parameter in _SIZES:
            return self.size(node)
        special = {
            "activation": self._activation, "init": self.initial, "parameters": self.whole,
            "strength": self.whole, "bias": self._switch, "affine": self._switch,
            "causal": self._switch, "sequence": self._switch, "reverse": self._switch,
            "layer": self._recurrent,
        }.get(parameter)  # fmt: skip
        return special(node) if special else self.value(node)

    def size(self, node: Node) -> Expr:
        """Return a size; a new name is the name of one."""
        with self._reading(False, None):
            return as_size(self.integer(node))

    def _activation(self, node: Node) -> Any:
        """Return an activation: its name, or a formula in one free name."""
        if node.data == "name" and str(node.children[0]) in {**ACTIVATIONS, **FUNCTIONS}:
            name = str(node.children[0])
            if name in ACTIVATIONS:
                return ACTIVATIONS[name]
            function, count = FUNCTIONS[name]
            if count == 1:
                return function
        self._formula = True
        try:
            with self._reading(False, frozenset()):
                formula = self.value(node)
        finally:
            self._formula = False
        if node.data == "name":
            raise self.error(
                f"there is no activation {node.children[0]}", node,
                suggest(str(node.children[0]), ACTIVATIONS),
            )  # fmt: skip
        return formula

    def _recurrent(self, node: Node) -> Any:
        """Return a recurrent layer by its name."""
        name = str(node.children[0]) if node.data == "name" else ""
        if name not in RECURRENT:
            raise self.error("this is no recurrent layer", node, "Write rnn, lstm or gru.")
        return RECURRENT[name]

    def _switch(self, node: Node) -> bool:
        word = str(node.children[0]) if node.data in ("name", "number") else ""
        if word not in ("true", "false", "0", "1"):
            raise self.error("this is a switch", node, "Write true or false.")
        return word in ("true", "1")

    def initial(self, node: Node) -> Initial:
        """Return how a parameter begins: he_normal, or uniform(-0.1, 0.1)."""
        found = self.choice(node, INITIALIZERS, "initialiser")
        return found if isinstance(found, Initial) else found()

    def choice(self, node: Node, table: Mapping[str, Any], what: str) -> Any:
        """Return the entry of a table that a name tells, or what a call of it gives."""
        token = node.children[0] if node.data in ("name", "call") else None
        if token is None or str(token) not in table:
            shown = str(token) if token else "this"
            raise self.error(
                f"there is no {what} {shown}" if token else f"this is no {what}", node,
                suggest(shown, table),
            )  # fmt: skip
        entry = table[str(token)]
        if node.data == "name":
            return entry if isinstance(entry, Initial) else self.bound(entry, token, ())
        if isinstance(entry, Initial):
            raise self.error(f"{token} takes no arguments", node, f"Write {token}")
        return self.bound(entry, token, node.children[1:])

    def optimizer(self, node: Node) -> Optimizer:
        found: Optimizer = _Settings(self.file, self.lines).choice(node, OPTIMIZERS, "optimizer")
        return found

    def clip(self, node: Node) -> Clip:
        found: Clip = _Settings(self.file, self.lines).choice(node, CLIPS, "way of clipping")
        return found

    def penalty(self, node: Node) -> Penalty:
        found: Penalty = self.choice(node, PENALTIES, "penalty")
        return found


class _Settings(Formulas):
    """Reads the numbers of an optimizer; a rate may be a schedule."""

    def __init__(self, file: str, lines: list[str]) -> None:
        super().__init__(file, lines, {})

    def _name(self, name: str, token: Token) -> Any:
        raise self.error(
            f"{name} is no number", token,
            "The numbers of an optimizer are its own hyper-parameters: learning_rate=0.1",
        )  # fmt: skip

    def call(self, token: Token, *arguments: Any) -> Any:
        if str(token) in SCHEDULES:
            return self.bound(SCHEDULES[str(token)], token, arguments)
        if str(token) in FUNCTIONS:
            return super().call(token, *arguments)
        raise self.error(f"there is no schedule {token}", token, suggest(str(token), SCHEDULES))
