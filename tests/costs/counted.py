"""Generated C, compiled with a number that counts what is done with it, and run.

What stands in the text of a network's functions is kept as it is. Put in its place are `double`,
the functions of one number (each counts as one, whatever polynomial computes it) and the matrix
kernels: vectors that are padded at an edge would compute more than their plain loops, which are
what the file holds for other compilers.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from symbp import compiler
from symbp.codegen.c_target import bands, interface
from symbp.costs import Operations
from symbp.lang.network import Network

PRELUDE = Path(__file__).with_name("counted.hpp")
REAL = np.dtype([("value", "f8"), ("flags", "i8")])
SAME = 2
"""The flag of what is the same for all elements (counted.hpp)."""
FUNCTIONS = ("forward", "backward", "train_step")
_WORDS = "#define double Real\n#define restrict\n#define SHARED static"
WORK = 2**20
"""Numbers of the workspace; more than any of the networks asks for."""


def measured(
    network: Network, sizes: Mapping[str, int], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Operations, Operations, Operations]:
    """Return what forward, backward and a whole step do, with one loop nest for each equation."""
    monkeypatch.setattr(bands, "FEW", 0)  # no loop over samples that does all at once
    monkeypatch.setattr(bands, "LEAST", 10**9)  # no gradient in blocks
    monkeypatch.setattr(interface, "condensed", lambda plan: plan)  # no sum over winners alone
    files = compiler.emit(network, "c")
    name = network.name
    header, source = files[f"{name}.h"], counting(files[f"{name}.c"], name, network)
    wrappers = [_wrapper(header, name, f) for f in FUNCTIONS]
    text = f'#include "{PRELUDE}"\n{_WORDS}\n{header}\n{source}\n' + "\n".join(wrappers)
    (folder / "counted.cpp").write_text(text, "utf-8")
    command = ["g++", "-std=gnu++20", "-O0", "-w", "-fpermissive", "-shared", "-fPIC"]
    command += ["-o", str(folder / "counted.so"), str(folder / "counted.cpp")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]
    library = ctypes.CDLL(str(folder / "counted.so"))
    memory = _memory(header, name, sizes, network)
    forward, backward, step = (
        _run(library, f, [a for _, a in _arguments(header, f"{name}_{f}")], memory, sizes)
        for f in FUNCTIONS
    )
    return forward, backward, step


def counting(text: str, name: str, network: Network) -> str:
    """Return the functions of a C file with what the counting number needs to know."""
    shared = text.find("\nSHARED void compute_")
    begin = text.rindex("\nstatic", 0, text.index(f"const {name}_params *params"))
    begin = shared if 0 < shared < begin else begin
    heads = [f"int {name}_{f}(" for f in FUNCTIONS]
    heads += [h for h in (f"{name}_hyper {name}_default_hyper(",) if f"\n{h}" in text]
    ends = [_function(text, h) for h in heads]
    draw = re.search(rf"^void {name}_draw\(.*?\)$", text, re.S | re.M)
    ends += [f"{draw[0]} {{}}"] if draw else []  # noise is no part of what is counted
    text = "\n".join([text[begin : text.index(f"int {name}_predict(")], *ends])
    sizes = "|".join(map(str, network.program.sizes()))
    if sizes:
        text = re.sub(rf"\(double\)({sizes})\b", r"same(\1)", text)
    text = re.sub(
        r"\(const walk\[\]\)\s*(\{(?:\s*\{[^{}]*\},?)+\})",
        r"std::initializer_list<walk>\1.begin()", text,
    )  # fmt: skip
    text = re.sub(
        r"(double initial\[\d+\]) = \{0\};",
        r"\1; for (Real &each : initial) each = empty(0.0);",
        text,
    )
    text = re.sub(r"\bdouble (\w+) = (0\.0|-?INFINITY);", r"double \1 = empty(\2);", text)
    text = re.sub(
        r"for \(ptrdiff_t (\w+) = (.+?); (.+?); (.+?)\) \{",
        lambda m: f"{m[0]} Turn turn_{m[1]}({m[1]} != ({m[2]}));", text, flags=re.S,
    )  # fmt: skip
    return _choices(text, {t.name for t in network.program.given() if t.bound is not None})


def _function(text: str, head: str) -> str:
    begin = text.index(head)
    return text[begin : text.index("\n}\n", begin) + 3]


def _choices(text: str, labels: set[str]) -> str:
    """Return a text in which (c ? a : b) computes both, unless c is of indices and labels alone.

    The last one first: none stands within it that has not been dealt with.
    """
    text = re.sub(
        r"const ptrdiff_t \w+ = [^;]*;",
        lambda m: m[0].replace("?", "\1").replace(":", "\2"), text,
    )  # fmt: skip
    marks = [m.start() + 1 for m in re.finditer(r"\s\?\s", text)]
    for mark in reversed(marks):
        begin, end = _around(text, mark)
        colon = text.index(":", mark)
        condition, a, b = text[begin + 1 : mark], text[mark + 1 : colon], text[colon + 1 : end]
        read = set(re.findall(r"(\w+)\[", condition)) - labels
        real = read or re.search(r"\d\.\d", condition)
        choice = f"pick({condition}, {a}, {b})" if real else f"({condition} \1 {a} \2 {b})"
        text = text[:begin] + choice + text[end + 1 :]
    return text.replace("\1", "?").replace("\2", ":")


def _around(text: str, place: int) -> tuple[int, int]:
    """Return where the brackets around a place open and close."""

    def walk(step: int, deeper: str, out: str) -> int:
        depth, k = 0, place
        while depth or text[k] != out:
            depth += (text[k] in deeper) - (depth > 0 and text[k] == out)
            k += step
        return k

    return walk(-1, ")", "("), walk(1, "(", ")")


def _wrapper(header: str, name: str, function: str) -> str:
    """Return a C function that is handed pointers alone, and the sizes."""
    arguments = []
    for number, (kind, argument) in enumerate(_arguments(header, f"{name}_{function}")):
        pointed = f"p[{number}]"
        if kind == "ptrdiff_t":
            arguments.append(f"(ptrdiff_t)(intptr_t){pointed}")
        elif argument == "hyper":
            arguments.append("&hyper")
        else:
            arguments.append(f"({kind} *){pointed}")
    hyper = f"static const {name}_hyper hyper = {name}_default_hyper();" if (
        "&hyper" in arguments) else ""  # fmt: skip
    return f"""
