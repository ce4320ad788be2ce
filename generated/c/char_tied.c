/*
 * char_tied: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,8] in 76
 *     label t[N] in 76
 *     param c[76]
 *     param e_E[76,24]
 *     param h_W[192,64]
 *     param h_b[64]
 *     param z_W[64,24]
 *     param z_b[24]
 *     e[n,k,d] = e_E[x[n,k],d]
 *     flatten[n,i1 + 24 * i0] = e[n,i0,i1]
 *     h_z[n,j] = sum[i](flatten[n,i] * h_W[i,j])
 *     h_z[n,j] += h_b[j]
 *     h[n,j] = tanh(h_z[n,j])
 *     z[n,j] = sum[i](h[n,i] * z_W[i,j])
 *     z[n,j] += z_b[j]
 *     logits[n,k] = sum[d](z[n,d] * e_E[k,d])
 *     logits[n,k] += c[k]
 *     loss_Z[n] = sum[j](exp(logits[n,j]))
 *     loss_sum = sum[n](log(loss_Z[n]) - logits[n,t[n]])
 *     loss = loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from char_tied.bp (network 27bdb9e33e25213b):
 *     symbp build char_tied.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "char_tied.h"

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

/* flatten[n,i1 + 24 * i0] = e_E[x[n,i0],i1] */
SHARED void compute_flatten_1(ptrdiff_t N, double *restrict flatten, const double *e_E,
        const ptrdiff_t *x)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t i0 = 0; i0 < 8; i0++) {
            for (ptrdiff_t i1 = 0; i1 < 24; i1++) {
                flatten[n * 192 + i1 + 24 * i0] = e_E[x[n * 8 + i0] * 24 + i1];
            }
        }
    }
}

/* h[n,j] = tanh(h_z[n,j]) */
SHARED void compute_h_1(double *restrict h, ptrdiff_t count)
{
    const double *h_z = h;
    for (ptrdiff_t each = 0; each < count; each++) {
        h[each] = fast_tanh(h_z[each]);
    }
}

/* dlogits_terms[n,j] = v1[n,j] / loss_Z_shifted[n]  (of loss_Z) */
/* dlogits_terms[n,t[n]] += -1 */
SHARED void compute_dlogits_terms_1(ptrdiff_t N, double *restrict dlogits_terms, const double *v1,
        const double *loss_Z_shifted)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 76; j++) {
            dlogits_terms[n * 76 + j] = v1[n * 76 + j] / loss_Z_shifted[n];
        }
    }
}

/* dlogits[n,j] = dlogits_terms[n,j] / N  (of loss_Z) */
SHARED void compute_dlogits_1(double *restrict dlogits, ptrdiff_t count, ptrdiff_t N)
{
    const double *dlogits_terms = dlogits;
    for (ptrdiff_t each = 0; each < count; each++) {
        dlogits[each] = 1.0 / (double)N * dlogits_terms[each];
    }
}

/* dz_b[j] = sum[n](dz[n,j])  (of z) */
SHARED void compute_dz_b_1(double *restrict dz_b, ptrdiff_t N, const double *dz)
{
    fill(dz_b, 24, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 24; j++) {
            dz_b[j] += dz[n * 24 + j];
        }
    }
}

/* dh_z[n,j] = (1 - h[n,j]**2) * dh[n,j]  (of h) */
SHARED void compute_dh_z_1(double *restrict dh_z, ptrdiff_t count, const double *h)
{
    const double *dh = dh_z;
    for (ptrdiff_t each = 0; each < count; each++) {
        dh_z[each] = (1.0 - square(h[each])) * dh[each];
    }
}

SHARED void compute_de_E_1(ptrdiff_t count, ptrdiff_t N, double *restrict de_E, const ptrdiff_t *x,
        const double *dflatten)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        for (ptrdiff_t n = 0; n < N; n++) {
            for (ptrdiff_t d = 0; d < 24; d++) {
                de_E[x[n * 8 + k] * 24 + d] += dflatten[n * 192 + d + 24 * k];
            }
        }
    }
}

