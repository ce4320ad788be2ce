/*
 * char_gru: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,T] in 76
 *     label t[N,T] in 76
 *     param e_E[76,16]
 *     param h_W[16,3,64]
 *     param h_U[64,3,64]
 *     param h_b[3,64]
 *     param h_d[3,64]
 *     param logits_W[64,76]
 *     param logits_b[76]
 *     e[n,k,d] = e_E[x[n,k],d]
 *     value h_h[T + 1,N,64]
 *     h_h[0,n,j] = 0
 *     scan t_2 in T
 *         h_z[t_2,n,g,j] = sum[i](e[n,t_2,i] * h_W[i,g,j])
 *         h_z[t_2,n,g,j] += h_b[g,j]
 *         h_y[t_2,n,g,j] = sum[k](h_h[t_2,n,k] * h_U[k,g,j])
 *         h_y[t_2,n,g,j] += h_d[g,j]
 *         h_s[t_2,n,g,j] = sigmoid(h_y[t_2,n,g,j] + h_z[t_2,n,g,j]) for t_2 in T, n in N, g in 2, j in
 *         64
 *         h_a[t_2,n,j] = tanh(h_s[t_2,n,0,j] * h_y[t_2,n,2,j] + h_z[t_2,n,2,j])
 *         h_h[t_2 + 1,n,j] += (1 - h_s[t_2,n,1,j]) * h_a[t_2,n,j] + h_h[t_2,n,j] * h_s[t_2,n,1,j]
 *     end
 *     h[n,t_2,j] = h_h[t_2 + 1,n,j]
 *     logits[n,k,j] = sum[i](h[n,k,i] * logits_W[i,j])
 *     logits[n,k,j] += logits_b[j]
 *     loss_Z[n,k] = sum[j](exp(logits[n,k,j]))
 *     loss_sum = sum[n,k](log(loss_Z[n,k]) - logits[n,k,t[n,k]])
 *     loss = loss_sum / (N * T)
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from char_gru.bp (network 5667b39f7c403b16):
 *     symbp build char_gru.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "char_gru.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* 2^k, for whole k from -1022 to 1023: the bits of k in the place of an exponent. */
static inline double power_of_two(double k)
{
    /* The last bits of k + 1.5 * 2^52 hold k. */
    const double shifted = k + 6755399441055744.0;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* The whole number next to x, for |x| < 2^51. */
static inline double nearest(double x)
{
    return (x + 6755399441055744.0) - 6755399441055744.0;
}

/* x - k log(2), the last in two parts, of which k times the first is exact (Cody and Waite). */
static inline double less_logs(double x, double k)
{
    return (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10;
}

/* e^r - 1 for |r| <= log(2) / 2 + 5e-5: a minimax polynomial, right to 2^-55. */
static inline double small_expm1(double r)
{
    double p = 2.5114398508110455e-08;
    p = p * r + 2.7626288757798066e-07;
    p = p * r + 2.7557228191058868e-06;
    p = p * r + 2.4801504557741337e-05;
    p = p * r + 0.00019841269902766745;
    p = p * r + 0.0013888888932265266;
    p = p * r + 0.00833333333331471;
    p = p * r + 0.04166666666657408;
    p = p * r + 0.16666666666666685;
    p = p * r + 0.5000000000000006;
    return r + r * r * p;
}

/* e^x = 2^k e^r with x = k log(2) + r and |r| <= log(2) / 2, within 2 units in the last place. */
static inline double fast_exp(double x)
{
    double y = x > 710.0 ? 710.0 : x;
    y = x < -750.0 ? -750.0 : y;
    const double k = nearest(y * 1.4426950408889634);
    /* 2^k itself may be no number of this type: it is another one, times 2 or 2^-128. */
    const double most = k + (x < 0.0 ? 128.0 : -1.0);
    const double rest = x < 0.0 ? 2.938735877055719e-39 : 2.0;
    return (1.0 + small_expm1(less_logs(y, k))) * power_of_two(most) * rest;
}

/* The same for x <= 0. */
static inline double negative_exp(double x)
{
    x = x < -750.0 ? -750.0 : x;
    const double k = nearest(x * 1.4426950408889634);
    const double p = 1.0 + small_expm1(less_logs(x, k));
    return p * power_of_two(k + 128.0) * 2.938735877055719e-39;
}

/* tanh |x| = -t / (t + 2) with t = e^(-2 |x|) - 1, within 3 units in the last place. */
static inline double fast_tanh(double x)
{
    double y = -2.0 * fabs(x);
    y = y < -40.0 ? -40.0 : y;
    const double k = nearest(y * 1.4426950408889634);
    const double power = power_of_two(k);
    const double t = power * small_expm1(less_logs(y, k)) + (power - 1.0);
    return copysign(t / (t + 2.0), x);
}

/* The k for which y = 2^k m with sqrt(1/2) <= m < sqrt(2), for normal y > 0. */
static inline double exponent(double y)
{
    uint64_t bits;
    memcpy(&bits, &y, sizeof bits);
    /* The bits of 1 less those of sqrt(1/2) are added; the exponent is put into 2^52 + k. */
    bits = ((bits + 0x00095f619980c433u) >> 52) | 0x4330000000000000u;
    double k;
    memcpy(&k, &bits, sizeof k);
    return k - 4503599627371519.0;
}

/*
 * log(2^k (1 + f)) for sqrt(1/2) <= 1 + f < sqrt(2), by log(1 + f) = 2 artanh(s) = f - s (f - R)
 * with s = f / (2 + f), as in Sun's fdlibm, e_log.c (1993); R is a minimax polynomial in s^2.
 */
static inline double logarithm(double k, double f)
{
    const double s = f / (2.0 + f), z = s * s;
    double p = 0.1479262594021258;
    p = p * z + 0.15314414925043782;
    p = p * z + 0.1818354852798473;
    p = p * z + 0.22222198915723246;
    p = p * z + 0.28571428738537896;
    p = p * z + 0.3999999999943539;
    p = p * z + 0.6666666666666731;
    return k * 0.693147180369123816490 - ((s * (f - z * p) - k * 1.90821492927058770002e-10) - f);
}

/* What is added to a logarithm for its value at the ends: infinity at 0 and infinity, or NaN. */
static inline double end_of_log(double x)
{
    double end = x >= 0.0 ? 0.0 : (double)NAN;
    end = x == 0.0 ? -(double)INFINITY : end;
    return x > 1.7976931348623157e308 ? (double)INFINITY : end;
}

/* The natural logarithm, within 2 units in the last place. */
static inline double fast_log(double x)
{
    /* What is below the normal numbers is multiplied by 2^54. */
    const double y = x * (x < 2.2250738585072014e-308 ? 18014398509481984.0 : 1.0);
    const double k = exponent(y);
    const double below = x < 2.2250738585072014e-308 ? 54.0 : 0.0;
    uint64_t bits;
    memcpy(&bits, &y, sizeof bits);
    bits = ((bits + 0x00095f619980c433u) & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu;
    double m;
    memcpy(&m, &bits, sizeof m);
    return logarithm(k - below, m - 1.0) + end_of_log(x);
}

static inline double square(double x)
{
    return x * x;
}

/* Of e^-|x|, which never overflows; within 4 units in the last place. */
static inline double sigmoid(double x)
{
    const double e = negative_exp(-fabs(x));
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

/* The first of two equal ones; NaN where one is NaN. */
static inline double maximum(double a, double b)
{
    return b > a || b != b ? b : a;
}

/* What several functions call is compiled once, and not into each of them. */
#if defined(__clang__)
#define SHARED static __attribute__((noinline))
#elif defined(__GNUC__)
#define SHARED static __attribute__((noinline, noclone))
#else
#define SHARED static
#endif

static inline void fill(double *a, ptrdiff_t count, double value)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        a[k] = value;
    }
}

/* The sum of `count` numbers, of every sixteenth first. */
SHARED double total(const double *a, ptrdiff_t count)
{
    double parts[16] = {0};
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
}

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
}

/* Tells whether all labels lie in 0 .. classes-1. */
static inline int within(const ptrdiff_t *labels, ptrdiff_t count, ptrdiff_t classes)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        if (labels[k] < 0 || labels[k] >= classes) {
            return 0;
        }
    }
    return 1;
}

#if defined(__GNUC__)

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

/* A register's numbers, wherever they lie in memory; and as many whole numbers. */
typedef double vector
        __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(double)), may_alias));
typedef int64_t places __attribute__((vector_size(VECTOR_BYTES)));

enum {
    LANES = VECTOR_BYTES / (int)sizeof(double),
    TILE_ROWS = VECTOR_BYTES == 64 ? 8 : 4, /* as many as there are registers for */
    TILE_COLUMNS = 2 * LANES
};

/* The numbers of two registers, one after the other, that stand at some places. */
static inline __attribute__((always_inline)) vector shuffled(vector a, vector b, places at)
{
#if defined(__clang__)
    vector found = a;
#pragma unroll
    for (int e = 0; e < LANES; e++) {
        found[e] = at[e] < LANES ? a[at[e]] : b[at[e] - LANES];
    }
    return found;
#else
    return __builtin_shuffle(a, b, at);
#endif
}

/* Adds to each number the one `half` places further. */
static inline __attribute__((always_inline)) vector folded(vector lanes, int half)
{
    places at;
    for (int e = 0; e < LANES; e++) {
        at[e] = (e + half) % LANES;
    }
    return lanes + shuffled(lanes, lanes, at);
}

/* The sum of a register's numbers. */
static inline __attribute__((always_inline)) double added_up(vector lanes)
{
    lanes = folded(lanes, 1);
    if (LANES > 2) {
        lanes = folded(lanes, 2);
    }
    if (LANES > 4) {
        lanes = folded(lanes, 4);
    }
    if (LANES > 8) {
        lanes = folded(lanes, 8);
    }
    return lanes[0];
}

#endif

#if defined(__GNUC__)

