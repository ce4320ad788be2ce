"""The adjoint rule, and nothing else about derivatives.

    y[f(i)] += e(..., x[g(i)], ...)   =>   dx[g(i)] += dy[f(i)] * (d e / d x[g(i)])

for each equation in reverse order, each access in turn; dv stands for d seed / d v. Nothing is
inverted: the adjoint of a gather is a scatter. Where an access is read only under a condition,
its adjoint is written only under that condition. For `max=` the slope is 1 for the first access
that won and 0 for all others; who won is an equation too:

    y[f(i)] max= x[g(i)]   =>   w[f(i)] min= where(x[g(i)] == y[f(i)], k(i), K)
                                dx[g(i)] += where(k(i) == w[f(i)], dy[f(i)], 0)

with k(i) the position 0 .. K-1 of a candidate in the order in which candidates are met. The
adjoint of a scan is the adjoints of its equations, in reverse order, in the reversed scan.

>>> from symbp.ir.text import parse, text
>>> program, _ = adjoint(parse("input A[M,K], B[K,N]\\ny[i,j] = sum[k](A[i,k] * B[k,j])"), "y")
>>> print(text(program, declarations=False), end="")
y[i,j] = sum[k](A[i,k] * B[k,j])
dA[i,k] = sum[j](dy[i,j] * B[k,j])
dB[k,j] = sum[i](A[i,k] * dy[i,j])
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sympy import And, Eq, Expr, Integer, Mul, Not, Or, Symbol, true
from sympy.logic.boolalg import Boolean

from symbp.errors import LanguageError
from symbp.ir.functions import Where, slope
from symbp.ir.program import Access, Equation, Program, Range, Tensor, accesses, fresh, index
from symbp.ir.ranges import occurrences
from symbp.ir.trace import note


def adjoint(
    program: Program, seed: str, wrt: Iterable[str] | None = None
) -> tuple[Program, dict[str, str]]:
    """Return the program followed by its adjoints, and the name of each gradient.

    Args:
        seed: the tensor that is differentiated. Where it is no scalar, its adjoint becomes an
            input of the same shape (a vector-Jacobian product).
        wrt: what it is differentiated by; every given real tensor when left out.

    Raises:
        LanguageError: a name is not known, or is a tensor of integers.
    """
    table = program.table()
    real = [t.name for t in program.given() if t.bound is None]
    chosen = tuple(real if wrt is None else wrt)
    for name in (seed, *chosen):
        if name not in table or table[name].bound is not None:
            raise LanguageError(
                f"there is no real tensor {name} to differentiate",
                remedy=f"Known are {', '.join(n for n, t in table.items() if t.bound is None)}.",
            )
    build = _Adjoints(_with_plain_choices(program), seed, chosen)
    return build.run(), {name: build.gradient(name) for name in chosen}


@dataclass
class _Winners:
    """The tensor that holds who won each max or min, and where each equation's turn begins."""

    name: str
    offsets: dict[int, Expr]


