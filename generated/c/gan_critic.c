/*
 * gan_critic: forward pass, gradients and training step in C (float64).
 *
 *     input z[N,8]
 *     target x[N,2]
 *     noise blur_u[2,2,N,2]
 *     param g1_W[8,64] frozen
 *     param g1_b[64] frozen
 *     param g2_W[64,64] frozen
 *     param g2_b[64] frozen
 *     param fake_W[64,2] frozen
 *     param fake_b[2] frozen
 *     hyper blurred = 0.1
 *     param c1_W[2,64]
 *     param c1_b[64]
 *     param c2_W[64,64]
 *     param c2_b[64]
 *     param score_W[64,1]
 *     param score_b[1]
 *     g1_z[n,j] = sum[i](z[n,i] * g1_W[i,j])
 *     g1_z[n,j] += g1_b[j]
 *     g1[n,j] = relu(g1_z[n,j])
 *     g2_z[n,j] = sum[i](g1[n,i] * g2_W[i,j])
 *     g2_z[n,j] += g2_b[j]
 *     g2[n,j] = relu(g2_z[n,j])
 *     fake[n,j] = sum[i](g2[n,i] * fake_W[i,j])
 *     fake[n,j] += fake_b[j]
 *     blur[n,k,j] = sqrt(2) * sqrt(-log(1 - blur_u[0,n,k,j])) * cos(2 * pi * blur_u[1,n,k,j])
 *     value points[2,N,2]
 *     points[0,n,i] = blur[0,n,i] * blurred + x[n,i]
 *     points[1,n,i] += blur[1,n,i] * blurred + fake[n,i]
 *     c1_z[n,k,j] = sum[i](points[n,k,i] * c1_W[i,j])
 *     c1_z[n,k,j] += c1_b[j]
 *     c1[n,k,j] = relu(c1_z[n,k,j])
 *     c2_z[n,k,j] = sum[i](c1[n,k,i] * c2_W[i,j])
 *     c2_z[n,k,j] += c2_b[j]
 *     c2[n,k,j] = relu(c2_z[n,k,j])
 *     score[n,k,j] = sum[i](c2[n,k,i] * score_W[i,j])
 *     score[n,k,j] += score_b[j]
 *     loss_sum = sum[n](softplus(-score[0,n,0]) + softplus(score[1,n,0]))
 *     loss = loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Made by symbp 0.1.0 from gan.bp:critic (network f5fd7c7b08a594c0):
 *     symbp build gan.bp:critic --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "gan_critic.h"

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

/* The same for x <= 0. */
static inline double negative_exp(double x)
{
    x = x < -750.0 ? -750.0 : x;
    const double k = nearest(x * 1.4426950408889634);
    const double p = 1.0 + small_expm1(less_logs(x, k));
    return p * power_of_two(k + 128.0) * 2.938735877055719e-39;
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

void gan_critic_draw(ptrdiff_t N, double seed, double step, const gan_critic_noise *noise)
{
    uniform(noise->blur_u, 8 * N, (uint64_t)seed, (uint64_t)step, 0);
}

/* g1[n,j] = relu(g1_z[n,j]) */
SHARED void compute_g1_1(double *restrict g1, ptrdiff_t count)
{
    const double *g1_z = g1;
    for (ptrdiff_t each = 0; each < count; each++) {
        g1[each] = relu(g1_z[each]);
    }
}

/* dscore[0,n,0] = -sigmoid(-score[0,n,0]) / N  (of loss_sum) */
/* dscore[1,n,0] += sigmoid(score[1,n,0]) / N */
SHARED void compute_dscore_1(ptrdiff_t N, double *restrict dscore, const double *score)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        dscore[n] = -1.0 / (double)N * sigmoid(-score[n]);
    }
}

SHARED void compute_dscore_2(ptrdiff_t N, double *restrict dscore, const double *score)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        dscore[1 * N + n] = 1.0 / (double)N * sigmoid(score[1 * N + n]);
    }
}

/* dscore_b[j] = sum[n,k](dscore[n,k,j])  (of score) */
SHARED void compute_dscore_b_1(const double *dscore, ptrdiff_t N, double *restrict dscore_b)
{
    double sum = 0.0;
    sum += total(dscore, 2 * N);
    dscore_b[0] = sum;
}