/* Exchanges, in each square of 2s rows and columns, the half above the diagonal with that below. */
static inline __attribute__((always_inline)) void exchange(vector *rows, int s)
{
    places low, high;
#pragma GCC unroll 16
    for (int e = 0; e < LANES; e++) {
        low[e] = e & s ? LANES + e - s : e;
        high[e] = e & s ? LANES + e : e + s;
    }
#pragma GCC unroll 16
    for (int r = 0; r < LANES; r++) {
        if (!(r & s)) {
            const vector a = rows[r], b = rows[r + s];
            rows[r] = shuffled(a, b, low);
            rows[r + s] = shuffled(a, b, high);
        }
    }
}

/* Copies a square of LANES rows, transposed. */
SHARED void transpose(const double *source, ptrdiff_t step, double *target, ptrdiff_t target_step)
{
    vector rows[LANES];
    for (int r = 0; r < LANES; r++) {
        rows[r] = *(const vector *)(source + r * step);
    }
    exchange(rows, 1);
    if (LANES > 2) {
        exchange(rows, 2);
    }
    if (LANES > 4) {
        exchange(rows, 4);
    }
    if (LANES > 8) {
        exchange(rows, 8);
    }
    for (int r = 0; r < LANES; r++) {
        *(vector *)(target + r * target_step) = rows[r];
    }
}

#endif

/* A matrix in memory: element (i, j) lies at at[i * row + j * column]. */
typedef struct {
    const double *at;
    ptrdiff_t row, column;
} matrix;

#define NOTHING ((matrix){NULL, 0, 0})
#define ONES ((matrix){(const double[]){1}, 0, 0})

/* The part that begins at element (i, j). */
static inline matrix from(matrix m, ptrdiff_t i, ptrdiff_t j)
{
    const matrix part = {m.at + i * m.row + j * m.column, m.row, m.column};
    return part;
}

#if defined(__GNUC__)

/* Writes the sums of a tile, and what they begin with, where not all of its columns are wanted. */
SHARED void multiply_edge(ptrdiff_t rows, ptrdiff_t columns, double factor, const double *edge,
        matrix initial, double *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    for (ptrdiff_t r = 0; r < rows; r++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            c[r * c_row + j * c_column] = factor * edge[r * TILE_COLUMNS + j]
                    + initial.at[r * initial.row + j * initial.column];
        }
    }
}

/*
 * A tile of a product, at most `most` rows and 2 vectors wide; its sums stay in registers. `most`
 * and `vectors` are constants in every call, so that no loop over them is left. Of rows that are
 * not there the last one takes the place.
 */
static inline __attribute__((always_inline)) void multiply_tile(int most, int vectors,
        ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, double factor, matrix a, matrix b,
        matrix initial, double *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    vector sums[TILE_ROWS][2] = {{{0}}};
    const int parts = 2 / vectors; /* one vector: every second term is added up apart */
    const double *left[TILE_ROWS] = {a.at}, *right = b.at;
    for (int r = 1; r < most; r++) {
        left[r] = left[r - 1] + (r < rows ? a.row : 0);
    }
    for (ptrdiff_t k = depth / parts; k > 0; k--) {
        for (int r = 0; r < most; r++) {
            for (int v = 0; v < 2; v++) {
                sums[r][v] += left[r][v / vectors * a.column]
                        * *(const vector *)(right + v / vectors * b.row + v % vectors * LANES);
            }
            left[r] += parts * a.column;
        }
        right += parts * b.row;
    }
    for (int r = 0; parts > 1 && r < most; r++) {
        sums[r][0] += sums[r][1];
        if (depth % 2 > 0) {
            sums[r][0] += *left[r] * *(const vector *)right;
        }
    }
    if (columns == vectors * LANES && c_column == 1 && initial.column == 1) {
        for (int r = 0; r < most && r < rows; r++) {
            for (int v = 0; v < vectors; v++) {
                *(vector *)(c + r * c_row + v * LANES) = factor * sums[r][v]
                        + *(const vector *)(initial.at + r * initial.row + v * LANES);
            }
        }
        return;
    }
    double edge[TILE_ROWS * TILE_COLUMNS];
    for (int r = 0; r < most; r++) {
        for (int v = 0; v < vectors; v++) {
            *(vector *)(edge + r * TILE_COLUMNS + v * LANES) = sums[r][v];
        }
    }
    multiply_edge(rows < most ? rows : most, columns, factor, edge, initial, c, c_row, c_column);
}

/* A product one or two vectors wide: tiles, the last of which is as low as need be. */
static inline __attribute__((always_inline)) void multiply_columns(ptrdiff_t rows, int vectors,
        ptrdiff_t columns, ptrdiff_t depth, double factor, matrix a, matrix b, matrix initial,
        double *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
#define ROWS(most) \
    multiply_tile(most, vectors, rows - i, columns, depth, factor, from(a, i, 0), b, \
            from(initial, i, 0), c + i * c_row, c_row, c_column)
    for (ptrdiff_t i = 0; i < rows; i += TILE_ROWS) {
        if (rows - i == 1) {
            ROWS(1);
        } else if (TILE_ROWS > 4 && rows - i <= 4) {
            ROWS(4);
        } else {
            ROWS(TILE_ROWS);
        }
    }
#undef ROWS
}

static inline matrix transposed(matrix m)
{
    const matrix turned = {m.at, m.column, m.row};
    return turned;
}

/* Copies columns of b side by side, with zeros up to a whole number of vectors. */
SHARED void pack(double *restrict panel, ptrdiff_t width, ptrdiff_t columns, ptrdiff_t depth,
        matrix b)
{
    const ptrdiff_t squares = b.row == 1 && columns == width ? depth - depth % LANES : 0;
    for (ptrdiff_t k = 0; k < squares; k += LANES) {
        for (ptrdiff_t j = 0; j < width; j += LANES) {
            transpose(b.at + k + j * b.column, b.column, panel + k * width + j, width);
        }
    }
    for (ptrdiff_t k = squares; k < depth; k++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            panel[k * width + j] = b.at[k * b.row + j * b.column];
        }
        for (ptrdiff_t j = columns; j < width; j++) {
            panel[k * width + j] = 0;
        }
    }
}

/*
 * c = initial + factor a b, where c may be the initial value itself, which is 0 if absent. The
 * terms of each element are added in the order of k, in blocks that depend on the vectors' length
 * alone, and every second one apart where a product is no wider than a vector: half the rounding.
 * The panel has room for 8192 numbers: parts of b are copied there where they do not lie as a
 * tile reads them, or where many rows read again what a first cache does not hold.
 */
SHARED void multiply(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, double factor, matrix a,
        matrix b, matrix initial, double *c, ptrdiff_t c_row, ptrdiff_t c_column, double *panel)
{
    static const double zeros[TILE_COLUMNS];
    if (2 * columns <= LANES && rows >= LANES) { /* full vectors by the transposed product */
        for (ptrdiff_t i = 0; i < rows; i += LANES) {
            multiply(columns, rows - i < LANES ? rows - i : LANES, depth, factor,
                    transposed(b), transposed(from(a, i, 0)),
                    initial.at ? transposed(from(initial, i, 0)) : initial,
                    c + i * c_row, c_column, c_row, panel);
        }
        return;
    }
    const ptrdiff_t block = columns <= LANES ? 8192 / LANES : 8192 / TILE_COLUMNS;
    for (ptrdiff_t k = 0; k < depth; k += block) {
        const ptrdiff_t deep = depth - k < block ? depth - k : block;
        for (ptrdiff_t j = 0; j < columns; j += TILE_COLUMNS) {
            const ptrdiff_t wide = columns - j < TILE_COLUMNS ? columns - j : TILE_COLUMNS;
            const ptrdiff_t width = wide <= LANES ? LANES : TILE_COLUMNS;
            const matrix left = from(a, 0, k);
            matrix right = from(b, k, j);
            double *const to = c + j * c_column;
            const matrix zero = {zeros, 0, 1}, sum = {to, c_row, c_column};
            const matrix start = k > 0 ? sum : initial.at ? from(initial, 0, j) : zero;
            const int again = rows > 4 * TILE_ROWS && deep * b.row > 8192;
            if (b.column != 1 || wide < width || again) {
                pack(panel, width, wide, deep, right);
                right = (matrix){panel, width, 1};
            }
            if (wide <= LANES) {
                multiply_columns(rows, 1, wide, deep, factor, left, right, start, to, c_row,
                        c_column);
            } else {
                multiply_columns(rows, 2, wide, deep, factor, left, right, start, to, c_row,
                        c_column);
            }
        }
    }
}

#else

/* c = initial + factor a b, where c may be the initial value itself, which is 0 if absent. */
static void multiply(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, double factor, matrix a,
        matrix b, matrix initial, double *c, ptrdiff_t c_row, ptrdiff_t c_column, double *panel)
{
    (void)panel;
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            double sum = 0;
            for (ptrdiff_t k = 0; k < depth; k++) {
                sum += a.at[i * a.row + k * a.column] * b.at[k * b.row + j * b.column];
            }
            c[i * c_row + j * c_column] = factor * sum
                    + (initial.at ? initial.at[i * initial.row + j * initial.column] : 0);
        }
    }
}

#endif

#if defined(__GNUC__)

enum {
    DOT_ROWS = TILE_ROWS / 2,
    DOT_COLUMNS = 4,
    DOT_NEAR = 16384 / (int)sizeof(double) /* so many numbers of b stay near */
};

/* A tile of dot products, of which some columns are wanted; each lane of a register sums a part of
 * the terms. `rows` is a constant in every call. */