/* c_m_next[j] = c_m[j] * beta1 + dc[j] * v1_2 */
/* c_v_next[j] = dc[j]**2 * v2 + c_v[j] * beta2 */
/* c_next[j] = c[j] - c_m_next[j] * learning_rate * v3 / (sqrt(c_v_next[j] * v4) + epsilon) */
SHARED void compute_c_m_next_1(ptrdiff_t count, double *restrict c_m, double beta1, double v1_2,
        const double *dc, double *restrict c_v, double v2, double beta2, double *restrict c,
        double learning_rate, double v3, double v4, double epsilon)
{
    for (ptrdiff_t j = 0; j < count; j++) {
        c_m[j] = beta1 * c_m[j] + v1_2 * dc[j];
        c_v[j] = v2 * square(dc[j]) + beta2 * c_v[j];
        c[j] -= learning_rate * v3 * c_m[j] / (sqrt(v4 * c_v[j]) + epsilon);
    }
}

static void predict(ptrdiff_t N, const char_tied_params *params, const char_tied_data *data,
        const char_tied_outputs *outputs, double *work)
{
    const ptrdiff_t *x = data->x; /* (N, 8) */
    const double *c = params->c; /* (76,) */
    const double *e_E = params->e_E; /* (76, 24) */
    const double *h_W = params->h_W; /* (192, 64) */
    const double *h_b = params->h_b; /* (64,) */
    const double *z_W = params->z_W; /* (64, 24) */
    const double *z_b = params->z_b; /* (24,) */

    /* flatten[n,i1 + 24 * i0] = e_E[x[n,i0],i1] */
    double *flatten = work + 6144; /* (N, 192) */
    compute_flatten_1(N, flatten, e_E, x);

    /* h_z[n,j] = h_b[j] + sum[i](flatten[n,i] * h_W[i,j]) */
    double *h_z = work + 192 * N + 6144; /* (N, 64) */
    multiply(N, 64, 192, 1.0, (matrix){flatten, 192, 1}, (matrix){h_W, 64, 1}, (matrix){h_b, 0, 1},
            h_z, 64, 1, work);

    /* h[n,j] = tanh(h_z[n,j]) */
    double *h = h_z; /* (N, 64) */
    compute_h_1(h, 64 * N);

    /* z[n,j] = z_b[j] + sum[i](h[n,i] * z_W[i,j]) */
    double *z = work + 256 * N + 6144; /* (N, 24) */
    multiply(N, 24, 64, 1.0, (matrix){h, 64, 1}, (matrix){z_W, 24, 1}, (matrix){z_b, 0, 1}, z, 24,
            1, work);

    /* logits[n,k] = c[k] + sum[d](z[n,d] * e_E[k,d]) */
    double *logits = outputs->logits; /* (N, 76) */
    multiply(N, 76, 24, 1.0, (matrix){z, 24, 1}, (matrix){e_E, 1, 24}, (matrix){c, 0, 1}, logits,
            76, 1, work);
}