/* dc2[n,k,i] = sum[j](dscore[n,k,j] * score_W[i,j])  (of score) */
SHARED void compute_dc2_1(ptrdiff_t count, ptrdiff_t N, double *restrict dc2, const double *dscore,
        const double *score_W)
{
    for (ptrdiff_t n = 0; n < count; n++) {
        for (ptrdiff_t k = 0; k < N; k++) {
            for (ptrdiff_t i = 0; i < 64; i++) {
                dc2[n * (64 * N) + k * 64 + i] = dscore[n * N + k] * score_W[i];
            }
        }
    }
}

/* dc2_z[n,k,j] = where(c2[n,k,j] > 0, dc2[n,k,j], 0)  (of c2) */
SHARED void compute_dc2_z_1(double *restrict dc2_z, ptrdiff_t count, const double *c2)
{
    const double *dc2 = dc2_z;
    for (ptrdiff_t each = 0; each < count; each++) {
        dc2_z[each] = (c2[each] > 0.0 ? dc2[each] : 0.0);
    }
}

/* score_W_next[i,j] = score_W[i,j] - score_W_m_next[i,j] * learning_rate * v3 /
   (sqrt(score_W_v_next[i,j] * v4) + epsilon) */
SHARED void compute_score_W_next_1(ptrdiff_t count, double *restrict score_W, double learning_rate,
        double v3, const double *score_W_m, double v4, const double *score_W_v, double epsilon)
{
    for (ptrdiff_t i = 0; i < count; i++) {
        score_W[i] -= learning_rate * v3 * score_W_m[i] / (sqrt(v4 * score_W_v[i]) + epsilon);
    }
}

/* c2_b_m_next[j] = c2_b_m[j] * beta1 + dc2_b[j] * v1 */
/* c2_b_v_next[j] = dc2_b[j]**2 * v2 + c2_b_v[j] * beta2 */
/* c2_b_next[j] = c2_b[j] - c2_b_m_next[j] * learning_rate * v3 / (sqrt(c2_b_v_next[j] * v4) +
   epsilon) */
SHARED void compute_c2_b_m_next_1(ptrdiff_t count, double *restrict c2_b_m, double beta1, double v1,
        const double *dc2_b, double *restrict c2_b_v, double v2, double beta2,
        double *restrict c2_b, double learning_rate, double v3, double v4, double epsilon)
{
    for (ptrdiff_t j = 0; j < count; j++) {
        c2_b_m[j] = beta1 * c2_b_m[j] + v1 * dc2_b[j];
        c2_b_v[j] = v2 * square(dc2_b[j]) + beta2 * c2_b_v[j];
        c2_b[j] -= learning_rate * v3 * c2_b_m[j] / (sqrt(v4 * c2_b_v[j]) + epsilon);
    }
}

static void predict(ptrdiff_t N, const gan_critic_params *params, const gan_critic_data *data,
        const gan_critic_outputs *outputs, double *work)
{
    const double *z = data->z; /* (N, 8) */
    const double *g1_W = params->g1_W; /* (8, 64) */
    const double *g1_b = params->g1_b; /* (64,) */
    const double *g2_W = params->g2_W; /* (64, 64) */
    const double *g2_b = params->g2_b; /* (64,) */
    const double *fake_W = params->fake_W; /* (64, 2) */
    const double *fake_b = params->fake_b; /* (2,) */

    /* g1_z[n,j] = g1_b[j] + sum[i](z[n,i] * g1_W[i,j]) */
    double *g1_z = work + 2048; /* (N, 64) */
    multiply(N, 64, 8, 1.0, (matrix){z, 8, 1}, (matrix){g1_W, 64, 1}, (matrix){g1_b, 0, 1}, g1_z,
            64, 1, work);

    /* g1[n,j] = relu(g1_z[n,j]) */
    double *g1 = g1_z; /* (N, 64) */
    compute_g1_1(g1, 64 * N);

    /* g2_z[n,j] = g2_b[j] + sum[i](g1[n,i] * g2_W[i,j]) */
    double *g2_z = work + 64 * N + 2048; /* (N, 64) */
    multiply(N, 64, 64, 1.0, (matrix){g1, 64, 1}, (matrix){g2_W, 64, 1}, (matrix){g2_b, 0, 1}, g2_z,
            64, 1, work);

    /* g2[n,j] = relu(g2_z[n,j]) */
    double *g2 = g2_z; /* (N, 64) */
    compute_g1_1(g2, 64 * N);

    /* fake[n,j] = fake_b[j] + sum[i](g2[n,i] * fake_W[i,j]) */
    double *fake = outputs->fake; /* (N, 2) */
    multiply(N, 2, 64, 1.0, (matrix){g2, 64, 1}, (matrix){fake_W, 2, 1}, (matrix){fake_b, 0, 1},
            fake, 2, 1, work);
}

