"""What is written more than once, but for names and lengths, is a function that each place calls.

A layer that comes again, or an equation that several functions evaluate, stands in the file once:
the file and the time that compilers need do not grow with what is alike. (Short loops too: a loop
that becomes vectors takes a compiler longer than ten calls, and as a function it says that its
target overlaps nothing that it reads, so that there is no second version of it for that case.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from symbp.codegen.c_target.nests import indented
from symbp.codegen.names import Names
from symbp.codegen.passage import Passage

Lines = list[str]
_BEGIN = re.compile(r"(/\*.*|\w+ \*\w+ = .*|const \w+ \*\w+ = .*)?")
"""A line that says what follows, or where it lies."""
_SAME = re.compile(r"\w+ \*(\w+) = (\w+);.*")
"""The declaration of what takes the place of an operand."""
_DECLARED = re.compile(r"(?:const )?(?:float|double|ptrdiff_t) ")
_LOCAL = re.compile(r"\b(?:float|double|ptrdiff_t) \**(\w+)")
_LOOP = re.compile(r"for \(ptrdiff_t (\w+) = 0; \1 < (\d+|.*\W.*); \1\+\+\) \{")
"""A loop that runs so often; the plain name of a size is as good as a parameter."""
_COUNT = "count"
FEW = 16
"""A loop that runs no more often than this is unrolled where it stands,"""
OFTEN = 4
"""unless it stands in more places than this."""
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(r"(?:\.|->)?\b\w+|\S")


@dataclass(frozen=True, eq=False)
class Unit:
    """Statements that one or several equations have become."""

    lines: Lines
    types: Mapping[str, str]
    """The type of each name that the function declares before, arrays with a star."""
    written: frozenset[str]
    """The arrays that the statements change."""
    passages: tuple[Passage, ...]

    @cached_property
    def start(self) -> int:
        """How many lines come before the statements: comments and declarations."""
        count = 0
        while count < len(self.lines) and _BEGIN.fullmatch(self.lines[count]):
            count += 1
        return count

    @cached_property
    def bound(self) -> str:
        """How often the code's loop runs, where it has one outside of others: a parameter."""
        found = list(filter(None, map(_LOOP.fullmatch, self.lines[self.start :])))
        return found[0][2] if len(found) == 1 else ""

    @cached_property
    def code(self) -> Lines:
        """The statements; before them what tells that two names mean one array."""
        named, same = set(_tokens(self.lines[self.start :])), []
        for found in filter(None, map(_SAME.fullmatch, self.lines[: self.start])):
            new, old = found.groups()
            if {new, old} <= named and old in self.types:
                same.append(f"const {self.types[old]}{old} = {new};")
        return [*same, *self.counted(self.lines[self.start :])]

    def counted(self, lines: Iterable[str]) -> Lines:
        """Return lines of the unit as the function has them: the parameter says how often."""
        if not self.bound:
            return [*lines]
        old, new = f" < {self.bound};", f" < {_COUNT};"
        return [x.replace(old, new) if _LOOP.fullmatch(x) else x for x in lines]

    @cached_property
    def local(self) -> tuple[str, ...]:
        """The names that the code declares, in order."""
        return tuple(dict.fromkeys(_LOCAL.findall("\n".join(self.code))))

    @cached_property
    def free(self) -> tuple[str, ...]:
        """The names of the code that were declared before it, in order."""
        words = dict.fromkeys(_tokens(self.code))
        known = {*self.types, _COUNT} - set(self.local)
        return tuple(w for w in words if w in known)

    @cached_property
    def form(self) -> tuple[str, ...]:
        """The tokens, in which the names are numbers; and the types of the names."""
        renamed = {name: f"%{k}" for k, name in enumerate((*self.free, *self.local))}
        tokens = (renamed.get(t, t) for t in _tokens(self.code))
        return (*tokens, *(self.parameter(name).removesuffix(name) for name in self.free))

    @property
    def shareable(self) -> bool:
        """Whether the code has a loop or block, and gives others but the elements of arrays."""
        return (
            any(line.endswith("{") for line in self.code)
            and all(self.types[name].endswith("*") for name in self.written)
            and not any(_DECLARED.match(line) for line in self.lines[self.start :])
        )

    @property
    def short(self) -> bool:
        """Whether the code is one statement in a loop that a compiler unrolls."""
        return self.bound.isdigit() and int(self.bound) <= FEW and len(self.code) == 3

    def parameter(self, name: str) -> str:
        """Return the declaration of a name as a parameter."""
        kind = "ptrdiff_t" if name == _COUNT else self.types[name]
        if not kind.endswith("*"):
            return f"{kind} {name}"
        changed = name in self.written or name == "work"
        return f"{kind}restrict {name}" if changed else f"const {kind}{name}"

    def function(self, name: str) -> Lines:
        """Return a function that does what the code does."""
        parameters = ", ".join(self.parameter(name) for name in self.free)
        code = self.code
        if (code[0], code[-1]) == ("{", "}") and all(x[:4].isspace() for x in code[1:-1] if x):
            code = [line[4:] for line in code[1:-1]]
        return [f"SHARED void {name}({parameters})", "{", *indented(code), "}"]

    def call(self, name: str) -> str:
        """Return the call of such a function that stands in place of the code."""
        return f"{name}({', '.join(self.bound if w == _COUNT else w for w in self.free)});"


class Shared:
    """The functions that units share."""

    def __init__(self, units: Iterable[Unit], names: Names) -> None:
        alike: dict[tuple[str, ...], list[Unit]] = {}
        for unit in units:
            if unit.shareable:
                alike.setdefault(unit.form, []).append(unit)
        several = [g for g in alike.values() if len(g) > (OFTEN if g[0].short else 1)]
        self.first = {unit: group[0] for group in several for unit in group}
        self.names = {first: names.fresh(f"compute_{_target(first)}_") for first, *_ in several}

    def functions(self) -> list[Lines]:
        """Return the functions, each in the words of the unit that was met first."""
        return [
            [*_comments(u.lines[: u.start]), *u.function(name)] for u, name in self.names.items()
        ]

    def lines(self, unit: Unit) -> Lines:
        """Return what stands in place of a unit: itself, or a call under its formulas."""
        if unit not in self.first:
            return unit.lines
        inner = _comments(line.strip() for line in unit.lines[unit.start :])
        call = unit.call(self.names[self.first[unit]])
        return [*unit.lines[: unit.start], *inner, call]

    def passages(self, unit: Unit) -> tuple[Passage, ...]:
        """Return which lines compute what: the call, where the function is another unit's."""
        if unit not in self.first:
            return unit.passages
        if self.first[unit] is unit:
            return tuple(replace(p, lines=tuple(unit.counted(p.lines))) for p in unit.passages)
        targets = tuple(dict.fromkeys(t for p in unit.passages for t in p.targets))
        return (Passage(targets, tuple(line for line in self.lines(unit) if line)),)


def _target(unit: Unit) -> str:
    return unit.passages[0].targets[0]


def _comments(lines: Iterable[str]) -> Lines:
    return [line for line in lines if line.startswith("/*")]


def _tokens(lines: Lines) -> list[str]:
    return _TOKEN.findall(_COMMENT.sub("", "\n".join(lines)))


__all__ = ["Shared", "Unit"]