extern "C" int run_{function}(void **p, long *found)
{{
    {hyper}
    memset(counts, 0, sizeof counts);
    const int failed = {name}_{function}({", ".join(arguments)});
    memcpy(found, counts, sizeof counts);
    return failed;
}}"""


def _arguments(header: str, function: str) -> list[tuple[str, str]]:
    found = re.search(rf"int {function}\((.*?)\);", header, re.S)
    assert found is not None
    parts = [p.replace("const ", "").replace("*", " ").split() for p in found[1].split(",")]
    return [(kind, argument) for kind, argument in parts]


def _memory(
    header: str, name: str, sizes: Mapping[str, int], network: Network
) -> dict[str, list[np.ndarray]]:
    """Return arrays for every struct of the header, in the order of its fields."""
    rng = np.random.default_rng(0)
    labels = {t.name: t for t in network.program.given() if t.bound is not None}
    found = {}
    for struct in ("params", "state", "data", "tape", "noise"):
        body = re.search(rf"typedef struct {name}_{struct} {{(.*?)\n}}", header, re.S)
        found[struct] = []
        for field, shape in re.findall(r"\*(\w+);\s+/\* .*?(\(.*?\))", body[1] if body else ""):
            extent = eval(shape, {}, dict(sizes))
            count = int(np.prod(extent))
            if field in labels:
                classes = int(labels[field].bound)
                found[struct].append(np.arange(count, dtype=np.int64) % classes)
                continue
            array = np.zeros(count, REAL)
            drawn = rng.uniform if struct == "noise" else rng.normal
            array["value"] = 0.0 if struct == "state" else drawn(size=count)
            array["flags"] = 0 if extent else SAME
            found[struct].append(array)
    found["grads"] = [a.copy() for a in found["params"]]
    return found


def _run(
    library: ctypes.CDLL, function: str, arguments: Sequence[str],
    memory: Mapping[str, list[np.ndarray]], sizes: Mapping[str, int],
) -> Operations:  # fmt: skip
    pointers = {
        name: (ctypes.c_void_p * max(1, len(arrays)))(*(a.ctypes.data for a in arrays))
        for name, arrays in memory.items()
    }
    room = np.zeros(WORK, REAL)
    given = {
        **pointers,
        "work": room.ctypes.data,
        "loss": np.zeros(1, REAL).ctypes.data,
        "hyper": 0,
    }
    values = [sizes.get(a, given.get(a)) for a in arguments]
    handed = (ctypes.c_void_p * len(values))(
        *(v if isinstance(v, int) else ctypes.addressof(v) for v in values)
    )
    found = (ctypes.c_long * 5)()
    assert library[f"run_{function}"](handed, found) == 0
    additions, multiplications, divisions, choices, transcendental = found
    return Operations(
        additions, multiplications, divisions, choices, transcendental, transcendental
    )  # fmt: skip