static inline __attribute__((always_inline)) void dots_tile(int rows, ptrdiff_t columns,
        ptrdiff_t steps, ptrdiff_t length, const double *a, const ptrdiff_t *a_rows,
        const ptrdiff_t *a_steps, const double *b, const ptrdiff_t *b_columns,
        const ptrdiff_t *b_steps, double *c, const ptrdiff_t *c_rows, const ptrdiff_t *c_columns)
{
    vector sums[DOT_ROWS][DOT_COLUMNS] = {{{0}}};
    const ptrdiff_t whole = length - length % LANES;
    for (ptrdiff_t s = 0; s < steps; s++) {
        const double *left = a + a_steps[s], *right = b + b_steps[s];
        for (ptrdiff_t k = 0; k < whole; k += LANES) {
            vector near[DOT_COLUMNS];
#pragma GCC unroll 4
            for (int j = 0; j < DOT_COLUMNS; j++) {
                near[j] = *(const vector *)(right + b_columns[j] + k);
            }
#pragma GCC unroll 4
            for (int r = 0; r < rows; r++) {
                const vector one = *(const vector *)(left + a_rows[r] + k);
#pragma GCC unroll 4
                for (int j = 0; j < DOT_COLUMNS; j++) {
                    sums[r][j] += one * near[j];
                }
            }
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int j = 0; j < DOT_COLUMNS && j < columns; j++) {
            double sum = added_up(sums[r][j]);
            for (ptrdiff_t s = 0; s < steps; s++) {
                for (ptrdiff_t k = whole; k < length; k++) {
                    sum += a[a_rows[r] + a_steps[s] + k] * b[b_columns[j] + b_steps[s] + k];
                }
            }
            c[c_rows[r] + c_columns[j]] += sum;
        }
    }
}

/*
 * c[i,j] += sum of a[i,s,k] b[j,s,k], k along memory in both: a[i,s,k] lies at
 * a[a_rows[i] + a_steps[s] + k], b[j,s,k] at b[b_columns[j] + b_steps[s] + k], c[i,j] at
 * c[c_rows[i] + c_columns[j]].
 */
SHARED void multiply_dots(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t steps, ptrdiff_t length,
        const double *a, const ptrdiff_t *a_rows, const ptrdiff_t *a_steps,
        const double *b, const ptrdiff_t *b_columns, const ptrdiff_t *b_steps,
        double *c, const ptrdiff_t *c_rows, const ptrdiff_t *c_columns)
{
    const ptrdiff_t near = 1 + DOT_NEAR / (DOT_COLUMNS * length);
    for (ptrdiff_t s = 0; s < steps; s += near) {
        const ptrdiff_t most = steps - s < near ? steps - s : near;
        for (ptrdiff_t j = 0; j < columns; j += DOT_COLUMNS) {
            ptrdiff_t right[DOT_COLUMNS]; /* in place of columns that are not there, one that is */
            for (int k = 0; k < DOT_COLUMNS; k++) {
                right[k] = b_columns[j + k < columns ? j + k : j];
            }
#define ROWS(count) \
    for (; rows - i >= count; i += count) { \
        dots_tile(count, columns - j, most, length, a, a_rows + i, a_steps + s, b, right, \
                b_steps + s, c, c_rows + i, c_columns + j); \
    }
            ptrdiff_t i = 0;
            ROWS(DOT_ROWS)
            ROWS(1)
#undef ROWS
        }
    }
}

#else

/*
 * c[i,j] += sum of a[i,s,k] b[j,s,k], k along memory in both: a[i,s,k] lies at
 * a[a_rows[i] + a_steps[s] + k], b[j,s,k] at b[b_columns[j] + b_steps[s] + k], c[i,j] at
 * c[c_rows[i] + c_columns[j]].
 */
static void multiply_dots(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t steps, ptrdiff_t length,
        const double *a, const ptrdiff_t *a_rows, const ptrdiff_t *a_steps,
        const double *b, const ptrdiff_t *b_columns, const ptrdiff_t *b_steps,
        double *c, const ptrdiff_t *c_rows, const ptrdiff_t *c_columns)
{
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            double sum = 0;
            for (ptrdiff_t s = 0; s < steps; s++) {
                for (ptrdiff_t k = 0; k < length; k++) {
                    sum += a[a_rows[i] + a_steps[s] + k] * b[b_columns[j] + b_steps[s] + k];
                }
            }
            c[c_rows[i] + c_columns[j]] += sum;
        }
    }
}

#endif

/* h_z[t_2,n,g,j] = h_b[g,j] + sum[i](e_E[x[n,t_2],i] * h_W[i,g,j]) */
SHARED void compute_h_z_1(ptrdiff_t count, double *restrict h_z, const double *h_b)
{
    for (ptrdiff_t n = 0; n < count; n++) {
        for (ptrdiff_t j = 0; j < 192; j++) {
            h_z[n * 192 + j] = h_b[j];
        }
    }
}

SHARED void compute_h_z_2(ptrdiff_t T, ptrdiff_t N, double *restrict h_z, const double *e_E,
        const ptrdiff_t *x, const double *h_W)
{
    for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t g = 0; g < 3; g++) {
                for (ptrdiff_t i = 0; i < 16; i++) {
                    for (ptrdiff_t j = 0; j < 64; j++) {
                        h_z[t_2 * (192 * N) + n * 192 + g * 64 + j] += e_E[x[n * T + t_2] * 16 + i]
                                * h_W[i * 192 + g * 64 + j];
                    }
                }
            }
        }
    }
}

/* h[n,t_2,j] = h_h[t_2 + 1,n,j] */
SHARED void compute_h_1(ptrdiff_t N, ptrdiff_t T, double *restrict h, const double *h_h)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
            for (ptrdiff_t j = 0; j < 64; j++) {
                h[n * (64 * T) + t_2 * 64 + j] = h_h[(t_2 + 1) * (64 * N) + n * 64 + j];
            }
        }
    }
}

/* dlogits_terms[n,k,j] = v1[n,k,j] / loss_Z_shifted[n,k]  (of loss_Z) */
/* dlogits_terms[n,k,t[n,k]] += -1 */
SHARED void compute_dlogits_terms_1(ptrdiff_t N, ptrdiff_t T, double *restrict dlogits_terms,
        const double *v1, const double *loss_Z_shifted)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            for (ptrdiff_t j = 0; j < 76; j++) {
                dlogits_terms[n * (76 * T) + k * 76 + j] = v1[n * (76 * T) + k * 76 + j] /
                        loss_Z_shifted[n * T + k];
            }
        }
    }
}

SHARED void compute_dlogits_terms_2(ptrdiff_t N, ptrdiff_t T, double *restrict dlogits_terms,
        const ptrdiff_t *t)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            dlogits_terms[n * (76 * T) + k * 76 + t[n * T + k]] -= 1.0;
        }
    }
}

/* dlogits[n,k,j] = dlogits_terms[n,k,j] / (N * T)  (of loss_Z) */
SHARED void compute_dlogits_1(double *restrict dlogits, ptrdiff_t count, ptrdiff_t N, ptrdiff_t T)
{
    const double *dlogits_terms = dlogits;
    for (ptrdiff_t each = 0; each < count; each++) {
        dlogits[each] = 1.0 / ((double)N * (double)T) * dlogits_terms[each];
    }
}

/* dh_h[t_2 + 1,n,j] = dh[n,t_2,j]  (of h) */
SHARED void compute_dh_h_1(double *restrict dh_h, ptrdiff_t N, ptrdiff_t T, const double *dh)
{
    fill(dh_h, 64 * (N + N * T), 0.0);
    for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 64; j++) {
                dh_h[(t_2 + 1) * (64 * N) + n * 64 + j] = dh[n * (64 * T) + t_2 * 64 + j];
            }
        }
    }
}

/* v2[t_2,n,j] = 1 - h_a[t_2,n,j]**2  (of h_a) */
/* dh_s_step[t_2,n,j] = h_h[t_2,n,j] - h_a[t_2,n,j]  (of h_h) */
SHARED void compute_v2_1(ptrdiff_t count, double *restrict v2, const double *h_a,
        double *restrict dh_s_step, const double *h_h)
{
    for (ptrdiff_t each = 0; each < count; each++) {
        v2[each] = 1.0 - square(h_a[each]);
        dh_s_step[each] = h_h[each] - h_a[each];
    }
}

/* dh_a_step[t_2,n,j] = 1 - h_s[t_2,n,1,j]  (of h_h) */
SHARED void compute_dh_a_step_1(ptrdiff_t T, ptrdiff_t N, double *restrict dh_a_step,
        const double *h_s)
{
    for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 64; j++) {
                dh_a_step[t_2 * (64 * N) + n * 64 + j] = 1.0 -
                        h_s[t_2 * (128 * N) + n * 128 + 1 * 64 + j];
            }
        }
    }
}

/* dh_s_step_2[t_2,n,j] = v2[t_2,n,j] * h_y[t_2,n,2,j]  (of h_a) */
/* dh_y_step[t_2,n,j] = v2[t_2,n,j] * h_s[t_2,n,0,j]  (of h_a) */
SHARED void compute_dh_s_step_2_1(ptrdiff_t T, ptrdiff_t N, double *restrict dh_s_step_2,
        const double *v2, const double *h_y, double *restrict dh_y_step, const double *h_s)
{
    for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 64; j++) {
                dh_s_step_2[t_2 * (64 * N) + n * 64 + j] = v2[t_2 * (64 * N) + n * 64 + j] *
                        h_y[t_2 * (192 * N) + n * 192 + 2 * 64 + j];
                dh_y_step[t_2 * (64 * N) + n * 64 + j] = v2[t_2 * (64 * N) + n * 64 + j] *
                        h_s[t_2 * (128 * N) + n * 128 + j];
            }
        }
    }
}

/* dh_y_step_2[t_2,n,g,j] = (1 - h_s[t_2,n,g,j]) * h_s[t_2,n,g,j]  (of h_s) */
SHARED void compute_dh_y_step_2_1(ptrdiff_t count, double *restrict dh_y_step_2, const double *h_s)
{
    for (ptrdiff_t each = 0; each < count; each++) {
        dh_y_step_2[each] = (1.0 - h_s[each]) * h_s[each];
    }
}

