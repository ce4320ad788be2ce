/*
 * digits: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,64]
 *     label t[N] in 10
 *     param h_W[64,32]
 *     param h_b[32]
 *     param logits_W[32,10]
 *     param logits_b[10]
 *     h_z[n,j] = sum[i](x[n,i] * h_W[i,j])
 *     h_z[n,j] += h_b[j]
 *     h[n,j] = relu(h_z[n,j])
 *     logits[n,j] = sum[i](h[n,i] * logits_W[i,j])
 *     logits[n,j] += logits_b[j]
 *     output_Z[n] = sum[j](exp(logits[n,j]))
 *     output[n,j] = exp(logits[n,j]) / output_Z[n]
 *     loss_Z[n] = sum[j](exp(logits[n,j]))
 *     loss_sum = sum[n](log(loss_Z[n]) - logits[n,t[n]])
 *     loss = loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from digits.bp (network 7a816f8e5d602fc2):
 *     symbp build digits.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "digits.h"

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

static inline double relu(double x)
{
    return x <= 0.0 ? 0.0 : x;
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

/* h[n,j] = relu(h_z[n,j]) */
SHARED void compute_h_1(double *restrict h, ptrdiff_t count)
{
    const double *h_z = h;
    for (ptrdiff_t each = 0; each < count; each++) {
        h[each] = relu(h_z[each]);
    }
}

/* output_Z_max[n] = max[j](logits[n,j]) */
SHARED void compute_output_Z_max_1(ptrdiff_t N, const double *logits, double *restrict output_Z_max)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        double best = -INFINITY;
        for (ptrdiff_t j = 0; j < 10; j++) {
            best = maximum(best, logits[n * 10 + j]);
        }
        output_Z_max[n] = best;
    }
}

/* output_Z_shifted[n] = sum[j](v1[n,j]) */
SHARED void compute_output_Z_shifted_1(ptrdiff_t N, const double *v1,
        double *restrict output_Z_shifted)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        double sum = 0.0;
        for (ptrdiff_t j = 0; j < 10; j++) {
            sum += v1[n * 10 + j];
        }
        output_Z_shifted[n] = sum;
    }
}

/* dlogits_terms[n,j] = v1[n,j] / output_Z_shifted[n]  (of loss_Z) */
/* dlogits_terms[n,t[n]] += -1 */
SHARED void compute_dlogits_terms_1(ptrdiff_t N, double *restrict dlogits_terms, const double *v1,
        const double *output_Z_shifted)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            dlogits_terms[n * 10 + j] = v1[n * 10 + j] / output_Z_shifted[n];
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

/* dlogits_b[j] = sum[n](dlogits[n,j])  (of logits) */
SHARED void compute_dlogits_b_1(double *restrict dlogits_b, ptrdiff_t N, const double *dlogits)
{
    fill(dlogits_b, 10, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            dlogits_b[j] += dlogits[n * 10 + j];
        }
    }
}

/* dh_z[n,j] = where(h[n,j] > 0, dh[n,j], 0)  (of h) */
SHARED void compute_dh_z_1(double *restrict dh_z, ptrdiff_t count, const double *h)
{
    const double *dh = dh_z;
    for (ptrdiff_t each = 0; each < count; each++) {
        dh_z[each] = (h[each] > 0.0 ? dh[each] : 0.0);
    }
}

/* logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1_2 */
/* logits_b_v_next[j] = dlogits_b[j]**2 * v2 + logits_b_v[j] * beta2 */
/* logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3 /
   (sqrt(logits_b_v_next[j] * v4) + epsilon) */
SHARED void compute_logits_b_m_next_1(ptrdiff_t count, double *restrict logits_b_m, double beta1,
        double v1_2, const double *dlogits_b, double *restrict logits_b_v, double v2, double beta2,
        double *restrict logits_b, double learning_rate, double v3, double v4, double epsilon)
{
    for (ptrdiff_t j = 0; j < count; j++) {
        logits_b_m[j] = beta1 * logits_b_m[j] + v1_2 * dlogits_b[j];
        logits_b_v[j] = v2 * square(dlogits_b[j]) + beta2 * logits_b_v[j];
        logits_b[j] -= learning_rate * v3 * logits_b_m[j] / (sqrt(v4 * logits_b_v[j]) + epsilon);
    }
}

