/* A number that counts what is done with it: what stands for `double` in generated C. */

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

enum Kind { ADDITION, MULTIPLICATION, DIVISION, CHOICE, TRANSCENDENTAL, KINDS };
static long counts[KINDS];
static int later; /* how many of the loops around are beyond their first pass */

struct Turn {
    bool again;
    explicit Turn(bool again) : again(again) { later += again; }
    ~Turn() { later -= again; }
};

enum : int64_t {
    EMPTY = 1, /* a place that no value has come to: what comes first is set, not added */
    SAME = 2,  /* the same for all elements: put together once, before the loops */
    UNIT = 4,  /* the 1 in a product that is a sum */
};

struct Real {
    double value;
    int64_t flags;

    Real() : value(0), flags(0) {}
    Real(double x, int64_t flags = SAME) : value(x), flags(flags) {}
    Real(int x) : value(x), flags(SAME) {}
    Real(ptrdiff_t x) : value((double)x), flags(0) {}
    Real(const Real &) = default;
    Real &operator=(const Real &other)
    {
        value = other.value;
        flags = 0;
        return *this;
    }
    Real operator-() const { return Real(-value, flags & SAME); }
    inline Real &operator+=(const Real &other);
    inline Real &operator-=(const Real &other);
};

inline Real same(ptrdiff_t size) { return Real((double)size, SAME); }
inline Real empty(double start) { return Real(start, EMPTY); }

static int64_t count(Kind kind, int64_t flags)
{
    if (!(flags & SAME) || later == 0) {
        counts[kind]++;
    }
    return flags & SAME;
}

inline Real operator+(const Real &a, const Real &b)
{
    return Real(a.value + b.value, count(ADDITION, a.flags & b.flags));
}
inline Real operator-(const Real &a, const Real &b)
{
    return Real(a.value - b.value, count(ADDITION, a.flags & b.flags));
}
inline Real operator*(const Real &a, const Real &b)
{
    const bool unit = (a.flags | b.flags) & UNIT;
    return Real(a.value * b.value, unit ? 0 : count(MULTIPLICATION, a.flags & b.flags));
}
inline Real operator/(const Real &a, const Real &b)
{
    return Real(a.value / b.value, count(DIVISION, a.flags & b.flags));
}
inline Real &Real::operator+=(const Real &other)
{
    return *this = flags & EMPTY ? Real(other.value, 0) : *this + other;
}
inline Real &Real::operator-=(const Real &other)
{
    return *this = flags & EMPTY ? Real(-other.value, 0) : *this - other;
}

#define COMPARISON(sign) \
    inline bool operator sign(const Real &a, const Real &b) \
    { \
        count(CHOICE, a.flags & b.flags); \
        return a.value sign b.value; \
    }
COMPARISON(<) COMPARISON(>) COMPARISON(<=) COMPARISON(>=) COMPARISON(==) COMPARISON(!=)

#define FUNCTION(name, kind, formula) \
    inline Real name(const Real &a) \
    { \
        const double x = a.value; \
        return Real(formula, count(kind, a.flags)); \
    }
FUNCTION(relu, CHOICE, x > 0 ? x : 0)
FUNCTION(sign, CHOICE, (x > 0) - (x < 0))
FUNCTION(fabs, CHOICE, std::fabs(x))
FUNCTION(floor, CHOICE, std::floor(x))
FUNCTION(sqrt, CHOICE, std::sqrt(x))
FUNCTION(fast_exp, TRANSCENDENTAL, std::exp(x))
FUNCTION(fast_log, TRANSCENDENTAL, std::log(x))
FUNCTION(fast_log1p, TRANSCENDENTAL, std::log1p(x))
FUNCTION(fast_expm1, TRANSCENDENTAL, std::expm1(x))
FUNCTION(fast_tanh, TRANSCENDENTAL, std::tanh(x))
FUNCTION(fast_erf, TRANSCENDENTAL, std::erf(x))
FUNCTION(sin, TRANSCENDENTAL, std::sin(x))
FUNCTION(cos, TRANSCENDENTAL, std::cos(x))
FUNCTION(sigmoid, TRANSCENDENTAL, 1 / (1 + std::exp(-x)))
FUNCTION(softplus, TRANSCENDENTAL, std::log1p(std::exp(x)))
FUNCTION(normal_cdf, TRANSCENDENTAL, std::erfc(-x / std::sqrt(2.0)) / 2)
inline double fast_exp(double x) { return std::exp(x); }
inline double fast_log(double x) { return std::log(x); }

