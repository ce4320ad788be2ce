"""The static functions that a C file calls, and no others.

Short ones stand here, the fast ones in kernels/: the matrix product, and exp, log, tanh, erf and
their kin in double and in float, of which a compiler makes vectors by itself, without -ffast-math,
since they are arithmetic and choices between two values only. Their errors are stated in units in
the last place. (Books: Cody and Waite, Software manual for the elementary functions, 1980; Muller,
Elementary functions, 2016. The polynomials are minimax fits by Remez's exchange.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from string import Template

from symbp.codegen.c_target.products import PANEL
from symbp.codegen.c_target.winners import WIDE

_SUFFIX = {"double": "", "float": "f"}

SCALAR = {
    "square": "static inline $real square$f($real x)\n{\n    return x * x;\n}",
    "cube": "static inline $real cube$f($real x)\n{\n    return x * x * x;\n}",
    "fourth": "static inline $real fourth$f($real x)\n{\n    return (x * x) * (x * x);\n}",
    "sigmoid": """\
/* Of e^-|x|, which never overflows; within 4 units in the last place. */
static inline $real sigmoid$f($real x)
{
    const $real e = negative_exp$f(-fabs$f(x));
    return (x < 0.0$f ? e : 1.0$f) / (1.0$f + e);
}""",
    "softplus": """\
/* Within 4 units in the last place. */
static inline $real softplus$f($real x)
{
    return (x > 0.0$f ? x : 0.0$f) + small_log1p$f(negative_exp$f(-fabs$f(x)));
}""",
    "relu": "static inline $real relu$f($real x)\n{\n    return x <= 0.0$f ? 0.0$f : x;\n}",
    "sign": """\
static inline $real sign$f($real x)
{
    return x > 0.0$f ? 1.0$f : x < 0.0$f ? -1.0$f : x;
}""",
    "maximum": """\
/* The first of two equal ones; NaN where one is NaN. */
static inline $real maximum$f($real a, $real b)
{
    return b > a || b != b ? b : a;
}""",
    "minimum": """\
/* The first of two equal ones; NaN where one is NaN. */
static inline $real minimum$f($real a, $real b)
{
    return b < a || b != b ? b : a;
}""",
    "lesser": """\
/* Of whole numbers. */
static inline $real lesser$f($real a, $real b)
{
    return b < a ? b : a;
}""",
    "greater": """\
/* Of whole numbers. */
static inline $real greater$f($real a, $real b)
{
    return b > a ? b : a;
}""",
    "modulo": """\
/* The remainder that has the sign of b. */
static inline $real modulo$f($real a, $real b)
{
    const $real r = fmod$f(a, b);
    return r != 0.0$f && (r < 0.0$f) != (b < 0.0$f) ? r + b : r;
}""",
}
"""Functions on numbers that are the same in double and in float, but for $f, float's suffix."""

HELPERS = {
    "SHARED": """\
/* What several functions call is compiled once, and not into each of them. */
#if defined(__clang__)
#define SHARED static __attribute__((noinline))
#elif defined(__GNUC__)
#define SHARED static __attribute__((noinline, noclone))
#else
#define SHARED static
#endif""",
    "floor_divide": """\
/* Rounds down, b > 0. */
static inline ptrdiff_t floor_divide(ptrdiff_t a, ptrdiff_t b)
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}""",
    "floor_modulo": """\
/* The remainder 0 .. b-1, b > 0. */
static inline ptrdiff_t floor_modulo(ptrdiff_t a, ptrdiff_t b)
{
    return (a % b + b) % b;
}""",
    "fill": """\
static inline void fill($real *a, ptrdiff_t count, $real value)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        a[k] = value;
    }
}""",
    "copy": """\
static inline void copy($real *to, const $real *from, ptrdiff_t count)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        to[k] = from[k];
    }
}""",
    "total": """\
/* The sum of `count` numbers, of every sixteenth first. */
SHARED double total(const $real *a, ptrdiff_t count)
{
    $real parts[16] = {0};
    const ptrdiff_t whole = count - count % 16;
    for (ptrdiff_t k = 0; k < whole; k += 16) {
        for (int j = 0; j < 16; j++) {
            parts[j] += a[k + j];
        }
    }
    double sum = 0.0;
    for (int j = 0; j < 16; j++) {
        sum += (double)parts[j];
    }
    for (ptrdiff_t k = whole; k < count; k++) {
        sum += (double)a[k];
    }
    return sum;
}""",
    "tabulate": """\
/* So many steps of one length. */
typedef struct {
    ptrdiff_t count, step;
} walk;

/* Tells where all places lie to which nested walks lead, the innermost of which is the last. */
SHARED void tabulate(ptrdiff_t *table, int depth, const walk *walks)
{
    ptrdiff_t filled = 1;
    table[0] = 0;
    while (depth-- > 0) {
        const ptrdiff_t most = filled * walks[depth].count;
        for (ptrdiff_t entry = filled; entry < most; entry++) {
            table[entry] = table[entry - filled] + walks[depth].step;
        }
        filled = most;
    }
}""",
    "within": """\
/* Tells whether all labels lie in 0 .. classes-1. */
static inline int within(const ptrdiff_t *labels, ptrdiff_t count, ptrdiff_t classes)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        if (labels[k] < 0 || labels[k] >= classes) {
            return 0;
        }
    }
    return 1;
}""",
}
"""Functions on indices and arrays, and what marks a function that is shared."""