static void predict(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_outputs *outputs, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const double *h_W = params->h_W; /* (64, 32) */
    const double *h_b = params->h_b; /* (32,) */
    const double *logits_W = params->logits_W; /* (32, 10) */
    const double *logits_b = params->logits_b; /* (10,) */

    /* h_z[n,j] = h_b[j] + sum[i](x[n,i] * h_W[i,j]) */
    double *h_z = work + 2048; /* (N, 32) */
    multiply(N, 32, 64, 1.0, (matrix){x, 64, 1}, (matrix){h_W, 32, 1}, (matrix){h_b, 0, 1}, h_z, 32,
            1, work);

    /* h[n,j] = relu(h_z[n,j]) */
    double *h = h_z; /* (N, 32) */
    compute_h_1(h, 32 * N);

    /* logits[n,j] = logits_b[j] + sum[i](h[n,i] * logits_W[i,j]) */
    double *logits = outputs->output; /* (N, 10) */
    multiply(N, 10, 32, 1.0, (matrix){h, 32, 1}, (matrix){logits_W, 10, 1}, (matrix){logits_b, 0,
            1}, logits, 10, 1, work);

    /* output_Z_max[n] = max[j](logits[n,j]) */
    double *output_Z_max = work + 32 * N + 2048; /* (N,) */
    compute_output_Z_max_1(N, logits, output_Z_max);

    /* logits_shifted[n,j] = logits[n,j] - output_Z_max[n] */
    double *logits_shifted = logits; /* (N, 10) */
    /* v1[n,j] = exp(logits_shifted[n,j]) */
    double *v1 = logits_shifted; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            logits_shifted[n * 10 + j] = logits[n * 10 + j] - output_Z_max[n];
            v1[n * 10 + j] = fast_exp(logits_shifted[n * 10 + j]);
        }
    }

    /* output_Z_shifted[n] = sum[j](v1[n,j]) */
    double *output_Z_shifted = work + 32 * N + 2048; /* (N,) */
    compute_output_Z_shifted_1(N, v1, output_Z_shifted);

    /* output[n,j] = v1[n,j] / output_Z_shifted[n] */
    double *output = v1; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            output[n * 10 + j] = v1[n * 10 + j] / output_Z_shifted[n];
        }
    }
}

