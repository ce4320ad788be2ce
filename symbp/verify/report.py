"""The rows of a check, and how they are written: a table, JSON, JUnit's XML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from xml.etree import ElementTree


@dataclass(frozen=True, slots=True)
class Row:
    """The verdict of one method on one parameter, by its worst element."""

    parameter: str
    shape: tuple[int, ...]
    method: str
    elements: int = 0
    kinks: int = 0
    undecided: int = 0
    """Elements of which the method knows too little, by its own error estimate."""
    place: str = ""
    got: float | None = None
    wanted: float | None = None
    ulps: float | None = None
    """The error in units in the last place of the gradient's largest element."""
    doubt: float | None = None
    """The method's own error estimate in the same units."""
    seconds: float = 0.0
    verdict: str = "ok"
    """`ok`, or what disagrees and where."""
    note: str = ""


def agrees(rows: Sequence[Row]) -> bool:
    """Tell whether every row is in order."""
    return all(row.verdict == "ok" for row in rows)


_HEAD = (
    "parameter", "shape", "method", "elements", "worst", "module", "method's", "ulp", "+-", "ms",
    "verdict",
)  # fmt: skip


def table(rows: Sequence[Row]) -> str:
    """Return the rows as aligned text.

    >>> row = Row("W", (2, 4), "complex", 8, 1, 0, "[1,3]", 0.25, 0.25, 0.0, 4.5, 0.0121)
    >>> print(table([row]))
    parameter  shape  method   elements   worst  module     method's   ulp  +-   ms  verdict
    W          2x4    complex  8, 1 kink  [1,3]  0.2500000  0.2500000  0    4.5  12  ok
    """
    return "\n".join(in_columns([_HEAD, *(_cells(row) for row in rows)]))


def in_columns(lines: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of cells as text, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(f"{c:<{w}}" for c, w in zip(x, widths, strict=True)).rstrip() for x in lines]


def _cells(row: Row) -> tuple[str, ...]:
    counts = [str(row.elements)]
    counts += [f"{row.kinks} kink{'s' if row.kinks > 1 else ''}"] if row.kinks else []
    counts += [f"{row.undecided} undecided"] if row.undecided else []
    verdict = f"{row.verdict}: {row.note}" if row.note else row.verdict
    shape = "x".join(map(str, row.shape)) or "scalar"
    return (
        row.parameter, shape, row.method, ", ".join(counts), row.place, _number(row.got),
        _number(row.wanted), _ulps(row.ulps), _ulps(row.doubt), f"{1000 * row.seconds:.0f}",
        verdict,
    )  # fmt: skip


def _number(x: float | None) -> str:
    return "-" if x is None else f"{x:#.7g}"


def _ulps(x: float | None) -> str:
    return "-" if x is None else f"{x:.1e}" if x >= 1000 else f"{x:.2g}"


def as_json(head: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """Return what was judged and every row, as JSON.

    >>> print(as_json({"network": "a"}, []), end="")
    {
     "network": "a",
     "agrees": true,
     "rows": []
    }
    """
    content = {**head, "agrees": agrees(rows), "rows": [asdict(row) for row in rows]}
    return json.dumps(content, indent=1) + "\n"


def as_junit(name: str, rows: Sequence[Row]) -> str:
    """Return a test suite of JUnit's XML: a test case for each parameter and method.

    >>> print(as_junit("xor", [Row("W", (2,), "complex", verdict="DIFFERS at [1]")]), end="")
    <?xml version="1.0" encoding="utf-8"?>
    <testsuite name="symbp check xor" tests="1" failures="1" errors="0" time="0.000">
      <testcase classname="xor.W" name="complex" time="0.000">
        <failure message="DIFFERS at [1]">the module's - is not -, off by - ulp</failure>
      </testcase>
    </testsuite>
    """
    failures = [row for row in rows if row.verdict != "ok"]
    suite = ElementTree.Element("testsuite", {
        "name": f"symbp check {name}", "tests": str(len(rows)), "failures": str(len(failures)),
        "errors": "0", "time": f"{sum(row.seconds for row in rows):.3f}",
    })  # fmt: skip
    for row in rows:
        case = ElementTree.SubElement(suite, "testcase", {
            "classname": f"{name}.{row.parameter}", "name": row.method,
            "time": f"{row.seconds:.3f}",
        })  # fmt: skip
        if row.verdict != "ok":
            failure = ElementTree.SubElement(case, "failure", {"message": row.verdict})
            failure.text = (
                f"the module's {_number(row.got)} is not {_number(row.wanted)},"
                f" off by {_ulps(row.ulps)} ulp"
            )
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'
