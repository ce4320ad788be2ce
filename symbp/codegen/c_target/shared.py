"""What is written more than once, but for names and sizes, is a function that each place calls.

A layer that comes again, or an equation that several functions evaluate, stands in the file once:
the file and the time that compilers need do not grow with what is alike. (Short loops too: a loop
that becomes vectors takes a compiler longer than ten calls, and as a function it says that its
target overlaps nothing that it reads, so that there is no second version of it for that case.)
Layers that differ in their sizes are alike too: each whole number that is not the same everywhere
is a parameter, but for how often a short loop runs that has no long one inside: a compiler that
knows it unrolls the loop.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, takewhile

from symbp.codegen.c_target.nests import indented
from symbp.codegen.names import Names
from symbp.codegen.passage import Passage

Lines = list[str]
_PLACE = re.compile(r"(?:const )?\w+ \*\w+ = .*")
"""The declaration of where an array lies."""
_BEGIN = re.compile(rf"(/\*.*|{_PLACE.pattern})?")
"""A line that says what follows, or where it lies."""
_SAME = re.compile(r"\w+ \*(\w+) = (\w+);.*")
"""The declaration of what takes the place of an operand."""
_DECLARED = re.compile(r"(?:const )?(?:float|double|ptrdiff_t) ")
_LOCAL = re.compile(r"\b(?:float|double|ptrdiff_t) \**(\w+)")
_LOOP = re.compile(r"for \(ptrdiff_t (\w+) = 0; \1 < (\d+|.*\W.*); \1\+\+\) \{")
"""A loop that runs so often; the plain name of a size is as good as a parameter."""
_COUNT = "count"
_BOUND = re.compile(r"\s*for \(.* < (\d+); .*\{")
_ARRAYS = re.compile(r"\s*(?:const )?\w+ \w+\[\d+\]")
"""The declaration of arrays, whose lengths are constants."""
FEW = 16
"""A loop that runs no more often than this is unrolled where it stands,"""
OFTEN = 4
"""unless it stands in more places than this, or longer ones are alike."""
LONG = 256
"""A loop that runs more often than this is a long one, as is one that runs N times."""
_TOKEN = re.compile(r"/\*.*?\*/|\d[\w.]*(?:(?<=[eE])[+-]\w+)?|(?:\.|->)?\b\w+|\S", re.DOTALL)
_SIZE = "%size"
_SCATTER = re.compile(r" *\w+\[[^]]*\[.* [-+]?= ")
"""A statement whose target's place is told by an array."""


@dataclass(frozen=True, eq=False)
class Unit:
    """Statements that one or several equations have become."""

    given: Lines
    types: Mapping[str, str]
    """The type of each name that the function declares before, arrays with a star."""
    written: frozenset[str]
    """The arrays that the statements change."""
    passages: tuple[Passage, ...]

    @cached_property
    def lines(self) -> Lines:
        """The lines, of which those come first that tell where arrays lie."""
        before = [*takewhile(_BEGIN.fullmatch, self.given)]
        after = self.given[len(before) :]
        late = [line for line in after if _PLACE.fullmatch(line)]
        return [*before, *late, *(line for line in after if line not in late)]

    @cached_property
    def start(self) -> int:
        """How many lines come before the statements: comments and declarations."""
        return len([*takewhile(_BEGIN.fullmatch, self.lines)])

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
                const = "" if old in self.written else "const "
                same.append(f"{const}{self.types[old]}{old} = {new};")
        return [*reversed(same), *self.counted(self.lines[self.start :])]

    def counted(self, lines: Iterable[str]) -> Lines:
        """Return lines of the unit as the function has them: the parameter says how often."""
        if not self.bound:
            return [*lines]
        old, new = f" < {self.bound};", f" < {_COUNT};"
        return [x.replace(old, new) if _LOOP.fullmatch(x) else x for x in lines]

    @cached_property
    def tokens(self) -> list[list[str]]:
        """The tokens of each line of the code."""
        return [_tokens([line]) for line in self.code]

    @cached_property
    def sizes(self) -> tuple[str, ...]:
        """The whole numbers of the code that may be others where the same is to be done."""
        lines = zip(self.tokens, _fixed(self.code), strict=True)
        return tuple(t for line, fixed in lines if not fixed for t in line if t.isdigit())

    @cached_property
    def local(self) -> tuple[str, ...]:
        """The names that the code declares, in order."""
        return tuple(dict.fromkeys(_LOCAL.findall("\n".join(self.code))))

    @cached_property
    def free(self) -> tuple[str, ...]:
        """The names of the code that were declared before it, in order."""
        words = dict.fromkeys(word for line in self.tokens for word in line)
        known = {*self.types, _COUNT} - set(self.local)
        return tuple(w for w in words if w in known)

    @cached_property
    def form(self) -> tuple[str, ...]:
        """The tokens, in which names are numbers, and sizes alike; and the types of the names."""
        renamed = {name: f"%{k}" for k, name in enumerate((*self.free, *self.local))}
        tokens = (
            _SIZE if t.isdigit() and not fixed else renamed.get(t, t)
            for line, fixed in zip(self.tokens, _fixed(self.code), strict=True)
            for t in line
        )
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
        """Whether the code is one statement in a loop that never becomes one of vectors.

        A compiler unrolls it, or it scatters.
        """
        few = self.bound.isdigit() and int(self.bound) <= FEW
        return len(self.code) == 3 and (few or _SCATTER.match(self.code[1]) is not None)

    def parameter(self, name: str) -> str:
        """Return the declaration of a name as a parameter."""
        kind = "ptrdiff_t" if name == _COUNT else self.types[name]
        if not kind.endswith("*"):
            return f"{kind} {name}"
        changed = name in self.written or name == "work"
        return f"{kind}restrict {name}" if changed else f"const {kind}{name}"


