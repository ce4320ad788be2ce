"""Matrix form: a formula as products, transposes and elementwise operations, where it has one.

Rows are samples; a tensor of rank 1 is a column, one of rank 0 a 1 x 1 matrix.

    matrix    ::= Named | Ones | OneHot         a tensor, a column of ones, Y[n,j] = [j = t[n]]
                | Product(matrix, matrix)       the matrix product
                | Transpose(matrix)
                | Norm(matrix)                  the sum of all squares
                | Pointwise(e, operands)        e for each element; operands are of one shape,
                                                or 1 x 1 and taken for every element

Every node knows its shape and refuses operands that do not fit.

>>> from symbp.ir.text import parse
>>> program = parse('''input x[N,2], g[N,4]
... dW[i,j] = sum[n](x[n,i] * g[n,j])''')
>>> Forms(program).form(formulas(program)[0])
Product(left=Transpose(of=Named(name='x', rows=N, cols=2)), right=Named(name='g', rows=N, cols=4))

Source of the product rule of indices: Laue, Mitterreiter and Giesen, Computing higher order
derivatives of matrix and tensor expressions (NeurIPS 2018).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sympy import Add, Eq, Expr, Integer, Mul, Pow, Symbol

from symbp.codegen.latex import Formula, Term, formulas
from symbp.errors import ShapeError
from symbp.ir.functions import Where
from symbp.ir.program import Access, Program, accesses, index

ONE = Integer(1)


@dataclass(frozen=True, slots=True)
class Named:
    """A tensor of rank 2, 1 (a column) or 0."""

    name: str
    rows: Expr
    cols: Expr


@dataclass(frozen=True, slots=True)
class Ones:
    """A column of ones."""

    rows: Expr
    cols: Expr = ONE


@dataclass(frozen=True, slots=True)
class OneHot:
    """Row n has a 1 in column t[n]."""

    label: str
    rows: Expr
    cols: Expr


@dataclass(frozen=True, slots=True)
class Product:
    """The matrix product.

    >>> Product(Ones(Integer(2)), Ones(Integer(2)))
    Traceback (most recent call last):
    symbp.errors.ShapeError: a 2 x 1 matrix can't be multiplied by a 2 x 1 matrix
    """

    left: Matrix
    right: Matrix

    def __post_init__(self) -> None:
        if self.left.cols != self.right.rows:
            raise ShapeError(f"a {size(self.left)} can't be multiplied by a {size(self.right)}")

    @property
    def rows(self) -> Expr:
        return self.left.rows

    @property
    def cols(self) -> Expr:
        return self.right.cols


@dataclass(frozen=True, slots=True)
class Transpose:
    """The transpose."""

    of: Matrix

    @property
    def rows(self) -> Expr:
        return self.of.cols

    @property
    def cols(self) -> Expr:
        return self.of.rows


@dataclass(frozen=True, slots=True)
class Norm:
    """The sum of all squared elements."""

    of: Matrix
    rows: Expr = ONE
    cols: Expr = ONE


@dataclass(frozen=True, slots=True)
class Pointwise:
    """A scalar expression for each element; an operand is an access without indices."""

    expression: Expr
    operands: tuple[tuple[str, Matrix], ...]

    def __post_init__(self) -> None:
        for _, operand in self.operands:
            if not is_scalar(operand) and shape(operand) != (self.rows, self.cols):
                raise ShapeError(f"a {size(operand)} can't meet a {self.rows} x {self.cols} one")

    @property
    def rows(self) -> Expr:
        return self._shape()[0]

    @property
    def cols(self) -> Expr:
        return self._shape()[1]

    def _shape(self) -> tuple[Expr, Expr]:
        large = (shape(m) for _, m in self.operands if not is_scalar(m))
        return next(large, (ONE, ONE))


ZERO = Pointwise(Integer(0), ())
Matrix = Named | Ones | OneHot | Product | Transpose | Norm | Pointwise


def shape(matrix: Matrix) -> tuple[Expr, Expr]:
    return matrix.rows, matrix.cols


def size(matrix: Matrix) -> str:
    return f"{matrix.rows} x {matrix.cols} matrix"


def is_scalar(matrix: Matrix) -> bool:
    return shape(matrix) == (ONE, ONE)


def transpose(matrix: Matrix) -> Matrix:
    """Return the transpose, without one of a transpose, a product or a scalar."""
    if is_scalar(matrix):
        return matrix
    if isinstance(matrix, Transpose):
        return matrix.of
    if isinstance(matrix, Product):
        return Product(transpose(matrix.right), transpose(matrix.left))
    return Transpose(matrix)


def _transposes(matrix: Matrix) -> int:
    """Count the transposes that a reader sees."""
    if isinstance(matrix, Transpose):
        return 1 + _transposes(matrix.of)
    if isinstance(matrix, Product):
        return _transposes(matrix.left) + _transposes(matrix.right)
    if isinstance(matrix, Pointwise):
        return sum(_transposes(m) for _, m in matrix.operands)
    return 0


class _Formless(Exception):  # noqa: N818 - it is no error
    """The formula has no matrix form in this algebra."""


Frame = tuple[Symbol | None, Symbol | None]
"""The indices that run over rows and columns."""


class Forms:
    """Finds matrix forms of a program's formulas.

    An intermediate matrix goes by a number: an access "000001"[n,j] stands for it in a body, so
    that what is left to do is always a scalar expression.
    """

    def __init__(self, program: Program) -> None:
        self.table = program.table()
        self.matrices: dict[str, Matrix] = {}
        self.numbers: dict[Matrix, str] = {}
        self.extents: dict[Symbol, Expr] = {}

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
        except _Formless:
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
        body = term.body
        for place in term.places:
            body = body * Where(place, 1, 0)
        return self._reduced(self._gathered(body), tuple(i for i, _ in term.reduced), frame)

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
            raise _Formless
        (n,) = label.indices
        return self.name(OneHot(label.name, self.extents[n], self.extents[j]), n, j)

    def _picked(self, e: Access) -> Expr:
        """Return z[n,t[n]] as (Y o z) 1, and E[t[n],d] as Y E."""
        if self._plain(e):
            return e
        picks = [g for g in e.indices if isinstance(g, Access)]
        if len(picks) != 1 or not self._integer(picks[0]) or len(picks[0].indices) != 1:
            raise _Formless
        (label,), (n,) = picks, picks[0].indices
        k = index(f"{label.name} of {e.name}")
        self.extents[k] = self.table[e.name].shape[e.indices.index(label)]
        whole = Access(e.name, *(k if g == label else g for g in e.indices))
        if not self._plain(whole):
            raise _Formless
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

    def _indices(self, e: Expr) -> set[Symbol]:
        return {s for s in e.free_symbols if s in self.extents}

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
        raise _Formless

    def _order(self, indices: set[Symbol], frame: Frame) -> list[Symbol]:
        """Return indices with that of the rows first and that of the columns last."""
        return sorted(indices, key=lambda i: (frame.index(i) * 2 if i in frame else 1, str(i)))

    # Elementwise: a scalar expression in at most two indices.

    def name(self, matrix: Matrix, *indices: Symbol) -> Access:
        """Return the access that stands for a matrix."""
        number = self.numbers.setdefault(matrix, f"{len(self.numbers) + 1:06}")
        self.matrices[number] = matrix
        return Access(number, *indices)

    def oriented(self, e: Expr, frame: Frame) -> Matrix:
        """Return an expression as a matrix; transposed as a whole where that reads better."""
        row, col = frame
        matrix = self.pointwise(e, frame)
        if col is None:
            return matrix
        other = transpose(self.pointwise(e, (col, row)))
        return other if _transposes(other) < _transposes(matrix) else matrix

    def pointwise(self, e: Expr, frame: Frame) -> Matrix:
        """Return an expression in the indices of the frame, of the shape of what it uses."""
        if not self._indices(e) <= {i for i in frame if i is not None}:
            raise _Formless
        lifted = self._lifted(e, frame)
        if isinstance(lifted, Access):
            return self._operand(lifted.name)
        used = dict.fromkeys(a.name for a in accesses(lifted))
        return Pointwise(lifted, tuple((name, self._operand(name)) for name in used))

    def _operand(self, name: str) -> Matrix:
        if name in self.matrices:
            return self.matrices[name]
        rows, cols = (*self.table[name].shape, ONE, ONE)[:2]
        return Named(name, rows, cols)

    def _lifted(self, e: Expr, frame: Frame) -> Expr:
        """Return an expression whose accesses are matrices of the frame's shape, or scalars."""
        row, col = frame
        found = self._indices(e)
        if e in self.extents:
            raise _Formless
        if not found:
            return e
        if row is not None and col is not None and len(found) == 1 and isinstance(e, Expr):
            return self._broadcast(e, row, col)
        if isinstance(e, Access):
            return self._leaf(e, frame)
        if col is not None and (e.is_Mul or e.is_Add):
            return self._grouped(e, frame)
        return e.func(*(self._lifted(a, frame) for a in e.args))

    def _leaf(self, e: Access, frame: Frame) -> Access:
        matrix = self._operand(e.name)
        extents = tuple(self.extents[i] for i in e.indices)
        fits = shape(matrix) == (*extents, ONE)[:2] and len(extents) <= 2
        if not fits or len(set(e.indices)) < len(extents):
            raise _Formless
        if e.indices != tuple(i for i in frame if i is not None):
            matrix = transpose(matrix)
        return self._placed(matrix)

    def _placed(self, matrix: Matrix) -> Access:
        return Access(matrix.name) if isinstance(matrix, Named) else self.name(matrix)

    def _broadcast(self, e: Expr, row: Symbol, col: Symbol) -> Expr:
        """Return a column u as u 1', a row v as 1 v'; scalar factors stay outside."""
        (i,) = self._indices(e)
        factor, e = e.as_independent(i, as_Add=False)
        column = self.pointwise(e, (i, None))
        if i == row:
            return factor * self._placed(Product(column, Transpose(Ones(self.extents[col]))))
        return factor * self._placed(Product(Ones(self.extents[row]), transpose(column)))

    def _grouped(self, e: Expr, frame: Frame) -> Expr:
        """Return a sum or a product whose rows and columns are put together before they spread."""
        row, col = frame
        groups: dict[tuple[bool, bool, bool], list[Expr]] = {}
        for part in e.args:
            found = self._indices(part)
            below = e.is_Mul and part.is_Pow and part.exp.could_extract_minus_sign()
            groups.setdefault((row in found, col in found, below), []).append(part)
        full = [key for key in groups if key[0] and key[1]]
        rows = [f for key, parts in groups.items() if key[0] and not key[1] for f in parts]
        cols = [f for key, parts in groups.items() if key[1] and not key[0] for f in parts]
        if e.is_Mul and rows and cols and not full:
            others = [f for key, parts in groups.items() if not (key[0] or key[1]) for f in parts]
            return Mul(*others, self._outer(Mul(*rows), Mul(*cols), frame))
        return e.func(
            *(self._lifted(part, frame) for key in full for part in groups[key]),
            *(
                self._spread(e.func(*groups[key]), key[2], frame)
                for key in groups
                if key not in full
            ),
        )

    def _spread(self, e: Expr, below: bool, frame: Frame) -> Expr:
        """Return an expression in rows, in columns or in neither; a divisor stays a divisor."""
        return 1 / self._lifted(1 / e, frame) if below else self._lifted(e, frame)

    def _outer(self, u: Expr, v: Expr, frame: Frame) -> Access:
        row, col = frame
        return self._placed(
            Product(self.pointwise(u, (row, None)), transpose(self.pointwise(v, (col, None))))
        )


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
        reader, *others = readers.get(name) or [name]
        if others or reader == name or not {name, reader} <= found.keys():
            continue
        if found[name] != ZERO:
            found[reader] = substitute(found[reader], name, found.pop(name))
    return found


def substitute(matrix: Matrix, name: str, new: Matrix) -> Matrix:
    """Return a matrix with another one in the place of a tensor."""

    def again(m: Matrix) -> Matrix:
        return substitute(m, name, new)

    match matrix:
        case Named():
            return new if matrix.name == name else matrix
        case Product():
            return Product(again(matrix.left), again(matrix.right))
        case Transpose():
            return transpose(again(matrix.of))
        case Norm():
            return Norm(again(matrix.of))
        case Pointwise():
            return _flat(matrix.expression, {key: again(m) for key, m in matrix.operands})
        case _:
            return matrix


def _flat(expression: Expr, operands: dict[str, Matrix]) -> Pointwise:
    """Return a pointwise expression with those among its operands written out."""
    inner = {key: m for key, m in operands.items() if isinstance(m, Pointwise)}
    flat = expression.xreplace({Access(key): m.expression for key, m in inner.items()})
    found = {key: m for key, m in operands.items() if key not in inner}
    for m in inner.values():
        found |= dict(m.operands)
    return Pointwise(flat, tuple(found.items()))