static double forward(ptrdiff_t N, const char_tied_params *params, const char_tied_data *data,
        const char_tied_tape *tape, double *work)
{
    const ptrdiff_t *x = data->x; /* (N, 8) */
    const ptrdiff_t *t = data->t; /* (N,) */
    const double *c = params->c; /* (76,) */
    const double *e_E = params->e_E; /* (76, 24) */
    const double *h_W = params->h_W; /* (192, 64) */
    const double *h_b = params->h_b; /* (64,) */
    const double *z_W = params->z_W; /* (64, 24) */
    const double *z_b = params->z_b; /* (24,) */

    /* flatten[n,i1 + 24 * i0] = e_E[x[n,i0],i1] */
    double *flatten = tape->flatten; /* (N, 192) */
    compute_flatten_1(N, flatten, e_E, x);

    /* h_z[n,j] = h_b[j] + sum[i](flatten[n,i] * h_W[i,j]) */
    double *h_z = tape->h; /* (N, 64) */
    multiply(N, 64, 192, 1.0, (matrix){flatten, 192, 1}, (matrix){h_W, 64, 1}, (matrix){h_b, 0, 1},
            h_z, 64, 1, work);

    /* h[n,j] = tanh(h_z[n,j]) */
    double *h = h_z; /* (N, 64) */
    compute_h_1(h, 64 * N);

    /* z[n,j] = z_b[j] + sum[i](h[n,i] * z_W[i,j]) */
    double *z = tape->z; /* (N, 24) */
    multiply(N, 24, 64, 1.0, (matrix){h, 64, 1}, (matrix){z_W, 24, 1}, (matrix){z_b, 0, 1}, z, 24,
            1, work);

    /* logits[n,k] = c[k] + sum[d](z[n,d] * e_E[k,d]) */
    double *logits = work + 357 * N + 8192; /* (N, 76) */
    multiply(N, 76, 24, 1.0, (matrix){z, 24, 1}, (matrix){e_E, 1, 24}, (matrix){c, 0, 1}, logits,
            76, 1, work);

    /* loss_Z_max[n] = max[j](logits[n,j]) */
    double *loss_Z_max = work + 433 * N + 8192; /* (N,) */
    for (ptrdiff_t n = 0; n < N; n++) {
        double best = -INFINITY;
        for (ptrdiff_t j = 0; j < 76; j++) {
            best = maximum(best, logits[n * 76 + j]);
        }
        loss_Z_max[n] = best;
    }

    /* logits_shifted[n,j] = logits[n,j] - loss_Z_max[n] */
    double *logits_shifted = logits; /* (N, 76) */
    /* v1[n,j] = exp(logits_shifted[n,j]) */
    double *v1 = tape->v1; /* (N, 76) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 76; j++) {
            logits_shifted[n * 76 + j] = logits[n * 76 + j] - loss_Z_max[n];
            v1[n * 76 + j] = fast_exp(logits_shifted[n * 76 + j]);
        }
    }

    /* loss_Z_shifted[n] = sum[j](v1[n,j]) */
    double *loss_Z_shifted = tape->loss_Z_shifted; /* (N,) */
    for (ptrdiff_t n = 0; n < N; n++) {
        double sum = 0.0;
        sum += total(v1 + 76 * n, 76);
        loss_Z_shifted[n] = sum;
    }

    /* loss_sum = sum[n](log(loss_Z_shifted[n]) - logits_shifted[n,t[n]]) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        loss_sum += fast_log(loss_Z_shifted[n]) - logits_shifted[n * 76 + t[n]];
    }

    /* loss = loss_sum / N */
    const double loss = loss_sum / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const char_tied_params *params, const char_tied_data *data,
        const char_tied_tape *tape, const char_tied_params *grads, double *work)
{
    const ptrdiff_t *x = data->x; /* (N, 8) */
    const ptrdiff_t *t = data->t; /* (N,) */
    const double *e_E = params->e_E; /* (76, 24) */
    const double *h_W = params->h_W; /* (192, 64) */
    const double *z_W = params->z_W; /* (64, 24) */
    const double *flatten = tape->flatten; /* (N, 192) */
    const double *h = tape->h; /* (N, 64) */
    const double *z = tape->z; /* (N, 24) */
    const double *loss_Z_shifted = tape->loss_Z_shifted; /* (N,) */
    const double *v1 = tape->v1; /* (N, 76) */

    /* dlogits_terms[n,j] = v1[n,j] / loss_Z_shifted[n]  (of loss_Z) */
    /* dlogits_terms[n,t[n]] += -1 */
    double *dlogits_terms = work + 357 * N + 8192; /* (N, 76) */
    compute_dlogits_terms_1(N, dlogits_terms, v1, loss_Z_shifted);
    for (ptrdiff_t n = 0; n < N; n++) {
        dlogits_terms[n * 76 + t[n]] -= 1.0;
    }

    /* dlogits[n,j] = dlogits_terms[n,j] / N  (of loss_Z) */
    double *dlogits = dlogits_terms; /* (N, 76) */
    compute_dlogits_1(dlogits, 76 * N, N);

    /* dc[k] = sum[n](dlogits[n,k])  (of logits) */
    double *dc = grads->c; /* (76,) */
    multiply(1, 76, N, 1.0, ONES, (matrix){dlogits, 76, 1}, NOTHING, dc, 1, 1, work);

    /* dz[n,d] = sum[k](dlogits[n,k] * e_E[k,d])  (of logits) */
    double *dz = work + 434 * N + 8192; /* (N, 24) */
    multiply(N, 24, 76, 1.0, (matrix){dlogits, 76, 1}, (matrix){e_E, 24, 1}, NOTHING, dz, 24, 1,
            work);

    /* dz_b[j] = sum[n](dz[n,j])  (of z) */
    double *dz_b = grads->z_b; /* (24,) */
    compute_dz_b_1(dz_b, N, dz);

    /* dh[n,i] = sum[j](dz[n,j] * z_W[i,j])  (of z) */
    double *dh = work + 458 * N + 8192; /* (N, 64) */
    multiply(N, 64, 24, 1.0, (matrix){dz, 24, 1}, (matrix){z_W, 1, 24}, NOTHING, dh, 64, 1, work);

    /* dz_W[i,j] = sum[n](h[n,i] * dz[n,j])  (of z) */
    double *dz_W = grads->z_W; /* (64, 24) */
    multiply(64, 24, N, 1.0, (matrix){h, 1, 64}, (matrix){dz, 24, 1}, NOTHING, dz_W, 24, 1, work);

    /* dh_z[n,j] = (1 - h[n,j]**2) * dh[n,j]  (of h) */
    double *dh_z = dh; /* (N, 64) */
    compute_dh_z_1(dh_z, 64 * N, h);

    /* dh_b[j] = sum[n](dh_z[n,j])  (of h_z) */
    double *dh_b = grads->h_b; /* (64,) */
    multiply(1, 64, N, 1.0, ONES, (matrix){dh_z, 64, 1}, NOTHING, dh_b, 1, 1, work);

    /* dflatten[n,i] = sum[j](dh_z[n,j] * h_W[i,j])  (of h_z) */
    double *dflatten = work + 522 * N + 8192; /* (N, 192) */
    multiply(N, 192, 64, 1.0, (matrix){dh_z, 64, 1}, (matrix){h_W, 1, 64}, NOTHING, dflatten, 192,
            1, work);

    /* dh_W[i,j] = sum[n](flatten[n,i] * dh_z[n,j])  (of h_z) */
    double *dh_W = grads->h_W; /* (192, 64) */
    multiply(192, 64, N, 1.0, (matrix){flatten, 1, 192}, (matrix){dh_z, 64, 1}, NOTHING, dh_W, 64,
            1, work);

    /* de_E[k,d] = sum[n](dlogits[n,k] * z[n,d])  (of logits) */
    /* de_E[x[n,k],d] += dflatten[n,d + 24 * k] */
    double *de_E = grads->e_E; /* (76, 24) */
    multiply(76, 24, N, 1.0, (matrix){dlogits, 1, 76}, (matrix){z, 24, 1}, NOTHING, de_E, 24, 1,
            work);
    compute_de_E_1(8, N, de_E, x, dflatten);
}