SHARED void compute_dh_s_1(ptrdiff_t T, ptrdiff_t N, double *restrict dh_s, double *restrict dh_h,
        const double *dh_s_step, double *restrict dh_a, const double *dh_a_step, const double *h_s,
        const double *dh_s_step_2, double *restrict dh_y, const double *dh_y_step,
        const double *dh_y_step_2, const double *h_U, double *restrict work)
{
    for (ptrdiff_t t_2 = T - 1; t_2 >= 0; t_2--) {
        /* dh_s[t_2,n,1,j] = dh_h[t_2 + 1,n,j] * dh_s_step[t_2,n,j]  (of h_h) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 64; j++) {
                dh_s[t_2 * (128 * N) + n * 128 + 1 * 64 + j] =
                        dh_h[(t_2 + 1) * (64 * N) + n * 64 + j] *
                        dh_s_step[t_2 * (64 * N) + n * 64 + j];
            }
        }

        /* dh_a[t_2,n,j] = dh_a_step[t_2,n,j] * dh_h[t_2 + 1,n,j]  (of h_h) */
        for (ptrdiff_t each = 0; each < 64 * N; each++) {
            dh_a[each + 64 * t_2 * N] = dh_a_step[each + 64 * t_2 * N] *
                    dh_h[each + 64 * N + 64 * t_2 * N];
        }

        /* dh_h[t_2,n,j] += dh_h[t_2 + 1,n,j] * h_s[t_2,n,1,j]  (of h_h) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 64; j++) {
                dh_h[t_2 * (64 * N) + n * 64 + j] += dh_h[(t_2 + 1) * (64 * N) + n * 64 + j] *
                        h_s[t_2 * (128 * N) + n * 128 + 1 * 64 + j];
            }
        }

        /* dh_s[t_2,n,0,j] = dh_a[t_2,n,j] * dh_s_step_2[t_2,n,j]  (of h_a) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 64; j++) {
                dh_s[t_2 * (128 * N) + n * 128 + j] = dh_a[t_2 * (64 * N) + n * 64 + j] *
                        dh_s_step_2[t_2 * (64 * N) + n * 64 + j];
            }
        }

        /* dh_y[t_2,n,2,j] = dh_a[t_2,n,j] * dh_y_step[t_2,n,j]  (of h_a) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 64; j++) {
                dh_y[t_2 * (192 * N) + n * 192 + 2 * 64 + j] = dh_a[t_2 * (64 * N) + n * 64 + j] *
                        dh_y_step[t_2 * (64 * N) + n * 64 + j];
            }
        }

        /* dh_y[t_2,n,g,j] = dh_s[t_2,n,g,j] * dh_y_step_2[t_2,n,g,j]  (of h_s) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t g = 0; g < 2; g++) {
                for (ptrdiff_t j = 0; j < 64; j++) {
                    dh_y[t_2 * (192 * N) + n * 192 + g * 64 + j] =
                            dh_s[t_2 * (128 * N) + n * 128 + g * 64 + j] *
                            dh_y_step_2[t_2 * (128 * N) + n * 128 + g * 64 + j];
                }
            }
        }

        /* dh_h[t_2,n,k] += sum[g,j](dh_y[t_2,n,g,j] * h_U[k,g,j])  (of h_y) */
        multiply(N, 64, 192, 1.0, (matrix){dh_y + 192 * t_2 * N, 192, 1}, (matrix){h_U, 1, 192},
                (matrix){dh_h + 64 * t_2 * N, 64, 1}, dh_h + 64 * t_2 * N, 64, 1, work);
    }
}

/* dh_z[t_2,n,g,j] = dh_y[t_2,n,g,j]  (of h_s) */
/* dh_z[t_2,n,2,j] += dh_a[t_2,n,j] * v2[t_2,n,j] */
SHARED void compute_dh_z_1(ptrdiff_t count, double *restrict dh_z, const double *dh_y)
{
    for (ptrdiff_t n = 0; n < count; n++) {
        for (ptrdiff_t j = 0; j < 128; j++) {
            dh_z[n * 192 + j] = dh_y[n * 192 + j];
        }
    }
}

SHARED void compute_dh_z_2(ptrdiff_t T, ptrdiff_t N, double *restrict dh_z, const double *dh_a,
        const double *v2)
{
    for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 64; j++) {
                dh_z[t_2 * (192 * N) + n * 192 + 2 * 64 + j] = dh_a[t_2 * (64 * N) + n * 64 + j] *
                        v2[t_2 * (64 * N) + n * 64 + j];
            }
        }
    }
}

/* de[n,t_2,i] = sum[g,j](dh_z[t_2,n,g,j] * h_W[i,g,j])  (of h_z) */
SHARED void compute_de_1(double *restrict de, ptrdiff_t N, ptrdiff_t T, const double *h_W,
        const double *dh_z)
{
    fill(de, 16 * N * T, 0.0);
    {
        ptrdiff_t left_rows[16], rows_of_sums[16];
        ptrdiff_t right_columns[1], columns_of_sums[1];
        ptrdiff_t left_steps[1], right_steps[1];
        tabulate(left_rows, 1, (const walk[]){{16, 192}});
        tabulate(rows_of_sums, 1, (const walk[]){{16, 1}});
        tabulate(right_columns, 0, (const walk[]){{1, 0}});
        tabulate(columns_of_sums, 0, (const walk[]){{1, 0}});
        tabulate(left_steps, 0, (const walk[]){{1, 0}});
        tabulate(right_steps, 0, (const walk[]){{1, 0}});
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
                multiply_dots(16, 1, 1, 192, h_W, left_rows, left_steps, dh_z + 192 * (n + t_2 * N),
                        right_columns, right_steps, de + 16 * (t_2 + n * T), rows_of_sums,
                        columns_of_sums);
            }
        }
    }
}

/* dh_W[i,g,j] = sum[t_2,n](e_E[x[n,t_2],i] * dh_z[t_2,n,g,j])  (of h_z) */
SHARED void compute_dh_W_1(double *restrict dh_W, ptrdiff_t count, ptrdiff_t T, ptrdiff_t N,
        const double *e_E, const ptrdiff_t *x, const double *dh_z)
{
    fill(dh_W, 3072, 0.0);
    for (ptrdiff_t i = 0; i < count; i++) {
        for (ptrdiff_t g = 0; g < 3; g++) {
            for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
                for (ptrdiff_t n = 0; n < N; n++) {
                    for (ptrdiff_t j = 0; j < 64; j++) {
                        dh_W[i * 192 + g * 64 + j] += e_E[x[n * T + t_2] * 16 + i] *
                                dh_z[t_2 * (192 * N) + n * 192 + g * 64 + j];
                    }
                }
            }
        }
    }
}

/* de_E[x[n,k],d] = de[n,k,d]  (of e) */
SHARED void compute_de_E_1(double *restrict de_E, ptrdiff_t T, ptrdiff_t N, const ptrdiff_t *x,
        const double *de)
{
    fill(de_E, 1216, 0.0);
    for (ptrdiff_t k = 0; k < T; k++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t d = 0; d < 16; d++) {
                de_E[x[n * T + k] * 16 + d] += de[n * (16 * T) + k * 16 + d];
            }
        }
    }
}

/* logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1_2 */
/* logits_b_v_next[j] = dlogits_b[j]**2 * v2_2 + logits_b_v[j] * beta2 */
/* logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3 /
   (sqrt(logits_b_v_next[j] * v4) + epsilon) */
SHARED void compute_logits_b_m_next_1(ptrdiff_t count, double *restrict logits_b_m, double beta1,
        double v1_2, const double *dlogits_b, double *restrict logits_b_v, double v2_2,
        double beta2, double *restrict logits_b, double learning_rate, double v3, double v4,
        double epsilon)
{
    for (ptrdiff_t j = 0; j < count; j++) {
        logits_b_m[j] = beta1 * logits_b_m[j] + v1_2 * dlogits_b[j];
        logits_b_v[j] = v2_2 * square(dlogits_b[j]) + beta2 * logits_b_v[j];
        logits_b[j] -= learning_rate * v3 * logits_b_m[j] / (sqrt(v4 * logits_b_v[j]) + epsilon);
    }
}

static void predict(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_data *data, const char_gru_outputs *outputs, double *work)
{
    const ptrdiff_t *x = data->x; /* (N, T) */
    const double *e_E = params->e_E; /* (76, 16) */
    const double *h_W = params->h_W; /* (16, 3, 64) */
    const double *h_U = params->h_U; /* (64, 3, 64) */
    const double *h_b = params->h_b; /* (3, 64) */
    const double *h_d = params->h_d; /* (3, 64) */
    const double *logits_W = params->logits_W; /* (64, 76) */
    const double *logits_b = params->logits_b; /* (76,) */

    /* h_z[t_2,n,g,j] = h_b[g,j] + sum[i](e_E[x[n,t_2],i] * h_W[i,g,j]) */
    double *h_z = work + 2048; /* (T, N, 3, 64) */
    compute_h_z_1(N * T, h_z, h_b);
    compute_h_z_2(T, N, h_z, e_E, x, h_W);

    /* h_y[t_2,n,g,j] = h_d[g,j] */
    double *h_y = work + 192 * N * T + 2048; /* (T, N, 3, 64) */
    compute_h_z_1(N * T, h_y, h_d);

    double *h_s = work + 384 * N * T + 2048; /* (T, N, 2, 64) */
    double *h_h = work + 512 * N * T + 2048; /* (T + 1, N, 64) */
    fill(h_h, 64 * (N + N * T), 0.0);
    for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
        /* h_y[t_2,n,g,j] += sum[k](h_h[t_2,n,k] * h_U[k,g,j]) */
        multiply(N, 192, 64, 1.0, (matrix){h_h + 64 * t_2 * N, 64, 1}, (matrix){h_U, 192, 1},
                (matrix){h_y + 192 * t_2 * N, 192, 1}, h_y + 192 * t_2 * N, 192, 1, work);

        /* h_s[t_2,n,g,j] = sigmoid(h_y[t_2,n,g,j] + h_z[t_2,n,g,j]) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t g = 0; g < 2; g++) {
                for (ptrdiff_t j = 0; j < 64; j++) {
                    h_s[t_2 * (128 * N) + n * 128 + g * 64 + j] =
                            sigmoid(h_y[t_2 * (192 * N) + n * 192 + g * 64 + j] +
                            h_z[t_2 * (192 * N) + n * 192 + g * 64 + j]);
                }
            }
        }

        /* h_h[t_2 + 1,n,j] = (1 - h_s[t_2,n,1,j]) * tanh(h_s[t_2,n,0,j] * h_y[t_2,n,2,j] +
           h_z[t_2,n,2,j]) + h_h[t_2,n,j] * h_s[t_2,n,1,j] */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 64; j++) {
                h_h[(t_2 + 1) * (64 * N) + n * 64 + j] = (1.0 -
                        h_s[t_2 * (128 * N) + n * 128 + 1 * 64 + j]) *
                        fast_tanh(h_s[t_2 * (128 * N) + n * 128 + j] *
                        h_y[t_2 * (192 * N) + n * 192 + 2 * 64 + j] +
                        h_z[t_2 * (192 * N) + n * 192 + 2 * 64 + j]) +
                        h_h[t_2 * (64 * N) + n * 64 + j] *
                        h_s[t_2 * (128 * N) + n * 128 + 1 * 64 + j];
            }
        }
    }

    /* h[n,t_2,j] = h_h[t_2 + 1,n,j] */
    double *h = work + 64 * N + 576 * N * T + 2048; /* (N, T, 64) */
    compute_h_1(N, T, h, h_h);

    /* logits[n,k,j] = logits_b[j] + sum[i](h[n,k,i] * logits_W[i,j]) */
    double *logits = outputs->logits; /* (N, T, 76) */
    multiply(N * T, 76, 64, 1.0, (matrix){h, 64, 1}, (matrix){logits_W, 76, 1}, (matrix){logits_b,
            0, 1}, logits, 76, 1, work);
}