class _Adjoints:
    def __init__(self, program: Program, seed: str, wrt: tuple[str, ...]) -> None:
        self.primal = program
        self.seed = seed
        self.wrt = wrt
        self.tensors = program.table()
        self.active = _active(program, seed, wrt)
        self.adjoints: dict[str, str] = {}
        self.equations: list[Equation] = []
        self.winners: dict[str, _Winners] = {}

    def run(self) -> Program:
        self._seed()
        written = {self.gradient(self.seed)}
        end = len(self.primal.equations)
        for block in reversed(self.primal.blocks()):
            end -= len(block)
            reached = self._reached(block, written)
            steps = [(end + k, e) for k, e in enumerate(block) if e.target.name in reached]
            for _, equation in steps:
                if self._is_choice(equation):
                    self.equations += self._winner(equation)
            for position, equation in reversed(steps):
                self.equations += self._of(equation, position)
            written.update(e.target.name for e in self.equations)
        self.equations += [self._zero(n) for n in self.wrt if self.gradient(n) not in written]
        self._note_sums()
        equations = (*self.primal.equations, *self.equations)
        computed = dict.fromkeys(e.target.name for e in equations)
        given = (t for t in self.tensors.values() if t.role != "value")
        return self.primal.but(
            tensors=(*given, *(self.tensors[name] for name in computed)), equations=equations
        )

    def _reached(self, block: tuple[Equation, ...], written: set[str]) -> set[str]:
        """Return the targets of a block whose adjoints are written by then, or in its steps."""
        reached = {y for y in self.active if self.gradient(y) in written}
        found: set[str] = set()
        for _ in block:
            new = [e for e in block if e.target.name in reached]
            found.update(e.target.name for e in new)
            reached.update(a.name for e in new for a in accesses(e.body) if a.name in self.active)
        return found

    def gradient(self, name: str) -> str:
        """Return the name of a tensor's adjoint; declare it the first time."""
        if name not in self.adjoints:
            self.adjoints[name] = new = fresh(f"d{name}", self.tensors)
            self.tensors[new] = Tensor(new, self.tensors[name].shape)
        return self.adjoints[name]

    def _seed(self) -> None:
        name = self.gradient(self.seed)
        if self.tensors[name].shape:
            self.tensors[name] = replace(self.tensors[name], role="input")
        else:
            one = Equation(Access(name), "sum", Integer(1), (), primal=self.seed)
            note("the loss by itself is one", (), [one], derives=True, by=Access(self.seed))
            self.equations.append(one)

    def _note_sums(self) -> None:
        """Say which adjoints are sums: of tensors that are used more than once."""
        uses: dict[str, list[Equation]] = {}
        for equation in self.equations:
            uses.setdefault(equation.target.name, []).append(equation)
        for name, terms in uses.items():
            if len(terms) > 1 and name in self.adjoints.values():
                note("sum over uses", terms, (), derives=True)

    def _zero(self, name: str) -> Equation:
        shape = self.tensors[name].shape
        loops = tuple((index(f"i{k}"), extent) for k, extent in enumerate(shape))
        target = Access(self.gradient(name), *(i for i, _ in loops))
        zero = Equation(target, "sum", Integer(0), loops)
        note("no way to the loss", (), [zero], derives=True)
        return zero

    def _of(self, equation: Equation, position: int) -> Iterable[Equation]:
        """Yield the adjoints of one equation, one for each access."""
        y = equation.target
        dy = Access(self.gradient(y.name), *y.indices)
        for x in accesses(equation.body):
            if x.name not in self.active or not equation.body.has(x):
                continue
            if not self._is_choice(equation):
                body = _guarded(equation.body, x, dy)
            else:
                winners = self.winners[y.name]
                mine = winners.offsets[position] + _place(_reduced(equation))
                body = Where(Eq(mine, Access(winners.name, *y.indices)), dy, 0)
            if body != 0:
                target = Access(self.gradient(x.name), *x.indices)
                found = Equation(
                    target, "sum", body, _ordered(target, equation.ranges),
                    equation.source, y.name, equation.scan and equation.scan.reversed(),
                )  # fmt: skip
                note("chain rule", [equation], [found], derives=True, by=x)
                yield found

    def _is_choice(self, equation: Equation) -> bool:
        """Tell whether candidates meet: a max or min of one in each place is a copy."""
        if equation.op == "sum":
            return False
        loops = {i for i, extent in equation.ranges if extent != 1}
        found: list[Symbol] = []
        for g in equation.target.indices:
            own = sorted(g.free_symbols & loops, key=str)
            if len(own) > 1 or accesses(g) or not all(g.diff(i).is_Integer for i in own):
                return True
            found += own
        writers = [e for e in self.primal.equations if e.target.name == equation.target.name]
        return len(writers) > 1 or len(found) != len(loops) or len(set(found)) != len(loops)

    def _winner(self, equation: Equation) -> Iterable[Equation]:
        """Yield, once for each tensor, the equations that say which candidate won."""
        y = equation.target
        if y.name in self.winners:
            return
        name = fresh(f"{y.name}_winner", self.tensors)
        rivals = [(k, e) for k, e in enumerate(self.primal.equations) if e.target.name == y.name]
        offsets: dict[int, Expr] = {}
        total: Expr = Integer(0)
        for k, rival in rivals:
            offsets[k] = total
            total += Mul(*(extent for _, extent in _reduced(rival)))
        self.winners[y.name] = _Winners(name, offsets)
        self.tensors[name] = Tensor(name, self.tensors[y.name].shape, bound=total)
        for k, rival in rivals:
            place = offsets[k] + _place(_reduced(rival))
            body = Where(Eq(rival.body, rival.target), place, total - 1)  # one of them always won
            target = Access(name, *rival.target.indices)
            found = Equation(target, "min", body, rival.ranges, rival.source, y.name)
            note(f"which candidate won the {rival.op}", [rival], [found], derives=True)
            yield found