static double forward(ptrdiff_t N, const gan_critic_params *params, const gan_critic_data *data,
        const gan_critic_noise *noise, const gan_critic_hyper *hyper, const gan_critic_tape *tape,
        double *work)
{
    const double *z = data->z; /* (N, 8) */
    const double *x = data->x; /* (N, 2) */
    const double *blur_u = noise->blur_u; /* (2, 2, N, 2) */
    const double *g1_W = params->g1_W; /* (8, 64) */
    const double *g1_b = params->g1_b; /* (64,) */
    const double *g2_W = params->g2_W; /* (64, 64) */
    const double *g2_b = params->g2_b; /* (64,) */
    const double *fake_W = params->fake_W; /* (64, 2) */
    const double *fake_b = params->fake_b; /* (2,) */
    const double blurred = hyper->blurred;
    const double *c1_W = params->c1_W; /* (2, 64) */
    const double *c1_b = params->c1_b; /* (64,) */
    const double *c2_W = params->c2_W; /* (64, 64) */
    const double *c2_b = params->c2_b; /* (64,) */
    const double *score_W = params->score_W; /* (64, 1) */
    const double *score_b = params->score_b; /* (1,) */

    /* g1_z[n,j] = g1_b[j] + sum[i](z[n,i] * g1_W[i,j]) */
    double *g1_z = work + 270 * N + 8192; /* (N, 64) */
    multiply(N, 64, 8, 1.0, (matrix){z, 8, 1}, (matrix){g1_W, 64, 1}, (matrix){g1_b, 0, 1}, g1_z,
            64, 1, work);

    /* g1[n,j] = relu(g1_z[n,j]) */
    double *g1 = g1_z; /* (N, 64) */
    compute_g1_1(g1, 64 * N);

    /* g2_z[n,j] = g2_b[j] + sum[i](g1[n,i] * g2_W[i,j]) */
    double *g2_z = work + 334 * N + 8192; /* (N, 64) */
    multiply(N, 64, 64, 1.0, (matrix){g1, 64, 1}, (matrix){g2_W, 64, 1}, (matrix){g2_b, 0, 1}, g2_z,
            64, 1, work);

    /* g2[n,j] = relu(g2_z[n,j]) */
    double *g2 = g2_z; /* (N, 64) */
    compute_g1_1(g2, 64 * N);

    /* fake[n,j] = fake_b[j] + sum[i](g2[n,i] * fake_W[i,j]) */
    double *fake = work + 398 * N + 8192; /* (N, 2) */
    multiply(N, 2, 64, 1.0, (matrix){g2, 64, 1}, (matrix){fake_W, 2, 1}, (matrix){fake_b, 0, 1},
            fake, 2, 1, work);

    /* blur[n,k,j] = sqrt(2) * sqrt(-log1p(-blur_u[0,n,k,j])) * cos(2 * pi * blur_u[1,n,k,j]) */
    double *blur = work + 400 * N + 8192; /* (2, N, 2) */
    for (ptrdiff_t each = 0; each < 4 * N; each++) {
        blur[each] = sqrt(2.0) * sqrt(-fast_log1p(-blur_u[each])) * cos(2.0 * 3.141592653589793 *
                blur_u[each + 4 * N]);
    }

    /* points[0,n,i] = blur[0,n,i] * blurred + x[n,i] */
    /* points[1,n,i] += blur[1,n,i] * blurred + fake[n,i] */
    double *points = tape->points; /* (2, N, 2) */
    for (ptrdiff_t each = 0; each < 2 * N; each++) {
        points[each] = blurred * blur[each] + x[each];
    }
    for (ptrdiff_t each = 0; each < 2 * N; each++) {
        points[each + 2 * N] = blurred * blur[each + 2 * N] + fake[each];
    }

    /* c1_z[n,k,j] = c1_b[j] + sum[i](points[n,k,i] * c1_W[i,j]) */
    double *c1_z = tape->c1; /* (2, N, 64) */
    multiply(2 * N, 64, 2, 1.0, (matrix){points, 2, 1}, (matrix){c1_W, 64, 1}, (matrix){c1_b, 0, 1},
            c1_z, 64, 1, work);

    /* c1[n,k,j] = relu(c1_z[n,k,j]) */
    double *c1 = c1_z; /* (2, N, 64) */
    compute_g1_1(c1, 128 * N);

    /* c2_z[n,k,j] = c2_b[j] + sum[i](c1[n,k,i] * c2_W[i,j]) */
    double *c2_z = tape->c2; /* (2, N, 64) */
    multiply(2 * N, 64, 64, 1.0, (matrix){c1, 64, 1}, (matrix){c2_W, 64, 1}, (matrix){c2_b, 0, 1},
            c2_z, 64, 1, work);

    /* c2[n,k,j] = relu(c2_z[n,k,j]) */
    double *c2 = c2_z; /* (2, N, 64) */
    compute_g1_1(c2, 128 * N);

    /* score[n,k,j] = score_b[j] + sum[i](c2[n,k,i] * score_W[i,j]) */
    double *score = tape->score; /* (2, N, 1) */
    multiply(2 * N, 1, 64, 1.0, (matrix){c2, 64, 1}, (matrix){score_W, 1, 1}, (matrix){score_b, 0,
            1}, score, 1, 1, work);

    /* loss_sum = sum[n](softplus(-score[0,n,0]) + softplus(score[1,n,0])) */
    double loss_sum = 0.0;
    for (ptrdiff_t n = 0; n < N; n++) {
        loss_sum += softplus(-score[n]) + softplus(score[1 * N + n]);
    }

    /* loss = loss_sum / N */
    const double loss = loss_sum / (double)N;
    return loss;
}