static double forward(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_data *data, const char_gru_tape *tape, double *work)
{
    const ptrdiff_t *x = data->x; /* (N, T) */
    const ptrdiff_t *t = data->t; /* (N, T) */
    const double *e_E = params->e_E; /* (76, 16) */
    const double *h_W = params->h_W; /* (16, 3, 64) */
    const double *h_U = params->h_U; /* (64, 3, 64) */
    const double *h_b = params->h_b; /* (3, 64) */
    const double *h_d = params->h_d; /* (3, 64) */
    const double *logits_W = params->logits_W; /* (64, 76) */
    const double *logits_b = params->logits_b; /* (76,) */

    /* h_z[t_2,n,g,j] = h_b[g,j] + sum[i](e_E[x[n,t_2],i] * h_W[i,g,j]) */
    double *h_z = work + 64 * N + 589 * N * T + 8192; /* (T, N, 3, 64) */
    compute_h_z_1(N * T, h_z, h_b);
    compute_h_z_2(T, N, h_z, e_E, x, h_W);

    /* h_y[t_2,n,g,j] = h_d[g,j] */
    double *h_y = tape->h_y; /* (T, N, 3, 64) */
    compute_h_z_1(N * T, h_y, h_d);

    double *h_s = tape->h_s; /* (T, N, 2, 64) */
    double *h_a = tape->h_a; /* (T, N, 64) */
    double *h_h = tape->h_h; /* (T + 1, N, 64) */
    fill(h_h, 64 * (N + N * T), 0.0);
    for (ptrdiff_t t_2 = 0; t_2 < T; t_2++) {
        /* h_y[t_2,n,g,j] += sum[k](h_h[t_2,n,k] * h_U[k,g,j]) */
        multiply(N, 192, 64, 1.0, (matrix){h_h + 64 * t_2 * N, 64, 1}, (matrix){h_U, 192, 1},
                (matrix){h_y + 192 * t_2 * N, 192, 1}, h_y + 192 * t_2 * N, 192, 1, work);

        /* h_s[t_2,n,g,j] = sigmoid(h_y[t_2,n,g,j] + h_z[t_2,n,g,j]) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t g = 0; g < 2; g++) {
                for (ptrdiff_t j = 0; j < 64; j++) {
                    h_s[t_2 * (128 * N) + n * 128 + g * 64 + j] =
                            sigmoid(h_y[t_2 * (192 * N) + n * 192 + g * 64 + j] +
                            h_z[t_2 * (192 * N) + n * 192 + g * 64 + j]);
                }
            }
        }

        /* h_a[t_2,n,j] = tanh(h_s[t_2,n,0,j] * h_y[t_2,n,2,j] + h_z[t_2,n,2,j]) */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 64; j++) {
                h_a[t_2 * (64 * N) + n * 64 + j] = fast_tanh(h_s[t_2 * (128 * N) + n * 128 + j] *
                        h_y[t_2 * (192 * N) + n * 192 + 2 * 64 + j] +
                        h_z[t_2 * (192 * N) + n * 192 + 2 * 64 + j]);
            }
        }

        /* h_h[t_2 + 1,n,j] = (1 - h_s[t_2,n,1,j]) * h_a[t_2,n,j] + h_h[t_2,n,j] * h_s[t_2,n,1,j] */
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t j = 0; j < 64; j++) {
                h_h[(t_2 + 1) * (64 * N) + n * 64 + j] = (1.0 -
                        h_s[t_2 * (128 * N) + n * 128 + 1 * 64 + j]) *
                        h_a[t_2 * (64 * N) + n * 64 + j] + h_h[t_2 * (64 * N) + n * 64 + j] *
                        h_s[t_2 * (128 * N) + n * 128 + 1 * 64 + j];
            }
        }
    }

    /* h[n,t_2,j] = h_h[t_2 + 1,n,j] */
    double *h = tape->h; /* (N, T, 64) */
    compute_h_1(N, T, h, h_h);

    /* logits[n,k,j] = logits_b[j] + sum[i](h[n,k,i] * logits_W[i,j]) */
    double *logits = work + 64 * N + 781 * N * T + 8192; /* (N, T, 76) */
    multiply(N * T, 76, 64, 1.0, (matrix){h, 64, 1}, (matrix){logits_W, 76, 1}, (matrix){logits_b,
            0, 1}, logits, 76, 1, work);

    /* loss_Z_max[n,k] = max[j](logits[n,k,j]) */
    double *loss_Z_max = work + 64 * N + 857 * N * T + 8192; /* (N, T) */
    for (ptrdiff_t k = 0; k < N * T; k++) {
        double best = -INFINITY;
        for (ptrdiff_t j = 0; j < 76; j++) {
            best = maximum(best, logits[k * 76 + j]);
        }
        loss_Z_max[k] = best;
    }

    /* logits_shifted[n,k,j] = logits[n,k,j] - loss_Z_max[n,k] */
    double *logits_shifted = logits; /* (N, T, 76) */
    /* v1[n,k,j] = exp(logits_shifted[n,k,j]) */
    double *v1 = tape->v1; /* (N, T, 76) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            for (ptrdiff_t j = 0; j < 76; j++) {
                logits_shifted[n * (76 * T) + k * 76 + j] = logits[n * (76 * T) + k * 76 + j] -
                        loss_Z_max[n * T + k];
                v1[n * (76 * T) + k * 76 + j] = fast_exp(logits_shifted[n * (76 * T) + k * 76 + j]);
            }
        }
    }

    /* loss_Z_shifted[n,k] = sum[j](v1[n,k,j]) */
    double *loss_Z_shifted = tape->loss_Z_shifted; /* (N, T) */
    for (ptrdiff_t k = 0; k < N * T; k++) {
        double sum = 0.0;
        sum += total(v1 + 76 * k, 76);
        loss_Z_shifted[k] = sum;
    }

    /* loss_sum = sum[n,k](log(loss_Z_shifted[n,k]) - logits_shifted[n,k,t[n,k]]) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t k = 0; k < T; k++) {
            loss_sum += fast_log(loss_Z_shifted[n * T + k]) -
                    logits_shifted[n * (76 * T) + k * 76 + t[n * T + k]];
        }
    }

    /* loss = loss_sum / (N * T) */
    const double loss = loss_sum / ((double)N * (double)T);
    return loss;
}

