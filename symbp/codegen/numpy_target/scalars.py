"""Expressions without loop indices: Python numbers, sizes and 0-d arrays; NumPy's names.

>>> from sympy import Symbol, cos, sqrt
>>> ScalarPrinter(str)(sqrt(Symbol("b", real=True)) * cos(2))
'np.sqrt(b) * np.cos(2)'
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr, Symbol

from symbp.ir.printer import ATOM, Printer
from symbp.ir.program import Access

UFUNCS = {
    "exp": "exp", "log": "log", "log1p": "log1p", "expm1": "expm1", "sin": "sin", "cos": "cos",
    "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "Abs": "abs", "sign": "sign", "floor": "floor",
    "maximum": "maximum", "minimum": "minimum",
}  # fmt: skip
HELPERS = ("sigmoid", "softplus", "erf", "normal_cdf")


class ScalarPrinter(Printer):
    """Expressions without loop indices: Python numbers, sizes and 0-d arrays."""

    times = " * "
    over = " / "
    spelling = {
        **{name.lower(): f"np.{ufunc}" for name, ufunc in UFUNCS.items()},
        "sqrt": "np.sqrt",
        **{name: f"_{name}" for name in HELPERS},
    }

    def __init__(self, spell: Callable[[str], str]) -> None:
        super().__init__()
        self.spell = spell

    def access(self, e: Access) -> tuple[str, int]:
        text, level = super().access(e)
        return self.spell(e.name) + text.removeprefix(e.name), level

    def symbol(self, e: Symbol) -> tuple[str, int]:
        return self.spell(str(e)), ATOM

    def constant(self, e: Expr) -> tuple[str, int]:
        return ("np.pi", ATOM) if e == sympy.pi else (repr(float(e)), ATOM)

    def function(self, e: Expr) -> tuple[str, int]:
        if e.func.__name__ == "relu":
            return f"np.maximum({self(e.args[0])}, 0.0)", ATOM
        return super().function(e)

    def where(self, e: Expr) -> tuple[str, int]:
        condition, a, b = e.args
        return f"({self(a)} if {self(condition)} else {self(b)})", ATOM