static double forward(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_tape *tape, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const ptrdiff_t *t = data->t; /* (N,) */
    const double *h_W = params->h_W; /* (64, 32) */
    const double *h_b = params->h_b; /* (32,) */
    const double *logits_W = params->logits_W; /* (32, 10) */
    const double *logits_b = params->logits_b; /* (10,) */

    /* h_z[n,j] = h_b[j] + sum[i](x[n,i] * h_W[i,j]) */
    double *h_z = tape->h; /* (N, 32) */
    multiply(N, 32, 64, 1.0, (matrix){x, 64, 1}, (matrix){h_W, 32, 1}, (matrix){h_b, 0, 1}, h_z, 32,
            1, work);

    /* h[n,j] = relu(h_z[n,j]) */
    double *h = h_z; /* (N, 32) */
    compute_h_1(h, 32 * N);

    /* logits[n,j] = logits_b[j] + sum[i](h[n,i] * logits_W[i,j]) */
    double *logits = work + 43 * N + 8192; /* (N, 10) */
    multiply(N, 10, 32, 1.0, (matrix){h, 32, 1}, (matrix){logits_W, 10, 1}, (matrix){logits_b, 0,
            1}, logits, 10, 1, work);

    /* output_Z_max[n] = max[j](logits[n,j]) */
    double *output_Z_max = work + 53 * N + 8192; /* (N,) */
    compute_output_Z_max_1(N, logits, output_Z_max);

    /* logits_shifted[n,j] = logits[n,j] - output_Z_max[n] */
    double *logits_shifted = logits; /* (N, 10) */
    /* v1[n,j] = exp(logits_shifted[n,j]) */
    double *v1 = tape->v1; /* (N, 10) */
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 10; j++) {
            logits_shifted[n * 10 + j] = logits[n * 10 + j] - output_Z_max[n];
            v1[n * 10 + j] = fast_exp(logits_shifted[n * 10 + j]);
        }
    }

    /* output_Z_shifted[n] = sum[j](v1[n,j]) */
    double *output_Z_shifted = tape->output_Z_shifted; /* (N,) */
    compute_output_Z_shifted_1(N, v1, output_Z_shifted);

    /* loss_sum = sum[n](log(output_Z_shifted[n]) - logits_shifted[n,t[n]]) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        loss_sum += fast_log(output_Z_shifted[n]) - logits_shifted[n * 10 + t[n]];
    }

    /* loss = loss_sum / N */
    const double loss = loss_sum / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_tape *tape, const digits_params *grads, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const ptrdiff_t *t = data->t; /* (N,) */
    const double *logits_W = params->logits_W; /* (32, 10) */
    const double *h = tape->h; /* (N, 32) */
    const double *output_Z_shifted = tape->output_Z_shifted; /* (N,) */
    const double *v1 = tape->v1; /* (N, 10) */

    /* dlogits_terms[n,j] = v1[n,j] / output_Z_shifted[n]  (of loss_Z) */
    /* dlogits_terms[n,t[n]] += -1 */
    double *dlogits_terms = work + 43 * N + 8192; /* (N, 10) */
    compute_dlogits_terms_1(N, dlogits_terms, v1, output_Z_shifted);
    for (ptrdiff_t n = 0; n < N; n++) {
        dlogits_terms[n * 10 + t[n]] -= 1.0;
    }

    /* dlogits[n,j] = dlogits_terms[n,j] / N  (of loss_Z) */
    double *dlogits = dlogits_terms; /* (N, 10) */
    compute_dlogits_1(dlogits, 10 * N, N);

    /* dlogits_b[j] = sum[n](dlogits[n,j])  (of logits) */
    double *dlogits_b = grads->logits_b; /* (10,) */
    compute_dlogits_b_1(dlogits_b, N, dlogits);

    /* dh[n,i] = sum[j](dlogits[n,j] * logits_W[i,j])  (of logits) */
    double *dh = work + 54 * N + 8192; /* (N, 32) */
    multiply(N, 32, 10, 1.0, (matrix){dlogits, 10, 1}, (matrix){logits_W, 1, 10}, NOTHING, dh, 32,
            1, work);

    /* dlogits_W[i,j] = sum[n](h[n,i] * dlogits[n,j])  (of logits) */
    double *dlogits_W = grads->logits_W; /* (32, 10) */
    multiply(32, 10, N, 1.0, (matrix){h, 1, 32}, (matrix){dlogits, 10, 1}, NOTHING, dlogits_W, 10,
            1, work);

    /* dh_z[n,j] = where(h[n,j] > 0, dh[n,j], 0)  (of h) */
    double *dh_z = dh; /* (N, 32) */
    compute_dh_z_1(dh_z, 32 * N, h);

    /* dh_b[j] = sum[n](dh_z[n,j])  (of h_z) */
    double *dh_b = grads->h_b; /* (32,) */
    multiply(1, 32, N, 1.0, ONES, (matrix){dh_z, 32, 1}, NOTHING, dh_b, 1, 1, work);

    /* dh_W[i,j] = sum[n](x[n,i] * dh_z[n,j])  (of h_z) */
    double *dh_W = grads->h_W; /* (64, 32) */
    multiply(64, 32, N, 1.0, (matrix){x, 1, 64}, (matrix){dh_z, 32, 1}, NOTHING, dh_W, 32, 1, work);
}