static void backward(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_data *data, const char_gru_tape *tape, const char_gru_params *grads,
        double *work)
{
    const ptrdiff_t *x = data->x; /* (N, T) */
    const ptrdiff_t *t = data->t; /* (N, T) */
    const double *e_E = params->e_E; /* (76, 16) */
    const double *h_W = params->h_W; /* (16, 3, 64) */
    const double *h_U = params->h_U; /* (64, 3, 64) */
    const double *logits_W = params->logits_W; /* (64, 76) */
    const double *h_h = tape->h_h; /* (T + 1, N, 64) */
    const double *h_y = tape->h_y; /* (T, N, 3, 64) */
    const double *h_s = tape->h_s; /* (T, N, 2, 64) */
    const double *h_a = tape->h_a; /* (T, N, 64) */
    const double *h = tape->h; /* (N, T, 64) */
    const double *loss_Z_shifted = tape->loss_Z_shifted; /* (N, T) */
    const double *v1 = tape->v1; /* (N, T, 76) */

    /* dlogits_terms[n,k,j] = v1[n,k,j] / loss_Z_shifted[n,k]  (of loss_Z) */
    /* dlogits_terms[n,k,t[n,k]] += -1 */
    double *dlogits_terms = work + 64 * N + 781 * N * T + 8192; /* (N, T, 76) */
    compute_dlogits_terms_1(N, T, dlogits_terms, v1, loss_Z_shifted);
    compute_dlogits_terms_2(N, T, dlogits_terms, t);

    /* dlogits[n,k,j] = dlogits_terms[n,k,j] / (N * T)  (of loss_Z) */
    double *dlogits = dlogits_terms; /* (N, T, 76) */
    compute_dlogits_1(dlogits, 76 * N * T, N, T);

    /* dlogits_b[j] = sum[n,k](dlogits[n,k,j])  (of logits) */
    double *dlogits_b = grads->logits_b; /* (76,) */
    multiply(1, 76, N * T, 1.0, ONES, (matrix){dlogits, 76, 1}, NOTHING, dlogits_b, 1, 1, work);

    /* dlogits_W[i,j] = sum[n,k](h[n,k,i] * dlogits[n,k,j])  (of logits) */
    double *dlogits_W = grads->logits_W; /* (64, 76) */
    multiply(64, 76, N * T, 1.0, (matrix){h, 1, 64}, (matrix){dlogits, 76, 1}, NOTHING, dlogits_W,
            76, 1, work);

    /* dh[n,k,i] = sum[j](dlogits[n,k,j] * logits_W[i,j])  (of logits) */
    double *dh = work + 64 * N + 858 * N * T + 8192; /* (N, T, 64) */
    multiply(N * T, 64, 76, 1.0, (matrix){dlogits, 76, 1}, (matrix){logits_W, 1, 76}, NOTHING, dh,
            64, 1, work);

    /* dh_h[t_2 + 1,n,j] = dh[n,t_2,j]  (of h) */
    double *dh_h = work + 64 * N + 922 * N * T + 8192; /* (T + 1, N, 64) */
    compute_dh_h_1(dh_h, N, T, dh);

    /* v2[t_2,n,j] = 1 - h_a[t_2,n,j]**2  (of h_a) */
    double *v2 = work + 64 * N + 858 * N * T + 8192; /* (T, N, 64) */
    /* dh_s_step[t_2,n,j] = h_h[t_2,n,j] - h_a[t_2,n,j]  (of h_h) */
    double *dh_s_step = work + 128 * N + 986 * N * T + 8192; /* (T, N, 64) */
    compute_v2_1(64 * N * T, v2, h_a, dh_s_step, h_h);

    /* dh_a_step[t_2,n,j] = 1 - h_s[t_2,n,1,j]  (of h_h) */
    double *dh_a_step = work + 128 * N + 1050 * N * T + 8192; /* (T, N, 64) */
    compute_dh_a_step_1(T, N, dh_a_step, h_s);

    /* dh_s_step_2[t_2,n,j] = v2[t_2,n,j] * h_y[t_2,n,2,j]  (of h_a) */
    double *dh_s_step_2 = work + 128 * N + 1114 * N * T + 8192; /* (T, N, 64) */
    /* dh_y_step[t_2,n,j] = v2[t_2,n,j] * h_s[t_2,n,0,j]  (of h_a) */
    double *dh_y_step = work + 128 * N + 1178 * N * T + 8192; /* (T, N, 64) */
    compute_dh_s_step_2_1(T, N, dh_s_step_2, v2, h_y, dh_y_step, h_s);

    /* dh_y_step_2[t_2,n,g,j] = (1 - h_s[t_2,n,g,j]) * h_s[t_2,n,g,j]  (of h_s) */
    double *dh_y_step_2 = work + 128 * N + 1242 * N * T + 8192; /* (T, N, 2, 64) */
    compute_dh_y_step_2_1(128 * N * T, dh_y_step_2, h_s);

    double *dh_s = work + 128 * N + 1370 * N * T + 8192; /* (T, N, 2, 64) */
    double *dh_a = work + 128 * N + 1498 * N * T + 8192; /* (T, N, 64) */
    double *dh_y = work + 64 * N + 589 * N * T + 8192; /* (T, N, 3, 64) */
    /* dh_s[t_2,n,1,j] = dh_h[t_2 + 1,n,j] * dh_s_step[t_2,n,j]  (of h_h) */
    /* dh_a[t_2,n,j] = dh_a_step[t_2,n,j] * dh_h[t_2 + 1,n,j]  (of h_h) */
    /* dh_h[t_2,n,j] += dh_h[t_2 + 1,n,j] * h_s[t_2,n,1,j]  (of h_h) */
    /* dh_s[t_2,n,0,j] = dh_a[t_2,n,j] * dh_s_step_2[t_2,n,j]  (of h_a) */
    /* dh_y[t_2,n,2,j] = dh_a[t_2,n,j] * dh_y_step[t_2,n,j]  (of h_a) */
    /* dh_y[t_2,n,g,j] = dh_s[t_2,n,g,j] * dh_y_step_2[t_2,n,g,j]  (of h_s) */
    /* dh_h[t_2,n,k] += sum[g,j](dh_y[t_2,n,g,j] * h_U[k,g,j])  (of h_y) */
    compute_dh_s_1(T, N, dh_s, dh_h, dh_s_step, dh_a, dh_a_step, h_s, dh_s_step_2, dh_y, dh_y_step,
            dh_y_step_2, h_U, work);

    /* dh_z[t_2,n,g,j] = dh_y[t_2,n,g,j]  (of h_s) */
    /* dh_z[t_2,n,2,j] += dh_a[t_2,n,j] * v2[t_2,n,j] */
    double *dh_z = work + 128 * N + 1562 * N * T + 8192; /* (T, N, 3, 64) */
    compute_dh_z_1(N * T, dh_z, dh_y);
    compute_dh_z_2(T, N, dh_z, dh_a, v2);

    /* dh_d[g,j] = sum[t_2,n](dh_y[t_2,n,g,j])  (of h_y) */
    double *dh_d = grads->h_d; /* (3, 64) */
    multiply(1, 192, N * T, 1.0, ONES, (matrix){dh_y, 192, 1}, NOTHING, dh_d, 1, 1, work);

    /* dh_U[k,g,j] = sum[t_2,n](h_h[t_2,n,k] * dh_y[t_2,n,g,j])  (of h_y) */
    double *dh_U = grads->h_U; /* (64, 3, 64) */
    multiply(64, 192, N * T, 1.0, (matrix){h_h, 1, 64}, (matrix){dh_y, 192, 1}, NOTHING, dh_U, 192,
            1, work);

    /* dh_b[g,j] = sum[t_2,n](dh_z[t_2,n,g,j])  (of h_z) */
    double *dh_b = grads->h_b; /* (3, 64) */
    multiply(1, 192, N * T, 1.0, ONES, (matrix){dh_z, 192, 1}, NOTHING, dh_b, 1, 1, work);

    /* de[n,t_2,i] = sum[g,j](dh_z[t_2,n,g,j] * h_W[i,g,j])  (of h_z) */
    double *de = work + 128 * N + 1754 * N * T + 8192; /* (N, T, 16) */
    compute_de_1(de, N, T, h_W, dh_z);

    /* dh_W[i,g,j] = sum[t_2,n](e_E[x[n,t_2],i] * dh_z[t_2,n,g,j])  (of h_z) */
    double *dh_W = grads->h_W; /* (16, 3, 64) */
    compute_dh_W_1(dh_W, 16, T, N, e_E, x, dh_z);

    /* de_E[x[n,k],d] = de[n,k,d]  (of e) */
    double *de_E = grads->e_E; /* (76, 16) */
    compute_de_E_1(de_E, T, N, x, de);
}

