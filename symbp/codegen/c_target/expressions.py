"""Scalar expressions in C.

Elements of arrays are computed in the network's type, what has no index in double, and indices in
ptrdiff_t; an expression of indices and sizes stays one until a real number needs it: `(double)N`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Integer, Mul, Pow, Symbol

from symbp.errors import TargetError
from symbp.ir.printer import ADD, ATOM, MULTIPLY, NOT, POWER, UNARY, Printer, quotient
from symbp.ir.program import Access, Tensor, accesses
from symbp.ir.ranges import bounds

_FUNCTIONS = {
    **{name: name for name in (
        "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "floor", "sigmoid",
        "softplus", "normal_cdf", "relu", "sign", "maximum", "minimum",
    )},
    **{name: f"fast_{name}" for name in ("exp", "expm1", "log", "log1p", "tanh", "erf")},
    "Abs": "fabs",
}  # fmt: skip
_POWERS = {2: "square", 3: "cube", 4: "fourth"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names in an expression mean."""

    real: str
    """What is computed in: double or float."""
    tensors: Mapping[str, Tensor]
    name: Callable[[str], str]
    """Tensor or size -> identifier."""
    index: Callable[[str], str]
    extents: Mapping[Symbol, Expr] = field(default_factory=dict)
    varying: frozenset[str] = frozenset()
    """Tensors that are new in each pass of a loop around."""

    @property
    def suffix(self) -> str:
        """What C adds to the names of float's functions and to its numbers."""
        return "f" if self.real == "float" else ""

    def literal(self, value: float) -> str:
        """Return a number as the shortest decimal that the type reads back."""
        with np.errstate(over="ignore"):
            text = str(np.float32(value)) if self.suffix else repr(value)
        if text in ("inf", "-inf", "nan"):
            return {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}[text]
        return text + self.suffix


def integral(e: Any, tensors: Mapping[str, Tensor]) -> bool:
    """Tell whether an expression is integer arithmetic on indices, sizes and integer tensors."""
    if isinstance(e, Access):
        return tensors[e.name].bound is not None
    if isinstance(e, (Integer, Symbol)):
        return True
    if isinstance(e, sympy.floor):
        return all(integral(part, tensors) for part in e.args[0].as_numer_denom())
    if isinstance(e, Pow):
        return bool(e.exp.is_Integer and e.exp.is_positive) and integral(e.base, tensors)
    known = isinstance(e, (sympy.Add, Mul, sympy.Mod))
    return known and all(integral(a, tensors) for a in e.args)


class _C(Printer):
    times = " * "
    over = " / "

    def __init__(self, scope: Scope, order: Sequence[Expr] = ()) -> None:
        super().__init__(order)
        self.scope = scope

    def access(self, e: Access) -> tuple[str, int]:
        name = self.scope.name(e.name)
        return (f"{name}[{offset(e, self.scope)}]" if e.indices else name), ATOM


class Integers(_C):
    """Indices and sizes."""

    def access(self, e: Access) -> tuple[str, int]:
        text, level = super().access(e)
        if self.scope.tensors[e.name].role == "value":
            return f"(ptrdiff_t){text}", UNARY  # the workspace holds real numbers only
        return text, level

    def symbol(self, e: Symbol) -> tuple[str, int]:
        # A size is known to be positive, an index may be 0.
        return (self.scope.name if e.is_positive else self.scope.index)(str(e)), ATOM

    def number(self, e: Any) -> tuple[str, int]:
        return str(int(e)), UNARY if e.is_negative else ATOM

    def raised(self, base: Expr, exponent: Expr) -> tuple[str, int]:
        return " * ".join([self(base, UNARY)] * int(exponent)), MULTIPLY

    def function(self, e: Expr) -> tuple[str, int]:
        if not isinstance(e, sympy.floor):
            raise TargetError(f"the C target has no index arithmetic for {e}")
        above, below = e.args[0].as_numer_denom()
        return self.divided("/", "floor_divide", above, below)

    def modulo(self, e: Expr) -> tuple[str, int]:
        return self.divided("%", "floor_modulo", *e.args)

    def divided(self, operator: str, helper: str, a: Expr, b: Expr) -> tuple[str, int]:
        """C rounds towards 0, which is the same only where nothing is negative."""
        limits = bounds(a, self.scope.extents, self.scope.tensors)
        if limits is not None and limits[0].is_nonnegative:
            return f"{self(a, UNARY)} {operator} {self(b, ATOM)}", MULTIPLY
        return f"{helper}({self(a)}, {self(b)})", ATOM