inline Real pow(const Real &a, const Real &b)
{
    return Real(std::pow(a.value, b.value), count(TRANSCENDENTAL, a.flags & b.flags));
}
inline Real square(const Real &a) { return a * a; }
inline Real cube(const Real &a) { return a * a * a; }
inline Real fourth(const Real &a) { return square(square(a)); }
inline Real maximum(const Real &a, const Real &b)
{
    if (a.flags & EMPTY) {
        return Real(b.value, 0);
    }
    return Real(a.value >= b.value ? a.value : b.value, count(CHOICE, a.flags & b.flags));
}
inline Real minimum(const Real &a, const Real &b) { return -maximum(-a, -b); }
inline Real lesser(const Real &a, const Real &b)
{
    return a.flags & EMPTY ? Real(b.value, 0) : minimum(a, b);
}
inline Real pick(bool condition, const Real &a, const Real &b)
{
    return Real((condition ? a : b).value, a.flags & b.flags & SAME);
}

static void fill(Real *a, ptrdiff_t n, const Real &value)
{
    for (ptrdiff_t k = 0; k < n; k++) {
        a[k].value = value.value;
        a[k].flags = EMPTY;
    }
}
static void copy(Real *to, const Real *from, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k++) {
        to[k] = from[k];
    }
}
static Real total(const Real *a, ptrdiff_t n)
{
    Real sum(0.0, EMPTY);
    for (ptrdiff_t k = 0; k < n; k++) {
        sum += a[k];
    }
    return sum;
}
struct walk {
    ptrdiff_t count, step;
};

static void tabulate(ptrdiff_t *table, int depth, const walk *walks)
{
    ptrdiff_t filled = 1;
    table[0] = 0;
    while (depth-- > 0) {
        for (ptrdiff_t entry = filled; entry < filled * walks[depth].count; entry++) {
            table[entry] = table[entry - filled] + walks[depth].step;
        }
        filled *= walks[depth].count;
    }
}

static void turn(ptrdiff_t rows, ptrdiff_t columns, const Real *source, ptrdiff_t step,
        Real *target, ptrdiff_t target_step)
{
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            target[i * target_step + j] = source[j * step + i];
        }
    }
}

static int within(const ptrdiff_t *, ptrdiff_t, ptrdiff_t) { return 1; }

struct matrix {
    const Real *at;
    ptrdiff_t row, column;
};
static const Real one(1.0, UNIT);
#define NOTHING (matrix{nullptr, 0, 0})
#define ONES (matrix{&one, 0, 0})

static void multiply(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, Real factor, matrix a,
        matrix b, matrix initial, Real *c, ptrdiff_t c_row, ptrdiff_t c_column, Real *)
{
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            Real sum(0.0, EMPTY), all(0.0, EMPTY);
            for (ptrdiff_t k = 0; k < depth; k++) {
                sum += a.at[i * a.row + k * a.column] * b.at[k * b.row + j * b.column];
            }
            if (initial.at) {
                all.value = initial.at[i * initial.row + j * initial.column].value;
                all.flags = initial.at[i * initial.row + j * initial.column].flags;
            }
            all += factor.value == 1.0 ? sum : factor * sum;
            c[i * c_row + j * c_column] = all;
        }
    }
}

static void multiply_windows(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const Real *a,
        const ptrdiff_t *a_rows, const ptrdiff_t *a_steps, const Real *b,
        const ptrdiff_t *b_steps, ptrdiff_t b_column, const Real *initial, Real *c,
        const ptrdiff_t *c_rows, ptrdiff_t c_column, Real *)
{
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; initial && j < columns; j++) {
            c[c_rows[i] + j * c_column] = initial[i];
        }
        for (ptrdiff_t k = 0; k < depth; k++) {
            for (ptrdiff_t j = 0; j < columns; j++) {
                c[c_rows[i] + j * c_column] += a[a_rows[i] + a_steps[k]]
                        * b[b_steps[k] + j * b_column];
            }
        }
    }
}

static void multiply_dots(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t steps, ptrdiff_t length,
        const Real *a, const ptrdiff_t *a_rows, const ptrdiff_t *a_steps, const Real *b,
        const ptrdiff_t *b_columns, const ptrdiff_t *b_steps, Real *c, const ptrdiff_t *c_rows,
        const ptrdiff_t *c_columns)
{
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            for (ptrdiff_t s = 0; s < steps; s++) {
                for (ptrdiff_t k = 0; k < length; k++) {
                    c[c_rows[i] + c_columns[j]] += a[a_rows[i] + a_steps[s] + k]
                            * b[b_columns[j] + b_steps[s] + k];
                }
            }
        }
    }
}