static void descend(ptrdiff_t N, const char_tied_params *params, const char_tied_state *state,
        const char_tied_data *data, const char_tied_hyper *hyper, const char_tied_tape *tape,
        double *work)
{
    const ptrdiff_t *x = data->x; /* (N, 8) */
    const ptrdiff_t *t = data->t; /* (N,) */
    double *c = params->c; /* (76,) */
    double *e_E = params->e_E; /* (76, 24) */
    double *h_W = params->h_W; /* (192, 64) */
    double *h_b = params->h_b; /* (64,) */
    double *z_W = params->z_W; /* (64, 24) */
    double *z_b = params->z_b; /* (24,) */
    const double *flatten = tape->flatten; /* (N, 192) */
    const double *h = tape->h; /* (N, 64) */
    const double *z = tape->z; /* (N, 24) */
    const double *loss_Z_shifted = tape->loss_Z_shifted; /* (N,) */
    const double *v1 = tape->v1; /* (N, 76) */
    const double step = *state->step;
    double *c_m = state->c_m; /* (76,) */
    double *c_v = state->c_v; /* (76,) */
    double *e_E_m = state->e_E_m; /* (76, 24) */
    double *e_E_v = state->e_E_v; /* (76, 24) */
    double *h_W_m = state->h_W_m; /* (192, 64) */
    double *h_W_v = state->h_W_v; /* (192, 64) */
    double *h_b_m = state->h_b_m; /* (64,) */
    double *h_b_v = state->h_b_v; /* (64,) */
    double *z_W_m = state->z_W_m; /* (64, 24) */
    double *z_W_v = state->z_W_v; /* (64, 24) */
    double *z_b_m = state->z_b_m; /* (24,) */
    double *z_b_v = state->z_b_v; /* (24,) */
    const double learning_rate = hyper->learning_rate;
    const double beta1 = hyper->beta1;
    const double beta2 = hyper->beta2;
    const double epsilon = hyper->epsilon;

    /* step_next = step + 1 */
    const double step_next = step + 1.0;

    /* v1_2 = 1 - beta1 */
    const double v1_2 = 1.0 - beta1;

    /* v2 = 1 - beta2 */
    const double v2 = 1.0 - beta2;

    /* v3 = 1 / (1 - beta1**step_next) */
    const double v3 = 1.0 / (1.0 - pow(beta1, step_next));

    /* v4 = 1 / (1 - beta2**step_next) */
    const double v4 = 1.0 / (1.0 - pow(beta2, step_next));

    /* dlogits_terms[n,j] = v1[n,j] / loss_Z_shifted[n]  (of loss_Z) */
    /* dlogits_terms[n,t[n]] += -1 */
    double *dlogits_terms = work + 357 * N + 8192; /* (N, 76) */
    compute_dlogits_terms_1(N, dlogits_terms, v1, loss_Z_shifted);
    for (ptrdiff_t n = 0; n < N; n++) {
        dlogits_terms[n * 76 + t[n]] -= 1.0;
    }

    /* dlogits[n,j] = dlogits_terms[n,j] / N  (of loss_Z) */
    double *dlogits = dlogits_terms; /* (N, 76) */
    compute_dlogits_1(dlogits, 76 * N, N);

    /* dc[k] = sum[n](dlogits[n,k])  (of logits) */
    double *dc = work + 714 * N + 8192; /* (76,) */
    multiply(1, 76, N, 1.0, ONES, (matrix){dlogits, 76, 1}, NOTHING, dc, 1, 1, work);

    /* c_m_next[j] = c_m[j] * beta1 + dc[j] * v1_2 */
    /* c_v_next[j] = dc[j]**2 * v2 + c_v[j] * beta2 */
    /* c_next[j] = c[j] - c_m_next[j] * learning_rate * v3 / (sqrt(c_v_next[j] * v4) + epsilon) */
    compute_c_m_next_1(76, c_m, beta1, v1_2, dc, c_v, v2, beta2, c, learning_rate, v3, v4, epsilon);

    /* dz[n,d] = sum[k](dlogits[n,k] * e_E[k,d])  (of logits) */
    double *dz = work + 434 * N + 8192; /* (N, 24) */
    multiply(N, 24, 76, 1.0, (matrix){dlogits, 76, 1}, (matrix){e_E, 24, 1}, NOTHING, dz, 24, 1,
            work);

    /* dz_b[j] = sum[n](dz[n,j])  (of z) */
    double *dz_b = work + 714 * N + 8268; /* (24,) */
    compute_dz_b_1(dz_b, N, dz);

    /* z_b_m_next[j] = z_b_m[j] * beta1 + dz_b[j] * v1_2 */
    /* z_b_v_next[j] = dz_b[j]**2 * v2 + z_b_v[j] * beta2 */
    /* z_b_next[j] = z_b[j] - z_b_m_next[j] * learning_rate * v3 / (sqrt(z_b_v_next[j] * v4) +
       epsilon) */
    compute_c_m_next_1(24, z_b_m, beta1, v1_2, dz_b, z_b_v, v2, beta2, z_b, learning_rate, v3, v4,
            epsilon);

    /* dh[n,i] = sum[j](dz[n,j] * z_W[i,j])  (of z) */
    double *dh = work + 458 * N + 8192; /* (N, 64) */
    multiply(N, 64, 24, 1.0, (matrix){dz, 24, 1}, (matrix){z_W, 1, 24}, NOTHING, dh, 64, 1, work);

    /* dh_z[n,j] = (1 - h[n,j]**2) * dh[n,j]  (of h) */
    double *dh_z = dh; /* (N, 64) */
    compute_dh_z_1(dh_z, 64 * N, h);

    /* dz_W[i,j] = sum[n](h[n,i] * dz[n,j])  (of z) */
    double *dz_W = work + 714 * N + 8292; /* (64, 24) */
    multiply(64, 24, N, 1.0, (matrix){h, 1, 64}, (matrix){dz, 24, 1}, NOTHING, dz_W, 24, 1, work);

    /* z_W_m_next[i,j] = z_W_m[i,j] * beta1 + dz_W[i,j] * v1_2 */
    /* z_W_v_next[i,j] = dz_W[i,j]**2 * v2 + z_W_v[i,j] * beta2 */
    /* z_W_next[i,j] = z_W[i,j] - z_W_m_next[i,j] * learning_rate * v3 / (sqrt(z_W_v_next[i,j] * v4)
       + epsilon) */
    compute_c_m_next_1(1536, z_W_m, beta1, v1_2, dz_W, z_W_v, v2, beta2, z_W, learning_rate, v3, v4,
            epsilon);

    /* dh_b[j] = sum[n](dh_z[n,j])  (of h_z) */
    double *dh_b = work + 714 * N + 9828; /* (64,) */
    multiply(1, 64, N, 1.0, ONES, (matrix){dh_z, 64, 1}, NOTHING, dh_b, 1, 1, work);

    /* h_b_m_next[j] = h_b_m[j] * beta1 + dh_b[j] * v1_2 */
    /* h_b_v_next[j] = dh_b[j]**2 * v2 + h_b_v[j] * beta2 */
    /* h_b_next[j] = h_b[j] - h_b_m_next[j] * learning_rate * v3 / (sqrt(h_b_v_next[j] * v4) +
       epsilon) */
    compute_c_m_next_1(64, h_b_m, beta1, v1_2, dh_b, h_b_v, v2, beta2, h_b, learning_rate, v3, v4,
            epsilon);

    /* dflatten[n,i] = sum[j](dh_z[n,j] * h_W[i,j])  (of h_z) */
    double *dflatten = work + 522 * N + 8192; /* (N, 192) */
    multiply(N, 192, 64, 1.0, (matrix){dh_z, 64, 1}, (matrix){h_W, 1, 64}, NOTHING, dflatten, 192,
            1, work);

    /* dh_W[i,j] = sum[n](flatten[n,i] * dh_z[n,j])  (of h_z) */
    /* h_W_m_next[i,j] = h_W_m[i,j] * beta1 + dh_W[i,j] * v1_2 */
    /* h_W_v_next[i,j] = dh_W[i,j]**2 * v2 + h_W_v[i,j] * beta2 */
    /* h_W_next[i,j] = h_W[i,j] - h_W_m_next[i,j] * learning_rate * v3 / (sqrt(h_W_v_next[i,j] * v4)
       + epsilon) */
    double *dh_W = work + 714 * N + 9892; /* (192, 64) */
    {
        const ptrdiff_t block = N < 192 ? (N + 7) / 8 * 8 : 192;
        for (ptrdiff_t begin = 0; begin < 192; begin += block) {
            const ptrdiff_t part = 192 - begin < block ? 192 - begin : block;
            multiply(part, 64, N, 1.0, (matrix){flatten + begin, 1, 192}, (matrix){dh_z, 64, 1},
                    NOTHING, dh_W, 64, 1, work);

            for (ptrdiff_t each = 0; each < 64 * part; each++) {
                h_W_m[each + 64 * begin] = beta1 * h_W_m[each + 64 * begin] + v1_2 * dh_W[each];
                h_W_v[each + 64 * begin] = v2 * square(dh_W[each]) + beta2 *
                        h_W_v[each + 64 * begin];
                h_W[each + 64 * begin] -= learning_rate * v3 * h_W_m[each + 64 * begin] / (sqrt(v4 *
                        h_W_v[each + 64 * begin]) + epsilon);
            }
        }
    }

    /* de_E[k,d] = sum[n](dlogits[n,k] * z[n,d])  (of logits) */
    /* de_E[x[n,k],d] += dflatten[n,d + 24 * k] */
    double *de_E = work + 714 * N + 22180; /* (76, 24) */
    multiply(76, 24, N, 1.0, (matrix){dlogits, 1, 76}, (matrix){z, 24, 1}, NOTHING, de_E, 24, 1,
            work);
    compute_de_E_1(8, N, de_E, x, dflatten);

    /* e_E_m_next[i,j] = e_E_m[i,j] * beta1 + de_E[i,j] * v1_2 */
    /* e_E_v_next[i,j] = de_E[i,j]**2 * v2 + e_E_v[i,j] * beta2 */
    /* e_E_next[i,j] = e_E[i,j] - e_E_m_next[i,j] * learning_rate * v3 / (sqrt(e_E_v_next[i,j] * v4)
       + epsilon) */
    compute_c_m_next_1(1824, e_E_m, beta1, v1_2, de_E, e_E_v, v2, beta2, e_E, learning_rate, v3, v4,
            epsilon);

    *state->step = step_next;
}