class Reals(_C):
    """Values."""

    def visit(self, e: Any) -> tuple[str, int]:
        held = isinstance(e, Access) and self.scope.tensors[e.name].role == "value"
        if not e.is_number and not held and integral(e, self.scope.tensors):
            return f"({self.scope.real}){Integers(self.scope)(e, ATOM)}", UNARY
        return super().visit(e)

    def number(self, e: Any) -> tuple[str, int]:
        if e.is_Rational and e.q != 1 and sympy.Rational(str(float(e))) != e:
            text = f"{self.scope.literal(float(e.p))} / {self.scope.literal(float(e.q))}"
            return text, MULTIPLY
        return self.scope.literal(float(e)), UNARY if e.is_negative else ATOM

    def access(self, e: Access) -> tuple[str, int]:
        text, level = super().access(e)
        if self.scope.suffix and scalar(self.scope.tensors[e.name]):
            return f"(float){text}", UNARY
        return text, level

    def product(self, e: Expr) -> tuple[str, int]:
        """What no loop changes stands first, so that it is computed once, outside of the loops."""
        if e.args[0].is_Number and e.args[0].is_negative:
            text, level = super().product(e)
            return text.replace("--", "- -"), level
        loops = set(self.scope.extents)
        fixed = [
            f for f in Mul.make_args(e)
            if not f.free_symbols & loops
            and not any(a.name in self.scope.varying for a in accesses(f))
        ]  # fmt: skip
        if len(fixed) in (0, len(Mul.make_args(e))):
            return super().product(e)
        above, below = quotient(Mul(*(f for f in Mul.make_args(e) if f not in fixed)), self.order)
        return self.fraction([Mul(*fixed, evaluate=len(fixed) == 1), *above], below)

    def constant(self, e: Expr) -> tuple[str, int]:
        return self.scope.literal(float(e)), ATOM

    def one(self) -> str:
        return self.scope.literal(1.0)

    def power(self, e: Expr) -> tuple[str, int]:
        if e.exp == sympy.Rational(1, 2):
            return self.call("sqrt", e.base), ATOM
        return super().power(e)

    def raised(self, base: Expr, exponent: Expr) -> tuple[str, int]:
        if exponent in _POWERS:
            return self.call(_POWERS[int(exponent)], base), ATOM
        return self.call("pow", base, exponent), ATOM

    def function(self, e: Expr) -> tuple[str, int]:
        name = e.func.__name__
        if name not in _FUNCTIONS:
            raise TargetError(f"the C target has no function {name}", remedy=f"in {e}")
        return self.call(_FUNCTIONS[name], *e.args), ATOM

    def call(self, name: str, *arguments: Expr) -> str:
        return f"{name}{self.scope.suffix}({', '.join(self(a) for a in arguments)})"

    def modulo(self, e: Expr) -> tuple[str, int]:
        return self.call("modulo", *e.args), ATOM

    def where(self, e: Expr) -> tuple[str, int]:
        condition, a, b = e.args
        return f"({self(condition)} ? {self(a)} : {self(b)})", ATOM

    def comparison(self, e: Any) -> tuple[str, int]:
        stored = any(self.scope.tensors[a.name].role == "value" for a in accesses(e))
        if not stored and all(integral(a, self.scope.tensors) for a in e.args):
            return Integers(self.scope).comparison(e)
        return super().comparison(e)

    def conjunction(self, e: Any) -> tuple[str, int]:
        return " && ".join(self(a, NOT) for a in e.args), NOT - 1

    def disjunction(self, e: Any) -> tuple[str, int]:
        # Compilers ask for parentheses around && within ||.
        return " || ".join(self(a, NOT) for a in e.args), NOT - 2

    def negation(self, e: Any) -> tuple[str, int]:
        return f"!{self(e.args[0], ATOM)}", POWER


def offset(access: Access, scope: Scope) -> str:
    """Return where an element lies in its array, in row-major order."""
    integers = Integers(scope)
    parts, stride = [], Integer(1)
    extents = scope.tensors[access.name].shape
    for g, extent in zip(reversed(access.indices), reversed(extents), strict=True):
        if g != 0:
            alone = stride == 1
            factor = "" if alone else f" * {integers(stride, UNARY)}"
            parts.append(f"{integers(g, ADD if alone else MULTIPLY)}{factor}")
        stride = stride * extent
    return " + ".join(reversed(parts)) or "0"


def place(access: Access, tensors: Mapping[str, Tensor]) -> Expr:
    """Return the same as a polynomial in the indices."""
    return _polynomial(access.indices, tensors[access.name].shape)


def address(
    access: Access, tensors: Mapping[str, Tensor], zeros: Iterable[Symbol], scope: Scope
) -> str:
    """Return a pointer to the element of an array at which these indices are 0."""
    where = place(access, tensors).xreplace(dict.fromkeys(zeros, Integer(0)))
    return scope.name(access.name) + (f" + {Integers(scope)(where, ADD)}" if where != 0 else "")


@lru_cache(maxsize=2**12)
def _polynomial(indices: tuple[Expr, ...], extents: tuple[Expr, ...]) -> Expr:
    found, stride = Integer(0), Integer(1)
    for g, extent in zip(reversed(indices), reversed(extents), strict=True):
        found, stride = found + g * stride, stride * extent
    return sympy.expand(found)


def scalar(tensor: Tensor) -> bool:
    """Tell whether a tensor is a variable of its own, a double in every network."""
    return not tensor.shape and tensor.role in ("value", "hyper")


def count(tensor: Tensor) -> Expr:
    """Return the number of elements."""
    return sympy.expand(Mul(*tensor.shape))
