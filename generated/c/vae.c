/*
 * vae: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,64]
 *     noise e_u[2,N,8]
 *     param a_W[64,128]
 *     param a_b[128]
 *     param mean_z_W[128,8]
 *     param mean_z_b[8]
 *     param log_v_W[128,8]
 *     param log_v_b[8]
 *     param b_W[8,128]
 *     param b_b[128]
 *     param logits_W[128,64]
 *     param logits_b[64]
 *     e[n,j] = sqrt(2) * sqrt(-log(1 - e_u[0,n,j])) * cos(2 * pi * e_u[1,n,j])
 *     a_z[n,j] = sum[i](x[n,i] * a_W[i,j])
 *     a_z[n,j] += a_b[j]
 *     a[n,j] = relu(a_z[n,j])
 *     mean_z[n,j] = sum[i](a[n,i] * mean_z_W[i,j])
 *     mean_z[n,j] += mean_z_b[j]
 *     log_v[n,j] = sum[i](a[n,i] * log_v_W[i,j])
 *     log_v[n,j] += log_v_b[j]
 *     z[n,j] = e[n,j] * exp(0.5 * log_v[n,j]) + mean_z[n,j]
 *     b_z[n,j] = sum[i](z[n,i] * b_W[i,j])
 *     b_z[n,j] += b_b[j]
 *     b[n,j] = relu(b_z[n,j])
 *     logits[n,j] = sum[i](b[n,i] * logits_W[i,j])
 *     logits[n,j] += logits_b[j]
 *     p[n,j] = sigmoid(logits[n,j])
 *     loss_sum = sum[n,j](softplus(logits[n,j]) - logits[n,j] * x[n,j])
 *     loss_sum_2 = sum[n,j](0.5 * (mean_z[n,j]**2 + exp(log_v[n,j]) - log_v[n,j] - 1))
 *     loss = loss_sum / N + loss_sum_2 / N
 *
 * In a prediction:
 *     z[n,j] = mean_z[n,j]
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from vae.bp (network 05da02787e585dfa):
 *     symbp build vae.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "vae.h"

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

/* e^x - 1 = 2^k (e^r - 1) + 2^k - 1, in halves that do not overflow; within 3 units. */
static inline double fast_expm1(double x)
{
    double y = x > 710.0 ? 710.0 : x;
    y = x < -40.0 ? -40.0 : y;
    const double k = nearest(y * 1.4426950408889634);
    const double power = power_of_two(k - 1.0);
    return copysign(2.0 * (power * small_expm1(less_logs(y, k)) + (power - 0.5)), x);
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

/* log(1 + x), within 3 units in the last place: 2^-k (1 + x) - 1 is rounded but once. */
static inline double fast_log1p(double x)
{
    double y = x > 1.7976931348623157e308 ? 1.7976931348623157e308 : x;
    y *= x > 1e300 ? 5.551115123125783e-17 : 1.0; /* 2^-54, lest 2^-k be no normal number */
    const double above = x > 1e300 ? 54.0 : 0.0;
    const double k = exponent(1.0 + y);
    const double power = power_of_two(-k);
    return copysign(logarithm(k + above, power * y + (power - 1.0)) + end_of_log(1.0 + x), x);
}

/* The same for 0 <= x <= 1. */
static inline double small_log1p(double x)
{
    const double power = x > 0.41421356237309503 ? 0.5 : 1.0;
    const double k = x > 0.41421356237309503 ? 1.0 : 0.0;
    return logarithm(k, power * x + (power - 1.0));
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

/* Within 4 units in the last place. */
static inline double softplus(double x)
{
    return (x > 0.0 ? x : 0.0) + small_log1p(negative_exp(-fabs(x)));
}

static inline double relu(double x)
{
    return x <= 0.0 ? 0.0 : x;
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

/* Mixes 64 bits: the generator splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t mixed(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Fills an array with uniform numbers in [0, 1): a stream of splitmix64 (Steele, Lea and Flood
 * 2014) that seed, step and the number of the array tell, cut to as many bits as fit. */
static void uniform(double *to, ptrdiff_t count, uint64_t seed, uint64_t step, uint64_t which)
{
    const uint64_t key = mixed(mixed(mixed(seed) + step) + which);
    for (ptrdiff_t k = 0; k < count; k++) {
        const uint64_t z = mixed(key + (uint64_t)(k + 1) * 0x9e3779b97f4a7c15);
        to[k] = (double)(int64_t)(z >> (64 - 53)) * 0x1p-53;
    }
}

void vae_draw(ptrdiff_t N, double seed, double step, const vae_noise *noise)
{
    uniform(noise->e_u, 16 * N, (uint64_t)seed, (uint64_t)step, 0);
}

/* a[n,j] = relu(a_z[n,j]) */
SHARED void compute_a_1(double *restrict a, ptrdiff_t count)
{
    const double *a_z = a;
    for (ptrdiff_t each = 0; each < count; each++) {
        a[each] = relu(a_z[each]);
    }
}

/* dlogits[n,j] = (sigmoid(logits[n,j]) - x[n,j]) / N  (of loss_sum) */
SHARED void compute_dlogits_1(ptrdiff_t count, double *restrict dlogits, ptrdiff_t N,
        const double *logits, const double *x)
{
    for (ptrdiff_t each = 0; each < count; each++) {
        dlogits[each] = 1.0 / (double)N * (sigmoid(logits[each]) - x[each]);
    }
}

/* db_z[n,j] = where(b[n,j] > 0, db[n,j], 0)  (of b) */
SHARED void compute_db_z_1(double *restrict db_z, ptrdiff_t count, const double *b)
{
    const double *db = db_z;
    for (ptrdiff_t each = 0; each < count; each++) {
        db_z[each] = (b[each] > 0.0 ? db[each] : 0.0);
    }
}

/* dlog_v[n,j] = 0.5 * (expm1(log_v[n,j]) / N + dz[n,j] * e[n,j] * v1[n,j])  (of loss_sum_2) */
SHARED void compute_dlog_v_1(ptrdiff_t count, double *restrict dlog_v, ptrdiff_t N,
        const double *log_v, const double *dz, const double *e, const double *v1)
{
    for (ptrdiff_t each = 0; each < count; each++) {
        dlog_v[each] = 0.5 * (1.0 / (double)N * fast_expm1(log_v[each]) + dz[each] * e[each] *
                v1[each]);
    }
}

/* dmean_z[n,j] = mean_z[n,j] / N + dz[n,j]  (of loss_sum_2) */
SHARED void compute_dmean_z_1(double *restrict dmean_z, ptrdiff_t count, ptrdiff_t N,
        const double *mean_z)
{
    const double *dz = dmean_z;
    for (ptrdiff_t each = 0; each < count; each++) {
        dmean_z[each] = 1.0 / (double)N * mean_z[each] + dz[each];
    }
}

/* dlog_v_b[j] = sum[n](dlog_v[n,j])  (of log_v) */
SHARED void compute_dlog_v_b_1(double *restrict dlog_v_b, ptrdiff_t N, const double *dlog_v)
{
    fill(dlog_v_b, 8, 0.0);
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 8; j++) {
            dlog_v_b[j] += dlog_v[n * 8 + j];
        }
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

/* dlogits_W[i,j] = sum[n](b[n,i] * dlogits[n,j])  (of logits) */
/* logits_W_m_next[i,j] = logits_W_m[i,j] * beta1 + dlogits_W[i,j] * v1_2 */
/* logits_W_v_next[i,j] = dlogits_W[i,j]**2 * v2 + logits_W_v[i,j] * beta2 */
/* logits_W_next[i,j] = logits_W[i,j] - logits_W_m_next[i,j] * learning_rate * v3 /
   (sqrt(logits_W_v_next[i,j] * v4) + epsilon) */
SHARED void compute_dlogits_W_1(ptrdiff_t N, const double *b, const double *dlogits,
        double *restrict dlogits_W, double *restrict work, double *restrict logits_W_m,
        double beta1, double v1_2, double *restrict logits_W_v, double v2, double beta2,
        double *restrict logits_W, double learning_rate, double v3, double v4, double epsilon,
        ptrdiff_t size_1, ptrdiff_t size_2)
{
    const ptrdiff_t block = N < size_1 ? (N + 7) / 8 * 8 : size_1;
    for (ptrdiff_t begin = 0; begin < size_1; begin += block) {
        const ptrdiff_t part = size_1 - begin < block ? size_1 - begin : block;
        multiply(part, size_2, N, 1.0, (matrix){b + begin, 1, size_1}, (matrix){dlogits, size_2, 1},
                NOTHING, dlogits_W, size_2, 1, work);

        for (ptrdiff_t each = 0; each < size_2 * part; each++) {
            logits_W_m[each + size_2 * begin] = beta1 * logits_W_m[each + size_2 * begin] + v1_2 *
                    dlogits_W[each];
            logits_W_v[each + size_2 * begin] = v2 * square(dlogits_W[each]) + beta2 *
                    logits_W_v[each + size_2 * begin];
            logits_W[each + size_2 * begin] -= learning_rate * v3 *
                    logits_W_m[each + size_2 * begin] / (sqrt(v4 *
                    logits_W_v[each + size_2 * begin]) + epsilon);
        }
    }
}

/* b_W_m_next[i,j] = b_W_m[i,j] * beta1 + db_W[i,j] * v1_2 */
/* b_W_v_next[i,j] = db_W[i,j]**2 * v2 + b_W_v[i,j] * beta2 */
SHARED void compute_b_W_m_next_1(ptrdiff_t count, double *restrict b_W_m, double beta1, double v1_2,
        const double *db_W, double *restrict b_W_v, double v2, double beta2)
{
    for (ptrdiff_t each = 0; each < count; each++) {
        b_W_m[each] = beta1 * b_W_m[each] + v1_2 * db_W[each];
        b_W_v[each] = v2 * square(db_W[each]) + beta2 * b_W_v[each];
    }
}

/* b_W_next[i,j] = b_W[i,j] - b_W_m_next[i,j] * learning_rate * v3 / (sqrt(b_W_v_next[i,j] * v4) +
   epsilon) */
SHARED void compute_b_W_next_1(ptrdiff_t count, double *restrict b_W, double learning_rate,
        double v3, const double *b_W_m, double v4, const double *b_W_v, double epsilon)
{
    for (ptrdiff_t each = 0; each < count; each++) {
        b_W[each] -= learning_rate * v3 * b_W_m[each] / (sqrt(v4 * b_W_v[each]) + epsilon);
    }
}

static void predict(ptrdiff_t N, const vae_params *params, const vae_data *data,
        const vae_outputs *outputs, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const double *a_W = params->a_W; /* (64, 128) */
    const double *a_b = params->a_b; /* (128,) */
    const double *mean_z_W = params->mean_z_W; /* (128, 8) */
    const double *mean_z_b = params->mean_z_b; /* (8,) */
    const double *b_W = params->b_W; /* (8, 128) */
    const double *b_b = params->b_b; /* (128,) */
    const double *logits_W = params->logits_W; /* (128, 64) */
    const double *logits_b = params->logits_b; /* (64,) */

    /* a_z[n,j] = a_b[j] + sum[i](x[n,i] * a_W[i,j]) */
    double *a_z = work + 4096; /* (N, 128) */
    multiply(N, 128, 64, 1.0, (matrix){x, 64, 1}, (matrix){a_W, 128, 1}, (matrix){a_b, 0, 1}, a_z,
            128, 1, work);

    /* a[n,j] = relu(a_z[n,j]) */
    double *a = a_z; /* (N, 128) */
    compute_a_1(a, 128 * N);

    /* mean_z[n,j] = mean_z_b[j] + sum[i](a[n,i] * mean_z_W[i,j]) */
    double *mean_z = outputs->mean_z; /* (N, 8) */
    multiply(N, 8, 128, 1.0, (matrix){a, 128, 1}, (matrix){mean_z_W, 8, 1}, (matrix){mean_z_b, 0,
            1}, mean_z, 8, 1, work);

    /* b_z[n,j] = b_b[j] + sum[i](mean_z[n,i] * b_W[i,j]) */
    double *b_z = work + 4096; /* (N, 128) */
    multiply(N, 128, 8, 1.0, (matrix){mean_z, 8, 1}, (matrix){b_W, 128, 1}, (matrix){b_b, 0, 1},
            b_z, 128, 1, work);

    /* b[n,j] = relu(b_z[n,j]) */
    double *b = b_z; /* (N, 128) */
    compute_a_1(b, 128 * N);

    /* logits[n,j] = logits_b[j] + sum[i](b[n,i] * logits_W[i,j]) */
    double *logits = outputs->p; /* (N, 64) */
    multiply(N, 64, 128, 1.0, (matrix){b, 128, 1}, (matrix){logits_W, 64, 1}, (matrix){logits_b, 0,
            1}, logits, 64, 1, work);

    /* p[n,j] = sigmoid(logits[n,j]) */
    double *p = logits; /* (N, 64) */
    for (ptrdiff_t each = 0; each < 64 * N; each++) {
        p[each] = sigmoid(logits[each]);
    }
}

static double forward(ptrdiff_t N, const vae_params *params, const vae_data *data,
        const vae_noise *noise, const vae_tape *tape, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const double *e_u = noise->e_u; /* (2, N, 8) */
    const double *a_W = params->a_W; /* (64, 128) */
    const double *a_b = params->a_b; /* (128,) */
    const double *mean_z_W = params->mean_z_W; /* (128, 8) */
    const double *mean_z_b = params->mean_z_b; /* (8,) */
    const double *log_v_W = params->log_v_W; /* (128, 8) */
    const double *log_v_b = params->log_v_b; /* (8,) */
    const double *b_W = params->b_W; /* (8, 128) */
    const double *b_b = params->b_b; /* (128,) */
    const double *logits_W = params->logits_W; /* (128, 64) */
    const double *logits_b = params->logits_b; /* (64,) */

    /* e[n,j] = sqrt(2) * sqrt(-log1p(-e_u[0,n,j])) * cos(2 * pi * e_u[1,n,j]) */
    double *e = tape->e; /* (N, 8) */
    for (ptrdiff_t each = 0; each < 8 * N; each++) {
        e[each] = sqrt(2.0) * sqrt(-fast_log1p(-e_u[each])) * cos(2.0 * 3.141592653589793 *
                e_u[each + 8 * N]);
    }

    /* a_z[n,j] = a_b[j] + sum[i](x[n,i] * a_W[i,j]) */
    double *a_z = tape->a; /* (N, 128) */
    multiply(N, 128, 64, 1.0, (matrix){x, 64, 1}, (matrix){a_W, 128, 1}, (matrix){a_b, 0, 1}, a_z,
            128, 1, work);

    /* a[n,j] = relu(a_z[n,j]) */
    double *a = a_z; /* (N, 128) */
    compute_a_1(a, 128 * N);

    /* mean_z[n,j] = mean_z_b[j] + sum[i](a[n,i] * mean_z_W[i,j]) */
    double *mean_z = tape->mean_z; /* (N, 8) */
    multiply(N, 8, 128, 1.0, (matrix){a, 128, 1}, (matrix){mean_z_W, 8, 1}, (matrix){mean_z_b, 0,
            1}, mean_z, 8, 1, work);

    /* log_v[n,j] = log_v_b[j] + sum[i](a[n,i] * log_v_W[i,j]) */
    double *log_v = tape->log_v; /* (N, 8) */
    multiply(N, 8, 128, 1.0, (matrix){a, 128, 1}, (matrix){log_v_W, 8, 1}, (matrix){log_v_b, 0, 1},
            log_v, 8, 1, work);

    /* v1[n,j] = exp(0.5 * log_v[n,j]) */
    double *v1 = tape->v1; /* (N, 8) */
    /* z[n,j] = e[n,j] * v1[n,j] + mean_z[n,j] */
    double *z = tape->z; /* (N, 8) */
    for (ptrdiff_t each = 0; each < 8 * N; each++) {
        v1[each] = fast_exp(0.5 * log_v[each]);
        z[each] = e[each] * v1[each] + mean_z[each];
    }

    /* b_z[n,j] = b_b[j] + sum[i](z[n,i] * b_W[i,j]) */
    double *b_z = tape->b; /* (N, 128) */
    multiply(N, 128, 8, 1.0, (matrix){z, 8, 1}, (matrix){b_W, 128, 1}, (matrix){b_b, 0, 1}, b_z,
            128, 1, work);

    /* b[n,j] = relu(b_z[n,j]) */
    double *b = b_z; /* (N, 128) */
    compute_a_1(b, 128 * N);

    /* logits[n,j] = logits_b[j] + sum[i](b[n,i] * logits_W[i,j]) */
    double *logits = tape->logits; /* (N, 64) */
    multiply(N, 64, 128, 1.0, (matrix){b, 128, 1}, (matrix){logits_W, 64, 1}, (matrix){logits_b, 0,
            1}, logits, 64, 1, work);

    /* loss_sum = sum[n,j](softplus(logits[n,j]) - logits[n,j] * x[n,j]) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 64; j++) {
            loss_sum += softplus(logits[n * 64 + j]) - logits[n * 64 + j] * x[n * 64 + j];
        }
    }

    /* loss_sum_2 = sum[n,j](0.5 * (mean_z[n,j]**2 + exp(log_v[n,j]) - log_v[n,j] - 1)) */
    double loss_sum_2 = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        for (ptrdiff_t j = 0; j < 8; j++) {
            loss_sum_2 += 0.5 * (square(mean_z[n * 8 + j]) + fast_exp(log_v[n * 8 + j]) -
                    log_v[n * 8 + j] - 1.0);
        }
    }

    /* loss = (loss_sum + loss_sum_2) / N */
    const double loss = (loss_sum + loss_sum_2) / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const vae_params *params, const vae_data *data,
        const vae_tape *tape, const vae_params *grads, double *work)
{
    const double *x = data->x; /* (N, 64) */
    const double *mean_z_W = params->mean_z_W; /* (128, 8) */
    const double *log_v_W = params->log_v_W; /* (128, 8) */
    const double *b_W = params->b_W; /* (8, 128) */
    const double *logits_W = params->logits_W; /* (128, 64) */
    const double *e = tape->e; /* (N, 8) */
    const double *a = tape->a; /* (N, 128) */
    const double *mean_z = tape->mean_z; /* (N, 8) */
    const double *log_v = tape->log_v; /* (N, 8) */
    const double *z = tape->z; /* (N, 8) */
    const double *b = tape->b; /* (N, 128) */
    const double *logits = tape->logits; /* (N, 64) */
    const double *v1 = tape->v1; /* (N, 8) */

    /* dlogits[n,j] = (sigmoid(logits[n,j]) - x[n,j]) / N  (of loss_sum) */
    double *dlogits = work + 376 * N + 8192; /* (N, 64) */
    compute_dlogits_1(64 * N, dlogits, N, logits, x);

    /* dlogits_b[j] = sum[n](dlogits[n,j])  (of logits) */
    double *dlogits_b = grads->logits_b; /* (64,) */
    multiply(1, 64, N, 1.0, ONES, (matrix){dlogits, 64, 1}, NOTHING, dlogits_b, 1, 1, work);

    /* db[n,i] = sum[j](dlogits[n,j] * logits_W[i,j])  (of logits) */
    double *db = work + 440 * N + 8192; /* (N, 128) */
    multiply(N, 128, 64, 1.0, (matrix){dlogits, 64, 1}, (matrix){logits_W, 1, 64}, NOTHING, db, 128,
            1, work);

    /* dlogits_W[i,j] = sum[n](b[n,i] * dlogits[n,j])  (of logits) */
    double *dlogits_W = grads->logits_W; /* (128, 64) */
    multiply(128, 64, N, 1.0, (matrix){b, 1, 128}, (matrix){dlogits, 64, 1}, NOTHING, dlogits_W, 64,
            1, work);

    /* db_z[n,j] = where(b[n,j] > 0, db[n,j], 0)  (of b) */
    double *db_z = db; /* (N, 128) */
    compute_db_z_1(db_z, 128 * N, b);

    /* db_b[j] = sum[n](db_z[n,j])  (of b_z) */
    double *db_b = grads->b_b; /* (128,) */
    multiply(1, 128, N, 1.0, ONES, (matrix){db_z, 128, 1}, NOTHING, db_b, 1, 1, work);

    /* db_W[i,j] = sum[n](z[n,i] * db_z[n,j])  (of b_z) */
    double *db_W = grads->b_W; /* (8, 128) */
    multiply(8, 128, N, 1.0, (matrix){z, 1, 8}, (matrix){db_z, 128, 1}, NOTHING, db_W, 128, 1,
            work);

    /* dz[n,i] = sum[j](db_z[n,j] * b_W[i,j])  (of b_z) */
    double *dz = work + 568 * N + 8192; /* (N, 8) */
    multiply(N, 8, 128, 1.0, (matrix){db_z, 128, 1}, (matrix){b_W, 1, 128}, NOTHING, dz, 8, 1,
            work);

    /* dlog_v[n,j] = 0.5 * (expm1(log_v[n,j]) / N + dz[n,j] * e[n,j] * v1[n,j])  (of loss_sum_2) */
    double *dlog_v = work + 576 * N + 8192; /* (N, 8) */
    compute_dlog_v_1(8 * N, dlog_v, N, log_v, dz, e, v1);

    /* dmean_z[n,j] = mean_z[n,j] / N + dz[n,j]  (of loss_sum_2) */
    double *dmean_z = dz; /* (N, 8) */
    compute_dmean_z_1(dmean_z, 8 * N, N, mean_z);

    /* dlog_v_b[j] = sum[n](dlog_v[n,j])  (of log_v) */
    double *dlog_v_b = grads->log_v_b; /* (8,) */
    compute_dlog_v_b_1(dlog_v_b, N, dlog_v);

    /* dlog_v_W[i,j] = sum[n](a[n,i] * dlog_v[n,j])  (of log_v) */
    double *dlog_v_W = grads->log_v_W; /* (128, 8) */
    multiply(128, 8, N, 1.0, (matrix){a, 1, 128}, (matrix){dlog_v, 8, 1}, NOTHING, dlog_v_W, 8, 1,
            work);

    /* dmean_z_b[j] = sum[n](dmean_z[n,j])  (of mean_z) */
    double *dmean_z_b = grads->mean_z_b; /* (8,) */
    compute_dlog_v_b_1(dmean_z_b, N, dmean_z);

    /* da[n,i] = sum[j](dlog_v[n,j] * log_v_W[i,j]) + sum[j](dmean_z[n,j] * mean_z_W[i,j])  (of
       log_v) */
    double *da = work + 440 * N + 8192; /* (N, 128) */
    multiply(N, 128, 8, 1.0, (matrix){dlog_v, 8, 1}, (matrix){log_v_W, 1, 8}, NOTHING, da, 128, 1,
            work);
    multiply(N, 128, 8, 1.0, (matrix){dmean_z, 8, 1}, (matrix){mean_z_W, 1, 8}, (matrix){da, 128,
            1}, da, 128, 1, work);

    /* dmean_z_W[i,j] = sum[n](a[n,i] * dmean_z[n,j])  (of mean_z) */
    double *dmean_z_W = grads->mean_z_W; /* (128, 8) */
    multiply(128, 8, N, 1.0, (matrix){a, 1, 128}, (matrix){dmean_z, 8, 1}, NOTHING, dmean_z_W, 8, 1,
            work);

    /* da_z[n,j] = where(a[n,j] > 0, da[n,j], 0)  (of a) */
    double *da_z = da; /* (N, 128) */
    compute_db_z_1(da_z, 128 * N, a);

    /* da_b[j] = sum[n](da_z[n,j])  (of a_z) */
    double *da_b = grads->a_b; /* (128,) */
    multiply(1, 128, N, 1.0, ONES, (matrix){da_z, 128, 1}, NOTHING, da_b, 1, 1, work);

    /* da_W[i,j] = sum[n](x[n,i] * da_z[n,j])  (of a_z) */
    double *da_W = grads->a_W; /* (64, 128) */
    multiply(64, 128, N, 1.0, (matrix){x, 1, 64}, (matrix){da_z, 128, 1}, NOTHING, da_W, 128, 1,
            work);
}

static void descend(ptrdiff_t N, const vae_params *params, const vae_state *state,
        const vae_data *data, const vae_hyper *hyper, const vae_tape *tape, double *work)
{
    const double *x = data->x; /* (N, 64) */
    double *a_W = params->a_W; /* (64, 128) */
    double *a_b = params->a_b; /* (128,) */
    double *mean_z_W = params->mean_z_W; /* (128, 8) */
    double *mean_z_b = params->mean_z_b; /* (8,) */
    double *log_v_W = params->log_v_W; /* (128, 8) */
    double *log_v_b = params->log_v_b; /* (8,) */
    double *b_W = params->b_W; /* (8, 128) */
    double *b_b = params->b_b; /* (128,) */
    double *logits_W = params->logits_W; /* (128, 64) */
    double *logits_b = params->logits_b; /* (64,) */
    const double *e = tape->e; /* (N, 8) */
    const double *a = tape->a; /* (N, 128) */
    const double *mean_z = tape->mean_z; /* (N, 8) */
    const double *log_v = tape->log_v; /* (N, 8) */
    const double *z = tape->z; /* (N, 8) */
    const double *b = tape->b; /* (N, 128) */
    const double *logits = tape->logits; /* (N, 64) */
    const double *v1 = tape->v1; /* (N, 8) */
    const double t = *state->t;
    double *a_W_m = state->a_W_m; /* (64, 128) */
    double *a_W_v = state->a_W_v; /* (64, 128) */
    double *a_b_m = state->a_b_m; /* (128,) */
    double *a_b_v = state->a_b_v; /* (128,) */
    double *mean_z_W_m = state->mean_z_W_m; /* (128, 8) */
    double *mean_z_W_v = state->mean_z_W_v; /* (128, 8) */
    double *mean_z_b_m = state->mean_z_b_m; /* (8,) */
    double *mean_z_b_v = state->mean_z_b_v; /* (8,) */
    double *log_v_W_m = state->log_v_W_m; /* (128, 8) */
    double *log_v_W_v = state->log_v_W_v; /* (128, 8) */
    double *log_v_b_m = state->log_v_b_m; /* (8,) */
    double *log_v_b_v = state->log_v_b_v; /* (8,) */
    double *b_W_m = state->b_W_m; /* (8, 128) */
    double *b_W_v = state->b_W_v; /* (8, 128) */
    double *b_b_m = state->b_b_m; /* (128,) */
    double *b_b_v = state->b_b_v; /* (128,) */
    double *logits_W_m = state->logits_W_m; /* (128, 64) */
    double *logits_W_v = state->logits_W_v; /* (128, 64) */
    double *logits_b_m = state->logits_b_m; /* (64,) */
    double *logits_b_v = state->logits_b_v; /* (64,) */
    const double noise_step = *state->noise_step;
    const double learning_rate = hyper->learning_rate;
    const double beta1 = hyper->beta1;
    const double beta2 = hyper->beta2;
    const double epsilon = hyper->epsilon;

    /* t_next = t + 1 */
    const double t_next = t + 1.0;

    /* v1_2 = 1 - beta1 */
    const double v1_2 = 1.0 - beta1;

    /* v2 = 1 - beta2 */
    const double v2 = 1.0 - beta2;

    /* v3 = 1 / (1 - beta1**t_next) */
    const double v3 = 1.0 / (1.0 - pow(beta1, t_next));

    /* v4 = 1 / (1 - beta2**t_next) */
    const double v4 = 1.0 / (1.0 - pow(beta2, t_next));

    /* noise_step_next = where(noise_step + 1 < 16777216, noise_step + 1, 0) */
    const double noise_step_next = (noise_step + 1.0 < 16777216.0 ? noise_step + 1.0 : 0.0);

    /* dlogits[n,j] = (sigmoid(logits[n,j]) - x[n,j]) / N  (of loss_sum) */
    double *dlogits = work + 376 * N + 8192; /* (N, 64) */
    compute_dlogits_1(64 * N, dlogits, N, logits, x);

    /* dlogits_b[j] = sum[n](dlogits[n,j])  (of logits) */
    double *dlogits_b = work + 584 * N + 8192; /* (64,) */
    multiply(1, 64, N, 1.0, ONES, (matrix){dlogits, 64, 1}, NOTHING, dlogits_b, 1, 1, work);

    /* logits_b_m_next[j] = logits_b_m[j] * beta1 + dlogits_b[j] * v1_2 */
    /* logits_b_v_next[j] = dlogits_b[j]**2 * v2 + logits_b_v[j] * beta2 */
    /* logits_b_next[j] = logits_b[j] - logits_b_m_next[j] * learning_rate * v3 /
       (sqrt(logits_b_v_next[j] * v4) + epsilon) */
    compute_logits_b_m_next_1(64, logits_b_m, beta1, v1_2, dlogits_b, logits_b_v, v2, beta2,
            logits_b, learning_rate, v3, v4, epsilon);

    /* db[n,i] = sum[j](dlogits[n,j] * logits_W[i,j])  (of logits) */
    double *db = work + 440 * N + 8192; /* (N, 128) */
    multiply(N, 128, 64, 1.0, (matrix){dlogits, 64, 1}, (matrix){logits_W, 1, 64}, NOTHING, db, 128,
            1, work);

    /* db_z[n,j] = where(b[n,j] > 0, db[n,j], 0)  (of b) */
    double *db_z = db; /* (N, 128) */
    compute_db_z_1(db_z, 128 * N, b);

    /* dlogits_W[i,j] = sum[n](b[n,i] * dlogits[n,j])  (of logits) */
    /* logits_W_m_next[i,j] = logits_W_m[i,j] * beta1 + dlogits_W[i,j] * v1_2 */
    /* logits_W_v_next[i,j] = dlogits_W[i,j]**2 * v2 + logits_W_v[i,j] * beta2 */
    /* logits_W_next[i,j] = logits_W[i,j] - logits_W_m_next[i,j] * learning_rate * v3 /
       (sqrt(logits_W_v_next[i,j] * v4) + epsilon) */
    double *dlogits_W = work + 584 * N + 8256; /* (128, 64) */
    compute_dlogits_W_1(N, b, dlogits, dlogits_W, work, logits_W_m, beta1, v1_2, logits_W_v, v2,
            beta2, logits_W, learning_rate, v3, v4, epsilon, 128, 64);

    /* db_b[j] = sum[n](db_z[n,j])  (of b_z) */
    double *db_b = work + 584 * N + 16448; /* (128,) */
    multiply(1, 128, N, 1.0, ONES, (matrix){db_z, 128, 1}, NOTHING, db_b, 1, 1, work);

    /* b_b_m_next[j] = b_b_m[j] * beta1 + db_b[j] * v1_2 */
    /* b_b_v_next[j] = db_b[j]**2 * v2 + b_b_v[j] * beta2 */
    /* b_b_next[j] = b_b[j] - b_b_m_next[j] * learning_rate * v3 / (sqrt(b_b_v_next[j] * v4) +
       epsilon) */
    compute_logits_b_m_next_1(128, b_b_m, beta1, v1_2, db_b, b_b_v, v2, beta2, b_b, learning_rate,
            v3, v4, epsilon);

    /* db_W[i,j] = sum[n](z[n,i] * db_z[n,j])  (of b_z) */
    double *db_W = work + 584 * N + 16576; /* (8, 128) */
    multiply(8, 128, N, 1.0, (matrix){z, 1, 8}, (matrix){db_z, 128, 1}, NOTHING, db_W, 128, 1,
            work);

    /* b_W_m_next[i,j] = b_W_m[i,j] * beta1 + db_W[i,j] * v1_2 */
    /* b_W_v_next[i,j] = db_W[i,j]**2 * v2 + b_W_v[i,j] * beta2 */
    compute_b_W_m_next_1(1024, b_W_m, beta1, v1_2, db_W, b_W_v, v2, beta2);

    /* dz[n,i] = sum[j](db_z[n,j] * b_W[i,j])  (of b_z) */
    double *dz = work + 568 * N + 8192; /* (N, 8) */
    multiply(N, 8, 128, 1.0, (matrix){db_z, 128, 1}, (matrix){b_W, 1, 128}, NOTHING, dz, 8, 1,
            work);

    /* dlog_v[n,j] = 0.5 * (expm1(log_v[n,j]) / N + dz[n,j] * e[n,j] * v1[n,j])  (of loss_sum_2) */
    double *dlog_v = work + 576 * N + 8192; /* (N, 8) */
    compute_dlog_v_1(8 * N, dlog_v, N, log_v, dz, e, v1);

    /* b_W_next[i,j] = b_W[i,j] - b_W_m_next[i,j] * learning_rate * v3 / (sqrt(b_W_v_next[i,j] * v4)
       + epsilon) */
    compute_b_W_next_1(1024, b_W, learning_rate, v3, b_W_m, v4, b_W_v, epsilon);

    /* dmean_z[n,j] = mean_z[n,j] / N + dz[n,j]  (of loss_sum_2) */
    double *dmean_z = dz; /* (N, 8) */
    compute_dmean_z_1(dmean_z, 8 * N, N, mean_z);

    /* dlog_v_b[j] = sum[n](dlog_v[n,j])  (of log_v) */
    double *dlog_v_b = work + 584 * N + 17600; /* (8,) */
    compute_dlog_v_b_1(dlog_v_b, N, dlog_v);

    /* log_v_b_m_next[j] = log_v_b_m[j] * beta1 + dlog_v_b[j] * v1_2 */
    /* log_v_b_v_next[j] = dlog_v_b[j]**2 * v2 + log_v_b_v[j] * beta2 */
    /* log_v_b_next[j] = log_v_b[j] - log_v_b_m_next[j] * learning_rate * v3 /
       (sqrt(log_v_b_v_next[j] * v4) + epsilon) */
    compute_logits_b_m_next_1(8, log_v_b_m, beta1, v1_2, dlog_v_b, log_v_b_v, v2, beta2, log_v_b,
            learning_rate, v3, v4, epsilon);

    /* dlog_v_W[i,j] = sum[n](a[n,i] * dlog_v[n,j])  (of log_v) */
    double *dlog_v_W = work + 584 * N + 16576; /* (128, 8) */
    multiply(128, 8, N, 1.0, (matrix){a, 1, 128}, (matrix){dlog_v, 8, 1}, NOTHING, dlog_v_W, 8, 1,
            work);

    /* log_v_W_m_next[i,j] = log_v_W_m[i,j] * beta1 + dlog_v_W[i,j] * v1_2 */
    /* log_v_W_v_next[i,j] = dlog_v_W[i,j]**2 * v2 + log_v_W_v[i,j] * beta2 */
    compute_b_W_m_next_1(1024, log_v_W_m, beta1, v1_2, dlog_v_W, log_v_W_v, v2, beta2);

    /* dmean_z_b[j] = sum[n](dmean_z[n,j])  (of mean_z) */
    double *dmean_z_b = work + 584 * N + 17600; /* (8,) */
    compute_dlog_v_b_1(dmean_z_b, N, dmean_z);

    /* mean_z_b_m_next[j] = mean_z_b_m[j] * beta1 + dmean_z_b[j] * v1_2 */
    /* mean_z_b_v_next[j] = dmean_z_b[j]**2 * v2 + mean_z_b_v[j] * beta2 */
    /* mean_z_b_next[j] = mean_z_b[j] - mean_z_b_m_next[j] * learning_rate * v3 /
       (sqrt(mean_z_b_v_next[j] * v4) + epsilon) */
    compute_logits_b_m_next_1(8, mean_z_b_m, beta1, v1_2, dmean_z_b, mean_z_b_v, v2, beta2,
            mean_z_b, learning_rate, v3, v4, epsilon);

    /* da[n,i] = sum[j](dlog_v[n,j] * log_v_W[i,j]) + sum[j](dmean_z[n,j] * mean_z_W[i,j])  (of
       log_v) */
    double *da = work + 440 * N + 8192; /* (N, 128) */
    multiply(N, 128, 8, 1.0, (matrix){dlog_v, 8, 1}, (matrix){log_v_W, 1, 8}, NOTHING, da, 128, 1,
            work);

    /* log_v_W_next[i,j] = log_v_W[i,j] - log_v_W_m_next[i,j] * learning_rate * v3 /
       (sqrt(log_v_W_v_next[i,j] * v4) + epsilon) */
    compute_b_W_next_1(1024, log_v_W, learning_rate, v3, log_v_W_m, v4, log_v_W_v, epsilon);
    multiply(N, 128, 8, 1.0, (matrix){dmean_z, 8, 1}, (matrix){mean_z_W, 1, 8}, (matrix){da, 128,
            1}, da, 128, 1, work);

    /* da_z[n,j] = where(a[n,j] > 0, da[n,j], 0)  (of a) */
    double *da_z = da; /* (N, 128) */
    compute_db_z_1(da_z, 128 * N, a);

    /* dmean_z_W[i,j] = sum[n](a[n,i] * dmean_z[n,j])  (of mean_z) */
    double *dmean_z_W = work + 584 * N + 16576; /* (128, 8) */
    multiply(128, 8, N, 1.0, (matrix){a, 1, 128}, (matrix){dmean_z, 8, 1}, NOTHING, dmean_z_W, 8, 1,
            work);

    /* mean_z_W_m_next[i,j] = mean_z_W_m[i,j] * beta1 + dmean_z_W[i,j] * v1_2 */
    /* mean_z_W_v_next[i,j] = dmean_z_W[i,j]**2 * v2 + mean_z_W_v[i,j] * beta2 */
    /* mean_z_W_next[i,j] = mean_z_W[i,j] - mean_z_W_m_next[i,j] * learning_rate * v3 /
       (sqrt(mean_z_W_v_next[i,j] * v4) + epsilon) */
    compute_logits_b_m_next_1(1024, mean_z_W_m, beta1, v1_2, dmean_z_W, mean_z_W_v, v2, beta2,
            mean_z_W, learning_rate, v3, v4, epsilon);

    /* da_b[j] = sum[n](da_z[n,j])  (of a_z) */
    double *da_b = work + 584 * N + 16448; /* (128,) */
    multiply(1, 128, N, 1.0, ONES, (matrix){da_z, 128, 1}, NOTHING, da_b, 1, 1, work);

    /* a_b_m_next[j] = a_b_m[j] * beta1 + da_b[j] * v1_2 */
    /* a_b_v_next[j] = da_b[j]**2 * v2 + a_b_v[j] * beta2 */
    /* a_b_next[j] = a_b[j] - a_b_m_next[j] * learning_rate * v3 / (sqrt(a_b_v_next[j] * v4) +
       epsilon) */
    compute_logits_b_m_next_1(128, a_b_m, beta1, v1_2, da_b, a_b_v, v2, beta2, a_b, learning_rate,
            v3, v4, epsilon);

    /* da_W[i,j] = sum[n](x[n,i] * da_z[n,j])  (of a_z) */
    /* a_W_m_next[i,j] = a_W_m[i,j] * beta1 + da_W[i,j] * v1_2 */
    /* a_W_v_next[i,j] = da_W[i,j]**2 * v2 + a_W_v[i,j] * beta2 */
    /* a_W_next[i,j] = a_W[i,j] - a_W_m_next[i,j] * learning_rate * v3 / (sqrt(a_W_v_next[i,j] * v4)
       + epsilon) */
    double *da_W = work + 584 * N + 8256; /* (64, 128) */
    compute_dlogits_W_1(N, x, da_z, da_W, work, a_W_m, beta1, v1_2, a_W_v, v2, beta2, a_W,
            learning_rate, v3, v4, epsilon, 64, 128);

    *state->t = t_next;
    *state->noise_step = noise_step_next;
}

int vae_predict(ptrdiff_t N, const vae_params *params, const vae_data *data,
        const vae_outputs *outputs, double *work)
{
    if (N < 1) {
        return -1;
    }
    predict(N, params, data, outputs, work);
    return 0;
}

int vae_forward(ptrdiff_t N, const vae_params *params, const vae_data *data, const vae_noise *noise,
        const vae_tape *tape, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    *loss = forward(N, params, data, noise, tape, work);
    return 0;
}

int vae_backward(ptrdiff_t N, const vae_params *params, const vae_data *data, const vae_tape *tape,
        const vae_params *grads, double *work)
{
    if (N < 1) {
        return -1;
    }
    backward(N, params, data, tape, grads, work);
    return 0;
}

int vae_value_and_grad(ptrdiff_t N, const vae_params *params, const vae_data *data,
        const vae_noise *noise, const vae_params *grads, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const vae_tape tape = {work + 8192, work + 8 * N + 8192, work + 136 * N + 8192, work + 144 * N +
            8192, work + 152 * N + 8192, work + 160 * N + 8192, work + 288 * N + 8192, work + 352 *
            N + 8192};
    *loss = forward(N, params, data, noise, &tape, work);
    backward(N, params, data, &tape, grads, work);
    return 0;
}

int vae_train_step(ptrdiff_t N, const vae_params *params, const vae_state *state,
        const vae_data *data, const vae_hyper *hyper, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const vae_tape tape = {work + 8192, work + 8 * N + 8192, work + 136 * N + 8192, work + 144 * N +
            8192, work + 152 * N + 8192, work + 160 * N + 8192, work + 288 * N + 8192, work + 352 *
            N + 8192};
    const vae_noise noise = {work + 360 * N + 8192};
    vae_draw(N, (double)*state->noise_seed, (double)*state->noise_step, &noise);
    *loss = forward(N, params, data, &noise, &tape, work);
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

int vae_fit(ptrdiff_t N, const vae_params *params, const vae_state *state, const vae_data *data,
        const vae_hyper *hyper, const vae_training *training, double *work, double *losses)
{
    if (training->batch_size < 1 || N < 1) {
        return -1;
    }
    const ptrdiff_t most = training->batch_size < N ? training->batch_size : N;
    const struct {
        double *x;
    } batch = {work};
    work = work + most * 64;
    const int shuffle = training->shuffle && most < N;
    row_order order = {0};
    const ptrdiff_t often = 10000000 / (102624 * most + 356277) + 1;
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
                memcpy(batch.x + each * 64, data->x + row * 64, 64 * sizeof *batch.x);
            }
            vae_data part = *data;
            part.x = shuffle ? batch.x : data->x + begin * 64;
            if (vae_train_step(rows, params, state, &part, hyper, work, &value) != 0) {
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

size_t vae_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(VAE_WORKSPACE(N)) * sizeof(double);
}

size_t vae_predict_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(VAE_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *vae_build(void)
{
    return "10b51f29592a8b4a";
}

vae_hyper vae_default_hyper(void)
{
    const vae_hyper hyper = {.learning_rate = 0.002, .beta1 = 0.9, .beta2 = 0.999,
            .epsilon = 1e-08};
    return hyper;
}