def _reduced(equation: Equation) -> tuple[Range, ...]:
    """The ranges that make several candidates meet: all, where the target is not plain."""
    if not equation.plain:
        return equation.ranges
    return tuple(r for r in equation.ranges if r[0] in equation.reduced)


def _place(ranges: Iterable[Range]) -> Expr:
    """Return the position of a point in the order in which a loop nest meets it."""
    place: Expr = Integer(0)
    for i, extent in ranges:
        place = place * extent + i
    return place


def _guarded(body: Expr, x: Access, dy: Access) -> Expr:
    """Return dy * d body / d x, under the condition that x is read at all."""
    paths = [And(*path) for access, path in occurrences(body) if access == x]
    condition = Or(*paths)
    number, rest = slope(body, x).primitive()
    value = Mul(number, rest, dy)  # 2 (h - y) dy, where SymPy itself makes (2 h - 2 y) dy
    return value if condition == true else Where(condition, _given(value, condition), 0)


def _given(value: Expr, condition: Boolean) -> Expr:
    """Return the value where the condition holds."""
    known = set(condition.args if isinstance(condition, And) else [condition])

    def choose(c: Boolean, a: Expr, b: Expr) -> Expr:
        parts = set(c.args if isinstance(c, And) else [c])
        return a if parts <= known else b if Not(c) in known else Where(c, a, b)

    return value.replace(Where, choose)


def _ordered(target: Access, ranges: tuple[Range, ...]) -> tuple[Range, ...]:
    """Return the ranges with the target's own indices first, in its order."""
    extents = dict(ranges)
    order: dict[Symbol, None] = {}
    for g in target.indices:
        order.update(dict.fromkeys(i for i in sorted(g.free_symbols, key=str) if i in extents))
    order.update(dict.fromkeys(extents))
    return tuple((i, extents[i]) for i in order)


def _active(program: Program, seed: str, wrt: tuple[str, ...]) -> set[str]:
    """Return the tensors on a path from what is differentiated by to the seed."""
    integers = {t.name for t in program.tensors if t.bound is not None}
    reached, wanted = set(wrt), {seed}
    for block in program.blocks():
        for equation in block * len(block):  # a step may read what is written further down
            if any(a.name in reached for a in accesses(equation.body)):
                reached.add(equation.target.name)
    for block in reversed(program.blocks()):
        for equation in reversed(block * len(block)):
            if equation.target.name in wanted:
                wanted.update(a.name for a in accesses(equation.body))
    return (reached & wanted) - integers


def _with_plain_choices(program: Program) -> Program:
    """Return the program with every max and min taken over a tensor's elements.

    The winner is found by comparing values, which have to be stored for that: recomputed, they
    may differ in the last place.
    """
    tensors, equations = program.table(), []
    for equation in program.equations:
        if equation.op != "sum" and not isinstance(equation.body, Access):
            name = fresh(f"{equation.target.name}_candidate", tensors)
            value = Access(name, *(i for i, _ in equation.ranges))
            tensors[name] = Tensor(name, tuple(n for _, n in equation.ranges))
            candidate = replace(equation, target=value, op="sum")
            equations.append(candidate)
            chosen = replace(equation, body=value)
            note(f"the candidates of a {equation.op} are kept", [equation], [candidate, chosen])
            equation = chosen
        equations.append(equation)
    return program.but(tensors=tuple(tensors.values()), equations=tuple(equations))
