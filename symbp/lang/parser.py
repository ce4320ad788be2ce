"""The text form: a .bp file is read, never evaluated, and becomes a network.

>>> net = parse('''
... network line
... input   x[N]
... target  y[N]
... param   a, b
... p[n] = a*x[n] + b
... output  p
... loss    mse(p, y)
... ''')
>>> net.name, net.outputs, net.loss
('line', ('p',), 'loss')

A file declares (input, target, label, param, hyper, noise, value), defines (equations with indices;
layers and formulas of whole tensors without), runs equations step by step,

    value h[T + 1, N]
    scan t in T             or: scan t in T reversed
        h[t + 1, n] = h[t, n] / 2 + x[n, t]
    end

and directs:

    network NAME            once
    output  p, softmax(z)   one or more; without a name of its own it is called `output`
    loss    mse(p, y)       once; any scalar formula
    penalty l2(0.001, W)    added to the loss; without names on all weights
    optimizer adam(learning_rate=exponential(0.1, decay=0.9, every=100))
    clip    norm(5.0)       of the gradients: norm(limit) or value(limit)
    freeze  h, W            parameters that keep their values: one by one, or those of a layer

Losses that are trained in turns have names, and say what they train (parameters or layers); an
optimizer or a clip may be one's own. Each is a network, and all take the same parameters:

    loss critic    = mean[n](softplus(-real[n]) + softplus(made[n])) trains c_h, c_p
    loss generator = mean[n](softplus(-made[n])) trains g_h, g_p
    optimizer adam(learning_rate=0.001)
    optimizer critic = adam(learning_rate=0.0005)

A parameter may be declared so too: param E[100, 8] ~ normal frozen. Such a one may be given a new
value by every training step, from what the step began with; and training(a, b) is a where the loss
and its gradients are computed, b in a prediction:

    param m[8] ~ zeros frozen
    c[j] = mean[n](x[n, j])
    update m[j] = 0.9*m[j] + 0.1*c[j]
    h[n, j] = x[n, j] - training(c[j], m[j])

Noise is drawn anew in each step, uniform in 0..1 or normal; a prediction can't depend on it:

    noise u[N, 8], z[N, 8] ~ normal
    k[n, j] = training(h[n, j] + 0.1*z[n, j], h[n, j])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lark import Token
from sympy import Expr, Symbol, Tuple

from symbp.errors import LanguageError, Source, SymbpError
from symbp.ir.program import Access, Operation, index, size
from symbp.ir.regions import apart
from symbp.ir.syntax import Expressions, Node, as_size, lines_of, place, read, suggest
from symbp.lang import tensors
from symbp.lang.directives import Directives, Placing
from symbp.lang.formulas import Formulas
from symbp.lang.handles import (
    Handle,
    Naming,
    Rule,
    Steps,
    apply,
    exact,
    scalar,
)
from symbp.lang.lowering import free_indices
from symbp.lang.naming import valid_name
from symbp.lang.network import Network
from symbp.lang.tensors import defined, extend, renew


def parse(text: str, file: str = "<text>", loss: str = "") -> Network:
    """Return the network that a text describes: the one of this loss, where losses have names.

    Raises:
        LanguageError, ShapeError, OrderError: with line, caret and remedy.
    """
    return chosen(parse_all(text, file), loss, file)


def chosen(networks: Mapping[str, Network], loss: str, file: str) -> Network:
    """Return the network of a loss; raise where there is none of this name."""
    if loss in networks or (not loss and len(networks) == 1):
        return networks[loss or next(iter(networks))]
    known = " or ".join(f"{file}:{name}" for name in networks if name)
    if not known:
        raise LanguageError(
            f"{file} has no loss {loss}", remedy=f"Its only one has no name: {file}"
        )
    problem = f"has no loss {loss}" if loss else "has several losses, a network each"
    raise LanguageError(f"{file} {problem}", remedy=f"Say which: {known}")


def parse_all(text: str, file: str = "<text>") -> dict[str, Network]:
    """Return every network that a text describes, by the name of its loss.

    The name of an only loss is empty.

    >>> list(parse_all("network a\\ninput x[N]\\nparam v, w\\ny = v*w*x\\noutput y\\n"
    ...                "loss up = mean[n](-y[n]) trains v\\nloss down = mean[n](y[n]) trains w"))
    ['up', 'down']

    Raises:
        LanguageError, ShapeError, OrderError: with line, caret and remedy.
    """
    lines = lines_of(text)
    description = _Description(file, lines)
    statements = read(text, file).children
    description.foresee(statements)
    for statement in statements:
        at = place(statement, file, lines)
        try:
            description.take(statement, at)
        except SymbpError as error:
            raise error.at(at) from None
        except RecursionError:
            raise LanguageError(
                "this is nested too deeply", source=at, remedy="Give a part of it a name."
            ) from None
        except Exception as error:
            error.add_note(f"in {at}")  # for `load`, and for whoever mends it
            raise
    return description.directives.networks(description.scope, description.places)


class _Description(Placing):
    """What the statements so far have said."""

    def __init__(self, file: str, lines: list[str]) -> None:
        super().__init__(file, lines)
        self.scope: dict[str, Handle] = {}
        self.sizes: dict[str, Symbol] = {}
        self.later: dict[str, int] = {}
        self.places: dict[object, Source | None] = {}
        """Where a tensor or a size was named first."""
        self.directives = Directives(file, lines)

    def foresee(self, statements: Iterable[Node]) -> None:
        """Remember which names are defined at all, and where, for the messages."""
        for statement in statements:
            if statement.data in ("directive", "named", "update"):
                continue
            if statement.data == "scan":
                self.foresee(s for s in statement.children if getattr(s, "data", "") == "equation")
                continue
            items = (
                statement.children[:1] if statement.data == "equation" else statement.children[1:]
            )
            for item in items:
                token = item.children[0]
                self.later.setdefault(str(token), token.line)

    def take(self, statement: Node, at: Source | None) -> None:
        formulas = Formulas(self.file, self.lines, self.scope, self.sizes, self.later)
        if statement.data == "declaration":
            for item in statement.children[1:]:
                self._declare(str(statement.children[0]), item, formulas)
        elif statement.data == "directive":
            self.directives.take(statement.children, formulas, at)
        elif statement.data == "named":
            self.directives.take_named(statement.children, formulas, at)
        elif statement.data == "scan":
            self._scan(statement)
        elif statement.data == "update":
            self._update(statement.children[0], formulas, at)
        elif len(statement.children[0].children) > 1:
            self._equation(statement, formulas, at)
        else:
            self._definition(statement, formulas, at)

    def _bind(self, token: Token, handle: Handle) -> None:
        """Enter a tensor and the parts of its layer: h, h_W, h_b, h_z."""
        name = str(token)
        handle.naming.own = name
        self.scope[name] = handle
        self.places[handle] = place(token, self.file, self.lines)
        for word, part in handle.parts().items():
            self.scope.setdefault(f"{name}_{word}", part)

    def _new_name(self, token: Token) -> str:
        """Return the name that a statement defines; raise where it is taken or reserved."""
        with self._at(token):
            name = valid_name(str(token))
        if name in self.sizes:
            raise self._error(f"{name} is a size already", token, "Rename one of the two.")
        known = self.scope.get(name)
        if known is not None and known.role != "value":
            raise self._error(
                f"{name} is declared already ({known!r})", token, "Choose another name."
            )
        if known is not None:
            raise self._error(
                f"{name} is defined twice", token, "Choose another name, or add to it with +=."
            )
        return name

    # Declarations

    def _declare(self, role: str, item: Node, formulas: Formulas) -> None:
        token, parts = item.children[0], {str(c.data): c for c in item.children[1:]}
        name = self._new_name(token)
        for part, roles in (("bound", ("input", "label", "value")), ("initial", ("param", "noise")),
                            ("default", ("hyper",)), ("frozen", ("param",)),
                            ("fact", ("input", "target"))):  # fmt: skip
            if part in parts and role not in roles:
                raise self._error(
                    f"{role} {name} can't have {_PARTS[part]}", parts[part], _DECLARED[role]
                )
        with self._at(item):
            handle = self._declared(role, name, parts, formulas)
        self._bind(token, handle)

    def _declared(self, role: str, name: str, parts: dict[str, Node], formulas: Formulas) -> Handle:
        shape = [self._size(name, n) for n in parts["shape"].children] if "shape" in parts else []
        bound = self._size(name, parts["bound"].children[0]) if "bound" in parts else None
        if role == "param":
            init = formulas.initial(parts["initial"].children[0]) if "initial" in parts else None
            return tensors.param(name, *shape, init=init, frozen="frozen" in parts)
        if role == "noise":
            law = parts["initial"].children[0] if "initial" in parts else None
            word = "uniform" if law is None else str(law.children[0]) if law.data == "name" else "?"
            return tensors.noise(name, *shape, law=word)
        if role == "hyper":
            if "default" not in parts or shape:
                raise LanguageError(
                    f"{name} is one number with a default", remedy=_DECLARED["hyper"]
                )
            return tensors.hyper(name, formulas.whole(parts["default"].children[1]))
        if role == "label" and bound is None:
            raise LanguageError(f"how many classes has {name}?", remedy=_DECLARED["label"])
        if role == "state":
            raise LanguageError("a network has no state", remedy="Optimizers have their own.")
        given = Handle(role, tuple(shape), Naming(name, name), bound=bound)  # type: ignore[arg-type]
        return tensors.normed(given, "fact" in parts)

    def _size(self, name: str, node: Node) -> Expr:
        with self._at(node):
            found = tensors.extent(name, as_size(Expressions(self.file, self.lines).integer(node)))
        for symbol in sorted(found.free_symbols, key=str):
            with self._at(node):
                valid_name(str(symbol))
            if str(symbol) in self.scope or str(symbol) == name:
                raise self._error(
                    f"{symbol} is a tensor and can't be a size", node, "Rename one of the two."
                )
            self.sizes[str(symbol)] = symbol
            self.places.setdefault(symbol, place(node, self.file, self.lines))
        return found

    # Equations and definitions

    def _scan(self, statement: Node) -> None:
        """Take scan t in T ... end: the equations of each step."""
        span, *equations = statement.children
        reverse = getattr(equations[0], "type", "") == "REVERSED"
        ((t, extent),) = self._ranges([span]).items()
        steps = Steps(t, extent, reverse)
        for equation in equations[reverse:]:
            at = place(equation, self.file, self.lines)
            formulas = Formulas(self.file, self.lines, self.scope, self.sizes, self.later)
            self._equation(equation, formulas, at, steps)

    def _equation(
        self, statement: Node, formulas: Formulas, at: Source | None, steps: Steps | None = None
    ) -> None:
        """Take z[n,j] = ..., += ..., max= ..., min= ..."""
        token, assign = statement.children[0].children[0], str(statement.children[1])
        known = self.scope.get(str(token))
        given = self._ranges(statement.children[3:])
        target = formulas.target(statement)
        again = known is not None and assign == "=" and not _elsewhere(known, target, given, steps)
        if known is None or again or known.role != "value":
            self._new_name(token)
        own = () if steps is None else (steps.index,)
        loops = None if assign != "=" else (*free_indices(target), *given, *own)
        body = formulas.elements(statement.children[2], loops)
        op: Operation = "sum" if assign in ("=", "+=") else assign.rstrip("=")  # type: ignore[assignment]
        bound = () if assign == "=" else None
        rule = Rule(
            target.indices, scalar(body), op, bound, given, at, dict(formulas.places), steps
        )
        if known is None:
            self._bind(token, defined(Naming(str(token), str(token)), rule))
        else:
            extend(known, rule)

    def _update(self, equation: Node, formulas: Formulas, at: Source | None) -> None:
        """Take update m[j] = ..., or update m = ..."""
        token, assign = equation.children[0].children[0], str(equation.children[1])
        if str(token) not in self.scope:
            raise formulas.unknown(token)
        known = self.scope[str(token)]
        if assign != "=":
            raise self._error("this is no update", equation, _UPDATE)
        if len(equation.children[0].children) == 1:
            return tensors.update(known, formulas.whole(equation.children[2]))
        given = self._ranges(equation.children[3:])
        target = formulas.target(equation)
        body = formulas.elements(equation.children[2], (*free_indices(target), *given))
        rule = Rule(target.indices, scalar(body), "sum", (), given, at, dict(formulas.places))
        return renew(known, rule)

    def _ranges(self, items: Iterable[Node]) -> dict[Symbol, Expr]:
        """Return the ranges that an equation states itself: ... for i in 3, j in N."""
        found: dict[Symbol, Expr] = {}
        for item in items:
            token, node = item.children
            with self._at(node):
                found[index(str(token))] = extent = tensors.extent(
                    str(token), as_size(Expressions(self.file, self.lines).integer(node))
                )
            for symbol in sorted(extent.free_symbols, key=str):
                if str(symbol) not in self.sizes:
                    raise self._error(
                        f"{symbol} is no size", node, suggest(str(symbol), self.sizes)
                    )
        return found

    def _definition(self, statement: Node, formulas: Formulas, at: Source | None) -> None:
        """Take h = dense(x, 32), r = h + x, c = a*b: whole tensors, or scalars."""
        token, assign = statement.children[0].children[0], str(statement.children[1])
        if assign != "=":
            if str(token) not in self.scope:
                raise formulas.unknown(token)
            return self._equation(statement, formulas, at)
        known = self.scope.get(str(token))
        if known is None or known.rules or known.role != "value":
            self._new_name(token)
        value = formulas.whole(statement.children[2])
        if not isinstance(value, Handle):
            given = self._ranges(statement.children[3:])
            rule = Rule((), exact(value), "sum", (), given, at, dict(formulas.places))
            value = defined(Naming(str(token)), rule)
        elif value in self.scope.values():
            value = apply(lambda a: a, value)
        if known is not None and known.shape != value.shape:
            raise self._error(
                f"{known!r} was declared, and this is {value!r}", token, "Give one shape to both."
            )
        self._bind(token, value)
        return None


def _elsewhere(
    known: Handle, target: Access, given: Mapping[Symbol, Expr], steps: Steps | None
) -> bool:
    """Tell whether no equation so far reaches what a target names: h[0], and now h[t + 1]."""

    def box(indices: Iterable[Expr], own: Mapping[Symbol, Expr], at: Steps | None) -> Any:
        loops = free_indices(Tuple(*indices))
        spans = {at.index: at.extent} if at else {}
        return {i: {**spans, **own}.get(i, size("_any")) for i in loops}

    table = {target.name: known.tensor(target.name)}
    return all(
        len(rule.indices) == len(target.indices)
        and apart(
            target, box(target.indices, given, steps),
            Access(target.name, *rule.indices), box(rule.indices, rule.given, rule.steps), table,
        )
        for rule in known.rules
    )  # fmt: skip


_PARTS = {
    "bound": "a bound", "initial": "an initialiser", "default": "a default",
    "frozen": "a value that it keeps", "fact": "a sum that is known",
}  # fmt: skip
_DECLARED = {
    "input": "Write: input x[N, 4], or input k[N] in 10 for integers.",
    "target": "Write: target y[N, 1]",
    "label": "Write: label t[N] in 10",
    "noise": "Write: noise u[N, 16], or noise z[N, 16] ~ normal",
    "param": "Write: param W[4, 2] ~ he_normal, b[2] ~ constant(1)",
    "hyper": "Write: hyper alpha = 0.3",
    "value": "Write: value z[N, 6]",
    "state": "Optimizers have states of their own.",
}
_UPDATE = "Write: update m[j] = 0.9*m[j] + 0.1*c[j]"
