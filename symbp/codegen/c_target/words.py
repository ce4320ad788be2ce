"""Words that no tensor, size or index may be called in C, and the functions written with them.

The header is read by C++ too, so its keywords are among them.
"""

from __future__ import annotations

import re
from string import Template

KEYWORDS = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char class co_await
co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype
default delete do double dynamic_cast else enum explicit export extern false float for friend goto
if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private
protected public register reinterpret_cast requires restrict return short signed sizeof static
static_assert static_cast struct switch template this thread_local throw true try typedef typeid
typename typeof union unsigned using virtual void volatile wchar_t while xor xor_eq
near far linux unix i386 main ptrdiff_t size_t max_align_t offsetof NULL errno complex imaginary
"""

LIBM = """
acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs
fdim floor fma fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2
logb lrint lround modf nan nearbyint nextafter nexttoward pow remainder remquo rint round scalbln
scalbn sin sinh sqrt tan tanh tgamma trunc gamma drem significand scalb finite
j0 j1 jn y0 y1 yn abs labs llabs div ldiv lldiv signgam exp10 pow10 sincos
"""

MACROS = """
HUGE_VAL HUGE_VALF HUGE_VALL INFINITY NAN FP_INFINITE FP_NAN FP_NORMAL FP_SUBNORMAL FP_ZERO
FP_FAST_FMA FP_FAST_FMAF FP_FAST_FMAL FP_ILOGB0 FP_ILOGBNAN MATH_ERRNO MATH_ERREXCEPT
math_errhandling fpclassify isfinite isinf isnan isnormal signbit isgreater isgreaterequal isless
islessequal islessgreater isunordered DOMAIN SING OVERFLOW UNDERFLOW PLOSS TLOSS X_TLOSS HUGE
MAXFLOAT M_E M_LOG2E M_LOG10E M_LN2 M_LN10 M_PI M_PI_2 M_PI_4 M_1_PI M_2_PI M_2_SQRTPI M_SQRT2
M_SQRT1_2 float_t double_t
"""

LOCALS = """
params data state hyper grads outputs tape work sum best value forward backward predict update
value_and_grad
"""

SCALAR = {
    "square": "static inline $real square$f($real x)\n{\n    return x * x;\n}",
    "cube": "static inline $real cube$f($real x)\n{\n    return x * x * x;\n}",
    "fourth": "static inline $real fourth$f($real x)\n{\n    return (x * x) * (x * x);\n}",
    "sigmoid": """\
/* exp may overflow to infinity, whose reciprocal is the right 0. */
static inline $real sigmoid$f($real x)
{
    return 1.0$f / (1.0$f + exp$f(-x));
}""",
    "softplus": """\
static inline $real softplus$f($real x)
{
    return (x > 0.0$f ? x : 0.0$f) + log1p$f(exp$f(-fabs$f(x)));
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
    "modulo": """\
/* The remainder that has the sign of b. */
static inline $real modulo$f($real a, $real b)
{
    const $real r = fmod$f(a, b);
    return r != 0.0$f && (r < 0.0$f) != (b < 0.0$f) ? r + b : r;
}""",
}
"""Functions on numbers, once in double and once in float; $f is the suffix of float's."""

HELPERS = {
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
"""Functions on indices and arrays."""

RESERVED = frozenset(
    {
        *f"{KEYWORDS} {LIBM} {MACROS} {LOCALS}".split(),
        *(name + suffix for name in (*LIBM.split(), *SCALAR) for suffix in ("", "f", "l")),
        *HELPERS,
    }
)


def helpers(body: str, real: str) -> list[str]:
    """Return the functions that a C text calls; `real` is the type of its arrays.

    >>> print(*helpers("y = squaref(x);", "float"))
    static inline float squaref(float x)
    {
        return x * x;
    }
    """
    kinds = {"double": "", "float": "f"}
    known = [
        (name + suffix, text, kind, suffix)
        for name, text in SCALAR.items()
        for kind, suffix in kinds.items()
    ] + [(name, text, real, kinds[real]) for name, text in HELPERS.items()]
    return [
        Template(text).substitute(real=kind, f=suffix)
        for name, text, kind, suffix in known
        if re.search(rf"\b{name}\(", body)
    ]