static void backward(ptrdiff_t N, const gan_critic_params *params, const gan_critic_tape *tape,
        const gan_critic_grads *grads, double *work)
{
    const double *c2_W = params->c2_W; /* (64, 64) */
    const double *score_W = params->score_W; /* (64, 1) */
    const double *points = tape->points; /* (2, N, 2) */
    const double *c1 = tape->c1; /* (2, N, 64) */
    const double *c2 = tape->c2; /* (2, N, 64) */
    const double *score = tape->score; /* (2, N, 1) */

    /* dscore[0,n,0] = -sigmoid(-score[0,n,0]) / N  (of loss_sum) */
    /* dscore[1,n,0] += sigmoid(score[1,n,0]) / N */
    double *dscore = work + 398 * N + 8192; /* (2, N, 1) */
    compute_dscore_1(N, dscore, score);
    compute_dscore_2(N, dscore, score);

    /* dscore_b[j] = sum[n,k](dscore[n,k,j])  (of score) */
    double *dscore_b = grads->score_b; /* (1,) */
    compute_dscore_b_1(dscore, N, dscore_b);

    /* dscore_W[i,j] = sum[n,k](c2[n,k,i] * dscore[n,k,j])  (of score) */
    double *dscore_W = grads->score_W; /* (64, 1) */
    multiply(1, 64, 2 * N, 1.0, (matrix){dscore, 1, 1}, (matrix){c2, 64, 1}, NOTHING, dscore_W, 1,
            1, work);

    /* dc2[n,k,i] = sum[j](dscore[n,k,j] * score_W[i,j])  (of score) */
    double *dc2 = work + 404 * N + 8192; /* (2, N, 64) */
    compute_dc2_1(2, N, dc2, dscore, score_W);

    /* dc2_z[n,k,j] = where(c2[n,k,j] > 0, dc2[n,k,j], 0)  (of c2) */
    double *dc2_z = dc2; /* (2, N, 64) */
    compute_dc2_z_1(dc2_z, 128 * N, c2);

    /* dc2_b[j] = sum[n,k](dc2_z[n,k,j])  (of c2_z) */
    double *dc2_b = grads->c2_b; /* (64,) */
    multiply(1, 64, 2 * N, 1.0, ONES, (matrix){dc2_z, 64, 1}, NOTHING, dc2_b, 1, 1, work);

    /* dc2_W[i,j] = sum[n,k](c1[n,k,i] * dc2_z[n,k,j])  (of c2_z) */
    double *dc2_W = grads->c2_W; /* (64, 64) */
    multiply(64, 64, 2 * N, 1.0, (matrix){c1, 1, 64}, (matrix){dc2_z, 64, 1}, NOTHING, dc2_W, 64, 1,
            work);

    /* dc1[n,k,i] = sum[j](dc2_z[n,k,j] * c2_W[i,j])  (of c2_z) */
    double *dc1 = work + 532 * N + 8192; /* (2, N, 64) */
    multiply(2 * N, 64, 64, 1.0, (matrix){dc2_z, 64, 1}, (matrix){c2_W, 1, 64}, NOTHING, dc1, 64, 1,
            work);

    /* dc1_z[n,k,j] = where(c1[n,k,j] > 0, dc1[n,k,j], 0)  (of c1) */
    double *dc1_z = dc1; /* (2, N, 64) */
    compute_dc2_z_1(dc1_z, 128 * N, c1);

    /* dc1_b[j] = sum[n,k](dc1_z[n,k,j])  (of c1_z) */
    double *dc1_b = grads->c1_b; /* (64,) */
    multiply(1, 64, 2 * N, 1.0, ONES, (matrix){dc1_z, 64, 1}, NOTHING, dc1_b, 1, 1, work);

    /* dc1_W[i,j] = sum[n,k](points[n,k,i] * dc1_z[n,k,j])  (of c1_z) */
    double *dc1_W = grads->c1_W; /* (2, 64) */
    multiply(2, 64, 2 * N, 1.0, (matrix){points, 1, 2}, (matrix){dc1_z, 64, 1}, NOTHING, dc1_W, 64,
            1, work);
}

