"""The table of scalar identities, applied to every body from the inside out.

Each rule holds for all real values for which its left side is finite; a rule that may lengthen
an expression is kept only where the result is cheaper (`cost.py`).

>>> from symbp.ir.program import Access, index
>>> z, y = Access("z", index("n")), Access("y", index("n"))
>>> p = sigmoid(z)
>>> simplify(-(y * log(p) + (1 - y) * log(1 - p)))
(1 - y[n])*softplus(z[n]) + softplus(-z[n])*y[n]
>>> p = Access("p", index("n"))
>>> simplify((-y / p + (1 - y) / (1 - p)) * p * (1 - p))
p[n] - y[n]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from sympy import Add, Expr, Integer, Mul, StrictGreaterThan, exp, expand, factor_terms, log

from symbp.ir.functions import Where, expm1, log1p, relu, sigmoid, softplus
from symbp.ir.program import Access, Equation, Program, index
from symbp.ir.trace import note
from symbp.ir.visit import DEAD, map_bodies
from symbp.rewrite.cost import KEPT, cheapest, cost

Rule = Callable[[Expr], Expr | None]
"""What an expression becomes, or None where the rule says nothing about it."""

_LARGE = 200


def algebra(program: Program) -> Program:
    """Simplify every body; a sum that adds nothing goes."""
    for equation in program.equations:
        _note(equation)
    program = map_bodies(program, lambda equation: simplify(equation.body))
    adding = {e.target.name for e in program.equations if not _adds_nothing(e)}
    equations: list[Equation] = []
    for equation in program.equations:
        if not _adds_nothing(equation):
            equations.append(equation)
        elif equation.target.name not in adding:
            adding.add(equation.target.name)
            equations.append(equation if equation.scan else _zero(equation, program))
            note("zero", [equation], equations[-1:])
        else:
            note(DEAD, [equation], ())
    return program.but(equations=tuple(equations))


def _adds_nothing(equation: Equation) -> bool:
    return equation.op == "sum" and equation.body == 0


def _zero(equation: Equation, program: Program) -> Equation:
    """Return the equation that says that all of a tensor is zero."""
    shape = program[equation.target.name].shape
    loops = tuple((index(f"i{k}"), extent) for k, extent in enumerate(shape))
    target = Access(equation.target.name, *(i for i, _ in loops))
    return replace(equation, target=target, ranges=loops)


def simplify(expression: Expr) -> Expr:
    """Return an equal expression that costs no more."""
    return _simplified(expression)[0]


Application = tuple[str, Expr, Expr]
"""The name of a rule, an expression, and what the rule made of it."""


@lru_cache(maxsize=KEPT)
def _simplified(expression: Expr) -> tuple[Expr, tuple[Application, ...]]:
    """Return an equal expression that costs no more, and the rules that lead to it."""
    if isinstance(expression, Access) or not expression.args:
        return expression, ()
    inner = [_simplified(a) for a in expression.args]
    taken = tuple(one for _, rules in inner for one in rules)
    if any(a is not b for (a, _), b in zip(inner, expression.args, strict=True)):
        expression = expression.func(*(a for a, _ in inner))
    for name, rule in RULES:
        found = rule(expression)
        if found is not None and found != expression:
            last, more = _simplified(found)
            return last, (*taken, (name, expression, found), *more)
    return expression, taken


def _note(equation: Equation) -> None:
    """Tell the trace which identities simplify a body, one after the other.

    Where SymPy itself has put together what a rule has left apart, several are one step.
    """
    last, rules = _simplified(equation.body)
    names: dict[str, None] = {}
    for name, found, made in rules:
        names[name] = None
        body = equation.body.xreplace({found: made})
        if body != equation.body:
            after = replace(equation, body=body)
            note(";  ".join(names), [equation], [after])
            equation, names = after, {}
    note(";  ".join(names) or "put in order", [equation], [replace(equation, body=last)])


def _sigmoid(e: Expr) -> Expr | None:
    if e.is_Pow and e.exp == -1 and (u := _one_plus_exp(e.base)) is not None:
        return sigmoid(-u)
    return None


def _softplus(e: Expr) -> Expr | None:
    if isinstance(e, log) and (u := _one_plus_exp(e.args[0])) is not None:
        return softplus(u)
    if isinstance(e, log1p) and isinstance(e.args[0], exp):
        return softplus(e.args[0].args[0])
    return None


def _one_plus_exp(e: Expr) -> Expr | None:
    if e.is_Add and len(e.args) == 2 and 1 in e.args:
        (other,) = (a for a in e.args if a != 1)
        if isinstance(other, exp):
            return other.args[0]
    return None


def _log_sigmoid(e: Expr) -> Expr | None:
    if not isinstance(e, (log, log1p)):
        return None
    inner = e.args[0] if isinstance(e, log) else 1 + e.args[0]
    if isinstance(inner, sigmoid):
        return -softplus(-inner.args[0])
    rest = 1 - inner
    return -softplus(rest.args[0]) if isinstance(rest, sigmoid) else None


def _log_product(e: Expr) -> Expr | None:
    if not isinstance(e, log):
        return None
    factors = Mul.make_args(e.args[0])
    known = [f for f in factors if isinstance(f, exp)]
    unsure = [f for f in factors if not f.is_positive]  # one alone is positive, or log is NaN
    below = [
        f for f in factors
        if f.is_Pow and f.exp.is_negative
        and (f.base.is_positive or (unsure == [f] and not f.exp.is_even))
    ]  # fmt: skip
    if known or (below and len(factors) > 1 and len(unsure) < 2):
        rest = Mul(*(f for f in factors if f not in known and f not in below))
        return Add(*(f.args[0] for f in known), *(f.exp * log(f.base) for f in below), log(rest))
    return None


def _log1p(e: Expr) -> Expr | None:
    if isinstance(e, log) and e.args[0].is_Add and 1 in e.args[0].args:
        return log1p(e.args[0] - 1)
    return None


def _expm1(e: Expr) -> Expr | None:
    if e.is_Add and -1 in e.args and (found := [a for a in e.args if isinstance(a, exp)]):
        return Add(*(a for a in e.args if a != -1 and a != found[0]), expm1(found[0].args[0]))
    return None


def _exp_product(e: Expr) -> Expr | None:
    if not e.is_Mul:
        return None
    found = [f for f in e.args if isinstance(f, exp)]
    if len(found) < 2:
        return None
    return Mul(exp(Add(*(f.args[0] for f in found))), *(f for f in e.args if f not in found))


def _exp_of_sigmoid(e: Expr) -> Expr | None:
    if not e.is_Mul:
        return None
    bases = [f.as_base_exp()[0] for f in e.args if not isinstance(f, exp)]
    for f in e.args:
        if isinstance(f, exp) and sigmoid(-f.args[0]) in bases:
            # Not e / f: SymPy leaves exp(a - b) exp(b - a) as it stands.
            rest = Mul(*(g for g in e.args if g is not f))
            return rest / sigmoid(-f.args[0]) * sigmoid(f.args[0])
    return None


def _relu_positive(e: Expr) -> Expr | None:
    if isinstance(e, StrictGreaterThan) and isinstance(e.args[0], relu) and e.args[1] == 0:
        return e.args[0].args[0] > 0
    return None


def _where_around_product(e: Expr) -> Expr | None:
    if not e.is_Mul:
        return None
    choices = [f for f in e.args if isinstance(f, Where) and 0 in f.args[1:]]
    if not choices:
        return None
    choice = choices[0]
    rest = Mul(*(f for f in e.args if f is not choice))
    condition, a, b = choice.args
    return Where(condition, a * rest, b * rest)


def _where_nested(e: Expr) -> Expr | None:
    if isinstance(e, Where) and isinstance(e.args[1], Where) and e.args[1].args[0] == e.args[0]:
        return Where(e.args[0], e.args[1].args[1], e.args[2])
    return None


def _opposite_sigmoid(e: Expr) -> Expr | None:
    """sigmoid(-u) = 1 - sigmoid(u), where sigmoid(u) is needed as well."""
    if not (e.is_Add or e.is_Mul):
        return None
    found = sorted(e.atoms(sigmoid), key=str)
    for s in found:
        u = s.args[0]
        if u.could_extract_minus_sign() and sigmoid(-u) in found:
            opened = e.xreplace({s: 1 - sigmoid(-u)})
            better = cheapest(e, expand(opened, power_exp=False) if e.is_Add else opened)
            return better if better != e else None
    return None


def _distributed(e: Expr) -> Expr | None:
    """Multiply out a sum whose terms cancel against the other factors."""
    if not e.is_Mul or cost(e) > _LARGE:
        return None
    for factor in e.args:
        if factor.is_Add and any(t.as_numer_denom()[1].has(Access) for t in factor.args):
            rest = Mul(*(f for f in e.args if f is not factor))
            terms = Add(*(rest * t for t in factor.args))
            expanded = expand(terms, power_exp=False)
            return cheapest(e, terms, expanded, factor_terms(expanded))
    return None


def _common(e: Expr) -> Expr | None:
    """Take out what all terms share, or multiply out: whichever is cheaper."""
    if not e.is_Add or cost(e) > _LARGE or not e.has(Access):
        return None
    candidates = [e, factor_terms(e)]
    if any(a.is_Mul and any(f.is_Add for f in a.args) for a in e.args):
        candidates += [expanded := expand(e, power_exp=False), factor_terms(expanded)]
    return cheapest(*candidates)


def _content(e: Expr) -> Expr | None:
    """Take the number out of each factor that is a sum: (2 a - 2 b) c is 2 c (a - b)."""
    if not e.is_Mul:
        return None
    pairs = [f.primitive() if f.is_Add else (Integer(1), f) for f in e.args]
    content = Mul(*(c for c, _ in pairs))
    return None if content == 1 else cheapest(e, Mul(content, *(f for _, f in pairs)))


def _even(e: Expr) -> Expr | None:
    """(b - a)^2 is (a - b)^2: one of the two is chosen."""
    if e.is_Pow and e.exp.is_even and e.base.is_Add and e.base.could_extract_minus_sign():
        return (-e.base) ** e.exp
    return None


def _positive_first(e: Expr) -> Expr | None:
    """-(a - b) c is c (b - a): the sign moves into a difference."""
    if not e.is_Mul or e.args[0] != -1:
        return None
    for factor in e.args[1:]:
        if factor.is_Add and len(factor.args) == 2:
            return Mul(*(f for f in e.args[1:] if f is not factor), -factor)
    return None


RULES: tuple[tuple[str, Rule], ...] = (
    ("1 / (1 + exp(-u)) = sigmoid(u)", _sigmoid),
    ("log(1 + exp(u)) = softplus(u)", _softplus),
    ("log sigmoid(u) = -softplus(-u)", _log_sigmoid),
    ("log(a exp(u) / b) = log a + u - log b", _log_product),
    ("log(1 + u) = log1p(u)", _log1p),
    ("exp(u) - 1 = expm1(u)", _expm1),
    ("exp(u) sigmoid(-u) = sigmoid(u)", _exp_of_sigmoid),
    ("relu(u) > 0 where u > 0", _relu_positive),
    ("exp(a) exp(b) = exp(a + b)", _exp_product),
    ("a where(c, b, 0) = where(c, a b, 0)", _where_around_product),
    ("where(c, where(c, a, b), d) = where(c, a, d)", _where_nested),
    ("sigmoid(-u) = 1 - sigmoid(u)", _opposite_sigmoid),
    ("a (b / a + c) = b + a c", _distributed),
    ("a b + a c = a (b + c)", _common),
    ("-(a - b) = b - a", _positive_first),
    ("(2 a - 2 b) c = 2 c (a - b)", _content),
    ("(b - a)^2 = (a - b)^2", _even),
)