static void descend(ptrdiff_t N, const digits_params *params, const digits_state *state,
        const digits_data *data, const digits_hyper *hyper, const digits_tape *tape, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const ptrdiff_t *t = data->t; /* (N,) */
    double *h_W = params->h_W; /* (64, 32) */
    double *h_b = params->h_b; /* (32,) */
    double *logits_W = params->logits_W; /* (32, 10) */
    double *logits_b = params->logits_b; /* (10,) */
    const double *h = tape->h; /* (N, 32) */
    const double *output_Z_shifted = tape->output_Z_shifted; /* (N,) */
    const double *v1 = tape->v1; /* (N, 10) */
    const double step = *state->step;
    double *h_W_m = state->h_W_m; /* (64, 32) */
    double *h_W_v = state->h_W_v; /* (64, 32) */
    double *h_b_m = state->h_b_m; /* (32,) */
    double *h_b_v = state->h_b_v; /* (32,) */
    double *logits_W_m = state->logits_W_m; /* (32, 10) */
    double *logits_W_v = state->logits_W_v; /* (32, 10) */
    double *logits_b_m = state->logits_b_m; /* (10,) */
    double *logits_b_v = state->logits_b_v; /* (10,) */
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

    /* dlogits_terms[n,j] = v1[n,j] / output_Z_shifted[n]  (of loss_Z) */
    /* dlogits_terms[n,t[n]] += -1 */
    double *dlogits_terms = work + 43 * N + 8192; /* (N, 10) */
    compute_dlogits_terms_1(N, dlogits_terms, v1, output_Z_shifted);
    for (ptrdiff_t n = 0; n < N; n++) {
        dlogits_terms[n * 10 + t[n]] -= 1.0;
    }

    /* dlogits[n,j] = dlogits_terms[n,j] / N  (of loss_Z) */
    double *dlogits = dlogits_terms; /* (N, 10) */
    compute_dlogits_1(dlogits, 10 * N, N);

    /* dlogits_b[j] = sum[n](dlogits[n,j])  (of logits) */
    double *dlogits_b = work + 86 * N + 8192; /* (10,) */
    compute_dlogits_b_1(dlogits_b, N, dlogits);

    /* logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1_2 */
    /* logits_b_v_next[j] = dlogits_b[j]**2 * v2 + logits_b_v[j] * beta2 */
    /* logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3 /
       (sqrt(logits_b_v_next[j] * v4) + epsilon) */
    compute_logits_b_m_next_1(10, logits_b_m, beta1, v1_2, dlogits_b, logits_b_v, v2, beta2,
            logits_b, learning_rate, v3, v4, epsilon);

    /* dh[n,i] = sum[j](dlogits[n,j] * logits_W[i,j])  (of logits) */
    double *dh = work + 54 * N + 8192; /* (N, 32) */
    multiply(N, 32, 10, 1.0, (matrix){dlogits, 10, 1}, (matrix){logits_W, 1, 10}, NOTHING, dh, 32,
            1, work);

    /* dh_z[n,j] = where(h[n,j] > 0, dh[n,j], 0)  (of h) */
    double *dh_z = dh; /* (N, 32) */
    compute_dh_z_1(dh_z, 32 * N, h);

    /* dlogits_W[i,j] = sum[n](h[n,i] * dlogits[n,j])  (of logits) */
    double *dlogits_W = work + 86 * N + 8202; /* (32, 10) */
    multiply(32, 10, N, 1.0, (matrix){h, 1, 32}, (matrix){dlogits, 10, 1}, NOTHING, dlogits_W, 10,
            1, work);

    /* logits_W_m_next[i,j] = logits_W_m[i,j] * beta1 + dlogits_W[i,j] * v1_2 */
    /* logits_W_v_next[i,j] = dlogits_W[i,j]**2 * v2 + logits_W_v[i,j] * beta2 */
    /* logits_W_next[i,j] = logits_W[i,j] - logits_W_m_next[i,j] * learning_rate * v3 /
       (sqrt(logits_W_v_next[i,j] * v4) + epsilon) */
    compute_logits_b_m_next_1(320, logits_W_m, beta1, v1_2, dlogits_W, logits_W_v, v2, beta2,
            logits_W, learning_rate, v3, v4, epsilon);

    /* dh_b[j] = sum[n](dh_z[n,j])  (of h_z) */
    double *dh_b = work + 86 * N + 8522; /* (32,) */
    multiply(1, 32, N, 1.0, ONES, (matrix){dh_z, 32, 1}, NOTHING, dh_b, 1, 1, work);

    /* h_b_m_next[j] = h_b_m[j] * beta1 + dh_b[j] * v1_2 */
    /* h_b_v_next[j] = dh_b[j]**2 * v2 + h_b_v[j] * beta2 */
    /* h_b_next[j] = h_b[j] - h_b_m_next[j] * learning_rate * v3 / (sqrt(h_b_v_next[j] * v4) +
       epsilon) */
    compute_logits_b_m_next_1(32, h_b_m, beta1, v1_2, dh_b, h_b_v, v2, beta2, h_b, learning_rate,
            v3, v4, epsilon);

    /* dh_W[i,j] = sum[n](x[n,i] * dh_z[n,j])  (of h_z) */
    /* h_W_m_next[i,j] = h_W_m[i,j] * beta1 + dh_W[i,j] * v1_2 */
    /* h_W_v_next[i,j] = dh_W[i,j]**2 * v2 + h_W_v[i,j] * beta2 */
    /* h_W_next[i,j] = h_W[i,j] - h_W_m_next[i,j] * learning_rate * v3 / (sqrt(h_W_v_next[i,j] * v4)
       + epsilon) */
    double *dh_W = work + 86 * N + 8554; /* (64, 32) */
    {
        const ptrdiff_t block = N < 64 ? (N + 7) / 8 * 8 : 64;
        for (ptrdiff_t begin = 0; begin < 64; begin += block) {
            const ptrdiff_t part = 64 - begin < block ? 64 - begin : block;
            multiply(part, 32, N, 1.0, (matrix){x + begin, 1, 64}, (matrix){dh_z, 32, 1}, NOTHING,
                    dh_W, 32, 1, work);

            for (ptrdiff_t each = 0; each < 32 * part; each++) {
                h_W_m[each + 32 * begin] = beta1 * h_W_m[each + 32 * begin] + v1_2 * dh_W[each];
                h_W_v[each + 32 * begin] = v2 * square(dh_W[each]) + beta2 *
                        h_W_v[each + 32 * begin];
                h_W[each + 32 * begin] -= learning_rate * v3 * h_W_m[each + 32 * begin] / (sqrt(v4 *
                        h_W_v[each + 32 * begin]) + epsilon);
            }
        }
    }

    *state->step = step_next;
}