static void descend(ptrdiff_t N, const gan_critic_params *params, const gan_critic_state *state,
        const gan_critic_hyper *hyper, const gan_critic_tape *tape, double *work)
{
    double *c1_W = params->c1_W; /* (2, 64) */
    double *c1_b = params->c1_b; /* (64,) */
    double *c2_W = params->c2_W; /* (64, 64) */
    double *c2_b = params->c2_b; /* (64,) */
    double *score_W = params->score_W; /* (64, 1) */
    double *score_b = params->score_b; /* (1,) */
    const double *points = tape->points; /* (2, N, 2) */
    const double *c1 = tape->c1; /* (2, N, 64) */
    const double *c2 = tape->c2; /* (2, N, 64) */
    const double *score = tape->score; /* (2, N, 1) */
    const double t = *state->t;
    double *c1_W_m = state->c1_W_m; /* (2, 64) */
    double *c1_W_v = state->c1_W_v; /* (2, 64) */
    double *c1_b_m = state->c1_b_m; /* (64,) */
    double *c1_b_v = state->c1_b_v; /* (64,) */
    double *c2_W_m = state->c2_W_m; /* (64, 64) */
    double *c2_W_v = state->c2_W_v; /* (64, 64) */
    double *c2_b_m = state->c2_b_m; /* (64,) */
    double *c2_b_v = state->c2_b_v; /* (64,) */
    double *score_W_m = state->score_W_m; /* (64, 1) */
    double *score_W_v = state->score_W_v; /* (64, 1) */
    double *score_b_m = state->score_b_m; /* (1,) */
    double *score_b_v = state->score_b_v; /* (1,) */
    const double noise_step = *state->noise_step;
    const double learning_rate = hyper->learning_rate;
    const double beta1 = hyper->beta1;
    const double beta2 = hyper->beta2;
    const double epsilon = hyper->epsilon;

    /* t_next = t + 1 */
    const double t_next = t + 1.0;

    /* v1 = 1 - beta1 */
    const double v1 = 1.0 - beta1;

    /* v2 = 1 - beta2 */
    const double v2 = 1.0 - beta2;

    /* v3 = 1 / (1 - beta1**t_next) */
    const double v3 = 1.0 / (1.0 - pow(beta1, t_next));

    /* v4 = 1 / (1 - beta2**t_next) */
    const double v4 = 1.0 / (1.0 - pow(beta2, t_next));

    /* noise_step_next = where(noise_step + 1 < 16777216, noise_step + 1, 0) */
    const double noise_step_next = (noise_step + 1.0 < 16777216.0 ? noise_step + 1.0 : 0.0);

    /* dscore[0,n,0] = -sigmoid(-score[0,n,0]) / N  (of loss_sum) */
    /* dscore[1,n,0] += sigmoid(score[1,n,0]) / N */
    double *dscore = work + 398 * N + 8192; /* (2, N, 1) */
    compute_dscore_1(N, dscore, score);
    compute_dscore_2(N, dscore, score);

    /* dscore_b[j] = sum[n,k](dscore[n,k,j])  (of score) */
    double *dscore_b = work + 660 * N + 8192; /* (1,) */
    compute_dscore_b_1(dscore, N, dscore_b);

    /* score_b_m_next[j] = score_b_m[j] * beta1 + dscore_b[j] * v1 */
    /* score_b_v_next[j] = dscore_b[j]**2 * v2 + score_b_v[j] * beta2 */
    /* score_b_next[j] = score_b[j] - score_b_m_next[j] * learning_rate * v3 /
       (sqrt(score_b_v_next[j] * v4) + epsilon) */
    score_b_m[0] = beta1 * score_b_m[0] + v1 * dscore_b[0];
    score_b_v[0] = square(dscore_b[0]) * v2 + beta2 * score_b_v[0];
    score_b[0] -= learning_rate * v3 * score_b_m[0] / (sqrt(v4 * score_b_v[0]) + epsilon);

    /* dscore_W[i,j] = sum[n,k](c2[n,k,i] * dscore[n,k,j])  (of score) */
    double *dscore_W = work + 660 * N + 8193; /* (64, 1) */
    multiply(1, 64, 2 * N, 1.0, (matrix){dscore, 1, 1}, (matrix){c2, 64, 1}, NOTHING, dscore_W, 1,
            1, work);

    /* score_W_m_next[i,j] = score_W_m[i,j] * beta1 + dscore_W[i,j] * v1 */
    /* score_W_v_next[i,j] = dscore_W[i,j]**2 * v2 + score_W_v[i,j] * beta2 */
    for (ptrdiff_t i = 0; i < 64; i++) {
        score_W_m[i] = beta1 * score_W_m[i] + v1 * dscore_W[i];
        score_W_v[i] = v2 * square(dscore_W[i]) + beta2 * score_W_v[i];
    }

    /* dc2[n,k,i] = sum[j](dscore[n,k,j] * score_W[i,j])  (of score) */
    double *dc2 = work + 404 * N + 8192; /* (2, N, 64) */
    compute_dc2_1(2, N, dc2, dscore, score_W);

    /* dc2_z[n,k,j] = where(c2[n,k,j] > 0, dc2[n,k,j], 0)  (of c2) */
    double *dc2_z = dc2; /* (2, N, 64) */
    compute_dc2_z_1(dc2_z, 128 * N, c2);

    /* score_W_next[i,j] = score_W[i,j] - score_W_m_next[i,j] * learning_rate * v3 /
       (sqrt(score_W_v_next[i,j] * v4) + epsilon) */
    compute_score_W_next_1(64, score_W, learning_rate, v3, score_W_m, v4, score_W_v, epsilon);

    /* dc2_b[j] = sum[n,k](dc2_z[n,k,j])  (of c2_z) */
    double *dc2_b = work + 660 * N + 8193; /* (64,) */
    multiply(1, 64, 2 * N, 1.0, ONES, (matrix){dc2_z, 64, 1}, NOTHING, dc2_b, 1, 1, work);

    /* c2_b_m_next[j] = c2_b_m[j] * beta1 + dc2_b[j] * v1 */
    /* c2_b_v_next[j] = dc2_b[j]**2 * v2 + c2_b_v[j] * beta2 */
    /* c2_b_next[j] = c2_b[j] - c2_b_m_next[j] * learning_rate * v3 / (sqrt(c2_b_v_next[j] * v4) +
       epsilon) */
    compute_c2_b_m_next_1(64, c2_b_m, beta1, v1, dc2_b, c2_b_v, v2, beta2, c2_b, learning_rate, v3,
            v4, epsilon);

    /* dc2_W[i,j] = sum[n,k](c1[n,k,i] * dc2_z[n,k,j])  (of c2_z) */
    /* c2_W_m_next[i,j] = c2_W_m[i,j] * beta1 + dc2_W[i,j] * v1 */
    /* c2_W_v_next[i,j] = dc2_W[i,j]**2 * v2 + c2_W_v[i,j] * beta2 */
    double *dc2_W = work + 660 * N + 8257; /* (64, 64) */
    {
        const ptrdiff_t block = (2 * N) < 64 ? ((2 * N) + 7) / 8 * 8 : 64;
        for (ptrdiff_t begin = 0; begin < 64; begin += block) {
            const ptrdiff_t part = 64 - begin < block ? 64 - begin : block;
            multiply(part, 64, 2 * N, 1.0, (matrix){c1 + begin, 1, 64}, (matrix){dc2_z, 64, 1},
                    NOTHING, dc2_W, 64, 1, work);

            for (ptrdiff_t each = 0; each < 64 * part; each++) {
                c2_W_m[each + 64 * begin] = beta1 * c2_W_m[each + 64 * begin] + v1 * dc2_W[each];
                c2_W_v[each + 64 * begin] = v2 * square(dc2_W[each]) + beta2 *
                        c2_W_v[each + 64 * begin];
            }
        }
    }

    /* dc1[n,k,i] = sum[j](dc2_z[n,k,j] * c2_W[i,j])  (of c2_z) */
    double *dc1 = work + 532 * N + 8192; /* (2, N, 64) */
    multiply(2 * N, 64, 64, 1.0, (matrix){dc2_z, 64, 1}, (matrix){c2_W, 1, 64}, NOTHING, dc1, 64, 1,
            work);

    /* dc1_z[n,k,j] = where(c1[n,k,j] > 0, dc1[n,k,j], 0)  (of c1) */
    double *dc1_z = dc1; /* (2, N, 64) */
    compute_dc2_z_1(dc1_z, 128 * N, c1);

    /* c2_W_next[i,j] = c2_W[i,j] - c2_W_m_next[i,j] * learning_rate * v3 / (sqrt(c2_W_v_next[i,j] *
       v4) + epsilon) */
    compute_score_W_next_1(4096, c2_W, learning_rate, v3, c2_W_m, v4, c2_W_v, epsilon);

    /* dc1_b[j] = sum[n,k](dc1_z[n,k,j])  (of c1_z) */
    double *dc1_b = work + 660 * N + 8193; /* (64,) */
    multiply(1, 64, 2 * N, 1.0, ONES, (matrix){dc1_z, 64, 1}, NOTHING, dc1_b, 1, 1, work);

    /* c1_b_m_next[j] = c1_b_m[j] * beta1 + dc1_b[j] * v1 */
    /* c1_b_v_next[j] = dc1_b[j]**2 * v2 + c1_b_v[j] * beta2 */
    /* c1_b_next[j] = c1_b[j] - c1_b_m_next[j] * learning_rate * v3 / (sqrt(c1_b_v_next[j] * v4) +
       epsilon) */
    compute_c2_b_m_next_1(64, c1_b_m, beta1, v1, dc1_b, c1_b_v, v2, beta2, c1_b, learning_rate, v3,
            v4, epsilon);

    /* dc1_W[i,j] = sum[n,k](points[n,k,i] * dc1_z[n,k,j])  (of c1_z) */
    double *dc1_W = work + 660 * N + 12353; /* (2, 64) */
    multiply(2, 64, 2 * N, 1.0, (matrix){points, 1, 2}, (matrix){dc1_z, 64, 1}, NOTHING, dc1_W, 64,
            1, work);

    /* c1_W_m_next[i,j] = c1_W_m[i,j] * beta1 + dc1_W[i,j] * v1 */
    /* c1_W_v_next[i,j] = dc1_W[i,j]**2 * v2 + c1_W_v[i,j] * beta2 */
    /* c1_W_next[i,j] = c1_W[i,j] - c1_W_m_next[i,j] * learning_rate * v3 / (sqrt(c1_W_v_next[i,j] *
       v4) + epsilon) */
    compute_c2_b_m_next_1(128, c1_W_m, beta1, v1, dc1_W, c1_W_v, v2, beta2, c1_W, learning_rate, v3,
            v4, epsilon);

    *state->t = t_next;
    *state->noise_step = noise_step_next;
}