int char_tied_predict(ptrdiff_t N, const char_tied_params *params, const char_tied_data *data,
        const char_tied_outputs *outputs, double *work)
{
    if (N < 1 || !within(data->x, 8 * N, 76)) {
        return -1;
    }
    predict(N, params, data, outputs, work);
    return 0;
}

int char_tied_forward(ptrdiff_t N, const char_tied_params *params, const char_tied_data *data,
        const char_tied_tape *tape, double *work, double *loss)
{
    if (N < 1 || !within(data->x, 8 * N, 76) || !within(data->t, N, 76)) {
        return -1;
    }
    *loss = forward(N, params, data, tape, work);
    return 0;
}

int char_tied_backward(ptrdiff_t N, const char_tied_params *params, const char_tied_data *data,
        const char_tied_tape *tape, const char_tied_params *grads, double *work)
{
    if (N < 1 || !within(data->x, 8 * N, 76) || !within(data->t, N, 76)) {
        return -1;
    }
    backward(N, params, data, tape, grads, work);
    return 0;
}

int char_tied_value_and_grad(ptrdiff_t N, const char_tied_params *params,
        const char_tied_data *data, const char_tied_params *grads, double *work, double *loss)
{
    if (N < 1 || !within(data->x, 8 * N, 76) || !within(data->t, N, 76)) {
        return -1;
    }
    const char_tied_tape tape = {work + 8192, work + 192 * N + 8192, work + 256 * N + 8192, work +
            280 * N + 8192, work + 281 * N + 8192};
    *loss = forward(N, params, data, &tape, work);
    backward(N, params, data, &tape, grads, work);
    return 0;
}