def _kernel(name: str) -> str:
    return resources.files(__package__).joinpath("kernels", f"{name}.c").read_text("utf-8")


def _vectorised(real: str) -> dict[str, str]:
    """Return the functions of a file in which each is one paragraph."""
    found = {}
    for text in _kernel(real).strip().split("\n\n"):
        name = re.search(r"^static inline \w+ (\w+)\(", text, re.MULTILINE)
        assert name is not None
        found[name[1]] = text
    return found


_VECTORISED = {real: _vectorised(real) for real in _SUFFIX}
_PRODUCTS = {
    word: _kernel(name).strip()
    for word, name in (
        ("LANES", "tiles"), ("transpose", "transpose"), ("turn", "turn"), ("multiply", "multiply"),
        ("multiply_windows", "windows"), ("multiply_dots", "dots"), ("either", "either"),
        ("add_winners", "winners"), ("spread_winners", "spread"),
    )
}  # fmt: skip
"""A word that shows that it is needed, and the text."""

_OF_COLUMNS = {
    "add_winners": """\
SHARED void add_winners_$columns(ptrdiff_t rows, windows of, const $real *x, ptrdiff_t x_row,
        ptrdiff_t x_column, $real *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    add_winners(rows, $columns, of, x, x_row, x_column, c, c_row, c_column);
}""",
    "spread_winners": """\
SHARED void spread_winners_$columns(ptrdiff_t rows, ptrdiff_t depth, const $real *table,
        ptrdiff_t t_step, ptrdiff_t t_row, windows of, ptrdiff_t of_step, $real *c,
        ptrdiff_t c_row, ptrdiff_t c_column)
{
    spread_winners(rows, $columns, depth, table, t_step, t_row, of, of_step, c, c_row, c_column);
}""",
}
"""What is compiled for each number of columns that occurs, however often it does."""

NAMES = frozenset(
    {
        *(name + suffix for name in SCALAR for suffix in ("", "f", "l")),
        *(name for functions in _VECTORISED.values() for name in functions),
        *HELPERS,
        *re.findall(
            r"\b(?:multiply\w*|dots_tile|added_up|folded|shuffled|pack|vector|places|matrix|windows|either|sideways|looked_up|in_four_ways|\w+_winners|(?:winners|spread)_\w+|exchange|transposed?|turn|from"
            r"|[A-Z]+_[A-Z]+|LANES|WIDE|ROWS|COLUMNS|NOTHING|ONES)\b",
            "".join(_PRODUCTS.values()),
        ),
    }
)
"""What all of them are called, and their constants."""


def helpers(body: str, real: str) -> list[str]:
    """Return the functions that a C text calls; `real` is the type of its arrays.

    >>> print(*helpers("y = squaref(x);", "float"))
    static inline float squaref(float x)
    {
        return x * x;
    }
    """
    found: list[str] = []
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL)  # formulas name functions, too
    for name, text in reversed(list(_known(real))):
        use = re.compile(rf"\b{name}\b" if name.isupper() else rf"\b{name}\(")
        if any(use.search(caller) for caller in (body, *found)):
            found.append(text)
    return found[::-1]


def _known(real: str) -> Iterator[tuple[str, str]]:
    """Yield all functions, those first that others call."""
    for kind, suffix in _SUFFIX.items():
        yield from _VECTORISED[kind].items()
        for name, text in SCALAR.items():
            yield name + suffix, Template(text).substitute(real=kind, f=suffix)
    for name, text in HELPERS.items():
        yield name, Template(text).substitute(real=real)
    whole = {"float": "int32_t", "double": "int64_t"}[real]
    for word, text in _PRODUCTS.items():
        yield word, Template(text).substitute(real=real, panel=PANEL, whole=whole, wide=WIDE)
    for columns in range(1, WIDE + 2):
        for word, text in _OF_COLUMNS.items():
            yield f"{word}_{columns}", Template(text).substitute(real=real, columns=columns)
