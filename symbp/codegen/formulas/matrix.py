"""Matrix form: a formula as products, transposes and elementwise operations, where it has one.

>>> from symbp.ir.text import parse
>>> program = parse('''input x[N,2], g[N,4]
... dW[i,j] = sum[n](x[n,i] * g[n,j])''')
>>> matrix_forms(program)["dW"]
Product(left=Transpose(of=Named(name='x', rows=N, cols=2)), right=Named(name='g', rows=N, cols=4))

Source of the product rule of indices: Laue, Mitterreiter and Giesen, Computing higher order
derivatives of matrix and tensor expressions (NeurIPS 2018).
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Add, Eq, Expr, Mul, Pow, Symbol

from symbp.codegen.formulas.elementwise import Elementwise, Formless, Frame
from symbp.codegen.formulas.formula import Formula, Term, formulas
from symbp.codegen.formulas.tree import (
    ONE,
    ZERO,
    Matrix,
    Norm,
    OneHot,
    Ones,
    Product,
    Transpose,
    substitute,
    transpose,
)  # fmt: skip
from symbp.ir.functions import Where
from symbp.ir.program import Access, Program, index


class Forms(Elementwise):
    """Finds matrix forms of a program's formulas."""

    def form(self, formula: Formula) -> Matrix | None:
        """Return the formula's right side as a matrix, or None; all zeros are a bare 0."""
        if formula.op != "sum" or len(formula.indices) > 2:
            return None
        self.extents = dict(zip(formula.indices, formula.tensor.shape, strict=True))
        row, col = (*formula.indices, None, None)[:2]
        try:
            body = Add(*(self._term(term, (row, col)) for term in formula.terms))
            if not self._indices(body):
                body *= self._ones(formula.indices)
            return self.pointwise(self._factored(body), (row, col))
        except Formless:
            return None

    def _factored(self, body: Expr) -> Expr:
        """Return p/N - y/N as (p - y)/N: a scalar factor of every term stands before them all."""
        parts = [t.as_independent(*self.extents, as_Add=False) for t in Add.make_args(body)]
        factor = parts[0][0]
        if factor == 0 or any(abs(scalar / factor) != 1 for scalar, _ in parts):
            return body
        return factor * Add(*(scalar / factor * matrix for scalar, matrix in parts))

    def _ones(self, indices: tuple[Symbol, ...]) -> Expr:
        """Return what spreads a scalar over a column or a matrix."""
        columns = [Ones(self.extents[i]) for i in indices]
        if not columns:
            return ONE
        first, *others = columns
        return self.name(Product(first, Transpose(*others)) if others else first, *indices)

    def _term(self, term: Term, frame: Frame) -> Expr:
        """Return a term's value as a scalar expression in the frame's indices."""
        self.extents |= dict(term.reduced)
        return self._reduced(self._gathered(term.guarded), tuple(i for i, _ in term.reduced), frame)

    # Labels: what is picked by an integer tensor is a product with its one-hot matrix.

    def _gathered(self, e: Expr) -> Expr:
        """Replace accesses and conditions that go through a label by one-hot matrices."""
        if isinstance(e, Access):
            return self._picked(e) if e.indices else e
        if isinstance(e, Where) and isinstance(e.args[0], Eq):
            condition, a, b = e.args[0], self._gathered(e.args[1]), self._gathered(e.args[2])
            j, label = sorted(condition.args, key=lambda g: isinstance(g, Access))
            if j in self.extents and isinstance(label, Access) and self._integer(label):
                chosen = self._one_hot(label, j)
                return chosen * a + (1 - chosen) * b
        return e.func(*map(self._gathered, e.args)) if e.args else e

    def _integer(self, e: Access) -> bool:
        return self.table[e.name].bound is not None and self._plain(e)

    def _plain(self, e: Access) -> bool:
        known = [g for g in e.indices if g in self.extents]
        return len(known) == len(e.indices) == len(set(e.indices))

    def _one_hot(self, label: Access, j: Symbol) -> Access:
        extents = tuple(self.extents[n] for n in label.indices)
        if len(extents) != 1 or self.table[label.name].shape != extents or j in label.indices:
            raise Formless
        (n,) = label.indices
        return self.name(OneHot(label.name, self.extents[n], self.extents[j]), n, j)

    def _picked(self, e: Access) -> Expr:
        """Return z[n,t[n]] as (Y o z) 1, and E[t[n],d] as Y E."""
        if self._plain(e):
            return e
        picks = [g for g in e.indices if isinstance(g, Access)]
        if len(picks) != 1 or not self._integer(picks[0]) or len(picks[0].indices) != 1:
            raise Formless
        (label,), (n,) = picks, picks[0].indices
        k = index(f"{label.name} of {e.name}")
        self.extents[k] = self.table[e.name].shape[e.indices.index(label)]
        whole = Access(e.name, *(k if g == label else g for g in e.indices))
        if not self._plain(whole):
            raise Formless
        others = (g for g in e.indices if g not in (label, n))
        return self._eliminated(self._one_hot(label, k) * whole, k, (n, next(others, None)))

    # Reductions: one index after the other.

    def _reduced(self, body: Expr, over: tuple[Symbol, ...], frame: Frame) -> Expr:
        """Return a body without the indices that are summed over."""
        if body.is_Add and len(self._indices(body) | set(over)) > 2:
            return Add(*(self._reduced(term, over, frame) for term in body.args))
        if len(over) == 2:
            whole = self._total(body, over)
            if whole is not None:
                return whole
        left = list(over)
        while left:
            k = min(reversed(left), key=lambda i: len(self._beside(body, i)))
            left.remove(k)
            body = self._eliminated(body, k, frame)
        return body

    def _beside(self, body: Expr, k: Symbol) -> set[Symbol]:
        """Return the other indices of the factors that carry k."""
        factors = (self._indices(f) for f in Mul.make_args(body))
        return set().union(*(f for f in factors if k in f)) - {k}

    def _total(self, body: Expr, over: tuple[Symbol, ...]) -> Expr | None:
        """Return the sum over rows and columns of one matrix: a norm, or 1' A 1."""
        factors = [f for f in Mul.make_args(body) if self._indices(f) & set(over)]
        if any(self._indices(f) != set(over) for f in factors) or not factors:
            return None
        rest = Mul(*(f for f in Mul.make_args(body) if f not in factors))
        return rest * self.name(self._sum(Mul(*factors), over))

    def _sum(self, e: Expr, over: tuple[Symbol, ...]) -> Matrix:
        row, col = (*over, None)[:2]
        if isinstance(e, Pow) and e.exp == 2:
            return Norm(self.oriented(e.base, (row, col)))
        first, *others = Mul.make_args(e)
        if col is None and others:
            left = self.pointwise(first, (row, None))
            return Product(transpose(left), self.pointwise(Mul(*others), (row, None)))
        inner = self.oriented(e, (row, col))
        if col is not None:
            inner = Product(inner, Ones(inner.cols))
        return Product(Transpose(Ones(inner.rows)), inner)

    def _eliminated(self, body: Expr, k: Symbol, frame: Frame) -> Expr:
        """Return the sum over one index as a product of matrices."""
        factors = Mul.make_args(body)
        mine = [f for f in factors if k in self._indices(f)]
        rest = Mul(*(f for f in factors if k not in self._indices(f)))
        if not mine:
            return body * self.extents[k]
        beside = self._order(self._beside(body, k), frame)
        if not beside:
            return rest * self.name(self._sum(Mul(*mine), (k,)))
        if len(beside) > 2 or any(len(self._indices(f)) > 2 for f in mine):
            return self._distributed(body, k, frame)
        a = beside[0]
        left = [f for f in mine if a in self._indices(f)]
        right = Mul(*(f for f in mine if f not in left))
        matrix = self.oriented(Mul(*left), (a, k))
        if len(beside) == 1:
            other = Ones(self.extents[k]) if right == 1 else self.pointwise(right, (k, None))
            return rest * self.name(Product(matrix, other), a)
        return rest * self.name(Product(matrix, self.oriented(right, (k, beside[1]))), *beside)

    def _distributed(self, body: Expr, k: Symbol, frame: Frame) -> Expr:
        """Return the sum over one index term by term, where a factor is a sum."""
        for factor in Mul.make_args(body):
            if factor.is_Add and k in self._indices(factor):
                parts = (body / factor * term for term in factor.args)
                return Add(*(self._eliminated(part, k, frame) for part in parts))
        raise Formless

    def _order(self, indices: set[Symbol], frame: Frame) -> list[Symbol]:
        """Return indices with that of the rows first and that of the columns last."""
        return sorted(indices, key=lambda i: (frame.index(i) * 2 if i in frame else 1, str(i)))


def matrix_forms(program: Program, inline: Iterable[str] = ()) -> dict[str, Matrix]:
    """Return the matrix form of each tensor that has one.

    Args:
        inline: tensors that are put into the form of their only reader, and have none then.
    """
    forms, found = Forms(program), {}
    readers: dict[str, dict[str, None]] = {}
    for equation in program.equations:
        for access in equation.reads():
            readers.setdefault(access.name, {})[equation.target.name] = None
    for formula in formulas(program):
        form = forms.form(formula)
        if form is not None:
            found[formula.tensor.name] = form
    for name in inline:
        reader, *others = readers.get(name, {name: None})
        fit = reader != name and {name, reader} <= found.keys()
        if fit and not others and found[name] != ZERO:
            found[reader] = substitute(found[reader], name, found.pop(name))
    return found