static void descend(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_state *state, const char_gru_data *data, const char_gru_hyper *hyper,
        const char_gru_tape *tape, double *work)
{
    const ptrdiff_t *x = data->x; /* (N, T) */
    const ptrdiff_t *t = data->t; /* (N, T) */
    double *e_E = params->e_E; /* (76, 16) */
    double *h_W = params->h_W; /* (16, 3, 64) */
    double *h_U = params->h_U; /* (64, 3, 64) */
    double *h_b = params->h_b; /* (3, 64) */
    double *h_d = params->h_d; /* (3, 64) */
    double *logits_W = params->logits_W; /* (64, 76) */
    double *logits_b = params->logits_b; /* (76,) */
    const double *h_h = tape->h_h; /* (T + 1, N, 64) */
    const double *h_y = tape->h_y; /* (T, N, 3, 64) */
    const double *h_s = tape->h_s; /* (T, N, 2, 64) */
    const double *h_a = tape->h_a; /* (T, N, 64) */
    const double *h = tape->h; /* (N, T, 64) */
    const double *loss_Z_shifted = tape->loss_Z_shifted; /* (N, T) */
    const double *v1 = tape->v1; /* (N, T, 76) */
    const double step = *state->step;
    double *e_E_m = state->e_E_m; /* (76, 16) */
    double *e_E_v = state->e_E_v; /* (76, 16) */
    double *h_W_m = state->h_W_m; /* (16, 3, 64) */
    double *h_W_v = state->h_W_v; /* (16, 3, 64) */
    double *h_U_m = state->h_U_m; /* (64, 3, 64) */
    double *h_U_v = state->h_U_v; /* (64, 3, 64) */
    double *h_b_m = state->h_b_m; /* (3, 64) */
    double *h_b_v = state->h_b_v; /* (3, 64) */
    double *h_d_m = state->h_d_m; /* (3, 64) */
    double *h_d_v = state->h_d_v; /* (3, 64) */
    double *logits_W_m = state->logits_W_m; /* (64, 76) */
    double *logits_W_v = state->logits_W_v; /* (64, 76) */
    double *logits_b_m = state->logits_b_m; /* (76,) */
    double *logits_b_v = state->logits_b_v; /* (76,) */
    const double learning_rate = hyper->learning_rate;
    const double beta1 = hyper->beta1;
    const double beta2 = hyper->beta2;
    const double epsilon = hyper->epsilon;

    /* step_next = step + 1 */
    const double step_next = step + 1.0;

    /* v1_2 = 1 - beta1 */
    const double v1_2 = 1.0 - beta1;

    /* v2_2 = 1 - beta2 */
    const double v2_2 = 1.0 - beta2;

    /* v3 = 1 / (1 - beta1**step_next) */
    const double v3 = 1.0 / (1.0 - pow(beta1, step_next));

    /* v4 = 1 / (1 - beta2**step_next) */
    const double v4 = 1.0 / (1.0 - pow(beta2, step_next));

    /* dlogits_terms[n,k,j] = v1[n,k,j] / loss_Z_shifted[n,k]  (of loss_Z) */
    /* dlogits_terms[n,k,t[n,k]] += -1 */
    double *dlogits_terms = work + 64 * N + 781 * N * T + 8192; /* (N, T, 76) */
    compute_dlogits_terms_1(N, T, dlogits_terms, v1, loss_Z_shifted);
    compute_dlogits_terms_2(N, T, dlogits_terms, t);

    /* dlogits[n,k,j] = dlogits_terms[n,k,j] / (N * T)  (of loss_Z) */
    double *dlogits = dlogits_terms; /* (N, T, 76) */
    compute_dlogits_1(dlogits, 76 * N * T, N, T);

    /* dlogits_b[j] = sum[n,k](dlogits[n,k,j])  (of logits) */
    double *dlogits_b = work + 128 * N + 1770 * N * T + 8192; /* (76,) */
    multiply(1, 76, N * T, 1.0, ONES, (matrix){dlogits, 76, 1}, NOTHING, dlogits_b, 1, 1, work);

    /* logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1_2 */
    /* logits_b_v_next[j] = dlogits_b[j]**2 * v2_2 + logits_b_v[j] * beta2 */
    /* logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3 /
       (sqrt(logits_b_v_next[j] * v4) + epsilon) */
    compute_logits_b_m_next_1(76, logits_b_m, beta1, v1_2, dlogits_b, logits_b_v, v2_2, beta2,
            logits_b, learning_rate, v3, v4, epsilon);

    /* dlogits_W[i,j] = sum[n,k](h[n,k,i] * dlogits[n,k,j])  (of logits) */
    /* logits_W_m_next[i,j] = logits_W_m[i,j] * beta1 + dlogits_W[i,j] * v1_2 */
    /* logits_W_v_next[i,j] = dlogits_W[i,j]**2 * v2_2 + logits_W_v[i,j] * beta2 */
    double *dlogits_W = work + 128 * N + 1770 * N * T + 8268; /* (64, 76) */
    {
        const ptrdiff_t block = (N * T) < 64 ? ((N * T) + 7) / 8 * 8 : 64;
        for (ptrdiff_t begin = 0; begin < 64; begin += block) {
            const ptrdiff_t part = 64 - begin < block ? 64 - begin : block;
            multiply(part, 76, N * T, 1.0, (matrix){h + begin, 1, 64}, (matrix){dlogits, 76, 1},
                    NOTHING, dlogits_W, 76, 1, work);

            for (ptrdiff_t each = 0; each < 76 * part; each++) {
                logits_W_m[each + 76 * begin] = beta1 * logits_W_m[each + 76 * begin] + v1_2 *
                        dlogits_W[each];
                logits_W_v[each + 76 * begin] = v2_2 * square(dlogits_W[each]) + beta2 *
                        logits_W_v[each + 76 * begin];
            }
        }
    }

    /* dh[n,k,i] = sum[j](dlogits[n,k,j] * logits_W[i,j])  (of logits) */
    double *dh = work + 64 * N + 858 * N * T + 8192; /* (N, T, 64) */
    multiply(N * T, 64, 76, 1.0, (matrix){dlogits, 76, 1}, (matrix){logits_W, 1, 76}, NOTHING, dh,
            64, 1, work);

    /* logits_W_next[i,j] = logits_W[i,j] - logits_W_m_next[i,j] * learning_rate * v3 /
       (sqrt(logits_W_v_next[i,j] * v4) + epsilon) */
    for (ptrdiff_t each = 0; each < 4864; each++) {
        logits_W[each] -= learning_rate * v3 * logits_W_m[each] / (sqrt(v4 * logits_W_v[each]) +
                epsilon);
    }

    /* dh_h[t_2 + 1,n,j] = dh[n,t_2,j]  (of h) */
    double *dh_h = work + 64 * N + 922 * N * T + 8192; /* (T + 1, N, 64) */
    compute_dh_h_1(dh_h, N, T, dh);

    /* v2[t_2,n,j] = 1 - h_a[t_2,n,j]**2  (of h_a) */
    double *v2 = work + 64 * N + 858 * N * T + 8192; /* (T, N, 64) */
    /* dh_s_step[t_2,n,j] = h_h[t_2,n,j] - h_a[t_2,n,j]  (of h_h) */
    double *dh_s_step = work + 128 * N + 986 * N * T + 8192; /* (T, N, 64) */
    compute_v2_1(64 * N * T, v2, h_a, dh_s_step, h_h);

    /* dh_a_step[t_2,n,j] = 1 - h_s[t_2,n,1,j]  (of h_h) */
    double *dh_a_step = work + 128 * N + 1050 * N * T + 8192; /* (T, N, 64) */
    compute_dh_a_step_1(T, N, dh_a_step, h_s);

    /* dh_s_step_2[t_2,n,j] = v2[t_2,n,j] * h_y[t_2,n,2,j]  (of h_a) */
    double *dh_s_step_2 = work + 128 * N + 1114 * N * T + 8192; /* (T, N, 64) */
    /* dh_y_step[t_2,n,j] = v2[t_2,n,j] * h_s[t_2,n,0,j]  (of h_a) */
    double *dh_y_step = work + 128 * N + 1178 * N * T + 8192; /* (T, N, 64) */
    compute_dh_s_step_2_1(T, N, dh_s_step_2, v2, h_y, dh_y_step, h_s);

    /* dh_y_step_2[t_2,n,g,j] = (1 - h_s[t_2,n,g,j]) * h_s[t_2,n,g,j]  (of h_s) */
    double *dh_y_step_2 = work + 128 * N + 1242 * N * T + 8192; /* (T, N, 2, 64) */
    compute_dh_y_step_2_1(128 * N * T, dh_y_step_2, h_s);

    double *dh_s = work + 128 * N + 1370 * N * T + 8192; /* (T, N, 2, 64) */
    double *dh_a = work + 128 * N + 1498 * N * T + 8192; /* (T, N, 64) */
    double *dh_y = work + 64 * N + 589 * N * T + 8192; /* (T, N, 3, 64) */
    /* dh_s[t_2,n,1,j] = dh_h[t_2 + 1,n,j] * dh_s_step[t_2,n,j]  (of h_h) */
    /* dh_a[t_2,n,j] = dh_a_step[t_2,n,j] * dh_h[t_2 + 1,n,j]  (of h_h) */
    /* dh_h[t_2,n,j] += dh_h[t_2 + 1,n,j] * h_s[t_2,n,1,j]  (of h_h) */
    /* dh_s[t_2,n,0,j] = dh_a[t_2,n,j] * dh_s_step_2[t_2,n,j]  (of h_a) */
    /* dh_y[t_2,n,2,j] = dh_a[t_2,n,j] * dh_y_step[t_2,n,j]  (of h_a) */
    /* dh_y[t_2,n,g,j] = dh_s[t_2,n,g,j] * dh_y_step_2[t_2,n,g,j]  (of h_s) */
    /* dh_h[t_2,n,k] += sum[g,j](dh_y[t_2,n,g,j] * h_U[k,g,j])  (of h_y) */
    compute_dh_s_1(T, N, dh_s, dh_h, dh_s_step, dh_a, dh_a_step, h_s, dh_s_step_2, dh_y, dh_y_step,
            dh_y_step_2, h_U, work);

    /* dh_z[t_2,n,g,j] = dh_y[t_2,n,g,j]  (of h_s) */
    /* dh_z[t_2,n,2,j] += dh_a[t_2,n,j] * v2[t_2,n,j] */
    double *dh_z = work + 128 * N + 1562 * N * T + 8192; /* (T, N, 3, 64) */
    compute_dh_z_1(N * T, dh_z, dh_y);
    compute_dh_z_2(T, N, dh_z, dh_a, v2);

    /* dh_d[g,j] = sum[t_2,n](dh_y[t_2,n,g,j])  (of h_y) */
    double *dh_d = work + 128 * N + 1770 * N * T + 13132; /* (3, 64) */
    multiply(1, 192, N * T, 1.0, ONES, (matrix){dh_y, 192, 1}, NOTHING, dh_d, 1, 1, work);

    /* h_d_m_next[i,j] = h_d_m[i,j] * beta1 + dh_d[i,j] * v1_2 */
    /* h_d_v_next[i,j] = dh_d[i,j]**2 * v2_2 + h_d_v[i,j] * beta2 */
    /* h_d_next[i,j] = h_d[i,j] - h_d_m_next[i,j] * learning_rate * v3 / (sqrt(h_d_v_next[i,j] * v4)
       + epsilon) */
    compute_logits_b_m_next_1(192, h_d_m, beta1, v1_2, dh_d, h_d_v, v2_2, beta2, h_d, learning_rate,
            v3, v4, epsilon);

    /* dh_U[k,g,j] = sum[t_2,n](h_h[t_2,n,k] * dh_y[t_2,n,g,j])  (of h_y) */
    /* h_U_m_next[i,j,k0] = h_U_m[i,j,k0] * beta1 + dh_U[i,j,k0] * v1_2 */
    /* h_U_v_next[i,j,k0] = dh_U[i,j,k0]**2 * v2_2 + h_U_v[i,j,k0] * beta2 */
    /* h_U_next[i,j,k0] = h_U[i,j,k0] - h_U_m_next[i,j,k0] * learning_rate * v3 /
       (sqrt(h_U_v_next[i,j,k0] * v4) + epsilon) */
    double *dh_U = work + 128 * N + 1770 * N * T + 13324; /* (64, 3, 64) */
    {
        const ptrdiff_t block = (N * T) < 64 ? ((N * T) + 7) / 8 * 8 : 64;
        for (ptrdiff_t begin = 0; begin < 64; begin += block) {
            const ptrdiff_t part = 64 - begin < block ? 64 - begin : block;
            multiply(part, 192, N * T, 1.0, (matrix){h_h + begin, 1, 64}, (matrix){dh_y, 192, 1},
                    NOTHING, dh_U, 192, 1, work);

            for (ptrdiff_t each = 0; each < 192 * part; each++) {
                h_U_m[each + 192 * begin] = beta1 * h_U_m[each + 192 * begin] + v1_2 * dh_U[each];
                h_U_v[each + 192 * begin] = v2_2 * square(dh_U[each]) + beta2 *
                        h_U_v[each + 192 * begin];
                h_U[each + 192 * begin] -= learning_rate * v3 * h_U_m[each + 192 * begin] / (sqrt(v4
                        * h_U_v[each + 192 * begin]) + epsilon);
            }
        }
    }

    /* dh_b[g,j] = sum[t_2,n](dh_z[t_2,n,g,j])  (of h_z) */
    double *dh_b = work + 128 * N + 1770 * N * T + 13132; /* (3, 64) */
    multiply(1, 192, N * T, 1.0, ONES, (matrix){dh_z, 192, 1}, NOTHING, dh_b, 1, 1, work);

    /* h_b_m_next[i,j] = h_b_m[i,j] * beta1 + dh_b[i,j] * v1_2 */
    /* h_b_v_next[i,j] = dh_b[i,j]**2 * v2_2 + h_b_v[i,j] * beta2 */
    /* h_b_next[i,j] = h_b[i,j] - h_b_m_next[i,j] * learning_rate * v3 / (sqrt(h_b_v_next[i,j] * v4)
       + epsilon) */
    compute_logits_b_m_next_1(192, h_b_m, beta1, v1_2, dh_b, h_b_v, v2_2, beta2, h_b, learning_rate,
            v3, v4, epsilon);

    /* de[n,t_2,i] = sum[g,j](dh_z[t_2,n,g,j] * h_W[i,g,j])  (of h_z) */
    double *de = work + 128 * N + 1754 * N * T + 8192; /* (N, T, 16) */
    compute_de_1(de, N, T, h_W, dh_z);

    /* dh_W[i,g,j] = sum[t_2,n](e_E[x[n,t_2],i] * dh_z[t_2,n,g,j])  (of h_z) */
    double *dh_W = work + 128 * N + 1770 * N * T + 25612; /* (16, 3, 64) */
    compute_dh_W_1(dh_W, 16, T, N, e_E, x, dh_z);

    /* h_W_m_next[i,j,k0] = h_W_m[i,j,k0] * beta1 + dh_W[i,j,k0] * v1_2 */
    /* h_W_v_next[i,j,k0] = dh_W[i,j,k0]**2 * v2_2 + h_W_v[i,j,k0] * beta2 */
    /* h_W_next[i,j,k0] = h_W[i,j,k0] - h_W_m_next[i,j,k0] * learning_rate * v3 /
       (sqrt(h_W_v_next[i,j,k0] * v4) + epsilon) */
    compute_logits_b_m_next_1(3072, h_W_m, beta1, v1_2, dh_W, h_W_v, v2_2, beta2, h_W,
            learning_rate, v3, v4, epsilon);

    /* de_E[x[n,k],d] = de[n,k,d]  (of e) */
    double *de_E = work + 128 * N + 1770 * N * T + 28684; /* (76, 16) */
    compute_de_E_1(de_E, T, N, x, de);

    /* e_E_m_next[i,j] = e_E_m[i,j] * beta1 + de_E[i,j] * v1_2 */
    /* e_E_v_next[i,j] = de_E[i,j]**2 * v2_2 + e_E_v[i,j] * beta2 */
    /* e_E_next[i,j] = e_E[i,j] - e_E_m_next[i,j] * learning_rate * v3 / (sqrt(e_E_v_next[i,j] * v4)
       + epsilon) */
    compute_logits_b_m_next_1(1216, e_E_m, beta1, v1_2, de_E, e_E_v, v2_2, beta2, e_E,
            learning_rate, v3, v4, epsilon);

    *state->step = step_next;
}

