"""Words that no tensor, size or index may be called in C.

The header is read by C++ too, so its keywords are among them.
"""

from __future__ import annotations

from symbp.codegen.c_target.helpers import NAMES

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
training losses most often steps epoch total begin left rows each row order part batch shuffle
block left_rows left_steps right_steps right_columns rows_of_sums columns_of_sums initial first
entry walk count mixed shuffle_rows next_row row_order
"""

STANDARD = """
memcpy int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t intptr_t uintptr_t
intmax_t uintmax_t
"""

_LIMITS = {
    f"{sign}INT{kind}_{end}"
    for sign in ("", "U")
    for width in ("8", "16", "32", "64")
    for kind in (width, f"_LEAST{width}", f"_FAST{width}", "PTR", "MAX")
    for end in ("MIN", "MAX", "C")
} | {
    f"{kind}_{end}"
    for kind in ("PTRDIFF", "SIZE", "WCHAR", "WINT", "SIG_ATOMIC")
    for end in ("MIN", "MAX")
}
"""The macros of stdint.h."""

RESERVED = frozenset(
    {
        *f"{KEYWORDS} {LIBM} {MACROS} {LOCALS} {STANDARD}".split(),
        *(name + suffix for name in LIBM.split() for suffix in ("", "f", "l")),
        *_LIMITS,
        *NAMES,
    }
)