class Function:
    """What units do that are alike, in the words of the first."""

    def __init__(self, units: Sequence[Unit], name: str) -> None:
        self.name = name
        self.first = first = units[0]
        values = list(zip(*(unit.sizes for unit in units), strict=True))
        several = dict.fromkeys(v for v in values if len(set(v)) > 1)
        taken = {*first.types, *(word for line in first.tokens for word in line)}
        words = (w for k in count(1) if (w := f"size_{k}") not in taken)
        names = dict(zip(several, words, strict=False))
        self.sizes = {word: values.index(value) for value, word in names.items()}
        """Parameter -> which of a unit's sizes it is."""
        self.lines = self._sized([names.get(v, v[0]) for v in values])

    def _sized(self, sizes: Iterable[str]) -> Lines:
        """Return the lines of the code with other sizes."""
        new = iter(sizes)

        def size(found: re.Match[str]) -> str:
            return next(new) if found[0].isdigit() else found[0]

        code = self.first.code
        pairs = zip(code, _fixed(code), strict=True)
        return [line if fixed else _TOKEN.sub(size, line) for line, fixed in pairs]

    def text(self) -> Lines:
        """Return the function."""
        first, code = self.first, self.lines
        sizes = (f"ptrdiff_t {word}" for word in self.sizes)
        parameters = ", ".join([*map(first.parameter, first.free), *sizes])
        if (code[0], code[-1]) == ("{", "}") and all(x[:4].isspace() for x in code[1:-1] if x):
            code = [line[4:] for line in code[1:-1]]
        head = f"SHARED void {self.name}({parameters})"
        return [*_comments(first.lines[: first.start]), head, "{", *indented(code), "}"]

    def call(self, unit: Unit) -> str:
        """Return the call that stands in place of a unit's code."""
        words = [unit.bound if w == _COUNT else w for w in unit.free]
        return f"{self.name}({', '.join([*words, *(unit.sizes[k] for k in self.sizes.values())])});"

    def told(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Return lines of the first unit as the function has them."""
        own = self.first.lines[self.first.start :]
        new = dict(zip((x.strip() for x in reversed(own)), reversed(self.lines), strict=False))
        margins = ((x, x[: len(x) - len(x.lstrip())]) for x in lines)
        return tuple(m + new[x.strip()].strip() if x.strip() in new else x for x, m in margins)


class Shared:
    """The functions that units share."""

    def __init__(self, units: Iterable[Unit], names: Names) -> None:
        alike: dict[tuple[str, ...], list[Unit]] = {}
        for unit in units:
            if unit.shareable:
                alike.setdefault(unit.form, []).append(unit)
        self.of: dict[Unit, Function] = {}
        self.all: list[Function] = []
        for group in map(_worth, alike.values()):
            if len(group) > 1:
                self.all.append(Function(group, names.fresh(f"compute_{_target(group[0])}_")))
                self.of.update(dict.fromkeys(group, self.all[-1]))

    def functions(self) -> list[Lines]:
        """Return the functions, each in the words of the unit that was met first."""
        return [function.text() for function in self.all]

    def lines(self, unit: Unit) -> Lines:
        """Return what stands in place of a unit: itself, or a call under its formulas."""
        if unit not in self.of:
            return unit.lines
        inner = _comments(line.strip() for line in unit.lines[unit.start :])
        return [*unit.lines[: unit.start], *inner, self.of[unit].call(unit)]

    def passages(self, unit: Unit) -> tuple[Passage, ...]:
        """Return which lines compute what: the call, where the function is another unit's."""
        if unit not in self.of:
            return unit.passages
        function = self.of[unit]
        if function.first is unit:
            return tuple(replace(p, lines=function.told(p.lines)) for p in unit.passages)
        targets = tuple(dict.fromkeys(t for p in unit.passages for t in p.targets))
        return (Passage(targets, tuple(line for line in self.lines(unit) if line)),)


def _worth(group: list[Unit]) -> list[Unit]:
    """Return those units of a group that call a function: short ones, where it is there anyway."""
    longer = [unit for unit in group if not unit.short]
    return group if len(longer) > 1 or len(group) > OFTEN else longer


def _fixed(code: Lines) -> list[bool]:
    """Tell of each line whether its numbers are the same wherever the same is to be done."""
    return [
        _ARRAYS.match(line) is not None
        or (_is_short(line) and all(map(_is_short, _inner_loops(code[k:]))))
        for k, line in enumerate(code)
    ]


def _is_short(line: str) -> bool:
    """Tell whether a line begins a loop that runs a few times."""
    found = _BOUND.fullmatch(line)
    return found is not None and int(found[1]) <= LONG


def _inner_loops(code: Lines) -> Lines:
    """Return the heads of the loops inside of the one that begins with the code."""
    margin = len(code[0]) - len(code[0].lstrip())
    inside = takewhile(lambda line: not line or line[: margin + 1].isspace(), code[1:])
    return [line for line in inside if line.lstrip().startswith("for (")]


def _target(unit: Unit) -> str:
    return unit.passages[0].targets[0]


def _comments(lines: Iterable[str]) -> Lines:
    return [line for line in lines if line.startswith("/*")]


def _tokens(lines: Lines) -> list[str]:
    return [t for t in _TOKEN.findall("\n".join(lines)) if not t.startswith("/*")]


__all__ = ["Shared", "Unit"]