int char_gru_predict(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_data *data, const char_gru_outputs *outputs, double *work)
{
    if (N < 1 || T < 1 || !within(data->x, N * T, 76)) {
        return -1;
    }
    predict(N, T, params, data, outputs, work);
    return 0;
}

int char_gru_forward(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_data *data, const char_gru_tape *tape, double *work, double *loss)
{
    if (N < 1 || T < 1 || !within(data->x, N * T, 76) || !within(data->t, N * T, 76)) {
        return -1;
    }
    *loss = forward(N, T, params, data, tape, work);
    return 0;
}

int char_gru_backward(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_data *data, const char_gru_tape *tape, const char_gru_params *grads,
        double *work)
{
    if (N < 1 || T < 1 || !within(data->x, N * T, 76) || !within(data->t, N * T, 76)) {
        return -1;
    }
    backward(N, T, params, data, tape, grads, work);
    return 0;
}

int char_gru_value_and_grad(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_data *data, const char_gru_params *grads, double *work, double *loss)
{
    if (N < 1 || T < 1 || !within(data->x, N * T, 76) || !within(data->t, N * T, 76)) {
        return -1;
    }
    const char_gru_tape tape = {work + 8192, work + 64 * N + 64 * N * T + 8192, work + 64 * N + 256
            * N * T + 8192, work + 64 * N + 384 * N * T + 8192, work + 64 * N + 448 * N * T + 8192,
            work + 64 * N + 512 * N * T + 8192, work + 64 * N + 513 * N * T + 8192};
    *loss = forward(N, T, params, data, &tape, work);
    backward(N, T, params, data, &tape, grads, work);
    return 0;
}

int char_gru_train_step(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_state *state, const char_gru_data *data, const char_gru_hyper *hyper,
        double *work, double *loss)
{
    if (N < 1 || T < 1 || !within(data->x, N * T, 76) || !within(data->t, N * T, 76)) {
        return -1;
    }
    const char_gru_tape tape = {work + 8192, work + 64 * N + 64 * N * T + 8192, work + 64 * N + 256
            * N * T + 8192, work + 64 * N + 384 * N * T + 8192, work + 64 * N + 448 * N * T + 8192,
            work + 64 * N + 512 * N * T + 8192, work + 64 * N + 513 * N * T + 8192};
    *loss = forward(N, T, params, data, &tape, work);
    descend(N, T, params, state, data, hyper, &tape, work);
    return 0;
}

/* An order of the rows, told row by row. */
typedef struct row_order {
    uint64_t rows;
    uint64_t mask;
    uint64_t next;
    int half;
    uint64_t keys[6];
} row_order;

/* Mixes 64 bits: the generator splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t mixed(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Begins the order of an epoch. */
static void shuffle_rows(row_order *order, ptrdiff_t rows, uint64_t seed, uint64_t epoch)
{
    int bits = 0;
    order->rows = (uint64_t)rows;
    order->next = 0;
    order->mask = 0;
    while (order->mask < order->rows - 1) {
        order->mask = 2 * order->mask + 1;
        bits++;
    }
    order->half = (bits + 1) / 2;
    uint64_t state = mixed(mixed(seed) + epoch);
    for (int round = 0; round < 6; round++) {
        state += 0x9e3779b97f4a7c15;
        order->keys[round] = mixed(state);
    }
}

/* A permutation of 0 .. 2^k - 1, of which what is no row is passed over. Its rounds can be undone,
 * so no row comes twice: an odd factor, something added, the upper bits mixed into the lower
 * (Kensler, Correlated multi-jittered sampling, 2013). */
static ptrdiff_t next_row(row_order *order)
{
    uint64_t row;
    do {
        row = order->next++;
        for (int round = 0; round < 6; round++) {
            const uint64_t key = order->keys[round];
            row = (row * (key | 1) + (key >> 32)) & order->mask;
            row ^= row >> order->half;
        }
    } while (row >= order->rows);
    return (ptrdiff_t)row;
}

int char_gru_fit(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_state *state, const char_gru_data *data, const char_gru_hyper *hyper,
        const char_gru_training *training, double *work, double *losses)
{
    if (training->batch_size < 1 || N < 1 || T < 1 || !within(data->x, N * T, 76) ||
            !within(data->t, N * T, 76)) {
        return -1;
    }
    const ptrdiff_t most = training->batch_size < N ? training->batch_size : N;
    const struct {
        ptrdiff_t *x;
        ptrdiff_t *t;
    } batch = {(void *)(work), (void *)(work + most * T)};
    work = work + most * T + most * T;
    const int shuffle = training->shuffle && most < N;
    row_order order = {0};
    const ptrdiff_t often = 10000000 / (126705 * most * T + 394218) + 1;
    ptrdiff_t steps = 0;
    for (ptrdiff_t epoch = 0; epoch < training->epochs; epoch++) {
        double total = 0.0;
        if (shuffle) {
            shuffle_rows(&order, N, training->seed, (uint64_t)(training->start + epoch));
        }
        for (ptrdiff_t begin = 0; begin < N;) {
            double value = 0.0;
            const ptrdiff_t left = N - begin;
            const ptrdiff_t rows = left < most ? left : most;
            for (ptrdiff_t each = 0; shuffle && each < rows; each++) {
                const ptrdiff_t row = next_row(&order);
                memcpy(batch.x + each * T, data->x + row * T, (size_t)T * sizeof *batch.x);
                memcpy(batch.t + each * T, data->t + row * T, (size_t)T * sizeof *batch.t);
            }
            char_gru_data part = *data;
            part.x = shuffle ? batch.x : data->x + begin * T;
            part.t = shuffle ? batch.t : data->t + begin * T;
            if (char_gru_train_step(rows, T, params, state, &part, hyper, work, &value) != 0) {
                return -1;
            }
            total += value * (double)rows;
            begin += rows;
            if (++steps == often) {
                steps = 0;
                if (training->pause != NULL && training->pause(training->context) != 0) {
                    return 1;
                }
            }
        }
        losses[epoch] = total / (double)N;
        if (training->watch != NULL && training->watch(training->context, training->start + epoch,
                losses[epoch]) != 0) {
            return 1;
        }
    }
    return 0;
}

size_t char_gru_workspace_bytes(ptrdiff_t N, ptrdiff_t T)
{
    return (size_t)(CHAR_GRU_WORKSPACE(N, T)) * sizeof(double);
}

size_t char_gru_predict_workspace_bytes(ptrdiff_t N, ptrdiff_t T)
{
    return (size_t)(CHAR_GRU_PREDICT_WORKSPACE(N, T)) * sizeof(double);
}

const char *char_gru_build(void)
{
    return "7aa833f0a1f45743";
}

char_gru_hyper char_gru_default_hyper(void)
{
    const char_gru_hyper hyper = {.learning_rate = 0.005, .beta1 = 0.9, .beta2 = 0.999,
            .epsilon = 1e-08};
    return hyper;
}