int digits_predict(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_outputs *outputs, double *work)
{
    if (N < 1) {
        return -1;
    }
    predict(N, params, data, outputs, work);
    return 0;
}

int digits_forward(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_tape *tape, double *work, double *loss)
{
    if (N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    *loss = forward(N, params, data, tape, work);
    return 0;
}

int digits_backward(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_tape *tape, const digits_params *grads, double *work)
{
    if (N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    backward(N, params, data, tape, grads, work);
    return 0;
}

int digits_value_and_grad(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_params *grads, double *work, double *loss)
{
    if (N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    const digits_tape tape = {work + 8192, work + 32 * N + 8192, work + 33 * N + 8192};
    *loss = forward(N, params, data, &tape, work);
    backward(N, params, data, &tape, grads, work);
    return 0;
}

int digits_train_step(ptrdiff_t N, const digits_params *params, const digits_state *state,
        const digits_data *data, const digits_hyper *hyper, double *work, double *loss)
{
    if (N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    const digits_tape tape = {work + 8192, work + 32 * N + 8192, work + 33 * N + 8192};
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

int digits_fit(ptrdiff_t N, const digits_params *params, const digits_state *state,
        const digits_data *data, const digits_hyper *hyper, const digits_training *training,
        double *work, double *losses)
{
    if (training->batch_size < 1 || N < 1 || !within(data->t, N, 10)) {
        return -1;
    }
    const ptrdiff_t most = training->batch_size < N ? training->batch_size : N;
    const struct {
        ptrdiff_t *t;
        double *x;
    } batch = {(void *)(work), work + most};
    work = work + most + most * 64;
    const int shuffle = training->shuffle && most < N;
    row_order order = {0};
    const ptrdiff_t often = 10000000 / (10397 * most + 43397) + 1;
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
                memcpy(batch.t + each, data->t + row, sizeof *batch.t);
                memcpy(batch.x + each * 64, data->x + row * 64, 64 * sizeof *batch.x);
            }
            digits_data part = *data;
            part.t = shuffle ? batch.t : data->t + begin;
            part.x = shuffle ? batch.x : data->x + begin * 64;
            if (digits_train_step(rows, params, state, &part, hyper, work, &value) != 0) {
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

size_t digits_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(DIGITS_WORKSPACE(N)) * sizeof(double);
}

size_t digits_predict_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(DIGITS_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *digits_build(void)
{
    return "b1a845c6df80a784";
}

digits_hyper digits_default_hyper(void)
{
    const digits_hyper hyper = {.learning_rate = 0.001, .beta1 = 0.9, .beta2 = 0.999,
            .epsilon = 1e-08};
    return hyper;
}