int char_tied_train_step(ptrdiff_t N, const char_tied_params *params, const char_tied_state *state,
        const char_tied_data *data, const char_tied_hyper *hyper, double *work, double *loss)
{
    if (N < 1 || !within(data->x, 8 * N, 76) || !within(data->t, N, 76)) {
        return -1;
    }
    const char_tied_tape tape = {work + 8192, work + 192 * N + 8192, work + 256 * N + 8192, work +
            280 * N + 8192, work + 281 * N + 8192};
    *loss = forward(N, params, data, &tape, work);
    descend(N, params, state, data, hyper, &tape, work);
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

int char_tied_fit(ptrdiff_t N, const char_tied_params *params, const char_tied_state *state,
        const char_tied_data *data, const char_tied_hyper *hyper,
        const char_tied_training *training, double *work, double *losses)
{
    if (training->batch_size < 1 || N < 1 || !within(data->x, 8 * N, 76) || !within(data->t, N,
            76)) {
        return -1;
    }
    const ptrdiff_t most = training->batch_size < N ? training->batch_size : N;
    const struct {
        ptrdiff_t *x;
        ptrdiff_t *t;
    } batch = {(void *)(work), (void *)(work + most * 8)};
    work = work + most * 8 + most;
    const int shuffle = training->shuffle && most < N;
    row_order order = {0};
    const ptrdiff_t often = 10000000 / (96133 * most + 284633) + 1;
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
                memcpy(batch.x + each * 8, data->x + row * 8, 8 * sizeof *batch.x);
                memcpy(batch.t + each, data->t + row, sizeof *batch.t);
            }
            char_tied_data part = *data;
            part.x = shuffle ? batch.x : data->x + begin * 8;
            part.t = shuffle ? batch.t : data->t + begin;
            if (char_tied_train_step(rows, params, state, &part, hyper, work, &value) != 0) {
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

size_t char_tied_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(CHAR_TIED_WORKSPACE(N)) * sizeof(double);
}

size_t char_tied_predict_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(CHAR_TIED_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *char_tied_build(void)
{
    return "42a958f2d7ab6171";
}

char_tied_hyper char_tied_default_hyper(void)
{
    const char_tied_hyper hyper = {.learning_rate = 0.001, .beta1 = 0.9, .beta2 = 0.999,
            .epsilon = 1e-08};
    return hyper;
}
