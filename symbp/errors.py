"""Every error that symbp raises on purpose: what is wrong, where, and what to do.

>>> str(SymbpError("index k is not bound", equation="y[i] = x[i,k]", remedy="Write sum[k](...)."))
'index k is not bound\\n  in  y[i] = x[i,k]\\n  Write sum[k](...).'
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a text: file, line and column (from 1), and the line itself."""

    file: str
    line: int
    column: int
    text: str = ""
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def excerpt(self) -> str:
        """Return the line with carets under the culprit."""
        gutter = f"{self.line:>5} | "
        start = max(0, self.column - 60) if len(self.text) > 120 else 0  # of a very long line
        shown, before = self.text[start : start + 120], self.text[start : self.column - 1]
        lead = "".join("\t" if c == "\t" else " " for c in before)
        carets = "^" * max(1, min(self.width, len(shown) - len(before)))
        shown = "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in shown)
        return f"{gutter}{shown}\n{' ' * (len(gutter) - 2)}| {lead}{carets}"


class SymbpError(Exception):
    """The base of all: a message, and as far as they are known equation, source and remedy."""

    def __init__(
        self,
        message: str,
        *,
        equation: str | None = None,
        source: Source | None = None,
        remedy: str | None = None,
        culprit: object = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.equation = equation
        self.source = source
        self.remedy = remedy
        self.culprit = culprit
        """The access that is wrong, where one is: who knows its place can point at it."""

    def at(self, source: Source | None) -> SymbpError:
        """Name the place, unless a nearer one is known."""
        self.source = self.source or source
        return self

    def __str__(self) -> str:
        lines = [f"{self.source}: {self.message}" if self.source else self.message]
        if self.source and self.source.text:
            lines.append(self.source.excerpt())
        elif self.equation:
            lines.append(f"  in  {self.equation}")
        if self.remedy:
            lines.append(f"  {self.remedy}")
        return "\n".join(lines)


class LanguageError(SymbpError):
    """A description that is not well formed: syntax, names, reserved words, arguments."""


class ShapeError(SymbpError):
    """Indices, ranges and shapes that do not fit."""


class OrderError(SymbpError):
    """A value read before it is complete, defined twice, or defined by itself."""


class DataError(SymbpError):
    """Arrays or files that do not suit the network."""


class TargetError(SymbpError):
    """A target or a format that can't be built here: no compiler, an unsupported function."""