int gan_critic_predict(ptrdiff_t N, const gan_critic_params *params, const gan_critic_data *data,
        const gan_critic_outputs *outputs, double *work)
{
    if (N < 1) {
        return -1;
    }
    predict(N, params, data, outputs, work);
    return 0;
}

int gan_critic_forward(ptrdiff_t N, const gan_critic_params *params, const gan_critic_data *data,
        const gan_critic_noise *noise, const gan_critic_hyper *hyper, const gan_critic_tape *tape,
        double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    *loss = forward(N, params, data, noise, hyper, tape, work);
    return 0;
}

int gan_critic_backward(ptrdiff_t N, const gan_critic_params *params, const gan_critic_tape *tape,
        const gan_critic_grads *grads, double *work)
{
    if (N < 1) {
        return -1;
    }
    backward(N, params, tape, grads, work);
    return 0;
}

int gan_critic_value_and_grad(ptrdiff_t N, const gan_critic_params *params,
        const gan_critic_data *data, const gan_critic_noise *noise, const gan_critic_hyper *hyper,
        const gan_critic_grads *grads, double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const gan_critic_tape tape = {work + 8192, work + 4 * N + 8192, work + 132 * N + 8192, work +
            260 * N + 8192};
    *loss = forward(N, params, data, noise, hyper, &tape, work);
    backward(N, params, &tape, grads, work);
    return 0;
}

int gan_critic_train_step(ptrdiff_t N, const gan_critic_params *params,
        const gan_critic_state *state, const gan_critic_data *data, const gan_critic_hyper *hyper,
        double *work, double *loss)
{
    if (N < 1) {
        return -1;
    }
    const gan_critic_tape tape = {work + 8192, work + 4 * N + 8192, work + 132 * N + 8192, work +
            260 * N + 8192};
    const gan_critic_noise noise = {work + 262 * N + 8192};
    gan_critic_draw(N, (double)*state->noise_seed, (double)*state->noise_step, &noise);
    *loss = forward(N, params, data, &noise, hyper, &tape, work);
    descend(N, params, state, hyper, &tape, work);
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

int gan_critic_fit(ptrdiff_t N, const gan_critic_params *params, const gan_critic_state *state,
        const gan_critic_data *data, const gan_critic_hyper *hyper,
        const gan_critic_training *training, double *work, double *losses)
{
    if (training->batch_size < 1 || N < 1) {
        return -1;
    }
    const ptrdiff_t most = training->batch_size < N ? training->batch_size : N;
    const struct {
        double *z;
        double *x;
    } batch = {work, work + most * 8};
    work = work + most * 8 + most * 2;
    const int shuffle = training->shuffle && most < N;
    row_order order = {0};
    const ptrdiff_t often = 10000000 / (62163 * most + 79526) + 1;
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
                memcpy(batch.z + each * 8, data->z + row * 8, 8 * sizeof *batch.z);
                memcpy(batch.x + each * 2, data->x + row * 2, 2 * sizeof *batch.x);
            }
            gan_critic_data part = *data;
            part.z = shuffle ? batch.z : data->z + begin * 8;
            part.x = shuffle ? batch.x : data->x + begin * 2;
            if (gan_critic_train_step(rows, params, state, &part, hyper, work, &value) != 0) {
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

size_t gan_critic_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(GAN_CRITIC_WORKSPACE(N)) * sizeof(double);
}

size_t gan_critic_predict_workspace_bytes(ptrdiff_t N)
{
    return (size_t)(GAN_CRITIC_PREDICT_WORKSPACE(N)) * sizeof(double);
}

const char *gan_critic_build(void)
{
    return "ada97c4975a537ea";
}

gan_critic_hyper gan_critic_default_hyper(void)
{
    const gan_critic_hyper hyper = {.blurred = 0.1, .learning_rate = 0.001, .beta1 = 0.5,
            .beta2 = 0.999, .epsilon = 1e-08};
    return hyper;
}
